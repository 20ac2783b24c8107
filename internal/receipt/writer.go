package receipt

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"strings"
	"sync"
	"time"

	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/benthos-liveperson/benthos-liveperson/internal/metric"
)

const (
	// maxHeld is the most receipts of a component that may wait for the output's acknowledgement. An
	// output of this project holds as many messages.
	maxHeld = 1 << 11
	// gather is how long a receipt waits for other receipts, so that the output gets them in batches.
	gather = 20 * time.Millisecond
	// closeWait is how long Close waits for the output at most.
	closeWait = 5 * time.Second
)

// Why receipts were lost. They are the values of the metric's label.
const (
	lostFull   = "full"   // the output is too slow, or hangs
	lostFailed = "failed" // the output has refused the receipt
	lostClosed = "closed" // the output did not take the receipt before the component closed
)

// Writer makes the receipts of one component. Its methods are safe for concurrent use. A nil
// Writer makes none.
type Writer struct {
	config    Config
	component string
	typeName  string
	mgr       *service.Resources
	metrics   metrics
	random    func() float64

	mu      sync.Mutex
	waiting []entry
	held    int // receipts that wait or are being written
	closed  bool
	idle    chan struct{} // closed when held is 0; nil before Close
	warned  bool
	done    context.Context // ends the writes that are under way
	end     context.CancelFunc
}

// entry is a waiting receipt. content returns its request and answer, which are expensive to make;
// nil: it has none.
type entry struct {
	Receipt
	content Content
}

// Content returns a request and its answer, masked.
type Content func() (request, answer json.RawMessage)

func (e *entry) complete() {
	if e.content != nil {
		e.Request, e.Answer = e.content()
		e.content = nil
	}
}

type metrics struct{ written, lost *service.MetricCounter }

// NewWriter returns the Writer of a component. typeName is the component's name in configs.
func NewWriter(c Config, typeName string, mgr *service.Resources) (*Writer, error) {
	if err := c.check(mgr); err != nil {
		return nil, err
	}
	w := &Writer{
		config:    c,
		component: cmp.Or(mgr.Label(), strings.Join(append([]string{"root"}, mgr.Path()...), ".")),
		typeName:  typeName,
		mgr:       mgr,
		random:    c.Random,
	}
	if w.random == nil {
		w.random = rand.Float64
	}
	if c.Output != "" {
		w.metrics = metrics{metric.Counter(mgr.Metrics(), "liveperson_receipts_written"), metric.Counter(mgr.Metrics(), "liveperson_receipts_lost", lostFull, lostFailed, lostClosed)}
		w.done, w.end = context.WithCancel(context.Background())
	}
	return w, nil
}

// On tells whether an output or a watcher wants receipts. If not, a component need not make one.
func (w *Writer) On() bool { return w != nil && (w.config.Output != "" || watched()) }

// HasContent tells whether receipts have requests and answers.
func (w *Writer) HasContent() bool { return w.On() && w.config.Content }

// Write adds the time and the component to a receipt, and passes it to watchers and to the output.
// The Consumer of r is the plain id. content may be nil. It is called in the background, unless
// there is a watcher. Write does not wait for the output.
func (w *Writer) Write(r Receipt, content Content) {
	if !w.On() {
		return
	}
	r.Version, r.Time = Version, Time{time.Now()}
	r.Component, r.Type = w.component, w.typeName
	r.Consumer = w.config.nameOf(r.Consumer)
	e := entry{r, content}
	if watched() {
		e.complete()
		show(e.Receipt)
	}
	if w.config.Output != "" && (w.config.Sample == all || w.random()*all < float64(w.config.Sample)) {
		w.put(e)
	}
}

// put adds a receipt to the waiting ones.
func (w *Writer) put(e entry) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case w.closed:
		w.lost(1, lostClosed)
		return
	case w.held == maxHeld:
		w.lost(1, lostFull)
		return
	}
	w.held++
	w.waiting = append(w.waiting, e)
	if len(w.waiting) == 1 {
		time.AfterFunc(gather, w.flush)
	}
}

// flush writes the waiting receipts.
func (w *Writer) flush() {
	w.mu.Lock()
	receipts := w.waiting
	w.waiting = nil
	w.mu.Unlock()
	if len(receipts) > 0 {
		w.settle(len(receipts), w.write(receipts))
	}
}

// write gives receipts to the output, and returns how many of them failed.
func (w *Writer) write(receipts []entry) (failed int) {
	batch := make(service.MessageBatch, 0, len(receipts))
	for _, e := range receipts {
		e.complete()
		text, err := json.Marshal(e.Receipt)
		if err != nil {
			failed++
			continue
		}
		batch = append(batch, service.NewMessage(text))
	}
	// AccessOutput keeps Benthos from closing the resource while the function runs. If the function
	// wrote to an output that hangs, the process could not stop. So write only takes the output out of
	// AccessOutput. A closed resource may be written to: it refuses the batch.
	var out *service.ResourceOutput
	if err := w.mgr.AccessOutput(w.done, w.config.Output, func(o *service.ResourceOutput) { out = o }); err != nil {
		return len(receipts)
	}
	var each *service.BatchError
	switch err := out.WriteBatch(w.done, batch); {
	case err == nil:
	case errors.As(err, &each) && each.IndexedErrors() > 0:
		failed += each.IndexedErrors()
	default:
		failed = len(receipts)
	}
	return failed
}

// settle counts receipts that the output has acknowledged or refused. After Close it counts
// nothing, because Close has counted them as lost.
func (w *Writer) settle(n, failed int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.held == 0 {
		return
	}
	w.held -= n
	w.metrics.written.Incr(int64(n - failed))
	w.lost(failed, lostFailed)
	if w.held == 0 && w.closed {
		close(w.idle)
	}
}

// lost counts receipts that were not written. The caller holds the lock.
func (w *Writer) lost(n int, why string) {
	if n == 0 {
		return
	}
	w.metrics.lost.Incr(int64(n), why)
	if !w.warned {
		w.warned = true
		w.mgr.Logger().Warnf("A receipt could not be written to the output resource %q (%s). Messages go on. This line comes once; the metric liveperson_receipts_lost counts all", w.config.Output, why)
	}
}

// Close waits a few seconds until the output has acknowledged the receipts. Receipts that are left
// then count as lost. Call Close when the component makes no more receipts.
func (w *Writer) Close(ctx context.Context) {
	if w == nil || w.config.Output == "" {
		return
	}
	w.mu.Lock()
	if w.closed {
		w.mu.Unlock()
		return
	}
	w.closed, w.idle = true, make(chan struct{})
	if w.held == 0 {
		close(w.idle)
	}
	w.mu.Unlock()
	go w.flush()
	timer := time.NewTimer(closeWait)
	defer timer.Stop()
	select {
	case <-w.idle:
	case <-timer.C:
	case <-ctx.Done():
	}
	w.end()
	w.mu.Lock()
	defer w.mu.Unlock()
	w.lost(w.held, lostClosed)
	w.held, w.waiting = 0, nil
}
