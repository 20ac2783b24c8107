package main

import (
	"context"
	"fmt"
	"io"
)

// sample is a moment of the soak.
type sample struct {
	progress
	Percent int `json:"percent"`
}

// soak runs the row report for long and prints how its memory develops.
func soak(ctx context.Context, o options, server string, stdout, stderr io.Writer) error {
	o.events = o.soak
	r, err := rowNamed(rowReport)
	if err != nil {
		return err
	}
	lines := stdout // with --json, stdout is for the object alone
	if o.json {
		lines = stderr
	}
	fmt.Fprintf(lines, "%s, %d events of %d consumers\n", r.title, o.events, o.consumers)
	var samples []sample
	f, err := measure(ctx, o, r, server, func(p progress) {
		s := sample{progress: p, Percent: 100 * p.Events / o.events}
		samples = append(samples, s)
		fmt.Fprintf(lines, "%3d %%  %6.1f MiB resident  %7.0f events/s so far\n", s.Percent, s.ResidentMiB, float64(s.Events)/s.Seconds)
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(lines, "peak   %6.1f MiB\n", f.PeakMiB)
	if o.json {
		return writeJSON(stdout, report{Settings: settingsOf(o), Soak: samples})
	}
	return nil
}
