package cli

import (
	"os"

	ucli "github.com/urfave/cli/v2"
)

// The sandbox's password comes from a variable or from a file. There is no flag for it, because everybody on the machine
// can see command lines in the list of processes, and shells keep them in their history.
const (
	envPassword          = "LIVEPERSON_SANDBOX_PASSWORD"
	passwordFileFlagName = "password-file"
)

func passwordFlag() ucli.Flag {
	return &ucli.StringFlag{
		Name:  passwordFileFlagName,
		Usage: "read the sandbox's password from `FILE`; without the flag, from the variable " + envPassword,
	}
}

// readPassword returns the password, or "" if there is none.
func readPassword(c *ucli.Context) (string, error) {
	path := c.String(passwordFileFlagName)
	if path == "" {
		return os.Getenv(envPassword), nil
	}
	return readSecretFile("--"+passwordFileFlagName, path)
}
