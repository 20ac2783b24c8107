package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"time"

	ucli "github.com/urfave/cli/v2"

	"github.com/benthos-liveperson/benthos-liveperson/internal/liveperson"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox"
)

// The environment variables that the configs of this project use.
const (
	envAccountID         = "LIVEPERSON_ACCOUNT_ID"
	envAppInstallationID = "LIVEPERSON_APP_INSTALLATION_ID"
	envMonitoringDomain  = "LIVEPERSON_MONITORING_DOMAIN"
	envDomainAPI         = "LIVEPERSON_DOMAIN_API"
	envClientID          = "LIVEPERSON_CLIENT_ID"
	envClientSecret      = "LIVEPERSON_CLIENT_SECRET"

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

// sandboxStage is the sandbox of `run --sandbox`: nothing, until the flag is seen.
type sandboxStage struct {
	sandbox *sandbox.Sandbox
	server  *http.Server
	env     map[string]string
}

// open starts the sandbox if the command line asks for it. Benthos calls it when
// the flags are parsed and before it reads the config.
func (s *sandboxStage) open(c *ucli.Context) error {
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
	listener, err := sandbox.Listen("127.0.0.1:0", "")
	if err != nil {
		return fmt.Errorf("starting the sandbox: %w", err)
	}
	s.env = map[string]string{
		envAccountID:         sandbox.DefaultAccountID,
		envAppInstallationID: sandbox.DefaultAppInstallationID,
		envClientID:          sandbox.DefaultClientID,
		envClientSecret:      sandbox.DefaultClientSecret,
		envDomainAPI:         "http://" + listener.Addr().String(),
	}
	account, _ := s.lookupEnv(c.Context, envAccountID)
	app, _ := s.lookupEnv(c.Context, envAppInstallationID)
	id, _ := s.lookupEnv(c.Context, envClientID)
	secret, _ := s.lookupEnv(c.Context, envClientSecret)
	s.sandbox = sandbox.New(sandbox.Options{AccountID: account, AppInstallationID: app, ClientID: id, ClientSecret: secret, Webhooks: webhooks})
	s.server = &http.Server{Handler: s.sandbox, ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = s.server.Serve(listener) }()
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
	if s.server != nil {
		defer s.sandbox.Close()
		if err := s.server.Close(); err != nil && !errors.Is(err, http.ErrServerClosed) {
			fmt.Fprintln(os.Stderr, "closing the sandbox:", err)
		}
	}
}
