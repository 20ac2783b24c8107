package privacy_test

import (
	"fmt"
	"math/rand/v2"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The hashes of jane.roe@example.com and +493012345678, made with sha256sum.
const (
	hashOfAddress = "22fff12b355cb9cb6303835fe8227cbb155ee22d300caccba72b326d1a6fb98a"
	hashOfNumber  = "b947f8ad7dc00f0f4ba3da5a5fbdf3959603e725e50858e8383eb4fd109fc591"
)

var addresses = []string{
	"jane.roe@example.com", "JANE.ROE@EXAMPLE.COM", "  jane.roe@example.com ", "Jane Roe <jane.roe@example.com>", "mailto:jane.roe@example.com", "MailTo:jane.roe@example.com",
	"<jane.roe@example.com>", `"Roe, Jane" <jane.roe@example.com>`, "sip:jane.roe@example.com", "xmpp:jane.roe@example.com",
	"jane.roe%40example.com", "jane.roe%2540example.com", "jane.roe%252540example.com", "jane%2Eroe%40example%2Ecom", "jane.roe%EF%BC%A0example.com", "jane.roe%u0040example.com",
	`jane.roe\u0040example.com`, `jane.roe\x40example.com`, "jane.roe&#64;example.com", "jane.roe&#064;example.com", "jane.roe&#x40;example.com", "jane.roe&#64example.com", "jane.roe&commat;example&period;com", "jane.roe&amp;commat;example.com",
	"jane.roe＠example.com", "ｊａｎｅ．ｒｏｅ＠ｅｘａｍｐｌｅ．ｃｏｍ", "jane.roe﹫example.com", "jane.roe@example。com", "𝗷𝗮𝗻𝗲.𝗿𝗼𝗲@example.com",
	"\u200bjane.roe@example.com", "jane.roe\u200b@example.com", "jane\u00ad.roe@exam\u00adple.com", "jane.roe@\u2060example.com", "jane.roe@example.com\ufeff",
	"jane.roe @ example.com", "jane.roe@ example.com", "jane.roe[at]example.com", "jane.roe (at) example.com", "jane.roe{AT}example{DOT}com", "jane.roe [at] example [dot] com", "jane.roe@example[.]com",
	"'jane.roe@example.com'", `"jane.roe"@example.com`, "(jane.roe@example.com)", "jane.roe@example.com.", "jane.roe(x)@example.com",
	"please write to jane.roe@example.com today", "https://shop.example.org/?email=jane.roe@example.com&x=1", "https://shop.example.org/?email=jane.roe%40example.com", "https://shop.example.org/u/jane.roe%40example.com/#a",
	"https://shop.example.org/#email=jane.roe%40example.com", `{"email":"jane.roe@example.com"}`, "user=jane.roe@example.com;x=1",
	"jane.roe+%40+example.com", "jane.roe%40+example.com", "jane.roe@\nexample.com", "jane.roe\r\n@example.com", "jane.roe@\r\n example.com", "write to jane.roe@%0Aexample.com today",
}

var numbers = []string{
	"+493012345678", "+49 30 12345678", "+49 (30) 1234-5678", "(+49) 30 12345678", "+49 (0) 30 12345678", "+49(0)30/12345678", "+49-30-1234-5678", "+49.30.12345678", "+49/30/12345678", "+49_30_12345678", "+49·30·12345678",
	"0049 30 12345678", "0049-3012345678", "(0049) 30 12345678",
	"+49\u00a030\u202f1234\u20115678", "+49\u300030\u300012345678", "+49–30—12345678", "+49\u200b30\u200b12345678", "\u2060+493012345678", "+49\u00ad3012345678", "+49\t30\t12345678",
	"＋493012345678", "＋４９３０１２３４５６７８", "﹢493012345678", "+٤٩٣٠١٢٣٤٥٦٧٨", "+۴۹۳۰۱۲۳۴۵۶۷۸", "+४९३०१२३४५६७८", "+𝟒𝟗𝟑𝟎𝟏𝟐𝟑𝟒𝟓𝟔𝟕𝟖",
	"tel:+493012345678", "TEL:+493012345678", "Tel: +49 30 12345678", "tel://493012345678", "tel:493012345678", "sms:+493012345678", "callto:+493012345678", "whatsapp:+493012345678", "tel:+49-30-12345678;ext=5",
	"+493012345678x123", "+49 30 12345678 ext. 5", "+49 30 12345678 ext 5", "+49 30 12345678, extension 42", "+49 30 12345678 #5",
	"%2B493012345678", "%2B49%2030%2012345678", "%252B493012345678", "phone=+49+30+12345678", "&#43;493012345678", "&plus;49&nbsp;30&nbsp;12345678", `\u002b493012345678`,
	"please call +49 30 12345678 today", "https://shop.example.org/?p=%2B493012345678&x=1", "https://shop.example.org/call/+493012345678",
}

// ownNumbers are phone numbers without a country. They count everywhere except in members
// for numbers of things.
var ownNumbers = []string{
	"00493012345678", "0170 1234567", "030/12345678", "(030) 1234 5678", "01 23 45 67 89", "(212) 788-8877", "212-788-8877", "1-212-788-8877", "phone 2127888877", "my number: call me at 2127888877",
	"(212)7888877", "(212) 7888877", "1(212)7888877", "8 (495) 788-88-77", "8(495)7888877", "8-495-788-88-77", "(495) 788-88-77", "ring (11) 98765-4321 today",
}

// assertNothingOf checks that no part of a contact is left after strip, neither as written
// nor as bare letters and digits.
func assertNothingOf(t *testing.T, report map[string]any, form, where string) {
	t.Helper()
	all := strings.Join(texts(report), "\n")
	for _, part := range []string{strings.TrimSpace(form), "jane", "Jane.", "JANE", "roe@", "example.com", "12345678", "7888877", "1234567"} {
		if strings.Contains(all, part) {
			assert.Fail(t, "leaves", "%q of %s", part, where)
		}
	}
}

func isNumberOfThing(where string) bool {
	return slices.ContainsFunc([]string{".sku", ".orderId", ".leadId", ".serviceId", ".cartId", ".pageId", ".campaignId", ".engId", ".contextId", ".storeNumber", ".storeZipCode", ".code"},
		func(end string) bool { return strings.HasSuffix(where, end) })
}

// The test puts every form into every text member of LivePerson's schemas.
func TestNoFormOfAContactLeaves(t *testing.T) {
	t.Parallel()
	all := places(t)
	require.Greater(t, len(all), 80)
	for _, form := range slices.Concat(addresses, numbers, ownNumbers) {
		var reports []any
		var where []string
		for _, place := range all {
			if slices.Contains(ownNumbers, form) && isNumberOfThing(place.name) {
				continue
			}
			reports, where = append(reports, place.with(form)), append(where, place.name)
		}
		for i, msg := range driveReports(t, "contacts: strip", reports...) {
			assertNothingOf(t, content(t, msg), form, form+" in "+where[i])
		}
	}
}

func TestNamesOfMembersThatAreContacts(t *testing.T) {
	t.Parallel()
	const report = `{"consumerId":"c-1","engagementAttributes":[{"type":"lead","x":{"jane.roe@example.com":1,"+49 30 12345678":{"a":2},"b":3}}]}`
	out := driveReports(t, "contacts: strip", report)
	assert.Equal(t, map[string]any{"b": 3.0}, content(t, out[0])["engagementAttributes"].([]any)[0].(map[string]any)["x"])
	out = driveReports(t, "contacts: hash", report)
	assert.Equal(t, map[string]any{hashOfAddress: 1.0, hashOfNumber: map[string]any{"a": 2.0}, "b": 3.0}, content(t, out[0])["engagementAttributes"].([]any)[0].(map[string]any)["x"])
}

// When a contact is removed, the text before and behind it may form another one.
func TestContactsAroundContacts(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"+49 30 jane.roe@example.com 12345678", "0170 jane.roe@example.com 1234567"} {
		out := driveReports(t, "contacts: strip", map[string]any{"consumerId": "c-1", "engagementAttributes": []any{}, "note": text})
		note, _ := content(t, out[0])["note"].(string)
		again := driveReports(t, "contacts: strip", content(t, out[0]))
		left, _ := content(t, again[0])["note"].(string)
		assert.Equal(t, note, left, text)
		assert.NotContains(t, note, "12345678")
		assert.NotContains(t, note, "0170 1234567")
	}
}

// In a member for phone numbers, a JSON number counts too.
func TestPhoneNumbersThatAreNumbers(t *testing.T) {
	t.Parallel()
	for number, want := range map[string]bool{"493012345678": true, "4930123456780e-1": true, "4.93012345678E11": true, "-493012345678": true, "734954011965.4": false, "12": false, "1e300": false} {
		out := driveReports(t, "contacts: strip", `{"consumerId":"c-1","engagementAttributes":[],"user":{"mobile_phone":`+number+`,"order":493012345678}}`)
		user := content(t, out[0])["user"].(map[string]any)
		assert.Equal(t, want, user["mobile_phone"] == nil, number)
		assert.Equal(t, 493012345678.0, user["order"])
	}
}

// All forms of one contact have the same hash.
func TestOneHashForAllForms(t *testing.T) {
	t.Parallel()
	for hash, forms := range map[string][]string{hashOfAddress: addresses, hashOfNumber: numbers} {
		var reports []any
		for _, form := range forms {
			reports = append(reports, map[string]any{"consumerId": "c-1", "engagementAttributes": []any{map[string]any{"type": "lead", "lead": map[string]any{"topic": form}}}})
			reports = append(reports, map[string]any{"consumerId": "c-1", "engagementAttributes": []any{map[string]any{"type": "personal", "personal": map[string]any{
				"contacts": []any{map[string]any{map[bool]string{true: "email", false: "phone"}[hash == hashOfAddress]: form}}}}}})
		}
		for i, msg := range driveReports(t, "contacts: hash", reports...) {
			assert.Contains(t, strings.Join(texts(content(t, msg)), "\n"), hash, forms[i/2])
			assertNothingOf(t, content(t, msg), forms[i/2], forms[i/2])
		}
	}
}

// Texts without a contact stay unchanged with every setting.
func TestWhatIsNoContactStays(t *testing.T) {
	t.Parallel()
	negatives := []string{
		"@jane", "follow @jane_roe", "two items @ 3.99", "5 @ 12.50 EUR", "https://social.example.net/@jane.d/post/1", "https://maps.example.net/@52.52,13.40,17z", "logo@2x.png", "react@18.2.0", "user[0]", "100% wool & 50% off",
		"2103807459595387724", "541312140", "44600062", "12127888877", "01701234567", "123456789012345678901234567890", "DRV1534XC", "138766AC", "order 1001234567", "A-2024-000123", "INV-0012345678",
		"4006381333931", "00012345678905", "036000291452", "978-3-16-148410-0", "0-306-40615-2", "00340434161094015902", "0000012345", "3543546543545688", "35-209900-176148-1", "11256324780",
		"1,234,567.89", "1.234.567,89", "12 345 678,90", "-400.99", "+12.5 %", "+1.50", "USD 1234567",
		"2024-05-01", "2024-05-01T10:00:00+02:00", "2019-10-01 00:00:00 UTC", "01.02.2024", "01.02.2024 10:30", "01/02/2024 10", "05.10.24 12.30", "05.10.24 - 12.10.24", "1714550400", "1714550400123", "20240501T100000Z", "UTC+05:30", "GMT+0100",
		"550e8400-e29b-41d4-a716-446655440000", "01234567-0123-4123-8123-012345678901", "d41d8cd98f00b204e9800998ecf8427e", "192.168.100.200", "10.0.0.1", "2001:db8::1", "10.0.19045.3803", "v2.0.1+build.5",
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/120.0.6099.110", "RF18 5390 0754 7034", "DE89 3704 0044 0532 0130 00", "4111 1111 1111 1111", "GA1.2.1234567890.1700000000", "fb.1.1596403881668.1116446470",
		"iPhone 15 Pro Max 256GB", "PHONE-12345678", "1920x1080", "https://shop.example.net/p/44600062?color=1&size=42#reviews", "a%%%", "%zz", "a&#;", "(at)",
	}
	require.GreaterOrEqual(t, len(negatives), 60)
	for _, settings := range []string{"contacts: strip", "contacts: hash"} {
		var reports []any
		for _, text := range negatives {
			reports = append(reports, map[string]any{
				"consumerId": text, "identities": []any{map[string]any{"iss": text, "sub": text}}, "entryPoints": []any{text}, "pageId": text, "note": text,
				"engagementAttributes": []any{
					map[string]any{"type": "ctmrinfo", "info": map[string]any{"customerId": text, "userName": text, "accountName": text, "socialId": text, "imei": text}},
					map[string]any{"type": "purchase", "orderId": text}, map[string]any{"type": "searchInfo", "keywords": []any{text}},
					map[string]any{"type": "lead", "lead": map[string]any{"topic": text, "leadId": text}},
				},
			})
		}
		for i, msg := range driveReports(t, settings, reports...) {
			assert.Equal(t, reports[i], any(content(t, msg)), negatives[i])
		}
	}
}

// disguises write a contact in another way.
var disguises = []func(*rand.Rand, string) string{
	func(_ *rand.Rand, s string) string { return s },
	func(_ *rand.Rand, s string) string { return strings.ToUpper(s) },
	func(_ *rand.Rand, s string) string { return url.QueryEscape(s) },
	func(_ *rand.Rand, s string) string { return url.QueryEscape(url.QueryEscape(s)) },
	func(_ *rand.Rand, s string) string {
		return "https://shop.example.net/?x=1&c=" + url.QueryEscape(s) + "&y=2"
	},
	func(_ *rand.Rand, s string) string { return "https://shop.example.net/u/" + url.PathEscape(s) },
	func(_ *rand.Rand, s string) string { return "about " + s + " and more" },
	func(_ *rand.Rand, s string) string { return "Jane <" + s + ">" },
	func(_ *rand.Rand, s string) string {
		return strings.Map(func(r rune) rune {
			if r > ' ' && r <= '~' {
				return r + 0xfee0
			}
			return r
		}, s)
	},
	func(random *rand.Rand, s string) string {
		runes := []rune(s)
		at := random.IntN(len(runes))
		return string(runes[:at]) + string([]rune("\u200b\u00ad\u2060\u200d\ufeff")[random.IntN(5)]) + string(runes[at:])
	},
	func(_ *rand.Rand, s string) string {
		return strings.NewReplacer("@", "&#64;", "+", "&#x2b;").Replace(s)
	},
	func(_ *rand.Rand, s string) string {
		return strings.NewReplacer("@", `\u0040`, "+", `\u002b`).Replace(s)
	},
}

// Random contacts, in random forms and random members, don't leave.
func TestGeneratedContactsDoNotLeave(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(13, 5))
	all := places(t)
	var reports []any
	var secrets, notes []string
	for range 3000 {
		secret := fmt.Sprintf("%07d", 1000000+random.IntN(9000000))
		var contact string
		if random.IntN(2) == 0 {
			contact = []string{"q" + secret, "j.q" + secret, "q" + secret + "+shop"}[random.IntN(3)] + "@" + []string{"example.com", "mail.example.co.uk", "bücher.example"}[random.IntN(3)]
		} else {
			separator := []string{"", " ", "-", ".", "/", "\u00a0"}[random.IntN(6)]
			contact = []string{"+49", "+1", "+420", "+353"}[random.IntN(4)] + separator + "20" + separator + "1" + secret
		}
		form := contact
		for range 1 + random.IntN(2) {
			form = disguises[random.IntN(len(disguises))](random, form)
		}
		place := all[random.IntN(len(all))]
		reports = append(reports, place.with(form))
		secrets, notes = append(secrets, secret), append(notes, fmt.Sprintf("%q in %s", form, place.name))
	}
	for i, msg := range driveReports(t, "contacts: strip", reports...) {
		for _, text := range texts(content(t, msg)) {
			assert.NotContains(t, text, secrets[i], notes[i])
		}
	}
}

// The digits at the start of a hash don't count as a phone number, even after a word such as
// "phone".
func TestAHashInATextIsNotHashedAgain(t *testing.T) {
	t.Parallel()
	var reports []any
	for i := range 300 {
		topic := fmt.Sprintf("please call +49 170 %07d or phone 0170 %07d now", i*7919, i*6007)
		reports = append(reports, map[string]any{"consumerId": "c-1", "engagementAttributes": []any{map[string]any{"type": "lead", "lead": map[string]any{"topic": topic}}}})
	}
	for _, msg := range driveReports(t, "contacts: hash", reports...) {
		all := strings.Join(texts(content(t, msg)), "\n")
		assert.Regexp(t, `please call [0-9a-f]{64} or phone [0-9a-f]{64} now`, all)
	}
}
