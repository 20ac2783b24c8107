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

// newTestProcessor makes a processor from its settings in YAML.
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

// send processes an event and returns the result.
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

// lines returns the lines of an event about a whole cart as "id×quantity". It returns
// nil for another event.
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

// ledgers are the metrics exporters of the tests, by the field id.
var ledgers sync.Map

// The tests lint in parallel, and the linter reads Benthos' global environment. So all
// test components are registered before the first test runs.
func init() {
	err := service.RegisterMetricsExporter("ledger", service.NewConfigSpec().Field(service.NewStringField("id")),
		func(conf *service.ParsedConfig, _ *service.Logger) (service.MetricsExporter, error) {
			id, err := conf.FieldString("id")
			if err != nil {
				return nil, err
			}
			l, _ := ledgers.Load(id)
			return l.(*ledger), nil
		})
	if err != nil {
		panic(err)
	}
	err = service.RegisterCache("refusing", service.NewConfigSpec(),
		func(*service.ParsedConfig, *service.Resources) (service.Cache, error) { return refusing{}, nil })
	if err != nil {
		panic(err)
	}
}

// built returns resources with Benthos' own components, and what these count.
func built(t *testing.T, yaml string) (*service.Resources, *ledger) {
	t.Helper()
	l := &ledger{counts: map[string]int64{}}
	ledgers.Store(t.Name(), l)
	t.Cleanup(func() { ledgers.Delete(t.Name()) })
	builder := service.NewResourceBuilder()
	builder.SetLogger(slog.New(slog.DiscardHandler))
	require.NoError(t, builder.SetMetricsYAML(fmt.Sprintf("ledger: {id: %q}", t.Name())))
	if yaml != "" {
		require.NoError(t, builder.AddCacheYAML(yaml))
	}
	mgr, stop, err := builder.Build()
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, stop(context.Background())) })
	return mgr, l
}

// ledger is a metrics exporter that stores the values of counters.
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

// faulty is a backend that fails if the test says so.
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

// refusing is a cache resource whose methods all fail.
type refusing struct{}

func (refusing) Get(context.Context, string) ([]byte, error) { return nil, errRefused }

func (refusing) Set(context.Context, string, []byte, *time.Duration) error { return errRefused }

func (refusing) Add(context.Context, string, []byte, *time.Duration) error { return errRefused }

func (refusing) Delete(context.Context, string) error { return errRefused }

func (refusing) Close(context.Context) error { return nil }
