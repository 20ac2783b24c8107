package cache

import (
	"context"
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"
	"github.com/redpanda-data/benthos/v4/public/service"
)

// inMemory keeps values in this process.
type inMemory[T any] struct {
	adding sync.Mutex // one Add at a time
	mu     sync.Mutex
	values *simplelru.LRU[string, T]

	bytes, mostBytes int // of all values; 0: not counted

	once    sync.Once
	entries *service.MetricGauge // nil: the entries are not counted
}

func newMemory[T any](entries, mostBytes int) *inMemory[T] {
	m := &inMemory[T]{mostBytes: mostBytes}
	values, err := simplelru.NewLRU(entries, func(_ string, value T) { m.bytes -= m.size(value) })
	if err != nil { // only if entries is less than one
		panic(err)
	}
	m.values = values
	return m
}

// isNew tells one of the callers, the first, that the cache has just been made.
func (m *inMemory[T]) isNew() (is bool) {
	m.once.Do(func() { is = true })
	return is
}

// countIn shows the number of values in a gauge from now on.
func (m *inMemory[T]) countIn(entries *service.MetricGauge) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.entries = entries
}

func (m *inMemory[T]) size(value T) int {
	if m.mostBytes == 0 {
		return 0
	}
	return len(any(value).([]byte))
}

func (m *inMemory[T]) Get(_ context.Context, id string) (value T, found bool, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	value, found = m.values.Get(id)
	return value, found, nil
}

func (m *inMemory[T]) Set(_ context.Context, id string, value T) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.values.Remove(id)
	m.values.Add(id, value)
	for m.bytes += m.size(value); m.bytes > m.mostBytes; {
		m.values.RemoveOldest()
	}
	m.entries.Set(int64(m.values.Len()))
	return nil
}

func (m *inMemory[T]) Add(ctx context.Context, id string, value T, _ time.Duration) (added bool, err error) {
	m.adding.Lock()
	defer m.adding.Unlock()
	if _, found, _ := m.Get(ctx, id); found {
		return false, nil
	}
	return true, m.Set(ctx, id, value)
}

func (m *inMemory[T]) Delete(_ context.Context, id string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.values.Remove(id)
	m.entries.Set(int64(m.values.Len()))
	return nil
}
