package delivery

import (
	"context"
	"sync"
)

// Workers do tasks: so many at a time, those that have waited longest first. A task that
// begins when it can go on at once finds its data in the processor's caches and a stack
// that has grown; thousands that begin only to wait for each other cost a tenth more.
//
// What would hold up others is done aside, and does not count. Workers are safe for
// concurrent use, and none is there while there is nothing to do.
type Workers struct {
	most int

	mu    sync.Mutex
	busy  int // those at work who are not aside
	tasks []func()
}

// NewWorkers makes workers for at most so many tasks at a time.
func NewWorkers(most int) *Workers { return &Workers{most: most} }

// Go has a task done, and does not wait for it.
func (w *Workers) Go(task func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.tasks = append(w.tasks, task)
	w.call()
}

type workersKey struct{}

// Context gives the context with which tasks make Aside known to these workers.
func (w *Workers) Context(ctx context.Context) context.Context {
	return context.WithValue(ctx, workersKey{}, w)
}

// Aside waits for something, while the workers of the context go on with other tasks. It
// is for what may take long, or may want another task to be done.
func Aside(ctx context.Context, wait func()) {
	w, _ := ctx.Value(workersKey{}).(*Workers)
	if w == nil {
		wait()
		return
	}
	w.step(-1)
	defer w.step(1)
	wait()
}

// Await waits aside until a channel is closed, or the context ends: then with its
// error.
func Await(ctx context.Context, closed <-chan struct{}) (err error) {
	Aside(ctx, func() {
		select {
		case <-closed:
		case <-ctx.Done():
			err = ctx.Err()
		}
	})
	return err
}

// step counts who goes aside, and who comes back: they go on at once.
func (w *Workers) step(n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.busy += n
	w.call()
}

// call has another worker come if there is something to do, and room.
func (w *Workers) call() {
	if len(w.tasks) > 0 && w.busy < w.most {
		w.busy++
		go w.work(w.take())
	}
}

func (w *Workers) take() func() {
	task := w.tasks[0]
	w.tasks[0] = nil
	w.tasks = w.tasks[1:]
	return task
}

func (w *Workers) work(task func()) {
	for ; task != nil; task = w.next() {
		task()
	}
}

// next gives a worker's next task; nil: it goes.
func (w *Workers) next() func() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.tasks) == 0 || w.busy > w.most {
		w.busy--
		return nil
	}
	return w.take()
}
