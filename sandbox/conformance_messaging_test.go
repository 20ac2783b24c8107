package sandbox_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"

	"github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/messaging"
)

// More pages of LivePerson.
const (
	pageOAuth    = "OAuth 2.0 client credentials"
	pageInstall  = "Connector API: demo app, installations"
	pageTutorial = "Connector API: tutorial"
)

// TestMessagingConformance is TestConformance for the other methods of the Connector API. Package messaging tests the samples
// of conversations.
func TestMessagingConformance(t *testing.T) {
	t.Parallel()
	facts := []struct {
		page, fact string
		options    sandbox.Options
		holds      func(t *testing.T, w world)
	}{
		{page: pageOAuth, fact: "version 2 of the app token, with a key that is published as JWKS", holds: func(t *testing.T, w world) {
			form := url.Values{"grant_type": {"client_credentials"}, "client_id": {messaging.DefaultClientID}, "client_secret": {messaging.DefaultClientSecret}}
			got := post(w.Sandbox, "/sentinel/api/v2/account/12345678/app/token", form.Encode(), "Content-Type", "application/x-www-form-urlencoded")
			require.Equal(t, http.StatusOK, got.Code, got.Body)
			token, _, err := jwt.NewParser().ParseUnverified(member(t, got, "access_token"), jwt.MapClaims{})
			require.NoError(t, err)
			_, text := fetch(t, w.Sandbox, http.MethodGet, "/sentinel/well-known/jwks", "")
			var set struct{ Keys []struct{ Kid string } }
			require.NoError(t, json.Unmarshal([]byte(text), &set))
			require.Len(t, set.Keys, 1)
			assert.Equal(t, token.Header["kid"], set.Keys[0].Kid)
		}},
		{page: pageInstall, fact: "an app is read with its revision, and updated with If-Match; its webhooks are those that are posted to", holds: func(t *testing.T, w world) {
			login := post(w.Sandbox, "/api/account/12345678/login", `{"username":"ada","password":"x"}`)
			bearer := "Bearer " + member(t, login, "bearer")
			app := "/api/account/12345678/configuration/app-install/installations/" + messaging.DefaultClientID + "?v=1.0"
			r := httptest.NewRequest(http.MethodGet, app, nil)
			r.Header.Set("Authorization", bearer)
			read := httptest.NewRecorder()
			w.ServeHTTP(read, r)
			require.Equal(t, http.StatusOK, read.Code, read.Body)
			const manifest = `{"client_name":"App name","capabilities":{"webhooks":{"cqm.ExConversationChangeNotification":{"endpoint":"https://your/webhooks/endpoint"}}}}`
			got := post(w.Sandbox, app, manifest, "Authorization", bearer, "X-HTTP-Method-Override", "PUT", "If-Match", read.Header().Get("ac-revision"))
			assert.Equal(t, http.StatusOK, got.Code, got.Body)
			_, text := fetch(t, w.Sandbox, http.MethodGet, "/sandbox/webhooks", "")
			assert.Contains(t, text, `"events":{"cqm.ExConversationChangeNotification":"https://your/webhooks/endpoint"}`)
		}},
		{page: pageTutorial, fact: "an app is told of all conversations, of all participants, and of what only agents see", holds: func(t *testing.T, w world) {
			var mu sync.Mutex
			var told string
			hook := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				body, err := io.ReadAll(r.Body)
				assert.NoError(t, err)
				mu.Lock()
				defer mu.Unlock()
				told += string(body)
			}))
			t.Cleanup(hook.Close)
			fetch(t, w.Sandbox, http.MethodPut, "/sandbox/webhooks", `{"endpoint":"`+hook.URL+`"}`)
			_, text := fetch(t, w.Sandbox, http.MethodPost, "/sandbox/conversations", `{"consumer":"stranger","text":"in another channel"}`)
			var opened struct {
				ID string `json:"conversation_id"`
			}
			require.NoError(t, json.Unmarshal([]byte(text), &opened))
			fetch(t, w.Sandbox, http.MethodPost, "/sandbox/conversations/"+opened.ID, `{"note":"psst","answer":["one","two"]}`)
			require.NoError(t, w.Flush(t.Context()))
			mu.Lock()
			defer mu.Unlock()
			assert.Regexp(t, `"role":"CONSUMER"},"serverTimestamp":\d+,"event":{"type":"ContentEvent","message":"in another channel"`, told)
			assert.Regexp(t, `"message":"psst","contentType":"text/plain"},[^{]*"messageAudience":"AGENTS_AND_MANAGERS"`, told)
			assert.Regexp(t, `"changes":\[{[^\]]*"message":"one"[^\]]*"message":"two"[^\]]*}\]`, told, "two changes in one notification")
		}},
	}
	for _, f := range facts {
		t.Run(f.page+"/"+f.fact, func(t *testing.T) {
			t.Parallel()
			w := newWorld(f.options)
			t.Cleanup(w.Close)
			f.holds(t, w)
		})
	}
}
