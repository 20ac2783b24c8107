// Package liveperson speaks LivePerson's HTTP APIs. One file holds one API
// resource: its request, its answer, its errors.
//
// It knows nothing of Benthos, of retries or of queues: a method makes one
// request and says in a typed Error what became of it. What to do next is the
// caller's decision.
package liveperson

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	// DefaultDomainAPI is the public address of LivePerson's Domain API (CSDS),
	// which serves all regions.
	DefaultDomainAPI = "https://api.liveperson.net"

	// maxResponseBytes caps what is used of an answer. A report's answer is
	// under 200 bytes and a Domain API listing a few KiB; anything beyond this
	// is not LivePerson's.
	maxResponseBytes = 64 << 10
)

// Doer makes one HTTP request. *HTTP and *http.Client are.
type Doer interface {
	Do(*http.Request) (*http.Response, error)
}

// Options of an Account.
type Options struct {
	// AccountID is the LivePerson account, a number such as 12345678.
	AccountID string
	// DomainAPI is the base URL of the Domain API. Empty: DefaultDomainAPI.
	DomainAPI string
	// HTTP makes the requests, and bounds the time that each takes. It must not
	// follow redirects; see NewHTTP.
	HTTP Doer
}

// Account is a LivePerson account as seen through its HTTP APIs. It is safe for
// concurrent use.
type Account struct {
	id        string
	domainAPI *url.URL
	http      Doer
}

// NewAccount checks the options and makes an Account. It does no I/O.
func NewAccount(o Options) (*Account, error) {
	if err := checkID(o.AccountID); err != nil {
		return nil, fmt.Errorf("account_id: %w", err)
	}
	if o.DomainAPI == "" {
		o.DomainAPI = DefaultDomainAPI
	}
	domainAPI, err := ParseBaseURL(o.DomainAPI)
	if err != nil {
		return nil, fmt.Errorf("domain_api: %w", err)
	}
	if o.HTTP == nil {
		return nil, errors.New("no HTTP client given")
	}
	return &Account{id: o.AccountID, domainAPI: domainAPI, http: o.HTTP}, nil
}

// checkID tells whether an account id or app installation id can stand as one
// segment of a URL path. LivePerson publishes no alphabet, so only what can't be
// an id is refused: it is nearly always a pasted URL or a stray space.
func checkID(id string) error {
	if id == "" {
		return errors.New("must not be empty (is the environment variable set that it comes from?)")
	}
	if id == "." || id == ".." {
		return fmt.Errorf("%q is not an id", id)
	}
	bad := strings.IndexFunc(id, func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || strings.ContainsRune(`/\?#%&`, r)
	})
	if bad >= 0 {
		r, _ := utf8.DecodeRuneInString(id[bad:])
		return fmt.Errorf("%q has a %q in it: give the id alone, not a path or URL", id, r)
	}
	return nil
}

// checkPathID tells whether an id of a visitor or session can stand as one segment of a
// URL path, also for servers that unescape it twice. LivePerson's have letters, digits, -
// and _. The id is personal, and is not repeated.
func checkPathID(field, id string) error {
	bad := strings.IndexFunc(id, func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || strings.ContainsRune(`/\%`, r)
	})
	if bad >= 0 || id == "." || id == ".." || !utf8.ValidString(id) {
		return fmt.Errorf("%s: it is not an id of LivePerson's: it must not be . or .. and must not have / \\ %% or a space in it", field)
	}
	return nil
}

// jsonHeader is the header of a request with a JSON body. It must not be changed.
var jsonHeader = http.Header{
	"Accept":       {"application/json"},
	"Content-Type": {"application/json"},
}

// closeIdle lets go of idle connections.
func (a *Account) closeIdle() {
	if c, ok := a.http.(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
}

// answer is an HTTP response whose body has been read, capped, and closed.
type answer struct {
	host    string
	status  int
	header  http.Header
	body    []byte
	garbled bool // the body is packed, and not all of it could be unpacked
}

// do makes one request. A failure is an *Error of class ClassNetwork without the URL,
// whose query holds visitor and session ids, and without what else is private.
//
// The header is not changed, and may be shared by requests.
func (a *Account) do(ctx context.Context, method string, u *url.URL, header http.Header, body []byte) (*answer, error) {
	var sent sending
	req := (&http.Request{Method: method, URL: u, Host: u.Host, Header: header, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1}).WithContext(sent.watch(ctx))
	if body != nil {
		req.ContentLength = int64(len(body))
		req.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
		req.Body, _ = req.GetBody()
	}
	if err := ctx.Err(); err != nil {
		e := networkError(u, err)
		e.unsent = true
		return nil, e
	}
	res, err := a.http.Do(req)
	if err != nil {
		e := networkError(u, cmp.Or(ctx.Err(), err))
		e.unsent = sent.neverLeft()
		return nil, e
	}
	// A body that breaks off does not take back the status that came before it:
	// 200 means that LivePerson has the report. What is there is kept.
	// More is read than is used, so that the connection can serve the next request;
	// bounded, so that an endless body costs a connection and no more.
	read, err := io.ReadAll(io.LimitReader(unpacked(res), 2*maxResponseBytes))
	res.Body.Close()
	if res.StatusCode < http.StatusMultipleChoices {
		// A server may refuse a request that it has not read, but not accept it.
		if err := sent.whole(); err != nil {
			return nil, networkError(u, err)
		}
	}
	return &answer{
		host: u.Host, status: res.StatusCode, header: res.Header,
		body: read[:min(len(read), maxResponseBytes)], garbled: garbled(err),
	}, nil
}
