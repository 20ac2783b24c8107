package cli

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"

	ucli "github.com/urfave/cli/v2"

	"github.com/benthos-liveperson/benthos-liveperson/internal/liveperson"
)

// The flags of the doctor. Flags for the account have the names of the fields in configs.
const (
	accountFlagName          = "account-id"
	appInstallationFlagName  = "app-installation-id"
	clientIDFlagName         = "client-id"
	domainAPIFlagName        = "domain-api"
	monitoringDomainFlagName = "monitoring-domain"
	consumerFlagName         = "consumer"
	sendFlagName             = "send"
	jsonFlagName             = "json"
	timeoutFlagName          = "timeout"
)

// doctorConsumer is an id that no real consumer has.
const doctorConsumer = "benthos-liveperson-doctor"

// doctorTimeout is longer than LivePerson's answers usually take.
const doctorTimeout = 10 * time.Second

func doctorCommand() *ucli.Command {
	return &ucli.Command{
		Name:  "doctor",
		Usage: "Check account, app, clock and webhook against LivePerson, and say what to do",
		Description: `Checks that LivePerson and this machine are ready for pipelines. For each check, it
prints ok, a warning or a failure, and what to do. It skips a check if the check needs
another one that has failed, or a flag that is missing: --app-installation-id for the
Monitoring API, --client-id for messaging, --endpoint for the webhook. It sends no
report, and opens a conversation only with --send.

The configs of this project read the same variables, so the doctor needs no flags where
the variables are set. Put the app's secret into the variable ` + envClientSecret + `
or into a file: a flag shows in the list of processes.

   benthos-liveperson doctor
   benthos-liveperson doctor --account-id 12345678 --client-id 75588e18-0213-4e33-8174-883acac7e3c4 --client-secret-file ./secret
   benthos-liveperson doctor --endpoint https://hooks.example.com/liveperson/webhook --json
   benthos-liveperson doctor --domain-api http://127.0.0.1:8900   # a sandbox

The exit code is 0 if no check has failed, 1 if a check has failed, and 2 if flags are
wrong.`,
		Flags: slices.Concat([]ucli.Flag{
			&ucli.StringFlag{Name: accountFlagName, EnvVars: []string{envAccountID}, Usage: "the account, a number such as 12345678"},
			&ucli.StringFlag{Name: clientIDFlagName, EnvVars: []string{envClientID}, Usage: "the client id of the app that is installed for messaging"},
		}, appInstallation.flags(), clientSecret.flags(), webhookEndpoint.flags(), []ucli.Flag{
			&ucli.StringFlag{Name: domainAPIFlagName, Value: liveperson.DefaultDomainAPI, EnvVars: []string{envDomainAPI}, Usage: "the address of the Domain API; change it only for a stand-in"},
			&ucli.StringFlag{Name: monitoringDomainFlagName, EnvVars: []string{envMonitoringDomain}, Usage: "the host of the Monitoring API; without the flag, the Domain API names it"},
			&ucli.StringFlag{Name: consumerFlagName, Value: doctorConsumer, EnvVars: []string{"LIVEPERSON_DOCTOR_CONSUMER"}, Usage: "the consumer for the consumer token"},
			&ucli.BoolFlag{Name: sendFlagName, EnvVars: []string{"LIVEPERSON_DOCTOR_SEND"}, Usage: "open a conversation, send a text and close it. Agents see it"},
			&ucli.BoolFlag{Name: jsonFlagName, EnvVars: []string{"LIVEPERSON_DOCTOR_JSON"}, Usage: "write JSON"},
			&ucli.DurationFlag{Name: timeoutFlagName, Value: doctorTimeout, EnvVars: []string{"LIVEPERSON_DOCTOR_TIMEOUT"}, Usage: "how long each check may take"},
		}),
		OnUsageError: onUsageError,
		Action: func(c *ucli.Context) error {
			d, err := doctorFromFlags(c)
			if err != nil {
				return badFlags(err)
			}
			ctx, stop := signal.NotifyContext(c.Context, os.Interrupt, syscall.SIGTERM)
			defer stop()
			context.AfterFunc(ctx, stop) // a second signal ends the process at once

			tell := func(f finding) { printLine(c.App.Writer, f) }
			if c.Bool(jsonFlagName) {
				tell = func(finding) {}
			}
			found := examine(ctx, d.checks(), c.Duration(timeoutFlagName), tell)
			if c.Bool(jsonFlagName) {
				if err := found.printJSON(c.App.Writer); err != nil {
					return err
				}
			}
			return found.err()
		},
	}
}

// doctorFromFlags checks all flags. The only I/O is reading the files of secrets.
func doctorFromFlags(c *ucli.Context) (*doctor, error) {
	if err := noArguments(c); err != nil {
		return nil, err
	}
	var wrong []error
	note := func(err error) {
		if err != nil {
			wrong = append(wrong, err)
		}
	}
	app, err := appInstallation.read(c, c.App.ErrWriter)
	note(err)
	secret, err := clientSecret.read(c, c.App.ErrWriter)
	note(err)
	endpoint, err := webhookEndpoint.read(c, c.App.ErrWriter)
	note(err)
	if c.Duration(timeoutFlagName) <= 0 {
		note(fmt.Errorf("--%s: must be a time such as 10s, more than 0", timeoutFlagName))
	}
	if c.String(consumerFlagName) == "" {
		note(fmt.Errorf("--%s: must not be empty: leave it out for %s", consumerFlagName, doctorConsumer))
	}
	d := &doctor{consumer: c.String(consumerFlagName), send: c.Bool(sendFlagName), monitoringGiven: c.String(monitoringDomainFlagName) != ""}
	d.endpoint, err = readEndpoint(endpoint)
	note(err)
	note(d.setClients(clientSettings{
		account: c.String(accountFlagName), app: app,
		clientID: c.String(clientIDFlagName), clientSecret: secret,
		domainAPI: c.String(domainAPIFlagName), monitoringDomain: c.String(monitoringDomainFlagName),
	}))
	return d, errors.Join(wrong...)
}

// readEndpoint reads the webhook's address. It returns nil if there is none. Errors do not repeat the address, because it
// may have a secret.
func readEndpoint(endpoint string) (*url.URL, error) {
	if endpoint == "" {
		return nil, nil
	}
	u, err := url.Parse(endpoint)
	if err != nil || u.Hostname() == "" || u.Scheme != "https" && (u.Scheme != "http" || !liveperson.IsLoopback(u)) {
		return nil, fmt.Errorf("--%s: must be an https URL such as https://hooks.example.com/liveperson/webhook; plain http is for loopback addresses only", endpointFlagName)
	}
	return u, nil
}

// asFlag replaces the name of a setting by its flag: "account_id: …" becomes "--account-id: …".
func asFlag(err error) error {
	setting, rest, _ := strings.Cut(err.Error(), ": ")
	return errors.New("--" + strings.ReplaceAll(setting, "_", "-") + ": " + rest)
}
