package sandbox_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox"
)

func visitTarget(at answer) string {
	return "/api/account/12345678/monitoring/visitors/" + at.VisitorID + "/visits/current/state?v=1&filter=agent&sid=" + at.SessionID
}

// visit reads a session. It returns the id and the members.
func visit(t *testing.T, s *sandbox.Sandbox, at answer) (id string, members map[string]json.RawMessage) {
	t.Helper()
	got := get(t, s, visitTarget(at))
	require.Equal(t, http.StatusOK, got.status, got.text)
	var state struct {
		ID          string
		AppSessions []map[string]json.RawMessage
	}
	require.NoError(t, json.Unmarshal([]byte(got.text), &state))
	require.Len(t, state.AppSessions, 1)
	return state.ID, state.AppSessions[0]
}

const visitedPage = `"contexts":{"page":{"id":"1899669462"}}`

// The samples of LivePerson's page "Types of engagement attributes", and their form on the page "Visit Information".
func TestVisitInformationSamples(t *testing.T) {
	t.Parallel()
	const (
		customer = `{"customerStatus":"cancelled","customerType":"vip","balance":-400.99,"customerId":"138766AC",
			"lastPaymentDate":{"year":2014,"month":10,"day":15},"registrationDate":{"year":2013,"month":5,"day":23},
			"loginStatus":null,"companyBranch":null,"socialId":null,"imei":null,"userName":null,"companySize":null,
			"accountName":null,"role":null,"storeZipCode":null,"storeNumber":null}`
		person = `{"name":"John","surname":"Doe",
			"customerAge":{"customerAgeInYears":34.0,"customerYearOfBirth":1980,"customerMonthOfBirth":4,"customerDateOfBirth":15},
			"contacts":[{"email":"myname@example.com","phone":"+1 212-788-8877"}],"gender":"MALE","company":"company","language":null}`
		marketing = `{"originatingChannel":1,"affiliate":"Yahoo","campaignId":"US coupon campaign"}`
		lines     = `"products":[{"product":{"name":"prod1","category":"category","sku":"sku","price":7.8},"quantity":1}]`
		shoe      = `{"product":{"name":"red high heel shoe","category":"women shoes","sku":"xyz567","price":77.8}}`
		bought    = `"total":null,"numItems":null,"products":[{"product":{"name":"antivirus pro plan","category":"software","sku":"xyz001","price":7.8},"quantity":3}]`
		visitErr  = `{"contextId":null,"message":"Expiration date missing","code":"er100004","level":null,"resolved":null}`
		service   = `"topic":"order checkbook","status":0,"category":"finance","serviceId":"service12"`
		lead      = `"topic":"luxury car test drive 2015","value":22.22,"ticketId":null,"leadId":"xyz123"`
	)
	tests := map[string]struct {
		sent    string
		member  string // of the session
		read    string
		event   string // its name
		members string // of the event, besides time and page
	}{
		"customer info": {
			sent: `{"type":"ctmrinfo","info":{"cstatus":"cancelled","ctype":"vip","balance":-400.99,"customerId":"138766AC",
				"lastPaymentDate":{"day":15,"month":10,"year":2014},"registrationDate":{"day":23,"month":5,"year":2013}}}`,
			member: "customerInfo", read: `{"customerInfo":` + customer + `}`,
			event: "customerInfo", members: `"customerInfo":` + customer,
		},
		"personal info": {
			sent: `{"type":"personal","personal":{"firstname":"John","lastname":"Doe","age":{"age":34.0,"year":1980,"month":4,"day":15},
				"contacts":[{"email":"myname@example.com","phone":"+1 212-788-8877"}],"gender":"MALE","company":"company"}}`,
			member: "personalInfo", read: `{"personalInfo":` + person + `}`,
			event: "personalInfo", members: `"personalInfo":` + person,
		},
		"marketing source": {
			sent:   `{"type":"mrktInfo","info":{"channel":"1","affiliate":"Yahoo","campaignId":"US coupon campaign"}}`,
			member: "marketingCampaignInfo", read: `{"marketingCampaignInfo":` + marketing + `}`,
			event: "marketingCampaignInfo", members: `"marketingCampaignInfo":` + marketing,
		},
		"cart": {
			sent:   `{"type":"cart","total":11.7,"numItems":6,` + lines + `}`,
			member: "cart", read: `{"cartStatus":{"total":11.7,"numItems":6,` + lines + `},"lastTotalChange":11.7}`,
			event: "cartStatus", members: `"total":11.7,"numItems":6,` + lines,
		},
		"cart by its other name": {
			sent:   `{"type":"cartStatus","total":11.7,"numItems":6,` + lines + `}`,
			member: "cart", read: `{"cartStatus":{"total":11.7,"numItems":6,` + lines + `},"lastTotalChange":11.7}`,
			event: "cartStatus", members: `"total":11.7,"numItems":6,` + lines,
		},
		"viewed product": {
			sent:   `{"type":"prodView","products":[` + shoe + `]}`,
			member: "viewedProduct", read: `[` + shoe + `]`,
			event: "viewedProduct", members: `"products":[` + shoe + `]`,
		},
		"purchase": {
			sent: `{"type":"purchase","total":11.7,"orderId":"DRV1534XC","cart":{"products":[{"product":{
				"name":"antivirus pro plan","category":"software","sku":"xyz001","price":7.8},"quantity":3}]}}`,
			member: "purchases", read: `[{"repeatedOrderId":false,"purchaseSeqId":"1","total":11.7,"orderId":"DRV1534XC","cart":{` + bought + `}}]`,
			event: "purchase", members: `"total":11.7,"orderId":"DRV1534XC","cart":{` + bought + `}`,
		},
		"lead": {
			sent:   `{"type":"lead","lead":{"topic":"luxury car test drive 2015","value":22.22,"leadId":"xyz123"}}`,
			member: "leads", read: `[{` + lead + `,"leadSeqId":"1","repeatedLeadId":false}]`,
			event: "lead", members: `"lead":{` + lead + `}`,
		},
		"service": {
			sent:   `{"type":"service","service":{` + service + `}}`,
			member: "serviceActivity", read: `[{` + service + `,"serviceSeqId":"1","repeatedServiceActivity":false}]`,
			event: "serviceActivity", members: `"serviceActivity":{` + service + `}`,
		},
		"visitor error": {
			sent:   `{"type":"error","error":{"message":"Expiration date missing","code":"er100004"}}`,
			member: "visitorError", read: `[` + visitErr + `]`,
			event: "visitorError", members: `"visitorError":` + visitErr,
		},
		"searched content, which has events alone": {
			sent:   `{"type":"searchInfo","keywords":["Reset password"]}`,
			member: "leads", read: `null`,
			event: "searchContent", members: `"keywords":["Reset password"]`,
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := sandbox.New(sandbox.Options{Now: newClock().Now})
			at := report(t, s, `{"consumerId":"c","pageId":"1899669462","engagementAttributes":[`+test.sent+`]}`)
			id, session := visit(t, s, at)
			assert.Regexp(t, `^`+at.SessionID+`\.[0-9a-f]{40}$`, id)
			assert.JSONEq(t, test.read, string(session[test.member]))
			assert.JSONEq(t, fmt.Sprintf(`[{%q:{"serverTimeStamp":1513095142268,%s,%s}}]`, test.event, visitedPage, test.members), string(session["events"]))
			for _, other := range []string{"personalInfo", "customerInfo", "marketingCampaignInfo", "cart", "viewedProduct", "purchases", "leads", "serviceActivity", "visitorError"} {
				if other != test.member {
					assert.Equal(t, "null", string(session[other]), other)
				}
			}
		})
	}
}

func TestVisitInformationOverAWholeVisit(t *testing.T) {
	t.Parallel()
	c := newClock()
	s := sandbox.New(sandbox.Options{Now: c.Now})
	at := engage(t, s, `{"consumerId":"jane","entryPoints":["sec://Sport","https://shop.example.com/a"],"pageId":"1",
		"clientProperties":{"osName":"MAC_OSX","deviceFamily":"MOBILE","ipAddress":"192.168.5.2"}}`)
	say := func(page, attributes string) {
		t.Helper()
		c.advance(time.Second)
		got := report(t, s, `{"consumerId":"jane","pageId":"`+page+`","engagementAttributes":[`+attributes+`]}`, "vid", at.VisitorID, "sid", at.SessionID)
		require.Equal(t, http.StatusOK, got.status)
	}
	say("1", `{"type":"cart","total":0.3,"numItems":1},{"type":"ctmrinfo","info":{"cstatus":"new","customerId":"1"}}`)
	say("2", `{"type":"cart","total":0.1,"numItems":1},{"type":"ctmrinfo","info":{"cstatus":"vip"}},{"type":"login"}`)
	say("2", `{"type":"lead","lead":{"leadId":"a"}},{"type":"lead","lead":{"leadId":"a"}},{"type":"lead"}`)
	say("2", `{"type":"impDisplay","campaign":2695999112,"engId":2696029112,"revision":3,"eContext":[{"type":"engagementContext","id":"1"}]},
		{"type":"impAccept","campaign":2695999112,"engId":2696029112,"revision":3},{"type":"impAccept","campaign":1,"engId":1}`)
	report(t, s, `{"consumerId":"jane","engagementAttributes":[7]}`, "vid", at.VisitorID, "sid", at.SessionID)

	_, session := visit(t, s, at)
	for member, want := range map[string]string{
		"startTime":    `1513095142268`,
		"ipv4":         `"192.168.5.2"`,
		"deviceOS":     `"MAC_OSX"`,
		"deviceFamily": `"MOBILE"`,
		"userAgent":    `null`,
		"geo":          `{"country":null,"countryCode":null,"state":null,"city":null,"isp":null,"org":null}`,
		"pages":        `[{"id":"1","startTime":1513095142268,"url":"https://shop.example.com/a"},{"id":"2","startTime":1513095144268,"url":null}]`,
		"cart":         `{"cartStatus":{"total":0.1,"numItems":1,"products":null},"lastTotalChange":-0.2}`,
		"leads": `[{"topic":null,"value":null,"ticketId":null,"leadId":"a","leadSeqId":"1","repeatedLeadId":false},
			{"topic":null,"value":null,"ticketId":null,"leadId":"a","leadSeqId":"2","repeatedLeadId":true},
			{"topic":null,"value":null,"ticketId":null,"leadId":null,"leadSeqId":"3","repeatedLeadId":false}]`,
		"engagements": `[{"id":"1","engagement":{"pageId":"1","campaignEntity":{"id":2695999112},"engagementEntity":{"id":2696029112,"revision":3}},
			"impressionDisplayed":[{"activityTime":1513095146268,"pageId":"2"}],"impressionAccepted":[{"activityTime":1513095146268,"pageId":"2"}]}]`,
	} {
		assert.JSONEq(t, want, string(session[member]), member)
	}
	assert.Contains(t, string(session["customerInfo"]), `"customerId":"1","customerStatus":"vip"`, "members that are not sent again stay")
	var events []map[string]struct{ ServerTimeStamp int64 }
	require.NoError(t, json.Unmarshal(session["events"], &events))
	var order []string
	for _, event := range events {
		for name, its := range event {
			order = append(order, fmt.Sprint(name, " ", its.ServerTimeStamp-1513095142268))
		}
	}
	assert.Equal(t, []string{"cartStatus 1000", "customerInfo 1000", "cartStatus 2000", "customerInfo 2000", "lead 3000", "lead 3000", "lead 3000"}, order)
}

func TestVisitInformationRefuses(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		target       string // with {vid} and {sid}
		status, code int
	}{
		"v missing":         {"/api/account/12345678/monitoring/visitors/{vid}/visits/current/state?sid={sid}", 400, 33},
		"v of another API":  {"/api/account/12345678/monitoring/visitors/{vid}/visits/current/state?v=1.0&sid={sid}", 400, 33},
		"unknown account":   {"/api/account/1/monitoring/visitors/{vid}/visits/current/state?v=1&sid={sid}", 404, 6},
		"visitor malformed": {"/api/account/12345678/monitoring/visitors/a+b/visits/current/state?v=1&sid={sid}", 404, 37},
		"visitor unknown":   {"/api/account/12345678/monitoring/visitors/abc/visits/current/state?v=1&sid={sid}", 404, 37},
		"sid missing":       {"/api/account/12345678/monitoring/visitors/{vid}/visits/current/state?v=1", 404, 39},
		"sid malformed":     {"/api/account/12345678/monitoring/visitors/{vid}/visits/current/state?v=1&sid=a.b", 404, 39},
		"session unknown":   {"/api/account/12345678/monitoring/visitors/{vid}/visits/current/state?v=1&sid=abc", 404, 12},
		"no filter":         {"/api/account/12345678/monitoring/visitors/{vid}/visits/current/state?v=1&sid={sid}", 200, 0},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := sandbox.New(sandbox.Options{LoadingCalls: 1})
			report(t, s, consumerBody)
			at := report(t, s, consumerBody)
			got := get(t, s, strings.NewReplacer("{vid}", at.VisitorID, "{sid}", at.SessionID).Replace(test.target))
			assert.Equal(t, test.status, got.status, got.text)
			assert.Equal(t, test.code, got.InternalCode)
			call := reports(t, s).Calls[2]
			assert.Equal(t, "visit_information", call.Endpoint)
			assert.Equal(t, test.status, call.Status)
		})
	}
}

func TestVisitInformationEndsWithTheSession(t *testing.T) {
	t.Parallel()
	c := newClock()
	s := sandbox.New(sandbox.Options{Now: c.Now})
	at := report(t, s, consumerBody)
	c.advance(6 * time.Hour)
	got := get(t, s, visitTarget(at))
	assert.Equal(t, http.StatusNotFound, got.status)
	assert.Equal(t, 12, got.InternalCode)
}

// A forgotten call is also forgotten in its session.
func TestSessionsForgetOldCalls(t *testing.T) {
	t.Parallel()
	s := sandbox.New(sandbox.Options{Keep: 3})
	at := report(t, s, lead("jane", "L-1"))
	other := report(t, s, lead("john", "L-2"))
	for i := range 3 {
		report(t, s, lead("jane", fmt.Sprint("L-", i+3)), "vid", at.VisitorID, "sid", at.SessionID)
	}
	_, session := visit(t, s, other)
	assert.Equal(t, "null", string(session["leads"]))
	_, session = visit(t, s, at)
	assert.NotContains(t, string(session["leads"]), "L-1")
	assert.Contains(t, string(session["leads"]), "L-5")
}
