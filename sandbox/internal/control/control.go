// Package control answers the pages under /sandbox: they show what the sandbox received, and steer it. It has no state of
// its own. The parts of the sandbox that it shows and steers have their own locks.
package control

import (
	"net/http"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/campaign"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/chaos"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/clock"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/httpapi"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/journal"
)

// HealthPath is the page that tells whether the sandbox runs.
const HealthPath = "/sandbox/health"

// Account plays LivePerson's account for events.
type Account interface {
	Campaigns() []campaign.Engagement
	ReplaceCampaigns([]campaign.Engagement)
	OpenConversation(consumer, id string, engagementID int64) (conversationID string, engagement int64, err error)
	CloseConversation(consumer string)
}

// Parts are the parts of the sandbox that the pages show and steer. All fields are required.
type Parts struct {
	Clock   *clock.Clock
	Journal *journal.Journal
	Chaos   *chaos.Set
	Account Account
	// Campaigns are the engagements that the sandbox was started with.
	Campaigns []campaign.Engagement
	// Reset forgets everything that the sandbox received.
	Reset func()
}

// Pages answers requests for the pages. It is safe for concurrent use.
type Pages struct{ Parts }

// New returns the pages of a sandbox.
func New(parts Parts) *Pages { return &Pages{parts} }

// Routes returns the paths of the pages.
func (p *Pages) Routes() []httpapi.Route {
	return []httpapi.Route{
		{Path: "/sandbox/all", Usage: "GET /sandbox/all", Serve: p.get(p.listing(verdictAll))},
		{Path: "/sandbox/good", Usage: "GET /sandbox/good", Serve: p.get(p.listing(verdictGood))},
		{Path: "/sandbox/bad", Usage: "GET /sandbox/bad", Serve: p.get(p.listing(verdictBad))},
		{Path: "/sandbox/consumers", Usage: "GET /sandbox/consumers", Serve: p.get(p.consumers)},
		{Path: "/sandbox/consumers/{consumer}", Usage: "GET /sandbox/consumers/{consumer}", Serve: p.get(p.consumer)},
		{Path: "/sandbox/consumers/{consumer}/conversation", Usage: "PUT or DELETE /sandbox/consumers/{consumer}/conversation", Serve: p.conversation},
		{Path: "/sandbox/wait", Usage: "GET /sandbox/wait?count=1&timeout=10s", Serve: p.get(p.wait)},
		{Path: "/sandbox/events", Usage: "GET /sandbox/events", Serve: p.get(p.stream)},
		{Path: "/sandbox/export", Usage: "GET /sandbox/export?format=ndjson", Serve: p.get(p.export)},
		{Path: "/sandbox/verify", Usage: "POST /sandbox/verify", Serve: p.verify},
		{Path: "/sandbox/reset", Usage: "POST /sandbox/reset", Serve: p.reset},
		{Path: "/sandbox/campaigns", Usage: "GET, PUT or DELETE /sandbox/campaigns", Serve: p.campaigns},
		{Path: "/sandbox/chaos", Usage: "GET, PUT or DELETE /sandbox/chaos", Serve: p.chaosRules},
		{Path: "/sandbox/clock", Usage: "GET, PUT or DELETE /sandbox/clock", Serve: p.clock},
		{Path: "/sandbox/schemas/{file}", Usage: "GET /sandbox/schemas/report.json", Serve: p.get(p.schema)},
		{Path: "/sandbox/assumptions", Usage: "GET /sandbox/assumptions", Serve: p.get(p.assumptions)},
		{Path: "/sandbox/openapi.json", Usage: "GET /sandbox/openapi.json", Serve: p.get(p.openAPI)},
		{Path: "/sandbox/metrics", Usage: "GET /sandbox/metrics", Serve: p.get(p.metrics)},
		{Path: HealthPath, Usage: "GET or HEAD " + HealthPath, Serve: p.health},
	}
}

// get refuses methods other than GET.
func (p *Pages) get(serve http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if p.allows(w, r, http.MethodGet) {
			serve(w, r)
		}
	}
}

// allows refuses a request with another method.
func (p *Pages) allows(w http.ResponseWriter, r *http.Request, methods ...string) bool {
	refused := httpapi.CheckMethod(r, methods...)
	if refused != nil {
		refused.Write(w, p.Clock.Now())
	}
	return refused == nil
}

// health says that the sandbox runs. Some programs that watch a process send HEAD.
func (p *Pages) health(w http.ResponseWriter, r *http.Request) {
	if p.allows(w, r, http.MethodGet, http.MethodHead) {
		httpapi.WriteJSON(w, http.StatusOK, map[string]string{"status": "ok"})
	}
}

// reset forgets visitors, sessions, open conversations, calls and totals. The account loads again if it loaded at the
// start. The clock, campaigns and chaos rules stay, because they have pages of their own.
func (p *Pages) reset(w http.ResponseWriter, r *http.Request) {
	if p.allows(w, r, http.MethodPost) {
		p.Reset()
		httpapi.WriteJSON(w, http.StatusOK, map[string]string{"status": "ok"})
	}
}
