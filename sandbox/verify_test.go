package sandbox_test

import (
	"encoding/json"
	"encoding/xml"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox"
)

func TestExpectations(t *testing.T) {
	t.Parallel()
	s := threeCalls(t)
	report(t, s, lead("jane", "L-3"))
	report(t, s, lead("jane", "L-2"))
	report(t, s, lead("jane", "L-2"))
	tests := map[string]struct{ expect, message string }{
		"met":                       {`{count: 5}`, ""},
		"not met":                   {`{count: 2}`, "expected 2 calls, got 5"},
		"by type":                   {`{types: [cart, purchase], count: 1}`, ""},
		"by consumer":               {`{consumer: john, min: 1, max: 1}`, ""},
		"at least":                  {`{consumer: john, min: 2}`, "expected at least 2 calls, got 1"},
		"at most":                   {`{max: 4}`, "expected at most 4 calls, got 5"},
		"nothing refused":           {`{verdict: bad, count: 0}`, "expected 0 calls, got 1"},
		"all":                       {`{verdict: all, account: "12345678", count: 6}`, ""},
		"at one endpoint":           {`{endpoint: report, count: 5}`, ""},
		"at another endpoint":       {`{endpoint: engagement, count: 0}`, ""},
		"another session":           {`{session: abc, count: 0}`, ""},
		"in order":                  {`{order_by: engagementAttributes.0.lead.leadId}`, "call 5 should have come before call 4"},
		"in order, of one":          {`{consumer: john, order_by: engagementAttributes.0.lead.leadId}`, ""},
		"no two alike":              {`{unique: true}`, "call 6 has the same content as call 5"},
		"no two alike, of one type": {`{types: [cart], unique: true}`, ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			status, text := fetch(t, s, http.MethodPost, "/sandbox/verify", "expect:\n  - "+test.expect)
			var result struct {
				Passed       bool
				Expectations []struct {
					Name, Message string
					Passed        bool
				}
			}
			require.NoError(t, json.Unmarshal([]byte(text), &result), text)
			require.Len(t, result.Expectations, 1)
			assert.Equal(t, test.message, result.Expectations[0].Message)
			assert.Equal(t, test.message == "", result.Passed)
			if result.Passed {
				assert.Equal(t, http.StatusOK, status)
			} else {
				assert.Equal(t, http.StatusExpectationFailed, status)
			}
		})
	}
}

func TestExpectationsForCI(t *testing.T) {
	t.Parallel()
	s := threeCalls(t)
	status, text := fetch(t, s, http.MethodPost, "/sandbox/verify?format=junit", `{"expect": [{"name": "two <good> ones", "count": 2}, {"verdict": "bad", "count": 0}]}`)
	assert.Equal(t, http.StatusExpectationFailed, status)
	var suite struct {
		Tests    int `xml:"tests,attr"`
		Failures int `xml:"failures,attr"`
		Cases    []struct {
			Name    string `xml:"name,attr"`
			Failure *struct {
				Message string `xml:"message,attr"`
			} `xml:"failure"`
		} `xml:"testcase"`
	}
	require.NoError(t, xml.Unmarshal([]byte(text), &suite), text)
	assert.Equal(t, 2, suite.Tests)
	assert.Equal(t, 1, suite.Failures)
	assert.Equal(t, "two <good> ones", suite.Cases[0].Name)
	assert.Nil(t, suite.Cases[0].Failure)
	assert.Equal(t, "bad", suite.Cases[1].Name)
	assert.Equal(t, "expected 0 calls, got 1", suite.Cases[1].Failure.Message)
}

func TestCallsThatAreForgottenAreSaid(t *testing.T) {
	t.Parallel()
	s := sandbox.New(sandbox.Options{Keep: 1})
	report(t, s, consumerBody)
	report(t, s, consumerBody)
	_, text := fetch(t, s, http.MethodPost, "/sandbox/verify", "expect: [{count: 2}]")
	assert.Contains(t, text, "expected 2 calls, got 1; the sandbox no longer keeps 1 older calls")
}

func TestWrongExpectationsAreToldWithTheirLine(t *testing.T) {
	t.Parallel()
	s := sandbox.New(sandbox.Options{})
	for name, test := range map[string]struct{ text, says string }{
		"nothing":           {"", "expect: must be a list of expectations"},
		"no list":           {"expect: []", "expect: must be a list of expectations"},
		"no such member":    {"expect:\n  - count: 1\n    typ: cart", "line 3: expect[0]: there is no member \\\"typ\\\": write types; there are name, verdict"},
		"a misspelt type":   {"expect:\n  - { types: [cart, purchse], count: 1 }", "line 2: expect[0]: types: there is no type \\\"purchse\\\": write purchase"},
		"another's type":    {"expect:\n  - { types: [order], count: 1 }", "types: there is no type \\\"order\\\"; the types are cart, ctmrinfo,"},
		"checks nothing":    {"expect:\n  - count: 1\n  - types: [cart]", "line 3: expect[1]: checks nothing"},
		"no such verdict":   {"expect: [{verdict: ugly, count: 1}]", "line 1: expect[0].verdict: must be all, good or bad"},
		"no such endpoint":  {"expect: [{endpoint: reprot, count: 1}]", "line 1: expect[0].endpoint: must be one of report, engagement"},
		"count and min":     {"expect: [{count: 1, min: 1}]", "count: can't be combined with min or max"},
		"min above max":     {"expect: [{min: 3, max: 2}]", "line 1: expect[0]: min: must not be more than max"},
		"two documents":     {"expect: [{count: 0}]\n---\nexpect: [{count: 1}]", "more than one document"},
		"negative":          {"expect: [{count: -1}]", "must not be negative"},
		"text for a number": {"expect: [{count: many}]", "line 1"},
		"no YAML":           {"expect: [", "line 1"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			status, text := fetch(t, s, http.MethodPost, "/sandbox/verify", test.text)
			assert.Equal(t, http.StatusBadRequest, status)
			assert.Contains(t, text, test.says)
		})
	}
	status, text := fetch(t, s, http.MethodPost, "/sandbox/verify?format=html", "expect: [{count: 1}]")
	assert.Equal(t, http.StatusBadRequest, status)
	assert.Contains(t, text, "format: must be junit")
	status, text = fetch(t, s, http.MethodPost, "/sandbox/verify?fromat=junit", "expect: [{count: 1}]")
	assert.Equal(t, http.StatusBadRequest, status)
	assert.Contains(t, text, "fromat: there is no such parameter, only format")
}
