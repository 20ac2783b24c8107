package cli

import (
	"fmt"

	ucli "github.com/urfave/cli/v2"
)

// exitBadFlags is the exit code of a command that was not begun, as it was called wrongly. What has gone wrong
// otherwise ends with 1.
const exitBadFlags = 2

// exitError ends the process with a code of its own.
type exitError struct {
	code int
	error
}

func (e exitError) Unwrap() error { return e.error }

func badFlags(err error) error { return exitError{exitBadFlags, err} }

// onUsageError is for flags that can't be read.
func onUsageError(c *ucli.Context, err error, _ bool) error {
	return badFlags(fmt.Errorf("%w; %s has the flags", err, c.Command.HelpName+" --help"))
}

// noArguments refuses what is no flag. It does not repeat it, as it may have been meant for a flag with a secret.
func noArguments(c *ucli.Context) error {
	if c.Args().Present() {
		return fmt.Errorf("%s takes flags and no arguments: is there a flag's name in front of each value?", c.Command.Name)
	}
	return nil
}
