package session

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/benthos-liveperson/benthos-liveperson/internal/liveperson"
)

// Two requests have ids that LivePerson no longer knows. The first one that is refused starts a
// session. The second one then uses that session.
func TestWhoIsRefusedLaterTakesTheNewSession(t *testing.T) {
	t.Parallel()
	s := newStore(t, limits)
	ask(t.Context(), s, "a", "v1", "s1")
	stale := &liveperson.Error{Class: liveperson.ClassNotFound, Status: 404, Code: 39}
	begin := func() *Visit {
		visit := s.Begin("a", "", "")
		t.Cleanup(visit.End)
		require.Nil(t, visit.Refresh(t.Context()))
		return visit
	}
	first, second := begin(), begin()

	assert.True(t, first.Refused(t.Context(), stale))
	assert.Equal(t, [2]string{"", ""}, [2]string{first.VisitorID, first.SessionID})
	first.Accepted(t.Context(), liveperson.Session{VisitorID: "v2", SessionID: "s2"})

	assert.True(t, second.Refused(t.Context(), stale))
	require.Nil(t, second.Refresh(t.Context()))
	assert.Equal(t, [2]string{"v2", "s2"}, [2]string{second.VisitorID, second.SessionID})
	assert.True(t, second.Refused(t.Context(), stale), "that one is over as well")
	assert.Equal(t, [2]string{"", ""}, [2]string{second.VisitorID, second.SessionID})
	assert.Zero(t, s.Known(t.Context(), "a"))
	assert.False(t, second.Refused(t.Context(), stale), "there is nothing left to change")
}

// Another instance may start a session for the consumer while a request waits.
func TestEachAttemptTakesTheSessionOfNow(t *testing.T) {
	t.Parallel()
	resource := &countingCache{kept: map[string][]byte{}}
	here, elsewhere := instance(t, resource, "12345678"), instance(t, resource, "12345678")
	visit := here.Begin("a", "", "")
	defer visit.End()
	require.Nil(t, visit.Refresh(t.Context()))
	assert.Empty(t, visit.SessionID)

	ask(t.Context(), elsewhere, "a", "v", "s")
	require.Nil(t, visit.Refresh(t.Context()))
	assert.Equal(t, [2]string{"v", "s"}, [2]string{visit.VisitorID, visit.SessionID})
}

func TestTheVisitorOfALoadingAccount(t *testing.T) {
	t.Parallel()
	s := newStore(t, limits)
	visit := s.Begin("a", "", "")
	defer visit.End()
	require.Nil(t, visit.Refresh(t.Context()))
	assert.False(t, visit.Refused(t.Context(), &liveperson.Error{Class: liveperson.ClassLoading, VisitorID: "handed"}))
	require.Nil(t, visit.Refresh(t.Context()))
	assert.Equal(t, "handed", visit.VisitorID)
}
