package message

import (
	"fmt"
	"time"

	"github.com/benthos-liveperson/benthos-liveperson/internal/metric"
)

const contents = `
### Content

The content decides what a message does. Plain text is sent as a text. A JSON object must have one of these members. Other members are ignored, except ` + "`consumer` and `liveperson`" + `:

| content | action | what it does |
|---|---|---|
| ` + "`hello`, or `{\"text\": \"hello\"}`" + ` | ` + "`message`" + ` | sends a text |
| ` + "`{\"chat_state\": \"COMPOSING\"}`" + ` | ` + "`chat_state`" + ` | sends the consumer's state: ` + "`ACTIVE`, `INACTIVE`, `GONE`, `COMPOSING`, `PAUSE`" + `. It lasts until the next state |
| ` + "`{\"typing\": true}`" + ` | ` + "`typing`" + ` | says that the consumer types (` + "`COMPOSING`" + `), or with false that the consumer has stopped (` + "`PAUSE`" + `) |
| ` + "`{\"receipt\": {\"status\": \"READ\", \"sequences\": [5, 6]}}`" + ` | ` + "`receipt`" + ` | sends the status of an agent's messages: ` + "`ACCEPT`, `READ`, `ACCESS`, `NACK`, `ACTION`" + `. ` + "`sequences`" + ` has their ` + "`liveperson_sequence`" + `. ` + "`{\"receipt\": \"READ\"}`" + ` is about the one message that the metadata of ` + "`liveperson_webhook`" + ` name, and goes to its dialog |
| ` + "`{\"rich_reply\": {\"text\": \"Yes\", \"external_id\": \"Yes-1234\", \"sequences\": [5]}}`" + ` | ` + "`rich_reply`" + ` | answers a button of structured content. ` + "`external_id`" + ` is the id in the button's metadata. ` + "`sequences`" + ` is optional and names the message with the button. ` + "`metadata`" + ` instead of ` + "`external_id`" + ` has all metadata of the button, as surveys, payment and sign-in need them |
| ` + "`{\"rich_content\": {\"content\": {\"type\": \"vertical\", …}, \"quick_replies\": {…}}}`" + ` | ` + "`rich_content`" + ` | sends structured content, with or without quick replies. ` + "`text`" + ` instead of ` + "`content`" + ` sends a text with quick replies. ` + "`metadata`" + ` is optional. See [Structured content](#structured-content) |
| ` + "`{\"file\": {\"content\": \"iVBORw0K…\", \"caption\": \"My parcel\"}}`" + ` | ` + "`file`" + ` | uploads a JPEG, PNG or GIF of at most 3 MB, in base64, and shows it. ` + "`preview`" + ` may have a small image as a data URL. With ` + "`action: file`" + `, content that is not JSON is the file itself. A data URL such as ` + "`data:image/png;base64,iVBORw0K…`" + ` may stand wherever base64 may |
| ` + "`{\"file\": {\"relative_path\": \"/v1/…\", \"type\": \"PNG\"}}`" + ` | ` + "`file`" + ` | shows a file that was uploaded before |
| ` + "`{\"file_download\": {\"relative_path\": \"/v1/…\", \"type\": \"PDF\"}}`" + ` | ` + "`file_download`" + ` | gets a file that an agent has sent. Only the processor can do this; its field ` + "`file_download`" + ` says what comes back. With ` + "`action: file_download`" + `, the content may be the change with the file, as ` + "`liveperson_webhook`" + ` gives it |
| ` + "`{\"profile\": [{\"type\": \"ctmrinfo\", \"info\": {…}}]}`" + ` | ` + "`profile`" + ` | sets the consumer's profile for agents: engagement attributes of the types ` + "`ctmrinfo` and `personal`" + `. An object without a type is sent as the body of the request |
| ` + "`{\"csat\": {\"rate\": 5, \"resolved\": true}}`" + ` | ` + "`csat`" + ` | rates the conversation from 1 to 5, and says whether the problem is solved; or ` + "`{\"skipped\": true}`" + `. Send it before the conversation is closed |
| ` + "`{\"ttr\": {\"type\": \"URGENT\", \"seconds\": 600}}`" + ` | ` + "`ttr`" + ` | changes the urgency of the open conversation: ` + "`NORMAL`, `URGENT`, `PRIORITIZED`, `CUSTOM`" + `, and the seconds from the consumer's message to the agent's answer. LivePerson publishes the form of this request in a schema, and no rule for the values: it may refuse them |
| ` + "`{\"transfer\": {\"skill_id\": \"277498214\"}}`, or `{\"transfer\": true}`" + ` | ` + "`transfer`" + ` | moves the consumer to another skill: it closes the open conversation, without a survey, and opens another one for the skill, or for the engagement that the message carries. See [Transfers](#transfers) |
| ` + "`{\"close\": true}`" + ` | ` + "`close`" + ` | closes the conversation or the dialog, as ` + "`close_scope`" + ` says. ` + "`\"conversation\"` or `\"dialog\"`" + ` instead of true overrides it |
| ` + "`{\"type\": \"ms.PublishEvent\", \"body\": {…}}`" + ` | | sends a request in LivePerson's own form. If the ids of both conversation and dialog are missing, they are added. Members that no request has are refused |

With an ` + "`action`" + ` other than ` + "`auto`" + `, only the member of that action counts. If the content does not have that member, the whole content is its value.

### Structured content

` + "`rich_content`" + ` is checked against the JSON Schema that LivePerson publishes with its renderer of cards, and against the documented limits of quick replies: 1 to 24 replies, 1 to 8 in a row. What the schema does not have is refused, with the place of the mistake. Metadata and colours are not checked. ` + "`check_rich_content: false`" + ` switches the check off, because LivePerson may accept newer content than the published schema has. Each element must have its ` + "`type`" + `. Images need HTTPS and a host on the account's list, which only LivePerson can check.

LivePerson's pages show structured content from agents and bots. They do not say whether it accepts such content from a consumer through the Connector API. If it refuses, the message fails with LivePerson's reason.

What agents send needs no action: ` + "`liveperson_webhook`" + ` gives cards, quick replies, agents' typing, invitations to secure forms and files as LivePerson wrote them.

### Transfers

LivePerson documents no request with which a consumer moves an open conversation to another skill: only agents can. So ` + "`transfer`" + ` uses the documented ways to reach a skill, the engagement or the skill of a new conversation. The agent of the new conversation sees the old one in the consumer's history. If a transfer fails after the conversation was closed and comes again, it opens the new conversation. To try LivePerson's request for agents instead, send it in LivePerson's own form.

No public page describes how an app opens a conversation that the brand starts (proactive). The Proactive Messaging API sends only through LivePerson's own SMS, WhatsApp and in-app channels. So there is no such action. A channel of your own can open a conversation with the ids of a campaign.

### Conversations

LivePerson allows a consumer one open conversation, and has no request that returns it. The conversation is stored in ` + "`conversation_cache`" + `. Use a cache that lasts, or a restart forgets open conversations.

A consumer's first text or file opens a conversation. Other messages fail while there is none, except a profile, which needs no conversation. If the conversation is closed, the next text or file opens another one and is sent there. ` + "`liveperson_webhook`" + ` with the same cache stores the end of a conversation as soon as LivePerson tells it.

A message may have LivePerson's answer to an engagement question. By default, ` + "`liveperson_engagement`" + ` writes the answer into the content's member ` + "`liveperson`" + `. With ` + "`result_map: meta liveperson_engagement = this`" + `, it writes the answer into the metadata ` + "`liveperson_engagement`" + `. A new conversation then belongs to that campaign and visit.

LivePerson refuses to open a conversation while another one is open, and does not name the open one. ` + "`recover`" + ` says how its id is found. It is also known if an engagement question was answered with it (` + "`status: in_conversation`" + `), or if another instance stores it in the same cache within a few seconds. Meanwhile the consumer's texts wait in their order. Otherwise they fail after ` + "`recover_timeout`" + `, and the error says what to do.
`

var outputDescription = contents + deliveryOf("output") + `
LivePerson gets a consumer's messages in the order in which they reached this output, also while an earlier one is being retried. Consumers do not wait for each other. Each message of a batch has its own result. Wrap this output in ` + "`fallback`" + `, which passes on only the failed messages. The ` + "`retry`" + ` output would send the whole batch again.

If an earlier processor marked a message as failed, the output does not send it. The message fails with the same error, so the same ` + "`fallback`" + ` catches it.
` + metricsTable

var processorDescription = `
The new content of the message has the ids at LivePerson: ` + "`{\"conversation_id\": \"…\", \"dialog_id\": \"…\", \"sequence\": 0}`" + `. A member is missing if the request has no such id. The metadata ` + "`liveperson_conversation_id`, `liveperson_dialog_id` and `liveperson_sequence`" + ` have the same values. ` + "`answer`" + ` has the body of LivePerson's answer to a request in its own form, such as an address for a file. If a text is sent in parts, the sequence is that of the last part. To keep the content, put the processor into ` + "`branch`" + `.
` + contents + deliveryOf("processor") + `
Within one thread of the pipeline, each consumer's messages keep their order, in a batch and from batch to batch. With more threads (` + "`pipeline.threads`" + `), batches overtake each other. The output keeps the order with any number of threads. If an earlier processor marked a message as failed, the message stays unchanged.
` + metricsTable

var refusedRules = map[string]string{
	"output":    "`on_refused_account` decides. By default, all messages wait. One request at a time asks LivePerson again.",
	"processor": "each message fails at once. The log says why once. One request at a time asks LivePerson again, after pauses of 5 s, 10 s, 15 s and then 1 min.",
}

func deliveryOf(component string) string {
	return `
### Delivery

This ` + component + ` retries a message after ` + "`retry_pauses`" + ` if the failure may be temporary. A message that LivePerson refuses fails at once, except when it refuses the app itself. The error begins with ` + "`class=… status=… code=… attempts=…`" + `. [The table of failures](../operations.md#what-errors-mean) has the classes, which of them are retried, and what to do. For messages these differ:

* ` + "`network`" + ` and 504: ` + "`on_timeout`" + ` decides, because the message may have arrived.
* LivePerson gives the app no token (such as 401 ` + "`invalid_client`" + `), or refuses one that it has just given: ` + refusedRules[component] + `
* The conversation is closed: another one is opened.
* The conversation cache fails: nothing is sent. The cache is asked again for ` + total(storePauses).String() + `. Then the message fails with ` + "`class=server status=0`" + `.

LivePerson does not recognise a repeated request. If an answer gets lost, the conversation may have a message twice. The same may happen after a crash, or if an input gives a message again that failed in part. For a text in parts, the error says how many parts LivePerson has.

` + fmt.Sprintf("A conversation that was just opened may not be usable for a moment. A request that LivePerson refuses then is repeated for %s.\n", total(freshPauses))
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
        - liveperson_dead_letter: {}
`

const exampleWidget = `
pipeline:
  threads: 1
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
