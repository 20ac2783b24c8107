package cli

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"time"

	ucli "github.com/urfave/cli/v2"
)

// exitBadFlags is the exit code if flags are wrong and the command did nothing. Other failures end with 1.
const exitBadFlags = 2

// exitTemporary is the exit code of the doctor if all that failed may pass without a change. 3 is exit.AccountRefused.
const exitTemporary = 4

// exitError ends the process with its code.
type exitError struct {
	code int
	error
}

func (e exitError) Unwrap() error { return e.error }

func badFlags(err error) error { return exitError{exitBadFlags, err} }

// The errors of Go's package flag. Our errors do not repeat the value, because it may be a secret.
var (
	wrongValue  = regexp.MustCompile(`^invalid (?:boolean )?value ".*" for (?:flag )?-([a-z-]+): `)
	noValue     = regexp.MustCompile(`^flag needs an argument: -+([a-z-]+)$`)
	unknownFlag = regexp.MustCompile(`^flag provided but not defined: -+(.+)$`)
)

// onUsageError returns the error for a flag that can't be read. It says what to write instead.
func onUsageError(c *ucli.Context, err error, _ bool) error {
	said := err.Error()
	if found := wrongValue.FindStringSubmatch(said); found != nil {
		said = fmt.Sprintf("--%s: must be %s", found[1], valueOf(c.Command.Flags, found[1]))
	} else if found := noValue.FindStringSubmatch(said); found != nil {
		said = fmt.Sprintf("--%s: must have a value", found[1])
	} else if found := unknownFlag.FindStringSubmatch(said); found != nil {
		said = "there is no flag --" + found[1]
	}
	return badFlags(fmt.Errorf("%s; see %s --help", said, c.Command.HelpName))
}

// valueOf describes the values of a flag. The default, if there is one, is the example.
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

// noArguments refuses arguments. The error does not repeat them, because one may be a secret whose flag is missing.
func noArguments(c *ucli.Context) error {
	if c.Args().Present() {
		return fmt.Errorf("%s takes only flags: check that there is a flag in front of each value", c.Command.Name)
	}
	return nil
}
