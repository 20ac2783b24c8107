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
	// maxKeepMiB is a terabyte. A larger value is a mistake. In bytes, this value still fits into an int.
	maxKeepMiB = 1 << 20
)

// The sandbox's default app. The help shows these values, because they are not secret.
var (
	sandboxApp    = appInstallation.or(sandbox.DefaultAppInstallationID)
	sandboxSecret = clientSecret.or(sandbox.DefaultClientSecret)
)

func sandboxCommand() *ucli.Command {
	return &ucli.Command{
		Name:  "sandbox",
		Usage: "Stand in for LivePerson on this machine",
		Description: `Answers as LivePerson's APIs do, and stores the calls in memory. --keep, --keep-mib and
--keep-for set the limits. The address that it prints shows the calls on a page, and
/sandbox/openapi.json describes all addresses under /sandbox. See docs/sandbox.md.

It listens on loopback. On another address, it needs a password, in the variable
` + envPassword + ` or in a file. Clients send it by HTTP Basic, with any user name,
for addresses under /sandbox. LivePerson's methods stay open.

   benthos-liveperson sandbox --address 127.0.0.1:9000 --strict
   benthos-liveperson sandbox --chaos cold_account
   benthos-liveperson sandbox --webhooks ./webhooks.yaml --agent ./script.yaml
   benthos-liveperson sandbox --campaigns ./campaigns.yaml --storage ./storage.yaml
   benthos-liveperson sandbox --address 0.0.0.0:8900 --password-file ./password`,
		Flags: slices.Concat([]ucli.Flag{
			&ucli.StringFlag{Name: "address", Value: "127.0.0.1:8900", Usage: "address to listen on, on loopback unless there is a password; port 0 means any free port"},
			passwordFlag(),
			&ucli.StringFlag{Name: accountFlagName, Value: sandbox.DefaultAccountID, Usage: "the account that exists; without the flag, the variable " + envAccountID + " if it is set"},
			&ucli.BoolFlag{Name: "strict", Usage: "refuse calls that are not as LivePerson documents them: wrong engagement attributes, reports without any, wrong values of clientProperties and appDetails, impressions of engagements that were not handed out. Without the flag, the notes of a call say what it would refuse"},
			&ucli.IntFlag{Name: loadingFlagName, Usage: "answer the first `N` calls of the Monitoring API and the App Engagement API like a loading account"},
			&ucli.StringFlag{Name: "chaos", Usage: "make calls fail: a `FILE` of rules, or one of " + strings.Join(sandbox.ChaosPresets(), ", ")},
			&ucli.StringFlag{Name: "campaigns", Usage: "offer the engagements in a `FILE`; without the flag, one engagement for everybody"},
			&ucli.StringFlag{Name: "storage", Usage: "store attributes by the rules in a `FILE`, such as names: liveperson; without the flag, all of them"},
			&ucli.StringFlag{Name: clientIDFlagName, Value: sandbox.DefaultClientID, Usage: "the app that may send messages; without the flag, the variable " + envClientID + " if it is set"},
			&ucli.StringFlag{Name: "webhook", Usage: "post all notifications of conversations to this `URL`; if it has a secret, use a file with --webhooks"},
			&ucli.StringFlag{Name: "webhooks", Usage: "post notifications to the addresses in a `FILE`: the webhooks of an app's manifest, under events"},
			&ucli.StringFlag{Name: "agent", Usage: "a `FILE` with the agent's script; without the flag, the agent repeats each text"},
			&ucli.DurationFlag{Name: lifetimeFlagName, Value: sandbox.DefaultSessionLifetime, Usage: "how long a session lives"},
			&ucli.IntFlag{Name: keepFlagName, Value: sandbox.DefaultKeep, Usage: "keep the latest `N` calls, and as many events of conversations; the totals count all of them"},
			&ucli.IntFlag{Name: keepMiBFlagName, Value: sandbox.DefaultKeepBytes / mebibyte, Usage: "keep at most about `N` MiB of calls"},
			&ucli.DurationFlag{Name: keepForFlagName, Value: sandbox.DefaultKeepFor, Usage: "how long calls are kept"},
		}, sandboxApp.flags(), sandboxSecret.flags()),
		Subcommands:  []*ucli.Command{verifyCommand()},
		OnUsageError: onUsageError,
		Action: func(c *ucli.Context) error {
			if c.Args().Present() {
				return badFlags(fmt.Errorf("sandbox takes no arguments, got %q; its only command is verify, and flags have two dashes", c.Args().First()))
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
			storage, err := readStorage(c.String("storage"))
			if err != nil {
				return fmt.Errorf("--storage: %w", err)
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
				Storage:           storage,
				Password:          password,
				ClientID:          orVariable(c, clientIDFlagName, envClientID),
				ClientSecret:      secret,
				Webhooks:          webhooks,
				Agent:             script,
				Examples:          examples(),
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

// checkBounds refuses values that the sandbox would replace by its defaults.
func checkBounds(c *ucli.Context) error {
	if err := checkKept(c); err != nil {
		return err
	}
	if c.Int(loadingFlagName) < 0 {
		return fmt.Errorf("--%s: must not be negative", loadingFlagName)
	}
	if err := checkPositive(c, lifetimeFlagName); err != nil {
		return err
	}
	for _, name := range []string{accountFlagName, clientIDFlagName} {
		if c.String(name) == "" {
			return fmt.Errorf("--%s: must not be empty: check that its variable is set", name)
		}
	}
	return nil
}

// checkKept refuses limits that the sandbox would replace by its defaults.
func checkKept(c *ucli.Context) error {
	switch {
	case c.Int(keepFlagName) < 1:
		return fmt.Errorf("--%s: must be at least 1", keepFlagName)
	case c.Int(keepMiBFlagName) < 1 || c.Int(keepMiBFlagName) > maxKeepMiB:
		return fmt.Errorf("--%s: must be from 1 to %d", keepMiBFlagName, maxKeepMiB)
	}
	return checkPositive(c, keepForFlagName)
}

func checkPositive(c *ucli.Context, name string) error {
	if c.Duration(name) <= 0 {
		return fmt.Errorf("--%s: must be a time such as 30m, more than 0", name)
	}
	return nil
}

// orVariable returns the value of a flag, or else of a variable, or else the flag's default.
func orVariable(c *ucli.Context, flagName, variable string) string {
	if value := os.Getenv(variable); value != "" && !c.IsSet(flagName) {
		return value
	}
	return c.String(flagName)
}

// fromHere returns an address at which this machine reaches the listener.
func fromHere(listening net.Addr) string {
	if tcp, ok := listening.(*net.TCPAddr); ok && tcp.IP.IsUnspecified() {
		return fmt.Sprintf("127.0.0.1:%d", tcp.Port)
	}
	return listening.String()
}

func printWelcome(w io.Writer, address string, options sandbox.Options) {
	fmt.Fprintf(w, `The sandbox stands in for LivePerson at http://%[1]s; stop it with CTRL+C.
Its page shows the events as they come in: http://%[1]s

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

// shownSecret returns the secret for the log. It hides every secret except the default, which the help shows.
func shownSecret(secret string) string {
	if secret != sandbox.DefaultClientSecret {
		return "…"
	}
	return secret
}
