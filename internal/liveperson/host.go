package liveperson

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/benthos-liveperson/benthos-liveperson/internal/singleflight"
)

const (
	// failuresBeforeResolving is after how many failures in a row the Domain API is asked again.
	// Only failures count that a moved service could cause.
	failuresBeforeResolving = 3
	// domainLifetime is how long a domain is used before the Domain API is asked again.
	// LivePerson says that domains may change.
	domainLifetime = time.Hour
	// resolvePause is the least time between two requests that failures lead to. With a wrong
	// app installation id every request is a 404.
	resolvePause = time.Minute
)

// host is the address of a service of the account: a configured one, or the one that the Domain
// API names. It is safe for concurrent use.
type host struct {
	account  *Account
	setting  string   // the configuration field for the address
	services []string // names for the Domain API; the first that it knows counts
	given    bool

	connecting singleflight.Group[struct{}]

	mu       sync.Mutex
	base     *url.URL // nil until resolved
	failures int
	resolved time.Time // when the Domain API last named the host
	asked    time.Time // when failures last led to a request to the Domain API
}

// host returns the host of a service. If domain is empty, the Domain API is asked for it.
func (a *Account) host(setting, domain string, services ...string) (*host, error) {
	h := &host{account: a, setting: setting, services: services, given: domain != ""}
	if h.given {
		base, err := ParseBaseURL(domain)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", setting, err)
		}
		h.base = base
	}
	return h, nil
}

// connect finds the host, unless it was given or found before. Callers that connect at the
// same time share one request, and each gets an error of its own.
func (h *host) connect(ctx context.Context) error {
	if h.baseURL() != nil {
		return nil
	}
	_, err := h.connecting.Do(ctx, "", func(ctx context.Context) (struct{}, error) {
		base, err := h.resolve(ctx)
		if err != nil {
			return struct{}{}, err
		}
		h.mu.Lock()
		defer h.mu.Unlock()
		h.base, h.resolved = base, time.Now()
		return struct{}{}, nil
	})
	var shared *Error
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		err = stoppedWaiting(ctx)
	case errors.As(err, &shared):
		own := *shared // a retrier counts its attempts in it
		err = &own
	}
	return fmt.Errorf("resolving %s: %w", h.setting, err)
}

// stoppedWaiting is the error of a caller whose context has ended.
func stoppedWaiting(ctx context.Context) *Error {
	return &Error{Class: ClassNetwork, detail: ctx.Err().Error(), cause: ctx.Err()}
}

// resolve asks the Domain API for the services in turn, until it knows one.
func (h *host) resolve(ctx context.Context) (base *url.URL, err error) {
	for _, service := range h.services {
		base, err = h.account.ResolveDomain(ctx, service)
		if err == nil || !NoService(err) {
			break
		}
	}
	return base, err
}

func (h *host) baseURL() *url.URL {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.base
}

// url returns a URL at the host. rawPath is the escaped path.
func (h *host) url(path, rawPath, query string) (*url.URL, error) {
	base := h.baseURL()
	if base == nil {
		return nil, fmt.Errorf("not connected: %s is not known yet", h.setting)
	}
	u := *base
	u.Path, u.RawPath, u.RawQuery = path, rawPath, query
	return &u, nil
}

// do makes one request to the host, as Account.do does.
func (h *host) do(ctx context.Context, method string, u *url.URL, header http.Header, body []byte) (*answer, error) {
	res, err := h.account.do(ctx, method, u, header, body)
	var e *Error
	if errors.As(err, &e) {
		e.advice = "check " + h.setting + " or domain_api, DNS, proxy and firewall"
	}
	return res, err
}

// observe is called with the result of each request. It asks the Domain API again after several
// failures in a row, and when the host was resolved an hour ago. If that fails, the old host
// stays in use.
func (h *host) observe(ctx context.Context, err error) {
	if ctx.Err() == nil && h.shouldResolve(err) {
		h.resolveAgain(ctx)
	}
}

// resolveAgain asks the Domain API, and says whether it now names another host.
func (h *host) resolveAgain(ctx context.Context) (moved bool) {
	before := h.baseURL()
	if h.given || before == nil {
		return false
	}
	base, err := h.resolve(ctx)
	if err != nil {
		return false
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.base, h.resolved = base, time.Now()
	return *base != *before
}

func (h *host) shouldResolve(err error) bool {
	if h.given {
		return false
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.base == nil {
		return false
	}
	if mayHaveMoved(err) {
		h.failures++
	} else {
		h.failures = 0
	}
	failing := h.failures >= failuresBeforeResolving && time.Since(h.asked) >= resolvePause
	if !failing && time.Since(h.resolved) < domainLifetime {
		return false
	}
	now := time.Now()
	h.failures, h.asked, h.resolved = 0, now, now
	return true
}

// mayHaveMoved says whether a failure may mean that the service has moved.
func mayHaveMoved(err error) bool {
	var e *Error
	if !errors.As(err, &e) || e.StaleIDs() {
		return false
	}
	return e.Class == ClassNetwork || e.Class == ClassNotFound
}
