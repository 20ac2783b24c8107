package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"runtime"
	"strconv"
	"text/tabwriter"
)

// column is a column of the table.
type column struct {
	header string
	about  string
	format string
	of     func(figures) float64
}

var columns = []column{
	{"events/s", "events acknowledged in a second (bare: reports answered)", "%.0f", func(f figures) float64 { return f.EventsPerSecond }},
	{"CPU µs", "CPU time of the row's process per event, user and system", "%.1f", func(f figures) float64 { return f.CPUMicros }},
	{"allocs", "allocations per event", "%.1f", func(f figures) float64 { return f.Allocations }},
	{"requests", "requests that reached the server, per event", "%.3f", func(f figures) float64 { return f.Requests }},
	{"new conns", "connections opened after the warm-up, on which a report came", "%.0f", func(f figures) float64 { return f.Connections }},
	{"peak MiB", "most resident memory of the row's process", "%.1f", func(f figures) float64 { return f.PeakMiB }},
	{"p50 ms", "median time from an event's leaving the input to its acknowledgement (bare: of a request)", "%.2f", func(f figures) float64 { return f.P50Millis }},
	{"p99 ms", "the same, exceeded by one event in a hundred", "%.2f", func(f figures) float64 { return f.P99Millis }},
}

// printTables prints a row a line, and the ratios below.
func printTables(w io.Writer, o options, results []result, ratios []ratio) error {
	s := settingsOf(o)
	fmt.Fprintf(w, "%d events, %d in flight, input batches of %d, %d consumers, server latency %s; %s, %d cores, GOGC %s\n",
		s.Events, s.InFlight, s.Batch, s.Consumers, s.Latency, s.Go, s.Cores, s.GOGC)
	for _, r := range results {
		if r.Name == rowStock {
			fmt.Fprintf(w, "but %s: input batches of %.0f, GOGC %s\n", r.Title, r.Batch, s.StockGOGC)
		}
	}
	if o.repeat > 1 {
		fmt.Fprintf(w, "medians of %d rounds; the ratios' ranges are over rounds\n", o.repeat)
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t)
	for _, c := range columns {
		fmt.Fprintf(t, "%s\t", c.header)
	}
	fmt.Fprintln(t, "")
	for _, r := range results {
		for _, c := range columns {
			fmt.Fprintf(t, c.format+"\t", c.of(r.figures))
		}
		fmt.Fprintln(t, "  "+r.Title)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	return printRatios(w, o, ratios)
}

func printRatios(w io.Writer, o options, ratios []ratio) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t)
	for _, r := range ratios {
		met := "missed"
		if r.Met {
			met = "met"
		}
		fmt.Fprintf(t, "%s\t%.3f\t%s\t%s", r.Title, r.Value, r.Target, met)
		if o.repeat > 1 {
			fmt.Fprintf(t, "\t%.3f to %.3f", r.Low, r.High)
		}
		fmt.Fprintln(t)
	}
	return t.Flush()
}

// report is what --json prints.
type report struct {
	Settings settings `json:"settings"`
	Rows     []result `json:"rows,omitempty"`
	Ratios   []ratio  `json:"ratios,omitempty"`
	Soak     []sample `json:"soak,omitempty"`
}

// settings are what the figures depend on.
type settings struct {
	Events    int    `json:"events"`
	WarmUp    int    `json:"warm_up"`
	InFlight  int    `json:"in_flight"`
	Batch     int    `json:"batch"`
	Consumers int    `json:"consumers"`
	Latency   string `json:"latency"`
	Repeat    int    `json:"repeat"`
	Go        string `json:"go"`
	Cores     int    `json:"cores"`
	GOGC      string `json:"gogc"`
	StockGOGC string `json:"stock_gogc"`
}

func settingsOf(o options) settings {
	return settings{
		Events: o.events, WarmUp: o.warmUp, InFlight: o.inFlight, Batch: o.batch, Consumers: o.consumers,
		Latency: o.latency.String(), Repeat: o.repeat, Go: runtime.Version(), Cores: runtime.NumCPU(),
		GOGC: gogc(goGCPercent), StockGOGC: gogc(goGCPercent),
	}
}

// goGCPercent is Go's own target of the garbage collector.
const goGCPercent = 100

// gogc tells the target of processes that have this one if the environment has no say.
func gogc(own int) string {
	if outside := os.Getenv("GOGC"); outside != "" {
		return outside
	}
	if os.Getenv("GOMEMLIMIT") != "" {
		own = goGCPercent
	}
	return strconv.Itoa(own)
}

func writeJSON(w io.Writer, value any) error {
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	return encoder.Encode(value)
}
