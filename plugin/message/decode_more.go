package message

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/benthos-liveperson/benthos-liveperson/internal/liveperson"
	"github.com/benthos-liveperson/benthos-liveperson/internal/richcontent"
)

// heardOf reads the metadata about an agent's message.
func heardOf(msg *service.Message) (h heard) {
	h.dialog.ConversationID, _ = msg.MetaGet(metaConversationID)
	h.dialog.DialogID, _ = msg.MetaGet(metaDialogID)
	text, _ := msg.MetaGet(metaSequence)
	n, err := strconv.ParseInt(text, 10, 64)
	h.sequence, h.hasSequence = n, err == nil && n >= 0
	return h
}

// sequences reads the numbers of an agent's messages. If the message has none, the number and the
// dialog come from the metadata, because numbers count within a dialog.
func (j *job) sequences(name string, value any) ([]int64, error) {
	if value != nil || !j.heard.hasSequence {
		return sequences(name, value)
	}
	if d := j.heard.dialog; d.ConversationID != "" {
		j.dialog = &d
	}
	return []int64{j.heard.sequence}, nil
}

// decodeTyping reads whether the consumer types.
func decodeTyping(value any, j *job) error {
	if text, is := value.(string); is {
		parsed, err := strconv.ParseBool(strings.TrimSpace(text))
		if err == nil {
			value = parsed
		}
	}
	types, is := value.(bool)
	if !is {
		return errors.New("typing: expected true or false")
	}
	state := liveperson.ChatPause
	if types {
		state = liveperson.ChatComposing
	}
	j.request(func(d liveperson.Dialog) liveperson.Request { return d.ChatState(state) })
	return nil
}

// decodeRichContent reads a card or a text, with or without quick replies.
func (r reading) decodeRichContent(value any, j *job) error {
	m, err := object("rich_content", value, "content", "text", "quick_replies", "metadata")
	if err != nil {
		return err
	}
	text, err := optional("rich_content.text", m["text"])
	if err != nil {
		return err
	}
	content, replies := m["content"], m["quick_replies"]
	switch {
	case (content == nil) == (strings.TrimSpace(text) == ""):
		return errors.New("rich_content: expected either content, such as a card, or text")
	case content == nil && replies == nil && m["metadata"] == nil:
		return errors.New("rich_content: a text alone is not structured: add quick_replies or metadata, or send it as text")
	}
	if r.checkRichContent {
		if err := checkRichContent(content, replies); err != nil {
			return fmt.Errorf("%w; if LivePerson accepts it, set %s: false", err, lmFieldCheckRichContent)
		}
	}
	request := func(d liveperson.Dialog) liveperson.Request {
		if content != nil {
			return d.RichContent(content, replies)
		}
		return d.QuickReplies(text, replies)
	}
	j.opening = &liveperson.Opening{}
	if m["metadata"] == nil {
		j.request(request)
		return nil
	}
	metadata, err := listOfObjects("rich_content.metadata", m["metadata"])
	j.request(func(d liveperson.Dialog) liveperson.Request { return request(d).With(metadata) })
	return err
}

func checkRichContent(content, replies any) error {
	if content != nil {
		if err := richcontent.Check("rich_content.content", content); err != nil {
			return err
		}
	}
	if replies != nil {
		return richcontent.CheckQuickReplies("rich_content.quick_replies", replies)
	}
	return nil
}

// ttrKinds are the kinds of urgency that a conversation can change to.
var ttrKinds = append([]string{"CUSTOM"}, ttrs...)

// decodeTTR reads how soon an agent should answer. LivePerson's schema requires the seconds.
func decodeTTR(value any, j *job) error {
	m, err := object("ttr", value, "type", "seconds")
	if err != nil {
		return err
	}
	kind, err := oneOf("ttr.type", m["type"], ttrKinds...)
	if err != nil {
		return err
	}
	seconds, is := integer(m["seconds"])
	if !is || seconds < 0 {
		return errors.New("ttr.seconds: expected a whole number of seconds, at least 0, from the consumer's message to the agent's answer: LivePerson requires it")
	}
	j.request(func(d liveperson.Dialog) liveperson.Request {
		return liveperson.TTR(d.ConversationID, kind, seconds)
	})
	return nil
}

// decodeTransfer reads the skill for the consumer's next conversation, or true for the engagement
// of the message.
func decodeTransfer(value any, j *job) (err error) {
	if value != true {
		m, err := object("transfer", value, "skill_id")
		if err != nil {
			return err
		}
		if j.skillID, err = id("transfer.skill_id", m["skill_id"]); err != nil {
			return err
		}
		if !numeric.MatchString(j.skillID) {
			return errors.New("transfer.skill_id: expected a number, LivePerson's id")
		}
	}
	j.transfers, j.closes, j.opening = true, scopeConversation, &liveperson.Opening{}
	j.request(func(d liveperson.Dialog) liveperson.Request {
		return liveperson.CloseConversation(d.ConversationID)
	})
	return nil
}

// checkTransfer checks that a transfer has a target, after the settings and the engagement are read.
func (j *job) checkTransfer() error {
	if j.skillID != "" {
		j.opening.SkillID = j.skillID
	}
	if j.opening.SkillID == "" && j.opening.CampaignID == "" {
		return errors.New("transfer: expected a target: skill_id, or LivePerson's answer to an engagement question in the message")
	}
	return nil
}

// decodeDownload reads which file of an agent to get: its path and type, or the change with the
// file as liveperson_webhook gives it.
func (r reading) decodeDownload(value any, j *job) (err error) {
	if !r.downloads {
		return errors.New("file_download: only the processor liveperson_message can get a file, because an output gives nothing back")
	}
	m, is := value.(map[string]any)
	if event, has := m["event"].(map[string]any); has {
		m, is = event["message"].(map[string]any)
	}
	if !is {
		return errors.New("file_download: expected an object with relative_path and type, or the change with the file as liveperson_webhook gives it")
	}
	j.alone, j.download = true, &download{}
	for _, member := range []struct {
		names []string
		text  *string
	}{{[]string{"relative_path", "relativePath"}, &j.download.path}, {[]string{"type", "fileType"}, &j.download.fileType}} {
		for _, name := range member.names {
			if m[name] != nil {
				if *member.text, err = optional("file_download."+name, m[name]); err != nil {
					return err
				}
			}
		}
	}
	if j.download.path == "" {
		return errors.New("file_download.relative_path: expected the path of a file that an agent has sent")
	}
	return nil
}
