package tests

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const cliPage = "docs/reference/cli.md"

const cliPageHead = `# Command line

Look up a command, its flags and its examples: this is what ` + "`benthos-liveperson help COMMAND`" + ` prints.
`

// The page is the help of all commands. After a change of a help, run:
//
//	go test ./tests -run CommandLinePage -update
func TestCommandLinePageIsUpToDate(t *testing.T) {
	t.Parallel()
	var page strings.Builder
	page.WriteString(cliPageHead)
	help := helpOf(t)
	commands := subcommands(help)
	require.Greater(t, len(commands), 10)
	page.WriteString("\n```text\n" + help + "\n```\n")
	for len(commands) > 0 {
		command := commands[0]
		help := helpOf(t, command...)
		for _, sub := range subcommands(help) {
			commands = append(commands, append(command[:len(command):len(command)], sub...))
		}
		commands = commands[1:]
		page.WriteString("\n## " + strings.Join(command, " ") + "\n\n```text\n" + help + "\n```\n")
	}
	if *update {
		require.NoError(t, os.WriteFile(cliPage, []byte(page.String()), 0o600))
	}
	got, err := os.ReadFile(cliPage)
	require.NoError(t, err)
	assert.True(t, page.String() == string(got), "%s is stale: go test ./tests -run CommandLinePage -update", cliPage)
}

// helpOf returns the long help of a command.
func helpOf(t *testing.T, command ...string) string {
	t.Helper()
	stdout, stderr, err := process(t, nil, append([]string{"help"}, command...)...)
	require.NoError(t, err, stderr)
	return regexp.MustCompile(`(?m)[ \t]+$`).ReplaceAllString(strings.TrimSpace(stdout), "")
}

var (
	commandLine  = regexp.MustCompile(`(?m)^   ([a-z-]{3,}) +[A-Z].*$`)
	benthosNames = regexp.MustCompile(`(?m)^   of Benthos: +(.+)$`)
)

// subcommands returns the commands that a help lists.
func subcommands(help string) (commands [][]string) {
	_, list, _ := strings.Cut(help, "\nCOMMANDS\n")
	list, _, _ = strings.Cut(list, "\n\n")
	for _, found := range commandLine.FindAllStringSubmatch(list, -1) {
		commands = append(commands, []string{found[1]})
	}
	if found := benthosNames.FindStringSubmatch(list); found != nil {
		for name := range strings.SplitSeq(found[1], ", ") {
			commands = append(commands, []string{name})
		}
	}
	return commands
}
