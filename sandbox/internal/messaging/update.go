package messaging

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
)

var (
	csatStatuses = []string{"FILLED", "PARTIALLY_FILLED", "SKIPPED"}
	maxCSATRate  = 5
)

const (
	saidResolved = "OK Conversation resolved successfully"
	saidUpdated  = "OK Conversation field updated successfully"
)

// fieldUpdate is an update of one field. Each kind of field uses some of the members.
type fieldUpdate struct {
	Field             string `json:"field"`
	ConversationState string `json:"conversationState"`
	Type              string `json:"type"`
	Dialog            struct {
		DialogID    string `json:"dialogId"`
		State       string `json:"state"`
		ClosedCause string `json:"closedCause"`
	} `json:"dialog"`
	CSATRate       int    `json:"csatRate"`
	CSATResolution *bool  `json:"csatResolutionConfirmation"`
	Status         string `json:"status"`
	TTRType        string `json:"ttrType"`
	Value          int    `json:"value"`
}

// fieldUpdates is one update, as in the Connector API's samples, or a list of updates, as in the schemas of messaging.
type fieldUpdates []fieldUpdate

// UnmarshalJSON reads one update or a list of updates.
func (f *fieldUpdates) UnmarshalJSON(raw []byte) error {
	if bytes.HasPrefix(raw, []byte("[")) {
		return json.Unmarshal(raw, (*[]fieldUpdate)(f))
	}
	*f = make(fieldUpdates, 1)
	return json.Unmarshal(raw, &(*f)[0])
}

// update answers cm.UpdateConversationField. It updates all fields or none. The caller holds the lock.
func (s *Service) update(claims consumerClaims, q *request) *reply {
	var body struct {
		ConversationID string       `json:"conversationId"`
		Fields         fieldUpdates `json:"conversationField"`
	}
	if err := decode(q.Body, &body); err != nil {
		return refuseItem(q.ID.text, err.Error())
	}
	c, found := s.conversations.get(body.ConversationID)
	if !found {
		return refuseItem(q.ID.text, "there is no such conversation")
	}
	if refused := checkOwner(c, claims); refused != nil {
		return refused
	}
	if len(body.Fields) == 0 {
		return refuseItem(q.ID.text, "conversationField: is missing")
	}
	for _, field := range body.Fields {
		if problem := field.check(c); problem != "" {
			return refuseItem(q.ID.text, problem)
		}
	}
	said := ""
	for _, field := range body.Fields {
		said = s.apply(c, field)
	}
	return ok(itemAnswer{itemOK, messageBody{said}, q.ID.text})
}

// check says what is wrong with an update. It returns an empty string if nothing is wrong.
func (f *fieldUpdate) check(c *conversation) string {
	switch f.Field {
	case "ConversationStateField", "Stage":
		if f.ConversationState != stateClose {
			return "conversationState: must be CLOSE"
		}
		if c.stage == stateClose {
			return "the conversation is closed"
		}
	case "DialogChange":
		return f.checkDialog(c)
	case "CSATRate":
		if !slices.Contains(csatStatuses, f.Status) {
			return fmt.Sprintf("status: must be one of %v", csatStatuses)
		}
		if f.Status == "FILLED" && f.CSATRate < 1 || f.CSATRate < 0 || f.CSATRate > maxCSATRate {
			return "csatRate: must be from 1 to 5"
		}
	case "TTRField":
		if !slices.Contains(ttrTypes, f.TTRType) || f.Value < 0 {
			return fmt.Sprintf("ttrType: must be one of %v, and value not below 0", ttrTypes)
		}
		if c.state == stateClose {
			return "the conversation is closed"
		}
	default:
		return "field: must be ConversationStateField, Stage, DialogChange, CSATRate or TTRField"
	}
	return ""
}

func (f *fieldUpdate) checkDialog(c *conversation) string {
	d := c.dialog(f.Dialog.DialogID)
	switch {
	case d == nil:
		return "there is no such dialog"
	case f.Type != "UPDATE" || f.Dialog.State != stateClose:
		return "type must be UPDATE, and dialog.state CLOSE"
	case d.state == stateClose:
		return "the dialog is closed"
	}
	return ""
}

// apply makes an update after the check, and returns LivePerson's message. The caller holds the lock.
func (s *Service) apply(c *conversation, f fieldUpdate) string {
	switch f.Field {
	case "ConversationStateField", "Stage":
		s.close(c, byConsumer, "")
		return saidResolved
	case "DialogChange":
		if c.dialog(f.Dialog.DialogID).kind == dialogMain {
			s.closeMain(c, byConsumer, f.Dialog.ClosedCause)
		} else {
			s.close(c, byConsumer, f.Dialog.ClosedCause)
		}
		return saidUpdated
	case "CSATRate":
		c.csatTime = s.millis()
		c.csat = &csat{Rate: f.CSATRate, Resolution: f.CSATResolution, Status: f.Status}
	case "TTRField":
		c.ttr = ttr{f.TTRType, f.Value}
	}
	s.touch(c)
	s.notifyChange(c)
	return saidUpdated
}
