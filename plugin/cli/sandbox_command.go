package cli

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"slices"
	"strings"

	ucli "github.com/urfave/cli/v2"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox"
)

// The flags whose values are checked.
const (
	loadingFlagName  = "loading-calls"
	lifetimeFlagName = "session-lifetime"
	keepFlagName     = "keep"
	keepMiBFlagName  = "keep-mib"
	keepForFlagName  = "keep-for"
)

const (
	mebibyte = 1 << 20
	// maxKeepMiB is a terabyte: more is a slip, and what it comes to in bytes is still a number.
	maxKeepMiB = 1 << 20
)

// What the sandbox plays by default. The help shows these values: they are no secrets.
var (
	sandboxApp    = appInstallation.or(sandbox.DefaultAppInstallationID)
	sandboxSecret = clientSecret.or(sandbox.DefaultClientSecret)
)

func sandboxCommand() *ucli.Command {
	return &ucli.Command{
		Name:  "sandbox",
		Usage: "Stand in for LivePerson on this machine",
		Description: `Answers LivePerson's Domain API, Monitoring API, App Engagement API, Engagement
Attributes API, Visit Information API, external engagements and the Connector API of
messaging, keeps what arrives, and lists it as JSON at /sandbox/all and
/sandbox/conversations. It prints the variables by which pipelines find it, and at the
end how much it received. It holds everything in memory, as much as --keep, --keep-mib
and --keep-for say. What there is under /sandbox is described at /sandbox/openapi.json.

It listens on loopback, and keeps pages of other web sites that are open in a browser
here from /sandbox. On another address it wants a password, which it asks for
under /sandbox in HTTP Basic, with any user name: in the variable
` + envPassword + ` or in a file, because command lines can be read by
others. LivePerson's own methods stay open, as LivePerson's are.

   benthos-liveperson sandbox
   benthos-liveperson sandbox --address 127.0.0.1:9000 --strict
   benthos-liveperson sandbox --chaos cold_account
   benthos-liveperson sandbox --chaos ./rules.yaml
   benthos-liveperson sandbox --webhook http://127.0.0.1:4196/liveperson/webhook
   benthos-liveperson sandbox --webhooks ./webhooks.yaml --agent ./script.yaml
   benthos-liveperson sandbox --campaigns ./campaigns.yaml
   benthos-liveperson sandbox --address 0.0.0.0:8900 --password-file ./password`,
		Flags: slices.Concat([]ucli.Flag{
			&ucli.StringFlag{Name: "address", Value: "127.0.0.1:8900", Usage: "address to listen on, loopback unless there is a password; port 0 takes a free one"},
			passwordFlag(),
			&ucli.StringFlag{Name: accountFlagName, Value: sandbox.DefaultAccountID, Usage: "the account that exists; without the flag, that of the variable " + envAccountID + " if it is set"},
			&ucli.BoolFlag{Name: "strict", Usage: "refuse what is not as LivePerson documents it: engagement attributes, reports without any, impressions of engagements that were not handed out"},
			&ucli.IntFlag{Name: loadingFlagName, Usage: "answer the first `N` calls of the Monitoring API and the App Engagement API as a loading account does"},
			&ucli.StringFlag{Name: "chaos", Usage: "let calls go wrong: a `FILE` of rules, or one of " + strings.Join(sandbox.ChaosPresets(), ", ")},
			&ucli.StringFlag{Name: "campaigns", Usage: "offer the engagements of a `FILE`; without it, one to everybody"},
			&ucli.StringFlag{Name: clientIDFlagName, Value: sandbox.DefaultClientID, Usage: "the app that may send messages; without the flag, that of the variable " + envClientID + " if it is set"},
			&ucli.StringFlag{Name: "webhook", Usage: "post all notifications of conversations to this `URL`; one with a secret in it is better in a file, with --webhooks"},
			&ucli.StringFlag{Name: "webhooks", Usage: "post notifications as a `FILE` says: the webhooks of an app's manifest, under events"},
			&ucli.StringFlag{Name: "agent", Usage: "a `FILE` with what the agent answers; without it he repeats what he is told"},
			&ucli.DurationFlag{Name: lifetimeFlagName, Value: sandbox.DefaultSessionLifetime, Usage: "how long a session lives"},
			&ucli.IntFlag{Name: keepFlagName, Value: sandbox.DefaultKeep, Usage: "keep the latest `N` calls, and as many events of conversations; the totals go on counting"},
			&ucli.IntFlag{Name: keepMiBFlagName, Value: sandbox.DefaultKeepBytes / mebibyte, Usage: "keep `N` MiB of calls at most, about"},
			&ucli.DurationFlag{Name: keepForFlagName, Value: sandbox.DefaultKeepFor, Usage: "keep calls for so long"},
		}, sandboxApp.flags(), sandboxSecret.flags()),
		Subcommands:  []*ucli.Command{verifyCommand()},
		OnUsageError: onUsageError,
		Action: func(c *ucli.Context) error {
			if c.Args().Present() {
				return fmt.Errorf("sandbox takes no arguments, got %q", c.Args().First())
			}
			rules, err := readChaos(c.String("chaos"))
			if err != nil {
				return fmt.Errorf("--chaos: %w", err)
			}
			webhooks, err := readWebhooks(c.String("webhook"), c.String("webhooks"))
			if err != nil {
				return err
			}
			script, err := readScript(c.String("agent"))
			if err != nil {
				return fmt.Errorf("--agent: %w", err)
			}
			campaigns, err := readCampaigns(c.String("campaigns"))
			if err != nil {
				return fmt.Errorf("--campaigns: %w", err)
			}
			if err := checkBounds(c); err != nil {
				return err
			}
			app, err := sandboxApp.read(c, c.App.ErrWriter)
			if err != nil {
				return err
			}
			secret, err := sandboxSecret.read(c, c.App.ErrWriter)
			if err != nil {
				return err
			}
			password, err := readPassword(c)
			if err != nil {
				return err
			}
			listener, err := sandbox.Listen(c.String("address"), password)
			if errors.Is(err, sandbox.ErrWantsPassword) {
				return fmt.Errorf("--address: %w (--%s, or the variable %s)", err, passwordFileFlagName, envPassword)
			}
			if err != nil {
				return fmt.Errorf("--address: %w", err)
			}
			options := sandbox.Options{
				AccountID:         orVariable(c, accountFlagName, envAccountID),
				AppInstallationID: app,
				Strict:            c.Bool("strict"),
				LoadingCalls:      c.Int(loadingFlagName),
				SessionLifetime:   c.Duration(lifetimeFlagName),
				Keep:              c.Int(keepFlagName),
				KeepBytes:         c.Int(keepMiBFlagName) * mebibyte,
				KeepFor:           c.Duration(keepForFlagName),
				Chaos:             rules,
				Campaigns:         campaigns,
				Password:          password,
				ClientID:          orVariable(c, clientIDFlagName, envClientID),
				ClientSecret:      secret,
				Webhooks:          webhooks,
				Agent:             script,
			}
			s := sandbox.New(options)
			defer s.Close()
			printWelcome(c.App.Writer, fromHere(listener.Addr()), options)
			if err := serveUntilSignal(c.Context, s, listener); err != nil {
				return fmt.Errorf("serving: %w", err)
			}
			_, err = s.Summary().WriteTo(c.App.Writer)
			return err
		},
	}
}

// checkBounds refuses what the sandbox would read as its defaults.
func checkBounds(c *ucli.Context) error {
	switch {
	case c.Int(keepFlagName) < 1:
		return fmt.Errorf("--%s: must be 1 at least", keepFlagName)
	case c.Int(keepMiBFlagName) < 1 || c.Int(keepMiBFlagName) > maxKeepMiB:
		return fmt.Errorf("--%s: must be from 1 to %d", keepMiBFlagName, maxKeepMiB)
	case c.Int(loadingFlagName) < 0:
		return fmt.Errorf("--%s: must not be negative", loadingFlagName)
	}
	for _, name := range []string{keepForFlagName, lifetimeFlagName} {
		if c.Duration(name) <= 0 {
			return fmt.Errorf("--%s: must be a time such as 30m, more than 0", name)
		}
	}
	for _, name := range []string{accountFlagName, clientIDFlagName} {
		if c.String(name) == "" {
			return fmt.Errorf("--%s: must not be empty; it is, if a variable is not set", name)
		}
	}
	return nil
}

// orVariable gives a flag's value, or that of a variable where there is no flag, or the flag's default.
func orVariable(c *ucli.Context, flagName, variable string) string {
	if value := os.Getenv(variable); value != "" && !c.IsSet(flagName) {
		return value
	}
	return c.String(flagName)
}

// fromHere gives an address at which this machine reaches the listener.
func fromHere(listening net.Addr) string {
	if tcp, ok := listening.(*net.TCPAddr); ok && tcp.IP.IsUnspecified() {
		return fmt.Sprintf("127.0.0.1:%d", tcp.Port)
	}
	return listening.String()
}

func printWelcome(w io.Writer, address string, options sandbox.Options) {
	fmt.Fprintf(w, `The sandbox stands in for LivePerson at http://%[1]s; stop it with CTRL+C.
What it received: http://%[1]s/sandbox/all

For pipelines in another terminal:

  export %[2]s=%[3]s
  export %[4]s=%[5]s
  export %[6]s=http://%[1]s

And for messaging:

  export %[7]s=%[8]s
  export %[9]s=%[10]s

`, address,
		envAccountID, options.AccountID,
		envAppInstallationID, options.AppInstallationID,
		envDomainAPI,
		envClientID, options.ClientID,
		envClientSecret, shownSecret(options.ClientSecret))
}

// shownSecret keeps a secret that somebody has given out of logs. The default is in the help.
func shownSecret(secret string) string {
	if secret != sandbox.DefaultClientSecret {
		return "…"
	}
	return secret
}
