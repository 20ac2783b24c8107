package cli

import (
	"context"
	_ "embed"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/template"

	"github.com/redpanda-data/benthos/v4/public/service"
	ucli "github.com/urfave/cli/v2"
)

// createSources are the sources of liveperson_from. The value says whether their events usually come in files or topics, and
// not as requests.
var createSources = map[string]bool{
	"adobe_commerce": false, "amplitude": false, "cloudevents": false, "debezium": true, "ga4": false, "ga4_bigquery": true,
	"gtag": false, "gtm": false, "jitsu": false, "kafka_connect": true, "mparticle": false, "posthog": false,
	"rudderstack": false, "segment": false, "shopify": false, "shopify_pixel": false, "snowplow": true, "tealium": false,
	"woocommerce": false, "xdm": false,
}

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
			&ucli.StringFlag{Name: forFlagName, Usage: "the `TOOL` that sends the events: " + strings.Join(sourceNames(), ", ")},
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

func sourceNames() (names []string) {
	for name := range createSources {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func createFor(w io.Writer, binary, source string) error {
	lines, known := createSources[source]
	if !known {
		return badFlags(fmt.Errorf("--%s: must be one of %s", forFlagName, strings.Join(sourceNames(), ", ")))
	}
	page, err := template.New("config").Parse(createText)
	if err != nil {
		return err
	}
	return page.Execute(w, struct {
		Source, Binary string
		Lines          bool
	}{source, binary, lines})
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
