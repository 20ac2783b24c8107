package engagement

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/redpanda-data/benthos/v4/public/bloblang"
	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/benthos-liveperson/benthos-liveperson/internal/conversation"
	"github.com/benthos-liveperson/benthos-liveperson/internal/liveperson"
	"github.com/benthos-liveperson/benthos-liveperson/internal/requests"
	"github.com/benthos-liveperson/benthos-liveperson/internal/session"
	"github.com/benthos-liveperson/benthos-liveperson/internal/settings"
)

const (
	leFieldAPI              = "api"
	leFieldAppDomain        = "app_engagement_domain"
	leFieldOperation        = "operation"
	leFieldAppType          = "app_type"
	leFieldRequestMap       = "request_map"
	leFieldResultMap        = "result_map"
	leFieldMaxWait          = "max_wait"
	leFieldCache            = "cache"
	leFieldCacheTTL         = "cache_ttl"
	leFieldCacheTTLNothing  = "cache_ttl_not_available"
	leFieldCacheKey         = "cache_key"
	leFieldAllowPersonalIDs = "allow_personal_ids"
)

// The values of the field api.
const (
	apiMonitoring    = "monitoring"
	apiAppEngagement = "app_engagement"
)

// The values of the field operation.
const (
	operationAsk    = "ask"
	operationUpdate = "update"
)

// The values of the field app_type.
const (
	appTypeMSDK     = "MSDK"
	appTypeExternal = "EXTERNAL"
)

// pauses are the pauses before retries that LivePerson asks for.
// https://developers.liveperson.com/monitoring-api-overview.html,
// https://developers.liveperson.com/app-engagement-api-overview.html
var pauses = map[string][]time.Duration{
	apiMonitoring:    {3 * time.Second, 10 * time.Second, 30 * time.Second, 90 * time.Second},
	apiAppEngagement: {5 * time.Second, 10 * time.Second, 15 * time.Second},
}

// cacheConfig says which answers are stored, and for how long.
type cacheConfig struct {
	label         string        // empty: no answers are stored
	ttl           time.Duration // 0: as long as LivePerson says
	ttlNothing    time.Duration // for not_available; 0: it is not stored
	key           *service.InterpolatedString
	conversations string // the label of a cache resource; empty: this process
}

type config struct {
	account    settings.Config
	api        string
	operation  string
	monitoring liveperson.MonitoringOptions
	appDomain  string
	consumers  session.Consumers
	identity   session.Identity
	reader     reader
	requestMap *bloblang.Executor // nil: none
	resultMap  *bloblang.Executor // nil: none
	maxWait    time.Duration      // 0: no limit
	cache      cacheConfig
	sessions   session.Config
	requests   requests.Config
}

func configFromParsed(conf *service.ParsedConfig) (c config, err error) {
	if c.account, err = settings.FromParsed(conf); err != nil {
		return
	}
	if c.monitoring, err = settings.MonitoringFromParsed(conf); err != nil {
		return
	}
	if c.appDomain, err = conf.FieldString(leFieldAppDomain); err != nil {
		return
	}
	if c.consumers, err = session.ConsumersFromParsed(conf); err != nil {
		return
	}
	if c.identity, err = session.IdentityFromParsed(conf); err != nil {
		return
	}
	if c.sessions, err = session.FromParsed(conf); err != nil {
		return
	}
	if err = c.methodFromParsed(conf); err != nil {
		return
	}
	c.sessions.EveryPage = c.api == apiAppEngagement // an update needs the page id of the session
	if err = c.requestsFromParsed(conf); err != nil {
		return
	}
	if err = c.mapsFromParsed(conf); err != nil {
		return
	}
	return c, c.cacheFromParsed(conf)
}

func (c *config) requestsFromParsed(conf *service.ParsedConfig) (err error) {
	if c.requests, err = requests.FromParsed(conf); err != nil {
		return
	}
	c.requests.FailWhileDown = true // an offer that comes minutes later is useless
	c.requests.Timeout = c.account.Timeout
	if c.requests.OutagePauses, err = requests.OutageFromParsed(conf); err != nil {
		return
	}
	if c.requests.RetryPauses == nil {
		c.requests.RetryPauses = pauses[c.api]
	}
	if !conf.Contains(leFieldMaxWait) {
		return nil
	}
	if c.maxWait, err = settings.Duration(conf, leFieldMaxWait); err != nil {
		return
	}
	// A caller waits for the answer, so there is no time to find the right number of requests in
	// flight.
	c.requests.FixedLimit = true
	c.requests.RetryPauses = within(c.maxWait, c.requests.RetryPauses)
	return nil
}

// within returns the first pauses, as many as fit into a limit together.
func within(limit time.Duration, pauses []time.Duration) []time.Duration {
	for i, pause := range pauses {
		if limit -= pause; limit <= 0 {
			return pauses[:i]
		}
	}
	return pauses
}

func (c *config) methodFromParsed(conf *service.ParsedConfig) (err error) {
	for field, into := range map[string]*string{leFieldAPI: &c.api, leFieldOperation: &c.operation, leFieldAppType: &c.reader.appType} {
		if *into, err = conf.FieldString(field); err != nil {
			return
		}
	}
	c.api, c.operation = strings.ToLower(c.api), strings.ToLower(c.operation) // Benthos' lint ignores case too
	c.reader.appType = strings.ToUpper(c.reader.appType)
	if c.reader.checks.AllowPersonalIDs, err = settings.Switch(conf, leFieldAllowPersonalIDs); err != nil {
		return
	}
	if err = oneOf(leFieldAppType, c.reader.appType, appTypes); err != nil {
		return
	}
	switch {
	case c.api == apiMonitoring && c.operation == operationAsk:
		c.reader.method = askMonitoring
	case c.api == apiMonitoring && c.operation == operationUpdate:
		return fmt.Errorf("%s: %s is for %s: %s; with the Monitoring API, send a report with liveperson_report", leFieldOperation, operationUpdate, leFieldAPI, apiAppEngagement)
	case c.api == apiAppEngagement && c.operation == operationAsk:
		c.reader.method = createSession
	case c.api == apiAppEngagement && c.operation == operationUpdate:
		c.reader.method = updateSession
	default:
		return errors.Join(oneOf(leFieldAPI, c.api, []string{apiMonitoring, apiAppEngagement}), oneOf(leFieldOperation, c.operation, []string{operationAsk, operationUpdate}))
	}
	return nil
}

func (c *config) mapsFromParsed(conf *service.ParsedConfig) error {
	for field, into := range map[string]**bloblang.Executor{leFieldRequestMap: &c.requestMap, leFieldResultMap: &c.resultMap} {
		text, err := conf.FieldString(field)
		if err != nil {
			return err
		}
		if text == "" {
			continue
		}
		if *into, err = conf.FieldBloblang(field); err != nil {
			return err
		}
	}
	return nil
}

func (c *config) cacheFromParsed(conf *service.ParsedConfig) (err error) {
	if c.cache.label, err = conf.FieldString(leFieldCache); err != nil {
		return
	}
	if c.cache.conversations, err = conversation.FromParsed(conf); err != nil {
		return
	}
	for field, into := range map[string]*time.Duration{leFieldCacheTTL: &c.cache.ttl, leFieldCacheTTLNothing: &c.cache.ttlNothing} {
		if !conf.Contains(field) {
			continue
		}
		if *into, err = settings.Duration(conf, field); err != nil {
			return
		}
	}
	if conf.Contains(leFieldCacheKey) {
		c.cache.key, err = conf.FieldInterpolatedString(leFieldCacheKey)
	}
	return
}

// livePerson returns the client of the API. It does no I/O.
func (c config) livePerson() (livePerson, error) {
	acc, err := c.account.Client(c.requests.Concurrency)
	if err != nil {
		return livePerson{}, err
	}
	if c.api == apiAppEngagement {
		app, err := acc.AppEngagement(c.appDomain)
		if err != nil {
			return livePerson{}, err
		}
		return livePerson{connect: app.Connect, ask: app.CreateSession, update: app.UpdateSession, resolve: app.Resolve, close: app.Close}, nil
	}
	monitoring, err := acc.Monitoring(c.monitoring)
	if err != nil {
		return livePerson{}, err
	}
	return livePerson{connect: monitoring.Connect, ask: monitoring.Engagement, resolve: monitoring.Resolve, close: monitoring.Close}, nil
}
