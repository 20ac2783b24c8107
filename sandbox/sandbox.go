// Package sandbox stands in for LivePerson's side of the wire, so that a pipeline can be built, tested and broken
// without an account: the Domain API, the Monitoring API, the App Engagement API, the Engagement Attributes API, the Visit
// Information API, external engagements, and pages under /sandbox that show what came in.
//
// It follows LivePerson's published pages and keeps no secrets: whoever reaches its pages can read every report it was
// sent. That is why Listen takes other addresses than loopback only where there is a password.
//
// No client code may come in here. Were the sandbox to share a type or a constant with the client that it tests, a
// misreading of LivePerson's pages would be made on both sides at once, and every test would be green.
package sandbox

import (
	"context"
	"io"
	"net/http"
	"sync"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/clock"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/journal"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/campaign"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/chaos"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/messaging"
)

// Sandbox is one LivePerson account, as seen over HTTP. It is safe for concurrent use and lives in memory only.
type Sandbox struct {
	options   Options
	mux       *http.ServeMux
	messaging *messaging.Service

	// These parts have their own locks.
	control
	chaos  *chaos.Set
	random io.Reader

	mu      sync.Mutex // guards the fields below; it may be held while the journal, the clock or random is used
	loading int        // calls still to be answered with "Loading account"
	visits  *visits
	// campaigns are the engagements in force; the list is replaced, never changed.
	campaigns []campaign.Engagement
	// conversations are those that pages have opened, by consumer.
	conversations map[string]conversation
}

// New makes a sandbox without visitors, sessions or calls. Zero options take their documented defaults. Close it after
// use.
func New(options Options) *Sandbox {
	options = options.withDefaults()
	s := &Sandbox{options: options, mux: http.NewServeMux(), campaigns: options.Campaigns}
	s.random = &lockedReader{from: options.Random}
	s.clock = clock.New(options.Now)
	s.journal = journal.New(journal.Limits{Calls: options.Keep, Bytes: options.KeepBytes, Age: options.KeepFor}, s.clock.Now)
	s.begin()
	s.chaos = chaos.NewSet(options.Chaos, s.clock.Now())
	s.messaging = messaging.New(s.messagingOptions())
	for _, route := range s.routes() {
		s.mux.HandleFunc(route.path, s.guard(route.path, route.serve))
	}
	s.mux.HandleFunc("/", s.unknownPath)
	return s
}

// Close ends what the sandbox does by itself: the notifications that it posts, and the agent who answers.
func (s *Sandbox) Close() { s.messaging.Close() }

// Flush waits until no notification of messaging is left to be posted, or the context ends.
func (s *Sandbox) Flush(ctx context.Context) error { return s.messaging.Flush(ctx) }

// Summary returns the totals of what came in so far.
func (s *Sandbox) Summary() Summary { return s.journal.Summary() }

// ServeHTTP answers as LivePerson would.
func (s *Sandbox) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.mux.ServeHTTP(w, r) }

// route is a path that the sandbox knows; usage is how a person would write the request.
type route struct {
	path  string
	usage string
	serve http.HandlerFunc
}

func (s *Sandbox) routes() []route {
	routes := []route{
		{domainPath, "GET " + domainPath + "?version=1.0", s.domain},
		{domainsPath, "GET " + domainsPath + "?version=1.0", s.domains},
		{reportPath, "PUT or POST " + reportPath + "?v=1.0", s.serve(s.report())},
		{engagementPath, "POST " + engagementPath + "?v=1.0", s.serve(s.engagement())},
		{appVisitorsPath, "POST " + appVisitorsPath + "?v=1.0", s.appEngagement()},
		{appVisitorPath, "POST or PUT " + appVisitorsPath + "/{visitor}?v=1.0", s.appEngagement()},
		{visitPath, "GET " + visitPath + "?v=1&sid=", s.serve(s.visitInformation())},
		{visitEventsPath, "PUT " + visitEventsPath + "?v=1&sid=", s.serve(s.visitEvents())},
		{externalPath, "POST " + externalPath + "?v=1.0", s.serve(s.externalEngagement())},
		{"/sandbox/all", "GET /sandbox/all", s.get(s.listing(verdictAll))},
		{"/sandbox/good", "GET /sandbox/good", s.get(s.listing(verdictGood))},
		{"/sandbox/bad", "GET /sandbox/bad", s.get(s.listing(verdictBad))},
		{"/sandbox/consumers", "GET /sandbox/consumers", s.get(s.consumers)},
		{"/sandbox/consumers/{consumer}", "GET /sandbox/consumers/{consumer}", s.get(s.consumer)},
		{"/sandbox/consumers/{consumer}/conversation", "PUT or DELETE /sandbox/consumers/{consumer}/conversation", s.conversationOf},
		{"/sandbox/wait", "GET /sandbox/wait?count=1&timeout=10s", s.get(s.wait)},
		{"/sandbox/events", "GET /sandbox/events", s.get(s.stream)},
		{"/sandbox/export", "GET /sandbox/export?format=ndjson", s.get(s.export)},
		{"/sandbox/verify", "POST /sandbox/verify", s.verify},
		{"/sandbox/reset", "POST /sandbox/reset", s.reset},
		{"/sandbox/campaigns", "GET, PUT or DELETE /sandbox/campaigns", s.campaignsPage},
		{"/sandbox/chaos", "GET, PUT or DELETE /sandbox/chaos", s.chaosPage},
		{"/sandbox/clock", "GET, PUT or DELETE /sandbox/clock", s.clockPage},
		{"/sandbox/schemas/{file}", "GET /sandbox/schemas/report.json", s.get(s.schema)},
		{"/sandbox/assumptions", "GET /sandbox/assumptions", s.get(s.assumptions)},
		{"/sandbox/openapi.json", "GET /sandbox/openapi.json", s.get(s.openAPI)},
		{"/sandbox/metrics", "GET /sandbox/metrics", s.get(s.metrics)},
		{healthPath, "GET or HEAD " + healthPath, s.health},
	}
	for _, of := range s.messaging.Routes() {
		routes = append(routes, route{of.Path, of.Usage, of.Serve})
	}
	return routes
}

// get lets GET requests through and refuses the others.
func (s *control) get(serve http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if refused := checkMethod(r, http.MethodGet); refused != nil {
			s.refuse(w, refused)
			return
		}
		serve(w, r)
	}
}

// health says that the sandbox is there. Some who look whether a process lives send HEAD.
func (s *control) health(w http.ResponseWriter, r *http.Request) {
	if refused := checkMethod(r, http.MethodGet, http.MethodHead); refused != nil {
		s.refuse(w, refused)
		return
	}
	writeJSON(w, http.StatusOK, map[string]string{"status": "ok"})
}

// lockedReader lets several goroutines read from one source.
type lockedReader struct {
	mu   sync.Mutex
	from io.Reader
}

func (r *lockedReader) Read(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.from.Read(p)
}
