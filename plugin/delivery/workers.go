package delivery

import (
	"sync"
	"sync/atomic"
)

// Workers run functions, each in a goroutine. The goroutines stay for the next ones: a
// new one begins with a small stack, which is copied once or twice on the way down to
// the network. It is safe for concurrent use.
type Workers struct {
	most  int32
	idle  atomic.Int32
	tasks chan func()

	closing sync.Once
	closed  chan struct{}
}

// NewWorkers makes workers of whom at most so many stay while there is nothing to do.
func NewWorkers(most int) *Workers {
	return &Workers{most: int32(most), tasks: make(chan func()), closed: make(chan struct{})}
}

// Go runs a function and does not wait for it.
func (w *Workers) Go(task func()) {
	select {
	case w.tasks <- task:
	default:
		go w.work(task)
	}
}

// Close lets the workers go as soon as they have nothing to do. Go still works.
func (w *Workers) Close() { w.closing.Do(func() { close(w.closed) }) }

func (w *Workers) work(task func()) {
	for {
		task()
		if w.idle.Add(1) > w.most {
			w.idle.Add(-1)
			return
		}
		select {
		case task = <-w.tasks:
			w.idle.Add(-1)
		case <-w.closed:
			return
		}
	}
}
