package cli

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/redpanda-data/benthos/v4/public/service"
	ucli "github.com/urfave/cli/v2"

	"github.com/benthos-liveperson/benthos-liveperson/internal/liveperson"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox"
)

// triggerTime is how long sending an example event may take.
const triggerTime = 30 * time.Second

// examplesFile has an example of the events of each preset, one on each line.
//
//go:embed examples.jsonl
var examplesFile []byte

// example is an event that a site might send.
type example sandbox.Example

// examples are the events of examplesFile.
var examples = sync.OnceValue(func() (all []sandbox.Example) {
	for decoder := json.NewDecoder(bytes.NewReader(examplesFile)); decoder.More(); {
		var e sandbox.Example
		if err := decoder.Decode(&e); err != nil {
			panic(fmt.Errorf("reading the examples: %w", err)) // the file is in the binary
		}
		all = append(all, e)
	}
	return all
})

func triggerCommand() *ucli.Command {
	return &ucli.Command{
		Name:      "trigger",
		Usage:     "Send an example event to a pipeline or a sandbox",
		ArgsUsage: "EVENT",
		Description: `Sends an example event. With --to, the event goes as it is to the address of a pipeline's
http_server input. Without it, the event's preset maps it, and the report goes to the sandbox.

   benthos-liveperson trigger --list
   benthos-liveperson trigger order_completed
   benthos-liveperson trigger order_completed --to http://127.0.0.1:4195/post`,
		Flags: []ucli.Flag{
			&ucli.BoolFlag{Name: "list", Usage: "list the events"},
			&ucli.StringFlag{Name: "to", Usage: "post the event to this `URL`, where a pipeline reads"},
			atFlag(),
			passwordFlag(),
		},
		OnUsageError: onUsageError,
		Action: func(c *ucli.Context) error {
			all := examples()
			if c.Bool("list") {
				for _, e := range all {
					fmt.Fprintf(c.App.Writer, "%-16s %s\n", e.Name, e.Preset)
				}
				return nil
			}
			if c.Args().Len() != 1 {
				return errors.New("trigger takes one argument, the name of an event; --list lists them, and flags come before it")
			}
			ctx, cancel := context.WithTimeout(c.Context, triggerTime)
			defer cancel()
			at := slices.IndexFunc(all, func(e sandbox.Example) bool { return e.Name == c.Args().First() })
			if at < 0 {
				return fmt.Errorf("there is no example of the event %q; trigger --list lists them", c.Args().First())
			}
			e := example(all[at])
			var err error
			if to := c.String("to"); to != "" {
				err = e.post(ctx, to)
			} else {
				err = e.report(ctx, c)
			}
			if err == nil {
				fmt.Fprintf(c.App.Writer, "sent %s\n", e.Name)
			}
			return err
		},
	}
}

// post sends the event to a pipeline.
func (e example) post(ctx context.Context, to string) error {
	if at, err := url.Parse(to); err != nil || at.Host == "" {
		return errors.New("--to: must be an address such as http://127.0.0.1:4195/post")
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, to, bytes.NewReader(e.Event))
	if err != nil {
		return fmt.Errorf("--to: %w", err)
	}
	request.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(request)
	if err != nil {
		return fmt.Errorf("sending the event: %w; is the pipeline running, with an http_server input?", err)
	}
	defer func() { _ = res.Body.Close() }()
	text, _ := io.ReadAll(io.LimitReader(res.Body, 1000)) // it only explains the status
	if res.StatusCode >= http.StatusBadRequest {
		return fmt.Errorf("the pipeline answered %s: %s", res.Status, strings.TrimSpace(string(text)))
	}
	return nil
}

// report maps the event and reports it to the sandbox.
func (e example) report(ctx context.Context, c *ucli.Context) error {
	reader, err := readerOf(c)
	if err != nil {
		return err
	}
	if base, err := liveperson.ParseBaseURL(reader.at); err != nil || !liveperson.IsLoopback(base) {
		return errors.New("--at: must be a sandbox on this machine")
	}
	var state struct {
		Kind              string `json:"kind"`
		Account           string `json:"account"`
		AppInstallationID string `json:"app_installation_id"`
	}
	if err := reader.getJSON(ctx, "/sandbox/state", &state); err != nil {
		return err
	}
	if state.Kind != "sandbox" {
		return errors.New("--at: this is a debugger, which takes no reports: use --to for the pipeline")
	}
	builder := service.NewStreamBuilder()
	builder.SetThreads(1)
	if err := builder.SetLoggerYAML("level: ERROR"); err != nil {
		return err
	}
	send, err := builder.AddProducerFunc()
	if err != nil {
		return err
	}
	output := fmt.Sprintf("liveperson_report: { account_id: %q, app_installation_id: %q, domain_api: %q }", state.Account, state.AppInstallationID, reader.at)
	if err := errors.Join(builder.AddProcessorYAML("liveperson_"+e.Preset+": { sde_names: liveperson }"), builder.AddOutputYAML(output)); err != nil {
		return fmt.Errorf("building the pipeline: %w", err)
	}
	stream, err := builder.Build()
	if err != nil {
		return fmt.Errorf("building the pipeline: %w", err)
	}
	ended := make(chan error, 1)
	go func() { ended <- stream.Run(ctx) }()
	sent := send(ctx, service.NewMessage(e.Event))
	return errors.Join(sent, stream.StopWithin(triggerTime), <-ended)
}
