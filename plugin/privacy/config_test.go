package privacy

import (
	"fmt"
	"testing"
	"time"

	"github.com/redpanda-data/benthos/v4/public/service"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
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
		contacts:         contactsKeep,
		suppressInterval: 10 * time.Second,
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
		{name: "hash without a salt", yaml: "sub: hash", errContains: "salt: is empty or missing, but sub: hash needs one", lint: "salt: must be given with sub: hash"},
		{name: "hash with the salt of a variable that is not set", yaml: "{sub: hash, salt: ''}", errContains: "salt: is empty"},
		{name: "an unknown attribute", yaml: "consent: {attributes: {ctmrInfo: [marketing]}}", errContains: "consent.attributes.ctmrInfo: LivePerson has no engagement attribute", lint: "no engagement attribute of type ctmrInfo"},
		{name: "purposes that are no list", yaml: "consent: {attributes: {lead: marketing}}", errContains: "consent.attributes.lead: expected a list of purposes", lint: "expected a list of purposes"},
		{name: "a purpose that is no text", yaml: "consent: {attributes: {lead: [[marketing]]}}", errContains: "consent.attributes.lead: expected a list of purposes", lint: "expected a list of purposes"},
		{name: "an empty purpose", yaml: "consent: {required: [analytics, '']}", errContains: "consent.required[1]: is empty"},
		{name: "an empty purpose of an attribute", yaml: "consent: {attributes: {lead: ['']}}", errContains: "consent.attributes.lead[0]: is empty"},
		{name: "no such cache for consent", yaml: "consent: {cache: none}", errContains: `consent.cache: there is no cache resource labelled "none"`},
		{name: "no such cache for the list", yaml: "suppress: {cache: none}", errContains: `suppress.cache: there is no cache resource labelled "none"`},
		{name: "an interval that is none", yaml: "suppress: {check_interval: often}", errContains: "suppress.", lint: "expected a duration"},
		{name: "a default that is none", yaml: "consent: {default: ask}", lint: "default: expected one of allow, deny"},
		{name: "contacts unheard of", yaml: "contacts: encrypt", lint: "contacts: expected one of hash, keep, strip"},
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

// inFlow lets settings with and without braces stand within some.
func inFlow(yaml string) string {
	if yaml[0] == '{' {
		return yaml[1 : len(yaml)-1]
	}
	return yaml
}
