package webhook

import (
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/redpanda-data/benthos/v4/public/service"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestARepetitionWaitsForWhatIsOnItsWay(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, "")
		body := agentSaid(1, "hello")
		first := b.post(body)
		d := <-b.deliveries
		second := b.post(body)
		synctest.Wait()
		require.NoError(t, d.ack(t.Context(), nil))
		assert.Equal(t, []int{200, 200}, []int{<-first, <-second})

		body = agentSaid(2, "hello")
		first = b.post(body)
		d = <-b.deliveries
		assert.Equal(t, 503, <-first, "in time")
		second = b.post(body)
		synctest.Wait()
		require.NoError(t, d.ack(t.Context(), nil))
		assert.Equal(t, 200, <-second)

		body = agentSaid(3, "hello")
		first = b.post(body)
		d = <-b.deliveries
		second = b.post(body)
		synctest.Wait()
		require.NoError(t, d.ack(t.Context(), errRefused))
		assert.Equal(t, []int{503, 503}, []int{<-first, <-second})
		b.deliver(body)
	})
}

func TestOnlyWhatHasArrivedIsRemembered(t *testing.T) {
	t.Parallel()
	b := newBench(t, "")
	body := notify(messagingNotification, strings.Join([]string{agentSays(1, "a"), agentSays(2, "b"), agentSays(3, "c")}, ","))
	status := b.post(body)
	d := <-b.deliveries
	failed := service.NewBatchError(d.batch, errRefused).Failed(1, errRefused)
	require.NoError(t, d.ack(t.Context(), failed))
	assert.Equal(t, http.StatusServiceUnavailable, <-status)
	assert.Equal(t, []string{agentSays(2, "b")}, contents(t, b.deliver(body)))
	b.drops(body)
}

// LivePerson's pages disagree on whether a receipt has a number of its own.
func TestAReceiptIsNoRepetitionOfATextWithItsNumber(t *testing.T) {
	t.Parallel()
	b := newBench(t, "")
	receipt := notify(messagingNotification, strings.NewReplacer("ContentEvent", "AcceptStatusEvent", `"message"`, `"status"`).Replace(agentSays(4, "ACCEPT")))
	b.deliver(agentSaid(4, "hello"))
	b.deliver(receipt)
	b.drops(receipt)
	b.drops(agentSaid(4, "hello"))
}

func TestFailuresOfBatchesAreOfTheirMessages(t *testing.T) {
	t.Parallel()
	changes := strings.Join([]string{agentSays(1, "a"), agentSays(2, "b"), agentSays(3, "c")}, ",")
	tests := []struct {
		name  string
		fail  func(service.MessageBatch) error
		again int // messages when the notification comes again
	}{
		{name: "all", fail: func(service.MessageBatch) error { return errRefused }, again: 3},
		{name: "a batch error that names none", fail: func(b service.MessageBatch) error { return service.NewBatchError(b, errRefused) }, again: 3},
		{name: "reversed, and one filtered out", fail: func(b service.MessageBatch) error {
			return service.NewBatchError(service.MessageBatch{b[2], b[0]}, errRefused).Failed(0, errRefused)
		}, again: 1},
		{name: "one of two made of one", fail: func(b service.MessageBatch) error {
			return service.NewBatchError(service.MessageBatch{b[0], b[0].Copy(), b[1], b[2]}, errRefused).Failed(0, errRefused)
		}, again: 1},
		{name: "others that share an output's batch", fail: func(b service.MessageBatch) error {
			return service.NewBatchError(append(service.MessageBatch{newMessage("other")}, b...), errRefused).Failed(0, errRefused)
		}, again: 0},
		{name: "messages that nobody knows", fail: func(service.MessageBatch) error {
			return service.NewBatchError(service.MessageBatch{newMessage("new")}, errRefused).Failed(0, errRefused)
		}, again: 3},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, "")
			body := notify(messagingNotification, changes)
			status := b.post(body)
			d := <-b.deliveries
			require.NoError(t, d.ack(t.Context(), test.fail(d.batch)))
			if test.again == 0 {
				assert.Equal(t, http.StatusOK, <-status)
				b.drops(body)
				return
			}
			assert.Equal(t, http.StatusServiceUnavailable, <-status)
			assert.Len(t, b.deliver(body), test.again)
		})
	}
}

func TestWhatComesTwice(t *testing.T) {
	t.Parallel()
	for name, yaml := range map[string]string{"in this process": "", "in a cache resource": "dedupe_cache: notifications"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, yaml)
			b.deliver(agentSaid(7, "hello"))
			b.drops(agentSaid(7, "hello"))
			b.drops(notify(messagingNotification, agentSays(7, "hello")+","+agentSays(7, "hello")))
			b.deliver(agentSaid(5, "an older event is still one"))
			assert.Len(t, b.deliver(notify(messagingNotification, agentSays(8, "twice in one")+","+agentSays(8, "twice in one"))), 1)

			b.deliver(changed(2000, stateOpen, stateOpen, ""))
			b.drops(changed(2000, stateOpen, stateOpen, ""))
			b.drops(changed(1000, stateOpen, stateOpen, ""))
			b.deliver(changed(3000, stateOpen, stateOpen, ""))

			typing := notify(messagingNotification, `{"event":{"type":"ChatStateEvent","chatState":"COMPOSING"},"conversationId":"`+testConversation+`","dialogId":"`+testConversation+`"}`)
			b.deliver(typing)
			b.deliver(typing)
		})
	}
}

func TestOlderStatesWaitForNewerOnes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, "")
		started := time.Now()
		newer := b.post(changed(2000, stateOpen, stateOpen, ""))
		d := <-b.deliveries
		older := b.post(changed(1000, stateOpen, stateOpen, ""))
		synctest.Wait()
		require.NoError(t, d.ack(t.Context(), errRefused))
		assert.Equal(t, []int{503, 503}, []int{<-newer, <-older}, "LivePerson repeats both")
		assert.Zero(t, time.Since(started))

		older = b.post(changed(1000, stateOpen, stateOpen, ""))
		before := <-b.deliveries
		newer = b.post(changed(2000, stateOpen, stateOpen, ""))
		after := <-b.deliveries
		require.NoError(t, after.ack(t.Context(), nil))
		require.NoError(t, before.ack(t.Context(), nil))
		assert.Equal(t, []int{200, 200}, []int{<-newer, <-older})
		b.drops(changed(2000, stateOpen, stateOpen, ""))
	})
}

func TestANewerStateIsOnItsWayWhenTheOlderHasArrived(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, "")
		older := b.post(changed(1000, stateOpen, stateOpen, ""))
		before := <-b.deliveries
		newer := b.post(changed(2000, stateOpen, stateOpen, ""))
		after := <-b.deliveries
		require.NoError(t, before.ack(t.Context(), nil))
		again := b.post(changed(2000, stateOpen, stateOpen, ""))
		synctest.Wait()
		require.NoError(t, after.ack(t.Context(), nil))
		assert.Equal(t, []int{200, 200, 200}, []int{<-older, <-newer, <-again})
	})
}

// LivePerson promises no order for states with one time. Only what is older, or the same, is a repetition.
func TestStatesOfOneTime(t *testing.T) {
	t.Parallel()
	for name, yaml := range map[string]string{"in this process": "", "in a cache resource": "dedupe_cache: notifications"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, yaml)
			opened, survey := changed(2000, stateOpen, stateOpen, ""), changed(2000, stateClose, stateOpen, "")
			closed := changed(2000, stateClose, stateClose, "")
			for _, body := range []string{opened, survey, closed} {
				b.deliver(body)
			}
			for _, body := range []string{opened, survey, closed, changed(1999, stateOpen, stateOpen, "")} {
				b.drops(body)
			}
			b.drops(strings.Replace(opened, `"state":"OPEN","stage":"OPEN"`, `"stage": "OPEN", "state": "OPEN"`, 1)) // the same in another order
			b.deliver(changed(2001, stateOpen, stateOpen, ""))
			b.drops(changed(2000, stateOpen, stateOpen, `{"dialogId":"new"}`)) // new, but older
		})
	}
}
