package liveperson

import (
	"net/http"
	"slices"
)

// service is one of LivePerson's services. Each has its own advice.
type service int

// The services.
const (
	monitoring service = iota
	appEngagement
	messaging
	sentinel
	idp
	swift
	login
	visitInformation
	interactions
)

// remedy is the advice in an error's text for a kind of failure.
type remedy struct {
	class  Class
	status int   // 0: any
	codes  []int // none: any
	ids    bool  // only if the request had a visitor id or a session id
	text   string
}

var noSuchIDs = remedy{
	class: ClassNotFound, status: http.StatusNotFound, codes: []int{codeSessionNotFound, codeBadVisitor, codeBadSession}, ids: true,
	text: "the visitor or session id is not known to LivePerson",
}

// remedies has the advice for failures, by the service that answered. The first row that fits
// counts.
var remedies = map[service][]remedy{
	monitoring: {
		noSuchIDs,
		{class: ClassUnauthorised, text: "the account may demand authenticated monitoring (signed identities), or a proxy refuses the request: " + signedIdentities},
		{class: ClassNotFound, status: http.StatusNotFound, text: "check monitoring_domain, account_id and app_installation_id (the app key)"},
		{class: ClassNotFound, text: "this is not the Monitoring API: check monitoring_domain, domain_api, and whether a proxy answers"},
		{codes: []int{codeBadVersion}, text: "set api_version to a version that LivePerson supports"},
		{class: ClassInvalid, text: "LivePerson does not accept this request as it is"},
		{class: ClassThrottled, text: tooMany},
	},
	appEngagement: {
		noSuchIDs,
		{class: ClassUnauthorised, text: "the account may not have the App Engagement API, or may demand signed identities, which this API does not take: ask LivePerson, or use api: monitoring and " + signedIdentities},
		{class: ClassNotFound, status: http.StatusNotFound, text: "check app_engagement_domain and account_id"},
		{class: ClassNotFound, text: "this is not the App Engagement API: check app_engagement_domain, domain_api, and whether a proxy answers"},
		{class: ClassInvalid, text: "LivePerson does not accept this request as it is"},
		{class: ClassThrottled, text: tooMany},
	},
	messaging: {
		{codes: []int{codeNoConsumerToken, codeNoAppToken}, text: "a token did not arrive: check that no proxy removes the headers Authorization or X-LP-ON-BEHALF"},
		{codes: []int{codeInvalidConsumerToken}, text: "LivePerson does not accept the consumer's token: check that the conversation is this consumer's"},
		{class: ClassUnauthorised, text: "LivePerson does not accept the app's token: check that the app's scope is msg.consumer"},
		{class: ClassNotFound, text: "this is not the Connector API: check messaging_domain and account_id, domain_api, and whether a proxy answers"},
		{class: ClassThrottled, text: tooMany},
	},
	sentinel: {
		{class: ClassUnauthorised, text: noAppToken},
		{class: ClassInvalid, text: noAppToken},
		{class: ClassNotFound, text: "check sentinel_domain and account_id, domain_api, and whether a proxy answers"},
	},
	idp: {
		{class: ClassUnauthorised, text: "LivePerson gives no consumer token to this app: check that its scope is msg.consumer"},
		{class: ClassInvalid, text: "LivePerson does not accept this consumer's id"},
		{class: ClassNotFound, text: "check idp_domain and account_id, domain_api, and whether a proxy answers"},
	},
	swift: {
		{class: ClassUnauthorised, text: "a file's address is good for one minute: ask for another one"},
		{class: ClassNotFound, text: "check swift_domain, domain_api, and whether a proxy answers"},
	},
	login: {
		{class: ClassUnauthorised, text: noLogin},
		{class: ClassInvalid, text: noLogin},
		{class: ClassNotFound, text: "this is not the Login API: check account_id, domain_api, and whether a proxy answers"},
		{class: ClassThrottled, text: "too many logins: give each pipeline a user of its own, or use an API key"},
	},
	visitInformation: {
		noSuchIDs,
		{class: ClassUnauthorised, text: "LivePerson does not accept the credentials: check them, and that the user or API key may use the Visit Information API"},
		{class: ClassNotFound, status: http.StatusNotFound, text: "check monitoring_domain and account_id"},
		{class: ClassNotFound, text: "this is not the Visit Information API: check monitoring_domain, domain_api, and whether a proxy answers"},
		{class: ClassThrottled, text: tooMany},
	},
	interactions: {
		{class: ClassUnauthorised, text: "LivePerson does not accept the credentials: check them, and that the user, API key or app may use the Messaging Interactions API"},
		{class: ClassNotFound, text: "this is not the Messaging Interactions API: check account_id, domain_api, and whether a proxy answers"},
		{class: ClassThrottled, text: tooMany},
	},
}

const signedIdentities = "add the identity of a logged-in consumer with liveperson_identity, or ask LivePerson to allow unauthenticated requests for this app installation"

const (
	noLogin = "check account_id, user and password: LivePerson locks a user after some wrong passwords, so the login is not repeated for ten minutes"
	tooMany = "too many requests: lower concurrency, or set a rate_limit"
)

const noAppToken = "check account_id, client_id and client_secret: LivePerson gives no app token for them"

// advise returns what to do about a failure, or "" if there is no advice.
func (s service) advise(e *Error) string {
	switch {
	case s == messaging && e.conversation.alreadyOpen:
		return "the consumer has an open conversation: send the message to that conversation"
	case s == messaging && e.ConversationGone():
		return "open another conversation"
	case (s == monitoring || s == appEngagement) && e.Status == http.StatusBadRequest && e.Code != codeBadVersion:
		return invalidAdvice(e.Message)
	}
	for _, r := range remedies[s] {
		if r.ids && e.noIDs {
			continue
		}
		if (r.class == "" || r.class == e.Class) && (r.status == 0 || r.status == e.Status) && (r.codes == nil || slices.Contains(r.codes, e.Code)) {
			return r.text
		}
	}
	return ""
}

// invalidAdvice says which identity or engagement attribute a 400 is about.
func invalidAdvice(message string) string {
	switch {
	case message == "consumerId" || message == "identities":
		return "there is no identity: set consumerId, identities[].sub or the visitor id"
	case isField(message):
		return message + " is missing or malformed"
	}
	return "an identity or engagement attribute is missing or malformed"
}
