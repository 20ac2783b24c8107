package tests

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	neturl "net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redpanda-data/benthos/v4/public/service"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox"
)

// Samples of LivePerson's pages: Monitoring API, engagement; App Engagement API, create
// session.
const (
	sampleQuestion = `{
	  "clientProperties": {"osName": "MAC_OSX", "osVersion": "1.2", "appVersion": "1.0", "deviceFamily": "MOBILE", "ipAddress": "192.168.5.2"},
	  "consumerId": "uniqueIdInBrand",
	  "identities": [{"iss": "LivePerson", "acr": "0", "sub": "identifierForNoAuth"}, {"iss": "TMO", "acr": "loa1", "sub": "identifierForAuth"}],
	  "entryPoints": ["tel://972737004000", "http://www.liveperson.com", "sec://Sport", "lang://English"],
	  "engagementAttributes": [{"type": "personal", "personal": {
	    "contacts": [{"email": "user123@gmail.com", "phone": "12345678"}, {"email": "aaa@domain.co.il", "phone": "98765430"}],
	    "age": {"age": 30.0, "year": 1985, "month": 7, "day": 22},
	    "firstname": "test", "lastname": "test2", "gender": "FEMALE", "company": "liveperson"}}]}`
	sampleCreateSession = `{"appType": "EXTERNAL", "consumerSections": ["Support", "English", "Other"]}`
)

// call is a call that the sandbox has stored.
type call struct {
	Endpoint  string          `json:"endpoint"`
	Status    int             `json:"status"`
	SessionID string          `json:"session_id"`
	Body      json.RawMessage `json:"body"`
}

func callsOf(t *testing.T, url string) []call {
	t.Helper()
	res, err := http.Get(url + "/sandbox/all")
	require.NoError(t, err)
	defer res.Body.Close()
	var page struct{ Calls []call }
	require.NoError(t, json.NewDecoder(res.Body).Decode(&page))
	return slices.DeleteFunc(page.Calls, func(c call) bool { return c.Endpoint == "domain" })
}

// ask sends messages through a pipeline with a processor to a file, and returns the lines of the file.
func ask(t *testing.T, processor string, contents ...string) []string {
	t.Helper()
	var batch service.MessageBatch
	for _, content := range contents {
		batch = append(batch, service.NewMessage([]byte(content)))
	}
	path := filepath.Join(t.TempDir(), "answers.jsonl")
	newStream(t).run(t, processor, fmt.Sprintf("file: { path: %s, codec: lines }", path), batch)
	return lines(t, path)
}

// The messages are LivePerson's documented requests. A strict sandbox must accept them, and the messages
// must get the documented answers in the pipeline's form.
func TestTheSamplesOfEngagements(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ fields, request, want string }{
		"monitoring": {
			"api: monitoring", sampleQuestion,
			`{"status":"available","engagement":{"campaign_id":"2695999112","engagement_id":"2696029112","revision":3,"context_id":"1","connector_id":"2696029012"}}`,
		},
		"app_engagement": {
			"api: app_engagement", sampleCreateSession,
			`{"status":"available","engagement":{"campaign_id":"3346848610","engagement_id":"3562981110","revision":44,"context_id":"1","window_id":"3346847910","language":"en-US","skill_id":"23","skill_name":"TestSkill","connector_id":"568046210"}}`,
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, url := newSandbox(t, sandbox.Options{Strict: true})
			answers := ask(t, fmt.Sprintf(`
liveperson_engagement:
  account_id: %q
  app_installation_id: %s
  domain_api: %s
  %s
  result_map: root = this
`, sandbox.DefaultAccountID, sandbox.DefaultAppInstallationID, url, test.fields), test.request)

			require.Len(t, answers, 1)
			var got map[string]any
			require.NoError(t, json.Unmarshal([]byte(answers[0]), &got))
			for _, made := range []string{"session_id", "visitor_id", "page_id"} {
				assert.NotEmpty(t, got[made])
				delete(got, made)
			}
			engagement, _ := got["engagement"].(map[string]any)
			if until, exists := engagement["valid_until"]; exists {
				_, err := time.Parse(time.RFC3339, until.(string))
				require.NoError(t, err)
				delete(engagement, "valid_until")
			}
			text, err := json.Marshal(got)
			require.NoError(t, err)
			assert.JSONEq(t, test.want, string(text))

			calls := callsOf(t, url)
			require.Len(t, calls, 1)
			assert.JSONEq(t, test.request, string(calls[0].Body))
		})
	}
}

// Reports belong to the session that got the engagement, and earlier reports decide on the next
// engagement.
func TestEngagementsAndReportsAreOneSession(t *testing.T) {
	t.Parallel()
	_, url := newSandbox(t, sandbox.Options{Strict: true})
	ids := fmt.Sprintf("account_id: %q\n  app_installation_id: %s\n  domain_api: %s", sandbox.DefaultAccountID, sandbox.DefaultAppInstallationID, url)
	var batch service.MessageBatch
	for range 3 {
		batch = append(batch, service.NewMessage([]byte(`{"consumerId":"c1","engagementAttributes":[{"type":"searchInfo","keywords":["shoes"]}]}`)))
	}
	newStream(t).run(t, "liveperson_engagement:\n  "+ids+"\n  result_map: ''\n", "liveperson_report:\n  "+ids, batch)

	calls := callsOf(t, url)
	sessions := map[string]int{}
	var endpoints []string
	for _, c := range calls {
		sessions[c.SessionID]++
		endpoints = append(endpoints, c.Endpoint)
	}
	assert.Equal(t, []string{"engagement", "report"}, slices.Compact(endpoints))
	assert.Len(t, sessions, 1)
}

// The test asks config/engagement.yaml as the backend of a website does.
func TestAnOfferOverHTTP(t *testing.T) {
	t.Parallel()
	_, url := newSandbox(t, sandbox.Options{Strict: true})
	address := startEngagement(t, url)
	status, first := post(t, address, `{"visitor": "a1b2c3", "url": "https://shop.example.com/cart", "total": 129.5, "currency": "EUR", "items": 3}`)
	assert.Equal(t, http.StatusOK, status)
	assert.Equal(t, "available", first["status"])
	status, second := post(t, address, `{"visitor": "a1b2c3", "url": "https://shop.example.com/checkout"}`)
	assert.Equal(t, http.StatusOK, status)
	assert.Equal(t, first["session_id"], second["session_id"])

	status, none := post(t, address, `{"url": "https://shop.example.com/cart"}`)
	assert.Equal(t, http.StatusBadRequest, status)
	assert.Equal(t, map[string]any{"status": "not_available", "error": "visitor: missing"}, none)
	status, wrong := post(t, address, `{"visitor": "a1b2c3", "url": "https://shop.example.com/cart", "total": "much"}`)
	assert.Equal(t, http.StatusBadRequest, status)
	assert.Contains(t, wrong["error"], "engagementAttributes[0].total: expected a number")

	status, _ = post(t, address+"/offer?http_status=500&x=", `{"visitor": "a1b2c3", "url": "https://shop.example.com/"}`)
	assert.Equal(t, http.StatusOK, status)
	for _, body := range []string{"", "[]", "null", "{", `"visitor"`, `{"visitor": null, "url": ""}`, `{"visitor": "jane@example.com", "url": "https://shop.example.com/"}`} {
		status, answer := post(t, address, body)
		assert.Equal(t, http.StatusBadRequest, status, body)
		assert.NotEmpty(t, answer["error"], body)
		assert.NotContains(t, answer["error"], "jane")
	}

	res, err := http.Get("http://" + address + "/metrics")
	require.NoError(t, err)
	defer res.Body.Close()
	metrics, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	assert.Regexp(t, `"offers_failed{[^:]*class=\\"invalid\\"[^:]*}":9`, string(metrics))
}

// Visitors do not wait for each other's answers, even on a machine with few processors. LivePerson
// answers here only after it got eight questions.
func TestOffersAreAskedForSideBySide(t *testing.T) {
	t.Parallel()
	const together = 8
	_, behind := newSandbox(t, sandbox.Options{})
	target, err := neturl.Parse(behind)
	require.NoError(t, err)
	proxy := httputil.NewSingleHostReverseProxy(target)
	var asked atomic.Int32
	all := make(chan struct{})
	livePerson := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if asked.Add(1) == together {
			close(all)
		}
		select {
		case <-all:
			proxy.ServeHTTP(w, r)
		case <-r.Context().Done():
		}
	}))
	t.Cleanup(livePerson.Close)

	address := startEngagement(t, livePerson.URL)
	var waiting sync.WaitGroup
	for i := range together {
		waiting.Go(func() {
			status, _ := post(t, address, fmt.Sprintf(`{"visitor": "v%d", "url": "https://shop.example.com/"}`, i))
			assert.Equal(t, http.StatusOK, status)
		})
	}
	waiting.Wait()
}

// startEngagement runs config/engagement.yaml against a stand-in for the Monitoring API, and returns the
// address where it listens.
func startEngagement(t *testing.T, url string) (address string) {
	t.Helper()
	config, err := os.ReadFile("config/engagement.yaml")
	require.NoError(t, err)
	address = freeAddress(t)
	text := string(config)
	for _, replace := range [][2]string{
		{"${HTTP_ADDRESS:127.0.0.1:4195}", address},
		{"${LIVEPERSON_ACCOUNT_ID:}", sandbox.DefaultAccountID},
		{"${LIVEPERSON_APP_INSTALLATION_ID:}", sandbox.DefaultAppInstallationID},
		{"${LIVEPERSON_MONITORING_DOMAIN:}", url},
		{"max_wait: 1s", "max_wait: 30s"}, // a machine under tests may be slow
		{"timeout: 1100ms", "timeout: 31s"},
	} {
		require.Contains(t, text, replace[0])
		text = strings.ReplaceAll(text, replace[0], replace[1])
	}
	start(t, text)
	require.Eventually(t, func() bool {
		res, err := http.Get("http://" + address + "/ready")
		if err == nil {
			res.Body.Close()
		}
		return err == nil && res.StatusCode == http.StatusOK
	}, 30*time.Second, 20*time.Millisecond)
	return address
}

// post asks the pipeline for an offer.
func post(t *testing.T, address, body string) (status int, answer map[string]any) {
	t.Helper()
	res, err := http.Post("http://"+address+"/offer", "application/json", bytes.NewBufferString(body))
	if !assert.NoError(t, err) {
		return 0, nil
	}
	defer res.Body.Close()
	assert.NoError(t, json.NewDecoder(res.Body).Decode(&answer))
	return res.StatusCode, answer
}
