package liveperson

import (
	"context"
	"errors"
	"net/http"
	"net/url"
)

// ServiceAppEngagement is the Domain API's name for the service of the App Engagement API,
// according to LivePerson's page. Other clients use the service of the Monitoring API.
const ServiceAppEngagement = "msdkgw"

const appEngagementVersion = "1.0"

// AppEngagement is the App Engagement API of an account. It is safe for concurrent use.
//
// See https://developers.liveperson.com/app-engagement-api-overview.html.
type AppEngagement struct {
	host    *host
	path    string // with a slash at the end
	rawPath string // the same, escaped
}

// AppEngagement returns the account's App Engagement API. If domain is empty, Connect asks the
// Domain API for it. AppEngagement does no I/O.
func (a *Account) AppEngagement(domain string) (*AppEngagement, error) {
	h, err := a.host("app_engagement_domain", domain, ServiceAppEngagement, ServiceMonitoring)
	if err != nil {
		return nil, err
	}
	root := (&url.URL{Path: "/"}).JoinPath("api", "account", a.id, "app", "engagement", "visitors", "/")
	return &AppEngagement{host: h, path: root.Path, rawPath: root.EscapedPath()}, nil
}

// Connect asks the Domain API for the host of the App Engagement API, unless the host is known.
func (a *AppEngagement) Connect(ctx context.Context) error { return a.host.connect(ctx) }

// Resolve asks the Domain API for the host again, unless the settings name it. It returns
// whether the host has changed.
func (a *AppEngagement) Resolve(ctx context.Context) (moved bool) { return a.host.resolveAgain(ctx) }

// Close closes idle connections. Requests may still be made.
func (a *AppEngagement) Close() { a.host.account.closeIdle() }

// Probe proves that LivePerson's App Engagement API knows the account. It asks without an appType,
// which LivePerson documents as required and refuses with 400. So no visitor is added. An account that is being
// loaded exists too.
func (a *AppEngagement) Probe(ctx context.Context) error {
	if err := a.Connect(ctx); err != nil {
		return err
	}
	_, err := a.CreateSession(ctx, Question{Body: []byte(`{}`)})
	var e *Error
	refused := errors.As(err, &e) && e.Status == http.StatusBadRequest && e.Code == codeInvalidData
	if refused || ClassOf(err) == ClassLoading {
		return nil
	}
	return err
}

// CreateSession asks for an engagement, in the visitor's session or in a new one. Call it after
// Connect has succeeded.
func (a *AppEngagement) CreateSession(ctx context.Context, q Question) (Offer, error) {
	res, err := a.call(ctx, http.MethodPost, q, func(res *answer) bool { return offerForm.fit(res) != fitsNot })
	if err != nil {
		return Offer{}, err
	}
	return readOffer(res)
}

// UpdateSession adds data to a visitor's session. The question must have the session's ids.
func (a *AppEngagement) UpdateSession(ctx context.Context, q Question) error {
	_, err := a.call(ctx, http.MethodPut, q, isEmpty)
	return err
}

// isEmpty returns whether an answer to UpdateSession is a success. LivePerson documents an empty
// entity. This may be an empty body or an object without members.
func isEmpty(res *answer) bool {
	text := string(trimmed(res.body))
	return success(res.status) && !res.garbled && (text == "" || text == "{" || text == "{}")
}

func (a *AppEngagement) call(ctx context.Context, method string, q Question, answered func(*answer) bool) (*answer, error) {
	if err := errors.Join(checkPathID("visitor_id", q.VisitorID), checkPathID("session_id", q.SessionID)); err != nil {
		return nil, NotSent(err)
	}
	query := "v=" + appEngagementVersion
	if q.SessionID != "" {
		query = "sid=" + url.QueryEscape(q.SessionID) + "&" + query
	}
	u, err := a.host.url(a.path+q.VisitorID, a.rawPath+url.PathEscape(q.VisitorID), query)
	if err != nil {
		return nil, err
	}
	res, err := a.host.do(ctx, method, u, a.host.account.jsonHeader, q.Body)
	if err == nil && !answered(res) {
		e := classify(res)
		e.noIDs = q.VisitorID+q.SessionID == ""
		e.advice = appEngagement.advise(e)
		err = e
	}
	a.host.observe(ctx, err)
	return res, err
}
