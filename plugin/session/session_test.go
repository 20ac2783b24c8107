package session

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
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

var limits = Limits{Lifetime: 6 * time.Hour, Idle: 30 * time.Minute}

// ask gets a consumer's session as the sender does: what is known, or a new one.
func ask(ctx context.Context, s *Store, consumer, visitor, session string) Session {
	known, release := s.Acquire(ctx, consumer)
	defer release()
	if known.SessionID == "" {
		s.Keep(ctx, consumer, known, visitor, session, "p1")
		return Session{VisitorID: visitor, SessionID: session}
	}
	s.Keep(ctx, consumer, known, known.VisitorID, known.SessionID, "p2")
	return known
}

func TestSessionsAreRememberedByConsumer(t *testing.T) {
	t.Parallel()
	s := NewLocal(limits)
	ask(t.Context(), s, "a", "va", "sa")
	ask(t.Context(), s, "b", "vb", "sb")
	for consumer, want := range map[string]string{"a": "sa", "b": "sb"} {
		assert.Equal(t, want, ask(t.Context(), s, consumer, "v", "s").SessionID)
	}
	s.Forget(t.Context(), "a")
	assert.Equal(t, "new", ask(t.Context(), s, "a", "v", "new").SessionID)
}

func TestSessionsEnd(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		rest time.Duration // between two uses
		uses int
		want string // session of the last use
	}{
		{name: "used before it has rested too long", rest: 29*time.Minute + 59*time.Second, uses: 12, want: "first"},
		{name: "rested too long", rest: 30 * time.Minute, uses: 1, want: "second"},
		{name: "used to the end of its life", rest: 20 * time.Minute, uses: 17, want: "first"},
		{name: "too old, however much in use", rest: 20 * time.Minute, uses: 18, want: "second"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := NewLocal(limits)
				ask(t.Context(), s, "a", "visitor", "first")
				var got Session
				for range test.uses {
					time.Sleep(test.rest)
					known, release := s.Acquire(t.Context(), "a")
					assert.Equal(t, "visitor", known.VisitorID, "a visitor outlives sessions")
					release()
					got = ask(t.Context(), s, "a", known.VisitorID, "second")
				}
				assert.Equal(t, test.want, got.SessionID)
			})
		})
	}
}

func TestOneMakesTheSessionAndOthersWait(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := NewLocal(limits)
		var mu sync.Mutex
		made := 0
		var all sync.WaitGroup
		for range 100 {
			all.Go(func() {
				known, release := s.Acquire(t.Context(), "a")
				defer release()
				if known.SessionID == "" {
					time.Sleep(time.Second) // LivePerson's answer
					mu.Lock()
					made++
					mu.Unlock()
					s.Keep(t.Context(), "a", known, "v", "s", "p")
				}
			})
		}
		all.Wait()
		assert.Equal(t, 1, made)
		assert.Empty(t, s.making)
	})
}

func TestWhenTheMakingFailsTheNextOneMakesIt(t *testing.T) {
	t.Parallel()
	s := NewLocal(limits)
	_, release := s.Acquire(t.Context(), "a")
	release()
	known, release := s.Acquire(t.Context(), "a")
	defer release()
	assert.Empty(t, known.SessionID)

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, release = s.Acquire(ctx, "a") // does not wait for ever
	release()
}

func TestLocalMemoryIsBounded(t *testing.T) {
	t.Parallel()
	s := NewLocal(limits)
	for i := range localConsumers + 1000 {
		s.Keep(t.Context(), string(rune(i))+"-"+time.Duration(i).String(), Session{}, "v", "s", "p")
	}
	assert.Equal(t, localConsumers, s.backend.(local).cache.Len())
}

// withCache gives resources with a cache, and what they log.
func withCache(t *testing.T) *service.Resources {
	t.Helper()
	return service.MockResources(service.MockResourcesOptAddCache("sessions"))
}

func TestTwoOutputsShareACache(t *testing.T) {
	t.Parallel()
	mgr := withCache(t)
	one, two := NewShared(limits, mgr, "sessions", "12345678"), NewShared(limits, mgr, "sessions", "12345678")
	ask(t.Context(), one, "jane.roe@example.com", "v", "s")
	assert.Equal(t, "s", ask(t.Context(), two, "jane.roe@example.com", "x", "y").SessionID)

	other := NewShared(limits, mgr, "sessions", "87654321")
	assert.Equal(t, "y", ask(t.Context(), other, "jane.roe@example.com", "x", "y").SessionID, "another account's sessions are others")

	two.Forget(t.Context(), "jane.roe@example.com")
	assert.Equal(t, "new", ask(t.Context(), one, "jane.roe@example.com", "v", "new").SessionID)
}

func TestCacheKeysDoNotShowTheConsumer(t *testing.T) {
	t.Parallel()
	key := (&shared{prefix: "liveperson:12345678:"}).key("jane.roe@example.com")
	assert.True(t, strings.HasPrefix(key, "liveperson:12345678:"))
	assert.NotContains(t, key, "jane")
	assert.NotEqual(t, key, (&shared{prefix: "liveperson:12345678:"}).key("john.roe@example.com"))
}

func TestAFailingCacheCostsNoMoreThanTheSession(t *testing.T) {
	t.Parallel()
	mgr := withCache(t)
	require.NoError(t, mgr.AccessCache(t.Context(), "sessions", func(c service.Cache) {
		key := (&shared{prefix: "liveperson:1:"}).key("a")
		require.NoError(t, c.Set(t.Context(), key, []byte("not JSON"), nil))
	}))
	s := NewShared(limits, mgr, "sessions", "1")
	assert.Equal(t, "s", ask(t.Context(), s, "a", "v", "s").SessionID, "what can't be read is made anew")
	assert.Equal(t, "s", ask(t.Context(), s, "a", "v", "other").SessionID)

	gone := NewShared(limits, mgr, "gone", "1")
	assert.Equal(t, "s", ask(t.Context(), gone, "a", "v", "s").SessionID)
	assert.True(t, gone.backend.(*shared).failing.Load())
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

func TestACacheThatRefusesEverythingIsCountedAndSaidOnce(t *testing.T) {
	t.Parallel()
	cache := &brokenCache{}
	require.NoError(t, service.RegisterCache("broken", service.NewConfigSpec(),
		func(*service.ParsedConfig, *service.Resources) (service.Cache, error) { return cache, nil }))
	var log bytes.Buffer
	builder := service.NewResourceBuilder()
	builder.SetLogger(slog.New(slog.NewTextHandler(&log, nil)))
	require.NoError(t, builder.AddCacheYAML("label: sessions\nbroken: {}"))
	mgr, stop, err := builder.Build()
	require.NoError(t, err)
	defer func() { require.NoError(t, stop(context.Background())) }()

	s := NewShared(limits, mgr, "sessions", "1")
	for i := range 5 {
		made := fmt.Sprint("s", i)
		assert.Equal(t, made, ask(t.Context(), s, "jane.roe@example.com", "v", made).SessionID, "each event makes a session of its own")
		s.Forget(t.Context(), "jane.roe@example.com")
	}
	assert.Equal(t, 15, cache.broken, "read, written and deleted five times")
	assert.Equal(t, 1, strings.Count(log.String(), "session cache sessions fails"))

	cache.kept = map[string][]byte{}
	ask(t.Context(), s, "jane.roe@example.com", "v", "s5")
	assert.Equal(t, "s5", ask(t.Context(), s, "jane.roe@example.com", "v", "s6").SessionID)
	assert.Equal(t, 1, strings.Count(log.String(), "works again"))
	assert.NotContains(t, log.String(), "jane")
}

func TestACacheIsWrittenWhenSomethingHasChanged(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		counting := &countingBackend{}
		s := newStore(limits, counting)
		for range 100 { // over 50 minutes
			ask(t.Context(), s, "a", "v", "s")
			time.Sleep(30 * time.Second)
		}
		assert.LessOrEqual(t, counting.sets, 8, "once, and then every quarter of the idle time")
		assert.GreaterOrEqual(t, counting.sets, 6)
	})
}

type countingBackend struct {
	kept Session
	sets int
}

func (b *countingBackend) get(context.Context, string) Session { return b.kept }

func (b *countingBackend) set(_ context.Context, _ string, s Session) { b.kept = s; b.sets++ }

func (b *countingBackend) delete(context.Context, string) { b.kept = Session{} }
