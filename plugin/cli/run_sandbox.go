package cli

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"net/url"
	"os"

	ucli "github.com/urfave/cli/v2"

	"github.com/benthos-liveperson/benthos-liveperson/internal/liveperson"
	"github.com/benthos-liveperson/benthos-liveperson/internal/tally"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox"
)

// The environment variables that the configs of this project use.
const (
	envAccountID         = sandbox.EnvAccountID
	envAppInstallationID = sandbox.EnvAppInstallationID
	envMonitoringDomain  = "LIVEPERSON_MONITORING_DOMAIN"
	envDomainAPI         = sandbox.EnvDomainAPI
	envClientID          = sandbox.EnvClientID
	envClientSecret      = sandbox.EnvClientSecret

	// envWebhook is the sandbox's alone: where it posts notifications.
	envWebhook = "LIVEPERSON_SANDBOX_WEBHOOK"
)

// defaultWebhook is where liveperson_webhook listens by default.
const defaultWebhook = "http://127.0.0.1:4196/liveperson/webhook"

const sandboxFlagName = "sandbox"

var sandboxFlag = &ucli.BoolFlag{
	Name: sandboxFlagName,
	Usage: "run against a stand-in for LivePerson inside this process: the variables " +
		envAccountID + ", " + envAppInstallationID + ", " + envClientID + ", " + envClientSecret + " and " + envDomainAPI +
		" point to it where they are not set, and the config must read them: one that does not goes to LivePerson; its agent repeats what he is told, and its notifications go to " + envWebhook +
		", by default " + defaultWebhook + "; what it received is printed at the end",
}

const summaryFlagName = "summary"

var summaryFlag = &ucli.BoolFlag{
	Name: summaryFlagName,
	Usage: "print at the end of the run what became of the events: how many were read, reported, dropped, withheld, recognised as duplicates, and failed; --" +
		sandboxFlagName + " prints it too",
}

// sandboxStage is the sandbox of `run --sandbox`: nothing, until the flag is seen.
type sandboxStage struct {
	summary bool // the flag
	sandbox *sandbox.Server
	env     map[string]string
}

// open starts the sandbox if the command line asks for it. Benthos calls it when
// the flags are parsed and before it reads the config.
func (s *sandboxStage) open(c *ucli.Context) error {
	s.summary = c.Bool(summaryFlagName)
	if !c.Bool(sandboxFlagName) {
		return nil
	}
	for _, name := range []string{envMonitoringDomain, envDomainAPI} {
		if err := checkStaysHere(name, os.Getenv(name)); err != nil {
			return err
		}
	}
	webhooks, err := webhooksHere()
	if err != nil {
		return err
	}
	s.sandbox, err = sandbox.Start(sandbox.Options{
		AccountID: os.Getenv(envAccountID), AppInstallationID: os.Getenv(envAppInstallationID),
		ClientID: os.Getenv(envClientID), ClientSecret: os.Getenv(envClientSecret), Webhooks: webhooks,
	})
	if err != nil {
		return err
	}
	s.env = s.sandbox.Env()
	return nil
}

// webhooksHere reads where the sandbox posts its notifications, which is on this machine.
func webhooksHere() (sandbox.Webhooks, error) {
	address := cmp.Or(os.Getenv(envWebhook), defaultWebhook)
	if u, err := url.Parse(address); err != nil || !liveperson.IsLoopback(u) {
		return sandbox.Webhooks{}, fmt.Errorf("%s: expected a URL on this machine, such as %s", envWebhook, defaultWebhook)
	}
	hooks, err := sandbox.ParseWebhookURL(address)
	if err != nil {
		return hooks, fmt.Errorf("%s: %w", envWebhook, err)
	}
	return hooks, nil
}

// checkStaysHere refuses a variable that would send a trial run's events to the
// real LivePerson.
func checkStaysHere(name, value string) error {
	if value == "" {
		return nil
	}
	if base, err := liveperson.ParseBaseURL(value); err == nil && liveperson.IsLoopback(base) {
		return nil
	}
	return fmt.Errorf("--%s: %s is set to a host that is not this machine, and events would go there: unset it, or run without --%s", sandboxFlagName, name, sandboxFlagName)
}

// lookupEnv gives the environment's variables, and the sandbox's for those that
// are not set.
func (s *sandboxStage) lookupEnv(_ context.Context, name string) (string, bool) {
	value, ok := os.LookupEnv(name)
	if own, exists := s.env[name]; exists && value == "" {
		return own, true
	}
	return value, ok
}

// report prints what the sandbox received, if it ran.
func (s *sandboxStage) report(w io.Writer) {
	if s.sandbox != nil || s.summary {
		if totals := tally.Totals(); s.summary || totals.Read > 0 {
			fmt.Fprintln(w, "\nEvents")
			_, _ = totals.WriteTo(w)
		}
	}
	if s.sandbox == nil {
		return
	}
	fmt.Fprintln(w, "\nLivePerson sandbox")
	summary := s.sandbox.Summary()
	_, _ = summary.WriteTo(w)
	if len(summary.Calls)+len(summary.Rejects)+summary.Loading == 0 {
		fmt.Fprintf(w, "nothing was asked of it; a component reaches it by: domain_api: ${%s:%s}\n", envDomainAPI, liveperson.DefaultDomainAPI)
	}
}

func (s *sandboxStage) close() {
	if s.sandbox != nil {
		s.sandbox.Close()
	}
}
