package monitoring

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/campaign"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/journal"
)

// Conversation is an open conversation in messaging with the engagement that it began with. The ids of campaign and
// engagement are 0 if they are unknown.
type Conversation struct {
	ID                       string
	CampaignID, EngagementID int64
}

// openConversation is an open conversation with its engagement.
type openConversation struct {
	id         string
	engagement *campaign.Engagement
}

// maxConversations is the maximum number of consumers with a conversation that a page opened.
const maxConversations = 10_000

// OpenConversation opens a conversation for a consumer. The consumer is offered no engagement while the conversation is
// open. An empty id makes a new id. The engagement id 0 stands for the first engagement of the Monitoring API.
func (a *Account) OpenConversation(consumer, id string, engagementID int64) (conversationID string, engagement int64, err error) {
	if len(id) > maxID {
		return "", 0, fmt.Errorf("conversation_id: must have %d bytes at most", maxID)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	e := a.engagementWith(engagementID)
	if e == nil {
		return "", 0, fmt.Errorf("engagement_id: the campaigns have no such engagement for the API %s", campaign.APIMonitoring)
	}
	if _, known := a.conversations[consumer]; !known && len(a.conversations) >= maxConversations {
		return "", 0, fmt.Errorf("%d consumers have an open conversation, which is the maximum: close some with DELETE, or POST /sandbox/reset", maxConversations)
	}
	if id == "" {
		id = a.visits.newID()
	}
	a.conversations[consumer] = openConversation{id, e}
	return id, e.EngagementID, nil
}

// CloseConversation closes the conversation that OpenConversation opened, if there is one.
func (a *Account) CloseConversation(consumer string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.conversations, consumer)
}

// engagementWith returns an engagement of the Monitoring API by its id, or the first one for the id 0. It returns nil if
// there is none. The caller holds the lock.
func (a *Account) engagementWith(id int64) *campaign.Engagement {
	i := slices.IndexFunc(a.campaigns, func(e campaign.Engagement) bool {
		return e.For(campaign.APIMonitoring) && (id == 0 || id == e.EngagementID)
	})
	if i < 0 {
		return nil
	}
	return &a.campaigns[i]
}

// findInMessaging looks for an open conversation in messaging. It runs without the account's lock, so that the account
// never waits for messaging while it holds the lock.
func (a *Account) findInMessaging(call *journal.Entry, sent *content) {
	consumer, visitor, session := a.sessionOf(call)
	consumers := append(slices.Clone(sent.subs), cmp.Or(sent.consumer, consumer, call.SentVisitorID))
	if open, found := a.options.FindConversation(consumers, visitor, session); found {
		sent.conversation = &open
	}
}

// conversationOf returns the open conversation of a call's consumer. A conversation that a page opened comes first: by any
// of the subs that were sent (Monitoring API, overview: identities), or by the consumer of the session. The caller holds
// the lock.
func (a *Account) conversationOf(call *journal.Entry, sent content) (openConversation, bool) {
	for _, consumer := range append(sent.subs, call.Consumer) {
		if open, ok := a.conversations[consumer]; ok {
			return open, true
		}
	}
	if sent.conversation == nil {
		return openConversation{}, false
	}
	return openConversation{sent.conversation.ID, a.engagementOf(*sent.conversation)}, true
}

// engagementOf returns the engagement that a conversation in messaging began with. The answer repeats the ids of the
// conversation's campaignInfo. The other members come from the campaigns, if the campaigns have the engagement. For a
// conversation without campaignInfo, the sandbox assumes the first engagement of the Monitoring API. The caller holds the
// lock.
func (a *Account) engagementOf(open Conversation) *campaign.Engagement {
	known := a.engagementWith(open.EngagementID)
	if known != nil && (open.EngagementID == 0 || known.CampaignID == open.CampaignID) {
		return known
	}
	return &campaign.Engagement{CampaignID: open.CampaignID, EngagementID: open.EngagementID}
}
