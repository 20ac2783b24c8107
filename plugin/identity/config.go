package identity

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/benthos-liveperson/benthos-liveperson/internal/metric"
	"github.com/benthos-liveperson/benthos-liveperson/internal/settings"
)

// The fields of the processor, and the parameters of the method.
const (
	liFieldToken     = "token"
	liFieldKeysFile  = "keys_file"
	liFieldAudience  = "audience"
	liFieldIssuers   = "issuers"
	liFieldLeeway    = "leeway"
	liFieldOnInvalid = "on_invalid"
)

// The values of the field on_invalid.
const (
	onInvalidAnonymous = "anonymous"
	onInvalidError     = "error"
)

// Descriptions that the processor and the method share.
const (
	keysFileDescription = "A file with the issuer's public keys: a JWK Set (`jwks.json`), or public keys or certificates in PEM. It is read at the first token, and then checked for changes once a second. If a new file can't be read, the old keys stay in use."
	audienceDescription = "The value that the claim `aud` must have: with OpenID Connect, the client id. Empty: any value is accepted, also in tokens that the same issuer made for other applications."
	issuersDescription  = "The values of the claim `iss` that are accepted. Empty: any value is accepted if one of the keys fits the signature."
	leewayDescription   = "How much this machine's clock may differ from the issuer's clock."
	leewayDefault       = "1m"
)

// metaIDToken is the metadata in which a mapping passes a token.
const metaIDToken = "liveperson_id_token"

type config struct {
	token    *service.InterpolatedString
	keysFile string
	expect   expectations
	strict   bool // a message with a bad token fails
}

func configFromParsed(conf *service.ParsedConfig) (c config, err error) {
	if c.token, err = conf.FieldInterpolatedString(liFieldToken); err != nil {
		return
	}
	if c.keysFile, err = conf.FieldString(liFieldKeysFile); err != nil {
		return
	}
	if err = checkKeysFile(c.keysFile); err != nil {
		return
	}
	if c.expect.audience, err = conf.FieldString(liFieldAudience); err != nil {
		return
	}
	if c.expect.issuers, err = conf.FieldStringList(liFieldIssuers); err != nil {
		return
	}
	if err = c.expect.checkSettings(); err != nil {
		return
	}
	leeway, err := conf.FieldString(liFieldLeeway)
	if err != nil {
		return
	}
	if c.expect.leeway, err = parseLeeway(leeway); err != nil {
		return
	}
	onInvalid, err := settings.Enum(conf, liFieldOnInvalid, onInvalidAnonymous, onInvalidError)
	c.strict = onInvalid == onInvalidError
	return
}

var errNoKeysFile = errors.New(liFieldKeysFile + ": is empty: name the file with the issuer's public keys")

func checkKeysFile(path string) error {
	if path == "" {
		return errNoKeysFile
	}
	if err := settings.CheckPath(path); err != nil {
		return fmt.Errorf("%s: %w", liFieldKeysFile, err)
	}
	return nil
}

// Error texts that the lint and the start share.
const (
	issuerBlank   = "is empty or has blanks around it, expected an issuer such as https://login.example.com"
	audienceBlank = "has blanks around it, expected an audience such as shop-web"
)

const (
	issuersLint  = `root = if this.type() == "string" && (this == "" || this.trim() != this) { "` + issuerBlank + `" }`
	audienceLint = `root = if this.trim() != this { "` + audienceBlank + `" }`
)

func (e expectations) checkSettings() error {
	if strings.TrimSpace(e.audience) != e.audience {
		return errors.New(liFieldAudience + ": " + audienceBlank)
	}
	for i, issuer := range e.issuers {
		if issuer == "" || strings.TrimSpace(issuer) != issuer {
			return fmt.Errorf("%s[%d]: %s", liFieldIssuers, i, issuerBlank)
		}
	}
	return nil
}

func parseLeeway(text string) (time.Duration, error) {
	leeway, err := time.ParseDuration(text)
	if err != nil || leeway < 0 {
		return 0, fmt.Errorf("%s: %q is not a duration such as 30s or 1m", liFieldLeeway, text)
	}
	return leeway, nil
}

func spec() *service.ConfigSpec {
	return service.NewConfigSpec().
		Beta().
		Categories("Mapping").
		Summary("Verifies an ID token and adds the consumer that it names to the report, beside the anonymous identity.").
		Description(description).
		Field(service.NewStringField(liFieldKeysFile).
			Description(keysFileDescription).
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
			Description("What happens with a message whose token is refused. The metric counts the token in both cases.").
			Default(onInvalidAnonymous)).
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
			exampleStrict)
}

var description = `
Put it between ` + "`liveperson_map` and `liveperson_report`" + `. A token must be a compact JWS, signed with RS256 or ES256, with the claims ` + "`iss`, `sub` and `exp`" + `. The new identity has the ` + "`iss` and `sub`" + ` of the token, and the ` + "`acr` `loa1`" + `, which LivePerson uses for consumers who have logged in.

The processor adds the new identity behind the identities of the report, as in LivePerson's samples. The anonymous identity stays first. So ` + "`consumerId`" + `, the session and the order of the consumer's events do not change.

The metadata ` + "`" + metaIDToken + "`" + ` is removed from every message, so that no log, dead letter or output contains a token. If the event has the token elsewhere, remove it in the mapping.

If ` + "`keys_file`" + ` cannot be read and there are no earlier keys, messages with a token fail, whatever ` + "`on_invalid`" + ` says, because the tokens cannot be checked. If an earlier processor has marked a message as failed, this processor removes the token and changes nothing else.

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
        keys_file: ./keys/jwks.json
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
