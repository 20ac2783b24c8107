// Package messaging is LivePerson's side of a conversation: the tokens of an app and of its consumers, the Connector
// API that opens conversations and sends into them, the notifications that LivePerson posts back, how the app is installed
// that they are posted to, and an agent who answers by script. It lives in memory.
//
// It follows LivePerson's published pages. Like the sandbox, which mounts it, it shares no code with the client that it
// tests.
package messaging

import (
	"context"
	"crypto/rsa"
	"net/http"
	"sync"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/httpapi"
)

// Service is the messaging side of one account. It is safe for concurrent use. Close it after use.
type Service struct {
	options Options
	hooks   *sender

	mu            sync.Mutex // guards what follows
	key           *rsa.PrivateKey
	keyID         string
	adopted       int // keys
	script        Script
	installed     installation
	admin         string                 // token; empty: nobody has one
	consumers     *recent[*consumer]     // by LivePerson's id
	conversations *recent[*conversation] // by id
	sessions      *recent[string]        // the conversations that began in them
	files         *recent[*file]         // by path
	kept          []*conversation        // one for each event that is kept, oldest first
	agentID       string
	closed        bool
}

// New makes a service without conversations. Zero options take their documented defaults.
func New(options Options) *Service {
	options = options.withDefaults()
	s := &Service{options: options, script: options.Script}
	s.installed = firstInstallation(options.Now().Unix())
	s.hooks = newSender(options.Webhooks, options.senderIdentity(), options.Transport)
	s.begin()
	return s
}

// begin sets the state in which a service starts. It wants the lock.
func (s *Service) begin() {
	s.consumers = newRecent[*consumer](s.options.KeepConversations)
	s.conversations = newRecent[*conversation](s.options.KeepConversations)
	s.sessions = newRecent[string](s.options.KeepConversations)
	s.files = newRecent[*file](keepFiles)
	s.kept = nil
}

// Reset forgets conversations and files, and the notifications that are still to be posted. Tokens stay valid;
// webhooks and script stay as they are.
func (s *Service) Reset() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stopAgent()
	s.begin()
	s.hooks.reset()
}

// Close stops the agent and gives up the notifications that have not been posted. It returns when nothing of the
// service is running any more.
func (s *Service) Close() {
	s.mu.Lock()
	s.closed = true
	s.stopAgent()
	s.mu.Unlock()
	s.hooks.close()
}

// Flush waits until no notification is left to be posted, or the context ends.
func (s *Service) Flush(ctx context.Context) error { return s.hooks.flush(ctx) }

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
		{Path: LoginPath, Usage: "POST " + LoginPath, Serve: s.login},
		{Path: installedPath, Usage: "GET or POST " + installedPath + "?v=1.0", Serve: s.byAdmin(s.installationsPage, http.MethodGet, http.MethodPost)},
		{Path: installedAppPath, Usage: "GET, PUT or DELETE " + installedAppPath + "?v=1.0", Serve: s.byAdmin(s.installationPage, http.MethodGet, http.MethodPut, http.MethodDelete)},
		{Path: filePath, Usage: "GET or PUT " + filePath + "?temp_url_sig=…&temp_url_expires=…", Serve: s.transfer},
	}
}
