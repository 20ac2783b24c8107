package engagement

import (
	"time"

	"github.com/benthos-liveperson/benthos-liveperson/internal/liveperson"
)

// result is LivePerson's answer in the form that the pipeline gets. The form is the same for both
// APIs. A value that LivePerson did not send is empty here and absent in the pipeline.
type result struct {
	Status     liveperson.OfferStatus `json:"status"`
	SessionID  string                 `json:"session_id"`
	VisitorID  string                 `json:"visitor_id"`
	PageID     string                 `json:"page_id"`
	Engagement *liveperson.Engagement `json:"engagement"`
	// ValidUntil is the end of the offer, or zero if LivePerson does not send one.
	ValidUntil time.Time `json:"valid_until"`
}

func newResult(offer liveperson.Offer, now time.Time) result {
	r := result{
		Status: offer.Status, SessionID: offer.SessionID, VisitorID: offer.VisitorID, PageID: offer.PageID,
		Engagement: offer.Engagement,
	}
	if offer.Engagement != nil && offer.Engagement.ValidFor > 0 {
		r.ValidUntil = now.Add(offer.Engagement.ValidFor).UTC().Truncate(time.Second)
	}
	return r
}

// structured returns the result as a value for Bloblang.
func (r result) structured() map[string]any {
	form := texts(map[string]string{
		"status": string(r.Status), "session_id": r.SessionID, "visitor_id": r.VisitorID, "page_id": r.PageID,
	})
	if e := r.Engagement; e != nil {
		engagement := texts(map[string]string{
			"campaign_id": e.CampaignID, "engagement_id": e.EngagementID, "context_id": e.ContextID, "window_id": e.WindowID,
			"language": e.Language, "skill_id": e.SkillID, "skill_name": e.SkillName,
			"connector_id": e.ConnectorID, "conversation_id": e.ConversationID,
		})
		if e.Revision != 0 {
			engagement["revision"] = e.Revision
		}
		if !r.ValidUntil.IsZero() {
			engagement["valid_until"] = r.ValidUntil.Format(time.RFC3339)
		}
		form["engagement"] = engagement
	}
	return form
}

// texts returns a copy of a map without the empty texts.
func texts(all map[string]string) map[string]any {
	some := make(map[string]any, len(all)+2) // room for the members that are not texts
	for name, text := range all {
		if text != "" {
			some[name] = text
		}
	}
	return some
}
