package sandbox

import (
	"net/http"

	"github.com/benthos-liveperson/benthos-liveperson/plugin/sandbox/chaos"
	"github.com/benthos-liveperson/benthos-liveperson/plugin/sandbox/messaging"
)

// messagingOptions are those of the sandbox, as far as they are about messaging.
func (s *Sandbox) messagingOptions() messaging.Options {
	o := s.options
	return messaging.Options{
		Account: o.AccountID, ClientID: o.ClientID, ClientSecret: o.ClientSecret, Password: o.Password, Strict: o.Strict,
		KeepEvents: o.Keep, Webhooks: o.Webhooks, Script: *o.Agent,
		Now: s.readClock, Random: sharedRandom{s}, Around: s.aroundMessaging,
	}
}

// aroundMessaging lets chaos rules at the calls of messaging.
func (s *Sandbox) aroundMessaging(w http.ResponseWriter, r *http.Request, call messaging.Call, serve func(http.ResponseWriter)) {
	fault := s.strike(r, chaos.Call{Endpoint: call.Endpoint, Account: call.Account, Consumer: call.Consumer})
	if refused := s.chaosRefusal(fault); refused != nil {
		if refused.retryAfter != "" {
			w.Header().Set("Retry-After", refused.retryAfter)
		}
		messaging.WriteError(w, call.RequestID, fault.Status, fault.Code, fault.Message)
		return
	}
	breakBefore(r, fault)
	breakAfter(w, r, fault, serve)
}

// sharedRandom reads the sandbox's randomness under its lock.
type sharedRandom struct{ s *Sandbox }

func (r sharedRandom) Read(p []byte) (int, error) {
	r.s.mu.Lock()
	defer r.s.mu.Unlock()
	return r.s.options.Random.Read(p)
}
