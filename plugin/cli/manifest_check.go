package cli

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// The limits of a manifest, from its table of fields (LiveEngage applications, creating an app) and from the Connector
// API's configuration of webhooks. Lengths are in characters.
const (
	maxName        = 128
	maxDescription = 256
	maxScope       = 128
	maxLogoURI     = 1024
	maxMaxRetries  = 5
	minRetention   = 2 * time.Second
	maxRetention   = 259_200 * time.Second
)

// problems are the reasons why LivePerson would refuse a manifest. Each has the flag, the rule and what to do. They
// repeat no endpoint and no header, because these may have secrets.
type problems []string

func (p *problems) add(flagName, format string, args ...any) {
	*p = append(*p, "--"+flagName+": "+fmt.Sprintf(format, args...))
}

func (s manifestSettings) checkTexts(p *problems) {
	if strings.TrimSpace(s.name) == "" {
		p.add(nameFlagName, "an app must have a name: set the name that agents see as the source of conversations")
	}
	if strings.TrimSpace(s.scope) == "" {
		p.add(scopeFlagName, "an app must have a scope: leave the flag out for %s", defaultScope)
	}
	for _, text := range []struct {
		flagName, value string
		limit           int
	}{
		{nameFlagName, s.name, maxName}, {descriptionFlagName, s.description, maxDescription},
		{scopeFlagName, s.scope, maxScope}, {logoURIFlagName, s.logoURI, maxLogoURI},
	} {
		switch length := utf8.RuneCountInString(text.value); {
		case !utf8.ValidString(text.value):
			p.add(text.flagName, "must be UTF-8")
		case length > text.limit:
			p.add(text.flagName, "must have at most %d characters, but has %d: shorten it", text.limit, length)
		}
	}
}

// readEndpoints returns the endpoint of each event. Problems name an endpoint of one event only by its
// number.
func (p *problems) readEndpoints(all string, given, events []string) map[string]string {
	endpoints := map[string]string{}
	for i, text := range given {
		event, endpoint, found := strings.Cut(text, "=")
		switch {
		case !found:
			p.add(eventEndpointFlagName, "number %d: must be EVENT=URL: write a = between them", i+1)
		case !slices.Contains(notifications, event):
			p.addUnknownEvent(eventEndpointFlagName, event)
		case !slices.Contains(events, event):
			p.add(eventEndpointFlagName, "%s is not an event of the app: add --%s for it, or leave this out", event, eventFlagName)
		case endpoints[event] != "":
			p.add(eventEndpointFlagName, "%s is there twice: leave one out", event)
		default:
			p.checkEndpoint(eventEndpointFlagName, endpoint)
			endpoints[event] = endpoint
		}
	}
	if len(endpoints) < len(events) || all != "" {
		p.checkEndpoint(endpointFlagName, all)
	}
	for _, event := range events {
		if endpoints[event] == "" {
			endpoints[event] = all
		}
	}
	return endpoints
}

func (p *problems) checkEndpoint(flagName, endpoint string) {
	const example = "such as https://hooks.example.com/liveperson/webhook"
	u, err := url.Parse(endpoint)
	switch {
	case endpoint == "":
		p.add(flagName, "an app that gets notifications must have an endpoint: set the URL of your liveperson_webhook, "+example)
	case !utf8.ValidString(endpoint) || err != nil:
		p.add(flagName, "must be a URL, "+example)
	case !strings.HasPrefix(endpoint, "https://"):
		p.add(flagName, "must begin with https://, because LivePerson posts to nothing else: set a URL "+example)
	case u.Hostname() == "":
		p.add(flagName, "must have a host: set a URL "+example)
	}
}

func (p *problems) checkRetention(retention time.Duration) {
	switch {
	case retention < minRetention || retention > maxRetention:
		p.add(retentionFlagName, "must be from 2s to 72h (259200 s): correct it, or leave it out")
	case retention%time.Second != 0:
		p.add(retentionFlagName, "must be in whole seconds: leave the fraction out")
	}
}

// readEvents returns the chosen notifications, without unknown ones.
func (p *problems) readEvents(given []string) (events []string) {
	if len(given) == 0 {
		return notifications
	}
	for _, event := range given {
		switch {
		case !slices.Contains(notifications, event):
			p.addUnknownEvent(eventFlagName, event)
		case slices.Contains(events, event):
			p.add(eventFlagName, "%s is there twice: leave one out", event)
		default:
			events = append(events, event)
		}
	}
	return events
}

// addUnknownEvent suggests the event with the same last part. One of LivePerson's pages has a wrong prefix in front of
// ExConversationChangeNotification.
func (p *problems) addUnknownEvent(flagName, event string) {
	last := event[strings.LastIndexByte(event, '.')+1:]
	for _, known := range notifications {
		if strings.EqualFold(known[strings.LastIndexByte(known, '.')+1:], last) {
			p.add(flagName, "there is no %q: write %s", event, known)
			return
		}
	}
	p.add(flagName, "there is no %q: write one of %s", event, strings.Join(notifications, ", "))
}

// readMaxRetries returns the number of retries for each event. It has no entry, or nil, for an event without a number.
func (p *problems) readMaxRetries(given, events []string) map[string]*int {
	var all *int
	retries := map[string]*int{}
	for _, text := range given {
		event, number, named := strings.Cut(text, "=")
		if !named {
			number = text
		}
		n, err := strconv.Atoi(strings.TrimSpace(number))
		switch {
		case err != nil || n < 0 || n > maxMaxRetries:
			p.add(maxRetriesFlagName, "must be a whole number from 0 to %d, or EVENT=NUMBER: correct it, or leave it out", maxMaxRetries)
		case !named && all != nil, named && retries[event] != nil:
			p.add(maxRetriesFlagName, "there can be only one number for all events and one for each event: leave the second one out")
		case !named:
			all = &n
		case !slices.Contains(notifications, event):
			p.addUnknownEvent(maxRetriesFlagName, event)
		case !slices.Contains(events, event):
			p.add(maxRetriesFlagName, "%s is not an event of the app: add --%s for it, or leave this out", event, eventFlagName)
		default:
			retries[event] = &n
		}
	}
	for _, event := range events {
		if retries[event] == nil {
			retries[event] = all
		}
	}
	return retries
}

// readHeaders reads headers. Problems name a header only by its number.
func (p *problems) readHeaders(given []string) (headers []webhookHeader) {
	for i, header := range given {
		name, value, found := strings.Cut(header, "=")
		switch {
		case !found:
			p.add(headerFlagName, "number %d: must be NAME=VALUE: write a = between them", i+1)
		case !isToken(name):
			p.add(headerFlagName, "number %d: a name may have only letters, digits and !#$%%&'*+-.^_`|~ (RFC 9110): use a name such as X-Shop", i+1)
		case !isFieldValue(value):
			p.add(headerFlagName, "number %d: a value must not have control characters, or spaces around it (RFC 9110): remove them", i+1)
		default:
			headers = append(headers, webhookHeader{name, value})
		}
	}
	return headers
}

// isToken returns whether a text can be a header's name (RFC 9110, 5.6.2).
func isToken(text string) bool {
	return text != "" && !strings.ContainsFunc(text, func(r rune) bool {
		return (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z') && !strings.ContainsRune("!#$%&'*+-.^_`|~", r)
	})
}

// isFieldValue returns whether a text can be a header's value (RFC 9110, 5.5).
func isFieldValue(text string) bool {
	return utf8.ValidString(text) && strings.TrimSpace(text) == text &&
		!strings.ContainsFunc(text, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f })
}
