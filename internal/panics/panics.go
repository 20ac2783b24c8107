// Package panics makes errors of panics, so that a defect of this project fails one
// message and not the process. It knows nothing of Benthos or LivePerson.
//
// A panic's value may have personal data in it, such as the text that could not be
// handled. It is therefore kept only when it is a runtime.Error, such as an index out of
// range, which has none.
package panics

import (
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"sync/atomic"
)

// Error is the error of what panicked.
type Error struct {
	// Place is where the panic began, such as message/split.go:54.
	Place string
	// What is the panic's type, and what a runtime.Error says.
	What string
	// Stack is the goroutine's, as debug.Stack has it.
	Stack []byte

	taken atomic.Bool
}

func (e *Error) Error() string {
	return "internal error at " + e.Place + ": please report it, with the stack that is in the log"
}

// Take tells whether the caller is the first to take the error. The first one logs and
// counts it, and the others that see the error on its way do not.
func (e *Error) Take() bool { return e.taken.CompareAndSwap(false, true) }

// Do does something. If that panics, Do returns an *Error.
func Do(do func() error) (err error) {
	defer func() {
		if value := recover(); value != nil {
			err = newError(value)
		}
	}()
	return do()
}

func newError(value any) *Error {
	what := fmt.Sprintf("%T", value)
	if err, is := value.(error); is {
		var known runtime.Error
		if errors.As(err, &known) {
			what += ": " + known.Error()
		}
	}
	return &Error{Place: place(), What: what, Stack: debug.Stack()}
}

// place gives file and line of the function that panicked: the one below the runtime's.
func place() string {
	var callers [64]uintptr
	frames := runtime.CallersFrames(callers[:runtime.Callers(0, callers[:])])
	panicking := false
	for {
		frame, more := frames.Next()
		inRuntime := strings.HasPrefix(frame.Function, "runtime.")
		switch {
		case frame.Function == "runtime.gopanic":
			panicking = true
		case panicking && !inRuntime:
			folder, file := filepath.Split(frame.File)
			return fmt.Sprintf("%s/%s:%d", filepath.Base(folder), file, frame.Line)
		}
		if !more {
			return "an unknown place"
		}
	}
}
