package main

import (
	"context"
	"fmt"
	"io"
)

// result is a row's figures, the medians of its rounds.
type result struct {
	Name  string `json:"name"`
	Title string `json:"title"`
	figures
	Rounds []figures `json:"rounds"`
}

// measureRows runs the rows round by round, so that what disturbs the machine for a
// while disturbs all of them.
func measureRows(ctx context.Context, o options, server string, stderr io.Writer) ([]result, error) {
	results := make([]result, len(o.rows))
	for round := range o.repeat {
		for i, r := range o.rows {
			fmt.Fprintf(stderr, "round %d/%d, row %d/%d, %s:", round+1, o.repeat, i+1, len(o.rows), r.title)
			f, err := measure(ctx, o, r, server, func(p progress) { fmt.Fprintf(stderr, " %d", 100*p.Events/o.events) })
			if err != nil {
				fmt.Fprintln(stderr)
				return nil, err
			}
			fmt.Fprintf(stderr, " %%, %.0f events/s, %.1f µs of CPU per event\n", f.EventsPerSecond, f.CPUMicros)
			results[i].Rounds = append(results[i].Rounds, f)
		}
	}
	for i, r := range o.rows {
		results[i].Name, results[i].Title = r.name, r.title
		results[i].figures = medianOf(results[i].Rounds)
	}
	return results, nil
}
