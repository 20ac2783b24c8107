package messaging

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
)

// The allowed values in an event of a consumer.
var (
	chatStates     = []string{"ACTIVE", "INACTIVE", "GONE", "COMPOSING", "PAUSE"}
	acceptStatuses = []string{"ACCEPT", "READ", "ACCESS", "NACK", "ACTION"}
	contentTypes   = []string{plainText, hostedFile}
)

// send answers one request of any type except opening a conversation.
func (s *Service) send(x *exchange) (*reply, func() *reply) {
	claims, refused := s.checkCaller(x)
	if refused != nil {
		return refused, nil
	}
	var q request
	if err := json.Unmarshal(x.body, &q); err != nil {
		return refuseItem(x.call.RequestID, "the body must be one request"), nil
	}
	x.call.Note = cmp.Or(x.call.Note, note(q))
	if problem := q.check(); problem != "" {
		return refuseItem(q.ID.text, problem), nil
	}
	return nil, func() *reply { return s.settleSend(claims, &q) }
}

// settleSend answers a request after the check. The caller holds the lock.
func (s *Service) settleSend(claims consumerClaims, q *request) *reply {
	switch q.Type {
	case typePublish:
		return s.publishEvent(claims, q)
	case typeUpdate:
		return s.update(claims, q)
	case typeSetProfile:
		return single(s.setProfile(claims, q))
	case typeUploadURL:
		return s.uploadURL(claims, q)
	case typeDownloadURL:
		return s.downloadURL(q)
	}
	return refuseItem(q.ID.text, "type: this method has no such request")
}

// single is the answer to one request.
func single(item itemAnswer) *reply {
	answer := mixed([]any{item})
	answer.answer = item
	return answer
}

// publishBody is the body of ms.PublishEvent.
type publishBody struct {
	ConversationID string `json:"conversationId"`
	DialogID       string `json:"dialogId"`
	Event          event  `json:"event"`
}

type sequenceBody struct {
	Sequence int `json:"sequence"`
}

// publishEvent publishes an event of the consumer. The caller holds the lock.
func (s *Service) publishEvent(claims consumerClaims, q *request) *reply {
	var body publishBody
	if err := decode(q.Body, &body); err != nil {
		return refuseItem(q.ID.text, err.Error())
	}
	if body.DialogID == "" {
		return refuseItem(q.ID.text, "dialogId: is missing")
	}
	c, d := s.findDialog(body.ConversationID, body.DialogID)
	if d == nil {
		return refuseItem(q.ID.text, "there is no such dialog")
	}
	if refused := checkOwner(c, claims); refused != nil {
		return refused
	}
	switch {
	case c.stage == stateClose:
		return refuseItem(q.ID.text, saidClosed)
	case d.state == stateClose:
		return refuseItem(q.ID.text, "the dialog is closed")
	}
	if problem := s.checkEvent(d, &body.Event); problem != "" {
		return refuseItem(q.ID.text, problem)
	}
	return ok(publishAnswer{q.ID.text, itemOK, s.publishConsumer(c, d, q, body.Event)})
}

// findDialog returns a dialog by its id. It looks only in the conversation if the conversation's id is not empty. The main
// dialog has the id of the conversation. Other dialogs may be in any conversation. The caller holds the lock.
func (s *Service) findDialog(conversationID, dialogID string) (*conversation, *dialog) {
	if c, found := s.conversations.get(cmp.Or(conversationID, dialogID)); found {
		return c, c.dialog(dialogID)
	}
	if conversationID != "" {
		return nil, nil
	}
	for c := range s.conversations.all() {
		if d := c.dialog(dialogID); d != nil {
			return c, d
		}
	}
	return nil, nil
}

// checkOwner refuses a token of another consumer.
func checkOwner(c *conversation, claims consumerClaims) *reply {
	if c.consumer.id != claims.LPConsumerID {
		return refuseCode(codeInvalidConsumer, "the conversation belongs to another consumer")
	}
	return nil
}

// checkEvent says what is wrong with an event of a consumer. It returns an empty string if nothing is wrong.
func (s *Service) checkEvent(d *dialog, e *event) string {
	switch e.Type {
	case eventContent:
		return s.checkContent(e)
	case eventRichContent:
		if !isObject(e.Content) && !isObject(e.Message) {
			return "event.content: must be an object"
		}
	case eventChatState:
		if !slices.Contains(chatStates, e.ChatState) {
			return fmt.Sprintf("event.chatState: must be one of %v", chatStates)
		}
		if d.kind == dialogSurvey {
			return "a survey takes no chat states"
		}
	case eventAcceptStatus:
		return s.checkAccept(d, e)
	default:
		return "event.type: must be ContentEvent, RichContentEvent, AcceptStatusEvent or ChatStateEvent"
	}
	return ""
}

func (s *Service) checkContent(e *event) string {
	switch {
	case e.ContentType == plainText:
		if e.text() == "" {
			return "event.message: must be a text that is not empty"
		}
	case s.options.Strict && !slices.Contains(contentTypes, e.ContentType):
		return fmt.Sprintf("event.contentType: must be one of %v", contentTypes)
	case e.ContentType == "":
		return "event.contentType: is missing"
	case e.ContentType == hostedFile:
		var file struct{ RelativePath, FileType string }
		if json.Unmarshal(e.Message, &file) != nil || file.RelativePath == "" || file.FileType == "" {
			return "event.message: must have relativePath and fileType"
		}
	case len(e.Message) == 0:
		return "event.message: is missing"
	}
	return ""
}

func (s *Service) checkAccept(d *dialog, e *event) string {
	switch {
	case !slices.Contains(acceptStatuses, e.Status):
		return fmt.Sprintf("event.status: must be one of %v", acceptStatuses)
	case len(e.SequenceList) == 0:
		return "event.sequenceList: must not be empty"
	case s.options.Strict && (slices.Max(e.SequenceList) >= d.next || slices.Min(e.SequenceList) < 0):
		return "event.sequenceList: must have numbers of the dialog's events"
	}
	return ""
}

func isObject(raw json.RawMessage) bool { return len(raw) > 0 && raw[0] == '{' }

// publishConsumer publishes an event after the check, and shows it to the agent. The caller holds the lock.
func (s *Service) publishConsumer(c *conversation, d *dialog, q *request, e event) sequenceBody {
	from := participant{ID: c.consumer.id, Role: roleConsumer}
	body := sequenceBody{s.publish(c, d, from, audienceAll, q.Metadata, e)}
	if e.Type == eventContent || e.Type == eventRichContent {
		s.answer(c, d, e, body.Sequence)
	}
	return body
}
