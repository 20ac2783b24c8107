package liveperson

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"

	"github.com/benthos-liveperson/benthos-liveperson/internal/singleflight"
)

// token is a token that LivePerson has issued.
type token struct {
	value   string
	expires time.Time // zero: never
	renew   time.Time // when to get another one; zero: never
}

func (t token) good() bool { return t.renew.IsZero() || time.Now().Before(t.renew) }

// tokens keeps tokens by key, and fetches missing ones. Callers that need the same token
// share one fetch. If it fails, it fails for those callers, and the next caller fetches
// again. tokens is safe for concurrent use.
type tokens struct {
	what    string // the token's name, for errors
	fetch   func(ctx context.Context, key string) (token, error)
	fetches singleflight.Group[token]

	mu   sync.Mutex
	kept *simplelru.LRU[string, token]
}

// newTokens makes tokens that keeps the size most recently used ones.
func newTokens(what string, size int, fetch func(context.Context, string) (token, error)) (*tokens, error) {
	kept, err := simplelru.NewLRU[string, token](size, nil)
	if err != nil {
		return nil, err
	}
	return &tokens{what: what, fetch: fetch, kept: kept}, nil
}

// get returns a valid token. An error is an *Error which says that the request that needs the
// token was not sent. If ctx ends, get returns, and the fetch continues for the other callers.
func (t *tokens) get(ctx context.Context, key string) (token, error) {
	if kept, found := t.lookUp(key); found {
		return kept, nil
	}
	got, err := t.fetches.Do(ctx, key, func(ctx context.Context) (token, error) {
		if kept, found := t.lookUp(key); found { // from a fetch that ended just now
			return kept, nil
		}
		got, err := t.fetch(ctx, key)
		if err != nil {
			return token{}, err
		}
		t.mu.Lock()
		defer t.mu.Unlock()
		t.kept.Add(key, got)
		return got, nil
	})
	switch {
	case err == nil:
		return got, nil
	case ctx.Err() != nil:
		return token{}, beforehand("waiting for "+t.what, stoppedWaiting(ctx))
	}
	return token{}, beforehand("getting "+t.what, err)
}

func (t *tokens) lookUp(key string) (kept token, good bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	kept, found := t.kept.Get(key)
	return kept, found && kept.good()
}

// drop forgets a token that LivePerson has refused, unless there is a newer one. It returns
// whether it was the newest one.
func (t *tokens) drop(key, refused string) (newest bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	kept, found := t.kept.Peek(key)
	if found && kept.value == refused {
		t.kept.Remove(key)
	}
	return !found || kept.value == refused
}

// renewed forgets the kept token and gets a new one.
func (t *tokens) renewed(ctx context.Context, key string) (token, error) {
	t.mu.Lock()
	t.kept.Remove(key)
	t.mu.Unlock()
	return t.get(ctx, key)
}

// use makes a request with a token. If LivePerson refuses the token, use gets another one
// and makes the request once more.
func (t *tokens) use(ctx context.Context, key string, refused func(*Error) bool, request func(token string) error) error {
	used, err := t.get(ctx, key)
	if err != nil {
		return err
	}
	err = request(used.value)
	var e *Error
	if !errors.As(err, &e) || e.unsent || !refused(e) {
		return err
	}
	t.drop(key, used.value)
	if used, err = t.get(ctx, key); err != nil {
		return err
	}
	return request(used.value)
}
