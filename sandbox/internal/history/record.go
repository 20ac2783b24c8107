package history

import (
	"cmp"
	"encoding/json"
	"strconv"
)

// The texts for absent values, and the source of conversations of apps.
const (
	undefined = "undefined"
	null      = "null"
	sourceApp = "APP"
)

// Record is a conversation in an answer. It has the info and the content that was asked for.
type Record map[string]any

// record returns a conversation with the content that the query asks for.
func (q *Query) record(c Conversation, from Source) Record {
	r := Record{"info": c.info(from)}
	attributes := from.Attributes(c)
	for content, of := range map[string]func() any{
		"campaign":                func() any { return c.campaign() },
		"messageRecords":          func() any { return q.messages(c) },
		"messageStatuses":         func() any { return c.statuses() },
		"messageScores":           func() any { return []any{} },
		"agentParticipants":       func() any { return c.agents(true) },
		"agentParticipantsActive": func() any { return c.agents(c.State == open) },
		"agentParticipantsLeave":  func() any { return c.agents(false) },
		"consumerParticipants":    func() any { return []any{c.consumer()} },
		"transfers":               func() any { return c.transfers() },
		"interactions":            func() any { return c.interactions() },
		"conversationSurveys":     func() any { return c.surveys() },
		"coBrowseSessions":        func() any { return map[string]any{"coBrowseSessionsList": []any{}} },
		"summary":                 func() any { return map[string]any{"text": undefined, "lastUpdatedTime": -1} },
		"sdes":                    func() any { return q.events(attributes, true) },
		"monitoring":              func() any { return c.monitoring() },
		"dialogs":                 func() any { return c.dialogs() },
		"responseTime":            func() any { return c.responseTime() },
		"skillChanges":            func() any { return []any{} },
		"intents":                 func() any { return []any{} },
		"uniqueIntents":           func() any { return []any{} },
	} {
		if q.wants(content) {
			r[content] = of()
		}
	}
	if q.wants("unAuthSdes") && q.version == 2 {
		if !from.Unauthenticated {
			attributes = nil
		}
		r["unAuthSdes"] = q.events(attributes, false)
	}
	return r
}

func (c Conversation) info(from Source) map[string]any {
	context := c.context()
	end := c.End
	if end == 0 {
		end = -1
	}
	info := map[string]any{
		"startTime": clock(c.Start), "startTimeL": c.Start, "endTime": clock(c.End), "endTimeL": end, "duration": c.duration(from.Now),
		"conversationId": c.ID, "brandId": from.Account, "status": c.State, "fullDialogStatus": c.Stage,
		"closeReason": cmp.Or(c.CloseReason, undefined), "closeReasonDescription": undefined,
		"latestAgentId": cmp.Or(c.AgentID, undefined), "latestAgentNickname": agentName(c.AgentID),
		"latestAgentFullName": agentName(c.AgentID), "latestAgentLoginName": agentName(c.AgentID), "agentDeleted": false,
		"latestAgentGroupId": -1, "latestAgentGroupName": "Unassigned",
		"latestSkillId": skill(c.SkillID), "latestSkillName": skillName(c.SkillID), "latestQueueState": c.queueState(),
		"source": sourceApp, "device": undefined, "browser": undefined, "operatingSystem": "NA",
		"firstConversation": c.IsFirst, "isPartial": false, "pendingAgentSurvey": false, "brandName": undefined,
		"sessionId": cmp.Or(context.SessionID, undefined), "visitorId": cmp.Or(context.VisitorID, undefined),
		"interactionContextId": cmp.Or(context.InteractionContextID, undefined), "language": cmp.Or(context.Language, undefined),
	}
	if c.State == closed {
		info["closeReasonDescription"] = "MANUAL_CLOSE"
	}
	if c.CSAT != nil && c.CSAT.Rate > 0 {
		info["csatRate"] = c.CSAT.Rate
	}
	return info
}

// agentName returns the name of the sandbox's agent.
func agentName(id string) string {
	if id == "" {
		return undefined
	}
	return "Sandbox agent"
}

// skill returns the id of a skill as a number. If the id is not a number, it returns the text.
func skill(id string) any {
	if number, err := strconv.ParseInt(id, 10, 64); err == nil {
		return number
	}
	return id
}

func skillName(id string) string {
	if id == "-1" {
		return "Unassigned"
	}
	return "Skill " + id
}

func (c Conversation) campaign() map[string]any {
	var ids struct {
		CampaignID   text `json:"campaignId"`
		EngagementID text `json:"engagementId"`
	}
	if json.Unmarshal(c.Campaign, &ids) != nil || ids.CampaignID == "" {
		return map[string]any{}
	}
	return map[string]any{
		"campaignId": ids.CampaignID, "campaignName": undefined, "campaignEngagementId": ids.EngagementID,
		"campaignEngagementName": undefined, "engagementSource": undefined,
	}
}

// monitoring returns the member about place and browser. It is empty, because the sandbox does not
// know them.
func (c Conversation) monitoring() map[string]any {
	shown := map[string]any{"device": "NA"}
	for _, name := range []string{
		"country", "countryCode", "state", "city", "isp", "org", "ipAddress", "browser", "operatingSystem", "conversationStartPage",
		"conversationStartPageTitle",
	} {
		shown[name] = undefined
	}
	return shown
}

// agents returns the agent if there is one and it is wanted.
func (c Conversation) agents(wanted bool) []map[string]any {
	if c.AgentID == "" || !wanted {
		return []map[string]any{}
	}
	at := c.joined()
	return []map[string]any{{
		"agentFullName": agentName(c.AgentID), "agentNickname": agentName(c.AgentID), "agentLoginName": agentName(c.AgentID),
		"agentId": c.AgentID, "userType": "1", "userTypeName": "Human", "role": "AGENT", "agentGroupName": "Unassigned", "agentGroupId": -1,
		"time": clock(at), "timeL": at, "permission": "ASSIGNED_AGENT", "dialogId": c.ID,
	}}
}

// joined returns the time of the agent's first event.
func (c Conversation) joined() int64 {
	for _, d := range c.Dialogs {
		for _, e := range d.Events {
			if e.SenderID == c.AgentID {
				return e.Time
			}
		}
	}
	return c.Start
}

func (c Conversation) consumer() map[string]any {
	var profile struct {
		FirstName string `json:"firstName"`
		LastName  string `json:"lastName"`
		AvatarURL string `json:"avatarUrl"`
		Private   struct {
			Mobile string `json:"mobileNum"`
			Mail   string `json:"mail"`
		} `json:"privateData"`
	}
	_ = json.Unmarshal(c.Profile, &profile) // an unreadable profile has no names
	return map[string]any{
		"participantId": c.ConsumerID, "firstName": cmp.Or(profile.FirstName, undefined), "lastName": cmp.Or(profile.LastName, undefined),
		"token": undefined, "email": cmp.Or(profile.Private.Mail, undefined), "phone": cmp.Or(profile.Private.Mobile, undefined),
		"avatarURL": cmp.Or(profile.AvatarURL, undefined), "time": clock(c.Start), "timeL": c.Start,
		"consumerName": cmp.Or(profile.FirstName, undefined), "dialogId": c.ID,
	}
}

func (c Conversation) transfers() []map[string]any {
	all := []map[string]any{}
	for _, t := range c.Transfers {
		agent := cmp.Or(t.AgentID, null)
		all = append(all, map[string]any{
			"timeL": t.Time, "time": clock(t.Time), "assignedAgentId": null, "targetSkillId": skill(t.To), "targetSkillName": skillName(t.To),
			"reason": "Skill", "by": agent, "sourceSkillId": skill(t.From), "sourceSkillName": skillName(t.From), "sourceAgentId": agent,
			"sourceAgentFullName": agentName(t.AgentID), "sourceAgentLoginName": agentName(t.AgentID),
			"sourceAgentNickname": agentName(t.AgentID), "dialogId": c.ID,
		})
	}
	return all
}

func (c Conversation) interactions() []map[string]any {
	if c.AgentID == "" {
		return []map[string]any{}
	}
	at := c.joined()
	return []map[string]any{{
		"assignedAgentId": c.AgentID, "assignedAgentFullName": agentName(c.AgentID), "assignedAgentLoginName": agentName(c.AgentID),
		"assignedAgentNickname": agentName(c.AgentID), "interactionTimeL": at, "interactionTime": clock(at), "interactiveSequence": 1,
		"dialogId": c.ID,
	}}
}

// surveys returns the answer to the question about satisfaction.
func (c Conversation) surveys() []map[string]any {
	if c.CSAT == nil {
		return []map[string]any{}
	}
	answers := []map[string]string{}
	if c.CSAT.Rate > 0 {
		answers = append(answers, map[string]string{"question": "Rate Conversation", "answer": strconv.Itoa(c.CSAT.Rate)})
	}
	if c.CSAT.Resolution != nil {
		answers = append(answers, map[string]string{"question": "Confirm Resolution", "answer": map[bool]string{true: "Yes", false: "No"}[*c.CSAT.Resolution]})
	}
	return []map[string]any{{
		"surveyType": "Satisfaction", "surveyStatus": cmp.Or(c.CSAT.Status, undefined), "dialogId": c.ID, "surveyData": answers,
	}}
}

func (c Conversation) dialogs() []map[string]any {
	all := []map[string]any{}
	for _, d := range c.Dialogs {
		end := d.End
		if end == 0 {
			end = -1
		}
		all = append(all, map[string]any{
			"dialogId": d.ID, "status": d.State, "dialogType": d.Type, "dialogChannelType": "MESSAGING",
			"startTime": clock(d.Start), "startTimeL": d.Start, "endTime": clock(d.End), "endTimeL": end,
			"closeReason": cmp.Or(d.ClosedBy, undefined), "closeReasonDescription": cmp.Or(d.ClosedCause, undefined),
			"skillId": skill(c.SkillID), "skillName": skillName(c.SkillID),
		})
	}
	return all
}

// responseTime returns the time until which an agent should answer, or -1 if the conversation waits
// for the consumer.
func (c Conversation) responseTime() map[string]any {
	due := int64(-1)
	if c.State == open {
		due = c.Updated + int64(c.ResponseTime)*1000
	}
	return map[string]any{"latestEffectiveResponseDueTime": due, "configuredResponseTime": c.ResponseTime}
}
