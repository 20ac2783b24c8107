package messaging

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// act lets the agent act in a conversation, and returns the answer of the page.
func (s *stand) act(t *testing.T, id, doing string) conversationFull {
	t.Helper()
	w := s.do(http.MethodPost, "/sandbox/conversations/"+id, doing)
	require.Equal(t, http.StatusOK, w.Code, w.Body)
	return s.read(t, id)
}

// lastOf returns the last event of the main dialog.
func lastOf(full conversationFull) change {
	events := full.Dialogs[0].Events
	return events[len(events)-1]
}

func (s *stand) participantsOf(t *testing.T, id string) (roles []string) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	c, found := s.conversations.get(id)
	require.True(t, found)
	for _, p := range c.participants() {
		roles = append(roles, p.Role)
	}
	return roles
}

func TestAgentsSendFiles(t *testing.T) {
	t.Parallel()
	s := newStand(t, Options{Script: Script{}})
	id := s.openMinimal(t)
	content := base64.StdEncoding.EncodeToString([]byte("a whole PDF"))
	last := lastOf(s.act(t, id, `{"file":{"type":"PDF","caption":"your bill","content":"`+content+`","preview":"iVBO"}}`))
	assert.Equal(t, []string{"ASSIGNED_AGENT", "ContentEvent", "hosted/file"}, []string{last.OriginatorMetadata.Role, last.Event.Type, last.Event.ContentType})
	var sent struct{ Caption, RelativePath, FileType, Preview string }
	require.NoError(t, json.Unmarshal(last.Event.Message, &sent))
	assert.Equal(t, []string{"your bill", "PDF", "iVBO"}, []string{sent.Caption, sent.FileType, sent.Preview})
	assert.Regexp(t, `^/v1/AUTH_async-images/12345678/[0-9a-f]{64}_uuid_[0-9a-f-]{36}_\d\d-\d\d-\d{4}_\d\d-\d\d-\d\d-\d{3}\.PDF$`, sent.RelativePath)

	w := s.sendOne(`{"kind":"req","id":"1","type":"ms.GenerateURLForDownloadFile","body":{"relativePath":"` + sent.RelativePath + `"}}`)
	require.Equal(t, http.StatusOK, w.Code, w.Body)
	var answer struct{ Body fileURL }
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &answer))
	target := answer.Body.RelativePath + "?temp_url_sig=" + answer.Body.QueryParams.Signature + "&temp_url_expires=" + answer.Body.QueryParams.Expires
	got := s.do(http.MethodGet, target, "")
	assert.Equal(t, []any{http.StatusOK, "a whole PDF", "*"}, []any{got.Code, got.Body.String(), got.Header().Get("Access-Control-Allow-Origin")})
	assert.Equal(t, http.StatusNoContent, s.do(http.MethodOptions, target, "").Code, "a browser asks first")
	assert.Equal(t, http.StatusUnauthorized, s.do(http.MethodPut, target, "x").Code, "the address is for reading")

	last = lastOf(s.act(t, id, `{"file":{"type":"gif"}}`))
	assert.NotContains(t, string(last.Event.Message), "preview")
}

func TestAgentsSendCardsAndFormsAndQuickReplies(t *testing.T) {
	t.Parallel()
	s := newStand(t, Options{Script: Script{}})
	id := s.openMinimal(t)
	const replies = `{"type":"quickReplies","itemsPerRow":8,"replies":[{"type":"button","title":"Yes"}]}`
	last := lastOf(s.act(t, id, `{"rich":{"type":"vertical","elements":[]},"quick_replies":`+replies+`}`))
	assert.Equal(t, "RichContentEvent", last.Event.Type)
	assert.JSONEq(t, replies, string(last.Event.QuickReplies))

	full := s.act(t, id, `{"answer":["one","two"],"quick_replies":`+replies+`}`)
	events := full.Dialogs[0].Events
	assert.Nil(t, events[len(events)-2].Event.QuickReplies)
	assert.JSONEq(t, replies, string(lastOf(full).Event.QuickReplies), "with the last text")

	last = lastOf(s.act(t, id, `{"form":{"id":"42","title":"Your card"}}`))
	assert.Equal(t, "forms/secure-invitation", last.Event.ContentType)
	var form struct{ FormID, InvitationID, Title string }
	require.NoError(t, json.Unmarshal(last.Event.Message, &form))
	assert.Equal(t, []string{"42", "Your card"}, []string{form.FormID, form.Title})
	assert.Regexp(t, `^[0-9a-f]{64}-42-\d+-1$`, form.InvitationID)
}

func TestManagersJoinAndAgentsTransferAndLeave(t *testing.T) {
	t.Parallel()
	s := newStand(t, Options{Script: Echo})
	id := s.openMinimal(t)
	s.act(t, id, `{"manager":true}`)
	assert.Equal(t, []string{"CONSUMER", "MANAGER"}, s.participantsOf(t, id), "nobody else has joined")
	first := lastOf(s.act(t, id, `{"answer":"I look"}`)).OriginatorID
	full := s.act(t, id, `{"transfer":"7"}`)
	assert.Equal(t, "7", full.SkillID)
	assert.Equal(t, []string{"CONSUMER", "MANAGER"}, s.participantsOf(t, id), "the agent has left")
	s.sendOne(textRequest(id, "hello?"))
	full = s.read(t, id)
	assert.Equal(t, "hello?", lastOf(full).Event.text())
	assert.NotEqual(t, first, lastOf(full).OriginatorID, "an agent of the other skill")
	assert.Equal(t, []string{"CONSUMER", "ASSIGNED_AGENT", "MANAGER"}, s.participantsOf(t, id))
	s.act(t, id, `{"leave":true}`)
	assert.Equal(t, []string{"CONSUMER", "MANAGER"}, s.participantsOf(t, id))
	assert.Equal(t, stateOpen, s.read(t, id).State)

	past := s.History(time.Now().Add(time.Hour), func(string, string) bool { return true })
	require.Len(t, past, 1)
	require.Len(t, past[0].Transfers, 1)
	assert.Equal(t, []string{"-1", "7", first}, []string{past[0].Transfers[0].From, past[0].Transfers[0].To, past[0].Transfers[0].AgentID})
}

func TestWhoClosesAConversation(t *testing.T) {
	t.Parallel()
	for by, survey := range map[string]bool{"AGENT": true, "CONSUMER": true, "SYSTEM": false, "TIMEOUT": false} {
		s := newStand(t, Options{Script: Script{Survey: "How did we do?"}})
		id := s.openMinimal(t)
		full := s.act(t, id, `{"close":true,"close_by":"`+by+`"}`)
		assert.Equal(t, []any{by, stateClose, survey}, []any{full.CloseReason, full.State, len(full.Dialogs) == 2})
		if survey {
			w := s.sendOne(`{"kind":"req","id":"1","type":"cm.UpdateConversationField","body":{"conversationId":"` + id + `","conversationField":{"field":"Stage","conversationState":"CLOSE"}}}`)
			require.Equal(t, http.StatusOK, w.Code, w.Body)
			full = s.read(t, id)
			assert.Equal(t, []string{by, stateClose}, []string{full.CloseReason, full.Stage}, "the reason of the main dialog stays")
		}
	}
}

// Without a survey, closing the main dialog closes the conversation, for the reason that the consumer gave.
func TestADialogIsClosedWithoutASurvey(t *testing.T) {
	t.Parallel()
	s := newStand(t, Options{Script: Script{}})
	id := s.openMinimal(t)
	w := s.sendOne(`{"kind":"req","id":"1","type":"cm.UpdateConversationField","body":{"conversationId":"` + id + `","conversationField":
		{"field":"DialogChange","type":"UPDATE","dialog":{"dialogId":"` + id + `","state":"CLOSE","closedCause":"Closed by consumer"}}}}`)
	require.Equal(t, http.StatusOK, w.Code, w.Body)
	s.mu.Lock()
	defer s.mu.Unlock()
	c, _ := s.conversations.get(id)
	state := c.snapshot(account).Result.Details
	assert.Equal(t, []string{stateClose, stateClose, "CONSUMER"}, []string{state.State, state.Stage, state.CloseReason})
	require.Len(t, state.Dialogs, 1)
	assert.Equal(t, []string{"CONSUMER", "Closed by consumer"}, []string{state.Dialogs[0].ClosedBy, state.Dialogs[0].ClosedCause})
}

func TestWrongDoings(t *testing.T) {
	t.Parallel()
	s := newStand(t, Options{})
	id := s.openMinimal(t)
	for doing, says := range map[string]string{
		`{}`:                                    "does nothing",
		`{"quick_replies":{"type":"x"}}`:        "does nothing",
		`{"close":true,"quick_replies":{}}`:     "quick_replies: needs answer or rich",
		`{"file":{"type":"EXE"}}`:               "file: type must be one of PNG",
		`{"file":{"type":"PNG","content":"!"}`:  "line",
		`{"file":{"type":"PNG","content":"!"}}`: "file: content must be base64",
		`{"form":{"title":"x"}}`:                "id",
		`{"answer":"x","close_by":"SYSTEM"}`:    "close_by: needs close",
		`{"close":true,"close_by":"THE DOG"}`:   "close_by: must be one of AGENT, CONSUMER, SYSTEM, TIMEOUT",
		`{"transfer":"12345678901"}`:            "transfer: must have 10 digits at most",
	} {
		w := s.do(http.MethodPost, "/sandbox/conversations/"+id, doing)
		assert.Equal(t, http.StatusBadRequest, w.Code, doing)
		assert.Contains(t, w.Body.String(), says, doing)
	}
}

// Members beside body are easy to mistake for members of it.
func TestMembersBesideTheBodyAreNoted(t *testing.T) {
	t.Parallel()
	s := newStand(t, Options{})
	id := s.openMinimal(t)
	w := s.sendOne(`{"kind":"req","id":"1","type":"ms.PublishEvent","dialogId":"x","conversationId":"y","metadata":[],"body":{"dialogId":"` + id +
		`","event":{"type":"ContentEvent","contentType":"text/plain","message":"hello"}}}`)
	assert.Equal(t, http.StatusOK, w.Code, w.Body)
	assert.Equal(t, "conversationId, dialogId: stands beside body; LivePerson's requests have kind, id, type, body and metadata", s.last().Note)
	s.sendOne(textRequest(id, "hello"))
	assert.Empty(t, s.last().Note)
}
