package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"
	"time"
)

// The flags of the program.
const (
	flagEvents    = "events"
	flagInFlight  = "in-flight"
	flagBatch     = "batch"
	flagConsumers = "consumers"
	flagWarmUp    = "warm-up"
	flagLatency   = "latency"
	flagRows      = "rows"
	flagRepeat    = "repeat"
	flagSoak      = "soak"
	flagJSON      = "json"
)

// Flags that --help leaves out. The first two make this program one of its own
// child processes; the others profile a single row, from its first event that
// counts to its last.
const (
	flagRole       = "role"
	flagServer     = "server"
	flagCPUProfile = "cpuprofile"
	flagMemProfile = "memprofile"
)

// minSoakBatches is the fewest batches that have ten tenths.
const minSoakBatches = 10

type options struct {
	events    int
	inFlight  int
	batch     int
	consumers int
	warmUp    int
	latency   time.Duration
	rows      []row
	repeat    int
	soak      int // 0: no soak
	json      bool

	role       string // "": the program that a user has started
	server     string // the URL of the server, for a row
	cpuProfile string
	memProfile string
}

func parseOptions(args []string) (options, error) {
	var o options
	var names string
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.SetOutput(io.Discard) // run prints the error
	flags.IntVar(&o.events, flagEvents, 200_000, "")
	flags.IntVar(&o.inFlight, flagInFlight, 64, "")
	flags.IntVar(&o.batch, flagBatch, 256, "")
	flags.IntVar(&o.consumers, flagConsumers, 10_000, "")
	flags.IntVar(&o.warmUp, flagWarmUp, 10_000, "")
	flags.DurationVar(&o.latency, flagLatency, 0, "")
	flags.StringVar(&names, flagRows, "", "")
	flags.IntVar(&o.repeat, flagRepeat, 1, "")
	flags.IntVar(&o.soak, flagSoak, 0, "")
	flags.BoolVar(&o.json, flagJSON, false, "")
	flags.StringVar(&o.role, flagRole, "", "")
	flags.StringVar(&o.server, flagServer, "", "")
	flags.StringVar(&o.cpuProfile, flagCPUProfile, "", "")
	flags.StringVar(&o.memProfile, flagMemProfile, "", "")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	if flags.NArg() > 0 {
		return o, fmt.Errorf("takes no arguments, got %q", flags.Arg(0))
	}
	given := map[string]bool{}
	flags.Visit(func(f *flag.Flag) { given[f.Name] = true })
	var err error
	if o.rows, err = rowsNamed(names, given[flagRows]); err != nil {
		return o, err
	}
	if o.role != "" {
		return o, nil // checked in the parent
	}
	return o, o.check(given)
}

func (o options) check(given map[string]bool) error {
	for name, value := range map[string]int{
		flagEvents: o.events, flagInFlight: o.inFlight, flagBatch: o.batch,
		flagConsumers: o.consumers, flagWarmUp: o.warmUp, flagRepeat: o.repeat,
	} {
		if value < 1 {
			return fmt.Errorf("--%s: must be at least 1, got %d", name, value)
		}
	}
	if o.latency < 0 {
		return fmt.Errorf("--%s: must not be negative, got %s", flagLatency, o.latency)
	}
	if given[flagSoak] {
		if least := minSoakBatches * o.batch; o.soak < least {
			return fmt.Errorf("--%s: must be at least %d, as many as %d batches have, got %d", flagSoak, least, minSoakBatches, o.soak)
		}
		for _, name := range []string{flagEvents, flagRows, flagRepeat, flagCPUProfile, flagMemProfile} {
			if given[name] {
				return fmt.Errorf("--%s: goes without --%s, as it runs one row once", flagSoak, name)
			}
		}
	}
	if (o.cpuProfile != "" || o.memProfile != "") && (len(o.rows) != 1 || o.repeat != 1) {
		return errors.New("profiles are made of one row that runs once: choose it with --" + flagRows)
	}
	return nil
}

// rowsNamed gives the rows that --rows names, in the order of the table.
func rowsNamed(names string, given bool) ([]row, error) {
	if !given {
		return allRows, nil
	}
	wanted := map[string]bool{}
	for name := range strings.SplitSeq(names, ",") {
		name = strings.TrimSpace(name)
		if _, err := rowNamed(name); err != nil {
			return nil, fmt.Errorf("--%s: %w", flagRows, err)
		}
		wanted[name] = true
	}
	var rows []row
	for _, r := range allRows {
		if wanted[r.name] {
			rows = append(rows, r)
		}
	}
	return rows, nil
}

// childArgs are the arguments that make this program a child process of itself.
func (o options) childArgs(role, server string) []string {
	args := []string{
		arg(flagRole, role), arg(flagServer, server),
		arg(flagEvents, o.events), arg(flagInFlight, o.inFlight), arg(flagBatch, o.batch),
		arg(flagConsumers, o.consumers), arg(flagWarmUp, o.warmUp), arg(flagLatency, o.latency),
	}
	if o.cpuProfile != "" {
		args = append(args, arg(flagCPUProfile, o.cpuProfile))
	}
	if o.memProfile != "" {
		args = append(args, arg(flagMemProfile, o.memProfile))
	}
	return args
}

func arg(name string, value any) string { return fmt.Sprintf("--%s=%v", name, value) }
