package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	ucli "github.com/urfave/cli/v2"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox"
)

const (
	// followPause is how often the debugger looks for new lines in a file.
	followPause = 200 * time.Millisecond
	// maxReceiptLine is the longest line of a file of receipts, in bytes.
	maxReceiptLine = 16 << 20
)

func debuggerCommand() *ucli.Command {
	return &ucli.Command{
		Name:  "debugger",
		Usage: "Show receipts of a pipeline on a page",
		Description: `Shows receipts on the page that the sandbox has: what became of each event, and why.
Receipts come by HTTP, from an http_client output of the pipeline, or from a file.
They are kept in memory. With --store, a debugger that starts again shows them again.

   benthos-liveperson debugger
   benthos-liveperson debugger --file receipts.jsonl --follow
   benthos-liveperson debugger --store receipts.jsonl
   benthos-liveperson debugger --listen 0.0.0.0:8901 --password-file ./password

In the pipeline:

   output_resources:
     - label: receipts
       http_client: { url: http://127.0.0.1:8901/sandbox/receipts, verb: POST }`,
		Flags: []ucli.Flag{
			&ucli.StringFlag{Name: "listen", Value: "127.0.0.1:8901", Usage: "address to listen on, on loopback unless there is a password; port 0 means any free port"},
			passwordFlag(),
			&ucli.StringFlag{Name: "file", Usage: "read receipts from `FILE`, one on each line"},
			&ucli.BoolFlag{Name: "follow", Usage: "with --file, wait for more lines at the end of the file"},
			&ucli.StringFlag{Name: "store", Usage: "keep receipts that come by HTTP in `FILE` and FILE.old, for the next start. They have what the receipts have: ids of consumers"},
			&ucli.IntFlag{Name: keepFlagName, Value: sandbox.DefaultKeep, Usage: "keep the latest `N` receipts"},
			&ucli.IntFlag{Name: keepMiBFlagName, Value: sandbox.DefaultKeepBytes / mebibyte, Usage: "keep at most about `N` MiB of receipts"},
			&ucli.DurationFlag{Name: keepForFlagName, Value: sandbox.DefaultKeepFor, Usage: "how long receipts are kept"},
		},
		OnUsageError: onUsageError,
		Action: func(c *ucli.Context) error {
			switch {
			case c.Args().Present():
				return fmt.Errorf("debugger takes no arguments, got %q", c.Args().First())
			case c.Bool("follow") && c.String("file") == "":
				return errors.New("--follow: works with --file only")
			case c.String("store") != "" && c.String("file") != "":
				return errors.New("--store: --file has the receipts already; use one of them")
			}
			if err := checkKept(c); err != nil {
				return err
			}
			password, err := readPassword(c)
			if err != nil {
				return err
			}
			d := sandbox.NewDebugger(sandbox.Options{
				Password: password, Keep: c.Int(keepFlagName), KeepBytes: c.Int(keepMiBFlagName) * mebibyte, KeepFor: c.Duration(keepForFlagName),
			})
			listener, err := sandbox.Listen(c.String("listen"), password)
			if err != nil {
				return fmt.Errorf("--listen: %w", err)
			}
			if name := c.String("store"); name != "" {
				store, err := openReceiptStore(name, c.Int(keepMiBFlagName)*mebibyte, d.AddReceipts, c.App.ErrWriter)
				if err != nil {
					return errors.Join(fmt.Errorf("--store: %w", err), listener.Close())
				}
				defer func() { _ = store.Close() }() // each receipt is written when it comes
				d.SetStore(store)
			}
			fmt.Fprintf(c.App.Writer, "The debugger shows receipts at http://%[1]s; stop it with CTRL+C.\nSend them to http://%[1]s/sandbox/receipts\n", fromHere(listener.Addr()))
			ctx, stop := context.WithCancel(c.Context)
			defer stop()
			if name := c.String("file"); name != "" {
				file, err := os.Open(name)
				if err != nil {
					return errors.Join(fmt.Errorf("--file: %w", err), listener.Close())
				}
				defer func() { _ = file.Close() }()
				go readReceipts(ctx, file, c.Bool("follow"), d.AddReceipts, c.App.ErrWriter)
			}
			if err := serveUntilSignal(ctx, d, listener); err != nil {
				return fmt.Errorf("serving: %w", err)
			}
			return nil
		},
	}
}

// readReceipts adds the receipts of a file, line by line, and says which lines are none. With follow, it waits for more.
func readReceipts(ctx context.Context, file io.Reader, follow bool, add func([]byte) error, problems io.Writer) {
	lines := bufio.NewReader(file)
	var line []byte
	for number := 1; ctx.Err() == nil; {
		part, err := lines.ReadBytes('\n')
		line = append(line, part...)
		switch {
		case err == nil || err == io.EOF && !follow:
		case err == io.EOF && len(line) <= maxReceiptLine:
			select {
			case <-time.After(followPause):
			case <-ctx.Done():
			}
			continue
		default:
			fmt.Fprintf(problems, "reading receipts: line %d: it is too long, or the file can't be read: %v\n", number, err)
			return
		}
		if addErr := add(line); addErr != nil {
			fmt.Fprintf(problems, "line %d: %v\n", number, addErr)
		}
		if err == io.EOF {
			return
		}
		line, number = line[:0], number+1
	}
}
