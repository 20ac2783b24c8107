package privacy

import (
	"context"
	"errors"
	"testing"

	"github.com/redpanda-data/benthos/v4/public/service"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const (
	suppressed = "suppressed"
	consents   = "consents"
)

// resources returns resources with two caches. Both have the items and the markers.
func resources(t *testing.T, items map[string]string) *service.Resources {
	t.Helper()
	mgr := service.MockResources(service.MockResourcesOptAddCache(suppressed), service.MockResourcesOptAddCache(consents))
	for _, label := range []string{suppressed, consents} {
		require.NoError(t, mgr.AccessCache(t.Context(), label, func(cache service.Cache) {
			for _, marker := range []string{suppressPrefixes.current + marker, consentPrefixes.current + marker} {
				require.NoError(t, cache.Set(t.Context(), marker, nil, nil))
			}
			for key, value := range items {
				require.NoError(t, cache.Set(t.Context(), key, []byte(value), nil))
			}
		}))
	}
	return mgr
}

func newTestProcessor(t *testing.T, yaml string, items map[string]string) *processor {
	t.Helper()
	parsed, err := spec().ParseYAML(yaml, nil)
	require.NoError(t, err)
	c, err := configFromParsed(parsed)
	require.NoError(t, err)
	p, err := newProcessor(c, resources(t, items))
	require.NoError(t, err)
	return p
}

var errDown = errors.New("the cache is down")

func failing(context.Context, string) ([]byte, bool, error) { return nil, false, errDown }

const full = `{"consumerId":"jane","identities":[{"iss":"shop","acr":"0","sub":"jane"},{"iss":"crm","acr":"0","sub":"c-1"}],"entryPoints":["https://shop.example.com/"],"pageId":"p",
"engagementAttributes":[
 {"type":"purchase","total":11.70,"orderId":"o-1","cart":{"numItems":12345678901234567890}},
 {"type":"personal","personal":{"firstname":"Jane","contacts":[{"email":"jane@example.com"}]}},
 {"type":"ctmrinfo","info":{"customerId":"c-1"}}]}`

func TestProcessWithoutSettingsChangesNothing(t *testing.T) {
	t.Parallel()
	msg := service.NewMessage([]byte(full))
	msg.MetaSetMut(metaConsent, map[string]any{"marketing": false})
	msg.MetaSet("liveperson_event_id", "jane@example.com")

	batch, err := newTestProcessor(t, "", nil).Process(t.Context(), msg)
	require.NoError(t, err)
	require.Len(t, batch, 1)
	content, err := batch[0].AsBytes()
	require.NoError(t, err)
	assert.JSONEq(t, full, string(content))
	assert.Contains(t, string(content), `"total":11.70,`, "numbers keep their digits")
	assert.Contains(t, string(content), `12345678901234567890`)

	_, exists := batch[0].MetaGet(metaConsent)
	assert.False(t, exists)
	id, _ := batch[0].MetaGet("liveperson_event_id")
	assert.Equal(t, "jane@example.com", id)
}

func TestProcess(t *testing.T) {
	t.Parallel()
	var (
		janeSuppressed = suppressPrefixes.current + "81f8f6dde88365f3928796ec7aa53f72820b06db8664f5fe76a7eb13e24546a2"
		janeConsent    = consentPrefixes.current + "81f8f6dde88365f3928796ec7aa53f72820b06db8664f5fe76a7eb13e24546a2"
	)
	tests := []struct {
		name    string
		yaml    string
		items   map[string]string
		consent any
		content string
		want    string // empty: dropped
	}{
		{
			name:    "order: a list is asked for ids before they are hashed",
			yaml:    "{sub: hash, salt: s, suppress: {cache: suppressed}}",
			items:   map[string]string{janeSuppressed: ""},
			content: `{"consumerId":"jane","engagementAttributes":[]}`,
		},
		{
			name:    "order: and afterwards",
			yaml:    "{sub: hash, salt: s, suppress: {cache: suppressed}}",
			items:   map[string]string{suppressPrefixes.current + digest(pseudonyms{salt: []byte("s")}.of("jane")): ""},
			content: `{"consumerId":"jane","engagementAttributes":[]}`,
		},
		{
			name:    "order: consent is looked up by the id before it is hashed",
			yaml:    "{sub: hash, salt: s, consent: {required: [marketing], cache: consents}}",
			items:   map[string]string{janeConsent: `{"marketing":false}`},
			consent: map[string]any{"marketing": true},
			content: `{"consumerId":"jane","engagementAttributes":[]}`,
		},
		{
			name:    "order: a suppressed consumer's consent is not asked for",
			yaml:    "{suppress: {cache: suppressed}, consent: {required: [marketing], cache: consents}}",
			items:   map[string]string{janeSuppressed: "", janeConsent: "broken"},
			content: `{"consumerId":"jane","engagementAttributes":[]}`,
		},
		{
			name:    "everything at once",
			yaml:    "{sub: hash, salt: s, contacts: hash, consent: {required: [analytics], attributes: {ctmrinfo: [marketing]}}}",
			consent: `{"analytics":true}`,
			content: full,
			want: `{"consumerId":"` + pseudonyms{salt: []byte("s")}.of("jane") + `","identities":[
				{"iss":"shop","acr":"0","sub":"` + pseudonyms{salt: []byte("s")}.of("jane") + `"},
				{"iss":"crm","acr":"0","sub":"` + pseudonyms{salt: []byte("s")}.of("c-1") + `"}],
				"entryPoints":["https://shop.example.com/"],"pageId":"p","engagementAttributes":[
				{"type":"purchase","total":11.70,"orderId":"o-1","cart":{"numItems":12345678901234567890}},
				{"type":"personal","personal":{"firstname":"Jane","contacts":[{"email":"8c87b489ce35cf2e2f39f80e282cb2e804932a56a213983eeeb428407d43b52d"}]}}]}`,
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			msg := service.NewMessage([]byte(test.content))
			msg.MetaSetMut(metaConsent, test.consent)
			batch, err := newTestProcessor(t, test.yaml, test.items).Process(t.Context(), msg)
			require.NoError(t, err)
			if test.want == "" {
				assert.Empty(t, batch)
				return
			}
			require.Len(t, batch, 1)
			content, err := batch[0].AsBytes()
			require.NoError(t, err)
			assert.JSONEq(t, test.want, string(content))
		})
	}
}

func TestProcessFails(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		yaml    string
		consent any
		content string
		want    string
	}{
		{name: "not JSON", content: `jane`, want: "privacy: the message is not a JSON object"},
		{name: "not an object", content: `["jane"]`, want: "privacy: the message is not a JSON object"},
		{name: "an event", content: `{"type":"page","anonymousId":"jane"}`, want: "engagementAttributes: missing: this is not a report"},
		{name: "attributes that are none", content: `{"engagementAttributes":{}}`, want: "engagementAttributes: expected an array"},
		{name: "an attribute that is none", content: `{"engagementAttributes":["jane"]}`, want: "engagementAttributes[0]: expected an object"},
		{name: "an attribute without type", content: `{"engagementAttributes":[{"personal":{}}]}`, want: "engagementAttributes[0].type: missing"},
		{name: "a type that is no text", content: `{"engagementAttributes":[{"type":["personal"]}]}`, want: "engagementAttributes[0].type: expected text"},
		{name: "a consumer id that is no text", content: `{"consumerId":4711,"engagementAttributes":[]}`, want: "consumerId: expected text"},
		{name: "identities that are none", content: `{"identities":"jane","engagementAttributes":[]}`, want: "identities: expected an array"},
		{name: "an identity that is none", content: `{"identities":["jane"],"engagementAttributes":[]}`, want: "identities[0]: expected an object"},
		{name: "a sub that is no text", content: `{"identities":[{},{"sub":4711}],"engagementAttributes":[]}`, want: "identities[1].sub: expected text"},
		{
			name: "consent that is no answer", yaml: "consent: {required: [marketing]}", consent: map[string]any{"marketing": "jane"},
			content: `{"engagementAttributes":[]}`, want: "liveperson_consent: marketing: expected true or false",
		},
		{
			name: "consent of nobody", yaml: "consent: {required: [marketing], cache: consents}",
			content: `{"engagementAttributes":[]}`, want: "has no id to look up consent by",
		},
		{
			name: "a contact that is no text", yaml: "contacts: hash",
			content: `{"engagementAttributes":[{"type":"personal","personal":{"contacts":[{"phone":4711}]}}]}`,
			want:    "engagementAttributes[0].personal.contacts[0].phone: expected text",
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			msg := service.NewMessage([]byte(test.content))
			msg.MetaSetMut(metaConsent, test.consent)
			batch, err := newTestProcessor(t, test.yaml, nil).Process(t.Context(), msg)
			require.ErrorContains(t, err, test.want)
			assert.NotContains(t, err.Error(), "jane")
			assert.NotContains(t, err.Error(), "4711")
			assert.Empty(t, batch)
		})
	}
}

// The message fails in a late step, and other messages share its content.
func TestProcessLeavesAFailedMessageAsItWas(t *testing.T) {
	t.Parallel()
	p := newTestProcessor(t, "{contacts: strip, consent: {attributes: {cart: [marketing]}}}", nil)
	const content = `{"consumerId":"jane","engagementAttributes":[{"type":"cartStatus","total":1},
		{"type":"personal","personal":{"contacts":[{"email":"a@b"}]}},{"type":"ctmrinfo","info":"none"}]}`
	msg := service.NewMessage([]byte(content))
	_, err := msg.AsStructured()
	require.NoError(t, err)
	msg.MetaSetMut(metaConsent, `{"marketing":false}`)

	_, err = p.Process(t.Context(), msg)
	require.ErrorContains(t, err, "engagementAttributes[2].info: expected an object")
	after, err := msg.AsBytes()
	require.NoError(t, err)
	assert.JSONEq(t, content, string(after))
	consent, _ := msg.MetaGet(metaConsent)
	assert.JSONEq(t, `{"marketing":false}`, consent)
}

func TestProcessPassesOverWhatHasFailedBefore(t *testing.T) {
	t.Parallel()
	p := newTestProcessor(t, "consent: {required: [marketing]}", nil)
	msg := service.NewMessage([]byte(`{"type":"page"}`))
	msg.SetError(errDown)
	batch, err := p.Process(t.Context(), msg)
	require.NoError(t, err)
	require.Len(t, batch, 1)
	assert.Equal(t, errDown, batch[0].GetError(), "still marked, so that it is not sent")
}
