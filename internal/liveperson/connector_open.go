package liveperson

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
)

// Opening is a conversation to be opened. All of it may be empty.
type Opening struct {
	// SDEs are engagement attributes about the consumer, for the agent to see. Only
	// ctmrinfo and personal are supported.
	SDEs []any
	// SkillID is the skill that is to serve the consumer. LivePerson asks for a
	// campaign instead.
	SkillID string
	// TTR is the urgency: NORMAL, URGENT or PRIORITIZED.
	TTR string
	// CampaignID and EngagementID are those of an engagement that LivePerson has
	// offered to the visitor. They go together.
	CampaignID, EngagementID string
	// Context ties the conversation to the visitor's session.
	Context *ConversationContext
}

// ConversationContext is where a conversation comes from. What is empty is not sent.
type ConversationContext struct {
	VisitorID            string `json:"visitorId,omitempty"`
	SessionID            string `json:"sessionId,omitempty"`
	InteractionContextID string `json:"interactionContextId,omitempty"`
	Type                 string `json:"type"` // empty: SharkContext
	Lang                 string `json:"lang,omitempty"`
}

type conversationBody struct {
	TTR       string               `json:"ttrDefName,omitempty"`
	Campaign  *campaignInfo        `json:"campaignInfo,omitempty"`
	Context   *ConversationContext `json:"conversationContext,omitempty"`
	Channel   string               `json:"channelType"`
	AccountID string               `json:"brandId"`
	SkillID   string               `json:"skillId,omitempty"`
}

type campaignInfo struct {
	CampaignID   string `json:"campaignId"`
	EngagementID string `json:"engagementId"`
}

// requests are the two that open a conversation, in LivePerson's order.
func (o Opening) requests(accountID string) ([]Request, error) {
	if (o.CampaignID == "") != (o.EngagementID == "") {
		return nil, errors.New("campaign id and engagement id go together: give both or neither")
	}
	profile := SetUserProfile(o.SDEs...)
	profile.ID = "1"

	body := conversationBody{TTR: o.TTR, Channel: "MESSAGING", AccountID: accountID, SkillID: o.SkillID}
	if o.CampaignID != "" {
		body.Campaign = &campaignInfo{o.CampaignID, o.EngagementID}
	}
	if o.Context != nil {
		from := *o.Context
		from.Type = cmp.Or(from.Type, "SharkContext")
		body.Context = &from
	}
	return []Request{profile, {ID: "2", Type: TypeRequestConversation, Body: body}}, nil
}

// Open opens a conversation for a consumer, who can have one at a time: see
// Error.AlreadyOpen. The id is that of the main dialog too.
//
// LivePerson takes the two parts, profile and conversation, by themselves. An id that
// comes with an error is that of a conversation which is open, but without the
// profile; an error without an id may come after the profile was set.
//
// See https://developers.liveperson.com/connector-api-send-api-create-conversation.html.
func (c *Connector) Open(ctx context.Context, consumer string, o Opening) (conversationID string, err error) {
	requests, err := o.requests(c.account)
	if err != nil {
		return "", NotSent(err)
	}
	body, err := encodeJSON(requests)
	if err != nil {
		return "", NotSent(err)
	}
	items, err := c.onBehalf(ctx, consumer, c.conversationPath, body)
	id := items.conversationID()
	if id == "" && err == nil {
		err = notTheAnswer("it has no conversation id", messaging)
	}
	return id, err
}

// conversationID is that of the conversation which was opened; empty: none was.
func (list items) conversationID() string {
	for _, i := range list {
		var body struct {
			ID string `json:"conversationId"`
		}
		if i.status() < 300 && json.Unmarshal(i.body, &body) == nil && body.ID != "" {
			return body.ID
		}
	}
	return ""
}
