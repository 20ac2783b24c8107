package browser_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox"
)

// Three of five events are refused. Each finding stands at the line that it speaks of, with what to write instead.
func TestTheReasonStandsAtItsLine(t *testing.T) {
	s := start(t, sandbox.Options{Strict: true})
	report(t, s, cart("jane-1", 12.5))
	report(t, s, `{"consumerId":"jane-1","engagementAttributes":[{"type":"lead","lead":{"leadId":"L-1","value":"12,50"}}]}`)
	report(t, s, `{"consumerId":"jane-1","engagementAttributes":[{"type":"cartStatus","total":3}]}`)
	report(t, s, `{"consumerId":"jane-1"}`)
	report(t, s, cart("jane-1", 13))
	b := open(t, s.URL, "", 1440, 900)
	b.see(`document.querySelectorAll('.row.refused').length === 3`)
	b.click("#row-2")
	b.has("#detail-title", "lead for jane-1: refused, 400 (internal code 5)")
	b.has(".findings", "engagementAttributes[0].lead.value")
	b.has(".json li.found", `"value"`)
	b.has(".json li.found .finding", `expected a number, got "12,50"`)
	b.has(".json li.found .finding strong", "write 12.5")
	b.has(".sides", "internalCode")
	b.shoot("sandbox")
	b.click("#row-3")
	b.has(".json li.found", "cartStatus")
	b.has(".json li.found .finding", "write cart")
	b.click("#row-4")
	b.has(".json li.found .finding", "send an array of objects")
	b.click(".findings button")
	b.see(`document.activeElement.id === 'finding-0'`)
	b.click("#close")
	b.see(`document.querySelector('.detail') === null`)
}

func TestPersonalValuesAreMaskedUntilSomebodyAsks(t *testing.T) {
	s := start(t, sandbox.Options{})
	report(t, s, `{"consumerId":"jane-1","engagementAttributes":[{"type":"personal","personal":{"firstname":"Hildegard","contacts":[{"email":"hildegard@example.com"}]}}]}`)
	b := open(t, s.URL, "#/events/1", 1440, 900)
	b.has(".json", "firstname")
	assert.NotContains(t, b.text("body"), "ildegard")
	b.click("#personal")
	b.has(".json", "Hildegard")
	b.has(".json", "hildegard@example.com")
	b.click("#personal")
	b.see(`!document.body.textContent.includes('ildegard')`)
}

// A number is shown with all its digits, as it was sent.
func TestABodyIsShownAsSent(t *testing.T) {
	s := start(t, sandbox.Options{})
	report(t, s, `{"consumerId":"jane-1","engagementAttributes":[],"n":12345678901234567890,"m":1.10,"m":2}`)
	report(t, s, strings.Repeat(`{"a":[`, 20000)+strings.Repeat("]}", 20000))
	report(t, s, `{"consumerId":"jane-1","engagementAttributes":[],"long":"`+strings.Repeat("x", 900_000)+`"}`)
	report(t, s, "consumerId=jane-1")
	b := open(t, s.URL, "#/events/1", 1440, 900)
	b.has(".json", "12345678901234567890")
	b.has(".json", "1.10")
	b.run(chromedp.Navigate(s.URL + "/#/events/2"))
	b.has(".more", "Show all")
	b.run(chromedp.Navigate(s.URL + "/#/events/3"))
	b.has(".json", "more characters")
	b.run(chromedp.Navigate(s.URL + "/#/events/4"))
	b.has(".raw", "consumerId=jane-1")
	b.run(chromedp.Navigate(s.URL + "/#/events/999"))
	b.has(".error", "there is no call 999 yet")
}

func TestAnEventIsCopiedAndSentAgain(t *testing.T) {
	s := start(t, sandbox.Options{})
	report(t, s, `{"consumerId":"it's jane-1","engagementAttributes":[{"type":"cart","total":12.5}]}`)
	b := open(t, s.URL, "#/events/1", 1440, 900)
	b.run(browser.SetPermission(&browser.PermissionDescriptor{Name: "clipboard-read"}, browser.PermissionSettingGranted))
	copied := func(kind string) string {
		b.click("[data-copy=" + kind + "]")
		b.has("#status", "Copied")
		var text string
		b.run(chromedp.Evaluate(`navigator.clipboard.readText()`, &text, chromedp.EvalAsValue, awaitPromise))
		return text
	}
	assert.Contains(t, copied("curl"), `'{"consumerId":"it'\''s jane-1",`)
	assert.Contains(t, copied("test"), "target_processors:")
	assert.Contains(t, copied("bloblang"), "root = {")
	expected := copied("verify")
	assert.Contains(t, do(t, http.MethodPost, s.URL+"/sandbox/verify", expected), `"passed":true`)
	b.click("#replay")
	b.has(".replay", "Sent again: 201.")
	b.has(".totals", "2 events")
	assert.Equal(t, s.Calls()[0].Body, s.Calls()[1].Body)
	assert.Equal(t, 1, s.Calls()[1].SameAs)
}

// Nothing of an event becomes markup or code, whatever it holds. open checks that nothing ran.
func TestHostileTextsStayTexts(t *testing.T) {
	s := start(t, sandbox.Options{})
	hostile := []string{
		`<img src=x onerror=alert(1)>`, `"><script>alert(1)</script>`, `<svg/onload=alert(1)>`, `javascript:alert(1)`, `{{7*7}}`, `${7*7}`, `<a href="javascript:alert(1)">x</a>`,
		`'-alert(1)-'`, `"-alert(1)-"`, `</textarea><script>alert(1)</script>`, `</title><script>alert(1)</script>`, `<iframe srcdoc="<script>alert(1)</script>">`,
		`<base href=//evil.example>`, `<style>*{display:none}</style>`, `<meta http-equiv=refresh content=0;url=//evil.example>`, `__proto__`, `constructor`, `toString`, `hasOwnProperty`,
		"a\u202etxt.exe", "zero\u200bwidth", "null\u0000byte", "bell\u0007", "\u2066isolate\u2069", `../../etc/passwd`, `%2e%2e%2f`, `?q=<b>`, `#/setup`, `a/b`, ` leading`, `[object Object]`,
		`<!--`, `]]>`, `&lt;b&gt;`, `\u003cscript\u003e`, `data:text/html,<script>alert(1)</script>`, `<math><mi//xlink:href="data:x,<script>alert(1)</script>">`, `<form action=//evil.example><input name=x>`,
		"\xf0\x9f\x98\x80 emoji", "line\u2028separator", `<object data=//evil.example>`, `<details open ontoggle=alert(1)>`,
	}
	require.GreaterOrEqual(t, len(hostile), 40)
	for _, text := range hostile {
		quoted, err := json.Marshal(text)
		require.NoError(t, err)
		report(t, s, fmt.Sprintf(`{"consumerId":%[1]s,"entryPoints":[%[1]s],"engagementAttributes":[{"type":%[1]s,%[1]s:%[1]s,"lead":{"leadId":%[1]s}}]}`, quoted))
		do(t, http.MethodPost, s.URL+"/sandbox/receipts", fmt.Sprintf(`{"version":1,"result":"dropped","component":%[1]s,"reason":%[1]s,"detail":%[1]s,"event":%[1]s,"consumer":%[1]s}`, quoted))
		do(t, http.MethodPost, s.URL+"/sandbox/conversations", fmt.Sprintf(`{"consumer":%[1]s,"text":%[1]s}`, quoted))
	}
	b := open(t, s.URL, "", 1440, 900)
	b.see(fmt.Sprintf(`Number(document.querySelector('[data-shown]')?.dataset.shown) === %d`, 2*len(hostile)))
	b.has("[role=gridcell]", `<details open ontoggle=alert(1)>`)
	b.see(`[...document.querySelectorAll('[role=gridcell]')].every((e) => !/[\u202a-\u202e\u200b]/.test(e.textContent))`)
	for id := 1; id <= 2*len(hostile); id++ {
		b.run(chromedp.Evaluate(fmt.Sprintf(`location.hash = '#/events/%d'`, id), nil))
		b.see(fmt.Sprintf(`document.querySelector('.detail .json') !== null && location.hash === '#/events/%d' && !document.querySelector('.error')`, id))
		b.see(`!/[\u202a-\u202e\u200b\u2066-\u2069]/.test(document.querySelector('main').textContent)`) // the list shows the newest rows only
	}
	b.run(chromedp.Evaluate(`location.hash = '#/consumers'`, nil))
	b.has(".people", `<img src=x onerror=alert(1)>`)
	for i := range 12 {
		b.run(chromedp.Evaluate(fmt.Sprintf(`document.querySelectorAll('.people a')[%d].click()`, i*3), nil))
		b.see(`document.querySelector('.consumer-page .timeline') !== null`)
	}
	b.run(chromedp.Evaluate(`location.hash = '#/conversations'`, nil))
	b.see(`document.querySelectorAll('.people a').length > 20`)
	b.run(chromedp.Evaluate(`document.querySelectorAll('.people a')[3].click()`, nil))
	b.see(`document.querySelector('.talk .bubble') !== null`)
	b.run(chromedp.Evaluate(`location.hash = '#/numbers'`, nil))
	b.see(`document.querySelectorAll('.tables td').length > 20`)
	assert.Zero(t, value[int](b, `document.querySelectorAll('#app img, #app script, #app iframe, #app object, #app style, #app form[action], #app base, #app meta').length`))
}

// The event that a pipeline sent stands beside its report and the answer, also in the test of a config.
func TestTheSourceEventStandsBesideItsReport(t *testing.T) {
	s := start(t, sandbox.Options{})
	report(t, s, cart("jane-1", 12.5))
	report(t, s, cart("jane-1", 12.5))
	s.AddSource([]byte(cart("jane-1", 12.5)), 1, []byte(`{"event":"Cart Viewed","anonymousId":"jane-1","email":"jane@example.com"}`))
	s.AddSource([]byte(cart("jane-1", 12.5)), 1, []byte(`{"event":"Product Added"}`))
	b := open(t, s.URL, "#/events/1", 1440, 900)
	b.has(".sources .json", `"Cart Viewed"`)
	b.see(`!document.body.textContent.includes('jane@example.com')`)
	b.run(browser.SetPermission(&browser.PermissionDescriptor{Name: "clipboard-read"}, browser.PermissionSettingGranted))
	b.click("[data-copy=test]")
	b.has("#status", "Copied")
	var text string
	b.run(chromedp.Evaluate(`navigator.clipboard.readText()`, &text, chromedp.EvalAsValue, awaitPromise))
	assert.Contains(t, text, "      - content: |\n          {\"event\":\"Cart Viewed\"")
	b.run(chromedp.Navigate(s.URL + "/#/events/2"))
	b.has(".sources .json", `"Product Added"`)
	b.see(`!document.querySelector('.sources').textContent.includes('Cart Viewed')`)
}

// What the schemas mark as personal is masked, whatever the members are called.
func TestWhatTheSchemasMarkIsMasked(t *testing.T) {
	s := start(t, sandbox.Options{})
	report(t, s, `{"consumerId":"jane-1","engagementAttributes":[{"type":"ctmrinfo","info":{"companyBranch":"Hinterdorf","ctype":"gold","balance":-400.5}}]}`)
	b := open(t, s.URL, "#/events/1", 1440, 900)
	b.has(".json", "ctype")
	b.has(".json", "gold")
	assert.Contains(t, do(t, http.MethodGet, s.URL+"/sandbox/calls/1", ""), `"engagementAttributes[0].info.balance"`)
	b.has(".json", "jane-1")
	b.see(`!document.body.textContent.includes('400.5')`)
	b.click("#personal")
	b.has(".json", "400.5")
}
