package messaging

import (
	"fmt"
	"regexp"
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
