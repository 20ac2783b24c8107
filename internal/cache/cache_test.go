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
	"testing/synctest"
	"time"

	_ "github.com/redpanda-data/benthos/v4/public/components/pure"
	"github.com/redpanda-data/benthos/v4/public/service"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// memo is a value in a cache.
type memo struct {
	Text string
	At   time.Time
}

var config = Config{Field: "memo_cache", Name: "session", Account: "12345678", TTL: time.Hour, Entries: 100}

// in returns the config of values in the resource memos.
func in(c Config) Config {
	c.Label = "memos"
	return c
}

func open[T any](t *testing.T, mgr *service.Resources, c Config) Cache[T] {
	t.Helper()
	opened, err := Open[T](mgr, c)
	require.NoError(t, err)
	return opened
}

func openBestEffort[T any](t *testing.T, mgr *service.Resources, c Config) *BestEffort[T] {
	t.Helper()
	opened, err := OpenBestEffort[T](mgr, c, "memos are asked for again")
	require.NoError(t, err)
	return opened
}

func TestValuesAreKeptByID(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]Config{"in memory": config, "in a resource": in(config)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			mgr := service.MockResources(service.MockResourcesOptAddCache("memos"))
			keeps(t, open[memo](t, mgr, c), memo{Text: "first", At: time.Unix(1, 0).UTC()}, memo{Text: "second"})
			keeps(t, open[[]byte](t, mgr, c), []byte("first"), []byte(`"second"`))
			keeps(t, open[string](t, mgr, c), "first", `"second"`)
		})
	}
}

func keeps[T any](t *testing.T, c Cache[T], first, second T) {
	t.Helper()
	ctx := t.Context()
	get := func(id string) (T, bool) {
		value, found, err := c.Get(ctx, id)
		require.NoError(t, err)
		return value, found
	}
	_, found := get("a")
	assert.False(t, found)
	require.NoError(t, c.Delete(ctx, "a"), "nothing")

	require.NoError(t, c.Set(ctx, "a", first))
	require.NoError(t, c.Set(ctx, "b", second))
	got, found := get("a")
	assert.True(t, found)
	assert.Equal(t, first, got)
	require.NoError(t, c.Set(ctx, "a", second))
	got, _ = get("a")
	assert.Equal(t, second, got)
	require.NoError(t, c.Delete(ctx, "a"))
	_, found = get("a")
	assert.False(t, found)
}

func TestAValueIsAddedOnce(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]Config{"in memory": config, "in a resource": in(config)} {
		mgr := service.MockResources(service.MockResourcesOptAddCache("memos"))
		adding := openBestEffort[string](t, mgr, c)
		assert.True(t, adding.Add(t.Context(), "a", "first", time.Minute), name)
		assert.False(t, adding.Add(t.Context(), "a", "second", time.Minute), name)
		assert.Equal(t, "first", adding.Get(t.Context(), "a"), name)
		adding.Delete(t.Context(), "a")
		assert.True(t, adding.Add(t.Context(), "a", "third", time.Minute), name)
	}
	broken := &brokenCache{}
	adding := openBestEffort[string](t, managing(t, broken, io.Discard), in(config))
	assert.True(t, adding.Add(t.Context(), "a", "first", time.Minute), "nobody knows")
	assert.Equal(t, 1, broken.broken)
}

func TestMemoryIsBoundedInNumber(t *testing.T) {
	t.Parallel()
	c := open[int](t, service.MockResources(), config)
	for i := range 150 {
		require.NoError(t, c.Set(t.Context(), strconv.Itoa(i), i))
	}
	_, found, _ := c.Get(t.Context(), "49")
	assert.False(t, found, "the oldest are gone")
	_, found, _ = c.Get(t.Context(), "50")
	assert.True(t, found)
	require.NoError(t, c.Set(t.Context(), "new", 1))
	_, found, _ = c.Get(t.Context(), "50")
	assert.True(t, found, "it was used after 51")
	_, found, _ = c.Get(t.Context(), "51")
	assert.False(t, found)
}

func TestMemoryIsBoundedInBytes(t *testing.T) {
	t.Parallel()
	bounded := config
	bounded.Bytes = 50
	c := open[[]byte](t, service.MockResources(), bounded)
	for i := range 10 {
		require.NoError(t, c.Set(t.Context(), strconv.Itoa(i), make([]byte, 10)))
		require.NoError(t, c.Set(t.Context(), strconv.Itoa(i), make([]byte, 10)), "again")
	}
	kept := func() (ids string) {
		for i := range 10 {
			if _, found, _ := c.Get(t.Context(), strconv.Itoa(i)); found {
				ids += strconv.Itoa(i)
			}
		}
		return ids
	}
	assert.Equal(t, "56789", kept())
	require.NoError(t, c.Delete(t.Context(), "7"))
	require.NoError(t, c.Set(t.Context(), "0", make([]byte, 10)))
	assert.Equal(t, "05689", kept(), "what is deleted takes no room")
	require.NoError(t, c.Set(t.Context(), "1", make([]byte, 51)))
	assert.Empty(t, kept(), "more than there is room for")
}

func TestNamesKindsAndAccountsAreKeptApart(t *testing.T) {
	t.Parallel()
	otherName, otherKind, otherAccount := config, config, config
	otherName.Name, otherKind.Kind, otherAccount.Account = "cart", "old", "87654321"
	for _, label := range []string{"", "memos"} {
		mgr := service.MockResources(service.MockResourcesOptAddCache("memos"))
		get := func(c Config) string {
			c.Label, c.Common = label, true
			opened := open[string](t, mgr, c)
			value, _, err := opened.Get(t.Context(), "a")
			require.NoError(t, err)
			require.NoError(t, opened.Set(t.Context(), "a", c.Name+c.Kind+c.Account))
			return value
		}
		for range 2 {
			get(config)
			get(otherName)
			get(otherKind)
			get(otherAccount)
		}
		assert.Equal(t, "session12345678", get(config), "of another component too")
		assert.Equal(t, "cart12345678", get(otherName))
		assert.Equal(t, "sessionold12345678", get(otherKind))
		assert.Equal(t, "session87654321", get(otherAccount))
	}
}

func TestMemoryIsNotCommonUnlessItIsAskedFor(t *testing.T) {
	t.Parallel()
	mgr := service.MockResources()
	require.NoError(t, open[string](t, mgr, config).Set(t.Context(), "a", "mine"))
	_, found, err := open[string](t, mgr, config).Get(t.Context(), "a")
	require.NoError(t, err)
	assert.False(t, found)
}

func TestTheResourceMustExist(t *testing.T) {
	t.Parallel()
	_, err := Open[string](service.MockResources(), in(config))
	require.ErrorContains(t, err, `memo_cache: there is no cache resource labelled "memos"`)
	_, err = OpenBestEffort[string](service.MockResources(), in(config), "")
	require.ErrorContains(t, err, `memo_cache: there is no cache resource labelled "memos"`)
}

func TestKeysDoNotShowIDs(t *testing.T) {
	t.Parallel()
	resource := &brokenCache{kept: map[string][]byte{}}
	c := open[memo](t, managing(t, resource, io.Discard), in(config))
	for _, id := range []string{"jane.roe@example.com", "john.roe@example.com"} {
		require.NoError(t, c.Set(t.Context(), id, memo{}))
	}
	assert.Len(t, resource.kept, 2)
	for key := range resource.kept {
		assert.Regexp(t, "^liveperson-12345678-session-[0-9a-f]{32}$", key)
	}
	assert.Equal(t, time.Hour, resource.ttl)
}

func TestAValueThatCannotBeRead(t *testing.T) {
	t.Parallel()
	for _, text := range []string{`not JSON`, `{"Text":"half","At":"noon"}`} {
		resource := &brokenCache{kept: map[string][]byte{}}
		mgr := managing(t, resource, io.Discard)
		c := open[memo](t, mgr, in(config))
		require.NoError(t, c.Set(t.Context(), "a", memo{Text: "old"}))
		for key := range resource.kept {
			resource.kept[key] = []byte(text)
		}
		value, found, err := c.Get(t.Context(), "a")
		require.ErrorContains(t, err, "reading a value from the session cache memos: ")
		assert.False(t, found)
		assert.Zero(t, value)

		forgiving := openBestEffort[memo](t, mgr, in(config))
		assert.Zero(t, forgiving.Get(t.Context(), "a"))
		forgiving.Set(t.Context(), "a", memo{Text: "new"})
		assert.Equal(t, "new", forgiving.Get(t.Context(), "a").Text)
	}
}

// brokenCache fails every call, until it is repaired.
type brokenCache struct {
	mu     sync.Mutex
	kept   map[string][]byte // nil while broken
	broken int               // how often it has failed
	ttl    time.Duration     // of the last Set
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

func (c *brokenCache) Set(_ context.Context, key string, value []byte, ttl *time.Duration) error {
	return c.access(func() { c.kept[key], c.ttl = value, *ttl })
}

func (c *brokenCache) Add(ctx context.Context, key string, value []byte, ttl *time.Duration) error {
	return c.Set(ctx, key, value, ttl)
}

func (c *brokenCache) Delete(_ context.Context, key string) error {
	return c.access(func() { delete(c.kept, key) })
}

func (c *brokenCache) Close(context.Context) error { return nil }

func TestFailuresAreErrors(t *testing.T) {
	t.Parallel()
	c := open[memo](t, managing(t, &brokenCache{}, io.Discard), in(config))
	_, _, err := c.Get(t.Context(), "a")
	for _, err := range []error{err, c.Set(t.Context(), "a", memo{}), c.Delete(t.Context(), "a")} {
		require.ErrorIs(t, err, errBroken)
		require.ErrorContains(t, err, "the session cache memos fails: ")
	}
}

func TestAResourceThatFailsIsLoggedOnce(t *testing.T) {
	t.Parallel()
	resource := &brokenCache{}
	var log bytes.Buffer
	c := openBestEffort[memo](t, managing(t, resource, &log), in(config))
	for range 5 {
		assert.Zero(t, c.Get(t.Context(), "jane.roe@example.com"))
		c.Set(t.Context(), "jane.roe@example.com", memo{})
		c.Delete(t.Context(), "jane.roe@example.com")
	}
	assert.Equal(t, 15, resource.broken, "read, written and deleted five times")
	assert.Equal(t, 1, strings.Count(log.String(), "Cache failure: the session cache memos fails: connection refused; until it works again, memos are asked for again"))

	resource.kept = map[string][]byte{}
	c.Set(t.Context(), "jane.roe@example.com", memo{Text: "back"})
	assert.Equal(t, "back", c.Get(t.Context(), "jane.roe@example.com").Text)
	assert.Equal(t, 1, strings.Count(log.String(), "The session cache memos works again"))
	assert.NotContains(t, log.String(), "jane")
}

// slowToFail fails each call after five seconds, as a Redis that can't be reached does.
type slowToFail struct{ brokenCache }

func (c *slowToFail) Get(ctx context.Context, key string) ([]byte, error) {
	time.Sleep(5 * time.Second)
	return c.brokenCache.Get(ctx, key)
}

func TestAResourceThatFailsSlowlyIsLeftAlone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		resource := &slowToFail{}
		c := openBestEffort[string](t, managing(t, resource, io.Discard), in(config))
		start := time.Now()
		for range 1000 {
			assert.Empty(t, c.Get(t.Context(), "a"))
			time.Sleep(10 * time.Millisecond)
		}
		assert.InDelta(t, 20, time.Since(start).Seconds(), 1, "it is asked half of the time")
		assert.Equal(t, 2, resource.broken)

		resource.kept = map[string][]byte{"x": nil}
		time.Sleep(5 * time.Second)
		c.Set(t.Context(), "a", "back")
		assert.Equal(t, "back", c.Get(t.Context(), "a"), "it works again")
	})
}

// managing returns resources with the cache memos.
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

func TestACallerThatHasGoneSaysNothingOfTheResource(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	c := openBestEffort[memo](t, managing(t, &brokenCache{}, &log), in(config))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	c.Set(ctx, "a", memo{})
	assert.Empty(t, log.String())
	c.Set(t.Context(), "a", memo{})
	assert.Contains(t, log.String(), "Cache failure")
}
