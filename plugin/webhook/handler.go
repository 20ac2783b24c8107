package webhook

import (
	"errors"
	"io"
	"net/http"
	"time"
)

// bodyTimeout is how long a client has to send its body, after its headers. LivePerson itself
// gives up after five seconds.
const bodyTimeout = 10 * time.Second

// handler handles HTTP requests on either server. It reads at most max_body_bytes of a body,
// for at most bodyTimeout.
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
		status, read = h.handle(w, req)
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

// handle returns the status for a request. If the headers are wrong, it does not read the
// body. It takes the account, the app and the signature from the headers alone. read says
// whether the whole body was read.
func (h *handler) handle(w http.ResponseWriter, req *http.Request) (status int, read bool) {
	signature, status := h.receiver.refuses(req)
	if status != 0 {
		h.receiver.answered(status)
		return status, false
	}
	// If the server cannot set a deadline, its own settings limit the time.
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(h.bodyTimeout))
	body := &body{bodies: h.bodies}
	defer body.release()
	verifier := signature.verifier(h.receiver.conf.clientSecrets...)
	if err := body.readFrom(http.MaxBytesReader(w, req.Body, int64(h.receiver.conf.maxBodyBytes)), verifier); err != nil {
		status := statusOf(err)
		h.receiver.answered(status)
		return status, false
	}
	return h.receiver.respond(req.Context(), req.Header.Get, body, verifier.valid()), true
}

// After the answer, this much of a refused body is read and thrown away. If the connection were
// closed while the client sends, the client might not see the answer.
const (
	lingerBytes   = 4 << 20
	lingerTimeout = time.Second
)

// refuse sends the answer before the body is read.
func refuse(w http.ResponseWriter, req *http.Request, status int) {
	control := http.NewResponseController(w)
	_ = control.EnableFullDuplex() // without this the server would read the body first
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
