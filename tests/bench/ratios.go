package main

// ratio is one of the figures that are asked for, from those of several rows.
type ratio struct {
	Name   string  `json:"name"`
	Title  string  `json:"title"`
	Target string  `json:"target"`
	Met    bool    `json:"met"`
	Value  float64 `json:"value"` // of the medians
	Low    float64 `json:"low"`   // the least of a round
	High   float64 `json:"high"`  // the most of a round
}

// byRow are the figures of rows by their names.
type byRow map[string]figures

// ratioOf says how a ratio is made.
type ratioOf struct {
	name, title string
	rows        []string // those that it takes
	of          func(byRow) float64
	atLeast     bool // what the limit is
	limit       float64
	target      string
}

// The peers that ratios are against, in the titles.
const (
	againstStock = " / http_client, stock Benthos"
	againstSame  = " / http_client, same process settings"
)

var allRatios = []ratioOf{
	{
		name: "throughput_stock", title: "events/s, liveperson_report" + againstStock,
		rows: []string{rowReport, rowStock}, atLeast: true, limit: 3, target: "≥ 3",
		of: throughput(rowReport, rowStock),
	}, {
		name: "throughput", title: "events/s, liveperson_report" + againstSame,
		rows: []string{rowReport, rowHTTPClient}, atLeast: true, limit: 3, target: "≥ 3",
		of: throughput(rowReport, rowHTTPClient),
	}, {
		name: "cpu_stock", title: "CPU per event, liveperson_report" + againstStock,
		rows: []string{rowReport, rowStock}, limit: 0.4, target: "≤ 0.4",
		of: cpu(rowReport, rowStock),
	}, {
		name: "cpu", title: "CPU per event, liveperson_report" + againstSame,
		rows: []string{rowReport, rowHTTPClient}, limit: 0.4, target: "≤ 0.4",
		of: cpu(rowReport, rowHTTPClient),
	}, {
		name: "output_cost", title: "CPU of the output alone, (liveperson_report − mapping) / bare http.Client",
		rows: []string{rowReport, rowMapping, rowBare}, limit: 1.3, target: "≤ 1.3",
		of: func(f byRow) float64 {
			return (f[rowReport].CPUMicros - f[rowMapping].CPUMicros) / f[rowBare].CPUMicros
		},
	}, {
		name: "coalesce_throughput_stock", title: "events/s, coalesce 20 in a row" + againstStock,
		rows: []string{rowCoalesce20, rowStock}, atLeast: true, limit: 6, target: "≥ 6",
		of: throughput(rowCoalesce20, rowStock),
	}, {
		name: "coalesce_throughput", title: "events/s, coalesce 20 in a row" + againstSame,
		rows: []string{rowCoalesce20, rowHTTPClient}, atLeast: true, limit: 6, target: "≥ 6",
		of: throughput(rowCoalesce20, rowHTTPClient),
	}, {
		name: "coalesce_requests", title: "requests per event, coalesce 20 in a row",
		rows: []string{rowCoalesce20}, limit: 0.1, target: "≤ 0.1",
		of: func(f byRow) float64 { return f[rowCoalesce20].Requests },
	}, {
		name: "ordering_throughput", title: "events/s lost to the order, 1 − liveperson_report / ordering none",
		rows: []string{rowReport, rowUnordered}, limit: 0.1, target: "≤ 0.1",
		of: func(f byRow) float64 { return 1 - throughput(rowReport, rowUnordered)(f) },
	}, {
		name: "ordering_cpu", title: "CPU per event for the order, liveperson_report / ordering none − 1",
		rows: []string{rowReport, rowUnordered}, limit: 0.1, target: "≤ 0.1",
		of: func(f byRow) float64 { return cpu(rowReport, rowUnordered)(f) - 1 },
	},
}

// throughput and cpu give ways to make a ratio of two rows.
func throughput(row, peer string) func(byRow) float64 {
	return func(f byRow) float64 { return f[row].EventsPerSecond / f[peer].EventsPerSecond }
}

func cpu(row, peer string) func(byRow) float64 {
	return func(f byRow) float64 { return f[row].CPUMicros / f[peer].CPUMicros }
}

// ratiosOf gives those ratios whose rows were measured.
func ratiosOf(results []result) []ratio {
	medians := byRow{}
	var rounds []byRow
	for _, r := range results {
		medians[r.Name] = r.figures
		for i, f := range r.Rounds {
			if i == len(rounds) {
				rounds = append(rounds, byRow{})
			}
			rounds[i][r.Name] = f
		}
	}
	var ratios []ratio
	for _, from := range allRatios {
		if medians.have(from.rows) {
			ratios = append(ratios, from.compute(medians, rounds))
		}
	}
	return ratios
}

func (f byRow) have(rows []string) bool {
	for _, name := range rows {
		if _, measured := f[name]; !measured {
			return false
		}
	}
	return true
}

func (from ratioOf) compute(medians byRow, rounds []byRow) ratio {
	value := from.of(medians)
	r := ratio{
		Name: from.name, Title: from.title, Target: from.target, Value: value,
		Met: value == from.limit || (value > from.limit) == from.atLeast,
		Low: value, High: value,
	}
	for _, round := range rounds {
		r.Low = min(r.Low, from.of(round))
		r.High = max(r.High, from.of(round))
	}
	return r
}
