package chaos

import (
	"bytes"
	"maps"
	"net/http"
	"strconv"
	"time"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/httpapi"
)

// Delay waits for the latency of the fault, or until the caller has gone.
func (f Fault) Delay(r *http.Request) {
	if f.Latency <= 0 {
		return
	}
	timer := time.NewTimer(time.Duration(f.Latency))
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-r.Context().Done():
	}
}

// Refusal returns the error answer of the fault, or nil if the fault has none.
func (f Fault) Refusal(now time.Time) *httpapi.Refusal {
	if f.Status == 0 {
		return nil
	}
	refused := &httpapi.Refusal{Status: f.Status, Code: f.Code, Message: f.Message, Advice: "a chaos rule answered the call"}
	if refused.Message == "" {
		refused.Message = http.StatusText(f.Status)
	}
	if pause := time.Duration(f.RetryAfter); pause > 0 {
		refused.RetryAfter = strconv.Itoa(int((pause + time.Second - 1) / time.Second))
		if f.RetryAfterDate {
			refused.RetryAfter = now.Add(pause).Format(http.TimeFormat)
		}
	}
	return refused
}

// BreakBefore breaks the connection of a call that the sandbox must not take. In that case it does not return.
func (f Fault) BreakBefore(r *http.Request) {
	switch f.Connection {
	case BeforeTimeout:
		<-r.Context().Done()
		panic(http.ErrAbortHandler)
	case BeforeReset:
		panic(http.ErrAbortHandler)
	}
}

// BreakAfter lets serve take the call, and then spoils the answer if the fault says so.
func (f Fault) BreakAfter(w http.ResponseWriter, r *http.Request, serve func(http.ResponseWriter)) {
	if f.ContentType != "" {
		w = retyped{w, f.ContentType}
	}
	if f.Body == "" && f.Connection == "" {
		serve(w)
		return
	}
	kept := &keptAnswer{header: http.Header{}, status: http.StatusOK}
	serve(kept)
	switch f.Connection {
	case AfterTimeout:
		<-r.Context().Done()
		panic(http.ErrAbortHandler)
	case AfterReset:
		panic(http.ErrAbortHandler)
	}
	half := kept.body.Len() / 2
	maps.Copy(w.Header(), kept.header)
	if f.Body == BodyTruncated { // fewer bytes than Content-Length says
		w.Header().Set("Content-Length", strconv.Itoa(kept.body.Len()))
		w.WriteHeader(kept.status)
		_, _ = w.Write(kept.body.Bytes()[:half])
		_ = http.NewResponseController(w).Flush() // otherwise the half would stay in a buffer
		panic(http.ErrAbortHandler)
	}
	w.WriteHeader(kept.status)
	_, _ = w.Write(kept.body.Bytes()[:half]) // as long as Content-Length says, but not JSON
}

// keptAnswer holds an answer back.
type keptAnswer struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (k *keptAnswer) Header() http.Header         { return k.header }
func (k *keptAnswer) WriteHeader(status int)      { k.status = status }
func (k *keptAnswer) Write(p []byte) (int, error) { return k.body.Write(p) }

// retyped sends an answer with another content type.
type retyped struct {
	http.ResponseWriter
	contentType string
}

func (r retyped) WriteHeader(status int) {
	r.Header().Set("Content-Type", r.contentType)
	r.ResponseWriter.WriteHeader(status)
}

// Unwrap is for http.ResponseController.
func (r retyped) Unwrap() http.ResponseWriter { return r.ResponseWriter }
