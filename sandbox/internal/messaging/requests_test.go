package messaging

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// sampleFull is LivePerson's sample with all members (Connector API, create conversation).
const sampleFull = `[
  {"kind":"req","id":"1,","type":"userprofile.SetUserProfile",
   "body":{"authenticatedData":{"lp_sdes":[
     {"type":"ctmrinfo","info":{"socialId":"1234567890","ctype":"vip"}},
     {"type":"personal","personal":{"firstname":"John","lastname":"Doe","gender":"MALE"}}
   ]}}},
  {"kind":"req","id":"2,","type":"cm.ConsumerRequestConversation",
   "body":{
     "ttrDefName":"NORMAL",
     "campaignInfo":{"campaignId":"99999","engagementId":"888888"},
     "conversationContext":{
       "visitorId":"A3ZTY3Zjk1MDExZTczYTU4",
       "sessionId":"ys2wSqaSRSOJGki7VhEDKQ",
       "interactionContextId":"2",
       "type":"SharkContext",
       "lang":"en-US"},
     "channelType":"MESSAGING",
     "brandId":"12345678",
     "skillId":"-1"}}
]`

const firstID = "00000000-0000-4000-8000-000000000000"

func TestOpeningAsInTheSamples(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{"minimal": minimal, "full": sampleFull} {
		s := newStand(t, Options{Random: zeros{}})
		w := s.conversation(body)
		assert.Equal(t, http.StatusOK, w.Code, name)
		assert.Equal(t, `[{"code":"OK","body":{"msg":"OK User Profile set successfully"},"reqId":"1,"},{"code":"OK","body":{"conversationId":"`+firstID+`"},"reqId":"2,"}]`, w.Body.String(), name)
	}
}

// zeros is a source of ids for tests that compare whole answers.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

func TestWhatOpeningKeeps(t *testing.T) {
	t.Parallel()
	s := newStand(t, Options{Random: zeros{}})
	require.Equal(t, http.StatusOK, s.conversation(sampleFull).Code)
	full := s.read(t, firstID)
	assert.JSONEq(t, `{"campaignId":"99999","engagementId":"888888"}`, string(full.Campaign))
	assert.Contains(t, string(full.Context), "ys2wSqaSRSOJGki7VhEDKQ")
	assert.Contains(t, string(full.Profile), "1234567890")
	assert.Equal(t, "-1", full.SkillID)
}

func TestOnlyOneConversationIsOpen(t *testing.T) {
	t.Parallel()
	s := newStand(t, Options{})
	s.openMinimal(t)
	w := s.conversation(`[{"kind":"req","id":"4b91dd19-9b0c-4354-8fef-4f58a45a9c57","type":"userprofile.SetUserProfile","body":{"firstName":"Jane"}},` +
		`{"kind":"req","id":"533575ec-b092-4ea6-ba13-25a98095e79f","type":"cm.ConsumerRequestConversation","body":{"brandId":"12345678"}}]`)
	assert.Equal(t, http.StatusBadRequest, w.Code)
	assert.Equal(t, `[{"code":"OK","body":{"msg":"OK User Profile set successfully"},"reqId":"4b91dd19-9b0c-4354-8fef-4f58a45a9c57"},`+
		`{"code":"BAD_REQUEST","body":{"msg":"Consumer request conversation failed: User `+lpConsumerID(account, "jane")+
		` already has open conversation. Can't open another one."},"reqId":"533575ec-b092-4ea6-ba13-25a98095e79f"}]`, w.Body.String())
	kept, found := s.consumers.get(lpConsumerID(account, "jane"))
	require.True(t, found)
	assert.JSONEq(t, `{"firstName":"Jane"}`, string(kept.profile), "the profile has been set all the same")
	s.jws = s.consumerTokenOf(t, "john")
	s.openMinimal(t)
}

func TestOpeningTakesWhatThePagesDisagreeOn(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{
		"campaign in numbers": `{"brandId":"12345678","campaignInfo":{"campaignId":99999,"engagementId":888888}}`,
		"account as a number": `{"brandId":12345678}`,
		"no ttr":              `{"brandId":"12345678","ttrDefName":null}`,
		"demo app's context":  `{"brandId":"12345678","conversationContext":{"visitorId":"","interactionContextId":2,"features":["RICH_CONTENT"],"type":"SharkContext"}}`,
	} {
		s := newStand(t, Options{})
		w := s.conversation(`[{"kind":"req","id":1,"type":"userprofile.SetUserProfile","body":{}},{"kind":"req","id":2,"type":"cm.ConsumerRequestConversation","body":` + body + `}]`)
		assert.Equal(t, http.StatusOK, w.Code, "%s: %s", name, w.Body)
		assert.Contains(t, w.Body.String(), `"reqId":"2"`, "a number is answered as a text")
	}
	s := newStand(t, Options{Script: Echo})
	w := s.conversation(strings.TrimSuffix(minimal, "]") + `,{"kind":"req","id":"3","type":"ms.PublishEvent","body":{"event":{"type":"ContentEvent","contentType":"text/plain","message":"first"}}}]`)
	assert.Equal(t, http.StatusOK, w.Code)
	assert.Contains(t, w.Body.String(), `{"code":"OK","body":{"sequence":0},"reqId":"3"}`)
}

func TestOpeningRefuses(t *testing.T) {
	t.Parallel()
	const profile = `{"kind":"req","id":"1","type":"userprofile.SetUserProfile","body":{}}`
	open := func(body string) string {
		return `{"kind":"req","id":"2","type":"cm.ConsumerRequestConversation","body":` + body + `}`
	}
	for name, test := range map[string]struct{ body, says string }{
		"no JSON":          {`nothing`, "the body must be a list"},
		"one request":      {profile, "the body must be a list"},
		"only a profile":   {"[" + profile + "]", "the body must have"},
		"four":             {"[" + profile + "," + open(`{}`) + "," + profile + "," + profile + "]", "the body must have"},
		"reversed":         {"[" + open(`{"brandId":"12345678"}`) + "," + profile + "]", "in the order"},
		"no brand":         {"[" + profile + "," + open(`{}`) + "]", "brandId must be the account"},
		"another brand":    {"[" + profile + "," + open(`{"brandId":"1"}`) + "]", "brandId must be the account"},
		"another channel":  {"[" + profile + "," + open(`{"brandId":"12345678","channelType":"CHAT"}`) + "]", "channelType must be MESSAGING"},
		"another ttr":      {"[" + profile + "," + open(`{"brandId":"12345678","ttrDefName":"SOON"}`) + "]", "ttrDefName must be one of"},
		"a long skill":     {"[" + profile + "," + open(`{"brandId":"12345678","skillId":"12345678901"}`) + "]", "more than 10 digits"},
		"wrong JSON type":  {"[" + profile + "," + open(`{"brandId":"12345678","channelType":5}`) + "]", "body.channelType: has the wrong JSON type"},
		"no body":          {"[" + profile + `,{"kind":"req","id":"2","type":"cm.ConsumerRequestConversation"}]`, "body: must be an object"},
		"another kind":     {strings.Replace(minimal, `"req"`, `"resp"`, 1), "kind: must be"},
		"id is an object":  {strings.Replace(minimal, `"1,"`, `{}`, 1), "the body must be a list"},
		"id is too long":   {strings.Replace(minimal, `"1,"`, `"`+strings.Repeat("x", 65)+`"`, 1), "from 1 to 64 characters"},
		"longer than 5000": {strings.Replace(minimal, `{}`, `{"firstName":"`+strings.Repeat("x", 5000)+`"}`, 1), "Bad Request"},
	} {
		s := newStand(t, Options{})
		w := s.conversation(test.body)
		assert.Equal(t, http.StatusBadRequest, w.Code, name)
		assert.Contains(t, w.Body.String(), test.says, name)
		assert.Contains(t, w.Body.String(), itemBadRequest, name)
		assert.Empty(t, s.conversations.order, name)
	}
	s := newStand(t, Options{})
	w := s.do(http.MethodPost, s.openPath()+"?v=2", minimal, "Authorization", s.app, headerOnBehalf, s.jws)
	assert.Equal(t, http.StatusNotFound, w.Code)
}

// The samples are on LivePerson's page about sending.
func TestSendingAsInTheSamples(t *testing.T) {
	t.Parallel()
	s := newStand(t, Options{Random: zeros{}})
	id := s.openMinimal(t)
	dialog := `"dialogId":"` + id + `"`
	closing := `{"kind":"req","id":"c4255004","type":"cm.UpdateConversationField","body":{"conversationId":"` + id + `","conversationField":`
	for _, test := range []struct{ name, request, answer string }{
		{"text", textRequest(id, "Hello world!"), `{"reqId":"1","code":"OK","body":{"sequence":0}}`},
		{"button", `{"kind":"req","id":"2","type":"ms.PublishEvent","body":{` + dialog + `,"event":{"type":"ContentEvent","contentType":"text/plain","message":"yep"}},"metadata":[{"type":"ExternalId","id":"Yes-1234"}]}`, `{"reqId":"2","code":"OK","body":{"sequence":1}}`},
		{"action", `{"kind":"req","id":"3","type":"ms.PublishEvent","body":{` + dialog + `,"event":{"type":"AcceptStatusEvent","status":"ACTION","sequenceList":[1]}},"metadata":[{"type":"ExternalId","id":"Yes-1234"}]}`, `{"reqId":"3","code":"OK","body":{"sequence":2}}`},
		{"chat state", `{"kind":"req","id":"1","type":"ms.PublishEvent","body":{` + dialog + `,"event":{"type":"ChatStateEvent","chatState":"COMPOSING"}}}`, `{"reqId":"1","code":"OK","body":{"sequence":2}}`},
		{"receipt", `{"kind":"req","id":"0","type":"ms.PublishEvent","body":{` + dialog + `,"event":{"type":"AcceptStatusEvent","status":"ACCEPT","sequenceList":[1,2]}}}`, `{"reqId":"0","code":"OK","body":{"sequence":3}}`},
		{"file", `{"kind":"req","id":"3","type":"ms.PublishEvent","body":{` + dialog + `,"event":{"type":"ContentEvent","contentType":"hosted/file","message":{"caption":"File logo","relativePath":"/v1/AUTH_async-images/64467156/example.PNG","fileType":"JPEG","preview":"data:image/png;base64,iVBORw0KGgo="}}}}`, `{"reqId":"3","code":"OK","body":{"sequence":4}}`},
		{"rich", `{"kind":"req","id":"4","type":"ms.PublishEvent","body":{` + dialog + `,"event":{"type":"RichContentEvent","content":{"type":"vertical","elements":[]}}}}`, `{"reqId":"4","code":"OK","body":{"sequence":5}}`},
		{"profile", `{"kind":"req","id":"5","type":"userprofile.SetUserProfile","body":{"firstName":"Jane"}}`, `{"code":"OK","body":{"msg":"OK User Profile set successfully"},"reqId":"5"}`},
		{"csat", closing + `{"field":"CSATRate","csatRate":5,"csatResolutionConfirmation":true,"status":"FILLED"}}}`, `{"code":"OK","body":{"msg":"OK Conversation field updated successfully"},"reqId":"c4255004"}`},
		{"urgency", closing + `{"field":"TTRField","ttrType":"NORMAL","value":600}}}`, `{"code":"OK","body":{"msg":"OK Conversation field updated successfully"},"reqId":"c4255004"}`},
		{"close, as a list", closing + `[{"field":"ConversationStateField","conversationState":"CLOSE"}]}}`, `{"code":"OK","body":{"msg":"OK Conversation resolved successfully"},"reqId":"c4255004"}`},
	} {
		w := s.sendOne(test.request)
		assert.Equal(t, http.StatusOK, w.Code, test.name)
		assert.Equal(t, test.answer, w.Body.String(), test.name)
	}
	full := s.read(t, id)
	assert.Equal(t, 5, full.CSAT.Rate)
	require.Len(t, full.Dialogs[0].Events, 6)
	assert.JSONEq(t, `{"type":"ExternalId","id":"Yes-1234"}`, string(full.Dialogs[0].Events[1].Metadata[0]))
	for i, e := range full.Dialogs[0].Events {
		assert.Equal(t, i, *e.Sequence)
	}
}

func TestSendingRefuses(t *testing.T) {
	t.Parallel()
	s := newStand(t, Options{Strict: true})
	id := s.openMinimal(t)
	publish := func(event string) string {
		return `{"kind":"req","id":"7","type":"ms.PublishEvent","body":{"dialogId":"` + id + `","event":` + event + `}}`
	}
	update := func(field string) string {
		return `{"kind":"req","id":"7","type":"cm.UpdateConversationField","body":{"conversationId":"` + id + `","conversationField":` + field + `}}`
	}
	for name, test := range map[string]struct{ body, says string }{
		"no JSON":                {`nothing`, "the body must be one request"},
		"a list":                 {minimal, "the body must be one request"},
		"no such type":           {`{"kind":"req","id":"7","type":"ms.Shout","body":{}}`, "this method has no such request"},
		"metadata of texts":      {`{"kind":"req","id":"7","type":"ms.PublishEvent","body":{},"metadata":["x"]}`, "metadata: must be a list of objects"},
		"longer than 5000":       {textRequest(id, strings.Repeat("x", 5000)), "Bad Request"},
		"no dialog":              {`{"kind":"req","id":"7","type":"ms.PublishEvent","body":{"event":{}}}`, "dialogId: is missing"},
		"an unknown dialog":      {textRequest("5491244f", "x"), "there is no such dialog"},
		"of another one":         {strings.Replace(textRequest(id, "x"), `"conversationId":"`+id, `"conversationId":"x`, 1), "there is no such dialog"},
		"no event":               {publish(`{}`), "event.type: must be"},
		"an empty text":          {publish(`{"type":"ContentEvent","contentType":"text/plain","message":""}`), "must be a text"},
		"a text that is none":    {publish(`{"type":"ContentEvent","contentType":"text/plain","message":{}}`), "must be a text"},
		"no content type":        {publish(`{"type":"ContentEvent","message":"x"}`), "event.contentType: must be one of"},
		"a file without a path":  {publish(`{"type":"ContentEvent","contentType":"hosted/file","message":{"fileType":"PNG"}}`), "relativePath and fileType"},
		"rich without content":   {publish(`{"type":"RichContentEvent"}`), "event.content: must be an object"},
		"another chat state":     {publish(`{"type":"ChatStateEvent","chatState":"DANCING"}`), "event.chatState"},
		"another status":         {publish(`{"type":"AcceptStatusEvent","status":"SEEN","sequenceList":[0]}`), "event.status"},
		"a receipt for nothing":  {publish(`{"type":"AcceptStatusEvent","status":"READ","sequenceList":[]}`), "must not be empty"},
		"a receipt to come":      {publish(`{"type":"AcceptStatusEvent","status":"READ","sequenceList":[99]}`), "numbers of the dialog's events"},
		"an unknown field":       {update(`{"field":"Mood"}`), "field: must be"},
		"no field":               {update(`[]`), "conversationField: is missing"},
		"opening":                {update(`{"field":"ConversationStateField","conversationState":"OPEN"}`), "must be CLOSE"},
		"a rate of six":          {update(`{"field":"CSATRate","csatRate":6,"status":"FILLED"}`), "from 1 to 5"},
		"a rate of no status":    {update(`{"field":"CSATRate","csatRate":5}`), "status: must be one of"},
		"another urgency":        {update(`{"field":"TTRField","ttrType":"SOON"}`), "ttrType"},
		"a dialog of none":       {update(`{"field":"DialogChange","type":"UPDATE","dialog":{"dialogId":"x","state":"CLOSE"}}`), "no such dialog"},
		"an upload without size": {`{"kind":"req","id":"7","type":"ms.GenerateURLForUploadFile","body":{"fileType":"PNG"}}`, "fileSize"},
		"an upload too large":    {`{"kind":"req","id":"7","type":"ms.GenerateURLForUploadFile","body":{"fileSize":"3145729","fileType":"PNG"}}`, "fileSize"},
		"an upload of a program": {`{"kind":"req","id":"7","type":"ms.GenerateURLForUploadFile","body":{"fileSize":"10","fileType":"EXE"}}`, "fileType"},
		"a download of nothing":  {`{"kind":"req","id":"7","type":"ms.GenerateURLForDownloadFile","body":{"relativePath":"/x"}}`, "there is no such file"},
	} {
		w := s.sendOne(test.body)
		assert.Equal(t, http.StatusBadRequest, w.Code, name)
		assert.Contains(t, w.Body.String(), test.says, name)
		assert.Contains(t, w.Body.String(), `"code":"BAD_REQUEST"`, name)
	}
	w := s.sendOne(`{"kind":"req","id":"1556852a-4bb3-11e9-8646-d663bd873d93","type":"ms.PublishEvent","body":{"dialogId":"` + strings.Repeat("x", 5000) + `"}}`)
	assert.Equal(t, `{"code":"BAD_REQUEST","body":{"msg":"Bad Request"},"reqId":"1556852a-4bb3-11e9-8646-d663bd873d93"}`, w.Body.String())
	w = s.do(http.MethodPost, s.openPath()+"/send?v=1", textRequest(id, "x"), "Authorization", s.app, headerOnBehalf, s.jws)
	assert.Equal(t, http.StatusNotFound, w.Code)
}

func TestFiles(t *testing.T) {
	t.Parallel()
	c := newClock()
	s := newStand(t, Options{Now: c.Now, Account: "64467156"})
	ask := func(kind, body string) string {
		t.Helper()
		w := s.sendOne(`{"kind":"req","id":3,"type":"` + kind + `","body":` + body + `}`)
		require.Equal(t, http.StatusOK, w.Code, w.Body)
		var answer struct {
			Code, ReqID string
			Body        fileURL
		}
		require.NoError(t, json.Unmarshal(w.Body.Bytes(), &answer))
		assert.Equal(t, "OK3", answer.Code+answer.ReqID)
		assert.Regexp(t, `^/v1/AUTH_async-images/64467156/[0-9a-f]{64}_uuid_[0-9a-f-]{36}_25-04-2018_\d\d-\d\d-\d\d-\d{3}\.PNG$`, answer.Body.RelativePath)
		return fmt.Sprintf("%s?temp_url_sig=%s&temp_url_expires=%s", answer.Body.RelativePath, answer.Body.QueryParams.Signature, answer.Body.QueryParams.Expires)
	}
	up := ask(typeUploadURL, `{"fileSize":"1000","fileType":"PNG"}`)
	path, _, _ := strings.Cut(up, "?")
	assert.Equal(t, http.StatusUnauthorized, s.do(http.MethodGet, up, "").Code, "it is for sending only")
	assert.Equal(t, http.StatusUnauthorized, s.do(http.MethodPut, path, "x").Code)
	assert.Equal(t, http.StatusBadRequest, s.do(http.MethodPut, up, strings.Repeat("x", maxFile+1)).Code)
	assert.Equal(t, http.StatusCreated, s.do(http.MethodPut, up, "a picture").Code)
	down := ask(typeDownloadURL, `{"relativePath":"`+path+`"}`)
	got := s.do(http.MethodGet, down, "")
	text, err := io.ReadAll(got.Body)
	require.NoError(t, err)
	assert.Equal(t, "a picture", string(text))
	c.advance(fileURLLifetime)
	assert.Equal(t, http.StatusUnauthorized, s.do(http.MethodGet, down, "").Code)
	assert.Equal(t, http.StatusUnauthorized, s.do(http.MethodPut, up, "x").Code)
}

func TestMemoryIsBounded(t *testing.T) {
	t.Parallel()
	s := newStand(t, Options{KeepConversations: 3, KeepEvents: 5})
	var ids []string
	for i := range 6 {
		s.jws = s.consumerTokenOf(t, fmt.Sprintf("consumer %d", i))
		ids = append(ids, s.openMinimal(t))
		for j := range 4 {
			w := s.sendOne(textRequest(ids[i], "hello"))
			require.Equal(t, fmt.Sprintf(`{"reqId":"1","code":"OK","body":{"sequence":%d}}`, j), w.Body.String())
		}
	}
	assert.Len(t, s.conversations.value, 3)
	assert.Len(t, s.consumers.value, 3)
	assert.Len(t, s.kept, 5)
	last, before := s.read(t, ids[5]), s.read(t, ids[4])
	assert.Len(t, last.Dialogs[0].Events, 4)
	assert.Len(t, before.Dialogs[0].Events, 1)
	assert.Equal(t, 3, before.Dialogs[0].Forgotten)
	assert.Equal(t, http.StatusNotFound, s.do(http.MethodGet, "/sandbox/conversations/"+ids[0], "").Code)
	assert.Equal(t, http.StatusBadRequest, s.sendOne(textRequest(ids[0], "hello")).Code)
}

// The cost of a message, with the agent's echo and the notifications of both.
func BenchmarkSend(b *testing.B) {
	s := newStand(b, Options{
		Script: Echo, Webhooks: Webhooks{Endpoints: everyEvent(Endpoint{URL: "https://a"})}, Transport: newEndpoint(),
	})
	request := textRequest(s.openMinimal(b), "hello")
	for b.Loop() {
		if w := s.sendOne(request); w.Code != http.StatusOK {
			b.Fatal(w.Body)
		}
	}
	require.NoError(b, s.Flush(b.Context()))
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "messages/s")
}

func FuzzSend(f *testing.F) {
	f.Add(textRequest(firstID, "hello"))
	f.Add(minimal)
	f.Add(`{"kind":"req","id":3,"type":"cm.UpdateConversationField","body":{"conversationId":"` + firstID + `","conversationField":[{"field":"DialogChange","type":"UPDATE","dialog":{"dialogId":"` + firstID + `","state":"CLOSE"}},{"field":"CSATRate","status":"SKIPPED"}]}}`)
	f.Add(`{"kind":"req","id":"","type":"ms.PublishEvent","body":{"event":{"type":"AcceptStatusEvent","status":"READ","sequenceList":[-1]}},"metadata":[null]}`)
	s := newStand(f, Options{Random: zeros{}, Script: Script{Echo: true, Survey: "well?"}})
	f.Fuzz(func(t *testing.T, body string) {
		s.Reset()
		s.openMinimal(t)
		for _, w := range []int{s.sendOne(body).Code, s.conversation(body).Code} {
			assert.Contains(t, []int{200, 400, 401}, w)
		}
		_, err := json.Marshal(s.last().Answer)
		assert.NoError(t, err)
		assert.True(t, json.Valid(s.do(http.MethodGet, "/sandbox/conversations/"+firstID, "").Body.Bytes()))
	})
}
