// Package settings holds the YAML fields that all LivePerson components share,
// and makes of them a client for the account. What belongs to one component
// alone does not come in.
package settings

import (
	"crypto/tls"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/benthos-liveperson/benthos-liveperson/internal/liveperson"
)

const (
	aFieldAccountID = "account_id"
	aFieldDomainAPI = "domain_api"
	aFieldTimeout   = "timeout"
	aFieldTLS       = "tls"
	aFieldProxyURL  = "proxy_url"
)

// AccountField is the required field that names the account.
func AccountField() *service.ConfigField {
	return service.NewStringField(aFieldAccountID).
		Description("The id of the LivePerson account.").
		Example("12345678").
		LintRule(accountLint)
}

// accountLint is the lint rule of the account's id. An empty value passes: it is what an
// unset environment variable leaves.
const accountLint = `root = if !this.re_match("[$][{][^!]") && !this.re_match("^[0-9]*$") { "` + aFieldAccountID + `: ` + notAccount + `" }`

const notAccount = "an account id has digits alone, such as 12345678: give the id alone, not a path, URL or name"

// CheckAccountID tells whether a text is empty or may be the id of an account.
func CheckAccountID(id string) error {
	if strings.Trim(id, "0123456789") != "" {
		return errors.New(aFieldAccountID + ": " + notAccount)
	}
	return nil
}

// IDLint is the lint rule of a field that holds the id of an app. An empty value passes:
// it is what an unset environment variable leaves.
func IDLint(name string) string {
	return fmt.Sprintf(`root = if !this.re_match("[$][{][^!]") && this.re_match(%q) { %q }`, notInID, notID(name))
}

// CheckID is IDLint for a component that starts.
func CheckID(name, id string) error {
	if inNoID.MatchString(id) {
		return errors.New(notID(name))
	}
	return nil
}

const notInID = `[/\\?#%&[:space:][:cntrl:]]|^[.][.]?$`

var inNoID = regexp.MustCompile(notInID)

func notID(name string) string {
	return name + `: an id can't have any of / \ ? # % & or a space in it, and is not . or ..: give the id alone, not a path or URL`
}

// DurationLint is the lint rule of duration fields, which Benthos itself does
// not check before it runs. On a list of durations Benthos applies it to the list
// and to each item.
const DurationLint = `root = if this.type() != "array" && this != "" && !this.string().re_match("^([0-9]+([.][0-9]*)?(ns|us|µs|ms|s|m|h))+$") { "expected a duration such as 10s or 1m30s" }`

// AdvancedFields are the other fields, all with defaults.
func AdvancedFields() []*service.ConfigField {
	return []*service.ConfigField{
		service.NewStringField(aFieldDomainAPI).
			Description("The base URL of LivePerson's Domain API, which is asked where a service of the account lives. Plain `http` is accepted for loopback addresses only.").
			Default(liveperson.DefaultDomainAPI).
			Advanced().
			LintRule(HostLint(aFieldDomainAPI)),
		DurationField(aFieldTimeout).
			Description("The most time a single request may take, from connecting to the last byte of the answer. More than 0s.").
			Default("10s").
			Advanced(),
		service.NewTLSField(aFieldTLS).
			Description("TLS settings. Versions below 1.2 are never used.").
			Advanced(),
		service.NewStringField(aFieldProxyURL).
			Description("An HTTP or SOCKS5 proxy for all requests. Empty: what `HTTPS_PROXY` and `NO_PROXY` say.").
			Default("").
			Advanced().
			Secret().
			LintRule(proxyLint),
	}
}

// Config holds the values of the shared fields.
type Config struct {
	AccountID string
	DomainAPI string
	Timeout   time.Duration
	TLS       *tls.Config
	ProxyURL  string
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

// Client makes the account's client, with as many connections kept open as
// there may be requests in flight. It does no I/O.
func (c Config) Client(inFlight int) (*liveperson.Account, error) {
	http, err := liveperson.NewHTTP(liveperson.HTTPOptions{TLS: c.TLS, ProxyURL: c.ProxyURL, Connections: inFlight, Timeout: c.Timeout})
	if err != nil {
		return nil, err
	}
	return liveperson.NewAccount(liveperson.Options{
		AccountID: c.AccountID,
		DomainAPI: c.DomainAPI,
		HTTP:      http,
	})
}
