package cli

import (
	"os"

	ucli "github.com/urfave/cli/v2"
)

// The sandbox's password comes from the environment or from a file. There is no flag that takes it: command lines are
// seen by everybody on the machine, in its list of processes, and kept by shells in their history.
const (
	envPassword          = "LIVEPERSON_SANDBOX_PASSWORD"
	passwordFileFlagName = "password-file"
)

func passwordFlag() ucli.Flag {
	return &ucli.StringFlag{
		Name: passwordFileFlagName,
		Usage: "read the sandbox's password from `FILE`; without it, from the variable " + envPassword +
			". A flag with the password itself would show in the list of processes",
	}
}

// readPassword gives the password; empty when there is none.
func readPassword(c *ucli.Context) (string, error) {
	path := c.String(passwordFileFlagName)
	if path == "" {
		return os.Getenv(envPassword), nil
	}
	return readSecretFile(passwordFileFlagName, path)
}
