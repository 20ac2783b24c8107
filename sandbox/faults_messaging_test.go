package sandbox_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/chaos"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/messaging"
)

// connector is an app that uses the Connector API of a sandbox over real connections. A consumer has an open conversation.
type connector struct {
	*sandbox.Sandbox
	address, app, jws, conversation string
}

func newConnector(t *testing.T) connector {
	t.Helper()
	s := newSandbox(t, sandbox.Options{Agent: &messaging.Script{}})
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	c := connector{Sandbox: s, address: server.URL}
	c.app = member(t, appToken(s), "access_token")
	c.jws = member(t, consumerToken(s, c.app, "jane"), "token")
	c.conversation = converse(t, s, "jane", "")
	return c
}

// ask makes one call to a method. It returns the status, or what is wrong with the answer.
func (c connector) ask(ctx context.Context, t *testing.T, endpoint string) (outcome string, answer *http.Response) {
	t.Helper()
	const form = "client_id=" + messaging.DefaultClientID + "&client_secret=" + messaging.DefaultClientSecret
	send := `{"kind":"req","id":"1","type":"ms.PublishEvent","body":{"dialogId":"` + c.conversation + `","event":{"type":"ContentEvent","contentType":"text/plain","message":"hello"}}}`
	call := map[string]struct{ path, body string }{
		chaos.EndpointAppToken:      {"/sentinel/api/account/12345678/app/token?v=1.0&grant_type=client_credentials", form},
		chaos.EndpointConsumerToken: {"/api/account/12345678/consumer?v=1.0", `{"ext_consumer_id":"jane"}`},
		chaos.EndpointConversation:  {messagingPath + "?v=3", openBody},
		chaos.EndpointSend:          {messagingPath + "/send?v=3", send},
	}[endpoint]
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.address+call.path, strings.NewReader(call.body))
	require.NoError(t, err)
	request.Header.Set("X-LP-ON-BEHALF", c.jws)
	request.Header.Set("Authorization", c.app)
	if endpoint == chaos.EndpointAppToken {
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	res, err := http.DefaultClient.Do(request)
	if err != nil {
		return "no answer", nil
	}
	defer res.Body.Close()
	switch text, err := io.ReadAll(res.Body); {
	case err != nil:
		return "broken off", res
	case !json.Valid(text):
		return "no JSON", res
	}
	return fmt.Sprint(res.StatusCode), res
}

// texts returns the number of texts in the conversation.
func (c connector) texts(t *testing.T) int {
	t.Helper()
	_, text := fetch(t, c.Sandbox, http.MethodGet, "/sandbox/conversations/"+c.conversation, "")
	return strings.Count(text, `"hello"`)
}

// Each fault at each method of the Connector API: what the sender sees, whether the sandbox took the call, and that the next
// call succeeds.
func TestWhatChaosDoesToTheConnectorAPI(t *testing.T) {
	t.Parallel()
	// The answers without a fault. jane already has an open conversation.
	well := map[string]string{chaos.EndpointAppToken: "200", chaos.EndpointConsumerToken: "201", chaos.EndpointConversation: "400", chaos.EndpointSend: "200"}
	const asEver = "as ever"
	for name, test := range map[string]struct {
		rule, outcome string
		header        [2]string
		taken, hangs  bool
	}{
		"an error":              {rule: `status: 500`, outcome: "500"},
		"a region down":         {rule: `status: 503, message: Service unavailable`, outcome: "503"},
		"too many, in seconds":  {rule: `status: 429, retry_after: 2s`, outcome: "429", header: [2]string{"Retry-After", "2"}},
		"too many, as a date":   {rule: `status: 429, retry_after: 2s, retry_after_date: true`, outcome: "429", header: [2]string{"Retry-After", "GMT"}},
		"an expired app token":  {rule: `status: 401, code: 40102`, outcome: "401"},
		"a reset":               {rule: `connection: reset`, outcome: "no answer"},
		"a reset after":         {rule: `connection: reset_after`, outcome: "no answer", taken: true},
		"a time-out":            {rule: `connection: timeout`, outcome: "no answer", hangs: true},
		"a time-out after":      {rule: `connection: timeout_after`, outcome: "no answer", taken: true, hangs: true},
		"an answer cut off":     {rule: `body: truncated`, outcome: "broken off", taken: true},
		"an answer that is not": {rule: `body: malformed`, outcome: "no JSON", taken: true},
		"latency":               {rule: `latency: 1ms`, outcome: asEver, taken: true},
		"another content type":  {rule: `content_type: application/octet-stream`, outcome: asEver, taken: true, header: [2]string{"Content-Type", "application/octet-stream"}},
		"a lasting probability": {rule: `probability: 1, seed: 4, status: 502`, outcome: "502"},
		"a quota":               {rule: `quota: {calls: 0, per: 1h}, status: 429`, outcome: "429"},
		"a window and its end":  {rule: `from: 0s, until: 1h, status: 503`, outcome: "503"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newConnector(t)
			for endpoint, right := range well {
				before, texts := reports(t, c.Sandbox).Total, c.texts(t)
				status, text := fetch(t, c.Sandbox, http.MethodPut, "/sandbox/chaos", "rules: [{endpoint: "+endpoint+", times: 1, "+test.rule+"}]")
				require.Equal(t, http.StatusOK, status, text)
				ctx, leave := context.WithCancel(t.Context())
				if test.hangs {
					go func() { // without an answer, the client leaves when the sandbox has the call
						fetch(t, c.Sandbox, http.MethodGet, fmt.Sprintf("/sandbox/wait?verdict=all&since=%d&timeout=1m", before), "")
						leave()
					}()
				}
				outcome, answer := c.ask(ctx, t, endpoint)
				leave()
				assert.Equal(t, strings.Replace(test.outcome, asEver, right, 1), outcome, endpoint)
				if test.header[0] != "" {
					assert.Contains(t, answer.Header.Get(test.header[0]), test.header[1], endpoint)
				}
				if endpoint == chaos.EndpointSend {
					assert.Equal(t, test.taken, c.texts(t) > texts, endpoint)
				}
				outcome, _ = c.ask(t.Context(), t, endpoint)
				assert.Equal(t, right, outcome, "the next one, %s", endpoint)
				assert.Equal(t, before+2, reports(t, c.Sandbox).Total, "both are kept, %s", endpoint)
			}
		})
	}
}

// Rules that match some calls to a method of messaging.
func TestWhichMessagesGoWrong(t *testing.T) {
	t.Parallel()
	for rule, want := range map[string]string{
		`skip: 2, status: 500`:                                          "200 200 500 500",
		`times: 2, status: 500`:                                         "500 500 200 200",
		`quota: {calls: 3, per: 1h}, status: 429`:                       "200 200 200 429",
		`probability: 0.5, seed: 3, status: 500`:                        "200 500 200 500",
		`consumer: jane, times: 1, status: 500`:                         "500 200 200 200",
		`consumer: john, status: 500`:                                   "200 200 200 200",
		`account: "12345678", status: 500`:                              "500 500 500 500",
		`account: "1", status: 500`:                                     "200 200 200 200",
		`from: 1h, status: 500`:                                         "200 200 200 200",
		`times: 1, status: 500}, {endpoint: send, status: 503, skip: 2`: "500 200 503 503",
	} {
		t.Run(rule, func(t *testing.T) {
			t.Parallel()
			c := newConnector(t)
			fetch(t, c.Sandbox, http.MethodPut, "/sandbox/chaos", "rules: [{endpoint: send, "+rule+"}]")
			var got []string
			for range 4 {
				outcome, _ := c.ask(t.Context(), t, chaos.EndpointSend)
				got = append(got, outcome)
			}
			assert.Equal(t, want, strings.Join(got, " "))
		})
	}
}

// What each preset does to the first calls of an app.
func TestPresetsAtTheConnectorAPI(t *testing.T) {
	t.Parallel()
	for preset, want := range map[string]string{
		"cold_account":   "200 201 400 200 200", // only the Monitoring API and the App Engagement API know loading accounts
		"expired_tokens": "200 401 401 401 200",
		"region_down":    "503 503 503 503 503",
		"throttled":      "200 201 400 200 200",
	} {
		t.Run(preset, func(t *testing.T) {
			t.Parallel()
			c := newConnector(t)
			fetch(t, c.Sandbox, http.MethodPut, "/sandbox/chaos", "preset: "+preset)
			var got []string
			for _, endpoint := range []string{chaos.EndpointAppToken, chaos.EndpointConsumerToken, chaos.EndpointConversation, chaos.EndpointSend, chaos.EndpointSend} {
				outcome, _ := c.ask(t.Context(), t, endpoint)
				got = append(got, outcome)
			}
			assert.Equal(t, want, strings.Join(got, " "))
		})
	}
}
