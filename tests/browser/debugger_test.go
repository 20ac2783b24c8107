package browser_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox"
)

// The debugger has the same page, without what only the sandbox can do.
func TestTheDebuggerShowsReceipts(t *testing.T) {
	server := newProxy(t, sandbox.NewDebugger(sandbox.Options{}))
	b := open(t, server.url, "", 1440, 900)
	b.has("h2", "Waiting for receipts")
	do(t, http.MethodPost, server.url+"/sandbox/receipts", `{"version":1,"component":"liveperson","result":"refused","detail":"the report is not as LivePerson documents it","attributes":["lead"],"consumer":"jane-1","status":400,"attempts":3,"latencies_ms":[12.5,20,31]}
		{"version":7,"result":"something else"}`)
	b.has(".row.refused", "the report is not as LivePerson documents it")
	b.has(".row.refused .attempt", "3.")
	b.has(".row.unknown", "a receipt of version 7")
	b.click("#row-1")
	b.has("#detail-title", "lead for jane-1: refused, 400")
	b.has(".json", "latencies_ms")
	b.see(`document.querySelector('#replay') === null && document.querySelector('.facts a[href*="consumers"]') === null`)
	assert.Equal(t, "Events,Numbers", value[string](b, `[...document.querySelectorAll('nav a')].map((a) => a.textContent).join()`))
}
