package messaging

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func script(t *testing.T, text string) Script {
	t.Helper()
	read, err := ParseScript([]byte(text))
	require.NoError(t, err)
	return read
}

// posted returns the main facts of the notifications that an endpoint received.
func posted(t *testing.T, bodies []string) (lines []string) {
	t.Helper()
	for _, body := range bodies {
		var n struct {
			Type string
			Body struct {
				Changes []struct {
					change
					Result upsertResult
				}
			}
		}
		require.NoError(t, json.Unmarshal([]byte(body), &n))
		for _, c := range n.Body.Changes {
			if n.Type == KeyConversation {
				lines = append(lines, fmt.Sprintf("conversation %s %s, %d participants", c.Result.Details.State, c.Result.Details.Stage, len(c.Result.Details.Participants)))
				continue
			}
			line := c.OriginatorMetadata.Role + " " + c.Event.Type
			if c.Sequence != nil {
				line += fmt.Sprintf(" %d", *c.Sequence)
			}
			lines = append(lines, strings.TrimSpace(line+" "+c.Event.text()+c.Event.Status+c.Event.ChatState+c.Audience))
		}
	}
	return lines
}

// withWebhooks runs a test in a synctest bubble, with a service whose notifications the test can read.
func withWebhooks(t *testing.T, script Script, test func(t *testing.T, s *stand, read func() []string)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var bodies []string
		e := newEndpoint()
		e.answers(func(_ *http.Request, body string) int {
			mu.Lock()
			defer mu.Unlock()
			bodies = append(bodies, body)
			return http.StatusOK
		})
		s := newStand(t, Options{Script: script, Webhooks: Webhooks{Endpoints: everyEvent(Endpoint{URL: "https://a"})}, Transport: e})
		defer s.Close()
		test(t, s, func() []string {
			synctest.Wait()
			mu.Lock()
			defer mu.Unlock()
			lines := posted(t, bodies)
			bodies = nil
			return lines
		})
	})
}

// The notifications have the order of LivePerson's example of a conversation.
func TestWhatAnAppIsToldOfAConversation(t *testing.T) {
	t.Parallel()
	withWebhooks(t, Echo, func(t *testing.T, s *stand, read func() []string) {
		id := s.openMinimal(t)
		require.Equal(t, http.StatusOK, s.sendOne(textRequest(id, "hello")).Code)
		assert.Equal(t, []string{
			"conversation OPEN OPEN, 1 participants",
			"CONSUMER ContentEvent 0 helloALL",
			"conversation OPEN OPEN, 2 participants",
			"ASSIGNED_AGENT AcceptStatusEvent 1 READ",
			"ASSIGNED_AGENT ChatStateEvent COMPOSING",
			"ASSIGNED_AGENT ChatStateEvent ACTIVE",
			"ASSIGNED_AGENT ContentEvent 2 helloALL",
		}, read())
		s.sendOne(`{"kind":"req","id":"1","type":"ms.PublishEvent","body":{"dialogId":"` + id + `","event":{"type":"ChatStateEvent","chatState":"COMPOSING"}}}`)
		s.sendOne(`{"kind":"req","id":"1","type":"cm.UpdateConversationField","body":{"conversationId":"` + id + `","conversationField":{"field":"ConversationStateField","conversationState":"CLOSE"}}}`)
		assert.Equal(t, []string{"CONSUMER ChatStateEvent COMPOSING", "conversation CLOSE CLOSE, 2 participants"}, read())
	})
}

func TestRulesOfAScript(t *testing.T) {
	t.Parallel()
	rules := script(t, `
rules:
  - contains: hello
    answer: Good day
  - matches: '^order \d+$'
    answer: [I look it up, Here it is]
  - contains: note
    note: for colleagues
  - contains: rich
    rich: {type: vertical, elements: [{type: text, text: "<b>"}]}
  - contains: bye
    answer: Goodbye
    close: true
echo: false`)
	for said, want := range map[string][]string{
		"well, HELLO": {"Good day"},
		"order 12":    {"I look it up", "Here it is"},
		"order x":     nil,
		"take a note": {"for colleagues"},
		"bye":         {"Goodbye"},
	} {
		s := newStand(t, Options{Script: rules})
		id := s.openMinimal(t)
		require.Equal(t, http.StatusOK, s.sendOne(textRequest(id, said)).Code)
		full := s.read(t, id)
		var answers []string
		for _, e := range full.Dialogs[0].Events {
			if e.OriginatorMetadata.Role == roleAgent && e.Event.Type == eventContent {
				answers = append(answers, e.Event.text())
				if said == "take a note" {
					assert.Equal(t, audienceAgents, e.Audience)
				}
			}
		}
		assert.Equal(t, want, answers, said)
		assert.Equal(t, said == "bye", full.Stage == stateClose)
		if said == "bye" {
			assert.Equal(t, byAgent, full.CloseReason)
		}
	}
	withWebhooks(t, rules, func(t *testing.T, s *stand, read func() []string) {
		id := s.openMinimal(t)
		s.sendOne(textRequest(id, "rich"))
		lines := read()
		assert.Equal(t, "ASSIGNED_AGENT RichContentEvent 2 ALL", lines[len(lines)-1])
	})
}

func TestTheAgentTakesHisTimeAndAnswersInOrder(t *testing.T) {
	t.Parallel()
	rules := script(t, `{rules: [{contains: slow, answer: slowly, delay: 10s}, {contains: quick, answer: quickly, delay: 1s}]}`)
	withWebhooks(t, rules, func(t *testing.T, s *stand, read func() []string) {
		id := s.openMinimal(t)
		s.sendOne(textRequest(id, "slow"))
		s.sendOne(textRequest(id, "quick"))
		s.sendOne(textRequest(id, "echo"))
		time.Sleep(9 * time.Second)
		for _, line := range read() {
			assert.NotContains(t, line, "ACTIVE")
		}
		time.Sleep(time.Second)
		assert.Equal(t, []string{
			"ASSIGNED_AGENT ChatStateEvent ACTIVE", "ASSIGNED_AGENT ContentEvent 6 slowlyALL",
			"ASSIGNED_AGENT ChatStateEvent ACTIVE", "ASSIGNED_AGENT ContentEvent 7 quicklyALL",
			"ASSIGNED_AGENT ChatStateEvent ACTIVE", "ASSIGNED_AGENT ContentEvent 8 echoALL",
		}, read())
		s.sendOne(textRequest(id, "slow"))
		s.sendOne(`{"kind":"req","id":"1","type":"cm.UpdateConversationField","body":{"conversationId":"` + id + `","conversationField":{"field":"ConversationStateField","conversationState":"CLOSE"}}}`)
		read()
		time.Sleep(time.Minute)
		assert.Empty(t, read(), "nobody answers in a closed conversation")
	})
}

func TestASurvey(t *testing.T) {
	t.Parallel()
	withWebhooks(t, script(t, `survey: How was it?`), func(t *testing.T, s *stand, read func() []string) {
		id := s.openMinimal(t)
		read()
		w := s.sendOne(`{"kind":"req","id":"1","type":"cm.UpdateConversationField","body":{"conversationId":"` + id +
			`","conversationField":{"field":"DialogChange","type":"UPDATE","dialog":{"dialogId":"` + id + `","state":"CLOSE","closedCause":"Closed by consumer"}}}}`)
		require.Equal(t, http.StatusOK, w.Code, w.Body)
		assert.Equal(t, []string{"conversation CLOSE OPEN, 2 participants", "AGENT ContentEvent 0 How was it?ALL"}, read())
		full := s.read(t, id)
		require.Len(t, full.Dialogs, 2)
		assert.Equal(t, http.StatusBadRequest, s.sendOne(textRequest(id, "to the main dialog")).Code)
		survey := full.Dialogs[1].DialogID
		assert.Equal(t, http.StatusBadRequest, s.sendOne(`{"kind":"req","id":"1","type":"ms.PublishEvent","body":{"dialogId":"`+survey+`","event":{"type":"ChatStateEvent","chatState":"COMPOSING"}}}`).Code)
		w = s.sendOne(`{"kind":"req","id":"1","type":"ms.PublishEvent","body":{"dialogId":"` + survey + `","event":{"type":"ContentEvent","contentType":"text/plain","message":"5"}}}`)
		assert.Equal(t, `{"reqId":"1","code":"OK","body":{"sequence":1}}`, w.Body.String())
		assert.Equal(t, []string{"CONSUMER ContentEvent 1 5ALL", "AGENT AcceptStatusEvent 2 READ", "conversation CLOSE CLOSE, 2 participants"}, read())
	})
}

// As in LivePerson's tutorial of surveys, the bot has the role AGENT, and the former agent reads the survey.
func TestParticipantsOfASurvey(t *testing.T) {
	t.Parallel()
	s := newStand(t, Options{Script: script(t, "survey: How was it?")})
	id := s.openMinimal(t)
	c := s.conversations.value[id]
	s.join(c)
	s.closeAs(c, byAgent)
	rolesOf := func(present []participant) (roles []string) {
		for _, p := range present {
			roles = append(roles, p.Role)
		}
		return roles
	}
	state := c.snapshot(s.options.Account).Result.Details
	assert.Equal(t, []string{"CONSUMER", "ASSIGNED_AGENT", "AGENT", "READER"}, rolesOf(state.Participants))
	assert.Equal(t, []string{"CONSUMER", "ASSIGNED_AGENT"}, rolesOf(state.Dialogs[0].Participants))
	assert.Equal(t, []string{"CONSUMER", "AGENT", "READER"}, rolesOf(state.Dialogs[1].Participants))
	survey := c.dialogs[1].id
	require.Equal(t, http.StatusOK, s.sendOne(`{"kind":"req","id":"1","type":"ms.PublishEvent","body":{"dialogId":"`+survey+`","event":{"type":"ContentEvent","contentType":"text/plain","message":"5"}}}`).Code)
	over := c.snapshot(s.options.Account).Result.Details
	assert.Equal(t, []string{"CLOSE", "CLOSE", "AGENT"}, []string{over.State, over.Stage, over.CloseReason})
	assert.Equal(t, []string{"AGENT", "Completed"}, []string{over.Dialogs[1].ClosedBy, over.Dialogs[1].ClosedCause})
}

func TestChangesOfAConversationHaveTimesOfTheirOwn(t *testing.T) {
	t.Parallel()
	s := newStand(t, Options{Now: newClock().Now, Script: Echo})
	id := s.openMinimal(t)
	before := s.conversations.value[id].updated
	s.sendOne(textRequest(id, "hello"))
	joined := s.conversations.value[id].updated
	s.sendOne(`{"kind":"req","id":"1","type":"cm.UpdateConversationField","body":{"conversationId":"` + id + `","conversationField":{"field":"ConversationStateField","conversationState":"CLOSE"}}}`)
	assert.Greater(t, joined, before)
	assert.Greater(t, s.conversations.value[id].updated, joined)
}

func TestWrongScriptsAreToldWithTheirLine(t *testing.T) {
	t.Parallel()
	for text, says := range map[string]string{
		"rules:\n  - answer: x\n  - contains: y":                 "line 3: rules[1]: does nothing",
		"rules:\n  - matches: '('\n    answer: x":                "line 2: rules[0]: matches: ",
		"rules:\n  - anwser: x":                                  `line 2: rules[0]: there is no member "anwser": write answer; there are contains, matches, delay`,
		"rules:\n  - answer: ''":                                 "line 2: rules[0]: answer: must not be empty",
		"rules:\n  - answer: x\n    delay: 5":                    `"5" is not a duration`,
		"rules:\n  - rich: {type: vertical, elements: [{1: 2}]}": "rich: all keys must be text",
		"echo: maybe": "line 1",
	} {
		_, err := ParseScript([]byte(text))
		assert.ErrorContains(t, err, says, text)
	}
}

func FuzzParseScript(f *testing.F) {
	f.Add("rules: [{contains: x, matches: y+, answer: [a, b], delay: 1s, close: true}]\nsurvey: well?", "x and yy")
	f.Add("rules: [{rich: {a: [1, {b: null}]}}]", "")
	f.Fuzz(func(t *testing.T, text, said string) {
		script, err := ParseScript([]byte(text))
		if err != nil {
			return
		}
		for _, rule := range script.Rules {
			assert.NoError(t, rule.check())
		}
		script.reaction(said)
	})
}

func TestPages(t *testing.T) {
	t.Parallel()
	s := newStand(t, Options{Script: Echo})
	id := s.openMinimal(t)
	list := func(query string) []conversationLine {
		t.Helper()
		w := s.do(http.MethodGet, "/sandbox/conversations"+query, "")
		require.Equal(t, http.StatusOK, w.Code, w.Body)
		var got struct{ Conversations []conversationLine }
		require.NoError(t, json.Unmarshal(w.Body.Bytes(), &got))
		return got.Conversations
	}
	w := s.do(http.MethodPost, "/sandbox/conversations", `{"consumer":"stranger","text":"from another channel"}`)
	require.Equal(t, http.StatusOK, w.Code, w.Body)
	assert.Equal(t, http.StatusConflict, s.do(http.MethodPost, "/sandbox/conversations", `{"consumer":"stranger","text":"again"}`).Code)
	assert.Len(t, list(""), 2)
	assert.Len(t, list("?consumer=jane"), 1)
	assert.Equal(t, id, list("?consumer=jane&state=OPEN")[0].ConversationID)
	assert.Empty(t, list("?state=CLOSE"))

	page := "/sandbox/conversations/" + id
	w = s.do(http.MethodPost, page, `{"note":"psst","answer":["one","two"],"rich":{"type":"vertical"},"close":true}`)
	require.Equal(t, http.StatusOK, w.Code, w.Body)
	assert.Equal(t, []string{"ASSIGNED_AGENT: psst", "ASSIGNED_AGENT: one", "ASSIGNED_AGENT: two"}, said(s.read(t, id).Dialogs[0].Events))
	assert.Equal(t, http.StatusConflict, s.do(http.MethodPost, page, `{"answer":"x"}`).Code)

	require.Equal(t, http.StatusOK, s.do(http.MethodPut, "/sandbox/agent", `{"echo": false}`).Code)
	id = s.openMinimal(t)
	s.sendOne(textRequest(id, "anybody there?"))
	assert.Len(t, s.read(t, id).Dialogs[0].Events, 1)
	require.Equal(t, http.StatusOK, s.do(http.MethodDelete, "/sandbox/agent", "").Code)
	s.sendOne(textRequest(id, "and now?"))
	assert.Len(t, s.read(t, id).Dialogs[0].Events, 4)

	assert.JSONEq(t, `{"state":"UP","events":{},"endpoints":{}}`, s.do(http.MethodGet, "/sandbox/webhooks", "").Body.String())
	w = s.do(http.MethodPut, "/sandbox/webhooks", `{"events":{"cqm.ExConversationChangeNotification":{"endpoint":"http://127.0.0.1:1/x"}}}`)
	assert.JSONEq(t, `{"state":"UP","events":{"cqm.ExConversationChangeNotification":"http://127.0.0.1:1/x"},"endpoints":{"http://127.0.0.1:1/x":{"waiting":0,"posted":0,"failed":0,"dropped":0}}}`, w.Body.String())
	assert.JSONEq(t, `{"state":"UP","events":{},"endpoints":{}}`, s.do(http.MethodDelete, "/sandbox/webhooks", "").Body.String())

	for _, test := range []struct{ method, target, body, says string }{
		{http.MethodGet, "/sandbox/conversations?consumers=x", "", "consumers: there is no such parameter"},
		{http.MethodPost, "/sandbox/conversations", `{"consumer":"x"}`, `send {"consumer"`},
		{http.MethodPost, page, `{}`, "does nothing"},
		{http.MethodPost, page, `{"anwser":"x"}`, `there is no member "anwser": write answer`},
		{http.MethodGet, "/sandbox/conversations/x", "", "no such conversation"},
		{http.MethodPut, "/sandbox/agent", "rules: 5", "line 1"},
		{http.MethodPut, "/sandbox/webhooks", "endpoint: x", "endpoint: must be a URL"},
	} {
		w := s.do(test.method, test.target, test.body)
		assert.GreaterOrEqual(t, w.Code, 400, test.target)
		var got struct{ Error string }
		require.NoError(t, json.Unmarshal(w.Body.Bytes(), &got))
		assert.Contains(t, got.Error, test.says)
	}
	w = s.do(http.MethodPost, "/sandbox/tokens", "")
	assert.Equal(t, http.StatusMethodNotAllowed, w.Code)
	assert.Equal(t, http.MethodDelete, w.Header().Get("Allow"))
	assert.Contains(t, w.Body.String(), `"message":"Method not allowed"`)
}

func TestResetForgetsConversationsAndKeepsTokens(t *testing.T) {
	t.Parallel()
	s := newStand(t, Options{Script: Echo})
	id := s.openMinimal(t)
	s.Reset()
	assert.Equal(t, http.StatusBadRequest, s.sendOne(textRequest(id, "hello")).Code)
	assert.NotEmpty(t, s.openMinimal(t))
}
