package messaging

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/openapi"
)

const account = "12345678"

// clock is a clock that stands still until a test moves it.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *clock { return &clock{now: time.Unix(1524642670, 0)} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// stand is a service with its routes, and the tokens of one consumer.
type stand struct {
	*Service
	mux      *http.ServeMux
	app, jws string
	logged   []Call
	// userToken is the token of users. Empty: nobody has logged in.
	userToken string
}

// last returns the last call in the log.
func (s *stand) last() Call { return s.logged[len(s.logged)-1] }

func newStand(t testing.TB, options Options) *stand {
	t.Helper()
	if options.Account == "" {
		options.Account = account
	}
	s := &stand{mux: http.NewServeMux()}
	options.Log = func(_ *http.Request, call Call) { s.logged = append(s.logged, call) } // called with the service's lock held
	options.IsUser = func(token string) bool { return s.userToken != "" && token == s.userToken }
	options.LogOut = func() { s.userToken = "" }
	s.Service = New(options)
	t.Cleanup(s.Close)
	for _, route := range append(s.Routes(), openapi.Routes(s.Operations(), time.Now)...) {
		s.mux.HandleFunc(route.Path, route.Serve)
	}
	s.app = s.appTokenOf(t)
	s.jws = s.consumerTokenOf(t, "jane")
	return s
}

// do sends a request with pairs of header names and values.
func (s *stand) do(method, target, body string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	s.mux.ServeHTTP(w, r)
	return w
}

func (s *stand) tokenPath() string {
	return "/sentinel/api/account/" + s.options.Account + "/app/token"
}

func (s *stand) consumerPath() string { return "/api/account/" + s.options.Account + "/consumer" }

func (s *stand) openPath() string {
	return "/api/account/" + s.options.Account + "/messaging/consumer/conversation"
}

const formType = "application/x-www-form-urlencoded"

func (s *stand) askAppToken(query, form url.Values) *httptest.ResponseRecorder {
	return s.do(http.MethodPost, s.tokenPath()+"?"+query.Encode(), form.Encode(), "Content-Type", formType)
}

func (s *stand) credentials() url.Values {
	return url.Values{"client_id": {s.options.ClientID}, "client_secret": {s.options.ClientSecret}}
}

var tokenQuery = url.Values{"v": {"1.0"}, "grant_type": {"client_credentials"}}

func (s *stand) appTokenOf(t testing.TB) string {
	t.Helper()
	w := s.askAppToken(tokenQuery, s.credentials())
	require.Equal(t, http.StatusOK, w.Code, w.Body)
	var answer struct {
		AccessToken string `json:"access_token"`
	}
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &answer))
	return answer.AccessToken
}

func (s *stand) consumerTokenOf(t testing.TB, consumer string) string {
	t.Helper()
	w := s.do(http.MethodPost, s.consumerPath()+"?v=1.0", `{"ext_consumer_id":"`+consumer+`"}`, "Authorization", s.app)
	require.Equal(t, http.StatusCreated, w.Code, w.Body)
	var answer struct{ Token string }
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &answer))
	return answer.Token
}

func (s *stand) conversation(body string) *httptest.ResponseRecorder {
	return s.do(http.MethodPost, s.openPath()+"?v=3", body, "Authorization", s.app, headerOnBehalf, s.jws)
}

func (s *stand) sendOne(body string) *httptest.ResponseRecorder {
	return s.do(http.MethodPost, s.openPath()+"/send?v=3", body, "Authorization", s.app, headerOnBehalf, s.jws)
}

const minimal = `[
  {"kind":"req","id":"1,","type":"userprofile.SetUserProfile","body":{}},
  {"kind":"req","id":"2,","type":"cm.ConsumerRequestConversation","body":{"brandId":"12345678"}}
]`

// openMinimal opens a conversation and returns its id.
func (s *stand) openMinimal(t testing.TB) string {
	t.Helper()
	w := s.conversation(minimal)
	require.Equal(t, http.StatusOK, w.Code, w.Body)
	var answer []struct {
		Body struct{ ConversationID string }
	}
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &answer))
	require.Len(t, answer, 2)
	return answer[1].Body.ConversationID
}

// textRequest returns the sample request with a text.
func textRequest(dialog, text string) string {
	return `{"kind":"req","id":"1","type":"ms.PublishEvent","body":{"conversationId":"` + dialog + `","dialogId":"` + dialog +
		`","event":{"type":"ContentEvent","contentType":"text/plain","message":"` + text + `"}}}`
}

func (s *stand) read(t *testing.T, id string) conversationFull {
	t.Helper()
	w := s.do(http.MethodGet, "/sandbox/conversations/"+id, "")
	require.Equal(t, http.StatusOK, w.Code, w.Body)
	var full conversationFull
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &full))
	return full
}

func said(events []change) (texts []string) {
	for _, e := range events {
		if text := e.Event.text(); text != "" {
			texts = append(texts, e.OriginatorMetadata.Role+": "+text)
		}
	}
	return texts
}

func TestAConversation(t *testing.T) {
	t.Parallel()
	s := newStand(t, Options{Script: Echo})
	id := s.openMinimal(t)
	w := s.sendOne(textRequest(id, "Hello world!"))
	assert.Equal(t, `{"reqId":"1","code":"OK","body":{"sequence":0}}`, w.Body.String())
	full := s.read(t, id)
	assert.Equal(t, "jane", full.Consumer)
	assert.Equal(t, lpConsumerID(account, "jane"), full.ConsumerID)
	require.Len(t, full.Dialogs, 1)
	assert.Equal(t, []string{"CONSUMER: Hello world!", "ASSIGNED_AGENT: Hello world!"}, said(full.Dialogs[0].Events))
	w = s.sendOne(`{"kind":"req","id":"c4255004-9c50-4405-8cba-475d761fab1b","type":"cm.UpdateConversationField","body":{"conversationId":"` + id +
		`","conversationField":{"field":"ConversationStateField","conversationState":"CLOSE"}}}`)
	assert.Equal(t, http.StatusOK, w.Code)
	assert.Equal(t, `{"code":"OK","body":{"msg":"OK Conversation resolved successfully"},"reqId":"c4255004-9c50-4405-8cba-475d761fab1b"}`, w.Body.String())
	assert.Equal(t, stateClose, s.read(t, id).Stage)
	w = s.sendOne(textRequest(id, "too late"))
	assert.Equal(t, http.StatusBadRequest, w.Code)
	assert.JSONEq(t, `{"code":"BAD_REQUEST","body":{"msg":"Bad Request, Conversation is close"},"reqId":"1"}`, w.Body.String())
	assert.NotEqual(t, id, s.openMinimal(t), "a closed one is in nobody's way")
}
