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

// errNoService means that the Domain API does not list a service.
var errNoService = errors.New("check account_id")

// errNoDomains means that an answer does not have the form of the Domain API.
var errNoDomains = errors.New("this is not JSON of the documented form")

// ResolveDomain asks the Domain API for the host of a service of the account.
//
// See https://developers.liveperson.com/domain-api.html. The page shows a list, but clients get
// a single object. ResolveDomain reads both, and also a bare array.
func (a *Account) ResolveDomain(ctx context.Context, service string) (*url.URL, error) {
	root := *a.domainAPI
	root.Path = "/"
	u := root.JoinPath("api", "account", a.id, "service", service, "baseURI.json")
	u.RawQuery = "version=1.0"

	res, err := a.do(ctx, http.MethodGet, u, withUserAgent(http.Header{"Accept": {"application/json"}}), nil)
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

// NoService returns whether ResolveDomain failed because the account does not have the service.
// The Domain API then answers 404, or a list without the service.
func NoService(err error) bool {
	var e *Error
	return errors.Is(err, errNoService) || errors.As(err, &e) && e.Status == http.StatusNotFound
}

type domainEntry struct {
	Service string `json:"service"`
	BaseURI string `json:"baseURI"`
}

// findBaseURI reads the three forms of an answer: {"service","baseURI"}, {"baseURIs":[…]} and […].
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
