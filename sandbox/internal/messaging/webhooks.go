package messaging

import (
	"cmp"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/strictyaml"
)

// The defaults of Webhooks.
const (
	// DefaultWebhookTimeout is how long an endpoint may take (Connector API, notification protocol). An older page has 10 s.
	DefaultWebhookTimeout = 5 * time.Second
	// DefaultWebhookQueue is the maximum number of notifications that wait for an endpoint. It is the sandbox's own number.
	DefaultWebhookQueue = 10_000

	maxRetries   = 5 // Connector API, configuration of webhooks
	minRetention = 2 * time.Second
	maxRetention = 3 * 24 * time.Hour

	// The limits of the sandbox's own settings.
	maxHeaders = 100 // for one endpoint
	maxSpeed   = 1_000_000
	maxQueue   = 1_000_000
	maxTimeout = 10 * time.Minute
)

// Webhooks say where and how notifications are posted. An app's manifest has them too.
type Webhooks struct {
	// Endpoints has the endpoints by the names of notifications, which are in Keys. A notification without an endpoint is not
	// posted.
	Endpoints map[string]Endpoint
	// Retention is how long a notification is retried. 0: MaxRetries of the endpoint says how often.
	Retention time.Duration
	// Algorithm and Encoding are for signatures. Empty: sha1, base64.
	Algorithm, Encoding string
	// Timeout is how long an endpoint may take. 0: DefaultWebhookTimeout.
	Timeout time.Duration
	// Speed divides the pauses between retries and the retention time. 0: 1, which is LivePerson's speed.
	Speed float64
	// Queue is the maximum number of notifications that wait for an endpoint. More are dropped. 0: DefaultWebhookQueue.
	Queue int
	// DisableSlow stops all notifications if the answers were late for too long, as LivePerson may do. Setting the webhooks
	// again starts the notifications again.
	DisableSlow bool
	// Faults make notifications fail on purpose.
	Faults []WebhookFault
}

// Endpoint is the endpoint for the notifications of one name.
type Endpoint struct {
	URL string `yaml:"endpoint" json:"endpoint"`
	// MaxRetries is how often a notification is retried. nil: never. With a retention time, 0 means that a failed notification
	// is dropped and does not make the app fail.
	MaxRetries *int     `yaml:"max_retries" json:"max_retries,omitempty"`
	Headers    []Header `yaml:"headers" json:"headers"`
}

// Header is sent with each notification.
type Header struct {
	Name  string `yaml:"header_name" json:"header_name"`
	Value string `yaml:"header_value" json:"header_value"`
}

// webhookFile has webhooks as a tester writes them: one endpoint for all notifications, or events.
type webhookFile struct {
	Endpoint `yaml:",inline"`
	Events   map[string]Endpoint `yaml:"events" doc:"Endpoints by the names of notifications, as in an app's manifest."`
	Retry    struct {
		RetentionTime int `yaml:"retention_time" doc:"From 2 to 259200, in seconds."`
	} `yaml:"retry"`
	Algorithm string              `yaml:"algorithm" enum:"sha1,sha256"`
	Encoding  string              `yaml:"encoding" enum:"base64,hex"`
	Timeout   strictyaml.Duration `yaml:"timeout" doc:"How long an endpoint may take."`
	Speed     float64             `yaml:"speed" doc:"How many times faster time passes for retries."`
	Queue     int                 `yaml:"queue" doc:"How many notifications may wait for an endpoint."`
	Disable   bool                `yaml:"disable_slow" doc:"Stop posting if no answer came within 2.5 seconds for 2 minutes."`
	Faults    []WebhookFault      `yaml:"faults"`
}

// ParseWebhooks reads webhooks from YAML or JSON. The member events has the form of the webhooks in a manifest. Instead of
// events, there may be one endpoint for all notifications. Errors name the member.
func ParseWebhooks(text []byte) (Webhooks, error) {
	var read webhookFile
	if err := strictyaml.Decode(text, &read); err != nil {
		return Webhooks{}, err
	}
	hooks := Webhooks{
		Endpoints: read.Events, Retention: time.Duration(read.Retry.RetentionTime) * time.Second,
		Algorithm: read.Algorithm, Encoding: read.Encoding, Timeout: time.Duration(read.Timeout),
		Speed: read.Speed, Queue: read.Queue, DisableSlow: read.Disable, Faults: read.Faults,
	}
	if read.Endpoint.URL != "" {
		if read.Events != nil {
			return Webhooks{}, errors.New("endpoint and events: write only one of them")
		}
		hooks.Endpoints = everyEvent(read.Endpoint)
	}
	for i, fault := range hooks.Faults {
		if err := fault.check(); err != nil {
			return Webhooks{}, fmt.Errorf("line %d: faults[%d]: %w", strictyaml.Line(text, "faults", i), i, err)
		}
	}
	return hooks, hooks.check()
}

// ParseWebhookURL returns webhooks that post all notifications to one endpoint.
func ParseWebhookURL(endpoint string) (Webhooks, error) {
	hooks := Webhooks{Endpoints: everyEvent(Endpoint{URL: endpoint})}
	return hooks, hooks.check()
}

func everyEvent(endpoint Endpoint) map[string]Endpoint {
	endpoints := map[string]Endpoint{}
	for _, key := range Keys {
		endpoints[key] = endpoint
	}
	return endpoints
}

func (w Webhooks) withDefaults() Webhooks {
	w.Algorithm = cmp.Or(w.Algorithm, algorithmSHA1)
	w.Encoding = cmp.Or(w.Encoding, encodingBase64)
	w.Timeout = cmp.Or(w.Timeout, DefaultWebhookTimeout)
	w.Speed = cmp.Or(w.Speed, 1)
	w.Queue = cmp.Or(w.Queue, DefaultWebhookQueue)
	w.Faults = slices.Clone(w.Faults)
	return w
}

// check returns an error that names the wrong member and the allowed values. It does not repeat an endpoint, which may have a
// secret in it.
func (w Webhooks) check() error {
	switch {
	case w.Retention != 0 && (w.Retention < minRetention || w.Retention > maxRetention):
		return errors.New("retry.retention_time: must be from 2 to 259200, in seconds")
	case w.Algorithm != "" && w.Algorithm != algorithmSHA1 && w.Algorithm != algorithmSHA256:
		return errors.New("algorithm: must be sha1 or sha256")
	case w.Encoding != "" && w.Encoding != encodingBase64 && w.Encoding != encodingHex:
		return errors.New("encoding: must be base64 or hex")
	case !(w.Speed >= 0 && w.Speed <= maxSpeed):
		return fmt.Errorf("speed: must be from 0 to %d", maxSpeed)
	case w.Queue < 0 || w.Queue > maxQueue:
		return fmt.Errorf("queue: must be from 0 to %d", maxQueue)
	case w.Timeout > maxTimeout:
		return fmt.Errorf("timeout: must be %s at most", maxTimeout)
	}
	for key, endpoint := range w.Endpoints {
		if !slices.Contains(Keys, key) {
			return fmt.Errorf("events: there is no %q, only %s", key, strings.Join(Keys, ", "))
		}
		if err := endpoint.check(); err != nil {
			return err
		}
	}
	return nil
}

func (e Endpoint) check() error {
	parsed, err := url.Parse(e.URL)
	switch {
	case err != nil || parsed.Host == "" || parsed.Scheme != "https" && parsed.Scheme != "http":
		return errors.New("endpoint: must be a URL such as http://127.0.0.1:4195/liveperson")
	case len(e.Headers) > maxHeaders:
		return fmt.Errorf("headers: must be %d at most", maxHeaders)
	case e.MaxRetries != nil && (*e.MaxRetries < 0 || *e.MaxRetries > maxRetries):
		return errors.New("max_retries: must be from 0 to 5")
	}
	return nil
}
