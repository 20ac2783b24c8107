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

// Script is what the agent does. The zero value never answers.
type Script struct {
	// Rules are tried in order; the first that matches a consumer's message is taken.
	Rules []AgentRule
	// Echo repeats a text that no rule matches.
	Echo bool
	// Survey is what a survey asks when the main dialog is closed, by the agent or by a change of the dialog. Empty: no
	// survey, and the conversation closes with its main dialog.
	Survey string
}

// Echo is an agent who repeats what he is told.
var Echo = Script{Echo: true}

// AgentRule says what the agent does about a message. Without Contains and Matches it is about any.
type AgentRule struct {
	Contains string              `yaml:"contains" doc:"A part of the text, in upper or lower case."`
	Matches  string              `yaml:"matches" doc:"A regular expression."`
	Delay    strictyaml.Duration `yaml:"delay"`
	doing    `yaml:",inline"`

	expression *regexp.Regexp
}

const (
	// maxPattern is the longest matches and contains of a rule, in bytes.
	maxPattern = 500
	// maxHeard is how much of a text rules are tried on, in bytes: LivePerson takes no request of more characters. With
	// maxPattern it bounds how long a text can keep the sandbox busy.
	maxHeard = 5000
)

// doing is what an agent may do, in the order in which he does it.
type doing struct {
	Note   string         `yaml:"note" doc:"A message that only agents see."`
	Answer texts          `yaml:"answer" doc:"A text, or several texts in one notification."`
	Rich   map[string]any `yaml:"rich" doc:"Structured content."`
	Close  bool           `yaml:"close"`
}

func (d doing) speaks() bool { return len(d.Answer) > 0 || d.Rich != nil }

func (d doing) check() error {
	if !d.speaks() && d.Note == "" && !d.Close {
		return errors.New("does nothing: give answer, rich, note or close")
	}
	if _, err := json.Marshal(d.Rich); err != nil {
		return errors.New("rich: has keys that are no text")
	}
	if slices.Contains(d.Answer, "") {
		return errors.New("answer: must not be empty")
	}
	return nil
}

// texts is one text or a list of them.
type texts []string

// Schema describes a text or a list of texts.
func (texts) Schema() openapi.Schema {
	text := openapi.Schema{"type": "string"}
	return openapi.Schema{"oneOf": []openapi.Schema{text, {"type": "array", "items": text}}}
}

// UnmarshalYAML reads a text or a list of them.
func (t *texts) UnmarshalYAML(read func(any) error) error {
	var one string
	if read(&one) == nil {
		*t = texts{one}
		return nil
	}
	return read((*[]string)(t))
}

// scriptFile is a script as it is written.
type scriptFile struct {
	Rules  []AgentRule `yaml:"rules" doc:"The first rule that matches a message applies."`
	Echo   *bool       `yaml:"echo" doc:"Repeat a text that no rule matches. Absent: true."`
	Survey string      `yaml:"survey" doc:"What a survey asks when the main dialog is closed. Absent: no survey."`
}

// ParseScript reads a script from YAML, of which JSON is a part. Errors name the line.
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
		return fmt.Errorf("matches and contains: must have %d bytes at most: write several rules", maxPattern)
	}
	if r.expression, err = regexp.Compile(r.Matches); err != nil {
		return fmt.Errorf("matches: %w", err)
	}
	return r.check()
}

func (r *AgentRule) matches(text string) bool {
	return strings.Contains(strings.ToLower(text), strings.ToLower(r.Contains)) && r.expression.MatchString(text)
}

// reaction gives what the agent does about a message; the zero value: nothing.
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
