package identity

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// issuer answers requests for its keys in memory, so that a test can run in a bubble of synctest.
type issuer struct {
	mu       sync.Mutex
	answer   func(*http.Request) (*http.Response, error)
	requests int
}

func (i *issuer) RoundTrip(request *http.Request) (*http.Response, error) {
	i.mu.Lock()
	i.requests++
	answer := i.answer
	i.mu.Unlock()
	return answer(request)
}

// publishes sets the answer.
func (i *issuer) publishes(status int, body string) {
	i.does(func(*http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: status, Body: io.NopCloser(strings.NewReader(body))}, nil
	})
}

func (i *issuer) does(answer func(*http.Request) (*http.Response, error)) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.answer = answer
}

// asked returns how many requests there were since the last call.
func (i *issuer) asked() (requests int) {
	synctest.Wait()
	i.mu.Lock()
	defer i.mu.Unlock()
	requests, i.requests = i.requests, 0
	return requests
}

// login is an issuer, and a verifier that knows its URL.
type login struct {
	issuer
	*verifier
	warnings []string
}

func newLogin() *login {
	l := &login{}
	keys := &keyURL{
		url: "https://login.example.com/keys?secret=s3cr3t", interval: 15 * time.Minute, client: &http.Client{Transport: &l.issuer},
		now: time.Now, warn: func(err error) { l.warnings = append(l.warnings, err.Error()) },
	}
	l.verifier = &verifier{keys: keys, now: atNoon, expect: expectations{subClaim: "sub"}}
	return l
}

// accepts returns nil if the token is accepted.
func (l *login) accepts(t *testing.T, token string) error {
	t.Helper()
	_, err := l.verify(t.Context(), token)
	return err
}

func assertRefused(t *testing.T, err error, why reason) {
	t.Helper()
	var refused *refusal
	if assert.ErrorAs(t, err, &refused) {
		assert.Equal(t, why, refused.reason)
	}
}

func tokenOf(t *testing.T, id string, private *rsa.PrivateKey) string {
	t.Helper()
	return sign(t, jwt.SigningMethodRS256, private, id, goodClaims(nil))
}

func TestAnIssuerThatRotates(t *testing.T) {
	t.Parallel()
	oldToken, newToken, strange := tokenOf(t, "old", rsaKey()), tokenOf(t, "new", otherRSA()), tokenOf(t, "strange", otherRSA())
	oldKeys, newKeys := setOf(t, "old", rsaKey(), "RS256"), setOf(t, "new", otherRSA(), "RS256")
	synctest.Test(t, func(t *testing.T) {
		l := newLogin()
		l.publishes(200, oldKeys)
		for range 100 {
			require.NoError(t, l.accepts(t, oldToken))
		}
		assert.Equal(t, 1, l.asked(), "keys are fetched once")

		// The issuer has a new key. The first token with it makes the processor ask.
		time.Sleep(coolDown)
		l.publishes(200, newKeys)
		require.NoError(t, l.accepts(t, oldToken), "nobody has asked yet")
		require.NoError(t, l.accepts(t, newToken))
		assert.Equal(t, 1, l.asked())
		assertRefused(t, l.accepts(t, oldToken), reasonUnknownKey)

		// Tokens with unknown kids make one request per cool-down.
		for range 1000 {
			assertRefused(t, l.accepts(t, strange), reasonUnknownKey)
		}
		assert.Zero(t, l.asked(), "the last request was just now")
		time.Sleep(coolDown)
		for range 1000 {
			assertRefused(t, l.accepts(t, strange), reasonUnknownKey)
			require.NoError(t, l.accepts(t, newToken))
		}
		assert.Equal(t, 1, l.asked())

		// A key that the issuer withdraws is accepted for the interval.
		l.publishes(200, oldKeys)
		time.Sleep(15*time.Minute - time.Second)
		require.NoError(t, l.accepts(t, newToken))
		assert.Zero(t, l.asked())
		time.Sleep(time.Second)
		require.NoError(t, l.accepts(t, newToken), "the request is in the background")
		assert.Equal(t, 1, l.asked())
		assertRefused(t, l.accepts(t, newToken), reasonUnknownKey)
		assert.Empty(t, l.warnings)
	})
}

func TestABadKeyBesideAGoodOne(t *testing.T) {
	t.Parallel()
	token, good := tokenOf(t, "rsa-1", rsaKey()), setOf(t, "rsa-1", rsaKey(), "RS256")
	synctest.Test(t, func(t *testing.T) {
		for _, bad := range []string{`{"kty":"RSA","kid":"rsa-2","n":"AQAB","e":"AQAB"}`, `{"kty":"RSA","kid":"rsa-1","d":"AQAB"}`, `{"kty":"EC","crv":"P-256"}`, `{"kty":"oct","k":"AQAB"}`, `{}`} {
			l := newLogin()
			l.publishes(200, strings.Replace(good, "[", "["+bad+",", 1))
			require.NoError(t, l.accepts(t, token), bad)
			l = newLogin()
			l.publishes(200, `{"keys":[`+bad+`]}`)
			assert.ErrorContains(t, l.accepts(t, token), "keys_url: ", bad)
		}
	})
}

func TestAnIssuerThatFails(t *testing.T) {
	t.Parallel()
	token, keys := tokenOf(t, "rsa-1", rsaKey()), setOf(t, "rsa-1", rsaKey(), "")
	refuses := func(*http.Request) (*http.Response, error) { return nil, errors.New("s3cr3t") }
	answers := func(status int, body string) func(*http.Request) (*http.Response, error) {
		return func(*http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: status, Body: io.NopCloser(strings.NewReader(body))}, nil
		}
	}
	failures := map[string]struct {
		answer func(*http.Request) (*http.Response, error)
		text   string
	}{
		"no connection":   {refuses, "keys_url: the connection failed"},
		"503":             {answers(503, "s3cr3t"), "keys_url: the server answered with the status 503, expected 200"},
		"204":             {answers(204, ""), "the status 204"},
		"304":             {answers(304, ""), "the status 304"},
		"a page of HTML":  {answers(200, "<html>s3cr3t</html>"), "expected a JWK Set"},
		"nothing":         {answers(200, ""), "expected a JWK Set"},
		"cut off":         {answers(200, keys[:100]), "expected a JWK Set"},
		"no keys":         {answers(200, `{"keys":[]}`), "the JWK Set has no key"},
		"an empty object": {answers(200, `{}`), "the JWK Set has no key"},
		"PEM":             {answers(200, publicPEM(t, rsaKey().Public())), "expected a JWK Set"},
		"huge":            {answers(200, strings.Repeat(" ", maxKeys+1)), "the answer has more than 1048576 bytes"},
	}
	for name, failure := range failures {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				l := newLogin()
				l.does(failure.answer)
				for range 100 {
					err := l.accepts(t, token)
					require.ErrorContains(t, err, "fetching the keys of ID tokens: keys_url: ")
					require.ErrorContains(t, err, failure.text)
					assert.NotContains(t, err.Error(), "s3cr3t")
					assert.NotErrorAs(t, err, new(*refusal), "nobody knows whether the token is good")
				}
				assert.Equal(t, 1, l.asked(), "messages fail without a request each")
				assert.Empty(t, l.warnings, "the messages have the error")

				l.publishes(200, keys)
				time.Sleep(firstCoolDown)
				require.NoError(t, l.accepts(t, token))
				assert.Equal(t, 1, l.asked())

				// Later failures keep the keys, for ever.
				l.does(failure.answer)
				time.Sleep(15 * time.Minute)
				for range 100 {
					require.NoError(t, l.accepts(t, token))
					synctest.Wait()
				}
				assert.Equal(t, 1, l.asked())
				for range 100 {
					time.Sleep(coolDown)
					require.NoError(t, l.accepts(t, token))
				}
				assert.Equal(t, 100, l.asked(), "once per cool-down")
				assertRefused(t, l.accepts(t, tokenOf(t, "rsa-2", rsaKey())), reasonUnknownKey)
				require.Len(t, l.warnings, 1, "once, not at each request")
				assert.Contains(t, l.warnings[0], failure.text)
				assert.NotContains(t, l.warnings[0], "s3cr3t")

				l.publishes(200, keys)
				time.Sleep(coolDown)
				require.NoError(t, l.accepts(t, token))
				assert.Equal(t, 1, l.asked())
				time.Sleep(15*time.Minute - time.Second)
				require.NoError(t, l.accepts(t, token))
				assert.Zero(t, l.asked(), "the interval is back")
			})
		})
	}
}

// slowly answers with keys after a time, or not at all if the request ends before.
func slowly(after time.Duration, body string) func(*http.Request) (*http.Response, error) {
	return func(request *http.Request) (*http.Response, error) {
		select {
		case <-time.After(after):
			return &http.Response{StatusCode: 200, Body: io.NopCloser(strings.NewReader(body))}, nil
		case <-request.Context().Done():
			return nil, request.Context().Err()
		}
	}
}

func TestAnIssuerThatIsSlow(t *testing.T) {
	t.Parallel()
	token, strange, keys := tokenOf(t, "rsa-1", rsaKey()), tokenOf(t, "strange", rsaKey()), setOf(t, "rsa-1", rsaKey(), "")
	synctest.Test(t, func(t *testing.T) {
		l := newLogin()
		l.does(slowly(time.Hour, keys))
		start := time.Now()
		var done sync.WaitGroup
		for range 50 {
			done.Go(func() { assert.ErrorContains(t, l.accepts(t, token), "keys_url: no answer in time") })
		}
		done.Wait()
		assert.Equal(t, fetchTimeout, time.Since(start))
		assert.Equal(t, 1, l.asked(), "the messages share a request")

		l.does(slowly(4*time.Second, keys))
		require.NoError(t, l.accepts(t, token))
		assert.Equal(t, 1, l.asked())

		// If there are keys, no token waits until old keys are fetched again.
		l.does(slowly(time.Hour, keys))
		time.Sleep(15 * time.Minute)
		start = time.Now()
		for range 50 {
			require.NoError(t, l.accepts(t, token))
		}
		assert.Zero(t, time.Since(start))
		assert.Equal(t, 1, l.asked())

		// Within 30 s, all tokens with unknown kids together wait at most 5 s.
		time.Sleep(coolDown)
		start = time.Now()
		for range 50 {
			assertRefused(t, l.accepts(t, strange), reasonUnknownKey)
		}
		assert.Equal(t, fetchTimeout, time.Since(start))
		assert.Equal(t, 1, l.asked())
	})
}

// If the pipeline stops while a message waits for keys, the message is neither accepted nor
// refused.
func TestAMessageThatIsGivenUp(t *testing.T) {
	t.Parallel()
	token, strange, keys := tokenOf(t, "rsa-1", rsaKey()), tokenOf(t, "strange", rsaKey()), setOf(t, "rsa-1", rsaKey(), "")
	synctest.Test(t, func(t *testing.T) {
		l := newLogin()
		l.does(slowly(2*time.Second, keys))
		impatient := func(token string) error {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			_, err := l.verify(ctx, token)
			return err
		}
		assert.ErrorIs(t, impatient(token), context.DeadlineExceeded)
		time.Sleep(time.Second)
		synctest.Wait()
		assert.NoError(t, impatient(token), "the request went on")
		time.Sleep(coolDown)
		assert.ErrorIs(t, impatient(strange), context.DeadlineExceeded)
		time.Sleep(time.Second)
	})
}

// The tests use the processor's real HTTP client, with servers on loopback addresses.
func TestTheClientForKeys(t *testing.T) {
	t.Parallel()
	keys := setOf(t, "rsa-1", rsaKey(), "")
	serve := func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, keys) }
	other := httptest.NewTLSServer(http.HandlerFunc(serve))
	t.Cleanup(other.Close)
	plain := httptest.NewServer(http.HandlerFunc(serve))
	t.Cleanup(plain.Close)

	var bomb bytes.Buffer // before the requests, which have five seconds
	zip := gzip.NewWriter(&bomb)
	_, err := io.WriteString(zip, strings.Repeat(" ", 2*maxKeys))
	require.NoError(t, err)
	require.NoError(t, zip.Close())

	mux := http.NewServeMux()
	mux.HandleFunc("/keys", serve)
	mux.Handle("/moved", http.RedirectHandler("/keys", http.StatusMovedPermanently))
	mux.Handle("/to-another-host", http.RedirectHandler(other.URL, http.StatusFound))
	mux.Handle("/to-http", http.RedirectHandler(plain.URL, http.StatusTemporaryRedirect))
	mux.HandleFunc("/to-http-of-the-same-host", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "http://"+r.Host+"/keys", http.StatusFound)
	})
	mux.Handle("/round", http.RedirectHandler("/round", http.StatusFound))
	mux.HandleFunc("/endless", func(w http.ResponseWriter, _ *http.Request) {
		for part := []byte(strings.Repeat(" ", 1<<16)); ; {
			if _, err := w.Write(part); err != nil {
				return
			}
		}
	})
	mux.HandleFunc("/bomb", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		_, _ = w.Write(bomb.Bytes())
	})
	mux.HandleFunc("/header", func(w http.ResponseWriter, _ *http.Request) {
		for range 100 {
			w.Header().Add("X-Long", strings.Repeat("a", 4096))
		}
	})
	mux.HandleFunc("/stops", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	server := httptest.NewTLSServer(mux)
	t.Cleanup(server.Close)

	trusting := newKeysClient()
	trusted := x509.NewCertPool()
	trusted.AddCert(server.Certificate())
	trusting.Transport.(*http.Transport).TLSClientConfig = &tls.Config{RootCAs: trusted, MinVersion: tls.VersionTLS12}

	for name, test := range map[string]struct {
		client            *http.Client
		path, errContains string
	}{
		"keys":                           {trusting, "/keys", ""},
		"moved within the host":          {trusting, "/moved", ""},
		"to another host":                {trusting, "/to-another-host", "keys_url: the server redirects to another host"},
		"to http":                        {trusting, "/to-http", "keys_url: the server redirects to another host, to http"},
		"to http of the same host":       {trusting, "/to-http-of-the-same-host", "keys_url: the server redirects to another host, to http"},
		"in a circle":                    {trusting, "/round", "or without end"},
		"without end":                    {trusting, "/endless", "more than 1048576 bytes"},
		"small as it is sent, but huge":  {trusting, "/bomb", "more than 1048576 bytes"},
		"with huge headers":              {trusting, "/header", "keys_url: "},
		"stops":                          {trusting, "/stops", "keys_url: the connection was closed before the answer"},
		"not there":                      {trusting, "/none", "the status 404"},
		"a certificate of somebody else": {newKeysClient(), "/keys", "keys_url: tls: failed to verify certificate"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			source := &keyURL{url: server.URL + test.path, interval: time.Hour, client: test.client, now: time.Now, warn: func(error) {}}
			got, err := source.current(t.Context())
			if test.errContains != "" {
				require.ErrorContains(t, err, test.errContains)
				assert.NotContains(t, err.Error(), test.path+`"`)
				assert.Nil(t, got)
				return
			}
			require.NoError(t, err)
			assert.Len(t, got, 1)
		})
	}
}
