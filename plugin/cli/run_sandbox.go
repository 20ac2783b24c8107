package cli

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"os"

	ucli "github.com/urfave/cli/v2"

	"github.com/benthos-liveperson/benthos-liveperson/internal/liveperson"
	"github.com/benthos-liveperson/benthos-liveperson/internal/receipt"
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

	// envWebhook has the address to which the sandbox posts notifications.
	envWebhook = "LIVEPERSON_SANDBOX_WEBHOOK"
)

// defaultWebhook is the default address of liveperson_webhook.
const defaultWebhook = "http://127.0.0.1:4196/liveperson/webhook"

const sandboxFlagName = "sandbox"

var sandboxFlag = &ucli.BoolFlag{
	Name:  sandboxFlagName,
	Usage: "run against a stand-in for LivePerson in this process. The config must read " + envDomainAPI + "; see docs/sandbox.md",
}

const keepOpenFlagName = "keep"

var keepOpenFlag = &ucli.BoolFlag{
	Name:  keepOpenFlagName,
	Usage: "with --" + sandboxFlagName + ", keep the sandbox and its page open when the input has ended, until CTRL+C",
}

const summaryFlagName = "summary"

var summaryFlag = &ucli.BoolFlag{
	Name:  summaryFlagName,
	Usage: "print at the end what became of the events; --" + sandboxFlagName + " prints it too",
}

// sandboxStage is the sandbox of `run --sandbox`. It is empty until open finds the flag.
type sandboxStage struct {
	summary bool // the flag
	keep    bool // the flag
	// stopProgress ends the progress, and returns when nothing more is written.
	stopProgress func()
	sandbox      *sandbox.Server
	// unwatch ends the receipts to the sandbox.
	unwatch func()
	env     map[string]string

	variables environment
}

// open starts the sandbox if the command line asks for it. Benthos calls it when
// the flags are parsed and before it reads the config.
func (s *sandboxStage) open(c *ucli.Context) error {
	s.summary, s.keep = c.Bool(summaryFlagName) || c.Bool(progressFlagName), c.Bool(keepOpenFlagName)
	if c.Bool(progressFlagName) {
		s.startProgress(c.Context)
	}
	if !c.Bool(sandboxFlagName) {
		if s.keep {
			return fmt.Errorf("--%s: works with --%s only", keepOpenFlagName, sandboxFlagName)
		}
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
		ClientID: os.Getenv(envClientID), ClientSecret: os.Getenv(envClientSecret), Webhooks: webhooks, Examples: examples(),
	})
	if err != nil {
		return err
	}
	s.env = s.sandbox.Env()
	s.unwatch = receipt.WatchSources(s.show)
	fmt.Fprintf(os.Stderr, "The sandbox shows the events at %s\n", s.sandbox.URL) // a pipeline may write its events to stdout
	return nil
}

// show gives the sandbox the receipts of events that do not become a call, so that its page has them too, and the events
// themselves.
func (s *sandboxStage) show(r receipt.Receipt) {
	body, attempts := r.Sent, r.Attempts
	if body == nil { // nothing was sent
		if r.Failure != "" {
			r.Detail = "An earlier processor failed: " + r.Failure
		}
		text, err := json.Marshal(r)
		if err == nil {
			err = s.sandbox.AddReceipts(text)
		}
		if err != nil {
			fmt.Fprintf(os.Stderr, "the sandbox's page lacks a receipt: %v\n", err)
			return
		}
		body, attempts = text, 1
	}
	if r.Source != nil {
		s.sandbox.AddSource(body, attempts, r.Source)
	}
}

// stayOpen waits for the end of the context if the sandbox must stay open.
func (s *sandboxStage) stayOpen(ctx context.Context) {
	if s.sandbox == nil || !s.keep || ctx.Err() != nil {
		return
	}
	fmt.Fprintf(os.Stderr, "\nThe input has ended. The sandbox stays open at %s; stop it with CTRL+C.\n", s.sandbox.URL)
	<-ctx.Done()
}

// startProgress shows the progress until stopProgress.
func (s *sandboxStage) startProgress(ctx context.Context) {
	ctx, stop := context.WithCancel(ctx)
	ended := make(chan struct{})
	seen := &pace{}
	unwatch := receipt.Watch(seen.see)
	go func() {
		defer close(ended)
		progressBar{out: os.Stderr, terminal: isTerminal(os.Stderr), totals: tally.Totals, pace: seen}.run(ctx)
	}()
	s.stopProgress = func() {
		unwatch()
		stop()
		<-ended
	}
}

// webhooksHere reads the address for the sandbox's notifications, which must be on this machine.
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

// checkStaysHere refuses a variable that would send the events of a trial run to the real
// LivePerson.
func checkStaysHere(name, value string) error {
	if value == "" {
		return nil
	}
	if base, err := liveperson.ParseBaseURL(value); err == nil && liveperson.IsLoopback(base) {
		return nil
	}
	return fmt.Errorf("--%s: %s is set to a host that is not this machine, and events would go there: unset it, or run without --%s", sandboxFlagName, name, sandboxFlagName)
}

// lookupEnv returns a variable of the environment, or of its file. If there is none, lookupEnv returns
// the sandbox's value.
func (s *sandboxStage) lookupEnv(_ context.Context, name string) (string, bool) {
	value, ok := s.variables.lookUp(name)
	if own, exists := s.env[name]; exists && value == "" {
		return own, true
	}
	return value, ok
}

// report prints what the sandbox received, if it ran.
func (s *sandboxStage) report(w io.Writer) {
	if s.sandbox != nil || s.summary {
		switch totals := tally.Totals(); {
		case totals.Read > 0:
			fmt.Fprintln(w, "\nEvents")
			_, _ = totals.WriteTo(w)
		case s.summary:
			fmt.Fprintln(w, "\nEvents\nnone was read; messages and questions are not counted here")
		}
	}
	if s.sandbox == nil {
		return
	}
	fmt.Fprintln(w, "\nLivePerson sandbox")
	summary := s.sandbox.Summary()
	_, _ = summary.WriteTo(w)
	if len(summary.Calls)+len(summary.Rejects)+summary.Loading == 0 {
		fmt.Fprintf(w, "it got no requests; to reach it, a component needs: domain_api: ${%s:%s}\n", envDomainAPI, liveperson.DefaultDomainAPI)
	}
}

func (s *sandboxStage) close() {
	if s.sandbox != nil {
		s.unwatch()
		s.sandbox.Close()
	}
}
