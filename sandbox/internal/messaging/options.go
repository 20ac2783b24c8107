package messaging

import (
	"crypto/rand"
	"encoding/hex"
	"io"
	"net/http"
	"time"
)

// The defaults of Options.
const (
	// DefaultClientID is an invented app. LivePerson's ids of apps are UUIDs.
	DefaultClientID = "c0a8f1d2-3b4c-4d5e-8f60-718293a4b5c6"
	// DefaultClientSecret is invented. LivePerson's samples have 26 lower-case letters and digits.
	DefaultClientSecret = "sandbox0secret0sandbox0key"
	// DefaultKeepConversations is the number of conversations to keep. It is the sandbox's own number.
	DefaultKeepConversations = 10_000
	// DefaultKeepEvents is the number of events of all conversations to keep. It is the sandbox's own number.
	DefaultKeepEvents = 50_000

	// tokenLifetime is the lifetime of an app token (Connector API, authorisation).
	tokenLifetime = time.Hour
)

// Options describe the account and the app. Account is required.
type Options struct {
	// Account is the only account.
	Account string
	// ClientID and ClientSecret are the credentials of the only app. Empty: DefaultClientID, DefaultClientSecret.
	ClientID, ClientSecret string
	// IsUser reports whether a token is that of a user who logged in. nil: no token is.
	IsUser func(token string) bool
	// LogOut makes the tokens of all users invalid. nil: nothing happens.
	LogOut func()
	// Strict refuses data that LivePerson's pages do not show, such as tokens with "Bearer " in front of them, and other
	// content types and receipts.
	Strict bool
	// KeepConversations is the number of conversations to keep. The service forgets older ones. 0:
	// DefaultKeepConversations.
	KeepConversations int
	// KeepEvents is the number of events of all conversations to keep. The service forgets older ones. Sequence numbers do
	// not change. 0: DefaultKeepEvents.
	KeepEvents int
	// Webhooks say where the service posts notifications. ParseWebhooks returns them. The zero value posts none.
	Webhooks Webhooks
	// Script is the script of the agent. The zero value never answers. Echo repeats what the consumer wrote.
	Script Script
	// Now is the clock for tokens and timestamps. Pauses use the machine's clock. nil: time.Now.
	Now func() time.Time
	// Random is the source of ids. It must not fail. nil: crypto/rand.Reader.
	Random io.Reader
	// Transport posts the notifications. nil: a transport with TLS 1.2 or later.
	Transport http.RoundTripper
	// Around is called for each call to LivePerson's APIs. It must call serve, which answers the call. serve answers with the
	// refusal if that is not nil. nil: serve is called without a refusal.
	Around func(w http.ResponseWriter, r *http.Request, call Call, serve func(http.ResponseWriter, *Refusal))
	// Log gets each call before its answer is sent, in the order of the decisions. The service calls it with its lock held, so
	// Log must not call the service. nil: no log.
	Log func(r *http.Request, call Call)
}

func (o Options) withDefaults() Options {
	if o.ClientID == "" {
		o.ClientID = DefaultClientID
	}
	if o.ClientSecret == "" {
		o.ClientSecret = DefaultClientSecret
	}
	if o.KeepConversations <= 0 {
		o.KeepConversations = DefaultKeepConversations
	}
	if o.KeepEvents <= 0 {
		o.KeepEvents = DefaultKeepEvents
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Random == nil {
		o.Random = rand.Reader
	}
	if o.IsUser == nil {
		o.IsUser = func(string) bool { return false }
	}
	if o.LogOut == nil {
		o.LogOut = func() {}
	}
	if o.Around == nil {
		o.Around = func(w http.ResponseWriter, _ *http.Request, _ Call, serve func(http.ResponseWriter, *Refusal)) {
			serve(w, nil)
		}
	}
	if o.Log == nil {
		o.Log = func(*http.Request, Call) {}
	}
	return o
}

// newID returns a UUID of version 4.
func (s *Service) newID() string {
	var b [16]byte
	_, _ = io.ReadFull(s.options.Random, b[:])
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	h := hex.EncodeToString(b[:])
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}

// millis returns the service's time in LivePerson's form.
func (s *Service) millis() int64 { return s.options.Now().UnixMilli() }
