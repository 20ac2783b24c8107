package tests

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// stopWithin bounds how long a stream of a test may take to stop.
const stopWithin = 10 * time.Second

// captureStdout gives what a function prints.
func captureStdout(t *testing.T, run func()) string {
	t.Helper()
	read, write, err := os.Pipe()
	require.NoError(t, err)
	stdout := os.Stdout
	os.Stdout = write
	defer func() { os.Stdout = stdout }()
	printed := make(chan string)
	go func() {
		var text bytes.Buffer
		_, _ = io.Copy(&text, read)
		printed <- text.String()
	}()
	run()
	require.NoError(t, write.Close())
	return <-printed
}

func TestQuickstart(t *testing.T) {
	letters := filepath.Join(t.TempDir(), "letters.jsonl")
	t.Setenv("DEAD_LETTER_FILE", letters)
	printed := captureStdout(t, func() {
		assert.Zero(t, runCLI(t.Context(), "run", "--sandbox", "config/quickstart.yaml"))
	})
	_, table, found := strings.Cut(printed, "LivePerson sandbox\n")
	require.True(t, found, printed)
	for _, row := range []string{"reports +312", "cartStatus +29", "ctmrinfo +14", "lead +10", "prodView +94", "purchase +21", "searchContent +35", "404/37 +2"} {
		assert.Regexp(t, regexp.MustCompile(`(?m)^ *`+row+`\b`), table)
	}
	text, err := os.ReadFile(letters)
	require.NoError(t, err)
	assert.Equal(t, 6, strings.Count(string(text), "\n"), "the broken events")
}

func TestProductionConfigRunsAgainstTheSandbox(t *testing.T) {
	t.Setenv("DEAD_LETTER_FILE", filepath.Join(t.TempDir(), "letters.jsonl"))
	t.Setenv("EVENTS_INPUT", "file")
	t.Setenv("EVENTS_FILE", "config/quickstart/events.jsonl")
	t.Setenv("LIVEPERSON_ACCOUNT_ID", "87654321")
	printed := captureStdout(t, func() {
		assert.Zero(t, runCLI(t.Context(), "run", "--sandbox", "--set", "http.enabled=false", "config/retail.yaml"))
	})
	assert.Regexp(t, regexp.MustCompile(`(?m)^reports +312$`), printed)
}

func TestClickstream(t *testing.T) {
	dir := t.TempDir()
	rows := filepath.Join(dir, "rows.csv")
	require.NoError(t, os.WriteFile(rows, []byte(`event_time,event_type,product_id,category_id,category_code,brand,price,user_id,user_session
2020-05-01 10:00:00 UTC,view,11,2103807459595387724,,acme,35.79,u1,s1
2020-05-01 10:00:01 UTC,cart,11,2103807459595387724,,acme,35.79,u1,s1
2020-05-01 10:00:02 UTC,cart,12,2053013552326770905,garden.tools,,4.20,u1,s1
2020-05-01 10:00:03 UTC,purchase,12,2053013552326770905,garden.tools,,4.20,u1,s1
2020-05-01 10:00:04 UTC,cart,13,2053013552326770905,garden.tools,,1.00,u1,s1
2020-05-01 10:00:05 UTC,view,13,2053013552326770905,garden.tools,,gratis,u2,s2
2020-05-01 10:00:06 UTC,remove_from_cart,13,2053013552326770905,garden.tools,,1.00,u1,s1
`), 0o600))
	letters := filepath.Join(dir, "letters.jsonl")
	t.Setenv("CLICKSTREAM_CSV", rows)
	t.Setenv("DEAD_LETTER_FILE", letters)
	printed := captureStdout(t, func() {
		assert.Zero(t, runCLI(t.Context(), "run", "--sandbox", "config/clickstream.yaml"))
	})
	for _, row := range []string{"reports +5", "cartStatus +3", "prodView +1", "purchase +1"} {
		assert.Regexp(t, regexp.MustCompile(`(?m)^ *`+row+`$`), printed)
	}
	text, err := os.ReadFile(letters)
	require.NoError(t, err)
	assert.Contains(t, string(text), "properties.price: expected a number")
	assert.Contains(t, string(text), "does not know this event")
	assert.Equal(t, 2, strings.Count(string(text), "\n"))
}

func TestSandboxRunDoesNotSendElsewhere(t *testing.T) {
	t.Setenv("LIVEPERSON_MONITORING_DOMAIN", "va.v.liveperson.net")
	assert.NotZero(t, runCLI(t.Context(), "run", "--sandbox", "config/quickstart.yaml"))
}

func TestUnsetAccountIsAClearError(t *testing.T) {
	assert.NotZero(t, runCLI(t.Context(), "run", "config/quickstart.yaml"))
}
