package liveperson

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// The Domain API's names of the services that make up the Connector API.
const (
	ServiceMessaging = "asyncMessagingEnt"
	ServiceSentinel  = "sentinel"
	ServiceIDP       = "idp"
	ServiceSwift     = "swift"
)

// defaultKeepTokens is how many consumer tokens are kept. Each has about 1 KiB.
const defaultKeepTokens = 10_000

// ConnectorOptions of Account.Connector.
type ConnectorOptions struct {
	// ClientID and ClientSecret belong to the app that is installed at LivePerson.
	ClientID, ClientSecret string
	// The hosts of messaging, app tokens, consumer tokens and files. If one is empty, the
	// Domain API is asked for it.
	MessagingDomain, SentinelDomain, IDPDomain, SwiftDomain string
	// Features are the features that this client supports besides plain text, such as
	// AUTO_MESSAGES. They are sent in the header Client-Properties. Empty: no such header.
	Features []string
	// KeepTokens is how many consumer tokens are kept, for the most recent consumers. Zero:
	// 10,000.
	KeepTokens int
	// AppToken, if it is set, is called for each app token that LivePerson issues, with the
	// time at which the token expires.
	AppToken func(expires time.Time)
}

// Connector is the Connector API of one installed app. It makes requests on behalf of
// consumers. It is safe for concurrent use.
//
// Each call makes one request. If there is no app token or consumer token, the call fetches it
// first. If LivePerson says that a token has expired, the call fetches a new one and makes the
// request once more. All errors are *Error.
//
// See https://developers.liveperson.com/connector-api-overview.html.
type Connector struct {
	options ConnectorOptions
	account string

	messaging, sentinel, idp, swift *host

	appTokenPath, consumerTokenPath, conversationPath, sendPath *url.URL

	clientProperties string // the value of the header; empty: no header
	app              *appToken
	consumers        *tokens
}

// Connector checks the options and returns the account's Connector API. It does no I/O.
func (a *Account) Connector(o ConnectorOptions) (*Connector, error) {
	switch {
	case o.ClientID == "":
		return nil, errors.New("client_id: must not be empty: check that its environment variable is set")
	case o.ClientSecret == "":
		return nil, errors.New("client_secret: must not be empty: check that its environment variable is set")
	case o.KeepTokens < 0:
		return nil, errors.New("keep_tokens: must not be negative")
	}
	c := &Connector{
		options: o, account: a.id,
		appTokenPath:      pathOf("sentinel", "api", "account", a.id, "app", "token"),
		consumerTokenPath: pathOf("api", "account", a.id, "consumer"),
		conversationPath:  pathOf("api", "account", a.id, "messaging", "consumer", "conversation"),
		sendPath:          pathOf("api", "account", a.id, "messaging", "consumer", "conversation", "send"),
	}
	if err := c.setHosts(a, o); err != nil {
		return nil, err
	}
	if err := c.setClientProperties(o.Features); err != nil {
		return nil, err
	}
	var err error
	if c.app, err = newAppToken(c.fetchAppToken); err != nil {
		return nil, err
	}
	c.consumers, err = newTokens("a consumer token", cmp.Or(o.KeepTokens, defaultKeepTokens), c.fetchConsumerToken)
	return c, err
}

func (c *Connector) setHosts(a *Account, o ConnectorOptions) error {
	for _, h := range []struct {
		host                     **host
		setting, domain, service string
	}{
		{&c.messaging, "messaging_domain", o.MessagingDomain, ServiceMessaging},
		{&c.sentinel, "sentinel_domain", o.SentinelDomain, ServiceSentinel},
		{&c.idp, "idp_domain", o.IDPDomain, ServiceIDP},
		{&c.swift, "swift_domain", o.SwiftDomain, ServiceSwift},
	} {
		var err error
		if *h.host, err = a.host(h.setting, h.domain, h.service); err != nil {
			return err
		}
	}
	return nil
}

func (c *Connector) setClientProperties(features []string) error {
	if len(features) == 0 {
		return nil
	}
	text, err := encodeJSON(struct {
		Type     string   `json:"type"`
		Features []string `json:"features"`
	}{".ClientProperties", features})
	if err != nil {
		return fmt.Errorf("features: %w", err)
	}
	c.clientProperties = string(text)
	return nil
}

// pathOf returns a path of segments.
func pathOf(segments ...string) *url.URL {
	return (&url.URL{Path: "/"}).JoinPath(segments...)
}

// Connect asks the Domain API for the hosts of messaging and tokens, unless they are known. Then
// it fetches an app token, which proves that client id and secret are right.
func (c *Connector) Connect(ctx context.Context) error {
	for _, h := range []*host{c.messaging, c.sentinel, c.idp} {
		if err := h.connect(ctx); err != nil {
			return beforehand("", err)
		}
	}
	_, err := c.app.get(ctx)
	return err
}

// Resolve asks the Domain API for the hosts of messaging and tokens again, unless the settings
// name them. It returns whether one of them has changed.
func (c *Connector) Resolve(ctx context.Context) (moved bool) {
	for _, h := range []*host{c.messaging, c.sentinel, c.idp} {
		if h.resolveAgain(ctx) {
			moved = true
		}
	}
	return moved
}

// Close closes idle connections. Requests may still be made.
func (c *Connector) Close() { c.messaging.account.closeIdle() }

// AppTokenTimes fetches a new app token, and returns the times in it, by LivePerson's clock. A
// time that the token does not have is zero.
func (c *Connector) AppTokenTimes(ctx context.Context) (issued, expires time.Time, err error) {
	got, err := c.app.renewed(ctx, "")
	return claimedTime(got.value, "iat"), claimedTime(got.value, "exp"), err
}

// ConsumerToken fetches a new token for a consumer.
func (c *Connector) ConsumerToken(ctx context.Context, consumer string) error {
	if err := checkConsumer(consumer); err != nil {
		return err
	}
	_, err := c.consumers.renewed(ctx, consumer)
	return err
}

func checkConsumer(consumer string) error {
	if strings.TrimSpace(consumer) == "" {
		return NotSent(errors.New("the consumer has no id"))
	}
	return nil
}

// exchange is one request to a service.
type exchange struct {
	host    *host
	method  string // empty: POST
	path    *url.URL
	query   string
	header  http.Header
	body    []byte
	service service
	// answered returns whether an answer with a success status is LivePerson's. If nil, the
	// caller checks the answer itself.
	answered func(*answer, items) bool
}

// exchange makes one request and decodes the answer. If there is no error, the answer is a
// success.
func (c *Connector) exchange(ctx context.Context, x exchange) (items, error) {
	err := x.host.connect(ctx)
	var u *url.URL
	if err == nil {
		u, err = x.host.url(x.path.Path, x.path.EscapedPath(), x.query)
	}
	if err != nil {
		return nil, beforehand("", err)
	}
	items, err := c.request(ctx, x, u)
	x.host.observe(ctx, err)
	return items, err
}

func (c *Connector) request(ctx context.Context, x exchange, u *url.URL) (items, error) {
	res, err := x.host.do(ctx, cmp.Or(x.method, http.MethodPost), u, x.header, x.body)
	if err != nil {
		return nil, err
	}
	items := readItems(trimmed(res.body))
	if success(res.status) && items.failed() == nil && (x.answered == nil || x.answered(res, items)) {
		return items, nil
	}
	e := classifyItems(res, items)
	e.advice = x.service.advise(e)
	return items, e
}

// onBehalf makes a messaging request for a consumer, with both tokens. If LivePerson says that a
// token has expired, onBehalf replaces it once.
func (c *Connector) onBehalf(ctx context.Context, consumer string, path *url.URL, body []byte) (got items, err error) {
	if err := checkConsumer(consumer); err != nil {
		return nil, err
	}
	err = c.consumers.use(ctx, consumer, (*Error).ConsumerTokenRefused, func(onBehalf string) error {
		return c.app.use(ctx, func(app string) (err error) {
			got, err = c.exchange(onlyOnce(ctx), exchange{
				host: c.messaging, path: path, query: "v=3",
				header: c.header(app, onBehalf), body: body,
				service:  messaging,
				answered: func(res *answer, list items) bool { return list.answered(res) },
			})
			return err
		})
	})
	return got, err
}

// header returns the header of a messaging request.
func (c *Connector) header(app, onBehalf string) http.Header {
	header := c.withToken(app)
	header.Set("X-LP-ON-BEHALF", onBehalf)
	if c.clientProperties != "" {
		header.Set("Client-Properties", c.clientProperties)
	}
	return header
}
