package webhook

import (
	"time"

	"github.com/redpanda-data/benthos/v4/public/service"
)

// The metadata of a message. The content is the change itself.
const (
	metaType           = "liveperson_type"
	metaConversationID = "liveperson_conversation_id"
	metaDialogID       = "liveperson_dialog_id"
	metaSequence       = "liveperson_sequence"
	metaRole           = "liveperson_role"
	metaConsumer       = "liveperson_consumer"
	metaContentType    = "liveperson_content_type"
	metaEventTime      = "liveperson_event_time"

	metaFilePath     = "liveperson_file_path"
	metaFileType     = "liveperson_file_type"
	metaFormID       = "liveperson_form_id"
	metaInvitationID = "liveperson_invitation_id"
	metaSubmissionID = "liveperson_submission_id"
)

// message returns the message for a change. consumer is empty if the conversation is not known.
func (c change) message(consumer string) *service.Message {
	msg := service.NewMessage(c.raw)
	set := func(key, value string) {
		if value != "" {
			msg.MetaSetMut(key, value)
		}
	}
	set(metaType, c.eventType)
	set(metaConversationID, c.conversationID)
	set(metaDialogID, c.dialogID)
	set(metaSequence, c.sequence)
	set(metaRole, c.role)
	set(metaConsumer, consumer)
	set(metaContentType, c.contentType)
	set(metaFilePath, string(c.named.RelativePath))
	set(metaFileType, string(c.named.FileType))
	set(metaFormID, string(c.named.FormID))
	set(metaInvitationID, string(c.named.InvitationID))
	set(metaSubmissionID, string(c.named.SubmissionID))
	if !c.at.IsZero() {
		set(metaEventTime, c.at.Format(time.RFC3339Nano))
	}
	return msg
}
