package monitoring

import (
	"strconv"

	"github.com/benthos-liveperson/benthos-liveperson/internal/sde"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/campaign"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/httpapi"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/journal"
)

// belongsTo reports whether the impression may be about an engagement that has this context id.
func (i impression) belongsTo(e *campaign.Engagement, contextID string) bool {
	return i.CampaignID == e.CampaignID && i.EngagementID == e.EngagementID &&
		(i.Revision == 0 || i.Revision == e.EngagementRevision) && (i.ContextID == "" || i.ContextID == contextID)
}

// checkImpressions checks that the session was offered the engagements of the impressions. session may be nil. An impression
// is valid only in the session that owns the engagement's context (Monitoring API, report). The page does not say how
// LivePerson answers other impressions.
func (a *Account) checkImpressions(session *visit, call *journal.Entry, sent content) *httpapi.Refusal {
	for _, i := range sent.impressions {
		if session != nil && session.offers.has(i) {
			continue
		}
		const advice = "this session was not offered the engagement; ask for an engagement, and report its impressions with the vid and sid of that answer"
		if refused := refuseOrNote(&call.Notes, a.options.Strict, i.path, advice); refused != nil {
			return refused
		}
	}
	return nil
}

// has reports whether the session was offered the engagement of an impression.
func (o *offers) has(i impression) bool {
	if o == nil {
		return false
	}
	for n, e := range o.contexts {
		if i.belongsTo(e, contextID(n)) {
			return true
		}
	}
	return false
}

// contextOf returns the context id of an engagement in the session. The id stays the same in a session, which is an
// assumption.
func (o *offers) contextOf(e *campaign.Engagement) string {
	for n, offered := range o.contexts {
		if offered == e {
			return contextID(n)
		}
	}
	o.contexts = append(o.contexts, e)
	return contextID(len(o.contexts) - 1)
}

// contextID numbers the engagements of a session from 1, as in LivePerson's samples.
func contextID(n int) string { return strconv.Itoa(n + 1) }

// noImpressions says why an impression is in the wrong list. It returns an empty string for other attributes.
func noImpressions(kind string) string {
	if sde.IsImpression(kind) {
		return "a question for an engagement has no impressions; send them after the engagement was shown, as engagementAttributes of a report or as impAttributes of update session"
	}
	return ""
}

// onlyImpressions says why an attribute that is not an impression is in the wrong list.
func onlyImpressions(kind string) string {
	if sde.IsImpression(kind) {
		return ""
	}
	return "send impressions here, such as " + sde.ImpressionDisplay + ", and other attributes as engagementAttributes"
}
