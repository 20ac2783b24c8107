package message

import (
	"fmt"
	"strings"
	"sync"

	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/benthos-liveperson/benthos-liveperson/internal/conversation"
	"github.com/benthos-liveperson/benthos-liveperson/internal/output"
	"github.com/benthos-liveperson/benthos-liveperson/internal/requests"
	"github.com/benthos-liveperson/benthos-liveperson/internal/settings"
)

func outputSpec() *service.ConfigSpec {
	return service.NewConfigSpec().
		Beta().
		Categories("Services").
		Summary("Sends what consumers say and do into their LivePerson conversations, through the Connector API.").
		Description(outputDescription).
		Fields(fields()...).
		Field(output.RefusedField()).
		Field(output.MaxInFlight.Field().
			Description(output.MaxInFlightDescription).
			Default(1000)).
		Field(output.BatchingField(lmFieldBatching).
			Description("How messages are put together into batches. Each message has its own fate.")).
		Example("Texts of consumers, with a dead-letter file",
			"Each line is a message of a consumer. The first one opens a conversation, with what is known of the consumer for the agent to see. What can't be sent goes to a file with its reason.",
			exampleTexts).
		Example("Typing, texts, and the end",
			"A chat widget's events become what a consumer does in the conversation.",
			exampleWidget)
}

func processorSpec() *service.ConfigSpec {
	return service.NewConfigSpec().
		Beta().
		Categories("Services").
		Summary("Sends what consumers say and do into their LivePerson conversations, through the Connector API, and goes on with the ids of what was sent.").
		Description(processorDescription).
		Fields(fields()...).
		Example("Answer an HTTP request with the conversation's id",
			"The answer is the message's new content: `conversation_id`, `dialog_id` and `sequence`.",
			exampleProcessor).
		Example("Keep the event, and add the ids",
			"Benthos' `branch` leaves the event as it is, and takes of the answer what it is told to.",
			exampleBranch)
}

// fields are the fields that the output and the processor share. They are made once, because
// parsing the lint rules takes long.
var fields = sync.OnceValue(func() []*service.ConfigField {
	all := []*service.ConfigField{
		settings.AccountField(),
		service.NewStringField(lmFieldClientID).
			Description("The `client_id` of the application that is installed at LivePerson for the Connector API.").
			Example("c0a8f1d2-3b4c-4d5e-8f60-718293a4b5c6").
			LintRule(settings.IDLint(lmFieldClientID)),
		service.NewStringField(lmFieldClientSecret).
			Description("The `client_secret` of the installed app.").
			Example("${LIVEPERSON_CLIENT_SECRET}").
			LintRule(settings.SecretLint(lmFieldClientSecret)).
			Secret(),
		service.NewInterpolatedStringField(lmFieldConsumer).
			Description("Who speaks: your own stable id of the consumer (`ext_consumer_id`), by which LivePerson knows the consumer and the history. Empty, and for messages for which it gives nothing or null: the metadata `" + metaConsumer + "`, which `liveperson_webhook` sets, or the content's member `" + memberConsumer + "`.").
			Default("").
			Example(`${! this.user.id }`),
		service.NewInterpolatedStringField(lmFieldAction).
			Description("What a message is about: " + allowedActions() + ". `auto`, and nothing or null, tells by the content, see above.").
			Default(string(actionAuto)).
			Example("message").
			Example(`${! @action }`).
			LintRule(fmt.Sprintf(`root = if !this.contains("${") && !["%s"].contains(this.lowercase()) { "%s: expected one of %s" }`, strings.ReplaceAll(allowedActions(), ", ", `", "`), lmFieldAction, allowedActions())),
		conversationField(),
		conversation.Field(),
		settings.EnumField(lmFieldCloseScope, map[string]string{
			scopeConversation: "The conversation ends, without a survey. The consumer's next text opens another one.",
			scopeDialog:       "The dialog ends. After the main one LivePerson may begin its survey; `liveperson_webhook` with the same `conversation_cache` notices that, and what the consumer says next goes there.",
		}).
			Description("What `{\"close\": true}` closes.").
			Default(scopeConversation).
			Advanced(),
		settings.SwitchField(lmFieldSplit).
			Description("Sends a text that is too long for a request of 5,000 characters as several messages, cut between words. Otherwise it fails. LivePerson does not say what it counts, so bytes of UTF-8 are counted, of the whole request: in Latin letters a text may have 4,700 or so, in Cyrillic half as many, in Chinese a third.").
			Default(true).
			Advanced(),
		maxParts.Field().
			Description("The most messages that `split` makes of one text, from 1 on. A text that needs more fails: no consumer writes such a text, and no agent reads it. The default takes some 90,000 Latin letters.").
			Default(defaultMaxParts).
			Advanced(),
		settings.EnumField(lmFieldOnTimeout, map[string]string{
			onTimeoutRetry: "It is repeated. If LivePerson had taken it, the message is in the conversation twice: LivePerson has no means against that.",
			onTimeoutFail:  "It fails, unless it has certainly not left. If LivePerson had not taken it, the message is not in the conversation.",
		}).
			Description("What becomes of a request that gets no answer, because of a time-out, also a gateway's (504), or a connection that breaks. Opening a conversation is always repeated, as a consumer can have but one.").
			Default(onTimeoutRetry).
			Advanced(),
		service.NewStringListField(lmFieldFeatures).
			Description("What this side can do beyond plain text, told in the header `Client-Properties`, such as `AUTO_MESSAGES`, `RICH_CONTENT`, `QUICK_REPLIES`, `MULTI_DIALOG`.").
			Default([]any{}).
			Advanced().
			LintRule(settings.ItemsLint(lmFieldFeatures)),
		domainField(lmFieldMessagingDomain, "messaging", "asyncMessagingEnt"),
		domainField(lmFieldSentinelDomain, "app tokens", "sentinel"),
		domainField(lmFieldIDPDomain, "consumer tokens", "idp"),
		domainField(lmFieldSwiftDomain, "files", "swift"),
	}
	all = append(all, settings.AdvancedFields()...)
	return append(all, requests.Fields("message", "5s", "10s", "15s")...)
})

const defaultMaxParts = 20

var maxParts = settings.Count{Name: lmFieldMaxParts, Least: 1, Most: settings.Unlimited}

// togetherOnly is what is wrong with a campaign without its engagement.
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
		interpolated(lmFieldSkillID, "The skill that is to serve the consumer. LivePerson advises to let a campaign decide.", "277498214").
			LintRule(numberLint(lmFieldSkillID)),
		interpolated(lmFieldTTR, "How urgent it is: "+strings.Join(ttrs, ", ")+".", "URGENT").
			LintRule(fmt.Sprintf(`root = if this != "" && !this.contains("${") && !["%s"].contains(this.uppercase()) { "conversation.ttr: expected one of %s" }`, strings.Join(ttrs, `", "`), strings.Join(ttrs, ", "))),
		interpolated(lmFieldCampaignID, "The campaign that led here, together with `engagement_id`. Empty: that of the message's engagement, see above.", `${! this.campaign }`).
			LintRule(numberLint(lmFieldCampaignID)),
		interpolated(lmFieldEngagementID, "The engagement that led here.", `${! this.engagement }`).
			LintRule(numberLint(lmFieldEngagementID)),
		service.NewBloblangField(lmFieldProfile).
			Description("A mapping that gives what the agent is to see of the consumer: a list of engagement attributes of the types `ctmrinfo` and `personal`, or one of them, or null. It is for each text, and only used where a conversation is opened.").
			Optional().
			Advanced().
			Example(`root = [{"type": "ctmrinfo", "info": {"customerId": this.customer}}, {"type": "personal", "personal": {"firstname": this.name}}]`),
	).Description("How a conversation is opened for a consumer who has none. All of it may be empty.").
		Advanced().
		LintRule(`root = if (this.` + lmFieldCampaignID + `.or("") == "") != (this.` + lmFieldEngagementID + `.or("") == "") { "` + togetherOnly + `" }`)
}

// numberLint is the lint rule of an id of LivePerson's that is a number.
func numberLint(name string) string {
	return fmt.Sprintf(`root = if !this.contains("${") && !this.re_match("%s") { %q }`, numberPattern, notNumber(name))
}

func domainField(name, what, domain string) *service.ConfigField {
	return service.NewStringField(name).
		Description("The host of " + what + ": a host, `host:port`, or a URL for a stand-in on loopback. Empty: asked of the Domain API (service `" + domain + "`).").
		Default("").
		Advanced().
		LintRule(settings.HostLint(name))
}
