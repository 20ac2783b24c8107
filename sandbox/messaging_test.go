package sandbox_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/chaos"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/messaging"
)

const (
	messagingPath = "/api/account/" + sandbox.DefaultAccountID + "/messaging/consumer/conversation"
	openBody      = `[{"kind":"req","id":"1","type":"userprofile.SetUserProfile","body":{}},{"kind":"req","id":"2","type":"cm.ConsumerRequestConversation","body":{"brandId":"12345678"}}]`
)

func post(s http.Handler, target, body string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, target, strings.NewReader(body))
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w
}

// appToken and consumerToken return the answers unchanged.
func appToken(s http.Handler) *httptest.ResponseRecorder {
	form := url.Values{"client_id": {messaging.DefaultClientID}, "client_secret": {messaging.DefaultClientSecret}}
	return post(s, "/sentinel/api/account/"+sandbox.DefaultAccountID+"/app/token?v=1.0&grant_type=client_credentials", form.Encode(), "Content-Type", "application/x-www-form-urlencoded")
}

func consumerToken(s http.Handler, app, consumer string) *httptest.ResponseRecorder {
	return post(s, "/api/account/"+sandbox.DefaultAccountID+"/consumer?v=1.0", `{"ext_consumer_id":"`+consumer+`"}`, "Authorization", app)
}

func member(t *testing.T, w *httptest.ResponseRecorder, name string) string {
	t.Helper()
	var answer map[string]any
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &answer), w.Body)
	require.IsType(t, "", answer[name], w.Body)
	return answer[name].(string)
}

func TestMessagingKeepsToTheSandboxClock(t *testing.T) {
	t.Parallel()
	s := sandbox.New(sandbox.Options{Now: newClock().Now})
	t.Cleanup(s.Close)
	app := member(t, appToken(s), "access_token")
	jws := member(t, consumerToken(s, app, "jane"), "token")
	assert.Equal(t, http.StatusOK, post(s, messagingPath+"?v=3", openBody, "Authorization", app, "X-LP-ON-BEHALF", jws).Code)
	fetch(t, s, http.MethodPut, "/sandbox/clock", `{"advance":"1h"}`)
	w := post(s, messagingPath+"?v=3", openBody, "Authorization", app, "X-LP-ON-BEHALF", jws)
	assert.Equal(t, http.StatusUnauthorized, w.Code)
	assert.Contains(t, w.Body.String(), "40102")
	fetch(t, s, http.MethodPost, "/sandbox/reset", "")
	_, text := fetch(t, s, http.MethodGet, "/sandbox/conversations", "")
	assert.JSONEq(t, `{"conversations":[]}`, text)
}

func TestChaosInMessaging(t *testing.T) {
	t.Parallel()
	rules, err := chaos.Parse([]byte(`
preset: expired_tokens
rules:
  - {endpoint: app_token, times: 1, status: 429, retry_after: 3s}
  - {endpoint: conversation, consumer: john, status: 502, code: 50201, message: Failed to connect}`))
	require.NoError(t, err)
	s := sandbox.New(sandbox.Options{Chaos: rules})
	t.Cleanup(s.Close)
	w := appToken(s)
	assert.Equal(t, http.StatusTooManyRequests, w.Code)
	assert.Equal(t, "3", w.Header().Get("Retry-After"))
	app := member(t, appToken(s), "access_token")
	w = consumerToken(s, app, "jane")
	assert.Equal(t, `{"kind":"resp","code":401,"body":{"title":"Invalid AppJWT","details":"AppJWT has expired or is invalid","errorCode":40102},"type":".ReqBody$ErrorResp"}`, w.Body.String())
	jane, john := member(t, consumerToken(s, app, "jane"), "token"), member(t, consumerToken(s, app, "john"), "token")
	var statuses []int
	for range 2 {
		statuses = append(statuses, post(s, messagingPath+"?v=3", openBody, "Authorization", app, "X-LP-ON-BEHALF", jane).Code)
	}
	assert.Equal(t, []int{401, 200}, statuses)
	w = post(s, messagingPath+"?v=3", openBody, "Authorization", app, "X-LP-ON-BEHALF", john)
	assert.Equal(t, `{"kind":"resp","reqId":"2","code":502,"body":{"title":"Bad Gateway","details":"Failed to connect","errorCode":50201},"type":".ReqBody$ErrorResp"}`, w.Body.String())
	w = post(s, messagingPath+"/send?v=3", `{"kind":"req","id":"7","type":"userprofile.SetUserProfile","body":{}}`, "Authorization", app, "X-LP-ON-BEHALF", jane)
	assert.Contains(t, w.Body.String(), "40103")
	_, text := fetch(t, s, http.MethodGet, "/sandbox/all?endpoint=conversation", "")
	assert.Equal(t, 3, strings.Count(text, `"endpoint":"conversation"`), "what a rule has answered is kept too")
}

// Many consumers write at the same time over real connections. Each text is in its conversation, in order. Each echo is posted
// once, signed and in order.
func TestAChannelOverHTTP(t *testing.T) {
	t.Parallel()
	const consumers, texts = 8, 20
	var mu sync.Mutex
	echoes := map[string][]string{}
	hook := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var n struct {
			Body struct {
				Changes []struct {
					ConversationID     string
					OriginatorMetadata struct{ Role string }
					Event              struct{ Message string }
				}
			}
		}
		assert.NoError(t, json.NewDecoder(r.Body).Decode(&n))
		assert.Equal(t, sandbox.DefaultAccountID, r.Header.Get("X-Liveperson-Account-Id"))
		assert.True(t, strings.HasPrefix(r.Header.Get("X-Liveperson-Signature"), "sha1="))
		mu.Lock()
		defer mu.Unlock()
		for _, c := range n.Body.Changes {
			if c.OriginatorMetadata.Role == "ASSIGNED_AGENT" {
				echoes[c.ConversationID] = append(echoes[c.ConversationID], c.Event.Message)
			}
		}
	}))
	t.Cleanup(hook.Close)
	hooks, err := messaging.ParseWebhooks([]byte(`{events: {ms.MessagingEventNotification.ContentEvent: {endpoint: "` + hook.URL + `"}}}`))
	require.NoError(t, err)
	s := sandbox.New(sandbox.Options{Webhooks: hooks})
	t.Cleanup(s.Close)
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)

	app := member(t, appToken(s), "access_token")
	var running sync.WaitGroup
	for i := range consumers {
		jws := member(t, consumerToken(s, app, fmt.Sprint("consumer ", i)), "token")
		running.Go(func() {
			opened := post(s, messagingPath+"?v=3", openBody, "Authorization", app, "X-LP-ON-BEHALF", jws)
			var items []struct {
				Body struct{ ConversationID string }
			}
			if !assert.NoError(t, json.Unmarshal(opened.Body.Bytes(), &items)) || !assert.Len(t, items, 2) {
				return
			}
			for j := range texts {
				body := fmt.Sprintf(`{"kind":"req","id":"%d","type":"ms.PublishEvent","body":{"dialogId":"%s","event":{"type":"ContentEvent","contentType":"text/plain","message":"%d of %d"}}}`, j, items[1].Body.ConversationID, j, i)
				r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL+messagingPath+"/send?v=3", strings.NewReader(body))
				if !assert.NoError(t, err) {
					return
				}
				r.Header.Set("Authorization", app)
				r.Header.Set("X-LP-ON-BEHALF", jws)
				res, err := http.DefaultClient.Do(r)
				if !assert.NoError(t, err) {
					return
				}
				assert.Equal(t, http.StatusOK, res.StatusCode)
				_ = res.Body.Close()
			}
		})
	}
	running.Wait()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	require.NoError(t, s.Flush(ctx))
	mu.Lock()
	defer mu.Unlock()
	assert.Len(t, echoes, consumers)
	for _, echoed := range echoes {
		require.Len(t, echoed, texts)
		var of int
		_, err := fmt.Sscanf(echoed[0], "0 of %d", &of)
		require.NoError(t, err)
		for j, text := range echoed {
			assert.Equal(t, fmt.Sprintf("%d of %d", j, of), text)
		}
	}
}
