package session

import (
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/redpanda-data/benthos/v4/public/service"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/benthos-liveperson/benthos-liveperson/internal/liveperson"
)

func TestTheIDsOfAMessage(t *testing.T) {
	t.Parallel()
	const sid = "stM0CzMWRye4MZgRBAL4UQ"
	tests := map[string]struct{ visitor, session, wantVisitor, wantSession string }{
		"none":                             {},
		"both":                             {"v", sid, "v", sid},
		"as Visit Information shows it":    {"v", sid + "." + strings.Repeat("0a", 20), "v", sid},
		"a sample of LivePerson's":         {"v", "rty.uio", "v", "rty"},
		"placeholders":                     {"undefined", "null", "", ""},
		"a placeholder in front of digits": {"v", "undefined." + strings.Repeat("0a", 20), "v", ""},
	}
	for name, test := range tests {
		msg := service.NewMessage(nil)
		msg.MetaSetMut(MetaVisitorID, test.visitor)
		msg.MetaSetMut(MetaSessionID, test.session)
		visitor, session := IDsOf(msg)
		assert.Equal(t, ids{test.wantVisitor, test.wantSession}, ids{visitor, session}, name)
	}
}

// LivePerson has given the ids v and s to consumer a. Each case sends a message of a consumer, with
// ids.
func TestIDsOfAMessageAreCompleted(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		consumer  string
		own, sent ids
		gets      int // of the cache
	}{
		"none":                                    {"a", ids{}, ids{"v", "s"}, 1},
		"none, of another consumer":               {"b", ids{}, ids{}, 1},
		"the visitor":                             {"a", ids{"v", ""}, ids{"v", "s"}, 1},
		"the session":                             {"a", ids{"", "s"}, ids{"v", "s"}, 1},
		"both":                                    {"a", ids{"v", "s"}, ids{"v", "s"}, 1},
		"the visitor, of another consumer":        {"b", ids{"v", ""}, ids{"v", "s"}, 2},
		"the visitor, of nobody else":             {"v", ids{"v", ""}, ids{"v", "s"}, 1},
		"the session, of another consumer":        {"b", ids{"", "s"}, ids{"v", "s"}, 2},
		"both, of another consumer":               {"b", ids{"v", "s"}, ids{"v", "s"}, 1},
		"another visitor":                         {"a", ids{"v2", ""}, ids{"v2", ""}, 2},
		"another session":                         {"a", ids{"", "s2"}, ids{"", "s2"}, 2},
		"another session of the visitor":          {"a", ids{"v", "s2"}, ids{"v", "s2"}, 1},
		"the session of another visitor":          {"a", ids{"v2", "s"}, ids{"v2", "s"}, 1},
		"the session, of somebody who is unknown": {"", ids{"", "s"}, ids{"v", "s"}, 1},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			resource := &countingCache{kept: map[string][]byte{}}
			send(t.Context(), instance(t, resource, "1"), "a", ids{}, "v", "s")
			elsewhere := instance(t, resource, "1")
			resource.gets = 0
			assert.Equal(t, test.sent, send(t.Context(), elsewhere, test.consumer, test.own, "v", "s"))
			assert.Equal(t, test.gets, resource.gets)
			if test.sent == (ids{"v", "s"}) && test.consumer != "" {
				resource.gets = 0
				assert.Equal(t, test.sent, send(t.Context(), elsewhere, test.consumer, test.own, "v", "s"))
				assert.Equal(t, 1, resource.gets, "the consumer has the session now")
			}
		})
	}
}

// A message carries ids that differ from the consumer's session. The consumer's next messages use
// the session of that message. The earlier session still belongs to its visitor.
func TestIDsThatContradictWhatIsRememberedWin(t *testing.T) {
	t.Parallel()
	s := newStore(t, limits)
	send(t.Context(), s, "a", ids{}, "v1", "s1")
	assert.Equal(t, ids{"v2", ""}, send(t.Context(), s, "a", ids{"v2", ""}, "v2", "s2"))
	assert.Equal(t, ids{"v2", "s2"}, send(t.Context(), s, "a", ids{}, "v2", "s2"))
	assert.Equal(t, ids{"v1", "s1"}, send(t.Context(), s, "a", ids{"v1", ""}, "v1", "s1"), "another device")
	assert.Equal(t, ids{"v2", "s2"}, send(t.Context(), s, "a", ids{"v2", ""}, "v2", "s2"), "and the first one again")
	assert.Equal(t, ids{"v1", "s9"}, send(t.Context(), s, "a", ids{"v1", "s9"}, "v1", "s9"))
	assert.Equal(t, ids{"v1", "s9"}, send(t.Context(), s, "b", ids{"v1", ""}, "v1", "s9"))
}

// LivePerson answers an unknown visitor id with another visitor id. If the store forgot the unknown
// id, each message with it would start a visit.
func TestAnIDThatLivePersonReplaces(t *testing.T) {
	t.Parallel()
	for _, own := range []ids{{"gone", ""}, {"", "gone"}} {
		s := newStore(t, limits)
		assert.Equal(t, own, send(t.Context(), s, "a", own, "v", "s"))
		assert.Equal(t, ids{"v", "s"}, send(t.Context(), s, "a", own, "v", "s"))
		assert.Equal(t, ids{"v", "s"}, send(t.Context(), s, "b", own, "v", "s"))
		assert.Equal(t, ids{"v", "s"}, send(t.Context(), s, "a", ids{}, "v", "s"))
		assert.Equal(t, ids{"v", "s"}, send(t.Context(), s, "c", ids{"v", ""}, "v", "s"))
	}
	s := newStore(t, limits)
	whole := ids{"v0", "s0"} // LivePerson may know the pair a moment later
	send(t.Context(), s, "a", whole, "v", "s")
	assert.Equal(t, whole, send(t.Context(), s, "a", whole, "v", "s"))
}

// Messages of one visitor that come at the same time start one visit, also if they name different
// consumers.
func TestTheFirstMessagesOfAVisitorMakeOneVisit(t *testing.T) {
	t.Parallel()
	for _, first := range []ids{{"v", ""}, {}} { // the consumer a brings the visitor id, or has it from an earlier visit
		synctest.Test(t, func(t *testing.T) {
			s := newStore(t, limits)
			send(t.Context(), s, "a", ids{}, "v", "of yesterday")
			time.Sleep(limits.Idle)
			var made []ids
			var mu sync.Mutex
			var all sync.WaitGroup
			for _, message := range []struct {
				consumer string
				own      ids
			}{{"a", first}, {"b", ids{"v", ""}}, {"a", ids{"v", ""}}, {"a", ids{}}, {"v", ids{"v", ""}}, {"c", ids{"v", ""}}} {
				all.Go(func() {
					visit := s.Begin(message.consumer, message.own.VisitorID, message.own.SessionID)
					defer visit.End()
					for wait := visit.Refresh(t.Context()); wait != nil; wait = visit.Refresh(t.Context()) {
						assert.NoError(t, wait(t.Context()))
					}
					if visit.SessionID == "" {
						mu.Lock()
						made = append(made, ids{visit.VisitorID, visit.SessionID})
						mu.Unlock()
						time.Sleep(time.Second) // LivePerson's answer
					}
					visit.Accepted(t.Context(), liveperson.Session{VisitorID: "v", SessionID: "s"})
				})
			}
			all.Wait()
			assert.Equal(t, []ids{{"v", ""}}, made)
			assert.Empty(t, s.running)
		})
	}
}

// A consumer comes back after another consumer of the same visitor has started a session.
func TestAnotherConsumerHasBegunTheVisitorsSession(t *testing.T) {
	t.Parallel()
	for _, own := range []ids{{}, {"v", ""}} {
		synctest.Test(t, func(t *testing.T) {
			s := newStore(t, limits)
			send(t.Context(), s, "a", ids{}, "v", "of yesterday")
			time.Sleep(limits.Idle)
			send(t.Context(), s, "b", ids{"v", ""}, "v", "s")
			assert.Equal(t, ids{"v", "s"}, send(t.Context(), s, "a", own, "v", "s"))
		})
	}
}

// A consumer's id may equal the id of another consumer's visitor.
func TestAVisitorAndAConsumerOfOneName(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newStore(t, limits)
		send(t.Context(), s, "a", ids{}, "v", "s")
		time.Sleep(limits.Idle)
		send(t.Context(), s, "v", ids{}, "x", "sx")
		assert.Equal(t, ids{"v", ""}, send(t.Context(), s, "a", ids{}, "v", "s2"))
	})
}

// LivePerson accepts the ids of the messages. So the session stays in use, with its page id, and other
// messages use it too.
func TestASessionThatItsMessagesKeepAlive(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newStore(t, limits)
		for range 5 {
			send(t.Context(), s, "a", ids{"v", "s"}, "v", "s")
			time.Sleep(2 * time.Hour)
		}
		visit := s.Begin("a", "", "s")
		defer visit.End()
		require.Nil(t, visit.Refresh(t.Context()))
		assert.Equal(t, "p", visit.PageID())
		send(t.Context(), s, "a", ids{"v", "s"}, "v", "s")
		assert.Equal(t, ids{"v", "s"}, send(t.Context(), s, "a", ids{}, "v", "s"))
	})
}

// Only the ids that LivePerson no longer knows are forgotten. A newer session of the visitor stays.
func TestANewerSessionOfTheVisitorIsNotForgotten(t *testing.T) {
	t.Parallel()
	s := newStore(t, limits)
	send(t.Context(), s, "a", ids{}, "v", "s")
	send(t.Context(), s, "b", ids{"v", "s2"}, "v", "s2")
	visit := s.Begin("a", "", "")
	defer visit.End()
	require.Nil(t, visit.Refresh(t.Context()))
	assert.Equal(t, "s", visit.SessionID)
	assert.True(t, visit.Refused(t.Context(), &liveperson.Error{Class: liveperson.ClassNotFound, Status: 404, Code: 39}))
	assert.Zero(t, s.Known(t.Context(), "a"))
	assert.Equal(t, ids{"v", "s2"}, send(t.Context(), s, "c", ids{"v", ""}, "v", "s2"))
}

// The id that a message carried finds the visitor's next session too.
func TestAnIDThatLivePersonReplacesOutlivesTheSession(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newStore(t, limits)
		send(t.Context(), s, "a", ids{"gone", ""}, "v", "s")
		time.Sleep(limits.Idle)
		send(t.Context(), s, "a", ids{}, "v", "s2")
		assert.Equal(t, ids{"v", "s2"}, send(t.Context(), s, "b", ids{"gone", ""}, "v", "s2"))
	})
}

// A loading account returns a visitor id. If another instance has started a session meanwhile, the
// session's ids are used instead.
func TestASessionComesBeforeAHandedVisitorID(t *testing.T) {
	t.Parallel()
	resource := &countingCache{kept: map[string][]byte{}}
	visit := instance(t, resource, "1").Begin("a", "", "")
	defer visit.End()
	require.Nil(t, visit.Refresh(t.Context()))
	visit.Refused(t.Context(), &liveperson.Error{Class: liveperson.ClassLoading, VisitorID: "handed"})
	send(t.Context(), instance(t, resource, "1"), "a", ids{}, "v", "s")
	require.Nil(t, visit.Refresh(t.Context()))
	assert.Equal(t, [2]string{"v", "s"}, [2]string{visit.VisitorID, visit.SessionID})
}

// The first message of a consumer does not wait for messages of other visitors.
func TestOtherVisitorsDoNotWait(t *testing.T) {
	t.Parallel()
	s := newStore(t, limits)
	for _, message := range [][2]string{{"a", "v1"}, {"b", "v2"}, {"c", ""}, {"d", ""}} {
		visit := s.Begin(message[0], message[1], "")
		defer visit.End()
		assert.Nil(t, visit.Refresh(t.Context()))
	}
}

// A session found by its visitor ends at the same time as the same session found by its consumer.
func TestTheSessionOfAVisitorEnds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newStore(t, limits)
		send(t.Context(), s, "a", ids{}, "v", "s")
		for range 17 {
			time.Sleep(20 * time.Minute)
			send(t.Context(), s, "a", ids{}, "v", "s")
		}
		assert.Equal(t, ids{"v", "s"}, send(t.Context(), s, "b", ids{"v", ""}, "v", "s"))
		time.Sleep(20 * time.Minute)
		assert.Equal(t, ids{"v", ""}, send(t.Context(), s, "b", ids{"v", ""}, "v", "s2"), "too old")
		time.Sleep(limits.Idle)
		assert.Equal(t, ids{"v", ""}, send(t.Context(), s, "c", ids{"v", ""}, "v", "s3"), "rested too long")
		time.Sleep(limits.Idle)
		assert.Equal(t, ids{"v", "s3"}, send(t.Context(), s, "d", ids{"", "s3"}, "v", "s3"), "the message tells that it goes on")
	})
}

// The message carries one id, and the store adds the other. LivePerson may have ended that session,
// but may still know the id that the message carries.
func TestWhenThePairIsRefusedTheMessagesOwnIDGoesAlone(t *testing.T) {
	t.Parallel()
	s := newStore(t, limits)
	send(t.Context(), s, "a", ids{}, "v", "s")
	stale := &liveperson.Error{Class: liveperson.ClassNotFound, Status: 404, Code: 39}
	visit := s.Begin("b", "v", "")
	defer visit.End()
	require.Nil(t, visit.Refresh(t.Context()))
	assert.Equal(t, "s", visit.SessionID)
	assert.True(t, visit.Refused(t.Context(), stale))
	require.Nil(t, visit.Refresh(t.Context()))
	assert.Equal(t, [2]string{"v", ""}, [2]string{visit.VisitorID, visit.SessionID})
	assert.True(t, visit.Refused(t.Context(), stale))
	require.Nil(t, visit.Refresh(t.Context()))
	assert.Equal(t, [2]string{"", ""}, [2]string{visit.VisitorID, visit.SessionID})
	assert.False(t, visit.Refused(t.Context(), stale), "there is nothing left to change")
	visit.Accepted(t.Context(), liveperson.Session{VisitorID: "v2", SessionID: "s2"})
	assert.Equal(t, ids{"v2", "s2"}, send(t.Context(), s, "c", ids{"v", ""}, "v2", "s2"))
}

// A visitor id that a loading account returns is used until LivePerson refuses it.
func TestAHandedVisitorIDThatIsRefused(t *testing.T) {
	t.Parallel()
	s := newStore(t, limits)
	visit := s.Begin("a", "", "")
	defer visit.End()
	require.Nil(t, visit.Refresh(t.Context()))
	visit.Refused(t.Context(), &liveperson.Error{Class: liveperson.ClassLoading, VisitorID: "handed"})
	require.Nil(t, visit.Refresh(t.Context()))
	stale := &liveperson.Error{Class: liveperson.ClassNotFound, Status: 404, Code: 37}
	assert.True(t, visit.Refused(t.Context(), stale))
	require.Nil(t, visit.Refresh(t.Context()))
	assert.Empty(t, visit.VisitorID)
	assert.False(t, visit.Refused(t.Context(), stale))
}
