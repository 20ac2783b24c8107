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
			req := request{method: http.MethodPost, header: header, body: []byte(body)}
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
		status := b.ask(t.Context(), request{method: http.MethodPost, header: header, body: []byte(body)})
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
	body := notify(messagingNotification, "")
	for secret, want := range map[string]int{"new": http.StatusOK, testSecret: http.StatusOK, "newer": http.StatusUnauthorized} {
		header := headersFor(body)
		header.Set(headerSignature, sign(body, secret))
		assert.Equal(t, want, serve(t.Context(), r, request{method: http.MethodPost, header: header, body: []byte(body)}))
	}
}

func TestAllChangesAreOneBatchInOrder(t *testing.T) {
	t.Parallel()
	b := newBench(t, "")
	changes := []string{agentSays(3, "one"), agentSays(1, "two"), agentSays(2, "three")}
	batch := b.deliver(notify(messagingNotification, strings.Join(changes, ",")))
	assert.Equal(t, changes, contents(t, batch))
	b.drops(notify(messagingNotification, ""))
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
			b.drops(notify(messagingNotification, ""))
		}
		assert.Equal(t, 1, lines("Refusing requests: the signature is missing"))
		assert.Zero(t, lines("again"))
		time.Sleep(quietTime)
		b.drops(notify(messagingNotification, ""))
		b.drops(notify(messagingNotification, ""))
		assert.Equal(t, 1, lines("Requests have valid signatures again"))
		b.drops(notify(messagingNotification, "{},"+echo))
		assert.Equal(t, 1, lines("Dropping changes that cannot be read"))
		b.drops("hello")
		assert.Equal(t, 1, lines("cannot be read"))
		assert.NotContains(t, log.String(), "secret words")
		assert.NotContains(t, log.String(), testClient)
	})
}
