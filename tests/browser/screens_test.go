package browser_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox"
)

// shop fills a sandbox with what a small shop sends.
func shop(t *testing.T, s *sandbox.Server) (conversation string) {
	t.Helper()
	for i := range 30 {
		consumer := fmt.Sprintf("consumer-%d", i%5)
		report(t, s, cart(consumer, 10+float64(i)))
		report(t, s, fmt.Sprintf(`{"consumerId":%q,"entryPoints":["https://shop.example.com/p/%d"],"engagementAttributes":[{"type":"prodView","products":[{"product":{"name":"Rain jacket","sku":"CL-%d","price":112}}]}]}`, consumer, i, i))
	}
	report(t, s, `{"consumerId":"consumer-1","engagementAttributes":[{"type":"personal","personal":{"firstname":"Alex","contacts":[{"email":"alex@example.com"}]}},{"type":"ctmrinfo","info":{"customerId":"customer-1","ctype":"gold"}}]}`)
	report(t, s, `{"consumerId":"consumer-1","engagementAttributes":[{"type":"purchase","total":112,"currency":"EUR","orderId":"order-1"}]}`)
	report(t, s, `{"consumerId":"consumer-2","engagementAttributes":[{"type":"lead","lead":{"leadId":"L-1","value":"12,50"}}]}`)
	report(t, s, `{"consumerId":"consumer-2","engagementAttributes":[{"type":"cartStatus","total":3}]}`)
	do(t, http.MethodPost, s.URL+"/sandbox/receipts", `{"version":1,"component":"map","result":"dropped","reason":"no_use","detail":"the preset has nothing to report of add_to_wishlist","event":"add_to_wishlist","consumer":"consumer-3"}
		{"version":1,"component":"privacy","result":"withheld","reason":"consent","detail":"the consumer did not consent to marketing","event":"page_view","consumer":"consumer-4"}`)
	var opened struct {
		ID string `json:"conversation_id"`
	}
	require.NoError(t, json.Unmarshal([]byte(do(t, http.MethodPost, s.URL+"/sandbox/conversations", `{"consumer":"consumer-1","text":"Where is my order?"}`)), &opened))
	return opened.ID
}

func TestAConsumerIsShownAsTheAgentSeesThem(t *testing.T) {
	s := start(t, sandbox.Options{})
	shop(t, s)
	b := open(t, s.URL, "#/consumers", 1440, 900)
	b.has(".people", "consumer-1")
	b.click(`.people a[href="#/consumers/consumer-1"]`)
	for _, part := range []string{"cart", "purchase", "personal", "ctmrinfo"} {
		b.has(".card h4", part)
	}
	b.has(".card", "order-1")
	b.has(".consumer-page", "Sessions")
	b.has(".addresses", "https://shop.example.com/p/1")
	b.has(".consumer-page", "Conversations")
	b.click(".timeline li:last-child a")
	b.has("#detail-title", "for consumer-1")
}

// How a consumer was named, and what became of the engagement that was offered.
func TestIdentitiesAndEngagementsOfAConsumer(t *testing.T) {
	s := start(t, sandbox.Options{})
	var offered struct {
		SessionID  string `json:"sessionId"`
		VisitorID  string `json:"visitorId"`
		Engagement []struct {
			Context string `json:"contextId"`
		} `json:"engagementDetails"`
	}
	target := s.URL + "/api/account/" + sandbox.DefaultAccountID + "/app/" + sandbox.DefaultAppInstallationID
	answer := do(t, http.MethodPost, target+"/engagement?v=1.0", `{"consumerId":"consumer-1"}`)
	require.NoError(t, json.Unmarshal([]byte(answer), &offered))
	require.Len(t, offered.Engagement, 1, answer)
	for _, kind := range []string{"impDisplay", "impAccept"} {
		do(t, http.MethodPost, target+"/report?v=1.0&vid="+offered.VisitorID+"&sid="+offered.SessionID, fmt.Sprintf(
			`{"consumerId":"consumer-1","engagementAttributes":[{"type":%q,"campaign":2695999112,"engId":2696029112,"revision":3,"eContext":[{"type":"engagementContext","id":%q}]}]}`, kind, offered.Engagement[0].Context))
	}
	report(t, s, `{"identities":[{"iss":"https://login.shop.example","acr":"loa1","sub":"consumer-1"}],"engagementAttributes":[]}`)
	b := open(t, s.URL, "#/consumers/consumer-1", 1440, 900)
	b.has("[aria-label=Engagements]", "of campaign 2695999112: shown, accepted")
	b.has("[aria-label=Identities]", "consumerId consumer-1 in 3 calls")
	b.has("[aria-label=Identities]", "sub consumer-1 of https://login.shop.example, loa1 in 1 calls")
	b.has("[aria-label=Identities]", "Several visitor ids belong to this consumer")
}

// The exports are what the links promise.
func TestCallsAreExported(t *testing.T) {
	s := start(t, sandbox.Options{})
	shop(t, s)
	b := open(t, s.URL, "#/setup", 1440, 900)
	for file, expected := range map[string]string{"calls.ndjson": `"consumer":"consumer-1"`, "calls.har": `"version":"1.2"`} {
		b.see(fmt.Sprintf(`document.querySelector('a[download="%s"]') !== null`, file))
		assert.Contains(t, do(t, http.MethodGet, value[string](b, fmt.Sprintf(`document.querySelector('a[download="%s"]').href`, file)), ""), expected)
	}
}

// An event of each preset goes through a running pipeline.
func TestAnExampleIsSentThroughAPipeline(t *testing.T) {
	got := make(chan string, 1)
	pipeline := newProxy(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		assert.NoError(t, err)
		got <- string(body)
	}))
	events := map[string]string{"order_completed": `{"event":"Order Completed"}`, "form_submitted": `{"event":"Form Submitted"}`, "trial_started": `{"event":"Trial Started"}`}
	s := start(t, sandbox.Options{Examples: []sandbox.Example{
		{Name: "order_completed", Preset: "retail", Event: json.RawMessage(events["order_completed"])},
		{Name: "form_submitted", Preset: "lead_generation", Event: json.RawMessage(events["form_submitted"])},
		{Name: "trial_started", Preset: "b2b_saas", Event: json.RawMessage(events["trial_started"])},
	}})
	b := open(t, s.URL, "#/setup", 1440, 900)
	b.see(`document.querySelectorAll('#through optgroup').length === 3`)
	b.write("#through-to", pipeline.url+"/post")
	for name, event := range events {
		b.write("#through", name)
		b.see(fmt.Sprintf(`document.querySelector('#through').value === %q`, name))
		b.click("#through-send")
		assert.Equal(t, event, <-got)
		b.has("#status", "Sent through the pipeline: "+name)
	}
	b.has(".setup", "The pipeline answered 200.")
	b.write("#through-to", "https://shop.example.com/")
	b.click("#through-send")
	b.has(".setup .error", "must be the address of a pipeline on this machine")
}

func TestOneAnswersAsTheAgent(t *testing.T) {
	s := start(t, sandbox.Options{})
	conversation := shop(t, s)
	b := open(t, s.URL, "#/conversations/"+conversation, 1440, 900)
	b.has(".talk .consumer", "Where is my order?")
	b.run(chromedp.SendKeys("#answer", "It left this morning."), chromedp.Click("#send"))
	b.has(".talk .agent", "It left this morning.")
	pick := func(kind string) {
		b.write(".answer select", kind)
	}
	pick("quick_replies")
	b.see(`document.querySelector('textarea#answer') !== null`)
	b.click("#send")
	b.has(".talk .rich", "Yes")
	pick("card")
	b.see(`document.querySelector('textarea#answer')?.value.includes('vertical')`)
	b.click("#send")
	b.has(".talk .rich", "Your order is on its way")
	pick("file")
	b.see(`document.querySelector('input#answer') !== null`)
	b.run(chromedp.SendKeys("#answer", "bill.pdf"), chromedp.Click("#send"))
	b.has(".talk .rich", "bill.pdf")
	b.click("#close-survey")
	b.has(".talk", "How satisfied are you")
	b.has("#chat-title", "closed")
}

func TestTheSandboxIsSteeredFromThePage(t *testing.T) {
	s := start(t, sandbox.Options{})
	shop(t, s)
	b := open(t, s.URL, "#/setup", 1440, 900)
	b.click("[data-preset=throttled]")
	b.see(`document.querySelectorAll('#rules tbody tr').length > 0`)
	b.has(".warn", "chaos rules")
	b.click("#chaos-end")
	b.has(".setup", "No rules are in force.")
	b.click("[data-clock='6h']")
	b.has(".top .warn", "Clock +6h0m0s")
	b.click("#clock-back")
	b.see(`![...document.querySelectorAll('.top .warn')].length`)
	b.see(`document.querySelector('[aria-labelledby=campaigns-title] textarea').value.includes('engagements')`)
	b.click("#campaigns-put")
	b.has("#status", "The engagements are on offer.")
	for i, option := range value[[]string](b, `[...document.querySelectorAll('#example option')].map((o) => o.value)`) {
		b.write("#example", option)
		b.see(fmt.Sprintf(`document.querySelector('#example').value === %q`, option))
		b.click("#example-send")
		b.has("#status", "Sent: "+option)
		require.Len(t, s.Reports(), 64+i+1, option)
	}
	b.click("#verify")
	b.has(".verified", "met: nothing refused")
	b.click("#reset")
	b.click("#reset-yes")
	b.has(".totals", "0 events, 0 refused")
	assert.Empty(t, s.Calls())
	report(t, s, cart("jane-1", 1))
	b.has(".totals", "1 events")
}

func TestTheNumbersAreThoseOfTheSandbox(t *testing.T) {
	s := start(t, sandbox.Options{Strict: true})
	shop(t, s)
	b := open(t, s.URL, "#/numbers", 1440, 900)
	b.see(`document.querySelectorAll('.plots canvas').length === 3`)
	b.has(".figures", "refused2")
	b.has(".figures", "dropped1")
	b.has(".tables", "prodView30")
	b.click(".bar button")
	b.has(".numbers table", "Accepted a second")
}

// A page that is open while the sandbox starts again says so and goes on. Two pages show the same.
func TestThePageGoesOnAfterARestart(t *testing.T) {
	s := start(t, sandbox.Options{})
	report(t, s, cart("jane-1", 1))
	proxy := newProxy(t, s)
	b := open(t, proxy.url, "", 1440, 900)
	other := open(t, proxy.url, "", 800, 600)
	b.has("[role=row]", "jane-1")
	other.has("[role=row]", "jane-1")
	proxy.stop()
	b.has("#connection", "Connection lost")
	again := start(t, sandbox.Options{})
	report(t, again, cart("john-1", 1))
	proxy.serve(t, again)
	for _, page := range []*tab{b, other} {
		page.has("#connection", "Live")
		page.has("[role=row]", "john-1")
		page.see(`document.querySelectorAll('.body .row').length === 1`)
		page.faults = nil // the browser reports each connection that was refused
	}
}

// axe finds nothing on any screen, at three sizes, dark and light.
func TestEverybodyCanUseThePage(t *testing.T) {
	axe, err := os.ReadFile("testdata/axe.min.js")
	require.NoError(t, err)
	s := start(t, sandbox.Options{})
	conversation := shop(t, s)
	do(t, http.MethodPut, s.URL+"/sandbox/chaos", `{"preset":"throttled"}`)
	screens := map[string]string{
		"events": "#/events", "event": "#/events/63", "receipt": "#/events/65", "consumers": "#/consumers/consumer-1", "conversations": "#/conversations/" + conversation,
		"numbers": "#/numbers", "setup": "#/setup", "nothing": "#/events?q=nothing-like-this",
	}
	for _, size := range [][2]int64{{360, 740}, {1440, 900}, {2560, 1440}} {
		for _, scheme := range []string{"light", "dark"} {
			for name, hash := range screens {
				t.Run(fmt.Sprintf("%s/%d/%s", scheme, size[0], name), func(t *testing.T) {
					b := open(t, s.URL, hash, size[0], size[1])
					b.run(emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}))
					b.has(".totals, .top", "LivePerson sandbox")
					ready := map[string]string{"event": ".json", "receipt": ".json", "consumers": ".card", "conversations": ".bubble", "numbers": ".tables td", "setup": "#rules", "nothing": ".empty"}[name]
					if ready == "" {
						ready = ".body .row"
					}
					b.see(fmt.Sprintf(`document.querySelector(%q) !== null`, ready))
					b.shoot(fmt.Sprintf("%s-%d-%s", name, size[0], scheme))
					b.run(chromedp.Evaluate(string(axe)+";0", nil))
					var found []string
					b.run(chromedp.Evaluate(`axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }).then((r) => r.violations.map((v) => v.id + ': ' + v.help + ': ' + v.nodes.slice(0, 3).map((n) => n.html.slice(0, 200) + ' ' + (n.any[0]?.message ?? '')).join(' | ')))`, &found, awaitPromise))
					assert.Empty(t, found)
					assert.LessOrEqual(t, value[int](b, `document.documentElement.scrollWidth`), int(size[0]), "the page is wider than the screen")
				})
			}
		}
	}
}
