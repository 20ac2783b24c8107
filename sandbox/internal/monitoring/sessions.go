package monitoring

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/campaign"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/httpapi"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/journal"
)

const (
	// idBytes bytes make an id of 22 characters. LivePerson's ids have that length in practice.
	idBytes = 16
	// maxID is the longest well-formed id, in characters. It is an assumption. LivePerson calls its ids opaque.
	maxID = 64

	idAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
)

// visits stores visitors and sessions. A visitor is a device. A session is one visit of a visitor (Monitoring API, overview).
// The account's lock guards it.
type visits struct {
	lifetime time.Duration
	limit    int // maximum number of sessions
	random   io.Reader
	visitors visitors
	sessions map[string]*visit
	order    []string // session ids, oldest first
}

type visit struct {
	visitorID string
	sessionID string
	started   time.Time
	consumer  string // the last consumer that a call named; empty: none yet
	pageID    string // the page id of the last accepted call
	trail     journal.Trail
	offers    *offers // nil: no engagements and no conditions yet
}

// offers has the conditions that a session met, and the engagements that it was offered.
type offers struct {
	met      map[*campaign.Condition]bool
	contexts []*campaign.Engagement // the engagements that were offered, in order
}

// offered returns the session's offers. It creates them on first use, because most sessions need none.
func (v *visit) offered() *offers {
	if v.offers == nil {
		v.offers = &offers{met: map[*campaign.Condition]bool{}}
	}
	return v.offers
}

func (o *offers) meet(conditions []*campaign.Condition) {
	for _, c := range conditions {
		o.met[c] = true
	}
}

func newVisits(lifetime time.Duration, limit int, random io.Reader) *visits {
	return &visits{
		lifetime: lifetime,
		limit:    limit,
		random:   random,
		visitors: visitors{limit: limit},
		sessions: map[string]*visit{},
	}
}

// find returns the session that the ids name, or nil if there is none or it has ended. The session id may have the suffix
// of the Visit Information API. expire may leave a session that has ended if the clock was set back, so find checks the
// time too.
func (v *visits) find(sentVisitor, sentSession string, now time.Time) *visit {
	v.expire(now)
	if known, ok := v.sessions[httpapi.SessionID(sentSession)]; ok && known.visitorID == sentVisitor && now.Sub(known.started) < v.lifetime {
		return known
	}
	return nil
}

// resume returns the session that the ids name. If there is none, it creates a session, and keeps a known visitor.
func (v *visits) resume(sentVisitor, sentSession string, now time.Time) (at *visit, created bool) {
	if known := v.find(sentVisitor, sentSession, now); known != nil {
		return known, false
	}
	at = &visit{visitorID: v.visitor(sentVisitor, now), sessionID: v.newID(), started: now}
	v.sessions[at.sessionID] = at
	v.order = append(v.order, at.sessionID)
	if len(v.order) > v.limit {
		v.endOldest()
	}
	return at, true
}

// visitor returns the id that was sent if the sandbox made it, or else a new id.
func (v *visits) visitor(sent string, now time.Time) string {
	if v.visitors.knows(sent, now) {
		return sent
	}
	fresh := v.newID()
	v.visitors.add(fresh, now)
	return fresh
}

// expire ends the sessions that are too old. All sessions have the same lifetime, so the oldest one ends first.
func (v *visits) expire(now time.Time) {
	for len(v.order) > 0 && now.Sub(v.sessions[v.order[0]].started) >= v.lifetime {
		v.endOldest()
	}
}

func (v *visits) endOldest() {
	delete(v.sessions, v.order[0])
	v.order = v.order[1:]
}

func (v *visits) newID() string {
	var id [idBytes]byte
	v.read(id[:])
	return base64.RawURLEncoding.EncodeToString(id[:])
}

// newPageID returns ten decimal digits, as in LivePerson's samples.
func (v *visits) newPageID() string {
	var number [8]byte
	v.read(number[:])
	return strconv.FormatUint(1e9+binary.BigEndian.Uint64(number[:])%9e9, 10)
}

func (v *visits) read(into []byte) {
	if _, err := io.ReadFull(v.random, into); err != nil {
		panic(fmt.Sprintf("sandbox: Options.Random must not fail: %v", err))
	}
}

// wellFormed reports whether an id has the form of LivePerson's ids. All known ids of LivePerson use this alphabet.
func wellFormed(id string) bool {
	return len(id) <= maxID && strings.Trim(id, idAlphabet) == ""
}
