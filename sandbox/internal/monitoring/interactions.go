package monitoring

import (
	"cmp"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/access"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/chaos"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/history"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/httpapi"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/journal"
)

// The paths of the Messaging Interactions API (service msgHist).
const (
	interactionsPath             = "/messaging_history/api/account/{account}/conversations/search"
	consumerInteractionsPath     = "/messaging_history/api/account/{account}/conversations/consumer/search"
	conversationInteractionsPath = "/messaging_history/api/account/{account}/conversations/conversation/search"
)

// interactions searches for conversations (Messaging Interactions API). The caller must prove who it is, also if the
// account is not strict. The API shows data only after a delay.
func (a *Account) interactions(method string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		a.serve(operation{
			endpoint:   chaos.EndpointInteractions,
			methods:    []string{http.MethodPost},
			anyVersion: true, // ReadQuery checks it
			need:       &access.Need{Ways: access.ByAPIKey | access.ByLogin | access.ByApp, Verify: a.options.Verify},
			read: func(raw []byte, _ string, strict bool) (content, *httpapi.Refusal) {
				return readInteractions(method, r.URL.Query(), raw, strict)
			},
			prepare: func(_ *journal.Entry, sent *content) { sent.found = a.search(sent.query, addressOf(r)) },
			respond: func(call *journal.Entry, sent content) (any, *httpapi.Refusal) {
				call.Status = http.StatusOK
				return sent.found, nil
			},
		})(w, r)
	}
}

func readInteractions(method string, parameters url.Values, raw []byte, strict bool) (content, *httpapi.Refusal) {
	sent := content{strict: strict, types: []string{}}
	query, err := history.ReadQuery(method, parameters, raw, strict)
	sent.isJSON = json.Valid(raw)
	var field *history.FieldError
	if errors.As(err, &field) {
		return sent, invalidField(field.Field, field.Advice)
	}
	sent.query, sent.notes = query, query.Notes
	return sent, nil
}

// addressOf returns the address of a request, for links in the answer.
func addressOf(r *http.Request) url.URL {
	address := *r.URL
	address.Scheme, address.Host = "https", r.Host
	if r.TLS == nil {
		address.Scheme = "http"
	}
	return address
}

// search answers a query. It returns nil if the query is wrong. It runs without the lock.
func (a *Account) search(query *history.Query, address url.URL) *history.Answer {
	if query == nil {
		return nil
	}
	rules, now := a.Storage(), a.options.Now()
	until := now.Add(-time.Duration(*rules.HistoryDelay))
	conversations := a.options.Conversations(until, query.MayFind)
	calls := a.options.Journal.Snapshot().Calls()
	answer := query.Search(history.Source{
		Account: a.options.ID, Now: now, Conversations: conversations, Attributes: attributesIn(calls, until, conversations),
		Searchable: now.Add(-history.SearchDelay), Unauthenticated: *rules.Unauthenticated,
	}, address)
	return &answer
}

// attributesIn returns a function that finds the attributes of the conversations among calls until a time: those of the session
// that a conversation began in, and those of its consumer. An attribute is authenticated if the call names an identity with
// the acr loa1, or if the app set it in the consumer's profile.
func attributesIn(calls []*journal.Entry, until time.Time, conversations []history.Conversation) func(history.Conversation) []history.Attribute {
	bySession, byConsumer := map[string][]*journal.Entry{}, map[string][]*journal.Entry{}
	for _, c := range conversations {
		bySession[sessionIn(c)], byConsumer[c.ExtConsumerID] = nil, nil
	}
	add := func(to map[string][]*journal.Entry, key string, call *journal.Entry) {
		if before, wanted := to[key]; wanted {
			to[key] = append(before, call)
		}
	}
	for _, call := range calls {
		if call.Trail == nil || !call.Good() || call.Time.After(until) {
			continue
		}
		add(bySession, call.SessionID, call)
		add(byConsumer, call.Consumer, call)
		for _, consumer := range call.Subs {
			add(byConsumer, consumer, call)
		}
	}
	return func(c history.Conversation) []history.Attribute {
		of := slices.Concat(bySession[sessionIn(c)], byConsumer[c.ExtConsumerID])
		slices.SortStableFunc(of, func(x, y *journal.Entry) int { return cmp.Compare(x.ID, y.ID) })
		found := profileAttributes(c)
		for _, call := range slices.Compact(of) {
			if c.End == 0 || call.Time.UnixMilli() <= c.End {
				found = append(found, attributesOf(call)...)
			}
		}
		return found
	}
}

// sessionIn returns the session that a conversation began in, or an empty text.
func sessionIn(c history.Conversation) string {
	_, session := c.Session()
	return httpapi.SessionID(session)
}
