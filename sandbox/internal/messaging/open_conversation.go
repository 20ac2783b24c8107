package messaging

import (
	"encoding/json"
	"strconv"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/httpapi"
)

// OpenConversation is an open conversation with the engagement that it began with.
type OpenConversation struct {
	ConversationID string
	// CampaignID and EngagementID are the ids in campaignInfo. 0: there is none, or it is not a number.
	CampaignID, EngagementID int64
}

// FindOpen returns the open conversation of the first of these consumers who has one, by ext_consumer_id. Otherwise it returns
// the open conversation whose conversationContext names this visitor and session. An empty id matches nothing.
func (s *Service) FindOpen(consumers []string, visitorID, sessionID string) (OpenConversation, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, extID := range consumers {
		who, known := s.consumers.get(lpConsumerID(s.options.Account, extID))
		if known && extID != "" && s.isOpen(who) {
			return s.openConversation(who.open), true
		}
	}
	id, found := s.sessions.get(sessionKey(visitorID, sessionID))
	if c, kept := s.conversations.get(id); found && kept && c.state == stateOpen {
		return s.openConversation(id), true
	}
	return OpenConversation{}, false
}

// openConversation returns a kept conversation by its id. The caller holds the lock.
func (s *Service) openConversation(id string) OpenConversation {
	c, _ := s.conversations.get(id)
	var from campaignInfo
	_ = json.Unmarshal(c.campaign, &from) // an unreadable campaignInfo counts as none
	campaign, _ := strconv.ParseInt(string(from.CampaignID), 10, 64)
	engagement, _ := strconv.ParseInt(string(from.EngagementID), 10, 64)
	return OpenConversation{ConversationID: id, CampaignID: campaign, EngagementID: engagement}
}

// remember keeps the session that the conversation's context names, if it names one. The caller holds the lock.
func (s *Service) remember(c *conversation) {
	var context struct {
		VisitorID string `json:"visitorId"`
		SessionID string `json:"sessionId"`
	}
	_ = json.Unmarshal(c.context, &context) // other members of the context do not matter
	if context.VisitorID != "" && context.SessionID != "" {
		s.sessions.put(sessionKey(context.VisitorID, httpapi.SessionID(context.SessionID)), c.id)
	}
}

// sessionKey returns a text that is different for each pair of ids.
func sessionKey(visitorID, sessionID string) string { return visitorID + "\x00" + sessionID }
