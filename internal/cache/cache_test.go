package cache

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	_ "github.com/redpanda-data/benthos/v4/public/components/pure"
	"github.com/redpanda-data/benthos/v4/public/service"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/benthos-liveperson/benthos-liveperson/internal/delivery"
)

// memo is a kind of value.
type memo struct {
	Text string
	At   time.Time
}

var use = Use{Name: "memo", Account: "12345678", Cost: "what it knew is asked for again", TTL: time.Hour}

func TestValuesAreKeptByID(t *testing.T) {
	t.Parallel()
	tests := map[string]Cache[memo]{
		"in this process": NewLocal[memo](10),
		"in a resource":   NewShared[memo](service.MockResources(service.MockResourcesOptAddCache("memos")), "memos", use),
	}
	for name, c := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx := t.Context()
			assert.Zero(t, c.Get(ctx, "a"))
			c.Delete(ctx, "a") // nothing

			a := memo{Text: "of a", At: time.Unix(1, 0).UTC()}
			c.Set(ctx, "a", a)
			c.Set(ctx, "b", memo{Text: "of b"})
			assert.Equal(t, a, c.Get(ctx, "a"))
			assert.Equal(t, "of b", c.Get(ctx, "b").Text)

			c.Set(ctx, "a", memo{Text: "newer"})
			assert.Equal(t, "newer", c.Get(ctx, "a").Text)
			c.Delete(ctx, "a")
			assert.Zero(t, c.Get(ctx, "a"))
		})
	}
}

func TestLocalMemoryIsBounded(t *testing.T) {
	t.Parallel()
	c := NewLocal[int](100)
	for i := range 150 {
		c.Set(t.Context(), strconv.Itoa(i), i+1)
	}
	assert.Zero(t, c.Get(t.Context(), "49"), "the oldest are gone")
	assert.Equal(t, 51, c.Get(t.Context(), "50"))
	assert.Equal(t, 100, c.(local[int]).values.Len())
}

func TestUsesAndAccountsAreKeptApart(t *testing.T) {
	t.Parallel()
	mgr := service.MockResources(service.MockResourcesOptAddCache("memos"))
	NewShared[string](mgr, "memos", use).Set(t.Context(), "a", "mine")

	otherUse, otherAccount := use, use
	otherUse.Name, otherAccount.Account = "note", "87654321"
	assert.Equal(t, "mine", NewShared[string](mgr, "memos", use).Get(t.Context(), "a"), "another instance's too")
	assert.Empty(t, NewShared[string](mgr, "memos", otherUse).Get(t.Context(), "a"))
	assert.Empty(t, NewShared[string](mgr, "memos", otherAccount).Get(t.Context(), "a"))
}

func TestKeysDoNotShowIDs(t *testing.T) {
	t.Parallel()
	c := &shared[memo]{prefix: "liveperson:12345678:memo:"}
	key := c.key("jane.roe@example.com")
	assert.True(t, strings.HasPrefix(key, c.prefix))
	assert.NotContains(t, key, "jane")
	assert.NotEqual(t, key, c.key("john.roe@example.com"))
}

func TestWhatCantBeReadIsNotThere(t *testing.T) {
	t.Parallel()
	mgr := service.MockResources(service.MockResourcesOptAddCache("memos"))
	c := NewShared[memo](mgr, "memos", use).(*shared[memo])
	for _, text := range []string{`not JSON`, `{"Text":"half","At":"noon"}`} {
		require.NoError(t, mgr.AccessCache(t.Context(), "memos", func(resource service.Cache) {
			require.NoError(t, resource.Set(t.Context(), c.key("a"), []byte(text), nil))
		}))
		assert.Zero(t, c.Get(t.Context(), "a"), text)
		assert.True(t, c.failing.Load())
	}
	c.Set(t.Context(), "a", memo{Text: "new"})
	assert.Equal(t, "new", c.Get(t.Context(), "a").Text)
	assert.False(t, c.failing.Load())

	gone := NewShared[memo](mgr, "gone", use)
	gone.Set(t.Context(), "a", memo{Text: "new"})
	assert.Zero(t, gone.Get(t.Context(), "a"))
}

// brokenCache fails whatever is asked of it, until it is repaired.
type brokenCache struct {
	mu     sync.Mutex
	kept   map[string][]byte // nil while broken
	broken int               // how often it has failed
}

var errBroken = errors.New("connection refused")

func (c *brokenCache) access(do func()) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.kept == nil {
		c.broken++
		return errBroken
	}
	do()
	return nil
}

func (c *brokenCache) Get(_ context.Context, key string) (value []byte, err error) {
	err = c.access(func() { value = c.kept[key] })
	if err == nil && value == nil {
		err = service.ErrKeyNotFound
	}
	return value, err
}

func (c *brokenCache) Set(_ context.Context, key string, value []byte, _ *time.Duration) error {
	return c.access(func() { c.kept[key] = value })
}

func (c *brokenCache) Add(ctx context.Context, key string, value []byte, ttl *time.Duration) error {
	return c.Set(ctx, key, value, ttl)
}

func (c *brokenCache) Delete(_ context.Context, key string) error {
	return c.access(func() { delete(c.kept, key) })
}

func (c *brokenCache) Close(context.Context) error { return nil }

func TestAResourceThatRefusesEverythingIsSaidOnce(t *testing.T) {
	t.Parallel()
	resource := &brokenCache{}
	var log bytes.Buffer
	c := NewShared[memo](managing(t, resource, &log), "memos", use)
	for range 5 {
		assert.Zero(t, c.Get(t.Context(), "jane.roe@example.com"))
		c.Set(t.Context(), "jane.roe@example.com", memo{})
		c.Delete(t.Context(), "jane.roe@example.com")
	}
	assert.Equal(t, 15, resource.broken, "read, written and deleted five times")
	assert.Equal(t, 1, strings.Count(log.String(), "memo cache memos fails, and what it knew is asked for again"))

	resource.kept = map[string][]byte{}
	c.Set(t.Context(), "jane.roe@example.com", memo{Text: "back"})
	assert.Equal(t, "back", c.Get(t.Context(), "jane.roe@example.com").Text)
	assert.Equal(t, 1, strings.Count(log.String(), "memo cache memos works again"))
	assert.NotContains(t, log.String(), "jane")
}

// managing gives resources with a cache, memos.
func managing(t *testing.T, resource service.Cache, log io.Writer) *service.Resources {
	t.Helper()
	env := service.NewEnvironment()
	require.NoError(t, env.RegisterCache("broken", service.NewConfigSpec(),
		func(*service.ParsedConfig, *service.Resources) (service.Cache, error) { return resource, nil }))
	builder := env.NewResourceBuilder()
	builder.SetLogger(slog.New(slog.NewTextHandler(log, nil)))
	require.NoError(t, builder.AddCacheYAML("label: memos\nbroken: {}"))
	mgr, stop, err := builder.Build()
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, stop(context.Background())) })
	return mgr
}

func TestASlowResourceHoldsUpNoOther(t *testing.T) {
	t.Parallel()
	resource := &brokenCache{kept: map[string][]byte{}}
	c := NewShared[memo](managing(t, resource, io.Discard), "memos", use)
	workers := delivery.NewWorkers(1)
	ctx := workers.Context(t.Context())
	resource.mu.Lock() // so that it does not answer
	read, other := make(chan struct{}), make(chan struct{})
	workers.Go(func() { c.Get(ctx, "a"); close(read) })
	workers.Go(func() { close(other) })
	<-other
	resource.mu.Unlock()
	<-read
}

func TestACallerThatHasGoneSaysNothingOfTheResource(t *testing.T) {
	t.Parallel()
	c := NewShared[memo](service.MockResources(), "gone", use).(*shared[memo])
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	c.Set(ctx, "a", memo{})
	assert.False(t, c.failing.Load())
	c.Set(t.Context(), "a", memo{})
	assert.True(t, c.failing.Load())
}
