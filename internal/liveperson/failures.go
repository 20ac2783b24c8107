package liveperson

import (
	"fmt"
	"math"
	"net/http"
	"slices"
)

// Class says what kind of failure an Error is, and so what can be done about it.
type Class string

// The classes of failure.
const (
	ClassInvalid      Class = "invalid"
	ClassUnauthorised Class = "unauthorised"
	ClassNotFound     Class = "not_found"
	ClassThrottled    Class = "throttled"
	ClassLoading      Class = "loading"
	ClassServer       Class = "server"
	ClassNetwork      Class = "network"
	// ClassContradictory is an answer that contradicts itself or LivePerson's documentation.
	ClassContradictory Class = "contradictory"
	// ClassDeadline means that the caller does not wait any longer.
	ClassDeadline Class = "deadline"
)

// Classes returns the names of all classes.
func Classes() []string {
	return []string{
		string(ClassInvalid), string(ClassUnauthorised), string(ClassNotFound), string(ClassThrottled),
		string(ClassLoading), string(ClassServer), string(ClassNetwork),
	}
}

// retried are the classes of failures that may succeed later without a change. LivePerson
// asks never to repeat a 4xx except 429.
// https://developers.liveperson.com/retry-policy-recommendations.html
var retried = []Class{ClassThrottled, ClassLoading, ClassServer, ClassNetwork}

// LivePerson's codes that decide something. Two digits: internalCode, from the Monitoring API
// overview, "Error codes". Five digits: errorCode, from the Connector API's page on
// authorisation.
const (
	codeInvalidData      = 5
	codeSessionNotFound  = 12 // Visit Information API: older than six hours
	codeAccountNotLoaded = 20
	codeBadVersion       = 33
	codeBadVisitor       = 37
	codeBadSession       = 39

	codeInvalidAppToken      = 40102
	codeInvalidConsumerToken = 40103
	codeNoConsumerToken      = 40104 // on the same page also the code of a missing app token
	codeNoAppToken           = 40105
)

// failure is a row of the table of failures. docs/operations.md shows the table.
type failure struct {
	from, to int    // the HTTP statuses
	codes    []int  // LivePerson's codes; none: any code
	statuses string // the statuses as the docs show them; empty: as from and to say

	class Class
	// overload says that LivePerson, or a front end, has more requests than it can take.
	overload bool
	// notPassedOn says that a front end refused the request and did not pass it on. It waited
	// too long for the request, the connection is for another host, or the request came too
	// early in a TLS handshake (RFC 9110, RFC 8470).
	notPassedOn bool
	// staleIDs says that LivePerson does not know the visitor or session id of the request.
	staleIDs bool

	meaning string
	retry   string // what the docs say about retries; empty: yes or no, as retried says
	action  string // what to do, in the docs
}

// asAbove is the action of the row above.
const asAbove = "As above."

// failures is the table. The first row that fits an answer counts.
var failures = []failure{
	{
		from: 202, to: 202, codes: nil, class: ClassLoading,
		meaning: "LivePerson is loading the account. It does that after a time without traffic.",
		action:  "Nothing. If it happens often, add a pause to `retry_pauses`.",
	},
	{
		from: 500, to: 599, codes: []int{codeAccountNotLoaded}, class: ClassLoading,
		meaning: "LivePerson is loading the account. It answers so with `api_version: \"1.0\"`.",
		action:  asAbove,
	},
	{
		from: 401, to: 401, codes: []int{codeInvalidAppToken, codeInvalidConsumerToken}, class: ClassUnauthorised,
		meaning: "The app token or the consumer token has expired, or is invalid.",
		retry:   "once, with a new token; then see [When LivePerson refuses the account](#when-liveperson-refuses-the-account)",
		action:  "If it goes on, check that the app is installed and that the conversation is this consumer's.",
	},
	{
		from: 401, to: 401, codes: []int{codeNoConsumerToken, codeNoAppToken}, class: ClassUnauthorised,
		meaning: "A token did not reach LivePerson.",
		action:  "Check that no proxy removes the headers `Authorization` and `X-LP-ON-BEHALF`.",
	},
	{
		from: 401, to: 401, class: ClassUnauthorised,
		meaning: "LivePerson does not accept the credentials, or the account demands authenticated monitoring.",
		action:  "Check `client_id` and `client_secret`. For reports, ask LivePerson to allow unauthenticated reports for the app installation.",
	},
	{
		from: 403, to: 403, class: ClassUnauthorised,
		meaning: "LivePerson does not allow the request to this app or account.",
		action:  "Check the scope of the app and that it is installed. Check whether a proxy refuses the request.",
	},
	{
		from: 407, to: 407, class: ClassUnauthorised,
		meaning: "A proxy asks for a password.",
		action:  "Set user and password in `proxy_url`.",
	},
	{
		from: 404, to: 404, codes: []int{codeSessionNotFound, codeBadVisitor, codeBadSession}, class: ClassNotFound, staleIDs: true,
		meaning: "LivePerson does not know the visitor or session id of the request.",
		retry:   "once, without the ids",
		action:  "Nothing.",
	},
	{
		from: 404, to: 404, class: ClassNotFound,
		meaning: "The service does not know the account or the app.",
		action:  "Check `account_id`, `app_installation_id` and the domain settings.",
	},
	{
		from: math.MinInt, to: 399, statuses: "200, 201, 3xx", class: ClassNotFound,
		meaning: "Something other than LivePerson answered, such as a web page. The error names the host and what came.",
		action:  "Check `domain_api` and the proxies on the way. If a proxy replaces LivePerson's answers, see `accept_any_200`.",
	},
	{
		from: 429, to: 429, class: ClassThrottled, overload: true,
		meaning: "There are too many requests.",
		retry:   "yes, after 1 s or more",
		action:  "Lower `concurrency`, or set a `rate_limit`.",
	},
	{
		from: 408, to: 408, class: ClassServer, notPassedOn: true,
		meaning: "A load balancer or proxy in front of LivePerson did not receive the whole request in time.",
		action:  "If it goes on, check the proxies on the way.",
	},
	{
		from: 421, to: 421, class: ClassServer, notPassedOn: true,
		meaning: "A load balancer or proxy received the request on a connection for another host.",
		action:  asAbove,
	},
	{
		from: 425, to: 425, class: ClassServer, notPassedOn: true,
		meaning: "A load balancer or proxy received the request too early in a TLS handshake.",
		action:  asAbove,
	},
	{
		from: 400, to: 400, class: ClassInvalid,
		meaning: "A member is missing or malformed. The error repeats members of the request and known phrases from LivePerson's message.",
		action:  "Correct the mapping or the event.",
	},
	{
		from: 400, to: 499, statuses: "other 4xx", class: ClassInvalid,
		meaning: "LivePerson does not accept the request as it is.",
		action:  "Correct the mapping or the event.",
	},
	{
		from: 503, to: 504, class: ClassServer, overload: true,
		meaning: "LivePerson, or a front end, has too much load or is down.",
		action:  "If it goes on, ask LivePerson.",
	},
	{
		from: 500, to: math.MaxInt, statuses: "other 5xx", class: ClassServer,
		meaning: "LivePerson has a problem, or limits new sessions.",
		action:  "If it goes on, ask LivePerson.",
	},
}

// withoutAnswer are the rows of the docs for errors that the status does not decide.
var withoutAnswer = []failure{
	{
		statuses: "200, 201", class: ClassContradictory,
		meaning: "LivePerson's answer to a question contradicts itself: `Available` without an engagement, an engagement beside `NotAvailable`, or a status that LivePerson does not document. It is no offer.",
		action:  "Ask LivePerson.",
	},
	{
		statuses: "0", class: ClassDeadline,
		meaning: "`max_wait` of `liveperson_engagement` is up. `attempts=0` says that LivePerson was not asked.",
		action:  "With `attempts=0`, raise `concurrency`. Otherwise LivePerson is slow: raise `max_wait` if callers can wait.",
	},
	{
		statuses: "0", class: ClassNetwork,
		meaning: "There was no answer: no connection, a TLS failure or a time-out.",
		action:  "Check the host, DNS, proxy, firewall and certificates.",
	},
	{
		statuses: "0", class: ClassInvalid,
		meaning: "The message cannot be sent, and was not sent. The error names the member.",
		action:  "Correct the mapping or the event.",
	},
	{
		statuses: "0", class: ClassServer,
		meaning: "The request was not made: a cache failed, or LivePerson was down.",
		action:  "Check the cache that the error names.",
	},
}

// failureOf returns the row of an answer. message is LivePerson's own text: with some
// statuses it says in words that the account is being loaded, and has no code.
func failureOf(status, code int, message string) failure {
	if loadingMessage.MatchString(message) {
		code = codeAccountNotLoaded
	}
	i := slices.IndexFunc(failures, func(f failure) bool {
		return f.from <= status && status <= f.to && (f.codes == nil || slices.Contains(f.codes, code))
	})
	return failures[i] // every status has a row
}

func (f failure) statusText() string {
	switch {
	case f.statuses != "":
		return f.statuses
	case f.from == f.to:
		return fmt.Sprint(f.from)
	case f.from == http.StatusServiceUnavailable:
		return fmt.Sprintf("%d, %d", f.from, f.to)
	}
	return fmt.Sprintf("%dxx", f.from/100)
}

func (f failure) retryText() string {
	switch {
	case f.retry != "":
		return f.retry
	case slices.Contains(retried, f.class):
		return "yes"
	}
	return "no"
}
