package sandbox_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox"
)

// TestEngagementConformance is TestConformance for the methods that ask for engagements or read visits. The samples are in
// TestEngagementSamples, TestAppEngagementSamples and TestVisitInformationSamples.
func TestEngagementConformance(t *testing.T) {
	t.Parallel()
	strict := sandbox.Options{Strict: true}
	nothing := withCampaigns(t, `engagements: []`)
	carts := withCampaigns(t, `engagements: [{campaign_id: 1, engagement_id: 2, when: [{attribute: cart}]}]`)
	const (
		cart  = `{"type":"cart","total":1,"numItems":1}`
		shown = `{"type":"impDisplay","campaign":2695999112,"engId":2696029112,"revision":3,"eContext":[{"type":"engagementContext","id":"1"}]}`
	)
	facts := []struct {
		page, fact string
		options    sandbox.Options
		holds      func(t *testing.T, w world)
	}{
		{page: pageEngagement, fact: "a session is created, 201, or goes on, 200; vid and sid are optional", holds: func(t *testing.T, w world) {
			first := engage(t, w.Sandbox, `{}`)
			assert.Equal(t, http.StatusCreated, first.status)
			again := engage(t, w.Sandbox, `{}`, "vid", first.VisitorID, "sid", first.SessionID)
			assert.Equal(t, http.StatusOK, again.status)
			assert.Equal(t, first.SessionID, again.SessionID)
		}},
		{page: pageEngagement, fact: "the body's members are all optional", options: strict, holds: func(t *testing.T, w world) {
			for _, body := range []string{`{}`, `{"consumerId":"c"}`, `{"identities":[]}`, `{"clientProperties":{}}`, `{"entryPoints":[]}`, `{"engagementAttributes":[]}`} {
				assert.Equal(t, http.StatusCreated, engage(t, w.Sandbox, body).status, body)
			}
		}},
		{page: pageEngagement, fact: "the device families and operating systems", options: strict, holds: func(t *testing.T, w world) {
			for _, family := range []string{"DESKTOP", "TABLET", "MOBILE"} {
				for _, system := range []string{"WINDOWS", "MAC_OSX", "LINUX", "IOS", "ANDROID"} {
					body := fmt.Sprintf(`{"clientProperties":{"deviceFamily":%q,"os":%[2]q,"osName":%[2]q}}`, family, system)
					assert.Equal(t, http.StatusCreated, engage(t, w.Sandbox, body).status, body)
				}
			}
		}},
		{page: pageOverview, fact: "report and engagement are all that there is: nothing reads, nothing takes impressions alone", holds: func(t *testing.T, w world) {
			app := strings.TrimSuffix(engagementTarget, "engagement")
			for _, path := range []string{"impression", "state", "events"} {
				assert.Equal(t, http.StatusNotFound, get(t, w.Sandbox, app+path+"?v=1.0").status)
			}
			for _, path := range []string{"report", "engagement"} {
				assert.Equal(t, http.StatusMethodNotAllowed, get(t, w.Sandbox, app+path+"?v=1.0").status)
			}
		}},
		{page: pageEngagement, fact: "the method is POST", holds: func(t *testing.T, w world) {
			got := send(t, w.Sandbox, httptest.NewRequest(http.MethodPut, engagementTarget+"?v=1.0", strings.NewReader(`{}`)))
			assert.Equal(t, http.StatusMethodNotAllowed, got.status)
		}},
		{page: pageEngagement, fact: "v is 1.0 or 1.1; another: 400, 33", holds: func(t *testing.T, w world) {
			for v, want := range map[string][]int{"1.0": {201, 0}, "1.1": {201, 0}, "2.0": {400, 33}} {
				got := engage(t, w.Sandbox, `{}`, "v", v)
				assert.Equal(t, want, []int{got.status, got.InternalCode}, v)
			}
		}},
		{page: pageEngagement, fact: "the codes of a wrong app installation, visitor and session", holds: func(t *testing.T, w world) {
			wrong := strings.Replace(engagementTarget, sandbox.DefaultAppInstallationID, "none", 1)
			got := send(t, w.Sandbox, httptest.NewRequest(http.MethodPost, wrong+"?v=1.0", strings.NewReader(`{}`)))
			assert.Equal(t, []int{404, 18}, []int{got.status, got.InternalCode})
			assert.Equal(t, 37, engage(t, w.Sandbox, `{}`, "vid", "no visitor").InternalCode)
			assert.Equal(t, 39, engage(t, w.Sandbox, `{}`, "sid", "no session").InternalCode)
		}},
		{page: pageEngagement, fact: "ipAddress is a real IPv4 address", options: strict, holds: func(t *testing.T, w world) {
			assert.Equal(t, http.StatusCreated, engage(t, w.Sandbox, `{"clientProperties":{"ipAddress":"192.168.5.2"}}`).status)
			assert.Equal(t, http.StatusBadRequest, engage(t, w.Sandbox, `{"clientProperties":{"ipAddress":"192.168.5.256"}}`).status)
		}},
		{page: pageEngagement, fact: "a loading account, v 1.1: 202, 38", options: sandbox.Options{LoadingCalls: 1}, holds: func(t *testing.T, w world) {
			got := engage(t, w.Sandbox, `{}`, "v", "1.1")
			assert.Equal(t, []int{202, 38}, []int{got.status, got.InternalCode})
		}},
		{page: pageReport, fact: "one identity of several identifies", holds: func(t *testing.T, w world) {
			got := report(t, w.Sandbox, `{"identities":[{"iss":"a","acr":"0"},{"iss":"b","acr":"loa1","sub":"s"}],"engagementAttributes":[]}`)
			assert.Equal(t, http.StatusCreated, got.status, got.text)
		}},
		{page: pageTypes, fact: "members have the JSON types of the tables", options: strict, holds: func(t *testing.T, w world) {
			for _, wrong := range []string{
				`{"type":"cart","total":"much","numItems":1}`, `{"type":"cart","total":1,"numItems":1.5}`, `{"type":"cart","total":1,"numItems":1,"products":{"product":{"name":"a"}}}`,
				`{"type":"purchase","orderId":7}`, `{"type":"prodView","products":[{"product":"shoe"}]}`, `{"type":"ctmrinfo","info":[]}`,
				`{"type":"ctmrinfo","info":{"lastPaymentDate":"2014-10-15"}}`, `{"type":"personal","personal":{"firstname":1}}`,
				`{"type":"mrktInfo","info":{"affiliate":1}}`, `{"type":"lead","lead":{"value":"22"}}`, `{"type":"service","service":{"status":"0"}}`,
				`{"type":"error","error":{"resolved":"no"}}`, `{"type":"searchInfo","keywords":"shoes"}`,
			} {
				got := report(t, w.Sandbox, attributes(wrong))
				assert.Equal(t, []int{400, 5}, []int{got.status, got.InternalCode}, wrong)
			}
		}},
		{page: pageOverview, fact: "attributes may have further members", holds: func(t *testing.T, w world) {
			assert.Equal(t, http.StatusCreated, report(t, w.Sandbox, attributes(`{"type":"cart","total":1,"numItems":1,"coupon":"SPRING"}`)).status)
		}},
		{page: pageEngagement, fact: "impressions are not taken in engagement", holds: func(t *testing.T, w world) {
			assert.Equal(t, http.StatusBadRequest, engage(t, w.Sandbox, `{"engagementAttributes":[`+shown+`]}`).status)
		}},
		{page: pageEngagement, fact: "an engagement that the attributes make available", options: carts, holds: func(t *testing.T, w world) {
			assert.NotContains(t, engage(t, w.Sandbox, `{}`).text, "engagementDetails")
			assert.Contains(t, engage(t, w.Sandbox, `{"engagementAttributes":[`+cart+`]}`).text, `"engagementId":2`)
		}},
		{page: pageEngagement, fact: "nothing on offer: engagementDetails is left out", options: nothing, holds: func(t *testing.T, w world) {
			assert.NotContains(t, engage(t, w.Sandbox, sampleEngagement).text, "engagementDetails")
		}},
		{page: pageOverview, fact: "an identity's sub that is known finds the consumer's conversation", holds: func(t *testing.T, w world) {
			_, _ = fetch(t, w.Sandbox, http.MethodPut, "/sandbox/consumers/identifierForAuth/conversation", "")
			assert.Contains(t, engage(t, w.Sandbox, sampleEngagement).text, `"status":"conversation"`)
		}},
		{page: pageEngagement, fact: "a conversation that is open in messaging is answered, with its id, campaign and engagement", holds: func(t *testing.T, w world) {
			id := converse(t, w.Sandbox, "identifierForAuth", `,"campaignInfo":{"campaignId":"2695999112","engagementId":"2696029112"}`)
			got := offeredDetails(t, engage(t, w.Sandbox, sampleEngagement))
			assert.Equal(t, []string{id, "conversation"}, []string{got.ConversationID, got.Status})
			assert.Equal(t, []int64{2695999112, 2696029112}, []int64{got.CampaignID, got.EngagementID})
		}},
		{page: pageEngagement, fact: "a loading account: as for report", holds: func(t *testing.T, _ world) {
			s := sandbox.New(sandbox.Options{LoadingCalls: 1})
			got := engage(t, s, `{}`)
			assert.Equal(t, []int{500, 20}, []int{got.status, got.InternalCode})
		}},
		{page: pageReport, fact: "an impression is valid only in the session in which its engagement was handed out", options: strict, holds: func(t *testing.T, w world) {
			at := engage(t, w.Sandbox, `{}`)
			assert.Equal(t, http.StatusOK, report(t, w.Sandbox, sampleImpression, "vid", at.VisitorID, "sid", at.SessionID).status)
			assert.Equal(t, http.StatusBadRequest, report(t, w.Sandbox, sampleImpression).status)
		}},
		{page: pageAppEng, fact: "the application types", options: strict, holds: func(t *testing.T, w world) {
			for _, kind := range []string{"MSDK", "EXTERNAL"} {
				assert.Equal(t, http.StatusOK, createSession(t, w.Sandbox, "/", `{"appType":"`+kind+`"}`).status)
			}
			assert.Equal(t, http.StatusBadRequest, createSession(t, w.Sandbox, "/", `{"appType":"IVR"}`).status)
		}},
		{page: pageAppEng, fact: "a session that does not exist: a new one", holds: func(t *testing.T, w world) {
			got := createSession(t, w.Sandbox, "/abc?sid=xyz", sampleCreateSession)
			assert.Equal(t, http.StatusOK, got.status)
			assert.NotEqual(t, "xyz", got.SessionID)
		}},
		{page: pageAppEng, fact: "update session: pageId is required, the answer is empty", options: strict, holds: func(t *testing.T, w world) {
			at := createSession(t, w.Sandbox, "/", sampleCreateSession)
			status, text := updateSession(t, w.Sandbox, at, `{}`)
			assert.Equal(t, http.StatusBadRequest, status, text)
			status, text = updateSession(t, w.Sandbox, at, sampleUpdateSession)
			assert.Equal(t, http.StatusOK, status, text)
			assert.Empty(t, text)
		}},
		{page: pageAppEng, fact: "update session: v, visitor and sid are required; impressions are impAttributes, and no engagementAttributes", holds: func(t *testing.T, w world) {
			at := createSession(t, w.Sandbox, "/", sampleCreateSession)
			visitor := visitorsTarget + "/" + at.VisitorID
			for target, want := range map[string][]int{
				visitor + "?sid=" + at.SessionID: {400, 33}, visitor + "?v=2.0&sid=" + at.SessionID: {400, 33},
				visitor + "?v=1.0": {404, 39}, visitorsTarget + "/?v=1.0&sid=" + at.SessionID: {404, 37},
			} {
				got := send(t, w.Sandbox, httptest.NewRequest(http.MethodPut, target, strings.NewReader(sampleUpdateSession)))
				assert.Equal(t, want, []int{got.status, got.InternalCode}, target)
			}
			status, text := updateSession(t, w.Sandbox, at, `{"pageId":"1","engagementAttributes":[`+shown+`]}`)
			assert.Equal(t, http.StatusBadRequest, status, text)
			status, text = updateSession(t, w.Sandbox, at, `{"pageId":"1","impAttributes":[`+cart+`]}`)
			assert.Equal(t, http.StatusBadRequest, status, text)
		}},
		{page: pageAppEng, fact: "a loading account's vid goes into the path of the retry", holds: func(t *testing.T, _ world) {
			s := sandbox.New(sandbox.Options{LoadingCalls: 1})
			loading := createSession(t, s, "/", sampleCreateSession)
			require.Equal(t, []int{500, 20}, []int{loading.status, loading.InternalCode})
			_, visitor, _ := strings.Cut(loading.Message, "vid: ")
			assert.Equal(t, visitor, createSession(t, s, "/"+visitor, sampleCreateSession).VisitorID)
		}},
		{page: pageVisit, fact: "a session older than 6 hours: 404, 12", holds: func(t *testing.T, w world) {
			at := report(t, w.Sandbox, consumerBody)
			w.clock.advance(6*time.Hour + time.Second)
			got := get(t, w.Sandbox, visitTarget(at))
			assert.Equal(t, []int{404, 12}, []int{got.status, got.InternalCode})
		}},
		{page: pageVisit, fact: "the codes of a wrong version, account, visitor and session", holds: func(t *testing.T, w world) {
			at := visitTarget(report(t, w.Sandbox, consumerBody))
			for code, target := range map[int]string{
				33: strings.Replace(at, "v=1&", "v=2&", 1), 6: strings.Replace(at, "12345678", "1", 1),
				37: strings.Replace(at, "visitors/", "visitors/+", 1), 39: at + ".",
			} {
				assert.Equal(t, code, get(t, w.Sandbox, target).InternalCode)
			}
		}},
		{page: pageVisit, fact: "without permission: 401, 10", options: strict, holds: func(t *testing.T, w world) {
			at := visitTarget(report(t, w.Sandbox, consumerBody))
			got := get(t, w.Sandbox, at)
			assert.Equal(t, []int{401, 10}, []int{got.status, got.InternalCode})
			assert.Equal(t, http.StatusOK, signed(t, w.Sandbox, http.MethodGet, at, "").status)
		}},
		{page: pageAttributes, fact: "POST with x-http-method-override: PUT takes a bare array for a session that there is, and answers with empty JSON", holds: func(t *testing.T, w world) {
			at := report(t, w.Sandbox, consumerBody)
			got := signed(t, w.Sandbox, http.MethodPost, eventsTarget(at), `[`+cart+`]`, "X-HTTP-Method-Override", "PUT")
			assert.Equal(t, http.StatusOK, got.status, got.text)
			assert.JSONEq(t, `{}`, got.text)
		}},
		{page: pageAttributes, fact: "PUT is the same, as LivePerson's own Functions send it", holds: func(t *testing.T, w world) {
			at := report(t, w.Sandbox, consumerBody)
			assert.Equal(t, http.StatusOK, signed(t, w.Sandbox, http.MethodPut, eventsTarget(at), `[`+cart+`]`).status)
		}},
		{page: pageVisit, fact: "a bearer of a login is as good as an API key", options: sandbox.Options{Strict: true}, holds: func(t *testing.T, w world) {
			at := report(t, w.Sandbox, consumerBody)
			assert.Equal(t, http.StatusOK, readWith(t, w.Sandbox, at, logIn(t, w.Sandbox)).status)
		}},
		{page: pageLogin, fact: "the answer has the user, the hosts of all services, and the bearer", holds: func(t *testing.T, w world) {
			got := post(w.Sandbox, "/api/account/12345678/login?v=1.3", `{"username":"name","password":"x"}`)
			assert.Equal(t, http.StatusOK, got.Code)
			assertShape(t, `{"csrf":"d5d0","wsuk":"766900772095619056","config":{"loginName":"name","userId":"3705342610","userPrivileges":[100],
				"serverCurrentTime":1474549184722,"timeDiff":-25200000,"serverTimeZoneName":"Europe/Athens","serverTimeGMTDiff":10800000,
				"isLPA":false,"isAdmin":true,"accountTimeZoneId":"Europe/Athens"},
				"csdsCollectionResponse":{"baseURIs":[{"account":"123456","baseURI":"domain.domain.net","service":"smt"}]},
				"accountData":{"agentGroupsData":{"items":[{"id":-1,"deleted":false,"name":"Main Group"}],"revision":1}},
				"sessionTTl":"28800000","bearer":"9cf6"}`, got.Body.String())
		}},
		{page: pageAttributes, fact: "no OAuth: 401; an invalid account: 422", holds: func(t *testing.T, w world) {
			at := report(t, w.Sandbox, consumerBody)
			got := send(t, w.Sandbox, httptest.NewRequest(http.MethodPut, eventsTarget(at), strings.NewReader(`[]`)))
			assert.Equal(t, []int{401, 10}, []int{got.status, got.InternalCode})
			got = signed(t, w.Sandbox, http.MethodPut, strings.Replace(eventsTarget(at), "12345678", "1", 1), `[]`)
			assert.Equal(t, http.StatusUnprocessableEntity, got.status)
		}},
		{page: pageAttributes, fact: "what is no array: 400; a session that is not there: 404", holds: func(t *testing.T, w world) {
			at := report(t, w.Sandbox, consumerBody)
			assert.Equal(t, http.StatusBadRequest, signed(t, w.Sandbox, http.MethodPut, eventsTarget(at), `{"engagementAttributes":[]}`).status)
			at.SessionID = "abc"
			assert.Equal(t, http.StatusNotFound, signed(t, w.Sandbox, http.MethodPut, eventsTarget(at), `[]`).status)
		}},
		{page: pageExternal, fact: "an appType IVR is told where to chat, or that it can't", holds: func(t *testing.T, w world) {
			const target, sent = "/api/account/12345678/external/engagement?v=1.0", `{"appType":"IVR","consumerSections":["Support"],"externalWaitTimeSeconds":600}`
			got := signed(t, w.Sandbox, http.MethodPost, target, sent)
			assertShape(t, `{"status":"Available","engagementDetails":{"urlToChat":"https://a","validForSeconds":300,"expectedWaitTimeSeconds":0,"queueSize":0}}`, got.text)
			assert.Contains(t, got.text, `"validForSeconds":300`)
			fetch(t, w.Sandbox, http.MethodPut, "/sandbox/campaigns", `engagements: []`)
			assert.JSONEq(t, `{"status":"Not Available"}`, signed(t, w.Sandbox, http.MethodPost, target, sent).text)
			assert.Equal(t, http.StatusUnauthorized, send(t, w.Sandbox, httptest.NewRequest(http.MethodPost, target, strings.NewReader(sent))).status)
		}},
		{page: pageTypes, fact: "a repeated orderId, leadId or serviceId is marked when it is read back", holds: func(t *testing.T, w world) {
			for member, attribute := range map[string]string{
				"purchases": `{"type":"purchase","orderId":"1"}`, "leads": `{"type":"lead","lead":{"leadId":"1"}}`,
				"serviceActivity": `{"type":"service","service":{"serviceId":"1"}}`,
			} {
				at := report(t, w.Sandbox, attributes(attribute+`,`+attribute))
				_, session := visit(t, w.Sandbox, at)
				assert.Regexp(t, `"repeated\w+":false.*"repeated\w+":true`, string(session[member]))
			}
		}},
	}
	for _, f := range facts {
		t.Run(f.page+"/"+f.fact, func(t *testing.T) {
			t.Parallel()
			f.holds(t, newWorld(f.options))
		})
	}
}
