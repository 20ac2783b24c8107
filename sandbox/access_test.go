package sandbox_test

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sort"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox"
)

var lastNonce atomic.Int64

// oauthHeader signs a request by OAuth 1.0. It is written apart from the sandbox's check, so that one mistake is not in both.
func oauthHeader(r *http.Request, key sandbox.APIKey) string {
	encode := func(text string) string { return strings.ReplaceAll(url.QueryEscape(text), "+", "%20") }
	oauth := map[string]string{
		"oauth_consumer_key": key.AppKey, "oauth_token": key.AccessToken, "oauth_signature_method": "HMAC-SHA1",
		"oauth_timestamp": "1513095142", "oauth_nonce": fmt.Sprint(lastNonce.Add(1)), "oauth_version": "1.0",
	}
	var pairs []string
	for name, value := range oauth {
		pairs = append(pairs, encode(name)+"="+encode(value))
	}
	for name, values := range r.URL.Query() {
		for _, value := range values {
			pairs = append(pairs, encode(name)+"="+encode(value))
		}
	}
	sort.Strings(pairs)
	base := r.Method + "&" + encode("http://"+r.Host+r.URL.EscapedPath()) + "&" + encode(strings.Join(pairs, "&"))
	mac := hmac.New(sha1.New, []byte(encode(key.Secret)+"&"+encode(key.AccessTokenSecret)))
	mac.Write([]byte(base))
	oauth["oauth_signature"] = base64.StdEncoding.EncodeToString(mac.Sum(nil))
	var header []string
	for name, value := range oauth {
		header = append(header, name+`="`+encode(value)+`"`)
	}
	return "OAuth " + strings.Join(header, ", ")
}

// logIn returns the header of a user who logged in.
func logIn(t *testing.T, s *sandbox.Sandbox) string {
	t.Helper()
	got := post(s, "/api/account/12345678/login?v=1.3", `{"username":"ada","password":"p"}`)
	require.Equal(t, http.StatusOK, got.Code, got.Body)
	return "Bearer " + member(t, got, "bearer")
}

// readWith reads a visit with a header Authorization.
func readWith(t *testing.T, s *sandbox.Sandbox, at answer, authorization string) answer {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, visitTarget(at), nil)
	r.Header.Set("Authorization", authorization)
	return send(t, s, r)
}

func TestVisitsAreShownToThoseWhoMayReadThem(t *testing.T) {
	t.Parallel()
	other := sandbox.DefaultAPIKey
	other.Secret = "x"
	const password = "Basic YTpw"
	fixed := func(header string) func(*testing.T, *sandbox.Sandbox, answer) string {
		return func(*testing.T, *sandbox.Sandbox, answer) string { return header }
	}
	login := func(t *testing.T, s *sandbox.Sandbox, _ answer) string { t.Helper(); return logIn(t, s) }
	signedBy := func(key sandbox.APIKey) func(*testing.T, *sandbox.Sandbox, answer) string {
		return func(_ *testing.T, _ *sandbox.Sandbox, at answer) string {
			return oauthHeader(httptest.NewRequest(http.MethodGet, visitTarget(at), nil), key)
		}
	}
	app := func(t *testing.T, s *sandbox.Sandbox, _ answer) string {
		t.Helper()
		return "Bearer " + member(t, appToken(s), "access_token")
	}
	for name, test := range map[string]struct {
		options       sandbox.Options
		authorization func(*testing.T, *sandbox.Sandbox, answer) string
		status        int
	}{
		"lenient, nothing":                     {sandbox.Options{}, fixed(""), 200},
		"lenient, a login":                     {sandbox.Options{}, login, 200},
		"lenient, an unknown bearer":           {sandbox.Options{}, fixed("Bearer x"), 401},
		"lenient, a wrong signature":           {sandbox.Options{}, signedBy(other), 200},
		"strict, nothing":                      {sandbox.Options{Strict: true}, fixed(""), 401},
		"strict, a login":                      {sandbox.Options{Strict: true}, login, 200},
		"strict, an unknown bearer":            {sandbox.Options{Strict: true}, fixed("Bearer x"), 401},
		"strict, an app, which is not enough":  {sandbox.Options{Strict: true}, app, 401},
		"strict, a signature":                  {sandbox.Options{Strict: true}, signedBy(sandbox.DefaultAPIKey), 200},
		"strict, a signature by another key":   {sandbox.Options{Strict: true}, signedBy(other), 401},
		"strict, a key of one's own":           {sandbox.Options{Strict: true, APIKey: other}, signedBy(other), 200},
		"strict, no signature":                 {sandbox.Options{Strict: true}, fixed("OAuth oauth_consumer_key=x"), 401},
		"a password, nothing":                  {sandbox.Options{Password: "p"}, fixed(""), 401},
		"a password":                           {sandbox.Options{Password: "p"}, fixed(password), 200},
		"a password, a login":                  {sandbox.Options{Password: "p"}, login, 200},
		"a password, a signature":              {sandbox.Options{Password: "p"}, signedBy(sandbox.DefaultAPIKey), 200},
		"a password, a signature by other key": {sandbox.Options{Password: "p"}, signedBy(other), 401},
		"strict and a password":                {sandbox.Options{Password: "p", Strict: true}, fixed(password), 200},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := sandbox.New(test.options)
			at := report(t, s, `{"consumerId":"c","engagementAttributes":[]}`)
			got := readWith(t, s, at, test.authorization(t, s, at))
			assert.Equal(t, test.status, got.status, got.text)
			if test.status == http.StatusUnauthorized {
				assert.Equal(t, 10, got.InternalCode)
			}
		})
	}
}

func TestALenientSandboxNotesAWrongSignature(t *testing.T) {
	t.Parallel()
	s := sandbox.New(sandbox.Options{})
	readWith(t, s, report(t, s, consumerBody), "OAuth oauth_consumer_key=x")
	assert.Contains(t, s.Calls()[1].Notes[0], "Authorization: the header Authorization must be OAuth")
}

func TestALoginEndsAfterEightHoursAndWhenTokensAreRevoked(t *testing.T) {
	t.Parallel()
	c := newClock()
	s := sandbox.New(sandbox.Options{Strict: true, Now: c.Now, SessionLifetime: 100 * time.Hour})
	at := report(t, s, consumerBody)
	bearer := logIn(t, s)
	c.advance(8*time.Hour - time.Second)
	assert.Equal(t, http.StatusOK, readWith(t, s, at, bearer).status)
	c.advance(time.Second)
	assert.Equal(t, http.StatusUnauthorized, readWith(t, s, at, bearer).status)
	again := logIn(t, s)
	assert.NotEqual(t, bearer, again)
	assert.Equal(t, http.StatusOK, readWith(t, s, at, again).status)
	fetch(t, s, http.MethodDelete, "/sandbox/tokens", "")
	assert.Equal(t, http.StatusUnauthorized, readWith(t, s, at, again).status)
}

func TestLogin(t *testing.T) {
	t.Parallel()
	key := sandbox.DefaultAPIKey
	bot := func(key sandbox.APIKey) string {
		body, _ := json.Marshal(map[string]string{
			"username": "bot", "appKey": key.AppKey, "secret": key.Secret, "accessToken": key.AccessToken, "accessTokenSecret": key.AccessTokenSecret,
		})
		return string(body)
	}
	other := key
	other.AccessTokenSecret = "x"
	bridge := sandbox.APIKey{AppKey: sandbox.DefaultClientID, Secret: sandbox.DefaultClientSecret, AccessToken: "dummy", AccessTokenSecret: "dummy"}
	strict, locked := sandbox.Options{Strict: true}, sandbox.Options{Password: "open sesame"}
	for name, test := range map[string]struct {
		options sandbox.Options
		body    string
		status  int
	}{
		"any password":                 {strict, `{"username":"ada","password":"x"}`, 200},
		"the password":                 {locked, `{"username":"ada","password":"open sesame"}`, 200},
		"another password":             {locked, `{"username":"ada","password":"x"}`, 401},
		"no password":                  {locked, `{"username":"ada"}`, 400},
		"no user":                      {locked, `{"password":"open sesame"}`, 400},
		"not JSON":                     {locked, `ada`, 400},
		"a bot":                        {strict, bot(key), 200},
		"a bot with another key":       {strict, bot(other), 401},
		"a bot, not strict":            {sandbox.Options{}, bot(other), 200},
		"a bot with another key again": {locked, bot(other), 401},
		"a bot with OAuth 2.0":         {strict, bot(bridge), 200},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := sandbox.New(test.options)
			got := post(s, "/api/account/12345678/login", test.body)
			assert.Equal(t, test.status, got.Code, got.Body)
			call := s.Calls()[0]
			assert.Equal(t, "login", call.Endpoint)
			assert.Empty(t, call.Body, "the body has the password")
			_, shown := fetch(t, sandbox.New(sandbox.Options{}), http.MethodGet, "/sandbox/export?format=har", "")
			assert.NotContains(t, shown, "bearer")
		})
	}
	s := sandbox.New(sandbox.Options{})
	assert.Equal(t, http.StatusUnauthorized, post(s, "/api/account/1/login", `{"username":"ada","password":"x"}`).Code)
	assert.Equal(t, http.StatusMethodNotAllowed, get(t, s, "/api/account/12345678/login").status)
	assert.Equal(t, http.StatusTooManyRequests, post(sandbox.New(withRules(t, `rules: [{endpoint: login, status: 429}]`)), "/api/account/12345678/login", `{"username":"ada","password":"x"}`).Code)
}
