package privacy_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strconv"
	"strings"
	"testing"

	"github.com/redpanda-data/benthos/v4/public/service"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/benthos-liveperson/benthos-liveperson/internal/doctest"
)

const guide = "../../docs/privacy.md"

// whole is a report that has one of everything.
const whole = `{"consumerId":"jane-1","identities":[{"iss":"shop","acr":"loa1","sub":"jane-1"}],"pageId":"4743822558",
"entryPoints":["https://user:secret@shop.example.org/p/1?utm_source=mail&q=red+shoes#reviews","https://shop.example.org/?email=jane%40example.com"],
"engagementAttributes":[
 {"type":"ctmrinfo","info":{"customerId":"jane-1","userName":"jane@example.com","accountName":"Jane Ltd","socialId":"11256324780","imei":"3543546543545688","balance":12.5}},
 {"type":"personal","personal":{"firstname":"Jane","age":{"age":34},"contacts":[{"email":"jane@example.com","phone":"+1 212 788 8877","address":{"country":"USA"}}]}},
 {"type":"purchase","orderId":"DRV1534XC","total":11.7,"cart":{"products":[{"product":{"name":"Mug for jane@example.com","sku":"xyz001"}}]}},
 {"type":"lead","lead":{"topic":"call me at +1 212 788 8877"}},
 {"type":"searchInfo","keywords":["shoes","jane@example.com"]},
 {"type":"error","error":{"message":"jane@example.com is taken"}}],
"note":"jane@example.com"}`

// rows are the rows of the table, each with the path of its part in the report.
var rows = []struct{ name, path string }{
	{"`consumerId`", "consumerId"},
	{"`identities[].sub`", "identities.0.sub"},
	{"`identities[].iss`, `acr`", "identities.0.iss"},
	{"`ctmrinfo`: `customerId`", "engagementAttributes.ctmrinfo.info.customerId"},
	{"`ctmrinfo`: `userName` that is an address", "engagementAttributes.ctmrinfo.info.userName"},
	{"`ctmrinfo`: `accountName`, `socialId`, `imei` and others that are no contacts", "engagementAttributes.ctmrinfo.info.socialId"},
	{"`personal`: names, age, gender, company, language", "engagementAttributes.personal.personal.firstname"},
	{"`personal.contacts`: `email`", "engagementAttributes.personal.personal.contacts.0.email"},
	{"`personal.contacts`: `phone`", "engagementAttributes.personal.personal.contacts.0.phone"},
	{"`personal.contacts`: `address`", "engagementAttributes.personal.personal.contacts.0.address.country"},
	{"user information of URLs", "url.user"},
	{"path of URLs", "url.path"},
	{"parameters of URLs that are allowed (`utm_source`)", "url.allowed"},
	{"other parameters of URLs", "url.other"},
	{"fragment of URLs (its parameters are treated like those of the query)", "url.fragment"},
	{"contact in a parameter of a URL", "entryPoints.1"},
	{"order, lead and product numbers (`orderId`, `sku`)", "engagementAttributes.purchase.orderId"},
	{"amounts and quantities", "engagementAttributes.purchase.total"},
	{"contact in a product's name", "engagementAttributes.purchase.cart.products.0.product.name"},
	{"contact in free text (`topic`, `message`)", "engagementAttributes.lead.lead.topic"},
	{"contact as a search keyword", "engagementAttributes.searchInfo.keywords.1"},
	{"contact in a member that LivePerson does not know", "note"},
	{"`pageId`", "pageId"},
}

var columns = []struct{ name, settings string }{
	{"no settings", ""},
	{"`sub: hash`", "sub: hash, salt: s"},
	{"`customer_id: hash`", "customer_id: hash, salt: s"},
	{"`customer_id: drop`", "customer_id: drop"},
	{"`contacts: strip`", "contacts: strip"},
	{"`contacts: hash`", "contacts: hash"},
	{"`url_query: drop`", "url_query: drop"},
	{"`url_query: allow_list`", "url_query: allow_list, url_query_allow: [utm_source]"},
}

// at returns the value at a path of a report, or nil if there is none.
func at(report any, path string) any {
	name, rest, more := strings.Cut(path, ".")
	var found any
	switch v := report.(type) {
	case map[string]any:
		found = v[name]
	case []any:
		if i, err := strconv.Atoi(name); err == nil && i < len(v) {
			found = v[i]
		} else {
			for _, item := range v {
				if attribute, _ := item.(map[string]any); attribute["type"] == name {
					found = attribute
				}
			}
		}
	}
	if more {
		return at(found, rest)
	}
	return found
}

func pseudonym(id string) string {
	mac := hmac.New(sha256.New, []byte("s"))
	mac.Write([]byte(id))
	return hex.EncodeToString(mac.Sum(nil))
}

// cell returns the table's word for the change of a value.
func cell(before, after map[string]any, path string) string {
	if part, isURL := strings.CutPrefix(path, "url."); isURL {
		text, _ := at(after, "entryPoints.0").(string)
		if strings.Contains(text, map[string]string{"user": "secret", "path": "/p/1", "allowed": "utm_source=mail", "other": "red+shoes", "fragment": "#reviews"}[part]) {
			return "leaves"
		}
		return "gone"
	}
	was, is := at(before, path), at(after, path)
	text, _ := is.(string)
	wasText, _ := was.(string)
	switch {
	case assert.ObjectsAreEqual(was, is):
		return "leaves"
	case is == nil:
		return "gone"
	case text == pseudonym("jane-1"):
		return "pseudonym"
	case len(text) == 64:
		return "hash"
	case !strings.Contains(text, "jane") && !strings.Contains(text, "788"):
		for _, word := range strings.Fields(text) {
			if len(word) >= 64 {
				return "contact hashed"
			}
		}
		if strings.HasSuffix(wasText, "jane%40example.com") && !strings.Contains(text, "email=") {
			return "gone"
		}
		return "contact gone"
	}
	return "?"
}

// The table "What still leaves" in the guide matches the processor.
func TestWhatStillLeaves(t *testing.T) {
	t.Parallel()
	var before map[string]any
	require.NoError(t, json.Unmarshal([]byte(whole), &before))
	table := make([][]string, len(rows)+2)
	table[0], table[1] = []string{"part of a report"}, []string{"---"}
	for _, column := range columns {
		after := content(t, driveReports(t, column.settings, whole)[0])
		table[0], table[1] = append(table[0], column.name), append(table[1], "---")
		for i, row := range rows {
			table[i+2] = append(table[i+2], cell(before, after, row.path))
		}
	}
	var b strings.Builder
	for i, line := range table {
		if i >= 2 {
			line = append([]string{rows[i-2].name}, line...)
		}
		b.WriteString("| " + strings.Join(line, " | ") + " |\n")
	}
	assert.NotContains(t, b.String(), "?")

	doctest.Section(t, guide, "what still leaves", "go test ./plugin/privacy -run StillLeaves -update", b.String())
}

func TestCustomerIDs(t *testing.T) {
	t.Parallel()
	const report = `{"consumerId":"jane-1","engagementAttributes":[{"type":"CTMRINFO","info":{"CustomerID":"jane-1","ctype":"vip"}},{"type":"ctmrinfo","info":{"customerId":"jane@example.com"}},{"type":"lead","lead":{"customerId":"L-1"}}]}`
	tests := []struct{ settings, want string }{
		{"customer_id: keep", report},
		{"customer_id: Drop", `{"consumerId":"jane-1","engagementAttributes":[{"type":"CTMRINFO","info":{"ctype":"vip"}},{"type":"lead","lead":{"customerId":"L-1"}}]}`},
		{"customer_id: hash, salt: s, sub: hash, contacts: strip", `{"consumerId":"` + pseudonym("jane-1") + `","engagementAttributes":[{"type":"CTMRINFO","info":{"CustomerID":"` + pseudonym("jane-1") + `","ctype":"vip"}},{"type":"ctmrinfo","info":{"customerId":"` + pseudonym("jane@example.com") + `"}},{"type":"lead","lead":{"customerId":"L-1"}}]}`},
	}
	for _, test := range tests {
		text, err := driveReports(t, test.settings, report)[0].AsBytes()
		require.NoError(t, err)
		assert.JSONEq(t, test.want, string(text), test.settings)
	}
	out := driveReports(t, "customer_id: hash, salt: s", `{"consumerId":"a","engagementAttributes":[{"type":"ctmrinfo","info":{"customerId":4711}}]}`)
	require.ErrorContains(t, out[0].GetError(), "engagementAttributes[0].info.customerId: expected text")
	assert.NotContains(t, out[0].GetError().Error(), "4711")
}

func TestURLs(t *testing.T) {
	t.Parallel()
	tests := []struct{ url, drop, allow string }{
		{"https://a.example/p?x=1&utm_source=m", "https://a.example/p", "https://a.example/p?utm_source=m"},
		{"https://a.example/p?email=j", "https://a.example/p", "https://a.example/p"},
		{"https://a.example/p?", "https://a.example/p", "https://a.example/p"},
		{"https://a.example/p#top", "https://a.example/p", "https://a.example/p#top"},
		{"https://a.example/#token=1&utm_source=m", "https://a.example/", "https://a.example/#utm_source=m"},
		{"https://a.example/#/cart?x=1&utm_source=m", "https://a.example/", "https://a.example/#/cart?utm_source=m"},
		{"https://a.example/#/cart;x=1?y=2", "https://a.example/", "https://a.example/#/cart"},
		{"https://a.example/p;jsessionid=1?x=2", "https://a.example/p", "https://a.example/p"},
		{"https://a.example/p;x=1;utm_source=m/q", "https://a.example/p/q", "https://a.example/p;utm_source=m/q"},
		{"https://a.example/?x=1;utm_source=m;y", "https://a.example/", "https://a.example/?utm_source=m"},
		{"https://a.example/?x=1&amp;email=j&amp;utm_source=m", "https://a.example/", "https://a.example/?utm_source=m"},
		{"https://a.example/?utm%5Fsource=m&UTM_SOURCE=n&utm_source", "https://a.example/", "https://a.example/?utm%5Fsource=m&utm_source"},
		{"https://a.example/?%zz=1", "https://a.example/", "https://a.example/"},
		{"https://a.example/?q=red shoes&email=j", "https://a.example/", "https://a.example/"},
		{"https://j:s@a.example/p", "https://a.example/p", "https://a.example/p"},
		{"https://j%40b:s@a.example:8080/p@q", "https://a.example:8080/p@q", "https://a.example:8080/p@q"},
		{"//j:s@a.example/p", "//a.example/p", "//a.example/p"},
		{"HTTPS://j@t@a.example", "HTTPS://a.example", "HTTPS://a.example"},
		{"a.example/p?x=1", "a.example/p", "a.example/p"},
		{"/p?x=1#y", "/p", "/p#y"},
		{"?x=1", "", ""},
		{"app://cart?x=1", "app://cart", "app://cart"},
		{"sec://Sport", "sec://Sport", "sec://Sport"},
		{"lang://English", "lang://English", "lang://English"},
		{"tel://972737004000", "tel://972737004000", "tel://972737004000"},
	}
	for i, settings := range []string{"url_query: drop", "url_query: allow_list, url_query_allow: [utm_source]"} {
		var reports []any
		for _, test := range tests {
			reports = append(reports, map[string]any{"entryPoints": []any{test.url}, "engagementAttributes": []any{map[string]any{"type": "lead", "x": map[string]any{"pageUrl": test.url}}}})
		}
		for j, msg := range driveReports(t, settings, reports...) {
			want := []string{tests[j].drop, tests[j].allow}[i]
			assert.Equal(t, want, at(content(t, msg), "entryPoints.0"), "%s: %s", settings, tests[j].url)
			assert.Equal(t, want, at(content(t, msg), "engagementAttributes.lead.x.pageUrl"), "%s: %s", settings, tests[j].url)
		}
	}
}

func TestURLsInOtherTexts(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"see https://a.example/p?x=1 and www.b.example?y=2 , done": "see https://a.example/p and www.b.example , done",
		"https://a.example/p?x=1":                                  "https://a.example/p",
		"/account?email=j":                                         "/account",
		"a.example/p?x=1\n/p#token=1":                              "a.example/p\n/p",
		"size 42; red? yes #1":                                     "size 42; red? yes #1",
		"red? yes=no":                                              "red? yes=no",
		"seen referrer=https%3A%2F%2Fa.example%2F%3Fx%3D1 at last": "seen referrer=https%3A%2F%2Fa.example%2F at last",
		"see https://a.example/%3Fx=1 and https://b.example/&x=1":  "see https://a.example/ and https://b.example/",
		"see https%253A%252F%252Fa.example%252F%253Fx%253D1":       "see https%253A%252F%252Fa.example%252F",
		"what%3F 100% & more=less":                                 "what%3F 100% & more=less",
		"log in at ftp://j:s@a.example/":                           "log in at ftp://a.example/",
	} {
		out := driveReports(t, "url_query: drop", map[string]any{"engagementAttributes": []any{map[string]any{"type": "error", "error": map[string]any{"message": text}}}})
		assert.Equal(t, want, at(content(t, out[0]), "engagementAttributes.error.error.message"), text)
	}
}

func TestDoubleHashingIsRefused(t *testing.T) {
	t.Parallel()
	const hash = "sub: hash, salt: s"
	once := func(settings string) *service.Message { return driveReports(t, settings, whole)[0] }
	bare := func(settings string) string { // without metadata, as after a branch or in a dead letter
		text, err := once(settings).AsBytes()
		require.NoError(t, err)
		return string(text)
	}
	tests := []struct{ name, first, second, setting string }{
		{"the same twice", hash, hash, "sub"},
		{"another salt", hash, "sub: hash, salt: t", "sub"},
		{"customer ids", "customer_id: hash, salt: s", "customer_id: hash, salt: s", "customer_id"},
		{"contacts", "contacts: hash", "contacts: hash", "contacts"},
		{"one of several", "sub: hash, customer_id: hash, salt: s, contacts: hash", "contacts: hash", "contacts"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			out := drive(t, service.MessageBatch{service.NewMessage([]byte(whole))}, "liveperson_privacy: {"+test.first+"}", "liveperson_privacy: {"+test.second+"}")
			require.ErrorContains(t, out[0].GetError(), "privacy: "+test.setting+": an earlier liveperson_privacy has hashed this report already")
			assert.NotContains(t, out[0].GetError().Error(), "jane")

			out = driveReports(t, test.second, bare(test.first))
			require.ErrorContains(t, out[0].GetError(), "is a hash already (64 hexadecimal digits): set "+test.setting+": keep")
			for _, id := range []string{pseudonym("jane-1"), "jane"} {
				assert.NotContains(t, out[0].GetError().Error(), id)
			}
		})
	}
	// A second processor may hash other values, or none.
	for _, second := range []string{"customer_id: hash, salt: s", "contacts: hash", "contacts: strip", "url_query: drop"} {
		out := drive(t, service.MessageBatch{service.NewMessage([]byte(whole))}, "liveperson_privacy: {"+hash+"}", "liveperson_privacy: {"+second+"}")
		require.NoError(t, out[0].GetError(), second)
	}
	for name, report := range map[string]string{
		"consumerId: ":        `{"consumerId":"` + strings.ToUpper(pseudonym("a")) + `","engagementAttributes":[]}`,
		"identities[1].sub: ": `{"identities":[{"sub":"a"},{"sub":"` + pseudonym("a") + `"}],"engagementAttributes":[]}`,
		"identities[0].SUB: ": `{"identities":[{"SUB":"` + pseudonym("a") + `"}],"engagementAttributes":[]}`,
	} {
		require.ErrorContains(t, driveReports(t, hash, report)[0].GetError(), name+"is a hash already")
		require.NoError(t, driveReports(t, "contacts: strip", report)[0].GetError(), "nothing hashes it")
	}
}

func TestStripLeavesSomebody(t *testing.T) {
	t.Parallel()
	const email = `"jane@example.com"`
	out := driveReports(t, "contacts: strip", `{"consumerId":`+email+`,"identities":[{"iss":"shop","sub":`+email+`},{"iss":"shop","sub":"a-1"}],"engagementAttributes":[]}`)
	assert.Equal(t, map[string]any{"identities": []any{map[string]any{"iss": "shop", "sub": "a-1"}}, "engagementAttributes": []any{}}, content(t, out[0]))

	for _, report := range []string{`{"consumerId":` + email + `,"engagementAttributes":[]}`, `{"consumerId":"user:jane@example.com","engagementAttributes":[]}`, `{"identities":[{"sub":` + email + `}],"engagementAttributes":[]}`} {
		err := driveReports(t, "contacts: strip", report)[0].GetError()
		require.ErrorContains(t, err, "contacts: strip removes all ids of the report")
		require.ErrorContains(t, err, "set sub: hash")
		assert.NotContains(t, err.Error(), "jane")
		require.NoError(t, driveReports(t, "contacts: strip, sub: hash, salt: s", report)[0].GetError())
	}
	msg := service.NewMessage([]byte(`{"consumerId":` + email + `,"engagementAttributes":[]}`))
	msg.MetaSet("liveperson_visitor_id", "v-1")
	out = drive(t, service.MessageBatch{msg}, "liveperson_privacy: {contacts: strip}")
	assert.Equal(t, map[string]any{"engagementAttributes": []any{}}, content(t, out[0]))
	assert.Equal(t, map[string]any{"engagementAttributes": []any{}}, content(t, driveReports(t, "contacts: strip", `{"engagementAttributes":[]}`)[0]), "it had nobody before")
}
