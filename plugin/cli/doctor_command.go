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
	sendTestFlagName         = "send-test"
	yesFlagName              = "yes"
	waitFlagName             = "wait"
	userFlagName             = "user"
	apiKeyFlagName           = "api-key"
	apiTokenFlagName         = "api-token"
	readerIDFlagName         = "reader-client-id"
)

// The secrets of the credentials that read a test visit back.
var (
	userPassword   = secret{flag: "user-password", env: "LIVEPERSON_PASSWORD", what: "the password of --" + userFlagName}
	apiSecret      = secret{flag: "api-secret", env: "LIVEPERSON_API_SECRET", what: "the secret of --" + apiKeyFlagName}
	apiTokenSecret = secret{flag: "api-token-secret", env: "LIVEPERSON_API_TOKEN_SECRET", what: "the secret of --" + apiTokenFlagName}
	readerSecret   = secret{flag: "reader-client-secret", env: "LIVEPERSON_READER_CLIENT_SECRET", what: "the secret of --" + readerIDFlagName}
)

// testWait is longer than the minute that Messaging Interactions may be late.
const testWait = 90 * time.Second

// doctorConsumer is an id that no real consumer has.
const doctorConsumer = "benthos-liveperson-doctor"

// doctorTimeout is longer than LivePerson's answers usually take.
const doctorTimeout = 10 * time.Second

func doctorCommand() *ucli.Command {
	return &ucli.Command{
		Name:      "doctor",
		Usage:     "Check a config, the account, the app, the clock and the webhook",
		ArgsUsage: "[CONFIG]",
		Description: `Checks that a config, LivePerson and this machine are ready for events. For each check, it
prints ok, a warning or a failure, and what to do. With CONFIG, it also checks the
settings, the order of events, deadlines of inputs, and caches, and takes the account and
the secrets from there. Put flags before CONFIG. It skips a check if a setting is
missing. It opens a conversation only with --send.

With --send-test, it reports visits of an invented consumer and reads back what LivePerson
keeps, to find out how to set sde_names and acr. It asks before it sends.

   benthos-liveperson doctor config/retail.yaml
   benthos-liveperson doctor --endpoint https://hooks.example.com/liveperson/webhook --json config/messaging-in.yaml
   benthos-liveperson doctor --send-test --user reader --user-password-file ./password

The exit code is 0 if no check has failed, 1 if one has failed, 2 if flags are wrong, and
4 if all that has failed may pass without a change, such as an outage.`,
		Flags: slices.Concat([]ucli.Flag{
			&ucli.StringFlag{Name: accountFlagName, EnvVars: []string{envAccountID}, Usage: "the account, a number such as 12345678"},
			&ucli.StringFlag{Name: clientIDFlagName, EnvVars: []string{envClientID}, Usage: "the client id of the app that is installed for messaging"},
		}, appInstallation.flags(), clientSecret.flags(), webhookEndpoint.flags(), userPassword.flags(), apiSecret.flags(), apiTokenSecret.flags(), readerSecret.flags(), []ucli.Flag{
			&ucli.StringFlag{Name: domainAPIFlagName, Value: liveperson.DefaultDomainAPI, EnvVars: []string{envDomainAPI}, Usage: "the address of the Domain API; change it only for a stand-in"},
			&ucli.StringFlag{Name: monitoringDomainFlagName, EnvVars: []string{envMonitoringDomain}, Usage: "the host of the Monitoring API; without the flag, the Domain API names it"},
			&ucli.StringFlag{Name: consumerFlagName, Value: doctorConsumer, EnvVars: []string{"LIVEPERSON_DOCTOR_CONSUMER"}, Usage: "the consumer for the consumer token"},
			&ucli.BoolFlag{Name: sendFlagName, EnvVars: []string{"LIVEPERSON_DOCTOR_SEND"}, Usage: "open a conversation, send a text and close it. Agents see it"},
			&ucli.BoolFlag{Name: jsonFlagName, EnvVars: []string{"LIVEPERSON_DOCTOR_JSON"}, Usage: "write JSON"},
			&ucli.BoolFlag{Name: sendTestFlagName, Usage: "report test visits and read them back; asks before it sends"},
			&ucli.BoolFlag{Name: yesFlagName, Usage: "send without asking"},
			&ucli.DurationFlag{Name: waitFlagName, Value: testWait, EnvVars: []string{"LIVEPERSON_DOCTOR_WAIT"}, Usage: "how long LivePerson may take to show the test visits in conversations"},
			&ucli.StringFlag{Name: userFlagName, EnvVars: []string{"LIVEPERSON_USER"}, Usage: "a user of the account who may read visits and conversations"},
			&ucli.StringFlag{Name: apiKeyFlagName, EnvVars: []string{"LIVEPERSON_API_KEY"}, Usage: "the app key of an API key that may read visits and conversations"},
			&ucli.StringFlag{Name: apiTokenFlagName, EnvVars: []string{"LIVEPERSON_API_TOKEN"}, Usage: "the access token of --" + apiKeyFlagName},
			&ucli.StringFlag{Name: readerIDFlagName, EnvVars: []string{"LIVEPERSON_READER_CLIENT_ID"}, Usage: "the client id of an app that may read conversations"},
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
			if d.test != nil && !d.mayTest(c) {
				return errors.New("nothing was sent: answer yes, or give --" + yesFlagName)
			}
			found := examine(ctx, d.checks(), c.Duration(timeoutFlagName), tell)
			if d.test != nil {
				found.Test = d.test.rows()
			}
			if c.Bool(jsonFlagName) {
				if err := found.printJSON(c.App.Writer); err != nil {
					return err
				}
			} else if d.test != nil {
				printTable(c.App.Writer, found.Test)
			}
			return found.err()
		},
	}
}

// doctorFromFlags checks all flags. The only I/O is reading the files of secrets.
func doctorFromFlags(c *ucli.Context) (*doctor, error) {
	if c.Args().Len() > 1 { // the error does not repeat them: one may be a secret whose flag is missing
		return nil, errors.New("doctor takes one config and flags: put flags before the config, and check that there is a flag in front of each value")
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
	credentials, err := d.testFromFlags(c, app)
	note(err)
	s := clientSettings{
		account: c.String(accountFlagName), app: app,
		clientID: c.String(clientIDFlagName), clientSecret: secret,
		domainAPI: c.String(domainAPIFlagName), monitoringDomain: c.String(monitoringDomainFlagName), credentials: credentials,
	}
	if !c.Args().Present() {
		note(d.setClients(s))
		return d, errors.Join(wrong...)
	}
	note(d.readConfig(c.Args().First(), &s))
	if d.unusable == nil {
		d.unusable = d.setClients(s)
	}
	return d, errors.Join(wrong...)
}

// readConfig reads the config that the command names, and takes the account's settings from it.
func (d *doctor) readConfig(path string, s *clientSettings) (err error) {
	d.configured = true
	if d.config, err = readConfig(path); err != nil {
		return err
	}
	d.unusable = d.config.use(s)
	d.monitoringGiven = s.monitoringDomain != ""
	return nil
}

// testFromFlags prepares the test visit, if there is to be one, and reads the credentials that read it back.
func (d *doctor) testFromFlags(c *ucli.Context, app string) (credentials liveperson.ReadCredentials, err error) {
	if !c.Bool(sendTestFlagName) {
		return credentials, nil
	}
	switch {
	case app == "":
		return credentials, fmt.Errorf("--%s: works with --%s only", sendTestFlagName, appInstallationFlagName)
	case c.Bool(jsonFlagName) && !c.Bool(yesFlagName):
		return credentials, fmt.Errorf("--%s: with --%s, the doctor can't ask: give --%s too", sendTestFlagName, jsonFlagName, yesFlagName)
	case c.Duration(waitFlagName) < 0:
		return credentials, fmt.Errorf("--%s: must be a time such as 90s", waitFlagName)
	}
	d.test = newVisitTest(d.consumer, c.Duration(waitFlagName))
	credentials = liveperson.ReadCredentials{
		User: c.String(userFlagName), APIKey: c.String(apiKeyFlagName), Token: c.String(apiTokenFlagName), ClientID: c.String(readerIDFlagName),
	}
	for _, s := range []struct {
		secret secret
		into   *string
	}{{userPassword, &credentials.Password}, {apiSecret, &credentials.APISecret}, {apiTokenSecret, &credentials.TokenSecret}, {readerSecret, &credentials.ClientSecret}} {
		if *s.into, err = s.secret.read(c, c.App.ErrWriter); err != nil {
			return credentials, err
		}
	}
	return credentials, nil
}

// mayTest says what the test visit will send, and asks.
func (d *doctor) mayTest(c *ucli.Context) bool {
	if c.Bool(jsonFlagName) {
		return true // --yes was given
	}
	d.test.plan(c.App.Writer, c.String(accountFlagName), d.connector != nil)
	return c.Bool(yesFlagName) || agreed(c.App.Writer, c.App.Reader)
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

// readerFlags are the flags for each kind of credentials.
var readerFlags = map[string]string{
	"login":   "--" + userFlagName + " and --" + userPassword.flag,
	"api_key": "--" + apiKeyFlagName + ", --" + apiSecret.flag + ", --" + apiTokenFlagName + " and --" + apiTokenSecret.flag,
	"oauth2":  "--" + readerIDFlagName + " and --" + readerSecret.flag,
}

// asReaderFlags replaces the name of a kind of credentials by its flags.
func asReaderFlags(err error) error {
	kind, _, _ := strings.Cut(err.Error(), ": ")
	flags, found := readerFlags[kind]
	if !found {
		return err
	}
	return errors.New(flags + ": must all be given, also as variables or, for secrets, as files")
}
