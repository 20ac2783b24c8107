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

// corpusBody returns a body of the tool's corpus and its metadata, the first that the preset reports.
func corpusBody(t *testing.T, tool string) (body string, metadata map[string]string) {
	t.Helper()
	text, err := os.ReadFile("tests/corpus/" + tool + ".yaml")
	if err != nil {
		return "", nil // an envelope, which has no corpus of its own
	}
	var corpus struct {
		Tests []struct {
			Input []struct {
				JSON     any `yaml:"json_content"`
				Content  string
				Metadata map[string]string
			} `yaml:"input_batch"`
			Output [][]map[string]any `yaml:"output_batches"`
		}
	}
	require.NoError(t, yaml.Unmarshal(text, &corpus))
	for _, c := range corpus.Tests {
		if len(c.Input) == 1 && c.Input[0].JSON == nil && strings.Contains(fmt.Sprint(c.Output), `"type"`) {
			return c.Input[0].Content, c.Input[0].Metadata
		}
		if len(c.Input) == 1 && strings.Contains(fmt.Sprint(c.Output), "engagementAttributes:[map") {
			return marshal(t, c.Input[0].JSON), c.Input[0].Metadata
		}
	}
	return "", nil
}

// Each starting config passes the linter and the doctor's checks of configs, and runs in the sandbox as it is but for its input.
func TestCreateForEachSource(t *testing.T) {
	t.Parallel()
	reported := 0
	for _, tool := range sourcesOfConfig(t) {
		config := createFor(t, tool)
		path := writeConfig(t, config)
		_, stderr, err := process(t, []string{"LIVEPERSON_ACCOUNT_ID=1", "LIVEPERSON_APP_INSTALLATION_ID=1"}, "lint", path)
		require.NoError(t, err, "%s: %s", tool, stderr)
		assert.Contains(t, config, "threads: 1", tool)

		var parsed map[string]any
		require.NoError(t, yaml.Unmarshal([]byte(config), &parsed))
		body, metadata := corpusBody(t, tool)
		mapping := fmt.Sprintf("root = %q\n", body)
		for name, value := range metadata {
			mapping += fmt.Sprintf("meta %q = %q\n", name, value)
		}
		parsed["http"] = map[string]any{"enabled": false}
		parsed["input"] = map[string]any{"generate": map[string]any{"count": 1, "mapping": mapping}}
		text, err := yaml.Marshal(parsed)
		require.NoError(t, err)
		stdout, stderr, err := process(t, nil, "run", "--sandbox", writeConfig(t, string(text)))
		require.NoError(t, err, "%s: %s", tool, stderr)
		if strings.Contains(stdout, "reports") && body != "" {
			reported++
		}
	}
	assert.Greater(t, reported, 8, "events of most tools are reported")
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
		"fish": `source $argv[1]; complete -C "benthos-liveperson doc"; complete -C "benthos-liveperson doctor --end"`,
	} {
		t.Run(shell, func(t *testing.T) {
			t.Parallel()
			script, stderr, err := process(t, nil, "completion", shell)
			require.NoError(t, err, stderr)
			assert.Contains(t, script, "doctor")
			if _, err := exec.LookPath(shell); err != nil {
				t.Skip("the shell is not installed")
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
