package session

import (
	"slices"
	"strings"

	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/benthos-liveperson/benthos-liveperson/internal/text"
)

// The metadata in which a message carries LivePerson's ids.
const (
	MetaVisitorID = "liveperson_visitor_id"
	MetaSessionID = "liveperson_session_id"
)

// IDsOf returns the ids in the metadata of a message. A placeholder such as undefined is not an id:
// all visitors with it would share one session. The Visit Information API shows a session as the
// id, a dot and forty digits. IDsOf returns the part before the dot.
func IDsOf(msg *service.Message) (visitorID, sessionID string) {
	visitorID, _ = msg.MetaGet(MetaVisitorID)
	sessionID, _ = msg.MetaGet(MetaSessionID)
	sessionID, _, _ = strings.Cut(sessionID, ".")
	if text.IsPlaceholder(visitorID) {
		visitorID = ""
	}
	if text.IsPlaceholder(sessionID) {
		sessionID = ""
	}
	return visitorID, sessionID
}

// ids are the ids of a visitor and of a session. Either may be empty.
type ids struct{ VisitorID, SessionID string }

// one returns the id if exactly one of the two is set, and "" otherwise.
func (i ids) one() string {
	if i.VisitorID != "" && i.SessionID != "" {
		return ""
	}
	return i.VisitorID + i.SessionID
}

// fit tells whether a session has these ids. An empty id fits every session.
func (i ids) fit(known Session) bool {
	if one := i.one(); one != "" && one == known.CarriedID {
		return true
	}
	return (i.VisitorID == "" || i.VisitorID == known.VisitorID) && (i.SessionID == "" || i.SessionID == known.SessionID)
}

// names returns the names that are not empty, each once.
func names(all ...string) []string {
	var unique []string
	for _, name := range all {
		if name != "" && !slices.Contains(unique, name) {
			unique = append(unique, name)
		}
	}
	return unique
}
