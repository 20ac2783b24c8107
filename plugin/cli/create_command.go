package cli

import (
	"context"
	_ "embed"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/template"

	"github.com/redpanda-data/benthos/v4/public/service"
	ucli "github.com/urfave/cli/v2"

	"github.com/benthos-liveperson/benthos-liveperson/internal/events"
)

//go:embed create.yaml.tmpl
var createText string

const (
	forFlagName   = "for"
	smallFlagName = "small"
)

// createCommand is Benthos' create, and starting configs for the sources.
func createCommand() *ucli.Command {
	return &ucli.Command{
		Name:      "create",
		Usage:     "Write a starting config for a tool, or of named components",
		ArgsUsage: "[INPUTS/PROCESSORS/OUTPUTS]",
		Description: `Writes a config to stdout. With --for, it is a whole pipeline that runs in the sandbox.
Otherwise it has the components of the expression: lists of inputs, processors and
outputs, with commas inside a list and slashes between them.

   benthos-liveperson create --for segment > pipeline.yaml
   benthos-liveperson create --small http_server/liveperson_map/liveperson_report`,
		Flags: []ucli.Flag{
			&ucli.StringFlag{Name: forFlagName, Usage: "the `TOOL` that sends the events: " + sourceNames()},
			&ucli.BoolFlag{Name: smallFlagName, Aliases: []string{"s"}, Usage: "leave out advanced fields, and all but input, pipeline and output"},
		},
		OnUsageError: onUsageError,
		Action: func(c *ucli.Context) error {
			if !c.IsSet(forFlagName) {
				return createComponents(c.Context, c.App.Name, c.Bool(smallFlagName), c.Args().Slice())
			}
			if c.Args().Present() {
				return badFlags(fmt.Errorf("--%s: takes the place of the expression: give one of the two", forFlagName))
			}
			return createFor(c.App.Writer, c.App.Name, c.String(forFlagName))
		},
	}
}

// sourceNames returns the names of all tools, with commas between them.
func sourceNames() string {
	return strings.Join(slices.Sorted(maps.Keys(events.Sources)), ", ")
}

func createFor(w io.Writer, binary, source string) error {
	tool, known := events.Sources[source]
	if !known {
		return badFlags(fmt.Errorf("--%s: must be one of %s", forFlagName, sourceNames()))
	}
	page, err := template.New("config").Parse(createText)
	if err != nil {
		return err
	}
	return page.Execute(w, struct {
		Source, Binary string
		Lines          bool
	}{source, binary, tool.Stored})
}

// createComponents runs Benthos' own create, which writes to the process's standard output.
func createComponents(ctx context.Context, binary string, small bool, arguments []string) error {
	args := []string{binary, "create"}
	if small {
		args = append(args, "--small")
	}
	_, err := service.RunCLIToCode(ctx, service.CLIOptSetArgs(append(args, arguments...)...), service.CLIOptSetBinaryName(binary),
		service.CLIOptSetProductName(productName), service.CLIOptSetMainSchemaFrom(configSchema))
	return err
}
