package tests

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redpanda-data/benthos/v4/public/service"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/benthos-liveperson/benthos-liveperson/internal/liveperson"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox"
)

// visitIDs are the ids of a visit.
type visitIDs struct {
	Visitor string `json:"visitorId"`
	Session string `json:"sessionId"`
}

// sendReport sends attributes to a sandbox, in a visit if there is one. The sandbox must accept them.
func sendReport(t *testing.T, address, consumer string, at visitIDs, attributes string) visitIDs {
	t.Helper()
	query := url.Values{"v": {"1.0"}}
	if at.Session != "" {
		query.Set("vid", at.Visitor)
		query.Set("sid", at.Session)
	}
	request, err := http.NewRequest(http.MethodPut, address+"/api/account/"+sandbox.DefaultAccountID+"/app/"+sandbox.DefaultAppInstallationID+"/report?"+query.Encode(),
		strings.NewReader(fmt.Sprintf(`{"consumerId":%q,"engagementAttributes":%s}`, consumer, attributes)))
	require.NoError(t, err)
	res, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	defer res.Body.Close()
	require.Less(t, res.StatusCode, 300)
	require.NoError(t, json.NewDecoder(res.Body).Decode(&at))
	return at
}

// receiptOf returns the receipt of a report that LivePerson accepted just now.
func receiptOf(at visitIDs, attributes string) string {
	return fmt.Sprintf(`{"version":1,"time":%q,"type":"liveperson_report","result":"accepted","visitor_id":%q,"session_id":%q,"latencies_ms":[5],"request":{"engagementAttributes":%s}}`,
		time.Now().UTC().Format("2006-01-02T15:04:05.000Z"), at.Visitor, at.Session, attributes)
}

const readbackYAML = `
liveperson_readback:
  account_id: "12345678"
  domain_api: %s
  retry_pauses: []
  credentials: { login: { user: reader, password: s3cret } }
`

// readResult is the result of a message.
type readResult struct {
	Result   string
	Readback struct {
		Matched, Missing []string
		Different        []struct {
			Attribute, Member string
			Sent, Has         any
		}
		Unknown []struct{ Attribute, Reason string }
	}
	Error string
}

// readBack runs messages through the processor.
func readBack(t *testing.T, address, settings string, messages ...string) []readResult {
	t.Helper()
	return readBackWith(t, fmt.Sprintf(readbackYAML, address)+deeper(settings), messages...)
}

func readBackWith(t *testing.T, processor string, messages ...string) (results []readResult) {
	t.Helper()
	builder := service.NewStreamBuilder()
	builder.SetLogger(slog.New(slog.DiscardHandler))
	builder.SetHTTPMux(http.NewServeMux())
	push, err := builder.AddBatchProducerFunc()
	require.NoError(t, err)
	require.NoError(t, builder.AddProcessorYAML(processor))
	require.NoError(t, builder.AddProcessorYAML(`mapping: 'root = {"result": @liveperson_readback_result, "readback": @liveperson_readback, "error": error()}'`))
	var mu sync.Mutex
	require.NoError(t, builder.AddBatchConsumerFunc(func(_ context.Context, batch service.MessageBatch) error {
		mu.Lock()
		defer mu.Unlock()
		for _, msg := range batch {
			text, err := msg.AsBytes()
			if err != nil {
				return err
			}
			var r readResult
			if err := json.Unmarshal(text, &r); err != nil {
				return err
			}
			results = append(results, r)
		}
		return nil
	}))
	stream, err := builder.Build()
	require.NoError(t, err)
	batch := make(service.MessageBatch, len(messages))
	for i, text := range messages {
		batch[i] = service.NewMessage([]byte(text))
	}
	var pushErr error
	go func() {
		pushErr = push(t.Context(), batch)
		_ = stream.StopWithin(stopWithin)
	}()
	require.NoError(t, stream.Run(context.Background()))
	require.NoError(t, pushErr)
	require.Len(t, results, len(messages))
	return results
}

// deeper puts settings into the processor's block.
func deeper(settings string) string {
	var b strings.Builder
	for line := range strings.Lines(settings) {
		b.WriteString("  " + line)
	}
	return b.String()
}

// everyType has each type of engagement attribute, with the names of LivePerson's pages.
var everyType = map[string]string{
	"cart":       `{"type":"cart","total":11.7,"currency":"USD","numItems":6,"products":[{"product":{"name":"prod1","category":"category","sku":"sku","price":7.8},"quantity":1}]}`,
	"purchase":   `{"type":"purchase","total":11.7,"currency":"USD","orderId":"DRV1534XC","cart":{"products":[{"product":{"name":"antivirus pro plan","category":"software","sku":"xyz001","price":7.8},"quantity":3}]}}`,
	"prodView":   `{"type":"prodView","currency":"USD","products":[{"product":{"name":"red high heel shoe","category":"women shoes","sku":"xyz567","price":77.8,"statusInStock":"low","quantityInStock":7}}]}`,
	"ctmrinfo":   `{"type":"ctmrinfo","info":{"cstatus":"cancelled","ctype":"vip","customerId":"138766AC","balance":-400.99,"userName":"user000","companySize":500,"lastPaymentDate":{"day":15,"month":10,"year":2014}}}`,
	"personal":   `{"type":"personal","personal":{"firstname":"John","lastname":"Doe","age":{"age":34,"year":1980,"month":4,"day":15},"contacts":[{"email":"myname@example.com","phone":"+1 212-788-8877"}],"gender":"MALE","language":"en-US"}}`,
	"mrktInfo":   `{"type":"mrktInfo","info":{"channel":"1","affiliate":"Yahoo","campaignId":"US coupon campaign"}}`,
	"lead":       `{"type":"lead","lead":{"topic":"luxury car test drive 2015","value":22.22,"currency":"USD","leadId":"xyz123"}}`,
	"service":    `{"type":"service","service":{"topic":"order checkbook","status":0,"category":"finance","serviceId":"service12"}}`,
	"error":      `{"type":"error","error":{"contextId":"Credit card application","message":"Expiration date missing","code":"er100004","level":10,"resolved":false}}`,
	"searchInfo": `{"type":"searchInfo","keywords":["Reset password"]}`,
}

// withRule returns a sandbox whose reports a chaos rule strikes.
func withRule(t *testing.T, rule string) sandbox.Options {
	t.Helper()
	rules, err := sandbox.ParseChaos([]byte(rule))
	require.NoError(t, err)
	return sandbox.Options{Chaos: rules}
}

func TestEveryTypeIsReadBack(t *testing.T) {
	t.Parallel()
	_, address := newSandbox(t, sandbox.Options{})
	for kind, attribute := range everyType {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			at := sendReport(t, address, "c-"+kind, visitIDs{}, "["+attribute+"]")
			got := readBack(t, address, "recheck_pauses: []", receiptOf(at, "["+attribute+"]"))[0]
			assert.Equal(t, "matched", got.Result, "%+v", got)
			assert.Equal(t, []string{kind}, got.Readback.Matched)
		})
	}
}

func TestAnAttributeThatVanishesIsFound(t *testing.T) {
	t.Parallel()
	for kind, attribute := range everyType {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			_, address := newSandbox(t, withRule(t, "rules: [{endpoint: report, vanish: "+kind+"}]"))
			sent := `[` + attribute + `,{"type":"` + other(kind) + `",` + strings.SplitN(everyType[other(kind)], ",", 2)[1] + `]`
			at := sendReport(t, address, "c-0", visitIDs{}, sent)
			got := readBack(t, address, "recheck_pauses: []", receiptOf(at, sent))[0]
			assert.Equal(t, "missing", got.Result)
			assert.Equal(t, []string{kind}, got.Readback.Missing)
			assert.Equal(t, []string{other(kind)}, got.Readback.Matched)
		})
	}
}

// other returns a type that is not this one.
func other(kind string) string {
	if kind == "lead" {
		return "purchase"
	}
	return "lead"
}

func TestEachKindOfSilentLossIsFound(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		chaos, storage string
		sent           string
		result         string
		lost           string // the missing types, or the members that differ
	}{
		"every attribute":          {chaos: "rules: [{endpoint: report, vanish: all}]", sent: `[` + everyType["cart"] + `,` + everyType["lead"] + `]`, result: "missing", lost: "cart lead"},
		"a number":                 {chaos: "rules: [{endpoint: report, vanish: cart, member: total}]", sent: `[` + everyType["cart"] + `]`, result: "different", lost: "total"},
		"a member of a line":       {chaos: "rules: [{endpoint: report, vanish: purchase, member: cart.products.0.product.sku}]", sent: `[` + everyType["purchase"] + `]`, result: "different", lost: "cart.products[0].product.sku"},
		"an id":                    {chaos: "rules: [{endpoint: report, vanish: lead, member: lead.leadId}]", sent: `[` + everyType["lead"] + `]`, result: "different", lost: "lead.leadId"},
		"the name cartStatus":      {storage: "names: liveperson", sent: `[{"type":"cartStatus","total":1,"numItems":1}]`, result: "missing", lost: "cartStatus"},
		"the name searchContent":   {storage: "names: liveperson", sent: `[{"type":"searchContent","keywords":["shoe"]}]`, result: "missing", lost: "searchContent"},
		"the name cart":            {storage: "names: signal", sent: `[{"type":"cart","total":1,"numItems":1}]`, result: "missing", lost: "cart"},
		"both names":               {storage: "names: none", sent: `[{"type":"cart","total":1,"numItems":1},{"type":"cartStatus","total":2,"numItems":1}]`, result: "missing", lost: "cart cartStatus"},
		"a misspelled member":      {storage: "invalid: drop_member", sent: `[{"type":"lead","lead":{"leadId":"l-1","topic":"loan","curency":"EUR"}}]`, result: "different", lost: "lead.curency"},
		"a wrong member":           {storage: "invalid: drop_member", sent: `[{"type":"ctmrinfo","info":{"ctype":"vip","cstatus":"new","role":"broker","companySize":"many"}}]`, result: "different", lost: "info.companySize"},
		"an attribute with one":    {storage: "invalid: drop_attribute", sent: `[{"type":"service","service":{"topic":"x","status":"open"}}]`, result: "missing", lost: "service"},
		"a text that is too long":  {storage: "invalid: drop_member", sent: `[{"type":"error","error":{"code":"e-1","message":"` + strings.Repeat("x", 50_001) + `"}}]`, result: "different", lost: "error.message"},
		"an unknown type":          {storage: "invalid: drop_attribute", sent: `[{"type":"login","login":{}}]`, result: "unknown", lost: ""},
		"nothing, of the same set": {storage: "names: signal", sent: `[{"type":"cartStatus","total":1,"numItems":1},{"type":"searchContent","keywords":["shoe"]}]`, result: "matched", lost: ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			options := sandbox.Options{}
			if test.chaos != "" {
				options = withRule(t, test.chaos)
			}
			if test.storage != "" {
				rules, err := sandbox.ParseStorage([]byte(test.storage))
				require.NoError(t, err)
				options.Storage = rules
			}
			_, address := newSandbox(t, options)
			at := sendReport(t, address, "c-0", visitIDs{}, test.sent)
			got := readBack(t, address, "recheck_pauses: []", receiptOf(at, test.sent))[0]
			assert.Equal(t, test.result, got.Result, "%+v", got)
			lost := got.Readback.Missing
			for _, d := range got.Readback.Different {
				lost = append(lost, d.Member)
				assert.Nil(t, d.Has)
			}
			assert.Equal(t, test.lost, strings.Join(lost, " "))
			assert.Empty(t, got.Error)
		})
	}
}

func TestWhatLivePersonShowsLateIsNotLost(t *testing.T) {
	t.Parallel()
	var ahead atomic.Int64 // of the sandbox's clock
	rules, err := sandbox.ParseStorage([]byte("delay: 30s"))
	require.NoError(t, err)
	s := sandbox.New(sandbox.Options{Storage: rules, Now: func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.ServeHTTP(w, r)
		if strings.HasSuffix(r.URL.Path, "/state") {
			ahead.Add(int64(20 * time.Second))
		}
	}))
	t.Cleanup(server.Close)
	sent := "[" + everyType["lead"] + "]"
	receipt := receiptOf(sendReport(t, server.URL, "c-0", visitIDs{}, sent), sent)
	assert.Equal(t, "missing", readBack(t, server.URL, "recheck_pauses: []", receipt)[0].Result)
	assert.Equal(t, "matched", readBack(t, server.URL, "recheck_pauses: [1ms, 1ms, 1m]", receipt)[0].Result)
}

func TestVisitsAreReadWithEachKindOfCredentials(t *testing.T) {
	t.Parallel()
	key := sandbox.DefaultAPIKey
	_, address := newSandbox(t, sandbox.Options{Strict: true})
	sent := "[" + everyType["lead"] + "]"
	at := sendReport(t, address, "c-0", visitIDs{}, sent)
	receipt := receiptOf(at, sent)
	for name, test := range map[string]struct{ credentials, result string }{
		"login":           {"{ login: { user: reader, password: s3cret } }", "matched"},
		"api key":         {fmt.Sprintf("{ api_key: { key: %s, secret: %s, token: %s, token_secret: %s } }", key.AppKey, key.Secret, key.AccessToken, key.AccessTokenSecret), "matched"},
		"wrong signature": {fmt.Sprintf("{ api_key: { key: %s, secret: wrong-one, token: %s, token_secret: %s } }", key.AppKey, key.AccessToken, key.AccessTokenSecret), "unknown"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			processor := strings.Replace(fmt.Sprintf(readbackYAML, address), "{ login: { user: reader, password: s3cret } }", test.credentials, 1)
			got := readBackWith(t, processor, receipt)[0]
			assert.Equal(t, test.result, got.Result, got.Error)
			assert.Equal(t, test.result == "unknown", got.Error != "")
			for _, private := range []string{"wrong-one", key.AppKey, key.AccessToken, at.Session, at.Visitor} {
				assert.NotContains(t, got.Error, private)
			}
		})
	}
}

// setChaos replaces the chaos rules of a sandbox.
func setChaos(t *testing.T, address, rules string) {
	t.Helper()
	request, err := http.NewRequest(http.MethodPut, address+"/sandbox/chaos", strings.NewReader(rules))
	require.NoError(t, err)
	res, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	res.Body.Close()
	require.Equal(t, http.StatusOK, res.StatusCode)
}

// honest returns an attribute with values that LivePerson's pages allow, for random reports.
func honest(random *rand.Rand, n int) string {
	word := func() string {
		return []string{"shoe", "Zürich", "日本", "a \"quoted\" word", "<b>", "0", "007", "true", "x y", "é", "it's", "50 %"}[random.IntN(12)]
	}
	amount := func() string { return fmt.Sprintf("%.2f", random.Float64()*1000) }
	line := func() string {
		return fmt.Sprintf(`{"product":{"name":%q,"category":%q,"sku":"sku-%d","price":%s},"quantity":%d}`, word(), word(), random.IntN(100), amount(), random.IntN(9)+1)
	}
	switch random.IntN(12) {
	case 0:
		return fmt.Sprintf(`{"type":"cart","total":%s,"currency":"EUR","numItems":%d,"products":[%s,%s]}`, amount(), random.IntN(9), line(), line())
	case 1:
		return fmt.Sprintf(`{"type":"cartStatus","total":%s,"numItems":%d,"products":[]}`, amount(), random.IntN(9))
	case 2:
		return fmt.Sprintf(`{"type":"purchase","total":%s,"orderId":"o-%d","cart":{"products":[%s]}}`, amount(), n, line())
	case 3:
		return fmt.Sprintf(`{"type":"prodView","currency":"EUR","products":[%s]}`, line())
	case 4:
		return fmt.Sprintf(`{"type":"ctmrinfo","info":{"cstatus":%q,"ctype":%q,"customerId":"id-%d","balance":-%s,"registrationDate":{"day":%d,"month":2,"year":2020}}}`, word(), word(), random.IntN(50), amount(), random.IntN(28)+1)
	case 5:
		return fmt.Sprintf(`{"type":"personal","personal":{"firstname":%q,"lastname":%q,"age":{"age":%d,"year":1980},"contacts":[{"email":"a@example.com"},{"phone":"+49 30 1234567"}],"gender":"FEMALE"}}`, word(), word(), random.IntN(90))
	case 6:
		return fmt.Sprintf(`{"type":"mrktInfo","info":{"channel":"%d","affiliate":%q,"campaignId":%q}}`, random.IntN(5), word(), word())
	case 7:
		return fmt.Sprintf(`{"type":"lead","lead":{"topic":%q,"value":%s,"leadId":"l-%d"}}`, word(), amount(), n)
	case 8:
		return fmt.Sprintf(`{"type":"service","service":{"topic":%q,"status":%d,"category":%q,"serviceId":"s-%d"}}`, word(), random.IntN(11), word(), n)
	case 9:
		return fmt.Sprintf(`{"type":"error","error":{"message":%q,"code":"e-%d","level":%d,"resolved":%t}}`, word(), random.IntN(9), random.IntN(10), random.IntN(2) == 0)
	case 10:
		return fmt.Sprintf(`{"type":"searchInfo","keywords":[%q,%q]}`, word(), word())
	}
	return fmt.Sprintf(`{"type":"searchContent","keywords":[%q]}`, word())
}

// Honest reports raise no alarm, and of the reports of which the sandbox drops something every one does. The visits
// have many reports each, with attributes that repeat.
func TestNoFalseAlarmAndNoLossThatIsMissed(t *testing.T) {
	t.Parallel()
	reports := 400
	if longTests() {
		reports = 10_000
	}
	random := rand.New(rand.NewPCG(16, 1))
	_, address := newSandbox(t, sandbox.Options{})
	visits := map[int]visitIDs{}
	var messages []string
	send := func(n int) {
		visitor := random.IntN(reports/20 + 1)
		attributes := make([]string, random.IntN(4)+1)
		for i := range attributes {
			attributes[i] = honest(random, n*10+i)
		}
		sent := "[" + strings.Join(attributes, ",") + "]"
		visits[visitor] = sendReport(t, address, fmt.Sprintf("c-%d", visitor), visits[visitor], sent)
		messages = append(messages, receiptOf(visits[visitor], sent))
	}
	for n := range reports {
		send(n)
	}
	alarms := 0
	for i, r := range readBack(t, address, "recheck_pauses: []", messages...) {
		if r.Result != "matched" {
			alarms++
			assert.Less(t, alarms, 3, "%s: %+v", messages[i], r)
		}
	}
	assert.Zero(t, alarms)
	t.Logf("%d honest reports in %d visits: %d false alarms", reports, len(visits), alarms)

	// Now purchases, leads and services vanish. Their ids are new each time.
	for _, kind := range []string{"purchase", "lead", "service"} {
		setChaos(t, address, "rules: [{endpoint: report, vanish: "+kind+"}]")
		messages = nil
		for n := range reports / 10 {
			send(reports + n + len(kind)*reports)
		}
		for i, r := range readBack(t, address, "recheck_pauses: []", messages...) {
			want := "matched"
			if strings.Contains(messages[i], `"type":"`+kind+`"`) {
				want = "missing"
			}
			assert.Equal(t, want, r.Result, messages[i])
		}
	}
}

// The shipped config prints a line for each report of which LivePerson has lost something, and for no other.
func TestShippedReadbackPrintsLosses(t *testing.T) {
	t.Parallel()
	run := func(t *testing.T, options sandbox.Options) (lines []string, s *sandbox.Sandbox) {
		t.Helper()
		s, address := newSandbox(t, options)
		stdout, stderr, err := process(t, []string{
			"LIVEPERSON_ACCOUNT_ID=" + sandbox.DefaultAccountID, "LIVEPERSON_APP_INSTALLATION_ID=" + sandbox.DefaultAppInstallationID,
			"LIVEPERSON_DOMAIN_API=" + address, "LIVEPERSON_USER=reader", "LIVEPERSON_PASSWORD=any",
		}, "run", "--set", "output_resources.0.processors.0.liveperson_readback.recheck_pauses=[]", "config/readback.yaml")
		require.NoError(t, err, stderr)
		for line := range strings.Lines(stdout) {
			if strings.HasPrefix(line, "{") { // the others are the log
				lines = append(lines, line)
			}
		}
		return lines, s
	}
	t.Run("honest", func(t *testing.T) {
		t.Parallel()
		lines, s := run(t, sandbox.Options{})
		assert.Empty(t, lines)
		read := 0
		for _, call := range s.Calls() {
			if call.Endpoint == "visit_information" && call.Status == http.StatusOK {
				read++
			}
		}
		assert.Equal(t, s.Summary().Reports, read)
	})
	t.Run("purchases vanish", func(t *testing.T) {
		t.Parallel()
		lines, s := run(t, withRule(t, "rules: [{endpoint: report, vanish: purchase}]"))
		assert.Len(t, lines, s.Summary().Attributes["purchase"])
		for _, line := range lines {
			assert.Contains(t, line, `"missing":["purchase"]`)
		}
	})
}

// conversing returns a sandbox with a conversation of a consumer, and a function that moves its clock.
func conversing(t *testing.T, consumer string, options sandbox.Options) (address, conversationID string, move func(time.Duration)) {
	t.Helper()
	var ahead atomic.Int64
	options.Now = func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
	s, address := newSandbox(t, options)
	t.Cleanup(s.Close)
	client, err := liveperson.NewHTTP(liveperson.HTTPOptions{})
	require.NoError(t, err)
	account, err := liveperson.NewAccount(liveperson.Options{AccountID: sandbox.DefaultAccountID, DomainAPI: address, HTTP: client})
	require.NoError(t, err)
	connector, err := account.Connector(liveperson.ConnectorOptions{ClientID: sandbox.DefaultClientID, ClientSecret: sandbox.DefaultClientSecret})
	require.NoError(t, err)
	require.NoError(t, connector.Connect(t.Context()))
	conversationID, err = connector.Open(t.Context(), consumer, liveperson.Opening{})
	require.NoError(t, err)
	return address, conversationID, func(d time.Duration) { ahead.Add(int64(d)) }
}

func TestConversationsAreReadBack(t *testing.T) {
	t.Parallel()
	address, conversation, move := conversing(t, "c-7", withRule(t, "rules: [{endpoint: report, vanish: lead}]"))
	sent := "[" + everyType["purchase"] + "," + everyType["searchInfo"] + "]"
	lost := "[" + everyType["cart"] + "," + everyType["lead"] + "]"
	messages := []string{receiptOf(sendReport(t, address, "c-7", visitIDs{}, sent), sent), receiptOf(sendReport(t, address, "c-7", visitIDs{}, lost), lost)}
	const now = "recheck_pauses: []\ndelay: 0s\n"
	ask := func(settings string) (outcomes []string) {
		for _, r := range readBack(t, address, now+settings, messages...) {
			outcomes = append(outcomes, r.Result)
			if len(r.Readback.Unknown) > 0 {
				outcomes[len(outcomes)-1] += " " + r.Readback.Unknown[0].Reason
			}
			assert.Empty(t, r.Error)
		}
		return outcomes
	}
	byID := "ask: interactions\nconversation_id: " + conversation + "\n"
	assert.Equal(t, []string{"unknown no_conversation", "unknown no_conversation"}, ask(byID), "Messaging Interactions are a minute late")
	move(61 * time.Second)
	assert.Equal(t, []string{"matched", "missing"}, ask(byID))
	assert.Equal(t, []string{"matched", "missing"}, ask("ask: interactions\nparticipant_id: "+participantOf(t, address, conversation)+"\n"))
	assert.Equal(t, []string{"unknown no_ids", "unknown no_ids"}, ask("ask: interactions\n"))
	assert.Equal(t, []string{"unknown no_conversation", "unknown no_conversation"}, ask("ask: search\n"), "searches are two hours late")
	move(2 * time.Hour)
	assert.Equal(t, []string{"matched", "missing"}, ask("ask: search\n"), "the cart leads to the conversation, which has no lead")

	// Apps get a token by OAuth 2.0.
	byApp := strings.Replace(fmt.Sprintf(readbackYAML, address), "{ login: { user: reader, password: s3cret } }",
		fmt.Sprintf("{ oauth2: { client_id: %s, client_secret: %s } }", sandbox.DefaultClientID, sandbox.DefaultClientSecret), 1)
	assert.Equal(t, "matched", readBackWith(t, byApp+deeper(now+byID), messages[0])[0].Result)
}

// participantOf returns LivePerson's id of the consumer of a conversation.
func participantOf(t *testing.T, address, conversation string) string {
	t.Helper()
	post := func(path, authorization, body string) []byte {
		request, err := http.NewRequest(http.MethodPost, address+path, strings.NewReader(body))
		require.NoError(t, err)
		request.Header.Set("Authorization", authorization)
		res, err := http.DefaultClient.Do(request)
		require.NoError(t, err)
		defer res.Body.Close()
		text, err := io.ReadAll(res.Body)
		require.NoError(t, err)
		return text
	}
	var login struct{ Bearer string }
	require.NoError(t, json.Unmarshal(post("/api/account/"+sandbox.DefaultAccountID+"/login", "", `{"username":"reader","password":"any"}`), &login))
	var found struct {
		Records []struct {
			Consumers []struct{ ParticipantID string } `json:"consumerParticipants"`
		} `json:"conversationHistoryRecords"`
	}
	text := post("/messaging_history/api/account/"+sandbox.DefaultAccountID+"/conversations/conversation/search?v=2&source=tests", "Bearer "+login.Bearer, fmt.Sprintf(`{"conversationId":%q}`, conversation))
	require.NoError(t, json.Unmarshal(text, &found))
	require.NotEmpty(t, found.Records, string(text))
	require.NotEmpty(t, found.Records[0].Consumers, string(text))
	return found.Records[0].Consumers[0].ParticipantID
}
