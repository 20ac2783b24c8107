package message

import (
	"context"
	"encoding/base64"
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/redpanda-data/benthos/v4/public/service"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/benthos-liveperson/benthos-liveperson/internal/conversation"
	"github.com/benthos-liveperson/benthos-liveperson/internal/liveperson"
)

// say returns a text message from the consumer jane.
func say(text string) string { return `{"consumer":"jane","text":"` + text + `"}` }

func does(what string) string { return `{"consumer":"jane",` + what + `}` }

func known(t *testing.T, o *messageOutput) string {
	t.Helper()
	c, _, err := o.engine.store.Of(t.Context(), "jane")
	require.NoError(t, err)
	return c.ID
}

func TestTheFirstTextOpensAConversation(t *testing.T) {
	t.Parallel()
	d := newDesk(nil)
	out := outputAt(t, d, `
features: [AUTO_MESSAGES]
conversation:
  ttr: NORMAL
  skill_id: "-1"
  profile: 'root = [{"type":"ctmrinfo","info":{"socialId":"1234567890"}}]'
`)
	liveperson := `,"liveperson":{"status":"available","visitor_id":"A3ZTY3Zjk1MDExZTczYTU4","session_id":"ys2wSqaSRSOJGki7VhEDKQ","engagement":{"campaign_id":"99999","engagement_id":"888888","context_id":"2","language":"en-US"}}`
	for _, err := range write(t.Context(), out, does(`"text":"hello"`+liveperson), say("again")) {
		require.NoError(t, err)
	}
	bodies := d.bodies()
	require.Len(t, bodies, 3)
	assert.JSONEq(t, `[
		{"kind":"req","id":"1","type":"userprofile.SetUserProfile","body":{"authenticatedData":{"lp_sdes":[{"type":"ctmrinfo","info":{"socialId":"1234567890"}}]}}},
		{"kind":"req","id":"2","type":"cm.ConsumerRequestConversation","body":{
			"ttrDefName":"NORMAL","campaignInfo":{"campaignId":"99999","engagementId":"888888"},
			"conversationContext":{"visitorId":"A3ZTY3Zjk1MDExZTczYTU4","sessionId":"ys2wSqaSRSOJGki7VhEDKQ","interactionContextId":"2","type":"SharkContext","lang":"en-US"},
			"channelType":"MESSAGING","brandId":"12345678","skillId":"-1"}}]`, bodies[0])
	assert.JSONEq(t, `{"kind":"req","id":"1","type":"ms.PublishEvent","body":{"conversationId":"jane-c1","dialogId":"jane-c1","event":{"type":"ContentEvent","contentType":"text/plain","message":"hello"}}}`, bodies[1])
	assert.Equal(t, []string{"hello", "again"}, d.taken["jane"])
	assert.Equal(t, "jane-c1", known(t, out))
	for _, s := range d.sent {
		if strings.Contains(s.path, "/messaging/") {
			assert.JSONEq(t, `{"type":".ClientProperties","features":["AUTO_MESSAGES"]}`, s.properties)
		}
	}
}

func TestAConversationIsOpenThoughItsProfileIsRefused(t *testing.T) {
	t.Parallel()
	d := newDesk(nil)
	d.strict = true
	out := outputAt(t, d, "")
	require.NoError(t, errors.Join(write(t.Context(), out, say("one"), say("two"))...))
	assert.Equal(t, []string{"one", "two"}, d.taken["jane"])
	assert.Equal(t, 1, d.opened["jane"])
}

func TestOnlyATextOrAFileOpensAConversation(t *testing.T) {
	t.Parallel()
	d := newDesk(nil)
	out := outputAt(t, d, "")
	for _, what := range []string{
		`"chat_state":"ACTIVE"`, `"receipt":{"status":"READ","sequences":[1]}`, `"csat":{"rate":5}`, `"close":true`,
		`"rich_reply":{"text":"yes","external_id":"y"}`,
	} {
		err := write(t.Context(), out, does(what))[0]
		require.ErrorContains(t, err, "class=invalid status=0 code=0 attempts=0: not sent: ")
		require.ErrorContains(t, err, ": the consumer has no open conversation, and only a text or a file opens one", what)
	}
	require.NoError(t, write(t.Context(), out, does(`"profile":[{"type":"ctmrinfo","info":{}}]`))[0], "is of no conversation")
	assert.Len(t, d.bodies(), 1)
	assert.Empty(t, d.opened)
}

func TestAnOpenConversationIsFound(t *testing.T) {
	t.Parallel()
	offer := `,"liveperson":{"status":"in_conversation","engagement":{"conversation_id":"jane-c1"}}`
	tests := map[string]struct {
		tell        bool
		content     string
		elsewhere   time.Duration // the time until another instance stores the conversation; 0: never
		errContains string
	}{
		"in the answer":       {tell: true, content: say("hello")},
		"in an engagement":    {content: does(`"text":"hello"` + offer)},
		"by another instance": {content: say("hello"), elsewhere: 15 * time.Millisecond}, // while the component fetches tokens
		"in a moment":         {content: say("hello"), elsewhere: 3 * time.Second},
		"nowhere":             {content: say("hello"), errContains: "which is not in the conversation cache, and no notification has named it within 30s: share the conversation_cache of the component that opened it, give its id with the message (liveperson.engagement.conversation_id, with liveperson.status: in_conversation), or close it at LivePerson"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				d := newDesk(nil)
				d.openFor("jane")
				d.tell = test.tell
				out := outputAt(t, d, "conversation_cache: conversations")
				if test.elsewhere > 0 {
					go func() {
						time.Sleep(test.elsewhere)
						_ = out.engine.store.Keep(t.Context(), conversation.Conversation{ID: "jane-c1", DialogID: "jane-c1", Consumer: "jane"})
					}()
				}
				began := time.Now()
				err := write(t.Context(), out, test.content)[0]
				if test.elsewhere == 0 && err == nil {
					assert.Less(t, time.Since(began), 100*time.Millisecond, "what is named is not waited for")
				}
				if test.errContains != "" {
					require.ErrorContains(t, err, "class=invalid status=400 ")
					require.ErrorContains(t, err, test.errContains)
					assert.NotContains(t, err.Error(), "jane")
					return
				}
				require.NoError(t, err)
				assert.Equal(t, []string{"hello"}, d.taken["jane"])
				assert.Equal(t, "jane-c1", known(t, out))
			})
		})
	}
}

// During a survey, LivePerson accepts no text in the main dialog and opens no other
// conversation. A component that does not know of the survey can't send. It must not try the
// ended conversation again, even if LivePerson or the message names it.
func TestAConversationThatHasEndedIsNotAdopted(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		tell    bool
		content string
	}{
		"nobody names it":    {false, say("two")},
		"the answer does":    {true, say("two")},
		"an engagement does": {false, does(`"text":"two","liveperson":{"status":"in_conversation","engagement":{"conversation_id":"jane-c1"}}`)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				d := newDesk(nil)
				d.tell = test.tell
				out := outputAt(t, d, "")
				require.NoError(t, write(t.Context(), out, say("one"))[0])
				delete(d.dialogs, "jane-c1")
				sent := len(d.bodies())
				require.ErrorContains(t, write(t.Context(), out, test.content)[0], "which is not in the conversation cache")
				assert.Len(t, d.bodies(), sent+2, "the text, and what would open another one")
			})
		})
	}
}

func TestAClosedConversationIsReplacedOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(map[string][]string{"two": {"gone"}, "three": {"gone", "gone", "gone", "gone", "gone", "gone", "gone"}, "open jane": {}})
		out := outputAt(t, d, "")
		errs := write(t.Context(), out, say("one"), say("two"), say("three"), say("four"))
		require.NoError(t, errs[0])
		require.NoError(t, errs[1])
		require.ErrorContains(t, errs[2], "open another conversation")
		require.NoError(t, errs[3])
		assert.Equal(t, []string{"one", "two", "four"}, d.taken["jane"])
		assert.Equal(t, 4, d.opened["jane"])
		assert.Equal(t, "jane-c4", known(t, out))
		old, _, err := out.engine.store.By(t.Context(), "jane-c1")
		require.NoError(t, err)
		assert.Equal(t, "jane", old.Consumer, "notifications about the old one are still known")
	})
}

func TestWhatIsNoTextIsNotReplaced(t *testing.T) {
	t.Parallel()
	d := newDesk(map[string][]string{"ms.PublishEvent": {"gone"}})
	out := outputAt(t, d, "")
	errs := write(t.Context(), out, say("one"), does(`"chat_state":"GONE"`))
	require.NoError(t, errs[0])
	require.ErrorContains(t, errs[1], "class=invalid status=400")
	assert.Equal(t, 1, d.opened["jane"])
}

// LivePerson begins a survey in its own dialog, and a webhook stores that dialog.
func TestAMessageFollowsToTheSurvey(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(nil)
		out := outputAt(t, d, "")
		require.NoError(t, write(t.Context(), out, say("one"))[0])
		delete(d.dialogs, "jane-c1")
		d.dialogs["survey"] = "jane"
		require.NoError(t, out.engine.store.MoveTo(t.Context(), "jane-c1", "survey"))
		require.NoError(t, write(t.Context(), out, say("two"))[0])
		// A notification arrives while the text is in flight.
		to := target{dialog: liveperson.Dialog{ConversationID: "jane-c1", DialogID: "jane-c1"}}
		j := &job{consumer: "jane", opening: &liveperson.Opening{}}
		require.NoError(t, out.engine.move(t.Context(), j, &to))
		assert.Equal(t, target{dialog: liveperson.Dialog{ConversationID: "jane-c1", DialogID: "survey"}}, to)
		assert.Equal(t, 1, d.opened["jane"])

		require.NoError(t, out.engine.store.MoveTo(t.Context(), "jane-c1", "jane-c1")) // as if no webhook ran
		err := write(t.Context(), out, say("three"))[0]
		require.ErrorContains(t, err, "already", "the conversation is open: no other one can be")
		assert.Equal(t, "jane-c1", known(t, out), "and is not forgotten")
	})
}

func TestAFreshConversationMayNotBeUsableYet(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(map[string][]string{"one": {"not yet", "not yet", "not yet"}})
		out := outputAt(t, d, "")
		start := time.Now()
		require.NoError(t, write(t.Context(), out, say("one"))[0])
		assert.InDelta(t, 1.7, time.Since(start).Seconds(), 0.1)
		assert.Equal(t, 1, d.opened["jane"])
		assert.Equal(t, []string{"one"}, d.taken["jane"])
	})
}

func TestClosing(t *testing.T) {
	t.Parallel()
	d := newDesk(map[string][]string{liveperson.TypeUpdateConversation: {"200", "gone", "200"}})
	out := outputAt(t, d, "")
	errs := write(t.Context(), out, say("one"), does(`"close":true`), say("two"), does(`"close":true`), does(`"close":true`), say("three"), does(`"close":"dialog"`))
	for i, err := range errs {
		if i == 4 {
			require.ErrorContains(t, err, "has no open conversation")
			continue
		}
		require.NoError(t, err, "what is closed is closed")
	}
	assert.Equal(t, []string{"one", "two", "three"}, d.taken["jane"])
	assert.Equal(t, 3, d.opened["jane"])
	assert.Equal(t, "jane-c3", known(t, out), "a dialog's end is not the conversation's")

	require.NoError(t, write(t.Context(), out, does(`"type":"cm.UpdateConversationField","body":{"conversationField":{"field":"ConversationStateField","conversationState":"CLOSE"}}`))[0])
	assert.Empty(t, known(t, out))
}

func TestPartsThatAreTakenAreNotSentAgain(t *testing.T) {
	t.Parallel()
	words := func(word string) string { return strings.TrimSpace(strings.Repeat(word+" ", 900)) }
	text := words("aaaa") + " " + words("bbbb") + " " + words("cccc")
	parts := splitAll(t, text)
	require.Len(t, parts, 3)
	for _, test := range []struct {
		answers     []string // LivePerson's answers to the second part
		taken       []string
		errContains string
	}{
		{[]string{"500", "429"}, parts, ""},
		{[]string{"gone"}, parts, ""},
		{[]string{"500", "400"}, parts[:1], "class=invalid status=400 code=0 attempts=2: LivePerson answered 400 Bad Request (message \"Bad Request\", errorCode 0); LivePerson has accepted the first 1 of the message's 3 parts"},
	} {
		synctest.Test(t, func(t *testing.T) {
			d := newDesk(map[string][]string{parts[1]: test.answers})
			out := outputAt(t, d, "")
			start := time.Now()
			err := write(t.Context(), out, say(text))[0]
			if test.errContains == "" {
				require.NoError(t, err)
				assert.Equal(t, len(test.answers) > 1, time.Since(start) > time.Second, "a conversation that has taken something is not new")
			} else {
				require.EqualError(t, err, test.errContains)
			}
			assert.Equal(t, test.taken, d.taken["jane"])
		})
	}
}

func TestFilesAreUploaded(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		put         []string
		asked       int
		errContains string
	}{
		"at once":            {nil, 1, ""},
		"after trouble":      {[]string{"500"}, 1, ""},
		"address too old":    {[]string{"401"}, 2, ""},
		"address never good": {[]string{"401", "401"}, 2, "a file's address is good for one minute"},
		"refused":            {[]string{"400"}, 1, "class=invalid"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				d := newDesk(map[string][]string{"put": test.put})
				out := outputAt(t, d, "")
				err := write(t.Context(), out, does(`"file":{"caption":"me","content":"`+base64.StdEncoding.EncodeToString(pixel)+`"}`))[0]
				asked := 0
				var content, shown string
				for _, s := range d.sent {
					switch {
					case strings.Contains(s.body, liveperson.TypeUploadURL):
						asked++
						assert.Contains(t, s.body, `"fileSize":"26","fileType":"GIF"`)
					case strings.HasPrefix(s.path, "/v1/"):
						content = s.body
					case strings.Contains(s.body, "hosted/file"):
						shown = s.body
					}
				}
				assert.Equal(t, test.asked, asked)
				assert.Equal(t, string(pixel), content)
				if test.errContains != "" {
					require.ErrorContains(t, err, test.errContains)
					assert.Empty(t, d.opened, "no conversation is opened for a file that is not there")
					return
				}
				require.NoError(t, err)
				assert.Contains(t, shown, `"message":{"caption":"me","relativePath":"/v1/file.PNG","fileType":"GIF"}`)
			})
		})
	}
}

func TestAFileMayCallItsTypeJPG(t *testing.T) {
	t.Parallel()
	j, err := readOne(t, "", message(does(`"file":{"type":"JPG","content":"`+base64.StdEncoding.EncodeToString([]byte("\xff\xd8\xff\xe0"))+`"}`)))
	require.NoError(t, err)
	assert.Equal(t, "JPEG", j.upload.file.FileType)
}

func TestRawFiles(t *testing.T) {
	t.Parallel()
	d := newDesk(nil)
	out := outputAt(t, d, "action: file\nconsumer: jane")
	require.NoError(t, write(t.Context(), out, string(pixel))[0])
	assert.Equal(t, 1, d.opened["jane"])
}

func TestAnAnswerThatIsLost(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		onTimeout string
		answer    string
		taken     []string
		fails     string // the error; empty: none
	}{
		"is repeated":                     {onTimeoutRetry, "lost", []string{"one", "one"}, ""},
		"fails":                           {onTimeoutFail, "lost", []string{"one"}, "class=network status=0 code=0 attempts=1: LivePerson did not answer"},
		"fails though nothing had left":   {onTimeoutFail, "hang", nil, "class=network status=0 code=0 attempts=1: LivePerson did not answer"},
		"of a server is an answer":        {onTimeoutFail, "500", []string{"one"}, ""},
		"that a gateway lost is repeated": {onTimeoutRetry, "504", []string{"one", "one"}, ""},
		"that a gateway lost fails":       {onTimeoutFail, "504", []string{"one"}, "class=server status=504 code=0 attempts=1: LivePerson answered 504"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				d := newDesk(map[string][]string{"one": {test.answer}, "open jane": {"reset"}})
				out := outputAt(t, d, "on_timeout: "+test.onTimeout)
				err := write(t.Context(), out, say("one"))[0]
				assert.Equal(t, test.taken, d.taken["jane"])
				if test.fails == "" {
					require.NoError(t, err)
					return
				}
				require.ErrorContains(t, err, test.fails)
			})
		})
	}
}

// The conversation is open, but its id is unknown.
func TestAnOpeningWhoseAnswerIsLost(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(map[string][]string{"open jane": {"lost"}})
		err := write(t.Context(), outputAt(t, d, ""), say("one"))[0]
		require.ErrorContains(t, err, "class=invalid status=400 code=0 attempts=2")
		require.ErrorContains(t, err, "close it at LivePerson")
		d.tell = true
		require.NoError(t, write(t.Context(), outputAt(t, d, ""), say("one"))[0])
	})
}

func TestTheStoreIsAskedAgain(t *testing.T) {
	t.Parallel()
	for _, fails := range []int{0, 2, 4} {
		synctest.Test(t, func(t *testing.T) {
			asked := 0
			err := persist(t.Context(), func(context.Context) error {
				if asked++; asked <= fails {
					return assert.AnError
				}
				return nil
			})
			assert.Equal(t, min(fails+1, 4), asked)
			assert.Equal(t, fails == 4, err != nil)
		})
	}
}

func TestWhatHasHappenedIsRememberedWhileThePipelineStops(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		e := outputAt(t, newDesk(nil), "").engine
		stopped, stop := context.WithCancel(t.Context())
		stop()
		asked := 0
		e.remember(stopped, func(ctx context.Context) error {
			asked++
			if asked == 1 {
				return assert.AnError
			}
			return ctx.Err()
		})
		assert.Equal(t, 2, asked)

		began := time.Now()
		e.remember(stopped, func(ctx context.Context) error {
			<-ctx.Done()
			return ctx.Err()
		})
		assert.Equal(t, rememberTimeout, time.Since(began))
	})
}

func TestConnectProvesTheCredentials(t *testing.T) {
	t.Parallel()
	refuse := func(*http.Request) (*http.Response, error) { return respond(401, `{"error":"invalid_client"}`), nil }
	c := parse(t, "")
	account, err := liveperson.NewAccount(liveperson.Options{AccountID: "12345678", HTTP: doerFunc(refuse)})
	require.NoError(t, err)
	connector, err := account.Connector(c.connector)
	require.NoError(t, err)
	e, err := engineOf(c, connector, service.MockResources())
	require.NoError(t, err)
	out := newOutput(c, e, nil)
	var backOff *service.ErrBackOff
	require.ErrorAs(t, out.Connect(t.Context()), &backOff)
	require.ErrorContains(t, backOff, "check account_id, client_id and client_secret")
	require.ErrorContains(t, backOff, "messages wait until LivePerson accepts the account")
	assert.NotContains(t, backOff.Error(), "hush")
	results := out.ConnectionTest(t.Context())
	require.Len(t, results, 1)
	require.ErrorContains(t, results[0].Err, "client_secret")

	good := outputAt(t, newDesk(nil), "")
	require.NoError(t, good.Connect(t.Context()))
	require.NoError(t, good.ConnectionTest(t.Context())[0].Err)
}

type doerFunc func(*http.Request) (*http.Response, error)

func (f doerFunc) Do(req *http.Request) (*http.Response, error) { return f(req) }

func TestEachMessageOfABatchHasItsOwnFate(t *testing.T) {
	t.Parallel()
	out := outputAt(t, newDesk(map[string][]string{"bad": {"400"}}), "")
	batch := service.MessageBatch{message(say("one")), message(`{"consumer":"jane"}`), message(say("bad")), message(say("two"))}
	index := batch.Index()
	err := out.WriteBatch(t.Context(), batch)
	var batchErr *service.BatchError
	require.ErrorAs(t, err, &batchErr)
	failed := map[int]string{}
	batchErr.WalkMessagesIndexedBy(index, func(i int, _ *service.Message, err error) bool {
		if err != nil {
			failed[i] = err.Error()
		}
		return true
	})
	require.Len(t, failed, 2)
	assert.Contains(t, failed[1], "class=invalid status=0 code=0 attempts=0: not sent: ")
	assert.Contains(t, failed[2], "class=invalid status=400 ")
}
