package liveperson

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestMonitoringOptions(t *testing.T) {
	t.Parallel()
	good := MonitoringOptions{AppInstallationID: testApp, Method: http.MethodPost, APIVersion: "1.0"}
	tests := map[string]struct {
		change      func(*MonitoringOptions)
		errContains string
	}{
		"POST, version 1.0": {change: func(*MonitoringOptions) {}},
		"PUT, version 1.1":  {change: func(o *MonitoringOptions) { o.Method, o.APIVersion = "PUT", "1.1" }},
		"domain given":      {change: func(o *MonitoringOptions) { o.Domain = testDomain }},

		"no app installation id":  {func(o *MonitoringOptions) { o.AppInstallationID = "" }, "app_installation_id: must not be empty"},
		"app installation as URL": {func(o *MonitoringOptions) { o.AppInstallationID = "app/" + testApp }, "app_installation_id: "},
		"domain with a path":      {func(o *MonitoringOptions) { o.Domain = testDomain + "/api" }, "monitoring_domain: "},
		"domain over plain http":  {func(o *MonitoringOptions) { o.Domain = "http://" + testDomain }, "monitoring_domain: "},
		"no method":               {change: func(o *MonitoringOptions) { o.Method = "" }},
		"another method":          {func(o *MonitoringOptions) { o.Method = "GET" }, "PUT"},
		"no version":              {func(o *MonitoringOptions) { o.APIVersion = "" }, "1.0"},
		"another version":         {func(o *MonitoringOptions) { o.APIVersion = "2.0" }, "1.1"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := good
			test.change(&o)
			m, err := newAccount(t, Options{HTTP: answering(200, "")}).Monitoring(o)
			if test.errContains != "" {
				require.ErrorContains(t, err, test.errContains)
				assert.Nil(t, m)
				return
			}
			require.NoError(t, err)
			assert.NotNil(t, m)
		})
	}
}

// livePerson is a Doer. It answers requests to the Domain API with domain, and reports with answer.
// A test may change it between requests.
type livePerson struct {
	mu      sync.Mutex
	domain  string   // empty: the Domain API answers 503
	answer  string   // of a report: a key of answers
	lookups int      // requests to the Domain API
	hosts   []string // that reports went to
}

var answers = map[string]doerFunc{
	"accepted":          answering(200, sampleSession),
	"refused":           answering(400, sampleError),
	"unauthorised":      answering(401, ""),
	"bad app":           answering(404, `{"message":"Bad app installation id","internalCode":18}`),
	"404 of a server":   answering(404, "<html></html>"),
	"bad visitor id":    answering(404, `{"message":"Bad visitor id","internalCode":37}`),
	"bad session id":    answering(404, `{"message":"Bad session id","internalCode":39}`),
	"throttled":         answering(429, ""),
	"loading":           answering(202, ""),
	"unavailable":       answering(503, ""),
	"a page":            answering(200, "<html></html>"),
	"a redirect":        answering(302, ""),
	"no answer":         failing(syscall.ECONNREFUSED),
	"no answer in time": failing(&url.Error{Op: "Post", URL: "https://" + testDomain, Err: syscall.ETIMEDOUT}),
}

func (l *livePerson) Do(r *http.Request) (*http.Response, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return split(
		func(*http.Request) (*http.Response, error) {
			l.lookups++
			if l.domain == "" {
				return response(503, ""), nil
			}
			return response(200, fmt.Sprintf(`{"service":"smt","account":%q,"baseURI":%q}`, testAccount, l.domain)), nil
		},
		func(r *http.Request) (*http.Response, error) {
			l.hosts = append(l.hosts, r.URL.Host)
			return answers[l.answer](r)
		},
	)(r)
}

func TestConnect(t *testing.T) {
	t.Parallel()
	t.Run("asks once", func(t *testing.T) {
		t.Parallel()
		l := &livePerson{domain: testDomain, answer: "accepted"}
		m := newMonitoring(t, Options{HTTP: l}, MonitoringOptions{})
		for range 3 {
			require.NoError(t, m.Connect(t.Context()))
			_, err := m.Report(t.Context(), testReport())
			require.NoError(t, err)
		}
		assert.Equal(t, 1, l.lookups)
		assert.Equal(t, []string{testDomain, testDomain, testDomain}, l.hosts)
	})
	t.Run("asks again after a failure", func(t *testing.T) {
		t.Parallel()
		l := &livePerson{answer: "accepted"}
		m := newMonitoring(t, Options{HTTP: l}, MonitoringOptions{})
		err := m.Connect(t.Context())
		require.ErrorContains(t, err, "resolving monitoring_domain: ")
		assert.Equal(t, ClassServer, ClassOf(err))
		l.domain = testDomain
		require.NoError(t, m.Connect(t.Context()))
		assert.Equal(t, 2, l.lookups)
	})
	t.Run("does not ask for a domain that is given", func(t *testing.T) {
		t.Parallel()
		l := &livePerson{domain: "lo.v.liveperson.net", answer: "accepted"}
		m := newMonitoring(t, Options{HTTP: l}, MonitoringOptions{Domain: testDomain})
		require.NoError(t, m.Connect(t.Context()))
		_, err := m.Report(t.Context(), testReport())
		require.NoError(t, err)
		assert.Zero(t, l.lookups)
		assert.Equal(t, []string{testDomain}, l.hosts)
	})
}

// The Domain API is asked again if the service seems to have moved, but not often. The tests below
// use the fake clock of synctest, so their sleeps take no time.
func TestResolvingAgain(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		fixed   bool
		at      time.Duration // after Connect
		answers []string      // one after another
		again   int           // requests to the Domain API after Connect
	}{
		"no failure":                  {at: 10 * time.Minute, answers: repeat("accepted", 10)},
		"no answer, once":             {at: 10 * time.Minute, answers: repeat("no answer", 1)},
		"no answer, twice":            {at: 10 * time.Minute, answers: repeat("no answer", 2)},
		"no answer, three times":      {at: 10 * time.Minute, answers: repeat("no answer", 3), again: 1},
		"no answer, many times":       {at: 10 * time.Minute, answers: repeat("no answer", 100), again: 1},
		"no answer in time":           {at: 10 * time.Minute, answers: repeat("no answer in time", 3), again: 1},
		"404 of the app, twice":       {at: 10 * time.Minute, answers: repeat("bad app", 2)},
		"404 of the app, three times": {at: 10 * time.Minute, answers: repeat("bad app", 3), again: 1},
		"404 of another server":       {at: 10 * time.Minute, answers: repeat("404 of a server", 3), again: 1},
		"another server's page":       {at: 10 * time.Minute, answers: repeat("a page", 3), again: 1},
		"a redirect":                  {at: 10 * time.Minute, answers: repeat("a redirect", 3), again: 1},
		"all of these":                {at: 10 * time.Minute, answers: []string{"no answer", "bad app", "no answer in time"}, again: 1},

		"404 of the visitor id": {at: 10 * time.Minute, answers: repeat("bad visitor id", 10)},
		"404 of the session id": {at: 10 * time.Minute, answers: repeat("bad session id", 10)},
		"400":                   {at: 10 * time.Minute, answers: repeat("refused", 10)},
		"401":                   {at: 10 * time.Minute, answers: repeat("unauthorised", 10)},
		"429":                   {at: 10 * time.Minute, answers: repeat("throttled", 10)},
		"503":                   {at: 10 * time.Minute, answers: repeat("unavailable", 10)},
		"loading":               {at: 10 * time.Minute, answers: repeat("loading", 10)},

		"success between":         {at: 10 * time.Minute, answers: []string{"no answer", "no answer", "accepted", "no answer", "no answer"}},
		"success before three":    {at: 10 * time.Minute, answers: []string{"no answer", "accepted", "no answer", "no answer", "no answer"}, again: 1},
		"an answer of LivePerson": {at: 10 * time.Minute, answers: []string{"no answer", "no answer", "refused", "no answer", "no answer"}},
		"a refused visitor id":    {at: 10 * time.Minute, answers: []string{"bad app", "bad app", "bad visitor id", "bad app", "bad app"}},
		"soon after Connect":      {at: time.Second, answers: repeat("no answer", 10), again: 1},
		"domain given, no answer": {fixed: true, at: 10 * time.Minute, answers: repeat("no answer", 10)},
		"domain given, 404":       {fixed: true, at: 10 * time.Minute, answers: repeat("bad app", 10)},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				l := &livePerson{domain: testDomain}
				var o MonitoringOptions
				if test.fixed {
					o.Domain = testDomain
				}
				m := newMonitoring(t, Options{HTTP: l}, o)
				require.NoError(t, m.Connect(t.Context()))
				before := l.lookups
				time.Sleep(test.at)
				for _, answer := range test.answers {
					l.answer = answer
					_, _ = m.Report(t.Context(), testReport())
				}
				assert.Equal(t, test.again, l.lookups-before)
				assert.Len(t, l.hosts, len(test.answers), "each report is made once")
			})
		})
	}
}

func repeat(answer string, times int) []string {
	all := make([]string, times)
	for i := range all {
		all[i] = answer
	}
	return all
}

// connected returns a Monitoring that asked for its domain ten minutes ago.
func connected(t *testing.T, l *livePerson) *Monitoring {
	t.Helper()
	m := newMonitoring(t, Options{HTTP: l}, MonitoringOptions{})
	require.NoError(t, m.Connect(t.Context()))
	time.Sleep(10 * time.Minute)
	l.lookups = 0
	return m
}

func TestResolvingAgainOncePerMinute(t *testing.T) {
	t.Parallel()
	for name, domain := range map[string]string{
		"the Domain API answers":  testDomain,
		"the Domain API does not": "",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				l := &livePerson{domain: testDomain, answer: "bad app"}
				m := connected(t, l)
				l.domain = domain
				var asked []time.Duration
				start := time.Now()
				for range 200 { // one a second
					before := l.lookups
					_, _ = m.Report(t.Context(), testReport())
					if l.lookups > before {
						asked = append(asked, time.Since(start))
					}
					time.Sleep(time.Second)
				}
				assert.Equal(t, []time.Duration{2 * time.Second, 62 * time.Second, 122 * time.Second, 182 * time.Second}, asked)
			})
		})
	}
}

func TestReportsGoToTheNewDomain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := &livePerson{domain: testDomain, answer: "no answer"}
		m := connected(t, l)
		l.domain = "va-a.v.liveperson.net"
		for range 3 {
			_, err := m.Report(t.Context(), testReport())
			assert.Equal(t, ClassNetwork, ClassOf(err), "the failure is not made good")
		}
		l.answer = "accepted"
		_, err := m.Report(t.Context(), testReport())
		require.NoError(t, err)
		assert.Equal(t, []string{testDomain, testDomain, testDomain, "va-a.v.liveperson.net"}, l.hosts)
		assert.Equal(t, 1, l.lookups)
	})
}

func TestOldDomainStaysInUse(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := &livePerson{domain: testDomain, answer: "no answer"}
		m := connected(t, l)
		l.domain = "" // the Domain API is down as well
		for range 3 {
			_, err := m.Report(t.Context(), testReport())
			assert.Equal(t, ClassNetwork, ClassOf(err))
			assert.NotContains(t, err.Error(), "resolving", "it is the report's failure that counts")
		}
		assert.Equal(t, 1, l.lookups)
		l.answer = "accepted"
		_, err := m.Report(t.Context(), testReport())
		require.NoError(t, err)
		assert.Equal(t, []string{testDomain, testDomain, testDomain, testDomain}, l.hosts)

		l.answer, l.domain = "no answer", "va-a.v.liveperson.net"
		time.Sleep(time.Minute)
		for range 3 {
			_, _ = m.Report(t.Context(), testReport())
		}
		l.answer = "accepted"
		_, err = m.Report(t.Context(), testReport())
		require.NoError(t, err)
		assert.Equal(t, "va-a.v.liveperson.net", l.hosts[len(l.hosts)-1])
	})
}

// When a service moves, all requests in flight fail at once. Only one of them asks the Domain API.
func TestResolvingAgainInParallel(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := &livePerson{domain: testDomain, answer: "no answer"}
		m := connected(t, l)
		var all sync.WaitGroup
		for range 64 {
			all.Go(func() {
				_, err := m.Report(t.Context(), testReport())
				assert.Equal(t, ClassNetwork, ClassOf(err))
			})
		}
		all.Wait()
		assert.Equal(t, 1, l.lookups)
	})
}

// A failed probe says nothing about the requests that follow.
func TestProbeDoesNotResolveAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := &livePerson{domain: testDomain, answer: "bad app"}
		m := connected(t, l)
		for range 10 {
			assert.Error(t, m.Probe(t.Context()))
		}
		assert.Zero(t, l.lookups)
	})
}

type closingDoer struct {
	doerFunc
	closed bool
}

func (d *closingDoer) CloseIdleConnections() { d.closed = true }

func TestClose(t *testing.T) {
	t.Parallel()
	doer := &closingDoer{doerFunc: answering(200, sampleSession)}
	m := newMonitoring(t, Options{HTTP: doer}, MonitoringOptions{Domain: testDomain})
	m.Close()
	assert.True(t, doer.closed)
	_, err := m.Report(t.Context(), testReport())
	assert.NoError(t, err, "requests may still be made")

	// Close does nothing to a Doer without connections.
	newMonitoring(t, Options{HTTP: answering(200, "")}, MonitoringOptions{Domain: testDomain}).Close()
}

func TestDomainIsLookedUpAgainWhenItIsOld(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := &livePerson{domain: testDomain, answer: "accepted"}
		m := connected(t, l) // ten minutes ago
		l.domain = "va-a.v.liveperson.net"
		for range 3 {
			_, err := m.Report(t.Context(), testReport())
			require.NoError(t, err)
			time.Sleep(25 * time.Minute)
		}
		_, err := m.Report(t.Context(), testReport())
		require.NoError(t, err)
		assert.Equal(t, []string{testDomain, testDomain, testDomain, "va-a.v.liveperson.net"}, l.hosts)
		assert.Equal(t, 1, l.lookups)
	})
}

func TestReportsThatTheCallerEndedSayNothingOfTheDomain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := &livePerson{domain: testDomain, answer: "no answer"}
		m := connected(t, l)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		for range 3 {
			_, err := m.Report(ctx, testReport())
			require.Error(t, err)
		}
		assert.Zero(t, l.lookups)
	})
}
