package client

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"sync"
	"time"
)

const (
	// failuresBeforeResolving is how many failures in a row that could mean a
	// moved service make the domain be asked for again.
	failuresBeforeResolving = 3
	// domainLifetime is how long a domain is used before it is asked for again:
	// LivePerson asks for it to be looked up, as it may change.
	domainLifetime = time.Hour
	// resolvePause is the least time between two such questions: with a wrong
	// app installation id every request is a 404.
	resolvePause = time.Minute
)

// The versions of the Monitoring API.
const (
	APIVersion10 = "1.0"
	APIVersion11 = "1.1"
)

// MonitoringOptions of Account.Monitoring.
type MonitoringOptions struct {
	// AppInstallationID is the app key of the Monitoring API application.
	AppInstallationID string
	// Domain is the host of the Monitoring API. Empty: asked of the Domain API.
	Domain string
	// Method is http.MethodPost, which carries X-HTTP-Method-Override: PUT, or
	// http.MethodPut. LivePerson documents both.
	Method string
	// APIVersion is APIVersion10 or APIVersion11.
	APIVersion string
	// OnBehalfOfVisitor tells LivePerson that the caller is not the visitor, so
	// that the caller's address is not taken for the visitor's.
	OnBehalfOfVisitor bool
}

// Monitoring is the Monitoring API of one app installation. It is safe for
// concurrent use.
//
// See https://developers.liveperson.com/monitoring-api-overview.html.
type Monitoring struct {
	account *Account
	options MonitoringOptions
	path    string // of the app installation
	rawPath string // the same, escaped
	header  http.Header

	mu       sync.Mutex
	base     *url.URL // nil until resolved
	failures int
	resolved time.Time
}

// Monitoring checks the options and gives the account's Monitoring API. It does
// no I/O.
func (a *Account) Monitoring(o MonitoringOptions) (*Monitoring, error) {
	if err := CheckID(o.AppInstallationID); err != nil {
		return nil, fmt.Errorf("app_installation_id: %w", err)
	}
	if o.Method != http.MethodPost && o.Method != http.MethodPut {
		return nil, fmt.Errorf("method: %q is neither POST nor PUT", o.Method)
	}
	if o.APIVersion != APIVersion10 && o.APIVersion != APIVersion11 {
		return nil, fmt.Errorf("api_version: %q is neither %q nor %q", o.APIVersion, APIVersion10, APIVersion11)
	}
	root := (&url.URL{Path: "/"}).JoinPath("api", "account", a.id, "app", o.AppInstallationID, "/")
	m := &Monitoring{account: a, options: o, path: root.Path, rawPath: root.EscapedPath(), header: o.header()}
	if o.Domain != "" {
		base, err := ParseBaseURL(o.Domain)
		if err != nil {
			return nil, fmt.Errorf("monitoring_domain: %w", err)
		}
		m.base = base
	}
	return m, nil
}

// Connect finds the domain of the Monitoring API, unless it was given or found
// before.
func (m *Monitoring) Connect(ctx context.Context) error {
	if m.baseURL() != nil {
		return nil
	}
	base, err := m.account.ResolveDomain(ctx, ServiceMonitoring)
	if err != nil {
		return fmt.Errorf("resolving the monitoring domain: %w", err)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.base, m.resolved = base, time.Now()
	return nil
}

// Close lets go of idle connections. Requests may still be made.
func (m *Monitoring) Close() {
	if c, ok := m.account.http.(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
}

func (m *Monitoring) baseURL() *url.URL {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.base
}

// observe follows whether the resolved domain still answers, and asks the
// Domain API again when it has not for a while, or when it is an hour old. The old
// domain stays in use if that fails.
func (m *Monitoring) observe(ctx context.Context, err error) {
	if m.options.Domain != "" || ctx.Err() != nil || !m.shouldResolve(err) {
		return
	}
	base, err := m.account.ResolveDomain(ctx, ServiceMonitoring)
	if err != nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.base = base
}

func (m *Monitoring) shouldResolve(err error) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.base == nil {
		return false
	}
	if mayHaveMoved(err) {
		m.failures++
	} else {
		m.failures = 0
	}
	age := time.Since(m.resolved)
	failing := m.failures >= failuresBeforeResolving && age >= resolvePause
	if !failing && age < domainLifetime {
		return false
	}
	m.failures, m.resolved = 0, time.Now()
	return true
}

// mayHaveMoved picks the failures that a service gives which is no longer where
// it was.
func mayHaveMoved(err error) bool {
	var e *Error
	if !errors.As(err, &e) || e.StaleIDs() {
		return false
	}
	return e.Class == ClassNetwork || e.Class == ClassNotFound
}

// url gives the address of a method of the app installation.
func (m *Monitoring) url(method, query string) (*url.URL, error) {
	base := m.baseURL()
	if base == nil {
		return nil, errors.New("not connected: the monitoring domain is not known yet")
	}
	u := *base
	u.Path = m.path + method
	u.RawPath = m.rawPath + method
	u.RawQuery = query
	return &u, nil
}

// query gives the parameters of a method; ids are absent when empty.
func (m *Monitoring) query(visitorID, sessionID string) string {
	query := "obh=" + strconv.FormatBool(m.options.OnBehalfOfVisitor)
	if sessionID != "" {
		query += "&sid=" + url.QueryEscape(sessionID)
	}
	query += "&v=" + m.options.APIVersion
	if visitorID != "" {
		query += "&vid=" + url.QueryEscape(visitorID)
	}
	return query
}

func (o MonitoringOptions) header() http.Header {
	h := http.Header{
		"Accept":       {"application/json"},
		"Content-Type": {"application/json"},
	}
	if o.Method == http.MethodPost {
		h.Set("X-HTTP-Method-Override", http.MethodPut)
	}
	return h
}
