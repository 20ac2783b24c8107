package message

import (
	"fmt"
	"strings"
	"sync"

	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/benthos-liveperson/benthos-liveperson/internal/conversation"
	"github.com/benthos-liveperson/benthos-liveperson/internal/output"
	"github.com/benthos-liveperson/benthos-liveperson/internal/receipt"
	"github.com/benthos-liveperson/benthos-liveperson/internal/requests"
	"github.com/benthos-liveperson/benthos-liveperson/internal/settings"
)

func outputSpec() *service.ConfigSpec {
	return service.NewConfigSpec().
		Beta().
		Categories("Services").
		Summary("Sends consumers' messages and actions to their LivePerson conversations, through the Connector API.").
		Description(outputDescription).
		Fields(fields()...).
		Field(output.AppRefusedField()).
		Field(output.MaxInFlight.Field().
			Description(output.MaxInFlightDescription).
			Default(1000)).
		Field(output.BatchingField(lmFieldBatching).
			Description("How messages are collected into batches. Each message has its own result.")).
		Example("Texts of consumers, with a dead-letter file",
			"Each line is a message of a consumer. The first one opens a conversation, with a profile of the consumer for the agent. A message that can't be sent goes to a file with its reason.",
			exampleTexts).
		Example("Typing, texts, and the end",
			"The events of a chat widget become a chat state, texts, and the end of the conversation.",
			exampleWidget)
}

func processorSpec() *service.ConfigSpec {
	return service.NewConfigSpec().
		Beta().
		Categories("Services").
		Summary("Sends consumers' messages and actions to their LivePerson conversations, through the Connector API, and returns the ids of the sent message.").
		Description(processorDescription).
		Fields(fields()...).
		Fields(downloadFields()...).
		Example("Answer an HTTP request with the conversation's id",
			"The new content of the message is the answer: `conversation_id`, `dialog_id` and `sequence`.",
			exampleProcessor).
		Example("Keep the event, and add the ids",
			"Benthos' `branch` keeps the event. Its `result_map` takes the conversation's id from the answer.",
			exampleBranch)
}

// fields are the fields that the output and the processor share. They are created once, because
// parsing the lint rules is slow.
var fields = sync.OnceValue(func() []*service.ConfigField {
	all := []*service.ConfigField{
		settings.AccountField(),
		service.NewStringField(lmFieldClientID).
			Description("The `client_id` of the app that is installed at LivePerson for the Connector API.").
			Example("c0a8f1d2-3b4c-4d5e-8f60-718293a4b5c6").
			LintRule(settings.Lint(settings.IDLint(lmFieldClientID))),
		service.NewStringField(lmFieldClientSecret).
			Description("The `client_secret` of the installed app.").
			Example("${LIVEPERSON_CLIENT_SECRET}").
			LintRule(settings.Lint(settings.SecretLint(lmFieldClientSecret))).
			Secret(),
		service.NewInterpolatedStringField(lmFieldConsumer).
			Description("Your own id of the consumer (`ext_consumer_id`). It must never change, because LivePerson finds the consumer's history by it. If the field is empty, or its result is empty or null: the metadata `" + metaConsumer + "`, which `liveperson_webhook` sets, or the content's member `" + memberConsumer + "`.").
			Default("").
			Example(`${! this.user.id }`),
		service.NewInterpolatedStringField(lmFieldAction).
			Description("What the message does: " + allowedActions() + ". With `auto`, or if the result is empty or null, the content decides; see above.").
			Default(string(actionAuto)).
			Example("message").
			Example(`${! @action }`).
			LintRule(settings.Lint(fmt.Sprintf(`root = if !this.contains("${") && !["%s"].contains(this.lowercase()) { "%s: expected one of %s" }`, strings.ReplaceAll(allowedActions(), ", ", `", "`), lmFieldAction, allowedActions()))),
		conversationField(),
		conversation.Field(),
		settings.EnumField(lmFieldRecover, map[string]string{
			recoverWebhook: "From notifications. `liveperson_webhook` with the same `conversation_cache` stores the conversation when a notification names it with its consumer: a change of the conversation, or the consumer's own message. LivePerson does not promise that its id of a consumer is the same in tokens and in notifications. The webhook compares them, and warns if they differ.",
			recoverREST:    "From the Messaging Interactions API, with `credentials`, and from notifications. The API shows a conversation up to a minute late.",
			recoverOff:     "Not at all. The text fails.",
		}).
			Description("How the open conversation of a consumer is found if `conversation_cache` does not know it: after a restart without a lasting cache, after the cache was lost, or if the answer to the opening got lost. Meanwhile the consumer's texts wait in their order.").
			Default(recoverWebhook).
			Advanced(),
		settings.DurationField(lmFieldRecoverTimeout).
			Description(fmt.Sprintf("How long a text waits for its conversation. Then it fails with the reason, and so do the consumer's texts behind it. At most %d consumers wait. The texts of further consumers fail at once.", maxRecovering)).
			Default("30s").
			Advanced(),
		settings.CredentialsField("They are for `recover: rest` and need the permission to read conversations.").
			Optional().
			Advanced(),
		settings.EnumField(lmFieldCloseScope, map[string]string{
			scopeConversation: "The conversation ends, without a survey. The consumer's next text opens another conversation.",
			scopeDialog:       "The dialog ends. After the main dialog, LivePerson may begin a survey. `liveperson_webhook` with the same `conversation_cache` stores the survey's dialog, and the consumer's next texts go there.",
		}).
			Description("What `{\"close\": true}` closes.").
			Default(scopeConversation).
			Advanced(),
		settings.SwitchField(lmFieldSplit).
			Description("Splits a text between words and sends several messages, if it is too long for a request of 5,000 characters. With `false`, such a text fails. LivePerson does not define a character here, so the component counts the bytes of the whole request in UTF-8. A text can have about 4,700 Latin letters, half as many Cyrillic letters, or a third as many Chinese characters.").
			Default(true).
			Advanced(),
		settings.SwitchField(lmFieldCheckRichContent).
			Description("Checks `rich_content` against the JSON Schema of cards that LivePerson publishes with its renderer, and against the documented limits of quick replies. Set `false` if your account accepts newer content than that schema has.").
			Default(true).
			Advanced(),
		maxParts.Field().
			Description("The most messages that `split` makes of one text, at least 1. A text that needs more fails, because no consumer writes such a text and no agent reads it. The default allows about 90,000 Latin letters.").
			Default(defaultMaxParts).
			Advanced(),
		settings.EnumField(lmFieldOnTimeout, map[string]string{
			onTimeoutRetry: "The request is repeated. If LivePerson accepted the first one, the conversation has the message twice: LivePerson does not recognise repeated requests.",
			onTimeoutFail:  "The message fails, unless the request was certainly not sent. If LivePerson did not get the request, the message is missing in the conversation.",
		}).
			Description("What to do after a request without an answer: a time-out, a gateway's time-out (504) or a broken connection. A request that opens a conversation is always repeated, because a consumer can have only one.").
			Default(onTimeoutRetry).
			Advanced(),
		service.NewStringListField(lmFieldFeatures).
			Description("The features that your channel supports besides plain text, such as `AUTO_MESSAGES`, `RICH_CONTENT`, `QUICK_REPLIES`, `MULTI_DIALOG`. They are sent in the header `Client-Properties`.").
			Default([]any{}).
			Advanced().
			LintRule(settings.Lint(settings.ItemsLint(lmFieldFeatures))),
		domainField(lmFieldMessagingDomain, "messaging", "asyncMessagingEnt"),
		domainField(lmFieldSentinelDomain, "app tokens", "sentinel"),
		domainField(lmFieldIDPDomain, "consumer tokens", "idp"),
		domainField(lmFieldSwiftDomain, "files", "swift"),
	}
	all = append(all, settings.AdvancedFields()...)
	all = append(all, requests.Fields("message", "5s", "10s", "15s")...)
	return append(all, receipt.SendingFields()...)
})

// downloadFields are the fields for files of agents, which only the processor can get.
func downloadFields() []*service.ConfigField {
	return []*service.ConfigField{
		settings.EnumField(lmFieldFileDownload, map[string]string{
			downloadContent: "The new content of the message is the file. The metadata `" + metaMediaType + "` has its media type.",
			downloadURL:     "The new content is `{\"url\": …, \"expires_at\": …}`. Anybody with the URL can get the file until it expires, a minute after LivePerson's answer. The processor checks neither size nor type.",
		}).
			Description("What the message gets for `{\"file_download\": …}`.").
			Default(downloadContent).
			Advanced(),
		maxFileBytes.Field().
			Description("The largest file that the processor downloads, in bytes. The message fails if the file is larger. LivePerson lets agents send files of up to 5 MB.").
			Default(5 << 20).
			Advanced(),
	}
}

var maxFileBytes = settings.Count{Name: lmFieldMaxFileBytes, Least: 1, Most: 64 << 20}

const defaultMaxParts = 20

var maxParts = settings.Count{Name: lmFieldMaxParts, Least: 1, Most: settings.Unlimited}

// togetherOnly is the error for a campaign without its engagement.
const togetherOnly = lmFieldConversation + ": " + lmFieldCampaignID + " and " + lmFieldEngagementID + " go together: give both or neither"

func conversationField() *service.ConfigField {
	interpolated := func(name, description string, examples ...string) *service.ConfigField {
		field := service.NewInterpolatedStringField(name).Description(description).Default("").Advanced()
		for _, example := range examples {
			field = field.Example(example)
		}
		return field
	}
	return service.NewObjectField(lmFieldConversation,
		interpolated(lmFieldSkillID, "The id of the skill that serves the consumer. LivePerson recommends that a campaign decides.", "277498214").
			LintRule(settings.Lint(numberLint(lmFieldSkillID))),
		interpolated(lmFieldTTR, "The urgency: "+strings.Join(ttrs, ", ")+".", "URGENT").
			LintRule(settings.Lint(fmt.Sprintf(`root = if this != "" && !this.contains("${") && !["%s"].contains(this.uppercase()) { "conversation.ttr: expected one of %s" }`, strings.Join(ttrs, `", "`), strings.Join(ttrs, ", ")))),
		interpolated(lmFieldCampaignID, "The id of the campaign that led to the conversation, together with `engagement_id`. Empty: from the engagement in the message; see above.", `${! this.campaign }`).
			LintRule(settings.Lint(numberLint(lmFieldCampaignID))),
		interpolated(lmFieldEngagementID, "The id of the engagement that led to the conversation.", `${! this.engagement }`).
			LintRule(settings.Lint(numberLint(lmFieldEngagementID))),
		service.NewBloblangField(lmFieldProfile).
			Description("A mapping to the consumer's profile for the agent: a list of engagement attributes of the types `ctmrinfo` and `personal`, a single one, or null. It runs for each text, but only a new conversation gets its result.").
			Optional().
			Advanced().
			Example(`root = [{"type": "ctmrinfo", "info": {"customerId": this.customer}}, {"type": "personal", "personal": {"firstname": this.name}}]`),
	).Description("How a conversation is opened for a consumer who has none. All fields are optional.").
		Advanced().
		LintRule(settings.Lint(`root = if (this.` + lmFieldCampaignID + `.or("") == "") != (this.` + lmFieldEngagementID + `.or("") == "") { "` + togetherOnly + `" }`))
}

// numberLint returns the lint rule for an id of LivePerson that is a number.
func numberLint(name string) string {
	return fmt.Sprintf(`root = if !this.contains("${") && !this.re_match("%s") { %q }`, numberPattern, notNumber(name))
}

func domainField(name, what, domain string) *service.ConfigField {
	return service.NewStringField(name).
		Description("The host of " + what + ": a host, `host:port`, or a URL for a stand-in on loopback. Empty: from the Domain API (service `" + domain + "`).").
		Default("").
		Advanced().
		LintRule(settings.Lint(settings.HostLint(name)))
}
