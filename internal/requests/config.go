package requests

import (
	"errors"
	"fmt"
	"time"

	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/benthos-liveperson/benthos-liveperson/internal/settings"
)

const (
	fieldRetryPauses  = "retry_pauses"
	fieldOutagePauses = "outage_pauses"
	fieldConcurrency  = "concurrency"
	fieldRateLimit    = "rate_limit"
)

var concurrency = settings.Count{Name: fieldConcurrency, Least: 1, Most: settings.Unlimited}

// Fields returns the YAML fields of a Config. thing is what the component sends, such as
// report. pauses is the default of retry_pauses.
func Fields(thing string, pauses ...string) []*service.ConfigField {
	return fields(thing, "After the last the "+thing+" fails. LivePerson asks for the default.", pauses)
}

// FieldsWithout returns the fields for a component whose default of retry_pauses depends on other
// settings. absent describes it.
func FieldsWithout(thing, absent string) []*service.ConfigField {
	return fields(thing, "After the last the "+thing+" fails. "+absent, nil)
}

func fields(thing, after string, pauses []string) []*service.ConfigField {
	// The field has any type. Benthos can't tell an absent list from an empty one, and its
	// linter skips the rules of a list field whose value is no list.
	retryPauses := service.NewAnyField(fieldRetryPauses).
		Description("The pauses before the retries of a " + thing + ". Failures that may be temporary are retried: 5xx, 429, a loading account, a network error or a time-out. Each pause is lengthened by up to a fifth at random. If the answer has `Retry-After`, that is the pause. " + after).
		Advanced().
		LintRule(settings.Lint(settings.DurationsLint(fieldRetryPauses)))
	if len(pauses) == 0 {
		retryPauses = retryPauses.Optional().Example([]string{"1s", "5s"})
	} else {
		retryPauses = retryPauses.Default(pauses)
	}
	return []*service.ConfigField{
		retryPauses,
		concurrency.Field().
			Description("The most requests in flight at a time. The current limit follows LivePerson's answers. It begins with 8, doubles with each round trip until the first sign of overload, and then grows by one. It falls by a tenth when answers get slower or LivePerson rejects requests for load: 429, 503, 504, time-outs and refused connections.").
			Default(64).
			Advanced(),
		service.NewStringField(fieldRateLimit).
			Description("The label of a rate limit resource for the requests. Benthos' own rate limits apply per process.").
			Default("").
			Advanced(),
	}
}

// OutageField returns the field for the pauses between probes while LivePerson is down.
func OutageField(pauses ...string) *service.ConfigField {
	return service.NewAnyField(fieldOutagePauses).
		Description("While LivePerson is down, the component makes one request after each of these pauses, to find out whether LivePerson is back. The last pause repeats.").
		Default(pauses).
		Advanced().
		LintRule(settings.Lint(settings.DurationsLint(fieldOutagePauses)))
}

// OutageFromParsed reads the field.
func OutageFromParsed(conf *service.ParsedConfig) ([]time.Duration, error) {
	texts, err := conf.FieldStringList(fieldOutagePauses)
	if err != nil {
		return nil, err
	}
	if len(texts) == 0 {
		return nil, errors.New(fieldOutagePauses + ": must have at least one duration")
	}
	return parsePauses(fieldOutagePauses, texts)
}

// FromParsed reads the fields.
func FromParsed(conf *service.ParsedConfig) (c Config, err error) {
	if conf.Contains(fieldRetryPauses) {
		pauses, err := conf.FieldStringList(fieldRetryPauses)
		if err != nil {
			return c, err
		}
		if c.RetryPauses, err = parsePauses(fieldRetryPauses, pauses); err != nil {
			return c, err
		}
	}
	if c.Concurrency, err = concurrency.FromParsed(conf); err != nil {
		return
	}
	c.RateLimit, err = conf.FieldString(fieldRateLimit)
	return
}

func parsePauses(field string, texts []string) ([]time.Duration, error) {
	pauses := make([]time.Duration, len(texts))
	for i, text := range texts {
		pause, err := time.ParseDuration(text)
		if err != nil || pause < 0 {
			return nil, fmt.Errorf("%s[%d]: %q is not a duration such as 3s or 1m30s", field, i, text)
		}
		pauses[i] = pause
	}
	return pauses, nil
}
