package report

import (
	"fmt"
	"strings"
	"time"

	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/benthos-liveperson/benthos-liveperson/plugin/account"
	"github.com/benthos-liveperson/benthos-liveperson/plugin/client"
	"github.com/benthos-liveperson/benthos-liveperson/plugin/dispatch"
	"github.com/benthos-liveperson/benthos-liveperson/plugin/sde"
	"github.com/benthos-liveperson/benthos-liveperson/plugin/session"
)

const (
	roFieldMethod           = "method"
	roFieldAcceptAny200     = "accept_any_200"
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

// The metadata that a mapping hands to the output.
const (
	metaEventID   = "liveperson_event_id"
	metaVisitorID = "liveperson_visitor_id"
	metaSessionID = "liveperson_session_id"
)

type config struct {
	account     account.Config
	monitoring  client.MonitoringOptions
	consumers   session.Consumers
	ordered     bool
	coalesce    coalescing
	validation  string
	checks      sde.Options
	sessions    session.Config
	dedupe      dedupeConfig
	dispatch    dispatch.Config
	onRefused   func(error)
	maxInFlight int
}

type dedupeConfig struct {
	enabled bool
	events  bool // not only purchases
	cache   string
	window  time.Duration
}

func configFromParsed(conf *service.ParsedConfig) (c config, err error) {
	if c.account, err = account.FromParsed(conf); err != nil {
		return
	}
	if c.monitoring, err = monitoringFromParsed(conf); err != nil {
		return
	}
	if c.consumers, err = session.ConsumersFromParsed(conf); err != nil {
		return
	}
	if err = c.orderFromParsed(conf); err != nil {
		return
	}
	if c.validation, err = conf.FieldString(roFieldValidation); err != nil {
		return
	}
	c.validation = strings.ToLower(c.validation) // as Benthos' lint takes it
	if c.checks.AllowPersonalIDs, err = conf.FieldBool(roFieldAllowPersonalIDs); err != nil {
		return
	}
	if c.sessions, err = session.FromParsed(conf); err != nil {
		return
	}
	if err = c.dedupeFromParsed(conf); err != nil {
		return
	}
	if c.dispatch, err = dispatch.FromParsed(conf); err != nil {
		return
	}
	c.maxInFlight, err = conf.FieldMaxInFlight()
	return
}

func (c *config) orderFromParsed(conf *service.ParsedConfig) error {
	ordering, err := conf.FieldString(roFieldOrdering)
	if err != nil {
		return err
	}
	c.ordered = strings.ToLower(ordering) != orderingNone // as Benthos' lint takes it
	if c.coalesce.enabled, err = conf.FieldBool(roFieldCoalesce); err != nil {
		return err
	}
	if c.coalesce.maxCount, err = conf.FieldInt(roFieldCoalesceCount); err != nil {
		return err
	}
	if c.coalesce.maxBytes, err = conf.FieldInt(roFieldCoalesceBytes); err != nil {
		return err
	}
	if c.coalesce.enabled && !c.ordered {
		return fmt.Errorf("%s: needs %s: %s, as only waiting events of one consumer can be put together", roFieldCoalesce, roFieldOrdering, orderingConsumer)
	}
	return nil
}

func (c *config) dedupeFromParsed(conf *service.ParsedConfig) error {
	kind, err := conf.FieldString(roFieldDedupe)
	if err != nil {
		return err
	}
	switch strings.ToLower(kind) { // as Benthos' lint takes it
	case dedupeOff:
	case dedupePurchases:
		c.dedupe.enabled = true
	case dedupeEvents:
		c.dedupe.enabled, c.dedupe.events = true, true
	default:
		return fmt.Errorf("%s: %q is none of %s, %s, %s", roFieldDedupe, kind, dedupeOff, dedupePurchases, dedupeEvents)
	}
	if c.dedupe.cache, err = conf.FieldString(roFieldDedupeCache); err != nil {
		return err
	}
	if c.dedupe.window, err = conf.FieldDuration(roFieldDedupeWindow); err != nil {
		return err
	}
	if c.dedupe.window <= 0 {
		return fmt.Errorf("%s: must be longer than nothing; to switch it off set %s: %s", roFieldDedupeWindow, roFieldDedupe, dedupeOff)
	}
	return nil
}

func monitoringFromParsed(conf *service.ParsedConfig) (client.MonitoringOptions, error) {
	o, err := account.MonitoringFromParsed(conf)
	if err != nil {
		return o, err
	}
	if o.AcceptAny200, err = conf.FieldBool(roFieldAcceptAny200); err != nil {
		return o, err
	}
	method, err := conf.FieldString(roFieldMethod)
	o.Method = strings.ToUpper(method) // as Benthos' lint takes it
	return o, err
}
