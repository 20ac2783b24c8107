package messaging

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// The reasons of closing a conversation (Messaging SDK).
const (
	bySystem  = "SYSTEM"
	byTimeout = "TIMEOUT"
)

var closers = []string{byAgent, byConsumer, bySystem, byTimeout}

// doing is what the agent does, in this order.
type doing struct {
	Manager      bool           `yaml:"manager" doc:"A manager joins."`
	Note         string         `yaml:"note" doc:"A message that only agents see."`
	Answer       texts          `yaml:"answer" doc:"A text, or several texts in one notification."`
	Rich         map[string]any `yaml:"rich" doc:"Structured content."`
	QuickReplies map[string]any `yaml:"quick_replies" doc:"Goes with rich, or else with the last text of answer: an object of the type quickReplies."`
	File         *agentFile     `yaml:"file" doc:"A file."`
	Form         *secureForm    `yaml:"form" doc:"An invitation to a secure form."`
	Transfer     string         `yaml:"transfer" doc:"The id of a skill. The agent transfers the conversation and leaves it."`
	Leave        bool           `yaml:"leave" doc:"The agent leaves the conversation."`
	Close        bool           `yaml:"close"`
	CloseBy      string         `yaml:"close_by" enum:"AGENT,CONSUMER,SYSTEM,TIMEOUT" doc:"Goes with close: who closes the conversation. SYSTEM and TIMEOUT start no survey. Absent: AGENT."`
}

// agentFile is a file that the agent sends.
type agentFile struct {
	Type    string `yaml:"type" required:"true" doc:"Such as PNG or PDF."`
	Caption string `yaml:"caption"`
	Content string `yaml:"content" doc:"In base64. Absent: a small picture."`
	Preview string `yaml:"preview" doc:"In base64, also as a data URL. Absent: none."`
}

// secureForm is a form that LivePerson hosts.
type secureForm struct {
	ID    string `yaml:"id" required:"true"`
	Title string `yaml:"title"`
}

// agentFileTypes are the types of files that agents may send (Agent file sharing).
var agentFileTypes = []string{"PNG", "JPG", "JPEG", "GIF", "PDF", "DOCX", "PPTX", "XLSX"}

// smallPicture is a GIF of one pixel.
const smallPicture = "R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"

func (d doing) speaks() bool {
	return len(d.Answer) > 0 || d.Rich != nil || d.File != nil || d.Form != nil
}

func (d doing) check() error {
	switch {
	case !d.speaks() && d.Note == "" && !d.Close && !d.Manager && !d.Leave && d.Transfer == "":
		return errors.New("does nothing: write answer, rich, file, form, note, manager, transfer, leave or close")
	case !encodes(d.Rich):
		return errors.New("rich: all keys must be text")
	case !encodes(d.QuickReplies):
		return errors.New("quick_replies: all keys must be text")
	case d.QuickReplies != nil && len(d.Answer) == 0 && d.Rich == nil:
		return errors.New("quick_replies: needs answer or rich")
	case slices.Contains(d.Answer, ""):
		return errors.New("answer: must not be empty")
	case d.CloseBy != "" && !d.Close:
		return errors.New("close_by: needs close")
	case d.CloseBy != "" && !slices.Contains(closers, d.CloseBy):
		return fmt.Errorf("close_by: must be one of %s", strings.Join(closers, ", "))
	case len(d.Transfer) > maxSkillDigits:
		return fmt.Errorf("transfer: must have %d digits at most", maxSkillDigits)
	case d.Form != nil && d.Form.ID == "":
		return errors.New("form: id is missing")
	}
	return d.File.check()
}

func encodes(object map[string]any) bool {
	_, err := json.Marshal(object)
	return err == nil
}

func (f *agentFile) check() error {
	if f == nil {
		return nil
	}
	if !slices.Contains(agentFileTypes, strings.ToUpper(f.Type)) {
		return fmt.Errorf("file: type must be one of %s", strings.Join(agentFileTypes, ", "))
	}
	if _, err := base64.StdEncoding.DecodeString(f.Content); err != nil {
		return errors.New("file: content must be base64")
	}
	return nil
}
