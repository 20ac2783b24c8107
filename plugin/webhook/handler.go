package webhook

import (
	"errors"
	"io"
	"net/http"
	"time"
)

// bodyTimeout is how long a client has to send its body, after its headers. LivePerson
// gives up after five seconds itself.
const bodyTimeout = 10 * time.Second

// handler answers HTTP requests on either server. It reads no more of a body than
// max_body_bytes, and for no longer than its timeout.
type handler struct {
	receiver    *receiver
	bodyTimeout time.Duration
	bodies      *bodies
}

func newHandler(r *receiver) *handler {
	return &handler{receiver: r, bodyTimeout: bodyTimeout, bodies: newBodies(r.conf.maxBodyBytes)}
}

func (h *handler) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	var status int
	var read bool
	err := h.receiver.watch.Do(func() error {
		status, read = h.answer(w, req)
		return nil
	})
	if err != nil {
		status = http.StatusInternalServerError
		h.receiver.metrics.answered(status)
	}
	if status == http.StatusMethodNotAllowed {
		w.Header().Set("Allow", http.MethodPost)
	}
	if read {
		http.Error(w, http.StatusText(status), status)
		return
	}
	refuse(w, req, status)
}

// answer refuses a request by its headers if it can, before it reads the body. What says
// who has sent it is read from the headers alone. read tells whether the whole body was
// read.
func (h *handler) answer(w http.ResponseWriter, req *http.Request) (status int, read bool) {
	signature, status := h.receiver.refuses(req)
	if status != 0 {
		h.receiver.metrics.answered(status)
		return status, false
	}
	// A server that can set no deadline reads as long as its own settings allow.
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(h.bodyTimeout))
	body := &body{bodies: h.bodies}
	defer body.release()
	verifier := signature.verifier(h.receiver.conf.clientSecrets...)
	if err := body.readFrom(http.MaxBytesReader(w, req.Body, int64(h.receiver.conf.maxBodyBytes)), verifier); err != nil {
		status := statusOf(err)
		h.receiver.metrics.answered(status)
		return status, false
	}
	return h.receiver.answer(req.Context(), req.Header.Get, body, verifier.valid()), true
}

// How much more of a refused body is read, and thrown away, after the answer: a client
// that is still sending when its connection is closed may not see the answer.
const (
	lingerBytes   = 4 << 20
	lingerTimeout = time.Second
)

// refuse answers before the body is read.
func refuse(w http.ResponseWriter, req *http.Request, status int) {
	control := http.NewResponseController(w)
	_ = control.EnableFullDuplex() // or the server would read first, and then answer
	w.Header().Set("Connection", "close")
	http.Error(w, http.StatusText(status), status)
	_ = control.Flush()
	if control.SetReadDeadline(time.Now().Add(lingerTimeout)) == nil {
		_, _ = io.CopyN(io.Discard, req.Body, lingerBytes)
	}
}

func statusOf(err error) int {
	var tooLong *http.MaxBytesError
	switch {
	case errors.As(err, &tooLong):
		return http.StatusRequestEntityTooLarge
	case errors.Is(err, errTooManyBodies):
		return http.StatusServiceUnavailable
	}
	return http.StatusBadRequest
}
