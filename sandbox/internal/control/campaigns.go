package control

import (
	"fmt"
	"net/http"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/campaign"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/openapi"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/strictyaml"
)

// campaignFile describes a file of campaigns. campaign.Parse reads it.
type campaignFile struct {
	Engagements []campaign.Engagement `yaml:"engagements"`
}

func (p *Pages) showCampaigns(w http.ResponseWriter, _ *openapi.Call[openapi.None]) error {
	w.Header().Set("Content-Type", "application/yaml")
	_, _ = w.Write(campaign.Format(p.Account.Campaigns())) // an error means that the caller has gone
	return nil
}

func (p *Pages) putCampaigns(w http.ResponseWriter, call *openapi.Call[openapi.None]) error {
	engagements, err := campaign.Parse(call.Body)
	if err != nil {
		return err
	}
	p.Account.ReplaceCampaigns(engagements)
	return p.showCampaigns(w, call)
}

func (p *Pages) resetCampaigns(w http.ResponseWriter, call *openapi.Call[openapi.None]) error {
	p.Account.ReplaceCampaigns(p.Campaigns)
	return p.showCampaigns(w, call)
}

// conversationBody is the body that opens a conversation. The answer has the same form.
type conversationBody struct {
	ConversationID string `json:"conversation_id" yaml:"conversation_id" doc:"Absent: the sandbox makes an id."`
	EngagementID   int64  `json:"engagement_id" yaml:"engagement_id" doc:"The id of an engagement of the campaigns. Absent: the first engagement of the Monitoring API."`
}

// openConversation opens a conversation. The consumer is offered no engagement while it is open.
func (p *Pages) openConversation(call *openapi.Call[openapi.None]) (open conversationBody, err error) {
	if err := strictyaml.Decode(call.Body, &open); err != nil {
		return open, fmt.Errorf(`%w: send {"conversation_id": "…", "engagement_id": 2696029112}, or nothing at all`, err)
	}
	open.ConversationID, open.EngagementID, err = p.Account.OpenConversation(call.PathValue("consumer"), open.ConversationID, open.EngagementID)
	return open, err
}

func (p *Pages) closeConversation(call *openapi.Call[openapi.None]) (openapi.Done, error) {
	p.Account.CloseConversation(call.PathValue("consumer"))
	return openapi.OK, nil
}
