// Package httpapi has what the sandbox's HTTP handlers share: routes, methods, bounded bodies, answers and errors.
package httpapi

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Route is a path with its handler.
type Route struct {
	Path string
	// Usage shows how a person would write the request. It is empty if people do not write it.
	Usage string
	Serve http.HandlerFunc
}

// HeaderMethodOverride names the method that a POST stands for.
const HeaderMethodOverride = "X-HTTP-Method-Override"

// Method returns the method of a request. A POST with X-HTTP-Method-Override has the method that the header names:
// LivePerson's cross-origin samples write PUT there (Monitoring API, getting started).
func Method(r *http.Request) string {
	if override := r.Header.Get(HeaderMethodOverride); r.Method == http.MethodPost && override != "" {
		return strings.ToUpper(override)
	}
	return r.Method
}

var slashes = regexp.MustCompile("//+")

// SingleSlashes returns the request without double slashes in its path. The standard library would answer them with a
// redirect. LivePerson documents no redirects, and its template for the address of a file has a double slash.
func SingleSlashes(r *http.Request) *http.Request {
	escaped := r.URL.EscapedPath()
	if !strings.Contains(escaped, "//") {
		return r
	}
	single := *r.URL
	single.RawPath = slashes.ReplaceAllString(escaped, "/")
	path, err := url.PathUnescape(single.RawPath)
	if err != nil { // an escaped path can be unescaped
		return r
	}
	single.Path = path
	r = r.WithContext(r.Context())
	r.URL = &single
	return r
}

// SessionID returns the id of a session without the suffix that the Visit Information API adds: a dot and forty
// hexadecimal digits.
func SessionID(id string) string {
	before, suffix, _ := strings.Cut(id, ".")
	if len(suffix) == 40 && strings.Trim(suffix, "0123456789abcdef") == "" {
		return before
	}
	return id
}

// Refusal is an error answer in LivePerson's form (Monitoring API, overview).
type Refusal struct {
	Status int
	// Code is LivePerson's internalCode. 0: LivePerson documents no number.
	Code int
	// Message goes over the wire. LivePerson's messages are as short as the name of a field.
	Message string
	// Advice tells people what to do. It stays in the sandbox.
	Advice string
	// Allow lists the allowed methods of a 405.
	Allow []string
	// RetryAfter is the value of the header. Empty: no header.
	RetryAfter string
}

// Reason returns the message with the advice.
func (r *Refusal) Reason() string { return r.Message + ": " + r.Advice }

// Entity is the body of a Refusal. Time is in milliseconds since 1970.
type Entity struct {
	Time         int64  `json:"time"`
	Message      string `json:"message"`
	InternalCode int    `json:"internalCode"`
}

// Entity returns the body of the answer.
func (r *Refusal) Entity(now time.Time) Entity {
	return Entity{Time: now.UnixMilli(), Message: r.Message, InternalCode: r.Code}
}

// Write answers with the refusal.
func (r *Refusal) Write(w http.ResponseWriter, now time.Time) {
	if r.Allow != nil {
		w.Header().Set("Allow", strings.Join(r.Allow, ", "))
	}
	if r.RetryAfter != "" {
		w.Header().Set("Retry-After", r.RetryAfter)
	}
	WriteJSON(w, r.Status, r.Entity(now))
}

// CheckMethod refuses a request whose Method is not allowed.
func CheckMethod(r *http.Request, allowed ...string) *Refusal {
	if slices.Contains(allowed, Method(r)) {
		return nil
	}
	return &Refusal{
		Status:  http.StatusMethodNotAllowed,
		Message: "Method not allowed",
		Advice:  "send " + strings.Join(allowed, " or "),
		Allow:   allowed,
	}
}

const (
	// MaxBody is the longest body that the sandbox accepts, in bytes. LivePerson publishes no limit. This one is far above all
	// of its samples.
	MaxBody = 1 << 20
	// MaxShown is the longest body that the sandbox reads to show it, in bytes, although it refuses the call.
	MaxShown = 8 << 20
)

// The errors of ReadBody.
var (
	ErrTooLong    = fmt.Errorf("the body is too long: send %d bytes at most", MaxBody)
	ErrIncomplete = errors.New("the connection broke off before the body was complete: send it again")
)

// ReadBody reads a body of MaxBody bytes at most. It returns ErrTooLong or ErrIncomplete.
func ReadBody(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	return readBody(w, r, MaxBody)
}

// ReadLongBody reads a body of MaxBody bytes at most, as ReadBody does. It returns ErrTooLong with a body of up to MaxShown bytes.
func ReadLongBody(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	body, err := readBody(w, r, MaxShown)
	if err == nil && len(body) > MaxBody {
		err = ErrTooLong
	}
	return body, err
}

func readBody(w http.ResponseWriter, r *http.Request, limit int64) ([]byte, error) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, limit))
	if tooLong := (*http.MaxBytesError)(nil); errors.As(err, &tooLong) {
		return nil, ErrTooLong
	}
	if err != nil {
		return nil, ErrIncomplete
	}
	return body, nil
}

// WriteJSON ignores an error of writing, because the caller has closed the connection then.
func WriteJSON(w http.ResponseWriter, status int, answer any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(answer)
}

// StatusError is an error of one of the sandbox's own pages, with the status of the answer.
type StatusError struct {
	Status int
	Err    error
}

func (e *StatusError) Error() string { return e.Err.Error() }

// Unwrap returns the error without the status.
func (e *StatusError) Unwrap() error { return e.Err }

// StatusOf returns the status for an error: that of a StatusError, 413 for ErrTooLong, and 400 for all others.
func StatusOf(err error) int {
	withStatus := (*StatusError)(nil)
	switch {
	case errors.As(err, &withStatus):
		return withStatus.Status
	case errors.Is(err, ErrTooLong):
		return http.StatusRequestEntityTooLarge
	}
	return http.StatusBadRequest
}

// WriteError answers a request to one of the sandbox's own pages with an error.
func WriteError(w http.ResponseWriter, status int, err error) {
	WriteJSON(w, status, map[string]string{"error": err.Error()})
}
