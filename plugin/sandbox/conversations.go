package sandbox

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"

	"github.com/benthos-liveperson/benthos-liveperson/plugin/sandbox/campaign"
)

// conversation is one that is open: a page has opened it, or an app in messaging.
type conversation struct {
	id         string
	engagement *campaign.Engagement // that it began with
}

// conversationPage is what opens a conversation, and what is answered.
type conversationPage struct {
	// ConversationID is made up if it is left out.
	ConversationID string `json:"conversation_id"`
	// EngagementID is of one of the campaigns' engagements; by default the first of the Monitoring API's.
	EngagementID int64 `json:"engagement_id"`
}

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
	open, err := s.readConversation(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		s.refuseQuery(w, err)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if open.id == "" {
		open.id = s.visits.newID()
	}
	s.conversations[consumer] = open
	writeJSON(w, http.StatusOK, conversationPage{ConversationID: open.id, EngagementID: open.engagement.EngagementID})
}

func (s *Sandbox) readConversation(body io.Reader) (conversation, error) {
	var page conversationPage
	decoder := json.NewDecoder(body)
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&page); err != nil && !errors.Is(err, io.EOF) {
		return conversation{}, errors.New(`send {"conversation_id": "…", "engagement_id": 2696029112}, or nothing at all`)
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
