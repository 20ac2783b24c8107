package messaging

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
)

// maxBatch counts a profile, a conversation, and the first message. Older pages allow the message.
const maxBatch = 3

var ttrTypes = []string{"NORMAL", "URGENT", "PRIORITIZED", "CUSTOM"}

// open opens a conversation. The body has a profile, a conversation, and optionally the first message.
func (s *Service) open(x *exchange) (*reply, func() *reply) {
	who, refused := s.checkCaller(x)
	if refused != nil {
		return refused, nil
	}
	var batch []request
	if err := json.Unmarshal(x.body, &batch); err != nil {
		return refuseItem(x.call.RequestID, "the body must be a list of requests"), nil
	}
	x.call.Note = cmp.Or(x.call.Note, note(batch...))
	if problem := checkBatch(batch); problem != "" {
		return refuseItem(x.call.RequestID, problem), nil
	}
	return nil, func() *reply { return s.settleOpen(who, batch) }
}

// settleOpen answers requests after the check. The caller holds the lock.
func (s *Service) settleOpen(who consumerClaims, batch []request) *reply {
	items := []any{s.setProfile(who, &batch[0])}
	c, opened := s.openOne(who, &batch[1])
	items = append(items, opened)
	if len(batch) == maxBatch {
		items = append(items, s.firstMessage(c, &batch[2]))
	}
	return mixed(items)
}

// checkCaller refuses a call without valid tokens or with another version.
func (s *Service) checkCaller(x *exchange) (consumerClaims, *reply) {
	if refused := s.checkApp(x); refused != nil {
		return consumerClaims{}, refused
	}
	claims, refused := s.checkConsumer(x)
	if refused == nil && x.r.URL.Query().Get("v") != "3" {
		refused = wrongVersion("3")
	}
	return claims, refused
}

// checkBatch says what is wrong with the list. It returns an empty string if nothing is wrong.
func checkBatch(batch []request) string {
	if len(batch) < 2 || len(batch) > maxBatch {
		return fmt.Sprintf("the body must have %s, %s, and %s at most", typeSetProfile, typeOpen, typePublish)
	}
	for i, want := range []string{typeSetProfile, typeOpen, typePublish}[:len(batch)] {
		if problem := batch[i].check(); problem != "" {
			return problem
		}
		if batch[i].Type != want {
			return fmt.Sprintf("the requests must be in the order %s, %s, %s", typeSetProfile, typeOpen, typePublish)
		}
	}
	return ""
}

// mixed answers with several items. The status is 400 if one of them is not a success.
func mixed(items []any) *reply {
	answer := &reply{status: http.StatusOK, answer: items}
	for _, item := range items {
		if item, is := item.(itemAnswer); is && item.Code != itemOK {
			answer.status = http.StatusBadRequest
			answer.reason = cmp.Or(answer.reason, item.Body.(messageBody).Msg)
		}
	}
	return answer
}

func bad(q *request, message string) itemAnswer {
	return itemAnswer{itemBadRequest, messageBody{message}, q.ID.text}
}

// setProfile keeps the profile of a consumer, which agents see. The caller holds the lock.
func (s *Service) setProfile(claims consumerClaims, q *request) itemAnswer {
	var body struct {
		AuthenticatedData *struct {
			SDEs []struct {
				Type string `json:"type"`
			} `json:"lp_sdes"`
		} `json:"authenticatedData"`
	}
	if err := decode(q.Body, &body); err != nil {
		return bad(q, err.Error())
	}
	if body.AuthenticatedData != nil {
		for _, attribute := range body.AuthenticatedData.SDEs {
			if s.options.Strict && attribute.Type != "ctmrinfo" && attribute.Type != "personal" {
				return bad(q, "authenticatedData.lp_sdes: only ctmrinfo and personal are supported")
			}
		}
	}
	who := s.consumerOf(claims.ExtConsumerID, claims.LPConsumerID)
	who.profile, who.profileTime = slices.Clone(q.Body), s.millis()
	return itemAnswer{itemOK, messageBody{"OK User Profile set successfully"}, q.ID.text}
}

type openBody struct {
	BrandID     text            `json:"brandId"`
	ChannelType string          `json:"channelType"`
	TTRDefName  *string         `json:"ttrDefName"`
	SkillID     text            `json:"skillId"`
	Campaign    *campaignInfo   `json:"campaignInfo"`
	Context     json.RawMessage `json:"conversationContext"`
}

// campaignInfo names an engagement of a campaign. The Monitoring API has its ids as numbers. The samples here have them as
// text.
type campaignInfo struct {
	CampaignID   text `json:"campaignId"`
	EngagementID text `json:"engagementId"`
}

// text is a text or a number, kept as a text.
type text string

// UnmarshalJSON reads a text or a number.
func (t *text) UnmarshalJSON(raw []byte) error {
	if json.Unmarshal(raw, (*string)(t)) == nil {
		return nil
	}
	var number json.Number
	if err := json.Unmarshal(raw, &number); err != nil {
		return err
	}
	*t = text(number)
	return nil
}

// openOne opens a conversation. If it can't, c is nil and the answer says why. The caller holds the lock.
func (s *Service) openOne(claims consumerClaims, q *request) (c *conversation, answer itemAnswer) {
	var body openBody
	if err := decode(q.Body, &body); err != nil {
		return nil, bad(q, err.Error())
	}
	made := &conversation{
		consumer: s.consumerOf(claims.ExtConsumerID, claims.LPConsumerID),
		skillID:  string(cmp.Or(body.SkillID, anySkill)),
		ttr:      ttr{defaultTTRType, defaultTTRValue},
		context:  slices.Clone(body.Context),
	}
	if body.Campaign != nil {
		made.campaign, _ = encode(body.Campaign)
	}
	if body.TTRDefName != nil {
		made.ttr.Type = *body.TTRDefName
	}
	switch {
	case string(body.BrandID) != s.options.Account:
		return nil, bad(q, "Consumer request conversation failed: brandId must be the account")
	case body.ChannelType != "" && body.ChannelType != "MESSAGING":
		return nil, bad(q, "Consumer request conversation failed: channelType must be MESSAGING")
	case !slices.Contains(ttrTypes, made.ttr.Type):
		return nil, bad(q, "Consumer request conversation failed: ttrDefName must be one of NORMAL, URGENT, PRIORITIZED, CUSTOM")
	case len(made.skillID) > maxSkillDigits:
		return nil, bad(q, "Consumer request conversation failed: skillId has more than 10 digits")
	case s.isOpen(made.consumer):
		return nil, bad(q, fmt.Sprintf("Consumer request conversation failed: User %s already has open conversation. Can't open another one.", made.consumer.id))
	}
	s.start(made)
	return made, itemAnswer{itemOK, map[string]string{"conversationId": made.id}, q.ID.text}
}

const maxSkillDigits = 10

// firstMessage publishes a message in the conversation that the same call opened. The caller holds the lock.
func (s *Service) firstMessage(c *conversation, q *request) itemAnswer {
	if c == nil {
		return bad(q, "there is no conversation for the message")
	}
	var body publishBody
	if err := decode(q.Body, &body); err != nil {
		return bad(q, err.Error())
	}
	if problem := s.checkEvent(c.main(), &body.Event); problem != "" {
		return bad(q, problem)
	}
	return itemAnswer{itemOK, s.publishConsumer(c, c.main(), q, body.Event), q.ID.text}
}
