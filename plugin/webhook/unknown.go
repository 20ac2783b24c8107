package webhook

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"

	"github.com/benthos-liveperson/benthos-liveperson/internal/conversation"
)

// While this app opens a conversation, LivePerson may notify about it before it has answered the
// opening. So an unknown conversation waits for the openings in flight, at most heldFor after its
// first notification.
const (
	heldFor = 30 * time.Second
	// maxStrangers is how many conversations are remembered as not this app's, in some 20 MB at most.
	maxStrangers = 100_000
)

var errOpening = errors.New("an opening is in flight, and the conversation may be the one that it opens")

// strangers are the unknown conversations. They are safe for concurrent use.
type strangers struct {
	mu    sync.Mutex
	until *simplelru.LRU[string, time.Time] // when a conversation is no longer held; zero: it is not
}

func newStrangers() *strangers {
	until, err := simplelru.NewLRU[string, time.Time](maxStrangers, nil)
	if err != nil { // only if the size is less than one
		panic(err)
	}
	return &strangers{until: until}
}

// mayWait says whether a conversation may be the one that is being opened.
func (s *strangers) mayWait(conversationID string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	until, found := s.until.Get(conversationID)
	if !found {
		until = time.Now().Add(heldFor)
		s.until.Add(conversationID, until)
	}
	return time.Now().Before(until)
}

// settle says that a conversation is not this app's.
func (s *strangers) settle(conversationID string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.until.Add(conversationID, time.Time{})
}

// whose returns the conversation of a change. If the store does not know the conversation, it may
// learn the conversation from the change. wanted says that the change is passed on if the
// conversation is known.
func (r *receiver) whose(ctx context.Context, c change, wanted bool) (conversation.Conversation, bool, error) {
	found, known, err := r.conversations.By(ctx, c.conversationID)
	if err != nil || known {
		r.ids.compare(r, found, c)
		return found, known, err
	}
	if c.participant != "" && c.conversationID != "" {
		told := conversation.Conversation{ID: c.conversationID, DialogID: c.currentDialog(), Participant: c.participant, Opened: time.Now().UTC()}
		found, known, err = r.conversations.Learn(ctx, told, c.closed)
		if known {
			r.metrics.recovered.Incr(1, "webhook")
		}
		if err != nil || known {
			return found, known, err
		}
	}
	if !wanted {
		return found, false, nil
	}
	return r.await(ctx, c)
}

// currentDialog is the dialog that a conversation's messages go to.
func (c change) currentDialog() string {
	if c.survey != "" {
		return c.survey
	}
	return c.conversationID
}

// await waits for the openings in flight, one of which may open the conversation of a change.
func (r *receiver) await(ctx context.Context, c change) (found conversation.Conversation, known bool, err error) {
	if c.participant != "" && c.eventType == conversationChange && r.ids.agree.Load() {
		r.strangers.settle(c.conversationID) // Learn would have known the consumer of an opening
		return found, false, nil
	}
	if !r.strangers.mayWait(c.conversationID) {
		return found, false, nil
	}
	waited, err := r.conversations.AwaitOpenings(ctx)
	switch {
	case err != nil:
		return found, false, errOpening
	case waited:
		found, known, err = r.conversations.By(ctx, c.conversationID)
	}
	if err == nil && !known {
		r.strangers.settle(c.conversationID)
	}
	return found, known, err
}

// participantIDs says whether LivePerson's id of a consumer is the same in consumer tokens and in
// notifications. Conversations can be learned from notifications only if it is.
type participantIDs struct {
	agree  atomic.Bool
	warned sync.Once
}

// compare compares the two ids of a conversation that this app has opened.
func (p *participantIDs) compare(r *receiver, known conversation.Conversation, c change) {
	switch {
	case known.Participant == "" || c.participant == "":
	case known.Participant == c.participant:
		p.agree.Store(true)
	default:
		p.agree.Store(false)
		p.warned.Do(func() {
			r.log.Warn("LivePerson's id of a consumer differs between the consumer token and a notification, so a lost conversation can't be recovered from notifications: set recover of liveperson_message to rest or off")
		})
	}
}
