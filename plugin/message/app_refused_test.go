package message

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/redpanda-data/benthos/v4/public/service"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// openToRefusals returns an output that notices when LivePerson is down or refuses the app.
func openToRefusals(t *testing.T, d *desk, yaml string) *messageOutput {
	t.Helper()
	parsed, err := outputSpec().ParseYAML(required+here+yaml, nil)
	require.NoError(t, err)
	built, err := buildOutput(parsed, service.MockResources(), func(c config, mgr *service.Resources) (*engine, error) {
		return engineAt(t, d, c, mgr), nil
	})
	require.NoError(t, err)
	return built
}

// batchesOf returns n batches, each with a text of another consumer.
func batchesOf(n int) (batches []service.MessageBatch) {
	for i := range n {
		batches = append(batches, service.MessageBatch{message(fmt.Sprintf(`{"consumer":"c-%d","text":"t-%d"}`, i, i))})
	}
	return batches
}

// All consumers have a conversation. Then LivePerson refuses all app tokens for twenty minutes.
func TestALastingRefusalOfTheAppHoldsAllMessagesBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(nil)
		e := driving(openToRefusals(t, d, ""), 64)
		require.NoError(t, e.Output.Connect(t.Context()))
		e.Run(t.Context(), batchesOf(60))
		tokens, requests := d.calls()

		d.refused = time.Now().Add(20 * time.Minute)
		began := time.Now()
		e.Run(t.Context(), batchesOf(60))
		assert.Empty(t, e.Failed)
		for i := range 60 {
			assert.Len(t, d.taken[fmt.Sprintf("c-%d", i)], 2)
		}
		moreTokens, moreRequests := d.calls()
		t.Logf("60 messages during 20 minutes of 401: %d app tokens, %d refused requests", moreTokens-tokens, moreRequests-requests-60)
		assert.LessOrEqual(t, moreTokens-tokens, 8, "one for each probe")
		assert.LessOrEqual(t, moreRequests-requests-60, 64+8, "those in flight, and one for each probe")
		assert.Less(t, time.Since(began), 30*time.Minute)
		require.NotEmpty(t, e.Disconnected)
		assert.Len(t, e.Disconnected, 1, "the log says it once")
		assert.Contains(t, e.Disconnected[0], "LivePerson refuses every message: messages wait until it accepts one")
		assert.Contains(t, e.Disconnected[0], "errorCode 40102")
	})
}

// LivePerson gives no token when the old one has expired.
func TestWithoutATokenMessagesWait(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(nil)
		e := driving(openToRefusals(t, d, ""), 64)
		require.NoError(t, e.Output.Connect(t.Context()))
		time.Sleep(2 * time.Hour)
		d.noToken = time.Now().Add(20 * time.Minute)
		e.Run(t.Context(), batchesOf(60))
		assert.Empty(t, e.Failed)
		assert.Len(t, d.taken, 60)
		tokens, _ := d.calls()
		assert.LessOrEqual(t, tokens, 10)
		require.Len(t, e.Disconnected, 1)
		assert.Contains(t, e.Disconnected[0], "invalid_client")
		assert.Contains(t, e.Disconnected[0], "check account_id, client_id and client_secret")
	})
}

func TestMessagesFailWhileTheAppIsRefused(t *testing.T) {
	t.Parallel()
	for name, refuse := range map[string]func(*desk, time.Time){
		"no token":      func(d *desk, until time.Time) { d.noToken = until },
		"refused token": func(d *desk, until time.Time) { d.refused = until },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				d := newDesk(nil)
				refuse(d, time.Now().Add(time.Minute))
				e := driving(openToRefusals(t, d, "on_refused_account: fail"), 64)
				require.NoError(t, e.Output.Connect(t.Context()))
				e.Run(t.Context(), batchesOf(60))
				assert.Len(t, e.Failed, 60)
				for _, err := range e.Failed {
					assert.ErrorContains(t, err, "class=unauthorised status=401")
				}
				assert.Empty(t, e.Disconnected)
				tokens, requests := d.calls()
				assert.LessOrEqual(t, tokens, 2)
				assert.LessOrEqual(t, requests, 64)

				time.Sleep(3 * time.Minute)
				e.Run(t.Context(), batchesOf(60))
				assert.Empty(t, e.Failed)
				assert.Len(t, d.taken, 60)
			})
		})
	}
}

// LivePerson refuses one message with every token. This message fails, and the others go on.
func TestAMessageThatIsTheCauseOfARefusalFails(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(nil)
		d.refuses = func(body string) bool { return strings.Contains(body, `"t-7"`) }
		e := driving(openToRefusals(t, d, ""), 4)
		e.Run(t.Context(), batchesOf(60))
		assert.Len(t, e.Failed, 1)
		assert.ErrorContains(t, e.Failed["t-7"], "errorCode 40102")
		assert.Len(t, d.taken, 59)
	})
}

// logged keeps what is logged.
type logged struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logged) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

// The processor's messages fail, and the log says once why.
func TestTheProcessorFailsWhileTheAppIsRefused(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var log logged
		d := newDesk(nil)
		d.noToken = time.Now().Add(time.Minute)
		logger := service.NewLoggerFromSlog(slog.New(slog.NewTextHandler(&log, nil)))
		p := processorAt(t, d, "", service.MockResources(service.MockResourcesOptUseLogger(logger)))
		send := func(ctx context.Context, want int) {
			failed := 0
			for _, batch := range batchesOf(20) {
				out, err := p.ProcessBatch(ctx, batch)
				require.NoError(t, err)
				if out[0][0].GetError() != nil {
					failed++
				}
			}
			assert.Equal(t, want, failed)
		}
		send(t.Context(), 20)
		tokens, _ := d.calls()
		assert.Equal(t, 1, tokens)
		time.Sleep(2 * time.Minute)
		send(t.Context(), 0)
		assert.Equal(t, 1, strings.Count(log.b.String(), "LivePerson refuses the app"))
		assert.Equal(t, 1, strings.Count(log.b.String(), "LivePerson accepts the app again"))
	})
}
