package main

import (
	"fmt"
	"strings"
)

// The names of the rows.
const (
	rowMapping    = "mapping"
	rowStock      = "stock"
	rowHTTPClient = "http_client"
	rowReport     = "report"
	rowUnordered  = "report_unordered"
	rowCoalesce1  = "coalesce_1"
	rowCoalesce5  = "coalesce_5"
	rowCoalesce20 = "coalesce_20"
	rowBare       = "bare"
)

// coalesceCount is the most events that a row which coalesces may put together.
const coalesceCount = 20

// row is a way to bring events to the server.
type row struct {
	name  string
	title string
	about string
	// stock makes the row's process one of stock Benthos: with Go's own target of the
	// garbage collector, and an input that makes no batches.
	stock bool
	// inARow is how many events of a consumer come one after another.
	inARow int
	// minRequests and maxRequests bound the requests that so many events may take.
	minRequests, maxRequests func(events int) int
	// start begins to work on the events that load.send is told of.
	start func(o options, r row) (load, error)
}

var allRows = []row{
	{
		name: rowMapping, title: "mapping",
		about:  "the mapping, and then nothing (drop)",
		inARow: 1, minRequests: none, maxRequests: none,
		start: pipeline(func(options) string { return "drop: {}" }),
	}, {
		name: rowStock, title: "http_client, stock Benthos",
		about: "what there is without this project: one request per event, no sessions, input batches of 1, GOGC 100",
		stock: true, inARow: 1, minRequests: each, maxRequests: each,
		start: pipeline(httpClientYAML),
	}, {
		name: rowHTTPClient, title: "http_client, same process settings",
		about:  "the same with batches and GOGC as liveperson_report has them",
		inARow: 1, minRequests: each, maxRequests: each,
		start: pipeline(httpClientYAML),
	}, {
		name: rowReport, title: "liveperson_report",
		about:  "this project's output as it comes: a consumer's events in order, sessions kept",
		inARow: 1, minRequests: each, maxRequests: each,
		start: pipeline(reportYAML("")),
	}, {
		name: rowUnordered, title: "liveperson_report, ordering none",
		about:  "the same without the order",
		inARow: 1, minRequests: each, maxRequests: each,
		start: pipeline(reportYAML("ordering: none")),
	},
	coalescing(rowCoalesce1, 1),
	coalescing(rowCoalesce5, 5),
	coalescing(rowCoalesce20, 20),
	{
		name: rowBare, title: "bare http.Client",
		about:  "no Benthos: goroutines that send reports made before; the ceiling",
		inARow: 1, minRequests: each, maxRequests: each,
		start: startBare,
	},
}

func coalescing(name string, inARow int) row {
	return row{
		name:        name,
		title:       fmt.Sprintf("liveperson_report, coalesce, %d in a row", inARow),
		about:       fmt.Sprintf("with coalesce: true, on consumers with %d events one after another", inARow),
		inARow:      inARow,
		minRequests: func(events int) int { return (events + coalesceCount - 1) / coalesceCount },
		maxRequests: each,
		start:       pipeline(reportYAML(fmt.Sprintf("coalesce: true, coalesce_count: %d", coalesceCount))),
	}
}

// batch is how many events the row's input puts together.
func (r row) batch(o options) int {
	if r.stock {
		return 1
	}
	return o.batch
}

func none(int) int        { return 0 }
func each(events int) int { return events }

// checkRequests tells what is wrong with the number of requests that the events of
// the row took.
func (r row) checkRequests(events int, requests int64) error {
	least, most := r.minRequests(events), r.maxRequests(events)
	if requests >= int64(least) && requests <= int64(most) {
		return nil
	}
	if least == most {
		return fmt.Errorf("%d events took %d requests instead of %d", events, requests, most)
	}
	return fmt.Errorf("%d events took %d requests instead of %d to %d", events, requests, least, most)
}

func rowNamed(name string) (row, error) {
	names := make([]string, len(allRows))
	for i, r := range allRows {
		if r.name == name {
			return r, nil
		}
		names[i] = r.name
	}
	return row{}, fmt.Errorf("there is no row %q, only %s", name, strings.Join(names, ", "))
}

func httpClientYAML(o options) string {
	return fmt.Sprintf(`http_client: {url: %q, verb: POST, headers: {Content-Type: application/json, X-HTTP-Method-Override: PUT}, max_in_flight: %d}`,
		o.server+reportTarget, o.inFlight)
}

// reportYAML gives liveperson_report with these fields beside those that it needs.
func reportYAML(fields string) func(options) string {
	return func(o options) string {
		return fmt.Sprintf(`liveperson_report: {account_id: %q, app_installation_id: %q, monitoring_domain: %q, concurrency: %d, %s}`,
			accountID, appInstallationID, o.server, o.inFlight, fields)
	}
}
