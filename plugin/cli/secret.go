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

// ownerOnly is the mode of files that the commands write. The files may have personal data or secrets.
const ownerOnly = 0o600

// The flag and the variable for a secret's file have the names of the secret's own, with a suffix.
const (
	fileSuffix    = "-file"
	envFileSuffix = "_FILE"
)

// secret is a flag whose value others should not see. Command lines show in the list of processes, and shells keep them
// in their history. So the value may also come from a variable or from a file.
type secret struct {
	flag, env string
	what      string // the description, for the help
	byDefault string // the value without flag, variable and file
	quiet     bool   // do not warn of the flag: the value is seldom secret
}

var (
	clientSecret    = secret{flag: "client-secret", env: envClientSecret, what: "the app's secret"}
	appInstallation = secret{flag: appInstallationFlagName, env: envAppInstallationID, what: "the app key of a Monitoring API application", quiet: true}
	webhookEndpoint = secret{flag: endpointFlagName, env: envWebhookEndpoint, what: "the https URL to which LivePerson posts notifications", quiet: true}
)

// or returns the same secret with another default.
func (s secret) or(byDefault string) secret {
	s.byDefault = byDefault
	return s
}

// flags returns the flags. The help hides the flag of a value that is secret, because command lines show in the list of
// processes. They do not read the variable, because read must know whether the value comes from a flag.
func (s secret) flags() []ucli.Flag {
	orElse := "; or set the variable " + s.env
	fileUsage := "read it from `FILE`"
	if !s.quiet {
		fileUsage = "read " + s.what + " from `FILE`" + orElse
	}
	return []ucli.Flag{
		&ucli.StringFlag{Name: s.flag, Usage: s.what + orElse, DefaultText: s.byDefault, Hidden: !s.quiet},
		&ucli.StringFlag{Name: s.flag + fileSuffix, EnvVars: []string{s.env + envFileSuffix}, Usage: fileUsage},
	}
}

// read returns the secret, and warns if it comes from a flag.
func (s secret) read(c *ucli.Context, warnings io.Writer) (string, error) {
	given, path := c.String(s.flag), c.String(s.flag+fileSuffix)
	switch {
	case c.IsSet(s.flag) && path != "":
		return "", fmt.Errorf("--%s and --%s: only one of them", s.flag, s.flag+fileSuffix)
	case c.IsSet(s.flag) && given == "" && s.byDefault != "":
		return "", fmt.Errorf("--%s: must not be empty: check that its variable is set", s.flag)
	case given != "":
		if !s.quiet {
			fmt.Fprintf(warnings, "Warning: --%s shows in the list of processes and in the shell's history: use the variable %s or --%s\n",
				s.flag, s.env, s.flag+fileSuffix)
		}
		return given, nil
	case path != "":
		return readSecretFile("--"+s.flag+fileSuffix, path)
	}
	return cmp.Or(os.Getenv(s.env), s.byDefault), nil
}

// maxSecretFile is the largest file of a secret in bytes. A longer file can't be the right one.
const maxSecretFile = 64 << 10

// readSecretFile reads the file that a flag or a variable names. name is that of the flag or variable, for errors.
func readSecretFile(name, path string) (string, error) {
	file, err := os.Open(path)
	if err != nil {
		return "", fmt.Errorf("%s: %w", name, err)
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, maxSecretFile+1))
	if err != nil {
		return "", fmt.Errorf("%s: %w", name, err)
	}
	secret := strings.TrimRight(string(text), "\r\n") // editors add a line break at the end
	switch {
	case secret == "":
		return "", errors.New(name + ": the file is empty: write the secret into it")
	case len(text) > maxSecretFile:
		return "", fmt.Errorf("%s: the file has more than %d bytes: is it the right one?", name, maxSecretFile)
	}
	return secret, nil
}
