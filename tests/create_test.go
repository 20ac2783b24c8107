package tests

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
)

// createFor returns the starting config of a tool.
func createFor(t *testing.T, tool string) string {
	t.Helper()
	stdout, stderr, err := process(t, nil, "create", "--for", tool)
	require.NoError(t, err, stderr)
	return stdout
}

// sourcesOfConfig are the tools that config/sources.yaml reads.
func sourcesOfConfig(t *testing.T) (names []string) {
	t.Helper()
	text, err := os.ReadFile("config/sources.yaml")
	require.NoError(t, err)
	for line := range strings.SplitSeq(string(text), "\n") {
		if _, rest, found := strings.Cut(line, `'@tool == "`); found {
			name, _, _ := strings.Cut(rest, `"`)
			names = append(names, name)
		}
	}
	require.Len(t, names, 20)
	return names
}

// bodyOfTool is a body as a tool sends it, with its metadata.
type bodyOfTool struct {
	Body     string            `json:"body"`
	Metadata map[string]string `json:"metadata"`
}

// corpusBodies returns all bodies of a tool's corpus. Envelopes have one corpus together.
func corpusBodies(t *testing.T, tool string) (bodies []bodyOfTool) {
	t.Helper()
	if tool == "cloudevents" || tool == "kafka_connect" {
		tool = "envelopes"
	}
	text, err := os.ReadFile("tests/corpus/" + tool + ".yaml")
	require.NoError(t, err)
	var corpus struct {
		Tests []struct {
			Input []struct {
				JSON     any `yaml:"json_content"`
				Content  string
				Metadata map[string]string
			} `yaml:"input_batch"`
		}
	}
	require.NoError(t, yaml.Unmarshal(text, &corpus))
	for _, c := range corpus.Tests {
		for _, in := range c.Input {
			if in.JSON != nil {
				in.Content = marshal(t, in.JSON)
			}
			bodies = append(bodies, bodyOfTool{Body: in.Content, Metadata: in.Metadata})
		}
	}
	require.NotEmpty(t, bodies, tool)
	return bodies
}

// reportedEvents is the line of --summary that counts what LivePerson has accepted.
var reportedEvents = regexp.MustCompile(`(?m)^reported +([1-9]\d*)$`)

// Each starting config passes the linter, and reports events of the tool's corpus to the sandbox, as it is but for its input.
func TestCreateForEachSource(t *testing.T) {
	t.Parallel()
	for _, tool := range sourcesOfConfig(t) {
		t.Run(tool, func(t *testing.T) {
			t.Parallel()
			config := createFor(t, tool)
			_, stderr, err := process(t, nil, "lint", writeConfig(t, config))
			require.NoError(t, err, stderr)
			assert.Contains(t, config, "threads: 1")

			var parsed map[string]any
			require.NoError(t, yaml.Unmarshal([]byte(config), &parsed))
			bodies := corpusBodies(t, tool)
			parsed["http"] = map[string]any{"enabled": false}
			parsed["input"] = map[string]any{"generate": map[string]any{"count": len(bodies), "interval": "", "mapping": fmt.Sprintf(
				"let one = %s.index(counter() - 1)\nroot = $one.body\nmeta = $one.metadata | {}\n", marshal(t, bodies))}}
			text, err := yaml.Marshal(parsed)
			require.NoError(t, err)
			letters := "DEAD_LETTER_FILE=" + filepath.Join(t.TempDir(), "dead-letters.jsonl")
			stdout, stderr, err := process(t, []string{letters, "LIVEPERSON_USER_ID_SALT=a secret that is long enough"}, "run", "--sandbox", writeConfig(t, string(text)))
			require.NoError(t, err, stderr)
			assert.Regexp(t, reportedEvents, stdout)
		})
	}
}

func TestCreateRefusesAnUnknownTool(t *testing.T) {
	t.Parallel()
	_, stderr, err := process(t, nil, "create", "--for", "segmint")
	assert.Equal(t, 2, exitCode(t, err))
	assert.Contains(t, stderr, "--for: must be one of adobe_commerce, ")
}

// Without --for, it is Benthos' own command.
func TestCreateOfComponents(t *testing.T) {
	t.Parallel()
	stdout, stderr, err := process(t, nil, "create", "--small", "http_server/liveperson_map/liveperson_report")
	require.NoError(t, err, stderr)
	for _, part := range []string{"http_server:", "liveperson_map:", "liveperson_report:"} {
		assert.Contains(t, stdout, part)
	}
	assert.NotContains(t, stdout, "retry_pauses")
}

func TestSchemaIsAJSONSchema(t *testing.T) {
	t.Parallel()
	stdout, stderr, err := process(t, nil, "schema")
	require.NoError(t, err, stderr)
	var schema map[string]any
	require.NoError(t, yaml.Unmarshal([]byte(stdout), &schema))
	assert.Contains(t, stdout, `"liveperson_report"`)
	assert.Contains(t, stdout, `"app_installation_id"`)
}

func TestCompletion(t *testing.T) {
	t.Parallel()
	for shell, ask := range map[string]string{
		"bash": `source "$0"; COMP_WORDS=(benthos-liveperson doc); COMP_CWORD=1; _benthos_liveperson; echo "${COMPREPLY[@]}"
COMP_WORDS=(benthos-liveperson doctor --end); COMP_CWORD=2; _benthos_liveperson; echo "${COMPREPLY[@]}"`,
		// An interactive zsh in a terminal of its own: it is ready for a key when it has switched bracketed paste on.
		"zsh": `zmodload zsh/zpty; zpty z zsh -f -i; zpty -r z said "*2004h"
type_it() { zpty -n -w z "$1"; zpty -r z said "*2004h"; print -r -- "$said"; }
type_it "source $0"$'\n'
type_it $'benthos-liveperson docto\t # \n'
type_it $'benthos-liveperson doctor --endp\t # \n'`,
		"fish": `source $argv[1]; complete -C "benthos-liveperson doc"; complete -C "benthos-liveperson doctor --end"`,
	} {
		t.Run(shell, func(t *testing.T) {
			t.Parallel()
			script, stderr, err := process(t, nil, "completion", shell)
			require.NoError(t, err, stderr)
			assert.Contains(t, script, "doctor")
			if _, err := exec.LookPath(shell); err != nil && os.Getenv("SHELL_TESTS") == "" {
				t.Skip("the shell is not installed; with SHELL_TESTS=1 it must be")
			}
			path := filepath.Join(t.TempDir(), "script")
			require.NoError(t, os.WriteFile(path, []byte(script), 0o600))
			said, err := exec.CommandContext(t.Context(), shell, "-c", ask, path).CombinedOutput()
			require.NoError(t, err, string(said))
			assert.Contains(t, string(said), "doctor")
			assert.Contains(t, string(said), "--endpoint")
		})
	}
	_, stderr, err := process(t, nil, "completion", "tcsh")
	assert.Equal(t, 2, exitCode(t, err))
	assert.Contains(t, stderr, "bash, fish, zsh")
}

// A screen has 24 lines of 80 columns.
func TestHelpFitsAScreen(t *testing.T) {
	t.Parallel()
	stdout, _, err := process(t, nil, "--help")
	require.NoError(t, err)
	assertFits(t, "the program", stdout)
	assert.Equal(t, "benthos-liveperson: sends your site's events and messages to LivePerson", strings.SplitN(stdout, "\n", 2)[0])
	assert.NotContains(t, stdout, "kafka", "which this binary does not have")
	_, commands, found := strings.Cut(stdout, "COMMANDS\n")
	require.True(t, found)
	commands, _, _ = strings.Cut(commands, "\n\n")
	own, benthos, found := strings.Cut(commands, "   of Benthos:  ")
	require.True(t, found)
	names := strings.Split(benthos, ", ")
	for line := range strings.Lines(own) {
		names = append(names, strings.Fields(line)[0])
	}
	require.Contains(t, names, "dead-letters")
	for _, name := range names {
		assertHelp(t, name)
	}
}

// assertHelp checks the help of a command and of its commands.
func assertHelp(t *testing.T, path ...string) {
	t.Helper()
	name := strings.Join(path, " ")
	help, _, err := process(t, nil, append(path, "--help")...)
	require.NoError(t, err, name)
	assertFits(t, name, help)
	assert.True(t, strings.HasPrefix(help, "benthos-liveperson "+name+": "), "%s: %s", name, help)
	assert.NotContains(t, help, "{{", name)
	whole, _, err := process(t, nil, append([]string{"help"}, path...)...)
	require.NoError(t, err, name)
	_, flags, _ := strings.Cut(help, "FLAGS\n")
	for _, flag := range regexp.MustCompile(`(?:^|\s)(--[a-z.-]+)`).FindAllStringSubmatch(strings.SplitN(flags, "\n\n", 2)[0], -1) {
		assert.Contains(t, whole, "   "+flag[1], "help %s", name)
	}
	_, commands, found := strings.Cut(help, "COMMANDS\n")
	if !found {
		return
	}
	commands, _, _ = strings.Cut(commands, "\n\n")
	for _, command := range regexp.MustCompile(`(?m)^   ([a-z-]+) `).FindAllStringSubmatch(commands, -1) {
		assertHelp(t, append(slices.Clone(path), command[1])...)
	}
}

func assertFits(t *testing.T, name, help string) {
	t.Helper()
	assert.LessOrEqual(t, strings.Count(help, "\n"), 24, "%s:\n%s", name, help)
	for line := range strings.Lines(help) {
		assert.LessOrEqual(t, len([]rune(strings.TrimSuffix(line, "\n"))), 80, "%s: %s", name, line)
	}
}

func marshal(t *testing.T, value any) string {
	t.Helper()
	text, err := json.Marshal(value)
	require.NoError(t, err)
	return string(text)
}
