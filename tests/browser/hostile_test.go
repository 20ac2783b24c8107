package browser_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox"
)

// hostile are texts that would run, hide or break something if a page took them for more than texts.
var hostile = []string{
	`<img src=x onerror=alert(1)>`, `"><script>alert(1)</script>`, `<svg/onload=alert(1)>`, `javascript:alert(1)`, `{{7*7}}`, `${7*7}`, `<a href="javascript:alert(1)">x</a>`,
	`'-alert(1)-'`, `"-alert(1)-"`, `</textarea><script>alert(1)</script>`, `</title><script>alert(1)</script>`, `<iframe srcdoc="<script>alert(1)</script>">`,
	`<base href=//evil.example>`, `<style>*{display:none}</style>`, `<meta http-equiv=refresh content=0;url=//evil.example>`, `__proto__`, `constructor`, `toString`, `hasOwnProperty`,
	"a\u202etxt.exe", "zero\u200bwidth", "null\u0000byte", "bell\u0007", "\u2066isolate\u2069", `../../etc/passwd`, `%2e%2e%2f`, `?q=<b>`, `#/setup`, `a/b`, ` leading`, `[object Object]`,
	`<!--`, `]]>`, `&lt;b&gt;`, `\u003cscript\u003e`, `data:text/html,<script>alert(1)</script>`, `<math><mi//xlink:href="data:x,<script>alert(1)</script>">`, `<form action=//evil.example><input name=x>`,
	"\xf0\x9f\x98\x80 emoji", "line\u2028separator", `<object data=//evil.example>`, `<details open ontoggle=alert(1)>`,
}

// harmless is what must hold for the page at any time: it has no element that it does not make itself, and no character that
// turns or hides what others say. open checks that nothing ran, and that the policy had nothing to refuse.
const harmless = `document.querySelectorAll('#app img, #app script, #app iframe, #app object, #app style, #app form[action], #app base, #app meta, #app svg, #app math, #app [onerror], #app [onload], #app a[href^="javascript:" i], #app a[href^="data:" i]').length === 0 &&
	!/[\u202a-\u202e\u200b\u2066-\u2069]/.test(document.querySelector('main').textContent + document.title)`

// sendHostile puts a text into everything of a report, a receipt, a source event and a conversation. It returns how many events
// the list has of it.
func sendHostile(t *testing.T, s *sandbox.Server, text string) int {
	t.Helper()
	quoted, err := json.Marshal(text)
	require.NoError(t, err)
	body := fmt.Sprintf(`{"consumerId":%[1]s,"identities":[{"iss":%[1]s,"sub":%[1]s}],"entryPoints":[%[1]s],"page":%[1]s,"engagementAttributes":[{"type":%[1]s,%[1]s:%[1]s,"lead":{"leadId":%[1]s,"topic":[%[1]s,{%[1]s:1}]}},{"type":"lead","lead":{"leadId":%[1]s,"value":%[1]s}}]}`, quoted)
	report(t, s, body)
	s.AddSource([]byte(body), 1, fmt.Appendf(nil, `{"event":%[1]s,"properties":{%[1]s:%[1]s}}`, quoted))
	// In the address and in the headers, as far as HTTP allows.
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL+"/api/"+url.PathEscape(text)+"?v="+url.QueryEscape(text)+"&sid="+url.QueryEscape(text), strings.NewReader(text))
	require.NoError(t, err)
	inHeader := strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return '.'
		}
		return r
	}, text)
	request.Header.Set("User-Agent", inHeader)
	request.Header.Set("Content-Type", inHeader)
	res, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	_ = res.Body.Close()
	do(t, http.MethodPost, s.URL+"/sandbox/receipts", fmt.Sprintf(`{"version":1,"result":"dropped","component":%[1]s,"reason":%[1]s,"detail":%[1]s,"event":%[1]s,"event_id":%[1]s,"attributes":[%[1]s],"session_id":%[1]s,"visitor_id":%[1]s,"consumer":%[1]s}
		{"version":1,"result":%[1]s,"consumer":%[1]s}`, quoted))
	do(t, http.MethodPost, s.URL+"/sandbox/conversations", fmt.Sprintf(`{"consumer":%[1]s,"text":%[1]s}`, quoted))
	return 4
}

// Nothing of an event becomes markup or code, whatever it holds, in the list, in an event, in a search, of a consumer, in a
// conversation, among the numbers, and among the rules.
func TestHostileTextsStayTexts(t *testing.T) {
	s := start(t, sandbox.Options{Strict: true})
	require.GreaterOrEqual(t, len(hostile), 40)
	events := 0
	for _, text := range hostile {
		events += sendHostile(t, s, text)
	}
	var rules []map[string]any
	for _, text := range hostile {
		rules = append(rules, map[string]any{"name": text, "endpoint": "report", "consumer": text, "status": 503})
	}
	encoded, err := json.Marshal(map[string]any{"rules": rules})
	require.NoError(t, err)
	do(t, http.MethodPut, s.URL+"/sandbox/chaos", string(encoded))
	events += len(hostile)
	for _, text := range hostile { // a rule strikes
		quoted, err := json.Marshal(text)
		require.NoError(t, err)
		report(t, s, fmt.Sprintf(`{"consumerId":%s,"engagementAttributes":[]}`, quoted))
	}

	b := open(t, s.URL, "", 1440, 900)
	b.see(fmt.Sprintf(`Number(document.querySelector('[data-shown]')?.dataset.shown) === %d`, events))
	b.has("[role=gridcell]", `<details open ontoggle=alert(1)>`)
	b.see(harmless)
	last := value[int](b, `Number(document.querySelector('.body .row').dataset.id)`)
	for id := 1; id <= last; id++ {
		b.run(chromedp.Evaluate(fmt.Sprintf(`location.hash = '#/events/%d'`, id), nil))
		b.see(fmt.Sprintf(`document.querySelector('.detail #detail-title')?.textContent !== 'Loading…' && document.querySelector('.detail .facts') !== null && location.hash === '#/events/%d'`, id))
		b.see(harmless)
	}
	b.run(chromedp.Evaluate(`location.hash = '#/events'`, nil))
	for _, text := range hostile {
		b.search(text)
		b.see(harmless)
	}
	b.visitPeople("consumers", ".consumer-page .timeline")
	b.visitPeople("conversations", ".talk .bubble")
	b.run(chromedp.Evaluate(`location.hash = '#/numbers'`, nil))
	b.see(`document.querySelectorAll('.tables td').length > 20`)
	b.see(harmless)
	b.run(chromedp.Evaluate(`location.hash = '#/setup'`, nil))
	b.has("#rules", `<details open ontoggle=alert(1)>`)
	b.see(harmless)
}

// visitPeople opens each consumer, or each conversation.
func (b *tab) visitPeople(screen, ready string) {
	b.t.Helper()
	b.run(chromedp.Evaluate(fmt.Sprintf(`location.hash = '#/%s'`, screen), nil))
	b.has(".people", `<img src=x onerror=alert(1)>`)
	for i := range value[int](b, `document.querySelectorAll('.people a').length`) {
		b.run(chromedp.Evaluate(fmt.Sprintf(`document.querySelectorAll('.people a')[%d].click()`, i), nil))
		b.see(fmt.Sprintf(`document.querySelector(%q) !== null`, ready))
		b.see(harmless)
	}
}

// The same for texts that the sandbox prints where one writes: expectations, and what the agent answers.
func TestWhatOneWritesStaysText(t *testing.T) {
	s := start(t, sandbox.Options{})
	conversation := shop(t, s)
	b := open(t, s.URL, "#/setup", 1440, 900)
	var expected strings.Builder
	for _, text := range hostile {
		quoted, err := json.Marshal(text)
		require.NoError(t, err)
		fmt.Fprintf(&expected, "  - { name: %s, count: 7 }\n", quoted)
	}
	b.write("[aria-labelledby=verify-title] textarea", "expect:\n"+expected.String())
	b.click("#verify")
	b.see(`document.querySelector('.verified, [aria-labelledby=verify-title] .error') !== null`)
	b.see(harmless)
	for _, text := range hostile {
		answer, err := json.Marshal(map[string]any{"answer": text, "rich": map[string]any{"type": "vertical", "elements": []any{map[string]any{"type": "text", "text": text, "tooltip": text}}}})
		require.NoError(t, err)
		require.NotContains(t, do(t, http.MethodPost, s.URL+"/sandbox/conversations/"+conversation, string(answer)), `"error"`)
	}
	b.run(chromedp.Evaluate(fmt.Sprintf(`location.hash = '#/conversations/%s'`, conversation), nil))
	b.has(".talk", `<img src=x onerror=alert(1)>`)
	b.see(harmless)
	assert.Equal(t, "conversations", value[string](b, `document.querySelector('main').dataset.screen`))
}
