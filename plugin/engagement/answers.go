package engagement

import (
	"context"
	"strings"
	"time"

	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/benthos-liveperson/benthos-liveperson/internal/cache"
	"github.com/benthos-liveperson/benthos-liveperson/internal/metric"
)

// answers remembers what LivePerson has answered, by subject. A nil one remembers
// nothing.
type answers struct {
	kept *cache.BestEffort[keptAnswer]
	ttl  time.Duration // 0: as LivePerson says
	hits *service.MetricCounter
}

// keptAnswer is one that holds until a time, in the session that it was given in.
type keptAnswer struct {
	Result result    `json:"result"`
	Until  time.Time `json:"until"`
}

func newAnswers(c config, mgr *service.Resources) (*answers, error) {
	if c.cache == "" {
		return nil, nil
	}
	kept, err := cache.OpenBestEffort[keptAnswer](mgr, cache.Config{
		Field: leFieldCache, Label: c.cache,
		Name:    "engagement",
		Account: strings.Join([]string{c.account.AccountID, c.api, c.monitoring.AppInstallationID}, ":"),
		TTL:     c.sessions.Lifetime, // no answer outlives its session
	}, "LivePerson is asked again")
	if err != nil {
		return nil, err
	}
	return &answers{kept: kept, ttl: c.cacheTTL, hits: metric.Counter(mgr.Metrics(), "liveperson_offers_remembered")}, nil
}

// get gives the answer for a subject's session, if there is one that still holds.
func (a *answers) get(ctx context.Context, subject, sessionID string) (result, bool) {
	if a == nil || sessionID == "" {
		return result{}, false
	}
	kept := a.kept.Get(ctx, subject)
	if kept.Result.SessionID != sessionID || !time.Now().Before(kept.Until) {
		return result{}, false
	}
	a.hits.Incr(1)
	return kept.Result, true
}

// keep remembers an answer for as long as it holds.
func (a *answers) keep(ctx context.Context, subject string, r result) {
	if a == nil {
		return
	}
	until := r.ValidUntil
	if set := time.Now().Add(a.ttl); a.ttl > 0 && (until.IsZero() || set.Before(until)) {
		until = set
	}
	if !until.IsZero() {
		a.kept.Set(ctx, subject, keptAnswer{Result: r, Until: until})
	}
}
