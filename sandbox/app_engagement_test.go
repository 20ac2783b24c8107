package sandbox_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox"
)

// The bodies of LivePerson's pages "App Engagement API, create session" and "update session".
const (
	sampleCreateSession = `{
  "appType": "MSDK",
  "appDetails": {"os": "MAC_OSX", "osVersion": "1.2", "appVersion": "1.0", "deviceFamily": "MOBILE", "ipAddress": "192.168.5.2"},
  "consumerSections": ["Support", "English", "Other"],
  "engagementAttributes": [{"type": "personal", "personal": {"firstname": "Jane", "lastname": "Roe", "gender": "FEMALE"}}]
}`
	sampleUpdateSession = `{
  "pageId": "4743822558",
  "impAttributes": [
    {"type": "impAccept", "campaign": 3346848610, "engId": 3562981110, "revision": 44, "eContext": [{"type": "engagementContext", "id": "1"}]},
    {"type": "impDisplay", "campaign": 3346848610, "engId": 3562981110, "revision": 44, "eContext": [{"type": "engagementContext", "id": "1"}]}
  ],
  "engagementAttributes": [{"type": "personal", "personal": {"firstname": "Jane", "age": {"age": 30.0, "year": 1986, "month": 7, "day": 22}}}]
}`
)

const visitorsTarget = "/api/account/" + sandbox.DefaultAccountID + "/app/engagement/visitors"

// createSession asks for an engagement. The path is the part after .../visitors. It may have a query.
func createSession(t *testing.T, s *sandbox.Sandbox, path, body string) answer {
	t.Helper()
	path, query, _ := strings.Cut(path, "?")
	return send(t, s, httptest.NewRequest(http.MethodPost, visitorsTarget+path+"?v=1.0&"+query, strings.NewReader(body)))
}

func updateSession(t *testing.T, s *sandbox.Sandbox, at answer, body string) (int, string) {
	t.Helper()
	return fetch(t, s, http.MethodPut, visitorsTarget+"/"+at.VisitorID+"?v=1.0&sid="+at.SessionID, body)
}

func TestAppEngagementSamples(t *testing.T) {
	t.Parallel()
	const nothing = `engagements: []`
	tests := map[string]struct{ path, campaigns, sample string }{
		"available, which is what is built in": {
			path: "/",
			sample: `{"status":"Available","sessionId":"abc","visitorId":"xyz","pageId":"4743822558",
 "engagementDetails":{"campaignId":"3346848610","engagementId":"3562981110","contextId":"1","windowId":"3346847910",
  "language":"en-US","engagementRevision":44,"validForSeconds":900,"skillId":23,"skillName":"TestSkill","connectorId":"568046210"}}`,
		},
		"not available": {
			path: "/", campaigns: nothing,
			sample: `{"status":"NotAvailable","sessionId":"abc","visitorId":"xyz","pageId":"4743822558"}`,
		},
		"no slash": {
			path: "", campaigns: nothing,
			sample: `{"status":"NotAvailable","sessionId":"abc","visitorId":"xyz","pageId":"4743822558"}`,
		},
		"an unknown visitor": {
			path: "/cyNGViYjc4MmU2MzEzZThm", campaigns: nothing,
			sample: `{"status":"NotAvailable","sessionId":"abc","visitorId":"xyz","pageId":"4743822558"}`,
		},
		"neither skill nor connector nor window": {
			path: "/", campaigns: `engagements: [{campaign_id: 1, engagement_id: 2, valid_for_seconds: 60}]`,
			sample: `{"status":"Available","sessionId":"abc","visitorId":"xyz","pageId":"4743822558",
 "engagementDetails":{"campaignId":"1","engagementId":"2","contextId":"1","engagementRevision":0,"validForSeconds":60}}`,
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
				got := createSession(t, s, test.path, sampleCreateSession)
				assert.Equal(t, http.StatusOK, got.status, "for new sessions too")
				assertSample(t, test.sample, got)
				assert.Equal(t, 1, s.Summary().Sessions)

				again := createSession(t, s, "/"+got.VisitorID+"?sid="+got.SessionID, sampleCreateSession)
				assert.Equal(t, http.StatusOK, again.status)
				assert.Equal(t, got.SessionID, again.SessionID)
				assert.Equal(t, 1, s.Summary().Sessions)
			})
		}
	}
}

func TestUpdateSession(t *testing.T) {
	t.Parallel()
	for _, strict := range []bool{false, true} {
		s := sandbox.New(sandbox.Options{Strict: strict})
		at := createSession(t, s, "/", sampleCreateSession)
		status, text := updateSession(t, s, at, sampleUpdateSession)
		assert.Equal(t, http.StatusOK, status, text)
		assert.Empty(t, text, "an empty entity")
		call := reports(t, s).Calls[1]
		assert.Equal(t, []string{"impAccept", "impDisplay", "personal"}, call.Types)
		assert.Equal(t, "4743822558", call.PageID)
		assert.Empty(t, call.Notes)

		other := createSession(t, s, "/", sampleCreateSession)
		status, text = updateSession(t, s, other, strings.ReplaceAll(sampleUpdateSession, `"id": "1"`, `"id": "2"`))
		call = reports(t, s).Calls[3]
		if strict {
			assert.Equal(t, http.StatusBadRequest, status)
			assert.Contains(t, text, `"message":"impAttributes[0]","internalCode":5`)
			continue
		}
		assert.Equal(t, http.StatusOK, status)
		require.Len(t, call.Notes, 2)
		assert.Contains(t, call.Notes[1], "impAttributes[1]: this session was not offered the engagement")
	}
}

func TestAppEngagementFacts(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		method       string // empty: POST
		target       string // after .../visitors; empty: "/?v=1.0"; {ids} stands for an existing session
		body         string
		status, code int
		message      string
		strict       bool // only a strict sandbox refuses it
	}{
		"v missing":                     {target: "/", status: 400, code: 33, message: "Illegal Version", body: sampleCreateSession},
		"v 1.1":                         {target: "/?v=1.1", status: 400, code: 33, message: "Illegal Version", body: sampleCreateSession},
		"another method":                {method: http.MethodDelete, status: 405, message: "Method not allowed"},
		"visitor malformed":             {target: "/a+b?v=1.0", status: 404, code: 37, message: "Bad visitor id", body: sampleCreateSession},
		"visitor of two parts":          {target: "/a/b?v=1.0", status: 404, code: 37, message: "Bad visitor id", body: sampleCreateSession},
		"sid malformed":                 {target: "/?v=1.0&sid=a.b", status: 404, code: 39, message: "Bad session id", body: sampleCreateSession},
		"session that is not there":     {target: "/abc?v=1.0&sid=xyz", status: 200, body: sampleCreateSession},
		"appType alone":                 {status: 200, body: `{"appType":"EXTERNAL"}`},
		"appType missing":               {status: 400, code: 5, message: "appType", body: `{}`},
		"appType of another API":        {status: 400, code: 5, message: "appType", body: `{"appType":"IVR"}`},
		"appType in lower case":         {status: 400, code: 5, message: "appType", body: `{"appType":"msdk"}`},
		"not JSON":                      {status: 400, code: 5, message: "body", body: `appType=MSDK`},
		"appDetails a text":             {status: 400, code: 5, message: "appDetails", body: `{"appType":"MSDK","appDetails":"x"}`},
		"a detail a number":             {status: 400, code: 5, message: "appDetails.appVersion", body: `{"appType":"MSDK","appDetails":{"appVersion":1}}`},
		"an IPv6 address":               {status: 200, body: `{"appType":"MSDK","appDetails":{"ipAddress":"2001:db8::1"}}`},
		"no real address":               {status: 400, code: 5, message: "appDetails.ipAddress", strict: true, body: `{"appType":"MSDK","appDetails":{"ipAddress":"1.2.3"}}`},
		"no such device family":         {status: 400, code: 5, message: "appDetails.deviceFamily", strict: true, body: `{"appType":"MSDK","appDetails":{"deviceFamily":"mobile"}}`},
		"sections as text":              {status: 200, body: `{"appType":"MSDK","consumerSections":"Support,English"}`},
		"sections an object":            {status: 400, code: 5, message: "consumerSections", body: `{"appType":"MSDK","consumerSections":{}}`},
		"a section a number":            {status: 400, code: 5, message: "consumerSections[1]", body: `{"appType":"MSDK","consumerSections":["a",1]}`},
		"an impression among the rest":  {status: 400, code: 5, message: "engagementAttributes[0].type", body: `{"appType":"MSDK","engagementAttributes":[{"type":"impAccept","campaign":1,"engId":1}]}`},
		"member of another type":        {status: 400, code: 5, message: "engagementAttributes[0].lead.value", strict: true, body: `{"appType":"MSDK","engagementAttributes":[{"type":"lead","lead":{"value":"1"}}]}`},
		"update: no session":            {method: http.MethodPut, target: "/abc?v=1.0", status: 404, code: 39, message: "Bad session id", body: sampleUpdateSession},
		"update: no visitor":            {method: http.MethodPut, target: "/?v=1.0&sid=abc", status: 404, code: 37, message: "Bad visitor id", body: sampleUpdateSession},
		"update: v missing":             {method: http.MethodPut, target: "/{ids}", status: 400, code: 33, message: "Illegal Version", body: sampleUpdateSession},
		"update: unknown visitor":       {method: http.MethodPut, target: "/abc?v=1.0&sid=xyz", status: 404, code: 37, message: "Bad visitor id", body: sampleUpdateSession},
		"update: unknown session":       {method: http.MethodPut, target: "/{vid}?v=1.0&sid=xyz", status: 404, code: 12, message: "Session not found", body: sampleUpdateSession},
		"update: no page":               {method: http.MethodPut, target: "/{ids}&v=1.0", status: 400, code: 5, message: "pageId", body: `{}`},
		"update: page of letters":       {method: http.MethodPut, target: "/{ids}&v=1.0", status: 400, code: 5, message: "pageId", body: `{"pageId":"home"}`},
		"update: impressions elsewhere": {method: http.MethodPut, target: "/{ids}&v=1.0", status: 400, code: 5, message: "engagementAttributes[0].type", body: `{"pageId":"1","engagementAttributes":[{"type":"impClose"}]}`},
		"update: others as impressions": {method: http.MethodPut, target: "/{ids}&v=1.0", status: 400, code: 5, message: "impAttributes[0].type", body: `{"pageId":"1","impAttributes":[{"type":"cart"}]}`},
		"update: impressions an object": {method: http.MethodPut, target: "/{ids}&v=1.0", status: 400, code: 5, message: "impAttributes", body: `{"pageId":"1","impAttributes":{}}`},
		"update: impression of nothing": {method: http.MethodPut, target: "/{ids}&v=1.0", status: 400, code: 5, message: "impAttributes[0]", strict: true, body: `{"pageId":"1","impAttributes":[{"type":"impClose","campaign":1,"engId":1}]}`},
		"update: impression without id": {method: http.MethodPut, target: "/{ids}&v=1.0", status: 400, code: 5, message: "impAttributes[0]", strict: true, body: `{"pageId":"1","impAttributes":[{"type":"impClose"}]}`},
		"update by POST and override":   {method: "POST as PUT", target: "/{ids}&v=1.0", status: 200, body: `{"pageId":"1"}`},
	}
	for name, test := range tests {
		for _, strict := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, strict %t", name, strict), func(t *testing.T) {
				t.Parallel()
				s := sandbox.New(sandbox.Options{Strict: strict})
				at := createSession(t, s, "/", sampleCreateSession)
				target := "/?v=1.0"
				if test.target != "" {
					target = strings.NewReplacer("{ids}", at.VisitorID+"?sid="+at.SessionID, "{vid}", at.VisitorID).Replace(test.target)
				}
				method, override, _ := strings.Cut(test.method, " as ")
				if method == "" {
					method = http.MethodPost
				}
				recorder := httptest.NewRecorder()
				request := httptest.NewRequest(method, visitorsTarget+target, strings.NewReader(test.body))
				request.Header.Set("X-HTTP-Method-Override", override)
				s.ServeHTTP(recorder, request)

				call := reports(t, s).Calls[1]
				assert.Equal(t, recorder.Code, call.Status)
				assert.Equal(t, "app_engagement", call.Endpoint)
				if test.strict && !strict {
					assert.Equal(t, http.StatusOK, recorder.Code, recorder.Body)
					if strings.HasPrefix(test.message, "appDetails.") {
						require.Len(t, call.Notes, 1)
						assert.Contains(t, call.Notes[0], test.message, "a note says what strict refuses")
					}
					return
				}
				assert.Equal(t, test.status, recorder.Code, recorder.Body)
				assert.Equal(t, test.code, call.InternalCode)
				if test.status != http.StatusOK {
					assert.Contains(t, recorder.Body.String(), `"message":"`+test.message)
				}
			})
		}
	}
}

// The sample error of the page "App Engagement API, update session".
func TestAppEngagementErrorSample(t *testing.T) {
	t.Parallel()
	c := newClock()
	s := sandbox.New(sandbox.Options{Now: c.Now})
	_, text := fetch(t, s, http.MethodPut, visitorsTarget+"/abc?v=2.0&sid=xyz", sampleUpdateSession)
	assert.Equal(t, fmt.Sprintf(`{"time":%d,"message":"Illegal Version","internalCode":33}`, c.Now().UnixMilli()), strings.TrimSpace(text))
}

func TestAppEngagementOfALoadingAccount(t *testing.T) {
	t.Parallel()
	s := sandbox.New(sandbox.Options{LoadingCalls: 2})
	first := createSession(t, s, "/", sampleCreateSession)
	assert.Equal(t, http.StatusInternalServerError, first.status)
	assert.Equal(t, 20, first.InternalCode)
	_, visitor, _ := strings.Cut(first.Message, "vid: ")
	second := createSession(t, s, "/"+visitor, sampleCreateSession)
	assert.Equal(t, first.Message, second.Message)
	third := createSession(t, s, "/"+visitor, sampleCreateSession)
	assert.Equal(t, http.StatusOK, third.status)
	assert.Equal(t, visitor, third.VisitorID)
	assert.Contains(t, reports(t, s).Calls[0].Reason, "after 5 s, with this vid in the path")
}

func TestSectionsAreEntryPoints(t *testing.T) {
	t.Parallel()
	s := sandbox.New(withCampaigns(t, `engagements: [{campaign_id: 1, engagement_id: 2, when: [{entry_point: "sec://Support"}]}]`))
	for sections, status := range map[string]string{
		`["English","Support"]`: "Available", `"English, Support"`: "Available", `["English"]`: "NotAvailable", `null`: "NotAvailable",
	} {
		got := createSession(t, s, "/", `{"appType":"MSDK","consumerSections":`+sections+`}`)
		assert.Contains(t, got.text, `{"status":"`+status+`",`, sections)
	}
}

// Both APIs share sessions.
func TestSessionsAreSharedByTheAPIs(t *testing.T) {
	t.Parallel()
	s := sandbox.New(sandbox.Options{Strict: true})
	first := report(t, s, `{"consumerId":"jane","engagementAttributes":[]}`)
	app := createSession(t, s, "/"+first.VisitorID+"?sid="+first.SessionID, sampleCreateSession)
	assert.Equal(t, first.SessionID, app.SessionID)
	assert.Equal(t, "jane", reports(t, s).Calls[1].Consumer)
	got := engage(t, s, `{}`, "vid", first.VisitorID, "sid", first.SessionID)
	assert.Contains(t, got.text, `"contextId":"2"`)
}
