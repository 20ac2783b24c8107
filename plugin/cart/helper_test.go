package cart

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	_ "github.com/redpanda-data/benthos/v4/public/components/pure"
	"github.com/redpanda-data/benthos/v4/public/service"
	"github.com/stretchr/testify/require"
)

// newTestProcessor makes a processor of settings in YAML.
func newTestProcessor(t testing.TB, mgr *service.Resources, yaml string) *processor {
	t.Helper()
	parsed, err := spec().ParseYAML(yaml, nil)
	require.NoError(t, err)
	c, err := configFromParsed(parsed)
	require.NoError(t, err)
	p, err := newProcessor(c, mgr)
	require.NoError(t, err)
	return p
}

// send puts an event through and gives what it leaves as.
func send(t testing.TB, p *processor, event string) map[string]any {
	t.Helper()
	batch, err := p.Process(t.Context(), service.NewMessage([]byte(event)))
	require.NoError(t, err)
	require.Len(t, batch, 1)
	content, err := batch[0].AsBytes()
	require.NoError(t, err)
	var out map[string]any
	require.NoError(t, json.Unmarshal(content, &out))
	return out
}

// lines gives those of an event that leaves with a whole cart as "id×quantity", nil
// for another event.
func lines(t testing.TB, event map[string]any) []string {
	t.Helper()
	if event["event"] != fullCart {
		return nil
	}
	list := []string{}
	for _, item := range event["properties"].(map[string]any)["products"].([]any) {
		product := item.(map[string]any)
		list = append(list, fmt.Sprintf("%s×%v", firstText(product, idNames), product["quantity"]))
	}
	return list
}

// built returns resources with one cache, and the counts of its components. Its Benthos environment is its own: a test that
// registers a component in the global one races with tests that lint.
func built(t *testing.T, yaml string) (*service.Resources, *ledger) {
	t.Helper()
	l := &ledger{counts: map[string]int64{}}
	env := service.NewEnvironment()
	require.NoError(t, env.RegisterCache("refusing", service.NewConfigSpec(),
		func(*service.ParsedConfig, *service.Resources) (service.Cache, error) { return refusing{}, nil }))
	require.NoError(t, env.RegisterMetricsExporter("ledger", service.NewConfigSpec(),
		func(*service.ParsedConfig, *service.Logger) (service.MetricsExporter, error) { return l, nil }))
	builder := env.NewResourceBuilder()
	builder.SetLogger(slog.New(slog.DiscardHandler))
	require.NoError(t, builder.SetMetricsYAML("ledger: {}"))
	if yaml != "" {
		require.NoError(t, builder.AddCacheYAML(yaml))
	}
	mgr, stop, err := builder.Build()
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, stop(context.Background())) })
	return mgr, l
}

// ledger is a metrics exporter that keeps what is counted.
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
	return func(...string) service.MetricsExporterCounter { return entry{l, name} }
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

func (e entry) Timing(int64) {}

func (e entry) Set(int64) {}

var errRefused = errors.New("connection refused")

// faulty is a backend that fails as it is told to.
type faulty struct {
	backend
	failGet, failSet bool
	sets             int
}

func (f *faulty) get(ctx context.Context, key string) ([]byte, error) {
	if f.failGet {
		return nil, errRefused
	}
	return f.backend.get(ctx, key)
}

func (f *faulty) set(ctx context.Context, key string, value []byte) error {
	f.sets++
	if f.failSet {
		return errRefused
	}
	return f.backend.set(ctx, key, value)
}

// refusing is a cache resource that fails whatever is asked of it.
type refusing struct{}

func (refusing) Get(context.Context, string) ([]byte, error) { return nil, errRefused }

func (refusing) Set(context.Context, string, []byte, *time.Duration) error { return errRefused }

func (refusing) Add(context.Context, string, []byte, *time.Duration) error { return errRefused }

func (refusing) Delete(context.Context, string) error { return errRefused }

func (refusing) Close(context.Context) error { return nil }
