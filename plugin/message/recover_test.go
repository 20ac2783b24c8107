package message

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/redpanda-data/benthos/v4/public/service"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/benthos-liveperson/benthos-liveperson/internal/conversation"
)

// told is a conversation as the webhook learns it from a notification.
func told(consumer, id string) conversation.Conversation {
	return conversation.Conversation{ID: id, DialogID: id, Participant: lpOf(consumer)}
}

func batchOf(contents ...string) (batch service.MessageBatch) {
	for _, content := range contents {
		batch = append(batch, message(content))
	}
	return batch
}

// Texts of a consumer whose conversation the cache has lost wait until a notification names it. They keep their order.
func TestTextsWaitForALostConversation(t *testing.T) {
	t.Parallel()
	for name, wait := range map[string]time.Duration{"named before": 0, "named later": 20 * time.Second} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				d := newDesk(nil)
				d.openFor("jane")
				out := outputAt(t, d, "")
				go func() {
					time.Sleep(wait)
					_, _, err := out.engine.store.Learn(t.Context(), told("jane", "jane-c1"), false)
					assert.NoError(t, err)
				}()
				synctest.Wait()
				began := time.Now()
				require.NoError(t, out.WriteBatch(t.Context(), batchOf(say("one"), say("two"), say("three"), `{"consumer":"john","text":"hello"}`)))
				assert.Less(t, time.Since(began), wait+2*time.Second)
				assert.Equal(t, []string{"one", "two", "three"}, d.taken["jane"])
				assert.Equal(t, 1, d.opened["jane"], "no other conversation was opened")
				assert.Equal(t, []string{"hello"}, d.taken["john"])
				known, found, err := out.engine.store.By(t.Context(), "jane-c1")
				require.NoError(t, err)
				assert.True(t, found)
				assert.Equal(t, "jane", known.Consumer)
			})
		})
	}
}

// A text fails with the reason at its time limit. The consumer's texts behind it fail too.
func TestTextsDoNotWaitForEver(t *testing.T) {
	t.Parallel()
	for yaml, want := range map[string]struct {
		within time.Duration
		reason string
	}{
		"":                                       {32 * time.Second, "no notification has named it within 30s"},
		"recover_timeout: 10s":                   {12 * time.Second, "no notification has named it within 10s"},
		"recover: off":                           {6 * time.Second, "which is not in the conversation cache: share"},
		"recover: webhook\nrecover_timeout: 90s": {92 * time.Second, "no notification has named it within 1m30s"},
	} {
		t.Run(yaml, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				d := newDesk(nil)
				d.openFor("jane")
				out := outputAt(t, d, yaml)
				began := time.Now()
				batch := batchOf(say("one"), say("two"), say("three"))
				index := batch.Index()
				err := out.WriteBatch(t.Context(), batch)
				assert.Less(t, time.Since(began), want.within, "all together")
				var each *service.BatchError
				require.ErrorAs(t, err, &each)
				failed := 0
				each.WalkMessagesIndexedBy(index, func(_ int, _ *service.Message, err error) bool {
					require.ErrorContains(t, err, want.reason)
					failed++
					return true
				})
				assert.Equal(t, 3, failed)
				assert.Empty(t, d.taken["jane"])
			})
		})
	}
}

// At most maxRecovering consumers wait. The texts of others fail at once, and consumers without trouble go on.
func TestFewConsumersWaitForTheirConversations(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(nil)
		out := outputAt(t, d, "")
		var batch service.MessageBatch
		for i := range maxRecovering + 10 {
			consumer := fmt.Sprintf("c-%d", i)
			d.openFor(consumer)
			batch = append(batch, message(fmt.Sprintf(`{"consumer":%q,"text":"hello"}`, consumer)))
		}
		index := batch.Index()
		waiting := make(chan error, 1)
		go func() { waiting <- out.WriteBatch(t.Context(), batch) }()
		time.Sleep(5 * time.Second)
		require.NoError(t, write(t.Context(), out, say("hello"))[0])
		err := <-waiting
		var each *service.BatchError
		require.ErrorAs(t, err, &each)
		full := 0
		each.WalkMessagesIndexedBy(index, func(_ int, _ *service.Message, err error) bool {
			if err != nil && assert.ErrorContains(t, err, "which is not in the conversation cache") && !strings.Contains(err.Error(), "no notification") {
				full++
			}
			return true
		})
		assert.Equal(t, 10, full)
	})
}

// The answer to an opening gets lost. The webhook still recognises the conversation, because the component called Expect
// for the consumer.
func TestTheAnswerToAnOpeningIsLost(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(map[string][]string{"open jane": {"504"}})
		out := outputAt(t, d, "")
		go func() {
			time.Sleep(time.Second) // the opening is repeated after this
			learned, known, err := out.engine.store.Learn(t.Context(), told("jane", "jane-c1"), false)
			assert.NoError(t, err)
			assert.True(t, known)
			assert.Equal(t, "jane", learned.Consumer)
		}()
		require.NoError(t, errors.Join(write(t.Context(), out, say("one"), say("two"))...))
		assert.Equal(t, []string{"one", "two"}, d.taken["jane"])
		assert.Equal(t, 1, d.opened["jane"])
	})
}

// An agent closes a conversation, and the consumer's next text opens another one. The answer to the opening gets lost, and the
// notification of the new conversation comes before that of the old one's end.
func TestTheAnswerIsLostWhileTheOldConversationCountsAsOpen(t *testing.T) {
	t.Parallel()
	for _, ends := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			d := newDesk(map[string][]string{"two": {"gone"}})
			out := outputAt(t, d, "")
			require.NoError(t, write(t.Context(), out, say("one"))[0])
			d.scripts["open jane"] = []string{"504"}
			go func() {
				time.Sleep(time.Second) // before the opening is repeated
				_, _, err := out.engine.store.Learn(t.Context(), told("jane", "jane-c2"), false)
				assert.NoError(t, err)
				if ends {
					assert.NoError(t, out.engine.store.Close(t.Context(), "jane-c1"))
				}
			}()
			require.NoError(t, errors.Join(write(t.Context(), out, say("two"), say("three"))...))
			assert.Equal(t, []string{"one", "two", "three"}, d.taken["jane"])
			assert.Equal(t, "jane-c2", known(t, out))
		})
	}
}

// After the cache was lost, a notification has named the conversation. Messages that open none find it too.
func TestALostConversationCanBeClosed(t *testing.T) {
	t.Parallel()
	for _, recover := range []string{recoverWebhook, recoverOff} {
		synctest.Test(t, func(t *testing.T) {
			d := newDesk(nil)
			d.openFor("jane")
			out := outputAt(t, d, "recover: "+recover)
			_, known, err := out.engine.store.Learn(t.Context(), told("jane", "jane-c1"), false)
			require.NoError(t, err)
			assert.False(t, known, "the consumer is not expected yet")
			errs := write(t.Context(), out, does(`"chat_state":"GONE"`), does(`"close":true`), does(`"close":true`))
			require.ErrorContains(t, errs[2], "the consumer has no open conversation")
			if recover == recoverOff {
				require.ErrorContains(t, errs[0], "the consumer has no open conversation")
				return
			}
			require.NoError(t, errors.Join(errs[:2]...))
			assert.Empty(t, d.open["jane"], "closed")
		})
	}
}

// A transfer moves the consumer although the store does not know the open conversation.
func TestATransferOfALostConversation(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(nil)
		d.openFor("jane")
		out := outputAt(t, d, "")
		_, _, err := out.engine.store.Learn(t.Context(), told("jane", "jane-c1"), false)
		require.NoError(t, err)
		require.NoError(t, write(t.Context(), out, does(`"transfer":{"skill_id":"277498214"}`))[0])
		assert.Equal(t, 2, d.opened["jane"])
		assert.Equal(t, "jane-c2", known(t, out))
		assert.Contains(t, d.bodies()[len(d.bodies())-1], `"skillId":"277498214"`)
	})
}

// While the conversation is being opened, the webhook knows that an opening is in flight. Afterwards none is.
func TestAnOpeningIsInFlightUntilItIsStored(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		out := outputAt(t, newDesk(nil), "")
		sent := make(chan error, 1)
		go func() { sent <- out.WriteBatch(t.Context(), batchOf(say("one"))) }()
		time.Sleep(25 * time.Millisecond) // the tokens take 20 ms
		waited, err := out.engine.store.AwaitOpenings(t.Context())
		require.NoError(t, err)
		assert.True(t, waited)
		assert.Equal(t, "jane-c1", known(t, out), "it is stored")
		require.NoError(t, <-sent)
		waited, err = out.engine.store.AwaitOpenings(t.Context())
		require.NoError(t, err)
		assert.False(t, waited)
	})
}

const withREST = "recover: rest\ncredentials: { login: { user: reader, password: hush } }"

// Messaging Interactions shows the conversation late, fails, or refuses the reader. A notification may come meanwhile.
func TestMessagingInteractionsAndNotificationsTogether(t *testing.T) {
	t.Parallel()
	const open = `{"conversationHistoryRecords":[{"info":{"conversationId":"jane-c1"}}]}`
	tests := map[string]struct {
		answers     []string      // "200" has the conversation
		named       time.Duration // 0: no notification names it
		within      time.Duration
		errContains string
	}{
		"at once":                      {within: time.Second},
		"after trouble":                {answers: []string{"500"}, within: 20 * time.Second},
		"refused, and a notification":  {answers: []string{"400", "400", "400"}, named: 5 * time.Second, within: 10 * time.Second},
		"down, and a notification":     {answers: []string{"500", "500", "500", "500", "500", "500"}, named: 5 * time.Second, within: 12 * time.Second},
		"refused, and no notification": {answers: []string{"400", "400", "400", "400"}, within: 32 * time.Second, errContains: "within 30s (Messaging Interactions: class=invalid status=400"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				d := newDesk(map[string][]string{"search": test.answers})
				d.openFor("jane")
				d.searched = open
				out := outputAt(t, d, withREST)
				if test.named > 0 {
					go func() {
						time.Sleep(test.named)
						_, _, err := out.engine.store.Learn(t.Context(), told("jane", "jane-c1"), false)
						assert.NoError(t, err)
					}()
				}
				began := time.Now()
				err := write(t.Context(), out, say("hello"))[0]
				assert.LessOrEqual(t, time.Since(began), test.within)
				if test.errContains != "" {
					require.ErrorContains(t, err, test.errContains)
					return
				}
				require.NoError(t, err)
				assert.Equal(t, []string{"hello"}, d.taken["jane"])
			})
		})
	}
}

func TestRESTNeedsCredentials(t *testing.T) {
	t.Parallel()
	for yaml, want := range map[string]string{
		"recover: rest": "recover: rest and credentials go together",
		"credentials: { login: { user: u, password: p } }":                                             "recover: rest and credentials go together",
		"recover: rest\ncredentials: { login: { user: u, password: '' } }":                             "",
		"recover: rest\ncredentials: { api_key: { key: k, secret: s, token: t, token_secret: ts } }":   "",
		"recover: rest\ncredentials: { login: { user: '', password: '' }, oauth2: { client_id: '' } }": "recover: rest and credentials go together",
		"recover: REST\ncredentials: { oauth2: { client_id: app-of-history, client_secret: s } }":      "",
	} {
		parsed, err := outputSpec().ParseYAML(required+here+yaml, nil)
		require.NoError(t, err)
		_, err = configFromParsed(parsed)
		if want == "" {
			assert.NoError(t, err, yaml)
			continue
		}
		require.ErrorContains(t, err, want, yaml)
	}
}
