package report

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/redpanda-data/benthos/v4/public/service"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/benthos-liveperson/benthos-liveperson/internal/output/outputtest"
)

// deduped returns an output that recognises repetitions and never retries a request.
func deduped(t *testing.T, mgr *service.Resources, yaml string, script ...string) (*reportOutput, *livePerson) {
	t.Helper()
	server := &livePerson{script: script, start: time.Now()}
	return outputAt(t, server, mgr, "retry_pauses: []\nordering: none\n"+yaml, exact), server
}

// order returns a report with the given attributes: "order ID" is a purchase, any other text is the
// type of an attribute, such as lead.
func order(consumer string, attributes ...string) string {
	for i, a := range attributes {
		if id, isOrder := strings.CutPrefix(a, "order "); isOrder {
			attributes[i] = fmt.Sprintf(`{"type":"purchase","orderId":%q}`, id)
		} else {
			attributes[i] = fmt.Sprintf(`{"type":%q}`, a)
		}
	}
	return fmt.Sprintf(`{"consumerId":%q,"engagementAttributes":[%s],"entryPoints":["https://shop.example.com/thanks"]}`, consumer, strings.Join(attributes, ","))
}

func TestRepetitionsAreNotSent(t *testing.T) {
	t.Parallel()
	type step struct {
		wait   time.Duration // the pause before the step
		report string
		event  string // the id of the event
		answer string // LivePerson's answer; empty: no request is expected
		sent   string // the expected request; empty: the report as it is
		fails  bool
	}
	tests := []struct {
		name   string
		dedupe string
		steps  []step
	}{
		{
			name: "off: all is sent", dedupe: dedupeOff,
			steps: []step{
				{report: order("c", "order 1"), event: "e1", answer: acceptedKnown},
				{report: order("c", "order 1"), event: "e1", answer: acceptedKnown},
			},
		}, {
			name: "an order that comes again", dedupe: dedupePurchases,
			steps: []step{
				{report: order("c", "order 1"), event: "e1", answer: acceptedKnown},
				{report: order("c", "order 1"), event: "e2"},
				{report: order("c", "order 2"), event: "e1", answer: acceptedKnown},
			},
		}, {
			name: "of another consumer", dedupe: dedupePurchases,
			steps: []step{
				{report: order("c", "order 1"), answer: acceptedKnown},
				{report: order("d", "order 1")},
			},
		}, {
			name: "what comes with a repeated order is sent", dedupe: dedupePurchases,
			steps: []step{
				{report: order("c", "order 1"), answer: acceptedKnown},
				{report: order("c", "lead", "order 1", "cart"), answer: acceptedKnown, sent: order("c", "lead", "cart")},
				{report: order("c", "order 1", "order 2"), answer: acceptedKnown, sent: order("c", "order 2")},
				{report: order("c", "order 1", "order 2")},
			},
		}, {
			name: "an order twice in one report", dedupe: dedupePurchases,
			steps: []step{
				{report: order("c", "order 1", "order 1"), answer: acceptedKnown, sent: order("c", "order 1")},
			},
		}, {
			name: "as text and as number", dedupe: dedupePurchases,
			steps: []step{
				{report: order("c", "order 2103807459595387724"), answer: acceptedKnown},
				{report: `{"consumerId":"c","engagementAttributes":[{"type":"purchase","orderId":2103807459595387724}]}`},
				{report: `{"consumerId":"c","engagementAttributes":[{"type":"purchase","orderId":2103807459595387725}]}`, answer: acceptedKnown},
			},
		}, {
			name: "purchases without an order id, and other attributes, are not told apart", dedupe: dedupeEvents,
			steps: []step{
				{report: aReport, answer: acceptedKnown},
				{report: aReport, answer: acceptedKnown},
				{report: order("c", "order "), answer: acceptedKnown},
				{report: order("c", "order "), answer: acceptedKnown},
				{report: `{"consumerId":"c","engagementAttributes":[{"type":"purchase","orderId":null},{"type":"lead","orderId":"1"}]}`, answer: acceptedKnown},
				{report: `{"consumerId":"c","engagementAttributes":[{"type":"purchase","orderId":null},{"type":"lead","orderId":"1"}]}`, answer: acceptedKnown},
			},
		}, {
			name: "an event that comes again", dedupe: dedupeEvents,
			steps: []step{
				{report: order("c", "lead"), event: "e1", answer: acceptedKnown},
				{report: order("c", "lead"), event: "e1"},
				{report: order("c", "lead"), event: "e2", answer: acceptedKnown},
				{report: order("d", "lead"), event: "e1", answer: acceptedKnown},
				{report: order("c", "lead"), answer: acceptedKnown},
			},
		}, {
			name: "purchases are recognised beside events", dedupe: dedupeEvents,
			steps: []step{
				{report: order("c", "order 1"), event: "e1", answer: acceptedKnown},
				{report: order("c", "order 1"), event: "e2"},
				{report: order("c", "order 1", "lead"), event: "e3", answer: acceptedKnown, sent: order("c", "lead")},
				{report: order("c", "order 1", "lead"), event: "e3"},
			},
		}, {
			name: "an order id is no event id", dedupe: dedupeEvents,
			steps: []step{
				{report: order("c", "lead"), event: "1", answer: acceptedKnown},
				{report: order("c", "order 1"), answer: acceptedKnown},
			},
		}, {
			name: "what failed is sent when it comes again", dedupe: dedupeEvents,
			steps: []step{
				{report: order("c", "order 1"), event: "e1", answer: serverError, fails: true},
				{report: order("c", "order 1"), event: "e1", answer: "reset", fails: true},
				{report: order("c", "order 1"), event: "e1", answer: loadingVersion2, fails: true},
				{report: order("c", "order 1"), event: "e1", answer: noConsumer, fails: true},
				{report: order("c", "order 1"), event: "e1", answer: acceptedKnown},
				{report: order("c", "order 1"), event: "e1"},
			},
		}, {
			name: "the window", dedupe: dedupeEvents,
			steps: []step{
				{report: order("c", "order 1"), event: "e1", answer: acceptedKnown},
				{wait: 23*time.Hour + 59*time.Minute, report: order("c", "order 1"), event: "e1"},
				{wait: time.Minute, report: order("c", "order 1"), event: "e1", answer: acceptedKnown},
				{wait: 23 * time.Hour, report: order("c", "order 1"), event: "e1"},
			},
		},
	}
	for _, test := range tests {
		for _, where := range []string{"", "orders"} {
			t.Run(test.name+map[string]string{"": ", in this process", "orders": ", in a cache"}[where], func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					yaml := fmt.Sprintf("dedupe: %q\ndedupe_cache: %q", test.dedupe, where)
					out, server := deduped(t, service.MockResources(service.MockResourcesOptAddCache("orders")), yaml)
					for i, s := range test.steps {
						time.Sleep(s.wait)
						server.requests, server.script = nil, []string{s.answer}
						msg := message(s.report)
						if s.event != "" {
							msg.MetaSet(metaEventID, s.event)
						}
						err := out.WriteBatch(t.Context(), service.MessageBatch{msg})
						assert.Equal(t, s.fails, err != nil, "step %d: %v", i, err)
						if s.answer == "" {
							assert.Empty(t, server.requests, "step %d", i)
							continue
						}
						if assert.Len(t, server.requests, 1, "step %d", i) {
							want := s.sent
							if want == "" {
								want = s.report
							}
							assert.JSONEq(t, want, server.requests[0].body, "step %d", i)
						}
						content, err := msg.AsBytes()
						require.NoError(t, err)
						assert.Equal(t, s.report, string(content), "the message stays as it is")
					}
				})
			})
		}
	}
}

// purchase returns a message with a purchase, which shop lists as "order ID" when it accepts it,
// and with leads.
func purchase(consumer, orderID string, leads ...string) *service.Message {
	attributes := []string{fmt.Sprintf(`{"type":"purchase","orderId":%q,"lead":{"leadId":%q}}`, orderID, "order "+orderID)}
	for _, id := range leads {
		attributes = append(attributes, fmt.Sprintf(`{"type":"lead","lead":{"leadId":%q}}`, id))
	}
	return message(fmt.Sprintf(`{"consumerId":%q,"engagementAttributes":[%s]}`, consumer, strings.Join(attributes, ",")))
}

func lead(consumer, id string) *service.Message {
	return message(fmt.Sprintf(`{"consumerId":%q,"engagementAttributes":[{"type":"lead","lead":{"leadId":%q}}]}`, consumer, id))
}

// Copies of an order with different anonymous ids are on their way together. After LivePerson
// accepts one, no other is sent.
func TestCopiesThatGoTogether(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name     string
		script   []string
		requests int
		failed   int
	}{
		{name: "accepted", requests: 1},
		{name: "accepted after repetitions", script: []string{"503", "429", "reset"}, requests: 4},
		{name: "the first two refused", script: []string{"400", "400"}, requests: 3, failed: 2},
	}
	for _, test := range tests {
		for _, ordering := range []string{orderingConsumer, orderingNone} {
			t.Run(fmt.Sprintf("%s, ordering: %s", test.name, ordering), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					s := &shop{scripts: map[string][]string{"order 1": test.script}, accepted: map[string][]string{}}
					out := newShop(t, s, "dedupe: purchases\nordering: "+ordering, countsAttempts)
					var batch service.MessageBatch
					for i := range 50 {
						batch = append(batch, purchase(fmt.Sprint("c", i%10), "1"))
					}
					index := batch.Index()
					failed := 0
					if err := out.WriteBatch(t.Context(), batch); err != nil {
						var each *service.BatchError
						require.ErrorAs(t, err, &each)
						each.WalkMessagesIndexedBy(index, func(_ int, _ *service.Message, err error) bool {
							if err != nil {
								failed++
							}
							return true
						})
					}
					assert.Equal(t, test.failed, failed)
					assert.Equal(t, test.requests, s.requests)
					assert.Equal(t, 1, total(s.accepted))
				})
			})
		}
	}
}

func total(lists map[string][]string) (n int) {
	for _, list := range lists {
		n += len(list)
	}
	return n
}

func TestAWaitingCopyStopsWithItsContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &shop{scripts: map[string][]string{"order 1": {"503"}}, accepted: map[string][]string{}}
		out := newShop(t, s, "dedupe: purchases", countsAttempts)
		var first sync.WaitGroup
		first.Go(func() { assert.NoError(t, out.WriteBatch(t.Context(), service.MessageBatch{purchase("c", "1")})) })
		synctest.Wait()

		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		err := out.WriteBatch(ctx, service.MessageBatch{purchase("d", "1")})
		require.ErrorIs(t, err, context.DeadlineExceeded, "LivePerson has not accepted it yet")
		first.Wait()
		assert.Equal(t, map[string][]string{"c": {"order 1"}}, s.accepted)
	})
}

// Repetitions are removed before reports are merged. The events of a merged report are remembered
// when LivePerson accepts it. If LivePerson refuses it, each event is remembered when it is
// accepted alone.
func TestRepetitionsAmongWhatIsMerged(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name     string
		scripts  map[string][]string
		accepted []string
		requests int
	}{
		{
			name:     "accepted",
			accepted: []string{"before", "order 1", "order 2", "a", "order 3", "b", "c"},
			requests: 4, // before | 1, 2, a | 3, b | c
		}, {
			name:     "one is refused",
			scripts:  map[string][]string{"a": {"400"}},
			accepted: []string{"before", "order 1", "order 3", "order 2", "b", "c"},
			requests: 6, // before | 1, 2, a | 1 | 2, a | 3, 2, b | c
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := &shop{scripts: test.scripts, accepted: map[string][]string{}}
				out := newShop(t, s, "dedupe: purchases\ncoalesce: true", countsAttempts)
				var before sync.WaitGroup // the reports that come during this request wait, and are merged
				before.Go(func() {
					assert.NoError(t, out.WriteBatch(t.Context(), service.MessageBatch{lead("c", "before")}))
				})
				synctest.Wait()
				err := out.WriteBatch(t.Context(), service.MessageBatch{
					purchase("c", "1"),
					purchase("c", "2", "a"),
					purchase("c", "1"),
					purchase("c", "3"),
					purchase("c", "2", "b"),
					purchase("c", "3", "c"),
				})
				assert.Equal(t, test.scripts != nil, err != nil)
				before.Wait()
				assert.Equal(t, test.accepted, s.accepted["c"])
				assert.Equal(t, test.requests, s.requests)
			})
		})
	}
}

// Events come twice or more often, LivePerson gives answers of every kind, and failed events come
// again, as from an input that replays them. Each event is accepted once.
func TestEachIsAcceptedOnceHoweverOftenItComes(t *testing.T) {
	t.Parallel()
	for _, seed := range outputtest.Seeds(30) {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				random := rand.New(rand.NewPCG(seed, 3))
				s := &shop{scripts: map[string][]string{}, accepted: map[string][]string{}}
				var waiting []*service.Message
				for i := range 200 {
					id := strconv.Itoa(i + 1) // 0 is a placeholder, not an id
					s.scripts["order "+id] = slices.Clone(scripts[random.IntN(len(scripts))].answers)
					for range 1 + random.IntN(3) {
						waiting = append(waiting, purchase(fmt.Sprint("c", random.IntN(10)), id))
					}
				}
				random.Shuffle(len(waiting), func(i, j int) { waiting[i], waiting[j] = waiting[j], waiting[i] })
				yaml := []string{"coalesce: true", "ordering: none", "", "ordering: none"}[seed%4]
				out := newShop(t, s, "dedupe: purchases\n"+yaml, countsAttempts)
				for round := 0; len(waiting) > 0; round++ {
					require.Less(t, round, 10)
					batch := slices.Clone(waiting)
					index := service.MessageBatch(batch).Index()
					err := out.WriteBatch(t.Context(), batch)
					waiting = nil
					var each *service.BatchError
					if errors.As(err, &each) {
						each.WalkMessagesIndexedBy(index, func(i int, _ *service.Message, err error) bool {
							if err != nil {
								waiting = append(waiting, batch[i])
							}
							return true
						})
					}
				}
				got := map[string]int{}
				for _, ids := range s.accepted {
					for _, id := range ids {
						got[id]++
					}
				}
				assert.Len(t, got, 200)
				for id, times := range got {
					assert.Equal(t, 1, times, id)
				}
			})
		})
	}
}

// If the cache fails, events are sent again, because a repetition is better than a loss.
func TestAFailingDedupeCacheSendsAgain(t *testing.T) {
	t.Parallel()
	env := service.NewEnvironment()
	require.NoError(t, env.RegisterCache("failing", service.NewConfigSpec(),
		func(*service.ParsedConfig, *service.Resources) (service.Cache, error) { return failingCache{}, nil }))
	builder := env.NewResourceBuilder()
	builder.SetLogger(slog.New(slog.DiscardHandler))
	require.NoError(t, builder.AddCacheYAML("label: accepted\nfailing: {}"))
	mgr, stop, err := builder.Build()
	require.NoError(t, err)
	defer func() { require.NoError(t, stop(t.Context())) }()
	out, server := deduped(t, mgr, "dedupe: events\ndedupe_cache: accepted", acceptedKnown, acceptedKnown)
	for range 2 {
		msg := message(order("c", "order 1"), metaEventID, "e1")
		require.NoError(t, out.WriteBatch(t.Context(), service.MessageBatch{msg}))
	}
	assert.Len(t, server.requests, 2)
}

// failingCache is a cache resource that can't be reached.
type failingCache struct{}

func (failingCache) Get(context.Context, string) ([]byte, error) {
	return nil, errors.New("connection refused")
}

func (failingCache) Set(context.Context, string, []byte, *time.Duration) error {
	return errors.New("connection refused")
}

func (failingCache) Add(context.Context, string, []byte, *time.Duration) error {
	return errors.New("connection refused")
}

func (failingCache) Delete(context.Context, string) error { return errors.New("connection refused") }

func (failingCache) Close(context.Context) error { return nil }

// Others may read the cache, so it holds only digests of ids.
func TestDedupeHoldsNoIDs(t *testing.T) {
	t.Parallel()
	shared := &sharedCache{kept: map[string][]byte{}}
	out, _ := deduped(t, process(t, shared), "dedupe: events\ndedupe_cache: shared", acceptedKnown)
	msg := message(order("jane.roe@example.com", "lead", "order JANE-1"), metaEventID, "event of jane")
	require.NoError(t, out.WriteBatch(t.Context(), service.MessageBatch{msg}))
	require.Len(t, shared.kept, 2, "the event and the order")
	for key, value := range shared.kept {
		assert.NotContains(t, strings.ToLower(key+string(value)), "jane")
	}
}

// Orders of different people with the same placeholder as id are different orders.
func TestAPlaceholderIsNoRepetition(t *testing.T) {
	t.Parallel()
	for _, settings := range []string{"dedupe: purchases", "dedupe: events"} {
		s := &shop{scripts: map[string][]string{}, accepted: map[string][]string{}}
		out := newShop(t, s, settings, nil)
		var batch service.MessageBatch
		for i, id := range []string{"(not set)", "(not set)", "undefined", "undefined", "0", "0", "00000000-0000-0000-0000-000000000000", "00000000-0000-0000-0000-000000000000"} {
			msg := purchase(fmt.Sprint("c", i), id)
			msg.MetaSetMut(metaEventID, id)
			batch = append(batch, msg)
		}
		require.NoError(t, out.WriteBatch(t.Context(), batch))
		accepted := 0
		for _, ids := range s.accepted {
			accepted += len(ids)
		}
		assert.Equal(t, len(batch), accepted, settings)
	}
}
