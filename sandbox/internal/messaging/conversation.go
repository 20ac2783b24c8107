package messaging

import (
	"encoding/json"
	"slices"
	"time"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/history"
)

// LivePerson's names of states, dialogs and roles.
const (
	stateOpen  = "OPEN"
	stateClose = "CLOSE"

	dialogMain   = "MAIN"
	dialogSurvey = "POST_SURVEY"

	roleConsumer = "CONSUMER"
	roleAgent    = "ASSIGNED_AGENT"
	roleManager  = "MANAGER"
	roleSurvey   = "AGENT"  // the bot that asks the questions of a survey (tutorial of surveys)
	roleReader   = "READER" // the former agent, during a survey

	byConsumer = "CONSUMER"
	byAgent    = "AGENT"

	anySkill = "-1"
	// surveySkill stands for the bot that asks the questions of a survey.
	surveySkill = "survey"
	// The time to respond in LivePerson's samples.
	defaultTTRType  = "PRIORITIZED"
	defaultTTRValue = 600
)

// consumer is a consumer for whom an app writes.
type consumer struct {
	id      string // LivePerson's id
	extID   string // the app's id
	profile json.RawMessage
	// profileTime is when the profile was set.
	profileTime int64
	open        string // id of the last conversation, which may be open
}

// conversation is one conversation with its dialogs. The service's lock guards it.
type conversation struct {
	id          string
	consumer    *consumer
	skillID     string
	dialogs     []*dialog // the main one first
	agentID     string    // empty: no agent has joined
	agentSince  int64     // when the agent joined
	managerID   string    // empty: no manager has joined
	surveyBotID string    // empty until a survey begins
	transfers   []history.Transfer
	state       string
	stage       string
	closeReason string
	start       int64
	end         int64
	updated     int64
	ttr         ttr
	csat        *csat
	csatTime    int64 // when csat was set
	campaign    json.RawMessage
	context     json.RawMessage

	turns []turn // what the agent will do
	timer *time.Timer
}

// dialog is a part of a conversation. Sequence numbers count its events.
type dialog struct {
	id          string
	kind        string
	state       string
	created     int64
	ended       int64
	updated     int64
	closedBy    string
	closedCause string
	next        int      // next sequence number
	events      []change // kept events
}

type ttr struct {
	Type  string `json:"ttrType"`
	Value int    `json:"value"`
}

type csat struct {
	Rate       int    `json:"csatRate,omitempty"`
	Resolution *bool  `json:"csatResolutionConfirmation,omitempty"`
	Status     string `json:"status,omitempty"`
}

func (c *conversation) main() *dialog { return c.dialogs[0] }

// dialog returns a dialog by its id, or nil if there is none.
func (c *conversation) dialog(id string) *dialog {
	for _, d := range c.dialogs {
		if d.id == id {
			return d
		}
	}
	return nil
}

// participants returns the participants of all dialogs, once in each role. An agent is the assigned agent of the main dialog
// and a reader of the survey.
func (c *conversation) participants() (all []participant) {
	for _, d := range c.dialogs {
		for _, p := range c.participantsOf(d) {
			if !slices.Contains(all, p) {
				all = append(all, p)
			}
		}
	}
	return all
}

// participantsOf returns the participants of a dialog: the consumer, and who has joined.
func (c *conversation) participantsOf(d *dialog) []participant {
	all, agent := []participant{{ID: c.consumer.id, Role: roleConsumer}}, roleAgent
	if d.kind == dialogSurvey {
		all, agent = append(all, participant{ID: c.surveyBotID, Role: roleSurvey}), roleReader
	}
	if c.agentID != "" {
		all = append(all, participant{ID: c.agentID, Role: agent})
	}
	if c.managerID != "" && d.kind == dialogMain {
		all = append(all, participant{ID: c.managerID, Role: roleManager})
	}
	return all
}

// consumerOf returns the consumer with the ids of a token. It creates the consumer on first use. The caller holds the lock.
func (s *Service) consumerOf(extID, id string) *consumer {
	if known, found := s.consumers.get(id); found {
		return known
	}
	made := &consumer{id: id, extID: extID}
	s.consumers.put(id, made)
	return made
}

// start opens a conversation and posts a notification. The caller holds the lock.
func (s *Service) start(c *conversation) {
	now := s.millis()
	c.id = s.newID()
	c.state, c.stage, c.start, c.updated = stateOpen, stateOpen, now, now
	c.dialogs = []*dialog{{id: c.id, kind: dialogMain, state: stateOpen, created: now, updated: now}}
	c.consumer.open = c.id
	s.conversations.put(c.id, c)
	s.remember(c)
	s.notifyChange(c)
}

// isOpen reports whether the consumer has an open conversation. Such a consumer can't open another one.
func (s *Service) isOpen(who *consumer) bool {
	c, found := s.conversations.get(who.open)
	return found && c.state == stateOpen
}

// publish adds events to a dialog, posts them in one notification, and returns the last sequence number. Chat states have no
// sequence number and are not kept. The caller holds the lock.
func (s *Service) publish(c *conversation, d *dialog, from participant, audience string, metadata []json.RawMessage, events ...event) int {
	changes := make([]change, len(events))
	for i, e := range events {
		made := change{
			OriginatorID: from.ID, OriginatorMetadata: from, Event: e,
			ConversationID: c.id, DialogID: d.id, Metadata: metadata,
		}
		if e.Type != eventChatState {
			sequence := d.next
			d.next++
			made.Sequence, made.ServerTimestamp = &sequence, s.millis()
			if e.Type != eventAcceptStatus {
				made.Audience = audience
			}
			s.keep(c, d, made)
		}
		changes[i] = made
	}
	s.notifyEvents(c, changes)
	return max(0, d.next-1)
}

// keep keeps an event. It forgets the oldest event of all conversations if there are too many. The caller holds the lock.
func (s *Service) keep(c *conversation, d *dialog, made change) {
	d.events = append(d.events, made)
	s.kept = append(s.kept, c)
	if len(s.kept) > s.options.KeepEvents {
		s.kept[0].forgetEvent()
		s.kept[0] = nil
		s.kept = s.kept[1:]
	}
}

// forgetEvent forgets the oldest kept event.
func (c *conversation) forgetEvent() {
	for _, d := range c.dialogs {
		if len(d.events) > 0 {
			d.events[0] = change{}
			d.events = d.events[1:]
			return
		}
	}
}

// close closes the conversation with all its dialogs, unless it is closed. The caller holds the lock.
func (s *Service) close(c *conversation, by, cause string) {
	if c.stage == stateClose {
		return
	}
	now := s.touch(c)
	for _, d := range c.dialogs {
		d.close(now, by, cause)
	}
	if c.state == stateOpen { // the reason of the main dialog stays
		c.closeReason = by
	}
	c.state, c.stage, c.end = stateClose, stateClose, now
	s.dropTurns(c)
	s.notifyChange(c)
}

// closeMain closes the main dialog. Without a survey, it also closes the conversation. With a survey, the state of the
// conversation is closed, its stage is open, and the survey is a new dialog. The caller holds the lock.
func (s *Service) closeMain(c *conversation, by, cause string) {
	if s.script.Survey == "" {
		s.close(c, by, cause)
		return
	}
	if c.main().state == stateClose {
		return
	}
	now := s.touch(c)
	c.main().close(now, by, cause)
	c.state, c.closeReason = stateClose, by
	survey := &dialog{id: s.newID(), kind: dialogSurvey, state: stateOpen, created: now, updated: now}
	c.dialogs = append(c.dialogs, survey)
	c.surveyBotID = s.agentOf(surveySkill)
	s.dropTurns(c)
	s.notifyChange(c)
	s.publish(c, survey, participant{ID: c.surveyBotID, Role: roleSurvey}, audienceAll, nil, textEvent(s.script.Survey))
}

func (d *dialog) close(now int64, by, cause string) {
	if d.state == stateClose {
		return
	}
	d.state, d.ended, d.updated, d.closedBy, d.closedCause = stateClose, now, now, by, cause
}
