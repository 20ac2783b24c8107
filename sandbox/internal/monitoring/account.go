// Package monitoring plays LivePerson's account for events: the Domain API, the Login Service API, the Monitoring API, the App
// Engagement API, the Engagement Attributes API, the Visit Information API, external engagements and Messaging Interactions. It
// stores visitors, sessions, campaigns and the conversations that a page opens.
//
// The package follows LivePerson's published pages. It shares no code with the client that it tests.
package monitoring

import (
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/access"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/campaign"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/chaos"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/history"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/httpapi"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/journal"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/storage"
)

// Options describe the account. A field is required unless its comment says what its zero value means.
type Options struct {
	// ID is the account id.
	ID string
	// AppInstallationID is the only app key of the account.
	AppInstallationID string
	// Strict refuses what LivePerson's pages do not allow.
	Strict bool
	// Access decides who may read and who may log in.
	Access *access.Access
	// Closed says that a caller must prove who it is before the account shows a visit.
	Closed bool
	// Verify refuses to show a visit to callers with a wrong signature.
	Verify bool
	// LoadingCalls is the number of calls that find the account still loading (Monitoring API, overview).
	LoadingCalls int
	// SessionLifetime is how long a session is valid, counted from its start.
	SessionLifetime time.Duration
	// KeepSessions is the maximum number of sessions, and about that of visitors.
	KeepSessions int
	// Storage has the rules at the start for what the account stores of accepted calls.
	Storage storage.Rules
	// Campaigns are the active engagements at the start.
	Campaigns []campaign.Engagement
	// Random is the source of ids. It must not fail, and must be safe for concurrent use.
	Random io.Reader
	// Now is the clock.
	Now func() time.Time
	// Journal gets every call. Account calls it with the account's lock held.
	Journal *journal.Journal
	// Chaos makes calls fail on purpose.
	Chaos *chaos.Set
	// FindConversation returns the open conversation in messaging of the first of these consumers who has one, or the
	// conversation that began in this session. Account calls it without the account's lock.
	FindConversation func(consumers []string, visitorID, sessionID string) (Conversation, bool)
	// Conversations returns the wanted conversations in messaging that began until a time, as they were at that time. Account
	// calls it without the account's lock.
	Conversations func(until time.Time, wanted func(id, consumerID string) bool) []history.Conversation
}

// Account is one account. It is safe for concurrent use.
type Account struct {
	options Options

	mu      sync.Mutex // guards the fields below; the journal, the clock and the random source may be used while it is held
	loading int        // number of calls still to be answered with "Loading account"
	visits  *visits
	storage storage.Rules
	// campaigns are the active engagements. The list is replaced, never changed.
	campaigns []campaign.Engagement
	// conversations are those that a page opened, by consumer.
	conversations map[string]openConversation
}

// New returns an account without visitors, sessions or conversations.
func New(options Options) *Account {
	a := &Account{options: options, campaigns: options.Campaigns, storage: options.Storage.WithDefaults()}
	a.begin()
	return a
}

// begin sets the state at the start. The caller holds the lock.
func (a *Account) begin() {
	a.loading = a.options.LoadingCalls
	a.visits = newVisits(a.options.SessionLifetime, a.options.KeepSessions, a.options.Random)
	a.conversations = map[string]openConversation{}
}

// Reset forgets visitors, sessions and conversations, and resets the journal. The account loads again if it loaded at the
// start. Campaigns stay. The journal is reset under the account's lock, because sessions refer to calls in the journal.
func (a *Account) Reset() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.begin()
	a.options.Journal.Reset()
}

// Routes returns the paths of LivePerson's APIs that the account answers.
func (a *Account) Routes() []httpapi.Route {
	return []httpapi.Route{
		{Path: domainPath, Usage: "GET " + domainPath + "?version=1.0", Serve: a.domain},
		{Path: domainsPath, Usage: "GET " + domainsPath + "?version=1.0", Serve: a.domains},
		{Path: bareDomainPath, Usage: "GET " + bareDomainPath + "?version=1.0", Serve: a.domain},
		{Path: bareDomainsPath, Usage: "GET " + bareDomainsPath + "?version=1.0", Serve: a.domains},
		{Path: LoginPath, Usage: "POST " + LoginPath, Serve: a.login},
		{Path: reportPath, Usage: "PUT or POST " + reportPath + "?v=1.0", Serve: a.serve(a.report())},
		{Path: engagementPath, Usage: "POST " + engagementPath + "?v=1.0", Serve: a.serve(a.engagement())},
		{Path: appVisitorsPath, Usage: "POST " + appVisitorsPath + "?v=1.0", Serve: a.appEngagement()},
		{Path: appVisitorPath, Usage: "POST or PUT " + appVisitorsPath + "/{visitor}?v=1.0", Serve: a.appEngagement()},
		{Path: VisitPath, Usage: "GET " + VisitPath + "?v=1&sid=", Serve: a.serve(a.visitInformation())},
		{Path: visitEventsPath, Usage: "PUT " + visitEventsPath + "?v=1&sid=", Serve: a.serve(a.visitEvents())},
		{Path: interactionsPath, Usage: "POST " + interactionsPath + "?v=2&source=", Serve: a.interactions(history.ByCriteria)},
		{Path: consumerInteractionsPath, Usage: "POST " + consumerInteractionsPath + "?v=2&source=", Serve: a.interactions(history.ByConsumer)},
		{Path: conversationInteractionsPath, Usage: "POST " + conversationInteractionsPath + "?v=2&source=", Serve: a.interactions(history.ByConversation)},
		{Path: externalPath, Usage: "POST " + externalPath + "?v=1.0", Serve: a.serve(a.externalEngagement())},
	}
}

func (a *Account) refuse(w http.ResponseWriter, refused *httpapi.Refusal) {
	refused.Write(w, a.options.Now())
}
