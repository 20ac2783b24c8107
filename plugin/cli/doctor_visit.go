package cli

import (
	"bufio"
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/benthos-liveperson/benthos-liveperson/internal/liveperson"
	"github.com/benthos-liveperson/benthos-liveperson/internal/readback"
	"github.com/benthos-liveperson/benthos-liveperson/internal/sde"
)

// The checks of a test visit.
const (
	checkTestVisit = "test_visit"
	checkReadback  = "test_readback"
)

// testACRs are the assurance levels of the test visits: the two that LivePerson's pages have.
var testACRs = []string{"loa1", "0"}

// visitWait is how long Visit Information may take to show an attribute.
const visitWait = 10 * time.Second

// visitTest reports marked visits of an invented consumer, one for each acr, and reads them back.
type visitTest struct {
	visits       *liveperson.VisitInformation // nil: no credentials for it
	interactions *liveperson.Interactions     // nil: no credentials, or no conversation to read
	wait         time.Duration                // how long LivePerson may take to show the visits

	consumer       string
	conversationID string // empty: none was opened
	sent           []*sentAttribute
	sessions       map[string]liveperson.Session // by acr
	refusal        string                        // why LivePerson refused the first report that it refused
}

// sentAttribute is one attribute of a test visit.
type sentAttribute struct {
	names     string // the set of names: signal, liveperson, or both
	acr       string
	kind      string // the type as it was sent
	attribute map[string]any

	answer       string
	undecided    bool   // LivePerson neither accepted nor refused it
	visit        string // what Visit Information has
	conversation string // what Messaging Interactions has
}

// The values of visit and conversation. A part has the names of the members that are wrong.
const (
	keptWhole = "whole"
	keptNot   = "no"
	notAsked  = "not asked"
)

// The values of answer. notAccepted may have a status behind it.
const (
	accepted    = "accepted"
	notAccepted = "refused"
)

// The sets of names, as in the setting sde_names.
const (
	namesSignal     = "signal"
	namesLivePerson = "liveperson"
	namesBoth       = "both"
)

// newVisitTest returns a test of which nothing is sent yet.
func newVisitTest(consumer string, wait time.Duration) *visitTest {
	run := strings.ToLower(strings.NewReplacer("2", "b", "3", "c", "4", "d", "5", "e", "6", "f", "7", "g").Replace(rand.Text()[:8]))
	t := &visitTest{consumer: consumer + "-" + run, wait: wait, sessions: map[string]liveperson.Session{}}
	for _, acr := range testACRs {
		for _, written := range sde.WriteTypes() {
			if sde.IsImpression(written) {
				continue
			}
			names := namesBoth
			if _, renamed := signalNames[written]; renamed {
				names = namesLivePerson
			}
			t.add(names, acr, written, written)
			if other, renamed := signalNames[written]; renamed {
				t.add(namesSignal, acr, other, written)
			}
		}
	}
	return t
}

// signalNames are the names that sde_names: signal sends, where they differ.
var signalNames = map[string]string{sde.Cart: sde.CartStatus, sde.Search: sde.SearchContent}

// add adds an attribute whose values have a mark of its own.
func (t *visitTest) add(names, acr, kind, written string) {
	mark := strings.Join([]string{t.consumer, kind, "acr", acr}, "-")
	attribute := testAttribute(written, mark)
	attribute["type"] = kind
	t.sent = append(t.sent, &sentAttribute{names: names, acr: acr, kind: kind, attribute: attribute, visit: notAsked, conversation: notAsked})
}

// testAttribute returns an attribute with a mark in it. Amounts are 0, because LivePerson adds them
// up in the reports of the account.
func testAttribute(written, mark string) map[string]any {
	lines := []any{map[string]any{"product": map[string]any{"name": mark, "price": 0}, "quantity": 1}}
	inner := map[string]map[string]any{
		sde.CustomerInfo:    {"info": map[string]any{"accountName": mark, "balance": 0}},
		sde.PersonalInfo:    {"personal": map[string]any{"firstname": mark, "lastname": "Test"}},
		sde.MarketingSource: {"info": map[string]any{"affiliate": mark, "campaignId": mark}},
		sde.Cart:            {"total": 0, "numItems": 1, "products": lines},
		sde.Purchase:        {"total": 0, "orderId": mark, "cart": map[string]any{"products": lines}},
		sde.ProductView:     {"products": []any{map[string]any{"product": map[string]any{"name": mark, "sku": mark}}}},
		sde.Lead:            {"lead": map[string]any{"topic": mark, "value": 0, "leadId": mark}},
		sde.Service:         {"service": map[string]any{"topic": mark, "category": "test", "serviceId": mark}},
		sde.VisitorError:    {"error": map[string]any{"message": mark, "code": mark}},
		sde.Search:          {"keywords": []any{mark}},
	}
	return inner[written]
}

// plan says what the test will do.
func (t *visitTest) plan(w io.Writer, account string, messages bool) {
	fmt.Fprintf(w, "The test visit sends to the account %s:\n", account)
	fmt.Fprintf(w, "  * %d reports about the invented consumer %s: each type of engagement attribute with acr %s,\n", len(t.sent), t.consumer, strings.Join(testACRs, " and with acr "))
	fmt.Fprintf(w, "    cart and searches under both of their names. Amounts are 0. They count in the account's statistics.\n")
	if messages {
		fmt.Fprintf(w, "  * a conversation of this consumer with one text, which the doctor closes. Agents see it.\n")
	}
	fmt.Fprintf(w, "Then it reads back what LivePerson has of them.\n")
}

// agreed asks whether to send, and reads the answer.
func agreed(w io.Writer, r io.Reader) bool {
	fmt.Fprint(w, "Send it? Type yes: ")
	answer, _ := bufio.NewReader(r).ReadString('\n')
	fmt.Fprintln(w)
	answer = strings.ToLower(strings.TrimSpace(answer))
	return answer == "yes" || answer == "y"
}

// sendTestVisit opens a conversation, if it can, and sends the reports.
func (d *doctor) sendTestVisit(ctx context.Context) verdict {
	t := d.test
	var said []string
	if d.connector != nil {
		var err error
		if t.conversationID, err = d.connector.Open(ctx, t.consumer, liveperson.Opening{}); err != nil {
			said = append(said, "opening a conversation: "+inWords(err))
		} else if _, err := d.connector.Send(ctx, t.consumer, liveperson.Dialog{ConversationID: t.conversationID}.Text(doctorText)); err != nil {
			said = append(said, "sending a text: "+inWords(err))
		}
	}
	taken := 0
	for _, s := range t.sent {
		if d.report(ctx, t, s) {
			taken++
		}
	}
	if t.conversationID != "" {
		if _, err := d.connector.Send(context.WithoutCancel(ctx), t.consumer, liveperson.CloseConversation(t.conversationID)); err != nil {
			said = append(said, "closing the conversation (an agent must do that now): "+inWords(err))
		}
	}
	if t.refusal != "" {
		said = append(said, "the first refusal: "+t.refusal)
	}
	result := fmt.Sprintf("LivePerson accepted %d of %d reports", taken, len(t.sent))
	switch {
	case taken == 0:
		return fail("%s", strings.Join(append([]string{result}, said...), "; "))
	case len(said) > 0:
		return warn("%s", strings.Join(append([]string{result}, said...), "; "))
	}
	return ok("%s", result)
}

// loadingPauses are the pauses while LivePerson loads the account.
var loadingPauses = []time.Duration{3 * time.Second, 10 * time.Second}

// report sends a report with one attribute, and returns whether LivePerson accepted it.
func (d *doctor) report(ctx context.Context, t *visitTest, s *sentAttribute) bool {
	// Texts and numbers can always be encoded.
	body, _ := json.Marshal(map[string]any{
		"identities":           []any{map[string]any{"iss": "LivePerson", "acr": s.acr, "sub": t.consumer}},
		"engagementAttributes": []any{s.attribute},
	})
	before := t.sessions[s.acr]
	for n := 0; ; n++ {
		session, err := d.monitoring.Report(ctx, liveperson.Report{Body: body, VisitorID: before.VisitorID, SessionID: before.SessionID})
		var e *liveperson.Error
		switch {
		case err == nil:
			t.sessions[s.acr] = session
			s.answer = accepted
			return true
		case errors.As(err, &e) && e.Class == liveperson.ClassLoading && n < len(loadingPauses) && paused(ctx, loadingPauses[n]):
			before.VisitorID = e.VisitorID
		default:
			s.answer = notAccepted
			s.undecided = e == nil || e.Status == 0 || e.Status == http.StatusTooManyRequests || e.Status >= http.StatusInternalServerError
			if e != nil && e.Status > 0 {
				s.answer += fmt.Sprintf(" (%d)", e.Status)
			}
			t.refusal = cmp.Or(t.refusal, inWords(err))
			return false
		}
	}
}

// paused waits, and returns false if the context ended.
func paused(ctx context.Context, pause time.Duration) bool {
	select {
	case <-time.After(pause):
		return true
	case <-ctx.Done():
		return false
	}
}

// readTestVisit reads the visits, and the conversation if there is one, until all is there or the
// time is over.
func (d *doctor) readTestVisit(ctx context.Context) verdict {
	t := d.test
	var said []string
	if t.visits == nil {
		said = append(said, "visits are not read: give the credentials of a user or an API key")
	}
	for _, acr := range testACRs {
		if t.visits == nil || t.sessions[acr].SessionID == "" {
			continue
		}
		err := poll(ctx, min(t.wait, visitWait), func() (bool, error) {
			stored, err := t.visits.Visit(ctx, t.sessions[acr].VisitorID, t.sessions[acr].SessionID)
			if err != nil { // what LivePerson has is not known
				return false, err
			}
			return t.compare(acr, stored, func(s *sentAttribute) *string { return &s.visit }), nil
		})
		if err != nil {
			return fail("reading the visit: %s", inWords(err))
		}
	}
	if t.interactions == nil || t.conversationID == "" {
		return ok("%s", strings.Join(append(said, "conversations are not read: that needs credentials, and --"+clientIDFlagName+" to open one"), "; "))
	}
	err := poll(ctx, t.wait, func() (bool, error) {
		stored, found, err := t.interactions.Conversation(ctx, t.conversationID)
		if err != nil {
			return false, err
		}
		all := found
		for _, acr := range testACRs {
			all = t.compare(acr, stored, func(s *sentAttribute) *string { return &s.conversation }) && all
		}
		return all, nil
	})
	if err != nil {
		return fail("reading the conversation: %s", inWords(err))
	}
	return ok("%s", strings.Join(append(said, "LivePerson has answered: see the table"), "; "))
}

// poll calls a function after growing pauses until it returns true, an error or the time is over.
func poll(ctx context.Context, limit time.Duration, try func() (done bool, err error)) error {
	end := time.Now().Add(limit)
	for pause := time.Second; ; pause = min(2*pause, 5*time.Second) {
		done, err := try()
		if done || err != nil || !time.Now().Add(pause).Before(end) || !paused(ctx, pause) {
			return err
		}
	}
}

// compare sets what LivePerson has of the attributes of one acr, and returns whether it has all that it
// accepted.
func (t *visitTest) compare(acr string, stored liveperson.Stored, column func(*sentAttribute) *string) (all bool) {
	all = true
	for _, s := range t.sent {
		if s.acr != acr || s.answer != accepted {
			continue
		}
		*column(s) = kept(readback.Compare(readback.Question{Attributes: []map[string]any{s.attribute}}, marked(stored.Attributes, s)))
		all = all && *column(s) == keptWhole
	}
	return all
}

// marked returns the stored attributes that have the mark of an attribute.
func marked(stored []liveperson.StoredAttribute, s *sentAttribute) []liveperson.StoredAttribute {
	mark := markOf(s.attribute)
	return slices.DeleteFunc(slices.Clone(stored), func(a liveperson.StoredAttribute) bool { return markOf(a.Members) != mark })
}

// markOf returns the longest text of an attribute, which is the mark.
func markOf(value any) (mark string) {
	longest := func(other string) {
		if len(other) > len(mark) {
			mark = other
		}
	}
	switch v := value.(type) {
	case string:
		return v
	case map[string]any:
		for _, member := range v {
			longest(markOf(member))
		}
	case []any:
		for _, item := range v {
			longest(markOf(item))
		}
	}
	return mark
}

// kept says what LivePerson has of one attribute.
func kept(r readback.Result) string {
	switch r.Outcome() {
	case readback.Matched:
		return keptWhole
	case readback.Different:
		wrong := make([]string, len(r.Different))
		for i, d := range r.Different {
			wrong[i] = d.Member
		}
		return "without " + strings.Join(wrong, ", ")
	}
	return keptNot
}
