package tests

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox"
)

// pageReader follows a page: it runs the commands of the page in a folder of its own, with a sandbox.
type pageReader struct {
	dir string
	env []string
}

func newPageReader(t *testing.T, address string) pageReader {
	t.Helper()
	r := pageReader{dir: t.TempDir(), env: []string{
		asCLI, "PATH=" + os.Getenv("PATH"),
		"LIVEPERSON_ACCOUNT_ID=" + sandbox.DefaultAccountID, "LIVEPERSON_APP_INSTALLATION_ID=" + sandbox.DefaultAppInstallationID, "LIVEPERSON_DOMAIN_API=" + address,
	}}
	root, err := os.Getwd()
	require.NoError(t, err)
	require.NoError(t, os.Symlink(filepath.Join(root, "config"), filepath.Join(r.dir, "config")))
	return r
}

// run runs a command line in a shell.
func (r pageReader) run(t *testing.T, line string) (output string, err error) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "bash", "-c", strings.ReplaceAll(line, "benthos-liveperson ", os.Args[0]+" "))
	cmd.Dir, cmd.Env = r.dir, r.env
	text, err := cmd.CombinedOutput()
	return string(text), err
}

// The page's commands are run as a reader would, one after the other, with the page's pipeline.
func TestTheCommandsOfTheDeadLettersPage(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("docs/dead-letters.md")
	require.NoError(t, err)
	page := string(text)
	s, address := newSandbox(t, sandbox.Options{})
	r := newPageReader(t, address)
	_, pipeline, found := strings.Cut(page, "```yaml\n")
	require.True(t, found)
	pipeline, _, _ = strings.Cut(pipeline, "```")
	require.NoError(t, os.WriteFile(filepath.Join(r.dir, "pipeline.yaml"), []byte(pipeline), 0o600))

	expected := []struct {
		command string   // its beginning
		says    []string // regular expressions
		fails   bool
	}{
		{"benthos-liveperson run", []string{`dead letters \(failed\) +6`}, false},
		{"benthos-liveperson dead-letters list dead", []string{`(?m)^\d +\S+Z +invalid +cart_viewed +c\d +properties\.products\[1\]\.quantity: must not be negative`, `\n6 letters: 6 invalid\n`}, false},
		{"benthos-liveperson dead-letters list --class", []string{`(?m)^\d .* cart_viewed`, `\n1 of 6 letters: 1 invalid\n`}, false},
		{"benthos-liveperson dead-letters list --since", []string{`\n6 letters: 6 invalid\n`}, false},
		{"benthos-liveperson dead-letters show 6", []string{`(?m)^reason +\S`, `what to do +Correct the event`, `\*\*\* stands for values`}, false},
		{"benthos-liveperson dead-letters replay --config pipeline.yaml --dry-run", []string{`nothing was sent\nthrough the pipeline again: 6\n`}, false},
		{"benthos-liveperson dead-letters replay --config pipeline.yaml dead", []string{`lines read +6\n`, `accepted +2\n`, `refused again +4  4 invalid\n`, `remain +4  in dead-letters-rest.jsonl\n`}, true},
		{"mv dead-letters-rest.jsonl", nil, false},
		{"benthos-liveperson dead-letters replay --event cart_viewed", []string{`printed 1 messages?`}, false},
	}
	commands := regexp.MustCompile(`(?m)^    (\S.*)$`).FindAllStringSubmatch(regexp.MustCompile("(?s)```.*?```").ReplaceAllString(page, ""), -1)
	require.Len(t, commands, len(expected), "the page and this test have other commands")
	for i, command := range commands {
		require.True(t, strings.HasPrefix(command[1], expected[i].command), command[1])
		output, err := r.run(t, command[1])
		assert.Equal(t, expected[i].fails, err != nil, "%s: %v\n%s", command[1], err, output)
		for _, says := range expected[i].says {
			assert.Regexp(t, says, output, command[1])
		}
		if strings.Contains(command[1], "dead-letters list dead") { // letters of different consumers may come in any order
			line := regexp.MustCompile(`(?m)^(\d) .* Order Completed `).FindStringSubmatch(output)
			require.NotNil(t, line, output)
			output, err := r.run(t, "benthos-liveperson dead-letters show "+line[1]+" dead-letters.jsonl")
			require.NoError(t, err)
			assert.Regexp(t, `reason +the event has no anonymous identity`, output)
			assert.Contains(t, output, `"userId": "***"`)
			assert.Contains(t, output, `"order_id": "GP-260314-0351"`)
		}
	}
	assert.Len(t, s.Reports(), 312+2, "those of the quick start, and the two that were repaired")
	assert.Len(t, lines(t, filepath.Join(r.dir, "dead-letters.jsonl")), 4)
	assert.Contains(t, lines(t, filepath.Join(r.dir, "events.jsonl"))[0], `"cart_viewed"`)
}

// deadLetters runs the command with letters in a file, and returns what it prints and what remains.
func deadLetters(t *testing.T, address string, letters []string, arguments ...string) (stdout string, rest []string, err error) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "letters.jsonl")
	require.NoError(t, os.WriteFile(file, []byte(strings.Join(letters, "\n")), 0o600))
	stdout, stderr, err := process(t, []string{
		"LIVEPERSON_ACCOUNT_ID=" + sandbox.DefaultAccountID, "LIVEPERSON_APP_INSTALLATION_ID=" + sandbox.DefaultAppInstallationID, "LIVEPERSON_DOMAIN_API=" + address,
	}, append(append([]string{"dead-letters"}, arguments...), file)...)
	after, readErr := os.ReadFile(file)
	require.NoError(t, readErr)
	assert.Equal(t, strings.Join(letters, "\n"), string(after), "the file stays as it is")
	if text, err := os.ReadFile(filepath.Join(filepath.Dir(file), "letters-rest.jsonl")); err == nil {
		rest = strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
	}
	left, globErr := filepath.Glob(filepath.Join(filepath.Dir(file), "*.part"))
	require.NoError(t, globErr)
	assert.Empty(t, left)
	return stdout + stderr, rest, err
}

func letterOf(t *testing.T, members map[string]any) string {
	t.Helper()
	text, err := json.Marshal(members)
	require.NoError(t, err)
	return string(text)
}

const replayPipeline = `
input: { generate: { mapping: 'root = deleted()' } }
pipeline:
  threads: 1
  processors:
    - mapping: 'root = if this.exists("engagementAttributes") { throw("a report has passed the pipeline") } else { this }'
    - liveperson_retail: {}
    - liveperson_privacy: { consent: { required: [analytics] } }
output:
  fallback:
    - liveperson_report:
        account_id: ${LIVEPERSON_ACCOUNT_ID}
        app_installation_id: ${LIVEPERSON_APP_INSTALLATION_ID}
        domain_api: ${LIVEPERSON_DOMAIN_API}
    - reject: a replay has no second output
`

// What LivePerson has not accepted remains, in its order, and what it has accepted does not.
func TestAReplayLosesNothing(t *testing.T) {
	t.Parallel()
	event := func(consumer string, consents bool) string {
		return fmt.Sprintf(`{"type":"page","anonymousId":%q,"messageId":"m-%s","context":{"consent":{"categoryPreferences":{"analytics":%t}}}}`, consumer, consumer, consents)
	}
	report := func(consumer string) string {
		return fmt.Sprintf(`{"consumerId":%[1]q,"identities":[{"iss":"shop","acr":"0","sub":%[1]q}],"engagementAttributes":[]}`, consumer)
	}
	const refusal = "class=not_found status=404 code=18 attempts=1: LivePerson answered 404"
	letters := []string{
		letterOf(t, map[string]any{"class": "invalid", "reason": "class=invalid status=0 code=0 attempts=0: not sent: an earlier processor failed: x", "content": event("c-event", true)}),
		`half a letter`,
		letterOf(t, map[string]any{"class": "not_found", "status": "404", "reason": refusal, "content": report("c-report")}),
		letterOf(t, map[string]any{"class": "not_found", "status": "404", "reason": refusal, "event": event("c-kept", true), "content": report("c-wrong"), "metadata": map[string]any{"liveperson_hashed": "sub"}}),
		letterOf(t, map[string]any{"class": "invalid", "reason": "class=invalid status=0 code=0 attempts=0: not sent: an earlier processor failed: privacy: x", "content": report("c-private")}),
		letterOf(t, map[string]any{"reason": "no consent", "content": event("c-silent", false)}),
		letterOf(t, map[string]any{"reason": "no identity", "content": `{"type":"page","messageId":"m-none"}`}),
		event("c-alone", true),
		letterOf(t, map[string]any{"class": "server", "reason": "class=server status=503 code=0 attempts=5: later", "content": report("c-server")}),
	}
	s, address := newSandbox(t, sandbox.Options{Strict: true})
	config := filepath.Join(t.TempDir(), "pipeline.yaml")
	require.NoError(t, os.WriteFile(config, []byte(replayPipeline), 0o600))

	stdout, rest, err := deadLetters(t, address, letters, "replay", "--config", config)
	require.ErrorContains(t, err, "exit status 1")
	assertRows(t, stdout, "lines read +9", "accepted +5", "refused again +1  1 invalid", "dropped by the pipeline +1", "not sent, failed between processors +1", "not JSON +1", "remain +4")
	var reported []string
	for _, call := range s.Reports() {
		reported = append(reported, call.Consumer)
	}
	assert.ElementsMatch(t, []string{"c-event", "c-report", "c-kept", "c-alone", "c-server"}, reported)
	require.Len(t, rest, 4)
	assert.Equal(t, []string{letters[1], letters[4], letters[5]}, rest[:3])
	var again letter
	require.NoError(t, json.Unmarshal([]byte(rest[3]), &again))
	assert.Contains(t, again.Reason, "the event has no identity", "the new reason")
	assert.JSONEq(t, `{"type":"page","messageId":"m-none"}`, again.Content)
}

// Letters that are not selected remain as they are. They are no failure.
func TestAReplaySelects(t *testing.T) {
	t.Parallel()
	letters := []string{
		letterOf(t, map[string]any{"time": "2026-03-14T16:00:00Z", "class": "server", "reason": "r", "content": `{"type":"page","anonymousId":"c-1","context":{"consent":{"categoryPreferences":{"analytics":true}}}}`}),
		letterOf(t, map[string]any{"time": "2026-03-15T16:00:00Z", "class": "server", "reason": "r", "content": `{"type":"page","anonymousId":"c-2","context":{"consent":{"categoryPreferences":{"analytics":true}}}}`}),
		letterOf(t, map[string]any{"time": "2026-03-15T17:00:00Z", "class": "invalid", "reason": "r", "content": `{"type":"page","anonymousId":"c-3"}`}),
	}
	s, address := newSandbox(t, sandbox.Options{})
	config := filepath.Join(t.TempDir(), "pipeline.yaml")
	require.NoError(t, os.WriteFile(config, []byte(replayPipeline), 0o600))
	stdout, rest, err := deadLetters(t, address, letters, "replay", "--config", config, "--class", "server", "--since", "2026-03-15")
	require.NoError(t, err, stdout)
	assertRows(t, stdout, "accepted +1", "not selected +2", "remain +2")
	assert.Equal(t, []string{letters[0], letters[2]}, rest)
	require.Len(t, s.Reports(), 1)
	assert.Equal(t, "c-2", s.Reports()[0].Consumer)

	stdout, rest, err = deadLetters(t, address, letters[1:2], "replay", "--config", config)
	require.NoError(t, err, stdout)
	assertRows(t, stdout, "accepted +1", "remain +0")
	assert.Nil(t, rest, "there is no file of nothing")
}

func TestWrongUsesOfDeadLetters(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		return path
	}
	file := write("letters.jsonl", `{"reason":"r","content":"{}"}`+"\nhalf")
	good, lint := write("good.yaml", replayPipeline), write("lint.yaml", "outptu: {}")
	drop := write("drop.yaml", "input: { stdin: {} }\noutput: { drop: {} }")
	write("taken-rest.jsonl", "earlier letters")
	taken := write("taken.jsonl", `{"reason":"r","content":"{}"}`)
	for _, test := range []struct {
		arguments []string
		says      string
	}{
		{[]string{"list", filepath.Join(dir, "none.jsonl")}, "the dead letters can't be read"},
		{[]string{"list", dir}, "is a folder: name the file of dead letters"},
		{[]string{"list", file, "--class", "server"}, "flags come before the file"},
		{[]string{"list", "--class", "servr", file}, `there is no class "servr"; the classes are invalid,`},
		{[]string{"list", "--since", "yesterday", file}, "--since: must be a time such as"},
		{[]string{"list", "--since", "1h", "--until", "2h", file}, "--until: must be after --since"},
		{[]string{"list", file, file}, "takes one file"},
		{[]string{"show", file}, "show takes the number of a line"},
		{[]string{"show", "7", file}, "there is no letter in line 7"},
		{[]string{"show", "2", file}, "line 2 is not JSON"},
		{[]string{"replay", "--config", filepath.Join(dir, "none.yaml"), file}, "--config: open "},
		{[]string{"replay", "--config", lint, file}, "--config: line 1: field outptu not recognised"},
		{[]string{"replay", "--config", drop, file}, "--config: the output must be liveperson_report or liveperson_message"},
		{[]string{"replay", "--config", good, taken}, "taken-rest.jsonl is there already"},
		{[]string{"replay", "--config", good, "-"}, "--rest: must be set"},
		{[]string{"replay", "--dry-run", file}, "go with --config"},
	} {
		_, stderr, err := process(t, []string{"LIVEPERSON_ACCOUNT_ID=1", "LIVEPERSON_APP_INSTALLATION_ID=a", "LIVEPERSON_DOMAIN_API=http://127.0.0.1:1"}, append([]string{"dead-letters"}, test.arguments...)...)
		require.Error(t, err, "%v", test.arguments)
		assert.Contains(t, stderr, test.says, "%v", test.arguments)
	}
}
