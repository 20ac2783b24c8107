package webhook

import (
	"bytes"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/redpanda-data/benthos/v4/public/service"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const (
	private  = `{"sequence":1,"originatorMetadata":{"role":"ASSIGNED_AGENT"},"event":{"type":"ContentEvent"},"messageAudience":"AGENTS_AND_MANAGERS","conversationId":"` + testConversation + `","dialogId":"` + testConversation + `"}`
	forAll   = `{"sequence":1,"originatorMetadata":{"role":"ASSIGNED_AGENT"},"event":{"type":"ContentEvent"},"messageAudience":"ALL","conversationId":"` + testConversation + `","dialogId":"` + testConversation + `"}`
	echo     = `{"sequence":1,"originatorMetadata":{"role":"CONSUMER"},"event":{"type":"ContentEvent"},"conversationId":"` + testConversation + `","dialogId":"` + testConversation + `"}`
	foreign  = `{"sequence":1,"originatorMetadata":{"role":"ASSIGNED_AGENT"},"event":{"type":"ContentEvent"},"conversationId":"another","dialogId":"another"}`
	oldForm  = `{"sequence":1,"originatorMetadata":{"role":"ASSIGNED_AGENT"},"event":{"type":"ContentEvent"},"dialogId":"` + testConversation + `"}`
	inSurvey = `{"sequence":0,"originatorMetadata":{"role":"AGENT"},"event":{"type":"ContentEvent"},"conversationId":"` + testConversation + `","dialogId":"survey"}`
	typing   = `{"originatorMetadata":{"role":"ASSIGNED_AGENT"},"event":{"type":"ChatStateEvent"},"conversationId":"` + testConversation + `"}`
	newKind  = `{"sequence":1,"event":{"type":"NewEvent"},"conversationId":"` + testConversation + `"}`

	foreignState = `{"type":"UPSERT","result":{"convId":"another","conversationDetails":{"state":"OPEN","stage":"OPEN"}}}`
)

func TestDecisions(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, yaml, typ, change string
		want                    filtered
	}{
		{name: "an agent's text", change: forAll, want: filtered{outcomeEmitted, testConsumer}},
		{name: "without the conversation's id", change: oldForm, want: filtered{outcomeEmitted, testConsumer}},
		{name: "in the survey's dialog", change: inSurvey, want: filtered{outcomeEmitted, testConsumer}},
		{name: "a private note", change: private, want: filtered{outcome: outcomeHidden}},
		{name: "a private note, wanted", yaml: "internal_messages: true", change: private, want: filtered{outcomeEmitted, testConsumer}},
		{name: "the consumer's own", change: echo, want: filtered{outcome: outcomeEcho}},
		{name: "the consumer's own, wanted", yaml: "own_messages: true", change: echo, want: filtered{outcomeEmitted, testConsumer}},
		{name: "of others", change: foreign, want: filtered{outcome: outcomeForeign}},
		{name: "of others, wanted", yaml: "all_conversations: true", change: foreign, want: filtered{outcome: outcomeEmitted}},
		{name: "a state of others", typ: conversationNotification, change: foreignState, want: filtered{outcome: outcomeForeign}},
		{name: "a state of others, wanted", yaml: "all_conversations: true", typ: conversationNotification, change: foreignState, want: filtered{outcome: outcomeEmitted}},
		{name: "ours, where all are wanted", yaml: "all_conversations: true", change: forAll, want: filtered{outcomeEmitted, testConsumer}},
		{name: "a type that is asked for", yaml: "events: [ ChatStateEvent ]", change: typing, want: filtered{outcomeEmitted, testConsumer}},
		{name: "a type that is not", yaml: "events: [ ContentEvent ]", change: typing, want: filtered{outcome: outcomeFiltered}},
		{name: "a new type", change: newKind, want: filtered{outcome: outcomeFiltered}},
		{name: "what can't be read", change: `{"event":7}`, want: filtered{outcome: outcomeUnreadable}},
		{name: "an event without a type", change: `{"sequence":1}`, want: filtered{outcome: outcomeUnreadable}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, test.yaml)
			if test.typ == "" {
				test.typ = messagingNotification
			}
			changes, err := parse([]byte(notify(test.typ, test.change)))
			require.NoError(t, err)
			got, err := b.filter(t.Context(), changes[0])
			require.NoError(t, err)
			assert.Equal(t, test.want, got)
		})
	}
}

// The end of a conversation is stored, whether or not the change is passed on.
func TestConversationsEnd(t *testing.T) {
	t.Parallel()
	const survey = `{"dialogId":"` + testConversation + `","dialogType":"MAIN","state":"CLOSE"},{"dialogId":"survey","dialogType":"POST_SURVEY","state":"OPEN"}`
	for name, yaml := range map[string]string{"passed on": "", "left out": "events: [ ContentEvent ]"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, yaml)
			post := func(body string) {
				status := b.post(body)
				if yaml == "" {
					d := <-b.deliveries
					require.NoError(t, d.ack(t.Context(), nil))
				}
				require.Equal(t, http.StatusOK, <-status)
			}
			dialog := func() string {
				c, _, err := b.conversations.Of(t.Context(), testConsumer)
				require.NoError(t, err)
				return c.DialogID
			}
			post(changed(1000, stateOpen, stateOpen, ""))
			assert.Equal(t, testConversation, dialog())
			post(changed(2000, stateClose, stateOpen, survey))
			assert.Equal(t, "survey", dialog())
			post(changed(3000, stateClose, stateClose, ""))
			assert.Empty(t, dialog())

			assert.Equal(t, http.StatusOK, <-b.post(changed(2000, stateClose, stateOpen, survey)), "late")
			assert.Empty(t, dialog())
			assert.Equal(t, testConsumer, metadata(t, b.deliver(notify(messagingNotification, forAll))[0])[metaConsumer], "what comes late is still known")
		})
	}
}

func TestRefusedOnesAreNotedAsWell(t *testing.T) {
	t.Parallel()
	b := newBench(t, "")
	status := b.post(changed(1000, stateClose, stateClose, ""))
	d := <-b.deliveries
	require.NoError(t, d.ack(t.Context(), errRefused))
	assert.Equal(t, http.StatusServiceUnavailable, <-status)
	_, open, err := b.conversations.Of(t.Context(), testConsumer)
	require.NoError(t, err)
	assert.False(t, open)
	b.deliver(changed(1000, stateClose, stateClose, ""))
}

func TestWhatIsDroppedAsForeignIsSaidOnce(t *testing.T) {
	t.Parallel()
	for yaml, want := range map[string]string{"": "give both the same conversation_cache; set all_conversations", "conversation_cache: notifications": "(logged once); set all_conversations"} {
		var said bytes.Buffer
		b := newBench(t, yaml)
		b.log = service.NewLoggerFromSlog(slog.New(slog.NewTextHandler(&said, nil)))
		for range 3 {
			assert.Equal(t, http.StatusOK, <-b.post(notify(messagingNotification, foreign)))
		}
		assert.Equal(t, 1, strings.Count(said.String(), "Dropping"), said.String())
		assert.Contains(t, said.String(), want)
	}
}
