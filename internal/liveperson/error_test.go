package liveperson

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestReadErrorEntity(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		body    string
		message string
		code    int
	}{
		"Monitoring":             {sampleError, "consumerId", 5},
		"App Engagement":         {`{"time":1469543282471,"message":"Illegal Version","internalCode":33}`, "Illegal Version", 33},
		"loading":                {`{"time":1501074704502,"message":"Loading account: ta3hWd4IgG, vid: myVisitorId","internalCode":20}`, "Loading account: ta3hWd4IgG, vid: myVisitorId", 20},
		"code and time as text":  {`{"time":"2015-07-02T10:29:19.890-04:00","message":"Illegal Version","internalCode":"33"}`, "Illegal Version", 33},
		"wrapped":                {`{"error":{"time":1501074704502,"message":"Bad visitor id","internalCode":37}}`, "Bad visitor id", 37},
		"wrapped, code as text":  {`{"error":{"message":"Bad visitor id","internalCode":"37"}}`, "Bad visitor id", 37},
		"wrapped and empty":      {`{"error":{}}`, "", 0},
		"wrapped null":           {`{"error":null,"message":"consumerId","internalCode":5}`, "consumerId", 5},
		"no message":             {`{"time":1513095142268,"internalCode":18}`, "", 18},
		"no code":                {`{"message":"consumerId"}`, "consumerId", 0},
		"null members":           {`{"message":null,"internalCode":null}`, "", 0},
		"unknown members":        {`{"internalCode":5,"message":"consumerId","fields":["a"],"more":{"b":1}}`, "consumerId", 5},
		"message of other type":  {`{"message":["consumerId"],"internalCode":5}`, "", 5},
		"code of other type":     {`{"message":"consumerId","internalCode":[5]}`, "consumerId", 0},
		"code that is no number": {`{"message":"consumerId","internalCode":"five"}`, "consumerId", 0},
		"code over all bounds":   {`{"message":"consumerId","internalCode":1e400}`, "consumerId", 0},
		"code of ten digits":     {`{"internalCode":2695999112}`, "", 2695999112},
		"more after it":          {sampleError + "\n\n", "consumerId", 5},
		"empty":                  {"", "", 0},
		"cut off":                {sampleError[:40], "", 0},
		"a page":                 {"<html><body>Bad Gateway</body></html>", "", 0},
		"text":                   {"upstream connect error", "", 0},
		"null":                   {"null", "", 0},
		"array":                  {"[" + sampleError + "]", "", 0},
		"number":                 {"5", "", 0},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			message, code := readErrorEntity([]byte(test.body))
			assert.Equal(t, test.message, message)
			assert.Equal(t, test.code, code)
		})
	}
}

func TestLoadingVisitorID(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ message, want string }{
		"Monitoring page":     {"Loading account: ta3hWd4IgG, vid: myVisitorId", "myVisitorId"},
		"captured":            {"Loading account: 61847174, vid: Q3YzdjMThkNTlkZjk2NDZm", "Q3YzdjMThkNTlkZjk2NDZm"},
		"captured elsewhere":  {"Loading account: 83302562, vid: ZkMTY4N2I4YTQ0ZjMwMTg0", "ZkMTY4N2I4YTQ0ZjMwMTg0"},
		"both parts empty":    {"Loading account: , vid: ", ""},
		"without the spaces":  {"Loading account:, vid:", ""},
		"no account":          {"Loading account: , vid: Q3YzdjMThkNTlkZjk2NDZm", "Q3YzdjMThkNTlkZjk2NDZm"},
		"no vid":              {"Loading account: 61847174, vid: ", ""},
		"no vid part":         {"Loading account: 61847174", ""},
		"more after the vid":  {"Loading account: 61847174, vid: Q3Yz please retry", "Q3Yz"},
		"something else":      {"vid: Q3YzdjMThkNTlkZjk2NDZm", ""},
		"quoted by something": {`Error "Loading account: 61847174, vid: Q3Yz"`, ""},
		"empty":               {"", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, test.want, loadingVisitorID(test.message))
		})
	}
}

func TestErrorText(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		err  *Error
		want string
	}{
		"an answer": {
			&Error{Class: ClassServer, Status: 503},
			"class=server status=503 code=0 attempts=0: LivePerson answered 503 Service Unavailable",
		},
		"an answer with message, code and advice": {
			&Error{Class: ClassInvalid, Status: 400, Code: 5, Message: "consumerId", advice: "do this"},
			`class=invalid status=400 code=5 attempts=0: LivePerson answered 400 Bad Request (message "consumerId", internalCode 5): do this`,
		},
		"a status without a name": {
			&Error{Class: ClassInvalid, Status: 499},
			"class=invalid status=499 code=0 attempts=0: LivePerson answered 499",
		},
		"loading, without the visitor id": {
			&Error{Class: ClassLoading, Status: 202, Code: 38, VisitorID: testVisitor},
			"class=loading status=202 code=38 attempts=0: LivePerson is loading the account",
		},
		"no answer": {
			&Error{Class: ClassNetwork, detail: "connection refused", advice: "check the firewall"},
			"class=network status=0 code=0 attempts=0: LivePerson did not answer: connection refused: check the firewall",
		},
		"not sent": {
			NotSent(errors.New("the report has no identity")),
			"class=invalid status=0 code=0 attempts=0: not sent: the report has no identity",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			assert.EqualError(t, test.err, test.want)
		})
	}
}

func TestNotSent(t *testing.T) {
	t.Parallel()
	reason := errors.New("the report has no identity")
	err := NotSent(reason)
	require.ErrorIs(t, err, reason)
	assert.Equal(t, ClassInvalid, err.Class)
	assert.Zero(t, err.Status)
	assert.False(t, err.Retryable())
	assert.False(t, err.StaleIDs())
}

func TestClassOf(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		err  error
		want Class
	}{
		"nil":              {nil, ""},
		"another error":    {context.Canceled, ""},
		"the error itself": {&Error{Class: ClassThrottled}, ClassThrottled},
		"wrapped":          {fmt.Errorf("reporting: %w", &Error{Class: ClassLoading}), ClassLoading},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, test.want, ClassOf(test.err))
		})
	}
}

func FuzzReadErrorEntity(f *testing.F) {
	for _, seed := range []struct {
		status int
		body   string
	}{
		{200, "<html>Sign in</html>"},
		{202, `{"time":1501074704502,"message":"Loading account: ta3hWd4IgG, vid: myVisitorId","internalCode":38}`},
		{400, sampleError},
		{401, `{"time":"2015-07-02T10:29:19.890-04:00","message":"Illegal Version","internalCode":"33"}`},
		{404, `{"error":{"message":"Bad visitor id","internalCode":37}}`},
		{405, `{"error":{}}`},
		{429, `{"message":"user123@gmail.com \u0000\ud800","internalCode":1e400}`},
		{500, `{"time":1501074704502,"message":"Loading account: , vid: ","internalCode":20}`},
		{503, ""},
		{999, `{"message":["consumerId"],"internalCode":[5]}`},
		{-1, "null"},
	} {
		f.Add(seed.status, []byte(seed.body))
	}
	f.Fuzz(func(t *testing.T, status int, body []byte) {
		e := classify(&answer{status: status, header: http.Header{}, body: body})
		assert.NotEmpty(t, e.Class)
		assert.Equal(t, status, e.Status)
		assertKnownWords(t, e.Message)
		assert.False(t, strings.ContainsFunc(e.Message, unicode.IsControl))
		assert.True(t, utf8.ValidString(e.Message))
		assert.True(t, strings.HasPrefix(e.Error(), "class="+string(e.Class)+" "))
	})
}

// After these errors, a caller may repeat a request that must not be made twice.
func TestWhatIsNotSentHasNotArrived(t *testing.T) {
	t.Parallel()
	for _, e := range []*Error{Down(time.Minute), NotSent(errors.New("no")), NotNow(errors.New("no"))} {
		assert.False(t, e.MayHaveArrived(), e)
	}
}
