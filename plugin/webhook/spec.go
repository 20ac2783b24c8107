package webhook

import (
	"fmt"
	"strings"

	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/benthos-liveperson/benthos-liveperson/internal/conversation"
	"github.com/benthos-liveperson/benthos-liveperson/internal/settings"
)

const (
	defaultPath         = "/liveperson/webhook"
	defaultAddress      = "127.0.0.1:4196"
	defaultMaxBodyBytes = 1 << 20
	// mostMaxBodyBytes keeps the memory for all bodies to 4 GiB. LivePerson's
	// notifications have a few kilobytes.
	mostMaxBodyBytes = 64 << 20
	// mostMaxDeliveries is more than LivePerson's repetitions in three days.
	mostMaxDeliveries = 1000
)

// eventTypes are the values of the field events, with a description.
var eventTypes = map[string]string{
	contentEvent:       "text, files and secure forms",
	richContentEvent:   "structured content",
	acceptStatusEvent:  "receipts",
	chatStateEvent:     "typing and presence",
	conversationChange: "the whole state of a conversation after each change",
}

func eventsLint() string {
	quoted := make([]string, len(eventTypeNames))
	for i, kind := range eventTypeNames {
		quoted[i] = fmt.Sprintf("%q", kind)
	}
	return fmt.Sprintf(`root = if this.type() == "array" { if this.length() == 0 { "%s: name at least one type" } } else if !this.re_match("[$][{][^!]") && ![%s].contains(this) { "%s: expected one of %s" }`,
		vFieldEvents, strings.Join(quoted, ", "), vFieldEvents, strings.Join(eventTypeNames, ", "))
}

// ackTimeoutLimit is below the time that LivePerson waits for an answer.
var ackTimeoutLimit = settings.Limit{
	TooLong: `^[+]?0*([5-9]|[1-9][0-9]+)([.][0-9]*)?s|^[+]?0*([5-9]|[1-9][0-9]+)[0-9]{3}([.][0-9]*)?ms|[1-9][0-9.]*[mh]([0-9]|$)`,
	Message: tooPatient,
}

const (
	pathLint    = `root = if !this.re_match("[$][{][^!]") && !this.re_match("^/$|^(/[^/{}?#% ]+)+$") || this.re_match("/[.][.]?(/|$)") { "` + notPath + `" }`
	addressLint = `root = if this != "" && !this.re_match("[$][{][^!]") && !this.re_match("` + addressLintPattern + `") { "` + notAddress + `" }`
)

// secretsLint accepts an empty item, because an environment variable that is not set leaves one.
var secretsLint = `root = if this.type() == "array" { if this.length() == 0 { "` + noSecret + `" } } else ` + strings.TrimPrefix(settings.SecretLint(vFieldClientSecrets), "root = ")

const pairsLint = `let cert = this.` + vFieldCertFile + `.or("")
root = if ($cert == "") != (this.` + vFieldKeyFile + `.or("") == "") {
  "` + needsBoth + `"
} else if $cert != "" && this.` + vFieldAddress + `.or("` + defaultAddress + `") == "" {
  "` + needsAddress + `"
} else if (this.` + vFieldMaxDeliveries + `.or(0) != 0) != this.exists("` + vFieldPoison + `") {
  "` + needsPoison + `"
}`

func spec() *service.ConfigSpec {
	return service.NewConfigSpec().
		Beta().
		Categories("Services").
		Summary("Receives the notifications that LivePerson's Connector API posts to an app: messages of agents, and states of conversations.").
		Description(description).
		Field(settings.AccountField()).
		Field(service.NewStringField(vFieldClientID).
			Description("The `client_id` of the installed app.").
			Example("81fad476-88af-4d08-bc0e-20bc69439ed4").
			LintRule(settings.Lint(settings.IDLint(vFieldClientID)))).
		Field(service.NewStringListField(vFieldClientSecrets).
			Description("The `client_secret` of the installed app. While you change the secret, give the old and the new one: the input accepts signatures made with either.").
			Example([]any{"${LIVEPERSON_CLIENT_SECRET}"}).
			LintRule(settings.Lint(secretsLint)).
			Secret()).
		Field(settings.SwitchField(vFieldRequireSHA256).
			Description("Accepts only notifications with a SHA-256 signature. LivePerson signs with SHA-1 unless the account has asked for SHA-256, so ask LivePerson first. By default the input accepts both.").
			Default(false).
			Advanced()).
		Field(service.NewStringField(vFieldPath).
			Description("The path of the endpoint. In streams mode Benthos adds the stream's name in front of the path, but only on its own server.").
			Default(defaultPath).
			LintRule(settings.Lint(pathLint))).
		Field(service.NewStringField(vFieldAddress).
			Description(fmt.Sprintf("The host and port of a server for this input alone. The default is for a proxy on this machine that terminates TLS. Without a proxy, use an address such as `0.0.0.0:8443`, with `cert_file` and `key_file`. Each input needs a different address. The server has limits for clients: %d connections, %v for headers, %v for a body, %v without a request, and the memory for bodies. Empty: Benthos' own server (`http.address`), which must be enabled. There only bodies have limits: see [messaging](../messaging.md#tls-and-who-may-reach-the-webhook).", maxConnections, headerTimeout, bodyTimeout, idleTimeout)).
			Default(defaultAddress).
			Example("0.0.0.0:8443").
			LintRule(settings.Lint(addressLint))).
		Field(service.NewStringField(vFieldCertFile).
			Description("The certificate for the server at `address`, in PEM with its chain. LivePerson posts to HTTPS only, so without a certificate a proxy in front of the input must terminate TLS. The file is read at the start.").
			Default("").
			Advanced()).
		Field(service.NewStringField(vFieldKeyFile).
			Description("The key of the certificate, in PEM.").
			Default("").
			Advanced()).
		Field(service.NewStringListField(vFieldEvents).
			Description("The types of changes to pass on: "+describeEventTypes()+".").
			Default(anyList(eventTypeNames)).
			Advanced().
			LintRule(settings.Lint(eventsLint()))).
		Field(settings.SwitchField(vFieldOwnMessages).
			Description("Whether to pass on the messages of consumers. LivePerson also notifies an app about the messages that the app has sent.").
			Default(false).
			Advanced()).
		Field(settings.SwitchField(vFieldInternalMessages).
			Description("Whether to pass on messages with another `messageAudience` than `ALL`, such as private notes of agents. Do not send them to consumers.").
			Default(false).
			Advanced()).
		Field(settings.SwitchField(vFieldAllConversations).
			Description("Whether to pass on the changes of conversations that this pipeline has not opened. LivePerson notifies an app about all conversations of the account, in every channel.").
			Default(false).
			Advanced()).
		Field(settings.DurationFieldUpTo(vFieldAckTimeout, ackTimeoutLimit).
			Description("How long a notification may wait for the outputs before the input answers 503. It must be less than 5 s, because LivePerson then gives up. LivePerson may switch off an app that takes longer than 2.5 s for two minutes.").
			Default("2s").
			Advanced()).
		Field(maxBodyBytes.Field().
			Description(fmt.Sprintf("The longest notification that the input accepts, in bytes, from 1 to %d. It answers 413 to a longer one, without reading it if `Content-Length` says so. The memory for all bodies, signed or not, is %d times as large. When it is used up, the input answers 503. LivePerson's notifications have a few kilobytes.", mostMaxBodyBytes, maxBodies)).
			Default(defaultMaxBodyBytes).
			Advanced()).
		Field(service.NewStringField(vFieldDedupeCache).
			Description(fmt.Sprintf("The label of a cache resource that remembers for %v which changes have arrived. A restart keeps them, and other instances can share them. Empty: this process remembers the newest %d.", longestRetention, localKeys)).
			Default("").
			Example("notifications").
			Advanced()).
		Field(conversation.Field()).
		Field(maxDeliveries.Field().
			Description(fmt.Sprintf("How often the pipeline may refuse a change, from 1 to %d. When LivePerson then repeats the notification, the change goes to `poison` instead of the pipeline. The failures are remembered in `dedupe_cache`. 0: no limit, so a change that the pipeline always refuses holds back all notifications of the app until its retention time is over. LivePerson repeats after 2, 4, 8 s and so on up to 5 minutes, so 10 is reached after some 20 minutes: choose a number that lasts longer than outages of your outputs.", mostMaxDeliveries)).
			Default(0).
			Advanced()).
		Field(service.NewOutputField(vFieldPoison).
			Description("An output for the changes that the pipeline has refused `max_deliveries` times. The metadata `fallback_error` has the last reason, as `liveperson_dead_letter` reads it, and `liveperson_deliveries` the number. The input answers 200 when this output has acknowledged the change, and 503 if it fails.").
			Optional().
			Advanced()).
		LintRule(settings.Lint(pairsLint)).
		Example("Agents' messages for consumers", "The input listens on a loopback address, behind a proxy that terminates TLS. The file gets one line for each text of an agent, with the consumer that it is for. A pipeline in another process has opened the conversations and stores them in the same cache.", `
input:
  liveperson_webhook:
    account_id: "${LIVEPERSON_ACCOUNT_ID}"
    client_id: "${LIVEPERSON_CLIENT_ID}"
    client_secrets: [ "${LIVEPERSON_CLIENT_SECRET}" ]
    events: [ ContentEvent ]
    conversation_cache: conversations

pipeline:
  threads: 1
  processors:
    - mapping: |
        root.consumer = @liveperson_consumer
        root.text = this.event.message

output:
  file:
    path: ./agent-messages.jsonl
    codec: lines

cache_resources:
  - label: conversations
    file:
      directory: ./conversations
`).
		Example("All conversations of the account, reachable from outside", "The input terminates TLS itself. It remembers on disk which changes have arrived, so that a change does not come twice after a restart.", `
input:
  liveperson_webhook:
    account_id: "${LIVEPERSON_ACCOUNT_ID}"
    client_id: "${LIVEPERSON_CLIENT_ID}"
    client_secrets: [ "${LIVEPERSON_CLIENT_SECRET}", "${LIVEPERSON_OLD_CLIENT_SECRET:}" ]
    address: 0.0.0.0:8443
    cert_file: ./tls/fullchain.pem
    key_file: ./tls/key.pem
    own_messages: true
    all_conversations: true
    dedupe_cache: notifications

output:
  file:
    path: ./messaging.jsonl
    codec: lines

cache_resources:
  - label: notifications
    file:
      directory: ./notifications
`)
}

func describeEventTypes() string {
	described := make([]string, len(eventTypeNames))
	for i, kind := range eventTypeNames {
		described[i] = fmt.Sprintf("`%s` (%s)", kind, eventTypes[kind])
	}
	return strings.Join(described, ", ")
}

func anyList(texts []string) []any {
	list := make([]any, len(texts))
	for i, text := range texts {
		list[i] = text
	}
	return list
}
