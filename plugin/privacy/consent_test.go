package privacy

import (
	"context"
	"encoding/json"
	"testing"

	"github.com/redpanda-data/benthos/v4/public/service"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestAnswersOf(t *testing.T) {
	t.Parallel()
	purposes := []string{"C0004", "analytics", "marketing"}
	tests := []struct {
		name        string
		value       any
		want        map[string]bool
		errContains string
	}{
		{name: "nothing said", value: nil},
		{name: "empty text", value: ""},
		{name: "null as text", value: "null"},
		{name: "an empty object", value: map[string]any{}},
		{name: "an empty object as text", value: "{}"},
		{name: "an object", value: map[string]any{"marketing": true, "analytics": false}, want: map[string]bool{"marketing": true, "analytics": false}},
		{name: "text", value: `{"marketing": true, "C0004": false}`, want: map[string]bool{"marketing": true, "C0004": false}},
		{name: "bytes", value: []byte(`{"marketing":true}`), want: map[string]bool{"marketing": true}},
		{name: "null says nothing", value: map[string]any{"marketing": nil}},
		{name: "any case", value: map[string]any{"Marketing": true, "c0004": true}, want: map[string]bool{"marketing": true, "C0004": true}},
		{name: "two spellings that disagree: a no counts", value: map[string]any{"Marketing": true, "marketing": false, "MARKETING": true}, want: map[string]bool{"marketing": false}},
		{name: "what is not asked for may be anything", value: map[string]any{"categories": map[string]any{}, "ts": json.Number("1"), "marketing": true}, want: map[string]bool{"marketing": true}},
		{name: "an answer as text", value: map[string]any{"marketing": "true"}, errContains: "marketing: expected true or false"},
		{name: "an answer as number", value: `{"marketing": 1}`, errContains: "marketing: expected true or false"},
		{name: "an answer as object", value: map[string]any{"marketing": map[string]any{"granted": true}}, errContains: "marketing: expected true or false"},
		{name: "a bool", value: true, errContains: "expected an object from purposes"},
		{name: "a list", value: []any{"marketing"}, errContains: "expected an object from purposes"},
		{name: "a list as text", value: `["marketing"]`, errContains: "expected an object from purposes"},
		{name: "text that is no JSON", value: "marketing", errContains: "expected an object from purposes"},
		{name: "text cut off", value: `{"marketing":true`, errContains: "expected an object from purposes"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got, err := answersOf(test.value, purposes)
			if test.errContains != "" {
				require.ErrorContains(t, err, test.errContains)
				return
			}
			require.NoError(t, err)
			if test.want == nil {
				test.want = map[string]bool{}
			}
			assert.Equal(t, test.want, got)
		})
	}
}

func TestConsent(t *testing.T) {
	t.Parallel()
	const report = `{"consumerId":"jane","identities":[{"sub":"a-1"}],"entryPoints":["u"],"engagementAttributes":[
		{"type":"cartStatus"},{"type":"personal"},{"type":"lead"},{"type":"CTMRINFO"}]}`
	all := []string{"cartStatus", "personal", "lead", "CTMRINFO"}
	tests := []struct {
		name    string
		yaml    string
		consent any
		items   map[string]string
		want    []string // types of attributes left; nil: withheld
		refused refusal
	}{
		{name: "nothing required", yaml: "{required: []}", consent: map[string]any{"marketing": false}, want: all},
		{name: "required and given", yaml: "{required: [marketing]}", consent: map[string]any{"marketing": true}, want: all},
		{name: "required and refused", yaml: "{required: [marketing]}", consent: map[string]any{"marketing": false}, refused: refusal{message: "marketing"}},
		{name: "required and not said", yaml: "{required: [marketing]}", refused: refusal{message: "marketing"}},
		{name: "not said counts as given", yaml: "{required: [marketing], default: allow}", want: all},
		{name: "a no is a no, whatever the default", yaml: "{required: [marketing], default: allow}", consent: map[string]any{"marketing": false}, refused: refusal{message: "marketing"}},
		{name: "all that are required", yaml: "{required: [analytics, C0004, marketing]}", consent: map[string]any{"analytics": true}, refused: refusal{message: "C0004"}},
		{name: "a category", yaml: "{required: [C0004]}", consent: map[string]any{"C0004": true}, want: all},
		{
			name: "attributes", yaml: "{attributes: {personal: [marketing], ctmrinfo: [analytics, marketing]}}", consent: map[string]any{"analytics": true},
			want: []string{"cartStatus", "lead"}, refused: refusal{attributes: []string{"marketing", "marketing"}},
		},
		{
			name: "attributes by the other of two names", yaml: "{attributes: {cart: [marketing], cartStatus: [analytics]}}", consent: map[string]any{"marketing": true},
			want: []string{"personal", "lead", "CTMRINFO"}, refused: refusal{attributes: []string{"analytics"}},
		},
		{
			name: "no attribute left", yaml: "{attributes: {cart: [a], personal: [b], lead: [a], ctmrinfo: [a]}}",
			want: []string{}, refused: refusal{attributes: []string{"a", "b", "a", "a"}},
		},
		{name: "the message before its attributes", yaml: "{required: [analytics], attributes: {lead: [marketing]}}", refused: refusal{message: "analytics"}},
		{
			name: "withdrawn since", yaml: "{required: [marketing], cache: consents}", consent: map[string]any{"marketing": true},
			items: map[string]string{consentPrefixes.current + digest("jane"): `{"marketing":false}`}, refused: refusal{message: "marketing"},
		},
		{
			name: "given since", yaml: "{required: [marketing], cache: consents}", consent: map[string]any{"marketing": false},
			items: map[string]string{consentPrefixes.current + digest("jane"): `{"marketing":true}`}, want: all,
		},
		{
			name: "given under one id, withdrawn under another", yaml: "{required: [marketing], cache: consents}",
			items: map[string]string{consentPrefixes.current + digest("jane"): `{"marketing":true}`, consentPrefixes.current + digest("a-1"): `{"marketing":false}`}, refused: refusal{message: "marketing"},
		},
		{
			name: "nothing newer", yaml: "{required: [marketing], cache: consents}", consent: map[string]any{"marketing": true}, want: all,
		},
		{
			name: "newer of something else", yaml: "{required: [marketing], cache: consents}", consent: map[string]any{"marketing": true},
			items: map[string]string{consentPrefixes.current + digest("jane"): `{"analytics":false}`}, want: all,
		},
		{
			name: "a key of the user's own", yaml: `{required: [marketing], cache: consents, key: "of/${! json(\"consumerId\") }"}`,
			items: map[string]string{"of/jane": `{"marketing":true}`}, want: all,
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			p := newTestProcessor(t, "consent: "+test.yaml, test.items)
			msg := service.NewMessage([]byte(report))
			msg.MetaSetMut(metaConsent, test.consent)
			r, err := readReport(msg.Copy())
			require.NoError(t, err)
			refused, err := p.gate.judge(t.Context(), msg, &r)
			require.NoError(t, err)
			assert.Equal(t, test.refused, refused)

			batch, err := p.Process(t.Context(), msg)
			require.NoError(t, err)
			if test.want == nil {
				assert.Empty(t, batch)
				return
			}
			require.Len(t, batch, 1)
			assert.Equal(t, test.want, typesLeft(t, batch[0]))
		})
	}
}

func typesLeft(t *testing.T, msg *service.Message) []string {
	t.Helper()
	content, err := msg.AsBytes()
	require.NoError(t, err)
	var report struct {
		EngagementAttributes []struct{ Type string }
	}
	require.NoError(t, json.Unmarshal(content, &report))
	types := []string{}
	for _, attribute := range report.EngagementAttributes {
		types = append(types, attribute.Type)
	}
	return types
}

func TestConsentThatCannotBeLookedUp(t *testing.T) {
	t.Parallel()
	value := func(text string) lookup {
		return func(context.Context, string) ([]byte, bool, error) { return []byte(text), true, nil }
	}
	tests := []struct {
		name        string
		yaml        string
		lookup      lookup
		content     string
		errContains string // empty: the report passes
	}{
		{name: "the cache fails", yaml: "{required: [marketing]}", lookup: failing, content: `{"consumerId":"jane","engagementAttributes":[]}`, errContains: "the cache is down"},
		{name: "the cache fails, and an attribute needs it", yaml: "{attributes: {lead: [marketing]}}", lookup: failing, content: `{"consumerId":"jane","engagementAttributes":[{"type":"lead"}]}`, errContains: "the cache is down"},
		{name: "the cache fails, and nothing needs it", yaml: "{attributes: {lead: [marketing]}}", lookup: failing, content: `{"consumerId":"jane","engagementAttributes":[{"type":"cart"}]}`},
		{name: "the cache holds no object", yaml: "{required: [marketing]}", lookup: value(`"jane"`), content: `{"consumerId":"jane","engagementAttributes":[]}`, errContains: "the consumer's consent in consent.cache: expected an object from purposes"},
		{name: "the cache holds no answer", yaml: "{required: [marketing]}", lookup: value(`{"marketing":"jane"}`), content: `{"consumerId":"jane","engagementAttributes":[]}`, errContains: "the consumer's consent in consent.cache: marketing: expected true or false"},
		{name: "an empty key", yaml: `{required: [marketing], cache: consents, key: '${! "" }'}`, lookup: failing, content: `{"consumerId":"jane","engagementAttributes":[]}`, errContains: "consent.key: gives no key for this report"},
		{name: "no key", yaml: `{required: [marketing], cache: consents, key: '${! json("consumerId").number() }'}`, lookup: failing, content: `{"consumerId":"jane","engagementAttributes":[]}`, errContains: "consent.key: gives no key for this report"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			p := newTestProcessor(t, "consent: "+test.yaml, nil)
			p.gate.cache = &markedCache{lookup: test.lookup}
			msg := service.NewMessage([]byte(test.content))
			msg.MetaSetMut(metaConsent, map[string]any{"marketing": true})
			batch, err := p.Process(t.Context(), msg)
			if test.errContains == "" {
				require.NoError(t, err)
				assert.Len(t, batch, 1)
				return
			}
			require.ErrorContains(t, err, test.errContains)
			assert.NotContains(t, err.Error(), "jane")
		})
	}
}
