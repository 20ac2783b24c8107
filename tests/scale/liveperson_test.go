package scale

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// livePerson stands in for LivePerson's Domain API and Monitoring API, and keeps each event that it accepts. It shares no
// code with the project, neither with the client nor with the sandbox.
type livePerson struct {
	*httptest.Server

	mu       sync.Mutex
	progress sync.Cond
	down     bool
	delay    time.Duration
	poison   string                       // the consumer whose events it refuses for good
	accepted map[string][]int             // sequence numbers by consumer, in the order of acceptance
	sessions map[string]string            // consumers by session
	opened   map[string]map[string]bool   // sessions by consumer
	seen     map[string]map[int]time.Time // when an event was first accepted
	distinct int
	requests int
	refused  int // requests while down
	foreign  int // requests with the session of another consumer
}

func newLivePerson(t *testing.T) *livePerson {
	t.Helper()
	lp := &livePerson{
		accepted: map[string][]int{}, sessions: map[string]string{},
		opened: map[string]map[string]bool{}, seen: map[string]map[int]time.Time{},
	}
	lp.progress.L = &lp.mu
	mux := http.NewServeMux()
	mux.HandleFunc("GET /api/account/{account}/service/{service}/baseURI.json", lp.domain)
	mux.HandleFunc("POST /api/account/{account}/app/{app}/report", lp.report)
	lp.Server = httptest.NewServer(mux)
	t.Cleanup(lp.Close)
	return lp
}

func (lp *livePerson) domain(w http.ResponseWriter, r *http.Request) {
	_ = json.NewEncoder(w).Encode(map[string]string{
		"service": r.PathValue("service"), "account": r.PathValue("account"), "baseURI": lp.Listener.Addr().(*net.TCPAddr).String(),
	})
}

// body is what the stand-in reads of a report.
type body struct {
	Identities []struct{ Sub string } `json:"identities"`
	Attributes []struct {
		Keywords []string `json:"keywords"`
	} `json:"engagementAttributes"`
}

func (lp *livePerson) report(w http.ResponseWriter, r *http.Request) {
	var report body
	if err := json.NewDecoder(r.Body).Decode(&report); err != nil || len(report.Identities) != 1 || len(report.Attributes) == 0 {
		http.Error(w, `{"time":1,"message":"not a report of these tests","internalCode":5}`, http.StatusBadRequest)
		return
	}
	lp.mu.Lock()
	delay := lp.delay
	lp.mu.Unlock()
	time.Sleep(delay)

	lp.mu.Lock()
	defer lp.mu.Unlock()
	if lp.down {
		lp.refused++
		http.Error(w, `{"time":1,"message":"down","internalCode":1}`, http.StatusServiceUnavailable)
		return
	}
	if report.Identities[0].Sub == lp.poison {
		http.Error(w, `{"time":1,"message":"refused","internalCode":5}`, http.StatusBadRequest)
		return
	}
	visitor, session, status := lp.session(report.Identities[0].Sub, r)
	lp.accept(report)
	w.WriteHeader(status)
	fmt.Fprintf(w, `{"sessionId":%q,"visitorId":%q,"pageId":"4743822558"}`, session, visitor)
}

// session returns the ids that the request has, or new ones. The caller holds mu.
func (lp *livePerson) session(consumer string, r *http.Request) (visitor, session string, status int) {
	visitor, session = r.URL.Query().Get("vid"), r.URL.Query().Get("sid")
	owner, known := lp.sessions[session]
	switch {
	case known && owner == consumer:
		return visitor, session, http.StatusOK
	case known:
		lp.foreign++
	}
	number := len(lp.sessions) + 1
	if visitor == "" {
		visitor = fmt.Sprintf("Zvid%016d", number)
	}
	session = fmt.Sprintf("stM%019d", number)
	lp.sessions[session] = consumer
	if lp.opened[consumer] == nil {
		lp.opened[consumer] = map[string]bool{}
	}
	lp.opened[consumer][session] = true
	return visitor, session, http.StatusCreated
}

// accept notes the events of a report. The caller holds mu.
func (lp *livePerson) accept(report body) {
	lp.requests++
	consumer := report.Identities[0].Sub
	if lp.seen[consumer] == nil {
		lp.seen[consumer] = map[int]time.Time{}
	}
	for _, attribute := range report.Attributes {
		for _, keyword := range attribute.Keywords {
			number, err := strconv.Atoi(strings.TrimPrefix(keyword, "thing "))
			if err != nil {
				continue
			}
			lp.accepted[consumer] = append(lp.accepted[consumer], number)
			if _, known := lp.seen[consumer][number]; !known {
				lp.seen[consumer][number] = time.Now()
				lp.distinct++
			}
		}
	}
	lp.progress.Broadcast()
}

// set changes what the stand-in does.
func (lp *livePerson) set(change func(*livePerson)) {
	lp.mu.Lock()
	defer lp.mu.Unlock()
	change(lp)
}

// wait returns when so many different events were accepted, or false after the limit.
func (lp *livePerson) wait(events int, limit time.Duration) bool {
	expired := false
	timer := time.AfterFunc(limit, func() {
		lp.set(func(*livePerson) { expired = true })
		lp.progress.Broadcast()
	})
	defer timer.Stop()
	lp.mu.Lock()
	defer lp.mu.Unlock()
	for lp.distinct < events && !expired {
		lp.progress.Wait()
	}
	return lp.distinct >= events
}

// verdict is what became of the events of a run.
type verdict struct {
	lost       int // events that were never accepted
	duplicates int // acceptances beyond the first
	disordered int // consumers whose events were first accepted in another order
	foreign    int
	sessions   float64 // sessions per consumer
}

// judge compares what was accepted with consumers times events.
func (lp *livePerson) judge(consumers, events int) verdict {
	lp.mu.Lock()
	defer lp.mu.Unlock()
	v := verdict{lost: consumers*events - lp.distinct, foreign: lp.foreign}
	sessions := 0
	for consumer, numbers := range lp.accepted {
		first, newest, disordered := map[int]bool{}, -1, false
		for _, number := range numbers {
			if first[number] {
				v.duplicates++
				continue
			}
			first[number] = true
			disordered = disordered || number < newest
			newest = max(newest, number)
		}
		if disordered {
			v.disordered++
		}
		sessions += len(lp.opened[consumer])
	}
	v.sessions = float64(sessions) / float64(consumers)
	return v
}

func (v verdict) String() string {
	return fmt.Sprintf("lost %d, duplicates %d, consumers out of order %d, sessions per consumer %.3f", v.lost, v.duplicates, v.disordered, v.sessions)
}
