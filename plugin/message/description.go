package message

import (
	"fmt"
	"time"

	"github.com/benthos-liveperson/benthos-liveperson/internal/metric"
)

const contents = `
### Content

By its content a message says what it is about. Text is sent as it is. A JSON object has one of these members; others beside it are ignored, but for ` + "`consumer` and `liveperson`" + `:

| content | action | what it does |
|---|---|---|
| ` + "`hello`, or `{\"text\": \"hello\"}`" + ` | ` + "`message`" + ` | says something |
| ` + "`{\"chat_state\": \"COMPOSING\"}`" + ` | ` + "`chat_state`" + ` | tells what the consumer is doing: ` + "`ACTIVE`, `INACTIVE`, `GONE`, `COMPOSING`, `PAUSE`" + `. Typing goes on until there is another state |
| ` + "`{\"receipt\": {\"status\": \"READ\", \"sequences\": [5, 6]}}`" + ` | ` + "`receipt`" + ` | tells what has become of an agent's messages, by their ` + "`liveperson_sequence`" + `: ` + "`ACCEPT`, `READ`, `ACCESS`, `NACK`, `ACTION`" + ` |
| ` + "`{\"rich_reply\": {\"text\": \"Yes\", \"external_id\": \"Yes-1234\", \"sequences\": [5]}}`" + ` | ` + "`rich_reply`" + ` | answers a button of structured content, with the id of its metadata; ` + "`sequences`" + `, which may be left out, says whose button it was |
| ` + "`{\"file\": {\"content\": \"iVBORw0K…\", \"caption\": \"My parcel\"}}`" + ` | ` + "`file`" + ` | uploads a JPEG, PNG or GIF of 3 MB at most, in base64, and shows it; ` + "`preview`" + ` may have a small one as a data URL. With ` + "`action: file`" + ` content that is no JSON is the file itself |
| ` + "`{\"file\": {\"relative_path\": \"/v1/…\", \"type\": \"PNG\"}}`" + ` | ` + "`file`" + ` | shows a file that has been uploaded before |
| ` + "`{\"profile\": [{\"type\": \"ctmrinfo\", \"info\": {…}}]}`" + ` | ` + "`profile`" + ` | sets what agents see of the consumer, by engagement attributes of the types ` + "`ctmrinfo` and `personal`" + `; an object without a type is sent as the body of the request |
| ` + "`{\"csat\": {\"rate\": 5, \"resolved\": true}}`" + ` | ` + "`csat`" + ` | says how satisfied the consumer is, from 1 to 5, and whether the matter is settled; or ` + "`{\"skipped\": true}`" + `. It is sent before the conversation is closed |
| ` + "`{\"close\": true}`" + ` | ` + "`close`" + ` | closes what ` + "`close_scope`" + ` says; ` + "`\"conversation\"` or `\"dialog\"`" + ` instead of true says so itself |
| ` + "`{\"type\": \"ms.PublishEvent\", \"body\": {…}}`" + ` | | a request in LivePerson's own form, sent as it is. The ids of conversation and dialog are filled in where both are missing. Members that no request has are refused |

With another ` + "`action`" + ` than ` + "`auto`" + ` the content's member of that name counts, or, if there is none, the whole content is what would stand there.

### Conversations

LivePerson lets a consumer have one open conversation, and has no way to ask for it. It is remembered in ` + "`conversation_cache`" + `: let that be a cache that lasts, or a restart forgets what is open. The first text or file of a consumer who has none opens one; anything else fails then, but for a profile, which needs none. One that turns out to be closed is replaced by another one, and the message is sent there. ` + "`liveperson_webhook`" + ` with the same cache knows of it before.

A message may carry LivePerson's answer to an engagement question, as ` + "`liveperson_engagement`" + ` gives it: in the content's member ` + "`liveperson`" + `, where that puts it by default, or in the metadata ` + "`liveperson_engagement`" + `, where ` + "`result_map: meta liveperson_engagement = this`" + ` does: a conversation that is opened then belongs to that campaign and visit.

When LivePerson says that there is an open conversation already, which one it is it does not tell. It is found if an engagement question was answered with it (` + "`status: in_conversation`" + `), or if another instance remembers it in the same cache, for which it waits a few seconds; otherwise the message fails, and the error says what to do.
`

var outputDescription = contents + deliveryOf("output") + `
A consumer's messages are taken by LivePerson in the order in which they reached this output, also while an earlier one waits to be repeated. Consumers do not wait for each other. Each message of a batch has its own fate: wrap this output in ` + "`fallback`" + `, which sends on just the failed ones; the ` + "`retry`" + ` output would send the whole batch again.

A message that an earlier processor has marked as failed is not sent: it fails here with that error, so that the same ` + "`fallback`" + ` catches it.
` + metricsTable

var processorDescription = `
The message's new content is what LivePerson says of it, as far as that goes: ` + "`{\"conversation_id\": \"…\", \"dialog_id\": \"…\", \"sequence\": 0}`" + `. The same is in the metadata ` + "`liveperson_conversation_id`, `liveperson_dialog_id` and `liveperson_sequence`" + `. Of a message that is sent in parts it is the number of the last one. To keep the content, put the processor into ` + "`branch`" + `.
` + contents + deliveryOf("processor") + `
Messages of one consumer are sent in their order within a batch and from batch to batch, as far as one thread of the pipeline does it: with more than one (` + "`pipeline.threads`" + `) batches overtake each other. The output keeps the order whatever the threads. A message that has failed before stays as it is.
` + metricsTable

func deliveryOf(component string) string {
	return `
### Delivery

This ` + component + ` retries a message that may yet succeed after ` + "`retry_pauses`" + `. A message that LivePerson refuses fails at once. The error begins with ` + "`class=… status=… code=… attempts=…`" + `; [the table of failures](../operations.md#what-errors-mean) has the classes, which of them are retried, and what to do. For messages these differ:

* ` + "`network`" + ` and 504: retried as ` + "`on_timeout`" + ` says, because the message may have arrived.
* A conversation that is closed: another one is opened.
* The conversation cache fails: the message is not tried. The cache is asked again for ` + total(storePauses).String() + `. Then the message fails with ` + "`class=server status=0`" + `.

LivePerson does not recognise a repeated request: when an answer gets lost, a message may be in the conversation twice. So may it after a crash, or when an input gives a message again that has failed in part; of a text sent in parts the error then says how many LivePerson has.

` + fmt.Sprintf("A conversation that was just opened may not be usable for a moment. What it refuses then is repeated for %s.\n", total(freshPauses))
}

func total(pauses []time.Duration) (sum time.Duration) {
	for _, pause := range pauses {
		sum += pause
	}
	return sum
}

var metricsTable = `
### Metrics

` + metric.Table("liveperson_message")

const exampleTexts = `
input:
  file:
    paths: [./texts.jsonl]
    scanner:
      lines: {}

output:
  fallback:
    - liveperson_message:
        account_id: ${LIVEPERSON_ACCOUNT_ID:12345678}
        client_id: ${LIVEPERSON_CLIENT_ID:c0a8f1d2-3b4c-4d5e-8f60-718293a4b5c6}
        client_secret: ${LIVEPERSON_CLIENT_SECRET:}
        consumer: ${! this.customer }
        conversation:
          profile: |
            root = [{"type": "ctmrinfo", "info": {"customerId": this.customer}}]
    - file:
        path: ./dead-letters.jsonl
        codec: lines
      processors:
        - mapping: |
            root.reason = @fallback_error
            root.content = content().string()
`

const exampleWidget = `
pipeline:
  processors:
    - mapping: |
        meta liveperson_consumer = this.visitor
        root = match this.event {
          "typing" => {"chat_state": "COMPOSING"}
          "text" => {"text": this.text}
          "bye" => {"close": true}
          _ => deleted()
        }

output:
  liveperson_message:
    account_id: "12345678"
    client_id: c0a8f1d2-3b4c-4d5e-8f60-718293a4b5c6
    client_secret: ${LIVEPERSON_CLIENT_SECRET:}
    conversation_cache: conversations

cache_resources:
  - label: conversations
    file:
      directory: ./conversations
`

const exampleProcessor = `
input:
  http_server:
    path: /say

pipeline:
  processors:
    - liveperson_message:
        account_id: "12345678"
        client_id: c0a8f1d2-3b4c-4d5e-8f60-718293a4b5c6
        client_secret: ${LIVEPERSON_CLIENT_SECRET:}
        consumer: ${! this.customer }

output:
  sync_response: {}
`

const exampleBranch = `
pipeline:
  processors:
    - branch:
        processors:
          - liveperson_message:
              account_id: "12345678"
              client_id: c0a8f1d2-3b4c-4d5e-8f60-718293a4b5c6
              client_secret: ${LIVEPERSON_CLIENT_SECRET:}
              consumer: ${! this.customer }
              action: message
        result_map: root.conversation = this.conversation_id
`
