// Command bench measures what it costs to bring events to LivePerson. It compares this project's output with Benthos'
// http_client and with a bare http.Client, against one local server:
//
//	go run ./tests/bench
//	go run ./tests/bench --latency 50ms --rows report,coalesce_20
//	go run ./tests/bench --rows report --batch 256 --events 2000000 --repeat 1 --progress
//
// Each row runs at each batch size, in a process of its own, so that its CPU time and memory can be measured. A row first
// sends events that do not count, until connections and sessions exist. All rows use the GOGC of the environment.
//
// Rows run in turn for several rounds, every other round in reverse order. A disturbance of the machine then affects all
// rows alike. Each ratio is computed within a round. The table shows the median and the range over the rounds.
//
// The program fails when a row loses an event or makes a wrong number of requests. Missed targets are no failure.
// It needs Linux, because it reads the memory of a process.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

type options struct {
	events, inFlight, consumers, warmUp, repeat int
	batches                                     []int
	rows                                        []row
	latency                                     time.Duration
	json, progress                              bool
	cpuProfile, memProfile                      string

	// Only a child process has these two. Its rows and batches hold one row and one batch size.
	role, server string
}

// roleServer and roleRow are the roles of child processes.
const (
	roleServer = "server"
	roleRow    = "row"
)

func main() {
	os.Exit(run(os.Args[1:], os.Stdout, os.Stderr))
}

// run returns the exit code: 0, 1 for a failure, 2 for wrong flags.
func run(args []string, stdout, stderr io.Writer) int {
	o, err := parseOptions(args, stderr)
	if errors.Is(err, flag.ErrHelp) {
		return 0
	}
	if err != nil {
		fmt.Fprintln(stderr, "bench:", err)
		return 2
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	switch o.role {
	case roleServer:
		err = runServer(o, stdout)
	case roleRow:
		err = runRow(ctx, o, stdout, stderr)
	default:
		err = measureAll(ctx, o, stdout, stderr)
	}
	if err != nil {
		fmt.Fprintln(stderr, "bench:", err)
		return 1
	}
	return 0
}

func parseOptions(args []string, stderr io.Writer) (options, error) {
	var o options
	var batches, rows string
	names := make([]string, len(allRows))
	for i, r := range allRows {
		names[i] = r.name
	}
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.IntVar(&o.events, "events", 50_000, "events that count, for each row")
	flags.IntVar(&o.inFlight, "in-flight", 64, "requests in flight")
	flags.StringVar(&batches, "batch", "1,256", "events per batch of the input; each row runs at each size")
	flags.IntVar(&o.consumers, "consumers", 10_000, "consumers of the events, in turns")
	flags.IntVar(&o.warmUp, "warm-up", 10_000, "events before those that count")
	flags.DurationVar(&o.latency, "latency", 0, "how long the server takes for an answer, such as 50ms")
	flags.StringVar(&rows, "rows", strings.Join(names, ","), "rows to run")
	flags.IntVar(&o.repeat, "repeat", 3, "rounds")
	flags.BoolVar(&o.json, "json", false, "print one JSON object instead of tables")
	flags.BoolVar(&o.progress, "progress", false, "print the resident memory at every tenth of a row")
	flags.StringVar(&o.cpuProfile, "cpuprofile", "", "write a CPU profile of the last row that runs")
	flags.StringVar(&o.memProfile, "memprofile", "", "write an allocation profile of the last row that runs")
	flags.StringVar(&o.role, "role", "", "internal: the role of a child process")
	flags.StringVar(&o.server, "server", "", "internal: the URL of the server")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	if flags.NArg() > 0 {
		return o, fmt.Errorf("takes no arguments, got %q", flags.Arg(0))
	}
	for name, value := range map[string]int{
		"events": o.events, "in-flight": o.inFlight, "consumers": o.consumers, "warm-up": o.warmUp, "repeat": o.repeat,
	} {
		if value < 1 {
			return o, fmt.Errorf("--%s: must be at least 1, got %d", name, value)
		}
	}
	for text := range strings.SplitSeq(batches, ",") {
		size, err := strconv.Atoi(text)
		if err != nil || size < 1 {
			return o, fmt.Errorf("--batch: expected numbers of at least 1 and commas, got %q", batches)
		}
		o.batches = append(o.batches, size)
	}
	for name := range strings.SplitSeq(rows, ",") {
		i := slices.Index(names, name)
		if i < 0 {
			return o, fmt.Errorf("--rows: there is no row %q, only %s", name, strings.Join(names, ", "))
		}
		o.rows = append(o.rows, allRows[i])
	}
	return o, nil
}

// childArgs are the arguments of a child process.
func (o options) childArgs(role, server, row string, batch int) []string {
	return []string{
		"--role=" + role, "--server=" + server, "--rows=" + row, fmt.Sprint("--batch=", batch),
		fmt.Sprint("--events=", o.events), fmt.Sprint("--in-flight=", o.inFlight), fmt.Sprint("--consumers=", o.consumers),
		fmt.Sprint("--warm-up=", o.warmUp), fmt.Sprint("--latency=", o.latency), fmt.Sprint("--progress=", o.progress),
		"--cpuprofile=" + o.cpuProfile, "--memprofile=" + o.memProfile,
	}
}

// measureAll starts the server, runs the rows against it and prints the results.
func measureAll(ctx context.Context, o options, stdout, stderr io.Writer) error {
	url, stop, err := startServer(ctx, o)
	if err != nil {
		return fmt.Errorf("starting the server: %w", err)
	}
	defer stop()
	results := newResults(o)
	for round := range o.repeat {
		for i := range results {
			if round%2 == 1 {
				i = len(results) - 1 - i
			}
			r := &results[i]
			f, err := measure(ctx, o, url, r.Row, r.Batch, stderr)
			if err != nil {
				return fmt.Errorf("row %s, batches of %d: %w", r.Row, r.Batch, err)
			}
			fmt.Fprintf(stderr, "round %d/%d, %s, batches of %d: %.0f events/s, %.1f µs of CPU per event\n",
				round+1, o.repeat, r.Row, r.Batch, f.EventsPerSecond, f.CPUMicros)
			r.Rounds = append(r.Rounds, f)
		}
	}
	ratios := ratiosOf(o, results)
	if o.json {
		return json.NewEncoder(stdout).Encode(map[string]any{"settings": settings(o), "rows": results, "ratios": ratios})
	}
	return printTables(stdout, o, results, ratios)
}

// startServer starts the server in a process of its own and returns its URL.
func startServer(ctx context.Context, o options) (url string, stop func(), err error) {
	cmd := exec.CommandContext(ctx, os.Args[0], o.childArgs(roleServer, "", rowReport, 1)...)
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return "", nil, err
	}
	if err := cmd.Start(); err != nil {
		return "", nil, err
	}
	stop = func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}
	if _, err := fmt.Fscanln(stdout, &url); err != nil {
		stop()
		return "", nil, err
	}
	return url, stop, nil
}

// measure runs a row in a process of its own.
func measure(ctx context.Context, o options, server, row string, batch int, stderr io.Writer) (f figures, err error) {
	cmd := exec.CommandContext(ctx, os.Args[0], o.childArgs(roleRow, server, row, batch)...)
	var stdout bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, stderr
	if err := cmd.Run(); err != nil {
		return f, err
	}
	return f, json.Unmarshal(stdout.Bytes(), &f)
}
