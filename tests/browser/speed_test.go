package browser_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/cdproto/dom"
	"github.com/chromedp/cdproto/heapprofiler"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/performance"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox"
)

// fill reports without a network.
func fill(t *testing.T, s *sandbox.Server, n int) {
	t.Helper()
	target := "/api/account/" + sandbox.DefaultAccountID + "/app/" + sandbox.DefaultAppInstallationID + "/report?v=1.0"
	for i := range n {
		body := fmt.Sprintf(`{"consumerId":"consumer-%d","engagementAttributes":[{"type":"cart","total":%d,"numItems":1,"products":[{"product":{"name":"Rain jacket","sku":"CL-%d"}}]}]}`, i%997, i, i)
		w := httptest.NewRecorder()
		s.ServeHTTP(w, httptest.NewRequest(http.MethodPost, target, strings.NewReader(body)))
		require.Equal(t, http.StatusCreated, w.Code)
	}
}

// The page holds 50,000 events and draws only those in view. The times are the browser's own, and are logged: a busy machine
// must not fail the test.
func TestFiftyThousandEvents(t *testing.T) {
	s := start(t, sandbox.Options{})
	fill(t, s, 50_000)
	b := open(t, s.URL, "", 1440, 900)
	b.run(performance.Enable())
	b.has(".totals", "50,000 events")
	assert.Less(t, value[int](b, `document.querySelectorAll('*').length`), 1500)
	var worst float64
	b.run(chromedp.Evaluate(`(async () => {
		const list = document.querySelector('#list');
		let worst = 0;
		for (let i = 0; i < 60; i++) {
			const began = performance.now();
			list.scrollTop = Math.floor(list.scrollHeight * i / 60);
			await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
			const row = document.querySelector('.body .row');
			if (!row) throw new Error('nothing is drawn');
			worst = Math.max(worst, performance.now() - began);
		}
		return worst;
	})()`, &worst, awaitPromise))
	t.Logf("scrolling: %.0f ms at most for a step, with the wait for a frame", worst)
	b.run(chromedp.Evaluate(`performance.clearMeasures('filter')`, nil))
	b.search("consumer-77")
	b.see(`document.querySelector('[data-shown]').dataset.shown !== '50000' && document.querySelectorAll('.body .row').length > 0`)
	t.Logf("filtering: %.0f ms at most", value[float64](b, `Math.max(...performance.getEntriesByName('filter').map((m) => m.duration))`))
	b.run(heapprofiler.CollectGarbage())
	t.Logf("heap: %.0f MB, %.0f nodes", metric(b, "JSHeapUsedSize")/1e6, metric(b, "Nodes"))
	assert.Less(t, metric(b, "JSHeapUsedSize")/1e6, 100.0)
}

// The browser paints soon after it asked for the page, from a process that has nothing but the sandbox. The times are the browser's
// own, and are logged: a busy machine must not fail the test.
func TestTheFirstPaintIsSoon(t *testing.T) {
	process := newProcess(t)
	for i := range 20 {
		reportTo(t, process.url, cart("jane-1", float64(i)))
	}
	b := open(t, process.url, "", 1440, 900)
	var paints, rows []float64
	for range 15 {
		b.run(chromedp.Reload(), chromedp.WaitVisible("#personal"))
		b.see(`performance.getEntriesByName('first-contentful-paint').length > 0 && performance.getEntriesByName('rows').length > 0`)
		paints = append(paints, value[float64](b, `performance.getEntriesByName('first-contentful-paint')[0].startTime`))
		rows = append(rows, value[float64](b, `performance.getEntriesByName('rows')[0].startTime`))
		if len(paints) == 15 {
			t.Log(value[string](b, `(() => {
				const page = performance.getEntriesByType('navigation')[0];
				const last = Math.max(...performance.getEntriesByType('resource').map((r) => r.responseEnd));
				return `+"`the last: request ${page.requestStart.toFixed()}, answer ${page.responseEnd.toFixed()}, parsed ${page.domInteractive.toFixed()}, modules run ${page.domContentLoadedEventStart.toFixed()}, the last file ${last.toFixed()} ms`"+`;
			})()`))
		}
	}
	slices.Sort(paints)
	slices.Sort(rows)
	t.Logf("first paint after %.0f ms (best), %.0f ms (half), %.0f ms (worst); the rows after %.0f, %.0f, %.0f ms", paints[0], paints[7], paints[14], rows[0], rows[7], rows[14])
	b.mu.Lock()
	defer b.mu.Unlock()
	b.ended = true
}

// metric returns one of the browser's numbers of the tab.
func metric(b *tab, name string) (found float64) {
	b.t.Helper()
	b.run(chromedp.ActionFunc(actionMetric(name, &found)))
	return found
}

// An hour of events that come and go leaves nothing behind in a tab: neither rows, nor elements, nor listeners. The sandbox's clock is
// simulated. With LONG_TESTS there are 100 events a second, which is 360,000.
func TestAnOldTabIsAsLightAsANewOne(t *testing.T) {
	const keep = 5_000
	rate := 10
	if os.Getenv("LONG_TESTS") != "" {
		rate = 100
	}
	began := time.Now().Add(-time.Hour)
	var passed atomic.Int64 // of the simulation, in seconds
	s := start(t, sandbox.Options{Keep: keep, Now: func() time.Time { return began.Add(time.Duration(passed.Load()) * time.Second) }})
	fill(t, s, keep)
	b := open(t, s.URL, "", 1440, 900)
	b.run(performance.Enable())
	b.has(".totals", grouped(keep)+" events")
	sent := keep
	minute := func() {
		for range 60 {
			passed.Add(1)
			fill(t, s, rate)
			sent += rate
		}
		b.see(fmt.Sprintf(`document.querySelector('.body .row')?.dataset.id === '%d'`, sent))
	}
	// look opens what a person would, and comes back to the list.
	look := func() {
		for hash, ready := range map[string]string{
			fmt.Sprintf("#/events/%d", sent): ".detail .json", "#/numbers": ".plots canvas", "#/consumers/consumer-3": ".card", "#/setup": "#example", "#/events?q=consumer-3": "#clear",
		} {
			b.run(chromedp.Evaluate(fmt.Sprintf(`location.hash = %q`, hash), nil))
			b.see(fmt.Sprintf(`document.querySelector(%q) !== null`, ready))
		}
		b.run(chromedp.Evaluate(`location.hash = '#/events'`, nil))
		b.see(`document.querySelector('.detail, #clear') === null && document.querySelector('.body .row') !== null`)
	}
	measure := func() (heap, nodes, listeners float64) {
		b.run(heapprofiler.CollectGarbage(), heapprofiler.CollectGarbage())
		return metric(b, "JSHeapUsedSize"), metric(b, "Nodes"), metric(b, "JSEventListeners")
	}
	var heap, nodes, listeners float64
	for i := range 60 {
		minute()
		if i%5 == 4 {
			look()
		}
		if i == 14 { // the list is full, and each screen was open
			heap, nodes, listeners = measure()
		}
	}
	heapAfter, nodesAfter, listenersAfter := measure()
	t.Logf("%d events: heap %.1f to %.1f MB, nodes %.0f to %.0f, listeners %.0f to %.0f", sent, heap/1e6, heapAfter/1e6, nodes, nodesAfter, listeners, listenersAfter)
	assert.Less(t, heapAfter, heap*1.2+2e6)
	assert.Less(t, nodesAfter, nodes*1.2+200)
	assert.Less(t, listenersAfter, listeners*1.2+50)
}

// At 200 calls a second, each row is seen soon after its call. The times are logged: a busy machine must not fail the test.
func TestARowIsSeenSoonAfterItsCall(t *testing.T) {
	s := start(t, sandbox.Options{})
	report(t, s, cart("jane-1", 1))
	b := open(t, s.URL, "", 1440, 900)
	b.has("[role=row]", "jane-1")
	b.run(chromedp.Evaluate(`(() => {
		window.seen = new Map();
		new MutationObserver(() => {
			for (const row of document.querySelectorAll('.body .row')) if (!window.seen.has(row.dataset.id)) window.seen.set(row.dataset.id, Date.now());
		}).observe(document.querySelector('.body'), { childList: true, subtree: true, attributes: true });
	})()`, nil))
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for range 600 {
		<-tick.C
		fill(t, s, 1)
	}
	b.has(".totals", "601 events")
	var late []float64
	for id, at := range value[map[string]float64](b, `Object.fromEntries(window.seen)`) {
		var n int
		_, err := fmt.Sscan(id, &n)
		require.NoError(t, err)
		if n > 1 {
			late = append(late, at-float64(s.Calls()[n-1].Time.UnixMicro())/1000)
		}
	}
	slices.Sort(late)
	require.Greater(t, len(late), 100)
	t.Logf("%d rows seen after %.0f ms (half), %.0f ms (95 %%), %.0f ms (the last)", len(late), late[len(late)/2], late[len(late)*95/100], late[len(late)-1])
}

// What an open page costs the sandbox at 500 calls a second: the processor time of a process that has nothing but the sandbox, in
// turns with the page open and without it, so that what else the machine does strikes both. A fifth of the throughput is a quarter
// more time for a call. The short form only logs it. With LONG_TESTS the page is open for a minute.
func TestAnOpenPageCostsLittle(t *testing.T) {
	const rate, seconds = 500, 2
	turns := 1
	if os.Getenv("LONG_TESTS") != "" {
		turns = 60 / seconds
	}
	process := newProcess(t)
	sent := 0
	// cost returns the processor time of the calls of a turn.
	cost := func() time.Duration {
		before := process.used()
		tick := time.NewTicker(time.Second / 50)
		defer tick.Stop()
		for i := range seconds * 50 {
			<-tick.C
			for j := range rate / 50 {
				reportTo(t, process.url, cart(fmt.Sprintf("consumer-%d", j), float64(i)))
			}
		}
		sent += seconds * rate
		return process.used() - before
	}
	cost() // the first calls are slower
	b := open(t, process.url, "", 1440, 900)
	b.run(network.Disable(), dom.Disable()) // the browser would tell this process of each event of the stream and of each row
	rows := func() {
		b.see(fmt.Sprintf(`parseInt(document.querySelector(".totals").textContent.replaceAll(",", "")) >= %d`, min(sent, sandbox.DefaultKeep)))
	}
	var alone, watched time.Duration
	for range turns {
		b.run(chromedp.Navigate(process.url + "/"))
		b.has("#connection", "Live")
		rows() // the older rows are loaded, too
		watched += cost()
		rows()
		b.run(chromedp.Navigate("about:blank"))
		alone += cost()
	}
	calls := time.Duration(turns * seconds * rate)
	t.Logf("a call takes %v of the processor alone, %v with the page open: %.2f times as much", alone/calls, watched/calls, float64(watched)/float64(alone))
	if turns > 1 {
		assert.Less(t, float64(watched), 1.25*float64(alone))
	}
}

// grouped writes a number as the page does.
func grouped(n int) string {
	if n < 1000 {
		return fmt.Sprint(n)
	}
	return fmt.Sprintf("%s,%03d", grouped(n/1000), n%1000)
}
