package liveperson

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"time"
)

// maxReadBytes limits the answers of the APIs that read. A visit of six hours may have thousands of
// events.
const maxReadBytes = 16 << 20

// readClient makes the requests of one API that reads.
type readClient struct {
	account   *Account
	host      *host
	authorise authorise
	service   service
}

func (a *Account) readClient(c ReadCredentials, domain, setting, name string, s service) (*readClient, error) {
	by, err := a.authoriser(c)
	if err != nil {
		return nil, err
	}
	h, err := a.host(setting, domain, name)
	if err != nil {
		return nil, err
	}
	return &readClient{account: a, host: h, authorise: by, service: s}, nil
}

// get makes a request, and decodes the JSON object of the answer. It returns LivePerson's time. A
// nil body makes a GET, any other body a POST.
func (r *readClient) get(ctx context.Context, path *url.URL, query string, body []byte, into any) (at time.Time, err error) {
	if err := r.host.connect(ctx); err != nil {
		return at, beforehand("", err)
	}
	u, err := r.host.url(path.Path, path.EscapedPath(), query)
	if err != nil {
		return at, beforehand("", err)
	}
	method := http.MethodGet
	if body != nil {
		method = http.MethodPost
	}
	var res *answer
	err = r.authorise(ctx, func(a *Account, authorization string) (err error) {
		header := a.jsonHeader.Clone()
		if authorization != "" {
			header.Set("Authorization", authorization)
		}
		res, err = a.doUpTo(ctx, maxReadBytes, method, u, header, body)
		if err == nil {
			err = r.read(res, into)
		}
		return err
	})
	r.host.observe(ctx, err)
	if err != nil {
		return at, err
	}
	at, err = http.ParseTime(res.header.Get("Date"))
	if err != nil {
		at = time.Now()
	}
	return at, nil
}

func (r *readClient) read(res *answer, into any) error {
	if !success(res.status) {
		e := classify(res)
		e.advice = r.service.advise(e)
		return e
	}
	object, is := objectOf(trimmed(res.body))
	switch {
	case res.cut:
		return notTheAnswer("the answer is longer than 16 MiB", r.service)
	case !is || isError(object) || json.Unmarshal(trimmed(res.body), into) != nil:
		e := notTheAnswer("", r.service)
		e.describe(res)
		return e
	}
	return nil
}

// Connect asks the Domain API for the host, unless the host is known.
func (r *readClient) Connect(ctx context.Context) error { return r.host.connect(ctx) }

// Resolve asks the Domain API for the host again. It returns whether the host has changed.
func (r *readClient) Resolve(ctx context.Context) (moved bool) { return r.host.resolveAgain(ctx) }

// Close closes idle connections. Requests may still be made.
func (r *readClient) Close() { r.account.closeIdle() }

// NoVisit says that LivePerson does not have the visit that was asked for: it has ended, or the
// ids are wrong.
func NoVisit(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.StaleIDs()
}
