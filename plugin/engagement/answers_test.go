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

func TestNothingIsRememberedOfSomebodyUnknown(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a, s := asking(t, "cache: offers", service.MockResources(service.MockResourcesOptAddCache("offers")))
		for range 2 {
			_, err := a.ask(t.Context(), about(""))
			require.NoError(t, err)
		}
		assert.Equal(t, []string{"", ""}, []string{s.asked[0].sessionID, s.asked[1].sessionID}, "two people, for all that is known")
		assert.Zero(t, a.sessions.Known(t.Context(), ""))
	})
}

// Visitors without an id share no answers, and neither do two sessions.
func TestNothingIsSharedByThoseWhoMayDiffer(t *testing.T) {
	t.Parallel()
	with := func(visitorID, sessionID string) question {
		q := about("c")
		q.ownVisitorID, q.ownSessionID = visitorID, sessionID
		return q
	}
	noSession := liveperson.Offer{Status: liveperson.NotAvailable}
	tests := map[string]struct {
		yaml  string
		asks  []question
		offer liveperson.Offer
	}{
		"unknown people":             {"", []question{about(""), about("")}, anOffer},
		"unknown people and a cache": {"cache: offers", []question{about(""), about("")}, anOffer},
		"two sessions of one":        {"cache: offers", []question{with("v1", "s1"), with("v2", "s2")}, anOffer},
		"a visitor without session":  {"cache: offers", []question{about("c"), with("v2", "")}, anOffer},
		"no session in the answer":   {"cache: offers\ncache_ttl: 1m", []question{with("v1", ""), with("v2", "")}, noSession},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, together := range []bool{true, false} {
				synctest.Test(t, func(t *testing.T) {
					a, s := asking(t, test.yaml, service.MockResources(service.MockResourcesOptAddCache("offers")))
					s.offer = test.offer
					var all sync.WaitGroup
					for _, q := range test.asks {
						all.Go(func() {
							_, err := a.ask(t.Context(), q)
							assert.NoError(t, err)
						})
						if !together {
							all.Wait()
						}
					}
					all.Wait()
					assert.Len(t, s.asked, 2)
				})
			}
		})
	}
}

func TestThoseWhoAskTheSameShareAnAnswer(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		yaml  string
		calls int
	}{
		"the same question":                          {"", 3},
		"any question, where answers are remembered": {"cache: offers", 1},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				a, s := asking(t, test.yaml, service.MockResources(service.MockResourcesOptAddCache("offers")))
				var all sync.WaitGroup
				for i := range 60 {
					all.Go(func() {
						r, err := a.ask(t.Context(), about("c", fmt.Sprintf("https://a/%d", i%3)))
						assert.NoError(t, err)
						assert.Equal(t, "s", r.SessionID)
					})
				}
				all.Wait()
				assert.Len(t, s.asked, test.calls)
			})
		})
	}
}

func TestAnswersAreRememberedAsLongAsTheyHold(t *testing.T) {
	t.Parallel()
	nothing := liveperson.Offer{Session: anOffer.Session, Status: liveperson.NotAvailable}
	tests := map[string]struct {
		yaml   string
		offer  liveperson.Offer
		after  time.Duration
		change func(*asker)
		calls  int
	}{
		"as long as LivePerson says":             {"cache: offers", anOffer, 14 * time.Minute, nil, 1},
		"and no longer":                          {"cache: offers", anOffer, 15 * time.Minute, nil, 2},
		"a set time":                             {"cache: offers\ncache_ttl: 1m", anOffer, 59 * time.Second, nil, 1},
		"no longer than the set time":            {"cache: offers\ncache_ttl: 1m", anOffer, time.Minute, nil, 2},
		"nor than LivePerson says":               {"cache: offers\ncache_ttl: 1h", anOffer, 15 * time.Minute, nil, 2},
		"nothing on offer":                       {"cache: offers", nothing, 0, nil, 2},
		"nothing on offer, for a time of offers": {"cache: offers\ncache_ttl: 1m", nothing, 0, nil, 2},
		"nothing on offer, for a set time":       {"cache: offers\ncache_ttl: 1m\ncache_ttl_not_available: 2s", nothing, time.Second, nil, 1},
		"and no longer than that":                {"cache: offers\ncache_ttl: 1m\ncache_ttl_not_available: 2s", nothing, 2 * time.Second, nil, 2},
		"an offer, not for that time":            {"cache: offers\ncache_ttl: 1m\ncache_ttl_not_available: 2s", anOffer, 2 * time.Second, nil, 1},
		"without a cache":                        {"", anOffer, 0, nil, 2},
		"in another session": {"cache: offers", anOffer, 0, func(a *asker) {
			a.sessions.Keep(context.Background(), "c", session.Session{}, "v", "other", "p")
		}, 2},
		"when the session is forgotten": {"cache: offers", anOffer, 0, func(a *asker) { a.sessions.Forget(context.Background(), "c") }, 2},
		"when the session has rested":   {"cache: offers\nsession_idle: 5m", anOffer, 5 * time.Minute, nil, 2},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				a, s := asking(t, test.yaml, service.MockResources(service.MockResourcesOptAddCache("offers")))
				s.offer = test.offer
				first, err := a.ask(t.Context(), about("c"))
				require.NoError(t, err)
				time.Sleep(test.after)
				if test.change != nil {
					test.change(a)
				}
				second, err := a.ask(t.Context(), about("c"))
				require.NoError(t, err)
				assert.Len(t, s.asked, test.calls)
				assert.Equal(t, first.Status, second.Status)
				assert.Equal(t, first.SessionID, second.SessionID)
			})
		})
	}
}

// Two processors that share a cache share an answer only if LivePerson would give both the
// same one.
func TestAnswersAreOfWhatWasAsked(t *testing.T) {
	t.Parallel()
	const one = "cache: offers\n"
	tests := map[string]struct {
		account, other string // settings of the second processor
		appType        string // of the second processor's question
		calls          int
	}{
		"the same":          {"account_id: '12345678'\napp_installation_id: app\n", "", "", 0},
		"another account":   {"account_id: '87654321'\napp_installation_id: app\n", "", "", 1},
		"another app":       {"account_id: '12345678'\napp_installation_id: other\n", "", "", 1},
		"another API":       {"account_id: '12345678'\napp_installation_id: app\n", "api: app_engagement\n", "", 1},
		"another type":      {"account_id: '12345678'\napp_installation_id: app\n", "", "MSDK", 1},
		"another's session": {"account_id: '12345678'\napp_installation_id: app\n", "session_cache: sessions\n", "", 1},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				mgr := service.MockResources(service.MockResourcesOptAddCache("offers"), service.MockResourcesOptAddCache("sessions"))
				first, _ := asking(t, one, mgr)
				_, err := first.ask(t.Context(), about("c"))
				require.NoError(t, err)

				parsed, err := spec().ParseYAML(test.account+one+test.other, nil)
				require.NoError(t, err)
				c, err := configFromParsed(parsed)
				require.NoError(t, err)
				second, err := newAsker(c, mgr)
				require.NoError(t, err)
				s := &server{offer: anOffer}
				second.livePerson = livePerson{connect: connected, ask: s.answer}
				second.sessions.Keep(t.Context(), "c", session.Session{}, "v", "s", "7") // two accounts may have the same ids
				if test.other == "session_cache: sessions\n" {
					second.sessions.Forget(t.Context(), "c")
				}
				q := about("c")
				if test.appType != "" {
					q.said[memberAppType] = test.appType
				}
				_, err = second.ask(t.Context(), q)
				require.NoError(t, err)
				assert.Len(t, s.asked, test.calls)
			})
		})
	}
}
