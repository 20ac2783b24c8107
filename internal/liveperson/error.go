package liveperson

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Error is the failure of a request that LivePerson did not accept, or that did not reach
// LivePerson. Its text contains no ids, URLs or payload.
type Error struct {
	// Class is never empty.
	Class Class
	// Status is the HTTP status, or 0 if there was no answer or no request. If an answer of the
	// Connector API is a success with a failed part, Status is the status of the part.
	Status int
	// Code is LivePerson's internalCode or errorCode, or 0 if there was none.
	Code int
	// Attempts is the number of requests that failed. The caller that retries sets it. It is 0
	// if the request was not sent.
	Attempts int
	// Message has the known parts of LivePerson's message: members of requests and known
	// phrases. See knownWords.
	Message string
	// RetryAfter is how long LivePerson asks to wait, or 0.
	RetryAfter time.Duration
	// VisitorID is the visitor id that LivePerson gives for the retry while it loads an account.
	// It is personal, and not part of the text.
	VisitorID string

	detail string // the part of the cause that may be printed
	advice string
	cause  error
	unsent bool // no byte of the request was sent
	noIDs  bool // the request had neither a visitor id nor a session id

	appRefused bool // see AppRefused

	withheld bool // no part of LivePerson's message is known

	codeName     string // LivePerson's name for Code; empty: internalCode
	conversation conversationState
}

// Error returns the facts in a fixed form, which programs may parse, and then a text:
//
//	class=invalid status=400 code=5 attempts=1: …
func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "class=%s status=%d code=%d attempts=%d: ", e.Class, e.Status, e.Code, e.Attempts)
	switch {
	case e.Class == ClassNetwork, e.Class == ClassDeadline && e.Attempts > 0:
		b.WriteString("LivePerson did not answer")
	case e.Status == 0:
		b.WriteString("not sent")
	case e.Class == ClassLoading:
		b.WriteString("LivePerson is loading the account")
	default:
		fmt.Fprintf(&b, "LivePerson answered %d", e.Status)
		if text := http.StatusText(e.Status); text != "" {
			b.WriteString(" " + text)
		}
	}
	name := cmp.Or(e.codeName, "internalCode")
	switch {
	case e.Message != "":
		fmt.Fprintf(&b, " (message %q, %s %d)", e.Message, name, e.Code)
	case e.withheld:
		fmt.Fprintf(&b, " (message left out, because it may repeat parts of the request; %s %d)", name, e.Code)
	}
	if e.detail != "" {
		b.WriteString(": " + e.detail)
	}
	if e.advice != "" {
		b.WriteString(": " + e.advice)
	}
	return b.String()
}

// Unwrap returns the network error, or the reason why the request was not sent.
func (e *Error) Unwrap() error { return e.cause }

// Retryable says whether the same request may succeed later.
func (e *Error) Retryable() bool { return slices.Contains(retried, e.Class) }

// StaleIDs says that LivePerson refuses the visitor or session id that was sent: the request
// may succeed without the ids.
func (e *Error) StaleIDs() bool { return failureOf(e.Status, e.Code, "").staleIDs }

// MayHaveArrived says whether LivePerson may have acted on the request, so that a retry may
// repeat the action. It is false if the request was certainly not sent, because there was no
// connection or no token. It is false if LivePerson refused the request.
func (e *Error) MayHaveArrived() bool {
	switch e.Class {
	case ClassNetwork, ClassServer, ClassLoading:
		return !e.unsent && !failureOf(e.Status, 0, "").notPassedOn
	case ClassNotFound: // a success that is not LivePerson's, or has no required member
		return !e.unsent && e.Status != 0 && e.Status < http.StatusBadRequest
	}
	return false
}

// NotSent returns the error of a request that was not sent because LivePerson would refuse it.
func NotSent(reason error) *Error {
	return &Error{Class: ClassInvalid, detail: reason.Error(), cause: reason}
}

// TooLate returns the error of a request whose caller does not wait any longer. setting is the
// setting that says how long the caller waits, and limit is its value. attempts is the number of
// requests so far.
func TooLate(setting string, limit time.Duration, attempts int) *Error {
	e := &Error{Class: ClassDeadline, Attempts: attempts, unsent: attempts == 0, cause: context.DeadlineExceeded}
	e.detail = fmt.Sprintf("%s of %s is up", setting, limit)
	if e.unsent {
		e.detail += " before there was a place in flight, a session or an answer to the same question"
	}
	return e
}

// contradictory returns the error of a success whose content contradicts itself.
func contradictory(status int, detail string) *Error {
	return &Error{Class: ClassContradictory, Status: status, detail: "the answer contradicts itself: " + detail}
}

// Down returns the error of a request that is not made because LivePerson is down. pause is the
// time until the next request.
func Down(pause time.Duration) *Error {
	return &Error{Class: ClassServer, RetryAfter: pause, unsent: true, detail: fmt.Sprintf("LivePerson is down; the next request is made in %s", pause.Round(time.Second))}
}

// networkError returns the error of a request without an answer. Its text names the host, but
// not the rest of the URL or what the host sent.
func networkError(u *url.URL, err error) *Error {
	through := ""
	if via := (*proxyError)(nil); errors.As(err, &via) {
		through = "through the proxy: "
	}
	return &Error{
		Class:  ClassNetwork,
		detail: "reaching " + u.Host + ": " + through + NetworkWords(err),
		cause:  err,
		advice: "check domain_api, DNS, proxy and firewall",
	}
}

// classify returns the error for an answer that is not a success.
func classify(res *answer) *Error {
	message, code := readErrorEntity(res.body)
	e := &Error{
		Class:      failureOf(res.status, code, message).class,
		Status:     res.status,
		Code:       printable(code),
		RetryAfter: retryAfter(res.header.Get("Retry-After"), time.Now()),
	}
	if e.Class == ClassLoading {
		if id := loadingVisitorID(message); checkPathID("", id) == nil {
			e.VisitorID = id
		}
	} else {
		e.say(message)
	}
	e.describe(res)
	return e
}

// maxCode is larger than LivePerson's internal codes, which have two digits. A larger number may
// be an id.
const maxCode = 1000

func printable(code int) int {
	if code < 0 || code >= maxCode {
		return 0
	}
	return code
}

// say keeps the part of the message that may be printed.
func (e *Error) say(message string) {
	e.Message = knownWords(message)
	e.withheld = e.Message == "" && message != ""
}

// describe says what came instead of LivePerson's answer, if the status is a success.
func (e *Error) describe(res *answer) {
	if success(res.status) && e.Class == ClassNotFound {
		e.detail = joined(res.host+" sent "+described(res), e.detail)
	}
}

// readErrorEntity reads {"time","message","internalCode"}. On some of LivePerson's pages the
// code is a string, and some services wrap the object in {"error":{…}}.
func readErrorEntity(body []byte) (message string, code int) {
	var shape struct {
		Message any             `json:"message"`
		Code    json.RawMessage `json:"internalCode"`
		Wrapped json.RawMessage `json:"error"`
	}
	if json.Unmarshal(body, &shape) != nil {
		return "", 0
	}
	if bytes.HasPrefix(shape.Wrapped, []byte("{")) {
		return readErrorEntity(shape.Wrapped)
	}
	code, _ = strconv.Atoi(strings.Trim(string(shape.Code), `"`))
	message, _ = shape.Message.(string)
	return message, code
}

// loadingMessage matches LivePerson's "Loading account: 61847174, vid: Q3Yz…". Each part may be
// empty.
var loadingMessage = regexp.MustCompile(`^Loading account: ?([^,]*), vid: ?(\S*)`)

func loadingVisitorID(message string) string {
	if parts := loadingMessage.FindStringSubmatch(message); parts != nil {
		return parts[2]
	}
	return ""
}

// ClassOf returns the class of the *Error that an error wraps, or "" if it wraps none.
func ClassOf(err error) Class {
	if err == nil {
		return ""
	}
	var e *Error
	if errors.As(err, &e) {
		return e.Class
	}
	return ""
}

// AccountRefused says that LivePerson refuses the account, the app or its credentials, or that
// the host is not LivePerson's. Other requests will then fail in the same way. An unknown visitor
// or session id is no such failure.
func (e *Error) AccountRefused() bool {
	switch e.Class {
	case ClassUnauthorised:
		return true
	case ClassNotFound:
		return !e.StaleIDs()
	}
	return false
}

// AccountRefused is the method for any error, including errors of the Domain API.
func AccountRefused(err error) bool {
	var e *Error
	return NoService(err) || errors.As(err, &e) && e.AccountRefused()
}

// Kind returns the class and status of an error, for logs and counts.
func Kind(err error) string {
	var e *Error
	if !errors.As(err, &e) {
		return "class=other"
	}
	return fmt.Sprintf("class=%s status=%d", e.Class, e.Status)
}

// Overload says that LivePerson, or a front end, has more requests than it can take: the
// answers that the table of failures marks, a refused connection or a time-out. Other failures
// may be about one consumer or one account, and say nothing about load.
func (e *Error) Overload() bool {
	if e.Class == ClassNetwork {
		return timedOut(e.cause) || noConnection(e.cause)
	}
	row := failureOf(e.Status, e.Code, "")
	return row.overload && row.class == e.Class
}

// TimedOut says that the request was given up because it took too long.
func (e *Error) TimedOut() bool { return e.Class == ClassNetwork && timedOut(e.cause) }

func timedOut(err error) bool {
	var timeout net.Error
	return errors.Is(err, context.DeadlineExceeded) || errors.As(err, &timeout) && timeout.Timeout()
}

// noConnection says that the host was found and did not accept a connection.
func noConnection(err error) bool {
	var op *net.OpError
	var dns *net.DNSError
	return errors.As(err, &op) && op.Op == "dial" && !errors.As(err, &dns)
}

// Unanswered returns the error of a request without an answer.
func Unanswered(cause error) *Error { return &Error{Class: ClassNetwork, cause: cause} }

// Known returns the known members of LivePerson's answer as JSON. It returns nil if there was no
// answer, or nothing of it is known.
func (e *Error) Known() json.RawMessage {
	known := map[string]any{}
	if e.Message != "" {
		known["message"] = e.Message
	}
	if e.Code != 0 {
		known[cmp.Or(e.codeName, "internalCode")] = e.Code
	}
	if e.Status == 0 || len(known) == 0 {
		return nil
	}
	text, err := encodeJSON(known)
	if err != nil { // texts and numbers can always be encoded
		return nil
	}
	return text
}
