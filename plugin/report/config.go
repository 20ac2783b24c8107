package report

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/benthos-liveperson/benthos-liveperson/internal/liveperson"
	"github.com/benthos-liveperson/benthos-liveperson/internal/output"
	"github.com/benthos-liveperson/benthos-liveperson/internal/receipt"
	"github.com/benthos-liveperson/benthos-liveperson/internal/requests"
	"github.com/benthos-liveperson/benthos-liveperson/internal/sde"
	"github.com/benthos-liveperson/benthos-liveperson/internal/session"
	"github.com/benthos-liveperson/benthos-liveperson/internal/settings"
)

const (
	roFieldMethod           = "method"
	roFieldAcceptAny200     = "accept_any_200"
	roFieldTraceparent      = "send_traceparent"
	roFieldOrdering         = "ordering"
	roFieldCoalesce         = "coalesce"
	roFieldCoalesceCount    = "coalesce_count"
	roFieldCoalesceBytes    = "coalesce_bytes"
	roFieldValidation       = "validation"
	roFieldAllowPersonalIDs = "allow_personal_ids"
	roFieldDedupe           = "dedupe"
	roFieldDedupeCache      = "dedupe_cache"
	roFieldDedupeWindow     = "dedupe_window"
	roFieldBatching         = "batching"
)

// The values of the field ordering.
const (
	orderingConsumer = "consumer"
	orderingNone     = "none"
)

// The values of the field dedupe.
const (
	dedupeOff       = "off"
	dedupePurchases = "purchases"
	dedupeEvents    = "events"
)

// metaEventID is the metadata key of an event's id.
const metaEventID = "liveperson_event_id"

var (
	coalesceCount = settings.Count{Name: roFieldCoalesceCount, Least: 1, Most: settings.Unlimited}
	coalesceBytes = settings.Count{Name: roFieldCoalesceBytes, Least: 1, Most: settings.Unlimited}
)

const (
	needsOrder = roFieldCoalesce + ": needs " + roFieldOrdering + ": " + orderingConsumer + ", because only waiting events of one consumer are merged"

	orderLint = `root = if this.` + roFieldOrdering + `.or("").lowercase() == "` + orderingNone + `" && ["true", "yes", "on"].contains(this.` + roFieldCoalesce + `.or(false).string().lowercase()) { "` + needsOrder + `" }`
)

type config struct {
	account     settings.Config
	monitoring  liveperson.MonitoringOptions
	consumers   session.Consumers
	identity    session.Identity
	ordered     bool
	coalesce    coalescing
	validation  string
	checks      sde.Options
	sessions    session.Config
	dedupe      dedupeConfig
	requests    requests.Config
	receipts    receipt.Config
	onRefused   func(error)
	maxInFlight int
}

type dedupeConfig struct {
	enabled bool
	events  bool // recognise events, not only purchases
	cache   string
	window  time.Duration
}

func configFromParsed(conf *service.ParsedConfig) (c config, err error) {
	if c.account, err = settings.FromParsed(conf); err != nil {
		return
	}
	if c.account.Traceparent, err = settings.Switch(conf, roFieldTraceparent); err != nil {
		return
	}
	if c.monitoring, err = monitoringFromParsed(conf); err != nil {
		return
	}
	if c.consumers, err = session.ConsumersFromParsed(conf); err != nil {
		return
	}
	if c.identity, err = session.IdentityFromParsed(conf); err != nil {
		return
	}
	if err = c.orderFromParsed(conf); err != nil {
		return
	}
	if c.validation, err = settings.Enum(conf, roFieldValidation, validationStrict, validationWarn, validationOff); err != nil {
		return
	}
	if c.checks.AllowPersonalIDs, err = settings.Switch(conf, roFieldAllowPersonalIDs); err != nil {
		return
	}
	if c.sessions, err = session.FromParsed(conf); err != nil {
		return
	}
	if err = c.dedupeFromParsed(conf); err != nil {
		return
	}
	if c.requests, err = requests.FromParsed(conf); err != nil {
		return
	}
	if c.receipts, err = receipt.FromParsed(conf); err != nil {
		return
	}
	c.maxInFlight, err = output.MaxInFlight.FromParsed(conf)
	return
}

func (c *config) orderFromParsed(conf *service.ParsedConfig) error {
	ordering, err := settings.Enum(conf, roFieldOrdering, orderingConsumer, orderingNone)
	if err != nil {
		return err
	}
	c.ordered = ordering != orderingNone
	if c.coalesce.enabled, err = settings.Switch(conf, roFieldCoalesce); err != nil {
		return err
	}
	if c.coalesce.maxCount, err = coalesceCount.FromParsed(conf); err != nil {
		return err
	}
	if c.coalesce.maxBytes, err = coalesceBytes.FromParsed(conf); err != nil {
		return err
	}
	if c.coalesce.enabled && !c.ordered {
		return errors.New(needsOrder)
	}
	return nil
}

func (c *config) dedupeFromParsed(conf *service.ParsedConfig) error {
	kind, err := conf.FieldString(roFieldDedupe)
	if err != nil {
		return err
	}
	switch strings.ToLower(kind) { // Benthos' linter ignores case too
	case dedupeOff:
	case dedupePurchases:
		c.dedupe.enabled = true
	case dedupeEvents:
		c.dedupe.enabled, c.dedupe.events = true, true
	default:
		return fmt.Errorf("%s: expected %s, %s or %s, got %q", roFieldDedupe, dedupeOff, dedupePurchases, dedupeEvents, kind)
	}
	if c.dedupe.cache, err = conf.FieldString(roFieldDedupeCache); err != nil {
		return err
	}
	c.dedupe.window, err = settings.Duration(conf, roFieldDedupeWindow)
	return err
}

func monitoringFromParsed(conf *service.ParsedConfig) (liveperson.MonitoringOptions, error) {
	o, err := settings.MonitoringFromParsed(conf)
	if err != nil {
		return o, err
	}
	if o.AcceptAny200, err = settings.Switch(conf, roFieldAcceptAny200); err != nil {
		return o, err
	}
	method, err := settings.Enum(conf, roFieldMethod, strings.ToLower(http.MethodPost), strings.ToLower(http.MethodPut))
	o.Method = strings.ToUpper(method)
	return o, err
}
