package webhook

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/redpanda-data/benthos/v4/public/service"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var errRefused = errors.New("refused")

func TestRequests(t *testing.T) {
	t.Parallel()
	without := func(name string) func(*request, http.Header) {
		return func(_ *request, header http.Header) { header.Del(name) }
	}
	with := func(name, value string) func(*request, http.Header) {
		return func(_ *request, header http.Header) { header.Set(name, value) }
	}
	tests := []struct {
		name   string
		change func(*request, http.Header)
		want   int
	}{
		{name: "GET", change: func(r *request, _ http.Header) { r.method = http.MethodGet }, want: http.StatusMethodNotAllowed},
		{name: "PUT", change: func(r *request, _ http.Header) { r.method = http.MethodPut }, want: http.StatusMethodNotAllowed},
		{name: "no signature", change: without(headerSignature), want: http.StatusUnauthorized},
		{name: "another signature", change: with(headerSignature, demoChatStateSignature), want: http.StatusUnauthorized},
		{name: "another body", change: func(r *request, _ http.Header) { r.body = append(r.body, ' ') }, want: http.StatusUnauthorized},
		{name: "no body", change: func(r *request, _ http.Header) { r.body = nil }, want: http.StatusUnauthorized},
		{name: "no account", change: without(headerAccount), want: http.StatusUnauthorized},
		{name: "another account", change: with(headerAccount, "12345678"), want: http.StatusUnauthorized},
		{name: "no app", change: without(headerClient), want: http.StatusUnauthorized},
		{name: "another app", change: with(headerClient, "75588e18-0213-4e33-8174-883acac7e3c4"), want: http.StatusUnauthorized},
		{name: "2 MB", change: func(r *request, header http.Header) {
			r.body = []byte(agentSaid(1, strings.Repeat("x", 2<<20)))
			header.Set(headerSignature, sign(string(r.body), testSecret))
		}, want: http.StatusRequestEntityTooLarge},
		{name: "signed, but no notification", change: func(r *request, header http.Header) {
			r.body = []byte("hello")
			header.Set(headerSignature, sign("hello", testSecret))
		}, want: http.StatusOK},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, "")
			body := agentSaid(1, "hello")
			header := headersFor(body)
			req := request{method: http.MethodPost, header: header.Get, body: []byte(body)}
			test.change(&req, header)
			assert.Equal(t, test.want, <-b.ask(t.Context(), req), "with nothing sent down the pipeline")
		})
	}
}

func TestTheDemosBodies(t *testing.T) {
	t.Parallel()
	b := newBench(t, "own_messages: true")
	b.opened(demoConversation)
	for body, signature := range map[string]string{demoChatState: demoChatStateSignature, demoClosed: demoClosedSignature} {
		header := headersFor(body)
		header.Set(headerSignature, signature)
		status := b.ask(t.Context(), request{method: http.MethodPost, header: header.Get, body: []byte(body)})
		d := <-b.deliveries
		assert.Len(t, d.batch, 1)
		require.NoError(t, d.ack(t.Context(), nil))
		assert.Equal(t, http.StatusOK, <-status)
	}
	_, open, err := b.conversations.Of(t.Context(), testConsumer)
	require.NoError(t, err)
	assert.False(t, open)
}

func TestSecretsAreRotated(t *testing.T) {
	t.Parallel()
	c, err := testConfigWith(t, "")
	require.NoError(t, err)
	c.clientSecrets = []string{"new", testSecret}
	r, err := newReceiver(c, service.MockResources())
	require.NoError(t, err)
	body := notify(typeEvents, "")
	for secret, want := range map[string]int{"new": http.StatusOK, testSecret: http.StatusOK, "newer": http.StatusUnauthorized} {
		header := headersFor(body)
		header.Set(headerSignature, sign(body, secret))
		assert.Equal(t, want, r.answer(t.Context(), request{method: http.MethodPost, header: header.Get, body: []byte(body)}))
	}
}

func TestAllChangesAreOneBatchInOrder(t *testing.T) {
	t.Parallel()
	b := newBench(t, "")
	changes := []string{agentSays(3, "one"), agentSays(1, "two"), agentSays(2, "three")}
	batch := b.deliver(notify(typeEvents, strings.Join(changes, ",")))
	assert.Equal(t, changes, contents(t, batch))
	b.drops(notify(typeEvents, ""))
}

func TestAnswers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, "")
		started := time.Now()

		status := b.post(agentSaid(1, "nobody reads"))
		assert.Equal(t, http.StatusServiceUnavailable, <-status)
		assert.Equal(t, 2*time.Second, time.Since(started))
		b.deliver(agentSaid(1, "nobody reads"))

		status = b.post(agentSaid(2, "refused"))
		d := <-b.deliveries
		require.NoError(t, d.ack(t.Context(), errRefused))
		assert.Equal(t, http.StatusServiceUnavailable, <-status)
		b.deliver(agentSaid(2, "refused"))
		b.drops(agentSaid(2, "refused"))

		status = b.post(agentSaid(3, "acknowledged in time"))
		d = <-b.deliveries
		time.Sleep(1999 * time.Millisecond)
		require.NoError(t, d.ack(t.Context(), nil))
		assert.Equal(t, http.StatusOK, <-status)

		status = b.post(agentSaid(4, "acknowledged too late"))
		d = <-b.deliveries
		assert.Equal(t, http.StatusServiceUnavailable, <-status)
		require.NoError(t, d.ack(t.Context(), nil))
		require.NoError(t, d.ack(t.Context(), errRefused), "Benthos may say it twice")
		b.drops(agentSaid(4, "acknowledged too late"))
	})
}

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
	body := notify(typeEvents, strings.Join([]string{agentSays(1, "a"), agentSays(2, "b"), agentSays(3, "c")}, ","))
	status := b.post(body)
	d := <-b.deliveries
	failed := service.NewBatchError(d.batch, errRefused).Failed(1, errRefused)
	require.NoError(t, d.ack(t.Context(), failed))
	assert.Equal(t, http.StatusServiceUnavailable, <-status)
	assert.Equal(t, []string{agentSays(2, "b")}, contents(t, b.deliver(body)))
	b.drops(body)
}

func TestFailuresOfBatchesAreOfTheirMessages(t *testing.T) {
	t.Parallel()
	changes := strings.Join([]string{agentSays(1, "a"), agentSays(2, "b"), agentSays(3, "c")}, ",")
	tests := []struct {
		name  string
		fail  func(service.MessageBatch) error
		again int // messages, when it comes again
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
			body := notify(typeEvents, changes)
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
			b.drops(notify(typeEvents, agentSays(7, "hello")+","+agentSays(7, "hello")))
			b.deliver(agentSaid(5, "an older event is still one"))
			assert.Len(t, b.deliver(notify(typeEvents, agentSays(8, "twice in one")+","+agentSays(8, "twice in one"))), 1)

			b.deliver(changed(2000, stateOpen, stateOpen, ""))
			b.drops(changed(2000, stateOpen, stateOpen, ""))
			b.drops(changed(1000, stateOpen, stateOpen, ""))
			b.deliver(changed(3000, stateOpen, stateOpen, ""))

			typing := notify(typeEvents, `{"event":{"type":"ChatStateEvent","chatState":"COMPOSING"},"conversationId":"`+testConversation+`","dialogId":"`+testConversation+`"}`)
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

func TestClosing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, "")
		started := time.Now()
		onWay := b.post(agentSaid(1, "on its way"))
		<-b.deliveries
		waiting := b.post(agentSaid(2, "waiting"))
		synctest.Wait()
		close(b.closed)
		assert.Equal(t, []int{503, 503}, []int{<-onWay, <-waiting})
		assert.Zero(t, time.Since(started))
	})
}

func TestAClientThatGoesAway(t *testing.T) {
	t.Parallel()
	b := newBench(t, "")
	ctx, cancel := context.WithCancel(t.Context())
	status := b.ask(ctx, genuine(agentSaid(1, "hello")))
	d := <-b.deliveries
	cancel()
	assert.Equal(t, http.StatusServiceUnavailable, <-status)
	require.NoError(t, d.ack(t.Context(), nil))
	b.drops(agentSaid(1, "hello"))
}

func TestLogsSayItOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		logger := service.NewLoggerFromSlog(slog.New(slog.NewTextHandler(&log, nil)))
		b := newBenchOn(t, "", service.MockResources(service.MockResourcesOptUseLogger(logger)))
		lines := func(text string) int { return strings.Count(log.String(), text) }
		bad := genuine(agentSaid(1, "secret words"))
		bad.body = []byte("other")
		for range 5 {
			assert.Equal(t, http.StatusUnauthorized, <-b.ask(t.Context(), bad))
			b.drops(notify(typeEvents, ""))
		}
		assert.Equal(t, 1, lines("Refusing requests: their signature is missing"))
		assert.Zero(t, lines("again"))
		time.Sleep(quiet)
		b.drops(notify(typeEvents, ""))
		b.drops(notify(typeEvents, ""))
		assert.Equal(t, 1, lines("Requests are signed as they should be again"))
		b.drops("hello")
		b.drops(notify(typeEvents, "{}"))
		assert.Equal(t, 1, lines("can't be read"))
		assert.NotContains(t, log.String(), "secret words")
		assert.NotContains(t, log.String(), testClient)
	})
}
