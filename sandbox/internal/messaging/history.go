package messaging

import (
	"slices"
	"time"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/history"
)

// History returns the conversations that began until a time and are wanted, oldest first, without what happened later.
func (s *Service) History(until time.Time, wanted func(id, consumerID string) bool) []history.Conversation {
	at := until.UnixMilli()
	s.mu.Lock()
	defer s.mu.Unlock()
	var found []history.Conversation
	seen := map[string]bool{} // consumers
	for c := range s.conversations.all() {
		if c.start <= at && wanted(c.id, c.consumer.id) {
			past := c.past(at)
			past.IsFirst = !seen[c.consumer.id]
			found = append(found, past)
		}
		seen[c.consumer.id] = true
	}
	return found
}

// past returns the conversation as it was at a time. The caller holds the lock.
func (c *conversation) past(at int64) history.Conversation {
	past := history.Conversation{
		ID: c.id, ConsumerID: c.consumer.id, ExtConsumerID: c.consumer.extID,
		Profile: c.consumer.profile, ProfileTime: c.consumer.profileTime, SkillID: c.skillID, AgentID: c.agentID,
		State: c.state, Stage: c.stage, CloseReason: c.closeReason, Start: c.start, End: c.end, Updated: min(c.updated, at),
		ResponseTime: c.ttr.Value, Campaign: c.campaign, Context: c.context,
	}
	if past.ProfileTime > at {
		past.Profile = nil
	}
	if c.main().ended > at {
		past.State, past.Stage, past.CloseReason = stateOpen, stateOpen, ""
	}
	if c.end > at {
		past.Stage, past.End = stateOpen, 0
	}
	if c.agentSince > at {
		past.AgentID = ""
	}
	for _, t := range slices.Backward(c.transfers) {
		if t.Time > at {
			past.SkillID = t.From
		} else {
			past.Transfers = append([]history.Transfer{t}, past.Transfers...)
		}
	}
	if c.csat != nil && c.csatTime <= at {
		past.CSAT = &history.CSAT{Rate: c.csat.Rate, Resolution: c.csat.Resolution, Status: c.csat.Status}
	}
	for _, d := range c.dialogs {
		if d.created <= at {
			past.Dialogs = append(past.Dialogs, d.past(at))
		}
	}
	return past
}

func (d *dialog) past(at int64) history.Dialog {
	past := history.Dialog{
		ID: d.id, Type: d.kind, State: d.state, Start: d.created, End: d.ended, ClosedBy: d.closedBy, ClosedCause: d.closedCause,
	}
	if d.ended > at {
		past.State, past.End, past.ClosedBy, past.ClosedCause = stateOpen, 0, "", ""
	}
	for _, e := range d.events {
		if e.ServerTimestamp > at {
			continue
		}
		past.Events = append(past.Events, history.Event{
			Sequence: *e.Sequence, Time: e.ServerTimestamp, SenderID: e.OriginatorID, Role: e.OriginatorMetadata.Role,
			Audience: e.Audience, Metadata: slices.Clone(e.Metadata), Type: e.Event.Type, ContentType: e.Event.ContentType,
			Message: e.Event.Message, Content: e.Event.Content, QuickReplies: e.Event.QuickReplies,
			Status: e.Event.Status, SequenceList: e.Event.SequenceList,
		})
	}
	return past
}
