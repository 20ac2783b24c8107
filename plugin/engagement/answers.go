package engagement

import (
	"context"
	"time"

	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/benthos-liveperson/benthos-liveperson/internal/cache"
	"github.com/benthos-liveperson/benthos-liveperson/internal/conversation"
	"github.com/benthos-liveperson/benthos-liveperson/internal/liveperson"
	"github.com/benthos-liveperson/benthos-liveperson/internal/metric"
)

// answers stores LivePerson's answers by subject. A nil *answers stores nothing.
type answers struct {
	kept          *cache.BestEffort[keptAnswer]
	asked         string // the API and the app installation, whose answers are kept apart
	conversations *conversation.Store
	ttl           time.Duration // 0: as long as LivePerson says
	ttlNothing    time.Duration // for not_available; 0: it is not stored
	hits          *service.MetricCounter
}

// keptAnswer is a stored answer. It is valid in its session, until a time, and only while the
// consumer has the same open conversation as when LivePerson was asked, or none if there was none.
type keptAnswer struct {
	Result       result    `json:"result"`
	Until        time.Time `json:"until"`
	Conversation string    `json:"conversation,omitempty"`
}

func newAnswers(c config, mgr *service.Resources) (*answers, error) {
	if c.cache.label == "" {
		return nil, nil
	}
	kept, err := cache.OpenBestEffort[keptAnswer](mgr, cache.Config{
		Field: leFieldCache, Label: c.cache.label,
		Name: "engagement", Account: c.account.AccountID,
		TTL: c.sessions.Lifetime, // an answer is valid no longer than its session
	}, "LivePerson is asked again")
	if err != nil {
		return nil, err
	}
	conversations, err := conversation.Open(c.cache.conversations, mgr, c.account.AccountID)
	if err != nil {
		return nil, err
	}
	return &answers{
		kept: kept, asked: c.api + "\x00" + c.monitoring.AppInstallationID,
		conversations: conversations,
		ttl:           c.cache.ttl, ttlNothing: c.cache.ttlNothing,
		hits: metric.Counter(mgr.Metrics(), "liveperson_offers_remembered"),
	}, nil
}

// get returns the stored answer to a question in a session, if it is still valid.
func (a *answers) get(ctx context.Context, q question, sessionID string) (result, bool) {
	if a == nil || sessionID == "" {
		return result{}, false
	}
	kept := a.kept.Get(ctx, a.id(q))
	if kept.Result.SessionID != sessionID || !time.Now().Before(kept.Until) {
		return result{}, false
	}
	if open, known := a.conversation(ctx, q.consumer); !known || open != kept.Conversation {
		return result{}, false
	}
	a.hits.Incr(1)
	return kept.Result, true
}

func (a *answers) id(q question) string { return a.asked + "\x00" + q.subject() }

// conversation returns the id of the conversation that a consumer has open, or "". known is false
// if the cache failed.
func (a *answers) conversation(ctx context.Context, consumer string) (id string, known bool) {
	c, open, err := a.conversations.Of(ctx, consumer)
	if err != nil || !open {
		return "", err == nil
	}
	return c.ID, true
}

// keeper returns a function that stores the answer to a question for as long as it is valid. Call
// keeper before LivePerson is asked. If a conversation opens during the request, the answer does
// not know of it, and is not stored as valid.
func (a *answers) keeper(ctx context.Context, q question) (keep func(context.Context, result)) {
	if a == nil {
		return func(context.Context, result) {}
	}
	open, known := a.conversation(ctx, q.consumer)
	return func(ctx context.Context, r result) {
		if until := a.validUntil(r); known && !until.IsZero() {
			a.kept.Set(ctx, a.id(q), keptAnswer{Result: r, Until: until, Conversation: open})
		}
	}
}

// validUntil returns the time until which an answer is valid, or zero if it is not stored.
func (a *answers) validUntil(r result) time.Time {
	ttl := a.ttl
	if r.Status == liveperson.NotAvailable {
		if ttl = a.ttlNothing; ttl == 0 {
			return time.Time{}
		}
	}
	set := time.Now().Add(ttl)
	if ttl > 0 && (r.ValidUntil.IsZero() || set.Before(r.ValidUntil)) {
		return set
	}
	return r.ValidUntil
}
