package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	ucli "github.com/urfave/cli/v2"
)

const (
	envClientSecretFile = "LIVEPERSON_CLIENT_SECRET_FILE"

	clientSecretFlagName     = "client-secret"
	clientSecretFileFlagName = "client-secret-file"
)

// ownerOnly is the mode of files that we create: they may have personal data or secrets in them.
const ownerOnly = 0o600

// clientSecretFlags do not read the variable themselves: they could not tell then where the secret is from.
func clientSecretFlags() []ucli.Flag {
	return []ucli.Flag{
		&ucli.StringFlag{
			Name: clientSecretFlagName,
			Usage: "the app's secret. Better not as a flag, which shows in the list of processes, but in the variable " +
				envClientSecret + " or in a file",
		},
		&ucli.StringFlag{Name: clientSecretFileFlagName, EnvVars: []string{envClientSecretFile}, Usage: "read the app's secret from `FILE`"},
	}
}

// readClientSecret gives the app's secret, and warns of one in a flag; empty when there is none.
func readClientSecret(c *ucli.Context, warnings io.Writer) (string, error) {
	given, path := c.String(clientSecretFlagName), c.String(clientSecretFileFlagName)
	switch {
	case given != "" && path != "":
		return "", fmt.Errorf("--%s and --%s: only one of them", clientSecretFlagName, clientSecretFileFlagName)
	case given != "":
		fmt.Fprintf(warnings, "Warning: --%s shows in the list of processes and in the shell's history: use the variable %s or --%s\n",
			clientSecretFlagName, envClientSecret, clientSecretFileFlagName)
		return given, nil
	case path != "":
		return readSecretFile(clientSecretFileFlagName, path)
	}
	return os.Getenv(envClientSecret), nil
}

// readSecretFile reads what a flag's file has.
func readSecretFile(flagName, path string) (string, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("--%s: %w", flagName, err)
	}
	secret := strings.TrimRight(string(text), "\r\n") // editors end the last line
	if secret == "" {
		return "", errors.New("--" + flagName + ": the file is empty: write the secret into it")
	}
	return secret, nil
}
