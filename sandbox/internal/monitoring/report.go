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

	// retryMonitoring has the first pause of the Monitoring API's retry policy.
	retryMonitoring = "after 3 s, with this vid in the query"
)

var monitoringVersions = []string{"1.0", "1.1"}

// reportAnswer is the body of a 200 or 201 (Monitoring API, report). The page's table calls two members vid and sid. The
// names here are those of its samples, which real clients read.
type reportAnswer struct {
	SessionID string `json:"sessionId"`
	VisitorID string `json:"visitorId"`
	PageID    string `json:"pageId"`
}

// report accepts a report (Monitoring API, report). The page's table says PUT. Its curl samples say POST with
// X-HTTP-Method-Override: PUT. The sandbox also accepts a plain POST, which is an assumption.
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

// checkLoading refuses the first calls to an account with little traffic. LivePerson loads such an account on first use
// (Monitoring API, overview). The message has a visitor id for the retry.
func (a *Account) checkLoading(call *journal.Entry, forced bool, retry string) *httpapi.Refusal {
	if a.loading <= 0 && !forced {
		return nil
	}
	a.loading = max(0, a.loading-1)
	refused := &httpapi.Refusal{
		Status:  http.StatusInternalServerError,
		Code:    codeLoadingV10,
		Message: fmt.Sprintf("Loading account: %s, vid: %s", call.Account, a.visits.visitor(call.SentVisitorID, call.Time)),
		Advice:  "the account did not take the call; send it again " + retry,
	}
	if call.Version == "1.1" {
		refused.Status, refused.Code = http.StatusAccepted, codeLoadingV11
	}
	return refused
}
