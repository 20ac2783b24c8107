package mapping

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/redpanda-data/benthos/v4/public/bloblang"
	_ "github.com/redpanda-data/benthos/v4/public/components/pure"
	"github.com/redpanda-data/benthos/v4/public/service"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const order = `{"type":"track","event":"Order Completed","anonymousId":"a1b2c3d4","messageId":"m-1","timestamp":"2026-02-25T14:41:00+01:00",
"properties":{"order_id":2103807459595387724,"revenue":11.70},"context":{"session":{"vid":"v1","sid":"s1"}}}`

func newProcessor(t testing.TB, yaml string) service.Processor {
	t.Helper()
	return newPreset(t, "retail", yaml)
}

func newPreset(t testing.TB, preset, yaml string) service.Processor {
	t.Helper()
	parsed, err := mapSpec().ParseYAML("preset: "+preset+"\n"+yaml, nil)
	require.NoError(t, err)
	name, err := parsed.FieldString(lmFieldPreset)
	require.NoError(t, err)
	p, err := fromParsed(name, parsed, service.MockResources())
	require.NoError(t, err)
	return p
}

func TestProcessGivesTheReportAndItsMetadata(t *testing.T) {
	t.Parallel()
	event := service.NewMessage([]byte(order))
	event.MetaSet("topic", "events")

	batch, err := newProcessor(t, "issuer: shop.example.com\ndefault_currency: EUR").Process(t.Context(), event)
	require.NoError(t, err)
	require.Len(t, batch, 1)

	content, err := batch[0].AsBytes()
	require.NoError(t, err)
	assert.JSONEq(t, `{"consumerId":"a1b2c3d4","identities":[{"iss":"shop.example.com","acr":"0","sub":"a1b2c3d4"}],"entryPoints":[],
		"engagementAttributes":[{"type":"purchase","total":11.7,"currency":"EUR","orderId":"2103807459595387724"}]}`, string(content))
	assert.Equal(t, map[string]string{
		"topic":                 "events",
		"liveperson_visitor_id": "v1",
		"liveperson_session_id": "s1",
		"liveperson_event_id":   "m-1",
		"liveperson_event_name": "Order Completed",
		"liveperson_event_time": "2026-02-25T13:41:00.000Z",
	}, metadata(t, batch[0]), "the settings are not left behind")
}

func TestProcessLeavesAFailedEventAsItWas(t *testing.T) {
	t.Parallel()
	event := service.NewMessage([]byte(`{"type":"page","userId":"jane.roe@example.com"}`))
	batch, err := newProcessor(t, "user_id_salt: ''").Process(t.Context(), event)

	require.Error(t, err)
	assert.Empty(t, batch)
	assert.True(t, strings.HasPrefix(err.Error(), "the event has no anonymous identity: anonymousId"), "without Bloblang's line numbers: %s", err)
	assert.NotContains(t, err.Error(), "jane")
	assert.Empty(t, metadata(t, event))
}

func TestProcessDropsUnknownEvents(t *testing.T) {
	t.Parallel()
	event := service.NewMessage([]byte(`{"type":"track","event":"Gift Wrap Toggled"}`))
	batch, err := newProcessor(t, "").Process(t.Context(), event)
	require.NoError(t, err)
	assert.Empty(t, batch)

	for _, value := range []string{"error", "Error"} { // Benthos' linter accepts both
		_, err = newProcessor(t, "unmapped: "+value).Process(t.Context(), event)
		require.ErrorContains(t, err, "does not know this event")
	}
}

// The fields have the defaults, and so do the Bloblang files, for mappings that import a preset. If
// a default differs, the report of an event below differs.
func TestDefaultsAreTheSameInBloblangAndFields(t *testing.T) {
	t.Parallel()
	alone := map[string]*bloblang.Executor{}
	processors := map[string]service.Processor{}
	for preset := range presets {
		var err error
		alone[preset], err = parse(preset)
		require.NoError(t, err)
		processors[preset] = newPreset(t, preset, "")
	}

	const padding = `{"type":"page","anonymousId":"a","x":"%s"}`
	atLimit := fmt.Sprintf(padding, strings.Repeat("x", 262144-len(padding)+len("%s")))
	for name, event := range map[string]string{
		"issuer, default_consent": `{"type":"page","anonymousId":"a"}`,
		"sde_names, of carts":     `{"event":"Cart Viewed","anonymousId":"a","properties":{"value":1,"num_items":1}}`,
		"sde_names, of searches":  `{"event":"search","anonymousId":"a","properties":{"query":"q"}}`,
		"unmapped":                `{"event":"Gift Wrap Toggled","anonymousId":"a"}`,
		"default_currency":        `{"event":"purchase","anonymousId":"a","properties":{"value":1}}`,
		"consent_categories":      `{"type":"page","anonymousId":"a","context":{"consent":{"categories":{"C0004":true}}}}`,
		"consent_categories, 2":   `{"type":"page","anonymousId":"a","context":{"consent":{"categories":{"marketing":true}}}}`,
		"order_total":             `{"event":"purchase","anonymousId":"a","properties":{"subtotal":1,"value":2,"total":3,"revenue":4}}`,
		"order_total, 2":          `{"event":"purchase","anonymousId":"a","properties":{"subtotal":1,"value":2,"total":3}}`,
		"order_total, 3":          `{"event":"purchase","anonymousId":"a","properties":{"subtotal":1,"value":2}}`,
		"order_total, 4":          `{"event":"purchase","anonymousId":"a","properties":{"subtotal":1}}`,
		"user_id_salt":            `{"type":"page","userId":"u"}`,
		"campaign":                `{"type":"page","anonymousId":"a","context":{"campaign":{"source":"s"}}}`,
		"campaign, 2":             `{"event":"search","anonymousId":"a","context":{"campaign":{"source":"s"}}}`,
		"search":                  `{"event":"search","anonymousId":"a","properties":{"query":"q"}}`,
		"list_products":           `{"event":"view_item_list","anonymousId":"a","properties":{"items":[{"id":1},{"id":2},{"id":3},{"id":4},{"id":5},{"id":6},{"id":7},{"id":8},{"id":9},{"id":10},{"id":11}]}}`,
		"order_updates":           `{"event":"Order Updated","anonymousId":"a"}`,
		"send_personal":           `{"type":"identify","anonymousId":"a","traits":{"name":"Jane Roe"}}`,
		"send_customer_id":        `{"type":"identify","anonymousId":"a","userId":"u"}`,
		"sign_up_lead":            `{"event":"Signed Up","anonymousId":"a","userId":"u"}`,
		"account_events":          `{"event":"Trial Started","anonymousId":"a"}`,
		"max_event_bytes":         atLimit,
		"max_event_bytes, above":  atLimit + " ",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			preset := "retail"
			if name == "account_events" {
				preset = "b2b_saas"
			}
			want, wantErr := processors[preset].Process(t.Context(), service.NewMessage([]byte(event)))
			got, gotErr := service.NewMessage([]byte(event)).BloblangQuery(alone[preset])
			if wantErr != nil {
				require.Error(t, gotErr)
				assert.Equal(t, wantErr.Error(), withoutLines(gotErr).Error())
				return
			}
			require.NoError(t, gotErr)
			if len(want) == 0 {
				assert.Nil(t, got)
				return
			}
			wantContent, err := want[0].AsStructured()
			require.NoError(t, err)
			gotContent, err := got.AsStructured()
			require.NoError(t, err)
			assert.Equal(t, wantContent, gotContent)
		})
	}
}

func TestEveryPresetParses(t *testing.T) {
	t.Parallel()
	for name := range presets {
		_, err := parse(name)
		assert.NoError(t, err, name)
	}
}

// The processor does not map a message that has failed. A mapping that imports a preset must not
// map it either.
func TestWhatHasFailedBeforeIsNotMapped(t *testing.T) {
	t.Parallel()
	for name := range presets {
		mapping, err := parse(name)
		require.NoError(t, err)
		for _, event := range []string{`{"type":"page","anonymousId":"a1"}`, `{"type":"track","event":"Gift Wrap Toggled"}`} {
			msg := service.NewMessage([]byte(event))
			msg.SetError(errors.New("context: expected an object"))
			_, err := msg.BloblangQuery(mapping)
			assert.ErrorContains(t, err, "context: expected an object", name)
		}
	}
}

func TestLint(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, yaml, want string
	}{
		{name: "preset alone", yaml: "liveperson_map: {preset: retail}"},
		{name: "preset as a processor", yaml: "liveperson_retail: {}"},
		{name: "all settings", yaml: "liveperson_retail: {issuer: a, sde_names: liveperson, unmapped: error, default_currency: EUR, default_consent: true, consent_categories: [ads], order_total: [subtotal], user_id_salt: '${SALT:}', max_event_bytes: 1000, campaign: all, send_personal: false, send_customer_id: false, search: false, list_products: 5, order_updates: true, sign_up_lead: true, account_events: lead}"},
		{name: "other presets", yaml: "liveperson_map: {preset: lead_generation}"},
		{name: "impressions", yaml: "liveperson_impressions: {issuer: shop.example.com, unmapped: error}"},
		{name: "other presets as processors", yaml: "liveperson_b2b_saas: {account_events: none}"},
		{name: "no preset", yaml: "liveperson_map: {}", want: "preset is required"},
		{name: "unknown preset", yaml: "liveperson_map: {preset: retial}", want: "preset: expected one of account, b2b_saas, from_ga4"},
		{name: "unknown names", yaml: "liveperson_retail: {sde_names: vendor}", want: "sde_names: expected one of liveperson, signal"},
		{name: "unknown campaign", yaml: "liveperson_retail: {campaign: some}", want: "campaign: expected one of all, off, pages"},
		{name: "currency in small letters", yaml: "liveperson_retail: {default_currency: eur}"},
		{name: "no currency", yaml: "liveperson_retail: {default_currency: ''}"},
		{name: "currency that has no such code", yaml: "liveperson_retail: {default_currency: dollars}", want: "expected an ISO 4217 code"},
		{name: "no list", yaml: "liveperson_retail: {list_products: -1}", want: "at least 0"},
		{name: "no size", yaml: "liveperson_retail: {max_event_bytes: 0}", want: "at least 1"},
		{name: "unknown setting", yaml: "liveperson_retail: {preset: retail}", want: "field preset not recognised"},
	}
	linter := service.GlobalEnvironment().NewComponentConfigLinter()
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			lints, err := linter.LintProcessorYAML([]byte(test.yaml))
			require.NoError(t, err)
			if test.want == "" {
				assert.Empty(t, lints)
				return
			}
			assert.Contains(t, fmt.Sprint(lints), test.want)
		})
	}
}

func metadata(t *testing.T, msg *service.Message) map[string]string {
	t.Helper()
	all := map[string]string{}
	require.NoError(t, msg.MetaWalk(func(key, value string) error {
		all[key] = value
		return nil
	}))
	return all
}

// LivePerson refuses a whole request for one member that it can't read.
func TestReportsHaveNoNullOrEmptyMembers(t *testing.T) {
	t.Parallel()
	events := []string{
		"page", "search", "Product Viewed", "Product List Viewed", "Product Added", "Cart Viewed", "Checkout Started", "Order Completed",
		"Order Updated", "Order Refunded", "Order Cancelled", "Lead Generated", "Signed Up", "Signed In", "Signed Out", "identify", "group",
		"Coupon Denied", "Install Attributed", "Form Submitted", "Account Created", "Trial Started", "Invite Sent",
	}
	bodies := []string{
		`{}`,
		`{"name":"","title":null,"query":[""],"value":1,"products":[]}`,
		`{"sku":"A","price":null,"currency":"","quantity":0,"category":"","total":"5","reason":"","campaign":{}}`,
		`{"products":[{"name":"","id":"A","price":"","item_category2":"x"}],"currency":null,"num_items":1}`,
		`{"company":{},"address":{},"employees":"","email":"","birthday":null,"plan":"","source":"","username":null}`,
		`{"company":"","address":{"country":""},"age":"","gender":"","name":" ","balance":0}`,
	}
	for preset := range presets {
		processor := newPreset(t, preset, "order_updates: true\nsign_up_lead: true\ncampaign: all\nlist_products: 3")
		for _, event := range events {
			for _, body := range bodies {
				text := fmt.Sprintf(`{"type":"track","event":%q,"anonymousId":"a","properties":%s,"traits":%s,"context":{"campaign":%s,"locale":""}}`, event, body, body, body)
				batch, err := processor.Process(t.Context(), service.NewMessage([]byte(text)))
				require.NoError(t, err, text)
				for _, msg := range batch {
					report, err := msg.AsStructured()
					require.NoError(t, err)
					for _, attribute := range report.(map[string]any)["engagementAttributes"].([]any) {
						assertFull(t, attribute, text)
					}
				}
			}
		}
	}
}

func assertFull(t *testing.T, value any, of string) {
	t.Helper()
	assert.NotEmpty(t, fmt.Sprint(value), of)
	switch v := value.(type) {
	case nil:
		assert.Fail(t, "a null", of)
	case map[string]any:
		assert.NotEmpty(t, v, of)
		for _, member := range v {
			assertFull(t, member, of)
		}
	case []any:
		assert.NotEmpty(t, v, of)
		for _, item := range v {
			assertFull(t, item, of)
		}
	}
}

// The settings consumer and acr are evaluated for each event. The processor removes their metadata
// afterwards.
func TestProcessTakesTheConsumerFromAnExpression(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, event, id, err string }{
		{"the user", `{"type":"page","userId":"jane","anonymousId":"a1"}`, "jane", ""},
		{"a placeholder", `{"type":"page","userId":"guest","anonymousId":"a1"}`, "", "consumer: the expression gives no id for this event"},
		{"nothing", `{"type":"page","anonymousId":"a1"}`, "", "consumer: the expression gives no id for this event"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			p := newProcessor(t, "consumer: ${! this.userId }\nacr: ${! \"LOA1\" }")
			batch, err := p.Process(t.Context(), service.NewMessage([]byte(test.event)))
			if test.err != "" {
				require.ErrorContains(t, err, test.err)
				return
			}
			require.NoError(t, err)
			require.Len(t, batch, 1)
			content, err := batch[0].AsBytes()
			require.NoError(t, err)
			assert.JSONEq(t, `{"consumerId":"`+test.id+`","identities":[{"iss":"Datafly","acr":"loa1","sub":"`+test.id+`"}],"entryPoints":[],"engagementAttributes":[]}`, string(content))
			assert.NotContains(t, metadata(t, batch[0]), metaConsumer)
			assert.NotContains(t, metadata(t, batch[0]), metaACR)
		})
	}
}
