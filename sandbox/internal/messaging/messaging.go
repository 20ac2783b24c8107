// Package messaging plays LivePerson's side of a conversation. It has tokens for an app and its consumers, the Connector API
// for opening conversations and sending messages, the notifications that LivePerson posts, the installation of the app, and
// an agent who answers by a script. It stores everything in memory.
//
// The package follows LivePerson's published pages. It shares no code with the client that it tests.
package messaging

import (
	"crypto/rsa"
	"net/http"
	"sync"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/httpapi"
)

// Service is messaging for one account. It is safe for concurrent use. The caller must call Close after use.
type Service struct {
	options Options
	hooks   *sender // of the sandbox's own app

	mu            sync.Mutex // guards the fields below
	key           *rsa.PrivateKey
	keyID         string
	adopted       int // number of keys so far
	script        Script
	apps          []*app                 // the sandbox's own app first
	consumers     *recent[*consumer]     // by LivePerson's id
	conversations *recent[*conversation] // by id
	sessions      *recent[string]        // id of the conversation that began in a session
	files         *recent[*file]         // by path
	kept          []*conversation        // the conversation of each kept event, oldest first
	agents        map[string]string      // ids of agents, by skill
	invitations   int                    // number of invitations to secure forms so far
	closed        bool
}

// New returns a service without conversations.
func New(options Options) *Service {
	options = options.withDefaults()
	s := &Service{options: options, script: options.Script, agents: map[string]string{}}
	s.hooks = s.addApp(options.ClientID, options.ClientSecret, options.Webhooks).hooks
	s.begin()
	return s
}

// begin sets the state at the start. The caller holds the lock.
func (s *Service) begin() {
	s.consumers = newRecent[*consumer](s.options.KeepConversations)
	s.conversations = newRecent[*conversation](s.options.KeepConversations)
	s.sessions = newRecent[string](s.options.KeepConversations)
	s.files = newRecent[*file](keepFiles)
	s.kept = nil
}

// Reset forgets conversations, files and waiting notifications. Tokens, webhooks and the script stay.
func (s *Service) Reset() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stopAgent()
	s.begin()
	for _, a := range s.apps {
		a.hooks.reset()
	}
}

// Close stops the agent and drops waiting notifications. It returns when all goroutines of the service have ended.
func (s *Service) Close() {
	s.mu.Lock()
	s.closed = true
	s.stopAgent()
	s.mu.Unlock()
	for _, hooks := range s.senders() {
		hooks.close()
	}
}

// Routes returns the paths of LivePerson's APIs that the service answers.
func (s *Service) Routes() []httpapi.Route {
	const (
		appToken     = "/sentinel/api/account/{account}/app/token"
		appTokenV2   = "/sentinel/api/v2/account/{account}/app/token"
		keySet       = "/sentinel/well-known/jwks"
		consumerPath = "/api/account/{account}/consumer"
		conversation = "/api/account/{account}/messaging/consumer/conversation"
		filePath     = "/v1/{file...}"
	)
	return []httpapi.Route{
		{Path: appToken, Usage: "POST " + appToken + "?v=1.0&grant_type=client_credentials", Serve: s.api(EndpointAppToken, atOnce(s.appToken))},
		{Path: appTokenV2, Usage: "POST " + appTokenV2 + "?grant_type=client_credentials", Serve: s.api(EndpointAppToken, atOnce(s.appTokenV2))},
		{Path: keySet, Usage: "GET " + keySet, Serve: s.keySet},
		{Path: consumerPath, Usage: "POST " + consumerPath + "?v=1.0", Serve: s.api(EndpointConsumerToken, atOnce(s.consumerToken))},
		{Path: conversation, Usage: "POST " + conversation + "?v=3", Serve: s.api(EndpointConversation, s.open)},
		{Path: conversation + "/send", Usage: "POST " + conversation + "/send?v=3", Serve: s.api(EndpointSend, s.send)},
		{Path: installedPath, Usage: "GET or POST " + installedPath + "?v=1.0", Serve: s.byAdmin(s.installationsPage, http.MethodGet, http.MethodPost)},
		{Path: installedAppPath, Usage: "GET, PUT or DELETE " + installedAppPath + "?v=1.0", Serve: s.byAdmin(s.installationPage, http.MethodGet, http.MethodPut, http.MethodDelete)},
		{Path: propertiesPath, Usage: "GET " + propertiesPath + "?v=1.0", Serve: s.byAdmin(s.propertyList, http.MethodGet)},
		{Path: filePath, Usage: "GET or PUT " + filePath + "?temp_url_sig=…&temp_url_expires=…", Serve: s.transfer},
	}
}
