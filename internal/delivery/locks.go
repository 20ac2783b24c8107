package delivery

import (
	"context"
	"sync"
)

// Locks locks names. In the zero value no name is locked. It is safe for concurrent use.
type Locks struct {
	mu     sync.Mutex
	locked map[string]chan struct{} // closed when the name is unlocked
}

// Lock waits until all names are unlocked, and then locks all of them. It locks none while it
// waits, so two callers can't wait for each other. The only error is the context's. Then no name is
// locked.
func (l *Locks) Lock(ctx context.Context, names ...string) (unlock func(), err error) {
	for {
		unlock, other := l.TryLock(names...)
		if unlock != nil {
			return unlock, nil
		}
		if err := await(ctx, other); err != nil {
			return nil, err
		}
	}
}

// TryLock locks all names. If one of them is locked, it locks none: unlock is nil, and other is
// closed when that name is unlocked.
func (l *Locks) TryLock(names ...string) (unlock func(), other <-chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, name := range names {
		if other, is := l.locked[name]; is {
			return nil, other
		}
	}
	if l.locked == nil {
		l.locked = map[string]chan struct{}{}
	}
	free := make(chan struct{})
	for _, name := range names {
		l.locked[name] = free
	}
	return func() { l.unlock(names, free) }, nil
}

func (l *Locks) unlock(names []string, free chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, name := range names {
		delete(l.locked, name)
	}
	close(free)
}

// Len returns the number of names that are locked.
func (l *Locks) Len() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.locked)
}
