package sandbox

import (
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/journal"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/chaos"
)

const (
	reportPath = "/api/account/{account}/app/{app}/report"

	// maxBody is the longest body taken, in bytes. LivePerson publishes no limit; this one is an assumption, far above
	// any report of its samples.
	maxBody = 1 << 20

	// againMonitoring is the first pause of the Monitoring API's retry policy.
	againMonitoring = "after 3 s, with this vid in the query"
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
func (s *Sandbox) report() operation {
	return operation{
		endpoint: chaos.EndpointReport,
		methods:  []string{http.MethodPut, http.MethodPost},
		versions: monitoringVersions,
		again:    againMonitoring,
		read:     readReport,
		settle:   s.settleReport,
	}
}

func (s *Sandbox) settleReport(call *journal.Entry, sent content) (any, *refusal) {
	at := s.visits.find(call.SentVisitorID, call.SentSessionID, call.Time)
	if refused := s.checkImpressions(at, call, sent); refused != nil {
		return nil, refused
	}
	s.enter(call, sent)
	return idsOf(call), nil
}

// checkLoading answers the first calls to a low-traffic account, which LivePerson loads on first use (Monitoring API,
// overview). The message carries a visitor id that the retry is to send.
func (s *Sandbox) checkLoading(call *journal.Entry, forced bool, again string) *refusal {
	if s.loading <= 0 && !forced {
		return nil
	}
	s.loading = max(0, s.loading-1)
	refused := &refusal{
		status:  http.StatusInternalServerError,
		code:    codeLoadingV10,
		message: fmt.Sprintf("Loading account: %s, vid: %s", call.Account, s.visits.visitor(call.SentVisitorID, call.Time)),
		advice:  "nothing was taken; send it again " + again,
	}
	if call.Version == "1.1" {
		refused.status, refused.code = http.StatusAccepted, codeLoadingV11
	}
	return refused
}

// readBody reads up to maxBody bytes. LivePerson documents no answer for longer ones: 413 is an assumption.
func readBody(w http.ResponseWriter, r *http.Request) ([]byte, *refusal) {
	raw, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if tooLong := (*http.MaxBytesError)(nil); errors.As(err, &tooLong) {
		return nil, &refusal{
			status: http.StatusRequestEntityTooLarge, code: codeInvalid, message: "body",
			advice: fmt.Sprintf("the sandbox takes %d bytes at most; send fewer engagement attributes per report", maxBody),
		}
	}
	if err != nil {
		return nil, invalidField("body", "the connection broke off before the body was complete; send it again")
	}
	return raw, nil
}
