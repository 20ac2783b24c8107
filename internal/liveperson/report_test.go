package liveperson

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func testReport() Report {
	return Report{Body: []byte(testBody), VisitorID: testVisitor, SessionID: testSession}
}

// LivePerson documents two forms of the same request: PUT, and POST with an override.
func TestReportRequest(t *testing.T) {
	t.Parallel()
	const path = "/api/account/" + testAccount + "/app/" + testApp + "/report"
	tests := map[string]struct {
		options MonitoringOptions
		report  Report
		line    string
		query   url.Values
		header  http.Header // besides the headers of all requests
	}{
		"POST with override, first call": {
			options: MonitoringOptions{Method: "POST", APIVersion: "1.1", OnBehalfOfVisitor: true},
			report:  Report{Body: []byte(testBody)},
			line:    "POST " + path + "?obh=true&v=1.1",
			query:   url.Values{"obh": {"true"}, "v": {"1.1"}},
			header:  http.Header{"X-Http-Method-Override": {"PUT"}},
		},
		"PUT, first call": {
			options: MonitoringOptions{Method: "PUT", APIVersion: "1.0"},
			report:  Report{Body: []byte(testBody)},
			line:    "PUT " + path + "?obh=false&v=1.0",
			query:   url.Values{"obh": {"false"}, "v": {"1.0"}},
		},
		"both ids": {
			options: MonitoringOptions{Method: "POST", APIVersion: "1.0", OnBehalfOfVisitor: true},
			report:  testReport(),
			line:    "POST " + path + "?obh=true&sid=" + testSession + "&v=1.0&vid=" + testVisitor,
			query:   url.Values{"obh": {"true"}, "v": {"1.0"}, "vid": {testVisitor}, "sid": {testSession}},
			header:  http.Header{"X-Http-Method-Override": {"PUT"}},
		},
		"visitor id alone": {
			options: MonitoringOptions{Method: "PUT", APIVersion: "1.1"},
			report:  Report{Body: []byte(testBody), VisitorID: testVisitor},
			line:    "PUT " + path + "?obh=false&v=1.1&vid=" + testVisitor,
			query:   url.Values{"obh": {"false"}, "v": {"1.1"}, "vid": {testVisitor}},
		},
		"session id alone": {
			options: MonitoringOptions{Method: "PUT", APIVersion: "1.1"},
			report:  Report{Body: []byte(testBody), SessionID: testSession},
			line:    "PUT " + path + "?obh=false&sid=" + testSession + "&v=1.1",
			query:   url.Values{"obh": {"false"}, "v": {"1.1"}, "sid": {testSession}},
		},
		"odd ids": {
			options: MonitoringOptions{Method: "PUT", APIVersion: "1.1"},
			report:  Report{Body: []byte(testBody), VisitorID: "a/b c&d?", SessionID: "e=f+g#h%é"},
			line:    "PUT " + path + "?obh=false&sid=e%3Df%2Bg%23h%25%C3%A9&v=1.1&vid=a%2Fb+c%26d%3F",
			query:   url.Values{"obh": {"false"}, "v": {"1.1"}, "vid": {"a/b c&d?"}, "sid": {"e=f+g#h%é"}},
		},
		"odd app installation id": {
			options: MonitoringOptions{Method: "PUT", APIVersion: "1.1", AppInstallationID: "é;a+b"},
			report:  Report{Body: []byte(testBody)},
			line:    "PUT /api/account/" + testAccount + "/app/%C3%A9;a+b/report?obh=false&v=1.1",
			query:   url.Values{"obh": {"false"}, "v": {"1.1"}},
		},
		"body byte for byte": {
			options: MonitoringOptions{Method: "POST", APIVersion: "1.1"},
			report:  Report{Body: []byte(" {\r\n\t\"b\":1.10,\"a\":12345678901234567890,\"a\":\"\\u00e9é\xff<>&\x00\"}\n")},
			line:    "POST " + path + "?obh=false&v=1.1",
			query:   url.Values{"obh": {"false"}, "v": {"1.1"}},
			header:  http.Header{"X-Http-Method-Override": {"PUT"}},
		},
		"large body": {
			options: MonitoringOptions{Method: "POST", APIVersion: "1.1"},
			report:  Report{Body: bytes.Repeat([]byte("0123456789"), 100_000)},
			line:    "POST " + path + "?obh=false&v=1.1",
			query:   url.Values{"obh": {"false"}, "v": {"1.1"}},
			header:  http.Header{"X-Http-Method-Override": {"PUT"}},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got *http.Request
			var body []byte
			test.options.Domain = newServer(t, func(w http.ResponseWriter, r *http.Request) {
				got = r
				body, _ = io.ReadAll(r.Body)
				w.WriteHeader(http.StatusCreated)
				_, _ = io.WriteString(w, sampleSession)
			})
			sent := bytes.Clone(test.report.Body)
			m := newMonitoring(t, Options{HTTP: newHTTP(t, HTTPOptions{})}, test.options)
			_, err := m.Report(t.Context(), test.report)
			require.NoError(t, err)

			assert.Equal(t, test.line, got.Method+" "+got.RequestURI)
			assert.Equal(t, test.query, got.URL.Query())
			assert.Equal(t, sent, body)
			assert.EqualValues(t, len(sent), got.ContentLength)
			assert.Equal(t, []string{"application/json"}, got.Header.Values("Content-Type"))
			assert.Equal(t, []string{"application/json"}, got.Header.Values("Accept"))
			assert.Equal(t, test.header.Values("X-HTTP-Method-Override"), got.Header.Values("X-HTTP-Method-Override"))
		})
	}
}

func TestReportAccepted(t *testing.T) {
	t.Parallel()
	sample := Session{VisitorID: "xyz", SessionID: "abc", PageID: "4743822558"}
	newSample := sample
	newSample.New = true
	tests := map[string]struct {
		status int
		body   string
		want   Session
	}{
		"200, session known": {200, sampleSession, sample},
		"201, session new":   {201, sampleSession, newSample},
		"real ids": {
			200, `{"sessionId":"stM0CzMWRye4MZgRBAL4UQ","visitorId":"ZjYWZlYzYzNDE5MTE1OWQ5","pageId":"1674628973"}`,
			Session{VisitorID: "ZjYWZlYzYzNDE5MTE1OWQ5", SessionID: "stM0CzMWRye4MZgRBAL4UQ", PageID: "1674628973"},
		},
		"names of the vendor's table": {200, `{"sid":"abc","vid":"xyz","pageId":"4743822558"}`, sample},
		"long names before short":     {200, `{"sid":"s","vid":"v","sessionId":"abc","visitorId":"xyz","pageId":"4743822558"}`, sample},
		"one name of each":            {200, `{"sid":"abc","visitorId":"xyz","pageId":"4743822558"}`, sample},
		"space around":                {200, "\r\n " + sampleSession + "\n", sample},
		"unknown members":             {200, `{"sessionId":"abc","engagementDetails":[{"campaignId":880524023}],"visitorId":"xyz","pageId":"4743822558"}`, sample},
		"page id as number":           {200, `{"pageId":4743822558,"sessionId":"abc","visitorId":"xyz"}`, Session{VisitorID: "xyz", SessionID: "abc"}},
		"no page id":                  {200, `{"sessionId":"abc","visitorId":"xyz"}`, Session{VisitorID: "xyz", SessionID: "abc"}},

		"a byte order mark":    {200, "\ufeff" + sampleSession, sample},
		"a page in the text":   {200, `{"sessionId":"abc","visitorId":"xyz","pageId":"<html>"}`, Session{VisitorID: "xyz", SessionID: "abc", PageID: "<html>"}},
		"errors that are null": {200, `{"error":null,"message":null,"sessionId":"abc","visitorId":"xyz","pageId":"4743822558"}`, sample},

		// If the body is missing or cut off, the status counts.
		"empty body":            {200, "", Session{}},
		"empty body of 201":     {201, "", Session{New: true}},
		"white space":           {200, " \r\n", Session{}},
		"cut off":               {200, sampleSession[:30], Session{}},
		"cut off in an id":      {201, `{"pageId":"47438","visitorId":"x`, Session{New: true}},
		"cut off in an escape":  {200, `{"visitorId":"a\u00`, Session{}},
		"cut off in a name":     {200, `{"sess`, Session{}},
		"cut off behind a name": {200, `{"visitorId"`, Session{}},
		"cut off at a colon":    {200, `{"sid":`, Session{}},
		"cut off at a comma":    {200, `{"vid":"xyz",`, Session{}},
		"cut off in a number":   {200, `{"vid":"xyz","pageId":47`, Session{}},
		"cut off in a null":     {200, `{"vid":"xyz","pageId":nu`, Session{}},
		"cut off at its start":  {200, `{`, Session{}},
		"cut off at its end":    {200, sampleSession[:len(sampleSession)-1], Session{}},
	}
	for name, test := range tests {
		// A captured answer had the second content type, although it was JSON.
		for _, contentType := range []string{"application/json", "application/octet-stream"} {
			t.Run(name+", "+contentType, func(t *testing.T) {
				t.Parallel()
				doer := doerFunc(func(*http.Request) (*http.Response, error) {
					res := response(test.status, test.body)
					res.Header.Set("Content-Type", contentType)
					return res, nil
				})
				got, err := newMonitoring(t, Options{HTTP: doer}, MonitoringOptions{Domain: testDomain}).Report(t.Context(), testReport())
				require.NoError(t, err)
				assert.Equal(t, test.want, got)
			})
		}
	}
}

func FuzzReadSession(f *testing.F) {
	for _, seed := range []string{
		sampleSession, "", "{}", "null", `{"sid":"s","vid":"v","sessionId":"abc"}`, `{"pageId":4743822558,"sessionId":"abc"}`,
		`{"sessionId":["abc"],"visitorId":{}}`, sampleSession[:30], "\ufeff" + sampleSession, `{"sessionId":"\ud800"}`, `<html>`,
	} {
		f.Add(200, []byte(seed))
		f.Add(201, []byte(seed))
	}
	f.Fuzz(func(t *testing.T, status int, body []byte) {
		res := &answer{status: status, body: body}
		fit, object := sessionForm.read(res)
		if fit == fitsNot {
			return
		}
		got := readSession(res.status, object)
		assert.Equal(t, status == http.StatusCreated, got.New)
		for _, id := range []string{got.VisitorID, got.SessionID, got.PageID} {
			assert.True(t, utf8.ValidString(id), "it goes into a URL and a cache")
		}
		if !json.Valid(trimmed(body)) {
			assert.Empty(t, got.VisitorID+got.SessionID+got.PageID)
		}
	})
}

// There is one row for each documented answer. Other rows are kinds of answers that LivePerson does
// not document.
func TestReportNotAccepted(t *testing.T) {
	t.Parallel()
	const handedOut = "Q3YzdjMThkNTlkZjk2NDZm"
	loading := func(message, code string) string {
		return `{"time":1501074704502,"message":"` + message + `","internalCode":` + code + `}`
	}
	tests := map[string]struct {
		status     int
		body       string
		retryAfter string

		class     Class
		code      int
		message   string
		visitorID string
		wait      time.Duration
		retryable bool
		staleIDs  bool
		text      []string
	}{
		"202, loading": {
			status: 202, body: loading("Loading account: 61847174, vid: "+handedOut, "38"),
			class: ClassLoading, code: 38, visitorID: handedOut, retryable: true,
			text: []string{"class=loading status=202 code=38", "loading the account"},
		},
		"202, loading, from the page": {
			status: 202, body: loading("Loading account: ta3hWd4IgG, vid: myVisitorId", "38"),
			class: ClassLoading, code: 38, visitorID: "myVisitorId", retryable: true,
		},
		"202, loading, both parts empty": {
			status: 202, body: loading("Loading account: , vid: ", "38"),
			class: ClassLoading, code: 38, retryable: true,
		},
		"202 without a body":  {status: 202, class: ClassLoading, retryable: true},
		"202 with session":    {status: 202, body: sampleSession, class: ClassLoading, retryable: true},
		"202 and Retry-After": {status: 202, retryAfter: "2", class: ClassLoading, retryable: true, wait: 2 * time.Second},
		"500, loading": {
			status: 500, body: loading("Loading account: ta3hWd4IgG, vid: myVisitorId", "20"),
			class: ClassLoading, code: 20, visitorID: "myVisitorId", retryable: true,
			text: []string{"class=loading status=500 code=20", "loading the account"},
		},
		"500, loading, captured": {
			status: 500, body: loading("Loading account: 83302562, vid: "+handedOut, "20"),
			class: ClassLoading, code: 20, visitorID: handedOut, retryable: true,
		},
		"500, loading, both parts empty": {
			status: 500, body: loading("Loading account: , vid: ", "20"),
			class: ClassLoading, code: 20, retryable: true,
		},
		"500, loading, code as text": {
			status: 500, body: loading("Loading account: 61847174, vid: "+handedOut, `"20"`),
			class: ClassLoading, code: 20, visitorID: handedOut, retryable: true,
		},
		"500, loading, wrapped": {
			status: 500, body: `{"error":` + loading("Loading account: 61847174, vid: "+handedOut, "20") + `}`,
			class: ClassLoading, code: 20, visitorID: handedOut, retryable: true,
		},
		"503, loading": {
			status: 503, body: loading("Loading account: 61847174, vid: "+handedOut, "18"),
			class: ClassLoading, code: 18, visitorID: handedOut, retryable: true,
		},
		"500, account timed out": {
			status: 500, body: loading("Account timed out", "20"),
			class: ClassLoading, code: 20, retryable: true,
		},

		"400, no identity": {
			status: 400, body: sampleError,
			class: ClassInvalid, code: 5, message: "consumerId",
			text: []string{
				"class=invalid status=400 code=5", "400 Bad Request", `message "consumerId"`, "internalCode 5",
				"set consumerId, identities[].sub or the visitor id",
			},
		},
		"400, identities": {
			status: 400, body: `{"message":"identities","internalCode":5}`,
			class: ClassInvalid, code: 5, message: "identities",
			text: []string{`message "identities"`, "no identity"},
		},
		"400, names a field": {
			status: 400, body: `{"message":"engagementAttributes[0].type","internalCode":"5"}`,
			class: ClassInvalid, code: 5, message: "engagementAttributes[0].type",
			text: []string{"internalCode 5", "engagementAttributes[0].type is missing or malformed"},
		},
		"400, a sentence": {
			status: 400, body: `{"message":"Unable to parse the body","internalCode":5}`,
			class: ClassInvalid, code: 5, message: "Unable to parse the body",
			text: []string{`message "Unable to parse the body"`, "an identity or engagement attribute is missing or malformed"},
		},
		"400, version": {
			status: 400, body: `{"time":1469543282471,"message":"Illegal Version","internalCode":33}`,
			class: ClassInvalid, code: 33, message: "Illegal Version",
			text: []string{"code=33", `message "Illegal Version"`, "set api_version"},
		},
		"400, version, code and time as text": {
			status: 400, body: `{"time":"2015-07-02T10:29:19.890-04:00","message":"Illegal Version","internalCode":"33"}`,
			class: ClassInvalid, code: 33, message: "Illegal Version",
			text: []string{"set api_version"},
		},
		"400, wrapped": {
			status: 400, body: `{"error":` + sampleError + `}`,
			class: ClassInvalid, code: 5, message: "consumerId",
			text: []string{"no identity"},
		},
		"400, wrapped and empty": {
			status: 400, body: `{"error":{}}`,
			class: ClassInvalid, text: []string{"class=invalid status=400 code=0", "missing or malformed"},
		},
		"400 without a body": {status: 400, class: ClassInvalid, text: []string{"missing or malformed"}},
		"400 with all that is personal": {
			status: 400, body: `{"message":"bad data user123@gmail.com, vid=` + testVisitor + `&sid=` + testSession + `","internalCode":5}`,
			class: ClassInvalid, code: 5, message: "bad data …",
		},
		"400 with a message without end": {
			status: 400, body: `{"message":"` + strings.Repeat("é", 30_000) + `","internalCode":5}`,
			class: ClassInvalid, code: 5, message: "",
		},
		"405": {status: 405, class: ClassInvalid, text: []string{"405 Method Not Allowed", "does not accept this request"}},
		"413": {status: 413, class: ClassInvalid, text: []string{"413 Request Entity Too Large", "does not accept this request"}},

		"401": {
			status: 401, body: `{"message":"Unauthorized","internalCode":10}`,
			class: ClassUnauthorised, code: 10, message: "Unauthorized",
			text: []string{"class=unauthorised status=401 code=10", "authenticated monitoring", "proxy"},
		},
		"403": {
			status: 403, body: "Forbidden",
			class: ClassUnauthorised, text: []string{"class=unauthorised status=403", "authenticated monitoring", "proxy"},
		},

		"404, app installation id": {
			status: 404, body: `{"message":"Bad app installation id","internalCode":18}`,
			class: ClassNotFound, code: 18, message: "Bad app installation id",
			text: []string{"class=not_found status=404 code=18", "monitoring_domain", "account_id", "app_installation_id"},
		},
		"404, account id": {
			status: 404, body: `{"message":"Bad account id","internalCode":6}`,
			class: ClassNotFound, code: 6, message: "Bad account id",
			text: []string{"monitoring_domain", "account_id", "app_installation_id"},
		},
		"404, session not found": {
			status: 404, body: `{"message":"Session not found","internalCode":12}`,
			class: ClassNotFound, code: 12, message: "Session not found", staleIDs: true,
		},
		"404, visitor id": {
			status: 404, body: `{"message":"Bad visitor id ` + testVisitor + `","internalCode":37}`,
			class: ClassNotFound, code: 37, message: "Bad visitor id …", staleIDs: true,
			text: []string{"code=37", "the visitor or session id is not known to LivePerson"},
		},
		"404, session id": {
			status: 404, body: `{"message":"Bad session id ` + testSession + `","internalCode":39}`,
			class: ClassNotFound, code: 39, message: "Bad session id …", staleIDs: true,
			text: []string{"code=39", "the visitor or session id is not known to LivePerson"},
		},
		"a page that begins with a byte order mark": {
			status: 200, body: "\ufeff<!DOCTYPE html><html></html>",
			class: ClassNotFound, text: []string{"not the Monitoring API"},
		},
		"404 of a web server": {
			status: 404, body: "<html>Not Found</html>",
			class: ClassNotFound, text: []string{"monitoring_domain", "account_id", "app_installation_id"},
		},
		"400 with the code of a visitor id": {
			status: 400, body: `{"message":"vid","internalCode":37}`,
			class: ClassInvalid, code: 37, message: "vid",
		},

		"429": {
			status: 429, class: ClassThrottled, retryable: true,
			text: []string{"class=throttled status=429", "lower concurrency", "rate_limit"},
		},
		"429, Retry-After": {status: 429, retryAfter: "17", class: ClassThrottled, retryable: true, wait: 17 * time.Second},
		"429, garbage":     {status: 429, retryAfter: "soon", class: ClassThrottled, retryable: true},
		"429, an age":      {status: 429, retryAfter: "86400", class: ClassThrottled, retryable: true, wait: 5 * time.Minute},

		"500, unexpected": {
			status: 500, body: `{"message":"Unexpected error","internalCode":18}`,
			class: ClassServer, code: 18, message: "Unexpected error", retryable: true,
			text: []string{"class=server status=500 code=18"},
		},
		"500 without a body": {status: 500, class: ClassServer, retryable: true},
		"500 with the code of a visitor id": {
			status: 500, body: `{"internalCode":37}`,
			class: ClassServer, code: 37, retryable: true,
		},
		"502 of a proxy":      {status: 502, body: "<html>Bad Gateway</html>", class: ClassServer, retryable: true, text: []string{"502 Bad Gateway"}},
		"503":                 {status: 503, class: ClassServer, retryable: true, text: []string{"class=server status=503"}},
		"503 and Retry-After": {status: 503, retryAfter: "30", class: ClassServer, retryable: true, wait: 30 * time.Second},
		"504":                 {status: 504, class: ClassServer, retryable: true},

		"200 with a page": {
			status: 200, body: "<!DOCTYPE html><html><body>Sign in</body></html>",
			class: ClassNotFound, text: []string{"status=200", "not the Monitoring API: check monitoring_domain"},
		},
		"200 with a page after space": {
			status: 200, body: "\r\n\t <html></html>",
			class: ClassNotFound, text: []string{"check monitoring_domain"},
		},
		"201 with a page": {status: 201, body: "<html></html>", class: ClassNotFound, text: []string{"check monitoring_domain"}},
		"203":             {status: 203, body: sampleSession, class: ClassNotFound, text: []string{"check monitoring_domain"}},
		"204":             {status: 204, class: ClassNotFound, text: []string{"status=204", "check monitoring_domain"}},
		"206":             {status: 206, body: sampleSession, class: ClassNotFound},
		"301":             {status: 301, class: ClassNotFound, text: []string{"check monitoring_domain"}},
		"302":             {status: 302, body: sampleSession, class: ClassNotFound, text: []string{"status=302", "check monitoring_domain"}},
		"307":             {status: 307, class: ClassNotFound, text: []string{"check monitoring_domain"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			doer := doerFunc(func(*http.Request) (*http.Response, error) {
				res := response(test.status, test.body)
				res.Header.Set("Retry-After", test.retryAfter)
				return res, nil
			})
			session, err := newMonitoring(t, Options{HTTP: doer}, MonitoringOptions{Domain: testDomain}).Report(t.Context(), testReport())
			assert.Zero(t, session)
			var e *Error
			require.ErrorAs(t, err, &e)

			assert.Equal(t, test.class, e.Class)
			assert.Equal(t, test.class, ClassOf(err))
			assert.Equal(t, test.status, e.Status)
			assert.Equal(t, test.code, e.Code)
			assert.Equal(t, test.message, e.Message)
			assert.Equal(t, test.visitorID, e.VisitorID)
			assert.Equal(t, test.wait, e.RetryAfter)
			assert.Equal(t, test.retryable, e.Retryable())
			assert.Equal(t, test.staleIDs, e.StaleIDs())
			for _, text := range test.text {
				assert.ErrorContains(t, err, text)
			}
			assertNothingPersonal(t, err)
			if test.visitorID != "" {
				assert.NotContains(t, err.Error(), test.visitorID)
			}
		})
	}
}

// assertNothingPersonal checks the text of an error after testReport was sent.
func assertNothingPersonal(t *testing.T, err error) {
	t.Helper()
	for _, secret := range []string{testVisitor, testSession, "user123@gmail.com", "obh=", "v=1.1", "/api/account", "uniqueIdInBrand"} {
		assert.NotContains(t, err.Error(), secret)
	}
}

func TestReportRetryAfterDate(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		doer := doerFunc(func(*http.Request) (*http.Response, error) {
			res := response(503, "")
			res.Header.Set("Retry-After", time.Now().UTC().Add(42*time.Second).Format(http.TimeFormat))
			return res, nil
		})
		_, err := newMonitoring(t, Options{HTTP: doer}, MonitoringOptions{Domain: testDomain}).Report(t.Context(), testReport())
		var e *Error
		require.ErrorAs(t, err, &e)
		assert.Equal(t, 42*time.Second, e.RetryAfter)
	})
}

// An endless page costs only the bytes up to the limit, and the connection.
func TestReportCapsTheAnswer(t *testing.T) {
	t.Parallel()
	const enough = 64 << 20 // a client without a limit would read all of it

	t.Run("in memory", func(t *testing.T) {
		t.Parallel()
		body := &endlessBody{left: enough}
		doer := doerFunc(func(*http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: 500, Header: http.Header{}, Body: body}, nil
		})
		_, err := newMonitoring(t, Options{HTTP: doer}, MonitoringOptions{Domain: testDomain}).Report(t.Context(), testReport())
		assert.Equal(t, ClassServer, ClassOf(err))
		assert.LessOrEqual(t, enough-body.left, 3*maxResponseBytes)
		assert.True(t, body.closed)
	})
	t.Run("over a connection", func(t *testing.T) {
		t.Parallel()
		stopped := make(chan bool, 1)
		domain := newServer(t, func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			w.WriteHeader(http.StatusOK)
			_, err := io.Copy(w, &endlessBody{left: enough})
			stopped <- err != nil
		})
		m := newMonitoring(t, Options{HTTP: newHTTP(t, HTTPOptions{})}, MonitoringOptions{Domain: domain})
		_, err := m.Report(t.Context(), testReport())
		assert.Equal(t, ClassNotFound, ClassOf(err))
		assert.True(t, <-stopped, "the client closed the connection")
	})
	t.Run("an entity within the cap is read", func(t *testing.T) {
		t.Parallel()
		body := sampleError + strings.Repeat(" ", 4*maxResponseBytes)
		_, err := newMonitoring(t, Options{HTTP: answering(400, body)}, MonitoringOptions{Domain: testDomain}).Report(t.Context(), testReport())
		assert.ErrorContains(t, err, `message "consumerId"`)
	})
}

// endlessBody ends after many bytes, so that a failing test ends too.
type endlessBody struct {
	left   int
	closed bool
}

func (b *endlessBody) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, io.EOF
	}
	for i := range p {
		p[i] = 'x'
	}
	b.left -= len(p)
	return len(p), nil
}

func (b *endlessBody) Close() error {
	b.closed = true
	return nil
}

// 200 means that LivePerson has the report, even if the ids can't be read. Bytes beyond the limit
// are read only to keep the connection, and are not part of the answer.
func TestReportUsesNoMoreThanTheCap(t *testing.T) {
	t.Parallel()
	for size, want := range map[int]bool{maxResponseBytes: true, maxResponseBytes + 1: false} {
		body := strings.Repeat(" ", size-len(sampleSession)) + sampleSession
		session, err := newMonitoring(t, Options{HTTP: answering(http.StatusOK, body)}, MonitoringOptions{Domain: testDomain}).Report(t.Context(), testReport())
		require.NoError(t, err)
		assert.Equal(t, want, session != Session{}, size)
	}
}

func TestReportBodyBreaksOff(t *testing.T) {
	t.Parallel()
	t.Run("over a connection", func(t *testing.T) {
		t.Parallel()
		domain := newServer(t, hijacked(func(conn *net.TCPConn) {
			_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 64\r\n\r\n"+sampleSession[:30])
		}))
		m := newMonitoring(t, Options{HTTP: newHTTP(t, HTTPOptions{})}, MonitoringOptions{Domain: domain})
		session, err := m.Report(t.Context(), testReport())
		require.NoError(t, err)
		assert.Equal(t, Session{}, session)
	})

	tests := map[string]struct {
		status int
		body   io.Reader
		want   Session
		class  Class
	}{
		"before the first byte": {200, iotest.ErrReader(io.ErrUnexpectedEOF), Session{}, ""},
		"within the ids":        {201, io.MultiReader(strings.NewReader(sampleSession[:30]), iotest.ErrReader(syscall.ECONNRESET)), Session{New: true}, ""},
		"after the ids": {
			200, io.MultiReader(strings.NewReader(sampleSession), iotest.ErrReader(io.ErrUnexpectedEOF)),
			Session{VisitorID: "xyz", SessionID: "abc", PageID: "4743822558"}, "",
		},
		"of a failure":     {503, iotest.ErrReader(io.ErrUnexpectedEOF), Session{}, ClassServer},
		"of a refusal":     {400, io.MultiReader(strings.NewReader(sampleError[:20]), iotest.ErrReader(io.ErrUnexpectedEOF)), Session{}, ClassInvalid},
		"of a loading 202": {202, iotest.ErrReader(io.ErrUnexpectedEOF), Session{}, ClassLoading},
		"within a page":    {200, io.MultiReader(strings.NewReader("<html>"), iotest.ErrReader(io.ErrUnexpectedEOF)), Session{}, ClassNotFound},
		"in single bytes":  {200, iotest.OneByteReader(strings.NewReader(sampleSession)), Session{VisitorID: "xyz", SessionID: "abc", PageID: "4743822558"}, ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			doer := doerFunc(func(*http.Request) (*http.Response, error) {
				return &http.Response{StatusCode: test.status, Header: http.Header{}, Body: io.NopCloser(test.body)}, nil
			})
			session, err := newMonitoring(t, Options{HTTP: doer}, MonitoringOptions{Domain: testDomain}).Report(t.Context(), testReport())
			assert.Equal(t, test.class, ClassOf(err))
			assert.Equal(t, test.want, session)
		})
	}
}

// hijacked gives a handler the raw connection.
func hijacked(with func(*net.TCPConn)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		conn, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			panic(err)
		}
		defer conn.Close()
		with(conn.(*net.TCPConn))
	}
}

func TestReportGetsNoAnswer(t *testing.T) {
	t.Parallel()
	server := func(handler http.HandlerFunc) func(*testing.T) (string, Doer) {
		return func(t *testing.T) (string, Doer) {
			return newServer(t, handler), newHTTP(t, HTTPOptions{})
		}
	}
	dialling := func(err error) func(*testing.T) (string, Doer) {
		return func(t *testing.T) (string, Doer) {
			c := newHTTP(t, HTTPOptions{})
			c.kept.DialContext = func(context.Context, string, string) (net.Conn, error) { return nil, err }
			return testDomain, c
		}
	}
	refused := &net.OpError{Op: "dial", Net: "tcp", Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)}
	noSuchHost := &net.DNSError{Err: "no such host", Name: testDomain, IsNotFound: true}

	tests := map[string]struct {
		setUp func(*testing.T) (domain string, http Doer)
		cause error // nil: any
		text  string
	}{
		"connection refused": {dialling(refused), syscall.ECONNREFUSED, "connection refused"},
		"no such host":       {dialling(noSuchHost), noSuchHost, "no such host"},
		"connection reset": {
			setUp: server(hijacked(func(conn *net.TCPConn) { _ = conn.SetLinger(0) })),
			cause: syscall.ECONNRESET,
		},
		"connection closed": {
			setUp: server(hijacked(func(*net.TCPConn) {})),
			cause: io.EOF,
			text:  "the connection was closed before the answer",
		},
		"closed within the header": {
			setUp: server(hijacked(func(conn *net.TCPConn) { _, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nServer: ws\r\n") })),
			cause: io.ErrUnexpectedEOF,
		},
		"not HTTP": {
			setUp: server(hijacked(func(conn *net.TCPConn) { _, _ = io.WriteString(conn, "220 smtp.example.com ESMTP\r\n") })),
			text:  "malformed HTTP",
		},
		"an echo of the request": {
			setUp: server(func(w http.ResponseWriter, r *http.Request) {
				conn, _, err := http.NewResponseController(w).Hijack()
				if err != nil {
					return
				}
				defer conn.Close()
				_, _ = io.WriteString(conn, "HTTP/1.1 "+r.RequestURI+"\r\n")
			}),
			text: "malformed HTTP status code",
		},
		"an echo of the body":                     {server(echoing("")), nil, "malformed HTTP response: check"},
		"an echo of the body in the header":       {server(echoing("HTTP/1.1 200 OK\r\n")), nil, "malformed MIME header line: check"},
		"an echo of the body in a field's name":   {server(echoing("HTTP/1.1 200 OK\r\n ")), nil, "malformed MIME header initial line: check"},
		"an echo of the body as its length":       {server(echoing("HTTP/1.1 200 OK\r\nContent-Length: ")), nil, "bad Content-Length: check"},
		"an echo of the body as one more length":  {server(echoing("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: ")), nil, "multiple Content-Length headers: check"},
		"an echo of the body as what it is coded": {server(echoing("HTTP/1.1 200 OK\r\nTransfer-Encoding: ")), nil, "unsupported transfer encoding: check"},
		"plain HTTP where TLS is expected": {
			setUp: func(t *testing.T) (string, Doer) {
				return strings.Replace(newServer(t, http.NotFound), "http:", "https:", 1), newHTTP(t, HTTPOptions{})
			},
			text: "server gave HTTP response to HTTPS client",
		},
		"unknown certificate authority": {
			setUp: func(t *testing.T) (string, Doer) {
				return newTLSServer(t, nil).URL, newHTTP(t, HTTPOptions{})
			},
			text: "certificate",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			domain, doer := test.setUp(t)
			base, err := ParseBaseURL(domain)
			require.NoError(t, err)
			m := newMonitoring(t, Options{HTTP: doer}, MonitoringOptions{Domain: domain})
			_, err = m.Report(t.Context(), testReport())
			assertNetworkError(t, err, base.Host)
			if test.cause != nil {
				assert.ErrorIs(t, err, test.cause)
			}
			assert.ErrorContains(t, err, test.text)
		})
	}
}

// echoing answers with a text and then the body of the request.
func echoing(before string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		hijacked(func(conn *net.TCPConn) { _, _ = conn.Write(slices.Concat([]byte(before), body, []byte("\r\n\r\n"))) })(w, r)
	}
}

func assertNetworkError(t *testing.T, err error, host string) {
	t.Helper()
	var e *Error
	require.ErrorAs(t, err, &e)
	assert.Equal(t, ClassNetwork, e.Class)
	assert.Zero(t, e.Status)
	assert.Zero(t, e.Code)
	assert.True(t, e.Retryable())
	assert.False(t, e.StaleIDs())
	for _, text := range []string{
		"class=network status=0 code=0 attempts=0: LivePerson did not answer: ", "reaching " + host + ": ",
		"check monitoring_domain or domain_api, DNS, proxy and firewall",
	} {
		assert.ErrorContains(t, err, text)
	}
	assertNothingPersonal(t, err)
	assert.NotContains(t, err.Error(), "https://")
}

func TestReportTimesOut(t *testing.T) {
	t.Parallel()
	silent := doerFunc(func(r *http.Request) (*http.Response, error) {
		<-r.Context().Done()
		return nil, r.Context().Err()
	})
	tests := map[string]struct {
		timeout time.Duration
		cancel  time.Duration // of the caller's context
		elapsed time.Duration
		cause   error
	}{
		"the account's time-out":     {10 * time.Second, time.Hour, 10 * time.Second, context.DeadlineExceeded},
		"no time-out, caller leaves": {0, time.Hour, time.Hour, context.Canceled},
		"caller leaves first":        {10 * time.Second, 3 * time.Second, 3 * time.Second, context.Canceled},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				timer := time.AfterFunc(test.cancel, cancel)
				defer timer.Stop()
				m := newMonitoring(t, Options{HTTP: within(test.timeout, silent)}, MonitoringOptions{Domain: testDomain})
				start := time.Now()
				_, err := m.Report(ctx, testReport())
				assert.Equal(t, test.elapsed, time.Since(start))
				assertNetworkError(t, err, testDomain)
				assert.ErrorIs(t, err, test.cause)
			})
		})
	}

	// The status came in time, so LivePerson has accepted the report.
	t.Run("within the body of a 200", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			doer := doerFunc(func(r *http.Request) (*http.Response, error) {
				res := response(200, "")
				res.Body = io.NopCloser(readerFunc(func([]byte) (int, error) {
					<-r.Context().Done()
					return 0, r.Context().Err()
				}))
				return res, nil
			})
			m := newMonitoring(t, Options{HTTP: within(10*time.Second, doer)}, MonitoringOptions{Domain: testDomain})
			start := time.Now()
			_, err := m.Report(t.Context(), testReport())
			assert.NoError(t, err)
			assert.Equal(t, 10*time.Second, time.Since(start))
		})
	})
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

func TestReportBeforeConnect(t *testing.T) {
	t.Parallel()
	doer := doerFunc(func(*http.Request) (*http.Response, error) {
		t.Error("a request was made")
		return response(200, sampleSession), nil
	})
	_, err := newMonitoring(t, Options{HTTP: doer}, MonitoringOptions{}).Report(t.Context(), testReport())
	assert.ErrorContains(t, err, "not connected")
}

func TestProbe(t *testing.T) {
	t.Parallel()
	domainAPI := answering(200, `{"service":"smt","baseURI":"va.v.liveperson.net"}`)
	tests := map[string]struct {
		http        Doer
		errContains string
		class       Class
	}{
		"refused for want of an identity": {http: split(domainAPI, answering(400, sampleError))},
		"refused, code as text":           {http: split(domainAPI, answering(400, `{"message":"identities","internalCode":"5"}`))},
		"accepted":                        {http: split(domainAPI, answering(200, sampleSession))},
		"accepted, new session":           {http: split(domainAPI, answering(201, sampleSession))},
		"loading, version 1.1":            {http: split(domainAPI, answering(202, `{"message":"Loading account: 61847174, vid: Q3YzdjMThkNTlkZjk2NDZm","internalCode":38}`))},
		"loading, version 1.0":            {http: split(domainAPI, answering(500, `{"message":"Loading account: , vid: ","internalCode":20}`))},

		"bad app installation id": {
			http:        split(domainAPI, answering(404, `{"message":"Bad app installation id","internalCode":18}`)),
			errContains: "app_installation_id", class: ClassNotFound,
		},
		"bad account":            {http: split(domainAPI, answering(404, `{"internalCode":6}`)), errContains: "account_id", class: ClassNotFound},
		"unauthorised":           {http: split(domainAPI, answering(401, "")), errContains: "authenticated monitoring", class: ClassUnauthorised},
		"forbidden":              {http: split(domainAPI, answering(403, "")), errContains: "authenticated monitoring", class: ClassUnauthorised},
		"code 5 of another kind": {http: split(domainAPI, answering(403, `{"message":"consumerId","internalCode":5}`)), errContains: "403", class: ClassUnauthorised},
		"bad version":            {http: split(domainAPI, answering(400, `{"message":"Illegal Version","internalCode":33}`)), errContains: "api_version", class: ClassInvalid},
		"400 of someone else":    {http: split(domainAPI, answering(400, "<html>Bad Request</html>")), errContains: "400", class: ClassInvalid},
		"throttled":              {http: split(domainAPI, answering(429, "")), errContains: "429", class: ClassThrottled},
		"unexpected error":       {http: split(domainAPI, answering(500, `{"internalCode":18}`)), errContains: "500", class: ClassServer},
		"unavailable":            {http: split(domainAPI, answering(503, "")), errContains: "503", class: ClassServer},
		"a page":                 {http: split(domainAPI, answering(200, "<html></html>")), errContains: "not the Monitoring API", class: ClassNotFound},
		"a redirect":             {http: split(domainAPI, answering(302, "")), errContains: "not the Monitoring API", class: ClassNotFound},
		"no answer":              {http: split(domainAPI, failing(syscall.ECONNREFUSED)), errContains: "connection refused", class: ClassNetwork},
		"no domain":              {http: split(answering(401, ""), nil), errContains: "resolving monitoring_domain: ", class: ClassUnauthorised},
		"no Domain API":          {http: split(failing(syscall.ECONNREFUSED), nil), errContains: "resolving monitoring_domain: ", class: ClassNetwork},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := newMonitoring(t, Options{HTTP: test.http}, MonitoringOptions{}).Probe(t.Context())
			if test.errContains != "" {
				require.ErrorContains(t, err, test.errContains)
				assert.Equal(t, test.class, ClassOf(err))
				return
			}
			assert.NoError(t, err)
		})
	}
}

// LivePerson refuses a report without consumerId, identities[].sub and vid, so it stores nothing.
func TestProbeNamesNoConsumer(t *testing.T) {
	t.Parallel()
	var got *http.Request
	var body map[string]json.RawMessage
	doer := doerFunc(func(r *http.Request) (*http.Response, error) {
		got = r
		if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
			return nil, errors.New("the probe's body is not a JSON object")
		}
		return response(400, sampleError), nil
	})
	m := newMonitoring(t, Options{HTTP: doer}, MonitoringOptions{Domain: testDomain, OnBehalfOfVisitor: true})
	require.NoError(t, m.Probe(t.Context()))
	assert.Equal(t, map[string]json.RawMessage{"engagementAttributes": json.RawMessage("[]")}, body)
	assert.Equal(t, url.Values{"v": {"1.1"}, "obh": {"true"}}, got.URL.Query())
	assert.Equal(t, "/api/account/"+testAccount+"/app/"+testApp+"/report", got.URL.Path)
}
