package monitoring

import (
	"fmt"
	"net/http"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/chaos"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/httpapi"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/journal"
)

const (
	reportPath = "/api/account/{account}/app/{app}/report"

	// retryMonitoring is the first pause of the Monitoring API's retry policy.
	retryMonitoring = "after 3 s, with this vid in the query"
)

var monitoringVersions = []string{"1.0", "1.1"}

// reportAnswer is the body of a 200 or 201. The page's table calls two of the members vid and sid; its samples, and what
// clients in the field read, are these (Monitoring API, report).
type reportAnswer struct {
	SessionID string `json:"sessionId"`
	VisitorID string `json:"visitorId"`
	PageID    string `json:"pageId"`
}

// report takes a report (Monitoring API, report). The page's table says PUT, its curl samples say POST with
// X-HTTP-Method-Override: PUT; that a bare POST passes too is an assumption.
func (a *Account) report() operation {
	return operation{
		endpoint: chaos.EndpointReport,
		methods:  []string{http.MethodPut, http.MethodPost},
		versions: monitoringVersions,
		retry:    retryMonitoring,
		read:     readReport,
		respond:  a.respondReport,
	}
}

func (a *Account) respondReport(call *journal.Entry, sent content) (any, *httpapi.Refusal) {
	session := a.visits.find(call.SentVisitorID, call.SentSessionID, call.Time)
	if refused := a.checkImpressions(session, call, sent); refused != nil {
		return nil, refused
	}
	a.enterSession(call, sent)
	return idsOf(call), nil
}

// checkLoading answers the first calls to a low-traffic account, which LivePerson loads on first use (Monitoring API,
// overview). The message carries a visitor id that the retry is to send.
func (a *Account) checkLoading(call *journal.Entry, forced bool, retry string) *httpapi.Refusal {
	if a.loading <= 0 && !forced {
		return nil
	}
	a.loading = max(0, a.loading-1)
	refused := &httpapi.Refusal{
		Status:  http.StatusInternalServerError,
		Code:    codeLoadingV10,
		Message: fmt.Sprintf("Loading account: %s, vid: %s", call.Account, a.visits.visitor(call.SentVisitorID, call.Time)),
		Advice:  "nothing was taken; send it again " + retry,
	}
	if call.Version == "1.1" {
		refused.Status, refused.Code = http.StatusAccepted, codeLoadingV11
	}
	return refused
}
