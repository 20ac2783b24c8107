package cli

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	ucli "github.com/urfave/cli/v2"
)

// ownerOnly is the mode of files that we create: they may have personal data or secrets in them.
const ownerOnly = 0o600

// A secret's file has a flag, and a variable, named like those of the secret itself.
const (
	fileSuffix    = "-file"
	envFileSuffix = "_FILE"
)

// secret is a flag whose value others should not see: command lines show in the list of processes, and shells keep them
// in their history. It may come from a variable or from a file instead.
type secret struct {
	flag, env string
	what      string // of the flag, for the help
	byDefault string // what it is without flag, variable and file
	quiet     bool   // the value is seldom a secret: nobody is warned of the flag
}

var (
	clientSecret    = secret{flag: "client-secret", env: envClientSecret, what: "the app's secret"}
	appInstallation = secret{flag: appInstallationFlagName, env: envAppInstallationID, what: "the app key of a Monitoring API application", quiet: true}
	webhookEndpoint = secret{flag: endpointFlagName, env: envWebhookEndpoint, what: "the https URL to which LivePerson posts notifications", quiet: true}
)

// or gives the same secret with another default.
func (s secret) or(byDefault string) secret {
	s.byDefault = byDefault
	return s
}

// flags do not read the variable themselves: they could not tell then where the secret is from.
func (s secret) flags() []ucli.Flag {
	usage := s.what + "; better in the variable " + s.env + " or in a file, as flags show in the list of processes"
	return []ucli.Flag{
		&ucli.StringFlag{Name: s.flag, Usage: usage, DefaultText: s.byDefault},
		&ucli.StringFlag{Name: s.flag + fileSuffix, EnvVars: []string{s.env + envFileSuffix}, Usage: "read it from `FILE`"},
	}
}

// read gives the secret, and warns of one in a flag.
func (s secret) read(c *ucli.Context, warnings io.Writer) (string, error) {
	given, path := c.String(s.flag), c.String(s.flag+fileSuffix)
	switch {
	case c.IsSet(s.flag) && path != "":
		return "", fmt.Errorf("--%s and --%s: only one of them", s.flag, s.flag+fileSuffix)
	case c.IsSet(s.flag) && given == "" && s.byDefault != "":
		return "", fmt.Errorf("--%s: must not be empty; it is, if a variable is not set", s.flag)
	case given != "":
		if !s.quiet {
			fmt.Fprintf(warnings, "Warning: --%s shows in the list of processes and in the shell's history: use the variable %s or --%s\n",
				s.flag, s.env, s.flag+fileSuffix)
		}
		return given, nil
	case path != "":
		return readSecretFile(s.flag+fileSuffix, path)
	}
	return cmp.Or(os.Getenv(s.env), s.byDefault), nil
}

// maxSecretFile is more than a secret has, in bytes. A file that is longer is another one.
const maxSecretFile = 64 << 10

// readSecretFile reads what a flag's file has.
func readSecretFile(flagName, path string) (string, error) {
	file, err := os.Open(path)
	if err != nil {
		return "", fmt.Errorf("--%s: %w", flagName, err)
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, maxSecretFile+1))
	if err != nil {
		return "", fmt.Errorf("--%s: %w", flagName, err)
	}
	secret := strings.TrimRight(string(text), "\r\n") // editors end the last line
	switch {
	case secret == "":
		return "", errors.New("--" + flagName + ": the file is empty: write the secret into it")
	case len(text) > maxSecretFile:
		return "", fmt.Errorf("--%s: the file has more than %d bytes: is it the right one?", flagName, maxSecretFile)
	}
	return secret, nil
}
