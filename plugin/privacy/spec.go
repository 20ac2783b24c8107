package privacy

import (
	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/benthos-liveperson/benthos-liveperson/internal/metric"
	"github.com/benthos-liveperson/benthos-liveperson/internal/settings"
)

func spec() *service.ConfigSpec {
	return service.NewConfigSpec().
		Beta().
		Categories("Mapping").
		Summary("Decides what of a report may leave: by consent, under pseudonyms, and nothing about suppressed consumers.").
		Description(description).
		Field(consentField()).
		Field(settings.EnumField(pFieldSub, map[string]string{
			subKeep: "They stay.",
			subHash: "They become HMAC-SHA256 of the id with the salt, in hexadecimal: the same id always the same, which nobody without the salt can find out.",
		}).
			Description("What becomes of the report's `consumerId` and of the `sub` of each identity. With another salt, or on changing this, LivePerson sees new consumers. An id of 64 hexadecimal digits is refused: it is a hash already.").
			Default(subKeep)).
		Field(settings.EnumField(pFieldCustomerID, map[string]string{
			string(customerIDKeep): "It stays.",
			string(customerIDHash): "It becomes HMAC-SHA256 of the id with the salt, as `sub: hash` makes it: the same id has the same pseudonym in both places.",
			string(customerIDDrop): "It is taken out, and an attribute that has nothing else with it.",
		}).
			Description("What becomes of `ctmrinfo.info.customerId`, which agents see.").
			Default(string(customerIDKeep))).
		Field(service.NewStringField(pFieldSalt).
			Description("The secret for `sub: hash` and `customer_id: hash`, which need one.").
			// No default, by which the lint tells none from a variable that is not set.
			Optional().
			Example("${LIVEPERSON_SALT}").
			Secret()).
		Field(settings.EnumField(pFieldContacts, map[string]string{
			string(contactsKeep):  "They stay.",
			string(contactsStrip): "They are taken out, and an attribute that has nothing else with them. Of an id nothing is left. A report without any other id fails.",
			string(contactsHash):  "They become SHA-256 in hexadecimal of their normal form. Without salt, so that they can be matched, and guessed.",
		}).
			Description("What becomes of e-mail addresses and phone numbers in any text of the report: ids, URLs, names, free text, members that LivePerson does not know, and all of `email` and `phone` in `personal.contacts`. The guide to privacy says which forms are recognised.").
			Default(string(contactsKeep))).
		Field(settings.EnumField(pFieldURLQuery, map[string]string{
			string(queriesKeep):      "They stay.",
			string(queriesDrop):      "They are taken out, and the fragment (`#…`) as well.",
			string(queriesAllowList): "Those named in `url_query_allow` stay. Of a fragment the path stays too.",
		}).
			Description("What becomes of the parameters of URLs, in the query, the fragment and the path (`;a=1`), in any text of the report. User information (`user:password@`) is always taken out.").
			Default(string(queriesKeep))).
		Field(service.NewStringListField(pFieldURLQueryAllow).
			Description("The names of the parameters that stay with `url_query: allow_list`, as they are written without escapes. Their values may hold anything.").
			Default([]any{}).
			Example([]any{"utm_source", "utm_campaign"}).
			LintRule(parametersLint)).
		Field(suppressField()).
		LintRule(settingsLint).
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
        customer_id: hash
        salt: ${LIVEPERSON_SALT:}
        contacts: strip
        url_query: allow_list
        url_query_allow: [utm_source, utm_campaign]
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
			Default([]any{}).
			LintRule(purposesLint()),
		service.NewAnyMapField(pFieldConsentAttributes).
			Description("By type of engagement attribute the purposes, all of them, without which it is withheld. The report itself still goes, with identity and entry points, also when no attribute is left. The two names of carts and of searches count as one. Empty: none.").
			Default(map[string]any{}).
			LintRule(attributesLint()),
		settings.EnumField(pFieldConsentDefault, map[string]string{
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
	).Description("Consent to purposes: what is withheld without it.").LintRule(consentLint)
}

func suppressField() *service.ConfigField {
	return service.NewObjectField(pFieldSuppress,
		service.NewStringField(pFieldSuppressFile).
			Description("A file with the id of a consumer on each line, or the SHA-256 of one in lower-case hexadecimal. Empty: none.").
			Default("").
			Example("./suppressed.txt").
			LintRule(settings.PathLint),
		service.NewStringField(pFieldSuppressCache).
			Description("The label of a cache resource that has a key for each consumer, with any value: `"+suppressPrefix+"` and the SHA-256 of the id in lower-case hexadecimal. Empty: none.").
			Default("").
			Example("suppressed"),
		service.NewDurationField(pFieldSuppressInterval).
			Description("How long the file is taken to be unchanged before it is looked at again, from 0s, for each report.").
			Default("10s").
			Advanced().
			LintRule(settings.DurationLint),
	).Description("Consumers about whom nothing is sent, such as those who asked to be erased.")
}

var description = `
Stands between the mapping and ` + "`liveperson_report`" + `. In this order:

1. Suppression: a report about a consumer on the list is dropped. The list is asked for the report's ids as they come, and for their pseudonyms.
2. Consent: a report or attribute is withheld that lacks consent to one of its purposes. What the event says is taken from the metadata ` + "`liveperson_consent`" + `, an object from purposes to true or false, or the same as JSON text; the presets write it.
3. Ids are hashed, parameters of URLs taken out, and contacts taken out or hashed.

Purposes are ` + "`essential`, `functional`, `analytics`, `marketing`, `personalization` and `advertising`" + `, or a consent platform's own ids of categories, such as ` + "`C0004`" + `, all without regard to case.

All else stays, among it ` + "`liveperson_event_id`" + `. ` + "`liveperson_consent`" + ` does not go on. Without settings nothing is withheld or changed, except for the user information of URLs.

What is hashed already is not hashed again. The metadata ` + "`liveperson_hashed`" + ` name the settings by which a report has been hashed: a second processor that would do the same refuses it. So does one without those metadata when an id, or a contact, has 64 hexadecimal digits.

What cannot be decided fails, alone and unchanged, with an error that has ` + "`privacy:`" + ` in front: a report whose ids or attributes can't be made out, consent that is no yes or no, a cache or file that can't be read. ` + "`liveperson_report`" + ` does not send what has failed.

### Metrics

` + metric.Table("liveperson_privacy")
