package webhook

const description = `
Name the endpoint in the app's manifest, for each type of event, as ` + "`https://HOST/liveperson/webhook`" + `. Notifications are repeated only if the manifest says so: set ` + "`capabilities.webhooks.retry.retention_time`" + `. ` + "`benthos-liveperson manifest --retention 24h`" + ` writes one that does.

**Each change is a message**, as LivePerson wrote it, and all changes of a notification are one batch in their order. Beside a change there is metadata, where LivePerson says it:

| metadata | |
|---|---|
| ` + "`liveperson_type`" + ` | ` + "`ContentEvent`, `RichContentEvent`, `AcceptStatusEvent`, `ChatStateEvent` or `ConversationChange`" + ` |
| ` + "`liveperson_conversation_id`, `liveperson_dialog_id`" + ` | the dialog is another one than the conversation's in a survey at its end |
| ` + "`liveperson_sequence`" + ` | the event's number in its dialog |
| ` + "`liveperson_role`" + ` | of whom it is from: ` + "`ASSIGNED_AGENT`, `CONTROLLER`" + ` and others |
| ` + "`liveperson_consumer`" + ` | the ` + "`ext_consumer_id`" + ` by which the conversation was opened, of conversations that are known |
| ` + "`liveperson_content_type`" + ` | ` + "`text/plain`, `hosted/file`" + ` and others |
| ` + "`liveperson_event_time`" + ` | when it happened, RFC 3339 in UTC |

**What is taken.** The signature is checked over the body as it came, before anything is read of it: SHA-1 or SHA-256 (` + "`require_sha256`" + `: that alone), Base64 or hex. Then the headers must name the account and the app. All else is answered with 401. A request without the form of a signature is refused before its body is read. Signature, account and app are read from the headers alone.

**When it is answered.** 200 when the outputs have acknowledged all changes, or there was nothing to pass on. 503 when they have refused one, when ` + "`ack_timeout`" + ` is over, when the conversation cache fails, and at the end of the pipeline. Benthos does not repeat what was refused: LivePerson does, and only what has not arrived is passed on then. A repetition of what is still on its way waits for that, and what arrives too late for its answer is remembered. Put a buffer or a queue behind this input if the outputs can't keep up.

What is signed but can't be read is answered with 200, counted as ` + "`unreadable`" + ` and logged: it would be the same each time it came again, and LivePerson switches off apps that go on failing.

**What comes twice.** An event is recognised by its dialog and sequence, a conversation's state by the time of its change; one that is older than what has arrived is dropped. Chat states have neither, and are passed on each time. While the cache of ` + "`dedupe_cache`" + ` fails, what LivePerson repeats may come twice; ` + "`liveperson_webhook_cache_errors`" + ` counts it.

**Order.** Changes go down the pipeline in the order in which they come; LivePerson keeps that of a conversation only with a ` + "`retention_time`" + `. With several threads (` + "`pipeline.threads`" + `) they can overtake each other.

**Conversations.** When a conversation is closed, or a survey begins at its end, that is noted where conversations are remembered, also if ` + "`events`" + ` leaves such changes out; what is sent to the consumer then goes where it should. A conversation is known when its opener has remembered it, which may be after LivePerson has told that it was created: that change, and an automatic greeting right behind it, count as foreign then.

**Metrics**: ` + "`liveperson_webhook_requests`" + ` by status; ` + "`liveperson_webhook_changes`" + ` by outcome: ` + "`emitted`, `duplicate`, `stale` (an older state), `echo` (the consumer's own), `hidden` (not for the consumer), `foreign` (of other conversations), `filtered` (not in `events`), `unreadable`" + `.
`
