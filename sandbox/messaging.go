package sandbox

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/journal"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/chaos"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/messaging"
)

// messagingOptions are those of the sandbox, as far as they are about messaging.
func (s *Sandbox) messagingOptions() messaging.Options {
	o := s.options
	return messaging.Options{
		Account: o.AccountID, ClientID: o.ClientID, ClientSecret: o.ClientSecret, Password: o.Password, Strict: o.Strict,
		KeepEvents: o.Keep, Webhooks: o.Webhooks, Script: *o.Agent,
		Now: s.clock.Now, Random: s.random, Around: s.aroundMessaging, Log: s.logMessaging,
	}
}

// aroundMessaging lets chaos rules at the calls of messaging.
func (s *Sandbox) aroundMessaging(w http.ResponseWriter, r *http.Request, call messaging.Call, serve func(http.ResponseWriter, *messaging.Refusal)) {
	fault := s.strike(r, chaos.Call{Endpoint: call.Endpoint, Account: r.PathValue("account"), Consumer: call.Consumer})
	if fault.IsLost() {
		s.lose(messagingCall(r, call), fault)
	}
	breakBefore(r, fault)
	var refusal *messaging.Refusal
	if refused := s.chaosRefusal(fault); refused != nil {
		if refused.retryAfter != "" {
			w.Header().Set("Retry-After", refused.retryAfter)
		}
		refusal = &messaging.Refusal{Status: fault.Status, Code: fault.Code, Message: fault.Message, Reason: refused.reason()}
	}
	breakAfter(w, r, fault, func(w http.ResponseWriter) { serve(w, refusal) })
}

// logMessaging keeps a call of messaging among the others. Messaging's lock comes before the sandbox's, here as in all
// that messaging asks of the sandbox; nothing asks the other way round.
func (s *Sandbox) logMessaging(r *http.Request, call messaging.Call) {
	s.journal.Add(messagingCall(r, call))
}

func messagingCall(r *http.Request, from messaging.Call) *journal.Entry {
	call := journal.NewEntry(r, from.Endpoint)
	call.Target = withoutSecrets(r)
	call.RequestID = from.RequestID
	call.Status, call.InternalCode, call.Reason = from.Status, from.Code, from.Reason
	take(call, from.Body, content{consumer: from.Consumer, types: from.Types, isJSON: json.Valid(from.Body)})
	if from.Note != "" {
		call.Notes = []string{from.Note}
	}
	call.Answer = from.Answer
	return call
}

// withoutSecrets gives the path and query of a call of messaging's, without parameters that LivePerson does not read
// there: an app's secret and tokens are sent in the query by mistake.
func withoutSecrets(r *http.Request) string {
	query := r.URL.Query()
	maps.DeleteFunc(query, func(name string, _ []string) bool { return name != "v" && name != "grant_type" })
	if len(query) == 0 {
		return r.URL.EscapedPath()
	}
	return r.URL.EscapedPath() + "?" + query.Encode()
}

// sayingOf gives what a call says, to compare it with others: the body, but for the ids of messaging's requests, which a
// sender may make anew when it says the same again.
func sayingOf(c *journal.Entry) string {
	if !slices.Contains(journal.MessagingEndpoints, c.Endpoint) {
		return string(c.Body)
	}
	body := decode(c.Body)
	requests, _ := body.([]any)
	for _, request := range append(requests, body) {
		if request, ok := request.(map[string]any); ok {
			delete(request, "id")
		}
	}
	text, _ := json.Marshal(body) // what was JSON is JSON
	return string(text)
}
