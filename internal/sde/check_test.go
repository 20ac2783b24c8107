package sde

import (
	"encoding/json"
	"fmt"
	"math"
	"path"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// decode reads JSON as Benthos does: numbers keep their digits.
func decode(t testing.TB, text string) any {
	t.Helper()
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	var value any
	require.NoError(t, decoder.Decode(&value))
	return value
}

// reportOf gives a report with these engagement attributes.
func reportOf(attributes string) string {
	return `{"consumerId":"a1b2c3d4","identities":[{"iss":"LivePerson","acr":"0","sub":"a1b2c3d4"}],"engagementAttributes":[` + attributes + `]}`
}

func findings(t testing.TB, report string) []string {
	t.Helper()
	found := []string{}
	for _, f := range Check(decode(t, report), Options{}).Findings {
		found = append(found, f.Code+" "+f.String())
		assert.Contains(t, Codes, f.Code)
	}
	return found
}

// The sample objects of LivePerson's pages.
var documented = map[string]string{
	"cart":                         `{"type":"cart","total":11.7,"currency":"USD","numItems":6,"products":[{"product":{"name":"prod1","category":"category","sku":"sku","price":7.8},"quantity":1}]}`,
	"purchase":                     `{"type":"purchase","total":11.7,"currency":"USD","orderId":"DRV1534XC","cart":{"products":[{"product":{"name":"antivirus pro plan","category":"software","sku":"xyz001","price":7.8},"quantity":3}]}}`,
	"purchase without a cart":      `{"type":"purchase","total":11.7,"orderId":"DRV1534XC"}`,
	"prodView":                     `{"type":"prodView","currency":"USD","products":[{"product":{"name":"red high heel shoe","category":"women shoes","sku":"xyz567","price":77.8,"statusInStock":"low","quantityInStock":7}}]}`,
	"ctmrinfo":                     `{"type":"ctmrinfo","info":{"cstatus":"cancelled","ctype":"vip","customerId":"138766AC","balance":-400.99,"currency":"USD","socialId":"11256324780","imei":"3543546543545688","userName":"user000","companySize":500,"companyBranch":"East Village","accountName":"bank corp","role":"broker","lastPaymentDate":{"day":15,"month":10,"year":2014},"registrationDate":{"day":23,"month":5,"year":2013},"storeNumber":"123865","storeZipCode":"20505"}}`,
	"personal":                     `{"type":"personal","personal":{"firstname":"John","lastname":"Doe","age":{"age":34,"year":1980,"month":4,"day":15},"contacts":[{"email":"myname@example.com","phone":"+1 212-788-8877","address":{"country":"Russia","region":"Moscow"}}],"gender":"MALE","language":"en-US","company":"company"}}`,
	"personal, age as 30.0":        `{"type":"personal","personal":{"contacts":[{"email":"user123@example.com","phone":"12345678"},{"email":"aaa@example.co.il","phone":"98765430"}],"age":{"age":30.0,"year":1985,"month":7,"day":22},"firstname":"test","lastname":"test2","gender":"FEMALE","company":"liveperson"}}`,
	"mrktInfo":                     `{"type":"mrktInfo","info":{"channel":"1","affiliate":"Yahoo","campaignId":"US coupon campaign"}}`,
	"mrktInfo by the table":        `{"type":"mrktInfo","info":{"channel":6,"affiliate":"Yahoo"}}`,
	"lead":                         `{"type":"lead","lead":{"topic":"luxury car test drive 2015","value":22.22,"currency":"USD","leadId":"xyz123"}}`,
	"service":                      `{"type":"service","service":{"topic":"order checkbook","status":0,"category":"finance","serviceId":"service12"}}`,
	"error":                        `{"type":"error","error":{"contextId":"Credit card application","message":"Expiration date missing","code":"er100004","level":10,"resolved":false}}`,
	"searchInfo":                   `{"type":"searchInfo","keywords":["Reset password"]}`,
	"impDisplay":                   `{"type":"impDisplay","campaign":2695999112,"engId":2696029112,"revision":3,"eContext":[{"type":"engagementContext","id":"1"}]}`,
	"impExpanded, as sampled":      `{"type":"impExpanded","expanded":null,"userInit":null,"actionableItems":null,"campaign":2695999112,"engId":2696029112,"revision":3}`,
	"cart by its read name":        `{"type":"cartStatus","total":0,"numItems":0}`,
	"search by its read name":      `{"type":"searchContent","keywords":["shoes"]}`,
	"the largest and smallest ids": `{"type":"impClose","campaign":9223372036854775807,"engId":0}`,
	"members not documented":       `{"type":"lead","lead":{"topic":"x","lifetimeValue":{"a":[1,null,{}]}},"source":"till"}`,
}

func TestDocumentedSamplesAreValid(t *testing.T) {
	t.Parallel()
	for name, attribute := range documented {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			assert.Empty(t, findings(t, reportOf(attribute)))
		})
	}
	assert.Empty(t, findings(t, `{"consumerId":"myConsumerId","identities":[{"iss":"LivePerson","acr":"0","sub":"identifierForNoAuth"},{"iss":"TMO","acr":"loa1","sub":"identifierForAuth"}],
		"pageId":"4743822558","entryPoints":["tel://972737004000","http://www.brand.com","sec://Sport","lang://English"],
		"engagementAttributes":[{"type":"purchase","total":11.7,"orderId":"DRV1534XC"},{"type":"lead","lead":{"topic":"luxury car test drive 2015","value":22.22,"leadId":"xyz123"}}]}`))
	assert.Empty(t, findings(t, `{"clientProperties":{"osName":"MAC_OSX","osVersion":"1.2","appVersion":"1.0","deviceFamily":"MOBILE"},"consumerId":"uniqueIdInBrand",
		"engagementAttributes":[{"type":"impDisplay","campaign":2695999112,"engId":2696029112,"revision":3,"eContext":[{"type":"engagementContext","id":"1"}]}]}`))
	assert.Empty(t, findings(t, `{"consumerId":"a","entryPoints":[],"engagementAttributes":[]}`), "empty lists of the report are no fault")
}

// Every schema's own example is valid, and every type has a schema.
func TestExamplesOfTheSchemasAreValid(t *testing.T) {
	t.Parallel()
	entries, err := Schemas.ReadDir("schema")
	require.NoError(t, err)
	types := []string{}
	for _, entry := range entries {
		text, err := Schemas.ReadFile(path.Join("schema", entry.Name()))
		require.NoError(t, err)
		var file struct {
			Schema, Title, Description string
			Examples                   []json.RawMessage
			Properties                 struct{ Type struct{ Const string } }
		}
		require.NoError(t, json.Unmarshal(text, &file))
		assert.NotEmpty(t, file.Title, entry.Name())
		for _, example := range file.Examples {
			if entry.Name() == "report.json" {
				assert.Empty(t, findings(t, string(example)), entry.Name())
				continue
			}
			types = append(types, strings.TrimSuffix(entry.Name(), ".json"))
			assert.Empty(t, findings(t, reportOf(string(example))), entry.Name())
		}
	}
	assert.ElementsMatch(t, WriteTypes(), types)
}

func TestFindings(t *testing.T) {
	t.Parallel()
	const at = "engagementAttributes[0]"
	tests := map[string]struct {
		attribute string
		want      []string
	}{
		"amount with a decimal comma": {
			`{"type":"prodView","products":[{"product":{"sku":"a"}},{"product":{"sku":"b"}},{"product":{"sku":"c","price":"12,90"}}]}`,
			[]string{`type ` + at + `.products[2].product.price: expected a number, got "12,90"; write 12.9`},
		},
		"amount as text":                    {`{"type":"lead","lead":{"value":"22.5"}}`, []string{`type ` + at + `.lead.value: expected a number, got "22.5"; write 22.5`}},
		"amount with thousands":             {`{"type":"lead","lead":{"value":"1.234,50"}}`, []string{`type ` + at + `.lead.value: expected a number, got "1.234,50"; write 1234.5`}},
		"amount, English":                   {`{"type":"lead","lead":{"value":"1,234.50"}}`, []string{`type ` + at + `.lead.value: expected a number, got "1,234.50"; write 1234.5`}},
		"amount, ambiguous":                 {`{"type":"lead","lead":{"value":"1,234"}}`, []string{`type ` + at + `.lead.value: expected a number, got text; write it as a number, such as 22.22`}},
		"text that may be personal":         {`{"type":"lead","lead":{"value":"jane@example.com"}}`, []string{`type ` + at + `.lead.value: expected a number, got text; write it as a number, such as 22.22`}},
		"a phone number is no amount":       {`{"type":"lead","lead":{"value":"+4930123456"}}`, []string{`type ` + at + `.lead.value: expected a number, got text; write it as a number, such as 22.22`}},
		"digits are rather a phone number":  {`{"type":"lead","lead":{"value":"2127888877"}}`, []string{`type ` + at + `.lead.value: expected a number, got text; write it as a number, such as 22.22`}},
		"a leading zero is that of a phone": {`{"type":"lead","lead":{"value":"030 12345"}}`, []string{`type ` + at + `.lead.value: expected a number, got text; write it as a number, such as 22.22`}},
		"a balance is not shown":            {`{"type":"ctmrinfo","info":{"balance":"-400,99"}}`, []string{`type ` + at + `.info.balance: expected a number, got text; write it as a number, such as -400.99`}},
		"a year of birth is not shown":      {`{"type":"personal","personal":{"age":{"year":"1980"}}}`, []string{`type ` + at + `.personal.age.year: expected a whole number, got text; write it as a whole number, such as 1980`}},
		"not a number":                      {`{"type":"lead","lead":{"value":"NaN"}}`, []string{`type ` + at + `.lead.value: expected a number, got text; write it as a number, such as 22.22`}},
		"number beyond a double":            {`{"type":"lead","lead":{"value":1e400}}`, []string{`range ` + at + `.lead.value: the number is too large, or none; write a finite number, such as 22.22`}},
		"number for text":                   {`{"type":"lead","lead":{"leadId":5001}}`, []string{`type ` + at + `.lead.leadId: expected text, got a number; write it as text, such as "xyz123"`}},
		"list for text":                     {`{"type":"lead","lead":{"leadId":["a"]}}`, []string{`type ` + at + `.lead.leadId: expected text, got a list; write it as text, such as "xyz123"`}},
		"text for true or false":            {`{"type":"error","error":{"resolved":"no"}}`, []string{`type ` + at + `.error.resolved: expected true or false, got text; write it as true or false, such as false`}},
		"object for a list":                 {`{"type":"searchInfo","keywords":{"0":"a"}}`, []string{`type ` + at + `.keywords: expected a list, got an object; write it as a list`}},
		"fraction of a thing":               {`{"type":"cart","total":1,"numItems":1.5}`, []string{`type ` + at + `.numItems: expected a whole number; write it without a fraction, such as 6`}},
		"fewer than none":                   {`{"type":"cart","total":1,"numItems":-1}`, []string{`range ` + at + `.numItems: expected a number from 0 to 2147483647; correct it, such as 6`}},
		"more than LivePerson's int":        {`{"type":"cart","total":1,"numItems":3000000000}`, []string{`range ` + at + `.numItems: expected a number from 0 to 2147483647; correct it, such as 6`}},
		"id just beyond a long":             {`{"type":"impClose","campaign":9223372036854775808,"engId":1}`, []string{`range ` + at + `.campaign: the number is too large; write a smaller number, such as 2695999112`}},
		"id beyond a long":                  {`{"type":"impClose","campaign":1e30,"engId":1}`, []string{`range ` + at + `.campaign: the number is too large; write a smaller number, such as 2695999112`}},
		"status that there is not":          {`{"type":"service","service":{"status":14}}`, []string{`range ` + at + `.service.status: expected a number from 0 to 13; correct it, such as 0`}},
		"mandatory members missing":         {`{"type":"cart","total":null,"currency":"EUR"}`, []string{`required ` + at + `.numItems: missing; add it, such as 6`, `required ` + at + `.total: missing; add it, such as 11.7`}},
		"nothing but empties":               {`{"type":"ctmrinfo","info":{"customerId":"","registrationDate":{"day":null}}}`, []string{`required ` + at + `.info: missing; add it`}},
		"line without its product":          {`{"type":"prodView","products":[{"quantity":1}]}`, []string{`required ` + at + `.products[0].product: missing; add it`}},
		"currency in words":                 {`{"type":"lead","lead":{"currency":"dollars"}}`, []string{`pattern ` + at + `.lead.currency: expected an ISO 4217 code in capitals; write it like "USD"`}},
		"language without country":          {`{"type":"personal","personal":{"language":"en"}}`, []string{`pattern ` + at + `.personal.language: expected a language with its country; write it like "en-US"`}},
		"channel that there is not":         {`{"type":"mrktInfo","info":{"channel":"7"}}`, []string{`pattern ` + at + `.info.channel: expected a channel from 0 to 6; write it like "1"`}},
		"value in the wrong case":           {`{"type":"personal","personal":{"gender":"female"}}`, []string{`enum ` + at + `.personal.gender: expected one of LivePerson's values; write FEMALE`}},
		"value that there is not":           {`{"type":"personal","personal":{"gender":"f"}}`, []string{`enum ` + at + `.personal.gender: expected one of LivePerson's values; write one of MALE, FEMALE, OTHER`}},
		"day that does not exist":           {`{"type":"ctmrinfo","info":{"registrationDate":{"day":30,"month":2,"year":2024}}}`, []string{`date ` + at + `.info.registrationDate: expected a day that exists; correct day, month or year`}},
		"the 29th of February":              {`{"type":"ctmrinfo","info":{"registrationDate":{"day":29,"month":2,"year":2023}}}`, []string{`date ` + at + `.info.registrationDate: expected a day that exists; correct day, month or year`}},
		"part of a day":                     {`{"type":"ctmrinfo","info":{"registrationDate":{"day":29,"month":2}}}`, []string{`required ` + at + `.info.registrationDate.year: missing; add it, such as 2014`}},
		"control characters":                {`{"type":"searchInfo","keywords":["a","b\u0000"]}`, []string{`control ` + at + `.keywords[1]: has control characters; take them out`}},
		"control characters of all sorts":   {`{"type":"searchInfo","keywords":["~\n\r\t","\u007f","ä\u0085","\u001f"]}`, []string{`control ` + at + `.keywords[1]: has control characters; take them out`, `control ` + at + `.keywords[2]: has control characters; take them out`, `control ` + at + `.keywords[3]: has control characters; take them out`}},
		"half a character":                  {`{"type":"searchInfo","keywords":["\ud800"]}`, []string{`control ` + at + `.keywords[0]: has control characters; take them out`}},
		"type in the wrong case":            {`{"type":"PRODVIEW","products":[]}`, []string{`unknown_type ` + at + `.type: LivePerson has no such engagement attribute; write prodView`}},
		"type as it is read back":           {`{"type":"viewedProduct"}`, []string{`unknown_type ` + at + `.type: LivePerson has no such engagement attribute; write prodView`}},
		"type in history":                   {`{"type":"CUSTOMER_INFO"}`, []string{`unknown_type ` + at + `.type: LivePerson has no such engagement attribute; write ctmrinfo`}},
		"type misspelt":                     {`{"type":"purchse"}`, []string{`unknown_type ` + at + `.type: LivePerson has no such engagement attribute; write purchase`}},
		"type unlike any":                   {`{"type":"weather"}`, []string{`unknown_type ` + at + `.type: LivePerson has no such engagement attribute; write one of ` + strings.Join(writeTypes, ", ")}},
		"type missing":                      {`{"total":1}`, []string{`required ` + at + `.type: missing; add the type, such as "cart"`}},
		"type no text":                      {`{"type":1}`, []string{`type ` + at + `.type: expected text; write the type, such as "cart"`}},
		"attribute no object":               {`"cart"`, []string{`type ` + at + `: expected an object, got text; write it as an object`}},
		"member misspelt":                   {`{"type":"purchase","orderID":"1"}`, []string{`unknown_member ` + at + `.orderID: LivePerson has no such member; write orderId`}},
		"member as in LivePerson's table":   {`{"type":"mrktInfo","info":{"campaignID":"1","Affiliate":"a"}}`, []string{`unknown_member ` + at + `.info.Affiliate: a table of LivePerson's spells the member so, its sample does not; write affiliate`, `unknown_member ` + at + `.info.campaignID: a table of LivePerson's spells the member so, its sample does not; write campaignId`}},
		"type as in another sample":         {`{"type":"personal","personal":{"contacts":{"phoneType":"HOME"}}}`, []string{`type ` + at + `.personal.contacts: expected a list, got an object: one sample of LivePerson's has an object, its table does not; write it as a list`}},
		"name with control characters":      {`{"type":"purchase","a\u0000":1}`, []string{`control ` + at + `.?: the name has control characters; take them out`}},
		"name with bytes that are none":     {"{\"type\":\"purchase\",\"a\xff\":1}", []string{`control ` + at + `.?: the name has control characters; take them out`}},
		"deeper than any path": {
			`{"type":"purchase","x":` + strings.Repeat("[", 100) + `"\u0000"` + strings.Repeat("]", 100) + `}`,
			[]string{`control ` + at + `.x` + strings.Repeat("[0]", maxSteps-3) + `…: has control characters; take them out`},
		},
		"names that are no names": {`{"type":"purchase","jane@example.com":"\u0000"}`, []string{`control ` + at + `.?: has control characters; take them out`}},
		"lead flattened, as one sample": {
			`{"type":"lead","topic":"luxury car test drive 2015","value":22.22}`,
			[]string{`required ` + at + `.lead: missing; add it`},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, test.want, findings(t, reportOf(test.attribute)))
		})
	}
}

func TestFindingsAboutTheReportItself(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		report string
		want   []string
	}{
		"no object":                 {`[]`, []string{"type report: expected an object; write a report, a JSON object"}},
		"nothing":                   {`{}`, []string{"required engagementAttributes: missing; add it"}},
		"no attributes":             {`{"consumerId":"a","engagementAttributes":null}`, []string{"required engagementAttributes: missing; add it"}},
		"attributes no list":        {`{"consumerId":"a","engagementAttributes":{"type":"cart"}}`, []string{"type engagementAttributes: expected a list, got an object; write it as a list"}},
		"address as consumer id":    {`{"consumerId":"jane.roe@example.com","engagementAttributes":[]}`, []string{"personal_id consumerId: an e-mail address or phone number is no id; send an id that can't be guessed, or allow it"}},
		"phone number as sub":       {`{"identities":[{"sub":"+49 (30) 1234-56"}],"engagementAttributes":[]}`, []string{"personal_id identities[0].sub: an e-mail address or phone number is no id; send an id that can't be guessed, or allow it"}},
		"phone number, scheme":      {`{"identities":[{"sub":"a"},{"sub":"TEL:+4930123456"}],"engagementAttributes":[]}`, []string{"personal_id identities[1].sub: an e-mail address or phone number is no id; send an id that can't be guessed, or allow it"}},
		"address with a name":       {`{"consumerId":"Jane Roe <jane.roe@example.com>","engagementAttributes":[]}`, []string{"personal_id consumerId: an e-mail address or phone number is no id; send an id that can't be guessed, or allow it"}},
		"address, escaped":          {`{"consumerId":"jane.roe%40example.com","engagementAttributes":[]}`, []string{"personal_id consumerId: an e-mail address or phone number is no id; send an id that can't be guessed, or allow it"}},
		"phone number, fine spaces": {`{"consumerId":"+49\u00a030\u202f1234\u2011567","engagementAttributes":[]}`, []string{"personal_id consumerId: an e-mail address or phone number is no id; send an id that can't be guessed, or allow it"}},
		"spaces alone":              {`{"consumerId":" \t","engagementAttributes":[]}`, []string{`pattern consumerId: expected an id, not spaces alone; write it like "uniqueIdInBrand"`}},
		"digits are no phone":       {`{"consumerId":"2103807459595387724","engagementAttributes":[]}`, []string{}},
		"handle is no address":      {`{"consumerId":"@jane","engagementAttributes":[]}`, []string{}},
		"identities no list":        {`{"identities":{"sub":"a"},"engagementAttributes":[]}`, []string{"type identities: expected a list, got an object; write it as a list"}},
		"entry points as a text":    {`{"entryPoints":"tel://1,sec://a","engagementAttributes":[]}`, []string{`type entryPoints: expected a list, got text: LivePerson's table has a text with commas, its samples do not; write it as a list`}},
		"entry point no text":       {`{"entryPoints":["a",1],"engagementAttributes":[]}`, []string{`type entryPoints[1]: expected text, got a number; write it as text, such as "http://www.brand.com"`}},
		"page id no digits":         {`{"pageId":"p-1","engagementAttributes":[]}`, []string{`pattern pageId: expected decimal digits; write it like "4743822558"`}},
		"in the order of paths":     {`{"pageId":1,"engagementAttributes":[1,1,1,1,1,1,1,1,1,1,1]}`, nil},
		"top-level name misspelt":   {`{"consumerID":"a","engagementAttributes":[]}`, []string{"unknown_member consumerID: LivePerson has no such member; write consumerId"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := findings(t, test.report)
			if test.want != nil {
				assert.Equal(t, test.want, got)
				return
			}
			require.Len(t, got, 12)
			for i := range 11 {
				assert.Contains(t, got[i], fmt.Sprintf("engagementAttributes[%d]:", i))
			}
		})
	}
	allowed := Check(decode(t, `{"consumerId":"jane.roe@example.com","engagementAttributes":[]}`), Options{AllowPersonalIDs: true})
	assert.Empty(t, allowed.Findings)
}

// Mappings make numbers that no decoder gives.
func TestNumbersOfMappings(t *testing.T) {
	t.Parallel()
	for _, value := range []any{int64(6), 6, 6.0, int32(6), uint64(6), float32(6), json.Number("6.0")} {
		report := map[string]any{"engagementAttributes": []any{map[string]any{"type": "cart", "total": value, "numItems": value}}}
		assert.Empty(t, Check(report, Options{}).Findings, "%T", value)
	}
	for _, value := range []any{math.NaN(), math.Inf(1), math.Inf(-1)} {
		report := map[string]any{"engagementAttributes": []any{map[string]any{"type": "lead", "lead": map[string]any{"value": value}}}}
		require.Len(t, Check(report, Options{}).Findings, 1)
		assert.Equal(t, codeRange, Check(report, Options{}).Findings[0].Code)
	}
}

func TestEmptiesAreTakenOut(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ report, want string }{
		"nothing to do":         {reportOf(`{"type":"lead","lead":{"topic":"a"}}`), ""},
		"the report's lists":    {`{"entryPoints":[],"engagementAttributes":[]}`, ""},
		"null and empty":        {`{"consumerId":"","pageId":null,"engagementAttributes":[{"type":"lead","lead":{"topic":"a","leadId":"","value":null,"x":{},"y":[]}}]}`, `{"engagementAttributes":[{"type":"lead","lead":{"topic":"a"}}]}`},
		"what has nothing else": {`{"engagementAttributes":[{"type":"lead","lead":{"topic":"a","x":{"y":[{"z":null},[]]}}}]}`, `{"engagementAttributes":[{"type":"lead","lead":{"topic":"a"}}]}`},
		"items of lists":        {`{"entryPoints":["",null,"a"],"engagementAttributes":[null,{"type":"searchInfo","keywords":["","a"]},{}]}`, `{"entryPoints":["a"],"engagementAttributes":[{"type":"searchInfo","keywords":["a"]}]}`},
		"zero and false stay":   {reportOf(`{"type":"error","error":{"level":0,"resolved":false,"code":" "}}`), ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			report := decode(t, test.report).(map[string]any)
			assert.Equal(t, test.want != "", Check(report, Options{}).Empties)
			assert.Equal(t, decode(t, test.report), any(report), "checking changes nothing")
			Clean(report)
			want := test.want
			if want == "" {
				want = test.report
			}
			assert.Equal(t, decode(t, want), any(report))
			assert.False(t, Check(report, Options{}).Empties)
		})
	}
}

func FuzzCheck(f *testing.F) {
	for _, attribute := range documented {
		f.Add(reportOf(attribute))
	}
	f.Add(`{"engagementAttributes":[{"type":"cart","total":"12,90","numItems":-1e400,"products":[[[{"product":"\u0000"}]]]}]}`)
	f.Add(`{"consumerId":"jane.roe@example.com","identities":{},"entryPoints":"x","engagementAttributes":[{"type":"Ctmrinfo"}]}`)
	f.Add(`{"a\u0000":"\u0000","b\u0000":"\u0000","c\u0000":"\u0000"}`) // several findings about what has no name
	f.Fuzz(func(t *testing.T, text string) {
		decoder := json.NewDecoder(strings.NewReader(text))
		decoder.UseNumber()
		var report any
		if decoder.Decode(&report) != nil {
			return
		}
		first := Check(report, Options{})
		assert.Equal(t, first, Check(report, Options{}), "the same each time")
		for _, found := range first.Findings {
			assert.Contains(t, Codes, found.Code)
			assert.NotEmpty(t, found.Message)
			assert.NotEmpty(t, found.Fix)
		}
		object, isObject := report.(map[string]any)
		if !isObject {
			return
		}
		Clean(object)
		second := Check(object, Options{})
		assert.False(t, second.Empties)
		if len(first.Findings) == 0 {
			assert.Empty(t, second.Findings, "what is taken out was not there before")
		}
		_, err := json.Marshal(object)
		require.NoError(t, err)
	})
}

func BenchmarkCheck(b *testing.B) {
	for _, name := range []string{"searchInfo", "prodView", "purchase", "ctmrinfo"} {
		b.Run(name, func(b *testing.B) {
			report := decode(b, reportOf(documented[name]))
			b.ReportAllocs()
			for b.Loop() {
				if found := Check(report, Options{}); len(found.Findings) > 0 {
					b.Fatal(found)
				}
			}
		})
	}
}

func TestNamesAreSuggested(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"CART": "cart", "Cart_Status": "cartStatus", "customerInfo": "ctmrinfo", "personalinfo": "personal", "marketingCampaignInfo": "mrktInfo",
		"prodviews": "prodView", "search": "searchInfo", "serviceActivity": "service", "impdisplay": "impDisplay", "lead ": "lead", "x": "", "": "",
		strings.Repeat("a", 1<<20): "",
	} {
		assert.Equal(t, want, suggestType(name), "%.20q", name)
	}
}
