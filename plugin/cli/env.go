package cli

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
)

// environment has the variables of configs. A variable that is not set may come from a file: the variable NAME_FILE has
// its path. Orchestrators mount secrets as files.
type environment struct {
	mu  sync.Mutex
	err error // of the first file that could not be read
}

// lookUp returns a variable, or what its file has. Benthos takes no error from a look-up. So lookUp remembers it, and
// check returns it before anything runs.
func (e *environment) lookUp(name string) (value string, set bool) {
	value, set = os.LookupEnv(name)
	path := os.Getenv(name + envFileSuffix)
	if path == "" {
		return value, set
	}
	if value != "" {
		e.remember(fmt.Errorf("%s and %s: only one of them", name, name+envFileSuffix))
		return value, set
	}
	value, err := readSecretFile(name+envFileSuffix, path)
	if err == nil && strings.ContainsAny(value, "\r\n") {
		err = errors.New(name + envFileSuffix + ": the file has more than one line: is it the right one?")
	}
	if err != nil {
		e.remember(err)
		return "", false
	}
	return value, true
}

func (e *environment) remember(err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.err == nil {
		e.err = err
	}
}

// check returns the error of a file that the config needs. Benthos calls it after it has read the config.
func (e *environment) check() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.err
}
