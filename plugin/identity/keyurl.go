package identity

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/benthos-liveperson/benthos-liveperson/internal/liveperson"
	"github.com/benthos-liveperson/benthos-liveperson/internal/singleflight"
)

// keyURL is an issuer's JWK Set at a URL. It is fetched at first use, because the linter and the
// start must pass while the issuer is down. Safe for concurrent use.
//
// If there are keys, only a token with an unknown kid waits for a request. Keys of a failed or
// unreadable answer never replace earlier ones.
type keyURL struct {
	url      string
	interval time.Duration // the age at which keys are fetched again
	client   *http.Client
	now      func() time.Time
	warn     func(err error) // called when requests begin to fail and the old keys stay

	fetches singleflight.Group[[]key]

	mu    sync.Mutex
	asked time.Time // when the last request began
	due   time.Time // when to ask again because the keys are old
	keys  []key
	err   error // of the last request
}

const (
	// coolDown is the least time between two requests. Anybody can send tokens with an unknown
	// kid, and must not make this process flood the issuer or wait for it all the time.
	coolDown = 30 * time.Second
	// firstCoolDown is the cool-down while there are no keys. It is shorter, because messages with a
	// token fail until then.
	firstCoolDown = 2 * time.Second
	// fetchTimeout limits a request, from connecting to the last byte.
	fetchTimeout = 5 * time.Second
	// maxRedirects is how often a server may redirect within its host.
	maxRedirects = 3
)

// current returns the newest keys. It waits for a request only if there are no keys. It returns an
// error if no keys could be fetched yet.
func (u *keyURL) current(ctx context.Context) ([]key, error) {
	u.mu.Lock()
	keys, now := u.keys, u.now()
	isOld := keys != nil && !now.Before(u.due)
	if isOld {
		u.due = now.Add(coolDown) // the time of the next request if this one fails
	}
	u.mu.Unlock()
	if keys == nil {
		return u.newer(ctx)
	}
	if isOld {
		go func() { _, _ = u.newer(context.WithoutCancel(ctx)) }()
	}
	return keys, nil
}

// newer makes a request and returns the new keys. If the last request was less than a cool-down
// ago, it returns the current keys. Concurrent callers share a request.
func (u *keyURL) newer(ctx context.Context) ([]key, error) {
	return u.fetches.Do(ctx, "", func(ctx context.Context) ([]key, error) {
		if u.mayAsk() {
			keys, err := u.fetch(ctx)
			u.store(keys, err)
		}
		u.mu.Lock()
		defer u.mu.Unlock()
		if u.keys == nil {
			return nil, u.err
		}
		return u.keys, nil
	})
}

func (u *keyURL) mayAsk() bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	pause := coolDown
	if u.keys == nil {
		pause = firstCoolDown
	}
	now := u.now()
	if !u.asked.IsZero() && now.Sub(u.asked) < pause {
		return false
	}
	u.asked = now
	return true
}

func (u *keyURL) store(keys []key, err error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if err != nil {
		err = fmt.Errorf("fetching the keys of ID tokens: %s: %w", liFieldKeysURL, err)
		if u.keys != nil && u.err == nil {
			u.warn(err)
		}
		u.err = err
		return
	}
	u.keys, u.err, u.due = keys, nil, u.now().Add(u.interval)
}

func (u *keyURL) fetch(ctx context.Context) ([]key, error) {
	ctx, cancel := context.WithTimeout(ctx, fetchTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, u.url, http.NoBody)
	if err != nil {
		return nil, errors.New(notKeysURL)
	}
	request.Header.Set("Accept", "application/jwk-set+json, application/json")
	response, err := u.client.Do(request)
	if err != nil {
		return nil, describe(err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("the server answered with the status %d, expected 200", response.StatusCode)
	}
	content, err := io.ReadAll(io.LimitReader(response.Body, maxKeys+1))
	if err != nil {
		return nil, describe(err)
	}
	if len(content) > maxKeys {
		return nil, fmt.Errorf("the answer has more than %d bytes", maxKeys)
	}
	keys, bad := parseJWKS(content)
	if len(keys) == 0 {
		return nil, bad
	}
	return keys, nil // a bad key of the issuer must not make the good ones useless
}

var errRedirected = errors.New("the server redirects to another host, to http, or without end: set the address that it redirects to, if that is the issuer's")

// describe returns an error that has neither the URL, whose query may be secret, nor text of the
// server.
func describe(err error) error {
	if errors.Is(err, errRedirected) {
		return errRedirected
	}
	return errors.New(liveperson.NetworkWords(err))
}

// newKeysClient returns a client for keys. It keeps no connections, because requests are rare.
func newKeysClient() *http.Client {
	return &http.Client{
		Transport: &http.Transport{
			Proxy:                  http.ProxyFromEnvironment,
			DisableKeepAlives:      true,
			ForceAttemptHTTP2:      true,
			MaxResponseHeaderBytes: 64 << 10,
		},
		CheckRedirect: sameHost,
	}
}

// sameHost refuses redirects that leave the host of the setting.
func sameHost(next *http.Request, via []*http.Request) error {
	if next.URL.Scheme != "https" || hostOf(next.URL) != hostOf(via[0].URL) || len(via) > maxRedirects {
		return errRedirected
	}
	return nil
}

func hostOf(u *url.URL) string { return strings.TrimSuffix(strings.ToLower(u.Host), ":443") }

const notKeysURL = "expected a URL such as https://login.example.com/.well-known/jwks.json, with https, without a user name and a fragment"

// keysURLLint accepts an empty value and a variable, as settings.HostLint.
const keysURLLint = `root = if this != "" && !this.contains("${") && !this.re_match("^(?i:https)://[^[:space:][:cntrl:]/?#@\\\\]+([/?][^[:space:][:cntrl:]#\\\\]*)?$") { "` + notKeysURL + `" }`

// checkKeysURL does not repeat the URL, which may have a password or a secret query.
func checkKeysURL(text string) error {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "https" || u.Hostname() == "" || u.User != nil || u.Fragment != "" {
		return errors.New(liFieldKeysURL + ": " + notKeysURL)
	}
	return nil
}
