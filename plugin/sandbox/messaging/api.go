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
	r    *http.Request
	body []byte
	call Call
}

// api answers a call of LivePerson's and keeps it.
func (s *Service) api(endpoint string, serve func(*exchange) *reply) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost {
			w.Header().Set("Allow", http.MethodPost)
			WriteError(w, "", http.StatusMethodNotAllowed, 0, "")
			return
		}
		// Not http.MaxBytesReader, which closes the connection: what is cut off is too long for any request.
		body, err := io.ReadAll(io.LimitReader(r.Body, maxBody))
		if err != nil {
			WriteError(w, "", http.StatusBadRequest, 0, "the body ended early")
			return
		}
		x := &exchange{r: r, body: body, call: Call{Endpoint: endpoint, Account: r.PathValue("account"), Types: []string{}}}
		x.peek()
		status := &statusWriter{ResponseWriter: w}
		defer func() { // also when the connection is broken off
			x.call.Status = status.status
			s.log(x.call)
		}()
		s.options.Around(status, r, x.call, func(w http.ResponseWriter) {
			reply := serve(x)
			x.call.Reason = reply.reason
			w.Header().Set("Content-Type", cmp.Or(reply.contentType, "application/json"))
			writeJSON(w, reply.status, reply.answer)
		})
	}
}

// peek reads who calls and for what, before anything is checked: chaos rules and the log want to know.
func (x *exchange) peek() {
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

func (s *Service) log(call Call) {
	s.mu.Lock()
	defer s.mu.Unlock()
	call.Time = s.options.Now().UTC()
	s.calls.add(call)
}

// statusWriter remembers the status of an answer; 0 when there was none.
type statusWriter struct {
	http.ResponseWriter
	status int
}

func (w *statusWriter) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

// Unwrap is for http.ResponseController.
func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
