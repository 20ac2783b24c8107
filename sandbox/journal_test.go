package sandbox_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/chaos"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/messaging"
)

// channel is a conversation of a consumer, which an app opened.
type channel struct {
	s        http.Handler
	app, jws string
	dialog   string
}

func openChannel(t *testing.T, s http.Handler, consumer string) channel {
	t.Helper()
	c := channel{s: s, app: member(t, appToken(s), "access_token")}
	c.jws = member(t, consumerToken(s, c.app, consumer), "token")
	w := post(s, messagingPath+"?v=3", openBody, "Authorization", c.app, "X-LP-ON-BEHALF", c.jws, "Content-Type", "application/json")
	var items []struct {
		Body struct{ ConversationID string }
	}
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &items), w.Body)
	require.Len(t, items, 2)
	c.dialog = items[1].Body.ConversationID
	return c
}

func (c channel) request(id, text string) string {
	return fmt.Sprintf(`{"kind":"req","id":%q,"type":"ms.PublishEvent","body":{"dialogId":%q,"event":{"type":"ContentEvent","contentType":"text/plain","message":%q}}}`, id, c.dialog, text)
}

func (c channel) say(id, text string) *httptest.ResponseRecorder {
	return post(c.s, messagingPath+"/send?v=3", c.request(id, text), "Authorization", c.app, "X-LP-ON-BEHALF", c.jws, "Content-Type", "application/json")
}

func newSandbox(t *testing.T, options sandbox.Options) *sandbox.Sandbox {
	t.Helper()
	s := sandbox.New(options)
	t.Cleanup(s.Close)
	return s
}

func TestMessagingIsKeptAmongTheOtherCalls(t *testing.T) {
	t.Parallel()
	s := newSandbox(t, sandbox.Options{Now: newClock().Now})
	report(t, s, `{"consumerId":"jane","engagementAttributes":[]}`)
	jane := openChannel(t, s, "jane")
	require.Equal(t, http.StatusOK, jane.say("7", "hello").Code)
	jane.app = "garbage"
	require.Equal(t, http.StatusUnauthorized, jane.say("8", "hello?").Code)

	got := reports(t, s)
	assert.Equal(t, 6, got.Total)
	require.Len(t, got.Calls, 6)
	at := time.Date(2017, 12, 12, 16, 12, 22, 268e6, time.UTC)
	common := sandbox.Call{Time: at, Method: http.MethodPost, Account: sandbox.DefaultAccountID, Consumer: "jane"}
	for i, want := range []sandbox.Call{
		{Endpoint: "app_token", Target: "/sentinel/api/account/12345678/app/token?grant_type=client_credentials&v=1.0", Version: "1.0", Types: []string{}, Status: 200},
		{Endpoint: "consumer_token", Target: "/api/account/12345678/consumer?v=1.0", Version: "1.0", Types: []string{}, Status: 201, Body: json.RawMessage(`{"ext_consumer_id":"jane"}`)},
		{Endpoint: "conversation", Target: messagingPath + "?v=3", Version: "3", RequestID: "2", Types: []string{"userprofile.SetUserProfile", "cm.ConsumerRequestConversation"}, Status: 200, Body: json.RawMessage(openBody)},
		{Endpoint: "send", Target: messagingPath + "/send?v=3", Version: "3", RequestID: "7", Types: []string{"ms.PublishEvent", "ContentEvent"}, Status: 200, Body: json.RawMessage(jane.request("7", "hello"))},
		{Endpoint: "send", Target: messagingPath + "/send?v=3", Version: "3", RequestID: "8", Types: []string{"ms.PublishEvent", "ContentEvent"}, Status: 401, InternalCode: 40102, Reason: "the app token has expired, or the sandbox did not sign it", Body: json.RawMessage(jane.request("8", "hello?"))},
	} {
		want.ID, want.Time, want.Method, want.Account, want.Consumer = i+2, common.Time, common.Method, common.Account, common.Consumer
		if want.Endpoint == "app_token" {
			want.Consumer, want.Body = "", json.RawMessage("null")
		}
		assert.Equal(t, want, got.Calls[i+1])
	}
	for page, endpoints := range map[string]string{
		"good":                          "report app_token consumer_token conversation send",
		"bad":                           "send",
		"all?endpoint=send":             "send send",
		"all?type=ContentEvent&limit=1": "send",
		"good?consumer=jane":            "report consumer_token conversation send",
	} {
		var listed kept
		require.NoError(t, json.Unmarshal([]byte(get(t, s, "/sandbox/"+page).text), &listed))
		var found []string
		for _, call := range listed.Calls {
			found = append(found, call.Endpoint)
		}
		assert.Equal(t, endpoints, strings.Join(found, " "), page)
	}
}

// No page shows a token or the app's secret, even if a sender puts them in the wrong place.
func TestNoPageShowsASecret(t *testing.T) {
	t.Parallel()
	s := newSandbox(t, sandbox.Options{})
	jane := openChannel(t, s, "jane")
	jane.say("1", "hello")
	const token, secret = "/sentinel/api/account/12345678/app/token", messaging.DefaultClientSecret
	for _, query := range []string{
		"?v=1.0&grant_type=client_credentials&client_id=x&client_secret=" + secret,
		"?client%5Fsecret=" + secret, "?CLIENT_SECRET=" + secret, "?v=1.0;client_secret=" + secret, "?" + secret, "?" + secret + "&%zz",
	} {
		post(s, token+query, "client_secret="+secret, "Content-Type", "application/x-www-form-urlencoded")
		post(s, token+query, `{"client_secret":"`+secret+`"}`, "Content-Type", "application/json")
		fetch(t, s, http.MethodGet, token+query, "")
	}
	post(s, messagingPath+"/send?v=3&access_token="+jane.app, "{}", "Authorization", "Bearer "+jane.app, "X-LP-ON-BEHALF", jane.jws)
	post(s, token, secret, "Client-Properties", "{}", "Authorization", "Basic "+secret)
	for _, page := range []string{"all", "export", "export?format=har", "consumers/jane", "metrics"} {
		_, text := fetch(t, s, http.MethodGet, "/sandbox/"+page, "")
		require.NotEmpty(t, text)
		for _, hidden := range []string{secret, jane.app, jane.jws} {
			assert.NotContains(t, text, hidden, page)
		}
	}
	var table strings.Builder
	_, err := s.Summary().WriteTo(&table)
	require.NoError(t, err)
	assert.NotContains(t, table.String(), secret)
}

// Counting skips tokens, because the number of tokens depends on the sender.
func TestTokensAreCountedOnlyByName(t *testing.T) {
	t.Parallel()
	s := newSandbox(t, sandbox.Options{})
	jane := openChannel(t, s, "jane")
	jane.say("1", "hello")
	assert.Equal(t, http.StatusUnauthorized, consumerToken(s, "garbage", "jane").Code)
	for query, matched := range map[string]int{
		"":                         2,
		"verdict=good":             2,
		"consumer=jane":            2,
		"endpoint=app_token":       1,
		"endpoint=consumer_token":  1,
		"endpoint=send":            1,
		"verdict=bad":              1,
		"verdict=all":              5,
		"type=ContentEvent":        1,
		"type=ms.PublishEvent&a=b": 0,
	} {
		t.Run(query, func(t *testing.T) {
			t.Parallel()
			status, text := fetch(t, s, http.MethodGet, "/sandbox/wait?count=100&timeout=0s&"+query, "")
			if matched == 0 {
				assert.Equal(t, http.StatusBadRequest, status)
				return
			}
			assert.JSONEq(t, fmt.Sprintf(`{"reached":false,"matched":%d,"count":100}`, matched), text)
		})
	}
	for expect, met := range map[string]bool{
		`{count: 2}`:                           true,
		`{consumer: jane, count: 2}`:           true,
		`{endpoint: consumer_token, count: 1}`: true,
		`{verdict: all, count: 5}`:             true,
		`{verdict: bad, count: 1}`:             true,
		`{verdict: bad, count: 0}`:             false,
	} {
		status, text := fetch(t, s, http.MethodPost, "/sandbox/verify", "expect: ["+expect+"]")
		assert.Equal(t, met, status == http.StatusOK, "%s: %s", expect, text)
	}
}

func TestExpectationsOfMessages(t *testing.T) {
	t.Parallel()
	s := newSandbox(t, sandbox.Options{})
	jane, john := openChannel(t, s, "jane"), openChannel(t, s, "john")
	jane.say("a", "9")
	john.say("b", "1") // of another consumer: neither disorder nor a duplicate
	jane.say("c", "10")
	john.say("d", "10")
	verify := func(expect string) string {
		_, text := fetch(t, s, http.MethodPost, "/sandbox/verify", "expect: ["+expect+"]")
		return text
	}
	const inOrder, once = `{endpoint: send, count: 4, order_by: body.event.message}`, `{endpoint: send, unique: true}`
	assert.Contains(t, verify(inOrder), `"passed":true`)
	assert.Contains(t, verify(once), `"passed":true`)
	assert.Contains(t, verify(`{endpoint: conversation, count: 2, order_by: 1.body.brandId, unique: true}`), `"passed":true`)
	jane.say("e", "10")
	assert.Contains(t, verify(once), "call 11 has the same content as call 9", "under another request id")
	jane.say("f", "8")
	assert.Contains(t, verify(`{endpoint: send, order_by: body.event.message}`), "call 12 should have come before call 11")
}

func TestThePageOfAConsumerWhoOnlyChatted(t *testing.T) {
	t.Parallel()
	s := newSandbox(t, sandbox.Options{Now: newClock().Now})
	jane := openChannel(t, s, "jane")
	jane.say("1", "10")
	jane.say("2", "10")
	jane.say("3", "9")
	status, text := fetch(t, s, http.MethodGet, "/sandbox/consumers/jane?order_by=body.event.message", "")
	require.Equal(t, http.StatusOK, status, text)
	var page struct {
		Sessions, Impressions []any
		Chat                  map[string]any
		Timeline              []struct {
			Endpoint string
			Status   int
			Types    []string
		}
		Duplicates []struct {
			ID     int
			SameAs int `json:"same_as"`
		}
		Disorder []struct{ ID, Before int }
	}
	require.NoError(t, json.Unmarshal([]byte(text), &page))
	assert.NotNil(t, page.Sessions)
	assert.Empty(t, page.Sessions)
	assert.Empty(t, page.Chat)
	require.Len(t, page.Timeline, 5)
	assert.Equal(t, "consumer_token", page.Timeline[0].Endpoint)
	assert.Equal(t, []string{"ms.PublishEvent", "ContentEvent"}, page.Timeline[2].Types)
	require.Len(t, page.Duplicates, 1)
	assert.Equal(t, []int{5, 4}, []int{page.Duplicates[0].ID, page.Duplicates[0].SameAs})
	require.Len(t, page.Disorder, 1)
	assert.Equal(t, []int{6, 5}, []int{page.Disorder[0].ID, page.Disorder[0].Before})
}

func TestMessagingIsInTheTotals(t *testing.T) {
	t.Parallel()
	s := newSandbox(t, sandbox.Options{})
	jane := openChannel(t, s, "jane")
	jane.say("1", "hello")
	jane.say("2", "")
	report(t, s, consumerBody)
	assert.Equal(t, sandbox.Summary{
		Reports: 1, Sessions: 1,
		Calls:      map[string]int{"app_token": 1, "consumer_token": 1, "conversation": 1, "send": 1, "report": 1},
		Attributes: map[string]int{},
		Rejects:    []sandbox.Reject{{Status: 400, InternalCode: 0, Reason: "event.message: must be a text that is not empty", Count: 1}},
	}, s.Summary())
	_, text := fetch(t, s, http.MethodGet, "/sandbox/metrics", "")
	for _, line := range []string{
		`sandbox_reports_total 1`, `sandbox_calls_total{endpoint="report"} 1`, `sandbox_calls_total{endpoint="send"} 1`,
		`sandbox_calls_total{endpoint="engagement"} 0`, `sandbox_rejects_total{status="400",code="0"} 1`,
	} {
		assert.Contains(t, text, line+"\n")
	}
	assert.NotContains(t, text, "ContentEvent")
}

// An archive has what a sender sent, so that it can be sent again. It has no tokens.
func TestAnArchiveHasTheHeadersThatMatter(t *testing.T) {
	t.Parallel()
	s := newSandbox(t, sandbox.Options{})
	jane := openChannel(t, s, "jane")
	post(s, messagingPath+"/send?v=3", jane.request("1", "hello"), "Authorization", jane.app, "X-LP-ON-BEHALF", jane.jws,
		"Content-Type", "application/json; charset=utf-8", "Client-Properties", `{"features":["RICH_CONTENT"]}`)
	post(s, reportPath(sandbox.DefaultAccountID, sandbox.DefaultAppInstallationID)+"?v=1.0", consumerBody,
		"X-HTTP-Method-Override", "PUT", "User-Agent", "a pipeline", "Cookie", "a=b")
	_, text := fetch(t, s, http.MethodGet, "/sandbox/export?format=har", "")
	type pair struct{ Name, Value string }
	var archive struct {
		Log struct {
			Entries []struct {
				Request struct {
					Headers  []pair
					PostData *struct{ MimeType string }
				}
				Response struct{ Content struct{ Text string } }
			}
		}
	}
	require.NoError(t, json.Unmarshal([]byte(text), &archive))
	require.Len(t, archive.Log.Entries, 5)
	app, send, reported := archive.Log.Entries[0], archive.Log.Entries[3], archive.Log.Entries[4]
	assert.Nil(t, app.Request.PostData)
	assert.Empty(t, app.Response.Content.Text)
	assert.Equal(t, []pair{{"Content-Type", "application/json; charset=utf-8"}, {"Client-Properties", `{"features":["RICH_CONTENT"]}`}}, send.Request.Headers)
	assert.Equal(t, "application/json; charset=utf-8", send.Request.PostData.MimeType)
	assert.JSONEq(t, `{"reqId":"1","code":"OK","body":{"sequence":0}}`, send.Response.Content.Text)
	assert.Equal(t, []pair{{"X-HTTP-Method-Override", "PUT"}, {"User-Agent", "a pipeline"}}, reported.Request.Headers)
}

// The journal keeps a message that a chaos rule stopped, as one without status. It keeps a message with a spoilt answer as
// accepted.
func TestWhatChaosDoesToMessagesIsKept(t *testing.T) {
	t.Parallel()
	rules, err := chaos.Parse([]byte(`rules: [{endpoint: send, times: 1, connection: reset}, {endpoint: send, times: 1, connection: reset_after}, {endpoint: send, times: 1, status: 503}]`))
	require.NoError(t, err)
	s := newSandbox(t, sandbox.Options{Chaos: rules})
	jane := openChannel(t, s, "jane")
	for _, id := range []string{"1", "2"} {
		assert.PanicsWithValue(t, http.ErrAbortHandler, func() { jane.say(id, "hello") })
	}
	assert.Equal(t, http.StatusServiceUnavailable, jane.say("3", "hello").Code)
	calls := reports(t, s).Calls
	require.Len(t, calls, 6)
	for i, want := range []struct {
		status, code int
		reason       string
	}{
		{0, 0, "a chaos rule ended the call before the sandbox took it: reset"},
		{200, 0, ""},
		{503, 50300, "Service Unavailable: a chaos rule answered the call"},
	} {
		got := calls[i+3]
		assert.Equal(t, fmt.Sprint(i+1), got.RequestID)
		assert.Equal(t, want, struct {
			status, code int
			reason       string
		}{got.Status, got.InternalCode, got.Reason})
	}
}

func TestARegionThatIsDownAnswersNoMessagesEither(t *testing.T) {
	t.Parallel()
	rules, err := chaos.Preset("region_down")
	require.NoError(t, err)
	c := newClock()
	s := newSandbox(t, sandbox.Options{Chaos: rules, Now: c.Now})
	w := appToken(s)
	assert.Equal(t, http.StatusServiceUnavailable, w.Code)
	assert.Equal(t, `{"kind":"resp","code":503,"body":{"title":"Service Unavailable","details":"Service unavailable","errorCode":50300},"type":".ReqBody$ErrorResp"}`, w.Body.String())
	assert.Equal(t, http.StatusServiceUnavailable, report(t, s, consumerBody).status)
	c.advance(5 * time.Minute)
	assert.Equal(t, http.StatusOK, openChannel(t, s, "jane").say("1", "hello").Code)
}
