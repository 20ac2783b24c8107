// Package exit lets a component end the process with an exit code. Benthos gives plugins
// no way to do that.
package exit

import (
	"os"
	"sync"
)

// Exit codes that this project adds to those of Benthos.
const (
	// AccountRefused ends a process whose account or credentials LivePerson refuses.
	AccountRefused = 3
)

var (
	mu      sync.Mutex
	handler func(code int)
)

// Handle sets what ends the process: it stops the pipelines cleanly and then exits with the
// code. Without a handler Now exits at once, and the inputs deliver again what was not
// acknowledged. The result takes the handler away.
func Handle(end func(code int)) (remove func()) {
	mu.Lock()
	defer mu.Unlock()
	handler = end
	return func() {
		mu.Lock()
		defer mu.Unlock()
		handler = nil
	}
}

// Now ends the process.
func Now(code int) {
	mu.Lock()
	end := handler
	mu.Unlock()
	if end == nil {
		os.Exit(code)
	}
	end(code)
}
