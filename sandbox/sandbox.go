// Package sandbox stands in for LivePerson, so that a pipeline can be built and tested without an account. It answers the
// Domain API, the Login Service API, the Monitoring API, the App Engagement API, the Engagement Attributes API, the Visit
// Information API, external engagements, the Connector API and Messaging Interactions. Pages under /sandbox show what came in.
//
// The sandbox follows LivePerson's published pages. It keeps no secrets: everybody who can open its pages can read every
// report. Listen therefore needs a password for addresses other than loopback.
//
// The sandbox must not use code of the client that it tests. If both shared a type or a constant, a misreading of
// LivePerson's pages would be on both sides, and all tests would pass.
package sandbox

import (
	"context"
	"io"
	"net/http"
	"sync"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/access"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/chaos"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/clock"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/control"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/httpapi"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/journal"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/messaging"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/monitoring"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/page"
)

// Sandbox is one LivePerson account, as seen over HTTP. It is safe for concurrent use and stores everything in memory. Each
// of its parts has its own lock.
type Sandbox struct {
	options   Options
	mux       *http.ServeMux
	routes    []httpapi.Route
	clock     *clock.Clock
	journal   *journal.Journal
	chaos     *chaos.Set
	access    *access.Access
	messaging *messaging.Service
	account   *monitoring.Account
	pages     *control.Pages
}

// New returns a sandbox without visitors, sessions or calls. The zero Options work. The caller must call Close after use.
func New(options Options) *Sandbox {
	options = options.withDefaults()
	random := &lockedReader{from: options.Random}
	s := &Sandbox{options: options, mux: http.NewServeMux(), clock: clock.New(options.Now)}
	s.journal = journal.New(journal.Limits{Calls: options.Keep, Bytes: options.KeepBytes, Age: options.KeepFor}, s.clock.Now)
	s.chaos = chaos.NewSet(options.Chaos, s.clock.Now())
	s.access = access.New(access.Options{
		Key: options.APIKey, ClientID: options.ClientID, ClientSecret: options.ClientSecret, Password: options.Password,
		Strict: options.Strict, Random: random, Now: s.clock.Now,
		IsApp: func(token string) bool { return s.messaging.IsApp(token) },
	})
	s.messaging = messaging.New(s.messagingOptions(random))
	s.account = monitoring.New(s.monitoringOptions(random))
	s.pages = control.New(control.Parts{
		Clock: s.clock, Journal: s.journal, Chaos: s.chaos, Account: s.account, Campaigns: options.Campaigns, Storage: options.Storage, Reset: s.reset,
		Messaging: s.messaging.Operations(), AccountID: options.AccountID, AppInstallationID: options.AppInstallationID,
		Examples: options.Examples, PageVersion: page.Version(),
	})
	s.serve(s.account.Routes(), s.messaging.Routes(), s.pages.Routes(), page.Routes(s.clock.Now))
	return s
}

func (s *Sandbox) monitoringOptions(random io.Reader) monitoring.Options {
	o := s.options
	return monitoring.Options{
		ID: o.AccountID, AppInstallationID: o.AppInstallationID, Strict: o.Strict,
		Access: s.access, Closed: o.Strict || o.Password != "", Verify: o.Password != "",
		LoadingCalls: o.LoadingCalls, SessionLifetime: o.SessionLifetime, KeepSessions: o.KeepSessions, Campaigns: o.Campaigns,
		Storage: o.Storage,
		Random:  random, Now: s.clock.Now, Journal: s.journal, Chaos: s.chaos, FindConversation: s.findConversation,
		Conversations: s.messaging.History,
	}
}

// reset forgets what came in.
func (s *Sandbox) reset() {
	s.messaging.Reset()
	s.account.Reset()
}

// Close stops the agent and stops posting notifications.
func (s *Sandbox) Close() { s.messaging.Close() }

// Flush waits until messaging has no notification left to post, or until the context ends.
func (s *Sandbox) Flush(ctx context.Context) error { return s.messaging.Flush(ctx) }

// ServeHTTP answers as LivePerson would.
func (s *Sandbox) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mux.ServeHTTP(w, journal.Arrive(httpapi.SingleSlashes(r), s.clock.Now()))
}

// lockedReader makes a reader safe for concurrent use.
type lockedReader struct {
	mu   sync.Mutex
	from io.Reader
}

func (r *lockedReader) Read(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.from.Read(p)
}
