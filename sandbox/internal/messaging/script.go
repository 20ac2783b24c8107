package messaging

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/openapi"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/strictyaml"
)

// Script says what the agent does. The zero value never answers.
type Script struct {
	// Rules are tried in order. The first rule that matches a message applies.
	Rules []AgentRule
	// Echo repeats a text that no rule matches.
	Echo bool
	// Survey is the question of a survey. The survey starts when the agent or an update of the dialog closes the main dialog.
	// Empty: no survey. The conversation then closes with its main dialog.
	Survey string
}

// Echo repeats what the consumer wrote.
var Echo = Script{Echo: true}

// AgentRule says what the agent does about a message. Without Contains and Matches, it matches every message.
type AgentRule struct {
	Contains string              `yaml:"contains" doc:"A part of the text, in upper or lower case."`
	Matches  string              `yaml:"matches" doc:"A regular expression."`
	Delay    strictyaml.Duration `yaml:"delay"`
	doing    `yaml:",inline"`

	expression *regexp.Regexp
}

const (
	// maxPattern is the maximum length of matches and contains, in bytes.
	maxPattern = 500
	// maxHeard is how much of a text the rules look at, in bytes. LivePerson accepts no longer request. Together with
	// maxPattern, it bounds the time for a text.
	maxHeard = 5000
)

// doing is what the agent does, in this order.
type doing struct {
	Note   string         `yaml:"note" doc:"A message that only agents see."`
	Answer texts          `yaml:"answer" doc:"A text, or several texts in one notification."`
	Rich   map[string]any `yaml:"rich" doc:"Structured content."`
	// QuickReplies go with the last text of Answer.
	QuickReplies []string  `yaml:"quick_replies" doc:"Answers that the consumer can choose from. They go with the last text of answer."`
	File         *sentFile `yaml:"file"`
	Survey       string    `yaml:"survey" doc:"With close, the question of a survey, instead of the script's."`
	Close        bool      `yaml:"close"`
}

// sentFile is a file that the agent sends. The sandbox has no such file: only the message about it is sent.
type sentFile struct {
	Caption      string `yaml:"caption" json:"caption"`
	RelativePath string `yaml:"relative_path" json:"relativePath" required:"true"`
	FileType     string `yaml:"file_type" json:"fileType" required:"true" doc:"Such as JPEG or PDF."`
}

func (d doing) speaks() bool { return len(d.Answer) > 0 || d.Rich != nil || d.File != nil }

func (d doing) check() error {
	if !d.speaks() && d.Note == "" && !d.Close {
		return errors.New("does nothing: write answer, rich, file, note or close")
	}
	if _, err := json.Marshal(d.Rich); err != nil {
		return errors.New("rich: all keys must be text")
	}
	switch {
	case slices.Contains(d.Answer, ""):
		return errors.New("answer: must not be empty")
	case len(d.QuickReplies) > 0 && len(d.Answer) == 0:
		return errors.New("quick_replies: go with a text: write answer too")
	case slices.Contains(d.QuickReplies, ""):
		return errors.New("quick_replies: must not be empty")
	case d.File != nil && (d.File.RelativePath == "" || d.File.FileType == ""):
		return errors.New("file: write relative_path and file_type")
	case d.Survey != "" && !d.Close:
		return errors.New("survey: goes with close: true")
	}
	return nil
}

// texts is one text or a list of texts.
type texts []string

// Schema describes a text or a list of texts.
func (texts) Schema() openapi.Schema {
	text := openapi.Schema{"type": "string"}
	return openapi.Schema{"oneOf": []openapi.Schema{text, {"type": "array", "items": text}}}
}

// UnmarshalYAML reads one text or a list of texts.
func (t *texts) UnmarshalYAML(read func(any) error) error {
	var one string
	if read(&one) == nil {
		*t = texts{one}
		return nil
	}
	return read((*[]string)(t))
}

// scriptFile is a script as a tester writes it.
type scriptFile struct {
	Rules  []AgentRule `yaml:"rules" doc:"The first rule that matches a message applies."`
	Echo   *bool       `yaml:"echo" doc:"Repeat a text that no rule matches. Absent: true."`
	Survey string      `yaml:"survey" doc:"What a survey asks when the main dialog is closed. Absent: no survey."`
}

// ParseScript reads a script from YAML or JSON. Errors name the line.
func ParseScript(text []byte) (Script, error) {
	var read scriptFile
	if err := strictyaml.Decode(text, &read); err != nil {
		return Script{}, err
	}
	for i := range read.Rules {
		if err := read.Rules[i].prepare(); err != nil {
			return Script{}, fmt.Errorf("line %d: rules[%d]: %w", strictyaml.Line(text, "rules", i), i, err)
		}
	}
	return Script{Rules: read.Rules, Echo: read.Echo == nil || *read.Echo, Survey: read.Survey}, nil
}

func (r *AgentRule) prepare() (err error) {
	if len(r.Matches) > maxPattern || len(r.Contains) > maxPattern {
		return fmt.Errorf("matches and contains: must have %d bytes at most; write several rules", maxPattern)
	}
	if r.expression, err = regexp.Compile(r.Matches); err != nil {
		return fmt.Errorf("matches: %w", err)
	}
	return r.check()
}

func (r *AgentRule) matches(text string) bool {
	return strings.Contains(strings.ToLower(text), strings.ToLower(r.Contains)) && r.expression.MatchString(text)
}

// reaction returns what the agent does about a message. The zero value does nothing.
func (script Script) reaction(text string) AgentRule {
	heard := text[:min(len(text), maxHeard)]
	for _, rule := range script.Rules {
		if rule.matches(heard) {
			return rule
		}
	}
	if script.Echo && text != "" {
		return AgentRule{doing: doing{Answer: texts{text}}}
	}
	return AgentRule{}
}
