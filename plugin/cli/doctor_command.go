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

// The flags of the doctor. Those of its patient are named as the fields of configs are.
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

// doctorConsumer is a consumer whom nobody else has.
const doctorConsumer = "benthos-liveperson-doctor"

// doctorTimeout is longer than LivePerson takes when it is well.
const doctorTimeout = 10 * time.Second

func doctorCommand() *ucli.Command {
	return &ucli.Command{
		Name:  "doctor",
		Usage: "Check account, app, clock and webhook against LivePerson, and say what to do",
		Description: `Checks in turn what pipelines need of LivePerson and of this machine, and says of each
whether it is ok, gives a warning, or has failed, and what to do then. What needs
something that has failed is skipped, and so is what it was not told: the Monitoring
API without --app-installation-id, messaging without --client-id, the webhook without
--endpoint. Nothing is reported and no conversation opened, unless --send is there.

The configs of this project read the same variables, so that in their environment the
doctor needs no flags. Give the app's secret in the variable ` + envClientSecret + `
or in a file; as a flag it shows in the list of processes.

   benthos-liveperson doctor
   benthos-liveperson doctor --account-id 12345678 --client-id 75588e18-0213-4e33-8174-883acac7e3c4 --client-secret-file ./secret
   benthos-liveperson doctor --endpoint https://hooks.example.com/liveperson/webhook --json
   benthos-liveperson doctor --domain-api http://127.0.0.1:8900   # a sandbox

It ends with 0 if nothing has failed, with 1 if something has, and with 2 where flags
are wrong.`,
		Flags: slices.Concat([]ucli.Flag{
			&ucli.StringFlag{Name: accountFlagName, EnvVars: []string{envAccountID}, Usage: "the account, a number such as 12345678"},
			&ucli.StringFlag{Name: clientIDFlagName, EnvVars: []string{envClientID}, Usage: "the app that is installed for messaging"},
		}, appInstallation.flags(), clientSecret.flags(), webhookEndpoint.flags(), []ucli.Flag{
			&ucli.StringFlag{Name: domainAPIFlagName, Value: liveperson.DefaultDomainAPI, EnvVars: []string{envDomainAPI}, Usage: "the Domain API; another one only for a stand-in"},
			&ucli.StringFlag{Name: monitoringDomainFlagName, EnvVars: []string{envMonitoringDomain}, Usage: "the Monitoring API's host; without it, asked of the Domain API"},
			&ucli.StringFlag{Name: consumerFlagName, Value: doctorConsumer, EnvVars: []string{"LIVEPERSON_DOCTOR_CONSUMER"}, Usage: "the consumer for whom a token is asked"},
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

// doctorFromFlags checks the flags, all of them, and does no I/O but for the files of secrets.
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

// readEndpoint reads the webhook's address; nil: there is none. Errors do not repeat it, as there may be a secret in it.
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

// asFlag names a setting as its flag is named: "account_id: …" becomes "--account-id: …".
func asFlag(err error) error {
	setting, rest, _ := strings.Cut(err.Error(), ": ")
	return errors.New("--" + strings.ReplaceAll(setting, "_", "-") + ": " + rest)
}
