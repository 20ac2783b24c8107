package message

import (
	"context"
	"encoding/json"
	"errors"
	"math/rand/v2"
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

func TestAReceiptSaysWhatBecameOfAMessage(t *testing.T) {
	receipts := watch(t)
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(map[string][]string{"bad": {"400"}, "late": {"500", "reset"}})
		o := outputAt(t, d, "")
		failed := message(say("x"), "liveperson_event_id", "m-1")
		failed.SetError(errors.New("the value jane.roe@example.com is wrong"))
		assert.Len(t, write(t.Context(), o, say("hi"), say("late"), say("bad"), `{"text":"nobody's"}`), 4)
		require.Error(t, o.WriteBatch(t.Context(), service.MessageBatch{failed}))
	})
	got := receipts()
	require.Len(t, got, 5)
	for i := range got {
		got[i].Time = receipt.Time{}
	}
	about := receipt.Receipt{Version: 1, Component: "root", Type: "liveperson_message", Result: receipt.Accepted, Status: 200, Consumer: "jane", ConversationID: "jane-c1"}
	opened, late, bad := about, about, about
	opened.Attempts, opened.LatenciesMS = 2, []float64{got[0].LatenciesMS[0], 10} // tokens, the conversation and the text
	late.Attempts, late.LatenciesMS = 3, []float64{10, 10, 10}
	bad.Result, bad.Class, bad.Status, bad.Attempts, bad.LatenciesMS, bad.Detail = receipt.Refused, "invalid", 400, 1, []float64{10}, got[2].Detail
	assert.Equal(t, []receipt.Receipt{opened, late, bad}, got[:3])
	assert.Equal(t, receipt.Refused, got[3].Result)
	assert.Contains(t, got[3].Detail, "not sent: the message has no consumer")
	assert.Zero(t, got[3].Attempts)
	assert.Equal(t, "m-1", got[4].EventID)
	assert.Equal(t, "An earlier processor failed. The dead letter has its error.", got[4].Detail)
}

// Each message has one receipt with the right outcome, for every answer of LivePerson.
func TestEachMessageHasOneReceipt(t *testing.T) {
	for seed := range uint64(6) {
		receipts := watch(t)
		failures, messages := 0, 0
		synctest.Test(t, func(t *testing.T) {
			random := rand.New(rand.NewPCG(seed, 5))
			batches, texts := talk(random, 8, 15, []int{1, 20}[seed%2])
			d := newDesk(nil)
			for _, list := range texts {
				for _, text := range list {
					d.scripts[text] = append([]string(nil), fates[random.IntN(len(fates))].answers...)
				}
			}
			e := driving(outputAt(t, d, ""), 50)
			e.Run(t.Context(), batches)
			failures, messages = len(e.Failed), e.Acked
		})
		got := receipts()
		assert.Len(t, got, messages, "seed %d", seed)
		refused := 0
		for _, r := range got {
			assert.Len(t, r.LatenciesMS, r.Attempts)
			if r.Result == receipt.Refused {
				refused++
			} else {
				assert.Equal(t, receipt.Accepted, r.Result)
				assert.NotEmpty(t, r.ConversationID)
			}
		}
		assert.Equal(t, failures, refused, "seed %d", seed)
		assert.Positive(t, refused)
	}
}

func TestTheProcessorWritesReceipts(t *testing.T) {
	receipts := watch(t)
	p := processorAt(t, newDesk(map[string][]string{"bad": {"400"}}), "", service.MockResources())
	failed := message(say("three"))
	failed.SetError(assert.AnError)
	_, err := p.ProcessBatch(t.Context(), service.MessageBatch{message(say("one")), message(say("bad")), message("nobody's"), failed})
	require.NoError(t, err)
	results := map[receipt.Result]int{}
	for _, r := range receipts() {
		results[r.Result]++
	}
	assert.Equal(t, map[receipt.Result]int{receipt.Accepted: 1, receipt.Refused: 2}, results, "a message that failed before passes")
}

func TestAForcedStopMakesNoReceipts(t *testing.T) {
	receipts := watch(t)
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancel(t.Context())
		o := outputAt(t, newDesk(map[string][]string{"hi": {"500", "500", "500", "500"}}), "")
		done := make(chan []error)
		go func() { done <- write(ctx, o, say("hi")) }()
		time.Sleep(time.Second) // on the fake clock: it waits for a retry
		stop()
		require.Error(t, (<-done)[0])
	})
	assert.Empty(t, receipts())
}

func TestTextsAreMaskedInContent(t *testing.T) {
	receipts := watch(t)
	d := newDesk(map[string][]string{"secret two": {"400"}})
	o := outputAt(t, d, "receipts_content: true\nreceipts_consumer: omit")
	errs := write(t.Context(), o, say("secret one"), say("secret two"),
		does(`"chat_state":"COMPOSING"`),
		does(`"receipt":{"status":"READ","sequences":[1,2]}`),
		does(`"rich_reply":{"text":"secret three","external_id":"e-1","sequences":[3]}`),
		does(`"type":"ms.PublishEvent","id":"jane.roe@example.com","body":{"event":{"type":"ContentEvent","contentType":"text/plain","message":"secret","own":{"id":"+1 212 555 0123"}}}`),
		does(`"csat":{"rate":5}`))
	require.Len(t, errs, 7)
	got := receipts()
	require.Len(t, got, 7)
	for _, r := range got {
		text, err := json.Marshal(r)
		require.NoError(t, err)
		for _, value := range []string{"secret", "jane.roe", "212 555"} {
			assert.NotContains(t, string(text), value)
		}
		assert.NotEmpty(t, r.Request)
	}
	assert.JSONEq(t, `{"kind":"req","id":"1","type":"ms.PublishEvent","body":{"conversationId":"jane-c1","dialogId":"jane-c1","event":{"type":"ContentEvent","contentType":"text/plain","message":"***"}}}`, string(got[0].Request))
	assert.JSONEq(t, `{"sequence":0}`, string(got[0].Answer))
	assert.Contains(t, string(got[2].Request), `"chatState":"COMPOSING"`)
	assert.Contains(t, string(got[3].Request), `"sequenceList":[1,2]`)
}
