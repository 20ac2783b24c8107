package cli

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"time"

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

// What Go's package flag says of a flag that it can't read. The value is not repeated, as it may be a secret.
var (
	wrongValue  = regexp.MustCompile(`^invalid (?:boolean )?value ".*" for (?:flag )?-([a-z-]+): `)
	noValue     = regexp.MustCompile(`^flag needs an argument: -+([a-z-]+)$`)
	unknownFlag = regexp.MustCompile(`^flag provided but not defined: -+(.+)$`)
)

// onUsageError is for flags that can't be read: it says what to write.
func onUsageError(c *ucli.Context, err error, _ bool) error {
	said := err.Error()
	if found := wrongValue.FindStringSubmatch(said); found != nil {
		said = fmt.Sprintf("--%s: must be %s", found[1], valueOf(c.Command.Flags, found[1]))
	} else if found := noValue.FindStringSubmatch(said); found != nil {
		said = fmt.Sprintf("--%s: must have a value", found[1])
	} else if found := unknownFlag.FindStringSubmatch(said); found != nil {
		said = "there is no flag --" + found[1]
	}
	return badFlags(fmt.Errorf("%s; %s --help has the flags", said, c.Command.HelpName))
}

// valueOf says what a flag may be, with its default as the example if it has one.
func valueOf(flags []ucli.Flag, name string) string {
	for _, flag := range flags {
		if !slices.Contains(flag.Names(), name) {
			continue
		}
		switch f := flag.(type) {
		case *ucli.IntFlag:
			return fmt.Sprintf("a whole number such as %d", cmp.Or(f.Value, 3))
		case *ucli.DurationFlag:
			return fmt.Sprintf("a time such as %s", cmp.Or(f.Value, 30*time.Second))
		case *ucli.BoolFlag:
			return "true or false, or without a value"
		}
	}
	return "another value"
}

// noArguments refuses what is no flag. It does not repeat it, as it may have been meant for a flag with a secret.
func noArguments(c *ucli.Context) error {
	if c.Args().Present() {
		return fmt.Errorf("%s takes flags and no arguments: is there a flag's name in front of each value?", c.Command.Name)
	}
	return nil
}
