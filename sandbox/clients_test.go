package sandbox_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox"
)

// client is a program of somebody else: it knows the address of the Domain API, and learns all other addresses from answers.
// The tests below replay the sequences of requests of known clients, with what they read of the answers.
type client struct {
	t       *testing.T
	domain  string // base URL of the Domain API
	account string
	headers map[string]string
}

// reply is an answer as JSON.
type reply struct {
	status int
	header http.Header
	text   string
	value  any
}

// at returns the value at a path of names and indices, or nil if there is none.
func (r reply) at(path ...any) any {
	value := r.value
	for _, step := range path {
		switch s := step.(type) {
		case string:
			object, _ := value.(map[string]any)
			value = object[s]
		case int:
			list, _ := value.([]any)
			if s >= len(list) {
				return nil
			}
			value = list[s]
		}
	}
	return value
}

func (r reply) textAt(path ...any) string {
	text, _ := r.at(path...).(string)
	return text
}

func (c client) send(method, target, body string, header ...string) reply {
	c.t.Helper()
	r, err := http.NewRequestWithContext(c.t.Context(), method, target, strings.NewReader(body))
	require.NoError(c.t, err)
	for name, value := range c.headers {
		r.Header.Set(name, value)
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	res, err := http.DefaultClient.Do(r)
	require.NoError(c.t, err)
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	require.NoError(c.t, err)
	got := reply{status: res.StatusCode, header: res.Header, text: string(text)}
	_ = json.Unmarshal(text, &got.value) // some answers are no JSON
	return got
}

func newClient(t *testing.T, s *sandbox.Sandbox) client {
	t.Helper()
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	return client{t: t, domain: server.URL, account: "12345678", headers: map[string]string{"Accept": "application/json", "Content-Type": "application/json"}}
}

// LivePerson's demo app for connectors: login, app installation, a conversation with a picture, and its history.
func TestTheDemoAppForConnectors(t *testing.T) {
	t.Parallel()
	w := newWorld(sandbox.Options{})
	t.Cleanup(w.Close)
	c := newClient(t, w.Sandbox)
	base := "/api/account/" + c.account

	// It looks for agentVep among all services, and logs in without a version.
	domains := map[string]string{}
	collect := func(list any) {
		for _, item := range list.([]any) {
			one := item.(map[string]any)
			require.Equal(t, c.account, one["account"])
			domains[one["service"].(string)] = "http://" + one["baseURI"].(string)
		}
	}
	all := c.send(http.MethodGet, c.domain+base+"/service/baseURI.json?version=1.0", "")
	require.Equal(t, http.StatusOK, all.status)
	collect(all.at("baseURIs"))
	login := c.send(http.MethodPost, domains["agentVep"]+base+"/login", `{"username":"ada","password":"secret"}`)
	require.Equal(t, http.StatusOK, login.status, login.text)
	assert.Equal(t, []any{true, "ada"}, []any{login.at("config", "isAdmin"), login.at("config", "loginName")})
	assert.NotEmpty(t, login.textAt("config", "userId"))
	assert.NotEmpty(t, login.textAt("sessionTTl"))
	require.Equal(t, c.account, login.textAt("csdsCollectionResponse", "baseURIs", 0, "account"))

	// From here on it takes all hosts from the answer of the login.
	clear(domains)
	collect(login.at("csdsCollectionResponse", "baseURIs"))
	config := domains["accountConfigReadWrite"] + base + "/configuration"
	bearer := []string{"Authorization", "Bearer " + login.textAt("bearer"), "User-Agent", "Connector App Hub"}

	features := c.send(http.MethodGet, config+"/provision/featureGrants?v=1.0&excludeLegacy=true&jsonProvider=gson", "", bearer...)
	require.Equal(t, http.StatusOK, features.status)
	messaging := false
	for _, item := range features.at("appDataList", 0, "accountList", "accountList", 0, "itemsCollection", "data").([]any) {
		one := reply{value: item}
		if one.textAt("compoundFeatureID") == "Common.Async_Messaging" {
			messaging = one.at("value", "value") == true
		}
	}
	assert.True(t, messaging)

	// It installs an app, disables it and enables it again, deletes it and posts it again.
	apps := config + "/app-install/installations"
	list := c.send(http.MethodGet, apps+"?v=1.0", "", bearer...)
	require.Len(t, list.value, 1)
	assert.Equal(t, "msg.consumer", list.textAt(0, "scope"), "the app hides others")
	const manifest = `{"client_name":"Demo","description":"d","grant_types":["client_credentials"],"scope":"msg.consumer","capabilities":{"webhooks":{}}}`
	made := c.send(http.MethodPost, apps+"?v=1.0", manifest, bearer...)
	require.Equal(t, http.StatusCreated, made.status, made.text)
	one := apps + "/" + made.textAt("id") + "?v=1.0"
	for _, enabled := range []string{"false", "true"} {
		read := c.send(http.MethodGet, one, "", bearer...)
		require.NotEmpty(t, read.header.Get("ac-revision"))
		record := read.value.(map[string]any)
		record["enabled"] = enabled == "true"
		body, err := json.Marshal(record)
		require.NoError(t, err)
		put := c.send(http.MethodPut, one, string(body), append(bearer, "If-Match", read.header.Get("ac-revision"), "X-HTTP-Method-Override", "PUT")...)
		require.Equal(t, http.StatusOK, put.status, put.text)
	}
	whole := c.send(http.MethodGet, one, "", bearer...)
	assert.Equal(t, http.StatusNoContent, c.send(http.MethodDelete, one, "", append(bearer, "If-Match", whole.header.Get("ac-revision"))...).status)
	again := c.send(http.MethodPost, apps+"?v=1.0", whole.text, bearer...)
	require.Equal(t, http.StatusCreated, again.status, again.text)
	assert.Equal(t, made.textAt("client_id"), again.textAt("client_id"))

	// It opens a conversation, and sends a text and a picture.
	form := "client_id=" + again.textAt("client_id") + "&client_secret=" + again.textAt("client_secret")
	token := c.send(http.MethodPost, domains["sentinel"]+"/sentinel"+base+"/app/token?v=1.0&grant_type=client_credentials", form, "Content-Type", "application/x-www-form-urlencoded")
	require.Equal(t, http.StatusOK, token.status, token.text)
	jws := c.send(http.MethodPost, domains["idp"]+base+"/consumer?v=1.0", `{"ext_consumer_id":"c-0"}`, "Authorization", token.textAt("access_token"))
	require.Equal(t, http.StatusCreated, jws.status)
	as := []string{"Authorization", token.textAt("access_token"), "X-LP-ON-BEHALF", jws.textAt("token"), "Client-Properties", `{"type":".ClientProperties","features":["PHOTO_SHARING"]}`}
	conversations := domains["asyncMessagingEnt"] + base + "/messaging/consumer/conversation"
	opened := c.send(http.MethodPost, conversations+"?v=3", `[{"kind":"req","id":"1","type":"userprofile.SetUserProfile","body":{"firstName":"Jane","authenticatedData":{"lp_sdes":[{"type":"ctmrinfo","info":{"customerId":"c-1"}}]}}},
		{"kind":"req","id":"2","type":"cm.ConsumerRequestConversation","body":{"ttrDefName":"NORMAL","brandId":"`+c.account+`","skillId":"-1","channelType":"MESSAGING","conversationContext":{"interactionContextId":"2","lang":"en-US","type":"SharkContext"}}}]`, as...)
	require.Equal(t, http.StatusOK, opened.status, opened.text)
	id := opened.textAt(1, "body", "conversationId")
	require.NotEmpty(t, id)
	send := func(kind, body string) reply {
		return c.send(http.MethodPost, conversations+"/send?v=3", `{"kind":"req","id":"1","type":"`+kind+`","body":`+body+`}`, as...)
	}
	said := send("ms.PublishEvent", `{"dialogId":"`+id+`","event":{"type":"ContentEvent","contentType":"text/plain","message":"hello"}}`)
	assert.Equal(t, 0.0, said.at("body", "sequence"))

	upload := send("ms.GenerateURLForUploadFile", `{"fileSize":"5","fileType":"PNG"}`)
	address := func(of reply) string {
		return domains["swift"] + of.textAt("body", "relativePath") + "?temp_url_sig=" + of.textAt("body", "queryParams", "temp_url_sig") +
			"&temp_url_expires=" + of.textAt("body", "queryParams", "temp_url_expires")
	}
	put := c.send(http.MethodPut, address(upload), "bytes", "Origin", "https://demo.example.com")
	assert.Equal(t, []any{http.StatusCreated, "*"}, []any{put.status, put.header.Get("Access-Control-Allow-Origin")}, "from its page")
	picture := `{"relativePath":"` + upload.textAt("body", "relativePath") + `","fileType":"PNG","caption":"a","preview":"data:image/png;base64,iVBO"}`
	assert.Equal(t, http.StatusOK, send("ms.PublishEvent", `{"dialogId":"`+id+`","event":{"type":"ContentEvent","contentType":"hosted/file","message":`+picture+`}}`).status)
	assert.Equal(t, http.StatusOK, send("cm.UpdateConversationField", `{"conversationId":"`+id+`","conversationField":{"field":"DialogChange","type":"UPDATE","dialog":{"dialogId":"`+id+`","state":"CLOSE","closedCause":"Closed by consumer"}}}`).status)

	// It shows the history a minute later. It names no source.
	w.clock.advance(historyDelay)
	past := c.send(http.MethodPost, domains["msgHist"]+"/messaging_history"+base+"/conversations/conversation/search?offset=0&limit=100&sort=start:desc&NC=true&__d=2013",
		`{"conversationId":"`+id+`","contentToRetrieve":["messageRecords","agentParticipants","agentParticipantsActive","agentParticipantsLeave","consumerParticipants","transfers","interactions","messageStatuses","conversationSurveys"]}`, bearer...)
	require.Equal(t, http.StatusOK, past.status, past.text)
	record := func(path ...any) any { return past.at(append([]any{"conversationHistoryRecords", 0}, path...)...) }
	assert.Equal(t, "CLOSE", record("info", "status"))
	assert.Equal(t, []any{"Consumer", "TEXT_PLAIN", "hello", 0.0}, []any{record("messageRecords", 0, "sentBy"), record("messageRecords", 0, "type"), record("messageRecords", 0, "messageData", "msg", "text"), record("messageRecords", 0, "seq")})
	assert.Contains(t, past.text, `"HOSTED_FILE"`)
	assert.Contains(t, past.text, `"preview":"data:image/png;base64,iVBO"`)
	assert.NotEmpty(t, record("messageStatuses", 0, "messageDeliveryStatus"))
}

// historyDelay is later than the history may be. The changes of a conversation have different times, also on a clock that stands.
const historyDelay = sandbox.DefaultHistoryDelay + time.Second

// A public connector for bots: it looks up each host by itself, without .json, and logs in as a bot with an API key. It ends a
// conversation as a whole.
func TestAConnectorForBots(t *testing.T) {
	t.Parallel()
	w := newWorld(sandbox.Options{Strict: true})
	t.Cleanup(w.Close)
	c := newClient(t, w.Sandbox)
	base := "/api/account/" + c.account
	host := func(service string) string {
		got := c.send(http.MethodGet, c.domain+base+"/service/"+service+"/baseURI?version=1.0", "")
		require.Equal(t, http.StatusOK, got.status)
		return "http://" + got.textAt("baseURI")
	}
	key := sandbox.DefaultAPIKey
	login := c.send(http.MethodPost, host("agentVep")+base+"/login?v=1.3", `{"username":"bot","appKey":"`+key.AppKey+`","secret":"`+key.Secret+
		`","accessToken":"`+key.AccessToken+`","accessTokenSecret":"`+key.AccessTokenSecret+`"}`)
	require.Equal(t, http.StatusOK, login.status, login.text)

	token := c.send(http.MethodPost, host("sentinel")+"/sentinel/api/v2/account/"+c.account+"/app/token", "grant_type=client_credentials&client_id="+
		sandbox.DefaultClientID+"&client_secret="+sandbox.DefaultClientSecret, "Content-Type", "application/x-www-form-urlencoded")
	require.Equal(t, http.StatusOK, token.status, token.text)
	jws := c.send(http.MethodPost, host("idp")+base+"/consumer?v=1.0", `{"ext_consumer_id":"c-0"}`, "Authorization", token.textAt("access_token"))
	as := []string{"Authorization", token.textAt("access_token"), "X-LP-ON-BEHALF", jws.textAt("token")}
	conversations := host("asyncMessagingEnt") + base + "/messaging/consumer/conversation"
	open := `[{"kind":"req","id":"1","type":"userprofile.SetUserProfile","body":{"firstName":"Jane"}},{"kind":"req","id":"2","type":"cm.ConsumerRequestConversation","body":{"brandId":"` + c.account + `"}}]`
	opened := c.send(http.MethodPost, conversations+"?v=3", open, as...)
	require.Equal(t, http.StatusOK, opened.status, opened.text)
	id := opened.textAt(1, "body", "conversationId")
	second := c.send(http.MethodPost, conversations+"?v=3", open, as...)
	assert.Equal(t, http.StatusBadRequest, second.status)
	assert.Regexp(t, `^Consumer request conversation failed: User [0-9a-f]{64} already has open conversation\. Can't open another one\.$`, second.textAt(1, "body", "msg"))

	// The answer to a button: its metadata come back with an event and with the text. Members beside body are noted.
	send := func(body string) reply { return c.send(http.MethodPost, conversations+"/send?v=3", body, as...) }
	status, _ := fetch(t, w.Sandbox, http.MethodPost, "/sandbox/conversations/"+id,
		`{"answer":"Shall I?","quick_replies":{"type":"quickReplies","itemsPerRow":8,"replies":[{"type":"button","title":"Yes","click":{"metadata":[{"type":"ExternalId","id":"7"}],"actions":[{"type":"publishText","text":"yes"}]}}]}}`)
	require.Equal(t, http.StatusOK, status)
	for _, event := range []string{`{"type":"AcceptStatusEvent","status":"ACTION","sequenceList":[0]}`, `{"type":"ContentEvent","contentType":"text/plain","message":"yes"}`} {
		got := send(`{"kind":"req","id":1,"type":"ms.PublishEvent","dialogId":"` + id + `","metadata":[{"type":"ExternalId","id":"7"}],"body":{"dialogId":"` + id + `","event":` + event + `}}`)
		assert.Equal(t, http.StatusOK, got.status, got.text)
	}
	calls := w.Calls()
	assert.Contains(t, calls[len(calls)-1].Notes[0], "dialogId: stands beside body")

	// It finds the open conversation by LivePerson's id of the consumer.
	w.clock.advance(historyDelay)
	_, consumer := claims(t, jws.textAt("token"))
	find := func() reply {
		body, err := json.Marshal(map[string]any{"consumer": consumer["lp_consumer_id"], "status": []string{"OPEN"}})
		require.NoError(t, err)
		return c.send(http.MethodPost, host("msgHist")+"/messaging_history"+base+"/conversations/consumer/search?source=BotConnector", string(body), "Authorization", "Bearer "+login.textAt("bearer"))
	}
	assert.Equal(t, id, find().textAt("conversationHistoryRecords", 0, "info", "conversationId"))

	closed := send(`{"kind":"req","id":"1","type":"cm.UpdateConversationField","body":{"conversationId":"` + id + `","conversationField":{"field":"Stage","conversationState":"CLOSE"}}}`)
	assert.Equal(t, "OK Conversation resolved successfully", closed.textAt("body", "msg"))
	late := send(`{"kind":"req","id":"1","type":"ms.PublishEvent","body":{"dialogId":"` + id + `","event":{"type":"ContentEvent","contentType":"text/plain","message":"late"}}}`)
	assert.Equal(t, []any{http.StatusBadRequest, "Bad Request, Conversation is close"}, []any{late.status, late.textAt("body", "msg")})
	w.clock.advance(historyDelay)
	assert.Equal(t, 0.0, find().at("_metadata", "count"))
}

// An exporter of conversations: version 2, signed with an API key, page by page.
func TestAnExporterOfConversations(t *testing.T) {
	t.Parallel()
	w := newWorld(sandbox.Options{Strict: true, Agent: &sandbox.Script{}})
	t.Cleanup(w.Close)
	c := newClient(t, w.Sandbox)
	p := past{w, "", member(t, appToken(w.Sandbox), "access_token")}
	for _, consumer := range []string{"c-1", "c-2", "c-3"} {
		p.open(t, consumer, `{}`, "", "hello")
	}
	w.clock.advance(historyDelay)
	types := `["campaign","messageRecords","agentParticipants","agentParticipantsLeave","agentParticipantsActive","consumerParticipants","transfers","interactions","messageScores","messageStatuses","conversationSurveys","coBrowseSessions","summary","sdes","unAuthSdes","monitoring"]`
	seen := map[string]bool{}
	for offset := 0; ; {
		target := c.domain + historyPath + "search?v=2&limit=2&offset=" + string(rune('0'+offset)) + "&source=Exporter"
		body := p.everything(`,"contentToRetrieve":` + types)
		r := httptest.NewRequest(http.MethodPost, target, bytes.NewReader(nil))
		got := c.send(http.MethodPost, target, body, "Authorization", oauthHeader(r, sandbox.DefaultAPIKey))
		require.Equal(t, http.StatusOK, got.status, got.text)
		records := got.at("conversationHistoryRecords").([]any)
		for _, record := range records {
			seen[reply{value: record}.textAt("info", "conversationId")] = true
			for _, content := range []string{"messageRecords", "sdes", "unAuthSdes", "monitoring", "summary", "coBrowseSessions"} {
				assert.Contains(t, record, content)
			}
		}
		if offset += len(records); float64(offset) >= got.at("_metadata", "count").(float64) {
			break
		}
	}
	assert.Len(t, seen, 3)
}
