package webhook

import "github.com/benthos-liveperson/benthos-liveperson/internal/metric"

var description = `
Name the endpoint in the app's manifest, for each type of event, as ` + "`https://HOST/liveperson/webhook`" + `. LivePerson repeats a failed notification only if the manifest sets ` + "`capabilities.webhooks.retry.retention_time`. `benthos-liveperson manifest --retention 24h`" + ` writes such a manifest.

**Each change is a message**, with the content that LivePerson wrote. All changes of a notification are one batch, in their order. A message has this metadata, where LivePerson says it:

| metadata | |
|---|---|
| ` + "`liveperson_type`" + ` | ` + "`ContentEvent`, `RichContentEvent`, `AcceptStatusEvent`, `ChatStateEvent` or `ConversationChange`" + ` |
| ` + "`liveperson_conversation_id`, `liveperson_dialog_id`" + ` | The dialog id differs from the conversation id in a survey at the end. |
| ` + "`liveperson_sequence`" + ` | the number of the event in its dialog |
| ` + "`liveperson_role`" + ` | the sender's role: ` + "`ASSIGNED_AGENT`, `MANAGER`, `CONTROLLER`" + ` for automatic messages, ` + "`AGENT`" + ` for the bot of a survey, and others |
| ` + "`liveperson_consumer`" + ` | the ` + "`ext_consumer_id`" + ` that opened the conversation, if the conversation is known |
| ` + "`liveperson_content_type`" + ` | ` + "`text/plain`, `hosted/file`" + ` and others |
| ` + "`liveperson_file_path`, `liveperson_file_type`" + ` | the path and the type of a file that an agent has sent; the processor ` + "`liveperson_message`" + ` gets the file with ` + "`action: file_download`" + `. The path has an id of the consumer |
| ` + "`liveperson_form_id`, `liveperson_invitation_id`, `liveperson_submission_id`" + ` | what names a secure form. The content type is ` + "`forms/secure-invitation` or `forms/secure-submission`" + `. LivePerson documents no request with which an app could show or fill a form |
| ` + "`liveperson_event_time`" + ` | the time of the event, RFC 3339 in UTC |

**Which requests are accepted.** The input checks the signature over the body first, before it reads anything from the body. It accepts SHA-1 and SHA-256, in Base64 or hex. With ` + "`require_sha256`" + ` it accepts SHA-256 alone. Then the headers must name the account and the app. The input answers 401 to all other requests. If the header does not have the form of a signature, the input refuses the request before it reads the body. It takes signature, account and app from the headers alone.

**When it answers.** The input answers 200 when the outputs have acknowledged all changes, or when there is nothing to pass on. It answers 503 when an output refuses a change, when ` + "`ack_timeout`" + ` is over, when the conversation cache fails, and when the pipeline stops. Benthos does not send refused changes again: LivePerson repeats the notification, and the input passes on the changes that have not arrived yet. If a repetition comes while the first one is still in the pipeline, it waits for the first one. If a change arrives after the answer, the input still remembers it. If the outputs are too slow, put a buffer or a queue behind this input.

The input answers 200 to a signed notification that it cannot read, counts it as ` + "`unreadable`" + ` and logs it. The notification would be the same each time, and LivePerson switches off an app that fails repeatedly.

**De-duplication.** The input recognises an event by its dialog and sequence, and the state of a conversation by its time and content. Several states can have the same time, and all of them are passed on. The input drops a state that is older than the newest one that has arrived. Chat states have neither, so each one is passed on. While ` + "`dedupe_cache`" + ` fails, changes that LivePerson repeats may come twice.

**Order.** Changes go through the pipeline in the order in which they come. LivePerson keeps the order of a conversation only with a ` + "`retention_time`" + `. With several threads (` + "`pipeline.threads`" + `) changes can overtake each other.

**Conversations.** When a conversation closes, or a survey begins at its end, the input writes that to the conversation cache. It does so even if ` + "`events`" + ` leaves such changes out, so that ` + "`liveperson_message`" + ` sends to the right dialog. A conversation is known as soon as ` + "`liveperson_message`" + ` has stored it. LivePerson may report the new conversation before that. While a component of this process opens a conversation, changes of an unknown conversation wait, and get 503 after ` + "`ack_timeout`" + `. Each unknown conversation waits for 30 seconds at most; then its changes count as ` + "`foreign`" + `. If the cache has lost a conversation, the input can [recover](../messaging.md#a-conversation-that-the-cache-does-not-know) it from a change that names the consumer.

**Changes that always fail.** While one notification fails, LivePerson holds back all others of the app. Let outputs write what they refuse for good to a dead letter, as ` + "`config/echo-channel.yaml`" + ` does. ` + "`max_deliveries` and `poison`" + ` bound the rest.

### Metrics

` + metric.Table("liveperson_webhook")
