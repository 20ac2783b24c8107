package sandbox

import (
	"cmp"
	"slices"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/journal"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/campaign"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/messaging"
)

// askForConversation asks messaging for a conversation that is open, without the lock: messaging takes it while it has
// its own.
func (s *Sandbox) askForConversation(call *journal.Entry, sent *content) {
	about, visitor, session := s.whereIs(call)
	consumers := append(slices.Clone(sent.subs), cmp.Or(sent.consumer, about, call.SentVisitorID))
	if open, found := s.messaging.Ongoing(consumers, visitor, session); found {
		sent.ongoing = &open
	}
}

// whoCalls gives the consumer of a call before it is decided, as Call.Consumer will have it.
func (s *Sandbox) whoCalls(call *journal.Entry, sent content) string {
	if sent.consumer != "" || call.SentSessionID == "" {
		return call.Consumer
	}
	about, _, _ := s.whereIs(call)
	return cmp.Or(about, call.Consumer)
}

// whereIs gives who the session is about that a call names, and its ids; nothing when it names none.
func (s *Sandbox) whereIs(call *journal.Entry) (consumer, visitor, session string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if at := s.visits.find(call.SentVisitorID, call.SentSessionID, s.clock.Now()); at != nil {
		return at.consumer, at.visitor, at.session
	}
	return "", "", ""
}

// openConversation finds one that a page has opened, by any of the subs that were sent ("Monitoring API, overview":
// identities), or by who the session is about; else the one that messaging has found. It wants the lock.
func (s *Sandbox) openConversation(call *journal.Entry, sent content) (conversation, bool) {
	for _, consumer := range append(sent.subs, call.Consumer) {
		if open, ok := s.conversations[consumer]; ok {
			return open, true
		}
	}
	if sent.ongoing == nil {
		return conversation{}, false
	}
	return conversation{id: sent.ongoing.ConversationID, engagement: s.engagementOf(*sent.ongoing)}, true
}

// engagementOf gives what a conversation of messaging's began with. What campaignInfo says is answered, whatever it is,
// and the rest where the campaigns have it. Without campaignInfo it is the first of the Monitoring API's, if there is
// one: an assumption. It wants the lock.
func (s *Sandbox) engagementOf(open messaging.Ongoing) *campaign.Engagement {
	known := s.engagementWith(open.EngagementID)
	if known != nil && (open.EngagementID == 0 || known.CampaignID == open.CampaignID) {
		return known
	}
	return &campaign.Engagement{CampaignID: open.CampaignID, EngagementID: open.EngagementID}
}
