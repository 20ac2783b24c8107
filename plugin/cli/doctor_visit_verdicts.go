package cli

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/benthos-liveperson/benthos-liveperson/internal/liveperson"
	"github.com/benthos-liveperson/benthos-liveperson/internal/sde"
)

// testRow is a line of the doctor's table: one attribute as it was sent.
type testRow struct {
	Sent                  string `json:"sent"`
	Names                 string `json:"names"` // the set of names that has this type
	ACR                   string `json:"acr"`
	Answer                string `json:"answer"`
	KeptAs                string `json:"kept_as"` // the name with which LivePerson shows it; empty: not at all
	VisitInformation      string `json:"visit_information"`
	MessagingInteractions string `json:"messaging_interactions"`
}

func (t *visitTest) rows() (rows []testRow) {
	for _, s := range t.sent {
		row := testRow{Sent: s.kind, Names: s.names, ACR: s.acr, Answer: s.answer, VisitInformation: s.visit, MessagingInteractions: s.conversation}
		if seen(s.visit) || seen(s.conversation) {
			row.KeptAs = liveperson.ShownAs(writtenName(s.kind))
		}
		rows = append(rows, row)
	}
	return rows
}

// seen tells whether LivePerson has at least a part of an attribute.
func seen(kept string) bool { return kept != keptNot && kept != notAsked }

func writtenName(kind string) string {
	if written, alias := sde.WriteName(kind); alias {
		return written
	}
	return kind
}

// printTable writes the table for people.
func printTable(w io.Writer, rows []testRow) {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "\nSENT\tNAMES\tACR\tANSWER\tKEPT AS\tVISIT INFORMATION\tMESSAGING INTERACTIONS")
	for _, r := range rows {
		keptAs := r.KeptAs
		if keptAs == "" {
			keptAs = "-"
		}
		fmt.Fprintln(table, strings.Join([]string{r.Sent, r.Names, r.ACR, r.Answer, keptAs, r.VisitInformation, r.MessagingInteractions}, "\t"))
	}
	_ = table.Flush()
}

// visitChecks are the checks of the test visit.
func (d *doctor) visitChecks() []check {
	if d.test == nil {
		return nil
	}
	needs := []string{"monitoring"}
	if d.connector != nil {
		needs = append(needs, checkConsumerToken, checkDomain+liveperson.ServiceMessaging)
	}
	return []check{
		{name: checkTestVisit, needs: needs, run: d.sendTestVisit, patience: visitWait},
		{name: checkReadback, needs: []string{checkTestVisit}, run: d.readTestVisit, patience: 2*visitWait + d.test.wait},
		{name: "sde_names", needs: []string{checkReadback}, run: func(context.Context) verdict { return d.test.namesVerdict() }},
		{name: "acr", needs: []string{checkReadback}, run: func(context.Context) verdict { return d.test.acrVerdict() }},
		{name: "messaging_sdes", needs: []string{checkReadback}, run: func(context.Context) verdict { return d.test.messagingVerdict() }},
	}
}

// has tells whether an API shows a type with any acr.
func (t *visitTest) has(kind string, column func(*sentAttribute) string) bool {
	return slices.ContainsFunc(t.sent, func(s *sentAttribute) bool { return s.kind == kind && seen(column(s)) })
}

// undecided tells whether LivePerson did not answer some report of a type that nothing is seen of.
func (t *visitTest) undecided(kind string, column func(*sentAttribute) string) bool {
	return !t.has(kind, column) && slices.ContainsFunc(t.sent, func(s *sentAttribute) bool { return s.kind == kind && s.undecided })
}

func ofVisit(s *sentAttribute) string        { return s.visit }
func ofConversation(s *sentAttribute) string { return s.conversation }

// read tells whether an API was asked.
func (t *visitTest) read(column func(*sentAttribute) string) bool {
	return slices.ContainsFunc(t.sent, func(s *sentAttribute) bool { return column(s) != notAsked })
}

// namesVerdict says how to set sde_names. The cart decides: LivePerson's pages say that searches can't
// be reported from mobile apps, and app keys are often those of one.
func (t *visitTest) namesVerdict() verdict {
	column := ofVisit
	if !t.read(column) {
		column = ofConversation
	}
	if !t.read(column) {
		return skip("not known: nothing was read back")
	}
	if t.undecided(sde.CartStatus, column) || t.undecided(sde.Cart, column) {
		return warn("not known: LivePerson did not answer all reports of carts: %s", testAgain)
	}
	signal, livePerson := t.has(sde.CartStatus, column), t.has(sde.Cart, column)
	searches := ""
	if !t.has(sde.Search, column) && !t.has(sde.SearchContent, column) {
		searches = "; LivePerson keeps searches under neither name"
	}
	switch {
	case signal && livePerson:
		return ok("LivePerson keeps carts under both names: sde_names may be signal (the default) or liveperson%s", searches)
	case signal:
		return ok("LivePerson keeps cartStatus and not cart: leave sde_names at signal, the default%s", searches)
	case livePerson:
		return warn("LivePerson keeps cart and not cartStatus, which presets send by default: set sde_names: liveperson%s", searches)
	}
	return fail("LivePerson keeps carts under neither name: ask LivePerson's account team whether the app installation may send engagement attributes%s", searches)
}

// joined returns the values of acr whose attributes are in the conversation.
func (t *visitTest) joined() (acrs []string) {
	for _, acr := range testACRs {
		if slices.ContainsFunc(t.sent, func(s *sentAttribute) bool { return s.acr == acr && seen(s.conversation) }) {
			acrs = append(acrs, acr)
		}
	}
	return acrs
}

const testAgain = "repeat the test"

// undecidedACR returns an acr of which the conversation has nothing and LivePerson did not answer
// some report, or "".
func (t *visitTest) undecidedACR() string {
	joined := t.joined()
	for _, s := range t.sent {
		if s.undecided && !slices.Contains(joined, s.acr) {
			return s.acr
		}
	}
	return ""
}

// acrVerdict says which acr makes the attributes of a consumer join the consumer's conversation.
func (t *visitTest) acrVerdict() verdict {
	switch acrs := t.joined(); {
	case !t.read(ofConversation):
		return skip("not known: no conversation was read back")
	case t.undecidedACR() != "":
		return warn("not known: LivePerson did not answer all reports with acr %s: %s", t.undecidedACR(), testAgain)
	case len(acrs) == 0:
		return warn("not known: the conversation has no attribute of the visits")
	case len(acrs) == len(testACRs):
		return ok("attributes join the consumer's conversation with acr %s", strings.Join(acrs, " and with acr "))
	default:
		return ok("attributes join the consumer's conversation with acr %[1]s alone: set acr: %[1]q", acrs[0])
	}
}

// messagingVerdict says whether conversations show what is reported of consumers who are not
// authenticated. That needs the setting messaging.sdes.
func (t *visitTest) messagingVerdict() verdict {
	const ask = "ask LivePerson's account team to switch on messaging.sdes, so that agents see what is reported of everybody"
	switch acrs := t.joined(); {
	case !t.read(ofConversation):
		return skip("not known: no conversation was read back")
	case t.undecidedACR() != "":
		return warn("not known: LivePerson did not answer all reports with acr %s: %s", t.undecidedACR(), testAgain)
	case len(acrs) == 0:
		return warn("the conversation shows no attribute within %s: %s", t.wait, ask)
	case !slices.Contains(acrs, "0"):
		return warn("the conversation shows no attribute with acr 0: %s", ask)
	}
	return ok("conversations show what is reported: messaging.sdes is on")
}
