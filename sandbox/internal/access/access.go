// Package access decides who may read what LivePerson stores: users who logged in, apps with a token, and holders of an API
// key. It shares no code with the client that it tests.
package access

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"
)

// Ways are ways to prove who a caller is. Each of LivePerson's APIs accepts some of them.
type Ways int

// The ways.
const (
	// ByAPIKey is an API key with a signature of OAuth 1.0 (RFC 5849).
	ByAPIKey Ways = 1 << iota
	// ByLogin is the bearer token of a user who logged in.
	ByLogin
	// ByApp is the bearer token of an app (OAuth 2.0 client credentials).
	ByApp
)

// SessionLifetime is how long the token of a login is valid. LivePerson's sample of a login has this value.
const SessionLifetime = 8 * time.Hour

// APIKey is an API key, as LivePerson's console shows it.
type APIKey struct {
	// AppKey and Secret name the app. RFC 5849 calls them client credentials.
	AppKey, Secret string
	// AccessToken and AccessTokenSecret are the token credentials.
	AccessToken, AccessTokenSecret string
}

// Options describe who may read. A field is required unless its comment says what its zero value means.
type Options struct {
	Key APIKey
	// ClientID and ClientSecret are those of the app that may log in as a bot.
	ClientID, ClientSecret string
	// Password is the password of the users. Empty: any password is accepted.
	Password string
	// Strict refuses wrong signatures and wrong credentials of bots. Without it, they are only noted.
	Strict bool
	// IsApp reports whether a token is a valid token of an app.
	IsApp func(token string) bool
	// Random is the source of tokens. It must not fail, and must be safe for concurrent use.
	Random io.Reader
	Now    func() time.Time
}

// Access knows the tokens of users. It is safe for concurrent use.
type Access struct {
	options Options

	mu      sync.Mutex // guards the fields below
	token   string     // of all users; empty: nobody logged in
	expires time.Time
	nonces  nonces
}

// New returns an Access that nobody logged in to.
func New(options Options) *Access { return &Access{options: options} }

// Credentials are what a user sends to log in (Login Service API). A bot sends an API key instead of a password. Since
// OAuth 1.0 ends for bots, AppKey and Secret may also be those of an app of OAuth 2.0, with any access token.
type Credentials struct {
	Username          string `json:"username"`
	Password          string `json:"password"`
	AppKey            string `json:"appKey"`
	Secret            string `json:"secret"`
	AccessToken       string `json:"accessToken"`
	AccessTokenSecret string `json:"accessTokenSecret"`
}

// Complete reports whether there is a user with a password or a key.
func (c Credentials) Complete() bool {
	return c.Username != "" && (c.Password != "" || c.AppKey != "" && c.Secret != "")
}

// LogIn returns the token of the user. It returns false if the credentials are wrong.
func (a *Access) LogIn(c Credentials) (token string, ok bool) {
	if !a.knows(c) {
		return "", false
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	now := a.options.Now()
	if a.token == "" || !now.Before(a.expires) {
		var id [32]byte
		_, _ = io.ReadFull(a.options.Random, id[:])
		a.token = hex.EncodeToString(id[:])
	}
	a.expires = now.Add(SessionLifetime)
	return a.token, true
}

func (a *Access) knows(c Credentials) bool {
	o := a.options
	switch {
	case c.Password != "":
		return o.Password == "" || Same(c.Password, o.Password)
	case o.Password == "" && !o.Strict:
		return true
	}
	key := APIKey{c.AppKey, c.Secret, c.AccessToken, c.AccessTokenSecret}
	return key.same(o.Key) || Same(c.AppKey, o.ClientID) && Same(c.Secret, o.ClientSecret)
}

// IsUser reports whether a token is that of a user who logged in.
func (a *Access) IsUser(token string) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.token != "" && a.options.Now().Before(a.expires) && Same(token, a.token)
}

// Revoke makes the token of all users invalid.
func (a *Access) Revoke() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.token = ""
}

// Need says how an API wants callers to prove who they are.
type Need struct {
	Ways Ways
	// Optional accepts callers without any proof.
	Optional bool
	// Verify refuses wrong signatures, also if Options.Strict is not set.
	Verify bool
}

// Check returns why a caller must be refused, or an empty string. note says what is wrong with a call that may pass. The
// password of the sandbox is always enough. body is the body of the request, because a form is part of a signature.
func (a *Access) Check(r *http.Request, body []byte, need Need) (problem, note string) {
	header := r.Header.Get("Authorization")
	scheme, token, _ := strings.Cut(header, " ")
	switch strings.ToLower(scheme) {
	case "basic":
		if _, password, _ := r.BasicAuth(); a.options.Password != "" && Same(password, a.options.Password) {
			return "", ""
		}
	case "bearer":
		if need.Ways&ByLogin != 0 && a.IsUser(token) || need.Ways&ByApp != 0 && a.options.IsApp(token) {
			return "", ""
		}
		if need.Ways&(ByLogin|ByApp) != 0 {
			return "the bearer token is unknown or has expired; " + need.Ways.advice(), ""
		}
	case "oauth":
		if need.Ways&ByAPIKey == 0 {
			break
		}
		wrong := a.verify(r, body)
		if wrong != "" && (need.Verify || a.options.Strict) {
			return wrong, ""
		}
		return "", wrong
	}
	if need.Optional {
		return "", ""
	}
	return need.Ways.advice(), ""
}

// advice says how to prove who a caller is.
func (w Ways) advice() string {
	var ways []string
	for _, one := range []struct {
		way    Ways
		advice string
	}{
		{ByLogin, "log in and send Authorization: Bearer … with the bearer of the answer"},
		{ByAPIKey, "sign the call by OAuth 1.0 with an API key: send Authorization: OAuth oauth_consumer_key=…"},
		{ByApp, "send the token of an app as Authorization: Bearer …"},
	} {
		if w&one.way != 0 {
			ways = append(ways, one.advice)
		}
	}
	return strings.Join(ways, ", or ")
}

func (k APIKey) same(other APIKey) bool {
	return Same(k.AppKey, other.AppKey) && Same(k.Secret, other.Secret) &&
		Same(k.AccessToken, other.AccessToken) && Same(k.AccessTokenSecret, other.AccessTokenSecret)
}

// Same compares secrets in a time that reveals neither where they differ nor how long they are.
func Same(a, b string) bool {
	one, other := sha256.Sum256([]byte(a)), sha256.Sum256([]byte(b))
	return subtle.ConstantTimeCompare(one[:], other[:]) == 1
}
