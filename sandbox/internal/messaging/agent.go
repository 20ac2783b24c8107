package messaging

import (
	"cmp"
	"encoding/json"
	"time"
)

// maxTurns is the maximum number of answers that wait in one conversation. It is the sandbox's own number.
const maxTurns = 1000

// turn is something that the agent will do.
type turn struct {
	doing
	due time.Time
}

// agent returns the id of the agent. The caller holds the lock.
func (s *Service) agent() string {
	if s.agentID == "" {
		s.agentID = s.newID()
	}
	return s.agentID
}

// answer shows the agent a message of the consumer. The agent joins the conversation, reads, writes, and answers after the
// delay. A message to a survey ends the survey. The caller holds the lock.
func (s *Service) answer(c *conversation, d *dialog, e event, sequence int) {
	if d.kind == dialogSurvey {
		s.close(c, byConsumer)
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
	c.agentID = s.agent()
	s.touch(c)
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
	s.join(c)
	from, d := participant{ID: c.agentID, Role: roleAgent}, c.main()
	if doing.Note != "" {
		s.publish(c, d, from, audienceAgents, nil, textEvent(doing.Note))
	}
	if doing.speaks() {
		s.publish(c, d, from, "", nil, event{Type: eventChatState, ChatState: "ACTIVE"})
	}
	if len(doing.Answer) > 0 {
		var events []event
		for _, text := range doing.Answer {
			events = append(events, textEvent(text))
		}
		if len(doing.QuickReplies) > 0 {
			events[len(events)-1].QuickReplies = quickReplies(doing.QuickReplies)
		}
		s.publish(c, d, from, audienceAll, nil, events...)
	}
	if doing.Rich != nil {
		content, _ := encode(doing.Rich) // check made sure that it can be encoded
		s.publish(c, d, from, audienceAll, nil, event{Type: eventRichContent, Content: content})
	}
	if doing.File != nil {
		message, _ := encode(doing.File) // texts can be encoded
		s.publish(c, d, from, audienceAll, nil, event{Type: eventContent, ContentType: hostedFile, Message: message})
	}
	if doing.Close {
		s.closeMain(c, byAgent, "", cmp.Or(doing.Survey, s.script.Survey))
	}
}

// quickReplies returns the member of a message that has replies to choose from ("Structured content, quick replies").
func quickReplies(texts []string) json.RawMessage {
	replies := []any{}
	for _, text := range texts {
		replies = append(replies, map[string]any{
			"type": "button", "title": text, "tooltip": text,
			"click": map[string]any{"actions": []any{map[string]any{"type": "publishText", "text": text}}},
		})
	}
	content, _ := encode(map[string]any{"type": "quickReplies", "itemsPerRow": 8, "replies": replies}) // texts can be encoded
	return content
}
