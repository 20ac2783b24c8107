package liveperson

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The samples of LivePerson's pages "Visit Information" and "Types of engagement attributes".
const (
	sampleLead = `{"lead":{"serverTimeStamp":1475675316326,"contexts":{"page":{"id":"1899669462"}},
		"lead":{"topic":"luxury car test drive 2015","value":22.22,"ticketId":null,"leadId":"xyz123"}}}`
	sampleCart = `{"cartStatus":{"serverTimeStamp":1475675316326,"contexts":{"page":{"id":"1899669462"}},"total":11.7,"numItems":6,
		"products":[{"product":{"name":"prod1","category":"category","sku":"sku","price":7.8},"quantity":1}]}}`
	sampleCustomer = `{"customerInfo":{"serverTimeStamp":1475675316326,"contexts":{"page":{"id":"1899669462"}},
		"customerInfo":{"customerStatus":"cancelled","customerType":"vip","balance":-400.99,"customerId":"138766AC",
		"lastPaymentDate":{"year":2014,"month":10,"day":15},"registrationDate":null}}}`
	samplePerson = `{"personalInfo":{"serverTimeStamp":1475675316326,"personalInfo":{"name":"John","surname":"Doe",
		"customerAge":{"customerAgeInYears":34.0,"customerYearOfBirth":1980,"customerMonthOfBirth":4,"customerDateOfBirth":15},
		"contacts":[{"email":"myname@example.com"}],"gender":"MALE","language":null}}}`
	sampleChannel = `{"marketingCampaignInfo":{"marketingCampaignInfo":{"originatingChannel":1,"affiliate":"Yahoo"}}}`
	sampleOther   = `{"engagementShown":{"id":1}}`
)

func TestVisitIsReadWithTheNamesThatAreSent(t *testing.T) {
	t.Parallel()
	var target string
	s := &reads{read: func(r *http.Request) *http.Response {
		target = r.Method + " " + r.URL.String()
		res := response(http.StatusOK, `{"id":"rty.uio","appSessions":[{"id":"x","events":[`+strings.Join([]string{sampleLead, sampleCart, sampleCustomer, samplePerson, sampleChannel, sampleOther}, ",")+`]}]}`)
		res.Header.Set("Date", "Wed, 05 Oct 2016 13:48:36 GMT")
		return res
	}}
	visit, err := s.visits(t, anAPIID).Visit(t.Context(), testVisitor, testSession+".0123456789012345678901234567890123456789")
	require.NoError(t, err)
	assert.Equal(t, "GET https://smt.example.com/api/account/56072331/monitoring/visitors/"+testVisitor+"/visits/current/state?sid="+testSession+"&v=1", target)
	assert.Equal(t, time.Date(2016, 10, 5, 13, 48, 36, 0, time.UTC), visit.At)
	var got []string
	for _, a := range visit.Attributes {
		members, err := json.Marshal(a.Members)
		require.NoError(t, err)
		got = append(got, a.Type+" "+a.ShownAs+" "+string(members))
	}
	assert.Equal(t, []string{
		`lead lead {"lead":{"leadId":"xyz123","topic":"luxury car test drive 2015","value":22.22}}`,
		`cart cartStatus {"numItems":6,"products":[{"product":{"category":"category","name":"prod1","price":7.8,"sku":"sku"},"quantity":1}],"total":11.7}`,
		`ctmrinfo customerInfo {"info":{"balance":-400.99,"cstatus":"cancelled","ctype":"vip","customerId":"138766AC","lastPaymentDate":{"day":15,"month":10,"year":2014}}}`,
		`personal personalInfo {"personal":{"age":{"age":34.0,"day":15,"month":4,"year":1980},"contacts":[{"email":"myname@example.com"}],"firstname":"John","gender":"MALE","lastname":"Doe"}}`,
		`mrktInfo marketingCampaignInfo {"info":{"affiliate":"Yahoo","channel":1}}`,
	}, got)
	assert.EqualValues(t, 1475675316326, visit.Attributes[0].Time.UnixMilli())
	assert.True(t, visit.Attributes[4].Time.IsZero())
}

func TestVisitsThatAreNotThere(t *testing.T) {
	t.Parallel()
	for body, gone := range map[string]bool{
		`{"message":"Session not found","internalCode":12}`: true,
		`{"message":"Bad visitor id","internalCode":37}`:    true,
		`{"message":"Bad session id","internalCode":39}`:    true,
		`{"message":"Bad account id","internalCode":6}`:     false,
		``: false,
	} {
		s := &reads{read: func(*http.Request) *http.Response { return response(http.StatusNotFound, body) }}
		_, err := s.visits(t, anAPIID).Visit(t.Context(), testVisitor, testSession)
		require.Error(t, err)
		assert.Equal(t, gone, NoVisit(err), body)
	}
}

func TestAnswersThatAreNoVisit(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{
		"a page":      "<html></html>",
		"a list":      "[]",
		"an error":    sampleError,
		"nothing":     "",
		"broken JSON": `{"id":"s","appSessions":[`,
		"too long":    `{"id":"` + strings.Repeat("x", maxReadBytes) + `"}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &reads{read: func(*http.Request) *http.Response { return response(http.StatusOK, body) }}
			_, err := s.visits(t, anAPIID).Visit(t.Context(), testVisitor, testSession)
			assert.Equal(t, ClassNotFound, ClassOf(err))
		})
	}
}

func TestLongVisitsAreRead(t *testing.T) {
	t.Parallel()
	events := strings.Repeat(sampleLead+",", 2000) + sampleCart
	require.Greater(t, len(events), 4*maxResponseBytes)
	s := &reads{read: func(*http.Request) *http.Response {
		return response(http.StatusOK, `{"appSessions":[{"events":[`+events+`]}]}`)
	}}
	visit, err := s.visits(t, anAPIID).Visit(t.Context(), testVisitor, testSession)
	require.NoError(t, err)
	assert.Len(t, visit.Attributes, 2001)
}

func TestIDsThatCanBeNoPath(t *testing.T) {
	t.Parallel()
	s := &reads{}
	for _, ids := range [][2]string{{"../x", testSession}, {testVisitor, "a b"}} {
		_, err := s.visits(t, anAPIID).Visit(t.Context(), ids[0], ids[1])
		assert.Equal(t, ClassInvalid, ClassOf(err))
	}
	assert.Zero(t, s.asked.Load())
}

// The forms of LivePerson's page "Messaging Interactions, conversations", and of a client of LivePerson's own.
const sampleInteractions = `{"_metadata":{"count":1,"self":{"rel":"self","href":"x"},"shardsStatusResult":{"partialResult":false}},
	"conversationHistoryRecords":[{"info":{"conversationId":"c-1"},
	"sdes":{"events":[{"customerInfo":{"customerInfo":{"customerStatus":"vip","userName":"undefined","imei":"null"}},"serverTimeStamp":1569572377158,"sdeType":"CUSTOMER_INFO"},
		{"personalInfo":{"personalInfo":{"contacts":[{"personalContact":{"email":"a@example.com","phone":"undefined"}}]}},"serverTimeStamp":"1569572377270","sdeType":"PERSONAL_INFO"}]},
	"unAuthSdes":{"events":[{"lead":{"lead":{"topic":"loan"}},"serverTimeStamp":1569572377271,"sdeType":"LEAD"},
		{"searchContent":{"keywords":["red shoes"]},"serverTimeStamp":1569572377272,"sdeType":"SEARCH_CONTENT"}]}}]}`

func (s *reads) interactions(t *testing.T) *Interactions {
	t.Helper()
	i, err := newAccount(t, Options{HTTP: s}).Interactions(aLogin)
	require.NoError(t, err)
	return i
}

func TestConversationIsRead(t *testing.T) {
	t.Parallel()
	var target, body string
	s := &reads{read: func(r *http.Request) *http.Response {
		text, _ := io.ReadAll(r.Body)
		target, body = r.Method+" "+r.URL.String(), string(text)
		return response(http.StatusOK, sampleInteractions)
	}}
	stored, found, err := s.interactions(t).Conversation(t.Context(), "c-1")
	require.NoError(t, err)
	assert.True(t, found)
	assert.Equal(t, "POST https://msghist.example.com/messaging_history/api/account/56072331/conversations/conversation/search?source=benthos-liveperson&v=2", target)
	assert.JSONEq(t, `{"conversationId":"c-1","contentToRetrieve":["sdes","unAuthSdes"]}`, body)
	assert.LessOrEqual(t, len(interactionsSource), 20)
	var got []string
	for _, a := range stored.Attributes {
		members, err := json.Marshal(a.Members)
		require.NoError(t, err)
		got = append(got, a.Type+" "+string(members))
		assert.Equal(t, 2019, a.Time.UTC().Year())
	}
	assert.Equal(t, []string{
		`ctmrinfo {"info":{"cstatus":"vip"}}`, `personal {"personal":{"contacts":[{"email":"a@example.com"}]}}`,
		`lead {"lead":{"topic":"loan"}}`, `searchInfo {"keywords":["red shoes"]}`,
	}, got)
}

func TestConversationsAreSearched(t *testing.T) {
	t.Parallel()
	var targets, bodies []string
	s := &reads{read: func(r *http.Request) *http.Response {
		text, _ := io.ReadAll(r.Body)
		targets, bodies = append(targets, r.URL.Path[strings.Index(r.URL.Path, "conversations"):]+"?"+r.URL.RawQuery), append(bodies, string(text))
		return response(http.StatusOK, sampleInteractions)
	}}
	i := s.interactions(t)
	ids, err := i.OfConsumer(t.Context(), "p-1")
	require.NoError(t, err)
	assert.Equal(t, []string{"c-1"}, ids)
	ids, err = i.WithAttribute(t.Context(), ShownAs("lead"), "loan", time.UnixMilli(1000), time.UnixMilli(2000))
	require.NoError(t, err)
	assert.Equal(t, []string{"c-1"}, ids)
	const query = "?source=benthos-liveperson&v=2&offset=0&limit=10&sort=start:desc"
	assert.Equal(t, []string{"conversations/consumer/search" + query, "conversations/search" + query}, targets)
	assert.JSONEq(t, `{"consumer":"p-1","status":["OPEN","CLOSE"]}`, bodies[0])
	assert.JSONEq(t, `{"start":{"from":1000,"to":2000},"sdeSearch":{"lead":"loan"}}`, bodies[1])
}

func TestConversationsThatAreNotShown(t *testing.T) {
	t.Parallel()
	s := &reads{read: func(*http.Request) *http.Response {
		return response(http.StatusOK, `{"_metadata":{"count":0},"conversationHistoryRecords":[]}`)
	}}
	_, found, err := s.interactions(t).Conversation(t.Context(), "c-1")
	require.NoError(t, err)
	assert.False(t, found)
	s.read = func(*http.Request) *http.Response {
		return response(http.StatusOK, `{"_metadata":{"count":0,"shardsStatusResult":{"partialResult":true}},"conversationHistoryRecords":[]}`)
	}
	_, _, err = s.interactions(t).Conversation(t.Context(), "c-1")
	assert.Equal(t, ClassServer, ClassOf(err), "a part of the data does not show that something is missing")
}
