package receipt_test

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"strings"
	"sync"
	"testing"

	_ "github.com/redpanda-data/benthos/v4/public/components/pure"
	"github.com/redpanda-data/benthos/v4/public/service"
	"github.com/stretchr/testify/require"

	"github.com/benthos-liveperson/benthos-liveperson/internal/receipt"
)

// audit is an output for receipts. It calls write with each batch.
type audit struct {
	write func(context.Context, service.MessageBatch) error

	mu   sync.Mutex
	took []string
}

func (a *audit) Connect(context.Context) error { return nil }
func (a *audit) Close(context.Context) error   { return nil }

func (a *audit) WriteBatch(ctx context.Context, batch service.MessageBatch) error {
	if a.write != nil {
		if err := a.write(ctx, batch); err != nil {
			return err
		}
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, msg := range batch {
		text, err := msg.AsBytes()
		if err != nil {
			return err
		}
		a.took = append(a.took, string(text))
	}
	return nil
}

func (a *audit) receipts(t *testing.T) (list []receipt.Receipt) {
	t.Helper()
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, text := range a.took {
		var r receipt.Receipt
		require.NoError(t, json.Unmarshal([]byte(text), &r))
		list = append(list, r)
	}
	return list
}

// bench has the resources, the metrics and the log of a component.
type bench struct {
	mgr    *service.Resources
	counts *ledger
	log    *lockedBuffer
	stop   func(context.Context) error // stops the resources; call it once
}

// place returns resources with the output as the resource audit.
func place(t testing.TB, out *audit) bench {
	t.Helper()
	b := bench{counts: &ledger{counts: map[string]int64{}}, log: &lockedBuffer{}}
	env := service.NewEnvironment()
	require.NoError(t, env.RegisterMetricsExporter("ledger", service.NewConfigSpec(),
		func(*service.ParsedConfig, *service.Logger) (service.MetricsExporter, error) { return b.counts, nil }))
	require.NoError(t, env.RegisterBatchOutput("audit", service.NewConfigSpec(),
		func(*service.ParsedConfig, *service.Resources) (service.BatchOutput, service.BatchPolicy, int, error) {
			return out, service.BatchPolicy{}, 64, nil
		}))
	builder := env.NewResourceBuilder()
	builder.SetLogger(slog.New(slog.NewTextHandler(b.log, nil)))
	require.NoError(t, builder.SetMetricsYAML("ledger: {}"))
	require.NoError(t, builder.AddOutputYAML("label: audit\naudit: {}"))
	mgr, stop, err := builder.Build()
	require.NoError(t, err)
	var once sync.Once
	b.mgr, b.stop = mgr, func(ctx context.Context) (err error) {
		once.Do(func() { err = stop(ctx) })
		return err
	}
	t.Cleanup(func() { require.NoError(t, b.stop(context.Background())) })
	return b
}

// parsed reads the fields.
func parsed(t testing.TB, yaml string) receipt.Config {
	t.Helper()
	c, err := parse(yaml)
	require.NoError(t, err)
	return c
}

func parse(yaml string) (c receipt.Config, err error) {
	conf, err := service.NewConfigSpec().Fields(receipt.SendingFields()...).ParseYAML(yaml, nil)
	if err == nil {
		c, err = receipt.FromParsed(conf)
	}
	return c, err
}

func writer(t testing.TB, yaml string, b bench) *receipt.Writer {
	t.Helper()
	w, err := receipt.NewWriter(parsed(t, yaml), "liveperson_report", b.mgr)
	require.NoError(t, err)
	return w
}

// ledger is a metrics exporter that stores the counts by name and labels.
type ledger struct {
	mu     sync.Mutex
	counts map[string]int64
}

func (l *ledger) of(name string) int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.counts[name]
}

func (l *ledger) NewCounterCtor(name string, _ ...string) service.MetricsExporterCounterCtor {
	return func(labels ...string) service.MetricsExporterCounter {
		return entry{l, strings.TrimSpace(name + " " + strings.Join(labels, " "))}
	}
}

func (l *ledger) NewTimerCtor(name string, _ ...string) service.MetricsExporterTimerCtor {
	return func(...string) service.MetricsExporterTimer { return entry{l, name} }
}

func (l *ledger) NewGaugeCtor(name string, _ ...string) service.MetricsExporterGaugeCtor {
	return func(...string) service.MetricsExporterGauge { return entry{l, name} }
}

func (l *ledger) Close(context.Context) error { return nil }

type entry struct {
	ledger *ledger
	name   string
}

func (e entry) Incr(n int64) {
	e.ledger.mu.Lock()
	defer e.ledger.mu.Unlock()
	e.ledger.counts[e.name] += n
}

func (e entry) IncrFloat64(n float64) { e.Incr(int64(n)) }
func (e entry) Timing(int64)          {}
func (e entry) Set(int64)             {}
func (e entry) SetFloat64(float64)    {}

type lockedBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}
