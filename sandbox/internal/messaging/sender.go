package messaging

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"sync"
	"time"
)

// The pauses between retries (Connector API, retry policy).
const (
	retryPause  = 30 * time.Second // with max_retries
	firstPause  = 2 * time.Second  // with a retention time; each pause is twice as long
	longestStop = 5 * time.Minute
	drainPause  = 4 * time.Second // how long a conversation with a backlog keeps its order
)

// The states of an app with a retention time (Connector API, retry policy).
const (
	appUp         = "UP"
	appFailed     = "FAILED"
	appTransition = "IN_TRANSITION"
	appRecovered  = "RECOVERED"
)

// sender posts notifications to their endpoints, and retries those that were not accepted. It is safe for concurrent use.
type sender struct {
	identity identity
	client   *http.Client
	ctx      context.Context // for posting
	cancel   context.CancelFunc
	running  sync.WaitGroup // posts and timers

	mu         sync.Mutex // guards the fields below
	config     Webhooks
	generation int
	queues     map[string]*queue // by URL
	number     int
	timer      *time.Timer
	closed     bool
	inFlight   int
	settled    chan struct{} // closed when nothing waits; nil while nobody asks

	slowSince time.Time // since when all answers have been late; zero: the last one was in time

	// The fields below are for apps with a retention time.
	state   string
	failing map[string]bool // failing endpoints
	pause   time.Duration
	probeAt time.Time
	probing int
	backlog map[string]int // number of stored notifications, by conversation
	replay  int            // number of stored notifications that are not late
}

func newSender(config Webhooks, identity identity, transport http.RoundTripper) *sender {
	if transport == nil {
		transport = &http.Transport{
			DialContext:     (&net.Dialer{Timeout: DefaultWebhookTimeout}).DialContext,
			TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12},
			IdleConnTimeout: time.Minute,
		}
	}
	d := &sender{identity: identity, client: &http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	d.ctx, d.cancel = context.WithCancel(context.Background())
	d.begin(config)
	return d
}

// begin sets the state at the start. The caller holds the lock.
func (d *sender) begin(config Webhooks) {
	d.config = config.withDefaults()
	d.generation++
	d.queues = map[string]*queue{}
	for _, endpoint := range d.config.Endpoints {
		d.queues[endpoint.URL] = &queue{}
	}
	d.state, d.failing, d.backlog, d.probing, d.replay = appUp, map[string]bool{}, map[string]int{}, 0, 0
	d.slowSince = time.Time{}
	d.settle()
}

// configure replaces the endpoints, and drops the waiting notifications.
func (d *sender) configure(config Webhooks) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.begin(config)
}

// reset drops the waiting notifications.
func (d *sender) reset() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.begin(d.config)
}

func (d *sender) close() {
	d.mu.Lock()
	d.closed = true
	d.stopTimer()
	d.begin(d.config)
	d.mu.Unlock()
	d.cancel()
	d.running.Wait()
	d.client.CloseIdleConnections()
}

// flush returns when no notification waits.
func (d *sender) flush(ctx context.Context) error {
	for {
		d.mu.Lock()
		if d.isSettled() {
			d.mu.Unlock()
			return nil
		}
		if d.settled == nil {
			d.settled = make(chan struct{})
		}
		settled := d.settled
		d.mu.Unlock()
		select {
		case <-settled:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (d *sender) isSettled() bool {
	for _, q := range d.queues {
		if q.waiting() > 0 {
			return false
		}
	}
	return d.inFlight == 0
}

func (d *sender) settle() {
	if d.settled != nil && d.isSettled() {
		close(d.settled)
		d.settled = nil
	}
}

func (d *sender) scaled(pause time.Duration) time.Duration {
	return time.Duration(float64(pause) / d.config.Speed)
}

// pump posts the notifications that are due, and sets a timer for the next one. It must be called after each change. The
// caller holds the lock.
func (d *sender) pump() {
	if d.closed {
		return
	}
	now := time.Now()
	d.expire(now)
	d.recover(now)
	for _, q := range d.queues {
		if !q.directBusy {
			if p := takeDue(&q.direct, now); p != nil {
				q.directBusy = true
				d.start(q, p, &q.directBusy)
			}
		}
		if !q.storeBusy && (d.state == appTransition || d.state == appRecovered) {
			if p := takeDue(&q.store, now); p != nil {
				q.storeBusy = true
				d.start(q, p, &q.storeBusy)
			}
		}
	}
	d.setTimer(now)
	d.settle()
}

// start posts a notification in a new goroutine. The caller holds the lock.
func (d *sender) start(q *queue, p *posting, busy *bool) {
	d.inFlight++
	p.passable = false
	d.running.Go(func() {
		taken, took := d.deliver(p)
		d.mu.Lock()
		defer d.mu.Unlock()
		d.inFlight--
		*busy = false
		if p.generation == d.generation && !d.closed {
			d.done(q, p, taken)
			d.measure(took)
		}
		d.pump()
		d.settle()
	})
}

// done records the result of a posting. The caller holds the lock.
func (d *sender) done(q *queue, p *posting, taken bool) {
	if taken {
		q.posted++
		d.unkeep(p)
		if p.probe {
			delete(d.failing, p.url)
		}
	} else {
		q.failed++
		p.tries++
		d.repeat(q, p)
	}
	if p.probe {
		p.probe = false
		d.probing--
		d.probed()
	}
}

// repeat queues a posting that was not accepted again, or drops it. The caller holds the lock.
func (d *sender) repeat(q *queue, p *posting) {
	switch {
	case p.forged,
		d.config.Retention == 0 && (p.retries == nil || p.tries > *p.retries),
		d.config.Retention > 0 && p.retries != nil && *p.retries == 0 && !p.stored:
		q.dropped++
	case d.config.Retention == 0:
		p.due = time.Now().Add(d.scaled(retryPause))
		q.direct = insert(q.direct, p)
	default:
		d.inTime(p)
		d.keep(p)
		d.fail(p.url)
	}
}
