package control

import (
	"fmt"
	"net/http"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/campaign"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/httpapi"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/strictyaml"
)

// campaigns shows the engagements in force (GET), replaces them (PUT, in YAML or JSON), or puts those of the start in force
// again (DELETE). It answers in YAML, which PUT accepts.
func (p *Pages) campaigns(w http.ResponseWriter, r *http.Request) {
	if !p.allows(w, r, http.MethodGet, http.MethodPut, http.MethodDelete) {
		return
	}
	switch httpapi.Method(r) {
	case http.MethodPut:
		text, err := httpapi.ReadBody(w, r)
		var campaigns []campaign.Engagement
		if err == nil {
			campaigns, err = campaign.Parse(text)
		}
		if err != nil {
			badRequest(w, err)
			return
		}
		p.Account.ReplaceCampaigns(campaigns)
	case http.MethodDelete:
		p.Account.ReplaceCampaigns(p.Campaigns)
	}
	w.Header().Set("Content-Type", "application/yaml")
	_, _ = w.Write(campaign.Format(p.Account.Campaigns())) // an error means that the caller has gone
}

// conversationBody is what opens a conversation, and the answer.
type conversationBody struct {
	// ConversationID is made up if it is left out.
	ConversationID string `json:"conversation_id" yaml:"conversation_id"`
	// EngagementID names an engagement of the campaigns. By default it is the first one of the Monitoring API.
	EngagementID int64 `json:"engagement_id" yaml:"engagement_id"`
}

// conversation opens a conversation for a consumer (PUT) or closes it (DELETE). A consumer with an open conversation is
// offered no engagement.
func (p *Pages) conversation(w http.ResponseWriter, r *http.Request) {
	if !p.allows(w, r, http.MethodPut, http.MethodDelete) {
		return
	}
	consumer := r.PathValue("consumer")
	if httpapi.Method(r) == http.MethodDelete {
		p.Account.CloseConversation(consumer)
		httpapi.WriteJSON(w, http.StatusOK, map[string]string{"status": "ok"})
		return
	}
	text, err := httpapi.ReadBody(w, r)
	var asked conversationBody
	if err == nil {
		if err = strictyaml.Decode(text, &asked); err != nil {
			err = fmt.Errorf(`%w: send {"conversation_id": "…", "engagement_id": 2696029112}, or nothing at all`, err)
		}
	}
	if err != nil {
		badRequest(w, err)
		return
	}
	id, engagement, err := p.Account.OpenConversation(consumer, asked.ConversationID, asked.EngagementID)
	if err != nil {
		badRequest(w, err)
		return
	}
	httpapi.WriteJSON(w, http.StatusOK, conversationBody{ConversationID: id, EngagementID: engagement})
}
