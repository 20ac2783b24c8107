package message

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/benthos-liveperson/benthos-liveperson/internal/liveperson"
)

var ttrs = []string{"NORMAL", "URGENT", "PRIORITIZED"}

// openings returns a function that reads how a message opens a conversation.
func (r reading) openings(batch service.MessageBatch) func(i int, msg *service.Message, c content, j *job) error {
	fields := []struct {
		name string
		read func(int) (string, error)
		set  func(*liveperson.Opening, string)
	}{
		{lmFieldSkillID, textOf(batch, lmFieldConversation+"."+lmFieldSkillID, r.skillID), func(o *liveperson.Opening, v string) { o.SkillID = v }},
		{lmFieldTTR, textOf(batch, lmFieldConversation+"."+lmFieldTTR, r.ttr), func(o *liveperson.Opening, v string) { o.TTR = v }},
		{lmFieldCampaignID, textOf(batch, lmFieldConversation+"."+lmFieldCampaignID, r.campaign), func(o *liveperson.Opening, v string) { o.CampaignID = v }},
		{lmFieldEngagementID, textOf(batch, lmFieldConversation+"."+lmFieldEngagementID, r.engagement), func(o *liveperson.Opening, v string) { o.EngagementID = v }},
	}
	profile := r.profiles(batch)
	return func(i int, msg *service.Message, c content, j *job) (err error) {
		offer, err := engagementOf(msg, c)
		if err != nil {
			return err
		}
		j.offered = offer.open
		offer.apply(j.opening)
		for _, field := range fields {
			value, err := field.read(i)
			if err != nil {
				return err
			}
			if value != "" {
				field.set(j.opening, value)
			}
		}
		if j.opening.TTR != "" {
			if j.opening.TTR, err = oneOf(lmFieldConversation+"."+lmFieldTTR, j.opening.TTR, ttrs...); err != nil {
				return err
			}
		}
		if (j.opening.CampaignID == "") != (j.opening.EngagementID == "") {
			return errors.New(togetherOnly)
		}
		j.opening.SDEs, err = profile(i)
		return err
	}
}

// profiles returns a function that reads the profile of a message's consumer.
func (r reading) profiles(batch service.MessageBatch) func(i int) ([]any, error) {
	if r.profile == nil {
		return func(int) ([]any, error) { return nil, nil }
	}
	const field = lmFieldConversation + "." + lmFieldProfile
	mapping := batch.BloblangExecutor(r.profile)
	return func(i int) ([]any, error) {
		mapped, err := mapping.Query(i)
		if err != nil { // Bloblang's errors may repeat values
			return nil, errors.New(field + ": the mapping fails for this message")
		}
		if mapped == nil { // deleted
			return nil, nil
		}
		about, err := mapped.AsStructured()
		if err != nil {
			return nil, errors.New(field + ": expected engagement attributes")
		}
		if err := checkUTF8(field, about); err != nil {
			return nil, err
		}
		return profileOf(field, about)
	}
}

// offer is LivePerson's answer to an engagement question, as liveperson_engagement writes it.
type offer struct {
	campaignID, engagementID string
	context                  liveperson.ConversationContext
	open                     string // id of the open conversation
}

func (o offer) apply(opening *liveperson.Opening) {
	if o.campaignID != "" && o.engagementID != "" {
		opening.CampaignID, opening.EngagementID = o.campaignID, o.engagementID
	}
	if o.context != (liveperson.ConversationContext{}) {
		opening.Context = &o.context
	}
}

// engagementOf reads the answer to an engagement question from the metadata or the content.
func engagementOf(msg *service.Message, c content) (o offer, err error) {
	name := metaEngagement
	value, _ := msg.MetaGetMut(metaEngagement)
	if text, is := value.(string); is {
		if err := checkUTF8(metaEngagement, text); err != nil {
			return o, err
		}
		value = nil // Unmarshal leaves it nil if the text is not JSON
		_ = json.Unmarshal([]byte(text), &value)
		if value == nil && text != "" && text != "null" {
			value = text
		}
	}
	if value == nil {
		name, value = memberEngagement, c.object[memberEngagement]
	}
	if value == nil {
		return o, nil
	}
	answer, ok := value.(map[string]any)
	if !ok {
		return o, fmt.Errorf("%s: expected an object, as liveperson_engagement gives it", name)
	}
	engagement, ok := answer["engagement"].(map[string]any)
	if !ok && answer["engagement"] != nil {
		return o, fmt.Errorf("%s.engagement: expected an object", name)
	}
	var conversationID string
	for _, member := range []struct {
		of   map[string]any
		name string
		text *string
	}{
		{engagement, "campaign_id", &o.campaignID},
		{engagement, "engagement_id", &o.engagementID},
		{engagement, "context_id", &o.context.InteractionContextID},
		{engagement, "language", &o.context.Lang},
		{engagement, "conversation_id", &conversationID},
		{answer, "visitor_id", &o.context.VisitorID},
		{answer, "session_id", &o.context.SessionID},
	} {
		if *member.text, err = id(name+": "+member.name, member.of[member.name]); err != nil {
			return o, err
		}
	}
	if answer["status"] == string(liveperson.InConversation) {
		o.open = conversationID
	}
	return o, nil
}
