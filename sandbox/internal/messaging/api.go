package messaging

import (
	"cmp"
	"io"
	"net/http"
)

// maxBody is far more than LivePerson takes in a request, of which there are three in a call at most.
const maxBody = 1 << 20

// exchange is a call of one of LivePerson's APIs while it is answered.
type exchange struct {
	r       *http.Request
	account string
	body    []byte
	call    Call
}

// method is one of LivePerson's. It checks a call, for which it may take its time, and gives the answer; or it leaves the
// answer to settle, which wants the lock.
type method func(x *exchange) (answer *reply, settle func() *reply)

// atOnce is a method that leaves nothing to settle.
func atOnce(answer func(*exchange) *reply) method {
	return func(x *exchange) (*reply, func() *reply) { return answer(x), nil }
}

// api answers calls of a method.
func (s *Service) api(endpoint string, serve method) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		// Not http.MaxBytesReader, which closes the connection: what is cut off is too long for any request.
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

// decide lets the method answer a call that has no answer yet, and logs it.
func (s *Service) decide(x *exchange, serve method, answer *reply) *reply {
	var settle func() *reply
	if answer == nil {
		answer, settle = serve(x)
	}
	// The log is written under the lock, so that it has one consumer's messages in the order of the dialog.
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

// peek reads who calls and for what, before anything is checked: chaos rules and the log want to know.
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
