package liveperson

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
)

// errNoService is the Domain API's not knowing a service.
var errNoService = errors.New("check account_id")

// errNoDomains is an answer that the Domain API does not give.
var errNoDomains = errors.New("this is not JSON of the documented form")

// ResolveDomain asks the Domain API where a service of the account lives.
//
// See https://developers.liveperson.com/domain-api.html. The page shows a list
// where clients get a single object, so both are read, and a bare array too.
func (a *Account) ResolveDomain(ctx context.Context, service string) (*url.URL, error) {
	root := *a.domainAPI
	root.Path = "/"
	u := root.JoinPath("api", "account", a.id, "service", service, "baseURI.json")
	u.RawQuery = "version=1.0"

	res, err := a.do(ctx, http.MethodGet, u, http.Header{"Accept": {"application/json"}}, nil)
	if err != nil {
		return nil, err
	}
	if res.status != http.StatusOK {
		e := classify(res)
		e.advice = "check account_id and domain_api"
		return nil, e
	}
	baseURI, err := findBaseURI(trimmed(res.body), service)
	if errors.Is(err, errNoDomains) {
		e := &Error{Class: ClassNotFound, Status: res.status, cause: err}
		e.describe(res)
		e.advice = err.Error() + ": check domain_api, and whether a proxy answers"
		return nil, e
	}
	if err != nil {
		return nil, err
	}
	base, err := baseFromDomainAPI(baseURI, a.domainAPI)
	if err != nil {
		return nil, fmt.Errorf("reading the Domain API's answer: its baseURI can't be used: %w", err)
	}
	return base, nil
}

// NoService tells whether ResolveDomain has failed because the Domain API does not know
// the service for the account, for which it answers 404 or a list without it.
func NoService(err error) bool {
	var e *Error
	return errors.Is(err, errNoService) || errors.As(err, &e) && e.Status == http.StatusNotFound
}

type domainEntry struct {
	Service string `json:"service"`
	BaseURI string `json:"baseURI"`
}

// findBaseURI reads the three shapes in which a base URI is answered:
// {"service","baseURI"}, {"baseURIs":[…]} and […].
func findBaseURI(body []byte, service string) (string, error) {
	var shape struct {
		domainEntry
		BaseURIs []domainEntry `json:"baseURIs"`
	}
	target := any(&shape)
	if bytes.HasPrefix(bytes.TrimSpace(body), []byte("[")) {
		target = &shape.BaseURIs
	}
	if err := json.Unmarshal(body, target); err != nil {
		return "", errNoDomains
	}
	if object, is := objectOf(body); is && isError(object) {
		return "", errNoDomains
	}
	if shape.BaseURI != "" && (shape.Service == "" || shape.Service == service) {
		return shape.BaseURI, nil
	}
	for _, entry := range shape.BaseURIs {
		if entry.Service == service && entry.BaseURI != "" {
			return entry.BaseURI, nil
		}
	}
	return "", fmt.Errorf("the Domain API knows no service %s for this account: %w", service, errNoService)
}
