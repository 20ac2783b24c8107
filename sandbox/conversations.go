package sandbox

import (
	"fmt"
	"net/http"
	"slices"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/campaign"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/strictyaml"
)

// conversation is one that is open: a page has opened it, or an app in messaging.
type conversation struct {
	id         string
	engagement *campaign.Engagement // that it began with
}

// conversationPage is what opens a conversation, and what is answered.
type conversationPage struct {
	// ConversationID is made up if it is left out.
	ConversationID string `json:"conversation_id" yaml:"conversation_id"`
	// EngagementID is of one of the campaigns' engagements; by default the first of the Monitoring API's.
	EngagementID int64 `json:"engagement_id" yaml:"engagement_id"`
}

// maxConversations is how many consumers may have a conversation that a page has opened.
const maxConversations = 10_000

// conversationOf opens a conversation of a consumer's (PUT) or closes it (DELETE). A consumer who has one is offered no
// engagement.
func (s *Sandbox) conversationOf(w http.ResponseWriter, r *http.Request) {
	if refused := checkMethod(r, http.MethodPut, http.MethodDelete); refused != nil {
		s.refuse(w, refused)
		return
	}
	consumer := r.PathValue("consumer")
	if methodOf(r) == http.MethodDelete {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.conversations, consumer)
		writeJSON(w, http.StatusOK, map[string]string{"status": "ok"})
		return
	}
	text, err := strictyaml.ReadBody(w, r)
	var open conversation
	if err == nil {
		open, err = s.readConversation(text)
	}
	if err != nil {
		s.refuseQuery(w, err)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, known := s.conversations[consumer]; !known && len(s.conversations) >= maxConversations {
		s.refuseQuery(w, fmt.Errorf("%d consumers have an open conversation, and no more can: close some with DELETE, or POST /sandbox/reset", maxConversations))
		return
	}
	if open.id == "" {
		open.id = s.visits.newID()
	}
	s.conversations[consumer] = open
	writeJSON(w, http.StatusOK, conversationPage{ConversationID: open.id, EngagementID: open.engagement.EngagementID})
}

func (s *Sandbox) readConversation(text []byte) (conversation, error) {
	var page conversationPage
	if err := strictyaml.Decode(text, &page); err != nil {
		return conversation{}, fmt.Errorf(`%w: send {"conversation_id": "…", "engagement_id": 2696029112}, or nothing at all`, err)
	}
	if len(page.ConversationID) > maxID {
		return conversation{}, fmt.Errorf("conversation_id: must have %d bytes at most", maxID)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.engagementWith(page.EngagementID)
	if e == nil {
		return conversation{}, fmt.Errorf("engagement_id: the campaigns have no such engagement for the API %s", campaign.APIMonitoring)
	}
	return conversation{id: page.ConversationID, engagement: e}, nil
}

// engagementWith gives an engagement of the Monitoring API's by its id, the first for 0; nil when there is none. It wants
// the lock.
func (s *Sandbox) engagementWith(id int64) *campaign.Engagement {
	i := slices.IndexFunc(s.campaigns, func(e campaign.Engagement) bool {
		return e.For(campaign.APIMonitoring) && (id == 0 || id == e.EngagementID)
	})
	if i < 0 {
		return nil
	}
	return &s.campaigns[i]
}
