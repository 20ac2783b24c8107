package sandbox_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/campaign"
)

// The sample of LivePerson's page "Monitoring API, engagement".
const sampleEngagement = `{
  "clientProperties": {"osName": "MAC_OSX", "osVersion": "1.2", "appVersion": "1.0", "deviceFamily": "MOBILE", "ipAddress": "192.168.5.2"},
  "consumerId": "uniqueIdInBrand",
  "identities": [
    {"iss": "LivePerson", "acr": "0", "sub": "identifierForNoAuth"},
    {"iss": "TMO", "acr": "loa1", "sub": "identifierForAuth"}
  ],
  "entryPoints": ["tel://972737004000", "http://www.liveperson.com", "sec://Sport", "lang://English"],
  "engagementAttributes": [
    {"type": "personal", "personal": {
      "contacts": [{"email": "user123@gmail.com", "phone": "12345678"}, {"email": "aaa@domain.co.il", "phone": "98765430"}],
      "age": {"age": 30.0, "year": 1985, "month": 7, "day": 22},
      "firstname": "test", "lastname": "test2", "gender": "FEMALE", "company": "liveperson"}}
  ]
}`

const engagementTarget = "/api/account/" + sandbox.DefaultAccountID + "/app/" + sandbox.DefaultAppInstallationID + "/engagement"

// engage sends a question for an engagement, with pairs of query names and values.
func engage(t *testing.T, s *sandbox.Sandbox, body string, query ...string) answer {
	t.Helper()
	values := url.Values{"v": {"1.0"}}
	for i := 0; i < len(query); i += 2 {
		values.Set(query[i], query[i+1])
	}
	return send(t, s, httptest.NewRequest(http.MethodPost, engagementTarget+"?"+values.Encode(), strings.NewReader(body)))
}

// withCampaigns returns a sandbox that offers the engagements of a file.
func withCampaigns(t *testing.T, text string) sandbox.Options {
	t.Helper()
	campaigns, err := campaign.Parse([]byte(text))
	require.NoError(t, err)
	return sandbox.Options{Campaigns: campaigns}
}

// assertSample compares an answer with a sample of LivePerson, byte for byte. It ignores white space and the ids that the
// sandbox made.
func assertSample(t *testing.T, sample string, got answer) {
	t.Helper()
	var its struct{ SessionID, VisitorID, PageID string }
	require.NoError(t, json.Unmarshal([]byte(sample), &its))
	replace := strings.NewReplacer(
		`"sessionId":"`+its.SessionID+`"`, `"sessionId":"`+got.SessionID+`"`,
		`"visitorId":"`+its.VisitorID+`"`, `"visitorId":"`+got.VisitorID+`"`,
		`"pageId":"`+its.PageID+`"`, `"pageId":"`+got.PageID+`"`,
	)
	var want bytes.Buffer
	require.NoError(t, json.Compact(&want, []byte(sample)))
	assert.Equal(t, replace.Replace(want.String()), strings.TrimSpace(got.text))
	assert.Regexp(t, idPattern, got.SessionID)
	assert.Regexp(t, idPattern, got.VisitorID)
	assert.Regexp(t, `^[0-9]{9,10}$`, got.PageID)
}

// The answers of LivePerson's pages "Monitoring API, engagement" and "Monitoring API, getting started".
func TestEngagementSamples(t *testing.T) {
	t.Parallel()
	const offered = `engagements: [{campaign_id: 880524023, engagement_id: 880524123, engagement_revision: 21, connector_id: 2642324112}]`
	tests := map[string]struct {
		campaigns    string // empty: the default
		conversation string // opened with this body
		again        bool   // ask twice in one session
		status       int
		sample       string
	}{
		"new session with an engagement": {
			campaigns: offered, status: http.StatusCreated,
			sample: `{"sessionId":"abc","visitorId":"xyz","pageId":"595933432",
 "engagementDetails":[{"campaignId":880524023,"engagementId":880524123,"engagementRevision":21,
   "contextId":"1","connectorId":2642324112,"status":"expose"}]}`,
		},
		"open conversation in the same session": {
			campaigns:    `engagements: [{campaign_id: 880524423, engagement_id: 880524523, engagement_revision: 23, connector_id: 2642324112}]`,
			conversation: `{"conversation_id":"fdasfdas"}`, again: true, status: http.StatusOK,
			sample: `{"sessionId":"abc","visitorId":"xyz","pageId":"2095636278",
 "engagementDetails":[{"campaignId":880524423,"engagementId":880524523,"engagementRevision":23,
   "conversationId":"fdasfdas","connectorId":2642324112,"status":"conversation"}]}`,
		},
		"nothing on offer, new session": {
			campaigns: `engagements: []`, status: http.StatusCreated,
			sample: `{"sessionId":"abc","visitorId":"xyz","pageId":"4743822558"}`,
		},
		"nothing on offer, known session": {
			campaigns: `engagements: []`, again: true, status: http.StatusOK,
			sample: `{"sessionId":"abc","visitorId":"xyz","pageId":"4743822558"}`,
		},
		"getting started, which is what is built in": {
			status: http.StatusCreated,
			sample: `{"sessionId":"stM0CzMWRye4MZgRBAL4UQ","visitorId":"ZjYWZlYzYzNDE5MTE1OWQ5","pageId":"1674628973",
 "engagementDetails":[{"campaignId":2695999112,"engagementId":2696029112,"engagementRevision":3,
   "contextId":"1","connectorId":2696029012,"status":"expose"}]}`,
		},
	}
	for name, test := range tests {
		for _, strict := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, strict %t", name, strict), func(t *testing.T) {
				t.Parallel()
				options := sandbox.Options{}
				if test.campaigns != "" {
					options = withCampaigns(t, test.campaigns)
				}
				options.Strict = strict
				s := sandbox.New(options)
				if test.conversation != "" {
					status, text := fetch(t, s, http.MethodPut, "/sandbox/consumers/identifierForNoAuth/conversation", test.conversation)
					require.Equal(t, http.StatusOK, status, text)
				}
				got := engage(t, s, sampleEngagement, "obh", "true")
				if test.again {
					require.Equal(t, http.StatusCreated, got.status)
					got = engage(t, s, sampleEngagement, "vid", got.VisitorID, "sid", got.SessionID)
				}
				assert.Equal(t, test.status, got.status)
				assertSample(t, test.sample, got)
			})
		}
	}
}

// Each row is a fact on LivePerson's pages, or an assumption if the pages do not say.
func TestEngagementFacts(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		method       string // empty: POST
		target       string // empty: engagementTarget + ?v=1.0
		body         string // empty: {}
		status, code int
		message      string
		strict       bool // only a strict sandbox refuses it
	}{
		"all of the body is optional":  {status: 201},
		"v 1.1":                        {target: engagementTarget + "?v=1.1", status: 201},
		"v missing":                    {target: engagementTarget, status: 400, code: 33, message: "Illegal Version"},
		"v 2.0":                        {target: engagementTarget + "?v=2.0", status: 400, code: 33, message: "Illegal Version"},
		"GET":                          {method: http.MethodGet, status: 405, message: "Method not allowed"},
		"PUT":                          {method: http.MethodPut, status: 405, message: "Method not allowed"},
		"unknown app installation id":  {target: "/api/account/12345678/app/x/engagement?v=1.0", status: 404, code: 18, message: "Bad app installation id"},
		"unknown account":              {target: "/api/account/1/app/x/engagement?v=1.0", status: 404, code: 6, message: "Bad account id"},
		"vid malformed":                {target: engagementTarget + "?v=1.0&vid=a%2Bb", status: 404, code: 37, message: "Bad visitor id"},
		"sid malformed":                {target: engagementTarget + "?v=1.0&sid=a%2Bb", status: 404, code: 39, message: "Bad session id"},
		"unknown vid and sid":          {target: engagementTarget + "?v=1.0&vid=abc&sid=xyz", status: 201},
		"no body":                      {body: " ", status: 400, code: 5, message: "body"},
		"not JSON":                     {body: `{`, status: 400, code: 5, message: "body"},
		"an array":                     {body: `[]`, status: 400, code: 5, message: "body"},
		"consumerId a number":          {body: `{"consumerId":7}`, status: 400, code: 5, message: "consumerId"},
		"identities an object":         {body: `{"identities":{}}`, status: 400, code: 5, message: "identities"},
		"entry points a text":          {body: `{"entryPoints":"tel://1"}`, status: 400, code: 5, message: "entryPoints"},
		"client properties a text":     {body: `{"clientProperties":"x"}`, status: 400, code: 5, message: "clientProperties"},
		"a client property a number":   {body: `{"clientProperties":{"osVersion":10}}`, status: 400, code: 5, message: "clientProperties.osVersion"},
		"os instead of osName":         {body: `{"clientProperties":{"os":"IOS"}}`, status: 201},
		"unknown client property":      {body: `{"clientProperties":{"browser":7}}`, status: 201},
		"attributes an object":         {body: `{"engagementAttributes":{}}`, status: 400, code: 5, message: "engagementAttributes"},
		"an impression among them":     {body: `{"engagementAttributes":[{"type":"cart","total":1,"numItems":1},{"type":"impDisplay","campaign":1,"engId":1}]}`, status: 400, code: 5, message: "engagementAttributes[1].type"},
		"no such device family":        {body: `{"clientProperties":{"deviceFamily":"PHONE"}}`, status: 400, code: 5, message: "clientProperties.deviceFamily", strict: true},
		"no such os":                   {body: `{"clientProperties":{"os":"BEOS"}}`, status: 400, code: 5, message: "clientProperties.os", strict: true},
		"no such osName":               {body: `{"clientProperties":{"osName":"OSX"}}`, status: 400, code: 5, message: "clientProperties.osName", strict: true},
		"no real address":              {body: `{"clientProperties":{"ipAddress":"300.1.1.1"}}`, status: 400, code: 5, message: "clientProperties.ipAddress", strict: true},
		"an IPv6 address":              {body: `{"clientProperties":{"ipAddress":"::1"}}`, status: 400, code: 5, message: "clientProperties.ipAddress", strict: true},
		"unknown type":                 {body: `{"engagementAttributes":[{"type":"login"}]}`, status: 400, code: 5, message: "engagementAttributes[0].type", strict: true},
		"an alias":                     {body: `{"engagementAttributes":[{"type":"searchContent"}]}`, status: 400, code: 5, message: "engagementAttributes[0].type", strict: true},
		"a page that is asked to stay": {body: `{"pageId":"4743822558"}`, status: 201},
	}
	for name, test := range tests {
		for _, strict := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, strict %t", name, strict), func(t *testing.T) {
				t.Parallel()
				s := sandbox.New(sandbox.Options{Strict: strict})
				method, target, body := http.MethodPost, engagementTarget+"?v=1.0", "{}"
				if test.method != "" {
					method = test.method
				}
				if test.target != "" {
					target = test.target
				}
				if test.body != "" {
					body = test.body
				}
				got := send(t, s, httptest.NewRequest(method, target, strings.NewReader(body)))
				call := reports(t, s).Calls[0]
				assert.Equal(t, got.status, call.Status)
				assert.Equal(t, "engagement", call.Endpoint)
				assert.Equal(t, target, call.Target)
				if test.strict && !strict {
					assert.Equal(t, http.StatusCreated, got.status, got.text)
					require.Len(t, call.Notes, 1)
					assert.Contains(t, call.Notes[0], test.message+": ")
					return
				}
				assert.Equal(t, test.status, got.status, got.text)
				assert.Equal(t, test.code, got.InternalCode)
				assert.Equal(t, test.message, got.Message)
				assert.Empty(t, call.Notes)
			})
		}
	}
}

func TestEngagementMayStayOnAPage(t *testing.T) {
	t.Parallel()
	got := engage(t, sandbox.New(sandbox.Options{}), `{"pageId":"4743822558"}`)
	assert.Equal(t, "4743822558", got.PageID)
}

func TestEngagementOfALoadingAccount(t *testing.T) {
	t.Parallel()
	s := sandbox.New(sandbox.Options{LoadingCalls: 2})
	first := engage(t, s, sampleEngagement, "v", "1.1")
	assert.Equal(t, http.StatusAccepted, first.status)
	assert.Equal(t, 38, first.InternalCode)
	_, visitor, _ := strings.Cut(first.Message, "vid: ")
	second := engage(t, s, sampleEngagement, "vid", visitor)
	assert.Equal(t, http.StatusInternalServerError, second.status)
	assert.Equal(t, 20, second.InternalCode)
	assert.Equal(t, first.Message, second.Message)
	third := engage(t, s, sampleEngagement, "vid", visitor)
	assert.Equal(t, http.StatusCreated, third.status)
	assert.Equal(t, visitor, third.VisitorID)
	assert.Equal(t, 1, s.Summary().Engagements)
	assert.Equal(t, 2, s.Summary().Loading)
}

func TestChaosAtEachEndpoint(t *testing.T) {
	t.Parallel()
	s := sandbox.New(withRules(t, `rules: [{endpoint: engagement, status: 503}, {endpoint: app_engagement, loading: true}, {endpoint: visit_information, status: 429}]`))
	assert.Equal(t, 503, engage(t, s, sampleEngagement).status)
	loading := createSession(t, s, "", sampleCreateSession)
	assert.Equal(t, 500, loading.status)
	assert.Equal(t, 20, loading.InternalCode)
	first := report(t, s, consumerBody)
	assert.Equal(t, http.StatusCreated, first.status)
	assert.Equal(t, 429, get(t, s, visitTarget(first)).status)
}

// Reports may meet the conditions of an engagement, in any order.
func TestEngagementBecomesAvailable(t *testing.T) {
	t.Parallel()
	s := sandbox.New(withCampaigns(t, `
engagements:
  - campaign_id: 1
    engagement_id: 2
    when:
      - { attribute: cart, member: total, at_least: 100 }
      - { entry_point: "https://shop.example.com/checkout" }
`))
	offered := func(body string, ids ...string) answer {
		t.Helper()
		got := engage(t, s, body, ids...)
		assert.NotContains(t, got.text, "engagementDetails")
		return got
	}
	first := offered(`{"consumerId":"c","engagementAttributes":[{"type":"cart","total":99}]}`)
	ids := []string{"vid", first.VisitorID, "sid", first.SessionID}
	offered(`{"entryPoints":["https://shop.example.com/checkout/2"]}`, ids...)
	other := report(t, s, `{"consumerId":"d","engagementAttributes":[{"type":"cartStatus","total":150}]}`)
	offered(`{}`, ids...)
	report(t, s, `{"consumerId":"c","engagementAttributes":[{"type":"cartStatus","total":150}]}`, ids...)
	assert.Contains(t, engage(t, s, `{}`, ids...).text, `"engagementId":2,`)
	offered(`{}`, "vid", other.VisitorID, "sid", other.SessionID)
	offered(`{"consumerId":"c"}`) // a new session
}

func TestEngagementContextsAreTheSessions(t *testing.T) {
	t.Parallel()
	s := sandbox.New(withCampaigns(t, `
engagements:
  - { campaign_id: 1, engagement_id: 2, when: [{attribute: lead}], window_id: 3346847910, language: en-US }
  - { campaign_id: 1, engagement_id: 3 }
`))
	first := engage(t, s, `{}`)
	assert.Contains(t, first.text, `"engagementId":3,"engagementRevision":0,"contextId":"1","status":"expose"`)
	ids := []string{"vid", first.VisitorID, "sid", first.SessionID}
	assert.Contains(t, engage(t, s, `{}`, ids...).text, `"contextId":"1"`, "the same engagement again")
	leads := engage(t, s, `{"engagementAttributes":[{"type":"lead"}]}`, ids...)
	assert.Contains(t, leads.text, `"engagementId":2,"engagementRevision":0,"contextId":"2","windowId":"3346847910","language":"en-US","status":"expose"`)
	assert.Contains(t, engage(t, s, `{}`).text, `"contextId":"1"`, "another session counts for itself")
}

func TestOpenConversation(t *testing.T) {
	t.Parallel()
	s := sandbox.New(withCampaigns(t, `
engagements:
  - { campaign_id: 1, engagement_id: 2, apis: [app_engagement] }
  - { campaign_id: 1, engagement_id: 3 }
  - { campaign_id: 1, engagement_id: 4 }
`))
	status, text := fetch(t, s, http.MethodPut, "/sandbox/consumers/jane%2Froe/conversation", "")
	require.Equal(t, http.StatusOK, status, text)
	var opened struct {
		ConversationID string `json:"conversation_id"`
		EngagementID   int    `json:"engagement_id"`
	}
	require.NoError(t, json.Unmarshal([]byte(text), &opened))
	assert.Equal(t, 3, opened.EngagementID)
	assert.Regexp(t, idPattern, opened.ConversationID)

	got := engage(t, s, `{"consumerId":"jane/roe"}`)
	assert.Contains(t, got.text, `"engagementId":3,"engagementRevision":0,"conversationId":"`+opened.ConversationID+`","status":"conversation"`)
	same := engage(t, s, `{}`, "vid", got.VisitorID, "sid", got.SessionID)
	assert.Contains(t, same.text, `"status":"conversation"`, "the session is known to be jane's")
	assert.Contains(t, engage(t, s, `{"consumerId":"john"}`).text, `"status":"expose"`)

	status, text = fetch(t, s, http.MethodPut, "/sandbox/consumers/jane%2Froe/conversation", `{"conversation_id":"c-1","engagement_id":4}`)
	require.Equal(t, http.StatusOK, status, text)
	assert.Contains(t, engage(t, s, `{"consumerId":"jane/roe"}`).text, `"engagementId":4,"engagementRevision":0,"conversationId":"c-1"`)

	for body, says := range map[string]string{
		`{"engagement_id":2}`: "engagement_id: the campaigns have no such engagement for the API monitoring",
		`{"engagement":4}`:    "conversation_id",
		`[]`:                  "conversation_id",
	} {
		status, text = fetch(t, s, http.MethodPut, "/sandbox/consumers/jane%2Froe/conversation", body)
		assert.Equal(t, http.StatusBadRequest, status)
		assert.Contains(t, text, says)
	}
	status, _ = fetch(t, s, http.MethodDelete, "/sandbox/consumers/jane%2Froe/conversation", "")
	assert.Equal(t, http.StatusOK, status)
	assert.Contains(t, engage(t, s, `{"consumerId":"jane/roe"}`).text, `"status":"expose"`)
}

func TestConversationsAreForgottenByReset(t *testing.T) {
	t.Parallel()
	s := sandbox.New(sandbox.Options{})
	_, _ = fetch(t, s, http.MethodPut, "/sandbox/consumers/jane/conversation", "")
	_, _ = fetch(t, s, http.MethodPost, "/sandbox/reset", "")
	assert.Contains(t, engage(t, s, `{"consumerId":"jane"}`).text, `"status":"expose"`)
}

// An impression is valid only in the session that was offered the engagement (Monitoring API, report).
func TestImpressionsBelongToTheirSession(t *testing.T) {
	t.Parallel()
	imp := func(kind, members string) string {
		return fmt.Sprintf(`{"consumerId":"c","engagementAttributes":[{"type":"lead","lead":{"leadId":"1"}},{"type":%q,%s}]}`, kind, members)
	}
	const its = `"campaign":2695999112,"engId":2696029112`
	tests := map[string]struct {
		body  string
		in    string // the session; empty: its own; else another, new or old
		owned bool
	}{
		"display":                 {body: sampleImpression, owned: true},
		"accept":                  {body: imp("impAccept", its+`,"revision":3,"eContext":[{"type":"engagementContext","id":"1"}]`), owned: true},
		"without a context":       {body: imp("impClose", its+`,"revision":3`), owned: true},
		"without a revision":      {body: imp("impTimeout", its), owned: true},
		"of another campaign":     {body: imp("impDisplay", `"campaign":1,"engId":2696029112`)},
		"of another engagement":   {body: imp("impDisplay", `"campaign":2695999112,"engId":1`)},
		"of another revision":     {body: imp("impDisplay", its+`,"revision":4`)},
		"of another context":      {body: imp("impDisplay", its+`,"eContext":[{"type":"engagementContext","id":"2"}]`)},
		"in another session":      {body: sampleImpression, in: "another"},
		"in a new session":        {body: sampleImpression, in: "new"},
		"in a session that ended": {body: sampleImpression, in: "old"},
	}
	for name, test := range tests {
		for _, strict := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, strict %t", name, strict), func(t *testing.T) {
				t.Parallel()
				c := newClock()
				s := sandbox.New(sandbox.Options{Strict: strict, Now: c.Now})
				at := engage(t, s, sampleEngagement)
				switch test.in {
				case "another":
					at = report(t, s, consumerBody)
				case "new":
					at = answer{}
				case "old":
					c.advance(7 * time.Hour)
				}
				sessions := s.Summary().Sessions
				got := report(t, s, test.body, "vid", at.VisitorID, "sid", at.SessionID)
				calls := reports(t, s).Calls
				last := calls[len(calls)-1]
				switch {
				case test.owned:
					assert.Equal(t, http.StatusOK, got.status, got.text)
					assert.Empty(t, last.Notes)
				case strict:
					assert.Equal(t, http.StatusBadRequest, got.status)
					assert.Equal(t, 5, got.InternalCode)
					assert.Regexp(t, `^engagementAttributes\[[01]\]$`, got.Message)
					assert.Contains(t, last.Reason, "this session was not offered the engagement")
					assert.Equal(t, sessions, s.Summary().Sessions, "no session is made for it")
				default:
					assert.Less(t, got.status, 300)
					require.Len(t, last.Notes, 1)
					assert.Contains(t, last.Notes[0], "this session was not offered the engagement")
				}
			})
		}
	}
}

func TestNotesAreBounded(t *testing.T) {
	t.Parallel()
	s := sandbox.New(sandbox.Options{})
	report(t, s, `{"consumerId":"c","engagementAttributes":[`+strings.Repeat(`{"type":"login"},`, 100)+`{"type":"login"}]}`)
	assert.Len(t, reports(t, s).Calls[0].Notes, 20)
}

func BenchmarkEngagement(b *testing.B) {
	s := sandbox.New(sandbox.Options{})
	b.ReportAllocs()
	for b.Loop() {
		recorder := httptest.NewRecorder()
		s.ServeHTTP(recorder, httptest.NewRequest(http.MethodPost, engagementTarget+"?v=1.0", strings.NewReader(sampleEngagement)))
		if recorder.Code != http.StatusCreated {
			b.Fatalf("status %d: %s", recorder.Code, recorder.Body)
		}
	}
}
