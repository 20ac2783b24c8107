package liveperson

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Samples of LivePerson's pages: Monitoring API, engagement; App Engagement API, create
// session.
const (
	sampleExpose       = `{"sessionId":"abc","visitorId":"xyz","pageId":"595933432","engagementDetails":[{"campaignId":880524023,"engagementId":880524123,"engagementRevision":21,"contextId":"1","connectorId":2642324112,"status":"expose"}]}`
	sampleConversation = `{"sessionId":"abc","visitorId":"xyz","pageId":"2095636278","engagementDetails":[{"campaignId":880524423,"engagementId":880524523,"engagementRevision":23,"conversationId":"fdasfdas","connectorId":2642324112,"status":"conversation"}]}`
	sampleNoOffer      = `{"sessionId":"abc","visitorId":"xyz","pageId":"4743822558"}`
	sampleAvailable    = `{"status":"Available","sessionId":"abc","visitorId":"xyz","pageId":"4743822558","engagementDetails":{"campaignId":"3346848610","engagementId":"3562981110","contextId":"1","windowId":"3346847910","language":"en-US","engagementRevision":44,"validForSeconds":900,"skillId":23,"skillName":"TestSkill","connectorId":"568046210"}}`
	sampleNotAvailable = `{"status":"NotAvailable","sessionId":"abc","visitorId":"xyz","pageId":"4743822558"}`
	sampleLoading      = `{"time":1501074704502,"message":"Loading account: ta3hWd4IgG, vid: myVisitorId","internalCode":%d}`
)

var question = Question{
	Body:      []byte(`{"consumerId":"uniqueIdInBrand","engagementAttributes":[{"type":"personal","personal":{"contacts":[{"email":"user123@gmail.com"}]}}]}`),
	VisitorID: testVisitor, SessionID: testSession,
}

// asked returns a question for each API, to the same server.
func asked(t *testing.T, doer Doer, q Question) map[string]func() (Offer, error) {
	t.Helper()
	account := newAccount(t, Options{HTTP: doer})
	app, err := account.AppEngagement("va.msdkgw.liveperson.net")
	require.NoError(t, err)
	return map[string]func() (Offer, error){
		"monitoring": func() (Offer, error) {
			return newMonitoring(t, Options{HTTP: doer}, MonitoringOptions{Domain: testDomain}).Engagement(t.Context(), q)
		},
		"app": func() (Offer, error) { return app.CreateSession(t.Context(), q) },
	}
}

func TestOffers(t *testing.T) {
	t.Parallel()
	session := Session{VisitorID: "xyz", SessionID: "abc", PageID: "4743822558"}
	ids := Session{VisitorID: "xyz", SessionID: "abc"}
	tests := map[string]struct {
		status int
		body   string
		want   Offer
	}{
		"Monitoring: new session with an engagement": {201, sampleExpose, Offer{
			Session{"xyz", "abc", "595933432", true}, Available,
			&Engagement{CampaignID: "880524023", EngagementID: "880524123", Revision: 21, ContextID: "1", ConnectorID: "2642324112"},
		}},
		"Monitoring: open conversation": {200, sampleConversation, Offer{
			Session{"xyz", "abc", "2095636278", false}, InConversation,
			&Engagement{CampaignID: "880524423", EngagementID: "880524523", Revision: 23, ConversationID: "fdasfdas", ConnectorID: "2642324112"},
		}},
		"Monitoring: nothing on offer": {200, sampleNoOffer, Offer{session, NotAvailable, nil}},
		"App: available": {200, sampleAvailable, Offer{session, Available, &Engagement{
			CampaignID: "3346848610", EngagementID: "3562981110", ContextID: "1", WindowID: "3346847910", Language: "en-US",
			Revision: 44, ValidFor: 15 * time.Minute, SkillID: "23", SkillName: "TestSkill", ConnectorID: "568046210",
		}}},
		"App: not available":                  {200, sampleNotAvailable, Offer{session, NotAvailable, nil}},
		"the spelling of another page":        {200, `{"sessionId":"abc","visitorId":"xyz","status":"Not Available","engagementDetails":{}}`, Offer{Session: ids, Status: NotAvailable}},
		"the status of an early draft":        {200, `{"sessionId":"abc","visitorId":"xyz","engagementDetails":[{"conversationId":"c","status":"interaction"}]}`, Offer{Session: ids, Status: InConversation, Engagement: &Engagement{ConversationID: "c"}}},
		"the conversation before others":      {200, `{"sessionId":"abc","visitorId":"xyz","engagementDetails":[{"engagementId":1,"status":"expose"},{"engagementId":2,"status":"conversation"}]}`, Offer{Session: ids, Status: InConversation, Engagement: &Engagement{EngagementID: "2"}}},
		"an empty list":                       {200, `{"sessionId":"abc","visitorId":"xyz","engagementDetails":[]}`, Offer{Session: ids, Status: NotAvailable}},
		"null":                                {200, `{"sessionId":"abc","visitorId":"xyz","engagementDetails":null}`, Offer{Session: ids, Status: NotAvailable}},
		"ids beyond the precision of a float": {200, `{"sessionId":"abc","visitorId":"xyz","engagementDetails":[{"campaignId":9007199254740993,"engagementRevision":"44","status":"expose"}]}`, Offer{Session: ids, Status: Available, Engagement: &Engagement{CampaignID: "9007199254740993", Revision: 44}}},
		"numbers with a point":                {200, `{"sessionId":"abc","visitorId":"xyz","engagementDetails":{"engagementRevision":44.0,"validForSeconds":900.0}}`, Offer{Session: ids, Status: Available, Engagement: &Engagement{Revision: 44, ValidFor: 15 * time.Minute}}},
		"numbers as null":                     {200, `{"sessionId":"abc","visitorId":"xyz","engagementDetails":{"engagementRevision":null}}`, Offer{Session: ids, Status: Available, Engagement: &Engagement{}}},
		"members to come":                     {200, `{"sessionId":"abc","visitorId":"xyz","new":{},"engagementDetails":[{"campaignId":null,"new":1,"status":"expose"}]}`, Offer{ids, Available, &Engagement{}}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for api, ask := range asked(t, answering(test.status, test.body), question) {
				got, err := ask()
				require.NoError(t, err, api)
				assert.Equal(t, test.want, got, api)
			}
		})
	}
}

// sampleOf returns an answer with a status and engagementDetails. Empty texts are left out.
func sampleOf(status, details string) string {
	answer := `{"sessionId":"abc","visitorId":"xyz"`
	if status != "" {
		answer += `,"status":"` + status + `"`
	}
	if details != "" {
		answer += `,"engagementDetails":` + details
	}
	return answer + "}"
}

// A 404 about ids that were not sent is about something else.
func TestAnUnknownSessionThatWasNotSent(t *testing.T) {
	t.Parallel()
	for _, code := range []int{12, 37, 39} {
		for api, ask := range asked(t, answering(404, fmt.Sprintf(`{"internalCode":%d}`, code)), Question{Body: []byte(`{}`)}) {
			_, err := ask()
			require.ErrorContains(t, err, "account_id", api)
			assert.NotContains(t, err.Error(), "session id", api)
		}
	}
}

func TestQuestionsOnTheWire(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		q               Question
		monitoring, app string
	}{
		"first": {
			Question{Body: []byte(`{}`)},
			"/api/account/" + testAccount + "/app/" + testApp + "/engagement?obh=false&v=1.1",
			"/api/account/" + testAccount + "/app/engagement/visitors/?v=1.0",
		},
		"with ids": {
			Question{Body: []byte(`{}`), VisitorID: "a+b?c", SessionID: "s&t"},
			"/api/account/" + testAccount + "/app/" + testApp + "/engagement?obh=false&sid=s%26t&v=1.1&vid=a%2Bb%3Fc",
			"/api/account/" + testAccount + "/app/engagement/visitors/a+b%3Fc?sid=s%26t&v=1.0",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got *http.Request
			doer := doerFunc(func(r *http.Request) (*http.Response, error) {
				got = r
				return response(200, sampleNoOffer), nil
			})
			for api, ask := range asked(t, doer, test.q) {
				_, err := ask()
				require.NoError(t, err)
				want := map[string]string{"monitoring": test.monitoring, "app": test.app}[api]
				assert.Equal(t, "POST "+want, got.Method+" "+got.URL.RequestURI())
				assert.Equal(t, "application/json", got.Header.Get("Content-Type"))
				assert.Empty(t, got.Header.Get("X-HTTP-Method-Override"), "an engagement is asked for with a real POST")
				body, err := io.ReadAll(got.Body)
				require.NoError(t, err)
				assert.Equal(t, "{}", string(body))
			}
		})
	}
}

// An id that is not one segment of a path would change the request.
func TestIDsThatAreNoSegments(t *testing.T) {
	t.Parallel()
	app, err := newAccount(t, Options{HTTP: doerFunc(func(*http.Request) (*http.Response, error) {
		t.Error("a request was made")
		return response(200, sampleNotAvailable), nil
	})}).AppEngagement("va.msdkgw.liveperson.net")
	require.NoError(t, err)
	for _, id := range []string{
		".", "..", "%2e", "%2E%2e", "%252e%252e", "../jane", "jane/..", "jane/../../x", "/", "//", "jane/", "/jane", "jane//roe", `jane\..`,
		"jane%2froe", "jane roe", "jane\n", "jane\x00", "jane\u200b", "jane\xff", " ",
	} {
		for field, q := range map[string]Question{
			"visitor_id": {Body: []byte(`{}`), VisitorID: id, SessionID: testSession},
			"session_id": {Body: []byte(`{}`), VisitorID: testVisitor, SessionID: id},
		} {
			_, err := app.CreateSession(t.Context(), q)
			for _, err := range []error{err, app.UpdateSession(t.Context(), q)} {
				require.ErrorContains(t, err, field+": not an id of LivePerson", "%q", id)
				assert.Equal(t, ClassInvalid, ClassOf(err))
				assert.NotContains(t, err.Error(), "jane")
			}
		}
	}
}

// While LivePerson loads an account, it sends a visitor id. The next request has it in its path.
func TestLoadingIDsThatAreNoSegments(t *testing.T) {
	t.Parallel()
	for _, id := range []string{"..", "a/../b", "%2e%2e"} {
		for api, ask := range asked(t, answering(500, `{"message":"Loading account: 1, vid: `+id+`","internalCode":20}`), question) {
			_, err := ask()
			assert.Equal(t, ClassLoading, ClassOf(err), api)
			assert.Empty(t, asError(t, err).VisitorID, api)
		}
	}
}

func TestUpdateSession(t *testing.T) {
	t.Parallel()
	var got *http.Request
	app, err := newAccount(t, Options{HTTP: doerFunc(func(r *http.Request) (*http.Response, error) {
		got = r
		return response(200, ""), nil
	})}).AppEngagement("va.msdkgw.liveperson.net")
	require.NoError(t, err)
	require.NoError(t, app.UpdateSession(t.Context(), question), "LivePerson answers with an empty entity")
	assert.Equal(t, "PUT /api/account/"+testAccount+"/app/engagement/visitors/"+testVisitor+"?sid="+testSession+"&v=1.0", got.Method+" "+got.URL.RequestURI())
}

func TestQuestionsRefused(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		doer    doerFunc
		class   Class
		code    int
		visitor string
		text    map[string]string // by API
	}{
		"loading, version 1.0":      {doer: answering(500, fmt.Sprintf(sampleLoading, 20)), class: ClassLoading, code: 20, visitor: "myVisitorId"},
		"loading, version 1.1":      {doer: answering(202, fmt.Sprintf(sampleLoading, 38)), class: ClassLoading, code: 38, visitor: "myVisitorId"},
		"loading, both parts empty": {doer: answering(500, `{"message":"Loading account: , vid: ","internalCode":20}`), class: ClassLoading, code: 20},
		"bad data":                  {doer: answering(400, sampleError), class: ClassInvalid, code: 5},
		"illegal version":           {doer: answering(400, `{"time":1469543282471,"message":"Illegal Version","internalCode":33}`), class: ClassInvalid, code: 33},
		"unauthorised": {doer: answering(401, ""), class: ClassUnauthorised, text: map[string]string{
			"monitoring": "authenticated monitoring", "app": "may not have the App Engagement API",
		}},
		"forbidden": {doer: answering(403, ""), class: ClassUnauthorised, text: map[string]string{
			"monitoring": "liveperson_identity", "app": "liveperson_identity",
		}},
		"available without an engagement": {doer: answering(200, sampleOf("Available", "")), class: ClassContradictory, text: map[string]string{
			"monitoring": "no engagementDetails", "app": "no engagementDetails",
		}},
		"available with an empty engagement": {doer: answering(200, sampleOf("Available", "{}")), class: ClassContradictory},
		"available with an empty list":       {doer: answering(200, sampleOf("Available", "[]")), class: ClassContradictory},
		"not available, with an engagement":  {doer: answering(200, sampleOf("NotAvailable", `{"campaignId":1,"engagementId":2}`)), class: ClassContradictory},
		"a status that is not documented":    {doer: answering(200, sampleOf("Perhaps", `{"campaignId":1,"engagementId":2}`)), class: ClassContradictory},
		"the same without an engagement":     {doer: answering(200, sampleOf("Perhaps", "")), class: ClassContradictory},
		"an engagement with an unknown status": {doer: answering(200, sampleOf("", `[{"campaignId":1,"engagementId":2,"status":"`+testSession+`"}]`)), class: ClassContradictory, text: map[string]string{
			"monitoring": "neither expose nor conversation", "app": "neither expose nor conversation",
		}},
		"bad app": {doer: answering(404, `{"internalCode":18}`), class: ClassNotFound, code: 18, text: map[string]string{
			"monitoring": "app_installation_id", "app": "check app_engagement_domain and account_id",
		}},
		"bad visitor id": {doer: answering(404, `{"internalCode":37}`), class: ClassNotFound, code: 37},
		"bad session id": {doer: answering(404, `{"internalCode":39}`), class: ClassNotFound, code: 39},
		"session is over": {doer: answering(404, `{"internalCode":12}`), class: ClassNotFound, code: 12, text: map[string]string{
			"monitoring": "session id is not known to LivePerson", "app": "session id is not known to LivePerson",
		}},
		"throttled":    {doer: answering(429, ""), class: ClassThrottled},
		"server error": {doer: answering(500, `{"internalCode":18}`), class: ClassServer, code: 18},
		"unavailable":  {doer: answering(503, ""), class: ClassServer},
		"a page": {doer: answering(200, "<html></html>"), class: ClassNotFound, text: map[string]string{
			"monitoring": "not the Monitoring API", "app": "not the App Engagement API",
		}},
		"cut off":             {doer: answering(200, sampleExpose[:100]), class: ClassServer},
		"ids of another type": {doer: answering(200, `{"sessionId":"abc","visitorId":"xyz","engagementDetails":[{"campaignId":{}}]}`), class: ClassServer},
		"empty":               {doer: answering(200, ""), class: ClassServer},
		"no answer": {doer: failing(fmt.Errorf("%w: %s %s", syscall.ECONNREFUSED, testVisitor, testSession)), class: ClassNetwork, text: map[string]string{
			"monitoring": "check monitoring_domain", "app": "check app_engagement_domain",
		}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for api, ask := range asked(t, test.doer, question) {
				offer, err := ask()
				assert.Zero(t, offer, api)
				var e *Error
				require.ErrorAs(t, err, &e, api)
				assert.Equal(t, test.class, e.Class, api)
				assert.Equal(t, test.code, e.Code, api)
				assert.Equal(t, test.visitor, e.VisitorID, api)
				assert.Contains(t, err.Error(), test.text[api])
				assertNothingPersonal(t, err)
			}
		})
	}
}

func TestAppEngagementDomain(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ domains, want string }{
		"msdkgw":             {`{"baseURIs":[{"service":"msdkgw","baseURI":"va.msdkgw.liveperson.net"},{"service":"smt","baseURI":"va.v.liveperson.net"}]}`, "va.msdkgw.liveperson.net"},
		"smt in place of it": {`{"baseURIs":[{"service":"smt","baseURI":"va.v.liveperson.net"}]}`, "va.v.liveperson.net"},
		"neither":            {`{"baseURIs":[]}`, ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var host string
			app, err := newAccount(t, Options{HTTP: split(answering(200, test.domains), func(r *http.Request) (*http.Response, error) {
				host = r.URL.Host
				return response(200, sampleNotAvailable), nil
			})}).AppEngagement("")
			require.NoError(t, err)
			_, err = app.CreateSession(t.Context(), question)
			require.ErrorContains(t, err, "not connected: app_engagement_domain is not known yet")
			err = app.Connect(t.Context())
			if test.want == "" {
				require.ErrorContains(t, err, "resolving app_engagement_domain: the Domain API knows no service smt")
				return
			}
			require.NoError(t, err)
			_, err = app.CreateSession(t.Context(), question)
			require.NoError(t, err)
			assert.Equal(t, test.want, host)
		})
	}
	_, err := newAccount(t, Options{HTTP: answering(200, "")}).AppEngagement("http://example.com")
	assert.ErrorContains(t, err, "app_engagement_domain: ")
}

// For an unknown service, the Domain API may also answer 404.
func TestAppEngagementDomainOfADomainAPIThatAnswers404(t *testing.T) {
	t.Parallel()
	var hosts []string
	app, err := newAccount(t, Options{HTTP: split(func(r *http.Request) (*http.Response, error) {
		if strings.Contains(r.URL.Path, "msdkgw") {
			return response(404, ""), nil
		}
		return response(200, `{"service":"smt","baseURI":"va.v.liveperson.net"}`), nil
	}, func(r *http.Request) (*http.Response, error) {
		hosts = append(hosts, r.URL.Host)
		return response(200, sampleNotAvailable), nil
	})}).AppEngagement("")
	require.NoError(t, err)
	require.NoError(t, app.Connect(t.Context()))
	_, err = app.CreateSession(t.Context(), question)
	require.NoError(t, err)
	assert.Equal(t, []string{"va.v.liveperson.net"}, hosts)
}

func TestDomainsAreAskedForAgainAfterAnHour(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		asked := 0
		account := newAccount(t, Options{HTTP: split(func(*http.Request) (*http.Response, error) {
			asked++
			return response(200, `{"baseURIs":[{"service":"msdkgw","baseURI":"a.example.com"},{"service":"smt","baseURI":"b.example.com"}]}`), nil
		}, answering(200, sampleNoOffer))})
		app, err := account.AppEngagement("")
		require.NoError(t, err)
		monitoring, err := account.Monitoring(MonitoringOptions{AppInstallationID: testApp, APIVersion: APIVersion10})
		require.NoError(t, err)
		require.NoError(t, app.Connect(t.Context()))
		require.NoError(t, monitoring.Connect(t.Context()))
		require.Equal(t, 2, asked)
		for _, want := range []int{2, 4} {
			_, err = app.CreateSession(t.Context(), question)
			require.NoError(t, err)
			_, err = monitoring.Engagement(t.Context(), question)
			require.NoError(t, err)
			assert.Equal(t, want, asked)
			time.Sleep(time.Hour)
		}
	})
}

func FuzzReadOffer(f *testing.F) {
	for _, sample := range []string{sampleExpose, sampleConversation, sampleNoOffer, sampleAvailable, sampleNotAvailable, sampleError, "", "<html>"} {
		f.Add(sample)
	}
	f.Fuzz(func(t *testing.T, body string) {
		offer, err := readOffer(&answer{status: 200, body: []byte(body)})
		if err != nil {
			assert.Equal(t, ClassServer, ClassOf(err))
			assert.Zero(t, offer)
			return
		}
		assert.Equal(t, offer.Status != NotAvailable, offer.Engagement != nil)
		assert.False(t, strings.Contains(string(offer.Status), " "))
	})
}
