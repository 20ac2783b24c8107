package cli

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	ucli "github.com/urfave/cli/v2"
)

// envWebhookEndpoint has the address to which LivePerson posts notifications. The manifest contains it, and the doctor
// checks it.
const envWebhookEndpoint = "LIVEPERSON_WEBHOOK_ENDPOINT"

// The flags of the manifest command. Problems name them.
const (
	nameFlagName          = "name"
	descriptionFlagName   = "description"
	scopeFlagName         = "scope"
	logoURIFlagName       = "logo-uri"
	endpointFlagName      = "endpoint"
	eventEndpointFlagName = "event-endpoint"
	eventFlagName         = "event"
	maxRetriesFlagName    = "max-retries"
	retentionFlagName     = "retention"
	headerFlagName        = "header"
	outputFlagName        = "output"
)

func manifestCommand() *ucli.Command {
	return &ucli.Command{
		Name:  "manifest",
		Usage: "Write the manifest with which LivePerson installs a channel",
		Description: `Prints an application installation manifest as JSON. Give it to LivePerson's account
team, or paste it into the Connector App Hub. You get the app's client id and secret
back. If LivePerson would refuse the manifest, the command names all wrong flags and
prints no manifest.

Without --retention, a failed notification is lost. The app gets all notifications unless
--event names some: ` + strings.Join(notifications, ", ") + `.

   benthos-liveperson manifest --name Shop --endpoint https://hooks.example.com/liveperson/webhook --retention 24h
   benthos-liveperson manifest --name Shop --endpoint https://hooks.example.com/liveperson/webhook \
     --event ms.MessagingEventNotification.ContentEvent --event cqm.ExConversationChangeNotification

The exit code is 2 if flags are wrong.`,
		Flags: slices.Concat(webhookEndpoint.flags(), []ucli.Flag{
			&ucli.StringFlag{Name: nameFlagName, EnvVars: []string{"LIVEPERSON_APP_NAME"}, Usage: "the app's name, which no other app of the account may have; agents see it as the source of a conversation"},
			&ucli.StringFlag{Name: descriptionFlagName, EnvVars: []string{"LIVEPERSON_APP_DESCRIPTION"}, Usage: "what the app is for"},
			&ucli.GenericFlag{Name: eventEndpointFlagName, Value: new(headerList), Usage: "the https URL for one notification, `EVENT=URL`; the others go to --" + endpointFlagName + "; repeat the flag for several"},
			&ucli.StringSliceFlag{Name: eventFlagName, EnvVars: []string{"LIVEPERSON_WEBHOOK_EVENTS"}, Usage: "a notification for the app; repeat the flag for several, leave it out for all"},
			&ucli.StringSliceFlag{Name: maxRetriesFlagName, EnvVars: []string{"LIVEPERSON_WEBHOOK_MAX_RETRIES"}, Usage: "how often notifications are sent again, `N` from 0 to 5, or EVENT=N for one of them"},
			&ucli.DurationFlag{Name: retentionFlagName, EnvVars: []string{"LIVEPERSON_WEBHOOK_RETENTION"}, Usage: "how long notifications are sent again, from 2s to 72h; takes precedence over --" + maxRetriesFlagName},
			&ucli.GenericFlag{Name: headerFlagName, Value: new(headerList), EnvVars: []string{"LIVEPERSON_WEBHOOK_HEADER"}, Usage: "a header `NAME=VALUE` for notifications; repeat the flag for several. A file is better for secrets, because flags show in the list of processes"},
			&ucli.StringFlag{Name: headerFlagName + fileSuffix, EnvVars: []string{"LIVEPERSON_WEBHOOK_HEADER" + envFileSuffix}, Usage: "read headers from `FILE`, NAME=VALUE on each line"},
			&ucli.StringFlag{Name: scopeFlagName, Value: defaultScope, EnvVars: []string{"LIVEPERSON_APP_SCOPE"}, Usage: "what the app may do"},
			&ucli.StringFlag{Name: logoURIFlagName, EnvVars: []string{"LIVEPERSON_APP_LOGO_URI"}, Usage: "the `URI` of an image of 70 by 70 pixels"},
			&ucli.StringFlag{Name: outputFlagName, Aliases: []string{"o"}, EnvVars: []string{"LIVEPERSON_MANIFEST_FILE"}, Usage: "write the manifest to `FILE`, which only its owner can read"},
		}, engagementFlags()),
		OnUsageError: onUsageError,
		Action: func(c *ucli.Context) error {
			if err := noArguments(c); err != nil {
				return badFlags(err)
			}
			endpoint, err := webhookEndpoint.read(c, c.App.ErrWriter)
			if err != nil {
				return badFlags(err)
			}
			headers, err := readHeaderFlags(c)
			if err != nil {
				return badFlags(err)
			}
			m, problems := newManifest(manifestSettings{
				name: c.String(nameFlagName), description: c.String(descriptionFlagName),
				scope: c.String(scopeFlagName), logoURI: c.String(logoURIFlagName),
				endpoint: endpoint, endpoints: *c.Generic(eventEndpointFlagName).(*headerList), engagement: engagementOf(c), events: c.StringSlice(eventFlagName),
				maxRetries: c.StringSlice(maxRetriesFlagName), headers: headers,
				retention: c.Duration(retentionFlagName), hasRetention: c.IsSet(retentionFlagName),
			})
			if len(problems) > 0 {
				return badFlags(errors.New(strings.Join(problems, "\n")))
			}
			return m.write(c)
		},
	}
}

// write prints a manifest, or writes it to a file. Only the owner can read a new file, because headers may be secrets.
func (m manifest) write(c *ucli.Context) error {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(m); err != nil {
		return err
	}
	path := c.String(outputFlagName)
	if path == "" {
		_, err := text.WriteTo(c.App.Writer)
		return err
	}
	if err := os.WriteFile(path, text.Bytes(), ownerOnly); err != nil {
		return fmt.Errorf("--%s: %w", outputFlagName, err)
	}
	return nil
}

// readHeaderFlags returns the headers from the flags and from the file.
func readHeaderFlags(c *ucli.Context) ([]string, error) {
	headers := *c.Generic(headerFlagName).(*headerList)
	path := c.String(headerFlagName + fileSuffix)
	if path == "" {
		return headers, nil
	}
	text, err := readSecretFile("--"+headerFlagName+fileSuffix, path)
	if err != nil {
		return nil, err
	}
	for line := range strings.Lines(text) {
		if line = strings.TrimRight(line, "\r\n"); line != "" {
			headers = append(headers, line)
		}
	}
	return headers, nil
}

// headerList is a flag that can be repeated. A slice flag would split values at commas.
type headerList []string

// Set adds a header.
func (l *headerList) Set(header string) error {
	*l = append(*l, header)
	return nil
}

// String returns "", because the values may be secrets.
func (l *headerList) String() string { return "" }
