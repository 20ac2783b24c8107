package readback

import (
	"errors"
	"fmt"
	"time"

	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/benthos-liveperson/benthos-liveperson/internal/liveperson"
	"github.com/benthos-liveperson/benthos-liveperson/internal/requests"
	"github.com/benthos-liveperson/benthos-liveperson/internal/settings"
)

const (
	rbFieldAsk            = "ask"
	rbFieldConversationID = "conversation_id"
	rbFieldParticipantID  = "participant_id"
	rbFieldSample         = "sample"
	rbFieldDelay          = "delay"
	rbFieldMaxWait        = "max_wait"
	rbFieldRecheckPauses  = "recheck_pauses"
	rbFieldDomain         = "monitoring_domain"
)

// The values of the field ask.
const (
	askVisit        = "visit_information"
	askInteractions = "interactions"
	askSearch       = "search"
)

const notForVisits = settings.Credentials + ": " + settings.OAuth2 + " is for " + rbFieldAsk + ": " + askInteractions + " and " + askSearch + ": the Visit Information API takes a login or an API key"

var sample = settings.Count{Name: rbFieldSample, Least: 1, Most: 100}

// delays are how long LivePerson may take to show an attribute.
var delays = map[string]time.Duration{askVisit: 0, askInteractions: liveperson.InteractionsDelay, askSearch: liveperson.SearchDelay}

type config struct {
	account        settings.Config
	domain         string
	credentials    liveperson.ReadCredentials
	ask            string
	conversationID *service.InterpolatedString
	participantID  *service.InterpolatedString
	sample         int // percent
	delay          time.Duration
	maxWait        time.Duration
	recheckPauses  []time.Duration
	requests       requests.Config
}

func configFromParsed(conf *service.ParsedConfig) (c config, err error) {
	if c.account, err = settings.FromParsed(conf); err != nil {
		return
	}
	if c.domain, err = conf.FieldString(rbFieldDomain); err != nil {
		return
	}
	if c.credentials, err = settings.CredentialsFromParsed(conf); err != nil {
		return
	}
	if c.ask, err = settings.Enum(conf, rbFieldAsk, askVisit, askInteractions, askSearch); err != nil {
		return
	}
	if c.ask == askVisit && c.credentials.ClientID != "" {
		return c, errors.New(notForVisits)
	}
	if c.conversationID, err = conf.FieldInterpolatedString(rbFieldConversationID); err != nil {
		return
	}
	if c.participantID, err = conf.FieldInterpolatedString(rbFieldParticipantID); err != nil {
		return
	}
	if c.sample, err = sample.FromParsed(conf); err != nil {
		return
	}
	if err = c.timesFromParsed(conf); err != nil {
		return
	}
	c.requests, err = requests.FromParsed(conf)
	return c, err
}

func (c *config) timesFromParsed(conf *service.ParsedConfig) (err error) {
	c.delay = delays[c.ask]
	if conf.Contains(rbFieldDelay) {
		if c.delay, err = settings.DurationFromZero(conf, rbFieldDelay); err != nil {
			return err
		}
	}
	if c.maxWait, err = settings.DurationFromZero(conf, rbFieldMaxWait); err != nil {
		return err
	}
	pauses, err := conf.FieldStringList(rbFieldRecheckPauses)
	if err != nil {
		return err
	}
	for i, text := range pauses {
		pause, err := time.ParseDuration(text)
		if err != nil || pause < 0 {
			return fmt.Errorf("%s[%d]: expected a duration such as 5s", rbFieldRecheckPauses, i)
		}
		c.recheckPauses = append(c.recheckPauses, pause)
	}
	return nil
}
