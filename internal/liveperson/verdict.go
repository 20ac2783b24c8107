package liveperson

import (
	"context"
	"errors"
	"fmt"
	"net"
)

// AccountRefused says that LivePerson refuses the account, the app or its credentials, or
// that the host is not LivePerson's: other requests will fail in the same way. A visitor or
// session id that LivePerson does not know says nothing of the kind.
func (e *Error) AccountRefused() bool {
	switch e.Class {
	case ClassUnauthorised:
		return true
	case ClassNotFound:
		return !e.StaleIDs()
	}
	return false
}

// AccountRefused says the same of any error, of the Domain API's too.
func AccountRefused(err error) bool {
	var e *Error
	return NoService(err) || errors.As(err, &e) && e.AccountRefused()
}

// Kind gives the class and status of an error, for logs and counts.
func Kind(err error) string {
	var e *Error
	if !errors.As(err, &e) {
		return "class=other"
	}
	return fmt.Sprintf("class=%s status=%d", e.Class, e.Status)
}

// Overload says that LivePerson, or a front end, has more requests than it can take: the
// answers that the table of failures marks, a refused connection or a time-out. Other failures
// may be about one consumer or one account, and say nothing about load.
func (e *Error) Overload() bool {
	if e.Class == ClassNetwork {
		return timedOut(e.cause) || noConnection(e.cause)
	}
	row := failureOf(e.Status, e.Code, "")
	return row.overload && row.class == e.Class
}

func timedOut(err error) bool {
	var timeout net.Error
	return errors.Is(err, context.DeadlineExceeded) || errors.As(err, &timeout) && timeout.Timeout()
}

// noConnection says that the host was found and took no connection.
func noConnection(err error) bool {
	var op *net.OpError
	var dns *net.DNSError
	return errors.As(err, &op) && op.Op == "dial" && !errors.As(err, &dns)
}

// Unanswered is the error of a request that got no answer.
func Unanswered(cause error) *Error { return &Error{Class: ClassNetwork, cause: cause} }
