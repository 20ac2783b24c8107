package sandbox

import (
	"encoding/json"
	"strconv"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/journal"

	"github.com/benthos-liveperson/benthos-liveperson/internal/sde"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/campaign"
)

// impression is an engagement attribute that says what became of an offered engagement.
type impression struct {
	path       string // in the body
	campaign   int64
	engagement int64
	revision   int64  // 0: not sent
	context    string // empty: not sent, as in LivePerson's samples of the later ones
}

func readImpression(path string, attribute map[string]any) impression {
	read := impression{
		path:       path,
		campaign:   idOf(attribute["campaign"]),
		engagement: idOf(attribute["engId"]),
		revision:   idOf(attribute["revision"]),
	}
	contexts, _ := list(attribute, "eContext")
	if len(contexts) > 0 {
		first, _ := contexts[0].(map[string]any)
		read.context, _ = text(first, "id")
	}
	return read
}

// of tells whether the impression can be one of an engagement that has been handed out under a context id.
func (i impression) of(e *campaign.Engagement, contextID string) bool {
	return i.campaign == e.CampaignID && i.engagement == e.EngagementID &&
		(i.revision == 0 || i.revision == e.EngagementRevision) && (i.context == "" || i.context == contextID)
}

// checkImpressions holds impressions against what the session, if there is one, was handed: an impression is valid only
// in the session that owns the engagement's context (Monitoring API, report). The page does not say what others get.
func (s *Sandbox) checkImpressions(at *visit, call *journal.Entry, sent content) *refusal {
	for _, i := range sent.impressions {
		if at != nil && at.offers.owns(i) {
			continue
		}
		const advice = "this session was handed no such engagement; ask for one, and report its impressions with the vid and sid of that answer"
		if refused := doubt(&call.Notes, s.options.Strict, i.path, advice); refused != nil {
			return refused
		}
	}
	return nil
}

// owns tells whether the session was handed the engagement that an impression is of.
func (o *offers) owns(i impression) bool {
	if o == nil {
		return false
	}
	for n, e := range o.contexts {
		if i.of(e, contextID(n)) {
			return true
		}
	}
	return false
}

// contextOf gives the id under which the session has an engagement. That it stays the same in a session is an
// assumption.
func (o *offers) contextOf(e *campaign.Engagement) string {
	for n, handed := range o.contexts {
		if handed == e {
			return contextID(n)
		}
	}
	o.contexts = append(o.contexts, e)
	return contextID(len(o.contexts) - 1)
}

// contextID numbers a session's engagements from 1 on, as in LivePerson's samples.
func contextID(n int) string { return strconv.Itoa(n + 1) }

// noImpressions says why an impression does not belong where it is; empty for other attributes.
func noImpressions(kind string) string {
	if sde.IsImpression(kind) {
		return "impressions do not go with the question for an engagement; send them once it was shown, as report's engagementAttributes or as update session's impAttributes"
	}
	return ""
}

// onlyImpressions is the reverse.
func onlyImpressions(kind string) string {
	if sde.IsImpression(kind) {
		return ""
	}
	return "send impressions here, such as " + sde.ImpressionDisplay + ", and other attributes as engagementAttributes"
}

// idOf reads an id, which some senders write as text; 0 when it is none.
func idOf(value any) int64 {
	switch v := value.(type) {
	case float64:
		return int64(v)
	case json.Number:
		id, _ := v.Int64()
		return id
	case string:
		id, _ := strconv.ParseInt(v, 10, 64)
		return id
	}
	return 0
}
