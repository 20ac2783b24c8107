package sandbox_test

import (
	"encoding/json"
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

const historyPath = "/messaging_history/api/account/12345678/conversations/"

// found is an answer of Messaging Interactions.
type found struct {
	status   int
	text     string
	Metadata struct {
		Count int
		Self  struct{ Rel, Href string }
		Next  *struct{ Rel, Href string }
	} `json:"_metadata"`
	Records []struct {
		Info                map[string]any
		MessageRecords      []map[string]any
		MessageStatuses     []map[string]any
		ConsumerParticipant []map[string]any `json:"consumerParticipants"`
		SDEs                *pastEvents      `json:"sdes"`
		UnAuthSDEs          *pastEvents      `json:"unAuthSdes"`
		Dialogs             []map[string]any
		Transfers           []map[string]any
		ConversationSurveys []map[string]any
	} `json:"conversationHistoryRecords"`
}

type pastEvents struct{ Events []map[string]any }

func (f found) ids() []string {
	ids := []string{}
	for _, record := range f.Records {
		ids = append(ids, record.Info["conversationId"].(string))
	}
	return ids
}

// past has a sandbox with conversations.
type past struct {
	world
	bearer string
	token  string
}

func newPast(t *testing.T, options sandbox.Options) past {
	t.Helper()
	w := newWorld(options)
	t.Cleanup(w.Close)
	return past{w, logIn(t, w.Sandbox), member(t, appToken(w.Sandbox), "access_token")}
}

func (p past) search(t *testing.T, method, query, body string) (got found) {
	t.Helper()
	w := post(p.Sandbox, historyPath+method+"?"+query, body, "Authorization", p.bearer)
	got.status, got.text = w.Code, w.Body.String()
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &got), got.text)
	return got
}

// everything is a filter for the conversations of the last day.
func (p past) everything(filters string) string {
	now := p.clock.Now()
	return fmt.Sprintf(`{"start":{"from":%d,"to":%d}%s}`, now.Add(-24*time.Hour).UnixMilli(), now.UnixMilli(), filters)
}

// open opens a conversation of a consumer with a first text.
func (p past) open(t *testing.T, consumer, profile, members, text string) (id string) {
	t.Helper()
	body := fmt.Sprintf(`[{"kind":"req","id":"1","type":"userprofile.SetUserProfile","body":%s},
		{"kind":"req","id":"2","type":"cm.ConsumerRequestConversation","body":{"brandId":"12345678"%s}},
		{"kind":"req","id":"3","type":"ms.PublishEvent","body":{"event":{"type":"ContentEvent","contentType":"text/plain","message":%q}}}]`, profile, members, text)
	w := post(p.Sandbox, messagingPath+"?v=3", body, "Authorization", p.token, "X-LP-ON-BEHALF", p.jws(t, consumer))
	require.Equal(t, http.StatusOK, w.Code, w.Body)
	var answers []struct {
		Body struct{ ConversationID string }
	}
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &answers))
	return answers[1].Body.ConversationID
}

func (p past) jws(t *testing.T, consumer string) string {
	t.Helper()
	return member(t, consumerToken(p.Sandbox, p.token, consumer), "token")
}

func TestHistoryIsForThoseWhoMayReadIt(t *testing.T) {
	t.Parallel()
	for _, options := range []sandbox.Options{{}, {Strict: true}, {Password: "p"}} {
		p := newPast(t, options)
		const target = historyPath + "conversation/search?v=2&source=Test"
		const body = `{"conversationId":"x"}`
		ask := func(authorization string) int {
			return post(p.Sandbox, target, body, "Authorization", authorization).Code
		}
		assert.Equal(t, http.StatusUnauthorized, ask(""), "also if it is not strict")
		assert.Equal(t, http.StatusUnauthorized, ask("Bearer x"))
		assert.Equal(t, http.StatusOK, ask(p.bearer))
		assert.Equal(t, http.StatusOK, ask("Bearer "+p.token), "OAuth 2.0 client credentials")
		assert.Equal(t, http.StatusOK, ask(oauthHeader(httptest.NewRequest(http.MethodPost, target, nil), sandbox.DefaultAPIKey)))
		p.clock.advance(time.Hour + time.Second)
		assert.Equal(t, http.StatusUnauthorized, ask("Bearer "+p.token), "the app token has expired")
	}
}

// The API is a minute late, in everything that it shows.
func TestHistoryIsLate(t *testing.T) {
	t.Parallel()
	p := newPast(t, sandbox.Options{Agent: &sandbox.Script{}})
	at := report(t, p.Sandbox, `{"identities":[{"iss":"a","acr":"0","sub":"jane"}],"engagementAttributes":[{"type":"lead","lead":{"leadId":"L-1"}}]}`)
	require.Equal(t, http.StatusCreated, at.status)
	p.clock.advance(30 * time.Second)
	id := p.open(t, "jane", `{}`, "", "hello")
	byID := func() found {
		return p.search(t, "conversation/search", "v=2", `{"conversationId":"`+id+`","contentToRetrieve":["messageRecords","unAuthSdes"]}`)
	}
	p.clock.advance(59 * time.Second)
	assert.Zero(t, byID().Metadata.Count)
	p.clock.advance(time.Second)
	got := byID()
	require.Equal(t, []string{id}, got.ids())
	assert.Equal(t, []any{"OPEN", "undefined", -1.0}, []any{got.Records[0].Info["status"], got.Records[0].Info["endTime"], got.Records[0].Info["endTimeL"]})
	assert.Len(t, got.Records[0].MessageRecords, 1)
	assert.Len(t, got.Records[0].UnAuthSDEs.Events, 1)

	report(t, p.Sandbox, `{"identities":[{"iss":"a","acr":"0","sub":"jane"}],"engagementAttributes":[{"type":"lead","lead":{"leadId":"L-2"}}]}`, "vid", at.VisitorID, "sid", at.SessionID)
	fetch(t, p.Sandbox, http.MethodPost, "/sandbox/conversations/"+id, `{"answer":"bye","close":true}`)
	got = byID()
	assert.Equal(t, "OPEN", got.Records[0].Info["status"], "it was open a minute ago")
	assert.Len(t, got.Records[0].MessageRecords, 1)
	assert.Len(t, got.Records[0].UnAuthSDEs.Events, 1)
	p.clock.advance(time.Minute + time.Second)
	got = byID()
	assert.Equal(t, []any{"CLOSE", "AGENT"}, []any{got.Records[0].Info["status"], got.Records[0].Info["closeReason"]})
	assert.Len(t, got.Records[0].MessageRecords, 2)
	assert.Len(t, got.Records[0].UnAuthSDEs.Events, 2, "all of them, by the id of the conversation")

	fetch(t, p.Sandbox, http.MethodPut, "/sandbox/storage", "history_delay: 1h")
	assert.Zero(t, byID().Metadata.Count)
	fetch(t, p.Sandbox, http.MethodPut, "/sandbox/storage", "history_delay: 0s")
	assert.Equal(t, 1, byID().Metadata.Count)
}

// An answer has the conversation as it was: also its agent, its skill and the answer to the survey.
func TestHistoryShowsTheConversationAsItWas(t *testing.T) {
	t.Parallel()
	p := newPast(t, sandbox.Options{Agent: &sandbox.Script{}})
	id := p.open(t, "jane", `{}`, `,"skillId":"4"`, "hello")
	p.clock.advance(time.Hour)
	p.token = member(t, appToken(p.Sandbox), "access_token") // the former one has expired
	fetch(t, p.Sandbox, http.MethodPost, "/sandbox/conversations/"+id, `{"answer":"hello"}`)
	body := `{"kind":"req","id":"1","type":"cm.UpdateConversationField","body":{"conversationId":"` + id + `","conversationField":{"field":"CSATRate","csatRate":5,"status":"FILLED"}}}`
	require.Equal(t, http.StatusOK, post(p.Sandbox, messagingPath+"/send?v=3", body, "Authorization", p.token, "X-LP-ON-BEHALF", p.jws(t, "jane")).Code)
	shown := func() []any {
		got := p.search(t, "conversation/search", "", `{"conversationId":"`+id+`"}`).Records[0]
		return []any{got.Info["latestQueueState"], got.Info["latestSkillId"], len(got.Transfers), len(got.ConversationSurveys)}
	}
	assert.Equal(t, []any{"IN_QUEUE", 4.0, 0, 0}, shown())
	p.clock.advance(historyDelay)
	assert.Equal(t, []any{"ACTIVE", 4.0, 0, 1}, shown())
	fetch(t, p.Sandbox, http.MethodPost, "/sandbox/conversations/"+id, `{"transfer":"7"}`)
	assert.Equal(t, 4.0, shown()[1])
	p.clock.advance(historyDelay)
	assert.Equal(t, []any{"IN_QUEUE", 7.0, 1, 1}, shown())
}

const everySDE = `{"type":"cart","total":11.7,"currency":"USD","numItems":6,"products":[{"product":{"name":"prod1","category":"category","sku":"sku","price":7.8},"quantity":1}]},
	{"type":"mrktInfo","info":{"channel":"1","affiliate":"Yahoo","campaignId":"US coupon campaign"}},
	{"type":"ctmrinfo","info":{"cstatus":"cancelled","ctype":"vip","balance":-400.99,"currency":"USD","customerId":"customerId","socialId":"socialid","imei":"imeiID","userName":"username",
		"accountName":"nameacount","role":"rollleeee","companyBranch":"companyBranch","storeNumber":"storeNumber13123","storeZipCode":"2342221",
		"lastPaymentDate":{"year":2014,"month":10,"day":15},"registrationDate":{"year":2013,"month":5,"day":23},"companySize":2222}},
	{"type":"personal","personal":{"firstname":"John","lastname":"Doe","gender":"MALE","company":"company","language":"Russian","age":{"age":34,"year":1980,"month":4,"day":15},
		"contacts":[{"email":"myname@example.com","phone":"+1 212-788-8877"}]}},
	{"type":"searchInfo","keywords":["word"]},
	{"type":"prodView","currency":"USD","products":[{"product":{"name":"red high heel shoe","category":"women shoes","sku":"xyz567","price":77.8},"quantity":3}]},
	{"type":"error","error":{"contextId":"contextId","message":"Expiration date missing","code":"er100004"}},
	{"type":"lead","lead":{"topic":"luxury car test drive 2015","value":22.22,"leadId":"xyz123"}},
	{"type":"purchase","total":78.5,"orderId":"Test123"},
	{"type":"service","service":{"topic":"order checkbook","status":0,"category":"finance","serviceId":"service12"}}`

// The sample of LivePerson's page, in both versions. TIME is the time of the report.
func TestHistoryShowsAttributesAsLivePersonsSample(t *testing.T) {
	t.Parallel()
	const sample = `[
		{"cartStatus":{"serverTimeStamp":TIME,"originalTimeStamp":TIME,"total":11.7,"currency":"USD","numItems":6,"products":[{"quantity":1,"product":{"name":"prod1","category":"category","sku":"sku","price":7.8}}]},"serverTimeStamp":TIME,"sdeType":"CART_STATUS"},
		{"marketingCampaignInfo":{"serverTimeStamp":TIME,"originalTimeStamp":TIME,"marketingCampaignInfo":{"originatingChannel":1,"affiliate":"Yahoo","campaignId":"US coupon campaign"}},"serverTimeStamp":TIME,"sdeType":"MARKETING_CAMPAIGN_INFO"},
		{"customerInfo":{"serverTimeStamp":TIME,"originalTimeStamp":TIME,"customerInfo":{"customerStatus":"cancelled","customerType":"vip","balance":-400.99,"currency":"USD","customerId":"customerId",
			"socialId":"socialid","imei":"imeiID","userName":"username","accountName":"nameacount","role":"rollleeee","companyBranch":"companyBranch","storeNumber":"storeNumber13123","storeZipCode":"2342221",
			"lastPaymentDate":{"year":2014,"month":10,"day":15},"registrationDate":{"year":2013,"month":5,"day":23},"companySize":2222}},"serverTimeStamp":TIME,"sdeType":"CUSTOMER_INFO"},
		{"personalInfo":{"serverTimeStamp":TIME,"originalTimeStamp":TIME,"personalInfo":{"name":"John","surname":"Doe","gender":"MALE","company":"company","language":"Russian",
			"customerAge":{"customerAgeInYears":34,"customerYearOfBirth":1980,"customerMonthOfBirth":4,"customerDateOfBirth":15},
			"contacts":[{"personalContact":{"email":"myname@example.com","phone":"+1 212-788-8877"}}]}},"serverTimeStamp":TIME,"sdeType":"PERSONAL_INFO"},
		{"searchContent":{"serverTimeStamp":TIME,"originalTimeStamp":TIME,"keywords":["word"]},"serverTimeStamp":TIME,"sdeType":"SEARCH_CONTENT"},
		{"viewedProduct":{"serverTimeStamp":TIME,"originalTimeStamp":TIME,"products":[{"quantity":3,"product":{"name":"red high heel shoe","category":"women shoes","sku":"xyz567","price":77.8}}],"currency":"USD"},"serverTimeStamp":TIME,"sdeType":"VIEWED_PRODUCT"},
		{"visitorError":{"serverTimeStamp":TIME,"originalTimeStamp":TIME,"visitorError":{"contextId":"contextId","message":"Expiration date missing","code":"er100004"}},"serverTimeStamp":TIME,"sdeType":"VISITOR_ERROR"},
		{"lead":{"lead":{"topic":"luxury car test drive 2015","value":22.22,"leadId":"xyz123"},"serverTimeStamp":TIME,"originalTimeStamp":TIME},"serverTimeStamp":TIME,"sdeType":"LEAD"},
		{"purchase":{"total":78.5,"serverTimeStamp":TIME,"originalTimeStamp":TIME,"orderId":"Test123"},"serverTimeStamp":TIME,"sdeType":"PURCHASE"},
		{"serviceActivity":{"serverTimeStamp":TIME,"originalTimeStamp":TIME,"serviceActivity":{"topic":"order checkbook","status":0,"category":"finance","serviceId":"service12"}},"serverTimeStamp":TIME,"sdeType":"SERVICE_ACTIVITY"}]`
	events := func(of *pastEvents) string {
		text, err := json.Marshal(of.Events)
		require.NoError(t, err)
		return string(text)
	}
	for _, acr := range []string{"loa1", "0"} {
		t.Run(acr, func(t *testing.T) {
			t.Parallel()
			p := newPast(t, sandbox.Options{})
			require.Equal(t, http.StatusCreated, report(t, p.Sandbox, `{"identities":[{"iss":"a","acr":"`+acr+`","sub":"jane"}],"engagementAttributes":[`+everySDE+`]}`).status)
			stamp := fmt.Sprint(p.clock.Now().UnixMilli())
			id := p.open(t, "jane", `{}`, "", "hello")
			p.clock.advance(time.Minute)
			body := `{"conversationId":"` + id + `","contentToRetrieve":["sdes","unAuthSdes"]}`
			typed := strings.ReplaceAll(sample, "TIME", stamp)
			v1, v2 := p.search(t, "conversation/search", "", body).Records[0], p.search(t, "conversation/search", "v=2", body).Records[0]
			assert.Nil(t, v1.UnAuthSDEs, "only in version 2")
			if acr == "0" {
				assert.JSONEq(t, typed, events(v2.UnAuthSDEs))
				assert.Empty(t, v1.SDEs.Events)
				fetch(t, p.Sandbox, http.MethodPut, "/sandbox/storage", "unauthenticated: false")
				assert.Empty(t, p.search(t, "conversation/search", "v=2", body).Records[0].UnAuthSDEs.Events, "an account without the feature")
				return
			}
			assert.JSONEq(t, typed, events(v2.SDEs))
			assert.Empty(t, v2.UnAuthSDEs.Events)
			assert.NotContains(t, strings.Trim(events(v1.SDEs), "["), ":1", "version 1 has no numbers")
			for _, text := range []string{`"total":"11.7"`, `"serverTimeStamp":"` + stamp + `"`, `"status":"0"`, `"year":"2014"`, `"quantity":"3"`, `"balance":"-400.99"`} {
				assert.Contains(t, events(v1.SDEs), text)
			}
			assert.NotContains(t, p.search(t, "conversation/search", "v=2", `{"conversationId":"`+id+`"}`).text, "unAuthSdes", "not by default")
		})
	}
}

func TestWhoseAttributesAConversationHas(t *testing.T) {
	t.Parallel()
	p := newPast(t, sandbox.Options{})
	leadOf := func(who, id string) string {
		return `{` + who + `,"engagementAttributes":[{"type":"lead","lead":{"leadId":"` + id + `"}}]}`
	}
	browser := report(t, p.Sandbox, leadOf(`"consumerId":"browser"`, "in the session"))
	report(t, p.Sandbox, leadOf(`"identities":[{"iss":"a","acr":"0","sub":"other"},{"iss":"a","acr":"0","sub":"jane"}]`, "by the second identity"))
	report(t, p.Sandbox, leadOf(`"consumerId":"jane"`, "by consumerId"))
	report(t, p.Sandbox, leadOf(`"consumerId":"stranger"`, "of a stranger"))
	profile := `{"authenticatedData":{"lp_sdes":[{"type":"ctmrinfo","info":{"customerId":"c-1"}},{"type":"lead","lead":{"leadId":"not supported"}}]}}`
	id := p.open(t, "jane", profile, `,"conversationContext":{"visitorId":"`+browser.VisitorID+`","sessionId":"`+browser.SessionID+`.`+strings.Repeat("0a", 20)+`"}`, "hello")
	p.clock.advance(time.Minute)
	got := p.search(t, "conversation/search", "v=2", `{"conversationId":"`+id+`","contentToRetrieve":["sdes","unAuthSdes"]}`)
	record := got.Records[0]
	assert.Len(t, record.SDEs.Events, 1)
	assert.Contains(t, fmt.Sprint(record.SDEs.Events), "c-1")
	assert.Len(t, record.UnAuthSDEs.Events, 3)
	for _, id := range []string{"in the session", "by the second identity", "by consumerId"} {
		assert.Contains(t, fmt.Sprint(record.UnAuthSDEs.Events), id)
	}
	assert.Equal(t, browser.SessionID+"."+strings.Repeat("0a", 20), record.Info["sessionId"], "as the Visit Information API shows it")

	list := p.search(t, "search", "v=2", p.everything(`,"contentToRetrieve":["unAuthSdes"]`))
	require.Len(t, list.Records, 1)
	assert.Contains(t, fmt.Sprint(list.Records[0].UnAuthSDEs.Events), "by consumerId")
	assert.Len(t, list.Records[0].UnAuthSDEs.Events, 1, "a list has the last one of each type")
}

// What a consumer does after the end of a conversation belongs to the next one.
func TestAttributesEndWithTheConversation(t *testing.T) {
	t.Parallel()
	p := newPast(t, sandbox.Options{Agent: &sandbox.Script{}})
	leadOf := func(id string) {
		report(t, p.Sandbox, `{"identities":[{"iss":"a","acr":"loa1","sub":"jane"}],"engagementAttributes":[{"type":"lead","lead":{"leadId":"`+id+`"}}]}`)
	}
	leadOf("before")
	first := p.open(t, "jane", `{}`, "", "hello")
	p.clock.advance(time.Second)
	fetch(t, p.Sandbox, http.MethodPost, "/sandbox/conversations/"+first, `{"close":true}`)
	p.clock.advance(time.Second)
	leadOf("after")
	second := p.open(t, "jane", `{}`, "", "hello again")
	p.clock.advance(historyDelay)
	for id, want := range map[string]int{first: 1, second: 2} {
		got := p.search(t, "conversation/search", "", `{"conversationId":"`+id+`"}`).Records[0]
		assert.Len(t, got.SDEs.Events, want)
		assert.Contains(t, fmt.Sprint(got.SDEs.Events), "before")
	}
}

func TestSearchByAttribute(t *testing.T) {
	t.Parallel()
	p := newPast(t, sandbox.Options{})
	report(t, p.Sandbox, `{"identities":[{"iss":"a","acr":"loa1","sub":"jane"}],"engagementAttributes":[{"type":"personal","personal":{"firstname":"George","company":"No. 12345"}},{"type":"lead","lead":{"leadId":"test1"}}]}`)
	id := p.open(t, "jane", `{}`, "", "hello")
	p.open(t, "john", `{}`, "", "hello")
	by := func(sdes string) []string {
		return p.search(t, "search", "v=2", p.everything(`,"sdeSearch":`+sdes)).ids()
	}
	p.clock.advance(2*time.Hour - time.Second)
	assert.Empty(t, by(`{"personalInfo":"George"}`), "attributes can be searched for after two hours")
	p.clock.advance(time.Second)
	assert.Equal(t, []string{id}, by(`{"personalInfo":"George"}`))
	assert.Equal(t, []string{id}, by(`{"personalInfo":"nobody","lead":"test1"}`), "one of them is enough")
	assert.Empty(t, by(`{"lead":"George"}`))
	assert.Empty(t, by(`{"personalInfo":"12345"}`), "more than three digits in a row can't be searched for")
	assert.Equal(t, []string{id}, by(`{"personalInfo":"123"}`))
}

func TestSearchByConsumer(t *testing.T) {
	t.Parallel()
	p := newPast(t, sandbox.Options{Agent: &sandbox.Script{}})
	first := p.open(t, "jane", `{"firstName":"Jane"}`, "", "hello")
	fetch(t, p.Sandbox, http.MethodPost, "/sandbox/conversations/"+first, `{"close":true}`)
	p.clock.advance(time.Minute)
	second := p.open(t, "jane", `{"firstName":"Jane"}`, "", "hello again")
	p.open(t, "john", `{}`, "", "hello")
	p.clock.advance(2 * time.Minute)
	_, body := claims(t, p.jws(t, "jane"))
	by := func(status string) found {
		return p.search(t, "consumer/search", "v=2&source=Test", fmt.Sprintf(`{"consumer":%q,"status":%s,"contentToRetrieve":["consumerParticipants"]}`, body["lp_consumer_id"], status))
	}
	assert.Equal(t, []string{second}, by(`["OPEN"]`).ids())
	assert.Equal(t, []string{first}, by(`["CLOSE"]`).ids())
	got := by(`["OPEN","CLOSE"]`)
	assert.Equal(t, []string{first, second}, got.ids())
	assert.Equal(t, []any{true, false}, []any{got.Records[0].Info["firstConversation"], got.Records[1].Info["firstConversation"]})
	consumer := got.Records[0].ConsumerParticipant[0]
	assert.Equal(t, []any{body["lp_consumer_id"], "Jane", "undefined"}, []any{consumer["participantId"], consumer["firstName"], consumer["email"]})
}

func TestHistoryIsPaged(t *testing.T) {
	t.Parallel()
	p := newPast(t, sandbox.Options{})
	var all []string
	for i := range 7 {
		all = append(all, p.open(t, fmt.Sprint("c-", i), `{}`, "", "hello"))
		p.clock.advance(time.Second)
	}
	p.clock.advance(time.Minute)
	var pages []string
	query := "limit=3&source=Test"
	for query != "" {
		got := p.search(t, "search", query, p.everything(""))
		assert.Equal(t, 7, got.Metadata.Count)
		assert.Equal(t, "self", got.Metadata.Self.Rel)
		pages = append(pages, got.ids()...)
		query = ""
		if next := got.Metadata.Next; next != nil {
			assert.Equal(t, "next", next.Rel)
			_, query, _ = strings.Cut(next.Href, "?")
			assert.Contains(t, query, "source=Test")
		}
	}
	assert.Equal(t, all, pages)
	assert.Equal(t, all[6], p.search(t, "search", "sort=start:desc&limit=1", p.everything("")).ids()[0])
	assert.Equal(t, []string{}, p.search(t, "search", "offset=99", p.everything("")).ids())
}

func TestHistoryFilters(t *testing.T) {
	t.Parallel()
	p := newPast(t, sandbox.Options{Agent: &sandbox.Script{}})
	p.open(t, "john", `{}`, "", "good evening")
	id := p.open(t, "jane", `{}`, `,"skillId":"4"`, "where is my parcel")
	fetch(t, p.Sandbox, http.MethodPost, "/sandbox/conversations/"+id, `{"answer":"it comes","close":true}`)
	p.clock.advance(90 * time.Second)
	for filter, matches := range map[string]bool{
		`"status":["CLOSE"]`: true, `"status":["OPEN"]`: false,
		`"skillIds":["4"]`: true, `"latestSkillIds":[4]`: true, `"skillIds":[5]`: false,
		`"keyword":"PARCEL"`: true, `"keyword":"bonus"`: false,
		`"latestConversationQueueState":"ACTIVE"`: true, `"latestConversationQueueState":"IN_QUEUE"`: false,
		`"messageContentTypes":["TEXT_PLAIN"]`: true, `"messageContentTypes":["RICH_CONTENT"]`: false,
		`"source":["APP"]`: true, `"source":["FACEBOOK"]`: false,
		`"csat":{"from":1,"to":5}`: false, `"duration":{"from":0,"to":10}`: true, `"duration":{"from":10}`: false,
		`"device":["NA"]`: true, `"mcs":{"from":0,"to":100}`: false,
	} {
		got := p.search(t, "search", "", p.everything(`,`+filter)).ids()
		assert.Equal(t, matches, strings.Contains(strings.Join(got, " "), id), filter)
	}
	early := fmt.Sprintf(`{"start":{"from":%d,"to":-1}}`, p.clock.Now().UnixMilli())
	assert.Len(t, p.search(t, "search", "", early).ids(), 2, "from is rounded to ten minutes, and to -1 is now")
	text := fmt.Sprintf(`{"start":{"from":"%d","to":"%d"}}`, p.clock.Now().Add(-time.Hour).UnixMilli(), p.clock.Now().UnixMilli())
	assert.Len(t, p.search(t, "search", "", text).ids(), 2, "samples have numbers as text")
}

func TestHistoryRefuses(t *testing.T) {
	t.Parallel()
	type test struct {
		method, query, body string
		message             string
		strict              bool // only a strict sandbox refuses it
	}
	const month = 31 * 24 * 3600 * 1000
	for name, test := range map[string]test{
		"not JSON":            {"search", "source=a", `[`, "body", false},
		"no start":            {"search", "source=a", `{}`, "start", false},
		"start without to":    {"search", "source=a", `{"start":{"from":1}}`, "start", false},
		"to before from":      {"search", "source=a", `{"start":{"from":2,"to":1}}`, "start", false},
		"four months":         {"search", "source=a", fmt.Sprintf(`{"start":{"from":1,"to":%d}}`, 4*int64(month)), "start", false},
		"end of four months":  {"search", "source=a", fmt.Sprintf(`{"start":{"from":1,"to":2},"end":{"from":1,"to":%d}}`, 4*int64(month)), "end", false},
		"a wrong status":      {"search", "source=a", `{"start":{"from":1,"to":2},"status":["DONE"]}`, "status", false},
		"version 3":           {"search", "v=3&source=a", `{"start":{"from":1,"to":2}}`, "v", false},
		"a wrong offset":      {"search", "offset=-1&source=a", `{"start":{"from":1,"to":2}}`, "offset", false},
		"a wrong sort":        {"search", "sort=name&source=a", `{"start":{"from":1,"to":2}}`, "sort", false},
		"limit above 100":     {"search", "limit=101&source=a", `{"start":{"from":1,"to":2}}`, "limit", true},
		"no source":           {"search", "", `{"start":{"from":1,"to":2}}`, "source", true},
		"a long source":       {"search", "source=aaaaaaaaaaaaaaaaaaaaa", `{"start":{"from":1,"to":2}}`, "source", true},
		"an unknown content":  {"search", "source=a", `{"start":{"from":1,"to":2},"contentToRetrieve":["x"]}`, "contentToRetrieve", true},
		"no consumer":         {"consumer/search", "source=a", `{"status":["OPEN"]}`, "consumer", false},
		"no status":           {"consumer/search", "source=a", `{"consumer":"a"}`, "status", false},
		"no conversation":     {"conversation/search", "source=a", `{}`, "conversationId", false},
		"a type that is off":  {"conversation/search", "source=a", `{"conversationId":5}`, "conversationId", false},
		"all that is allowed": {"search", "source=a&v=2&limit=100&sort=end:desc", `{"start":{"from":1,"to":2}}`, "", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, strict := range []bool{false, true} {
				p := newPast(t, sandbox.Options{Strict: strict})
				w := post(p.Sandbox, historyPath+test.method+"?"+test.query, test.body, "Authorization", p.bearer)
				calls := p.Calls()
				call := calls[len(calls)-1]
				assert.Equal(t, "messaging_interactions", call.Endpoint)
				if test.message == "" || test.strict && !strict {
					assert.Equal(t, http.StatusOK, w.Code, w.Body)
					assert.Equal(t, test.strict, len(call.Notes) > 0)
					continue
				}
				assert.Equal(t, http.StatusBadRequest, w.Code)
				assert.Equal(t, test.message, member(t, w, "message"))
			}
		})
	}
}

func TestChaosAndTheExportOfTheHistory(t *testing.T) {
	t.Parallel()
	p := newPast(t, withRules(t, `rules: [{endpoint: messaging_interactions, skip: 1, status: 429, retry_after: 1s}]`))
	id := p.open(t, "jane", `{}`, "", "a secret of jane")
	p.clock.advance(time.Minute)
	assert.Contains(t, p.search(t, "conversation/search", "v=2", `{"conversationId":"`+id+`"}`).text, "a secret of jane")
	assert.Equal(t, http.StatusTooManyRequests, p.search(t, "conversation/search", "v=2", `{"conversationId":"`+id+`"}`).status)
	_, exported := fetch(t, p.Sandbox, http.MethodGet, "/sandbox/export?format=har&endpoint=messaging_interactions", "")
	assert.Contains(t, exported, "shardsStatusResult")
	assert.NotContains(t, exported, "a secret of jane", "the sandbox stores no copies of conversations")
}
