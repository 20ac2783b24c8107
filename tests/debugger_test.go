package tests

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox"
)

// addressIn waits until a process has printed an address.
func addressIn(t *testing.T, log *syncBuffer) string {
	t.Helper()
	address := regexp.MustCompile(`http://127\.0\.0\.1:\d+`)
	require.Eventually(t, func() bool { return address.MatchString(log.String()) }, 30*time.Second, 20*time.Millisecond, log)
	return address.FindString(log.String())
}

// A strict sandbox accepts each example as its preset reports it.
func TestEveryExampleEventIsAccepted(t *testing.T) {
	t.Parallel()
	s, err := sandbox.Start(sandbox.Options{Strict: true})
	require.NoError(t, err)
	defer s.Close()
	list, _, err := process(t, nil, "trigger", "--list")
	require.NoError(t, err)
	names := strings.Split(strings.TrimSpace(list), "\n")
	require.Greater(t, len(names), 5)
	for i, line := range names {
		name, _, _ := strings.Cut(line, " ")
		out, problems, err := process(t, nil, "trigger", "--at", s.URL, name)
		require.NoError(t, err, problems)
		assert.Equal(t, "sent "+name+"\n", out)
		assert.Len(t, s.Reports(), i+1, name)
	}
	_, problems, err := process(t, nil, "trigger", "--at", s.URL, "nothing")
	require.Error(t, err)
	assert.Contains(t, problems, `no example of the event "nothing"`)
	_, problems, err = process(t, nil, "trigger", "--at", "https://liveperson.example.com", "page")
	require.Error(t, err)
	assert.Contains(t, problems, "must be a sandbox on this machine")
}

func TestTailPrintsALineForEachEvent(t *testing.T) {
	t.Parallel()
	s, err := sandbox.Start(sandbox.Options{Password: "open sesame"})
	require.NoError(t, err)
	defer s.Close()
	post := func(body string) {
		res, err := http.Post(s.URL+"/api/account/"+sandbox.DefaultAccountID+"/app/"+sandbox.DefaultAppInstallationID+"/report?v=1.0", "application/json", strings.NewReader(body))
		require.NoError(t, err)
		_ = res.Body.Close()
	}
	post(`{"consumerId":"jane-1","engagementAttributes":[{"type":"cart"}]}`)
	post("{\"consumerId\":\"\\u001b[31mjohn-1\",\"engagementAttributes\":[7]}")
	env := []string{"LIVEPERSON_SANDBOX_PASSWORD=open sesame"}
	out, problems, err := process(t, env, "tail", "--at", s.URL)
	require.NoError(t, err, problems)
	printed := strings.Split(strings.TrimSpace(out), "\n")
	require.Len(t, printed, 2)
	assert.Regexp(t, `^\d\d:\d\d:\d\d\.\d{3}  accepted   201  cart +jane-1 +\d+\.\d ms`, printed[0])
	assert.Regexp(t, `refused    400 .*·\[31mjohn-1 .*engagementAttributes\[0\]`, printed[1])
	assert.NotContains(t, out, "\x1b")

	out, _, err = process(t, env, "tail", "--at", s.URL, "--json", "--result", "refused")
	require.NoError(t, err)
	assert.Contains(t, out, `"result":"refused"`)
	assert.NotContains(t, out, "jane-1")

	_, log := watched(t, env, "tail", "--at", s.URL, "-f", "--filter", "L-77")
	require.Never(t, func() bool { return strings.Contains(log.String(), "jane-1") }, 300*time.Millisecond, 50*time.Millisecond)
	require.Eventually(t, func() bool {
		post(`{"consumerId":"mary-1","engagementAttributes":[{"type":"lead","lead":{"leadId":"L-77"}}]}`)
		return strings.Contains(log.String(), "mary-1")
	}, 30*time.Second, 50*time.Millisecond)

	_, problems, err = process(t, nil, "tail", "--at", s.URL)
	require.Error(t, err)
	assert.Contains(t, problems, "the sandbox has a password")
}

func TestTheDebuggerShowsReceiptsOfAFileAndByHTTP(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "receipts.jsonl")
	require.NoError(t, os.WriteFile(name, []byte(`{"version":1,"result":"accepted","consumer":"jane-1","attributes":["cart"],"status":201}`+"\nnothing\n"), 0o600))
	_, log := watched(t, nil, "debugger", "--listen", "127.0.0.1:0", "--file", name, "--follow")
	at := addressIn(t, log)
	shown := func() string {
		out, _, _ := process(t, nil, "tail", "--at", at)
		return out
	}
	require.Eventually(t, func() bool { return strings.Contains(shown(), "jane-1") }, 30*time.Second, 50*time.Millisecond)
	assert.Contains(t, log.String(), "line 2: receipt 1: is not JSON")
	file, err := os.OpenFile(name, os.O_APPEND|os.O_WRONLY, 0)
	require.NoError(t, err)
	_, err = file.WriteString(`{"version":1,"result":"withheld","consumer":"john-1"}` + "\n")
	require.NoError(t, err)
	require.NoError(t, file.Close())
	res, err := http.Post(at+"/sandbox/receipts", "application/json", strings.NewReader(`{"version":1,"result":"dropped","consumer":"mary-1"}`))
	require.NoError(t, err)
	_ = res.Body.Close()
	require.Eventually(t, func() bool {
		out := shown()
		return strings.Contains(out, "withheld") && strings.Contains(out, "dropped")
	}, 30*time.Second, 50*time.Millisecond)
	for path, status := range map[string]int{"/": 200, "/sandbox/state": 200, "/sandbox/chaos": 404, "/sandbox/consumers": 404, "/api/account/1/app/2/report": 404} {
		res, err := http.Get(at + path)
		require.NoError(t, err)
		_ = res.Body.Close()
		assert.Equal(t, status, res.StatusCode, path)
	}
}

// A debugger with a store shows after a restart what it got before.
func TestADebuggerWithAStoreStartsAgain(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "receipts.jsonl")
	pid, log := watched(t, nil, "debugger", "--listen", "127.0.0.1:0", "--store", name)
	res, err := http.Post(addressIn(t, log)+"/sandbox/receipts", "application/json", strings.NewReader(`{"version":1,"result":"dropped","consumer":"mary-1","time":"2026-01-02T03:04:05Z"}`))
	require.NoError(t, err)
	_ = res.Body.Close()
	require.Equal(t, http.StatusOK, res.StatusCode)
	running, err := os.FindProcess(pid)
	require.NoError(t, err)
	require.NoError(t, running.Kill())
	_, log = watched(t, nil, "debugger", "--listen", "127.0.0.1:0", "--store", name, "--keep-for", "1000000h")
	out, problems, err := process(t, nil, "tail", "--at", addressIn(t, log))
	require.NoError(t, err, problems)
	assert.Contains(t, out, "mary-1")
	_, problems, err = process(t, nil, "debugger", "--listen", "127.0.0.1:0", "--store", name, "--file", name)
	require.Error(t, err)
	assert.Contains(t, problems, "--store: --file has the receipts already")
}

// The sandbox of a run sends each example through the pipeline, whose preset maps it.
func TestExamplesGoThroughARunningPipeline(t *testing.T) {
	t.Parallel()
	address := freeAddress(t)
	name := filepath.Join(t.TempDir(), "config.yaml")
	require.NoError(t, os.WriteFile(name, []byte(`
http: { enabled: false }
input: { http_server: { address: `+address+`, path: /post } }
pipeline: { threads: 1, processors: [ { liveperson_retail: { sde_names: liveperson } } ] }
output:
  liveperson_report: { account_id: "${LIVEPERSON_ACCOUNT_ID}", app_installation_id: "${LIVEPERSON_APP_INSTALLATION_ID}", domain_api: "${LIVEPERSON_DOMAIN_API}" }
`), 0o600))
	_, log := watched(t, nil, "run", "--sandbox", name)
	at := addressIn(t, log)
	send := func(example string) string {
		res, err := http.Post(at+"/sandbox/examples/"+example, "application/json", strings.NewReader(`{"to":"http://`+address+`/post"}`))
		require.NoError(t, err)
		defer func() { _ = res.Body.Close() }()
		text, err := io.ReadAll(res.Body)
		require.NoError(t, err)
		return string(text)
	}
	require.Eventually(t, func() bool { return strings.Contains(send("order_completed"), `"answered":200`) }, 30*time.Second, 50*time.Millisecond, log)
	out, problems, err := process(t, nil, "tail", "--at", at, "--filter", "order-1")
	require.NoError(t, err, problems)
	assert.Regexp(t, `accepted +201 +purchase`, out)
}

func TestTheSandboxOfARunStaysOpen(t *testing.T) {
	t.Parallel()
	_, log := watched(t, nil, "run", "--sandbox", "--keep", "config/quickstart.yaml")
	require.Eventually(t, func() bool { return strings.Contains(log.String(), "stays open at") }, time.Minute, 50*time.Millisecond)
	assert.Regexp(t, `^The sandbox shows the events at http://127\.0\.0\.1:\d+\n`, log.String())
	res, err := http.Get(addressIn(t, log) + "/")
	require.NoError(t, err)
	_ = res.Body.Close()
	assert.Equal(t, http.StatusOK, res.StatusCode)
	dropped, _, err := process(t, nil, "tail", "--at", addressIn(t, log), "--result", "dropped")
	require.NoError(t, err)
	assert.Len(t, strings.Split(strings.TrimSpace(dropped), "\n"), 8, "the events that the preset drops: %s", dropped)
	refused, _, err := process(t, nil, "tail", "--at", addressIn(t, log), "--result", "refused")
	require.NoError(t, err)
	assert.Contains(t, refused, "An earlier processor failed: properties.price: expected a number", "events that the preset can't read are there too")

	var state struct {
		Kept int `json:"kept"`
	}
	getJSON(t, addressIn(t, log)+"/sandbox/state", &state)
	require.Greater(t, state.Kept, 100)
	for id := 1; id <= state.Kept; id++ { // each report and each receipt has the event that it was made of
		var whole struct {
			Call struct {
				Endpoint string `json:"endpoint"`
				Consumer string `json:"consumer"`
			} `json:"call"`
			Sources []string `json:"sources"`
		}
		getJSON(t, fmt.Sprintf("%s/sandbox/calls/%d", addressIn(t, log), id), &whole)
		if whole.Call.Endpoint == "report" || whole.Call.Endpoint == "receipt" {
			require.NotEmpty(t, whole.Sources, "call %d", id)
			assert.Contains(t, whole.Sources[0], whole.Call.Consumer)
		}
	}

	_, problems, err := process(t, nil, "run", "--keep", "config/quickstart.yaml")
	require.Error(t, err)
	assert.Contains(t, problems, "--keep: works with --sandbox only")
}
