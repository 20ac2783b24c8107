package messaging

import (
	"encoding/json"
	"strconv"
)

// OpenConversation is a conversation that is open, with the engagement that it began with.
type OpenConversation struct {
	ConversationID string
	// CampaignID and EngagementID are those of its campaignInfo; 0 where it has none, or none that is a number.
	CampaignID, EngagementID int64
}

// FindOpen finds the open conversation of the first of these consumers who has one, by their ext_consumer_id, else the
// one that says in its conversationContext that it began in this session of this visitor. Nobody is found by an empty id.
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

// openConversation wants the lock, and a conversation that is kept.
func (s *Service) openConversation(id string) OpenConversation {
	c, _ := s.conversations.get(id)
	var from campaignInfo
	_ = json.Unmarshal(c.campaign, &from) // what can't be read is not there
	campaign, _ := strconv.ParseInt(string(from.CampaignID), 10, 64)
	engagement, _ := strconv.ParseInt(string(from.EngagementID), 10, 64)
	return OpenConversation{ConversationID: id, CampaignID: campaign, EngagementID: engagement}
}

// remember keeps the session that a conversation says it began in, if it does. It wants the lock.
func (s *Service) remember(c *conversation) {
	var context struct {
		VisitorID string `json:"visitorId"`
		SessionID string `json:"sessionId"`
	}
	_ = json.Unmarshal(c.context, &context) // the rest of it is anybody's
	if context.VisitorID != "" && context.SessionID != "" {
		s.sessions.put(sessionKey(context.VisitorID, context.SessionID), c.id)
	}
}

// sessionKey is one text for two, of whatever they are made.
func sessionKey(visitorID, sessionID string) string { return visitorID + "\x00" + sessionID }
