package contact

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The two contacts of the tables, in their normal forms.
const (
	jane   = "jane.roe@example.com"
	number = "+493012345678"
)

func TestWaysToWriteAnAddress(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"plain":                   "jane.roe@example.com",
		"in capitals":             "JANE.ROE@EXAMPLE.COM",
		"blanks around":           " \tjane.roe@example.com\n",
		"with a name":             "Jane Roe <jane.roe@example.com>",
		"mailto":                  "mailto:jane.roe@example.com",
		"MAILTO with a subject":   "MAILTO:jane.roe@example.com?subject=Hi",
		"sip":                     "sip:jane.roe@example.com",
		"in a sentence":           "write to jane.roe@example.com, please",
		"end of a sentence":       "I am jane.roe@example.com.",
		"percent":                 "jane.roe%40example.com",
		"double percent":          "jane.roe%2540example.com",
		"five times percent":      "jane.roe%2525252540example.com",
		"all letters percent":     "%6a%61%6E%65%2eroe%40example%2Ecom",
		"percent of full width":   "jane.roe%EF%BC%A0example.com",
		"old percent":             "jane.roe%u0040example.com",
		"JSON escape":             `jane.roe\u0040example.com`,
		"JavaScript escape":       `jane.roe\x40example.com`,
		"HTML decimal":            "jane.roe&#64;example.com",
		"HTML decimal, padded":    "jane.roe&#0064;example.com",
		"HTML without semicolon":  "jane.roe&#64example.com",
		"HTML hexadecimal":        "jane.roe&#x40;example.com",
		"HTML name":               "jane.roe&commat;example&period;com",
		"HTML name in capitals":   "JANE.ROE&COMMAT;EXAMPLE.COM",
		"JSON escape in capitals": `JANE.ROE\U0040EXAMPLE.COM`,
		"HTML of HTML":            "jane.roe&amp;#64;example.com",
		"HTML, percent":           "jane.roe%26%2364%3Bexample.com",
		"full width sign":         "jane.roe＠example.com",
		"full width":              "ｊａｎｅ．ｒｏｅ＠ｅｘａｍｐｌｅ．ｃｏｍ",
		"small sign":              "jane.roe﹫example.com",
		"mathematical letters":    "𝐣𝐚𝐧𝐞.𝐫𝐨𝐞@example.com",
		"ideographic stop":        "jane.roe@example。com",
		"zero-width space":        "jane.\u200broe@exam\u200bple.com",
		"soft hyphen":             "jane.roe@exam\u00adple.com",
		"word joiner at the sign": "jane.roe\u2060@\ufeffexample.com",
		"NUL":                     "jane.roe@exa\x00mple.com",
		"variation selector":      "jane.roe\ufe0f@example.com",
		"brackets":                "jane.roe[at]example.com",
		"brackets and dots":       "jane (dot) roe (AT) example [dot] com",
		"defanged":                "jane.roe@example[.]com",
		"blanks at the sign":      "jane.roe @ example.com",
		"quoted name":             `"jane.roe"@example.com`,
		"quotation marks":         `'jane.roe@example.com'`,
		"a comment":               "jane.roe(home)@example.com",
		"query":                   "https://shop.example.org/?email=jane.roe@example.com&x=1",
		"query, percent":          "https://shop.example.org/?email=jane.roe%40example.com&x=1",
		"fragment":                "https://shop.example.org/#/u/jane.roe@example.com",
		"path":                    "https://shop.example.org/u/jane.roe@example.com/orders",
		"user information":        "https://jane.roe@example.com/",
		"JSON in text":            `{"email":"jane.roe@example.com"}`,
		"a number behind":         "jane.roe@example.com2024",
		"another script behind":   "jane.roe@example.com请",
		"two signs":               "jane.roe@@example.com",
		"plus for blanks":         "jane.roe+%40+example.com",
		"plus for a blank":        "jane.roe%40+example.com",
		"plus in a query":         "to=jane.roe+@+example.com&x=1",
		"a line break behind":     "jane.roe@\nexample.com",
		"a line break before":     "jane.roe\n@example.com",
		"CR LF":                   "jane.roe@\r\nexample.com",
		"a folded line":           "jane.roe@\r\n example.com",
		"line break, percent":     "jane.roe%40%0D%0Aexample.com",
		"line break, JSON":        `jane.roe@\u000aexample.com`,
		"line separator":          "jane.roe@\u2028example.com",
		"a line break, brackets":  "jane.roe[at]\nexample.com",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, mode := range []Mode{Text, ID, Contact} {
				found := Find(text, mode)
				require.Len(t, found, 1, mode)
				assert.Equal(t, Email, found[0].Kind)
				assert.Equal(t, jane, found[0].Normal)
			}
		})
	}
}

func TestOtherAddresses(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"jane@exämple.de":                "jane@xn--exmple-cua.de",
		"jane@EXÄMPLE.DE":                "jane@xn--exmple-cua.de",
		"jane@exa\u0308mple.de":          "jane@xn--exmple-cua.de",
		"jane@xn--exmple-cua.de":         "jane@xn--exmple-cua.de",
		"jäne@example.com":               "jäne@example.com",
		"ja\u0308ne@example.com":         "jäne@example.com",
		"почта@пример.рф":                "почта@xn--e1afmkfd.xn--p1ai",
		`"jane roe"@example.com`:         "jane roe@example.com",
		"o'neil+shop@mail.example.co.uk": "o'neil+shop@mail.example.co.uk",
		"jane@10.0.0.1":                  "jane@10.0.0.1",
		"jane@[192.168.0.1]":             "jane@[192.168.0.1]",
		"jane@[IPv6:2001:db8::1]":        "jane@[ipv6:2001:db8::1]",
		"123456@163.com":                 "123456@163.com",
		"jane@intranet":                  "jane@intranet",
		"j\xe4ne@example.com":            "j\ufffdne@example.com",
	} {
		found := Find(text, Text)
		if assert.Len(t, found, 1, text) {
			assert.Equal(t, want, found[0].Normal, text)
			assert.Equal(t, text, text[found[0].Start:found[0].End], "all of it")
		}
	}
	assert.Len(t, Find("jane@example.com;joe@example.com, <ann@example.com>", Text), 3)
}

func TestWaysToWriteANumber(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"plain":               "+493012345678",
		"blanks":              "+49 30 1234 5678",
		"brackets":            "+49 (30) 1234-5678",
		"country in brackets": "(+49) 30 12345678",
		"trunk zero":          "+49 (0) 30 / 1234 5678",
		"trunk zero, close":   "+49(0)3012345678",
		"00":                  "0049 30 12345678",
		"00 in brackets":      "(0049) 30-12345678",
		"dots":                "+49.30.1234.5678",
		"slash":               "+49/30/12345678",
		"underscores":         "+49_30_12345678",
		"middle dots":         "+49·30·12345678",
		"no-break spaces":     "+49\u00a030\u202f1234\u20075678",
		"ideographic space":   "+49\u300030\u300012345678",
		"no-break hyphens":    "+49\u201130\u201112345678",
		"dashes":              "+49–30—1234−5678",
		"full-width plus":     "＋493012345678",
		"full width":          "＋４９３０１２３４５６７８",
		"small plus":          "﹢493012345678",
		"heavy plus":          "➕493012345678",
		"Arabic-Indic digits": "+٤٩٣٠١٢٣٤٥٦٧٨",
		"Devanagari digits":   "+४९३०१२३४५६७८",
		"mathematical digits": "+𝟒𝟗𝟑𝟎𝟏𝟐𝟑𝟒𝟓𝟔𝟕𝟖",
		"keycaps":             "+4️⃣9️⃣3️⃣0️⃣1️⃣2️⃣3️⃣4️⃣5️⃣6️⃣7️⃣8️⃣",
		"zero-width spaces":   "+49\u200b30\u200b1234\u200b5678",
		"soft hyphens":        "+49\u00ad30\u00ad12345678",
		"tel":                 "tel:+493012345678",
		"TEL":                 "TEL:+49-30-12345678",
		"tel with slashes":    "tel://493012345678",
		"tel without a plus":  "tel:493012345678",
		"callto":              "callto:+493012345678",
		"whatsapp":            "whatsapp:+493012345678",
		"sms":                 "sms:+493012345678",
		"extension x":         "+493012345678x123",
		"extension ext.":      "+49 30 12345678 ext. 5",
		"extension ;ext=":     "tel:+493012345678;ext=5",
		"extension in words":  "+49 30 12345678, extension 42",
		"extension DW":        "+49 30 12345678 DW 12",
		"percent":             "%2B493012345678",
		"percent, blanks":     "%2B49%2030%2012345678",
		"double percent":      "%252B493012345678",
		"plus for blanks":     "phone=%2B49+30+12345678",
		"plus for all":        "phone=+49+30+12345678",
		"HTML":                "&#43;49&nbsp;30&nbsp;12345678",
		"HTML name":           "&plus;493012345678",
		"JSON escape":         `\u002b493012345678`,
		"query":               "https://shop.example.org/?p=%2B493012345678&x=1",
		"path":                "https://shop.example.org/call/+493012345678/now",
		"in a sentence":       "ring +49 30 12345678, please",
		"letters before":      "tel+493012345678",
		"letters behind":      "+493012345678abc",
		"tabs":                "+49\t30\t12345678",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, mode := range []Mode{Text, ID, Contact} {
				if mode == ID && (name == "letters before") {
					continue // in the mode ID, a + within a word is part of the word
				}
				found := Find(text, mode)
				require.Len(t, found, 1, mode)
				assert.Equal(t, Phone, found[0].Kind)
				assert.Equal(t, number, found[0].Normal)
			}
		})
	}
}

// The mode decides which numbers count as phone numbers.
func TestNumbersByMode(t *testing.T) {
	t.Parallel()
	tests := []struct {
		text              string
		inText, id, phone bool
	}{
		{"00493012345678", true, false, true},
		{"0012345678905", true, false, true}, // an EAN, or a number in America
		{"0049-3012345678", true, true, true},
		{"0170 1234567", true, false, true},
		{"(030) 1234 5678", true, false, true},
		{"030/12345678", true, false, true},
		{"01 23 45 67 89", true, false, true},
		{"01.23.45.67.89", true, false, true},
		{"020 7946 0958", true, false, true},
		{"090-1234-5678", true, false, true},
		{"(212) 788-8877", true, false, true},
		{"212-788-8877", true, false, true},
		{"1-212-788-8877", true, false, true},
		{"1 (212) 788 8877", true, false, true},
		{"212.788.8877 ext 12", true, false, true},
		{"(212)7888877", true, false, true},
		{"(212) 7888877", true, false, true},
		{"(212)788-8877", true, false, true},
		{"(212)-788.88.77", true, false, true},
		{"1(212)7888877", true, false, true},
		{"1 (212) 7888877", true, false, true},
		{"%28212%297888877", true, false, true},
		{"（２１２）7888877", true, false, true},
		{"8 (495) 123-45-67", true, false, true},
		{"8(495)123-45-67", true, false, true},
		{"8(495)1234567", true, false, true},
		{"8-495-123-45-67", true, false, true},
		{"8 800 555 35 35", true, false, true},
		{"7 (495) 123 45 67", true, false, true},
		{"8 (4852) 12-34-56", true, false, true},
		{"8 (48535) 2-34-56", true, false, true},
		{"(495) 123-45-67", true, false, true},
		{"ring 8 (495) 123-45-67, please", true, false, true},
		{"(11) 98765-4321", true, false, true},
		{"(21)3456-7890", true, false, true},
		{"phone 2127888877", true, false, true},
		{"my phone number is 2127888877", true, false, true},
		{"call me at 2127888877 today", true, false, true},
		{"Tel.: 01701234567", true, false, true},
		{"phone: 2127888877", true, true, true},
		{"msisdn=491701234567", true, true, true},
		{"https://wa.me/491701234567", true, false, true},
		{"01701234567", false, false, true},
		{"2127888877", false, false, true},
		{"12127888877", false, false, true},
		{"123456", false, false, false},
		{"none", false, false, false},
	}
	for _, test := range tests {
		assert.Equal(t, test.inText, In(test.text, Text), "text: %s", test.text)
		assert.Equal(t, test.id, In(test.text, ID), "id: %s", test.text)
		assert.Equal(t, test.phone, In(test.text, Contact), "contact: %s", test.text)
	}
}

func TestNoContacts(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"", " ", "@", "@@", "@jane", "follow @jane_roe", "jane@", "jane@ ", "@example.com", "a@.", "two items @ 3.99", "5 @ 12.50 EUR",
		"https://social.example.com/@jane.roe/post/1", "https://maps.example.com/@52.52,13.40,17z", "logo@2x.png", "https://cdn.example.com/img/shoe@3x.webp",
		"react@18.2.0", "lib@1.0.0-5", "user[0]", "sum(a)",
		// numbers of things
		"2103807459595387724", "541312140", "44600062", "123456789012345678901234567890", "DRV1534XC", "138766AC", "order 1001234567", "A-2024-000123", "INV-0012345678",
		"4006381333931", "00012345678905", "036000291452", "978-3-16-148410-0", "0-306-40615-2", "00340434161094015902", "0000012345",
		"3543546543545688", "35-209900-176148-1", "11256324780",
		// money
		"1,234,567.89", "1.234.567,89", "12 345 678,90", "-400.99", "+12.5 %", "+1.50", "USD 1234567",
		// times
		"2024-05-01", "2024-05-01T10:00:00+02:00", "2019-10-01 00:00:00 UTC", "2024-05-01 10:00:00.123456 +0000", "01.02.2024", "01.02.2024 10:30", "01/02/2024 10",
		"05.10.24 12.30", "05.10.24 - 12.10.24", "1714550400", "1714550400123", "20240501T100000Z", "UTC+05:30", "GMT+0100", "call on 01.02.2024 10",
		// names of things
		"550e8400-e29b-41d4-a716-446655440000", "01234567-0123-4123-8123-012345678901", "72d76fde-8bb3-4e00-8c23-a032dfed738c", "d41d8cd98f00b204e9800998ecf8427e",
		"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
		"192.168.100.200", "10.0.0.1", "255.255.255.255", "2001:db8::1", "10.0.19045.3803", "1.2.3", "v2.0.1+build.5", "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/120.0.6099.110",
		"RF18 5390 0754 7034", "DE89 3704 0044 0532 0130 00", "GB29 NWBK 6016 1331 9268 19", "4111 1111 1111 1111", "4111-1111-1111-1111",
		"part a-0170-1234567", "v_0170 1234567", "0170 1234567ab", "x.212-788-8877", "212-788-8877-x",
		"(2024) 123456", "(2024) 12-34-56", "page 8 (2024) 123456", "8 (2024) 12-34-56", "(12) 345678901", "(3) 1234567", "(100) 2000000", "(212) 78888", "(495) 12345678",
		"[212]7888877 ", "f(212)7888877", "495 123-45-67", "8 items, 495 123 45 67 89", "9 (495) 123-45-67", "112-233-445 95",
		"5 @\n12.50 EUR", "1+@+2.50", "a+@+b", "jane@\n", "jane @\r\n\r\n2024",
		"GA1.2.1234567890.1700000000", "fb.1.1596403881668.1116446470", "iPhone 15 Pro Max 256GB", "PHONE-12345678", "1920x1080", "52.520008, 13.404954",
		"https://shop.example.com/p/44600062?color=1&size=42#reviews", "100% wool & 50% off; 5 @ home", "a&b;c", `C:\users\100`, "%%%", "%zz", "&;", "&#;", "&#x;", `\u12`, "(at)", "[dot]",
	} {
		assert.Empty(t, Find(text, Text), "%q", text)
		assert.Empty(t, Find(text, ID), "%q", text)
	}
}

func TestNormal(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{"+1 212 788 8877": "+12127888877", "1-212-788-8877": "+12127888877", "(0)": "(0)", " N/A ": "n/a"} {
		assert.Equal(t, want, Normal(text, Phone))
	}
	assert.Equal(t, jane, Normal(" Jane.Roe@Example.com", Email))
	assert.Equal(t, "jane", Normal("Jane ", Email))
	// The hash comes from sha256sum.
	found := Find("+1 212 788 8877", Text)
	require.Len(t, found, 1)
	assert.Equal(t, "fffd7a38aec6ba8be8b44f1e3c599afbdac6eae19032f46fbe231f2c32c4c152", found[0].Hash())
}

func TestDigitsOfAllScripts(t *testing.T) {
	t.Parallel()
	count := 0
	for r := rune(0x80); r <= unicode.MaxRune; r++ {
		if unicode.IsDigit(r) {
			got := unfold(string(r))
			require.Len(t, got, 1)
			require.Equal(t, rune('0'+count%10), got[0].r, "%U", r)
			count++
		}
	}
	assert.Positive(t, count)
}

// hostile are texts that would take a naive scanner quadratic time.
var hostile = []string{
	"@", `\"@`, "a@", "a@b", "(a)@", `"@`, "+", "+1", "+1 ", "1 ", "1", "12 ", "+1234567", "0170 1234567 ", "phone 1234567 ", "(", "((1", ")", "%", "%4", "%25", "%2", "&", "&#", "&#1", ";", "&;", "&amp;", "\\", `\u00`,
	"a.", ".", "a@b.", "a@b.c.", "a@ä.de ", "ä", "\xff", "%ff", "%c3", "\u200b", "[at]", "[ at ] ", "ﷺ", "x@", "1x", "#", "\u00a0", "me at ", "1(0)", "1-", "tel:", "/",
}

// Benchmarks of 1 MiB and 2 MiB show that the time is linear: the second takes about
// twice as long.
func BenchmarkFind(b *testing.B) {
	for _, size := range []int{1 << 20, 2 << 20} {
		for _, piece := range hostile {
			text := strings.Repeat(piece, size/len(piece))
			b.Run(fmt.Sprintf("%dMiB/%q", size>>20, piece), func(b *testing.B) {
				b.SetBytes(int64(len(text)))
				for b.Loop() {
					Find(text, Text)
				}
			})
		}
	}
}

// checkFound checks that contacts lie within the text, are in order, and don't overlap.
func checkFound(t *testing.T, text string, mode Mode) {
	t.Helper()
	end := 0
	for _, found := range Find(text, mode) {
		require.GreaterOrEqual(t, found.Start, end)
		require.Greater(t, found.End, found.Start)
		require.LessOrEqual(t, found.End, len(text))
		require.NotEmpty(t, found.Normal)
		end = found.End
	}
}

func TestFindInRandomText(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	for range 20000 {
		var text strings.Builder
		for range random.IntN(12) {
			text.WriteString(hostile[random.IntN(len(hostile))])
		}
		for mode := Text; mode <= Contact; mode++ {
			checkFound(t, text.String(), mode)
		}
	}
}

func FuzzFind(f *testing.F) {
	for _, piece := range hostile {
		f.Add(piece + piece)
	}
	f.Add("Jane <jane%2540ex&#228;mple.de> +49 (0) 30 1234-5678 ext. 5, 0170 1234567")
	f.Fuzz(func(t *testing.T, text string) {
		for mode := Text; mode <= Contact; mode++ {
			checkFound(t, text, mode)
		}
	})
}
