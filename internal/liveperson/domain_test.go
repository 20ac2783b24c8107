package liveperson

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// sampleDomains is the list on LivePerson's page on the Domain API.
const sampleDomains = `{"baseURIs": [
  {"service": "liveEngageUI", "account": "EXAMPLE123", "baseURI": "lo.le1.liveperson.net"},
  {"service": "visitorFeed",  "account": "EXAMPLE123", "baseURI": "lo.v-feed.liveperson.net"},
  {"service": "etool",        "account": "EXAMPLE123", "baseURI": "z2.etool.liveperson.net"}
]}`

func TestResolveDomain(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		service     string // smt when empty
		status      int    // 200 when 0
		body        string
		want        string
		errContains string
		class       Class
	}{
		"object": {
			body: `{"service": "smt", "account": "56072331", "baseURI": "va.v.liveperson.net"}`,
			want: "https://va.v.liveperson.net",
		},
		"object of another service": {
			service: "accountConfigReadOnly",
			body:    `{"service":"accountConfigReadOnly","account":"56072331","baseURI":"va-a.acr.liveperson.net"}`,
			want:    "https://va-a.acr.liveperson.net",
		},
		"account as number": {
			body: `{"service":"smt","account":56072331,"baseURI":"sy.v.liveperson.net"}`,
			want: "https://sy.v.liveperson.net",
		},
		"object without service": {
			body: `{"baseURI":"va.v.liveperson.net"}`,
			want: "https://va.v.liveperson.net",
		},
		"list": {
			service: "visitorFeed",
			body:    sampleDomains,
			want:    "https://lo.v-feed.liveperson.net",
		},
		"list with account as number": {
			body: `{"baseURIs":[{"service":"smt","account":56072331,"baseURI":"lo.v.liveperson.net"}]}`,
			want: "https://lo.v.liveperson.net",
		},
		"array": {
			body: ` [{"service":"etool","baseURI":"z2.etool.liveperson.net"},{"service":"smt","baseURI":"va-a.v.liveperson.net"}]`,
			want: "https://va-a.v.liveperson.net",
		},
		"host of another pattern": {
			body: `{"service":"smt","account":"56072331","baseURI":"va.bc-monitoring.liveperson.net"}`,
			want: "https://va.bc-monitoring.liveperson.net",
		},
		"host and port": {
			body: `{"service":"smt","baseURI":"va.v.liveperson.net:8443"}`,
			want: "https://va.v.liveperson.net:8443",
		},
		"unknown members": {
			body: `{"service":"smt","baseURI":"va.v.liveperson.net","ttl":600,"region":{"id":1}}`,
			want: "https://va.v.liveperson.net",
		},

		"object of the wrong service": {
			body:        `{"service":"msdkgw","account":"56072331","baseURI":"va.msdkgw.liveperson.net"}`,
			errContains: "knows no service smt",
		},
		"service names are case sensitive": {
			body:        `{"service":"SMT","account":"56072331","baseURI":"va.v.liveperson.net"}`,
			errContains: "knows no service smt",
		},
		"list without the service":  {body: sampleDomains, errContains: "knows no service smt for this account: check account_id"},
		"array without the service": {body: `[{"service":"etool","baseURI":"z2.etool.liveperson.net"}]`, errContains: "knows no service smt"},
		"2xx without baseURI":       {body: `{"service":"smt","account":"56072331"}`, errContains: "knows no service smt"},
		"2xx with empty baseURI":    {body: `{"service":"smt","account":"56072331","baseURI":""}`, errContains: "knows no service smt"},
		"empty list":                {body: `{"baseURIs":[]}`, errContains: "knows no service smt"},
		"empty array":               {body: `[]`, errContains: "knows no service smt"},
		"empty object":              {body: `{}`, errContains: "knows no service smt"},
		"null":                      {body: `null`, errContains: "knows no service smt"},
		"baseURI of another type":   {body: `{"service":"smt","baseURI":7}`, errContains: "not JSON of the documented form", class: ClassNotFound},
		"cut off":                   {body: `{"service":"smt","baseURI":"va.v`, errContains: "not JSON of the documented form", class: ClassNotFound},
		"a page":                    {body: `<html>Sign in</html>`, errContains: "check domain_api", class: ClassNotFound},
		"error entity":              {body: sampleError, errContains: "an error instead of an answer", class: ClassNotFound},
		"UTF-16":                    {body: "\xff\xfe{\x00}\x00", errContains: "check domain_api, and whether a proxy answers", class: ClassNotFound},
		"byte order mark":           {body: "\ufeff" + `{"service":"smt","baseURI":"va.v.liveperson.net"}`, want: "https://va.v.liveperson.net"},
		"empty body":                {body: ``, errContains: "not JSON of the documented form", class: ClassNotFound},
		"baseURI with a path":       {body: `{"service":"smt","baseURI":"va.v.liveperson.net/api"}`, errContains: "reading the Domain API's answer: "},
		"baseURI over plain http":   {body: `{"service":"smt","baseURI":"http://va.v.liveperson.net"}`, errContains: "loopback"},

		// Both statuses mean a wrong account. LivePerson does not document which one it sends.
		"400": {
			status: 400, body: `{"time":1513095142268,"message":"Bad version","internalCode":33}`,
			errContains: "check account_id and domain_api", class: ClassInvalid,
		},
		"401": {
			status: 401, body: `{"time":1513095142268,"message":"Bad site","internalCode":10}`,
			errContains: "check account_id and domain_api", class: ClassUnauthorised,
		},
		"404":             {status: 404, body: "", errContains: "check account_id and domain_api", class: ClassNotFound},
		"429":             {status: 429, body: "", errContains: "LivePerson answered 429", class: ClassThrottled},
		"500":             {status: 500, body: "", errContains: "LivePerson answered 500", class: ClassServer},
		"503":             {status: 503, body: "", errContains: "LivePerson answered 503", class: ClassServer},
		"a redirect":      {status: 302, body: "", errContains: "LivePerson answered 302", class: ClassNotFound},
		"404 with a host": {status: 404, body: `{"service":"smt","baseURI":"va.v.liveperson.net"}`, errContains: "404", class: ClassNotFound},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			service := test.service
			if service == "" {
				service = ServiceMonitoring
			}
			status := test.status
			if status == 0 {
				status = http.StatusOK
			}
			got, err := newAccount(t, Options{HTTP: answering(status, test.body)}).ResolveDomain(t.Context(), service)
			if test.errContains != "" {
				require.ErrorContains(t, err, test.errContains)
				assert.Equal(t, test.class, ClassOf(err))
				assert.Equal(t, status == http.StatusNotFound || strings.Contains(err.Error(), "knows no service"), NoService(err))
				assert.Nil(t, got)
				return
			}
			require.NoError(t, err)
			assert.Equal(t, test.want, got.String())
		})
	}
}

func TestResolveDomainRequest(t *testing.T) {
	t.Parallel()
	for name, base := range map[string]string{
		"public address": "https://api.liveperson.net",
		"by default":     "",
		"with a slash":   "https://api.liveperson.net/",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got *http.Request
			doer := doerFunc(func(r *http.Request) (*http.Response, error) {
				got = r
				return response(200, `{"service":"smt","baseURI":"va.v.liveperson.net"}`), nil
			})
			_, err := newAccount(t, Options{HTTP: doer, DomainAPI: base}).ResolveDomain(t.Context(), ServiceMonitoring)
			require.NoError(t, err)
			assert.Equal(t, http.MethodGet, got.Method)
			assert.Equal(t, "https://api.liveperson.net/api/account/56072331/service/smt/baseURI.json?version=1.0", got.URL.String())
			assert.Equal(t, http.Header{"Accept": {"application/json"}, "User-Agent": {program}}, got.Header)
			assert.Nil(t, got.Body)
		})
	}
}

// A stand-in answers with host:port and LivePerson with a host, both without a scheme.
func TestResolveDomainFromStandIn(t *testing.T) {
	t.Parallel()
	url := newServer(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = w.Write([]byte(`{"service":"smt","account":"56072331","baseURI":"` + r.Host + `"}`))
	})
	account := newAccount(t, Options{HTTP: newHTTP(t, HTTPOptions{}), DomainAPI: url})
	got, err := account.ResolveDomain(t.Context(), ServiceMonitoring)
	require.NoError(t, err)
	assert.Equal(t, url, got.String())
	assert.True(t, strings.HasPrefix(url, "http://127.0.0.1:"))
}

func TestResolveDomainTimesOut(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		silent := doerFunc(func(r *http.Request) (*http.Response, error) {
			<-r.Context().Done()
			return nil, &url.Error{Op: "Get", URL: r.URL.String(), Err: r.Context().Err()}
		})
		start := time.Now()
		_, err := newAccount(t, Options{HTTP: within(10*time.Second, silent)}).ResolveDomain(t.Context(), ServiceMonitoring)
		assert.Equal(t, 10*time.Second, time.Since(start))
		require.ErrorIs(t, err, context.DeadlineExceeded)
		assert.Equal(t, ClassNetwork, ClassOf(err))
		assert.ErrorContains(t, err, "reaching api.liveperson.net: ")
		assert.NotContains(t, err.Error(), "baseURI.json")
	})
}

// Callers that connect at the same time share one request to the Domain API. Each gets its own
// error.
func TestCallersShareOneResolution(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var asked atomic.Int32
		domainAPI := doerFunc(func(*http.Request) (*http.Response, error) {
			time.Sleep(time.Second)
			if asked.Add(1) == 1 {
				return response(http.StatusServiceUnavailable, ""), nil
			}
			return response(http.StatusOK, `{"service":"smt","baseURI":"`+testDomain+`"}`), nil
		})
		m := newMonitoring(t, Options{HTTP: domainAPI}, MonitoringOptions{})
		connect := func() (errs [5]error) {
			var all sync.WaitGroup
			for i := range errs {
				all.Go(func() { errs[i] = m.Connect(t.Context()) })
			}
			all.Wait()
			return errs
		}
		for i, err := range connect() {
			require.ErrorContains(t, err, "resolving monitoring_domain: ")
			assert.Zero(t, asError(t, err).Attempts)
			asError(t, err).Attempts = i + 1
		}
		for range 2 {
			for _, err := range connect() {
				require.NoError(t, err)
			}
		}
		assert.EqualValues(t, 2, asked.Load(), "a domain that is known is not asked for")
	})
}
