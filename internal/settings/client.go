// Package settings has the YAML fields that several components share, and the kinds of fields that
// all components use: ids, hosts, numbers, switches, durations, lists, secrets and paths. Each kind
// has a lint rule. Components repeat the check when they start, for configs that were not linted.
package settings

import (
	"crypto/tls"
	"sync"
	"time"

	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/benthos-liveperson/benthos-liveperson/internal/liveperson"
)

const (
	aFieldDomainAPI = "domain_api"
	aFieldTimeout   = "timeout"
	aFieldTLS       = "tls"
	aFieldProxyURL  = "proxy_url"
)

// AdvancedFields returns the fields of the client for an account, except the account's id. They are
// created once for all components, because parsing the lint rules is slow.
var AdvancedFields = sync.OnceValue(func() []*service.ConfigField {
	return []*service.ConfigField{
		service.NewStringField(aFieldDomainAPI).
			Description("The base URL of LivePerson's Domain API, which returns the host of each service of the account. Plain `http` is accepted for loopback addresses only.").
			Default(liveperson.DefaultDomainAPI).
			Advanced().
			LintRule(Lint(HostLint(aFieldDomainAPI))),
		DurationField(aFieldTimeout).
			Description("The most time a single request may take, from connecting to the last byte of the answer. More than 0s.").
			Default("10s").
			Advanced(),
		service.NewTLSField(aFieldTLS).
			Description("TLS settings. Versions below 1.2 are never used.").
			Advanced(),
		service.NewStringField(aFieldProxyURL).
			Description("An HTTP or SOCKS5 proxy for all requests. Empty: the environment variables `HTTPS_PROXY` and `NO_PROXY` decide.").
			Default("").
			Advanced().
			Secret().
			LintRule(Lint(proxyLint)),
	}
})

// Config holds the values of the shared fields.
type Config struct {
	AccountID string
	DomainAPI string
	Timeout   time.Duration
	TLS       *tls.Config
	ProxyURL  string
	// Traceparent is whether requests name the span that they belong to. It is no shared field.
	Traceparent bool
}

// FromParsed reads the shared fields.
func FromParsed(conf *service.ParsedConfig) (c Config, err error) {
	if c.AccountID, err = conf.FieldString(aFieldAccountID); err != nil {
		return
	}
	if err = CheckAccountID(c.AccountID); err != nil {
		return
	}
	if c.DomainAPI, err = conf.FieldString(aFieldDomainAPI); err != nil {
		return
	}
	if c.Timeout, err = Duration(conf, aFieldTimeout); err != nil {
		return
	}
	if c.TLS, err = conf.FieldTLS(aFieldTLS); err != nil {
		return
	}
	c.ProxyURL, err = conf.FieldString(aFieldProxyURL)
	return
}

// Client returns a client for the account. inFlight is the most requests in flight. The client
// keeps as many idle connections. Client does no I/O.
func (c Config) Client(inFlight int) (*liveperson.Account, error) {
	http, err := liveperson.NewHTTP(liveperson.HTTPOptions{
		TLS: c.TLS, ProxyURL: c.ProxyURL, Connections: inFlight, Timeout: c.Timeout, TraceContext: c.Traceparent,
	})
	if err != nil {
		return nil, err
	}
	return liveperson.NewAccount(liveperson.Options{
		AccountID: c.AccountID,
		DomainAPI: c.DomainAPI,
		HTTP:      http,
	})
}
