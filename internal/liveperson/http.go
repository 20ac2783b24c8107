// Package liveperson is a client for LivePerson's HTTP APIs. Each API resource has its own file,
// with its request, its answer and its errors.
//
// The package knows nothing of Benthos, retries or queues. A method makes one request and
// returns a typed Error if it fails. The caller decides what to do next.
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

	// maxResponseBytes is how many bytes of an answer are used. The answer to a report has less
	// than 200 bytes, and a list of the Domain API has a few KiB. A larger answer is not
	// LivePerson's.
	maxResponseBytes = 64 << 10
)

// Doer makes one HTTP request. *HTTP and *http.Client implement it.
type Doer interface {
	Do(*http.Request) (*http.Response, error)
}

// Options of an Account.
type Options struct {
	// AccountID is the LivePerson account, a number such as 12345678.
	AccountID string
	// DomainAPI is the base URL of the Domain API. Empty: DefaultDomainAPI.
	DomainAPI string
	// HTTP makes the requests and limits the time for each. It must not follow redirects; see
	// NewHTTP.
	HTTP Doer
}

// Account is a LivePerson account. Its methods return clients for the APIs. It is safe for
// concurrent use.
type Account struct {
	id         string
	domainAPI  *url.URL
	http       Doer
	jsonHeader http.Header // of requests with a JSON body; requests share it, so it must not be changed
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
	return &Account{
		id: o.AccountID, domainAPI: domainAPI, http: o.HTTP,
		jsonHeader: withUserAgent(http.Header{"Accept": {"application/json"}, "Content-Type": {"application/json"}}),
	}, nil
}

// checkID checks that an account id or app installation id can be one segment of a URL path.
// LivePerson does not say which characters ids have. checkID refuses only characters that no id
// can have. Most mistakes are a pasted URL or a stray space.
func checkID(id string) error {
	if id == "" {
		return errors.New("must not be empty: check that its environment variable is set")
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

// checkPathID checks that a visitor or session id can be one segment of a URL path, even for a
// server that unescapes it twice. LivePerson's ids have letters, digits, - and _. The id is
// personal, so the error does not repeat it.
func checkPathID(field, id string) error {
	bad := strings.IndexFunc(id, func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || strings.ContainsRune(`/\%`, r)
	})
	if bad >= 0 || id == "." || id == ".." || !utf8.ValidString(id) {
		return fmt.Errorf("%s: not an id of LivePerson: it must not be . or .. and must not have / \\ %% or spaces", field)
	}
	return nil
}

// closeIdle closes idle connections.
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
	cut     bool // the body has more bytes than are used
	garbled bool // the body is compressed and can't be unpacked
	broken  bool // the body broke off
}

// do makes one request. A failure is an *Error of ClassNetwork. Its text has nothing private: not
// the URL, because the query has visitor and session ids.
//
// do does not change the header, so requests may share it.
func (a *Account) do(ctx context.Context, method string, u *url.URL, header http.Header, body []byte) (*answer, error) {
	return a.doUpTo(ctx, maxResponseBytes, method, u, header, body)
}

// doUpTo is do for an answer that may have more bytes.
func (a *Account) doUpTo(ctx context.Context, most int, method string, u *url.URL, header http.Header, body []byte) (*answer, error) {
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
	// If the body breaks off, the status still counts: 200 means that LivePerson has the
	// report. The part of the body that came is used.
	// More bytes are read than used, so that the connection can serve the next request. The
	// limit makes sure that an endless body costs no more than the connection.
	read, err := io.ReadAll(io.LimitReader(unpacked(res, 2*most), int64(2*most)))
	res.Body.Close()
	if res.StatusCode < http.StatusMultipleChoices {
		// A server may refuse a request that it has not read, but it can't accept one.
		if err := sent.whole(); err != nil {
			return nil, networkError(u, err)
		}
	}
	return &answer{
		host: u.Host, status: res.StatusCode, header: res.Header,
		body: read[:min(len(read), most)], cut: len(read) > most, garbled: garbled(err), broken: err != nil,
	}, nil
}
