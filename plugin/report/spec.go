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
		Field(settings.EnumField(roFieldMethod, map[string]string{
			http.MethodPost: "`POST` with the header `X-HTTP-Method-Override: PUT`, as in LivePerson's getting-started sample.",
			http.MethodPut:  "A real `PUT`, as in LivePerson's table of the method.",
		}).
			Description("How the report method is called. LivePerson documents both.").
			Default(http.MethodPost).
			Advanced()).
		Field(settings.SwitchField(roFieldAcceptAny200).
			Description("Takes every answer 200 or 201 for an acceptance, whatever its body is. By default the body must be what LivePerson documents, or empty, or the beginning of it: a proxy or another service at that address may answer 200 to anything, and the events would be lost. Set it if something on the way replaces LivePerson's answers.").
			Default(false).
			Advanced()).
		Fields(settings.MonitoringFields()...).
		Field(session.ConsumerField()).
		Field(session.IdentityField()).
		Field(settings.EnumField(roFieldOrdering, map[string]string{
			orderingConsumer: "LivePerson accepts a consumer's events in the order in which they reached the output, also while an earlier one waits for a retry.",
			orderingNone:     "Events go out as they come and may overtake each other.",
		}).
			Description("Which order is kept.").
			Default(orderingConsumer).
			Advanced()).
		Field(settings.SwitchField(roFieldCoalesce).
			Description("Lets events of one consumer that are waiting anyway go out as one report: attributes one after another, entry points without repeats. Nothing waits longer for it. Only events that differ in nothing else are put together. If LivePerson refuses what was put together, its events go one by one.").
			Default(false).
			Advanced()).
		Field(coalesceCount.Field().
			Description("The most events that go out as one report.").
			Default(20).
			Advanced()).
		Field(coalesceBytes.Field().
			Description("The most bytes that the reports put together have.").
			Default(65536).
			Advanced()).
		Field(settings.EnumField(roFieldValidation, map[string]string{
			validationStrict: "A report that LivePerson's pages have something against fails before it is sent, with all that is wrong, path first.",
			validationWarn:   "It is sent. Each kind of finding is logged once and counted.",
			validationOff:    "Reports are sent as they are, null and empty members included.",
		}).
			Description("What becomes of reports that are not as [LivePerson documents them](engagement-attributes.md). Members that are null or empty are taken out before anything else.").
			Default(validationStrict).
			Advanced()).
		Field(settings.SwitchField(roFieldAllowPersonalIDs).
			Description("Lets an e-mail address or a phone number be a consumer's id. LivePerson wants ids that can't be guessed.").
			Default(false).
			Advanced()).
		Fields(session.Fields()...).
		Field(settings.EnumField(roFieldDedupe, map[string]string{
			dedupeOff:       "All that comes is sent.",
			dedupePurchases: "A purchase whose `orderId` LivePerson has accepted before, of whatever consumer, is taken out of its report. A report that has no other attribute is not sent.",
			dedupeEvents:    "As `purchases`; and an event whose id, in the metadata `liveperson_event_id`, LivePerson has accepted before from the same consumer is not sent. Reports that are made of one event need event ids of their own.",
		}).
			Description("What is recognised when it comes again. It is acknowledged without being sent.").
			Default(dedupeOff).
			Advanced()).
		Field(service.NewStringField(roFieldDedupeCache).
			Description("The label of a cache resource in which is remembered what LivePerson has accepted, so that a restart keeps it and other instances share it. It holds no ids, but digests of them. Empty: in this output alone, for the newest 100,000 orders and events. Shops whose order ids may be the same, and that report to one account, need a cache each.").
			Default("").
			Advanced()).
		Field(settings.DurationField(roFieldDedupeWindow).
			Description("How long what LivePerson has accepted is remembered.").
			Default("24h").
			Advanced()).
		Field(output.RefusedField()).
		Fields(requests.Fields("report", "3s", "10s", "30s", "90s")...).
		Fields(receipt.SendingFields()...).
		Field(output.MaxInFlight.Field().
			Description(output.MaxInFlightDescription).
			Default(1000)).
		Field(output.BatchingField(roFieldBatching).
			Description("How messages are put together into batches. Each message stays a report of its own.")).
		LintRule(settings.Lint(orderLint)).
		Example("From mapped events, with a dead-letter file",
			"Maps first-party events with the retail preset. What can't be mapped, and what LivePerson refuses for good, goes to a file with its reason; the rest is acknowledged once LivePerson has it.",
			exampleDeadLetter).
		Example("With a mapping of one's own",
			"The output takes any LivePerson report, so a preset is not needed.",
			exampleOwnMapping)
}

var description = `
Each message is one report: a JSON object with ` + "`consumerId` or `identities`, `entryPoints` and `engagementAttributes`" + `, as the ` + "`liveperson_map`" + ` processor makes it. The ids of a visitor and session that LivePerson gave out before are taken from the metadata ` + "`liveperson_visitor_id` and `liveperson_session_id`" + `.

### Delivery

A message is acknowledged when LivePerson has answered 200 or 201 to it with a session and a visitor id, never before. A body that is empty or breaks off is enough; a web page, an error or anything else is ` + "`not_found`" + `, unless ` + "`accept_any_200`" + ` is set. 202 means that the account is loading: the report was not taken, and is repeated with the visitor id that the answer names.

The output retries a report that may yet succeed after ` + "`retry_pauses`" + `. A report that LivePerson refuses fails at once. The error begins with ` + "`class=… status=… code=… attempts=…`" + `; [the table of failures](../operations.md#what-errors-mean) has the classes, which of them are retried, and what to do.

A consumer's messages are accepted in the order in which they reached the output, and in one session: the ids that LivePerson hands out are remembered and sent with the consumer's next reports. A message that carries a visitor id, and no session id, goes into the session that is remembered for that visitor, whoever its consumer is. A session id alone is sent with its visitor. Ids that are not remembered, or are not a pair, win over the consumer's session, and the consumer's next reports follow them. The suffix that Visit Information shows behind a session id, a dot and 40 digits, is not sent.

Each message of a batch has its own fate. Wrap this output in ` + "`fallback`" + `, which sends on just the failed ones; the ` + "`retry`" + ` output would send the whole batch again.

### De-duplication

With ` + "`dedupe`" + ` a purchase or event that LivePerson has accepted before is acknowledged without being sent again. Only what LivePerson has accepted counts: what failed, or was under way in a crash, is sent when it comes again. Benthos' own ` + "`dedupe`" + ` processor remembers what it has seen, before it is delivered, and would lose it.

A repeated purchase is taken out of its report. If nothing else is in it, the report is not sent, and neither are its entry points: they came with the first one. Copies that are under way together wait for each other: in this output, and in other outputs and instances with the same ` + "`dedupe_cache`" + `. A copy may be sent if the acceptance of the first could not be remembered, because of a crash in between or a cache that fails. After a crash during a request, its copy waits for ` + "`timeout`" + ` and 5 s.

A message that an earlier processor has marked as failed is not sent: it fails here with that error, so that the same ` + "`fallback`" + ` catches it.

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
