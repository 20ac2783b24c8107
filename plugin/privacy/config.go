package privacy

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/benthos-liveperson/benthos-liveperson/plugin/sde"
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
	pFieldContacts          = "contacts"
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
	attributes       map[string][]string // by kindOf
	allow            bool
	consentCache     string                      // empty: none
	consentKey       *service.InterpolatedString // nil: a digest of the consumer's id
	hashSub          bool
	salt             string
	contacts         contacts
	suppressFile     string // empty: none
	suppressCache    string // empty: none
	suppressInterval time.Duration
}

func configFromParsed(conf *service.ParsedConfig) (c config, err error) {
	if err = c.consentFromParsed(conf.Namespace(pFieldConsent)); err != nil {
		return c, fmt.Errorf("%s.%w", pFieldConsent, err)
	}
	if err = c.suppressFromParsed(conf.Namespace(pFieldSuppress)); err != nil {
		return c, fmt.Errorf("%s.%w", pFieldSuppress, err)
	}
	err = c.pseudonymsFromParsed(conf)
	return c, err
}

func (c *config) consentFromParsed(conf *service.ParsedConfig) (err error) {
	if c.required, err = conf.FieldStringList(pFieldConsentRequired); err != nil {
		return err
	}
	if err = checkPurposes(pFieldConsentRequired, c.required); err != nil {
		return err
	}
	if err = c.attributesFromParsed(conf); err != nil {
		return err
	}
	otherwise, err := conf.FieldString(pFieldConsentDefault)
	if err != nil {
		return err
	}
	c.allow = strings.ToLower(otherwise) == consentAllow // as Benthos' lint takes it
	if c.consentCache, err = conf.FieldString(pFieldConsentCache); err != nil {
		return err
	}
	if key, _ := conf.FieldString(pFieldConsentKey); key != "" {
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
		if err := checkPurposes(at, purposes); err != nil {
			return err
		}
		// An attribute that goes by two names may be named by both.
		c.attributes[kindOf(name)] = append(c.attributes[kindOf(name)], purposes...)
	}
	return nil
}

func checkPurposes(at string, purposes []string) error {
	if i := slices.Index(purposes, ""); i >= 0 {
		return fmt.Errorf("%s[%d]: is empty, expected a purpose such as marketing", at, i)
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
	c.suppressInterval, err = conf.FieldDuration(pFieldSuppressInterval)
	return err
}

func (c *config) pseudonymsFromParsed(conf *service.ParsedConfig) error {
	sub, err := conf.FieldString(pFieldSub)
	if err != nil {
		return err
	}
	c.hashSub = strings.ToLower(sub) == subHash
	if conf.Contains(pFieldSalt) {
		if c.salt, err = conf.FieldString(pFieldSalt); err != nil {
			return err
		}
	}
	if c.hashSub && c.salt == "" {
		return errors.New(pFieldSalt + ": is empty or missing, but " + pFieldSub + ": " + subHash + " needs one: without a secret, ids are found out by trying")
	}
	handling, err := conf.FieldString(pFieldContacts)
	c.contacts = contacts(strings.ToLower(handling))
	return err
}
