package messaging

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/httpapi"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/strictyaml"
)

// conversationLine is a conversation in the list of them.
type conversationLine struct {
	ConversationID string    `json:"conversation_id"`
	Consumer       string    `json:"consumer"` // ext_consumer_id
	State          string    `json:"state"`
	Stage          string    `json:"stage"`
	Started        time.Time `json:"started"`
	Updated        time.Time `json:"updated"`
	Events         int       `json:"events"` // also those that are not kept any more
}

// conversationFull is a conversation with its dialogs.
type conversationFull struct {
	conversationLine
	ConsumerID  string          `json:"consumer_id"` // LivePerson's
	Profile     json.RawMessage `json:"profile"`
	SkillID     string          `json:"skill_id"`
	Campaign    json.RawMessage `json:"campaign"`
	Context     json.RawMessage `json:"context"`
	CloseReason string          `json:"close_reason"`
	CSAT        *csat           `json:"csat"`
	Dialogs     []dialogFull    `json:"dialogs"`
}

type dialogFull struct {
	DialogID  string   `json:"dialog_id"`
	Type      string   `json:"type"`
	State     string   `json:"state"`
	Forgotten int      `json:"forgotten"` // events that are not kept any more
	Events    []change `json:"events"`
}

func (c *conversation) line() conversationLine {
	line := conversationLine{
		ConversationID: c.id, Consumer: c.consumer.extID, State: c.state, Stage: c.stage,
		Started: time.UnixMilli(c.start).UTC(), Updated: time.UnixMilli(c.updated).UTC(),
	}
	for _, d := range c.dialogs {
		line.Events += d.next
	}
	return line
}

func (c *conversation) full() conversationFull {
	full := conversationFull{
		conversationLine: c.line(), ConsumerID: c.consumer.id, Profile: c.consumer.profile, SkillID: c.skillID,
		Campaign: c.campaign, Context: c.context, CloseReason: c.closeReason, CSAT: c.csat,
	}
	for _, d := range c.dialogs {
		full.Dialogs = append(full.Dialogs, dialogFull{
			DialogID: d.id, Type: d.kind, State: d.state, Forgotten: d.next - len(d.events),
			Events: append([]change{}, d.events...),
		})
	}
	return full
}

const (
	paramConsumer = "consumer"
	paramState    = "state"
)

// checkParams refuses parameters that a page does not have: a misspelt one would let everything through.
func checkParams(w http.ResponseWriter, r *http.Request, known ...string) bool {
	for name := range r.URL.Query() {
		if !slices.Contains(known, name) {
			httpapi.WriteError(w, http.StatusBadRequest, fmt.Errorf("%s: there is no such parameter, only %v", name, known))
			return false
		}
	}
	return true
}

// conversationsPage lists the conversations, oldest first (GET), or opens one that no app has opened, as one of
// another channel (POST).
func (s *Service) conversationsPage(w http.ResponseWriter, r *http.Request) {
	if !allow(w, r, http.MethodGet, http.MethodPost) || !checkParams(w, r, paramConsumer, paramState) {
		return
	}
	if r.Method == http.MethodPost {
		s.openForeign(w, r)
		return
	}
	query := r.URL.Query()
	who, state := query.Get(paramConsumer), query.Get(paramState)
	lines := []conversationLine{}
	s.mu.Lock()
	for c := range s.conversations.all() {
		if (who == "" || who == c.consumer.extID) && (state == "" || state == c.state) {
			lines = append(lines, c.line())
		}
	}
	s.mu.Unlock()
	writeJSON(w, http.StatusOK, map[string]any{"conversations": lines})
}

// openForeign opens a conversation of a consumer whom no app speaks for; LivePerson tells every app of it.
func (s *Service) openForeign(w http.ResponseWriter, r *http.Request) {
	var asked struct {
		Consumer string `yaml:"consumer"`
		Text     string `yaml:"text"`
	}
	err := readPage(w, r, &asked)
	if err == nil && (asked.Consumer == "" || asked.Text == "") {
		err = errors.New(`send {"consumer": "…", "text": "…"}`)
	}
	if err != nil {
		httpapi.WriteError(w, http.StatusBadRequest, err)
		return
	}
	opened, err := s.startForeign(asked.Consumer, asked.Text)
	if err != nil {
		httpapi.WriteError(w, http.StatusConflict, err)
		return
	}
	writeJSON(w, http.StatusOK, opened)
}

func (s *Service) startForeign(extID, said string) (conversationFull, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	who := s.consumerOf(extID, lpConsumerID(s.options.Account, extID))
	if s.isOpen(who) {
		return conversationFull{}, errors.New("consumer: has an open conversation already")
	}
	c := &conversation{consumer: who, skillID: anySkill, ttr: ttr{defaultTTRType, defaultTTRValue}}
	s.start(c)
	s.publishConsumer(c, c.main(), &request{}, textEvent(said))
	return c.full(), nil
}

// conversationPage shows a conversation with its dialogs (GET), or lets the agent do something in it (POST).
func (s *Service) conversationPage(w http.ResponseWriter, r *http.Request) {
	if !allow(w, r, http.MethodGet, http.MethodPost) || !checkParams(w, r) {
		return
	}
	var act doing
	if r.Method == http.MethodPost {
		err := readPage(w, r, &act)
		if err == nil {
			err = act.check()
		}
		if err != nil {
			httpapi.WriteError(w, http.StatusBadRequest, err)
			return
		}
	}
	shown, status, err := s.look(r.PathValue("conversation"), act)
	if err != nil {
		httpapi.WriteError(w, status, err)
		return
	}
	writeJSON(w, http.StatusOK, shown)
}

// look gives a conversation after the agent has done something, if there is something to do.
func (s *Service) look(id string, act doing) (shown conversationFull, status int, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, found := s.conversations.get(id)
	if !found {
		return shown, http.StatusNotFound, errors.New("there is no such conversation, or it has been forgotten")
	}
	if act.check() == nil {
		if c.state == stateClose {
			return shown, http.StatusConflict, errors.New("the conversation is closed")
		}
		s.do(c, act)
	}
	return c.full(), http.StatusOK, nil
}

// readPage reads a body, in YAML or JSON, whose members must all be known.
func readPage(w http.ResponseWriter, r *http.Request, into any) error {
	text, err := httpapi.ReadBody(w, r)
	if err != nil {
		return err
	}
	return strictyaml.Decode(text, into)
}

// webhookState is what the sender has done.
type webhookState struct {
	// State is that of an app with a retention time, or DISABLED; UP otherwise.
	State     string                   `json:"state"`
	Events    map[string]string        `json:"events"` // endpoints by name
	Endpoints map[string]endpointState `json:"endpoints"`
}

type endpointState struct {
	Waiting int `json:"waiting"`
	Posted  int `json:"posted"`  // taken by the endpoint
	Failed  int `json:"failed"`  // tries that were not taken
	Dropped int `json:"dropped"` // given up, or too many
}

func (d *sender) status() webhookState {
	d.mu.Lock()
	defer d.mu.Unlock()
	state := webhookState{State: d.state, Events: map[string]string{}, Endpoints: map[string]endpointState{}}
	for key, endpoint := range d.config.Endpoints {
		state.Events[key] = endpoint.URL
	}
	for url, q := range d.queues {
		state.Endpoints[url] = endpointState{q.waiting(), q.posted, q.failed, q.dropped}
	}
	return state
}

// webhooksPage shows what has become of notifications (GET), or posts them elsewhere (PUT, in YAML or JSON), or
// nowhere (DELETE).
func (s *Service) webhooksPage(w http.ResponseWriter, r *http.Request) {
	if !allow(w, r, http.MethodGet, http.MethodPut, http.MethodDelete) {
		return
	}
	if r.Method != http.MethodGet {
		var hooks Webhooks
		if r.Method == http.MethodPut {
			text, err := httpapi.ReadBody(w, r)
			if err == nil {
				hooks, err = ParseWebhooks(text)
			}
			if err != nil {
				httpapi.WriteError(w, http.StatusBadRequest, err)
				return
			}
		}
		s.hooks.configure(hooks)
	}
	writeJSON(w, http.StatusOK, s.hooks.status())
}
