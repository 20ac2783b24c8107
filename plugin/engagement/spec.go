package engagement

import (
	"github.com/redpanda-data/benthos/v4/public/service"

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
			Description("Which of LivePerson's APIs is asked.").
			Default(apiMonitoring)).
		Field(settings.AppInstallationField().Default("")).
		Field(settings.MonitoringDomainField()).
		Field(service.NewStringField(leFieldAppDomain).
			Description("The host of the App Engagement API: a host, `host:port`, or a URL for a stand-in on loopback. Empty: asked of the Domain API, service `msdkgw`, or `smt` where the account has no such service.").
			Default("").
			Advanced().
			LintRule(settings.HostLint(leFieldAppDomain))).
		Field(service.NewBloblangField(leFieldRequestMap).
			Description("A mapping of the message to what LivePerson is asked; see below. A message for which it gives `deleted()` is left as it is, and LivePerson is not asked. Empty: the content is what is asked, such as a report of a preset.").
			Default("").
			Example("root.identities = [{\"iss\": \"shop.example.com\", \"acr\": \"0\", \"sub\": this.visitor}]\nroot.entryPoints = [this.url]")).
		Field(service.NewBloblangField(leFieldResultMap).
			Description("A mapping of the answer into the message, as in Benthos' `branch`: `this` is the answer, `root` the message. Empty: the content stays as it is, and the answer's ids are in the metadata alone.").
			Default("root.liveperson = this").
			Example("root.offer = this.engagement.or(null)")).
		Field(settings.EnumField(leFieldOperation, map[string]string{
			operationAsk:    "Asks for an engagement, in the visitor's session or a new one.",
			operationUpdate: "Says more of a session of the App Engagement API, which must be there: `engagementAttributes`, and impressions as `impAttributes`.",
		}).
			Description("What is done.").
			Default(operationAsk).
			Advanced()).
		Field(settings.EnumField(leFieldAppType, map[string]string{
			appTypeMSDK:     "A mobile app with LivePerson's SDK.",
			appTypeExternal: "Anything else.",
		}).
			Description("The App Engagement API's `appType`, for requests that have none.").
			Default(appTypeExternal).
			Advanced()).
		Field(session.ConsumerField()).
		Field(settings.SwitchField(leFieldAllowPersonalIDs).
			Description("Lets an e-mail address or a phone number be a consumer's id. LivePerson wants ids that can't be guessed.").
			Default(false).
			Advanced()).
		Field(service.NewStringField(leFieldCache).
			Description("The label of a cache resource in which answers are remembered, by consumer. While one holds LivePerson is not asked, nor told what the message says. Empty: none is remembered.").
			Default("").
			Advanced()).
		Field(settings.DurationField(leFieldCacheTTL).
			Description("How long an answer holds, but no longer than LivePerson says. Absent: as long as LivePerson says (`validForSeconds` of the App Engagement API's offers); other answers are not remembered then.").
			Example("1m").
			Optional().
			Advanced()).
		Fields(settings.AdvancedFields()...).
		Fields(settings.MonitoringFields()...).
		Fields(session.Fields()...).
		Fields(requests.Fields("question")...).
		LintRule(`root = if this.api.or("").lowercase() != "`+apiAppEngagement+`" && this.operation.or("").lowercase() == "`+operationUpdate+`" { "operation: update is for api: app_engagement" }`).
		Example("What may I offer this visitor?",
			"A website's backend asks over HTTP and gets LivePerson's offer back. Answers come quickly or not at all: nobody waits for a page that long.",
			exampleHTTP).
		Example("What became of an offer",
			"Events such as Engagement Displayed, with the answer of an earlier step in their properties, go as impressions into the session that was handed the engagement. Those of the Monitoring API go with liveperson_report.",
			exampleImpressions).
		Example("Only for large carts, remembered for a minute",
			"Carts below 100 ask for nothing. A failure is logged, and the message goes on without an offer.",
			exampleCarts)
}

var description = `
### What is asked

The request is an object with these members, all of them optional:

| ` + "`api`, `operation`" + ` | members |
|---|---|
| ` + "`monitoring`" + ` | ` + "`identities`, `consumerId`, `clientProperties`, `entryPoints`, `engagementAttributes`, `pageId`" + ` |
| ` + "`app_engagement`, `ask`" + ` | ` + "`appType`, `appDetails`, `consumerSections` (a list of texts, or a text with commas), `engagementAttributes`" + ` |
| ` + "`app_engagement`, `update`" + ` | ` + "`pageId` (the last answer's, if it is left out), `impAttributes`, `engagementAttributes`" + ` |

Members of another row are left out of the request, so that a report can be asked with; any other member is an error. Of the device, ` + "`clientProperties` and `appDetails`" + ` say ` + "`deviceFamily`: `DESKTOP`, `TABLET`, `MOBILE`; `os` (or `osName`): `WINDOWS`, `MAC_OSX`, `LINUX`, `IOS`, `ANDROID`; `osVersion`; `appVersion`; `ipAddress`" + `, which is an IPv4 address for the Monitoring API. What LivePerson would refuse is refused before it is sent: another value of these, an impression among the attributes, an attribute that is not as [LivePerson documents it](engagement-attributes.md).

### The answer

It has the same form for both APIs. Ids are texts. What LivePerson did not say is not there.

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
| ` + "`available`" + ` | ` + "`engagement`" + ` may be offered, in this session, until ` + "`valid_until`" + ` if that is there |
| ` + "`not_available`" + ` | nothing is on offer; there is no ` + "`engagement`" + ` |
| ` + "`in_conversation`" + ` | the consumer has an open conversation: ` + "`engagement.conversation_id`" + ` |

An update has no status: LivePerson answers it with nothing. The ids are also put into the metadata ` + "`liveperson_visitor_id` and `liveperson_session_id`" + `.

The session is the one that ` + "`liveperson_report`" + ` uses for the consumer: what was reported before decides on the offer, and impressions that are reported later belong to it. Both need the same ` + "`account_id`, `consumer` and `session_cache`" + `. Ids of a session that the message itself carries, in the same metadata, win; ` + "`request_map`" + ` may set them, ` + "`meta liveperson_session_id = this.sid`" + `. Who is asked about is told by the request's ` + "`identities` and `consumerId`" + `, also for the App Engagement API, which is not sent them. Nothing is remembered of a visitor who is not told from others.

### Failures

If the request fails, or LivePerson refuses it, the message goes on unchanged and marked as failed. Handle it with ` + "`catch` or `try`" + `. Its error begins with ` + "`class=… status=… code=… attempts=…`" + `, like the errors of [liveperson_report](output-liveperson_report.md). Two errors do not: the Domain API has no such service, or a mapping fails after the answer.

A message that an earlier step marked as failed goes on, and LivePerson is not asked. To ask inside ` + "`catch`, begin it with `- catch: []`" + `, which removes the mark.

Failures that may be temporary are retried after ` + "`retry_pauses`" + `: LivePerson asks for 3, 10, 30 and 90 s (Monitoring API) and 5, 10 and 15 s (App Engagement API), with the visitor id that a loading account hands out. Set ` + "`retry_pauses: []` and a short `timeout`" + ` if somebody waits for the answer.

Messages do not wait while LivePerson is down. LivePerson is down when all requests have failed for 5 seconds (5xx, no answer). Messages then fail at once. One request after 5, 10 and 15 s, and then after 2, 4 and 8 minutes, finds out whether LivePerson is back.

Messages of a batch are asked for in parallel, up to ` + "`concurrency`" + `, and keep their places. Where each message is a batch, as from ` + "`http_server`" + `, as many are asked for at a time as the pipeline has ` + "`threads`" + `, which by default are as many as the machine has processors: set more.

### Remembered answers

With ` + "`cache`" + ` a consumer's answer is given again as long as it holds and the session is the same, by all that share the cache and ask the same API about the same account, ` + "`app_installation_id` and `appType`" + `, whatever else they ask; those who ask meanwhile wait for it and share it. Without it only those who ask the same of the same consumer at the same moment share an answer.

### Metrics

` + metric.Table("liveperson_engagement")

const exampleHTTP = `
input:
  http_server:
    path: /offer
    allowed_verbs: [POST]

pipeline:
  threads: 64
  processors:
    - liveperson_engagement:
        account_id: ${LIVEPERSON_ACCOUNT_ID:12345678}
        app_installation_id: ${LIVEPERSON_APP_INSTALLATION_ID:a1b2c3d4-1234-5678-90ab-cdef12345678}
        timeout: 1s
        retry_pauses: []
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
