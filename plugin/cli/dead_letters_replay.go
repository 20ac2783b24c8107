package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	ucli "github.com/urfave/cli/v2"

	"github.com/benthos-liveperson/benthos-liveperson/internal/deadletter"
)

const (
	configFlagName = "config"
	restFlagName   = "rest"
	dryRunFlagName = "dry-run"
)

func deadLettersReplayCommand() *ucli.Command {
	return &ucli.Command{
		Name:      "replay",
		Usage:     "Send dead letters again, and keep those that LivePerson does not accept",
		ArgsUsage: "[FILE]",
		Description: `Sends the letters through a config in the place of its input. Without --config, prints
their messages. FILE stays as it is. The rest file has the lines that remain.

   benthos-liveperson dead-letters replay --config pipeline.yaml dead-letters.jsonl
   benthos-liveperson dead-letters replay --config pipeline.yaml --class server --dry-run dead-letters.jsonl`,
		Flags: append([]ucli.Flag{
			&ucli.StringFlag{Name: configFlagName, Usage: "the `CONFIG` whose processors and output the letters take"},
			&ucli.StringFlag{Name: restFlagName, Usage: "write the lines that remain to this `FILE`: FILE-rest if not set"},
			&ucli.BoolFlag{Name: dryRunFlagName, Usage: "send nothing: check the config and say what would be sent"},
		}, selectionFlags()...),
		OnUsageError: onUsageError,
		Action: func(c *ucli.Context) error {
			selection, err := readSelection(c, time.Now())
			if err != nil {
				return badFlags(err)
			}
			return withLetters(c, 0, func(name string, letters io.Reader) error {
				if !c.IsSet(configFlagName) {
					if c.Bool(dryRunFlagName) || c.IsSet(restFlagName) {
						return badFlags(fmt.Errorf("--%s and --%s: go with --%s", dryRunFlagName, restFlagName, configFlagName))
					}
					return printMessages(c.App.Writer, c.App.ErrWriter, letters, selection)
				}
				config, err := readReplayConfig(c.String(configFlagName))
				if err != nil {
					return fmt.Errorf("--%s: %w", configFlagName, err)
				}
				if c.Bool(dryRunFlagName) {
					return countRoutes(c.App.Writer, letters, selection, config)
				}
				return replayLetters(c, name, letters, selection, config)
			})
		},
	}
}

// replayLetters sends letters, and tells what became of them.
func replayLetters(c *ucli.Context, name string, letters io.Reader, selection deadletter.Selection, config replayConfig) error {
	path := c.String(restFlagName)
	if path == "" {
		if name == "" {
			return badFlags(fmt.Errorf("--%s: must be set, because the letters come from standard input", restFlagName))
		}
		extension := filepath.Ext(name)
		path = strings.TrimSuffix(name, extension) + "-rest" + extension
	}
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("--%s: %s is there already, and may have letters: move it away, or name another file", restFlagName, path)
	}
	remain, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*.part") // mode 0600
	if err != nil {
		return fmt.Errorf("--%s: %w", restFlagName, err)
	}
	defer os.Remove(remain.Name()) //nolint:errcheck // it has been renamed if all went well
	defer remain.Close()

	replay := deadletter.NewReplay(letters, remain, selection, config.toReport, time.Now)
	ctx, forget := signal.NotifyContext(c.Context, os.Interrupt, syscall.SIGTERM)
	defer forget()
	if err := config.run(ctx, replay); err != nil {
		return err
	}
	outcome, err := replay.End()
	if err == nil {
		err = errors.Join(remain.Sync(), remain.Close())
	}
	if err == nil && outcome.Remain() > 0 {
		err = os.Rename(remain.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("%w: LivePerson has accepted %d letters, and there is no file of the rest: all letters are still where they were", err, outcome.Accepted)
	}
	tellOutcome(c.App.Writer, outcome, path)
	if failed := outcome.Remain() - outcome.NotSelected; failed > 0 {
		return fmt.Errorf("LivePerson has not accepted %d of the letters: they are in %s", failed, path)
	}
	return nil
}

func tellOutcome(out io.Writer, o deadletter.Outcome, path string) {
	refused := 0
	for _, count := range o.Refused {
		refused += count
	}
	rows := []struct {
		name  string
		count int
		note  string
	}{
		{"lines read", o.Lines, ""},
		{"accepted", o.Accepted, ""},
		{"refused again", refused, byClass(o.Refused)},
		{"dropped by the pipeline", o.Dropped, "the log says why"},
		{"not sent, failed between processors", o.Nowhere, "see docs/dead-letters.md"},
		{"not sent, the replay was stopped", o.Unanswered, ""},
		{"not selected", o.NotSelected, ""},
		{"not JSON", o.Wrong, ""},
		{"remain", o.Remain(), "in " + path},
	}
	for i, row := range rows {
		if i > 1 && row.count == 0 && i < len(rows)-1 {
			continue
		}
		if row.count == 0 {
			row.note = ""
		}
		fmt.Fprintln(out, strings.TrimSpace(fmt.Sprintf("%-37s%7d  %s", row.name, row.count, row.note)))
	}
}

// eachLetter calls use with the letters of a selection, and returns the number of lines that are no letters.
func eachLetter(letters io.Reader, selection deadletter.Selection, use func(deadletter.Letter) error) (wrong int, err error) {
	for lines := deadletter.NewLines(letters); ; {
		line, err := lines.Next()
		switch {
		case errors.Is(err, io.EOF):
			return wrong, nil
		case err != nil:
			return wrong, fmt.Errorf("reading the dead letters: %w", err)
		case line.Wrong != nil:
			wrong++
		case selection.Has(line.Letter):
			if err := use(line.Letter); err != nil {
				return wrong, err
			}
		}
	}
}

// countRoutes tells what a replay would do.
func countRoutes(out io.Writer, letters io.Reader, selection deadletter.Selection, config replayConfig) error {
	counts := map[deadletter.Route]int{}
	wrong, err := eachLetter(letters, selection, func(l deadletter.Letter) error {
		counts[l.Route(config.toReport)]++
		return nil
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "the config is correct; nothing was sent\nthrough the pipeline again: %d\nto the output as they are:  %d\n",
		counts[deadletter.ThroughPipeline], counts[deadletter.ToOutput])
	if n := counts[deadletter.Nowhere]; n > 0 {
		fmt.Fprintf(out, "not sent, because they failed between processors: %d\n", n)
	}
	if wrong > 0 {
		fmt.Fprintf(out, "not JSON: %d\n", wrong)
	}
	return nil
}

// printMessages prints the messages of letters, one on each line: the event if the letter has it.
func printMessages(out, notes io.Writer, letters io.Reader, selection deadletter.Selection) error {
	printed, reports, texts := 0, 0, 0
	wrong, err := eachLetter(letters, selection, func(l deadletter.Letter) error {
		text := l.Content
		switch {
		case l.Event != "":
			text = l.Event
		case l.IsReport():
			reports++
		}
		var line bytes.Buffer
		if json.Compact(&line, []byte(text)) != nil {
			texts++
			return nil
		}
		printed++
		_, err := fmt.Fprintf(out, "%s\n", line.Bytes())
		return err
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(notes, "printed %d messages; the dead letters stay as they are\n", printed)
	if reports > 0 {
		fmt.Fprintf(notes, "%d of them are reports, which a preset does not take: send them with --%s\n", reports, configFlagName)
	}
	if texts > 0 {
		fmt.Fprintf(notes, "not printed, because their messages are not JSON: %d letters\n", texts)
	}
	if wrong > 0 {
		fmt.Fprintf(notes, "not printed, because they are not JSON: %d lines\n", wrong)
	}
	return nil
}

// stopTime is how long messages in flight may take when a replay is stopped.
const stopTime = 20 * time.Second

// run runs the pipeline until the letters are at their end, or the context is.
func (r replayConfig) run(ctx context.Context, replay *deadletter.Replay) error {
	stream, err := r.build(replay)
	if err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- stream.Run(context.WithoutCancel(ctx)) }()
	select {
	case err = <-ended:
	case <-ctx.Done():
		replay.Stop()
		_ = stream.StopWithin(stopTime) // what has no answer by then remains
		err = <-ended
	}
	if err != nil {
		return fmt.Errorf("running the pipeline: %w", err)
	}
	return nil
}
