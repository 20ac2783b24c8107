package messaging

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"time"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/history"
)

// maxTurns is the maximum number of answers that wait in one conversation. It is the sandbox's own number.
const maxTurns = 1000

// turn is something that the agent will do.
type turn struct {
	doing
	due time.Time
}

// agentOf returns the id of the agent of a skill. The caller holds the lock.
func (s *Service) agentOf(skill string) string {
	if s.agents[skill] == "" {
		s.agents[skill] = s.newID()
	}
	return s.agents[skill]
}

// answer lets the agent react to a message of the consumer. The agent joins the conversation, reads, types, and answers
// after the delay. The bot of a survey reads a message to the survey, and then ends the survey. The caller holds the lock.
func (s *Service) answer(c *conversation, d *dialog, e event, sequence int) {
	if d.kind == dialogSurvey {
		s.publish(c, d, participant{ID: c.surveyBotID, Role: roleSurvey}, "", nil, event{Type: eventAcceptStatus, Status: "READ", SequenceList: []int{sequence}})
		s.close(c, byAgent, "Completed")
		return
	}
	rule := s.script.reaction(e.text())
	if rule.doing.check() != nil {
		return
	}
	s.join(c)
	from := participant{ID: c.agentID, Role: roleAgent}
	s.publish(c, d, from, "", nil, event{Type: eventAcceptStatus, Status: "READ", SequenceList: []int{sequence}})
	if rule.speaks() {
		s.publish(c, d, from, "", nil, event{Type: eventChatState, ChatState: "COMPOSING"})
	}
	due := time.Now().Add(time.Duration(rule.Delay))
	if n := len(c.turns); n > 0 && due.Before(c.turns[n-1].due) {
		due = c.turns[n-1].due // the agent answers in the order of the messages
	}
	if len(c.turns) < maxTurns {
		c.turns = append(c.turns, turn{rule.doing, due})
	}
	s.act(c)
}

// join makes the agent a participant. The caller holds the lock.
func (s *Service) join(c *conversation) {
	if c.agentID != "" {
		return
	}
	c.agentID = s.agentOf(c.skillID)
	c.agentSince = s.touch(c)
	s.notifyChange(c)
}

// act takes the turns that are due, and sets a timer for the next one. The caller holds the lock.
func (s *Service) act(c *conversation) {
	for len(c.turns) > 0 {
		wait := time.Until(c.turns[0].due)
		if wait > 0 {
			s.actIn(c, wait)
			return
		}
		doing := c.turns[0].doing
		c.turns = c.turns[1:]
		s.do(c, doing)
	}
}

func (s *Service) actIn(c *conversation, wait time.Duration) {
	if c.timer != nil {
		c.timer.Stop()
	}
	c.timer = time.AfterFunc(wait, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if current, found := s.conversations.get(c.id); found && current == c && !s.closed {
			s.act(c)
		}
	})
}

// dropTurns removes the turns of a conversation. The caller holds the lock.
func (s *Service) dropTurns(c *conversation) {
	c.turns = nil
	if c.timer != nil {
		c.timer.Stop()
	}
}

// stopAgent removes the turns of all conversations. The caller holds the lock.
func (s *Service) stopAgent() {
	for c := range s.conversations.all() {
		s.dropTurns(c)
	}
}

// do lets the agent act. The caller holds the lock.
func (s *Service) do(c *conversation, doing doing) {
	if doing.Manager && c.managerID == "" {
		c.managerID = s.newID()
		s.touch(c)
		s.notifyChange(c)
	}
	if doing.speaks() || doing.Note != "" || doing.Leave || doing.Transfer != "" {
		s.join(c)
	}
	s.say(c, doing)
	switch {
	case doing.Transfer != "":
		s.transferTo(c, doing.Transfer)
	case doing.Leave:
		s.leave(c)
	}
	if doing.Close {
		s.closeAs(c, cmp.Or(doing.CloseBy, byAgent))
	}
}

// say publishes what the agent says. The caller holds the lock.
func (s *Service) say(c *conversation, doing doing) {
	from, d := participant{ID: c.agentID, Role: roleAgent}, c.main()
	if doing.Note != "" {
		s.publish(c, d, from, audienceAgents, nil, textEvent(doing.Note))
	}
	if doing.speaks() {
		s.publish(c, d, from, "", nil, event{Type: eventChatState, ChatState: "ACTIVE"})
	}
	var replies json.RawMessage
	if doing.QuickReplies != nil {
		replies, _ = encode(doing.QuickReplies) // check made sure that it can be encoded
	}
	if len(doing.Answer) > 0 {
		var events []event
		for _, text := range doing.Answer {
			events = append(events, textEvent(text))
		}
		if doing.Rich == nil {
			events[len(events)-1].QuickReplies = replies
		}
		s.publish(c, d, from, audienceAll, nil, events...)
	}
	if doing.Rich != nil {
		content, _ := encode(doing.Rich) // check made sure that it can be encoded
		s.publish(c, d, from, audienceAll, nil, event{Type: eventRichContent, Content: content, QuickReplies: replies})
	}
	if doing.File != nil {
		s.publish(c, d, from, audienceAll, nil, s.fileEvent(c, doing.File))
	}
	if doing.Form != nil {
		s.publish(c, d, from, audienceAll, nil, s.formEvent(c, doing.Form))
	}
}

// fileEvent stores a file of the agent, and returns the message about it. The caller holds the lock.
func (s *Service) fileEvent(c *conversation, sent *agentFile) event {
	content, _ := base64.StdEncoding.DecodeString(cmp.Or(sent.Content, smallPicture)) // check made sure that it can be decoded
	path := s.newFilePath(c.consumer.id, sent.Type)
	s.files.put(path, &file{content: content})
	return contentEvent(hostedFile, struct {
		Caption      string `json:"caption"`
		RelativePath string `json:"relativePath"`
		FileType     string `json:"fileType"`
		Preview      string `json:"preview,omitempty"`
	}{sent.Caption, path, sent.Type, sent.Preview})
}

// formEvent returns the message that invites to a secure form. No page of LivePerson has a sample for connectors. The form is
// that of public clients of agents. The caller holds the lock.
func (s *Service) formEvent(c *conversation, form *secureForm) event {
	s.invitations++
	return contentEvent(secureInvitation, struct {
		FormID       string `json:"formId"`
		InvitationID string `json:"invitationId"`
		Title        string `json:"title"`
	}{form.ID, fmt.Sprintf("%s-%s-%d-%d", c.consumer.id, form.ID, s.millis(), s.invitations), form.Title})
}

// transferTo gives the conversation to another skill. The agent leaves. An agent of the skill joins with the next answer. The
// caller holds the lock.
func (s *Service) transferTo(c *conversation, skill string) {
	c.transfers = append(c.transfers, history.Transfer{Time: s.millis(), From: c.skillID, To: skill, AgentID: c.agentID})
	c.skillID = skill
	s.leave(c)
}

// leave removes the agent from the conversation. The caller holds the lock.
func (s *Service) leave(c *conversation) {
	c.agentID = ""
	s.touch(c)
	s.notifyChange(c)
}

// closeAs closes the conversation for a reason. There is no survey after the system has closed it. The caller holds the lock.
func (s *Service) closeAs(c *conversation, by string) {
	if by == bySystem || by == byTimeout {
		s.close(c, by, "")
		return
	}
	s.closeMain(c, by, "")
}
