package session

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/benthos-liveperson/benthos-liveperson/plugin/client"
)

// Of two requests with ids that LivePerson does not know any more, the second to be
// refused goes on in the session that the first has begun.
func TestWhoIsRefusedLaterTakesTheNewSession(t *testing.T) {
	t.Parallel()
	s := NewLocal(limits)
	ask(t.Context(), s, "a", "v1", "s1")
	stale := &client.Error{Class: client.ClassNotFound, Status: 404, Code: 39}
	first, releaseFirst := s.Begin(t.Context(), "a", "", "")
	defer releaseFirst()
	second, releaseSecond := s.Begin(t.Context(), "a", "", "")
	defer releaseSecond()

	assert.True(t, first.Refused(t.Context(), stale))
	assert.Equal(t, [2]string{"", ""}, [2]string{first.VisitorID, first.SessionID})
	first.Accepted(t.Context(), client.Session{VisitorID: "v2", SessionID: "s2"})

	assert.True(t, second.Refused(t.Context(), stale))
	assert.Equal(t, [2]string{"v2", "s2"}, [2]string{second.VisitorID, second.SessionID})
	assert.True(t, second.Refused(t.Context(), stale), "that one is over as well")
	assert.Equal(t, [2]string{"", ""}, [2]string{second.VisitorID, second.SessionID})
	assert.Zero(t, s.Known(t.Context(), "a"))
	assert.False(t, second.Refused(t.Context(), stale), "there is nothing left to change")
}
