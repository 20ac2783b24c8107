package liveperson

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"

	"github.com/benthos-liveperson/benthos-liveperson/internal/panics"
)

// token is what LivePerson has handed out.
type token struct {
	value   string
	expires time.Time // zero: never
	renew   time.Time // when another one is asked for; zero: never
}

func (t token) good() bool { return t.renew.IsZero() || time.Now().Before(t.renew) }

// tokens keeps tokens by whom they are for and gets those that are missing, one
// call at a time for each: all who want the same token wait for the same call, and
// it fails those who wait for it and nobody after. It is safe for concurrent use.
type tokens struct {
	what  string // the token's name, for errors
	fetch func(ctx context.Context, key string) (token, error)

	mu    sync.Mutex
	kept  *simplelru.LRU[string, token]
	calls map[string]*tokenCall
}

// tokenCall is a token that is being got.
type tokenCall struct {
	waiting int // guarded by the tokens' mutex
	cancel  context.CancelFunc
	done    chan struct{} // closed when the rest is set
	token   token
	err     error
}

// newTokens makes tokens of which size are kept: those used last.
func newTokens(what string, size int, fetch func(context.Context, string) (token, error)) (*tokens, error) {
	kept, err := simplelru.NewLRU[string, token](size, nil)
	if err != nil {
		return nil, err
	}
	return &tokens{what: what, fetch: fetch, kept: kept, calls: map[string]*tokenCall{}}, nil
}

// get gives a token that is good, within the context. A failure is an *Error of a
// request that has not left: the one that wanted the token.
func (t *tokens) get(ctx context.Context, key string) (token, error) {
	t.mu.Lock()
	if kept, found := t.kept.Get(key); found && kept.good() {
		t.mu.Unlock()
		return kept, nil
	}
	call := t.join(ctx, key)
	t.mu.Unlock()

	select {
	case <-call.done:
		if call.err != nil {
			return token{}, beforehand("getting "+t.what, call.err)
		}
		return call.token, nil
	case <-ctx.Done():
		t.leave(key, call)
		return token{}, beforehand("waiting for "+t.what, &Error{Class: ClassNetwork, detail: ctx.Err().Error(), cause: ctx.Err()})
	}
}

// join gives the call for a token, which it starts where there is none. It wants
// the lock.
//
// The call is nobody's own: it goes on while one of those who wait still does.
func (t *tokens) join(ctx context.Context, key string) *tokenCall {
	call, found := t.calls[key]
	if !found {
		call = &tokenCall{done: make(chan struct{})}
		ctx, call.cancel = context.WithCancel(context.WithoutCancel(ctx))
		t.calls[key] = call
		go t.run(ctx, key, call)
	}
	call.waiting++
	return call
}

func (t *tokens) run(ctx context.Context, key string, call *tokenCall) {
	defer call.cancel()
	call.err = panics.Do(func() (err error) {
		call.token, err = t.fetch(ctx, key)
		return err
	})
	t.mu.Lock()
	defer t.mu.Unlock()
	if call.err == nil {
		t.kept.Add(key, call.token)
	}
	t.end(key, call)
	close(call.done)
}

// leave stops waiting. A call for which nobody waits is broken off.
func (t *tokens) leave(key string, call *tokenCall) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if call.waiting--; call.waiting == 0 {
		call.cancel()
		t.end(key, call)
	}
}

// end lets the next one who wants the token start another call. It wants the lock.
func (t *tokens) end(key string, call *tokenCall) {
	if t.calls[key] == call {
		delete(t.calls, key)
	}
}

// drop forgets a token that LivePerson refuses, unless there is a newer one.
func (t *tokens) drop(key, refused string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if kept, found := t.kept.Peek(key); found && kept.value == refused {
		t.kept.Remove(key)
	}
}

// renewed gets a token anew, whatever is kept.
func (t *tokens) renewed(ctx context.Context, key string) (token, error) {
	t.mu.Lock()
	t.kept.Remove(key)
	t.mu.Unlock()
	return t.get(ctx, key)
}

// use makes a request with a token, and once more with another one if LivePerson
// refuses the first.
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
