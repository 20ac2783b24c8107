package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"runtime"
	"runtime/pprof"
	"slices"
	"sync"
	"time"
)

// stopTime is how long a pipeline may take to stop.
const stopTime = 10 * time.Second

// figures are the measurements of a row.
type figures struct {
	EventsPerSecond float64 `json:"events_per_second"`
	CPUMicros       float64 `json:"cpu_us_per_event"`
	Allocations     float64 `json:"allocations_per_event"`
	Requests        float64 `json:"requests_per_event"`
	ServerCPUMicros float64 `json:"server_cpu_us_per_event"`
	Connections     float64 `json:"new_connections"`
	PeakMiB         float64 `json:"peak_memory_mib"`
	P50Millis       float64 `json:"latency_p50_ms"`
	P99Millis       float64 `json:"latency_p99_ms"`
}

// load brings events to the server.
type load interface {
	// send brings the next events. It returns when t has settled all of them, or with an error.
	send(ctx context.Context, t *tally) error
	// close ends the load. Nothing is settled afterwards.
	close(ctx context.Context) error
}

// tally counts what becomes of a number of events. It is safe for concurrent use.
type tally struct {
	events  int
	onTenth func(settled int)
	done    chan struct{} // closed when all events are settled

	mu              sync.Mutex
	settled, failed int
	failure         error           // the error of the first refused batch
	latencies       []time.Duration // one for each batch; all batches but the last have the same size
}

func newTally(events int, onTenth func(settled int)) *tally {
	return &tally{events: events, onTenth: onTenth, done: make(chan struct{})}
}

// settle counts a batch of n events. err is nil if the batch was acknowledged; otherwise it was
// refused.
func (t *tally) settle(n int, took time.Duration, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.latencies = append(t.latencies, took)
	if err != nil {
		t.failed += n
		t.failure = cmp.Or(t.failure, err)
	}
	before := t.settled
	t.settled += n
	if t.settled*10/t.events > before*10/t.events {
		t.onTenth(t.settled)
	}
	if before < t.events && t.settled >= t.events {
		close(t.done)
	}
}

// check returns an error unless each event was acknowledged exactly once. Close the load before.
func (t *tally) check() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.failed > 0 {
		return fmt.Errorf("%d of %d events were refused, one with: %w", t.failed, t.events, t.failure)
	}
	if t.settled != t.events {
		return fmt.Errorf("%d events were acknowledged, of %d sent", t.settled, t.events)
	}
	return nil
}

// millis returns a quantile of the latencies in milliseconds.
func (t *tally) millis(quantile float64) float64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	sorted := slices.Sorted(slices.Values(t.latencies))
	return micros(sorted[int(quantile*float64(len(sorted)-1))]) / 1000
}

// runRow measures a row in this process, checks that no event was lost, and prints the figures as JSON.
func runRow(ctx context.Context, o options, stdout, stderr io.Writer) error {
	r, batch := o.rows[0], o.batches[0]
	if o.memProfile != "" {
		runtime.MemProfileRate = 16 << 10
	}
	l, err := startLoad(o, r, batch)
	if err != nil {
		return err
	}
	warmUp := newTally(o.warmUp, func(int) {})
	if err := l.send(ctx, warmUp); err != nil {
		return fmt.Errorf("warming up: %w", err)
	}
	t := newTally(o.events, func(settled int) {
		if memory, err := residentMemory(); err == nil && o.progress {
			fmt.Fprintf(stderr, "%3d %%  %6.1f MiB resident\n", 100*settled/o.events, memory)
		}
	})
	f, requests, err := measureLoad(ctx, o, l, t)
	if err != nil {
		return err
	}
	closing, cancel := context.WithTimeout(ctx, stopTime)
	defer cancel()
	if err := l.close(closing); err != nil {
		return fmt.Errorf("stopping: %w", err)
	}
	if err := errors.Join(warmUp.check(), t.check(), r.checkRequests(o.events, requests)); err != nil {
		return err
	}
	return json.NewEncoder(stdout).Encode(f)
}

// measureLoad collects garbage, and then sends the events that count.
func measureLoad(ctx context.Context, o options, l load, t *tally) (f figures, requests int64, err error) {
	runtime.GC()
	if _, err := askServer(o.server + resetPath); err != nil {
		return f, 0, err
	}
	stopProfiles, err := startProfiles(o)
	if err != nil {
		return f, 0, err
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	cpuBefore, err := cpuTime()
	if err != nil {
		return f, 0, err
	}
	began := time.Now()
	if err := l.send(ctx, t); err != nil {
		return f, 0, err
	}
	took := time.Since(began)
	cpuAfter, err := cpuTime()
	runtime.ReadMemStats(&after)
	peak, memoryErr := peakMemory()
	counted, serverErr := askServer(o.server + statsPath)
	events := float64(o.events)
	return figures{
		EventsPerSecond: events / took.Seconds(),
		CPUMicros:       micros(cpuAfter-cpuBefore) / events,
		Allocations:     float64(after.Mallocs-before.Mallocs) / events,
		Requests:        float64(counted.Requests) / events,
		ServerCPUMicros: float64(counted.CPUMicros) / events,
		Connections:     float64(counted.Connections),
		PeakMiB:         peak,
		P50Millis:       t.millis(0.50),
		P99Millis:       t.millis(0.99),
	}, counted.Requests, errors.Join(err, memoryErr, serverErr, stopProfiles())
}

// startProfiles starts the profiles that the options name. The returned function writes them.
func startProfiles(o options) (stop func() error, err error) {
	var cpu *os.File
	if o.cpuProfile != "" {
		if cpu, err = os.Create(o.cpuProfile); err != nil {
			return nil, fmt.Errorf("--cpuprofile: %w", err)
		}
		if err := pprof.StartCPUProfile(cpu); err != nil {
			return nil, err
		}
	}
	return func() error {
		if cpu != nil {
			pprof.StopCPUProfile()
			if err := cpu.Close(); err != nil {
				return err
			}
		}
		if o.memProfile == "" {
			return nil
		}
		memory, err := os.Create(o.memProfile)
		if err != nil {
			return fmt.Errorf("--memprofile: %w", err)
		}
		return errors.Join(pprof.Lookup("allocs").WriteTo(memory, 0), memory.Close())
	}, nil
}

// askServer resets the server's counters or reads them.
func askServer(url string) (s stats, err error) {
	res, err := http.Get(url)
	if err != nil {
		return s, fmt.Errorf("asking the server: %w", err)
	}
	defer res.Body.Close()
	return s, json.NewDecoder(res.Body).Decode(&s)
}

func micros(d time.Duration) float64 { return float64(d.Nanoseconds()) / 1000 }
