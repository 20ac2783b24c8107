package readback

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/benthos-liveperson/benthos-liveperson/internal/metric"
	"github.com/benthos-liveperson/benthos-liveperson/internal/readback"
	"github.com/benthos-liveperson/benthos-liveperson/internal/requests"
	"github.com/benthos-liveperson/benthos-liveperson/internal/settings"
)

func spec() *service.ConfigSpec {
	return service.NewConfigSpec().
		Beta().
		Categories("Services").
		Summary("Asks LivePerson what it has of a report that it accepted, and puts the differences on the message.").
		Description(description).
		Field(settings.AccountField()).
		Field(settings.CredentialsField("They need the permission to read visits or conversations.")).
		Field(settings.EnumField(rbFieldAsk, map[string]string{
			askVisit:        "The Visit Information API, with the visitor and session id: what the visit has. It has visits of the last six hours.",
			askInteractions: "The Messaging Interactions API, with the conversation id or the participant id: what agents see in the conversation. It is up to a minute late.",
			askSearch:       "The Messaging Interactions API, with a value of an attribute: conversations that have it. It is up to two hours late.",
		}).
			Description("What the processor asks LivePerson.").
			Default(askVisit)).
		Field(sample.Field().
			Description("The percentage of visits or conversations that are read back, from 1 to 100. The processor chooses by the ids, so the choice is the same for all messages of a visit. Other messages pass unchanged.").
			Default(100).
			Example(10)).
		Field(settings.MonitoringDomainField().Advanced()).
		Field(service.NewInterpolatedStringField(rbFieldConversationID).
			Description("The id of the conversation, for `"+rbFieldAsk+": "+askInteractions+"`. The `conversation_id` of a receipt wins.").
			Default(`${! @liveperson_conversation_id.or("") }`).
			Advanced()).
		Field(service.NewInterpolatedStringField(rbFieldParticipantID).
			Description("LivePerson's own id of the consumer, which notifications of conversations have. It is used if there is no conversation id. The processor then reads the consumer's last ten conversations.").
			Default("").
			Example(`${! @participant_id }`).
			Advanced()).
		Field(settings.DurationFromZeroField(rbFieldDelay).
			Description("How old a message must be before the processor asks LivePerson. The age of a receipt counts from its time, and that of a report from its arrival here. Absent: 0s, 1m or 2h, depending on `"+rbFieldAsk+"`.").
			Example("30s").
			Optional().
			Advanced()).
		Field(settings.DurationFromZeroField(rbFieldMaxWait).
			Description("How long a message that comes too early may wait. If it would have to wait longer, its result is `unknown`. Messages of a batch wait at the same time.").
			Default("2m").
			Advanced()).
		Field(service.NewAnyField(rbFieldRecheckPauses).
			Description("The pauses before the processor asks again about a missing or different attribute, because LivePerson may show an attribute some seconds late. If a message is older than the delay and all pauses together, the processor asks once.").
			Default([]any{"1s", "4s", "15s"}).
			Advanced().
			LintRule(settings.Lint(settings.DurationsLint(rbFieldRecheckPauses)))).
		Fields(settings.AdvancedFields()...).
		Fields(requests.Fields("question", "5s", "10s", "15s")...).
		LintRule(settings.Lint(`root = if this.`+rbFieldAsk+`.or("").lowercase() != "`+askInteractions+`" && this.`+rbFieldAsk+`.or("").lowercase() != "`+askSearch+`" && this.`+settings.Credentials+`.`+settings.OAuth2+`.client_id.or("") != "" { "`+notForVisits+`" }`)).
		Example("Read back one visit in ten",
			"The output writes receipts with the requests to an output resource. The resource reads them back, and prints what LivePerson has lost.",
			exampleReceipts).
		Example("What agents see in a conversation",
			"Receipts come from a file. A minute after LivePerson accepted a report, the processor asks for the conversation of the receipt's consumer. An installed app with OAuth 2.0 may ask.",
			exampleConversations)
}

func reasonsTable() string {
	var b strings.Builder
	b.WriteString("| reason | meaning |\n|---|---|\n")
	for _, reason := range slices.Sorted(maps.Keys(readback.Reasons)) {
		fmt.Fprintf(&b, "| `%s` | %s |\n", reason, readback.Reasons[reason])
	}
	return b.String()
}

var description = `
LivePerson answers 200 to a report and may still not keep all of it. This processor compares the report with LivePerson's data. [Read back](../readback.md) shows how to use it.

### Messages

A message is a [receipt](../operations.md#receipts), or a report with the metadata ` + "`" + metaVisitorID + "` and `" + metaSessionID + "`" + `. A receipt with its request (` + "`receipts_content: true`" + `) is compared member by member. A receipt without the request has only the types of the attributes, so the processor finds out whether LivePerson has them. Personal values are masked in receipts, so the processor finds out whether LivePerson has a value there.

### Result

The content stays unchanged. The metadata ` + "`" + metaOutcome + "`" + ` has the worst result: ` + "`missing`, `different`, `unknown` or `matched`" + `. The metadata ` + "`" + metaResult + "`" + ` has the details:

` + "```json" + `
{
  "matched": ["prodView"],
  "missing": ["lead"],
  "different": [{"attribute": "cart", "member": "total", "sent": 11.7, "has": null}],
  "unknown": [{"attribute": "impDisplay", "reason": "not_shown"}]
}
` + "```" + `

* An attribute has its type as it was sent, in either set of names: ` + "`cart` or `cartStatus`, `searchInfo` or `searchContent`" + `.
* ` + "`missing`" + `: LivePerson has no such attribute.
* ` + "`different`" + `: LivePerson has the attribute with another value of the member, or without the member (` + "`null`" + `). Two attributes count as the same one if they have the same id, such as ` + "`orderId`" + `, or else if at least half of their members agree. Values of ` + "`personal` and `ctmrinfo` are `***`" + `.
* ` + "`unknown`" + `: the processor can't tell. An entry without an attribute is about the whole message.

` + reasonsTable() + `
If LivePerson does not answer, the message is also marked as failed. Handle it with ` + "`catch`" + `. Its error begins with ` + "`class=… status=… code=… attempts=…`" + `, like the errors of [liveperson_report](output-liveperson_report.md).

Messages that are not in the sample, and messages that an earlier step marked as failed, go on unchanged.

### Limits

* The processor compares the time of a receipt with LivePerson's time of the attribute. It can't tell an attribute from one with the same values that LivePerson received in the same visit less than half a minute before. For a receipt without the request, that is any attribute of the type.
* LivePerson's pages do not say that it shows ` + "`currency`, `statusInStock`, `quantityInStock`, `phoneType`, `country` and `region`" + `. If one of them is absent, that is a difference only if LivePerson shows it with another attribute of the type.

### Metrics

` + metric.Table("liveperson_readback")

const exampleReceipts = `
input:
  file:
    paths: [events.jsonl]

pipeline:
  threads: 1
  processors:
    - liveperson_retail: {}

output:
  liveperson_report:
    account_id: "12345678"
    app_installation_id: a1b2c3d4-1234-5678-90ab-cdef12345678
    receipts: readback
    receipts_content: true

output_resources:
  - label: readback
    switch:
      cases:
        - check: '["missing", "different"].contains(@liveperson_readback_result.or(""))'
          output:
            stdout: {}
            processors:
              - mapping: 'root = {"session_id": this.session_id, "lost": @liveperson_readback}'
        - output:
            drop: {}
    processors:
      - liveperson_readback:
          account_id: "12345678"
          sample: 10
          credentials:
            api_key:
              key: ${LIVEPERSON_API_KEY:}
              secret: ${LIVEPERSON_API_SECRET:}
              token: ${LIVEPERSON_API_TOKEN:}
              token_secret: ${LIVEPERSON_API_TOKEN_SECRET:}
`

const exampleConversations = `
input:
  file:
    paths: [receipts.jsonl]

pipeline:
  threads: 1
  processors:
    - liveperson_readback:
        account_id: "12345678"
        ask: interactions
        participant_id: ${! @participant_id }
        credentials:
          oauth2:
            client_id: ${LIVEPERSON_CLIENT_ID:}
            client_secret: ${LIVEPERSON_CLIENT_SECRET:}

output:
  stdout:
    codec: lines
  processors:
    - mapping: 'root = {"event_id": this.event_id, "result": @liveperson_readback_result, "readback": @liveperson_readback}'
`
