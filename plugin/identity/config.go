package identity

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/benthos-liveperson/benthos-liveperson/internal/settings"
)

// The fields of the processor. Some are parameters of the method too.
const (
	liFieldToken         = "token"
	liFieldKeysURL       = "keys_url"
	liFieldKeysInterval  = "keys_interval"
	liFieldKeysFile      = "keys_file"
	liFieldAudience      = "audience"
	liFieldIssuers       = "issuers"
	liFieldLeeway        = "leeway"
	liFieldOnInvalid     = "on_invalid"
	liFieldSubClaim      = "sub_claim"
	liFieldSub           = "sub"
	liFieldSalt          = "salt"
	liFieldAllowPersonal = "allow_personal_ids"
)

// The values of the field on_invalid.
const (
	onInvalidAnonymous = "anonymous"
	onInvalidError     = "error"
)

// The values of the field sub.
const (
	subKeep = "keep"
	subHash = "hash"
)

// metaIDToken is the metadata in which a mapping passes a token.
const metaIDToken = "liveperson_id_token"

type config struct {
	token  *service.InterpolatedString
	keys   keysConfig
	expect expectations
	strict bool // a message with a bad token fails
}

// keysConfig says where the keys are: in a file or at a URL.
type keysConfig struct {
	file     string
	url      string
	interval time.Duration
}

func configFromParsed(conf *service.ParsedConfig) (c config, err error) {
	if c.token, err = conf.FieldInterpolatedString(liFieldToken); err != nil {
		return
	}
	if c.keys, err = keysFromParsed(conf); err != nil {
		return
	}
	if c.expect, err = expectationsFromParsed(conf); err != nil {
		return
	}
	if err = c.expect.namingFromParsed(conf); err != nil {
		return
	}
	onInvalid, err := settings.Enum(conf, liFieldOnInvalid, onInvalidAnonymous, onInvalidError)
	c.strict = onInvalid == onInvalidError
	return
}

func keysFromParsed(conf *service.ParsedConfig) (k keysConfig, err error) {
	for field, value := range map[string]*string{liFieldKeysURL: &k.url, liFieldKeysFile: &k.file} {
		if !conf.Contains(field) {
			continue
		}
		if *value, err = conf.FieldString(field); err != nil {
			return
		}
	}
	switch {
	case k.url != "" && k.file != "":
		return k, errors.New(bothKeys)
	case k.url == "" && k.file == "":
		return k, errors.New(noKeysSetting + "; a variable that is not set leaves a setting empty")
	case k.file != "":
		return k, checkKeysFile(k.file)
	}
	if k.interval, err = settings.Duration(conf, liFieldKeysInterval); err != nil {
		return
	}
	return k, checkKeysURL(k.url)
}

func checkKeysFile(path string) error {
	if path == "" {
		return errors.New(liFieldKeysFile + ": is empty: name the file with the issuer's public keys")
	}
	if err := settings.CheckPath(path); err != nil {
		return fmt.Errorf("%s: %w", liFieldKeysFile, err)
	}
	return nil
}

func expectationsFromParsed(conf *service.ParsedConfig) (e expectations, err error) {
	if e.audience, err = conf.FieldString(liFieldAudience); err != nil {
		return
	}
	if e.issuers, err = conf.FieldStringList(liFieldIssuers); err != nil {
		return
	}
	if e.subClaim, err = conf.FieldString(liFieldSubClaim); err != nil {
		return
	}
	if err = e.checkSettings(); err != nil {
		return
	}
	leeway, err := conf.FieldString(liFieldLeeway)
	if err != nil {
		return
	}
	e.leeway, err = parseLeeway(leeway)
	return
}

// namingFromParsed reads the settings for the consumer's name in the token.
func (e *expectations) namingFromParsed(conf *service.ParsedConfig) (err error) {
	if e.allowPersonal, err = settings.Switch(conf, liFieldAllowPersonal); err != nil {
		return
	}
	sub, err := settings.Enum(conf, liFieldSub, subKeep, subHash)
	if err != nil || sub == subKeep {
		return
	}
	var salt string
	if conf.Contains(liFieldSalt) {
		if salt, err = conf.FieldString(liFieldSalt); err != nil {
			return
		}
	}
	if settings.IsBlank(salt) {
		return errors.New(liFieldSalt + ": is empty or missing, but " + liFieldSub + ": " + subHash + " needs a secret: names that are hashed without one can be guessed")
	}
	e.salt = []byte(salt)
	return
}

// Error texts that the lint and the start share.
const (
	issuerBlank   = "is empty or has blanks around it, expected an issuer such as https://login.example.com"
	audienceBlank = "has blanks around it, expected an audience such as shop-web"
	claimBlank    = "is empty or has blanks around it, expected the name of a claim such as sub or customer_id"
	noKeysSetting = liFieldKeysURL + ", " + liFieldKeysFile + ": give one of them, so that tokens can be verified"
	bothKeys      = liFieldKeysURL + ", " + liFieldKeysFile + ": give only one of them"
)

const (
	issuersLint  = `root = if this.type() == "string" && (this == "" || this.trim() != this) { "` + issuerBlank + `" }`
	audienceLint = `root = if this.trim() != this { "` + audienceBlank + `" }`
	claimLint    = `root = if this == "" || this.trim() != this { "` + claimBlank + `" }`
	settingsLint = `root = [
  if !this.exists("` + liFieldKeysURL + `") && !this.exists("` + liFieldKeysFile + `") { "` + noKeysSetting + `" } else { null },
  if this.` + liFieldKeysURL + `.or("") != "" && this.` + liFieldKeysFile + `.or("") != "" { "` + bothKeys + `" } else { null },
  if this.` + liFieldSub + `.or("").lowercase() == "` + subHash + `" && !this.exists("` + liFieldSalt + `") { "` + liFieldSalt + `: must be given with ` + liFieldSub + `: ` + subHash + `" } else { null }
].filter(found -> found != null)`
)

func (e expectations) checkSettings() error {
	if strings.TrimSpace(e.audience) != e.audience {
		return errors.New(liFieldAudience + ": " + audienceBlank)
	}
	if e.subClaim == "" || strings.TrimSpace(e.subClaim) != e.subClaim {
		return errors.New(liFieldSubClaim + ": " + claimBlank)
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
