package liveperson

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// ServiceMonitoring is the Domain API's name for the service of the Monitoring API.
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
	// Domain is the host of the Monitoring API. If empty, the Domain API is asked for it.
	Domain string
	// Method is the method of reports: http.MethodPost with the header
	// X-HTTP-Method-Override: PUT, or http.MethodPut. LivePerson documents both.
	// Empty: http.MethodPost.
	Method string
	// APIVersion is APIVersion10 or APIVersion11.
	APIVersion string
	// OnBehalfOfVisitor tells LivePerson that the caller is not the visitor. LivePerson then
	// does not use the caller's address as the visitor's.
	OnBehalfOfVisitor bool
	// AcceptAny200 accepts 200 and 201 as a success of a report, with any body.
	AcceptAny200 bool
}

// Monitoring is the Monitoring API of one app installation. It is safe for
// concurrent use.
//
// See https://developers.liveperson.com/monitoring-api-overview.html.
type Monitoring struct {
	host    *host
	options MonitoringOptions
	path    string      // of the app installation
	rawPath string      // the same, escaped
	header  http.Header // of reports; they share it, so it must not be changed
}

// Monitoring checks the options and returns the account's Monitoring API. It does no I/O.
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
	return &Monitoring{host: h, options: o, path: root.Path, rawPath: root.EscapedPath(), header: a.reportHeader(o.Method)}, nil
}

// Connect asks the Domain API for the host of the Monitoring API, unless the host is known.
func (m *Monitoring) Connect(ctx context.Context) error { return m.host.connect(ctx) }

// Resolve asks the Domain API for the host again, unless the settings name it. It returns
// whether the host has changed.
func (m *Monitoring) Resolve(ctx context.Context) (moved bool) { return m.host.resolveAgain(ctx) }

// Close closes idle connections. Requests may still be made.
func (m *Monitoring) Close() { m.host.account.closeIdle() }

// url returns the URL of a method of the app installation.
func (m *Monitoring) url(method, query string) (*url.URL, error) {
	return m.host.url(m.path+method, m.rawPath+method, query)
}

// usualQuery is enough bytes for the parameters with LivePerson's ids.
const usualQuery = 96

// query returns the parameters of a method. Empty ids are left out.
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
