package engagement

import (
	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/benthos-liveperson/benthos-liveperson/internal/conversation"
	"github.com/benthos-liveperson/benthos-liveperson/internal/metric"
	"github.com/benthos-liveperson/benthos-liveperson/internal/requests"
	"github.com/benthos-liveperson/benthos-liveperson/internal/session"
	"github.com/benthos-liveperson/benthos-liveperson/internal/settings"
)

func spec() *service.ConfigSpec {
	return service.NewConfigSpec().
		Beta().
		Categories("Services").
		Summary("Asks LivePerson which engagement may be offered to a visitor, through the Monitoring API or the App Engagement API, and puts the answer into the message.").
		Description(description).
		Field(settings.AccountField()).
		Field(settings.EnumField(leFieldAPI, map[string]string{
			apiMonitoring:    "The engagement method of the Monitoring API, for messaging. Needs `app_installation_id`.",
			apiAppEngagement: "The App Engagement API, for chat: engagements whose source is of the type MSDK or EXTERNAL.",
		}).
			Description("The API of LivePerson that the processor asks.").
			Default(apiMonitoring)).
		Field(settings.AppInstallationField().Default("")).
		Field(settings.DurationField(leFieldMaxWait).
			Description("The longest time from the moment when the processor gets a batch to the answer to its last question. It includes all waits: for a place in flight, the visitor's session, the Domain API, requests and retries. A question that is not answered in time fails with `class=deadline`. Set it if a web page or another caller waits for the answer. The processor then makes up to `concurrency` requests at a time from the start. Absent: only `retry_pauses` and `timeout` limit the time, and a question may wait for a place in flight without limit.").
			Example("1s").
			Optional()).
		Field(settings.MonitoringDomainField()).
		Field(service.NewStringField(leFieldAppDomain).
			Description("The host of the App Engagement API: a host, `host:port`, or a URL for a stand-in on loopback. Empty: the processor asks the Domain API for the service `msdkgw`, or for `smt` if the account has no `msdkgw`.").
			Default("").
			Advanced().
			LintRule(settings.Lint(settings.HostLint(leFieldAppDomain)))).
		Field(service.NewBloblangField(leFieldRequestMap).
			Description("A mapping from the message to the request; see below. If it returns `deleted()`, the message stays unchanged, and LivePerson is not asked. Empty: the content is the request, for example the report of a preset.").
			Default("").
			Example("root.identities = [{\"iss\": \"shop.example.com\", \"acr\": \"0\", \"sub\": this.visitor}]\nroot.entryPoints = [this.url]")).
		Field(service.NewBloblangField(leFieldResultMap).
			Description("A mapping that puts the answer into the message, as in Benthos' `branch`: `this` is the answer, `root` the message. Empty: the content stays unchanged, and only the metadata get the ids of the answer.").
			Default("root.liveperson = this").
			Example("root.offer = this.engagement.or(null)")).
		Field(settings.EnumField(leFieldOperation, map[string]string{
			operationAsk:    "Asks for an engagement, in the visitor's session or in a new one.",
			operationUpdate: "Adds data to a session of the App Engagement API: `engagementAttributes`, and impressions as `impAttributes`. The session must exist.",
		}).
			Description("Whether the processor asks for an engagement or adds data to a session.").
			Default(operationAsk).
			Advanced()).
		Field(settings.EnumField(leFieldAppType, map[string]string{
			appTypeMSDK:     "A mobile app with LivePerson's SDK.",
			appTypeExternal: "Anything else.",
		}).
			Description("The `appType` for the App Engagement API, if the request has none.").
			Default(appTypeExternal).
			Advanced()).
		Field(session.ConsumerField()).
		Field(session.IdentityField()).
		Field(settings.SwitchField(leFieldAllowPersonalIDs).
			Description("Accepts an e-mail address or a phone number as a consumer's id. LivePerson requires ids that nobody can guess.").
			Default(false).
			Advanced()).
		Field(service.NewStringField(leFieldCache).
			Description("The label of a cache resource for answers, one for each consumer and `cache_key`. While a stored answer is valid, LivePerson is not asked and does not get the data of the message. Empty: no answers are stored.").
			Default("").
			Advanced()).
		Field(settings.DurationField(leFieldCacheTTL).
			Description("How long a stored answer `available` or `in_conversation` is valid. If LivePerson's answer has `validForSeconds` (App Engagement API), it is valid no longer than that. Absent: `validForSeconds` alone counts, and answers without it are not stored.").
			Example("1m").
			Optional().
			Advanced()).
		Field(settings.DurationField(leFieldCacheTTLNothing).
			Description("How long a stored `not_available` is valid. Choose a short time, because the visitor's next action may lead to an offer. Absent: the answer is not stored.").
			Example("2s").
			Optional().
			Advanced()).
		Field(service.NewInterpolatedStringField(leFieldCacheKey).
			Description("An expression for the part of the message that the answer depends on, besides the consumer. Only questions with the same value share a stored answer. Absent: all questions about the same consumer share an answer, even if their attributes differ.").
			Example(`${! json("total") >= 100 }`).
			Example(`${! json("url").parse_url().path }`).
			Optional().
			Advanced()).
		Field(conversation.Field()).
		Fields(settings.AdvancedFields()...).
		Fields(settings.MonitoringFields()...).
		Fields(session.Fields()...).
		Fields(requests.FieldsWithout("question", "Absent: 3, 10, 30 and 90 s with `api: monitoring`, and 5, 10 and 15 s with `api: app_engagement`, as LivePerson asks. The pauses of a question that always fails then add up to 133 s or 30 s, and up to a fifth more at random. To this comes `timeout` for each of its 5 or 4 requests without an answer. With `max_wait`, the question fails at once if the next pause would not end in time.")...).
		Field(requests.OutageField("1s", "2s", "3s")).
		LintRule(settings.Lint(`root = if this.api.or("").lowercase() != "`+apiAppEngagement+`" && this.operation.or("").lowercase() == "`+operationUpdate+`" { "operation: update is for api: app_engagement" }`)).
		Example("What may I offer this visitor?",
			"The backend of a website asks over HTTP and gets LivePerson's offer back. `max_wait` limits how long the page waits.",
			exampleHTTP).
		Example("Impressions of an offer",
			"Events such as Engagement Displayed have the earlier answer in their properties. They become impressions in the session that got the engagement. Impressions of the Monitoring API are sent with liveperson_report instead.",
			exampleImpressions).
		Example("Only for large carts, remembered for a minute",
			"LivePerson is not asked for carts below 100. After a failure, the error is logged and the message continues without an offer.",
			exampleCarts)
}

var description = `
### The request

The request is an object. All members are optional:

| ` + "`api`, `operation`" + ` | members |
|---|---|
| ` + "`monitoring`" + ` | ` + "`identities`, `consumerId`, `clientProperties`, `entryPoints`, `engagementAttributes`, `pageId`" + ` |
| ` + "`app_engagement`, `ask`" + ` | ` + "`appType`, `appDetails`, `consumerSections` (a list of texts, or a text with commas), `engagementAttributes`" + ` |
| ` + "`app_engagement`, `update`" + ` | ` + "`pageId` (by default from the last answer), `impAttributes`, `engagementAttributes`" + ` |

The processor ignores members of another row, so a report can be used as a request. Any other member is an error. ` + "`clientProperties` and `appDetails`" + ` describe the device:

* ` + "`deviceFamily`: `DESKTOP`, `TABLET`, `MOBILE`" + `
* ` + "`os` or `osName`: `WINDOWS`, `MAC_OSX`, `LINUX`, `IOS`, `ANDROID`" + `
* ` + "`osVersion`, `appVersion`" + `: text
* ` + "`ipAddress`" + `: an IP address; for the Monitoring API, an IPv4 address

The processor refuses a request that LivePerson would refuse. Examples are another value of these members, an impression among the attributes, and an attribute that is not as [LivePerson documents it](engagement-attributes.md).

### The answer

The answer has the same form for both APIs. Ids are texts. A member is missing if LivePerson did not send its value.

` + "```json" + `
{
  "status": "available",
  "session_id": "stM0CzMWRye4MZgRBAL4UQ", "visitor_id": "ZjYWZlYzYzNDE5MTE1OWQ5", "page_id": "1674628973",
  "engagement": {
    "campaign_id": "2695999112", "engagement_id": "2696029112", "revision": 3, "context_id": "1",
    "window_id": "3346847910", "language": "en-US", "valid_until": "2026-03-02T09:15:00Z",
    "skill_id": "23", "skill_name": "TestSkill", "connector_id": "2696029012", "conversation_id": ""
  }
}
` + "```" + `

| ` + "`status`" + ` | meaning |
|---|---|
| ` + "`available`" + ` | ` + "`engagement`" + ` may be offered in this session, until ` + "`valid_until`" + ` if there is one |
| ` + "`not_available`" + ` | LivePerson offers nothing; there is no ` + "`engagement`" + ` |
| ` + "`in_conversation`" + ` | the consumer has an open conversation: ` + "`engagement.conversation_id`" + ` |

An update has no status, because LivePerson's answer is empty. The processor also writes the ids into the metadata ` + "`liveperson_visitor_id` and `liveperson_session_id`" + `.

The processor shares the consumer's session with ` + "`liveperson_report`" + `, if both have the same ` + "`account_id`, `consumer` and `session_cache`" + `. LivePerson then decides on the offer by earlier reports, and impressions that are reported later belong to the same session. If the message has ids in the same metadata, these are used instead. If it has only one of the two, the processor adds the other if it knows the pair. ` + "`request_map`" + ` may set them: ` + "`meta liveperson_session_id = this.sid`" + `.

The ` + "`identities` and `consumerId`" + ` of the request identify the consumer. For the App Engagement API, they are used here but not sent. The answer for a visitor without an id is not stored. Its session can be used again with the visitor id or the session id of the answer.

### Failures

If the request fails, or LivePerson refuses it, the message goes on unchanged and marked as failed. Handle it with ` + "`catch` or `try`" + `. Its error begins with ` + "`class=… status=… code=… attempts=…`" + `, like the errors of [liveperson_report](output-liveperson_report.md). Two errors begin differently: the Domain API does not have the service, or a mapping fails after the answer.

If an earlier step marked a message as failed, the message goes on unchanged, and LivePerson is not asked. To ask inside ` + "`catch`, begin it with `- catch: []`" + `, which removes the mark.

The log has a warning for the first failure of each class. With ` + "`class=unauthorised` or `class=not_found`" + `, each of the first ten failures is a warning, because then the account, the app key or a host is probably wrong. After that there is a warning every 10 s, with the number of failures since the last one. All other failures are logged at level debug.

Failures that may be temporary are retried after ` + "`retry_pauses`" + `. While LivePerson loads the account, its answers have a visitor id, which the retries use. Set ` + "`max_wait`" + ` if a caller waits for the answer.

If LivePerson's answer contradicts itself, the message fails with ` + "`class=contradictory`" + `. It is never an offer. Examples are ` + "`Available`" + ` without an engagement, and a status that LivePerson does not document.

### While LivePerson is down

LivePerson counts as down when all requests have failed for 5 seconds with 5xx or without a connection. At least two of them must be retries or, if there is no time for retries, there must be ten requests. Messages then do not wait, but fail at once. After each of the ` + "`outage_pauses`" + `, the processor makes one request to find out whether LivePerson is back. With the default pauses, offers are back within 3 s plus the time of one request.

Requests that end at ` + "`max_wait`, or at a `timeout`" + ` of less than 5 s, do not count towards this, because LivePerson may only be slow.

The processor asks for the messages of a batch in parallel, up to ` + "`concurrency`" + `, and keeps their order. If each message is its own batch, as from ` + "`http_server`" + `, the pipeline's ` + "`threads`" + ` limit the requests in flight. Their default is the number of processors of the machine, so set more.

### How long a page waits

With ` + "`max_wait: 1s`" + `, each question is answered or fails within 1 s, even if LivePerson is slow. The time begins when the processor gets the message. Before that, a message of ` + "`http_server`" + ` waits for one of the pipeline's ` + "`threads`" + `: set more threads than there are questions at a time. Let the website send the header ` + "`Accept-Encoding: identity`" + `. Many HTTP clients ask for gzip by default, and Benthos then needs four times as much CPU time for each question. If there are more questions than ` + "`concurrency`" + `, some wait for a place in flight. They fail if no place becomes free in time.

### Stored answers

With ` + "`cache`" + `, the processor stores a consumer's answer, and uses it again while it is valid and the session is the same. All processors with the same cache, API, account, ` + "`app_installation_id`, `appType` and `cache_key`" + ` share it. Questions about the consumer that come while LivePerson is being asked wait for the same answer.

**Without ` + "`cache_key`, the rest of the request makes no difference" + `.** A consumer whose cart has grown from 10 to 150 gets the answer for the cart of 10. Put the values that your campaigns look at into ` + "`cache_key`" + `.

A stored answer is no longer valid when a conversation of the consumer opens or ends. The processor knows the conversations that ` + "`liveperson_message`" + ` opens, and those that end in the sight of ` + "`liveperson_message` or `liveperson_webhook`" + `. These components must have the same account and ` + "`conversation_cache`" + `, and their ` + "`ext_consumer_id`" + ` must be the consumer here. It does not know conversations that a visitor opens in a browser: keep ` + "`cache_ttl`" + ` short for those.

Without ` + "`cache`" + `, questions share an answer only if they are the same, are about the same consumer, and come at the same time.

### Metrics

` + metric.Table("liveperson_engagement")

const exampleHTTP = `
input:
  http_server:
    path: /offer
    allowed_verbs: [POST]

pipeline:
  threads: 1024
  processors:
    - liveperson_engagement:
        account_id: ${LIVEPERSON_ACCOUNT_ID:12345678}
        app_installation_id: ${LIVEPERSON_APP_INSTALLATION_ID:a1b2c3d4-1234-5678-90ab-cdef12345678}
        max_wait: 1s
        concurrency: 256
        request_map: |
          root.identities = [{"iss": "shop.example.com", "acr": "0", "sub": this.visitor}]
          root.entryPoints = [this.url]
        result_map: root = this
    - catch:
        - mapping: 'root = {"status": "not_available"}'

output:
  sync_response: {}
`

const exampleCarts = `
pipeline:
  processors:
    - liveperson_engagement:
        account_id: "12345678"
        app_installation_id: a1b2c3d4-1234-5678-90ab-cdef12345678
        cache: offers
        cache_ttl: 1m
        cache_ttl_not_available: 2s
        cache_key: ${! json("total") >= 100 }
        request_map: |
          root = if this.total < 100 { deleted() }
          root.identities = [{"iss": "shop.example.com", "acr": "0", "sub": this.visitor}]
          root.engagementAttributes = [{"type": "cart", "total": this.total, "currency": "EUR", "numItems": this.items}]
    - catch:
        - log:
            message: ${! error() }

cache_resources:
  - label: offers
    memory: {}
`

const exampleImpressions = `
pipeline:
  processors:
    - liveperson_impressions: {}
    - liveperson_engagement:
        account_id: "12345678"
        api: app_engagement
        operation: update
        request_map: |
          root.pageId = this.pageId
          root.impAttributes = this.engagementAttributes
        result_map: ""
`
