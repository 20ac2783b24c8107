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
)

// kindsDescribed are the values of the field events.
var kindsDescribed = map[string]string{
	kindContent:      "text, files and secure forms",
	kindRichContent:  "structured content",
	kindAcceptStatus: "receipts",
	kindChatState:    "typing and presence",
	kindConversation: "a conversation's whole state after each change",
}

func eventsLint() string {
	quoted := make([]string, len(allKinds))
	for i, kind := range allKinds {
		quoted[i] = fmt.Sprintf("%q", kind)
	}
	return fmt.Sprintf(`root = if this.type() == "array" { if this.length() == 0 { "%s: name at least one type" } } else if !this.re_match("[$][{][^!]") && ![%s].contains(this) { "%s: expected one of %s" }`,
		vFieldEvents, strings.Join(quoted, ", "), vFieldEvents, strings.Join(allKinds, ", "))
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

// secretsLint accepts an empty item, which an environment variable that is not set leaves.
var secretsLint = `root = if this.type() == "array" { if this.length() == 0 { "` + noSecret + `" } } else ` + strings.TrimPrefix(settings.SecretLint(vFieldClientSecrets), "root = ")

const tlsLint = `let cert = this.` + vFieldCertFile + `.or("")
root = if ($cert == "") != (this.` + vFieldKeyFile + `.or("") == "") {
  "` + needsBoth + `"
} else if $cert != "" && this.` + vFieldAddress + `.or("` + defaultAddress + `") == "" {
  "` + needsAddress + `"
}`

func spec() *service.ConfigSpec {
	return service.NewConfigSpec().
		Beta().
		Categories("Services").
		Summary("Takes the notifications that LivePerson's Connector API posts to an app: what agents say to consumers, and what becomes of conversations.").
		Description(description).
		Field(settings.AccountField()).
		Field(service.NewStringField(vFieldClientID).
			Description("The `client_id` of the installed app.").
			Example("81fad476-88af-4d08-bc0e-20bc69439ed4").
			LintRule(settings.IDLint(vFieldClientID))).
		Field(service.NewStringListField(vFieldClientSecrets).
			Description("The `client_secret` of the installed app. While it is changed, the old one and the new one: what either has signed is taken.").
			Example([]any{"${LIVEPERSON_CLIENT_SECRET}"}).
			LintRule(secretsLint).
			Secret()).
		Field(settings.SwitchField(vFieldRequireSHA256).
			Description("Takes notifications with a SHA-256 signature alone. LivePerson signs with SHA-1 unless the account has asked for SHA-256, so ask first. By default both are taken.").
			Default(false).
			Advanced()).
		Field(service.NewStringField(vFieldPath).
			Description("The path of the endpoint. In streams mode Benthos puts the stream's name in front of it, but only on its own server.").
			Default(defaultPath).
			LintRule(pathLint)).
		Field(service.NewStringField(vFieldAddress).
			Description(fmt.Sprintf("The host and port of a server for this input alone. The default is for a proxy on this machine that speaks TLS; without one, use an address such as `0.0.0.0:8443` with `cert_file` and `key_file`. Each input needs an address of its own. The server bounds what clients can take: %d connections, %v for headers, %v for a body, %v without a request, and bodies in memory. Empty: Benthos' own server (`http.address`), which must be enabled then, and bounds bodies alone: see [messaging](../messaging.md#tls-and-who-may-reach-the-webhook).", maxConnections, headerTimeout, bodyTimeout, idleTimeout)).
			Default(defaultAddress).
			Example("0.0.0.0:8443").
			LintRule(addressLint)).
		Field(service.NewStringField(vFieldCertFile).
			Description("The certificate, in PEM with its chain, for a server of its own. LivePerson posts to HTTPS only: without it something in front of the input must speak TLS. It is read at the start.").
			Default("").
			Advanced()).
		Field(service.NewStringField(vFieldKeyFile).
			Description("The key of the certificate, in PEM.").
			Default("").
			Advanced()).
		Field(service.NewStringListField(vFieldEvents).
			Description("The types of changes that are passed on: "+describeKinds()+".").
			Default(anyList(allKinds)).
			Advanced().
			LintRule(eventsLint())).
		Field(settings.SwitchField(vFieldOwnMessages).
			Description("Whether what consumers send is passed on: LivePerson tells an app its own messages too.").
			Default(false).
			Advanced()).
		Field(settings.SwitchField(vFieldInternalMessages).
			Description("Whether what is not meant for the consumer is passed on: messages with another `messageAudience` than `ALL`, such as agents' private notes. Do not send them to consumers.").
			Default(false).
			Advanced()).
		Field(settings.SwitchField(vFieldAllConversations).
			Description("Whether conversations are passed on that are not known as opened by this pipeline: LivePerson tells an app about all messaging of the account, whatever the channel.").
			Default(false).
			Advanced()).
		Field(settings.DurationFieldUpTo(vFieldAckTimeout, ackTimeoutLimit).
			Description("How long a notification may wait to be acknowledged by the outputs before it is answered with 503. Less than 5 s, after which LivePerson gives up; an app that takes longer than 2.5 s for two minutes it may switch off.").
			Default("2s").
			Advanced()).
		Field(maxBodyBytes.Field().
			Description(fmt.Sprintf("The longest notification that is taken, in bytes, from 1 to %d. A longer one is refused with 413, by its `Content-Length` before any of it is read. The memory for all that clients send, signed or not, is %d times as many bytes; what comes beyond that is answered with 503. LivePerson's notifications have a few kilobytes, so that the default leaves room.", mostMaxBodyBytes, maxBodies)).
			Default(defaultMaxBodyBytes).
			Advanced()).
		Field(service.NewStringField(vFieldDedupeCache).
			Description(fmt.Sprintf("Label of a cache resource in which it is remembered for %v which changes have arrived, to be shared with other instances and to outlast a restart. Empty: in this process, the newest %d.", longestRetention, localMarks)).
			Default("").
			Example("notifications").
			Advanced()).
		Field(conversation.Field()).
		LintRule(tlsLint).
		Example("Agents' messages for consumers", "On a loopback address, behind a proxy that speaks TLS. The file has one line for each text of an agent, with the consumer whom it is for. The conversations are those that a pipeline in another process has opened, and remembers in the same cache.", `
input:
  liveperson_webhook:
    account_id: "${LIVEPERSON_ACCOUNT_ID}"
    client_id: "${LIVEPERSON_CLIENT_ID}"
    client_secrets: [ "${LIVEPERSON_CLIENT_SECRET}" ]
    events: [ ContentEvent ]
    conversation_cache: conversations

pipeline:
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
		Example("All of the account, reached from outside", "With TLS and nothing in front. What has arrived is remembered on disk, so that a restart takes nothing twice.", `
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

func describeKinds() string {
	described := make([]string, len(allKinds))
	for i, kind := range allKinds {
		described[i] = fmt.Sprintf("`%s` (%s)", kind, kindsDescribed[kind])
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
