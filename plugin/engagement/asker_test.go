package engagement

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/redpanda-data/benthos/v4/public/service"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/benthos-liveperson/benthos-liveperson/internal/liveperson"
	"github.com/benthos-liveperson/benthos-liveperson/internal/session"
)

// server is LivePerson in memory. It answers with each of the errors in turn, and then always with
// the offer. The offer takes a second.
type server struct {
	mu    sync.Mutex
	errs  []error
	offer liveperson.Offer
	start time.Time
	asked []request
	// inFlight counts the requests in flight, and most is its highest value.
	inFlight, most int
}

type request struct {
	at        time.Duration
	visitorID string
	sessionID string
	body      string
}

// connected is the connect function of a service whose host is known.
func connected(context.Context) error { return nil }

func (s *server) answer(ctx context.Context, q liveperson.Question) (liveperson.Offer, error) {
	s.mu.Lock()
	s.asked = append(s.asked, request{time.Since(s.start), q.VisitorID, q.SessionID, string(q.Body)})
	n, offer := len(s.asked), s.offer
	s.inFlight++
	s.most = max(s.most, s.inFlight)
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.inFlight--
	}()
	if n <= len(s.errs) {
		return liveperson.Offer{}, s.errs[n-1]
	}
	select {
	case <-time.After(time.Second):
		return offer, nil
	case <-ctx.Done():
		return liveperson.Offer{}, ctx.Err()
	}
}

func (s *server) update(ctx context.Context, q liveperson.Question) error {
	_, err := s.answer(ctx, q)
	return err
}

func (s *server) times() []time.Duration {
	var times []time.Duration
	for _, r := range s.asked {
		times = append(times, r.at)
	}
	return times
}

// parse reads a configuration of the processor, in YAML.
func parse(t *testing.T, yaml string) config {
	t.Helper()
	parsed, err := spec().ParseYAML("account_id: '12345678'\napp_installation_id: app\n"+yaml, nil)
	require.NoError(t, err)
	c, err := configFromParsed(parsed)
	require.NoError(t, err)
	c.requests.Random = func() float64 { return 0 }
	return c
}

var anOffer = liveperson.Offer{
	Session:    liveperson.Session{VisitorID: "v", SessionID: "s", PageID: "7"},
	Status:     liveperson.Available,
	Engagement: &liveperson.Engagement{CampaignID: "1", EngagementID: "2", ContextID: "1", ValidFor: 15 * time.Minute},
}

// asking returns an asker and its server.
func asking(t *testing.T, yaml string, mgr *service.Resources, errs ...error) (*asker, *server) {
	t.Helper()
	a, err := newAsker(parse(t, yaml), mgr)
	require.NoError(t, err)
	s := &server{errs: errs, offer: anOffer, start: time.Now()}
	a.livePerson = livePerson{connect: connected, ask: s.answer, update: s.update, close: func() {}}
	return a, s
}

func about(consumer string, entryPoints ...any) question {
	return question{consumer: consumer, members: map[string]any{memberEntryPoints: entryPoints}}
}

func loading(visitorID string) error {
	return &liveperson.Error{Class: liveperson.ClassLoading, Status: 500, Code: 20, VisitorID: visitorID}
}

func TestEachAPIHasItsPauses(t *testing.T) {
	t.Parallel()
	down := func() error { return &liveperson.Error{Class: liveperson.ClassServer, Status: 503} }
	tests := map[string]struct {
		yaml  string
		times []time.Duration
	}{
		"monitoring":     {"", []time.Duration{0, 3 * time.Second, 13 * time.Second, 43 * time.Second, 133 * time.Second}},
		"app_engagement": {"api: app_engagement", []time.Duration{0, 5 * time.Second, 15 * time.Second, 30 * time.Second}},
		"set":            {"retry_pauses: [1s]", []time.Duration{0, time.Second}},
		"none":           {"retry_pauses: []", []time.Duration{0}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				a, s := asking(t, test.yaml, service.MockResources(), down(), down(), down(), down(), down())
				_, err := a.ask(t.Context(), about("c"))
				var e *liveperson.Error
				require.ErrorAs(t, err, &e)
				assert.Equal(t, len(test.times), e.Attempts)
				assert.Equal(t, test.times, s.times())
			})
		})
	}
}

func TestALoadingAccountsVisitorIDGoesWithTheNextAttempt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a, s := asking(t, "api: app_engagement", service.MockResources(), loading("myVisitorId"), loading(""))
		r, err := a.ask(t.Context(), about("c"))
		require.NoError(t, err)
		assert.Equal(t, "s", r.SessionID)
		var ids []string
		for _, r := range s.asked {
			ids = append(ids, r.visitorID)
		}
		assert.Equal(t, []string{"", "myVisitorId", "myVisitorId"}, ids)
	})
}

func TestADomainThatCannotBeFound(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a, s := asking(t, "retry_pauses: [1s]", service.MockResources())
		a.livePerson.connect = func(context.Context) error {
			return fmt.Errorf("resolving monitoring_domain: %w", &liveperson.Error{Class: liveperson.ClassServer, Status: 503})
		}
		_, err := a.ask(t.Context(), about("c"))
		assert.Regexp(t, "^class=server status=503 code=0 attempts=2: ", err.Error())
		assert.Empty(t, s.asked)
	})
}

func TestWhatLivePersonRefusesIsAskedOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		for _, class := range []liveperson.Class{liveperson.ClassInvalid, liveperson.ClassUnauthorised, liveperson.ClassNotFound} {
			a, s := asking(t, "", service.MockResources(), &liveperson.Error{Class: class, Status: 400})
			_, err := a.ask(t.Context(), about("c"))
			assert.Equal(t, class, liveperson.ClassOf(err))
			assert.Len(t, s.asked, 1)
		}
	})
}

// Questions use the session of liveperson_report.
func TestAnEngagementAndReportsShareASession(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		mgr := service.MockResources()
		a, s := asking(t, "", mgr)
		reports, err := session.Open(parse(t, "").sessions, mgr, "12345678")
		require.NoError(t, err)
		reports.Keep(t.Context(), "known", session.Session{}, "v1", "s1", "p1")

		_, err = a.ask(t.Context(), about("known"))
		require.NoError(t, err)
		assert.Equal(t, request{0, "v1", "s1", `{"entryPoints":null}`}, s.asked[0])

		_, err = a.ask(t.Context(), about("new"))
		require.NoError(t, err)
		assert.Equal(t, "s", reports.Known(t.Context(), "new").SessionID)
		assert.Equal(t, "7", reports.Known(t.Context(), "new").PageID)

		own := about("known")
		own.ownVisitorID, own.ownSessionID = "v2", "s2"
		_, err = a.ask(t.Context(), own)
		require.NoError(t, err)
		assert.Equal(t, "s2", s.asked[2].sessionID, "the message's own ids win")
	})
}

// A report that starts the consumer's session waits for the end of an outage. A question waits for
// the session for a limited time only.
func TestAQuestionDoesNotWaitForAReportThatWaits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		mgr := service.MockResources()
		a, s := asking(t, "", mgr)
		reports, err := session.Open(parse(t, "").sessions, mgr, "12345678")
		require.NoError(t, err)
		report := reports.Begin("c", "", "")
		require.Nil(t, report.Refresh(t.Context()))
		time.AfterFunc(time.Hour, report.End)

		_, err = a.ask(t.Context(), about("c"))
		require.NoError(t, err)
		assert.Equal(t, []time.Duration{patience}, s.times())
		assert.Equal(t, "s", a.sessions.Known(t.Context(), "c").SessionID)
	})
}

func TestIDsThatLivePersonDoesNotKnowAreLeftOut(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		stale := &liveperson.Error{Class: liveperson.ClassNotFound, Status: 404, Code: 39}
		a, s := asking(t, "", service.MockResources(), stale)
		a.sessions.Keep(t.Context(), "c", session.Session{}, "v1", "s1", "p1")
		_, err := a.ask(t.Context(), about("c"))
		require.NoError(t, err)
		assert.Equal(t, []string{"s1", ""}, []string{s.asked[0].sessionID, s.asked[1].sessionID})
		assert.Equal(t, "s", a.sessions.Known(t.Context(), "c").SessionID)
	})
}
