package main

import (
	"runtime"
	"runtime/metrics"
	"slices"
	"time"
)

// figures are what is measured of a row.
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

	// What the process was set to, as it came out.
	Batch     float64 `json:"events_per_batch"` // of the input
	GCPercent float64 `json:"gc_percent"`
}

// each gives the addresses of all figures, in one order.
func (f *figures) each() []*float64 {
	return []*float64{
		&f.EventsPerSecond, &f.CPUMicros, &f.Allocations, &f.Requests, &f.ServerCPUMicros,
		&f.Connections, &f.PeakMiB, &f.P50Millis, &f.P99Millis, &f.Batch, &f.GCPercent,
	}
}

// medianOf gives the median of each figure over rounds.
func medianOf(rounds []figures) figures {
	var result figures
	for i, into := range result.each() {
		values := make([]float64, len(rounds))
		for j := range rounds {
			values[j] = *rounds[j].each()[i]
		}
		*into = median(values)
	}
	return result
}

func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	middle := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[middle]
	}
	return (sorted[middle-1] + sorted[middle]) / 2
}

// watch measures this process from a moment on.
type watch struct {
	began   time.Time
	cpu     time.Duration
	mallocs uint64
}

func startWatch() (*watch, error) {
	if _, err := residentMemory(); err != nil {
		return nil, err
	}
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory)
	cpu, err := cpuTime()
	return &watch{began: time.Now(), cpu: cpu, mallocs: memory.Mallocs}, err
}

// stop gives what this process needed for the events of t, all of them settled.
func (w *watch) stop(t *tally) (figures, error) {
	took := time.Since(w.began)
	cpu, err := cpuTime()
	if err != nil {
		return figures{}, err
	}
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory)
	peak, err := peakMemory()
	events := float64(t.events)
	return figures{
		EventsPerSecond: events / took.Seconds(),
		CPUMicros:       micros(cpu-w.cpu) / events,
		Allocations:     float64(memory.Mallocs-w.mallocs) / events,
		PeakMiB:         peak,
		P50Millis:       micros(t.latencies.quantile(0.50)) / 1000,
		P99Millis:       micros(t.latencies.quantile(0.99)) / 1000,
		Batch:           events / float64(t.batches.Load()),
		GCPercent:       gcPercent(),
	}, err
}

// gcPercent is this process's target of the garbage collector, -1 if it is off.
func gcPercent() float64 {
	sample := []metrics.Sample{{Name: "/gc/gogc:percent"}}
	metrics.Read(sample)
	return float64(int64(sample[0].Value.Uint64()))
}

// addServer adds what the server has counted.
func (f *figures) addServer(events int, s stats) {
	f.Requests = float64(s.Requests) / float64(events)
	f.ServerCPUMicros = float64(s.CPUMicros) / float64(events)
	f.Connections = float64(s.Connections)
}

func micros(d time.Duration) float64 { return float64(d.Nanoseconds()) / 1000 }
