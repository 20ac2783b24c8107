package liveperson

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Error is a request that LivePerson did not accept, or that did not reach it.
// Its text holds no ids, URLs or payload.
type Error struct {
	// Class is never empty.
	Class Class
	// Status is the HTTP status; 0 when there was no answer or no request. Where a
	// Connector's answer is a success but has a part that is not, it is the part's.
	Status int
	// Code is LivePerson's internalCode, or errorCode; 0 when there was none.
	Code int
	// Attempts is how many requests were made in vain, as whoever repeated them
	// knows; 0 when the request was not sent.
	Attempts int
	// Message has of LivePerson's own text the members that it names and the phrases
	// that are known; see knownWords.
	Message string
	// RetryAfter is how long LivePerson asks to wait; 0 when it does not say.
	RetryAfter time.Duration
	// VisitorID is the visitor id that a loading account hands out for the
	// retry. It is personal: not part of the text.
	VisitorID string

	detail string // printed: the cause, made fit to be
	advice string
	cause  error
	unsent bool // nothing of the request has left

	withheld bool // LivePerson's message has nothing that is known

	codeName string // what LivePerson calls Code; empty: internalCode
	trouble  trouble
}

// Error gives the facts in a fixed form, which programs may read, then the words:
//
//	class=invalid status=400 code=5 attempts=1: …
func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "class=%s status=%d code=%d attempts=%d: ", e.Class, e.Status, e.Code, e.Attempts)
	switch {
	case e.Class == ClassNetwork:
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
		fmt.Fprintf(&b, " (with a message that is not repeated, as it may hold what was sent; %s %d)", name, e.Code)
	}
	if e.detail != "" {
		b.WriteString(": " + e.detail)
	}
	if e.advice != "" {
		b.WriteString(": " + e.advice)
	}
	return b.String()
}

// Unwrap gives the network error, or the reason why it was not sent.
func (e *Error) Unwrap() error { return e.cause }

// Retryable says whether the same request may succeed later.
func (e *Error) Retryable() bool { return slices.Contains(retried, e.Class) }

// StaleIDs says that LivePerson refuses the visitor or session id that was sent: the request
// may succeed without the ids.
func (e *Error) StaleIDs() bool { return failureOf(e.Status, e.Code, "").staleIDs }

// MayHaveArrived says whether LivePerson may have acted on the request, so that
// repeating it may do it twice. It is false when the request has certainly not left,
// as no connection was made or no token was had, and when LivePerson has refused it.
func (e *Error) MayHaveArrived() bool {
	switch e.Class {
	case ClassNetwork, ClassServer, ClassLoading:
		return !e.unsent && !failureOf(e.Status, 0, "").notPassedOn
	case ClassNotFound: // a success that can't be LivePerson's, or has nothing of what it should
		return !e.unsent && e.Status != 0 && e.Status < http.StatusBadRequest
	}
	return false
}

// NotSent is the error of a request that was not made because LivePerson would
// refuse it.
func NotSent(reason error) *Error {
	return &Error{Class: ClassInvalid, detail: reason.Error(), cause: reason}
}

// Down is the error of a request that is not made because LivePerson has not answered
// others before it; the next one goes after the pause.
func Down(pause time.Duration) *Error {
	return &Error{Class: ClassServer, RetryAfter: pause, unsent: true, detail: fmt.Sprintf("LivePerson does not answer, or with errors alone; the next request goes in %s", pause.Round(time.Second))}
}

// networkError wraps a failure to get any answer. The host is told, the rest of the URL
// is not, nor what the host sent.
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

// classify reads an answer that is not a success. It always gives an error.
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

// maxCode is beyond LivePerson's internal codes, which have two digits. A number that is
// larger may be an id.
const maxCode = 1000

func printable(code int) int {
	if code < 0 || code >= maxCode {
		return 0
	}
	return code
}

// say keeps what of another side's message may be printed.
func (e *Error) say(message string) {
	e.Message = knownWords(message)
	e.withheld = e.Message == "" && message != ""
}

// describe says what came in place of an answer, where the status is that of a success.
func (e *Error) describe(res *answer) {
	if success(res.status) && e.Class == ClassNotFound {
		e.detail = joined(res.host+" sent "+described(res), e.detail)
	}
}

// readErrorEntity reads {"time","message","internalCode"}. Some pages show the
// code as a string, and some services wrap the whole in {"error":{…}}.
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

// loadingMessage is LivePerson's "Loading account: 61847174, vid: Q3Yz…". Both
// parts have been seen empty.
var loadingMessage = regexp.MustCompile(`^Loading account: ?([^,]*), vid: ?(\S*)`)

func loadingVisitorID(message string) string {
	if parts := loadingMessage.FindStringSubmatch(message); parts != nil {
		return parts[2]
	}
	return ""
}

// ClassOf gives the class of an error that may wrap an *Error; empty when it
// wraps none.
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
