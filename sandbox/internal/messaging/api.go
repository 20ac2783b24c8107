package messaging

import (
	"cmp"
	"io"
	"net/http"
)

// maxBody is the longest body, in bytes. A call has three requests at most. LivePerson's limit for a request is far lower.
const maxBody = 1 << 20

// exchange is a call to one of LivePerson's APIs, before it is answered.
type exchange struct {
	r       *http.Request
	account string
	body    []byte
	call    Call
}

// method answers the calls of one of LivePerson's methods. It first checks a call without the lock, because that may take
// time. It returns either the answer, or settle, which returns the answer and needs the lock.
type method func(x *exchange) (answer *reply, settle func() *reply)

// atOnce makes a method that does not need the lock.
func atOnce(answer func(*exchange) *reply) method {
	return func(x *exchange) (*reply, func() *reply) { return answer(x), nil }
}

// api returns the handler of a method.
func (s *Service) api(endpoint string, serve method) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		// http.MaxBytesReader would close the connection. A body that is cut off here is longer than any valid request.
		body, err := io.ReadAll(io.LimitReader(r.Body, maxBody))
		x := &exchange{r: r, account: r.PathValue("account"), body: body, call: Call{Endpoint: endpoint, Types: []string{}}}
		x.peek()
		s.options.Around(w, r, x.call, func(w http.ResponseWriter, refusal *Refusal) {
			var answer *reply
			switch {
			case r.Method != http.MethodPost:
				w.Header().Set("Allow", http.MethodPost)
				answer = (&Refusal{Status: http.StatusMethodNotAllowed, Reason: "send " + http.MethodPost}).reply("")
			case err != nil:
				answer = (&Refusal{Status: http.StatusBadRequest, Message: "the body ended early", Reason: "the body ended early"}).reply("")
			case refusal != nil:
				answer = refusal.reply(x.call.RequestID)
			}
			answer = s.decide(x, serve, answer)
			w.Header().Set("Content-Type", cmp.Or(answer.contentType, "application/json"))
			writeJSON(w, answer.status, answer.answer)
		})
	}
}

// decide answers a call that has no answer yet, and logs it.
func (s *Service) decide(x *exchange, serve method, answer *reply) *reply {
	var settle func() *reply
	if answer == nil {
		answer, settle = serve(x)
	}
	// decide logs the call with the lock held. The log then has the messages of a consumer in the order of the dialog.
	s.mu.Lock()
	defer s.mu.Unlock()
	if settle != nil {
		answer = settle()
	}
	x.call.Status, x.call.Code, x.call.Reason = answer.status, answer.code, answer.reason
	if !answer.secret {
		x.call.Answer = answer.answer
	}
	s.options.Log(x.r, x.call)
	return answer
}

// peek reads the consumer and the types of a call before the call is checked. Chaos rules and the log need them.
func (x *exchange) peek() {
	if x.call.Endpoint != EndpointAppToken && len(x.body) < maxBody {
		x.call.Body = x.body
	}
	switch x.call.Endpoint {
	case EndpointConsumerToken:
		x.call.Consumer, _ = readConsumerID(x.body)
	case EndpointConversation, EndpointSend:
		x.call.Consumer = peekConsumer(x.r.Header.Get(headerOnBehalf))
		for _, request := range peekRequests(x.body) {
			x.call.RequestID = request.ID.text
			x.call.Types = append(x.call.Types, request.Type)
			if event := request.eventType(); event != "" {
				x.call.Types = append(x.call.Types, event)
			}
		}
	}
}
