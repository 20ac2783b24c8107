package liveperson

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
)

// Opening says how to open a conversation. All fields may be empty.
type Opening struct {
	// SDEs are engagement attributes about the consumer, which the agent sees. LivePerson
	// supports only ctmrinfo and personal.
	SDEs []any
	// SkillID is the skill that serves the consumer. LivePerson recommends a campaign instead.
	SkillID string
	// TTR is the urgency: NORMAL, URGENT or PRIORITIZED.
	TTR string
	// CampaignID and EngagementID are from an engagement that LivePerson offered to the
	// visitor. Set both or neither.
	CampaignID, EngagementID string
	// Context ties the conversation to the visitor's session.
	Context *ConversationContext
}

// ConversationContext says which visit a conversation comes from. Empty fields are not sent.
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

// requests returns the two requests that open a conversation, in LivePerson's order.
func (o Opening) requests(accountID string) ([]Request, error) {
	if (o.CampaignID == "") != (o.EngagementID == "") {
		return nil, errors.New("campaign id and engagement id go together: set both or neither")
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

// Open opens a conversation for a consumer. A consumer can have only one: see
// Error.AlreadyOpen. The main dialog has the same id as the conversation.
//
// LivePerson handles the profile and the conversation separately. If Open returns an id and an
// error, the conversation is open, but without the profile. If Open returns only an error, the
// profile may have been set.
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

// conversationID returns the id of the new conversation, or "" if none was opened.
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
