package message

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"sync"
	"time"

	"github.com/benthos-liveperson/benthos-liveperson/internal/conversation"
	"github.com/benthos-liveperson/benthos-liveperson/internal/delivery"
	"github.com/benthos-liveperson/benthos-liveperson/internal/liveperson"
	"github.com/benthos-liveperson/benthos-liveperson/internal/output"
	"github.com/benthos-liveperson/benthos-liveperson/internal/requests"
)

// The values of the field recover.
const (
	recoverWebhook = "webhook"
	recoverREST    = "rest"
	recoverOff     = "off"
)

const (
	// recoverPause is the pause between two looks at the store for a conversation that a
	// notification may name.
	recoverPause = time.Second
	// restPause is the pause between two questions to Messaging Interactions, which shows a
	// conversation up to a minute late.
	restPause = 10 * time.Second
	// maxRecovering is how many consumers may wait for their conversation. Each of them takes one of
	// max_in_flight.
	maxRecovering = 500
)

// expect stores LivePerson's id of a consumer before an opening, so that notifications can name
// the conversation even if the answer gets lost.
func (e *engine) expect(ctx context.Context, consumer string) (participant string, err error) {
	if e.recovery.how == recoverOff {
		return "", nil
	}
	if participant, err = e.connector.Participant(ctx, consumer); err != nil {
		return "", err
	}
	if err := e.store.Expect(ctx, participant, consumer); err != nil {
		return "", liveperson.NotNow(err)
	}
	return participant, nil
}

// lost is an open conversation that the store does not know.
type lost struct {
	job         *job
	participant string // LivePerson's id of the consumer; may be empty
	ended       string // an earlier conversation of the consumer that has ended, or ""
}

// adopt finds the open conversation after LivePerson refused to open another one. It looks at the
// refusal, at LivePerson's answer to an engagement question, at the store, where another instance
// or a notification may have put it, and at Messaging Interactions. It ignores the conversation
// that has ended.
func (e *engine) adopt(ctx context.Context, j *job, ended string, refused error) (none conversation.Conversation, err error) {
	var answer *liveperson.Error
	if !errors.As(refused, &answer) {
		return none, refused
	}
	told, is := answer.AlreadyOpen()
	if !is {
		return none, refused
	}
	l := lost{job: j, participant: answer.RefusedParticipant(), ended: ended}
	if l.participant == "" && e.recovery.how != recoverOff {
		l.participant, _ = e.connector.Participant(ctx, j.consumer) // the opening has just used the token
	}
	found, by, err := e.look(ctx, l)
	if err != nil || by != "" {
		return found, err
	}
	if named := cmp.Or(told, j.offered); named != "" && named != ended {
		return e.recovered("answer", begun(j.consumer, l.participant, named)), nil
	}
	return e.awaitRecovery(ctx, l, refused)
}

func (e *engine) recovered(by string, c conversation.Conversation) conversation.Conversation {
	e.metrics.recovered.Incr(1, by)
	return c
}

// look returns a lost conversation if the store knows it by now. by says how the store learned of
// it, and is empty if the store does not know it.
func (e *engine) look(ctx context.Context, l lost) (c conversation.Conversation, by string, err error) {
	c, known, err := e.known(ctx, l.job.consumer)
	if err != nil || known && c.ID != l.ended {
		return c, "store", err
	}
	if e.recovery.how == recoverOff {
		return c, "", nil
	}
	var id string
	err = persist(ctx, func(ctx context.Context) (err error) {
		id, _, err = e.store.Seen(ctx, l.participant)
		return err
	})
	switch {
	case err != nil:
		return c, "", liveperson.NotNow(err)
	case id == "" || id == l.ended:
		return c, "", nil
	}
	return e.recovered("webhook", begun(l.job.consumer, l.participant, id)), "webhook", nil
}

// ask asks Messaging Interactions for a lost conversation, for restPause at most: a notification may
// name the conversation meanwhile. found is false if LivePerson does not know the conversation.
func (e *engine) ask(ctx context.Context, l lost) (c conversation.Conversation, found bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, restPause)
	defer cancel()
	var ids []string
	err = e.retrier.Do(ctx, l.job.consumer, requests.Request(func(ctx context.Context) (err error) {
		ids, err = e.recovery.interactions.OpenOf(ctx, l.participant)
		return err
	}), nil)
	if err != nil {
		return c, false, err
	}
	for _, id := range ids {
		if id != l.ended {
			return e.recovered("rest", begun(l.job.consumer, l.participant, id)), true, nil
		}
	}
	return c, false, nil
}

// awaitRecovery waits until a lost conversation is found, at most for recover_timeout. If it is not
// found, the texts that wait behind this one fail too.
func (e *engine) awaitRecovery(ctx context.Context, l lost, refused error) (none conversation.Conversation, err error) {
	select {
	case e.recovery.waiting <- struct{}{}:
		defer func() { <-e.recovery.waiting }()
	default:
		return none, fmt.Errorf("%w, which is not in the conversation cache, and %d other consumers wait for theirs already", refused, maxRecovering)
	}
	var askAgain time.Time
	var unanswered error // why Messaging Interactions did not answer
	for n, until := 0, e.recovery.until(l.job); ; n++ {
		if e.recovery.interactions != nil && l.participant != "" && !time.Now().Before(askAgain) {
			askAgain = time.Now().Add(restPause)
			c, found, err := e.ask(ctx, l)
			if found {
				return c, nil
			}
			unanswered = err
		}
		before := recoverPause
		if n < len(freshPauses) {
			before = freshPauses[n]
		}
		if time.Now().Add(before).After(until) {
			e.recovery.given.add(l.job.consumer)
			return none, e.recovery.failed(refused, unanswered)
		}
		if err := delivery.Sleep(ctx, before); err != nil {
			return none, err
		}
		if c, by, err := e.look(ctx, l); err != nil || by != "" {
			return c, err
		}
	}
}

// recovery says how lost conversations are found.
type recovery struct {
	how          string
	timeout      time.Duration
	interactions *liveperson.Interactions // nil: Messaging Interactions is not asked
	waiting      chan struct{}
	given        givenUp
}

func newRecovery(c config) *recovery {
	return &recovery{how: c.recover, timeout: c.recoverTimeout, waiting: make(chan struct{}, maxRecovering)}
}

// elsewhere is how long another instance may take to store a conversation that it has opened. It is
// the sum of freshPauses and a little more.
const elsewhere = 4 * time.Second

// until returns when a message stops waiting for its conversation. A message that was already
// there when the consumer's last recovery failed does not wait again.
func (r *recovery) until(j *job) time.Time {
	switch {
	case r.given.after(j):
		return time.Now()
	case r.how == recoverOff:
		return time.Now().Add(elsewhere)
	}
	return time.Now().Add(max(r.timeout, elsewhere))
}

// givenUp are the times when the last recoveries of consumers failed. The zero value has none.
type givenUp struct {
	mu    sync.Mutex
	times map[string]time.Time
}

// add notes a failure. When there are many, it removes the old ones, because no message that still
// waits is older.
func (g *givenUp) add(consumer string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.times) >= output.MaxQueued {
		maps.DeleteFunc(g.times, func(_ string, at time.Time) bool { return time.Since(at) > time.Hour })
	}
	if g.times == nil || len(g.times) >= output.MaxQueued {
		g.times = map[string]time.Time{}
	}
	g.times[consumer] = time.Now()
}

// after tells whether a recovery of the consumer has failed after the message was read.
func (g *givenUp) after(j *job) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.times[j.consumer].After(j.read)
}

// failed returns the error of a message whose conversation was not found. unanswered says why
// Messaging Interactions did not answer, and is nil if it did.
func (r *recovery) failed(refused, unanswered error) error {
	not := "which is not in the conversation cache"
	switch r.how {
	case recoverWebhook:
		not += fmt.Sprintf(", and no notification has named it within %v", r.timeout)
	case recoverREST:
		not += fmt.Sprintf(", and neither Messaging Interactions nor a notification has named it within %v", r.timeout)
		if unanswered != nil {
			not += fmt.Sprintf(" (Messaging Interactions: %v)", unanswered)
		}
	}
	return fmt.Errorf("%[1]w, %[2]s: share the conversation_cache of the component that opened it, give its id with the message (%[3]s.engagement.conversation_id, with %[3]s.status: %[4]s), or close it at LivePerson", refused, not, memberEngagement, liveperson.InConversation)
}
