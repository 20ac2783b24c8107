package liveperson

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"time"
)

// ServiceInteractions is the Domain API's name for the service of the Messaging Interactions API.
const ServiceInteractions = "msgHist"

const (
	// InteractionsDelay is how late Messaging Interactions may be.
	InteractionsDelay = time.Minute
	// SearchDelay is how late a search by attribute may be.
	SearchDelay = 2 * time.Hour

	// interactionsSource names this client. LivePerson requires a name of at most 20 characters.
	interactionsSource = "benthos-liveperson"
	// lastConversations asks for the last conversations. LivePerson's own limit is 100.
	lastConversations = "&offset=0&limit=10&sort=start:desc"
)

// Interactions is the Messaging Interactions API of an account. It is safe for concurrent use.
//
// See https://developers.liveperson.com/messaging-interactions-api-overview.html.
type Interactions struct {
	*readClient
	path *url.URL
}

// Interactions returns the account's Messaging Interactions API. It does no I/O.
func (a *Account) Interactions(c ReadCredentials) (*Interactions, error) {
	client, err := a.readClient(c, "", "the service "+ServiceInteractions, ServiceInteractions, interactions)
	if err != nil {
		return nil, err
	}
	return &Interactions{client, pathOf("messaging_history", "api", "account", a.id, "conversations")}, nil
}

// Conversation reads the attributes of a conversation. found is false if LivePerson does not show
// the conversation.
func (i *Interactions) Conversation(ctx context.Context, conversationID string) (s Stored, found bool, err error) {
	page, at, err := i.search(ctx, "conversation/search", "", map[string]any{"conversationId": conversationID, "contentToRetrieve": []string{"sdes", "unAuthSdes"}})
	if err != nil {
		return s, false, err
	}
	s.At = at
	for _, record := range page.Records {
		s.add(record.Sdes.Events)
		s.add(record.UnAuthSdes.Events)
	}
	return s, len(page.Records) > 0, nil
}

// OfConsumer returns the ids of the last conversations of a consumer. participantID is
// LivePerson's id of the consumer, which conversations and notifications have.
func (i *Interactions) OfConsumer(ctx context.Context, participantID string) (conversationIDs []string, err error) {
	return i.ofConsumer(ctx, participantID, "OPEN", "CLOSE")
}

// OpenOf returns the ids of a consumer's open conversations, the newest first. LivePerson shows a
// conversation after InteractionsDelay.
func (i *Interactions) OpenOf(ctx context.Context, participantID string) (conversationIDs []string, err error) {
	return i.ofConsumer(ctx, participantID, "OPEN")
}

func (i *Interactions) ofConsumer(ctx context.Context, participantID string, status ...string) (conversationIDs []string, err error) {
	page, _, err := i.search(ctx, "consumer/search", lastConversations, map[string]any{"consumer": participantID, "status": status})
	return page.ids(), err
}

// WithAttribute returns the ids of the last conversations that have a value in an attribute and
// began in a time. shownAs is the name with which LivePerson shows the attribute, see ShownAs.
// LivePerson finds an attribute after SearchDelay.
func (i *Interactions) WithAttribute(ctx context.Context, shownAs, value string, from, to time.Time) (conversationIDs []string, err error) {
	page, _, err := i.search(ctx, "search", lastConversations, map[string]any{
		"start":     map[string]int64{"from": from.UnixMilli(), "to": to.UnixMilli()},
		"sdeSearch": map[string]string{shownAs: value},
	})
	return page.ids(), err
}

// search makes one search. A list of conversations has only some attributes of each, so callers read the
// conversations by their ids.
func (i *Interactions) search(ctx context.Context, method, page string, body map[string]any) (found interactionsPage, at time.Time, err error) {
	text, err := encodeJSON(body)
	if err != nil {
		return found, at, NotSent(err)
	}
	path := i.path.JoinPath(method)
	at, err = i.get(ctx, path, "source="+interactionsSource+"&v=2"+page, text, &found)
	if err == nil && found.Metadata.Shards.Partial {
		err = &Error{Class: ClassServer, Status: http.StatusOK, detail: "this is only a part of LivePerson's data"}
	}
	return found, at, err
}

// interactionsPage is the answer to a search.
type interactionsPage struct {
	Metadata struct {
		Shards struct {
			Partial bool `json:"partialResult"`
		} `json:"shardsStatusResult"`
	} `json:"_metadata"`
	Records []struct {
		Info struct {
			ConversationID string `json:"conversationId"`
		} `json:"info"`
		Sdes       attributeList `json:"sdes"`
		UnAuthSdes attributeList `json:"unAuthSdes"`
	} `json:"conversationHistoryRecords"`
}

func (p interactionsPage) ids() (ids []string) {
	for _, record := range p.Records {
		if record.Info.ConversationID != "" {
			ids = append(ids, record.Info.ConversationID)
		}
	}
	return ids
}

type attributeList struct {
	Events []map[string]json.RawMessage `json:"events"`
}
