package identity

import (
	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/benthos-liveperson/benthos-liveperson/internal/metric"
	"github.com/benthos-liveperson/benthos-liveperson/internal/settings"
)

// Descriptions that the processor and the method share.
const (
	keysFileDescription      = "A file with the issuer's public keys: a JWK Set (`jwks.json`), or public keys or certificates in PEM. It is read at the first token, and then checked for changes once a second. If a new file can't be read, the old keys stay in use."
	audienceDescription      = "The value that the claim `aud` must have: with OpenID Connect, the client id. Empty: any value is accepted, also in tokens that the same issuer made for other applications."
	issuersDescription       = "The values of the claim `iss` that are accepted. Empty: any value is accepted if one of the keys fits the signature."
	leewayDescription        = "How much this machine's clock may differ from the issuer's clock."
	leewayDefault            = "1m"
	subClaimDescription      = "The claim that becomes the `sub` of the identity. Its value must be text."
	subClaimDefault          = "sub"
	allowPersonalDescription = "Accepts an e-mail address or a phone number as the consumer's `sub`. `liveperson_report` refuses such reports, unless its `allow_personal_ids` is on too or a `liveperson_privacy` between them hashes the ids."
)

func spec() *service.ConfigSpec {
	return service.NewConfigSpec().
		Beta().
		Categories("Mapping").
		Summary("Verifies an ID token and adds the consumer that it names to the report, beside the anonymous identity.").
		Description(description).
		Field(service.NewStringField(liFieldKeysURL).
			Description("The address of the issuer's public keys, a JWK Set. An OpenID provider names it `jwks_uri` in its `/.well-known/openid-configuration`. It must have `https`. Give either `keys_url` or `keys_file`.").
			// Without a default, the lint can tell a missing setting from an unset variable.
			Optional().
			Example("https://login.shop.example.com/.well-known/jwks.json").
			LintRule(settings.Lint(keysURLLint))).
		Field(service.NewStringField(liFieldKeysFile).
			Description(keysFileDescription).
			Optional().
			Example("./keys/jwks.json").
			LintRule(settings.Lint(settings.PathLint))).
		Field(service.NewStringField(liFieldAudience).
			Description(audienceDescription).
			Default("").
			Example("shop-web").
			LintRule(settings.Lint(audienceLint))).
		Field(service.NewStringListField(liFieldIssuers).
			Description(issuersDescription).
			Default([]any{}).
			Example([]any{"https://login.shop.example.com"}).
			LintRule(settings.Lint(issuersLint))).
		Field(settings.EnumField(liFieldOnInvalid, map[string]string{
			onInvalidAnonymous: "The report stays unchanged and keeps only the anonymous identity.",
			onInvalidError:     "The message fails.",
		}).
			Description("What to do with a message whose token is refused. The metric counts the token in both cases.").
			Default(onInvalidAnonymous)).
		Field(service.NewStringField(liFieldSubClaim).
			Description(subClaimDescription).
			Default(subClaimDefault).
			Example("customer_id").
			LintRule(settings.Lint(claimLint))).
		Field(settings.EnumField(liFieldSub, map[string]string{
			subKeep: "The value of the claim stays.",
			subHash: "The value is replaced by its HMAC-SHA256 with the salt, in hexadecimal. `liveperson_privacy` makes the same pseudonym from the same salt.",
		}).
			Description("How the identity names the consumer. With `hash`, LivePerson does not recognise the consumer by the `sub` of your login, and a suppression list must have the pseudonym.").
			Default(subKeep)).
		Field(service.NewStringField(liFieldSalt).
			Description("The secret for `sub: hash`.").
			Optional(). // as keys_url
			Example("${LIVEPERSON_SALT}").
			Secret()).
		Field(settings.SwitchField(liFieldAllowPersonal).
			Description(allowPersonalDescription).
			Default(false).
			Advanced()).
		Field(settings.DurationField(liFieldKeysInterval).
			Description("The age at which the keys of `keys_url` are fetched again. A key that the issuer withdraws is accepted for this long. A token with an unknown `kid` makes the processor fetch them earlier.").
			Default("15m").
			Advanced()).
		Field(service.NewInterpolatedStringField(liFieldToken).
			Description("The token. Empty or null: there is no token, and the report stays unchanged.").
			Default("${! @"+metaIDToken+" }").
			Advanced()).
		Field(service.NewDurationField(liFieldLeeway).
			Description(leewayDescription).
			Default(leewayDefault).
			Advanced().
			LintRule(settings.Lint(settings.DurationLint))).
		Example("Between mapping and output",
			"The first step removes the token from the event. The processor accepts only tokens for the shop's own web site.",
			exampleBetween).
		Example("A bad token is an error",
			"Messages with a bad token fail and end as dead letters, with the reason and without the token.",
			exampleStrict).
		LintRule(settings.Lint(settingsLint))
}

var description = `
Put it between ` + "`liveperson_map` and `liveperson_report`" + `. A token must be a compact JWS, signed with ` + namesOfAlgorithms + `, with the claims ` + "`iss`, `exp` and `sub`" + ` (or the one that ` + "`sub_claim`" + ` names). The new identity has the ` + "`iss` and `sub`" + ` of the token, and the ` + "`acr` `loa1`" + `, which LivePerson uses for consumers who have logged in.

LivePerson requires ids that nobody can guess. If the ` + "`sub`" + ` of a token is an e-mail address or a phone number, the processor refuses the token (reason ` + "`personal`" + `), because ` + "`liveperson_report`" + ` would refuse the whole report. Choose another claim with ` + "`sub_claim`" + `, or set ` + "`sub: hash`" + `.

### Keys by URL

The processor fetches the keys of ` + "`keys_url`" + ` at the first token, after ` + "`keys_interval`" + ` in the background, and when a token has a ` + "`kid`" + ` that no key has. It makes at most one request in 30 seconds, or in 2 seconds while there are no keys. A request may take 5 seconds, and the answer may have 1 MiB. If a request fails, the old keys stay in use, and the processor logs one warning. It follows redirects within the host, with ` + "`https`" + `. The environment variables ` + "`HTTPS_PROXY` and `NO_PROXY`" + ` apply. On Linux, ` + "`SSL_CERT_FILE`" + ` names the certificates of a private authority.

### Identities

The processor adds the new identity after the identities of the report, as in LivePerson's samples. The anonymous identity stays first. So ` + "`consumerId`" + `, the session and the order of the consumer's events do not change.

The metadata ` + "`" + metaIDToken + "`" + ` is removed from every message, so that no log, dead letter or output contains a token. If the event has the token elsewhere, remove it in the mapping.

If the keys cannot be read or fetched and there are no earlier keys, messages with a token fail, even with ` + "`on_invalid: anonymous`" + `, because the tokens cannot be checked. If an earlier processor has marked a message as failed, this processor removes the token and changes nothing else.

### Metrics

` + metric.Table("liveperson_identity")

const exampleBetween = `
pipeline:
  threads: 1
  processors:
    - mapping: |
        meta liveperson_id_token = this.context.id_token
        root = this.without("context.id_token")
    - liveperson_map:
        preset: retail
    - liveperson_identity:
        keys_url: https://login.shop.example.com/.well-known/jwks.json
        audience: shop-web
        issuers: [ https://login.shop.example.com ]
`

const exampleStrict = `
pipeline:
  threads: 1
  processors:
    - mapping: |
        meta liveperson_id_token = this.context.id_token
        root = this.without("context.id_token")
    - liveperson_map:
        preset: retail
    - liveperson_identity:
        keys_file: ./keys/issuer.pem
        on_invalid: error

output:
  fallback:
    - liveperson_report:
        account_id: ${LIVEPERSON_ACCOUNT_ID:12345678}
        app_installation_id: ${LIVEPERSON_APP_INSTALLATION_ID:a1b2c3d4-1234-5678-90ab-cdef12345678}
    - file:
        path: ./dead-letters.jsonl
        codec: lines
      processors:
        - liveperson_dead_letter: {}
`
