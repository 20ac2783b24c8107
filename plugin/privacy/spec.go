package privacy

import (
	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/benthos-liveperson/benthos-liveperson/internal/metric"
	"github.com/benthos-liveperson/benthos-liveperson/internal/receipt"
	"github.com/benthos-liveperson/benthos-liveperson/internal/settings"
)

func spec() *service.ConfigSpec {
	return service.NewConfigSpec().
		Beta().
		Categories("Mapping").
		Summary("Controls which parts of a report are sent: checks consent, hashes ids, removes contacts, and drops reports about suppressed consumers.").
		Description(description).
		Field(consentField()).
		Field(settings.EnumField(pFieldSub, map[string]string{
			subKeep: "The ids stay.",
			subHash: "Each id is replaced by its HMAC-SHA256 with the salt, in hexadecimal. The same id always gives the same pseudonym. Nobody can compute it without the salt.",
		}).
			Description("How to treat the report's `consumerId` and the `sub` of each identity. If you change this setting or the salt, LivePerson sees new consumers. With `hash`, an id of 64 hexadecimal digits is refused, because it is a hash already.").
			Default(subKeep)).
		Field(settings.EnumField(pFieldCustomerID, map[string]string{
			string(customerIDKeep): "The id stays.",
			string(customerIDHash): "The id is replaced by its HMAC-SHA256 with the salt, as with `sub: hash`. The same id has the same pseudonym in both places.",
			string(customerIDDrop): "The id is removed. An attribute that has nothing else is removed too.",
		}).
			Description("How to treat `ctmrinfo.info.customerId`, which agents see.").
			Default(string(customerIDKeep))).
		Field(service.NewStringField(pFieldSalt).
			Description("The secret for `sub: hash` and `customer_id: hash`. Both need it.").
			// Without a default, the lint can tell a missing salt from an unset variable.
			Optional().
			Example("${LIVEPERSON_SALT}").
			Secret()).
		Field(settings.EnumField(pFieldContacts, map[string]string{
			string(contactsKeep):  "Contacts stay.",
			string(contactsStrip): "Contacts are removed. An attribute that has nothing else is removed too. An id with a contact is removed as a whole. A report without any other id fails.",
			string(contactsHash):  "Each contact is replaced by the SHA-256 of its normal form, in hexadecimal. The hash has no salt, so other systems can match it. Anybody who guesses the contact can also verify the guess.",
		}).
			Description("How to treat e-mail addresses and phone numbers in any text of the report: ids, URLs, names, free text, and members that LivePerson does not know. `email` and `phone` in `personal.contacts` always count. The guide to privacy lists the forms that are recognised.").
			Default(string(contactsKeep))).
		Field(settings.EnumField(pFieldURLQuery, map[string]string{
			string(queriesKeep):      "Parameters stay.",
			string(queriesDrop):      "Parameters and the fragment (`#…`) are removed.",
			string(queriesAllowList): "The parameters that `url_query_allow` names stay. The path of a fragment stays too.",
		}).
			Description("How to treat the parameters of URLs in any text of the report: in the query, the fragment and the path (`;a=1`). User information (`user:password@`) is always removed.").
			Default(string(queriesKeep))).
		Field(service.NewStringListField(pFieldURLQueryAllow).
			Description("The names of the parameters that stay with `url_query: allow_list`, written without escapes. Their values are not checked.").
			Default([]any{}).
			Example([]any{"utm_source", "utm_campaign"}).
			LintRule(settings.Lint(parametersLint))).
		Field(suppressField()).
		Fields(receipt.Fields()...).
		LintRule(settings.Lint(settingsLint)).
		Example("Consent from the event", "Without consent to analytics, nothing is sent. Without consent to marketing, `personal` and `ctmrinfo` are withheld.", `
pipeline:
  threads: 1
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
		Example("Pseudonyms", "LivePerson gets pseudonyms instead of ids, and no contacts.", `
pipeline:
  threads: 1
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
		Example("Consent and suppression at the time of sending", "Other systems write consent and the suppression list into caches. If a cache can't be read, `retry` tries the report again up to five times. Then the report fails. `try` skips `retry` for events that the mapping could not map, because `retry` would remove the reason of their failure.", `
pipeline:
  threads: 1
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
    memory:
      init_values:
        liveperson-consent-marker: ""
  - label: suppressed
    memory:
      init_values:
        liveperson-suppressed-marker: ""
`)
}

func consentField() *service.ConfigField {
	return service.NewObjectField(pFieldConsent,
		service.NewStringListField(pFieldConsentRequired).
			Description("The purposes that a report needs. If consent to one of them is missing, the whole report is withheld. Empty: a report needs none.").
			Default([]any{}).
			LintRule(settings.Lint(settings.PurposesLint(pFieldConsentRequired))),
		service.NewAnyMapField(pFieldConsentAttributes).
			Description("For each type of engagement attribute, the purposes that it needs. If consent to one of them is missing, the attribute is withheld. The report is still sent with its identities and entry points, even if no attribute is left. The two names of carts count as one type, and so do the two names of searches. Empty: attributes need none.").
			Default(map[string]any{}).
			LintRule(settings.Lint(attributesLint())),
		settings.EnumField(pFieldConsentDefault, map[string]string{
			consentAllow: "Consent counts as given.",
			consentDeny:  "Consent counts as refused.",
		}).
			Description("How to treat a purpose that neither the event nor the cache names.").
			Default(consentDeny),
		service.NewStringField(pFieldConsentCache).
			Description("The label of a cache resource with newer consent. The processor reads the cache when a report needs consent. Its values look like `{\"marketing\": false}`. They override the event's consent for the purposes that they name. The cache must have the key `"+consentPrefixes.current+marker+"`, with any value. Empty: only the event counts.").
			Default("").
			Advanced(),
		service.NewInterpolatedStringField(pFieldConsentKey).
			Description("The consumer's key in that cache. Empty: `"+consentPrefixes.current+"` and the SHA-256 of an id in lower-case hexadecimal. The processor then reads one key for each `consumerId` and `identities[].sub` of the report. If there is none, it uses the visitor id in the metadata. If the values disagree, the refusal counts.").
			Default("").
			Example(`consent/${! this.consumerId }`).
			Advanced(),
	).Description("Purposes that reports and attributes need consent for.").LintRule(settings.Lint(consentLint))
}

func suppressField() *service.ConfigField {
	return service.NewObjectField(pFieldSuppress,
		service.NewStringField(pFieldSuppressFile).
			Description("A file with one consumer on each line: an id, or the SHA-256 of an id in hexadecimal. Empty: no file.").
			Default("").
			Example("./suppressed.txt").
			LintRule(settings.Lint(settings.PathLint)),
		service.NewStringField(pFieldSuppressCache).
			Description("The label of a cache resource with one key for each consumer: `"+suppressPrefixes.current+"` and the SHA-256 of the id in hexadecimal. The value does not matter. The cache must also have the key `"+suppressPrefixes.current+marker+"`, because a list that is missing would look like an empty one. Empty: no cache.").
			Default("").
			Example("suppressed"),
		service.NewDurationField(pFieldSuppressInterval).
			Description("How often the file is checked for changes, and the cache for its marker. With `0s`, both are checked for every report.").
			Default("10s").
			Advanced().
			LintRule(settings.Lint(settings.DurationLint)),
	).Description("Consumers about whom nothing is sent, for example because they asked for erasure.")
}

var description = `
Put this processor between the mapping and ` + "`liveperson_report`" + `. Its steps are, in this order:

1. Suppression: the processor drops a report about a consumer on the list. It looks up the ids of the report, and their pseudonyms if ids are hashed.
2. Consent: the processor withholds a report or attribute that lacks consent to one of its purposes. The event's consent is in the metadata ` + "`liveperson_consent`" + `: an object from purposes to true or false, or the same as JSON text. The presets write it.
3. Hashing and removal: the processor hashes ids, removes parameters of URLs, and removes or hashes contacts.

Purposes are ` + "`essential`, `functional`, `analytics`, `marketing`, `personalization` and `advertising`" + `, or the ids of a consent platform's own categories, such as ` + "`C0004`" + `. Case makes no difference.

Everything else stays, such as ` + "`liveperson_event_id`" + `. The processor removes ` + "`liveperson_consent`" + `. Without settings, the processor only removes the user information of URLs.

The processor does not hash an id or contact twice. It writes the settings that hashed a report into the metadata ` + "`liveperson_hashed`" + `. A second processor that has one of these settings refuses the report. The processor also refuses a report without these metadata if a value to hash has 64 hexadecimal digits.

The processor starts only if it can read each list: the file, and the marker of each cache. It fails reports if a list goes missing later.

A report fails alone and unchanged if the processor can't decide. Examples are ids or attributes that can't be read, consent that is not true or false, and a cache or file that can't be read. The error begins with ` + "`privacy:`" + `. ` + "`liveperson_report`" + ` does not send failed messages.

### Metrics

` + metric.Table("liveperson_privacy")
