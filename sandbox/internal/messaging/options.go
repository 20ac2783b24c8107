package messaging

import (
	"crypto/rand"
	"encoding/hex"
	"io"
	"net/http"
	"time"
)

// What a zero Options stands for.
const (
	// DefaultClientID is an invented app. LivePerson's are UUIDs.
	DefaultClientID = "c0a8f1d2-3b4c-4d5e-8f60-718293a4b5c6"
	// DefaultClientSecret is invented, too. LivePerson's samples have 26 lower-case letters and digits.
	DefaultClientSecret = "sandbox0secret0sandbox0key"
	// DefaultKeepConversations is how many conversations are kept. It is the sandbox's own number.
	DefaultKeepConversations = 10_000
	// DefaultKeepEvents is how many events of all conversations are kept. It is the sandbox's own number.
	DefaultKeepEvents = 50_000

	// tokenLifetime is that of an app token (Connector API, authorisation).
	tokenLifetime = time.Hour
)

// Options say which account and app the service plays. The zero value works but for Account.
type Options struct {
	// Account is the one account that exists.
	Account string
	// ClientID and ClientSecret are those of the one installed app. Empty: DefaultClientID, DefaultClientSecret.
	ClientID, ClientSecret string
	// Password is asked of administrators who log in. Empty: any will do.
	Password string
	// Strict refuses what LivePerson's pages do not show: tokens with "Bearer " in front of them, and content types,
	// receipts and file types that they do not list.
	Strict bool
	// KeepConversations is how many conversations are kept; the oldest are forgotten. 0: DefaultKeepConversations.
	KeepConversations int
	// KeepEvents is how many events are kept over all conversations; the oldest are forgotten, sequence numbers go on.
	// 0: DefaultKeepEvents.
	KeepEvents int
	// Webhooks say where notifications are posted, as ParseWebhooks has read them. The zero value posts none.
	Webhooks Webhooks
	// Script is what the agent does. The zero value is an agent who never answers; Echo is one who repeats.
	Script Script
	// Now is the clock of tokens and timestamps; pauses are by the machine's. nil: time.Now.
	Now func() time.Time
	// Random is where ids come from. It must not fail. nil: crypto/rand.Reader.
	Random io.Reader
	// Transport posts the notifications. nil: one of the service's own, with TLS 1.2 at least.
	Transport http.RoundTripper
	// Around is called for each call of LivePerson's APIs, and calls serve, which answers it, with a refusal if there is
	// one. nil: calls serve without one.
	Around func(w http.ResponseWriter, r *http.Request, call Call, serve func(http.ResponseWriter, *Refusal))
	// Log gets each call that serve has answered, before the answer is sent and in the order in which they were decided.
	// It is called with the service's lock held and must not call the service. nil: nobody wants to know.
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

func (o Options) senderIdentity() identity {
	return identity{account: o.Account, clientID: o.ClientID, secret: o.ClientSecret}
}

// newID gives a UUID, version 4.
func (s *Service) newID() string {
	var b [16]byte
	_, _ = io.ReadFull(s.options.Random, b[:])
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	h := hex.EncodeToString(b[:])
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}

// millis is the service's time as LivePerson writes it.
func (s *Service) millis() int64 { return s.options.Now().UnixMilli() }
