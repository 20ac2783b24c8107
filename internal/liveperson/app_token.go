package liveperson

import (
	"context"
	"errors"
	"sync"
	"time"
)

// appRefusedPauses are the pauses between requests that find out whether LivePerson accepts the
// app again. The last one repeats.
var appRefusedPauses = []time.Duration{5 * time.Second, 10 * time.Second, 15 * time.Second, time.Minute}

// appToken is the token of the app, which all requests share.
//
// If LivePerson refuses a token, one request tries a new one, and the others wait for the result.
// If LivePerson refuses the new token too, or gives none, the app is refused: for a pause, each
// request fails at once with that error. After the pause, one request tries again. appToken is
// safe for concurrent use.
type appToken struct {
	*tokens
	// trial is held by the request that tries a new token.
	trial chan struct{}

	mu       sync.Mutex
	doubtful bool // the last token was refused, and no new one has been accepted
	refusals int  // of the app, in a row
	refusal  error
	until    time.Time // the end of the pause
	proofs   int       // how often a new token was accepted after a refusal
}

func newAppToken(fetch func(context.Context, string) (token, error)) (*appToken, error) {
	tokens, err := newTokens("an app token", 1, fetch)
	if err != nil {
		return nil, err
	}
	return &appToken{tokens: tokens, trial: make(chan struct{}, 1)}, nil
}

// get returns a token, or the refusal of the app.
func (a *appToken) get(ctx context.Context) (token, error) {
	if err := a.refused(); err != nil {
		return token{}, err
	}
	got, err := a.tokens.get(ctx, "")
	if AccountRefused(err) {
		err = a.refuse(err)
	}
	return got, err
}

// use makes a request with a token. If LivePerson refuses the token, use makes the request once
// more with a new one.
func (a *appToken) use(ctx context.Context, request func(token string) error) error {
	if a.isDoubtful() {
		return a.try(ctx, request, false)
	}
	used, err := a.get(ctx)
	if err != nil {
		return err
	}
	if err = request(used.value); !isTokenRefusal(err) {
		return err
	}
	if a.drop("", used.value) {
		a.setDoubtful()
	}
	return a.try(ctx, request, true)
}

// try makes a request with a new token. If another request is about to find out whether LivePerson
// accepts it, try waits for that. again says that LivePerson has refused this request with another
// token.
func (a *appToken) try(ctx context.Context, request func(token string) error, again bool) error {
	select {
	case a.trial <- struct{}{}:
	case <-ctx.Done():
		return beforehand("waiting for an app token", stoppedWaiting(ctx))
	}
	if !a.isDoubtful() { // another request has proved a token meanwhile
		<-a.trial
		if !again {
			return a.use(ctx, request)
		}
		used, err := a.get(ctx)
		if err != nil {
			return err
		}
		return request(used.value)
	}
	defer func() { <-a.trial }()
	used, err := a.get(ctx)
	if err != nil {
		return err
	}
	err = request(used.value)
	if isTokenRefusal(err) {
		a.drop("", used.value)
		return a.refuse(err)
	}
	if isProof(err) {
		a.prove()
	}
	return err
}

// isProof returns whether LivePerson has accepted the app token of a request with this result.
func isProof(err error) bool {
	var e *Error
	return err == nil || errors.As(err, &e) && !e.unsent && (e.Class == ClassInvalid || e.ConsumerTokenRefused())
}

// isTokenRefusal returns whether LivePerson has refused the app token of a request.
func isTokenRefusal(err error) bool {
	var e *Error
	return errors.As(err, &e) && !e.unsent && e.AppTokenRefused()
}

// refuse begins a pause, or the next one. It returns the error with which requests fail.
func (a *appToken) refuse(err error) error {
	refusal := &Error{}
	var e *Error
	if errors.As(err, &e) {
		*refusal = *e
	} else {
		refusal = beforehand("", err)
	}
	refusal.appRefused = true
	a.mu.Lock()
	defer a.mu.Unlock()
	a.doubtful = true
	if now := time.Now(); !now.Before(a.until) {
		a.until = now.Add(appRefusedPauses[min(a.refusals, len(appRefusedPauses)-1)])
		a.refusals++
	}
	waiting := *refusal
	waiting.unsent, waiting.Attempts = true, 0
	a.refusal = &waiting
	return refusal
}

// refused returns the refusal of the app while the pause lasts. It is a copy, because a retrier
// writes into it.
func (a *appToken) refused() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	var e *Error
	if time.Now().Before(a.until) && errors.As(a.refusal, &e) {
		again := *e
		return &again
	}
	return nil
}

// prove ends the doubt: LivePerson has accepted a token.
func (a *appToken) prove() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.doubtful, a.refusals, a.refusal, a.until = false, 0, nil, time.Time{}
	a.proofs++
}

func (a *appToken) isDoubtful() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.doubtful
}

func (a *appToken) setDoubtful() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.doubtful = true
}

// AppProofs returns how often LivePerson has accepted a new app token after it had refused one. If
// the number has grown and LivePerson still refuses a request, that request is the cause, and not
// the app.
func (c *Connector) AppProofs() int {
	c.app.mu.Lock()
	defer c.app.mu.Unlock()
	return c.app.proofs
}

// Unsent says that no byte of the request was sent.
func (e *Error) Unsent() bool { return e.unsent }

// AppRefused says that LivePerson refuses the app: its credentials, or an app token that it has
// just given. Every other request would fail in the same way.
func (e *Error) AppRefused() bool { return e.appRefused }
