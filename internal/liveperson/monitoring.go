package liveperson

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// ServiceMonitoring is the Domain API's name of the service that answers the
// Monitoring API.
const ServiceMonitoring = "smt"

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
	// Method is that of reports: http.MethodPost, which carries
	// X-HTTP-Method-Override: PUT, or http.MethodPut. LivePerson documents both.
	// Empty: http.MethodPost.
	Method string
	// APIVersion is APIVersion10 or APIVersion11.
	APIVersion string
	// OnBehalfOfVisitor tells LivePerson that the caller is not the visitor, so
	// that the caller's address is not taken for the visitor's.
	OnBehalfOfVisitor bool
	// AcceptAny200 takes 200 and 201 for an acceptance of a report whatever their body is.
	AcceptAny200 bool
}

// Monitoring is the Monitoring API of one app installation. It is safe for
// concurrent use.
//
// See https://developers.liveperson.com/monitoring-api-overview.html.
type Monitoring struct {
	host    *host
	options MonitoringOptions
	path    string // of the app installation
	rawPath string // the same, escaped
}

// Monitoring checks the options and gives the account's Monitoring API. It does
// no I/O.
func (a *Account) Monitoring(o MonitoringOptions) (*Monitoring, error) {
	if err := checkID(o.AppInstallationID); err != nil {
		return nil, fmt.Errorf("app_installation_id: %w", err)
	}
	if o.Method == "" {
		o.Method = http.MethodPost
	}
	if o.Method != http.MethodPost && o.Method != http.MethodPut {
		return nil, fmt.Errorf("method: %q is neither POST nor PUT", o.Method)
	}
	if o.APIVersion != APIVersion10 && o.APIVersion != APIVersion11 {
		return nil, fmt.Errorf("api_version: %q is neither %q nor %q", o.APIVersion, APIVersion10, APIVersion11)
	}
	h, err := a.host("monitoring_domain", o.Domain, ServiceMonitoring)
	if err != nil {
		return nil, err
	}
	root := (&url.URL{Path: "/"}).JoinPath("api", "account", a.id, "app", o.AppInstallationID, "/")
	return &Monitoring{host: h, options: o, path: root.Path, rawPath: root.EscapedPath()}, nil
}

// Connect finds the domain of the Monitoring API, unless it was given or found
// before.
func (m *Monitoring) Connect(ctx context.Context) error { return m.host.connect(ctx) }

// Resolve asks the Domain API where the Monitoring API is now, unless its domain was given.
// It tells whether the Monitoring API has moved.
func (m *Monitoring) Resolve(ctx context.Context) (moved bool) { return m.host.resolveAgain(ctx) }

// Close lets go of idle connections. Requests may still be made.
func (m *Monitoring) Close() { m.host.account.closeIdle() }

// url gives the address of a method of the app installation.
func (m *Monitoring) url(method, query string) (*url.URL, error) {
	return m.host.url(m.path+method, m.rawPath+method, query)
}

// usualQuery has room for the parameters with ids as LivePerson makes them.
const usualQuery = 96

// query gives the parameters of a method; ids are absent when empty.
func (m *Monitoring) query(visitorID, sessionID string) string {
	var query strings.Builder
	query.Grow(usualQuery)
	query.WriteString("obh=" + strconv.FormatBool(m.options.OnBehalfOfVisitor))
	if sessionID != "" {
		query.WriteString("&sid=")
		query.WriteString(url.QueryEscape(sessionID))
	}
	query.WriteString("&v=")
	query.WriteString(m.options.APIVersion)
	if visitorID != "" {
		query.WriteString("&vid=")
		query.WriteString(url.QueryEscape(visitorID))
	}
	return query.String()
}
