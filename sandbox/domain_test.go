package sandbox_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox"
)

func TestDomainAPI(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ path, answer string }{
		"one service": {
			"/api/account/12345678/service/smt/baseURI.json?version=1.0",
			`{"service":"smt","account":"12345678","baseURI":"127.0.0.1:8900"}`,
		},
		"a service in mixed case": {
			"/api/account/12345678/service/asyncMessagingEnt/baseURI.json?version=1.0",
			`{"service":"asyncMessagingEnt","account":"12345678","baseURI":"127.0.0.1:8900"}`,
		},
		"without .json": {
			"/api/account/12345678/service/smt/baseURI?version=1.0",
			`{"service":"smt","account":"12345678","baseURI":"127.0.0.1:8900"}`,
		},
		"all services": {
			"/api/account/12345678/service/baseURI.json?version=1.0",
			`{"baseURIs":[
				{"service":"smt","account":"12345678","baseURI":"127.0.0.1:8900"},
				{"service":"msdkgw","account":"12345678","baseURI":"127.0.0.1:8900"},
				{"service":"asyncMessagingEnt","account":"12345678","baseURI":"127.0.0.1:8900"},
				{"service":"sentinel","account":"12345678","baseURI":"127.0.0.1:8900"},
				{"service":"idp","account":"12345678","baseURI":"127.0.0.1:8900"},
				{"service":"swift","account":"12345678","baseURI":"127.0.0.1:8900"},
				{"service":"agentVep","account":"12345678","baseURI":"127.0.0.1:8900"},
				{"service":"accountConfigReadWrite","account":"12345678","baseURI":"127.0.0.1:8900"},
				{"service":"msgHist","account":"12345678","baseURI":"127.0.0.1:8900"},
				{"service":"mtlsGateway","account":"12345678","baseURI":"127.0.0.1:8900"},
				{"service":"messagingRestApiDomain","account":"12345678","baseURI":"127.0.0.1:8900"},
				{"service":"proactive","account":"12345678","baseURI":"127.0.0.1:8900"},
				{"service":"agentActivityDomain","account":"12345678","baseURI":"127.0.0.1:8900"},
				{"service":"leDataReporting","account":"12345678","baseURI":"127.0.0.1:8900"}]}`,
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			request := httptest.NewRequest(http.MethodGet, test.path, nil)
			request.Host = "127.0.0.1:8900"
			got := send(t, sandbox.New(sandbox.Options{}), request)
			assert.Equal(t, http.StatusOK, got.status)
			assert.JSONEq(t, test.answer, got.text)
		})
	}
}

// Clients ask for all hosts with or without .json. A service that the sandbox does not imitate is marked in the call.
func TestServicesWithoutMethodsAreMarked(t *testing.T) {
	t.Parallel()
	s := sandbox.New(sandbox.Options{})
	all := get(t, s, "/api/account/12345678/service/baseURI.json?version=1.0")
	assert.JSONEq(t, all.text, get(t, s, "/api/account/12345678/service/baseURI?version=1.0").text)
	for _, service := range []string{"mtlsGateway", "messagingRestApiDomain", "proactive", "agentActivityDomain", "leDataReporting"} {
		assert.Equal(t, http.StatusOK, get(t, s, "/api/account/12345678/service/"+service+"/baseURI.json?version=1.0").status)
		calls := reports(t, s).Calls
		assert.Contains(t, calls[len(calls)-1].Notes[0], "does not have the methods of this API")
	}
	assert.Equal(t, http.StatusNotFound, get(t, s, "/messaging/v1/conversations/x").status)
	calls := reports(t, s).Calls
	assert.Equal(t, "unknown", calls[len(calls)-1].Endpoint, "a call to such a method is listed")
}

func TestDomainAPIRefuses(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		path         string
		status, code int
		message      string
		advice       string
	}{
		"no version":                      {"/api/account/12345678/service/smt/baseURI.json", 400, 33, "Illegal Version", "send version=1.0"},
		"another version":                 {"/api/account/12345678/service/smt/baseURI.json?version=2.0", 400, 33, "Illegal Version", "send version=1.0"},
		"no version, all services":        {"/api/account/12345678/service/baseURI.json", 400, 33, "Illegal Version", "send version=1.0"},
		"unknown account":                 {"/api/account/1/service/smt/baseURI.json?version=1.0", 401, 6, "Bad account id", "12345678"},
		"unknown account, all services":   {"/api/account/1/service/baseURI.json?version=1.0", 401, 6, "Bad account id", "12345678"},
		"unknown service":                 {"/api/account/12345678/service/engHistDomain/baseURI.json?version=1.0", 404, 0, "Bad service name", "msdkgw"},
		"a service's name in wrong cases": {"/api/account/12345678/service/SMT/baseURI.json?version=1.0", 404, 0, "Bad service name", "smt"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			clock := newClock()
			s := sandbox.New(sandbox.Options{Now: clock.Now})
			got := get(t, s, test.path)
			assert.Equal(t, test.status, got.status)
			assert.Equal(t, test.code, got.InternalCode)
			assert.Equal(t, test.message, got.Message)
			bad := reports(t, s).Calls[0]
			assert.Equal(t, []any{"domain", test.path, test.status}, []any{bad.Endpoint, bad.Target, bad.Status})
			assert.Contains(t, bad.Reason, test.advice)
			assert.Equal(t, clock.Now().UnixMilli(), got.Time)
		})
	}
}

// The sandbox keeps calls for domains, but does not count them as calls of a consumer. How many a sender needs is its own
// affair.
func TestDomainsAreKeptAndCountedOnlyByName(t *testing.T) {
	t.Parallel()
	s := sandbox.New(sandbox.Options{})
	get(t, s, "/api/account/12345678/service/smt/baseURI.json?version=1.0")
	report(t, s, consumerBody)
	calls := reports(t, s).Calls
	require.Len(t, calls, 2)
	assert.Equal(t, []string{"domain", "report"}, []string{calls[0].Endpoint, calls[1].Endpoint})
	_, text := fetch(t, s, http.MethodGet, "/sandbox/wait?count=2&timeout=0s", "")
	assert.Contains(t, text, `"matched":1`)
	_, text = fetch(t, s, http.MethodGet, "/sandbox/wait?endpoint=domain&timeout=0s", "")
	assert.Contains(t, text, `"matched":1`)
	_, text = fetch(t, s, http.MethodGet, "/sandbox/export?format=har&endpoint=domain", "")
	assert.Contains(t, text, `baseURI`)
}

// A call with a wrong path is among the refused calls, without secrets.
func TestCallsToNowhereAreKept(t *testing.T) {
	t.Parallel()
	s := sandbox.New(sandbox.Options{})
	const wrong = "/sentinel/api/account/12345678/app/tokn"
	post(s, wrong+"?v=1.0&client_secret=hidden", "client_secret=hidden")
	get(t, s, "/favicon.ico")
	_, text := fetch(t, s, http.MethodGet, "/sandbox/bad", "")
	assert.NotContains(t, text, "hidden")
	calls := reports(t, s).Calls
	require.Len(t, calls, 1)
	assert.Equal(t, []any{"unknown", wrong, 404}, []any{calls[0].Endpoint, calls[0].Target, calls[0].Status})
	assert.Contains(t, calls[0].Reason, "No such path")
}
