package messaging

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/benthos-liveperson/benthos-liveperson/plugin/sandbox/strictyaml"
)

// maxTurns is how many answers may be on their way in one conversation. It is the sandbox's own number.
const maxTurns = 1000

// Script is what the agent does. The zero value never answers.
type Script struct {
	// Rules are tried in order; the first that matches a consumer's message is taken.
	Rules []Rule
	// Echo repeats a text that no rule matches.
	Echo bool
	// Survey is what a survey asks when the main dialog is closed, by the agent or by a change of the dialog. Empty: no
	// survey, and the conversation closes with its main dialog.
	Survey string
}

// Echo is an agent who repeats what he is told.
var Echo = Script{Echo: true}

// Rule says what the agent does about a message. Without Contains and Matches it is about any.
type Rule struct {
	Contains string   `yaml:"contains"` // a part of the text, upper or lower case
	Matches  string   `yaml:"matches"`  // a regular expression
	Delay    Duration `yaml:"delay"`
	doing    `yaml:",inline"`

	expression *regexp.Regexp
}

// doing is what an agent may do, in the order in which he does it.
type doing struct {
	Note   string         `yaml:"note" json:"note"`     // a message that only agents see
	Answer texts          `yaml:"answer" json:"answer"` // several come in one notification
	Rich   map[string]any `yaml:"rich" json:"rich"`     // structured content
	Close  bool           `yaml:"close" json:"close"`
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

// UnmarshalYAML reads a text or a list of them.
func (t *texts) UnmarshalYAML(read func(any) error) error {
	var one string
	if read(&one) == nil {
		*t = texts{one}
		return nil
	}
	return read((*[]string)(t))
}

// UnmarshalJSON reads a text or a list of them.
func (t *texts) UnmarshalJSON(raw []byte) error {
	return t.UnmarshalYAML(func(into any) error { return json.Unmarshal(raw, into) })
}

// Duration is written as text, such as 1m30s.
type Duration time.Duration

// UnmarshalText reads a duration that is not negative.
func (d *Duration) UnmarshalText(text []byte) error {
	read, err := time.ParseDuration(string(text))
	if err != nil || read < 0 {
		return fmt.Errorf("%q is not a duration such as 30s or 1m30s", text)
	}
	*d = Duration(read)
	return nil
}

// ParseScript reads a script from YAML, of which JSON is a part. Errors name the line.
func ParseScript(text []byte) (Script, error) {
	var read struct {
		Rules  []Rule `yaml:"rules"`
		Echo   *bool  `yaml:"echo"`
		Survey string `yaml:"survey"`
	}
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

func (r *Rule) prepare() (err error) {
	if r.expression, err = regexp.Compile(r.Matches); err != nil {
		return fmt.Errorf("matches: %w", err)
	}
	return r.check()
}

func (r *Rule) matches(text string) bool {
	return strings.Contains(strings.ToLower(text), strings.ToLower(r.Contains)) && r.expression.MatchString(text)
}

// reaction gives what the agent does about a message; the zero value: nothing.
func (script Script) reaction(text string) Rule {
	for _, rule := range script.Rules {
		if rule.matches(text) {
			return rule
		}
	}
	if script.Echo && text != "" {
		return Rule{doing: doing{Answer: texts{text}}}
	}
	return Rule{}
}

// turn is something that the agent is about to do.
type turn struct {
	doing
	due time.Time
}

// agent is the id of the agent. It wants the lock.
func (s *Service) agent() string {
	if s.agentID == "" {
		s.agentID = s.newID()
	}
	return s.agentID
}

// answer lets the agent see a message of the consumer's: he joins, reads, writes, and answers after the delay. What
// was said to a survey ends it. It wants the lock.
func (s *Service) answer(c *conversation, d *dialog, e event, sequence int) {
	if d.kind == dialogSurvey {
		s.close(c, byConsumer)
		return
	}
	rule := s.script.reaction(e.text())
	if rule.doing.check() != nil {
		return
	}
	s.join(c)
	from := participant{ID: c.agentID, Role: roleAgent}
	s.publish(c, d, from, "", nil, event{Type: eventAcceptStatus, Status: "READ", SequenceList: []int{sequence}})
	if rule.speaks() {
		s.publish(c, d, from, "", nil, event{Type: eventChatState, ChatState: "COMPOSING"})
	}
	due := time.Now().Add(time.Duration(rule.Delay))
	if n := len(c.turns); n > 0 && due.Before(c.turns[n-1].due) {
		due = c.turns[n-1].due // he answers in the order in which he was asked
	}
	if len(c.turns) < maxTurns {
		c.turns = append(c.turns, turn{rule.doing, due})
	}
	s.act(c)
}

// join makes the agent a participant. It wants the lock.
func (s *Service) join(c *conversation) {
	if c.agentID != "" {
		return
	}
	c.agentID = s.agent()
	s.touch(c)
	s.notifyChange(c)
}

// act takes the turns that are due, and sets a timer for the next. It wants the lock.
func (s *Service) act(c *conversation) {
	for len(c.turns) > 0 {
		wait := time.Until(c.turns[0].due)
		if wait > 0 {
			s.actIn(c, wait)
			return
		}
		doing := c.turns[0].doing
		c.turns = c.turns[1:]
		s.do(c, doing)
	}
}

func (s *Service) actIn(c *conversation, wait time.Duration) {
	if c.timer != nil {
		c.timer.Stop()
	}
	c.timer = time.AfterFunc(wait, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if current, found := s.conversations.get(c.id); found && current == c && !s.closed {
			s.act(c)
		}
	})
}

// dropTurns lets the agent do nothing more. It wants the lock.
func (s *Service) dropTurns(c *conversation) {
	c.turns = nil
	if c.timer != nil {
		c.timer.Stop()
	}
}

// stopAgent drops the turns of all conversations. It wants the lock.
func (s *Service) stopAgent() {
	for c := range s.conversations.all() {
		s.dropTurns(c)
	}
}

// do lets the agent do something. It wants the lock.
func (s *Service) do(c *conversation, doing doing) {
	s.join(c)
	from, d := participant{ID: c.agentID, Role: roleAgent}, c.main()
	if doing.Note != "" {
		s.publish(c, d, from, audienceAgents, nil, textEvent(doing.Note))
	}
	if doing.speaks() {
		s.publish(c, d, from, "", nil, event{Type: eventChatState, ChatState: "ACTIVE"})
	}
	if len(doing.Answer) > 0 {
		var events []event
		for _, text := range doing.Answer {
			events = append(events, textEvent(text))
		}
		s.publish(c, d, from, audienceAll, nil, events...)
	}
	if doing.Rich != nil {
		content, _ := encode(doing.Rich) // check has seen that it can be
		s.publish(c, d, from, audienceAll, nil, event{Type: eventRichContent, Content: content})
	}
	if doing.Close {
		s.closeMain(c, byAgent, "")
	}
}

// agentPage gives the agent another script (PUT, in YAML or JSON), or lets him repeat again what he is told (DELETE).
func (s *Service) agentPage(w http.ResponseWriter, r *http.Request) {
	if !allow(w, r, http.MethodPut, http.MethodDelete) {
		return
	}
	script := Echo
	if r.Method == http.MethodPut {
		text, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
		if err == nil {
			script, err = ParseScript(text)
		}
		if err != nil {
			refusePage(w, http.StatusBadRequest, err)
			return
		}
	}
	s.mu.Lock()
	s.script = script
	s.mu.Unlock()
	writeJSON(w, http.StatusOK, map[string]any{"rules": len(script.Rules), "echo": script.Echo, "survey": script.Survey})
}

func refusePage(w http.ResponseWriter, status int, err error) {
	writeJSON(w, status, map[string]string{"error": err.Error()})
}
