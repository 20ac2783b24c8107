package main

import (
	"fmt"
)

// The names of the rows.
const (
	rowMapping    = "mapping"
	rowHTTPClient = "http_client"
	rowReport     = "report"
	rowUnordered  = "report_unordered"
	rowCoalesce1  = "coalesce_1"
	rowCoalesce5  = "coalesce_5"
	rowCoalesce20 = "coalesce_20"
	rowBare       = "bare"
)

// coalesceCount is how many events a row that coalesces may put into one request.
const coalesceCount = 20

// row is a way to bring events to the server. All rows except bare map their events with
// liveperson_retail.
type row struct {
	name, about string
	inARow      int                  // events of one consumer that follow each other
	perRequest  int                  // most events in a request; 0: the row sends none
	output      func(options) string // YAML; nil: no Benthos
}

var allRows = []row{
	{rowMapping, "the mapping, then drop", 1, 0, func(options) string { return "drop: {}" }},
	{rowHTTPClient, "Benthos' http_client", 1, 1, httpClientYAML},
	{rowReport, "liveperson_report", 1, 1, reportYAML("")},
	{rowUnordered, "liveperson_report, ordering: none", 1, 1, reportYAML("ordering: none")},
	{rowCoalesce1, "liveperson_report, coalesce, 1 in a row", 1, coalesceCount, coalesceYAML},
	{rowCoalesce5, "liveperson_report, coalesce, 5 in a row", 5, coalesceCount, coalesceYAML},
	{rowCoalesce20, "liveperson_report, coalesce, 20 in a row", 20, coalesceCount, coalesceYAML},
	{rowBare, "http.Client without Benthos", 1, 1, nil},
}

var coalesceYAML = reportYAML(fmt.Sprintf("coalesce: true, coalesce_count: %d", coalesceCount))

func httpClientYAML(o options) string {
	return fmt.Sprintf(`http_client: {url: %q, verb: POST, headers: {Content-Type: application/json, X-HTTP-Method-Override: PUT}, max_in_flight: %d}`,
		o.server+reportTarget, o.inFlight)
}

// reportYAML returns the YAML of liveperson_report with the required fields and these.
func reportYAML(fields string) func(options) string {
	return func(o options) string {
		return fmt.Sprintf(`liveperson_report: {account_id: %q, app_installation_id: %q, monitoring_domain: %q, concurrency: %d, %s}`,
			accountID, appInstallationID, o.server, o.inFlight, fields)
	}
}

// checkRequests returns an error if the row made too few or too many requests for its events.
func (r row) checkRequests(events int, requests int64) error {
	least, most := 0, 0
	if r.perRequest > 0 {
		least, most = (events+r.perRequest-1)/r.perRequest, events
	}
	if requests < int64(least) || requests > int64(most) {
		return fmt.Errorf("%d events took %d requests, expected %d to %d", events, requests, least, most)
	}
	return nil
}

// byRow holds the figures of rows of one round and one batch size.
type byRow map[string]figures

// ratioOf describes a ratio and its target.
type ratioOf struct {
	title   string
	rows    []string
	of      func(byRow, options) float64
	atLeast bool // the target is a lower limit
	target  float64
	waiting bool // the ratio makes sense only if the server has latency
}

var allRatios = []ratioOf{
	{title: "events/s, report / http_client", rows: []string{rowReport, rowHTTPClient}, of: throughput(rowReport, rowHTTPClient), atLeast: true, target: 1.6},
	{title: "CPU, report / http_client", rows: []string{rowReport, rowHTTPClient}, of: cpu(rowReport, rowHTTPClient), target: 0.65},
	{
		title: "CPU, report / (mapping + bare)", rows: []string{rowReport, rowMapping, rowBare}, target: 1.25,
		of: func(f byRow, _ options) float64 {
			return f[rowReport].CPUMicros / (f[rowMapping].CPUMicros + f[rowBare].CPUMicros)
		},
	},
	{title: "events/s, coalesce_20 / http_client", rows: []string{rowCoalesce20, rowHTTPClient}, of: throughput(rowCoalesce20, rowHTTPClient), atLeast: true, target: 4},
	{
		title: "requests per event, coalesce_20", rows: []string{rowCoalesce20}, target: 0.1,
		of: func(f byRow, _ options) float64 { return f[rowCoalesce20].Requests },
	},
	{title: "events/s, report / report_unordered", rows: []string{rowReport, rowUnordered}, of: throughput(rowReport, rowUnordered), atLeast: true, target: 0.9},
	{title: "CPU, report / report_unordered", rows: []string{rowReport, rowUnordered}, of: cpu(rowReport, rowUnordered), target: 1.1},
	{
		title: "peak MiB, report", rows: []string{rowReport}, target: 150,
		of: func(f byRow, _ options) float64 { return f[rowReport].PeakMiB },
	},
	{title: "events/s, report / (in flight / latency)", rows: []string{rowReport}, of: ofAllowed(rowReport), atLeast: true, target: 0.95, waiting: true},
	{title: "events/s, coalesce_20 / (in flight / latency)", rows: []string{rowCoalesce20}, of: ofAllowed(rowCoalesce20), atLeast: true, target: 9, waiting: true},
}

func throughput(row, peer string) func(byRow, options) float64 {
	return func(f byRow, _ options) float64 { return f[row].EventsPerSecond / f[peer].EventsPerSecond }
}

func cpu(row, peer string) func(byRow, options) float64 {
	return func(f byRow, _ options) float64 { return f[row].CPUMicros / f[peer].CPUMicros }
}

// ofAllowed compares a row with the requests per second that the latency allows.
func ofAllowed(row string) func(byRow, options) float64 {
	return func(f byRow, o options) float64 {
		return f[row].EventsPerSecond * o.latency.Seconds() / float64(o.inFlight)
	}
}

// ratio is the result for one batch size: the median of the rounds, and their range.
type ratio struct {
	Title  string  `json:"title"`
	Batch  int     `json:"batch"`
	Median float64 `json:"median"`
	Low    float64 `json:"low"`
	High   float64 `json:"high"`
	Target string  `json:"target"`
	Met    bool    `json:"met"`
}

// ratiosOf returns the ratios whose rows were measured.
func ratiosOf(o options, results []result) (ratios []ratio) {
	for _, batch := range o.batches {
		rounds := make([]byRow, o.repeat)
		for i := range rounds {
			rounds[i] = byRow{}
			for _, r := range results {
				if r.Batch == batch {
					rounds[i][r.Row] = r.Rounds[i]
				}
			}
		}
		for _, wanted := range allRatios {
			if wanted.waiting && o.latency == 0 || !rounds[0].have(wanted.rows) {
				continue
			}
			ratios = append(ratios, wanted.compute(o, batch, rounds))
		}
	}
	return ratios
}

func (wanted ratioOf) compute(o options, batch int, rounds []byRow) ratio {
	r := ratio{Title: wanted.title, Batch: batch, Target: fmt.Sprint("≤ ", wanted.target)}
	if wanted.atLeast {
		r.Target = fmt.Sprint("≥ ", wanted.target)
	}
	values := make([]float64, len(rounds))
	for i, f := range rounds {
		values[i] = wanted.of(f, o)
	}
	r.Low, r.Median, r.High = rangeOf(values)
	r.Met = r.Median == wanted.target || (r.Median > wanted.target) == wanted.atLeast
	return r
}

func (f byRow) have(rows []string) bool {
	for _, name := range rows {
		if _, measured := f[name]; !measured {
			return false
		}
	}
	return true
}
