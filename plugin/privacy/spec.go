package privacy

import (
	"fmt"
	"strings"

	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/benthos-liveperson/benthos-liveperson/plugin/account"
	"github.com/benthos-liveperson/benthos-liveperson/plugin/sde"
)

func spec() *service.ConfigSpec {
	return service.NewConfigSpec().
		Beta().
		Categories("Mapping").
		Summary("Decides what of a report may leave: by consent, under pseudonyms, and nothing about suppressed consumers.").
		Description(description).
		Field(consentField()).
		Field(account.EnumField(pFieldSub, map[string]string{
			subKeep: "They stay.",
			subHash: "They become HMAC-SHA256 of the id with the salt, in hexadecimal: the same id always the same, which nobody without the salt can find out.",
		}).
			Description("What becomes of the report's `consumerId` and of the `sub` of each identity. With another salt, or on changing this, LivePerson sees new consumers. `ctmrinfo.customerId` is for agents and not touched by this.").
			Default(subKeep)).
		Field(service.NewStringField(pFieldSalt).
			Description("The secret for `sub: hash`, which needs one.").
			// No default, by which the lint tells none from a variable that is not set.
			Optional().
			Example("${LIVEPERSON_SALT}").
			Secret()).
		Field(account.EnumField(pFieldContacts, map[string]string{
			string(contactsKeep):  "They stay.",
			string(contactsStrip): "They are taken out, and an attribute that has nothing else with them.",
			string(contactsHash):  "They become SHA-256 in hexadecimal: of the e-mail address trimmed and in lower case, of the phone number as `+` and its digits. Without salt, so that they can be matched, and guessed.",
		}).
			Description("What becomes of e-mail addresses and phone numbers in `personal.contacts`, and in `userName` and `customerId` of `ctmrinfo` when they are an e-mail address or a phone number with `+`.").
			Default(string(contactsKeep))).
		Field(suppressField()).
		LintRule(`root = if this.sub == "hash" && !this.exists("salt") { "salt: must be given with sub: hash" }`).
		Example("Consent, as the event has it", "Nothing leaves without consent to analytics, and who a consumer is only with consent to marketing.", `
pipeline:
  processors:
    - liveperson_map:
        preset: retail
    - liveperson_privacy:
        consent:
          required: [analytics]
          attributes:
            personal: [marketing]
            ctmrinfo: [marketing]
`).
		Example("Pseudonyms", "LivePerson learns neither ids nor how to reach the consumer.", `
pipeline:
  processors:
    - liveperson_retail: {}
    - liveperson_privacy:
        sub: hash
        salt: ${LIVEPERSON_SALT:}
        contacts: strip
`).
		Example("Consent and suppression at the time of sending", "Both are kept in caches, which other systems write. While a cache can't be read the report is tried again, and then fails. `try` keeps what the mapping could not map from `retry`, which would take the reason off it.", `
pipeline:
  processors:
    - try:
        - liveperson_retail: {}
        - retry:
            max_retries: 5
            processors:
              - liveperson_privacy:
                  consent:
                    required: [marketing]
                    cache: consents
                    key: consent/${! this.consumerId }
                  suppress:
                    cache: suppressed

cache_resources:
  - label: consents
    memory: {}
  - label: suppressed
    memory: {}
`)
}

func consentField() *service.ConfigField {
	return service.NewObjectField(pFieldConsent,
		service.NewStringListField(pFieldConsentRequired).
			Description("The purposes, all of them, without which the whole report is withheld. Empty: none.").
			Default([]any{}),
		service.NewAnyMapField(pFieldConsentAttributes).
			Description("By type of engagement attribute the purposes, all of them, without which it is withheld. The report itself still goes, with identity and entry points, also when no attribute is left. The two names of carts and of searches count as one. Empty: none.").
			Default(map[string]any{}).
			LintRule(attributesLint()),
		account.EnumField(pFieldConsentDefault, map[string]string{
			consentAllow: "As given.",
			consentDeny:  "As not given.",
		}).
			Description("What consent to a purpose counts as that neither the event nor the cache says anything about.").
			Default(consentDeny),
		service.NewStringField(pFieldConsentCache).
			Description("The label of a cache resource that holds newer consent, asked when a report needs any. Its values are like `{\"marketing\": false}`; what they say wins over the event, and what they don't say is left to it. Empty: the event alone.").
			Default("").
			Advanced(),
		service.NewInterpolatedStringField(pFieldConsentKey).
			Description("The consumer's key in that cache. Empty: `"+consentPrefix+"` and the SHA-256 of an id in lower-case hexadecimal, for each id that the report has: `consumerId` and `identities[].sub`, or else the visitor id of the metadata. Where those disagree a no counts.").
			Default("").
			Example(`consent/${! this.consumerId }`).
			Advanced(),
	).Description("Consent to purposes: what is withheld without it.")
}

func suppressField() *service.ConfigField {
	return service.NewObjectField(pFieldSuppress,
		service.NewStringField(pFieldSuppressFile).
			Description("A file with the id of a consumer on each line, or the SHA-256 of one in lower-case hexadecimal. Empty: none.").
			Default("").
			Example("./suppressed.txt"),
		service.NewStringField(pFieldSuppressCache).
			Description("The label of a cache resource that has a key for each consumer, with any value: `"+suppressPrefix+"` and the SHA-256 of the id in lower-case hexadecimal. Empty: none.").
			Default("").
			Example("suppressed"),
		service.NewDurationField(pFieldSuppressInterval).
			Description("How long the file is taken to be unchanged before it is looked at again.").
			Default("10s").
			Advanced().
			LintRule(account.DurationLint),
	).Description("Consumers about whom nothing is sent, such as those who asked to be erased.")
}

// attributesLint passes over the values, to which Benthos applies the rule as well.
func attributesLint() string {
	known := append(sde.WriteTypes(), sde.CartStatus, sde.SearchContent)
	names := `["` + strings.Join(known, `", "`) + `"]`
	return fmt.Sprintf(`root = if this.type() == "object" {
  this.keys().filter(name -> !%s.contains(name)).map_each(name -> "LivePerson has no engagement attribute of type " + name)
} else if this.type() != "array" || this.any(purpose -> purpose.type() != "string") { "expected a list of purposes" }`, names)
}

const description = `
Stands between the mapping and ` + "`liveperson_report`" + `. In this order:

1. Suppression: a report about a consumer on the list is dropped. The list is asked for the report's ids as they come, and for their pseudonyms.
2. Consent: a report or attribute is withheld that lacks consent to one of its purposes. What the event says is taken from the metadata ` + "`liveperson_consent`" + `, an object from purposes to true or false, or the same as JSON text; the presets write it.
3. Contacts and ids are taken out or hashed.

Purposes are ` + "`essential`, `functional`, `analytics`, `marketing`, `personalization` and `advertising`" + `, or a consent platform's own ids of categories, such as ` + "`C0004`" + `, all without regard to case.

All else stays, among it ` + "`liveperson_event_id`" + `. ` + "`liveperson_consent`" + ` does not go on. Without settings nothing is withheld or changed.

What cannot be decided fails, alone and unchanged, with an error that has ` + "`privacy:`" + ` in front: a report whose ids or attributes can't be made out, consent that is no yes or no, a cache or file that can't be read. ` + "`liveperson_report`" + ` does not send what has failed.

### Metrics

| name | labels | meaning |
|---|---|---|
| ` + "`liveperson_withheld_messages`" + ` | ` + "`purpose`" + `: the first without consent, as the settings list them | reports withheld |
| ` + "`liveperson_withheld_attributes`" + ` | ` + "`purpose`" + ` | attributes withheld from reports that went on |
| ` + "`liveperson_suppressed`" + ` | | reports about suppressed consumers |
`
