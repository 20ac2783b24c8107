package privacy_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The setting applies to every spelling of a customer id, at any depth of a ctmrinfo. With
// validation: off or warn, liveperson_report sends all spellings. ID stands for the id.
func TestSpellingsOfCustomerIDs(t *testing.T) {
	t.Parallel()
	for name, attribute := range map[string]string{
		"as it should be":        `{"type":"ctmrinfo","info":{"customerId":"ID"}}`,
		"info in capitals":       `{"type":"ctmrinfo","INFO":{"customerId":"ID"}}`,
		"underscore":             `{"type":"ctmrinfo","info":{"customer_id":"ID"}}`,
		"hyphen":                 `{"type":"ctmrinfo","info":{"Customer-ID":"ID"}}`,
		"dot":                    `{"type":"ctmrinfo","info":{"customer.id":"ID"}}`,
		"blanks":                 `{"type":"ctmrinfo","info":{" customer id\t":"ID"}}`,
		"no-break space":         `{"type":"ctmrinfo","info":{"customer\u00a0id":"ID"}}`,
		"zero-width space":       `{"type":"ctmrinfo","info":{"customer\u200bId":"ID"}}`,
		"soft hyphen":            `{"type":"ctmrinfo","info":{"cust\u00adomerId":"ID"}}`,
		"byte order mark":        `{"type":"ctmrinfo","\ufeffinfo":{"\ufeffcustomerId":"ID"}}`,
		"full width":             `{"type":"ctmrinfo","ｉｎｆｏ":{"ｃｕｓｔｏｍｅｒＩｄ":"ID"}}`,
		"mathematical letters":   `{"type":"ctmrinfo","info":{"𝐜ustomerId":"ID"}}`,
		"long s":                 `{"type":"ctmrinfo","info":{"cuſtomerId":"ID"}}`,
		"outside of info":        `{"type":"ctmrinfo","customerId":"ID"}`,
		"outside, underscore":    `{"type":"ctmrinfo","customer_id":"ID"}`,
		"in another object":      `{"type":"ctmrinfo","ctmrinfo":{"info":{"customerId":"ID"}}}`,
		"in a list":              `{"type":"ctmrinfo","info":[{"customerId":"ID"}]}`,
		"in lists":               `{"type":"ctmrinfo","info":[[{"x":{"customerId":"ID"}}]]}`,
		"two spellings":          `{"type":"ctmrinfo","info":{"customerId":"ID","customer_id":"ID"}}`,
		"the type in capitals":   `{"type":"CtmrInfo","info":{"customerId":"ID"}}`,
		"the type with a blank":  `{"type":"ctmrinfo ","info":{"customerId":"ID"}}`,
		"the type, underscore":   `{"type":"ctmr_info","info":{"customerId":"ID"}}`,
		"the type in full width": `{"type":"ｃｔｍｒｉｎｆｏ","info":{"customerId":"ID"}}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			const id = "c-4711"
			report := func(id string) string {
				return `{"consumerId":"a","engagementAttributes":[` + strings.ReplaceAll(attribute, `:"ID"`, `:"`+id+`"`) + `]}`
			}
			text := func(settings string) string {
				out := driveReports(t, settings, report(id))[0]
				require.NoError(t, out.GetError())
				got, err := out.AsBytes()
				require.NoError(t, err)
				return string(got)
			}
			assert.JSONEq(t, report(pseudonym(id)), text("customer_id: hash, salt: s"))
			assert.JSONEq(t, `{"consumerId":"a","engagementAttributes":[]}`, text("customer_id: drop"))
			assert.JSONEq(t, report(id), text("customer_id: keep"))

			out := driveReports(t, "customer_id: hash, salt: s", report(pseudonym(id)))[0]
			require.ErrorContains(t, out.GetError(), "is a hash already")
			out = driveReports(t, "customer_id: drop", strings.ReplaceAll(report("ID"), `"ID"`, "4711"))[0]
			require.ErrorContains(t, out.GetError(), ": expected text")
			assert.NotContains(t, out.GetError().Error(), "4711")
		})
	}
}

// Members beside a customer id stay.
func TestDroppedCustomerIDsLeaveTheRest(t *testing.T) {
	t.Parallel()
	for before, after := range map[string]string{
		`{"type":"ctmrinfo","customer_id":"c","info":{"ctype":"vip"}}`:                   `{"type":"ctmrinfo","info":{"ctype":"vip"}}`,
		`{"type":"ctmrinfo","info":[{"customerId":"c"},{"ctype":"vip"},{}],"x":[]}`:      `{"type":"ctmrinfo","info":[{"ctype":"vip"},{}],"x":[]}`,
		`{"type":"ctmrinfo","info":{"customerIds":"c","customer":{"id":"c"},"i_d":"c"}}`: `{"type":"ctmrinfo","info":{"customerIds":"c","customer":{"id":"c"},"i_d":"c"}}`,
		`{"type":"lead","lead":{"customer_id":"c"}}`:                                     `{"type":"lead","lead":{"customer_id":"c"}}`,
		`{"type":"ctmrinfo"}`: `{"type":"ctmrinfo"}`,
	} {
		out := driveReports(t, "customer_id: drop", `{"engagementAttributes":[`+before+`]}`)[0]
		require.NoError(t, out.GetError(), before)
		text, err := out.AsBytes()
		require.NoError(t, err)
		assert.JSONEq(t, `{"engagementAttributes":[`+after+`]}`, string(text))
	}
}

func TestSpellingsOfOtherIDs(t *testing.T) {
	t.Parallel()
	out := driveReports(t, "sub: hash, salt: s", `{"consumer_id":"a","identities":[{"ｓｕｂ":"b","iss":"shop"}],"engagementAttributes":[]}`)[0]
	assert.Equal(t, map[string]any{"consumer_id": pseudonym("a"), "identities": []any{map[string]any{"ｓｕｂ": pseudonym("b"), "iss": "shop"}}, "engagementAttributes": []any{}}, content(t, out))
}
