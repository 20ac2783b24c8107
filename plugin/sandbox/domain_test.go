package sandbox_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/benthos-liveperson/benthos-liveperson/plugin/sandbox"
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
				{"service":"accountConfigReadWrite","account":"12345678","baseURI":"127.0.0.1:8900"}]}`,
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

func TestDomainAPIRefuses(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		path         string
		status, code int
		message      string
	}{
		"no version":                      {"/api/account/12345678/service/smt/baseURI.json", 400, 33, "version=1.0"},
		"another version":                 {"/api/account/12345678/service/smt/baseURI.json?version=2.0", 400, 33, "version=1.0"},
		"no version, all services":        {"/api/account/12345678/service/baseURI.json", 400, 33, "version=1.0"},
		"unknown account":                 {"/api/account/1/service/smt/baseURI.json?version=1.0", 401, 6, "12345678"},
		"unknown account, all services":   {"/api/account/1/service/baseURI.json?version=1.0", 401, 6, "12345678"},
		"unknown service":                 {"/api/account/12345678/service/msgHist/baseURI.json?version=1.0", 404, 0, "msdkgw"},
		"a service's name in wrong cases": {"/api/account/12345678/service/SMT/baseURI.json?version=1.0", 404, 0, "smt"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			clock := newClock()
			got := get(t, sandbox.New(sandbox.Options{Now: clock.Now}), test.path)
			assert.Equal(t, test.status, got.status)
			assert.Equal(t, test.code, got.InternalCode)
			assert.Contains(t, got.Message, test.message)
			assert.Equal(t, clock.Now().UnixMilli(), got.Time)
		})
	}
}
