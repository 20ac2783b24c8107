package messaging

import (
	"strings"
	"time"
)

// The endpoints of LivePerson's that the service plays, as chaos rules and the log name them.
const (
	EndpointAppToken      = "app_token"
	EndpointConsumerToken = "consumer_token"
	EndpointConversation  = "conversation"
	EndpointSend          = "send"
)

// Call is one call of LivePerson's APIs. It holds no secret and no token.
type Call struct {
	// ID numbers the calls in the order in which they were decided, from 1 on.
	ID int `json:"id"`
	// Time is when the service decided, in UTC.
	Time     time.Time `json:"time"`
	Endpoint string    `json:"endpoint"`
	Account  string    `json:"account"`
	// Consumer is the ext_consumer_id; empty for app tokens, and where the call did not say.
	Consumer string `json:"consumer"`
	// RequestID is the id of the (last) request in the body.
	RequestID string `json:"request_id"`
	// Types are those of the requests, and of the events that they publish.
	Types  []string `json:"types"`
	Status int      `json:"status"`
	// Reason is what was wrong; empty for a success.
	Reason string `json:"reason"`
	// Note is what was let pass but LivePerson's pages do not show; empty for nothing.
	Note string `json:"note"`
}

// callLog keeps the latest calls, so many of them.
type callLog struct {
	keep  int
	total int
	calls []Call // oldest first
}

func newCallLog(keep int) *callLog { return &callLog{keep: keep} }

func (l *callLog) add(call Call) {
	l.total++
	for _, text := range []*string{&call.Account, &call.Consumer, &call.RequestID} {
		*text = clip(*text)
	}
	for i := range call.Types {
		call.Types[i] = clip(call.Types[i])
	}
	call.ID = l.total
	l.calls = append(l.calls, call)
	if len(l.calls) > l.keep {
		l.calls[0] = Call{}
		l.calls = l.calls[1:]
	}
}

// maxLogged is how much of a text is kept that anybody may have sent, without a token. It is the sandbox's own number,
// and room for every id that the service takes.
const maxLogged = maxConsumerID

func clip(text string) string {
	if len(text) <= maxLogged {
		return text
	}
	return strings.Clone(strings.ToValidUTF8(text[:maxLogged], "")) // and not the whole of it behind a part
}
