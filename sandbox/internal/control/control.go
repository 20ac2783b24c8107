// Package control answers the pages under /sandbox: they show what the sandbox received, and steer it. It has no state.
// The parts of the sandbox that it shows and steers have their own locks.
package control

import (
	"context"
	"errors"
	"net/http"
	"slices"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/campaign"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/chaos"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/clock"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/httpapi"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/journal"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/openapi"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/storage"
)

// HealthPath is the page that tells whether the sandbox runs.
const HealthPath = "/sandbox/health"

// Account plays LivePerson's account for events.
type Account interface {
	Campaigns() []campaign.Engagement
	ReplaceCampaigns([]campaign.Engagement)
	Storage() storage.Rules
	ReplaceStorage(storage.Rules)
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
	// Storage are the rules for storing that the sandbox was started with.
	Storage storage.Rules
	// Reset forgets everything that the sandbox received.
	Reset func()
	// Messaging are the operations of messaging's own pages.
	Messaging []openapi.Operation
	// AccountID and AppInstallationID are in the paths of LivePerson's methods.
	AccountID, AppInstallationID string
	// Examples are the events that the page sends to pipelines.
	Examples []Example
	// PageVersion is the version of the page's files.
	PageVersion string
	// ReceiptsOnly says that no calls come in. Chaos, Account, Campaigns and Messaging may be nil then.
	ReceiptsOnly bool
	// Store keeps receipts over a restart. nil: nothing does.
	Store ReceiptStore
}

// ReceiptStore keeps receipts over a restart. It is safe for concurrent use.
type ReceiptStore interface {
	// Add keeps receipts, one on each line. After an error, it has kept none of them.
	Add(lines []byte) error
	// Clear forgets all receipts.
	Clear() error
}

// Pages answers requests for the pages. It is safe for concurrent use.
type Pages struct {
	Parts
	operations []openapi.Operation
}

// New returns the pages of a sandbox.
func New(parts Parts) *Pages {
	p := &Pages{Parts: parts}
	p.operations = append(p.table(), parts.Messaging...)
	if p.ReceiptsOnly {
		p.operations = slices.DeleteFunc(p.operations, func(o openapi.Operation) bool { return !slices.Contains(receiptPages, o.Path) })
	}
	return p
}

// receiptPages are the pages that make sense if the sandbox only has receipts.
var receiptPages = []string{
	"/sandbox/all", "/sandbox/calls/{id}", "/sandbox/counts", "/sandbox/state", "/sandbox/receipts", "/sandbox/events", "/sandbox/export",
	"/sandbox/reset", "/sandbox/openapi.json", HealthPath,
}

// Routes returns the paths of the pages.
func (p *Pages) Routes() []httpapi.Route { return openapi.Routes(p.operations, p.Clock.Now) }

// health says that the sandbox runs.
func (p *Pages) health(*openapi.Call[openapi.None]) (openapi.Done, error) { return openapi.OK, nil }

// reset forgets visitors, sessions, open conversations, calls and totals. The account loads again if it loaded at the
// start. The clock, campaigns and chaos rules stay, because they have their own pages.
func (p *Pages) reset(*openapi.Call[openapi.None]) (openapi.Done, error) {
	if p.Store != nil {
		if err := p.Store.Clear(); err != nil {
			return openapi.OK, &httpapi.StatusError{Status: http.StatusInternalServerError, Err: err}
		}
	}
	p.Reset()
	return openapi.OK, nil
}

// checkRunning returns an error if the context of a request has ended. The caller may still be there, because the sandbox
// ends all requests when it stops.
func checkRunning(ctx context.Context) error {
	if ctx.Err() == nil {
		return nil
	}
	return &httpapi.StatusError{Status: http.StatusServiceUnavailable, Err: errors.New("the sandbox is stopping: start it again, then repeat the request")}
}
