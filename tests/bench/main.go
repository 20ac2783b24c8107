// Command bench measures what it costs to bring events to LivePerson: with this
// project's output, with Benthos' stock http_client, as its users run it and in a
// process like ours, and with a bare http.Client, against one stand-in server on this
// machine.
//
//	go run ./tests/bench
//	go run ./tests/bench --repeat 3 --json
//	go run ./tests/bench --soak 2000000
//
// The server and each row run in processes of their own, which are this program
// again: CPU time and memory are the row's alone. A row sends events that don't
// count until connections and sessions are there, then those that do. --help
// explains rows and columns.
//
// A row that loses an event, or makes another number of requests than it should,
// ends the program with an error. The ratios at the end are measured, not judged.
// It needs Linux, for the memory of a process.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

// Exit codes. A signal's is what shells give to an interrupted program.
const (
	exitOK          = 0
	exitFailed      = 1
	exitUsage       = 2
	exitInterrupted = 130
)

func main() {
	os.Exit(run(os.Args[1:], os.Stdout, os.Stderr))
}

// run does what the arguments say and returns the exit code.
func run(args []string, stdout, stderr io.Writer) int {
	o, err := parseOptions(args)
	if errors.Is(err, flag.ErrHelp) {
		printHelp(stdout)
		return exitOK
	}
	if err != nil {
		fmt.Fprintf(stderr, "bench: %v (see --help)\n", err)
		return exitUsage
	}
	if o.role != "" {
		return runRole(o, stdout, stderr)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err = measureAll(ctx, o, stdout, stderr)
	switch {
	case ctx.Err() != nil:
		fmt.Fprintln(stderr, "bench: interrupted")
		return exitInterrupted
	case err != nil:
		fmt.Fprintf(stderr, "bench: %v\n", err)
		return exitFailed
	}
	return exitOK
}

// measureAll starts the server, runs the rows or the soak against it, and prints
// what came of it.
func measureAll(ctx context.Context, o options, stdout, stderr io.Writer) error {
	server, err := startServer(ctx, o)
	if err != nil {
		return fmt.Errorf("starting the server: %w", err)
	}
	defer server.stop()

	if o.soak > 0 {
		return soak(ctx, o, server.url, stdout, stderr)
	}
	results, err := measureRows(ctx, o, server.url, stderr)
	if err != nil {
		return err
	}
	ratios := ratiosOf(results)
	if o.json {
		return writeJSON(stdout, report{Settings: settingsOf(o), Rows: results, Ratios: ratios})
	}
	return printTables(stdout, o, results, ratios)
}
