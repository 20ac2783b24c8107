package cli

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	ucli "github.com/urfave/cli/v2"
)

// Examples begin with the name of the binary that shows them.
func TestExamplesAreOfThisBinary(t *testing.T) {
	t.Parallel()
	help := commandHelp(&ucli.Command{
		Name: "tail", HelpName: "connect-liveperson tail", Usage: "Print events",
		Description: `Prints events. See https://github.com/benthos-liveperson/benthos-liveperson/guides/about

   cat file | benthos-liveperson tail -f
   benthos-liveperson tail --filter aaaaaaaaaaaaaaaaaaaaaaaa --result bbbbbbbbbbbbbbbbbbbbb cccccccc`,
		Flags: []ucli.Flag{&ucli.StringFlag{Name: "filter", Usage: "only events with this `TEXT`; more of it"}},
	})
	assert.Equal(t, `connect-liveperson tail: print events
USAGE: connect-liveperson tail [flags]

Prints events. See https://docs.redpanda.com/redpanda-connect/guides/about

   cat file | connect-liveperson tail -f
   connect-liveperson tail --filter aaaaaaaaaaaaaaaaaaaaaaaa --result \
     bbbbbbbbbbbbbbbbbbbbb cccccccc

FLAGS
   --filter TEXT  only events with this TEXT

`+"`connect-liveperson help tail` explains each flag.\n", help)
}

func TestALongHelpIsShortened(t *testing.T) {
	t.Parallel()
	c := &ucli.Command{Name: "x", HelpName: "benthos-liveperson x", Usage: "Do", Description: strings.Repeat("a word ", 100) + "\n\n   benthos-liveperson x\n\nAnother paragraph."}
	for _, name := range strings.Split("abcdefghijklmnopqrstuvwxyz", "") {
		c.Flags = append(c.Flags, &ucli.BoolFlag{Name: "flag-" + name, Usage: "does this"})
	}
	help := commandHelp(c)
	assert.LessOrEqual(t, strings.Count(help, "\n"), helpLines)
	assert.Contains(t, help, "--flag-y --flag-z\n")
	whole := fullHelp("benthos-liveperson", c, nil)
	assert.Contains(t, whole, "Another paragraph.")
	assert.Contains(t, whole, "   --flag-z\n       does this")
}
