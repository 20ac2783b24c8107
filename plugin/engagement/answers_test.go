package engagement

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	_ "github.com/redpanda-data/benthos/v4/public/components/io" // the file cache
	"github.com/redpanda-data/benthos/v4/public/service"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/benthos-liveperson/benthos-liveperson/internal/conversation"
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

// Visitors without an id do not share answers. Two sessions do not share answers either.
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

// The file cache makes files of keys, and Windows allows no colon in their names.
func TestStoredAnswersHaveNamesOfFiles(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	builder := service.NewResourceBuilder()
	builder.SetLogger(slog.New(slog.DiscardHandler))
	require.NoError(t, builder.AddCacheYAML("label: offers\nfile: {directory: '"+folder+"'}"))
	mgr, stop, err := builder.Build()
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, stop(context.Background())) })
	for _, yaml := range []string{"cache: offers\nsession_cache: offers\nconversation_cache: offers", "cache: offers\napi: app_engagement"} {
		a, s := asking(t, yaml, mgr)
		for range 2 {
			_, err = a.ask(t.Context(), about("c:1"))
			require.NoError(t, err)
		}
		assert.Len(t, s.asked, 1, "the answer is stored, but not for the other API")
	}
	files, err := os.ReadDir(folder)
	require.NoError(t, err)
	assert.GreaterOrEqual(t, len(files), 3)
	for _, file := range files {
		assert.Regexp(t, `^liveperson-[0-9A-Za-z-]+$`, file.Name())
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

// liveperson_message opens conversations, and liveperson_webhook sees their end.
func TestAnAnswerIsDroppedWhenAConversationOpensOrEnds(t *testing.T) {
	t.Parallel()
	for _, shared := range []string{"", "\nconversation_cache: conversations"} {
		synctest.Test(t, func(t *testing.T) {
			ctx := t.Context()
			mgr := service.MockResources(service.MockResourcesOptAddCache("offers"), service.MockResourcesOptAddCache("conversations"))
			a, s := asking(t, "cache: offers\ncache_ttl: 1h"+shared, mgr)
			conversations, err := conversation.Open(strings.TrimPrefix(shared, "\nconversation_cache: "), mgr, "12345678")
			require.NoError(t, err)
			calls := func() int {
				for range 2 {
					_, err := a.ask(ctx, about("c-1"))
					require.NoError(t, err)
				}
				return len(s.asked)
			}
			assert.Equal(t, 1, calls())
			require.NoError(t, conversations.Keep(ctx, conversation.Conversation{ID: "conv-2", Consumer: "c-2"}))
			assert.Equal(t, 1, calls(), "another consumer's")
			require.NoError(t, conversations.Keep(ctx, conversation.Conversation{ID: "conv-1", Consumer: "c-1"}))
			assert.Equal(t, 2, calls(), "it has opened")
			require.NoError(t, conversations.Close(ctx, "conv-1"))
			assert.Equal(t, 3, calls(), "it has ended")
			require.NoError(t, conversations.Keep(ctx, conversation.Conversation{ID: "conv-3", Consumer: "c-1"}))
			assert.Equal(t, 4, calls(), "another one has opened")
		})
	}
}

// If a conversation opens during the request, the answer does not know of it and must not be given
// again.
func TestAConversationThatOpensDuringTheRequest(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		mgr := service.MockResources(service.MockResourcesOptAddCache("offers"))
		a, s := asking(t, "cache: offers\ncache_ttl: 1h", mgr)
		conversations, err := conversation.Open("", mgr, "12345678")
		require.NoError(t, err)
		time.AfterFunc(500*time.Millisecond, func() {
			assert.NoError(t, conversations.Keep(context.Background(), conversation.Conversation{ID: "conv-1", Consumer: "c-1"}))
		})
		for range 2 {
			_, err := a.ask(t.Context(), about("c-1"))
			require.NoError(t, err)
		}
		assert.Len(t, s.asked, 2)
	})
}

// The cart grows from 10 to 150. The answer for the cart of 10 must not be given again.
func TestPartsOfTheQuestionInTheKey(t *testing.T) {
	t.Parallel()
	const stored = "cache: offers\ncache_ttl: 1m\nrequest_map: 'root.consumerId = this.who'\nresult_map: root.status = this.status\n"
	tests := map[string]struct {
		yaml  string
		calls int
	}{
		"whatever the attributes are": {stored, 1},
		"with a part of the message":  {stored + "cache_key: '${! json(\"total\") >= 100 }'\n", 2},
		"together, in a batch":        {stored + "cache_key: '${! json(\"total\").from(0) }'\n", 2},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c := parse(t, test.yaml)
				p, err := newProcessor(c, service.MockResources(service.MockResourcesOptAddCache("offers")))
				require.NoError(t, err)
				s := &server{offer: anOffer, start: time.Now()}
				p.asker.livePerson = livePerson{connect: connected, ask: s.answer, close: func() {}}
				for _, total := range []string{"10", "150", "10", "150"} {
					for _, msg := range process(t, p, `{"who":"c-1","total":`+total+`}`) {
						require.NoError(t, msg.GetError())
					}
				}
				assert.Len(t, s.asked, test.calls)
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
		appType        string // the appType of the second processor's question
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
					q.members[memberAppType] = test.appType
				}
				_, err = second.ask(t.Context(), q)
				require.NoError(t, err)
				assert.Len(t, s.asked, test.calls)
			})
		})
	}
}
