package session

import (
	"context"

	lru "github.com/hashicorp/golang-lru/v2"
)

// localConsumers is how many consumers are remembered in this process, those of
// the newest sessions: some 30 MB at the most.
const localConsumers = 100_000

// NewLocal makes a store that remembers in this process alone.
func NewLocal(limits Limits) *Store {
	cache, err := lru.New[string, Session](localConsumers)
	if err != nil { // only for a size below one
		panic(err)
	}
	return newStore(limits, local{cache})
}

type local struct{ cache *lru.Cache[string, Session] }

func (l local) get(_ context.Context, consumer string) Session {
	s, _ := l.cache.Get(consumer)
	return s
}

func (l local) set(_ context.Context, consumer string, s Session) { l.cache.Add(consumer, s) }

func (l local) delete(_ context.Context, consumer string) { l.cache.Remove(consumer) }
