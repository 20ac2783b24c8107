package campaign

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const ids = "campaign_id: 1, engagement_id: 2"

// saying returns the behavior of a call with these attributes and entry points.
func saying(t *testing.T, attributes string, entryPoints ...string) Behavior {
	t.Helper()
	var sent []map[string]any
	require.NoError(t, json.Unmarshal([]byte(attributes), &sent))
	said := Behavior{EntryPoints: entryPoints}
	for _, attribute := range sent {
		said.Attributes = append(said.Attributes, Attribute{Type: attribute["type"].(string), Sent: attribute})
	}
	return said
}

func TestConditions(t *testing.T) {
	t.Parallel()
	const cart = `[{"type":"cart","total":99.5,"products":[{"product":{"category":"shoes"},"quantity":1},{"product":{"category":"Hats"},"quantity":3}]}]`
	tests := map[string]struct {
		when        string
		attributes  string
		entryPoints []string
		met         bool
	}{
		"none":                              {when: `[]`, attributes: `[]`, met: true},
		"attribute that is there":           {when: `[{attribute: cart}]`, attributes: cart, met: true},
		"attribute that is not":             {when: `[{attribute: lead}]`, attributes: cart},
		"number that is enough":             {when: `[{attribute: cart, member: total, at_least: 99.5}]`, attributes: cart, met: true},
		"number that is not":                {when: `[{attribute: cart, member: total, at_least: 99.51}]`, attributes: cart},
		"number as text":                    {when: `[{attribute: cart, member: total, at_least: 10}]`, attributes: `[{"type":"cart","total":"11"}]`, met: true},
		"text that is no number":            {when: `[{attribute: cart, member: total, at_least: 0}]`, attributes: `[{"type":"cart","total":"many"}]`},
		"number without end":                {when: `[{attribute: cart, member: total, at_least: 0}]`, attributes: `[{"type":"cart","total":"1e999"}]`},
		"member that is not there":          {when: `[{attribute: cart, member: numItems, at_least: 0}]`, attributes: cart},
		"null":                              {when: `[{attribute: cart, member: total, equals: "<nil>"}]`, attributes: `[{"type":"cart","total":null}]`},
		"text":                              {when: `[{attribute: ctmrinfo, member: info.ctype, equals: vip}]`, attributes: `[{"type":"ctmrinfo","info":{"ctype":"VIP"}}]`, met: true},
		"other text":                        {when: `[{attribute: ctmrinfo, member: info.ctype, equals: vip}]`, attributes: `[{"type":"ctmrinfo","info":{"ctype":"new"}}]`},
		"one of an array":                   {when: `[{attribute: cart, member: products.product.category, equals: hats}]`, attributes: cart, met: true},
		"none of an array":                  {when: `[{attribute: cart, member: products.product.category, equals: coats}]`, attributes: cart},
		"a path that goes on":               {when: `[{attribute: cart, member: total.amount, equals: 99.5}]`, attributes: cart},
		"a path that ends early":            {when: `[{attribute: cart, member: products.product, equals: hats}]`, attributes: cart},
		"equal numbers":                     {when: `[{attribute: service, member: service.status, equals: 2}]`, attributes: `[{"type":"service","service":{"status":2.0}}]`, met: true},
		"number and its text":               {when: `[{attribute: mrktInfo, member: info.channel, equals: 1}]`, attributes: `[{"type":"mrktInfo","info":{"channel":"1"}}]`, met: true},
		"truth":                             {when: `[{attribute: error, member: error.resolved, equals: false}]`, attributes: `[{"type":"error","error":{"resolved":false}}]`, met: true},
		"entry point":                       {when: `[{entry_point: "sec://Sp"}]`, attributes: `[]`, entryPoints: []string{"tel://1", "sec://Sport"}, met: true},
		"another entry point":               {when: `[{entry_point: "sec://Sp"}]`, attributes: `[]`, entryPoints: []string{"http://a/sec://Sport"}},
		"all of several":                    {when: `[{entry_point: "sec://"}, {attribute: cart}]`, attributes: cart, entryPoints: []string{"sec://Sport"}, met: true},
		"one of several":                    {when: `[{entry_point: "sec://"}, {attribute: cart}]`, attributes: cart},
		"another attribute has the member":  {when: `[{attribute: lead, member: lead.value, at_least: 1}]`, attributes: `[{"type":"cart","lead":{"value":2}},{"type":"lead"}]`},
		"the second attribute of that type": {when: `[{attribute: lead, member: lead.value, at_least: 1}]`, attributes: `[{"type":"lead"},{"type":"lead","lead":{"value":2}}]`, met: true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			engagements, err := Parse([]byte(`engagements: [{` + ids + `, when: ` + test.when + `}]`))
			require.NoError(t, err)
			met := map[*Condition]bool{}
			for _, c := range Met(engagements, saying(t, test.attributes, test.entryPoints...)) {
				met[c] = true
			}
			assert.Equal(t, test.met, Available(engagements, APIMonitoring, met) != nil)
		})
	}
}

func TestTheFirstThatIsAvailableIsOffered(t *testing.T) {
	t.Parallel()
	engagements, err := Parse([]byte(`
engagements:
  - { name: carts, campaign_id: 1, engagement_id: 1, when: [{attribute: cart}] }
  - { name: the app, campaign_id: 1, engagement_id: 2, apis: [app_engagement] }
  - { name: all, campaign_id: 1, engagement_id: 3 }
`))
	require.NoError(t, err)
	assert.Equal(t, "all", Available(engagements, APIMonitoring, nil).Name)
	assert.Equal(t, "the app", Available(engagements, APIAppEngagement, nil).Name)
	met := map[*Condition]bool{engagements[0].When[0]: true}
	assert.Equal(t, "carts", Available(engagements, APIMonitoring, met).Name)
	assert.Nil(t, Available(engagements[:1], APIMonitoring, nil))
}

func TestDefaultOffersSomethingToEverybody(t *testing.T) {
	t.Parallel()
	engagements := Default()
	for _, api := range apis {
		assert.NotNil(t, Available(engagements, api, nil), api)
	}
}

func TestParse(t *testing.T) {
	t.Parallel()
	engagements, err := Parse([]byte(`{"engagements": [{"campaign_id": 880524023, "engagement_id": 880524123, "skill_id": -1}]}`))
	require.NoError(t, err)
	require.Len(t, engagements, 1)
	assert.Equal(t, int64(-1), *engagements[0].SkillID)
	assert.Equal(t, 900, engagements[0].ValidForSeconds)
	assert.True(t, engagements[0].For(APIMonitoring))
	assert.True(t, engagements[0].For(APIAppEngagement))
	assert.False(t, engagements[0].For(APIExternalEngagement), "there is nowhere to chat")
	engagements, err = Parse([]byte(`{"engagements": [{"campaign_id": 880524023, "engagement_id": 880524123, "url_to_chat": "https://a"}]}`))
	require.NoError(t, err)
	assert.True(t, engagements[0].For(APIExternalEngagement))

	none, err := Parse([]byte("engagements: []"))
	require.NoError(t, err)
	assert.Empty(t, none)
}

func TestWhatIsFormattedIsReadAsItWas(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"engagements: []",
		"engagements: [{" + ids + ", name: a, apis: [monitoring], engagement_revision: 3, connector_id: 4, window_id: 5, language: en, skill_id: 0, skill_name: s, valid_for_seconds: 6}]",
		"engagements: [{" + ids + ", when: [{attribute: error, member: error.resolved, equals: false}, {attribute: cart, member: total, at_least: 0}, {attribute: ctmrinfo, member: info.ctype, equals: \"\"}]}]",
		"engagements: [{" + ids + ", when: [{entry_point: \"sec://\"}, {attribute: cart}]}]",
	} {
		engagements, err := Parse([]byte(text))
		require.NoError(t, err)
		again, err := Parse(Format(engagements))
		require.NoError(t, err)
		assert.Equal(t, engagements, again, text)
	}
}

func TestWrongCampaignsAreToldWithTheirLine(t *testing.T) {
	t.Parallel()
	const whole = "engagements:\n  - { " + ids + " }\n"
	for name, test := range map[string]struct{ text, says string }{
		"nothing":                  {"", "engagements: must be a list of engagements"},
		"no YAML":                  {"engagements: [", "line 1"},
		"no such member":           {whole + "  - campaign: 5", `line 3: engagements[1]: there is no member "campaign": write campaign_id; there are name, apis`},
		"no such member at top":    {"campaigns: []", `line 1: there is no member "campaigns"; there are engagements`},
		"no such member inside":    {whole + "  - when:\n      - atribute: cart", `line 4: engagements[1].when[0]: there is no member "atribute": write attribute; there are attribute, member, equals`},
		"an id as text":            {"engagements: [{campaign_id: abc}]", "line 1: engagements[0].campaign_id: expected a whole number, got text"},
		"no campaign":              {whole + "  - engagement_id: 3", "line 3: engagements[1]: campaign_id: write the campaign's id"},
		"no engagement":            {whole + "\n\n  - campaign_id: 3", "line 5: engagements[1]: engagement_id: write the engagement's id"},
		"one engagement twice":     {whole + "  - { " + ids + " }", "line 3: engagements[1]: engagement_id: another engagement has the same id"},
		"negative numbers":         {"engagements: [{" + ids + ", valid_for_seconds: -1}]", "must not be negative"},
		"no such API":              {"engagements: [{" + ids + ", apis: [chat]}]", `line 1: engagements[0]: apis: there is no "chat", only monitoring, app_engagement`},
		"nowhere to chat":          {"engagements: [{" + ids + ", apis: [external_engagement]}]", "line 1: engagements[0]: url_to_chat: is required for external_engagement"},
		"no condition":             {"engagements: [{" + ids + ", when: [null]}]", "line 1: engagements[0]: when[0]: is empty"},
		"a condition about nobody": {"engagements: [{" + ids + ", when: [{}]}]", "when[0]: write either attribute or entry_point"},
		"about two things":         {"engagements: [{" + ids + ", when: [{attribute: cart, entry_point: a}]}]", "when[0]: write either attribute or entry_point"},
		"no such attribute":        {"engagements: [{" + ids + ", when: [{attribute: cartStatus}]}]", `when[0]: attribute: there is no "cartStatus", only cart, ctmrinfo`},
		"an impression":            {"engagements: [{" + ids + ", when: [{attribute: impDisplay}]}]", `attribute: there is no "impDisplay"`},
		"member of an entry point": {"engagements: [{" + ids + ", when: [{entry_point: a, member: b, equals: c}]}]", "need attribute"},
		"member by itself":         {"engagements: [{" + ids + ", when: [{attribute: cart, member: total}]}]", "member: needs equals or at_least"},
		"equals by itself":         {"engagements: [{" + ids + ", when: [{attribute: cart, equals: 1}]}]", "member: needs equals or at_least"},
		"equals and at least":      {"engagements: [{" + ids + ", when: [{attribute: cart, member: total, equals: 1, at_least: 1}]}]", "write only one of them"},
		"at least many":            {"engagements: [{" + ids + ", when: [{attribute: cart, member: total, at_least: many}]}]", "line 1: engagements[0].when[0].at_least: expected a number, got text"},
		"at least without end":     {"engagements: [{" + ids + ", when: [{attribute: cart, member: total, at_least: .inf}]}]", "at_least: must be a number"},
		"equals a list":            {"engagements: [{" + ids + ", when: [{attribute: cart, member: total, equals: [1]}]}]", "equals: must be text, a number, true or false"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := Parse([]byte(test.text))
			require.ErrorContains(t, err, test.says)
			assert.NotContains(t, err.Error(), "campaign.", "no word of Go's types")
		})
	}
}

func FuzzParse(f *testing.F) {
	f.Add("engagements: [{campaign_id: 1, engagement_id: 2, when: [{attribute: cart, member: total, at_least: 1}]}]")
	f.Add("engagements: [{campaign_id: 1, engagement_id: 2, apis: [monitoring], when: [{entry_point: a}]}]")
	f.Fuzz(func(t *testing.T, text string) {
		engagements, err := Parse([]byte(text))
		if err != nil {
			return
		}
		again, err := Parse(Format(engagements))
		require.NoError(t, err)
		assert.Equal(t, Format(engagements), Format(again))
		met := Met(engagements, Behavior{EntryPoints: []string{"a"}, Attributes: []Attribute{{Type: "cart", Sent: map[string]any{"total": 5.0}}}})
		assert.LessOrEqual(t, len(met), len(text))
	})
}
