package cart

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	_ "github.com/redpanda-data/benthos/v4/public/components/pure"
	"github.com/redpanda-data/benthos/v4/public/service"
	"github.com/stretchr/testify/require"
)

// newTestProcessor returns a processor with settings in YAML.
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

// lines returns the lines of an event that the processor gave a whole cart, as "id variant×quantity",
// or nil for another event.
func lines(t testing.TB, event map[string]any) []string {
	t.Helper()
	properties, _ := event["properties"].(map[string]any)
	products, whole := properties["products"].([]any)
	if !whole || effectOf(event, nil) != cartStated {
		return nil
	}
	list := []string{}
	for _, item := range products {
		product := item.(map[string]any)
		name := strings.TrimSpace(firstText(product, idNames) + " " + firstText(product, variantNames))
		list = append(list, fmt.Sprintf("%s×%v", name, product["quantity"]))
	}
	return list
}

// built returns resources with a cache named carts, and the counts of their components.
func built(t *testing.T, carts service.Cache) (*service.Resources, *ledger) {
	t.Helper()
	l := &ledger{counts: map[string]int64{}}
	env := service.NewEnvironment()
	require.NoError(t, env.RegisterMetricsExporter("ledger", service.NewConfigSpec(),
		func(*service.ParsedConfig, *service.Logger) (service.MetricsExporter, error) { return l, nil }))
	require.NoError(t, env.RegisterCache("carts", service.NewConfigSpec(),
		func(*service.ParsedConfig, *service.Resources) (service.Cache, error) { return carts, nil }))
	builder := env.NewResourceBuilder()
	builder.SetLogger(slog.New(slog.DiscardHandler))
	require.NoError(t, builder.SetMetricsYAML("ledger: {}"))
	require.NoError(t, builder.AddCacheYAML("label: carts\ncarts: {}"))
	mgr, stop, err := builder.Build()
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, stop(context.Background())) })
	return mgr, l
}

// ledger is a metrics exporter that stores the counts.
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

// faulty is a cache resource that a test can make fail.
type faulty struct {
	mu               sync.Mutex
	kept             map[string][]byte
	failGet, failSet bool
	sets             int
}

func newFaulty() *faulty { return &faulty{kept: map[string][]byte{}} }

func (f *faulty) Get(_ context.Context, key string) ([]byte, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	value, exists := f.kept[key]
	switch {
	case f.failGet:
		return nil, errRefused
	case !exists:
		return nil, service.ErrKeyNotFound
	}
	return value, nil
}

func (f *faulty) Set(_ context.Context, key string, value []byte, _ *time.Duration) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.sets++
	if f.failSet {
		return errRefused
	}
	f.kept[key] = value
	return nil
}

// bytes returns the length of all values.
func (f *faulty) bytes() (sum int) {
	for _, value := range f.kept {
		sum += len(value)
	}
	return sum
}

func (f *faulty) Add(context.Context, string, []byte, *time.Duration) error { return errRefused }

func (f *faulty) Delete(context.Context, string) error { return errRefused }

func (f *faulty) Close(context.Context) error { return nil }
