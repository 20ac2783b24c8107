package liveperson

import (
	"context"
	"encoding/json"
	"net/url"
	"strings"
	"time"
)

// VisitLifetime is how long LivePerson keeps a visit at most.
const VisitLifetime = 6 * time.Hour

// VisitInformation is the Visit Information API of an account. It is safe for concurrent use.
//
// See https://developers.liveperson.com/visit-information-api-overview.html.
type VisitInformation struct{ *readClient }

// VisitInformation returns the account's Visit Information API. If domain is empty, the Domain API
// is asked for it. VisitInformation does no I/O.
func (a *Account) VisitInformation(c ReadCredentials, domain string) (*VisitInformation, error) {
	client, err := a.readClient(c, domain, "monitoring_domain", ServiceMonitoring, visitInformation)
	if err != nil {
		return nil, err
	}
	return &VisitInformation{client}, nil
}

// SessionID returns an id as it is sent. Visit Information shows a session as the id, a dot and
// forty digits.
func SessionID(shown string) string {
	id, _, _ := strings.Cut(shown, ".")
	return id
}

// Visit reads a visit.
func (v *VisitInformation) Visit(ctx context.Context, visitorID, sessionID string) (Stored, error) {
	sessionID = SessionID(sessionID)
	for field, id := range map[string]string{"visitor_id": visitorID, "session_id": sessionID} {
		if err := checkPathID(field, id); err != nil {
			return Stored{}, NotSent(err)
		}
	}
	path := pathOf("api", "account", v.account.id, "monitoring", "visitors", visitorID, "visits", "current", "state")
	var said struct {
		Sessions []struct {
			Events []map[string]json.RawMessage `json:"events"`
		} `json:"appSessions"`
	}
	at, err := v.get(ctx, path, url.Values{"v": {"1"}, "sid": {sessionID}}.Encode(), nil, &said)
	if err != nil {
		return Stored{}, err
	}
	stored := Stored{At: at}
	for _, session := range said.Sessions {
		stored.add(session.Events)
	}
	return stored, nil
}
