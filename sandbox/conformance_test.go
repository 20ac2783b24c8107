package sandbox_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/chaos"
)

// LivePerson's pages, at developers.liveperson.com.
const (
	pageOverview   = "Monitoring API: overview"
	pageStart      = "Monitoring API: getting started"
	pageReport     = "Monitoring API: methods, report"
	pageEngagement = "Monitoring API: methods, engagement"
	pageTypes      = "Engagement attributes: types of engagement attributes"
	pageBest       = "Engagement attributes: best practices"
	pageBestMsg    = "Engagement attributes: best practices for messaging"
	pageVisit      = "Visit Information API"
	pageAppEng     = "App Engagement API"
	pageAttributes = "Engagement Attributes API"
	pageExternal   = "External engagement"
	pageDomain     = "Domain API"
	pageLogin      = "Login Service API"
	pageRetry      = "Retry policy recommendations"
	pageHistory    = "Messaging Interactions API"
)

// notImplemented has facts of LivePerson's current pages that the sandbox does not imitate.
var notImplemented = []struct{ page, fact string }{
	{pageOverview, "sessions made at an abnormal rate are capped, which shows as 5xx; the page has no numbers"},
	{pageReport, "with obh=true the visitor's location is not taken from the caller's address: the sandbox knows no places"},
	{pageDomain, "the methods of the Messaging REST API, Proactive Messaging, the agents' activity and operational data: the sandbox only gives their hosts"},
	{"Authentication guides", "lp_sdes in a token: only ctmrinfo and personal, without storeZipCode and storeNumber"},
	{"Connector API: webhooks", "mutual TLS: a relay of LivePerson's own, mtlsGateway, posts with certificates that are kept there"},
	{"Connector API: webhooks", "secure forms: LivePerson hosts the forms and keeps what is filled in; the pages have no sample of a connector's"},
}

// TestWhatIsNotImplementedIsNotThere checks the list: paths in the list must not answer.
func TestWhatIsNotImplementedIsNotThere(t *testing.T) {
	t.Parallel()
	paths := map[string]string{"Connector API: webhooks": "/mtls/account/12345678"}
	for _, missing := range notImplemented {
		if path := paths[missing.page]; path != "" {
			assert.Equal(t, http.StatusNotFound, get(t, sandbox.New(sandbox.Options{}), path).status, "implemented: take it off the list: %s", missing.fact)
		}
	}
}

// world is a sandbox and its clock, new for each fact.
type world struct {
	*sandbox.Sandbox
	clock *clock
}

func newWorld(options sandbox.Options) world {
	c := newClock()
	options.Now = c.Now
	return world{sandbox.New(options), c}
}

// TestConformance has a row for each fact on LivePerson's current pages that the sandbox imitates. assumptions.json has what
// the pages leave open. Other tests check it.
func TestConformance(t *testing.T) {
	t.Parallel()
	path := reportPath(sandbox.DefaultAccountID, sandbox.DefaultAppInstallationID)
	call := func(t *testing.T, w world, method, override, target, body string) answer {
		t.Helper()
		request := httptest.NewRequest(method, target, strings.NewReader(body))
		request.Header.Set("Accept", "application/json")
		request.Header.Set("Content-Type", "application/json")
		request.Header.Set("X-HTTP-Method-Override", override)
		return send(t, w.Sandbox, request)
	}
	refused := func(t *testing.T, got answer, status, code int) {
		t.Helper()
		assert.Equal(t, status, got.status, got.text)
		assert.Equal(t, code, got.InternalCode)
	}
	accepted := func(t *testing.T, got answer) {
		t.Helper()
		assert.Equal(t, http.StatusCreated, got.status, got.text)
	}
	with := func(members string) string { return `{` + members + `,"engagementAttributes":[]}` }

	facts := []struct {
		page, fact string
		options    sandbox.Options
		holds      func(t *testing.T, w world)
	}{
		// The request.
		{page: pageReport, fact: "the method is PUT", holds: func(t *testing.T, w world) {
			accepted(t, call(t, w, http.MethodPut, "", path+"?v=1.0", consumerBody))
		}},
		{page: pageStart, fact: "POST with X-HTTP-Method-Override: PUT is the same", holds: func(t *testing.T, w world) {
			accepted(t, call(t, w, http.MethodPost, "PUT", path+"?v=1.0", consumerBody))
		}},
		{page: pageReport, fact: "v is 1.0", holds: func(t *testing.T, w world) {
			accepted(t, report(t, w.Sandbox, consumerBody, "v", "1.0"))
		}},
		{page: pageReport, fact: "v is 1.1", holds: func(t *testing.T, w world) {
			accepted(t, report(t, w.Sandbox, consumerBody, "v", "1.1"))
		}},
		{page: pageReport, fact: "another v: 400, 33, Illegal Version", holds: func(t *testing.T, w world) {
			got := report(t, w.Sandbox, consumerBody, "v", "2.0")
			refused(t, got, 400, 33)
			assert.Equal(t, "Illegal Version", got.Message)
		}},
		{page: pageReport, fact: "a bad app installation id: 404, 18", holds: func(t *testing.T, w world) {
			refused(t, call(t, w, http.MethodPut, "", reportPath(sandbox.DefaultAccountID, "none")+"?v=1.0", consumerBody), 404, 18)
		}},
		{page: pageReport, fact: "obh is false by default", holds: func(t *testing.T, w world) {
			report(t, w.Sandbox, consumerBody)
			report(t, w.Sandbox, consumerBody, "obh", "true")
			got := reports(t, w.Sandbox).Calls
			assert.Equal(t, []bool{false, true}, []bool{got[0].OnBehalfOf, got[1].OnBehalfOf})
		}},

		// The consumer.
		{page: pageReport, fact: "consumerId identifies", holds: func(t *testing.T, w world) {
			accepted(t, report(t, w.Sandbox, with(`"consumerId":"c"`)))
		}},
		{page: pageReport, fact: "an identity's sub identifies", holds: func(t *testing.T, w world) {
			accepted(t, report(t, w.Sandbox, with(`"identities":[{"iss":"i","acr":"loa1","sub":"s"}]`)))
		}},
		{page: pageReport, fact: "vid identifies", holds: func(t *testing.T, w world) {
			accepted(t, report(t, w.Sandbox, `{"engagementAttributes":[]}`, "vid", "ZjYWZlYzYzNDE5MTE1OWQ5"))
		}},
		{page: pageReport, fact: "none of the three: 400, 5, and the documented body of the error", holds: func(t *testing.T, w world) {
			got := report(t, w.Sandbox, `{"engagementAttributes":[]}`)
			refused(t, got, 400, 5)
			assert.JSONEq(t, `{"time": 1513095142268, "message": "consumerId", "internalCode": 5}`, got.text)
		}},
		{page: pageEngagement, fact: "acr is 0 or loa1", holds: func(t *testing.T, w world) {
			for _, acr := range []string{"0", "loa1"} {
				accepted(t, report(t, w.Sandbox, with(`"identities":[{"iss":"i","acr":"`+acr+`","sub":"s"}]`)))
			}
		}},

		// The other members of the body.
		{page: pageReport, fact: "engagementAttributes is required", options: sandbox.Options{Strict: true}, holds: func(t *testing.T, w world) {
			refused(t, report(t, w.Sandbox, `{"consumerId":"c"}`), 400, 5)
		}},
		{page: pageReport, fact: "the server makes a pageId", holds: func(t *testing.T, w world) {
			assert.Regexp(t, pagePattern, report(t, w.Sandbox, consumerBody).PageID)
		}},
		{page: pageReport, fact: "a pageId that is sent stays", holds: func(t *testing.T, w world) {
			assert.Equal(t, "4743822558", report(t, w.Sandbox, with(`"consumerId":"c","pageId":"4743822558"`)).PageID)
		}},
		{page: pageReport, fact: "entryPoints is an array of strings", holds: func(t *testing.T, w world) {
			accepted(t, report(t, w.Sandbox, with(`"consumerId":"c","entryPoints":["tel://972737004000","http://www.brand.com","sec://Sport","lang://English"]`)))
		}},
		{page: pageStart, fact: "clientProperties may come along", options: sandbox.Options{Strict: true}, holds: func(t *testing.T, w world) {
			accepted(t, report(t, w.Sandbox, with(`"consumerId":"c","clientProperties":{"osName":"MAC_OSX","osVersion":"1.2","appVersion":"1.0","deviceFamily":"MOBILE"}`)))
		}},
		{page: pageOverview, fact: "not JSON: 400, 5", holds: func(t *testing.T, w world) {
			refused(t, report(t, w.Sandbox, `consumerId=c`), 400, 5)
		}},
		{page: pageOverview, fact: "data that is not valid: 400, 5", holds: func(t *testing.T, w world) {
			refused(t, report(t, w.Sandbox, `{"consumerId":["c"],"engagementAttributes":[]}`), 400, 5)
		}},

		// The answer.
		{page: pageReport, fact: "neither vid nor sid: 201, with new ids", holds: func(t *testing.T, w world) {
			got := report(t, w.Sandbox, consumerBody)
			assert.Equal(t, http.StatusCreated, got.status)
			assert.NotEmpty(t, got.VisitorID)
			assert.NotEmpty(t, got.SessionID)
		}},
		{page: pageReport, fact: "vid and sid of a valid session: 200, and the same ids", holds: func(t *testing.T, w world) {
			first := report(t, w.Sandbox, consumerBody)
			again := report(t, w.Sandbox, consumerBody, "vid", first.VisitorID, "sid", first.SessionID)
			assert.Equal(t, http.StatusOK, again.status)
			assert.Equal(t, []string{first.VisitorID, first.SessionID}, []string{again.VisitorID, again.SessionID})
		}},
		{page: pageReport, fact: "vid and sid that are not valid: 201, with new ids", holds: func(t *testing.T, w world) {
			got := report(t, w.Sandbox, consumerBody, "vid", "ZjYWZlYzYzNDE5MTE1OWQ5", "sid", "stM0CzMWRye4MZgRBAL4UQ")
			assert.Equal(t, http.StatusCreated, got.status)
			assert.NotEqual(t, "stM0CzMWRye4MZgRBAL4UQ", got.SessionID)
		}},
		{page: pageReport, fact: "the answer has sessionId, visitorId and pageId", holds: func(t *testing.T, w world) {
			assertShape(t, sampleAnswer, report(t, w.Sandbox, consumerBody).text)
		}},
		{page: pageOverview, fact: "a bad visitor id: 404, 37", holds: func(t *testing.T, w world) {
			refused(t, report(t, w.Sandbox, consumerBody, "vid", "no visitor"), 404, 37)
		}},
		{page: pageOverview, fact: "a bad session id: 404, 39", holds: func(t *testing.T, w world) {
			refused(t, report(t, w.Sandbox, consumerBody, "sid", "no session"), 404, 39)
		}},
		{page: pageVisit, fact: "a visit stays in memory for 6 hours at most", holds: func(t *testing.T, w world) {
			first := report(t, w.Sandbox, consumerBody)
			w.clock.advance(6 * time.Hour)
			got := report(t, w.Sandbox, consumerBody, "vid", first.VisitorID, "sid", first.SessionID)
			assert.Equal(t, http.StatusCreated, got.status)
			assert.NotEqual(t, first.SessionID, got.SessionID)
		}},
		{page: pageOverview, fact: "a visitor outlives its sessions", holds: func(t *testing.T, w world) {
			first := report(t, w.Sandbox, consumerBody)
			w.clock.advance(6 * time.Hour)
			got := report(t, w.Sandbox, consumerBody, "vid", first.VisitorID, "sid", first.SessionID)
			assert.Equal(t, first.VisitorID, got.VisitorID)
		}},

		// A loading account.
		{page: pageOverview, fact: "v 1.0: 500, 20, with a vid in the message", options: sandbox.Options{LoadingCalls: 1, AccountID: "ta3hWd4IgG"}, holds: func(t *testing.T, w world) {
			got := call(t, w, http.MethodPut, "", reportPath("ta3hWd4IgG", sandbox.DefaultAppInstallationID)+"?v=1.0", sampleReport)
			refused(t, got, 500, 20)
			assertShape(t, `{"time":1501074704502,"message":"Loading account: ta3hWd4IgG, vid: myVisitorId","internalCode":20}`, got.text)
			assert.Regexp(t, `^Loading account: ta3hWd4IgG, vid: \S+$`, got.Message)
		}},
		{page: pageOverview, fact: "v 1.1: 202, 38, with a vid in the message", options: sandbox.Options{LoadingCalls: 1}, holds: func(t *testing.T, w world) {
			got := report(t, w.Sandbox, sampleReport, "v", "1.1")
			refused(t, got, 202, 38)
			assertShape(t, `{"time":1501074704502,"message":"Loading account: ta3hWd4IgG, vid: myVisitorId","internalCode":38}`, got.text)
			assert.Regexp(t, `^Loading account: 12345678, vid: \S+$`, got.Message)
		}},
		{page: pageOverview, fact: "202 takes nothing", options: sandbox.Options{LoadingCalls: 1}, holds: func(t *testing.T, w world) {
			report(t, w.Sandbox, sampleReport, "v", "1.1")
			assert.Zero(t, w.Summary().Reports)
			assert.Empty(t, w.Summary().Attributes)
		}},
		{page: pageOverview, fact: "the retry sends the message's vid, and keeps it", options: sandbox.Options{LoadingCalls: 1}, holds: func(t *testing.T, w world) {
			_, vid, _ := strings.Cut(report(t, w.Sandbox, sampleReport).Message, "vid: ")
			got := report(t, w.Sandbox, sampleReport, "vid", vid)
			accepted(t, got)
			assert.Equal(t, vid, got.VisitorID)
		}},

		// Errors of the server.
		{page: pageOverview, fact: "an unexpected error: 500, 18", options: rules(t, `status: 500, code: 18`), holds: func(t *testing.T, w world) {
			refused(t, report(t, w.Sandbox, sampleReport), 500, 18)
		}},
		{page: pageOverview, fact: "not available for the time being: 503", options: rules(t, `status: 503`), holds: func(t *testing.T, w world) {
			refused(t, report(t, w.Sandbox, sampleReport), 503, 0)
		}},
		{page: pageRetry, fact: "too many requests: 429", options: rules(t, `status: 429`), holds: func(t *testing.T, w world) {
			refused(t, report(t, w.Sandbox, sampleReport), 429, 0)
		}},

		// Engagement attributes, in addition to TestSampleAttributes and TestHowAttributesCombine.
		{page: pageTypes, fact: "cart: total and numItems are mandatory", options: sandbox.Options{Strict: true}, holds: func(t *testing.T, w world) {
			refused(t, report(t, w.Sandbox, attributes(`{"type":"cart","numItems":1}`)), 400, 5)
			refused(t, report(t, w.Sandbox, attributes(`{"type":"cart","total":1}`)), 400, 5)
		}},
		{page: pageTypes, fact: "cart: a line has a product", options: sandbox.Options{Strict: true}, holds: func(t *testing.T, w world) {
			refused(t, report(t, w.Sandbox, attributes(`{"type":"cart","total":1,"numItems":1,"products":[{"quantity":1}]}`)), 400, 5)
		}},
		{page: pageTypes, fact: "cart: the server computes neither total nor numItems", holds: func(t *testing.T, w world) {
			sent := `{"type":"cart","total":1,"numItems":1,"products":[{"product":{"price":7},"quantity":3}]}`
			report(t, w.Sandbox, attributes(sent))
			assert.JSONEq(t, `[`+sent+`]`, seen(t, w, "chat", "cart"))
		}},
		{page: pageTypes, fact: "purchase: its cart has products", options: sandbox.Options{Strict: true}, holds: func(t *testing.T, w world) {
			refused(t, report(t, w.Sandbox, attributes(`{"type":"purchase","cart":{"numItems":1}}`)), 400, 5)
		}},
		{page: pageTypes, fact: "mrktInfo: channel is a number, and text in the sample", options: sandbox.Options{Strict: true}, holds: func(t *testing.T, w world) {
			accepted(t, report(t, w.Sandbox, attributes(`{"type":"mrktInfo","info":{"channel":1}},{"type":"mrktInfo","info":{"channel":"1"}}`)))
		}},
		{page: pageTypes, fact: "mrktInfo: channels are 0 to 4, and 5 and 6 in older samples", options: sandbox.Options{Strict: true}, holds: func(t *testing.T, w world) {
			for channel := range 7 {
				accepted(t, report(t, w.Sandbox, attributes(fmt.Sprintf(`{"type":"mrktInfo","info":{"channel":%d}}`, channel))))
			}
		}},
		{page: pageTypes, fact: "personal: kinds of telephones", options: sandbox.Options{Strict: true}, holds: func(t *testing.T, w world) {
			for _, kind := range []string{"HOME", "MOBILE", "WORK", "FAX", "MAIN", "HOME_FAX", "WORK_FAX", "PAGER", "OTHER"} {
				accepted(t, report(t, w.Sandbox, attributes(`{"type":"personal","personal":{"contacts":[{"phone":"12345678","phoneType":"`+kind+`"}]}}`)))
			}
		}},
		{page: pageTypes, fact: "personal: genders", options: sandbox.Options{Strict: true}, holds: func(t *testing.T, w world) {
			for _, gender := range []string{"MALE", "FEMALE", "OTHER"} {
				accepted(t, report(t, w.Sandbox, attributes(`{"type":"personal","personal":{"gender":"`+gender+`"}}`)))
			}
		}},
		{page: pageTypes, fact: "personal: a language with - or _", options: sandbox.Options{Strict: true}, holds: func(t *testing.T, w world) {
			for _, language := range []string{"en-US", "en_US"} {
				accepted(t, report(t, w.Sandbox, attributes(`{"type":"personal","personal":{"language":"`+language+`"}}`)))
			}
		}},
		{page: pageEngagement, fact: "personal: an age of 30.0, as in the sample", options: sandbox.Options{Strict: true}, holds: func(t *testing.T, w world) {
			accepted(t, report(t, w.Sandbox, attributes(`{"type":"personal","personal":{"age":{"age":30.0,"year":1985,"month":7,"day":22}}}`)))
		}},
		{page: pageAttributes, fact: "service: states are 0 to 13", options: sandbox.Options{Strict: true}, holds: func(t *testing.T, w world) {
			for status := range 14 {
				accepted(t, report(t, w.Sandbox, attributes(fmt.Sprintf(`{"type":"service","service":{"status":%d}}`, status))))
			}
		}},
		{page: pageTypes, fact: "the server stamps the time", holds: func(t *testing.T, w world) {
			report(t, w.Sandbox, consumerBody)
			assert.Equal(t, w.clock.Now().UTC(), reports(t, w.Sandbox).Calls[0].Time)
		}},
		{page: pageTypes, fact: "cartStatus and searchContent are names for reading", options: sandbox.Options{Strict: true}, holds: func(t *testing.T, w world) {
			refused(t, report(t, w.Sandbox, attributes(`{"type":"cartStatus","total":1,"numItems":1}`)), 400, 5)
			refused(t, report(t, w.Sandbox, attributes(`{"type":"searchContent","keywords":["a"]}`)), 400, 5)
		}},

		// The hosts of services.
		{page: pageDomain, fact: "one service, without credentials", holds: func(t *testing.T, w world) {
			got := get(t, w.Sandbox, "/api/account/12345678/service/smt/baseURI.json?version=1.0")
			assert.Equal(t, http.StatusOK, got.status)
			assertShape(t, `{"service": "smt", "account": "56072331", "baseURI": "va.v.liveperson.net"}`, got.text)
		}},
		{page: pageDomain, fact: "all services", holds: func(t *testing.T, w world) {
			got := get(t, w.Sandbox, "/api/account/12345678/service/baseURI.json?version=1.0")
			assert.Equal(t, http.StatusOK, got.status)
			assertShape(t, `{"baseURIs": [{"service": "liveEngageUI", "account": "EXAMPLE123", "baseURI": "lo.le1.liveperson.net"}]}`, got.text)
		}},
		{page: pageDomain, fact: "the services of monitoring, app engagement, messaging, app tokens, consumer tokens, files, logins and installations and history", holds: func(t *testing.T, w world) {
			for _, service := range []string{"smt", "msdkgw", "asyncMessagingEnt", "sentinel", "idp", "swift", "agentVep", "accountConfigReadWrite", "msgHist"} {
				assert.Equal(t, http.StatusOK, get(t, w.Sandbox, "/api/account/12345678/service/"+service+"/baseURI.json?version=1.0").status)
			}
		}},
		{page: pageDomain, fact: "a baseURI is a host alone", holds: func(t *testing.T, w world) {
			got := get(t, w.Sandbox, "http://sandbox.example/api/account/12345678/service/smt/baseURI.json?version=1.0")
			assert.Contains(t, got.text, `"baseURI":"sandbox.example"`)
		}},
		{page: pageDomain, fact: "version is required: 400", holds: func(t *testing.T, w world) {
			assert.Equal(t, 400, get(t, w.Sandbox, "/api/account/12345678/service/smt/baseURI.json").status)
		}},
		{page: pageDomain, fact: "an invalid site: 401", holds: func(t *testing.T, w world) {
			assert.Equal(t, 401, get(t, w.Sandbox, "/api/account/1/service/smt/baseURI.json?version=1.0").status)
		}},
		{page: pageDomain, fact: "names of services are case sensitive", holds: func(t *testing.T, w world) {
			assert.NotEqual(t, 200, get(t, w.Sandbox, "/api/account/12345678/service/SMT/baseURI.json?version=1.0").status)
		}},
	}
	for _, f := range facts {
		t.Run(f.page+"/"+f.fact, func(t *testing.T) {
			t.Parallel()
			f.holds(t, newWorld(f.options))
		})
	}
}

// The samples of LivePerson's pages "Monitoring API, report" and "Monitoring API, getting started".
const (
	sampleReport = `{
  "consumerId": "myConsumerId",
  "identities": [
    {"iss": "LivePerson", "acr": "0", "sub": "identifierForNoAuth"},
    {"iss": "TMO", "acr": "loa1", "sub": "identifierForAuth"}
  ],
  "pageId": "4743822558",
  "entryPoints": ["tel://972737004000", "http://www.brand.com", "sec://Sport", "lang://English"],
  "engagementAttributes": [
    {"type": "purchase", "total": 11.7, "orderId": "DRV1534XC"},
    {"type": "lead", "lead": {"topic": "luxury car test drive 2015", "value": 22.22, "leadId": "xyz123"}}
  ]
}`
	// The impression is about the engagement that is offered by default.
	sampleImpression = `{"clientProperties":{"osName":"MAC_OSX","osVersion":"1.2","appVersion":"1.0","deviceFamily":"MOBILE"},
 "consumerId":"uniqueIdInBrand",
 "engagementAttributes":[{"type":"impDisplay","campaign":2695999112,"engId":2696029112,"revision":3,
   "eContext":[{"type":"engagementContext","id":"1"}]}]}`
	sampleAnswer = `{"sessionId": "abc", "visitorId": "xyz", "pageId": "4743822558"}`
)

// The sample requests of the pages, byte for byte, get answers with the members of the sample answers.
func TestSampleRequests(t *testing.T) {
	t.Parallel()
	tests := []struct {
		page, method, override, request string
		consumer                        string
		types                           []string
	}{
		{pageReport, http.MethodPut, "", sampleReport, "identifierForNoAuth", []string{"purchase", "lead"}},
		{pageReport, http.MethodPost, "PUT", sampleReport, "identifierForNoAuth", []string{"purchase", "lead"}},
	}
	for _, test := range tests {
		for _, strict := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, %s, strict %t", test.page, test.method, strict), func(t *testing.T) {
				t.Parallel()
				s := sandbox.New(sandbox.Options{Strict: strict})
				request := httptest.NewRequest(test.method, target, strings.NewReader(test.request))
				request.Header.Set("X-HTTP-Method-Override", test.override)
				got := send(t, s, request)
				assert.Equal(t, http.StatusCreated, got.status)
				assertShape(t, sampleAnswer, got.text)
				assert.Regexp(t, idPattern, got.SessionID)
				assert.Regexp(t, idPattern, got.VisitorID)
				assert.Regexp(t, pagePattern, got.PageID)

				again := report(t, s, test.request, "vid", got.VisitorID, "sid", got.SessionID)
				assert.Equal(t, http.StatusOK, again.status)
				assertShape(t, sampleAnswer, again.text)
				call := reports(t, s).Calls[0]
				assert.Equal(t, test.consumer, call.Consumer)
				assert.Equal(t, test.types, call.Types)
				assert.Equal(t, test.request, string(call.Body), "byte for byte")
			})
		}
	}
}

// The samples of "Types of engagement attributes", and the impressions of "Monitoring API: methods, report", in strict mode.
func TestSampleAttributes(t *testing.T) {
	t.Parallel()
	const impression = `"campaign":2695999112,"engId":2696029112,"revision":3`
	samples := map[string]string{
		"cart": `{"type":"cart","total":11.7,"currency":"USD","numItems":6,
 "products":[{"product":{"name":"prod1","category":"category","sku":"sku","price":7.8},"quantity":1}]}`,
		"purchase": `{"type":"purchase","total":11.7,"currency":"USD","orderId":"DRV1534XC",
 "cart":{"products":[{"product":{"name":"antivirus pro plan","category":"software","sku":"xyz001","price":7.8},"quantity":3}]}}`,
		"prodView": `{"type":"prodView","currency":"USD","products":[{"product":{"name":"red high heel shoe","category":"women shoes",
 "sku":"xyz567","price":77.8,"statusInStock":"low","quantityInStock":7}}]}`,
		"ctmrinfo": `{"type":"ctmrinfo","info":{"cstatus":"cancelled","ctype":"vip","customerId":"138766AC","balance":-400.99,"currency":"USD",
 "socialId":"11256324780","imei":"3543546543545688","userName":"user000","companySize":500,"companyBranch":"East Village",
 "accountName":"bank corp","role":"broker","lastPaymentDate":{"day":15,"month":10,"year":2014},
 "registrationDate":{"day":23,"month":5,"year":2013},"storeNumber":"123865","storeZipCode":"20505"}}`,
		"personal": `{"type":"personal","personal":{"firstname":"John","lastname":"Doe","age":{"age":34,"year":1980,"month":4,"day":15},
 "contacts":[{"email":"myname@example.com","phone":"+1 212-788-8877","address":{"country":"Russia","region":"Moscow"}}],
 "gender":"MALE","language":"en-US","company":"company"}}`,
		"mrktInfo":    `{"type":"mrktInfo","info":{"channel":"1","affiliate":"Yahoo","campaignId":"US coupon campaign"}}`,
		"lead":        `{"type":"lead","lead":{"topic":"luxury car test drive 2015","value":22.22,"currency":"USD","leadId":"xyz123"}}`,
		"service":     `{"type":"service","service":{"topic":"order checkbook","status":0,"category":"finance","serviceId":"service12"}}`,
		"error":       `{"type":"error","error":{"contextId":"Credit card application","message":"Expiration date missing","code":"er100004","level":10,"resolved":false}}`,
		"searchInfo":  `{"type":"searchInfo","keywords":["Reset password"]}`,
		"impDisplay":  `{"type":"impDisplay",` + impression + `,"eContext":[{"type":"engagementContext","id":"1"}]}`,
		"impAccept":   `{"type":"impAccept",` + impression + `,"eContext":[{"type":"engagementContext","id":"1"}]}`,
		"impExpanded": `{"type":"impExpanded","expanded":null,"userInit":null,"actionableItems":null,` + impression + `}`,
		"impTimeout":  `{"type":"impTimeout",` + impression + `}`,
		"impClose":    `{"type":"impClose",` + impression + `}`,
	}
	for kind, sample := range samples {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			w := newWorld(sandbox.Options{Strict: true})
			at := engage(t, w.Sandbox, `{}`) // impressions are about the engagement of this session
			got := report(t, w.Sandbox, attributes(sample), "vid", at.VisitorID, "sid", at.SessionID)
			assert.Equal(t, http.StatusOK, got.status, got.text)
			assert.Equal(t, map[string]int{kind: 1}, w.Summary().Attributes)
			assert.JSONEq(t, `[`+sample+`]`, seen(t, w, "chat", kind), "nothing of it is lost")
		})
	}
}

// The table of the two pages of best practices: what happens to an attribute that is sent twice.
func TestHowAttributesCombine(t *testing.T) {
	t.Parallel()
	tests := []struct {
		before, next    string
		chat, messaging string
	}{
		{`{"type":"prodView","products":[]}`, `{"type":"prodView","currency":"EUR"}`, "add up", "add up"},
		{`{"type":"error","error":{"code":"1"}}`, `{"type":"error","error":{"level":2}}`, "add up", "add up"},
		{`{"type":"purchase","total":1}`, `{"type":"purchase","orderId":"2"}`, "add up", "add up"},
		{`{"type":"lead","lead":{"leadId":"1"}}`, `{"type":"lead","lead":{"value":2}}`, "add up", "add up"},
		{`{"type":"searchInfo","keywords":["a"]}`, `{"type":"searchInfo","keywords":["b"]}`, "add up", "add up"},
		{`{"type":"service","service":{"status":1}}`, `{"type":"service","service":{"topic":"t"}}`, "add up", "the last"},
		{`{"type":"cart","total":1,"numItems":1,"currency":"EUR"}`, `{"type":"cart","total":2,"numItems":2}`, "the last", "the last"},
		{`{"type":"personal","personal":{"firstname":"a"}}`, `{"type":"personal","personal":{"lastname":"b"}}`, "merge", "the last"},
		{`{"type":"ctmrinfo","info":{"ctype":"a"}}`, `{"type":"ctmrinfo","info":{"cstatus":"b"}}`, "merge", "the last"},
		{`{"type":"mrktInfo","info":{"affiliate":"a"}}`, `{"type":"mrktInfo","info":{"campaignId":"b"}}`, "merge", "the last"},
	}
	for _, test := range tests {
		var attribute map[string]any
		require.NoError(t, json.Unmarshal([]byte(test.next), &attribute))
		kind := attribute["type"].(string)
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			w := newWorld(sandbox.Options{})
			report(t, w.Sandbox, attributes(test.before))
			report(t, w.Sandbox, attributes(test.next))
			for page, how := range map[string]string{pageBest: test.chat, pageBestMsg: test.messaging} {
				view := map[string]string{pageBest: "chat", pageBestMsg: "messaging"}[page]
				want := map[string]string{
					"add up":   `[` + test.before + `,` + test.next + `]`,
					"the last": `[` + test.next + `]`,
					"merge":    `[` + strings.TrimSuffix(test.before, `}}`) + `,` + test.next[strings.LastIndex(test.next, `{`)+1:] + `]`,
				}[how]
				assert.JSONEq(t, want, seen(t, w, view, kind), page)
			}
		})
	}
}

// attributes returns a report with these attributes.
func attributes(list string) string {
	return `{"consumerId":"jane","engagementAttributes":[` + list + `]}`
}

// seen returns what an agent sees of jane's attributes of a type.
func seen(t *testing.T, w world, view, kind string) string {
	t.Helper()
	_, text := fetch(t, w.Sandbox, http.MethodGet, "/sandbox/consumers/jane", "")
	var page map[string]json.RawMessage
	require.NoError(t, json.Unmarshal([]byte(text), &page))
	var kinds map[string]json.RawMessage
	require.NoError(t, json.Unmarshal(page[view], &kinds))
	return string(kinds[kind])
}

func rules(t *testing.T, rule string) sandbox.Options {
	t.Helper()
	parsed, err := chaos.Parse([]byte("rules: [{endpoint: report, " + rule + "}]"))
	require.NoError(t, err)
	return sandbox.Options{Chaos: parsed}
}

// assertShape asserts that an answer has the members of a sample, with the same JSON types.
func assertShape(t *testing.T, sample, got string) {
	t.Helper()
	var wanted, given any
	require.NoError(t, json.Unmarshal([]byte(sample), &wanted))
	require.NoError(t, json.Unmarshal([]byte(got), &given), got)
	assert.Equal(t, shape(wanted), shape(given), got)
}

// shape returns a value with types instead of texts and numbers. Lists have one item of each shape.
func shape(value any) any {
	switch v := value.(type) {
	case map[string]any:
		members := map[string]any{}
		for name, member := range v {
			members[name] = shape(member)
		}
		return members
	case []any:
		shapes := []any{}
		for _, item := range v {
			if s := shape(item); !slices.ContainsFunc(shapes, func(other any) bool { return assert.ObjectsAreEqual(other, s) }) {
				shapes = append(shapes, s)
			}
		}
		return shapes
	}
	return fmt.Sprintf("%T", value)
}
