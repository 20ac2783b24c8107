package report

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/redpanda-data/benthos/v4/public/service"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/benthos-liveperson/benthos-liveperson/internal/receipt"
)

// The tests of this file watch the receipts of the process, so they are not parallel.

// watch records receipts. It returns a function that returns the receipts so far.
func watch(t *testing.T) func() []receipt.Receipt {
	var mu sync.Mutex
	var all []receipt.Receipt
	t.Cleanup(receipt.Watch(func(r receipt.Receipt) {
		mu.Lock()
		defer mu.Unlock()
		all = append(all, r)
	}))
	return func() []receipt.Receipt {
		mu.Lock()
		defer mu.Unlock()
		return append([]receipt.Receipt(nil), all...)
	}
}

func TestAReceiptSaysWhatBecameOfAReport(t *testing.T) {
	aMessage := func() *service.Message {
		return message(aReport, metaEventID, "m-1", "liveperson_event_time", "2026-01-01T00:00:00.000Z", "liveperson_event_name", "Order Completed")
	}
	failed := aMessage()
	failed.SetError(errors.New("the value jane.roe@example.com is wrong"))
	about := receipt.Receipt{
		Version: 1, Component: "root", Type: "liveperson_report", Event: "Order Completed", EventID: "m-1", EventTime: "2026-01-01T00:00:00.000Z",
		Consumer: "c1", Attributes: []string{"purchase"},
	}
	tests := map[string]struct {
		script []string
		msg    *service.Message
		want   func(*receipt.Receipt)
	}{
		"accepted, in a new session": {script: []string{acceptedNew}, want: func(r *receipt.Receipt) {
			r.Result, r.Status, r.Attempts = receipt.Accepted, 201, 1
			r.VisitorID, r.SessionID = "ZjYWZlYzYzNDE5MTE1OWQ5", "stM0CzMWRye4MZgRBAL4UQ"
		}},
		"accepted after retries": {script: []string{serverError, "reset", acceptedKnown}, want: func(r *receipt.Receipt) {
			r.Result, r.Status, r.Attempts, r.VisitorID, r.SessionID = receipt.Accepted, 200, 3, "xyz", "abc"
		}},
		"refused": {script: []string{noConsumer}, want: func(r *receipt.Receipt) {
			r.Result, r.Class, r.Status, r.Code, r.Attempts = receipt.Refused, "invalid", 400, 5, 1
			r.Detail = `LivePerson answered 400 Bad Request (message "consumerId", internalCode 5): there is no identity: set consumerId, identities[].sub or the visitor id`
		}},
		"out of retries": {script: []string{serverError, serverError, serverError}, want: func(r *receipt.Receipt) {
			r.Result, r.Class, r.Status, r.Code, r.Attempts = receipt.Refused, "server", 500, 18, 3
		}},
		"not a report": {msg: message(`{"consumerId":"c1","engagementAttributes":[{"type":"lead"},{"kind":"jane"}]}`), want: func(r *receipt.Receipt) {
			*r = receipt.Receipt{Version: 1, Component: "root", Type: "liveperson_report", Result: receipt.Refused, Class: "invalid", Consumer: "c1", Attributes: []string{"lead", "other"}}
			r.Detail = "not sent: engagementAttributes[1].type: missing or not text"
		}},
		"failed before": {msg: failed, want: func(r *receipt.Receipt) {
			r.Result, r.Class, r.Consumer, r.Attributes = receipt.Refused, "invalid", "", nil
			r.Detail = "An earlier processor failed. The dead letter has its error."
		}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			receipts := watch(t)
			server := &livePerson{script: test.script, start: time.Now()}
			out := outputAt(t, server, service.MockResources(), "retry_pauses: [1ms, 1ms]", exact)
			msg := test.msg
			if msg == nil {
				msg = aMessage()
			}
			_ = out.WriteBatch(t.Context(), service.MessageBatch{msg})
			got := receipts()
			require.Len(t, got, 1)
			assert.False(t, got[0].Time.IsZero())
			assert.Len(t, got[0].LatenciesMS, got[0].Attempts)
			want := about
			test.want(&want)
			want.Time, want.LatenciesMS = got[0].Time, got[0].LatenciesMS
			if want.Detail == "" && want.Result == receipt.Refused {
				want.Detail = got[0].Detail
				assert.NotContains(t, want.Detail, "class=")
			}
			assert.Equal(t, want, got[0])
		})
	}
}

// Each message has one receipt with the right outcome, for every answer of LivePerson.
func TestEachMessageHasOneReceipt(t *testing.T) {
	answers := [][]string{{}, {"400"}, {"503"}, {"429", "202"}, {"404"}, {"reset", "hang"}, {"503", "503", "503", "503", "503"}}
	for seed := range uint64(12) {
		receipts := watch(t)
		var failed map[string]error
		synctest.Test(t, func(t *testing.T) {
			random := rand.New(rand.NewPCG(seed, 7))
			batches, ids := events(random, 10, 20, []int{1, 7, 100}[seed%3])
			s := &shop{scripts: map[string][]string{}, accepted: map[string][]string{}}
			for _, all := range ids {
				for _, id := range all {
					s.scripts[id] = append([]string(nil), answers[random.IntN(len(answers))]...)
				}
			}
			for _, batch := range batches {
				for _, msg := range batch {
					msg.MetaSet(metaEventID, leadID(msg))
				}
			}
			yaml := []string{"coalesce: true", "ordering: none", ""}[seed/3%3]
			e := driving(newShop(t, s, yaml, countsAttempts), 100)
			e.Run(t.Context(), batches)
			failed = e.Failed
		})
		results := map[string]receipt.Result{}
		for _, r := range receipts() {
			assert.NotContains(t, results, r.EventID, "seed %d: a second receipt", seed)
			results[r.EventID] = r.Result
			assert.Len(t, r.LatenciesMS, r.Attempts)
			assert.Positive(t, r.Attempts)
		}
		assert.Len(t, results, 200, "seed %d", seed)
		for id, result := range results {
			want := receipt.Accepted
			if failed[id] != nil {
				want = receipt.Refused
			}
			assert.Equal(t, want, result, "seed %d: %s", seed, id)
		}
		assert.NotEmpty(t, failed)
	}
}

func TestMergedReportsHaveAReceiptEach(t *testing.T) {
	receipts := watch(t)
	synctest.Test(t, func(t *testing.T) {
		s := &shop{scripts: map[string][]string{"c0-2": {"400"}}, accepted: map[string][]string{}}
		out := newShop(t, s, "coalesce: true\nconcurrency: 1", countsAttempts)
		batches, _ := events(rand.New(rand.NewPCG(1, 1)), 1, 4, 4)
		require.Error(t, out.WriteBatch(t.Context(), batches[0]))
		assert.Equal(t, 5, s.requests, "one for all, and one for each")
	})
	got := receipts()
	require.Len(t, got, 4)
	for i, r := range got {
		assert.Equal(t, map[bool]receipt.Result{true: receipt.Refused, false: receipt.Accepted}[i == 2], r.Result)
		assert.Equal(t, 2, r.Attempts)
		assert.Equal(t, []float64{10, 10}, r.LatenciesMS)
		assert.Equal(t, []string{"lead"}, r.Attributes)
	}
}

// A readback compares the request in the receipt with LivePerson's data. So the receipt must not have attributes
// of other messages.
func TestTheContentOfAMergedReportIsTheMessagesOwn(t *testing.T) {
	receipts := watch(t)
	synctest.Test(t, func(t *testing.T) {
		s := &shop{scripts: map[string][]string{}, accepted: map[string][]string{}}
		out := newShop(t, s, "coalesce: true\nconcurrency: 1\nreceipts_content: true", countsAttempts)
		batches, _ := events(rand.New(rand.NewPCG(1, 1)), 1, 4, 4)
		require.NoError(t, out.WriteBatch(t.Context(), batches[0]))
		assert.Equal(t, 1, s.requests)
	})
	got := receipts()
	require.Len(t, got, 4)
	for i, r := range got {
		var request struct{ EngagementAttributes []map[string]any }
		require.NoError(t, json.Unmarshal(r.Request, &request))
		require.Len(t, request.EngagementAttributes, 1)
		assert.Equal(t, fmt.Sprintf("c0-%d", i), request.EngagementAttributes[0]["lead"].(map[string]any)["leadId"])
	}
}

func TestARepetitionHasAReceiptOfItsOwn(t *testing.T) {
	receipts := watch(t)
	out, _ := deduped(t, service.MockResources(), "dedupe: events", acceptedKnown)
	for range 2 {
		require.NoError(t, out.WriteBatch(t.Context(), service.MessageBatch{message(order("c", "order 1"), metaEventID, "e1")}))
	}
	got := receipts()
	require.Len(t, got, 2)
	assert.Equal(t, receipt.Accepted, got[0].Result)
	assert.Equal(t, receipt.Duplicate, got[1].Result)
	assert.Equal(t, "duplicate", got[1].Reason)
	assert.Equal(t, "e1", got[1].EventID)
	assert.Equal(t, "c", got[1].Consumer)
	assert.Zero(t, got[1].Attempts)
}

// A message waits for a retry when the pipeline is forced to stop. It has no receipt, because it
// comes again.
func TestAForcedStopMakesNoReceipts(t *testing.T) {
	receipts := watch(t)
	for name, answer := range map[string]string{"while it waits for a retry": serverError, "during the request": ""} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, stop := context.WithCancel(t.Context())
				server := doerFunc(func(req *http.Request) (*http.Response, error) {
					if answer == "" {
						<-req.Context().Done()
						return nil, req.Context().Err()
					}
					return respond(500, answer[4:]), nil
				})
				out := outputAt(t, server, service.MockResources(), "retry_pauses: [1h]", exact)
				done := make(chan error)
				go func() { done <- out.WriteBatch(ctx, service.MessageBatch{message(aReport), message(aReport)}) }()
				synctest.Wait()
				assert.Empty(t, receipts(), "not before the end is known")
				stop()
				require.Error(t, <-done)
			})
		})
	}
	assert.Empty(t, receipts())
}

// A panic fails a message, so the message has a receipt.
func TestAPanicHasAReceipt(t *testing.T) {
	receipts := watch(t)
	out := outputAt(t, doerFunc(func(*http.Request) (*http.Response, error) { panic("jane.roe@example.com") }), service.MockResources(), "", exact)
	require.Error(t, out.WriteBatch(t.Context(), service.MessageBatch{message(aReport)}))
	got := receipts()
	require.Len(t, got, 1)
	assert.Equal(t, receipt.Refused, got[0].Result)
	assert.NotContains(t, got[0].Detail, "jane")
}

// personal are values of a person. A receipt with content must not have any of them.
var personal = []string{
	"c-personal", "sub-personal", "login-personal", "Jane", "Roe", "jane.roe@example.com", "12125550123", "1984", "cust-77", "social-77",
	"356938035643809", "jroe", "Roe Ltd", "4711.5", "typed-77", "home-made", "unknown-77", "secret-77", "Mars", "-personal",
}

const aPersonalReport = `{"consumerId":"c-personal","identities":[{"iss":"shop.example.com","acr":"loa1","sub":"sub-personal"},{"sub":"login-personal","email":"jane.roe@example.com"}],
	"pageId":"4711","entryPoints":["https://roe:secret-77@shop.example.com/cart?name=Jane#Roe","tel://12125550123","sec://Sport","/account;id=secret-77"],"extra":{"name":"unknown-77","jane.roe@example.com":true},
	"engagementAttributes":[
	{"type":"personal","personal":{"firstname":"Jane","lastname":"Roe","age":{"year":1984},"contacts":[{"email":"jane.roe@example.com","phone":"12125550123","address":{"country":"Mars"}}],"gender":"unknown-77","company":"Roe Ltd"}},
	{"type":"ctmrinfo","info":{"cstatus":"gold","customerId":"cust-77","socialId":"social-77","imei":"356938035643809","userName":"jroe","accountName":"Roe Ltd","balance":4711.5,"nickname":"unknown-77"}},
	{"type":"lead","lead":{"topic":"call jane.roe@example.com","leadId":"lead-1","value":"unknown-77"}},
	{"type":"searchInfo","keywords":["shoes","+1 212 555 0123","jane.roe@example.com"]},
	{"type":"cart","total":11.7,"products":[{"product":{"name":"Shoe","sku":"S-1","owner":"unknown-77"},"quantity":1}]},
	{"type":"home-made","note":"typed-77"}]}`

func TestPersonalValuesAreMaskedInContent(t *testing.T) {
	for name, answer := range map[string]string{
		"accepted": acceptedKnown,
		"refused":  `400 {"time":1,"message":"jane.roe@example.com of sub-personal is wrong","internalCode":5}`,
	} {
		receipts := watch(t)
		server := &livePerson{script: []string{answer}, start: time.Now()}
		out := outputAt(t, server, service.MockResources(), "receipts_content: true\nreceipts_consumer: omit", exact)
		_ = out.WriteBatch(t.Context(), service.MessageBatch{message(aPersonalReport)})
		got := receipts()
		require.Len(t, got, 1, name)
		text, err := json.Marshal(got[0])
		require.NoError(t, err)
		for _, value := range personal {
			assert.NotContains(t, string(text), value, name)
		}
		for _, kept := range []string{`"gold"`, `"lead-1"`, `"shoes"`, `11.7`, `"Shoe"`, `"shop.example.com"`, `sec://Sport`, `https://shop.example.com/cart?***`, `"other"`, `"sub":"***"`} {
			assert.Contains(t, string(text), kept, name)
		}
		if name == "accepted" {
			assert.JSONEq(t, `{"visitorId":"xyz","sessionId":"abc","pageId":"4743822558"}`, string(got[0].Answer))
		} else {
			assert.JSONEq(t, `{"internalCode":5}`, string(got[0].Answer))
		}
	}
	receipts := watch(t)
	out := outputAt(t, &livePerson{script: []string{acceptedKnown}, start: time.Now()}, service.MockResources(), "", exact)
	require.NoError(t, out.WriteBatch(t.Context(), service.MessageBatch{message(aPersonalReport)}))
	assert.Empty(t, receipts()[0].Request, "content is off by default")
}

// If no receipts are wanted, they cost no allocations.
func TestReceiptsThatAreOffAllocateNothing(t *testing.T) {
	out, _ := scripted(t)
	r := out.sender.receipts
	it := &item{}
	msg, err := message(aReport), errors.New("refused")
	assert.Zero(t, testing.AllocsPerRun(100, func() {
		trace := r.trace()
		trace.record(t.Context())
		r.about(msg)
		r.unreadable(msg, err)
		r.write(it, trace.copy(), nil)
	}))
}

func TestTheOutputOfReceiptsIsCheckedAtTheStart(t *testing.T) {
	_, err := build(required + "receipts: audit")
	assert.EqualError(t, err, `receipts: there is no output resource labelled "audit": add it to the config, or correct the label`)
}

// BenchmarkReceiptsThatHang compares deliveries without receipts and deliveries with an output for
// receipts that hangs. They take turns, so that other load on the machine slows both. The figures
// are medians of batches.
func BenchmarkReceiptsThatHang(b *testing.B) {
	hang := make(chan struct{})
	defer close(hang)
	variants := []struct {
		name, yaml string
		out        *reportOutput
		took       []time.Duration
	}{
		{name: "off"},
		{name: "hangs", yaml: "receipts: audit"},
		{name: "off again"}, // shows how exact the ratio is
	}
	for i, v := range variants {
		mgr := auditing(b, func() { <-hang })
		server := doerFunc(func(*http.Request) (*http.Response, error) { return respond(200, acceptedKnown[4:]), nil })
		variants[i].out = outputAt(b, server, mgr, v.yaml, exact)
	}
	batch := make(service.MessageBatch, 100)
	for i := range batch {
		batch[i] = message(fmt.Sprintf(`{"consumerId":"c%d","engagementAttributes":[{"type":"purchase","total":11.70}]}`, i))
	}
	for b.Loop() {
		for i := range variants {
			start := time.Now()
			if err := variants[i].out.WriteBatch(b.Context(), batch); err != nil {
				b.Fatal(err)
			}
			variants[i].took = append(variants[i].took, time.Since(start))
		}
	}
	median := func(took []time.Duration) float64 {
		slices.Sort(took)
		return took[len(took)/2].Seconds()
	}
	off := median(variants[0].took)
	for _, v := range variants {
		name := strings.ReplaceAll(v.name, " ", "-")
		b.ReportMetric(median(v.took)*1e6/float64(len(batch)), name+"-µs/message")
		b.ReportMetric(median(v.took)/off, name+"/off")
	}
}

// auditing returns resources with an output named audit, which calls take for each batch.
func auditing(tb testing.TB, take func()) *service.Resources {
	env := service.NewEnvironment()
	require.NoError(tb, env.RegisterBatchOutput("audit", service.NewConfigSpec(),
		func(*service.ParsedConfig, *service.Resources) (service.BatchOutput, service.BatchPolicy, int, error) {
			return auditOutput(take), service.BatchPolicy{}, 64, nil
		}))
	builder := env.NewResourceBuilder()
	builder.DisableLinting()
	require.NoError(tb, builder.AddOutputYAML("label: audit\naudit: {}"))
	mgr, _, err := builder.Build() // the output that hangs is never closed
	require.NoError(tb, err)
	return mgr
}

type auditOutput func()

func (a auditOutput) Connect(context.Context) error { return nil }
func (a auditOutput) Close(context.Context) error   { return nil }

func (a auditOutput) WriteBatch(context.Context, service.MessageBatch) error {
	a()
	return nil
}
