package privacy

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/benthos-liveperson/benthos-liveperson/internal/receipt"
	"github.com/benthos-liveperson/benthos-liveperson/internal/sde"
	"github.com/benthos-liveperson/benthos-liveperson/internal/settings"
)

const (
	pFieldConsent           = "consent"
	pFieldConsentRequired   = "required"
	pFieldConsentAttributes = "attributes"
	pFieldConsentDefault    = "default"
	pFieldConsentCache      = "cache"
	pFieldConsentKey        = "key"
	pFieldSub               = "sub"
	pFieldSalt              = "salt"
	pFieldCustomerID        = "customer_id"
	pFieldContacts          = "contacts"
	pFieldURLQuery          = "url_query"
	pFieldURLQueryAllow     = "url_query_allow"
	pFieldSuppress          = "suppress"
	pFieldSuppressFile      = "file"
	pFieldSuppressCache     = "cache"
	pFieldSuppressInterval  = "check_interval"
)

// The values of the fields consent.default and sub.
const (
	consentAllow = "allow"
	consentDeny  = "deny"
	subKeep      = "keep"
	subHash      = "hash"
)

type config struct {
	required         []string
	attributes       map[string][]string // by foldType
	allow            bool
	consentCache     string                      // empty: none
	consentKey       *service.InterpolatedString // nil: a digest of the consumer's id
	hashSub          bool
	salt             string
	customerIDs      customerIDs
	contacts         contacts
	urls             urls
	suppressFile     string // empty: none
	suppressCache    string // empty: none
	suppressInterval time.Duration
	receipts         receipt.Config
}

func configFromParsed(conf *service.ParsedConfig) (c config, err error) {
	if err = c.consentFromParsed(conf.Namespace(pFieldConsent)); err != nil {
		return c, fmt.Errorf("%s.%w", pFieldConsent, err)
	}
	if err = c.suppressFromParsed(conf.Namespace(pFieldSuppress)); err != nil {
		return c, fmt.Errorf("%s.%w", pFieldSuppress, err)
	}
	if err = c.pseudonymsFromParsed(conf); err != nil {
		return c, err
	}
	if err = c.valuesFromParsed(conf); err != nil {
		return c, err
	}
	c.receipts, err = receipt.FromParsed(conf)
	return c, err
}

func (c *config) consentFromParsed(conf *service.ParsedConfig) (err error) {
	if c.required, err = conf.FieldStringList(pFieldConsentRequired); err != nil {
		return err
	}
	if err = settings.CheckPurposes(pFieldConsentRequired, c.required); err != nil {
		return err
	}
	if err = c.attributesFromParsed(conf); err != nil {
		return err
	}
	otherwise, err := settings.Enum(conf, pFieldConsentDefault, consentAllow, consentDeny)
	if err != nil {
		return err
	}
	c.allow = otherwise == consentAllow
	if c.consentCache, err = conf.FieldString(pFieldConsentCache); err != nil {
		return err
	}
	if key, _ := conf.FieldString(pFieldConsentKey); key != "" {
		if c.consentCache == "" {
			return errors.New(pFieldConsentKey + ": " + keyWithoutCache)
		}
		c.consentKey, err = conf.FieldInterpolatedString(pFieldConsentKey)
	}
	return err
}

func (c *config) attributesFromParsed(conf *service.ParsedConfig) error {
	lists, err := conf.FieldAnyMap(pFieldConsentAttributes)
	if err != nil {
		return err
	}
	c.attributes = make(map[string][]string, len(lists))
	for name, list := range lists {
		at := pFieldConsentAttributes + "." + name
		if !sde.Known(name) {
			return fmt.Errorf("%s: LivePerson has no engagement attribute of this type", at)
		}
		purposes, err := list.FieldStringList()
		if err != nil {
			return fmt.Errorf("%s: expected a list of purposes", at)
		}
		if err := settings.CheckPurposes(at, purposes); err != nil {
			return err
		}
		// The two names of an attribute may both be in the settings.
		c.attributes[foldType(name)] = append(c.attributes[foldType(name)], purposes...)
	}
	return nil
}

func (c *config) suppressFromParsed(conf *service.ParsedConfig) (err error) {
	if c.suppressFile, err = conf.FieldString(pFieldSuppressFile); err != nil {
		return err
	}
	if c.suppressCache, err = conf.FieldString(pFieldSuppressCache); err != nil {
		return err
	}
	if err := settings.CheckPath(c.suppressFile); err != nil {
		return fmt.Errorf("%s: %w", pFieldSuppressFile, err)
	}
	if c.suppressInterval, err = conf.FieldDuration(pFieldSuppressInterval); err != nil || c.suppressInterval < 0 {
		return errors.New(pFieldSuppressInterval + ": expected a duration such as 10s or 1m30s; with 0s, the file is checked for every report")
	}
	return nil
}

func (c *config) pseudonymsFromParsed(conf *service.ParsedConfig) error {
	sub, err := settings.Enum(conf, pFieldSub, subKeep, subHash)
	if err != nil {
		return err
	}
	c.hashSub = sub == subHash
	if c.customerIDs, err = settings.Enum(conf, pFieldCustomerID, customerIDKeep, customerIDHash, customerIDDrop); err != nil {
		return err
	}
	if conf.Contains(pFieldSalt) {
		if c.salt, err = conf.FieldString(pFieldSalt); err != nil {
			return err
		}
	}
	if setting := c.needsSalt(); setting != "" && strings.TrimSpace(c.salt) == "" {
		return errors.New(pFieldSalt + ": is empty or missing, but " + setting + ": " + subHash + " needs a secret: ids that are hashed without one can be guessed")
	}
	return nil
}

// needsSalt returns the setting that hashes with a salt, or "" if none does.
func (c *config) needsSalt() string {
	switch {
	case c.hashSub:
		return pFieldSub
	case c.customerIDs == customerIDHash:
		return pFieldCustomerID
	}
	return ""
}

func (c *config) valuesFromParsed(conf *service.ParsedConfig) (err error) {
	if c.contacts, err = settings.Enum(conf, pFieldContacts, contactsKeep, contactsStrip, contactsHash); err != nil {
		return err
	}
	if c.urls.queries, err = settings.Enum(conf, pFieldURLQuery, queriesKeep, queriesDrop, queriesAllowList); err != nil {
		return err
	}
	if c.urls.allowed, err = conf.FieldStringList(pFieldURLQueryAllow); err != nil {
		return err
	}
	for i, name := range c.urls.allowed {
		if name == "" || strings.ContainsAny(name, "?&;=# ") {
			return fmt.Errorf("%s[%d]: %s", pFieldURLQueryAllow, i, parameterName)
		}
	}
	switch isList := c.urls.queries == queriesAllowList; {
	case isList && len(c.urls.allowed) == 0:
		return errors.New(pFieldURLQueryAllow + ": " + allowNothing)
	case !isList && len(c.urls.allowed) > 0:
		return errors.New(pFieldURLQueryAllow + ": " + allowUnused)
	}
	return nil
}
