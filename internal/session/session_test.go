package session

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/redpanda-data/benthos/v4/public/service"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/benthos-liveperson/benthos-liveperson/internal/liveperson"
)

var limits = Limits{Lifetime: 6 * time.Hour, Idle: 30 * time.Minute}

// acquire begins a visit as senders do, and returns the session of the consumer.
func acquire(ctx context.Context, s *Store, consumer string) (known Session, end func()) {
	visit := s.Begin(consumer, "", "")
	for wait := visit.Refresh(ctx); wait != nil; wait = visit.Refresh(ctx) {
		if wait(ctx) != nil {
			visit.RefreshNow(ctx)
			break
		}
	}
	return visit.known, visit.End
}

// send makes one request for a message that carries the ids own. LivePerson answers with visitorID
// and sessionID. send returns the ids that were sent.
func send(ctx context.Context, s *Store, consumer string, own ids, visitorID, sessionID string) (sent ids) {
	visit := s.Begin(consumer, own.VisitorID, own.SessionID)
	defer visit.End()
	for wait := visit.Refresh(ctx); wait != nil; wait = visit.Refresh(ctx) {
		if wait(ctx) != nil {
			panic("nothing cancels this")
		}
	}
	visit.Accepted(ctx, liveperson.Session{VisitorID: visitorID, SessionID: sessionID, PageID: "p"})
	return ids{visit.VisitorID, visit.SessionID}
}

// ask returns a consumer's session as a sender gets it: the known one, or a new one.
func ask(ctx context.Context, s *Store, consumer, visitor, session string) Session {
	known, release := acquire(ctx, s, consumer)
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
	s := newStore(t, limits)
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
				s := newStore(t, limits)
				ask(t.Context(), s, "a", "visitor", "first")
				var got Session
				for range test.uses {
					time.Sleep(test.rest)
					known, release := acquire(t.Context(), s, "a")
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
		s := newStore(t, limits)
		var mu sync.Mutex
		made := 0
		var all sync.WaitGroup
		for range 100 {
			all.Go(func() {
				known, release := acquire(t.Context(), s, "a")
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
	})
}

func TestIfTheCreationFailsTheNextMessageCreatesTheSession(t *testing.T) {
	t.Parallel()
	s := newStore(t, limits)
	_, release := acquire(t.Context(), s, "a")
	release()
	known, release := acquire(t.Context(), s, "a")
	defer release()
	assert.Empty(t, known.SessionID)

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, release = acquire(ctx, s, "a") // does not wait for ever
	release()
}

// newStore returns a store that shares its sessions with no other store.
func newStore(t *testing.T, limits Limits) *Store {
	t.Helper()
	s, err := Open(Config{Limits: limits}, service.MockResources(), "12345678")
	require.NoError(t, err)
	return s
}

// instance returns a store as another process would have it. The stores share only the cache.
func instance(t *testing.T, resource *countingCache, accountID string) *Store {
	t.Helper()
	s, err := Open(Config{Cache: "sessions", Limits: limits}, resourcesWith(t, resource), accountID)
	require.NoError(t, err)
	return s
}

// resourcesWith returns resources of their own, with a cache named sessions.
func resourcesWith(t *testing.T, sessions service.Cache) *service.Resources {
	t.Helper()
	env := service.NewEnvironment()
	require.NoError(t, env.RegisterCache("counting", service.NewConfigSpec(),
		func(*service.ParsedConfig, *service.Resources) (service.Cache, error) { return sessions, nil }))
	builder := env.NewResourceBuilder()
	builder.SetLogger(slog.New(slog.DiscardHandler))
	require.NoError(t, builder.AddCacheYAML("label: sessions\ncounting: {}"))
	mgr, stop, err := builder.Build()
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, stop(context.Background())) })
	return mgr
}

func TestTwoInstancesShareACache(t *testing.T) {
	t.Parallel()
	resource := &countingCache{kept: map[string][]byte{}}
	one, two := instance(t, resource, "12345678"), instance(t, resource, "12345678")
	ask(t.Context(), one, "jane.roe@example.com", "v", "s")
	assert.Equal(t, "s", ask(t.Context(), two, "jane.roe@example.com", "x", "y").SessionID)

	other := instance(t, resource, "87654321")
	assert.Equal(t, "y", ask(t.Context(), other, "jane.roe@example.com", "x", "y").SessionID, "another account's sessions are others")

	two.Forget(t.Context(), "jane.roe@example.com")
	assert.Equal(t, "new", ask(t.Context(), one, "jane.roe@example.com", "v", "new").SessionID)
}

func TestAFailingCacheCostsNoMoreThanTheSession(t *testing.T) {
	t.Parallel()
	s := instance(t, &countingCache{err: errors.New("connection refused")}, "1")
	for _, made := range []string{"s1", "s2"} {
		assert.Equal(t, made, ask(t.Context(), s, "a", "v", made).SessionID, "each event makes a session of its own")
		s.Forget(t.Context(), "a")
	}
}

func TestACacheIsWrittenWhenSomethingHasChanged(t *testing.T) {
	t.Parallel()
	counting := &countingCache{kept: map[string][]byte{}}
	s := instance(t, counting, "1")
	synctest.Test(t, func(t *testing.T) {
		for range 100 { // over 50 minutes
			ask(t.Context(), s, "a", "v", "s")
			time.Sleep(30 * time.Second)
		}
		// The consumer and the visitor are written once, and then every quarter of the idle time. The
		// session is written once.
		assert.LessOrEqual(t, counting.sets, 2*8+1)
		assert.GreaterOrEqual(t, counting.sets, 2*6+1)
	})
}

func TestPages(t *testing.T) {
	t.Parallel()
	for every, want := range map[bool]string{false: "p1", true: "p2"} {
		synctest.Test(t, func(t *testing.T) {
			s := newStore(t, Limits{Lifetime: time.Hour, Idle: time.Hour, EveryPage: every})
			ask(t.Context(), s, "a", "v", "s")
			ask(t.Context(), s, "a", "v", "s")
			assert.Equal(t, want, s.Known(t.Context(), "a").PageID)
		})
	}
}

// A message may carry the ids of the known session.
func TestTheSessionOfOwnIDs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newStore(t, limits)
		ask(t.Context(), s, "a", "v", "s")
		made := s.Known(t.Context(), "a").Created
		tests := map[[2]string]string{{"v", "s"}: "p1", {"v", "other"}: "", {"other", "s"}: ""}
		for ids, page := range tests {
			visit := s.Begin("a", ids[0], ids[1])
			require.Nil(t, visit.Refresh(t.Context()))
			assert.Equal(t, page, visit.PageID(), ids)
			assert.Equal(t, ids[1], visit.SessionID)
			visit.End()
		}
		time.Sleep(20 * time.Minute)
		visit := s.Begin("a", "v", "s")
		defer visit.End()
		require.Nil(t, visit.Refresh(t.Context()))
		visit.Accepted(t.Context(), liveperson.Session{VisitorID: "v", SessionID: "s", PageID: "p2"})
		assert.Equal(t, made, s.Known(t.Context(), "a").Created, "as old as it is")
		assert.Equal(t, "p2", s.Known(t.Context(), "a").PageID)
	})
}

// countingCache is a cache resource that counts writes.
type countingCache struct {
	kept map[string][]byte
	err  error
	gets int
	sets int
	ttls []time.Duration
}

func (c *countingCache) Get(_ context.Context, key string) ([]byte, error) {
	c.gets++
	value, exists := c.kept[key]
	if !exists {
		return nil, cmp.Or(c.err, service.ErrKeyNotFound)
	}
	return value, c.err
}

func (c *countingCache) Set(_ context.Context, key string, value []byte, ttl *time.Duration) error {
	c.sets++
	c.ttls = append(c.ttls, *ttl)
	if c.err == nil {
		c.kept[key] = value
	}
	return c.err
}

func (c *countingCache) Add(context.Context, string, []byte, *time.Duration) error { return c.err }

func (c *countingCache) Delete(_ context.Context, key string) error {
	delete(c.kept, key)
	return c.err
}

func (c *countingCache) Close(context.Context) error { return nil }
