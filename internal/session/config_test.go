package session

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	_ "github.com/redpanda-data/benthos/v4/public/components/pure"
	"github.com/redpanda-data/benthos/v4/public/service"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestComponentsOfAnAccountShareSessions(t *testing.T) {
	t.Parallel()
	for _, label := range []string{"", "sessions"} {
		mgr := service.MockResources(service.MockResourcesOptAddCache("sessions"))
		opened := func(accountID string) *Store {
			s, err := Open(Config{Cache: label, Limits: limits}, mgr, accountID)
			require.NoError(t, err)
			return s
		}
		ask(t.Context(), opened("12345678"), "a", "v", "s")
		assert.Equal(t, "s", ask(t.Context(), opened("12345678"), "a", "x", "y").SessionID, label)
		assert.Equal(t, "y", ask(t.Context(), opened("87654321"), "a", "x", "y").SessionID, "another account's are others")
	}
}

// One component starts a consumer's first session. Another component waits for it.
func TestComponentsMakeOneSession(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		mgr := service.MockResources()
		one, err := Open(Config{Limits: limits}, mgr, "1")
		require.NoError(t, err)
		two, err := Open(Config{Limits: limits}, mgr, "1")
		require.NoError(t, err)

		_, release := acquire(t.Context(), one, "a")
		var got Session
		go func() {
			var done func()
			got, done = acquire(t.Context(), two, "a")
			done()
		}()
		time.Sleep(time.Second)
		assert.Zero(t, got)
		one.Keep(t.Context(), "a", Session{}, "v", "s", "p")
		release()
		synctest.Wait()
		assert.Equal(t, "s", got.SessionID)
	})
}

// Two components share a cache but have different lifetimes. The cache keeps sessions for the
// longer one.
func TestComponentsHaveTheirOwnLifetimeInASharedCache(t *testing.T) {
	t.Parallel()
	resource := &countingCache{kept: map[string][]byte{}}
	mgr := resourcesWith(t, resource)
	for _, lifetime := range []time.Duration{time.Hour, 6 * time.Hour} {
		s, err := Open(Config{Cache: "sessions", Limits: Limits{Lifetime: lifetime, Idle: time.Hour}}, mgr, "1")
		require.NoError(t, err)
		s.Keep(t.Context(), "a", Session{}, "v", "s", "p")
	}
	assert.Equal(t, []time.Duration{time.Hour, 6 * time.Hour}, slices.Compact(resource.ttls))
}

func TestOpenWantsTheCacheToBeThere(t *testing.T) {
	t.Parallel()
	_, err := Open(Config{Cache: "gone", Limits: limits}, service.MockResources(), "1")
	assert.ErrorContains(t, err, `session_cache: there is no cache resource labelled "gone"`)
}

func TestFields(t *testing.T) {
	t.Parallel()
	parsed, err := service.NewConfigSpec().Fields(Fields()...).ParseYAML("session_cache: redis\nsession_idle: 5m", nil)
	require.NoError(t, err)
	c, err := FromParsed(parsed)
	require.NoError(t, err)
	assert.Equal(t, Config{Cache: "redis", Limits: Limits{Lifetime: 6 * time.Hour, Idle: 5 * time.Minute}}, c)
}

func TestSessionsAreOfSomeLength(t *testing.T) {
	t.Parallel()
	for _, field := range []string{"session_lifetime", "session_idle"} {
		parsed, err := service.NewConfigSpec().Fields(Fields()...).ParseYAML(field+": 0s", nil)
		require.NoError(t, err)
		_, err = FromParsed(parsed)
		assert.EqualError(t, err, field+": must be more than 0s")
	}
}
