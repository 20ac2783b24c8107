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
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/journal"
)

const (
	// idBytes make ids of 22 characters, the length that LivePerson's have in practice.
	idBytes = 16
	// maxID is the longest id that counts as well-formed, in characters: an assumption, LivePerson calls its ids opaque.
	maxID = 64

	idAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
)

// visits knows which visitors and sessions exist. A visitor is a device and outlives its sessions; a session is one
// visit (Monitoring API, overview). Its methods want the sandbox's lock.
type visits struct {
	lifetime time.Duration
	limit    int // of sessions
	random   io.Reader
	visitors visitors
	sessions map[string]*visit
	order    []string // session ids, oldest first
}

type visit struct {
	visitorID string
	sessionID string
	started   time.Time
	consumer  string // who was named last; empty: nobody yet
	pageID    string // of the last accepted call
	trail     journal.Trail
	offers    *offers // nil: nothing about engagements
}

// offers are what a session has done for engagements, and which it got.
type offers struct {
	met      map[*campaign.Condition]bool
	contexts []*campaign.Engagement // those handed out, in order
}

// offered gives the session's offers. Most sessions need none.
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

// find returns the session that the ids name; nil when they name none, or its time is up. expire does not see that of one
// that is younger than another by its time alone, because the clock was set back between them.
func (v *visits) find(sentVisitor, sentSession string, now time.Time) *visit {
	v.expire(now)
	if known, ok := v.sessions[sentSession]; ok && known.visitorID == sentVisitor && now.Sub(known.started) < v.lifetime {
		return known
	}
	return nil
}

// resume returns the session that the ids name. Where they name none, it creates one, and keeps the visitor if it can.
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

// visitor returns the id sent if it was issued here, and a fresh one otherwise.
func (v *visits) visitor(sent string, now time.Time) string {
	if v.visitors.knows(sent, now) {
		return sent
	}
	fresh := v.newID()
	v.visitors.add(fresh, now)
	return fresh
}

// expire ends the sessions whose time is up. All live equally long, so the oldest come first.
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

// newPageID makes ten decimal digits, as in LivePerson's samples.
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

// wellFormed tells whether an id could be one of LivePerson's: all that were seen are of this alphabet.
func wellFormed(id string) bool {
	return len(id) <= maxID && strings.Trim(id, idAlphabet) == ""
}
