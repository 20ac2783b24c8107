package mapping

import (
	"encoding/json"
	"testing"

	"github.com/redpanda-data/benthos/v4/public/service"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The forms of consent that need no adapter. tests/retail_consent_forms.yaml has the forms that
// adapters read.
func TestConsent(t *testing.T) {
	t.Parallel()
	p := newProcessor(t, "")
	own := newProcessor(t, "consent_categories: [targeting, tcf_4]")
	for _, test := range []struct {
		name, consent, want string // want: null if the consent says nothing
		own                 bool
	}{
		// TCF strings of version 2, created for these tests.
		{name: "TCF: all of marketing", consent: `"CP1R2oAP1R2oAAfABBENAwEAAPLAAAAAAAAAAAAA"`,
			want: `{"tcf_1":true,"tcf_2":true,"tcf_3":true,"tcf_4":true,"tcf_5":false,"tcf_6":false,"tcf_7":true,"tcf_8":false,"tcf_9":true,"tcf_10":true,"tcf_11":false,"marketing":true,"advertising":true,"personalization":false,"analytics":false}`},
		{name: "TCF: storage alone", consent: `{"tcString":"CP1R2oAP1R2oAAfABBENAwEAAIAAAAAAAAAAAAAA","gdprApplies":1}`,
			want: `{"tcf_1":true,"tcf_2":false,"tcf_3":false,"tcf_4":false,"tcf_5":false,"tcf_6":false,"tcf_7":false,"tcf_8":false,"tcf_9":false,"tcf_10":false,"tcf_11":false,"marketing":false,"advertising":false,"personalization":false,"analytics":false}`},
		{name: "TCF: the platform's own answer comes before the string", consent: `{"gdpr_consent":"CP1R2oAP1R2oAAfABBENAwEAAPLAAAAAAAAAAAAA","categories":{"C0004":false}}`,
			want: `{"C0004":false,"tcf_1":true,"tcf_2":true,"tcf_3":true,"tcf_4":true,"tcf_5":false,"tcf_6":false,"tcf_7":true,"tcf_8":false,"tcf_9":true,"tcf_10":true,"tcf_11":false,"marketing":false,"advertising":true,"personalization":false,"analytics":false}`},
		{name: "TCF: a purpose that the setting names", own: true, consent: `"CP1R2oAP1R2oAAfABBENAwEAABAAAAAAAAAAAAAA"`,
			want: `{"tcf_1":false,"tcf_2":false,"tcf_3":false,"tcf_4":true,"tcf_5":false,"tcf_6":false,"tcf_7":false,"tcf_8":false,"tcf_9":false,"tcf_10":false,"tcf_11":false,"marketing":true,"advertising":false,"personalization":false,"analytics":false}`},
		{name: "TCF: cut off", consent: `"CP1R2oAP1R2oAAfABBENAwEAAPLAAAAAAAAAA"`, want: `null`},
		{name: "TCF: version 1", consent: `"BP1R2oAP1R2oAAfABBENAwEAAPLAAAAAAAAAAAAA"`, want: `null`},
		{name: "TCF: no vendor list", consent: `"CP1R2oAP1R2oAAfABBENAAEAAPLAAAAAAAAAAAAA"`, want: `null`},
		{name: "TCF: not Base64", consent: `"C********************************************"`, want: `null`},
		{name: "GPP: a TCF section and one of US privacy", consent: `{"gppString":"DBACNY~CP1R2oAP1R2oAAfABBENAwEAAPLAAAAAAAAAAAAA~1YYN"}`,
			want: `{"tcf_1":true,"tcf_2":true,"tcf_3":true,"tcf_4":true,"tcf_5":false,"tcf_6":false,"tcf_7":true,"tcf_8":false,"tcf_9":true,"tcf_10":true,"tcf_11":false,"marketing":false,"advertising":false,"personalization":false,"analytics":false}`},
		{name: "GPP: opted out of sale in the US", consent: `"DBABLA~BVVZAAAAAQ"`, want: `{"marketing":false,"advertising":false}`},
		{name: "GPP: opted out of targeted advertising in Virginia", consent: `"DBABRg~BVkAABA"`, want: `{"marketing":false,"advertising":false}`},
		{name: "GPP: who has not opted out has not consented", consent: `"DBABLA~BVVqAAAAAQ"`, want: `null`},
		{name: "GPP: a section too few", consent: `"DBACNY~1YYN"`, want: `null`},
		{name: "GPP: a header that does not end", consent: `"DB___w~1YYN"`, want: `null`},
		{name: "US privacy: opted out", consent: `{"uspString":"1YYN"}`, want: `{"marketing":false,"advertising":false}`},
		{name: "US privacy: not opted out", consent: `"1YNN"`, want: `null`},

		{name: "gcs: both granted", consent: `"G111"`, want: `{"marketing":true,"advertising":true,"analytics":true}`},
		{name: "gcs: both denied", consent: `{"gcs":"G100"}`, want: `{"marketing":false,"advertising":false,"analytics":false}`},
		{name: "gcs: not set", consent: `"G1-1"`, want: `{"analytics":true}`},
		{name: "gcd: granted", consent: `"13r3r3r3r5"`, want: `{"marketing":true,"advertising":true,"analytics":true,"personalization":true}`},
		{name: "gcd: ad_user_data denied", consent: `{"gcd":"13v3v3u3n5","gcs":"G111"}`, want: `{"marketing":false,"advertising":true,"analytics":true,"personalization":true}`},
		{name: "gcd: a default that denies is a no, one that grants is no yes", consent: `"13p3t3t3q5"`, want: `{"marketing":false,"advertising":false,"personalization":false}`},
		{name: "gcd: nothing is set", consent: `"13l3l3l3l1l1"`, want: `null`},

		{name: "GPC refuses sale and marketing", consent: `{"gpc":true}`, want: `{"marketing":false,"advertising":false}`},
		{name: "GPC, off", consent: `{"gpc":false,"C0002":true}`, want: `{"C0002":true,"analytics":true}`},
		{name: "GPC, off, says nothing", consent: `{"gpc":"0"}`, want: `null`},
		{name: "GPC comes before the platform's own answers", consent: `{"globalPrivacyControl":"1","marketing":true,"analytics":true,"C0004":true}`, want: `{"C0004":false,"marketing":false,"advertising":false,"analytics":true}`},
		{name: "GPC comes before canonical", consent: `{"canonical":{"marketing":true,"gpc":true,"functional":true}}`, want: `{"marketing":false,"advertising":false,"functional":true}`},
		{name: "GPC and TCF are no categories", consent: `{"categories":{"gpc":true,"tcf":true,"C0002":true,"C0004":true}}`, want: `{"C0002":true,"C0004":false,"analytics":true,"marketing":false,"advertising":false}`},
		{name: "GPC and TCF are no categories of Segment's", consent: `{"categoryPreferences":{"gpc":false,"tcf":"x","Advertising":true}}`, want: `{"advertising":true,"marketing":true}`},
		{name: "TCF is no purpose", consent: `{"TCF":true,"canonical":{"tcf":true,"analytics":true}}`, want: `{"analytics":true}`},
		{name: "TCF's string among the categories", consent: `{"categories":{"tcf":"CP1R2oAP1R2oAAfABBENAwEAAIAAAAAAAAAAAAAA","C0002":true}}`,
			want: `{"C0002":true,"tcf_1":true,"tcf_2":false,"tcf_3":false,"tcf_4":false,"tcf_5":false,"tcf_6":false,"tcf_7":false,"tcf_8":false,"tcf_9":false,"tcf_10":false,"tcf_11":false,"marketing":false,"advertising":false,"personalization":false,"analytics":true}`},
		{name: "GPC in OneTrust's cookie", consent: `"isGpcEnabled=1&groups=C0001%3A1%2CC0004%3A1"`, want: `{"C0001":true,"C0004":false,"essential":true,"marketing":false,"advertising":false}`},
		{name: "GPC in a section of GPP", consent: `{"gpp":"DBABLA~BVVqAAAAAQ.YA","C0004":true}`, want: `{"C0004":false,"marketing":false,"advertising":false}`},
		{name: "GPC in a section of GPP, off", consent: `{"gpp":"DBABLA~BVVqAAAAAQ.QA","C0004":true}`, want: `{"C0004":true,"marketing":true}`},
		{name: "a refusal that the setting's own id has, too", own: true, consent: `{"targeting":true,"gpc":1}`, want: `{"targeting":false,"marketing":false,"advertising":false}`},

		{name: "yes to everything", consent: `true`, want: `{"functional":true,"analytics":true,"marketing":true,"personalization":true,"advertising":true}`},
		{name: "no to everything", consent: `false`, want: `{"functional":false,"analytics":false,"marketing":false,"personalization":false,"advertising":false}`},
		{name: "no to everything, as a number", consent: `0`, want: `{"functional":false,"analytics":false,"marketing":false,"personalization":false,"advertising":false}`},
		{name: "no to everything, as text", consent: `" DENIED "`, want: `{"functional":false,"analytics":false,"marketing":false,"personalization":false,"advertising":false}`},
		{name: "no to everything, by a name that says so", consent: `{"consented":false,"method":"banner"}`, want: `{"functional":false,"analytics":false,"marketing":false,"personalization":false,"advertising":false}`},
		{name: "yes to everything but a purpose", consent: `{"status":"granted","Marketing":"no"}`, want: `{"functional":true,"analytics":true,"marketing":false,"personalization":true,"advertising":true}`},
		{name: "other words for no", consent: `{"status":"Opted-Out","C0002":"declined"}`, want: `{"C0002":false,"functional":false,"analytics":false,"marketing":false,"personalization":false,"advertising":false}`},
		{name: "another number", consent: `7`, want: `null`},
		{name: "another text", consent: `"hunter2"`, want: `null`},
		{name: "an empty list", consent: `[]`, want: `null`},
		{name: "JSON as text", consent: `"{\"categoryPreferences\":{\"C0004\":false}}"`, want: `{"C0004":false,"marketing":false}`},
		{name: "JSON as the text of a member", consent: `{"cmp":"{\"marketing\":\"no\",\"C0002\":1}"}`, want: `{"C0002":true,"analytics":true,"marketing":false}`},

		{name: "a list of active categories", consent: `["C0001","c0003"]`, want: `{"C0001":true,"c0003":true,"essential":true,"functional":true,"analytics":false,"marketing":false}`},
		{name: "a list under categories", consent: `{"categories":["necessary","Marketing"]}`, want: `{"necessary":true,"essential":true,"functional":false,"analytics":false,"marketing":true}`},
		{name: "a list of the user's own ids", own: true, consent: `["Targeting"]`, want: `{"Targeting":true,"functional":false,"analytics":false,"marketing":true}`},
		{name: "a list of what was refused", consent: `{"disabled":["C0004"],"enabled":["C0002"]}`, want: `{"C0004":false,"C0002":true,"analytics":true,"marketing":false}`},
		{name: "a list of what is unknown", consent: `{"didomiPurposesConsentUnknown":"marketing,"}`, want: `null`},
		{name: "a list of something else", consent: `{"regions":["DE","FR"]}`, want: `null`},
		{name: "OneTrust's groups", consent: `{"OnetrustActiveGroups":",C0001,C0002,"}`, want: `{"C0001":true,"C0002":true,"essential":true,"functional":false,"analytics":true,"marketing":false}`},
		{name: "OneTrust's groups before it is loaded", consent: `{"OnetrustActiveGroups":","}`, want: `null`},
		{name: "OneTrust's cookie", consent: `"isGpcEnabled=0&datestamp=Mon+Mar+02+2026+10%3A15%3A01&groups=C0001%3A1%2CC0002%3A0%2CC0004%3A0&hosts=H1%3A1"`, want: `{"C0001":true,"C0002":false,"C0004":false,"essential":true,"analytics":false,"marketing":false}`},
		{name: "OneTrust in apps: 1, 0 and not asked yet", consent: `{"C0002":1,"C0003":-1,"C0004":0}`, want: `{"C0002":true,"C0004":false,"analytics":true,"marketing":false}`},
		{name: "Cookiebot's object", consent: `{"necessary":true,"preferences":false,"statistics":true,"marketing":false,"method":"explicit","ver":1}`,
			want: `{"necessary":true,"preferences":false,"statistics":true,"essential":true,"functional":false,"analytics":true,"marketing":false}`},
		{name: "Cookiebot's object before anybody chose", consent: `{"necessary":true,"statistics":true,"marketing":true,"method":"implied"}`, want: `null`},
		{name: "Cookiebot's cookie", consent: `"{stamp:%27x%3D%3D%27%2Cnecessary:true%2Cpreferences:false%2Cstatistics:false%2Cmarketing:false%2Cmethod:%27explicit%27%2Cver:1}"`,
			want: `{"necessary":true,"preferences":false,"statistics":false,"essential":true,"functional":false,"analytics":false,"marketing":false}`},
		{name: "CookieYes' cookie", consent: `{"cookieyes-consent":"consent:no,necessary:yes,functional:no,analytics:no,advertisement:no"}`,
			want: `{"necessary":true,"essential":true,"functional":false,"analytics":false,"advertisement":false,"advertising":false,"marketing":false}`},
		{name: "Usercentrics in apps", consent: `{"consents":[{"templateId":"a1","status":true},{"templateId":"targeting","status":false}]}`, own: true, want: `{"a1":true,"targeting":false,"marketing":false}`},
		{name: "Usercentrics' categories", consent: `{"type":"explicit","Some Tag":true,"ucCategory":{"marketing":false,"other":true}}`, want: `{"Some Tag":true,"marketing":false}`},
		{name: "Google's flags in camelCase, inside of an object", consent: `{"gcmUpdate":{"adUserData":"granted","adStorage":"denied"}}`, want: `{"adUserData":true,"adStorage":false,"advertising":true,"marketing":true}`},
		{name: "ad_storage: a no counts, a yes does not", consent: `{"ad_storage":"granted"}`, want: `{"ad_storage":true}`},
		{name: "ad_storage alone", consent: `{"ad_storage":"denied"}`, want: `{"ad_storage":false,"advertising":false,"marketing":false}`},
		{name: "categories of advertising count for marketing", consent: `{"categories":{"Advertising":false}}`, want: `{"advertising":false,"marketing":false}`},
		{name: "ids in other cases; a no counts", consent: `{"categories":{"c0004":false,"C0004":true}}`, want: `{"c0004":false,"C0004":true,"marketing":false}`},
		{name: "Segment's preferences in another case beside a purpose", consent: `{"CategoryPreferences":{"ADVERTISING":false},"analytics":true}`, want: `{"advertising":false,"analytics":true,"marketing":false}`},
		{name: "Segment's preferences: PHP's empty object refuses everything", consent: `{"categoryPreferences":[]}`, want: `{"functional":false,"analytics":false,"marketing":false,"personalization":false,"advertising":false}`},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			p := p
			if test.own {
				p = own
			}
			batch, err := p.Process(t.Context(), service.NewMessage([]byte(`{"type":"page","anonymousId":"a","context":{"consent":`+test.consent+`}}`)))
			require.NoError(t, err)
			require.Len(t, batch, 1)
			answers, _ := batch[0].MetaGetMut("liveperson_consent")
			got, err := json.Marshal(answers)
			require.NoError(t, err)
			assert.JSONEq(t, test.want, string(got))
		})
	}
}

// Global Privacy Control may stand beside the consent.
func TestPrivacyControlOfAContext(t *testing.T) {
	t.Parallel()
	p := newPreset(t, "retail", "")
	for context, want := range map[string]string{
		`{"gpc":true}`: `{"marketing":false,"advertising":false}`,
		`{"gpc":false,"consent":{"marketing":true}}`:                                                                  `{"marketing":true}`,
		`{"gpc":"1","consent":{"marketing":true,"analytics":true}}`:                                                   `{"marketing":false,"advertising":false,"analytics":true}`,
		`{"globalPrivacyControl":true,"consentManagement":{"allowedConsentIds":{"C0001":"Necessary","C0004":"Ads"}}}`: `{"C0001":true,"C0004":false,"essential":true,"marketing":false,"advertising":false}`,
		// The keys of an object are the ids, unless a value says no.
		`{"consentManagement":{"allowedConsentIds":{"C0001":true,"C0002":1,"C0003":"yes","C0004":false}}}`:       `{"C0001":true,"C0002":true,"C0003":true,"C0004":false,"essential":true,"analytics":true,"functional":true,"marketing":false}`,
		`{"consentManagement":{"allowedConsentIds":{"C0001":null,"C0002":"","C0003":"No","C0004":0}}}`:           `{"C0001":false,"C0002":false,"C0003":false,"C0004":false,"essential":false,"analytics":false,"functional":false,"marketing":false}`,
		`{"consentManagement":{"deniedConsentIds":{"C0002":"Statistics","C0003":null,"C0004":false,"ads":"0"}}}`: `{"C0002":false,"C0003":false,"analytics":false,"functional":false}`,
	} {
		batch, err := p.Process(t.Context(), service.NewMessage([]byte(`{"type":"page","anonymousId":"a","context":`+context+`}`)))
		require.NoError(t, err)
		require.Len(t, batch, 1)
		answers, _ := batch[0].MetaGetMut("liveperson_consent")
		got, err := json.Marshal(answers)
		require.NoError(t, err)
		assert.JSONEq(t, want, string(got), context)
	}
}
