package cli

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"strings"
	"time"
	"unicode"

	ucli "github.com/urfave/cli/v2"
)

// tailPause is how long tail waits before it connects again.
const tailPause = time.Second

func tailCommand() *ucli.Command {
	return &ucli.Command{
		Name:  "tail",
		Usage: "Print the events of a running sandbox or debugger",
		Description: `Prints the latest events. With -f, it goes on with new ones, also after the sandbox was
started again. It uses colours in a terminal, unless the variable NO_COLOR is set.

   benthos-liveperson tail -f
   benthos-liveperson tail -f --filter purchase --result refused
   benthos-liveperson tail --at http://127.0.0.1:8901 --json`,
		Flags: []ucli.Flag{
			atFlag(),
			passwordFlag(),
			&ucli.BoolFlag{Name: "follow", Aliases: []string{"f"}, Usage: "go on with new events"},
			&ucli.IntFlag{Name: "lines", Aliases: []string{"n"}, Value: 20, Usage: "how many earlier events to print"},
			&ucli.StringFlag{Name: "filter", Usage: "only events that have this `TEXT` in their ids or content"},
			&ucli.StringFlag{Name: "result", Usage: "only events with this `RESULT`: accepted, noted, refused, dropped, withheld, duplicate or unknown"},
			&ucli.BoolFlag{Name: "json", Usage: "print each event as JSON"},
		},
		OnUsageError: onUsageError,
		Action: func(c *ucli.Context) error {
			if c.Args().Present() {
				return fmt.Errorf("tail takes no arguments, got %q; a text to look for goes with --filter", c.Args().First())
			}
			if c.Int("lines") < 1 {
				return errors.New("--lines: must be at least 1")
			}
			reader, err := readerOf(c)
			if err != nil {
				return err
			}
			t := tailer{sandboxReader: reader, out: c.App.Writer, problems: c.App.ErrWriter, json: c.Bool("json"), colours: wantsColours(c.App.Writer)}
			query := url.Values{"summary": {"true"}, "receipts": {"true"}, "q": {c.String("filter")}, "result": {c.String("result")}}
			last, err := t.latest(c.Context, query, c.Int("lines"))
			if err != nil || !c.Bool("follow") {
				return err
			}
			return t.follow(c.Context, query, last)
		},
	}
}

// wantsColours reports whether a writer is a terminal that may have colours.
func wantsColours(w io.Writer) bool {
	return os.Getenv("NO_COLOR") == "" && isTerminal(w)
}

func isTerminal(w io.Writer) bool {
	file, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := file.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// tailer prints events.
type tailer struct {
	sandboxReader
	out, problems io.Writer
	json, colours bool
}

// tailLine is what tail prints of an event.
type tailLine struct {
	Time     time.Time `json:"time"`
	Endpoint string    `json:"endpoint"`
	Result   string    `json:"result"`
	Status   int       `json:"status"`
	Types    []string  `json:"types"`
	Consumer string    `json:"consumer"`
	TookMS   float64   `json:"took_ms"`
	Reason   string    `json:"reason"`
}

// latest prints the latest events, and returns where the stream goes on.
func (t tailer) latest(ctx context.Context, query url.Values, lines int) (last string, err error) {
	var list struct {
		Calls []json.RawMessage `json:"calls"`
		Last  string            `json:"last"`
	}
	if err := t.getJSON(ctx, "/sandbox/all?"+query.Encode()+fmt.Sprintf("&limit=%d", lines), &list); err != nil {
		return "", err
	}
	for _, call := range list.Calls {
		if err := t.print(call); err != nil {
			return "", err
		}
	}
	return list.Last, nil
}

// follow prints new events until the context ends. It connects again when the connection ends.
func (t tailer) follow(ctx context.Context, query url.Values, last string) error {
	for lost := false; ; {
		stream, err := t.get(ctx, "/sandbox/events?"+query.Encode(), last)
		if err == nil {
			if lost {
				fmt.Fprintln(t.problems, "connected again")
			}
			lost = false
			last, err = t.read(stream, last)
			_ = stream.Close()
		}
		if ctx.Err() != nil {
			return nil
		}
		if !lost {
			fmt.Fprintf(t.problems, "the connection ended; trying again: %v\n", cmp.Or(err, io.EOF))
			lost = true
		}
		select {
		case <-time.After(tailPause):
		case <-ctx.Done():
			return nil
		}
	}
}

// read prints the events of a stream until it ends, and returns the id of the last one.
func (t tailer) read(stream io.Reader, last string) (string, error) {
	lines := bufio.NewReader(stream)
	name, id, data := "", "", ""
	for {
		line, err := lines.ReadString('\n')
		if err != nil {
			return last, err
		}
		field, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), ": ")
		switch field {
		case "event":
			name = value
		case "id":
			id = value
		case "data":
			data += value
		case "":
			if err := t.take(name, data); err != nil {
				return last, err
			}
			last = cmp.Or(id, last)
			name, id, data = "", "", ""
		}
	}
}

// take prints one event of the stream.
func (t tailer) take(name, data string) error {
	switch name {
	case "call":
		return t.print(json.RawMessage(data))
	case "reset":
		fmt.Fprintln(t.problems, "the sandbox was reset, or started again")
	case "gap":
		fmt.Fprintf(t.problems, "the sandbox has forgotten events that were not printed: %s\n", data)
	}
	return nil
}

// The colours of results, as ANSI codes.
var resultColours = map[string]string{
	"accepted": "32", "noted": "33", "refused": "31", "dropped": "90", "withheld": "35", "duplicate": "36",
}

func (t tailer) print(call json.RawMessage) error {
	if t.json {
		_, err := fmt.Fprintf(t.out, "%s\n", call)
		return err
	}
	var l tailLine
	if err := json.Unmarshal(call, &l); err != nil {
		return fmt.Errorf("reading an event: %w", err)
	}
	status := "   "
	if l.Status > 0 {
		status = fmt.Sprintf("%3d", l.Status)
	}
	result := fmt.Sprintf("%-9s", l.Result)
	if colour := resultColours[l.Result]; t.colours && colour != "" {
		result = "\x1b[" + colour + "m" + result + "\x1b[0m"
	}
	what := cmp.Or(strings.Join(l.Types, ","), l.Endpoint)
	_, err := fmt.Fprintf(t.out, "%s  %s  %s  %-24s  %-36s  %7.1f ms  %s\n", l.Time.Local().Format("15:04:05.000"), result, status,
		printable(what), printable(cmp.Or(l.Consumer, "-")), l.TookMS, printable(l.Reason))
	return err
}

// printable replaces characters that could steer a terminal.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return '·'
		}
		return r
	}, text)
}
