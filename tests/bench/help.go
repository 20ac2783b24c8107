package main

import (
	"fmt"
	"io"
	"text/tabwriter"
)

const helpHead = `Measures what it costs to bring events to LivePerson, against a local server.

Usage: go run ./tests/bench [flags]

Flags:
`

var helpFlags = [][2]string{
	{"--" + flagEvents + " N", "events that count, per row (200000)"},
	{"--" + flagInFlight + " N", "requests in flight (64)"},
	{"--" + flagBatch + " N", "events per batch of the input, as inputs such as Kafka's give them; the row stock has 1 (256)"},
	{"--" + flagConsumers + " N", "consumers that the events are of, in turns (10000)"},
	{"--" + flagWarmUp + " N", "events before those that count (10000)"},
	{"--" + flagLatency + " D", "how long the server takes for an answer, such as 20ms (0s)"},
	{"--" + flagRows + " A,B", "only these rows (all)"},
	{"--" + flagRepeat + " N", "rounds of all rows; medians are shown (1)"},
	{"--" + flagJSON, "one JSON object instead of tables"},
	{"--" + flagSoak + " N", "only the row report, with N events: its resident memory at every tenth"},
}

const helpTail = `
All rows but bare map their events with liveperson_retail. They differ in what comes
after it. Each runs in a process of its own. The server shares the machine's cores
with them, so that events/s is what both reach together; CPU is the row's alone, and
the server's is in the output of --json.

There are two peers. The row stock is what stock Benthos does by default: Go's GOGC of
100, and an input that gives one event at a time. The row http_client has GOGC and
batches as liveperson_report, so that the outputs alone differ; of a batch it sends one
event after another. Stock Benthos with an input that makes batches is between them;
with --batch 1 the input of all rows is that of stock. Either http_client keeps two idle
connections, as Go's default is, whence its new conns. Each ratio against one peer is
there against the other. GOGC and GOMEMLIMIT, where the environment has them, are in
charge of all rows. --json has, for each row, the events per batch and the GOGC that its
process really had.

Where the mapping is slower than the server, nothing waits and nothing is coalesced:
--latency 20ms is closer to a service on the internet. Times from input to
acknowledgement are those of batches, and hold the wait inside the output, which takes
up to max_in_flight batches: as many as requests for http_client, 1000 for
liveperson_report, which stops at 2048 events.

Exit codes: 0; 1 when a row failed, lost an event or made another number of requests
than it should; 2 for wrong flags; 130 when interrupted. Ratios that miss their target
are no failure.
`

func printHelp(w io.Writer) {
	fmt.Fprint(w, helpHead)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, f := range helpFlags {
		fmt.Fprintf(t, "  %s\t%s\n", f[0], f[1])
	}
	fmt.Fprint(t, "\nRows:\n")
	for _, r := range allRows {
		fmt.Fprintf(t, "  %s\t%s\n", r.name, r.about)
	}
	fmt.Fprint(t, "\nColumns:\n")
	for _, c := range columns {
		fmt.Fprintf(t, "  %s\t%s\n", c.header, c.about)
	}
	_ = t.Flush()
	fmt.Fprint(w, helpTail)
}
