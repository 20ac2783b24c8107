package sandbox

import (
	"bytes"
	"maps"
	"net/http"
	"strconv"
	"time"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/chaos"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/strictyaml"
)

// strike gives what a chaos rule does to a call, after its latency; the zero Fault when
// there is none.
func (s *Sandbox) strike(r *http.Request, call chaos.Call) chaos.Fault {
	fault := s.chaos.Strike(call, s.clock.Now())
	if fault == nil {
		return chaos.Fault{}
	}
	if fault.Latency > 0 {
		timer := time.NewTimer(time.Duration(fault.Latency))
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-r.Context().Done():
		}
	}
	return *fault
}

// chaosRefusal gives the error that a rule answers with; nil when it does not.
func (s *Sandbox) chaosRefusal(fault chaos.Fault) *refusal {
	if fault.Status == 0 {
		return nil
	}
	refused := &refusal{status: fault.Status, code: fault.Code, message: fault.Message, advice: "a chaos rule has answered this"}
	if refused.message == "" {
		refused.message = http.StatusText(fault.Status)
	}
	if pause := time.Duration(fault.RetryAfter); pause > 0 {
		refused.retryAfter = strconv.Itoa(int((pause + time.Second - 1) / time.Second))
		if fault.RetryAfterDate {
			refused.retryAfter = s.clock.Now().Add(pause).Format(http.TimeFormat)
		}
	}
	return refused
}

// breakBefore lets a call come to nothing, if that is its fault.
func breakBefore(r *http.Request, fault chaos.Fault) {
	switch fault.Connection {
	case chaos.BeforeTimeout:
		<-r.Context().Done()
		panic(http.ErrAbortHandler)
	case chaos.BeforeReset:
		panic(http.ErrAbortHandler)
	}
}

// breakAfter lets serve take the call, and spoils its answer if that is its fault.
func breakAfter(w http.ResponseWriter, r *http.Request, fault chaos.Fault, serve func(http.ResponseWriter)) {
	if fault.ContentType != "" {
		w = retyped{w, fault.ContentType}
	}
	if fault.Body == "" && fault.Connection == "" {
		serve(w)
		return
	}
	kept := &keptAnswer{header: http.Header{}, status: http.StatusOK}
	serve(kept)
	switch {
	case fault.Connection == chaos.AfterTimeout:
		<-r.Context().Done()
		panic(http.ErrAbortHandler)
	case fault.Connection == chaos.AfterReset:
		panic(http.ErrAbortHandler)
	}
	half := kept.body.Len() / 2
	maps.Copy(w.Header(), kept.header)
	if fault.Body == chaos.BodyTruncated { // less than was promised
		w.Header().Set("Content-Length", strconv.Itoa(kept.body.Len()))
		w.WriteHeader(kept.status)
		_, _ = w.Write(kept.body.Bytes()[:half])
		_ = http.NewResponseController(w).Flush() // or nothing of it would leave
		panic(http.ErrAbortHandler)
	}
	w.WriteHeader(kept.status)
	_, _ = w.Write(kept.body.Bytes()[:half]) // all that was promised, and no JSON
}

// keptAnswer is an answer that has not been sent.
type keptAnswer struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (k *keptAnswer) Header() http.Header         { return k.header }
func (k *keptAnswer) WriteHeader(status int)      { k.status = status }
func (k *keptAnswer) Write(p []byte) (int, error) { return k.body.Write(p) }

// retyped says another content type of an answer than it has.
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

// chaosPage shows the rules in force and what they have done (GET), sets them (PUT, in
// YAML or JSON), or takes them away (DELETE).
func (s *Sandbox) chaosPage(w http.ResponseWriter, r *http.Request) {
	if refused := checkMethod(r, http.MethodGet, http.MethodPut, http.MethodDelete); refused != nil {
		s.refuse(w, refused)
		return
	}
	var rules []chaos.Rule
	if methodOf(r) == http.MethodPut {
		text, err := strictyaml.ReadBody(w, r)
		if err == nil {
			rules, err = chaos.Parse(text)
		}
		if err != nil {
			s.refuseQuery(w, err)
			return
		}
	}
	if methodOf(r) != http.MethodGet {
		s.chaos.Replace(rules, s.clock.Now())
	}
	inForce := s.chaos.Rules(s.clock.Now())
	writeJSON(w, http.StatusOK, map[string][]chaos.Status{"rules": inForce})
}
