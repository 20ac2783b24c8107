package browser_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"

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

// A newcomer has five events, three of them refused, and the page. With clicks alone they read why, write what the page says, and
// the next report is accepted.
func TestANewcomerFindsWhyEventsWereRefused(t *testing.T) {
	s := start(t, sandbox.Options{Strict: true})
	sent := []string{
		cart("jane-1", 12.5),
		`{"consumerId":"jane-1","engagementAttributes":[{"type":"lead","lead":{"leadId":"L-1","value":"12,50"}}]}`,
		cart("jane-1", 13),
		`{"consumerId":"john-1","engagementAttributes":[{"type":"cartStatus","total":3,"currency":"EUR","numItems":1}]}`,
		`{"consumerId":"mary-1","engagementAttributes":[{"type":"purchase","total":20,"currency":"euro","orderId":"o-1"}]}`,
	}
	for _, body := range sent {
		report(t, s, body)
	}
	b := open(t, s.URL, "", 1440, 900)
	b.has(".totals", "5 events, 3 refused")
	b.click("[data-result=refused]")
	b.see(`document.querySelectorAll('.body .row').length === 3`)
	// What the page says of each: the member, and what to write. The newcomer does that.
	for row, said := range map[int]struct{ path, wrong, fix, old, new string }{
		2: {"engagementAttributes[0].lead.value", `got "12,50"`, "write 12.5", `"12,50"`, "12.5"},
		4: {"engagementAttributes[0].type", "cartStatus", "write cart", "cartStatus", "cart"},
		5: {"engagementAttributes[0].currency", "expected an ISO 4217 code in capitals", `write it like "USD"`, "euro", "EUR"},
	} {
		b.has(fmt.Sprintf("#row-%d .note", row), said.path)
		b.click(fmt.Sprintf("#row-%d", row))
		b.see(fmt.Sprintf(`document.querySelector('.findings') !== null && location.hash.startsWith('#/events/%d')`, row))
		b.has(".findings code", said.path)
		b.has(".findings", said.wrong)
		b.has(".findings .fix", said.fix)
		b.has(".json li.found .finding", said.fix)
		b.click("#close")
		report(t, s, strings.Replace(sent[row-1], said.old, said.new, 1))
	}
	b.click("[data-result=refused]")
	b.has(".totals", "8 events, 3 refused")
}

// The attempts of a call stand in a row, with what each was answered. The rule that struck is named.
func TestAttemptsAreATimeline(t *testing.T) {
	s := start(t, sandbox.Options{})
	do(t, http.MethodPut, s.URL+"/sandbox/chaos", `{"rules":[{"name":"two fail","endpoint":"report","times":2,"status":503}]}`)
	for range 3 {
		report(t, s, cart("jane-1", 12.5))
	}
	report(t, s, cart("john-1", 12.5))
	b := open(t, s.URL, "", 1440, 900)
	b.has("#row-2 .attempt", "2.")
	b.has("#row-3 .attempt", "3.")
	b.click("#row-1")
	b.has(".reason.fault", "two fail")
	b.see(`document.querySelectorAll('.attempts li').length === 3`)
	b.has(".attempts li:nth-child(2)", "503")
	b.has(".attempts li:nth-child(3)", "accepted")
	b.click(".attempts li:nth-child(3) a")
	b.has("#detail-title", "cart for jane-1: accepted, 201")
	b.has(".facts", "User-AgentGo-http-client/1.1")
	b.has(".sides h3", fmt.Sprintf("Sent %d B", len(cart("jane-1", 12.5))))
}

// A report that is too long even for the sandbox is shown, cut, with a way to the whole.
func TestALongCallIsShownCut(t *testing.T) {
	s := start(t, sandbox.Options{})
	long := fmt.Sprintf(`{"consumerId":"jane-1","engagementAttributes":[],"text":%q,"end":"the end"}`, strings.Repeat("x", 2_000_000))
	report(t, s, long)
	report(t, s, `{"consumerId":"john-1","list":[`+strings.Repeat("1234567,", 400_000)+`8],"end":"the end"}`)
	b := open(t, s.URL, "#/events/1", 1440, 900)
	b.has("#detail-title", "refused, 413")
	b.has(".reason, .findings", "the sandbox accepts 1048576 bytes at most")
	b.has(".json", "1,998,000 more characters")
	b.has(".json", "the end")
	b.see(`document.querySelector('.detail').textContent.length < 10000`)
	b.click(".more button")
	b.has(".json", "1,900,000 more characters")
	// The download has the whole.
	b.run(chromedp.Evaluate(`URL.createObjectURL = (blob) => { blob.text().then((text) => { window.downloaded = text; }); return 'data:,'; }; URL.revokeObjectURL = () => {};`, nil))
	b.click(".more button")
	b.see(fmt.Sprintf(`window.downloaded?.length === %d`, len(long)))
	b.run(chromedp.Evaluate(`location.hash = '#/events/2'`, nil))
	b.has(".more", "Show more of 400,00")
	b.see(`document.querySelectorAll('*').length < 8000`)
	assert.Equal(t, long, string(s.Calls()[0].Body))
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
	b.has(".more", "Show more of")
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
