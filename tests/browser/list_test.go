package browser_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/assert"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox"
)

func TestNewEventsArriveByThemselves(t *testing.T) {
	s := start(t, sandbox.Options{})
	b := open(t, s.URL, "", 1440, 900)
	b.has("h2", "Waiting for events")
	report(t, s, cart("jane-1", 12.5))
	b.has("[role=row]", "cart")
	b.has("[role=row]", "jane-1")
	report(t, s, `{"consumerId":"jane-1","engagementAttributes":[7]}`)
	b.has(".row.refused", "400")
	b.has(".totals", "2 events, 1 refused")
	do(t, http.MethodPost, s.URL+"/sandbox/receipts", `{"version":1,"result":"withheld","reason":"consent","detail":"the consumer did not consent","event":"page_view","consumer":"mary-1"}`)
	b.has(".row.withheld", "the consumer did not consent")
}

func TestAPausedListLosesNothing(t *testing.T) {
	s := start(t, sandbox.Options{})
	report(t, s, cart("jane-1", 1))
	b := open(t, s.URL, "", 1440, 900)
	b.has("[role=row]", "jane-1")
	b.click("#live")
	for i := range 5 {
		report(t, s, cart("john-1", float64(i)))
	}
	b.has("#live", "Resume (5 new)")
	assert.Equal(t, 1, value[int](b, `document.querySelectorAll('.body .row').length`))
	b.click("#live")
	b.see(`document.querySelectorAll('.body .row').length === 6`)
}

func TestEventsAreSearchedAndFiltered(t *testing.T) {
	s := start(t, sandbox.Options{})
	report(t, s, cart("jane-1", 12.5))
	report(t, s, cart("john-1", 777.25))
	report(t, s, `{"consumerId":"jane-1","engagementAttributes":[{"type":"lead","lead":{"leadId":"L-1"}}]}`)
	report(t, s, `{"consumerId":"jane-1","engagementAttributes":[7]}`)
	b := open(t, s.URL, "", 1440, 900)
	b.see(`document.querySelectorAll('.body .row').length === 4`)
	for search, rows := range map[string]int{
		"jane": 3, "777.25": 1, "type:cart": 2, "type:cart -consumer:john-1": 1, "status:4xx": 1, "nothing at all": 0, "l-1": 1, "endpoint:report": 4,
		"since:10m": 4, "since:2001-02-03T04:05:06Z type:lead": 1, "since:2999-01-01T00:00:00Z": 0, "session:none": 0,
	} {
		b.search(search)
		b.see(fmt.Sprintf(`document.querySelectorAll('.body .row').length === %d && Number(document.querySelector('[data-shown]').dataset.shown) === %d`, rows, rows))
	}
	b.search("since:yesterdayish")
	b.has("#search-error", "write a time such as")
	b.click("#clear")
	b.click("[data-result=refused]")
	b.see(`document.querySelectorAll('.body .row').length === 1`)
	b.click("[data-result=refused]")
	b.click(".head .consumer button")
	b.see(`document.querySelector('.head .consumer').getAttribute('aria-sort') === 'descending'`)
	b.see(`document.querySelector('.body .row .consumer').textContent === 'john-1'`)
}

// The whole list works with the keys alone, and the focus comes back to the row that was opened.
func TestTheListIsUsedByKeys(t *testing.T) {
	s := start(t, sandbox.Options{})
	for i := range 50 {
		report(t, s, cart(fmt.Sprintf("consumer-%d", i), 1))
	}
	b := open(t, s.URL, "", 1440, 900)
	b.see(`document.querySelectorAll('.body .row').length > 20`)
	b.run(chromedp.Focus("#list"))
	b.key(kb.ArrowDown)
	b.key(kb.ArrowDown)
	b.see(`document.querySelector('#list').getAttribute('aria-activedescendant') === 'row-49'`)
	b.key(kb.End)
	b.see(`document.querySelector('#list').getAttribute('aria-activedescendant') === 'row-1'`)
	b.key("k")
	b.key(kb.Enter)
	b.has("#detail-title", "cart for consumer-1: accepted")
	b.see(`document.activeElement.id === 'detail-title'`)
	b.key(kb.Escape)
	b.see(`document.activeElement.id === 'list' && document.querySelector('#list').getAttribute('aria-activedescendant') === 'row-2'`)
	b.key("/")
	b.see(`document.activeElement.id === 'search'`)
	b.run(chromedp.Focus("#list"))
	b.key("?")
	b.has("dialog", "These keys")
	b.key(kb.Escape)
	b.see(`document.querySelector('dialog') === null`)
	b.run(chromedp.Focus("#list"))
	b.key("g")
	b.key("n")
	b.see(`document.querySelector('main').dataset.screen === 'numbers'`)
}
