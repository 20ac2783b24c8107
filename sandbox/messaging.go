package sandbox

import (
	"encoding/json"
	"io"
	"maps"
	"net/http"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/chaos"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/journal"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/messaging"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/monitoring"
)

// messagingOptions connects messaging with the other parts of the sandbox.
func (s *Sandbox) messagingOptions(random io.Reader) messaging.Options {
	o := s.options
	return messaging.Options{
		Account: o.AccountID, ClientID: o.ClientID, ClientSecret: o.ClientSecret, Strict: o.Strict,
		IsUser: s.access.IsUser, LogOut: s.access.Revoke,
		KeepEvents: o.Keep, Webhooks: o.Webhooks, Script: *o.Agent,
		Now: s.clock.Now, Random: random, Around: s.aroundMessaging, Log: s.logMessaging,
	}
}

// findConversation finds an open conversation in messaging for the account.
func (s *Sandbox) findConversation(consumers []string, visitorID, sessionID string) (monitoring.Conversation, bool) {
	open, found := s.messaging.FindOpen(consumers, visitorID, sessionID)
	return monitoring.Conversation{ID: open.ConversationID, CampaignID: open.CampaignID, EngagementID: open.EngagementID}, found
}

// aroundMessaging applies chaos rules to the calls of messaging.
func (s *Sandbox) aroundMessaging(w http.ResponseWriter, r *http.Request, call messaging.Call, serve func(http.ResponseWriter, *messaging.Refusal)) {
	fault := s.chaos.Strike(chaos.Call{Endpoint: call.Endpoint, Account: r.PathValue("account"), Consumer: call.Consumer}, s.clock.Now())
	journal.Strike(r, fault.RuleName())
	fault.Delay(r)
	if fault.IsLost() {
		s.journal.AddLost(entryOf(r, call), fault)
	}
	fault.BreakBefore(r)
	var refusal *messaging.Refusal
	if refused := fault.Refusal(s.clock.Now()); refused != nil {
		if refused.RetryAfter != "" {
			w.Header().Set("Retry-After", refused.RetryAfter)
		}
		refusal = &messaging.Refusal{Status: fault.Status, Code: fault.Code, Message: fault.Message, Reason: refused.Reason()}
	}
	fault.BreakAfter(w, r, func(w http.ResponseWriter) { serve(w, refusal) })
}

// logMessaging adds a call of messaging to the journal. Messaging calls it with messaging's lock held.
func (s *Sandbox) logMessaging(r *http.Request, call messaging.Call) {
	s.journal.Add(entryOf(r, call))
}

func entryOf(r *http.Request, from messaging.Call) *journal.Entry {
	call := journal.NewEntry(r, from.Endpoint)
	call.Target = withoutSecrets(r)
	call.RequestID, call.Consumer, call.Types = from.RequestID, from.Consumer, from.Types
	call.Status, call.InternalCode, call.Reason = from.Status, from.Code, from.Reason
	call.SetBody(from.Body, json.Valid(from.Body))
	if from.Note != "" {
		call.Notes = []string{from.Note}
	}
	call.Answer = from.Answer
	return call
}

// withoutSecrets returns the path and the query of a call of messaging. It keeps only the parameters that LivePerson reads
// there. Senders put secrets and tokens into the query by mistake.
func withoutSecrets(r *http.Request) string {
	query := r.URL.Query()
	maps.DeleteFunc(query, func(name string, _ []string) bool { return name != "v" && name != "grant_type" })
	if len(query) == 0 {
		return r.URL.EscapedPath()
	}
	return r.URL.EscapedPath() + "?" + query.Encode()
}
