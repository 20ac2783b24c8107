package privacy

import (
	"fmt"
	"testing"
	"time"

	"github.com/redpanda-data/benthos/v4/public/service"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/benthos-liveperson/benthos-liveperson/internal/receipt"
)

func TestConfigDefaults(t *testing.T) {
	t.Parallel()
	parsed, err := spec().ParseYAML("", nil)
	require.NoError(t, err)
	got, err := configFromParsed(parsed)
	require.NoError(t, err)
	assert.Equal(t, config{
		required:         []string{},
		attributes:       map[string][]string{},
		customerIDs:      customerIDKeep,
		contacts:         contactsKeep,
		urls:             urls{queries: queriesKeep, allowed: []string{}},
		suppressInterval: 10 * time.Second,
		receipts:         receipt.Config{Sample: 100},
	}, got)
}

func TestConfig(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name        string
		yaml        string
		errContains string
		lint        string // empty: none
	}{
		{name: "nothing set", yaml: "{}"},
		{name: "consent", yaml: "consent: {required: [analytics], attributes: {personal: [marketing], cartStatus: []}, default: ALLOW, cache: consents, key: 'x/${! json(\"consumerId\") }'}"},
		{name: "hash with a salt", yaml: "{sub: hash, salt: s, contacts: strip}"},
		{name: "suppression", yaml: "suppress: {file: ./list, cache: suppressed, check_interval: 1m}"},
		{name: "hash without a salt", yaml: "sub: hash", errContains: "salt: is empty or missing, but sub: hash needs a secret", lint: "salt: must be given with sub: hash"},
		{name: "hash with the salt of a variable that is not set", yaml: "{sub: hash, salt: ''}", errContains: "salt: is empty"},
		{name: "an unknown attribute", yaml: "consent: {attributes: {ctmrInfo: [marketing]}}", errContains: "consent.attributes.ctmrInfo: LivePerson has no engagement attribute", lint: "no engagement attribute of type ctmrInfo"},
		{name: "purposes that are no list", yaml: "consent: {attributes: {lead: marketing}}", errContains: "consent.attributes.lead: expected a list of purposes", lint: "expected a list of purposes"},
		{name: "a purpose that is no text", yaml: "consent: {attributes: {lead: [[marketing]]}}", errContains: "consent.attributes.lead: expected a list of purposes", lint: "expected a list of purposes"},
		{name: "an empty purpose", yaml: "consent: {required: [analytics, '']}", errContains: "consent.required[1]: is empty", lint: "is empty or has blanks"},
		{name: "an empty purpose of an attribute", yaml: "consent: {attributes: {lead: ['']}}", errContains: "consent.attributes.lead[0]: is empty", lint: "is empty or has blanks"},
		{name: "no such cache for consent", yaml: "consent: {cache: none}", errContains: `consent.cache: there is no cache resource labelled "none"`},
		{name: "no such cache for the list", yaml: "suppress: {cache: none}", errContains: `suppress.cache: there is no cache resource labelled "none"`},
		{name: "an interval that is none", yaml: "suppress: {check_interval: often}", errContains: "suppress.", lint: "expected a duration"},
		{name: "an interval below zero", yaml: "suppress: {check_interval: -1s}", errContains: "suppress.check_interval: expected a duration", lint: "expected a duration"},
		{name: "no interval", yaml: "suppress: {check_interval: ''}", errContains: "suppress.check_interval: expected a duration"},
		{name: "a folder", yaml: "suppress: {file: ./lists/}", errContains: "suppress.file: is a folder", lint: "is a folder"},
		{name: "the folder itself", yaml: "suppress: {file: ..}", errContains: "suppress.file: is a folder", lint: "is a folder"},
		{name: "a file in the network", yaml: "suppress: {file: 'https://example.com/list'}", errContains: "suppress.file: is a URL", lint: "is a URL"},
		{name: "blanks around a path", yaml: "suppress: {file: ' list'}", errContains: "suppress.file: has blanks", lint: "has blanks"},
		{name: "paths of all sorts", yaml: "{suppress: {file: '/a b/.c'}}"},
		{name: "a purpose lacks a letter", yaml: "consent: {required: [analytcs]}", errContains: `consent.required[0]: "analytcs" looks like a misspelt analytics`, lint: "looks like a misspelt analytics"},
		{name: "a purpose with a letter too many", yaml: "consent: {required: [Markketing]}", errContains: "looks like a misspelt marketing", lint: "looks like a misspelt marketing"},
		{name: "a purpose with another letter", yaml: "consent: {required: [personalisation]}", errContains: "looks like a misspelt personalization", lint: "looks like a misspelt personalization"},
		{name: "a purpose with letters exchanged", yaml: "consent: {attributes: {lead: [fucntional]}}", errContains: "consent.attributes.lead[0]: ", lint: "looks like a misspelt functional"},
		{name: "a purpose with a blank", yaml: "consent: {required: ['marketing ']}", errContains: "has blanks around it", lint: "has blanks around it"},
		{name: "purposes of other platforms", yaml: "consent: {required: [C0004, statistics, Marketing, preferences, ads, '1', marketing2]}"},
		{name: "a key without a cache", yaml: "consent: {key: '${! this.id }'}", errContains: "consent.key: has no effect without consent.cache", lint: "key: has no effect without consent.cache"},
		{name: "customer ids hashed without a salt", yaml: "customer_id: hash", errContains: "customer_id: hash needs a secret", lint: "salt: must be given with customer_id: hash"},
		{name: "hash in capitals without a salt", yaml: "sub: HASH", errContains: "sub: hash needs a secret", lint: "salt: must be given with sub: hash"},
		{name: "a blank salt", yaml: "{sub: hash, salt: ' '}", errContains: "salt: is empty"},
		{name: "sub unheard of", yaml: "sub: hsh", errContains: "sub: expected one of hash, keep", lint: "sub: expected one of"},
		{name: "customer_id unheard of", yaml: "customer_id: strip", errContains: "customer_id: expected one of drop, hash, keep", lint: "customer_id: expected one of"},
		{name: "url_query unheard of", yaml: "url_query: allow-list", errContains: "url_query: expected one of allow_list, drop, keep", lint: "url_query: expected one of"},
		{name: "an allow list", yaml: "{url_query: allow_list, url_query_allow: [utm_source, 'a[]']}"},
		{name: "an allow list of nothing", yaml: "url_query: allow_list", errContains: "url_query_allow: is empty", lint: "url_query_allow: is empty"},
		{name: "an allow list that is not used", yaml: "{url_query: drop, url_query_allow: [a]}", errContains: "url_query_allow: has no effect", lint: "url_query_allow: has no effect"},
		{name: "no name of a parameter", yaml: "{url_query: allow_list, url_query_allow: ['a=1']}", errContains: "url_query_allow[0]: expected the name of a parameter", lint: "expected the name of a parameter"},
		{name: "an empty name of a parameter", yaml: "{url_query: allow_list, url_query_allow: ['']}", errContains: "url_query_allow[0]: expected the name", lint: "expected the name of a parameter"},
		{name: "a default that is none", yaml: "consent: {default: ask}", errContains: "consent.default: expected one of allow, deny", lint: "default: expected one of allow, deny"},
		{name: "contacts unheard of", yaml: "contacts: encrypt", errContains: "contacts: expected one of hash, keep, strip", lint: "contacts: expected one of hash, keep, strip"},
	}
	linter := service.GlobalEnvironment().NewComponentConfigLinter()
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			lints, err := linter.LintProcessorYAML([]byte("liveperson_privacy: {" + inFlow(test.yaml) + "}"))
			require.NoError(t, err)
			if test.lint == "" {
				assert.Empty(t, lints)
			} else {
				assert.Contains(t, fmt.Sprint(lints), test.lint)
			}

			parsed, err := spec().ParseYAML(test.yaml, nil)
			require.NoError(t, err)
			c, err := configFromParsed(parsed)
			if err == nil {
				_, err = newProcessor(c, resources(t, nil))
			}
			if test.errContains != "" {
				require.ErrorContains(t, err, test.errContains)
			}
		})
	}
}

// inFlow removes the braces around settings, so that they can stand among other settings.
func inFlow(yaml string) string {
	if yaml[0] == '{' {
		return yaml[1 : len(yaml)-1]
	}
	return yaml
}
