package webhook

import (
	"bytes"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/redpanda-data/benthos/v4/public/service"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/benthos-liveperson/benthos-liveperson/internal/conversation"
)

const (
	lostConversation = "8602832d-dce1-446b-8445-0d51f5926a42"
	participantJane  = "5b0f3b3574c1a8eb71aebf79cf437cb3f6010b9a6df94771c22e5c637285f5f2"
)

// stateOf returns a notification with the state of the lost conversation, which names its consumer.
func stateOf(at int, state string) string {
	return notify(conversationNotification, fmt.Sprintf(`{"type":"UPSERT","result":{"convId":%q,"conversationDetails":{"participants":[{"id":"a-1","role":"ASSIGNED_AGENT"},{"id":%q,"role":"CONSUMER"}],"state":%q,"stage":%q,"metaDataLastUpdateTs":%d}}}`,
		lostConversation, participantJane, state, state, at))
}

// saidIn returns a notification with a text in the lost conversation.
func saidIn(sequence int, role, originator string) string {
	return notify(messagingNotification, fmt.Sprintf(`{"sequence":%d,"originatorId":%q,"originatorMetadata":{"id":%q,"role":%q},"event":{"type":"ContentEvent","message":"hello"},"conversationId":%q,"dialogId":%q}`,
		sequence, originator, originator, role, lostConversation, lostConversation))
}

// An expected consumer's conversation is learned from a change of it, or from the consumer's own text.
func TestALostConversationIsLearned(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{"from a change": stateOf(1000, stateOpen), "from the consumer's text": saidIn(0, roleConsumer, participantJane)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, "events: [ ContentEvent ]")
			b.drops(saidIn(1, "ASSIGNED_AGENT", "a-1"))
			require.NoError(t, b.conversations.Expect(t.Context(), participantJane, "john"))
			b.drops(body)
			batch := b.deliver(saidIn(2, "ASSIGNED_AGENT", "a-1"))
			assert.Equal(t, "john", metadata(t, batch[0])[metaConsumer])
			open, found, err := b.conversations.Of(t.Context(), "john")
			require.NoError(t, err)
			assert.True(t, found)
			assert.Equal(t, lostConversation, open.ID)

			b.drops(stateOf(2000, stateClose))
			_, found, err = b.conversations.Of(t.Context(), "john")
			require.NoError(t, err)
			assert.False(t, found, "closed")
		})
	}
}

// Before its consumer is expected, an open conversation is remembered by its participant.
func TestWhoseConversationItIsMayBeKnownLater(t *testing.T) {
	t.Parallel()
	b := newBench(t, "events: [ ContentEvent ]")
	seen := func() string {
		id, _, err := b.conversations.Seen(t.Context(), participantJane)
		require.NoError(t, err)
		return id
	}
	b.drops(stateOf(1000, stateOpen))
	assert.Equal(t, lostConversation, seen())
	b.drops(stateOf(2000, stateClose))
	assert.Empty(t, seen())
}

// A late change of an old conversation does not replace the open one.
func TestWhatIsLearnedLateReplacesNothing(t *testing.T) {
	t.Parallel()
	b := newBench(t, "events: [ ContentEvent ]")
	require.NoError(t, b.conversations.Expect(t.Context(), participantJane, testConsumer))
	b.drops(stateOf(1000, stateOpen))
	open, _, err := b.conversations.Of(t.Context(), testConsumer)
	require.NoError(t, err)
	assert.Equal(t, testConversation, open.ID)
	assert.Equal(t, testConsumer, metadata(t, b.deliver(saidIn(1, "ASSIGNED_AGENT", "a-1"))[0])[metaConsumer])
}

func TestUnknownConversationsWaitForOpenings(t *testing.T) {
	t.Parallel()
	const agent = "ASSIGNED_AGENT"
	tests := []struct {
		name string
		run  func(t *testing.T, b *bench)
	}{
		{"the opening ends", func(t *testing.T, b *bench) {
			end := b.conversations.Opening()
			status := b.post(saidIn(1, agent, "a-1"))
			synctest.Wait()
			b.opened(lostConversation)
			end()
			d := <-b.deliveries
			require.NoError(t, d.ack(t.Context(), nil))
			assert.Equal(t, http.StatusOK, <-status)
		}},
		{"the opening fails", func(t *testing.T, b *bench) {
			end := b.conversations.Opening()
			status := b.post(saidIn(1, agent, "a-1"))
			synctest.Wait()
			end()
			assert.Equal(t, http.StatusOK, <-status)
			end = b.conversations.Opening()
			defer end()
			b.drops(saidIn(2, agent, "a-1")) // a stranger by now, and not held again
		}},
		{"the opening takes long", func(t *testing.T, b *bench) {
			end := b.conversations.Opening()
			defer end()
			began := time.Now()
			assert.Equal(t, http.StatusServiceUnavailable, <-b.post(saidIn(1, agent, "a-1")))
			assert.Equal(t, 2*time.Second, time.Since(began))
			time.Sleep(10 * time.Second)
			b.drops(saidIn(1, agent, "a-1"))
		}},
		{"openings without an end", func(t *testing.T, b *bench) {
			began := time.Now()
			defer b.conversations.Opening()()
			for <-b.post(saidIn(1, agent, "a-1")) != http.StatusOK {
				require.Less(t, time.Since(began), time.Minute, "it is held for ever")
				defer b.conversations.Opening()()
			}
			assert.GreaterOrEqual(t, time.Since(began), heldFor)
		}},
		{"the ids agree", func(t *testing.T, b *bench) {
			own := conversationOf("own")
			own.Participant = participantJane
			require.NoError(t, b.conversations.Keep(t.Context(), own))
			b.drops(notify(conversationNotification, strings.Replace(stateChange("own"), "CONSUMER64", participantJane, 1)))
			end := b.conversations.Opening()
			defer end()
			b.drops(notify(conversationNotification, strings.Replace(stateChange("of another channel"), "CONSUMER64", "other", 1)))
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { test.run(t, newBench(t, "events: [ ContentEvent ]")) })
		})
	}
}

func stateChange(id string) string {
	return fmt.Sprintf(`{"type":"UPSERT","result":{"convId":%q,"conversationDetails":{"participants":[{"id":"CONSUMER64","role":"CONSUMER"}],"state":"OPEN","stage":"OPEN","metaDataLastUpdateTs":1}}}`, id)
}

func TestIDsThatDifferAreSaidOnce(t *testing.T) {
	t.Parallel()
	var said bytes.Buffer
	b := newBench(t, "events: [ ContentEvent ]")
	b.log = service.NewLoggerFromSlog(slog.New(slog.NewTextHandler(&said, nil)))
	require.NoError(t, b.conversations.Keep(t.Context(), conversation.Conversation{ID: lostConversation, DialogID: lostConversation, Consumer: "john", Participant: "of-the-token"}))
	b.drops(stateOf(1000, stateOpen))
	b.drops(stateOf(2000, stateOpen))
	assert.Equal(t, 1, strings.Count(said.String(), "differs between the consumer token and a notification"), said.String())
	assert.NotContains(t, said.String(), participantJane)
}
