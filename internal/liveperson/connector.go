package liveperson

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"
)

// The Domain API's names of the services that make up the Connector API.
const (
	ServiceMessaging = "asyncMessagingEnt"
	ServiceSentinel  = "sentinel"
	ServiceIDP       = "idp"
	ServiceSwift     = "swift"
)

// defaultKeepTokens is how many consumer tokens are kept, of about 1 KiB each.
const defaultKeepTokens = 10_000

// ConnectorOptions of Account.Connector.
type ConnectorOptions struct {
	// ClientID and ClientSecret are those of the application that is installed at
	// LivePerson.
	ClientID, ClientSecret string
	// The hosts of messaging, of app tokens, of consumer tokens and of files. Empty:
	// asked of the Domain API.
	MessagingDomain, SentinelDomain, IDPDomain, SwiftDomain string
	// Features are what this side can do beyond plain text, such as AUTO_MESSAGES,
	// told in the header Client-Properties. Empty: no such header.
	Features []string
	// KeepTokens is how many consumer tokens are kept: those of the consumers of
	// late. Zero: 10,000.
	KeepTokens int
}

// Connector is the Connector API of one installed application: conversations in the
// name of consumers. It is safe for concurrent use.
//
// Each of its calls is one request. Before it, an app token and the consumer's token
// are got if there is none; after it, a call whose token LivePerson says has expired
// is made once more with a new one. All errors are *Error.
//
// See https://developers.liveperson.com/connector-api-overview.html.
type Connector struct {
	options ConnectorOptions
	account string

	messaging, sentinel, idp, swift *host

	appTokenPath, consumerTokenPath, conversationPath, sendPath *url.URL

	clientProperties string // of the header; empty: none
	app, consumers   *tokens
}

// Connector checks the options and gives the account's Connector API. It does no
// I/O.
func (a *Account) Connector(o ConnectorOptions) (*Connector, error) {
	switch {
	case o.ClientID == "":
		return nil, errors.New("client_id: must not be empty (is the environment variable set that it comes from?)")
	case o.ClientSecret == "":
		return nil, errors.New("client_secret: must not be empty (is the environment variable set that it comes from?)")
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
	if c.app, err = newTokens("an app token", 1, c.fetchAppToken); err != nil {
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

// pathOf gives a path made of segments.
func pathOf(segments ...string) *url.URL {
	return (&url.URL{Path: "/"}).JoinPath(segments...)
}

// Connect finds the domains of messaging and of tokens, unless they were given or
// found before, and gets an app token, which proves client id and secret.
func (c *Connector) Connect(ctx context.Context) error {
	for _, h := range []*host{c.messaging, c.sentinel, c.idp} {
		if err := h.connect(ctx); err != nil {
			return beforehand("", err)
		}
	}
	_, err := c.app.get(ctx, "")
	return err
}

// Resolve asks the Domain API where messaging and its tokens are now, unless their domains
// were given. It tells whether any of them has moved.
func (c *Connector) Resolve(ctx context.Context) (moved bool) {
	for _, h := range []*host{c.messaging, c.sentinel, c.idp} {
		if h.resolveAgain(ctx) {
			moved = true
		}
	}
	return moved
}

// Close lets go of idle connections. Requests may still be made.
func (c *Connector) Close() { c.messaging.account.closeIdle() }

// AppTokenTimes gets an app token now, whatever is kept, and gives the times that the
// token says of itself, by LivePerson's clock. Zero: it does not say.
func (c *Connector) AppTokenTimes(ctx context.Context) (issued, expires time.Time, err error) {
	got, err := c.app.renewed(ctx, "")
	return claimedTime(got.value, "iat"), claimedTime(got.value, "exp"), err
}

// ConsumerToken gets a consumer's token now, whatever is kept.
func (c *Connector) ConsumerToken(ctx context.Context, consumer string) error {
	if err := checkConsumer(consumer); err != nil {
		return err
	}
	_, err := c.consumers.renewed(ctx, consumer)
	return err
}

func checkConsumer(consumer string) error {
	if consumer == "" {
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
	// answered tells a success from what is none, though its status is one. Nil: the
	// caller looks for what it needs.
	answered func(*answer, items) bool
}

// exchange makes one request and decodes the answer, which is a success if there is
// no error.
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

// onBehalf makes a request of messaging for a consumer, with both tokens, each of
// which is replaced once if LivePerson says that it has expired.
func (c *Connector) onBehalf(ctx context.Context, consumer string, path *url.URL, body []byte) (got items, err error) {
	if err := checkConsumer(consumer); err != nil {
		return nil, err
	}
	err = c.consumers.use(ctx, consumer, (*Error).ConsumerTokenRefused, func(onBehalf string) error {
		return c.app.use(ctx, "", (*Error).AppTokenRefused, func(app string) (err error) {
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

// header is that of a request of messaging.
func (c *Connector) header(app, onBehalf string) http.Header {
	header := withToken(app)
	header.Set("X-LP-ON-BEHALF", onBehalf)
	if c.clientProperties != "" {
		header.Set("Client-Properties", c.clientProperties)
	}
	return header
}
