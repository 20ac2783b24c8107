package report

import (
	"net/http"

	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/benthos-liveperson/benthos-liveperson/internal/metric"
	"github.com/benthos-liveperson/benthos-liveperson/internal/output"
	"github.com/benthos-liveperson/benthos-liveperson/internal/receipt"
	"github.com/benthos-liveperson/benthos-liveperson/internal/requests"
	"github.com/benthos-liveperson/benthos-liveperson/internal/session"
	"github.com/benthos-liveperson/benthos-liveperson/internal/settings"
)

func spec() *service.ConfigSpec {
	return service.NewConfigSpec().
		Beta().
		Categories("Services").
		Summary("Reports events to LivePerson as engagement attributes (SDEs), through the report method of the Monitoring API.").
		Description(description).
		Field(settings.AccountField()).
		Field(settings.AppInstallationField()).
		Field(settings.MonitoringDomainField()).
		Fields(settings.AdvancedFields()...).
		Field(settings.SwitchField(roFieldTraceparent).
			Description("Whether requests have the header `traceparent` of [W3C Trace Context](https://www.w3.org/TR/trace-context/), which names the span of the message. It needs a `tracer` in the config. LivePerson does not document that it reads the header. A gateway of your own may.").
			Default(false).
			Advanced()).
		Field(settings.EnumField(roFieldMethod, map[string]string{
			http.MethodPost: "`POST` with the header `X-HTTP-Method-Override: PUT`, as in LivePerson's getting-started sample.",
			http.MethodPut:  "A real `PUT`, as in LivePerson's table of the method.",
		}).
			Description("The HTTP method of the report request. LivePerson documents both.").
			Default(http.MethodPost).
			Advanced()).
		Field(settings.SwitchField(roFieldAcceptAny200).
			Description("Counts every 200 or 201 as accepted, with any body. By default the body must have the documented form, be empty, or be the beginning of that form. Otherwise events would be lost if a proxy or another service at that address answers 200 to every request. Set it if a proxy on the way replaces the bodies of LivePerson's answers.").
			Default(false).
			Advanced()).
		Fields(settings.MonitoringFields()...).
		Field(session.ConsumerField()).
		Field(session.IdentityField()).
		Field(settings.EnumField(roFieldOrdering, map[string]string{
			orderingConsumer: "LivePerson accepts a consumer's events in the order in which they reached the output. Later events wait while an earlier one is retried.",
			orderingNone:     "Events are sent as soon as possible and may overtake each other.",
		}).
			Description("The order in which events are sent.").
			Default(orderingConsumer).
			Advanced()).
		Field(settings.SwitchField(roFieldCoalesce).
			Description("Merges waiting events of one consumer into one report: all attributes in order, each entry point once. No event waits longer for this. Only events whose other members are equal are merged. If LivePerson refuses a merged report, the output sends its events one by one.").
			Default(false).
			Advanced()).
		Field(coalesceCount.Field().
			Description("The most events that are merged into one report.").
			Default(20).
			Advanced()).
		Field(coalesceBytes.Field().
			Description("The most bytes of the reports that are merged into one.").
			Default(65536).
			Advanced()).
		Field(settings.EnumField(roFieldValidation, map[string]string{
			validationStrict: "An invalid report fails before it is sent. The error lists everything that is wrong, each with its path.",
			validationWarn:   "An invalid report is sent. Each kind of problem is logged once and counted.",
			validationOff:    "Reports are not checked. They are sent as they are, with null and empty members.",
		}).
			Description("What to do with a report that does not have the form that [LivePerson documents](engagement-attributes.md). Null and empty members are removed before the check.").
			Default(validationStrict).
			Advanced()).
		Field(settings.SwitchField(roFieldAllowPersonalIDs).
			Description("Accepts an e-mail address or a phone number as a consumer's id. LivePerson requires ids that nobody can guess.").
			Default(false).
			Advanced()).
		Fields(session.Fields()...).
		Field(settings.EnumField(roFieldDedupe, map[string]string{
			dedupeOff:       "Every event is sent.",
			dedupePurchases: "The output removes a purchase from its report if LivePerson has accepted its `orderId` before, from any consumer. A report without other attributes is not sent.",
			dedupeEvents:    "As `purchases`. In addition, an event is not sent if LivePerson has accepted its id (the metadata `liveperson_event_id`) before from the same consumer. If a mapping makes several reports of one event, give each report its own event id.",
		}).
			Description("Which repetitions the output recognises. It acknowledges a repetition without sending it.").
			Default(dedupeOff).
			Advanced()).
		Field(service.NewStringField(roFieldDedupeCache).
			Description("The label of a cache resource for the orders and events that LivePerson has accepted. A restart keeps them there, and other instances can share them. The cache holds digests, not ids. Empty: this output remembers the newest 100,000. If several shops report to one account and may use the same order ids, give each shop its own cache.").
			Default("").
			Advanced()).
		Field(settings.DurationField(roFieldDedupeWindow).
			Description("How long accepted orders and events are remembered.").
			Default("24h").
			Advanced()).
		Field(output.RefusedField()).
		Fields(requests.Fields("report", "3s", "10s", "30s", "90s")...).
		Fields(receipt.SendingFields()...).
		Field(output.MaxInFlight.Field().
			Description(output.MaxInFlightDescription).
			Default(1000)).
		Field(output.BatchingField(roFieldBatching).
			Description("How messages are collected into batches. Each message is still sent as its own report.")).
		LintRule(settings.Lint(orderLint)).
		Example("From mapped events, with a dead-letter file",
			"Maps first-party events with the retail preset. Events that can't be mapped, and reports that fail for good, go to a file with the reason. All others are acknowledged when LivePerson has accepted them.",
			exampleDeadLetter).
		Example("With your own mapping",
			"The output takes any LivePerson report, so a preset is not needed.",
			exampleOwnMapping)
}

var description = `
Each message is one report: a JSON object with ` + "`consumerId` or `identities`, `entryPoints` and `engagementAttributes`" + `, as the ` + "`liveperson_map`" + ` processor makes it. The metadata ` + "`liveperson_visitor_id` and `liveperson_session_id`" + ` may have ids that LivePerson gave before.

### Delivery

The output acknowledges a message when LivePerson has answered 200 or 201 with a session id and a visitor id, never before. An empty or truncated body counts too. Any other body, such as a web page or an error, fails with ` + "`class=not_found`" + `, unless ` + "`accept_any_200`" + ` is set. 202 means that LivePerson is loading the account and did not accept the report. The output then retries with the visitor id of that answer.

If a failure may be temporary, the output retries the report after ` + "`retry_pauses`" + `. A report that LivePerson refuses fails at once. The error begins with ` + "`class=… status=… code=… attempts=…`" + `. [The table of failures](../operations.md#what-errors-mean) lists the classes, says which of them are retried, and what to do.

LivePerson accepts a consumer's messages in the order in which they reached the output, and in one session: the output remembers the ids of LivePerson's answers, and sends them with the consumer's next reports. A message with only a visitor id uses the stored session of that visitor, also if that session belongs to another consumer. A message with only a session id is sent with the stored visitor id of that session. If the output does not know the ids of a message, or if they do not belong together, it sends them as they are, and the consumer's next reports use them too. The Visit Information API shows a dot and 40 digits after a session id. The output does not send this suffix.

Each message of a batch succeeds or fails alone. Wrap this output in ` + "`fallback`" + `, which passes on only the failed messages. The ` + "`retry`" + ` output would send the whole batch again.

### De-duplication

With ` + "`dedupe`" + `, the output acknowledges a purchase or event that LivePerson has accepted before, without sending it again. An event that failed, or that was on its way during a crash, is sent when it comes again. Benthos' own ` + "`dedupe`" + ` processor would lose this event, because it remembers events before they are delivered.

The output removes a repeated purchase from its report. If the report has no other attribute, it is not sent. Its entry points were sent with the first one. Copies that are on their way at the same time wait for each other, in this output and in other outputs and instances with the same ` + "`dedupe_cache`" + `. A copy may still be sent if the acceptance of the first one could not be stored, because of a crash or a failing cache. After a crash during a request, its copy waits for ` + "`timeout`" + ` and 5 s.

A message that an earlier processor has marked as failed is not sent. It fails here with the same error, so that the same ` + "`fallback`" + ` catches it.

### Metrics

` + metric.Table("liveperson_report")

const exampleDeadLetter = `
pipeline:
  threads: 1
  processors:
    - liveperson_map:
        preset: retail

output:
  fallback:
    - liveperson_report:
        account_id: ${LIVEPERSON_ACCOUNT_ID:12345678}
        app_installation_id: ${LIVEPERSON_APP_INSTALLATION_ID:a1b2c3d4-1234-5678-90ab-cdef12345678}
    - file:
        path: ./dead-letters.jsonl
        codec: lines
      processors:
        - liveperson_dead_letter: {}
`

const exampleOwnMapping = `
pipeline:
  threads: 1
  processors:
    - mapping: |
        root.consumerId = this.visitor
        root.identities = [{"iss": "shop.example.com", "acr": "0", "sub": this.visitor}]
        root.entryPoints = [this.url]
        root.engagementAttributes = [{"type": "searchInfo", "keywords": [this.query]}]

output:
  liveperson_report:
    account_id: "12345678"
    app_installation_id: a1b2c3d4-1234-5678-90ab-cdef12345678
    retry_pauses: [1s, 5s]
`
