package sandbox

import (
	"net/http"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/clock"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/control"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/httpapi"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/journal"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/page"
)

// Debugger shows receipts on the sandbox's page. It has no account: nothing can be reported to it. It is safe for concurrent use
// and keeps everything in memory, unless it has a store.
type Debugger struct {
	sandbox *Sandbox
	pages   *control.Pages
}

// NewDebugger returns a debugger without receipts. It uses the options Keep, KeepFor, KeepBytes, Password and Now.
func NewDebugger(options Options) *Debugger {
	options = options.withDefaults()
	s := &Sandbox{options: options, mux: http.NewServeMux(), clock: clock.New(options.Now)}
	s.journal = journal.New(journal.Limits{Calls: options.Keep, Bytes: options.KeepBytes, Age: options.KeepFor}, s.clock.Now)
	pages := control.New(control.Parts{Clock: s.clock, Journal: s.journal, Reset: s.journal.Reset, PageVersion: page.Version(), ReceiptsOnly: true})
	s.serve(pages.Routes(), page.Routes(s.clock.Now))
	return &Debugger{sandbox: s, pages: pages}
}

// ReceiptStore keeps receipts over a restart.
type ReceiptStore = control.ReceiptStore

// SetStore sets where the debugger keeps receipts that it gets from now on. Call it before the debugger serves.
func (d *Debugger) SetStore(store ReceiptStore) { d.pages.Store = store }

// ServeHTTP answers requests for the page and for the addresses that it uses.
func (d *Debugger) ServeHTTP(w http.ResponseWriter, r *http.Request) { d.sandbox.ServeHTTP(w, r) }

// AddReceipts adds receipts: one JSON object, a list, or one object on each line. It adds all of them or none.
func (d *Debugger) AddReceipts(receipts []byte) error {
	_, err := d.pages.AddReceipts(receipts)
	return err
}

// AddReceipts adds receipts, as Debugger.AddReceipts does. The sandbox keeps the receipts of events that did not become a call.
func (s *Sandbox) AddReceipts(receipts []byte) error {
	_, err := s.pages.AddReceipts(receipts)
	return err
}

// AddSource shows the event that a pipeline sent as this body beside the calls with it: the oldest of the latest ones that have no
// event yet, one for each attempt. A body that AddReceipts took gets its event in the same way.
func (s *Sandbox) AddSource(body []byte, attempts int, source []byte) {
	s.journal.AddSource(body, attempts, source)
}

// serve registers routes.
func (s *Sandbox) serve(tables ...[]httpapi.Route) {
	for _, routes := range tables {
		s.routes = append(s.routes, routes...)
	}
	for _, route := range s.routes {
		s.mux.HandleFunc(route.Path, s.guard(route.Path, route.Serve))
	}
	s.mux.HandleFunc("/", s.unknownPath)
}
