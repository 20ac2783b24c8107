package messaging

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const (
	installations = "/api/account/" + account + "/configuration/app-install/installations"
	oneApp        = installations + "/" + DefaultClientID
)

// sampleManifest is the default manifest on LivePerson's page (Connector API, getting started).
const sampleManifest = `{
  "client_name": "App name",
  "description": "App description",
  "grant_types": ["client_credentials"],
  "scope": "msg.consumer",
  "logo_uri": "/src/modules/campaigns/assets/img/software/Mobile-App.png",
  "capabilities": {
    "webhooks": {
      "ms.MessagingEventNotification.ContentEvent":      {"endpoint": "https://your/webhooks/endpoint", "max_retries": 3},
      "ms.MessagingEventNotification.RichContentEvent":  {"endpoint": "https://your/webhooks/endpoint", "max_retries": 5},
      "ms.MessagingEventNotification.AcceptStatusEvent": {"endpoint": "https://your/webhooks/endpoint", "max_retries": 1},
      "ms.MessagingEventNotification.ChatStateEvent":    {"endpoint": "https://your/webhooks/endpoint"},
      "cqm.ExConversationChangeNotification":            {"endpoint": "https://your/webhooks/endpoint"}
    },
    "engagement": {
      "design_engagement": false,
      "design_window": false,
      "entry_point": ["section"],
      "visitor_behavior": ["visited_location","time_on_location","flow","engaged_in_session","about_to_abandon","cart_value","cart_items","visitor_error","viewed_products","service_activity"],
      "target_audience": ["external_referral","search_keywords","ip","platform","geo_location","returning_visitors","marketing_source","customer_type","age","balance","customer_id","gender","store_zip_code","store_number","company_size","registration_date"],
      "goal": ["url","purchase_total","num_of_pages","lead","service_activity"],
      "consumer_identity": ["auth"],
      "language_selection": false
    }
  }
}`

// record is an app as in answers.
type record struct {
	ID           string `json:"id"`
	ClientID     string `json:"client_id"`
	ClientSecret string `json:"client_secret"`
	ClientName   string `json:"client_name"`
	Issued       int64  `json:"client_id_issued_at"`
	Deleted      bool   `json:"deleted"`
	Enabled      bool   `json:"enabled"`
	Capabilities struct {
		Webhooks   map[string]json.RawMessage `json:"webhooks"`
		Engagement map[string]any             `json:"engagement"`
	} `json:"capabilities"`
}

// administrate sends a request as an administrator.
func (s *stand) administrate(t *testing.T, method, target, body string, header ...string) (*httptest.ResponseRecorder, record) {
	t.Helper()
	s.userToken = "user"
	w := s.do(method, target+"?v=1.0", body, append(header, "Authorization", "Bearer "+s.userToken)...)
	var read record
	if strings.HasPrefix(w.Body.String(), "{") {
		require.NoError(t, json.Unmarshal(w.Body.Bytes(), &read))
	}
	return w, read
}

func TestAnAppIsInstalledByREST(t *testing.T) {
	t.Parallel()
	s := newStand(t, Options{Now: newClock().Now})
	w, _ := s.administrate(t, http.MethodGet, installations, "")
	var list []record
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &list))
	require.Len(t, list, 1, "the sandbox's own")
	w, read := s.administrate(t, http.MethodGet, oneApp, "")
	require.Equal(t, http.StatusOK, w.Code, w.Body)
	assert.Equal(t, list[0], read)
	assert.Equal(t, []string{DefaultClientID, DefaultClientID, DefaultClientSecret}, []string{read.ID, read.ClientID, read.ClientSecret})
	assert.Equal(t, newClock().now.Unix(), read.Issued, "in seconds")
	assert.True(t, read.Enabled)
	assert.False(t, read.Deleted)
	revision := w.Header().Get("ac-revision")

	w, _ = s.administrate(t, http.MethodPost, installations, strings.Replace(sampleManifest, "{", `{"client_id":"`+DefaultClientID+`",`, 1))
	assert.Equal(t, http.StatusConflict, w.Code, "the app is installed")
	w, _ = s.administrate(t, http.MethodPut, oneApp, sampleManifest)
	assert.Equal(t, http.StatusPreconditionFailed, w.Code, "without If-Match")
	w, read = s.administrate(t, http.MethodPut, oneApp, sampleManifest, "If-Match", revision, "X-HTTP-Method-Override", "PUT")
	require.Equal(t, http.StatusOK, w.Code, w.Body)
	assert.Equal(t, "App name", read.ClientName)
	assert.Equal(t, false, read.Capabilities.Engagement["design_window"], "what is not about webhooks is kept")
	assert.JSONEq(t, `{"headers":[],"endpoint":"https://your/webhooks/endpoint"}`, string(read.Capabilities.Webhooks[KeyConversation]))
	assert.JSONEq(t, `{"headers":[],"endpoint":"https://your/webhooks/endpoint","max_retries":3}`, string(read.Capabilities.Webhooks[KeyContent]))
	w, _ = s.administrate(t, http.MethodPost, oneApp, sampleManifest, "If-Match", revision, "X-HTTP-Method-Override", "PUT")
	assert.Equal(t, http.StatusPreconditionFailed, w.Code, "somebody has changed it since")

	w, _ = s.administrate(t, http.MethodGet, oneApp, "")
	revision = w.Header().Get("ac-revision")
	changed := strings.Replace(w.Body.String(), "App name", "Another", 1)
	w, read = s.administrate(t, http.MethodPost, oneApp, changed, "If-Match", revision, "X-HTTP-Method-Override", "PUT")
	require.Equal(t, http.StatusOK, w.Code, w.Body)
	assert.Equal(t, "Another", read.ClientName, "what is read can be sent back")
	revision = w.Header().Get("ac-revision")

	w, _ = s.administrate(t, http.MethodDelete, oneApp, "")
	assert.Equal(t, http.StatusPreconditionFailed, w.Code)
	w, _ = s.administrate(t, http.MethodDelete, oneApp, "", "If-Match", revision)
	assert.Equal(t, http.StatusNoContent, w.Code)
	w, _ = s.administrate(t, http.MethodGet, oneApp, "")
	assert.Equal(t, http.StatusNotFound, w.Code)
	w, _ = s.administrate(t, http.MethodGet, installations, "")
	assert.Equal(t, "[]", w.Body.String())
	assert.JSONEq(t, `{"error":"invalid_client"}`, s.askAppToken(tokenQuery, s.credentials()).Body.String())
	assert.Empty(t, s.hooks.status().Events)

	w, read = s.administrate(t, http.MethodPost, installations, sampleManifest)
	require.Equal(t, http.StatusCreated, w.Code, w.Body)
	assert.Equal(t, DefaultClientSecret, read.ClientSecret)
	assert.NotEmpty(t, s.appTokenOf(t))
	assert.Len(t, s.hooks.status().Events, 5)
}

func TestInstalledWebhooksAreThoseInForce(t *testing.T) {
	t.Parallel()
	s := newStand(t, Options{})
	require.Equal(t, http.StatusOK, s.do(http.MethodPut, "/sandbox/webhooks", `{"endpoint":"https://a","algorithm":"sha256","faults":[{"fault":"duplicate"}]}`).Code)
	w, read := s.administrate(t, http.MethodGet, oneApp, "")
	assert.JSONEq(t, `{"headers":[],"endpoint":"https://a"}`, string(read.Capabilities.Webhooks[KeyChatState]), "also where a page has set them")

	const hooks = `{"client_name":"a","capabilities":{"webhooks":{
	  "ms.MessagingEventNotification.ContentEvent":{"endpoint":"https://b","headers":[{"header_name":"X-Key","header_value":"k"}]},
	  "ms.MessagingEventNotification.ChatStateEvent":{"endpoint":""}, "retry":{"retention_time":3600}}}}`
	w, read = s.administrate(t, http.MethodPut, oneApp, hooks, "If-Match", w.Header().Get("ac-revision"))
	require.Equal(t, http.StatusOK, w.Code, w.Body)
	assert.Len(t, read.Capabilities.Webhooks, 2)
	assert.JSONEq(t, `{"retention_time":3600}`, string(read.Capabilities.Webhooks["retry"]))
	assert.JSONEq(t, `{"endpoint":"https://b","headers":[{"header_name":"X-Key","header_value":"k"}]}`, string(read.Capabilities.Webhooks[KeyContent]))
	assert.Equal(t, map[string]string{KeyContent: "https://b"}, s.hooks.status().Events)
	assert.Equal(t, "sha256", s.hooks.config.Algorithm, "how notifications are signed stays")
	assert.Len(t, s.hooks.config.Faults, 1)
}

func TestOnlyAdministratorsInstall(t *testing.T) {
	t.Parallel()
	s := newStand(t, Options{})
	assert.Equal(t, http.StatusUnauthorized, s.do(http.MethodGet, oneApp+"?v=1.0", "", "Authorization", "Bearer ").Code, "nobody has logged in")
	s.administrate(t, http.MethodGet, oneApp, "")
	for _, header := range []string{"", "Bearer ", "Bearer x", s.userToken} {
		assert.Equal(t, http.StatusUnauthorized, s.do(http.MethodGet, oneApp+"?v=1.0", "", "Authorization", header).Code, header)
	}
	valid := "Bearer " + s.userToken
	assert.Equal(t, http.StatusOK, s.do(http.MethodGet, oneApp+"?v=2.0", "", "Authorization", valid).Code)
	assert.Equal(t, http.StatusNotFound, s.do(http.MethodGet, oneApp, "", "Authorization", valid).Code, "no version")
	assert.Equal(t, http.StatusNotFound, s.do(http.MethodGet, installations+"/x?v=1.0", "", "Authorization", valid).Code)
	assert.Equal(t, http.StatusNotFound, s.do(http.MethodGet, strings.Replace(oneApp, account, "1", 1)+"?v=1.0", "", "Authorization", valid).Code)
	assert.Equal(t, http.StatusMethodNotAllowed, s.do(http.MethodPatch, oneApp+"?v=1.0", "", "Authorization", valid).Code)
	s.do(http.MethodDelete, "/sandbox/tokens", "")
	assert.Equal(t, http.StatusUnauthorized, s.do(http.MethodGet, oneApp+"?v=1.0", "", "Authorization", valid).Code, "all tokens have become invalid")
}

func TestWrongManifestsAreToldInWords(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 129)
	for body, says := range map[string]string{
		`[]`:                             "send a manifest, a JSON object",
		`null`:                           "send a manifest, a JSON object",
		`{`:                              "send a manifest, a JSON object",
		`{}`:                             "client_name: is missing",
		`{"client_name":"` + long + `"}`: "client_name: must have 128 characters at most",
		`{"client_name":5}`:              "client_name: has the wrong JSON type",
		`{"client_name":"a","redirect_uris":["` + long + `"]}`:                                                                                        "redirect_uris: each must have 128 characters at most",
		`{"client_name":"a","grant_types":["password"]}`:                                                                                              "grant_types: may have client_credentials, authorization_code, refresh_token",
		`{"client_name":"a","capabilities":{"engagement":{}}}`:                                                                                        "capabilities.engagement.design_engagement: is missing, true or false; capabilities.engagement.design_window: is missing, true or false; capabilities.engagement.language_selection",
		`{"client_name":"a","capabilities":{"engagement":{"goal":["win"]}}}`:                                                                          "capabilities.engagement.goal: may have url",
		`{"client_name":"a","capabilities":{"engagement":{"entry_point":"url"}}}`:                                                                     "capabilities.engagement.entry_point: has the wrong JSON type",
		`{"client_name":"a","capabilities":{"webhooks":{"ms.MessagingEventNotification.ExConversationChangeNotification":{"endpoint":"https://a"}}}}`: `capabilities.webhooks.events: there is no "ms.MessagingEventNotification.ExConversationChangeNotification"`,
		`{"client_name":"a","capabilities":{"webhooks":{"cqm.ExConversationChangeNotification":{"endpoint":"ftp://a"}}}}`:                             "endpoint: must be a URL",
		`{"client_name":"a","capabilities":{"webhooks":{"cqm.ExConversationChangeNotification":"https://a"}}}`:                                        "capabilities.webhooks.cqm.ExConversationChangeNotification: must be an object",
		`{"client_name":"a","capabilities":{"webhooks":{"cqm.ExConversationChangeNotification":{"endpoint":"https://a","max_retries":6}}}}`:           "max_retries: must be from 0 to 5",
		`{"client_name":"a","capabilities":{"webhooks":{"retry":{"retention_time":1}}}}`:                                                              "retry.retention_time: must be from 2 to 259200",
		`{"client_name":"a","capabilities":{"webhooks":{"retry":3600}}}`:                                                                              "capabilities.webhooks.retry.retention_time: must be a number of seconds",
		`{"scope":"` + long + `","grant_types":["x"]}`:                                                                                                "client_name: is missing; scope: must have 128 characters at most; grant_types: may have",
	} {
		s := newStand(t, Options{})
		w, _ := s.administrate(t, http.MethodPut, oneApp, body, "If-Match", "1")
		assert.Equal(t, http.StatusBadRequest, w.Code, body)
		var got struct{ Error string }
		require.NoError(t, json.Unmarshal(w.Body.Bytes(), &got), w.Body)
		assert.Contains(t, got.Error, says)
	}
}
