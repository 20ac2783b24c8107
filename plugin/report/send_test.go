package report

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/redpanda-data/benthos/v4/public/service"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/benthos-liveperson/benthos-liveperson/internal/liveperson"
	"github.com/benthos-liveperson/benthos-liveperson/internal/session"
)

func TestEachRequestAsksTheRateLimit(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		asked := 0
		mgr := service.MockResources(service.MockResourcesOptAddRateLimit("slow", func(context.Context) (time.Duration, error) {
			if asked++; asked%2 == 1 {
				return 5 * time.Second, nil
			}
			return 0, nil
		}))
		server := &livePerson{script: []string{serverError, acceptedNew}, start: time.Now()}
		out := outputAt(t, server, mgr, "rate_limit: slow\nconcurrency: 1\nretry_pauses: [3s]", exact)

		require.NoError(t, out.WriteBatch(t.Context(), service.MessageBatch{message(aReport)}))
		assert.Equal(t, seconds(5, 13), server.times(), "5 s of the limit, a retry's 3 s, 5 s of the limit")
		assert.Equal(t, 4, asked)
	})
}

// An event carries ids that LivePerson does not know. Only this event fails: the consumer's stored
// session stays.
func TestAnEventsStaleIDsLeaveTheConsumersSession(t *testing.T) {
	t.Parallel()
	out, server := scripted(t, acceptedKnown, badSession, badSession, acceptedKnown)
	require.NoError(t, out.WriteBatch(t.Context(), service.MessageBatch{message(aReport)}))

	require.Error(t, out.WriteBatch(t.Context(), service.MessageBatch{message(aReport, session.MetaVisitorID, "own", session.MetaSessionID, "old")}))
	assert.Len(t, server.requests, 3)
	require.NoError(t, out.WriteBatch(t.Context(), service.MessageBatch{message(aReport)}))
	assert.Equal(t, "obh=true&sid=abc&v=1.0&vid=xyz", server.requests[3].query)
}

func TestStaleStoredIDsAreForgotten(t *testing.T) {
	t.Parallel()
	out, server := scripted(t, acceptedKnown, badSession, "400 ", acceptedKnown)
	require.NoError(t, out.WriteBatch(t.Context(), service.MessageBatch{message(aReport)}))
	err := out.WriteBatch(t.Context(), service.MessageBatch{message(aReport)})
	assert.Equal(t, liveperson.ClassInvalid, liveperson.ClassOf(err))
	assert.Equal(t, "obh=true&sid=abc&v=1.0&vid=xyz", server.requests[1].query)
	assert.Equal(t, "obh=true&v=1.0", server.requests[2].query)
	require.NoError(t, out.WriteBatch(t.Context(), service.MessageBatch{message(aReport)}))
	assert.Equal(t, "obh=true&v=1.0", server.requests[3].query)
}

// Without a fallback Benthos gives a refused message again at once. The output notices this and
// pauses instead of making requests without end. With a fallback, each message is refused once.
func TestMessagesThatComeBackWhileTheAccountIsRefused(t *testing.T) {
	t.Parallel()
	for _, again := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			server := &livePerson{script: slices.Repeat([]string{badApp}, 1000), start: time.Now()}
			out := outputAt(t, server, service.MockResources(), "concurrency: 4\nretry_pauses: []", nil)
			ctx, stop := context.WithTimeout(t.Context(), time.Hour)
			defer stop()
			for i := range 100 {
				number := 0
				if !again {
					number = i
				}
				batch := service.MessageBatch{message(fmt.Sprintf(`{"consumerId":"c%d","engagementAttributes":[]}`, number))}
				out.Number(ctx, batch)
				if err := out.WriteBatch(ctx, batch); errors.Is(err, service.ErrNotConnected) {
					break
				}
			}
			if again {
				time.Sleep(time.Hour)
				synctest.Wait()
				server.mu.Lock()
				assert.Less(t, len(server.requests), 25, "as in an outage")
				server.mu.Unlock()
				assert.ErrorContains(t, out.Connect(ctx), "LivePerson refuses every message")
			} else {
				assert.Len(t, server.requests, 100)
			}
		})
	}
}
