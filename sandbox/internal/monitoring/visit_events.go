package monitoring

import (
	"encoding/json"
	"net/http"

	"github.com/benthos-liveperson/benthos-liveperson/internal/sde"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/access"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/chaos"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/httpapi"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/journal"
)

const visitEventsPath = "/api/account/{account}/monitoring/visitors/{visitor}/visits/current/events"

// visitEvents adds engagement attributes to an existing session (Engagement Attributes API).
func (a *Account) visitEvents() operation {
	return operation{
		endpoint:     chaos.EndpointEngagementAttributes,
		methods:      []string{http.MethodPut},
		versions:     []string{"1"},
		need:         &access.Need{Ways: access.ByAPIKey},
		noAccount:    http.StatusUnprocessableEntity,
		needsSession: true,
		read:         readVisitEvents,
		respond:      a.respondVisitEvents,
	}
}

// respondVisitEvents answers with an empty object. The session's page does not change.
func (a *Account) respondVisitEvents(call *journal.Entry, sent content) (any, *httpapi.Refusal) {
	session, refused := a.findSession(call)
	if refused != nil {
		return nil, refused
	}
	sent.pageID = session.pageID
	call.Status = http.StatusOK
	a.addToSession(session, call, sent)
	return struct{}{}, nil
}

// readVisitEvents reads a bare array of engagement attributes.
func readVisitEvents(raw []byte, _ string, strict bool) (content, *httpapi.Refusal) {
	sent := content{strict: strict, types: []string{}}
	var attributes []any
	err := json.Unmarshal(raw, &attributes)
	sent.isJSON = err == nil || json.Valid(raw)
	if err != nil || attributes == nil {
		return sent, invalidField("body", "send a JSON array of engagement attributes")
	}
	return sent, sent.readOwnAttributes(map[string]any{bareArray: attributes}, bareArray, impressionsElsewhere)
}

// bareArray is the name of a list without a name. Paths then begin with an index.
const bareArray = ""

// impressionsElsewhere says why an impression can't be sent here. It returns an empty string for other attributes.
func impressionsElsewhere(kind string) string {
	if sde.IsImpression(kind) {
		return "this method takes no impressions; send them as engagementAttributes of a report"
	}
	return ""
}
