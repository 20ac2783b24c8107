package browser_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"syscall"
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
	b.firstPaint("a new tab")
	b.run(chromedp.Reload(), chromedp.WaitVisible("#personal"))
	b.has(".totals", "50,000 events")
	b.firstPaint("loaded again")
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
	b.run(chromedp.Evaluate(`(() => { const e = document.querySelector('#search'); e.value = 'consumer-77'; e.dispatchEvent(new Event('input', { bubbles: true })); })()`, nil))
	b.see(`document.querySelector('[data-shown]').dataset.shown !== '50000' && document.querySelectorAll('.body .row').length > 0`)
	t.Logf("filtering: %.0f ms at most", value[float64](b, `Math.max(...performance.getEntriesByName('filter').map((m) => m.duration))`))
	b.run(heapprofiler.CollectGarbage())
	t.Logf("heap: %.0f MB, %.0f nodes", metric(b, "JSHeapUsedSize")/1e6, metric(b, "Nodes"))
	assert.Less(t, metric(b, "JSHeapUsedSize")/1e6, 100.0)
}

// firstPaint logs when the browser first painted something, and what it had waited for.
func (b *tab) firstPaint(what string) {
	b.t.Helper()
	b.t.Logf("%s: %s", what, value[string](b, `(() => {
		const page = performance.getEntriesByType('navigation')[0];
		const style = performance.getEntriesByType('resource').find((r) => r.name.endsWith('style.css'));
		const paint = performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? -1;
		return `+"`first paint after ${paint.toFixed()} ms; request ${page.requestStart.toFixed()}, answer ${page.responseEnd.toFixed()}, style ${style.responseEnd.toFixed()}, parsed ${page.domInteractive.toFixed()}, modules run ${page.domContentLoadedEventStart.toFixed()}`"+`;
	})()`))
}

// metric returns one of the browser's numbers of the tab.
func metric(b *tab, name string) (found float64) {
	b.t.Helper()
	b.run(chromedp.ActionFunc(actionMetric(name, &found)))
	return found
}

// Events that come and go leave nothing behind: neither rows, nor elements, nor listeners.
func TestAnOldTabIsAsLightAsANewOne(t *testing.T) {
	s := start(t, sandbox.Options{Keep: 500})
	fill(t, s, 2_000)
	b := open(t, s.URL, "", 1440, 900)
	b.run(performance.Enable())
	b.has(".totals", "500 events")
	measure := func() (heap, nodes, listeners float64) {
		b.run(heapprofiler.CollectGarbage(), heapprofiler.CollectGarbage())
		return metric(b, "JSHeapUsedSize"), metric(b, "Nodes"), metric(b, "JSEventListeners")
	}
	turn := func(round int) {
		fill(t, s, 3_000)
		last := 2_000 + round*3_000
		b.see(fmt.Sprintf(`document.querySelector('.body .row')?.dataset.id === '%d'`, last))
		b.run(chromedp.Evaluate(fmt.Sprintf(`location.hash = '#/events/%d'`, last), nil))
		b.see(`document.querySelector('.detail .json') !== null`)
		b.run(chromedp.Evaluate(`location.hash = '#/numbers'`, nil))
		b.see(`document.querySelectorAll('.plots canvas').length === 3`)
		b.run(chromedp.Evaluate(`location.hash = '#/events'`, nil))
		b.see(`document.querySelector('.detail') === null && document.querySelector('.body .row') !== null`)
	}
	for round := 1; round <= 3; round++ {
		turn(round)
	}
	heap, nodes, listeners := measure()
	for round := 4; round <= 12; round++ {
		turn(round)
	}
	heapAfter, nodesAfter, listenersAfter := measure()
	t.Logf("heap %.1f to %.1f MB, nodes %.0f to %.0f, listeners %.0f to %.0f", heap/1e6, heapAfter/1e6, nodes, nodesAfter, listeners, listenersAfter)
	assert.Less(t, heapAfter, heap*1.3+2e6)
	assert.Less(t, nodesAfter, nodes*1.3+200)
	assert.Less(t, listenersAfter, listeners*1.3+50)
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

// What an open page costs the sandbox at 500 calls a second: the processor time of this process, in which the sandbox runs. The
// browser has a process of its own, and a busy machine changes little. It is logged. With LONG_TESTS it lasts a minute.
func TestAnOpenPageCostsLittle(t *testing.T) {
	const rate = 500
	seconds := 2
	if os.Getenv("LONG_TESTS") != "" {
		seconds = 60
	}
	s := start(t, sandbox.Options{})
	// cost returns the processor time of a call.
	cost := func(seconds int) time.Duration {
		before := processorTime(t)
		tick := time.NewTicker(time.Second / 50)
		defer tick.Stop()
		for range seconds * 50 {
			<-tick.C
			fill(t, s, rate/50)
		}
		return (processorTime(t) - before) / time.Duration(seconds*rate)
	}
	cost(1)
	alone := cost(seconds)
	b := open(t, s.URL, "", 1440, 900)
	b.has("#connection", "Live")
	b.has(".totals", grouped((1+seconds)*rate)+" events") // the older rows are loaded, too
	b.run(network.Disable(), dom.Disable())               // the browser would tell this process of each event of the stream and of each row
	watched := cost(seconds)
	b.see(fmt.Sprintf(`parseInt(document.querySelector(".totals").textContent.replaceAll(",", "")) >= %d`, min((1+2*seconds)*rate, sandbox.DefaultKeep)))
	t.Logf("a call takes %v of the processor alone, %v with the page open", alone, watched)
}

// processorTime returns how long this process has run on processors.
func processorTime(t *testing.T) time.Duration {
	t.Helper()
	var usage syscall.Rusage
	require.NoError(t, syscall.Getrusage(syscall.RUSAGE_SELF, &usage))
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// grouped writes a number as the page does.
func grouped(n int) string {
	if n < 1000 {
		return fmt.Sprint(n)
	}
	return fmt.Sprintf("%s,%03d", grouped(n/1000), n%1000)
}
