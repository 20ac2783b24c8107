package main

import (
	"cmp"
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"text/tabwriter"
)

// result has the figures of a row at one batch size, by round.
type result struct {
	Row    string    `json:"row"`
	Batch  int       `json:"batch"`
	Rounds []figures `json:"rounds"`
}

// newResults lists the rows to measure at each batch size, without figures.
func newResults(o options) (results []result) {
	for _, batch := range o.batches {
		for _, r := range o.rows {
			results = append(results, result{Row: r.name, Batch: batch})
		}
	}
	return results
}

var columns = []struct {
	header, format string
	of             func(figures) float64
}{
	{"events/s", "%.0f", func(f figures) float64 { return f.EventsPerSecond }},
	{"CPU µs", "%.1f", func(f figures) float64 { return f.CPUMicros }},
	{"allocs", "%.1f", func(f figures) float64 { return f.Allocations }},
	{"requests", "%.3f", func(f figures) float64 { return f.Requests }},
	{"new conns", "%.0f", func(f figures) float64 { return f.Connections }},
	{"peak MiB", "%.1f", func(f figures) float64 { return f.PeakMiB }},
	{"p50 ms", "%.2f", func(f figures) float64 { return f.P50Millis }},
	{"p99 ms", "%.2f", func(f figures) float64 { return f.P99Millis }},
}

// settings describes the run.
func settings(o options) string {
	return fmt.Sprintf("%d events of %d consumers, %d in flight, server latency %s, medians of %d rounds; %s, %d cores, GOGC %s",
		o.events, o.consumers, o.inFlight, o.latency, o.repeat, runtime.Version(), runtime.NumCPU(), cmp.Or(os.Getenv("GOGC"), "100"))
}

// printTables prints the medians of each row, then the ratios. CPU time, allocations and requests are per event. p50 and
// p99 are times from the input to the acknowledgement of a batch. For bare they are the times of a request.
func printTables(w io.Writer, o options, results []result, ratios []ratio) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(t, "%s\n\n", settings(o))
	fmt.Fprint(t, "batch\t")
	for _, c := range columns {
		fmt.Fprintf(t, "%s\t", c.header)
	}
	fmt.Fprintln(t)
	for i, r := range results {
		fmt.Fprintf(t, "%d\t", r.Batch)
		for _, c := range columns {
			values := make([]float64, len(r.Rounds))
			for j, f := range r.Rounds {
				values[j] = c.of(f)
			}
			_, median, _ := rangeOf(values)
			fmt.Fprintf(t, c.format+"\t", median)
		}
		fmt.Fprintf(t, "  %s: %s\n", r.Row, o.rows[i%len(o.rows)].about)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	fmt.Fprintln(w)
	t = tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "ratio\tbatch\tmedian\trange\ttarget\t")
	for _, r := range ratios {
		met := "missed"
		if r.Met {
			met = "met"
		}
		fmt.Fprintf(t, "%s\t%d\t%.3f\t%.3f to %.3f\t%s\t%s\n", r.Title, r.Batch, r.Median, r.Low, r.High, r.Target, met)
	}
	return t.Flush()
}

// rangeOf returns the least value, the median and the greatest value.
func rangeOf(values []float64) (low, median, high float64) {
	sorted := slices.Sorted(slices.Values(values))
	n := len(sorted)
	return sorted[0], (sorted[(n-1)/2] + sorted[n/2]) / 2, sorted[n-1]
}
