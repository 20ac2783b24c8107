package liveperson

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"sync"
	"time"

	"github.com/dghubble/oauth1"
	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"
)

// ServiceLogin is the Domain API's name for the service of the Login API.
const ServiceLogin = "agentVep"

// ReadCredentials are the credentials for the APIs that read what LivePerson has: a user, an API
// key, or an app. Set one of them.
type ReadCredentials struct {
	// User and Password belong to a user of the account. The Login API gives a bearer token for
	// them.
	User, Password string
	// APIKey, APISecret, Token and TokenSecret belong to an API key, which signs each request
	// with OAuth 1.0a.
	APIKey, APISecret, Token, TokenSecret string
	// ClientID and ClientSecret belong to an installed app, which gets a token by OAuth 2.0
	// (client credentials).
	ClientID, ClientSecret string
}

// The errors of ReadCredentials. They name the settings of the components.
var (
	errNoCredentials   = errors.New("credentials: set one of login, api_key and oauth2")
	errManyCredentials = errors.New("credentials: set only one of login, api_key and oauth2")
)

// authorise makes a request with credentials. request gets the account to use, and the value of
// the header Authorization, or "" if the account's client sets it.
type authorise func(ctx context.Context, request func(a *Account, authorization string) error) error

// authoriser checks the credentials. It does no I/O.
func (a *Account) authoriser(c ReadCredentials) (authorise, error) {
	login := c.User != "" || c.Password != ""
	key := c.APIKey != "" || c.APISecret != "" || c.Token != "" || c.TokenSecret != ""
	app := c.ClientID != "" || c.ClientSecret != ""
	switch {
	case login && key, login && app, key && app:
		return nil, errManyCredentials
	case login && (c.User == "" || c.Password == ""):
		return nil, errors.New("login: user and password must not be empty: check that their environment variables are set")
	case key && (c.APIKey == "" || c.APISecret == "" || c.Token == "" || c.TokenSecret == ""):
		return nil, errors.New("api_key: key, secret, token and token_secret must not be empty: check that their environment variables are set")
	case app && (c.ClientID == "" || c.ClientSecret == ""):
		return nil, errors.New("oauth2: client_id and client_secret must not be empty: check that their environment variables are set")
	case key:
		return a.byAPIKey(c), nil
	case login:
		return a.byBearer(ServiceLogin, func(h *host) func(context.Context, string) (token, error) {
			l := &userLogin{host: h, user: c.User, password: c.Password}
			return l.fetch
		})
	case app:
		return a.byBearer(ServiceSentinel, func(h *host) func(context.Context, string) (token, error) {
			p := &appLogin{host: h, id: c.ClientID, secret: c.ClientSecret}
			return p.fetch
		})
	}
	return nil, errNoCredentials
}

// doerTransport is a Doer as a transport for libraries that need an http.Client.
type doerTransport struct{ Doer }

func (d doerTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	named := r.Clone(r.Context())
	withUserAgent(named.Header)
	return d.Do(named)
}

// withClient returns a context that gives the account's client to the OAuth libraries.
func (a *Account) withClient(ctx context.Context, key any) context.Context {
	return context.WithValue(ctx, key, &http.Client{Transport: doerTransport{a.http}})
}

// byAPIKey signs each request (OAuth 1.0a, HMAC-SHA1).
//
// See https://developers.liveperson.com/create-an-api-key.html.
func (a *Account) byAPIKey(c ReadCredentials) authorise {
	signing := oauth1.NewConfig(c.APIKey, c.APISecret).
		Client(a.withClient(context.Background(), oauth1.HTTPClient), oauth1.NewToken(c.Token, c.TokenSecret))
	signed := *a
	signed.http = signing
	return func(_ context.Context, request func(*Account, string) error) error { return request(&signed, "") }
}

// byBearer makes requests with a token, which it fetches first. If LivePerson refuses the token,
// it fetches another one once.
func (a *Account) byBearer(service string, fetcher func(*host) func(context.Context, string) (token, error)) (authorise, error) {
	h, err := a.host("the service "+service, "", service)
	if err != nil {
		return nil, err
	}
	kept, err := newTokens("a token", 1, fetcher(h))
	if err != nil {
		return nil, err
	}
	refused := func(e *Error) bool { return e.Status == http.StatusUnauthorized }
	return func(ctx context.Context, request func(*Account, string) error) error {
		return kept.use(ctx, "", refused, func(bearer string) error { return request(a, "Bearer "+bearer) })
	}, nil
}

// loginPause is how long a refused login is not repeated. LivePerson locks a user after some
// wrong passwords.
const loginPause = 10 * time.Minute

// userLogin gets the bearer token of a user from the Login API.
//
// See https://developers.liveperson.com/login-service-api-methods-user-login.html.
type userLogin struct {
	host           *host
	user, password string

	mu      sync.Mutex
	refusal *Error // of the last login, if it was refused
	until   time.Time
}

func (l *userLogin) fetch(ctx context.Context, _ string) (token, error) {
	if err := l.refusedBefore(); err != nil {
		return token{}, err
	}
	got, err := l.login(ctx)
	var e *Error
	if errors.As(err, &e) && !e.unsent && (e.Class == ClassUnauthorised || e.Class == ClassInvalid) {
		e.Class = ClassUnauthorised // only the account, the user or the password can be wrong in this request
		l.mu.Lock()
		defer l.mu.Unlock()
		l.refusal, l.until = e, time.Now().Add(loginPause)
	}
	return got, err
}

func (l *userLogin) refusedBefore() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.refusal == nil || !time.Now().Before(l.until) {
		return nil
	}
	again := *l.refusal
	return &again
}

func (l *userLogin) login(ctx context.Context) (token, error) {
	body, err := encodeJSON(struct {
		User     string `json:"username"`
		Password string `json:"password"`
	}{l.user, l.password})
	if err != nil {
		return token{}, NotSent(err)
	}
	if err := l.host.connect(ctx); err != nil {
		return token{}, err
	}
	path := pathOf("api", "account", l.host.account.id, "login")
	u, err := l.host.url(path.Path, path.EscapedPath(), "v=1.3")
	if err != nil {
		return token{}, err
	}
	// The answer has the whole configuration of the user, and the token near its end.
	res, err := l.host.account.doUpTo(ctx, maxReadBytes, http.MethodPost, u, l.host.account.jsonHeader, body)
	l.host.observe(ctx, err)
	if err != nil {
		return token{}, err
	}
	var said struct {
		Bearer string `json:"bearer"`
	}
	if !success(res.status) {
		e := classify(res)
		e.advice = login.advise(e)
		return token{}, e
	}
	if json.Unmarshal(trimmed(res.body), &said) != nil || said.Bearer == "" {
		return token{}, notTheAnswer("it has no bearer", login)
	}
	return token{value: said.Bearer}, nil
}

// appLogin gets the token of an installed app from Sentinel, by version 2 of its method. Version
// 1 is for the Connector API.
//
// See https://developers.liveperson.com/oauth-2-0-client-credentials.html.
type appLogin struct {
	host       *host
	id, secret string
}

func (p *appLogin) fetch(ctx context.Context, _ string) (token, error) {
	if err := p.host.connect(ctx); err != nil {
		return token{}, err
	}
	path := pathOf("sentinel", "api", "v2", "account", p.host.account.id, "app", "token")
	u, err := p.host.url(path.Path, path.EscapedPath(), "")
	if err != nil {
		return token{}, err
	}
	config := clientcredentials.Config{ClientID: p.id, ClientSecret: p.secret, TokenURL: u.String(), AuthStyle: oauth2.AuthStyleInParams}
	got, err := config.Token(p.host.account.withClient(ctx, oauth2.HTTPClient))
	var refused *oauth2.RetrieveError
	var unanswered *url.Error
	switch {
	case errors.As(err, &refused):
		res := &answer{host: u.Host, status: refused.Response.StatusCode, header: refused.Response.Header, body: refused.Body}
		e := classify(res)
		if e.Class == ClassInvalid {
			e.Class = ClassUnauthorised
		}
		e.advice = sentinel.advise(e)
		err = e
	case errors.As(err, &unanswered):
		err = networkError(u, err)
	case err != nil:
		err = notTheAnswer("it has no token", sentinel)
	}
	p.host.observe(ctx, err)
	if err != nil {
		return token{}, err
	}
	now := time.Now()
	life := appLifetime(got.AccessToken, strconv.FormatInt(got.ExpiresIn, 10), now)
	return token{value: got.AccessToken, expires: now.Add(life), renew: now.Add(max(life-appTokenMargin, life/2))}, nil
}
