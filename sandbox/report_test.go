package sandbox_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox"
)

const (
	idPattern   = `^[A-Za-z0-9_-]{22}$`
	pagePattern = `^[0-9]{10}$`
)

// Each row is a rule for reports. Most rules are assumptions. TestConformance has the rules on LivePerson's pages.
func TestReportFacts(t *testing.T) {
	t.Parallel()
	path := reportPath(sandbox.DefaultAccountID, sandbox.DefaultAppInstallationID)
	attribute := func(attribute string) string {
		return `{"consumerId":"c","engagementAttributes":[{"type":"cart","total":1,"numItems":1},` + attribute + `]}`
	}
	tests := map[string]struct {
		method  string // empty: PUT
		target  string // empty: path + ?v=1.0
		body    string
		strict  bool
		status  int
		code    int
		message string
	}{
		"PUT is taken":                {body: consumerBody, status: 201},
		"bare POST is taken":          {method: http.MethodPost, body: consumerBody, status: 201},
		"v 1.1 is taken":              {target: path + "?v=1.1", body: consumerBody, status: 201},
		"v missing":                   {target: path, body: consumerBody, status: 400, code: 33, message: "Illegal Version"},
		"v empty":                     {target: path + "?v=", body: consumerBody, status: 400, code: 33, message: "Illegal Version"},
		"v neither 1.0 nor 1.1":       {target: path + "?v=1", body: consumerBody, status: 400, code: 33, message: "Illegal Version"},
		"unknown app installation id": {target: reportPath(sandbox.DefaultAccountID, "x") + "?v=1.0", body: consumerBody, status: 404, code: 18, message: "Bad app installation id"},
		"unknown account":             {target: reportPath("1", sandbox.DefaultAppInstallationID) + "?v=1.0", body: consumerBody, status: 404, code: 6, message: "Bad account id"},

		"not JSON":                {body: `{"consumerId":"c"`, status: 400, code: 5, message: "body"},
		"JSON and more":           {body: consumerBody + `,`, status: 400, code: 5, message: "body"},
		"empty body":              {body: ``, status: 400, code: 5, message: "body"},
		"array as body":           {body: `[]`, status: 400, code: 5, message: "body"},
		"null as body":            {body: `null`, status: 400, code: 5, message: "body"},
		"body over 1 MiB":         {body: `{"consumerId":"` + strings.Repeat("c", 1<<20) + `"}`, status: 413, code: 5, message: "body"},
		"body of just 1 MiB":      {body: consumerBody + strings.Repeat(" ", 1<<20-len(consumerBody)), status: 201},
		"unknown members ignored": {body: `{"consumerId":"c","engagementAttributes":[],"clientProperties":7,"lpConsumerId":8}`, status: 201},

		"wrong type: consumerId":           {body: `{"consumerId":7}`, status: 400, code: 5, message: "consumerId"},
		"wrong type: identities":           {body: `{"identities":{}}`, status: 400, code: 5, message: "identities"},
		"wrong type: identity":             {body: `{"identities":[{"sub":"s"},"s"]}`, status: 400, code: 5, message: "identities[1]"},
		"wrong type: sub":                  {body: `{"identities":[{"sub":7}]}`, status: 400, code: 5, message: "identities[0].sub"},
		"wrong type: iss":                  {body: `{"identities":[{"sub":"s","iss":[]}]}`, status: 400, code: 5, message: "identities[0].iss"},
		"wrong type: acr":                  {body: `{"identities":[{"sub":"s","acr":0}]}`, status: 400, code: 5, message: "identities[0].acr"},
		"wrong type: pageId":               {body: `{"consumerId":"c","pageId":4743822558}`, status: 400, code: 5, message: "pageId"},
		"wrong type: entryPoints":          {body: `{"consumerId":"c","entryPoints":"tel://1,sec://a"}`, status: 400, code: 5, message: "entryPoints"},
		"wrong type: entry point":          {body: `{"consumerId":"c","entryPoints":["tel://1",1]}`, status: 400, code: 5, message: "entryPoints[1]"},
		"wrong type: engagementAttributes": {body: `{"consumerId":"c","engagementAttributes":{}}`, status: 400, code: 5, message: "engagementAttributes"},

		"no identification":              {body: `{"engagementAttributes":[]}`, status: 400, code: 5, message: "consumerId"},
		"empty identification":           {body: `{"consumerId":"","identities":[{"sub":""}]}`, status: 400, code: 5, message: "consumerId"},
		"identification in another case": {body: `{"ConsumerID":"c"}`, status: 400, code: 5, message: "consumerId"},
		"identified by consumerId":       {body: `{"consumerId":"c"}`, status: 201},
		"identified by a sub":            {body: `{"identities":[{"iss":"i"},{"sub":"s"}]}`, status: 201},
		"identified by vid":              {target: path + "?v=1.0&vid=abc", body: `{}`, status: 201},

		"engagementAttributes missing":         {body: `{"consumerId":"c"}`, status: 201},
		"engagementAttributes missing, strict": {body: `{"consumerId":"c"}`, strict: true, status: 400, code: 5, message: "engagementAttributes"},
		"engagementAttributes null, strict":    {body: `{"consumerId":"c","engagementAttributes":null}`, strict: true, status: 400, code: 5, message: "engagementAttributes"},
		"engagementAttributes empty, strict":   {body: consumerBody, strict: true, status: 201},

		"unparsable attribute voids all: not an object": {body: attribute(`"cart"`), status: 400, code: 5, message: "engagementAttributes[1]"},
		"unparsable attribute voids all: null":          {body: attribute(`null`), status: 400, code: 5, message: "engagementAttributes[1]"},
		"unparsable attribute voids all: no type":       {body: attribute(`{}`), status: 400, code: 5, message: "engagementAttributes[1].type"},
		"unparsable attribute voids all: empty type":    {body: attribute(`{"type":""}`), status: 400, code: 5, message: "engagementAttributes[1].type"},
		"unparsable attribute voids all: type a number": {body: attribute(`{"type":7}`), status: 400, code: 5, message: "engagementAttributes[1].type"},
		"unparsable attribute voids all: Type":          {body: attribute(`{"Type":"lead"}`), status: 400, code: 5, message: "engagementAttributes[1].type"},

		"unknown type":                   {body: attribute(`{"type":"login"}`), status: 201},
		"unknown type, strict":           {body: attribute(`{"type":"login"}`), strict: true, status: 400, code: 5, message: "engagementAttributes[1].type"},
		"alias cartStatus":               {body: attribute(`{"type":"cartStatus"}`), status: 201},
		"alias cartStatus, strict":       {body: attribute(`{"type":"cartStatus"}`), strict: true, status: 400, code: 5, message: "engagementAttributes[1].type"},
		"alias searchContent":            {body: attribute(`{"type":"searchContent"}`), status: 201},
		"member of another type":         {body: attribute(`{"type":"lead","lead":{"value":"22"}}`), status: 201},
		"member of another type, strict": {body: attribute(`{"type":"lead","lead":{"value":"22"}}`), strict: true, status: 400, code: 5, message: "engagementAttributes[1].lead.value"},
		"member missing, strict":         {body: attribute(`{"type":"cart","total":1}`), strict: true, status: 400, code: 5, message: "engagementAttributes[1].numItems"},
		"alias searchContent, strict":    {body: attribute(`{"type":"searchContent"}`), strict: true, status: 400, code: 5, message: "engagementAttributes[1].type"},

		"vid malformed":             {target: path + "?v=1.0&vid=a%2Bb", body: consumerBody, status: 404, code: 37, message: "Bad visitor id"},
		"vid too long":              {target: path + "?v=1.0&vid=" + strings.Repeat("a", 65), body: consumerBody, status: 404, code: 37, message: "Bad visitor id"},
		"vid of 64":                 {target: path + "?v=1.0&vid=" + strings.Repeat("a", 64), body: consumerBody, status: 201},
		"identified by vid, strict": {target: path + "?v=1.0&vid=abc", body: `{"engagementAttributes":[]}`, strict: true, status: 201},
		"double slashes":            {target: "//" + strings.ReplaceAll(path, "/app/", "//app///") + "?v=1.0", body: consumerBody, status: 201},
		"sid with a long suffix":    {target: path + "?v=1.0&vid=a&sid=a." + strings.Repeat("0", 41), body: consumerBody, status: 404, code: 39, message: "Bad session id"},
		"sid malformed":             {target: path + "?v=1.0&vid=a&sid=a.b", body: consumerBody, status: 404, code: 39, message: "Bad session id"},
		"sid too long":              {target: path + "?v=1.0&sid=" + strings.Repeat("a", 65), body: consumerBody, status: 404, code: 39, message: "Bad session id"},
		"ids empty":                 {target: path + "?v=1.0&vid=&sid=", body: consumerBody, status: 201},
		"ids before the body":       {target: path + "?v=1.0&vid=%20", body: `{`, status: 404, code: 37, message: "Bad visitor id"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			clock := newClock()
			s := sandbox.New(sandbox.Options{Strict: test.strict, Now: clock.Now})
			method, target := http.MethodPut, path+"?v=1.0"
			if test.method != "" {
				method = test.method
			}
			if test.target != "" {
				target = test.target
			}
			got := send(t, s, httptest.NewRequest(method, target, strings.NewReader(test.body)))

			require.Equal(t, test.status, got.status, got.text)
			assert.Equal(t, test.code, got.InternalCode)
			assert.Equal(t, test.message, got.Message)
			call := reports(t, s).Calls[0]
			assert.Equal(t, test.status, call.Status)
			assert.Equal(t, test.code, call.InternalCode)
			if test.status == http.StatusCreated {
				assert.Empty(t, call.Reason)
				assert.Equal(t, 1, s.Summary().Reports)
				return
			}
			assert.Equal(t, clock.Now().UnixMilli(), got.Time)
			assert.Regexp(t, `^`+strings.NewReplacer("[", `\[`, "]", `\]`).Replace(test.message)+`: .{10,}`, call.Reason)
			assert.Zero(t, s.Summary().Reports)
			assert.Zero(t, s.Summary().Sessions)
			assert.Empty(t, s.Summary().Attributes)
		})
	}
}

// LivePerson's answer names the first wrong member. Call.Why names all.
func TestStrictSaysAllThatIsWrong(t *testing.T) {
	t.Parallel()
	s := sandbox.New(sandbox.Options{Strict: true})
	got := report(t, s, `{"consumerId":"c","engagementAttributes":[{"type":"lead","lead":{"value":"12,90","leadId":7}}]}`)
	assert.Equal(t, "engagementAttributes[0].lead.leadId", got.Message)
	call := reports(t, s).Calls[0]
	assert.Equal(t, []sandbox.Why{
		{Path: "engagementAttributes[0].lead.leadId", Code: "type", Message: "expected text, got a number", Fix: `write it as text, such as "xyz123"`},
		{Path: "engagementAttributes[0].lead.value", Code: "type", Message: `expected a number, got "12,90"`, Fix: "write 12.9"},
	}, call.Why)
	assert.Contains(t, call.Reason, "; and 1 more")
}

func TestStrictSaysWhichNameToWrite(t *testing.T) {
	t.Parallel()
	s := sandbox.New(sandbox.Options{Strict: true})
	for kind, advice := range map[string]string{
		"cartStatus": "write cart,", "searchContent": "write searchInfo,", "login": "send one of cart, ctmrinfo,",
	} {
		report(t, s, fmt.Sprintf(`{"consumerId":"c","engagementAttributes":[{"type":%q}]}`, kind))
		calls := reports(t, s).Calls
		assert.Contains(t, calls[len(calls)-1].Reason, advice)
	}
}

func TestPageID(t *testing.T) {
	t.Parallel()
	s := sandbox.New(sandbox.Options{})
	for name, test := range map[string]struct{ sent, answered string }{
		"digits":  {"4743822558", "^4743822558$"},
		"missing": {"", pagePattern},
		"words":   {"home", pagePattern},
		"signed":  {"-4743822558", pagePattern},
	} {
		got := report(t, s, fmt.Sprintf(`{"consumerId":"c","pageId":%q}`, test.sent))
		assert.Regexp(t, test.answered, got.PageID, name)
	}
}

func TestLoadingAccount(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		version      string
		status, code int
	}{
		"v 1.0": {"1.0", http.StatusInternalServerError, 20},
		"v 1.1": {"1.1", http.StatusAccepted, 38},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			clock := newClock()
			s := sandbox.New(sandbox.Options{LoadingCalls: 2, Now: clock.Now})
			first := report(t, s, sampleReport, "v", test.version)
			require.Equal(t, test.status, first.status)
			assert.Equal(t, test.code, first.InternalCode)
			assert.Equal(t, clock.Now().UnixMilli(), first.Time)
			assert.Regexp(t, `^Loading account: 12345678, vid: [A-Za-z0-9_-]{22}$`, first.Message)
			_, visitor, _ := strings.Cut(first.Message, "vid: ")

			second := report(t, s, sampleReport, "v", test.version, "vid", visitor)
			assert.Equal(t, test.status, second.status)
			assert.Equal(t, first.Message, second.Message, "the visitor that was handed out is kept")
			assert.Zero(t, s.Summary().Reports)
			assert.Empty(t, s.Summary().Attributes)
			assert.Empty(t, s.Summary().Rejects)

			third := report(t, s, sampleReport, "v", test.version, "vid", visitor)
			assert.Equal(t, http.StatusCreated, third.status)
			assert.Equal(t, visitor, third.VisitorID)
			assert.Equal(t, 2, s.Summary().Loading)
			assert.Equal(t, 1, s.Summary().Reports)

			call := reports(t, s).Calls[0]
			assert.Empty(t, call.VisitorID)
			assert.Equal(t, test.status, call.Status)
			assert.Equal(t, test.code, call.InternalCode)
			assert.Contains(t, call.Reason, first.Message+": the account did not take the call; send it again after 3 s")
		})
	}
}

func TestLoadingCountsOnlyCallsToTheAccount(t *testing.T) {
	t.Parallel()
	s := sandbox.New(sandbox.Options{LoadingCalls: 1})
	assert.Equal(t, 33, report(t, s, consumerBody, "v", "2").InternalCode)
	assert.Equal(t, 20, report(t, s, `{`).InternalCode, "a loading account does not look at bodies")
	assert.Equal(t, http.StatusCreated, report(t, s, consumerBody).status)
}

func TestBrokenOffBody(t *testing.T) {
	t.Parallel()
	s := sandbox.New(sandbox.Options{})
	target := reportPath(sandbox.DefaultAccountID, sandbox.DefaultAppInstallationID) + "?v=1.0"
	got := send(t, s, httptest.NewRequest(http.MethodPut, target, iotest.ErrReader(iotest.ErrTimeout)))
	assert.Equal(t, http.StatusBadRequest, got.status)
	assert.Contains(t, reports(t, s).Calls[0].Reason, "broke off")
}
