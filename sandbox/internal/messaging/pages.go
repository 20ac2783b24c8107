package messaging

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/httpapi"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/openapi"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/strictyaml"
)

// conversationLine is one conversation in the list.
type conversationLine struct {
	ConversationID string    `json:"conversation_id"`
	Consumer       string    `json:"consumer" doc:"The ext_consumer_id."`
	State          string    `json:"state" enum:"OPEN,CLOSE"`
	Stage          string    `json:"stage" enum:"OPEN,CLOSE"`
	Started        time.Time `json:"started"`
	Updated        time.Time `json:"updated"`
	Events         int       `json:"events" doc:"All events. The sandbox may keep fewer."`
}

// conversationFull is a conversation with its dialogs.
type conversationFull struct {
	conversationLine
	ConsumerID  string          `json:"consumer_id" doc:"LivePerson's id."`
	Profile     json.RawMessage `json:"profile" doc:"As sent. null: not sent."`
	SkillID     string          `json:"skill_id"`
	Campaign    json.RawMessage `json:"campaign" doc:"As sent. null: not sent."`
	Context     json.RawMessage `json:"context" doc:"As sent. null: not sent."`
	CloseReason string          `json:"close_reason"`
	CSAT        *csat           `json:"csat"`
	Dialogs     []dialogFull    `json:"dialogs"`
}

type dialogFull struct {
	DialogID  string   `json:"dialog_id"`
	Type      string   `json:"type" enum:"MAIN,POST_SURVEY"`
	State     string   `json:"state" enum:"OPEN,CLOSE"`
	Forgotten int      `json:"forgotten" doc:"The events that the sandbox no longer keeps."`
	Events    []change `json:"events" doc:"As in notifications."`
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

// Operations returns the operations of the service's own pages under /sandbox.
func (s *Service) Operations() []openapi.Operation {
	const (
		get, put, post, remove = http.MethodGet, http.MethodPut, http.MethodPost, http.MethodDelete
		list                   = "/sandbox/conversations"
		one                    = "/sandbox/conversations/{conversation}"
	)
	return []openapi.Operation{
		openapi.JSON(openapi.Operation{
			Method: get, Path: list, Summary: "List the conversations, oldest first", Answer: "The conversations.",
		}, s.listConversations),
		openapi.JSON(openapi.Operation{
			Method: post, Path: list, Body: foreignConversation{},
			Summary:     "Open a conversation that no app opened",
			Description: "It is like a conversation of another channel. LivePerson notifies every app of it.",
			Answer:      "The conversation.",
			Errors:      map[int]string{http.StatusConflict: "The consumer has an open conversation."},
		}, s.openForeign),
		openapi.JSON(openapi.Operation{
			Method: get, Path: one, Summary: "Show a conversation with its dialogs", Answer: "The conversation.",
			Errors: map[int]string{http.StatusNotFound: "There is no such conversation."},
		}, s.showConversation),
		openapi.JSON(openapi.Operation{
			Method: post, Path: one, Body: doing{}, Summary: "Let the agent act in a conversation", Answer: "The conversation.",
			Errors: map[int]string{
				http.StatusNotFound: "There is no such conversation.",
				http.StatusConflict: "The conversation is closed.",
			},
		}, s.actInConversation),
		openapi.JSON(openapi.Operation{
			Method: get, Path: "/sandbox/webhooks", Summary: "Show where notifications go, and count them", Answer: "The endpoints.",
		}, s.showWebhooks),
		openapi.JSON(openapi.Operation{
			Method: put, Path: "/sandbox/webhooks", Body: webhookFile{},
			Summary:     "Post notifications to other endpoints",
			Description: "The sandbox drops the notifications that wait for the former endpoints.",
			Answer:      "The endpoints.",
		}, s.putWebhooks),
		openapi.JSON(openapi.Operation{
			Method: remove, Path: "/sandbox/webhooks", Summary: "Stop posting notifications", Answer: "No endpoints.",
		}, s.removeWebhooks),
		openapi.JSON(openapi.Operation{
			Method: put, Path: "/sandbox/agent", Body: scriptFile{}, Summary: "Give the agent a script", Answer: "The script in short.",
		}, s.putScript),
		openapi.JSON(openapi.Operation{
			Method: remove, Path: "/sandbox/agent", Summary: "Let the agent repeat what consumers write", Answer: "The script in short.",
		}, s.removeScript),
		openapi.JSON(openapi.Operation{
			Method: remove, Path: "/sandbox/tokens", Summary: "Make all tokens invalid", Answer: "The tokens are invalid.",
		}, s.revokeTokens),
	}
}

type conversationQuery struct {
	Consumer string            `query:"consumer" doc:"The ext_consumer_id."`
	State    conversationState `query:"state"`
}

type conversationState string

// UnmarshalText reads OPEN or CLOSE.
func (c *conversationState) UnmarshalText(text []byte) error {
	*c = conversationState(text)
	if *c != stateOpen && *c != stateClose {
		return fmt.Errorf("must be %s or %s", stateOpen, stateClose)
	}
	return nil
}

// Schema describes the values.
func (conversationState) Schema() openapi.Schema {
	return openapi.Schema{"enum": []string{stateOpen, stateClose}}
}

type conversationList struct {
	Conversations []conversationLine `json:"conversations"`
}

func (s *Service) listConversations(call *openapi.Call[conversationQuery]) (conversationList, error) {
	consumer, state := call.Query.Consumer, call.Query.State
	lines := []conversationLine{}
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.conversations.all() {
		if (consumer == "" || consumer == c.consumer.extID) && (state == "" || string(state) == c.state) {
			lines = append(lines, c.line())
		}
	}
	return conversationList{lines}, nil
}

// foreignConversation is a conversation that no app opened.
type foreignConversation struct {
	Consumer string `yaml:"consumer" required:"true"`
	Text     string `yaml:"text" required:"true" doc:"The first message."`
}

// openForeign opens a conversation of a consumer that no app opened, as of another channel. LivePerson
// notifies every app of it.
func (s *Service) openForeign(call *openapi.Call[openapi.None]) (opened conversationFull, err error) {
	var asked foreignConversation
	if err := strictyaml.Decode(call.Body, &asked); err != nil {
		return opened, err
	}
	if asked.Consumer == "" || asked.Text == "" {
		return opened, errors.New(`send {"consumer": "…", "text": "…"}`)
	}
	return s.startForeign(asked.Consumer, asked.Text)
}

func (s *Service) startForeign(extID, said string) (conversationFull, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	who := s.consumerOf(extID, lpConsumerID(s.options.Account, extID))
	if s.isOpen(who) {
		return conversationFull{}, conflict("consumer: has an open conversation already")
	}
	c := &conversation{consumer: who, skillID: anySkill, ttr: ttr{defaultTTRType, defaultTTRValue}}
	s.start(c)
	s.publishConsumer(c, c.main(), &request{}, textEvent(said))
	return c.full(), nil
}

func conflict(what string) error {
	return &httpapi.StatusError{Status: http.StatusConflict, Err: errors.New(what)}
}

func (s *Service) showConversation(call *openapi.Call[openapi.None]) (conversationFull, error) {
	return s.look(call.PathValue("conversation"), nil)
}

// actInConversation lets the agent do something.
func (s *Service) actInConversation(call *openapi.Call[openapi.None]) (shown conversationFull, err error) {
	var act doing
	if err := strictyaml.Decode(call.Body, &act); err != nil {
		return shown, err
	}
	if err := act.check(); err != nil {
		return shown, err
	}
	return s.look(call.PathValue("conversation"), &act)
}

// look returns a conversation after the agent has acted. act may be nil.
func (s *Service) look(id string, act *doing) (shown conversationFull, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, found := s.conversations.get(id)
	if !found {
		return shown, &httpapi.StatusError{
			Status: http.StatusNotFound, Err: errors.New("there is no such conversation, or it has been forgotten"),
		}
	}
	if act != nil {
		if c.state == stateClose {
			return shown, conflict("the conversation is closed")
		}
		s.do(c, *act)
	}
	return c.full(), nil
}

// webhookState has the endpoints for notifications, with counts.
type webhookState struct {
	State     string                   `json:"state" enum:"UP,FAILED,IN_TRANSITION,RECOVERED,DISABLED" doc:"The state of the app (Connector API, retry policy). Without a retention time, the state is UP or DISABLED."`
	Events    map[string]string        `json:"events" doc:"The endpoints by the names of notifications."`
	Endpoints map[string]endpointState `json:"endpoints"`
}

type endpointState struct {
	Waiting int `json:"waiting"`
	Posted  int `json:"posted" doc:"Accepted by the endpoint."`
	Failed  int `json:"failed" doc:"Attempts that failed."`
	Dropped int `json:"dropped" doc:"Notifications without retries left, or above the limit of the queue."`
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

type webhookQuery struct {
	ClientID string `query:"client_id" doc:"The client_id of an installed app. Absent: the sandbox's own app."`
}

// hooksOf returns the sender of an app, or that of the sandbox's own app for an empty id.
func (s *Service) hooksOf(clientID string) (*sender, error) {
	if clientID == "" {
		return s.hooks, nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.appWith(clientID)
	if a == nil {
		return nil, errors.New("client_id: there is no such app")
	}
	return a.hooks, nil
}

func (s *Service) showWebhooks(call *openapi.Call[webhookQuery]) (webhookState, error) {
	return s.setWebhooks(call.Query.ClientID, nil)
}

func (s *Service) putWebhooks(call *openapi.Call[webhookQuery]) (webhookState, error) {
	hooks, err := ParseWebhooks(call.Body)
	if err != nil {
		return webhookState{}, err
	}
	return s.setWebhooks(call.Query.ClientID, &hooks)
}

func (s *Service) removeWebhooks(call *openapi.Call[webhookQuery]) (webhookState, error) {
	return s.setWebhooks(call.Query.ClientID, &Webhooks{})
}

// setWebhooks sets the endpoints of an app, unless hooks is nil, and returns them.
func (s *Service) setWebhooks(clientID string, hooks *Webhooks) (webhookState, error) {
	to, err := s.hooksOf(clientID)
	if err != nil {
		return webhookState{}, err
	}
	if hooks != nil {
		to.configure(*hooks)
	}
	return to.status(), nil
}

// scriptState is a script in short.
type scriptState struct {
	Rules  int    `json:"rules" doc:"The number of rules."`
	Echo   bool   `json:"echo"`
	Survey string `json:"survey"`
}

func (s *Service) putScript(call *openapi.Call[openapi.None]) (scriptState, error) {
	script, err := ParseScript(call.Body)
	if err != nil {
		return scriptState{}, err
	}
	return s.setScript(script), nil
}

func (s *Service) removeScript(*openapi.Call[openapi.None]) (scriptState, error) {
	return s.setScript(Echo), nil
}

func (s *Service) setScript(script Script) scriptState {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.script = script
	return scriptState{len(script.Rules), script.Echo, script.Survey}
}

// revokeTokens makes all tokens invalid, as if LivePerson had changed its keys.
func (s *Service) revokeTokens(*openapi.Call[openapi.None]) (openapi.Done, error) {
	key := newKey()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.adopt(key)
	s.options.LogOut()
	return openapi.OK, nil
}
