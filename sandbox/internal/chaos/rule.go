// Package chaos makes calls fail on purpose. A tester writes rules. The package matches them against calls, and applies the
// fault of a rule to the HTTP exchange. It knows nothing of LivePerson's bodies.
package chaos

import (
	"fmt"
	"slices"
	"strings"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/strictyaml"
)

// The endpoints that a rule may name.
const (
	// EndpointAll stands for all endpoints.
	EndpointAll = "all"

	EndpointDomain               = "domain"
	EndpointReport               = "report"
	EndpointEngagement           = "engagement"
	EndpointAppEngagement        = "app_engagement"
	EndpointVisitInformation     = "visit_information"
	EndpointEngagementAttributes = "engagement_attributes"
	EndpointExternalEngagement   = "external_engagement"
	EndpointLogin                = "login"
	EndpointInteractions         = "messaging_interactions"
	// The endpoints of messaging.
	EndpointAppToken      = "app_token"
	EndpointConsumerToken = "consumer_token"
	EndpointConversation  = "conversation"
	EndpointSend          = "send"
)

var endpoints = []string{
	EndpointAll, EndpointDomain, EndpointReport, EndpointEngagement, EndpointAppEngagement, EndpointVisitInformation,
	EndpointEngagementAttributes, EndpointExternalEngagement, EndpointLogin, EndpointInteractions,
	EndpointAppToken, EndpointConsumerToken, EndpointConversation, EndpointSend,
}

// loadable are the endpoints that may find an account loading (Monitoring API, overview; App Engagement API, create session).
var loadable = []string{EndpointReport, EndpointEngagement, EndpointAppEngagement}

// storing are the endpoints whose calls have engagement attributes that the account stores.
var storing = []string{EndpointReport, EndpointEngagement, EndpointAppEngagement, EndpointEngagementAttributes}

// withoutConsumer are the endpoints whose calls do not name a consumer.
var withoutConsumer = []string{EndpointDomain, EndpointLogin, EndpointInteractions, EndpointAppToken, EndpointExternalEngagement}

// Rule makes some calls fail. The endpoint is required, so that a rule for one endpoint does not break all of them by
// mistake. The tags doc describe the fields. They are also in the OpenAPI document.
type Rule struct {
	Name string `yaml:"name" json:"name,omitempty"`

	Endpoint string `yaml:"endpoint" json:"endpoint,omitempty" required:"true"`
	Account  string `yaml:"account" json:"account,omitempty" doc:"Only calls of this account match."`
	Consumer string `yaml:"consumer" json:"consumer,omitempty" doc:"Only calls of this consumer match."`

	Skip        int      `yaml:"skip" json:"skip,omitempty" doc:"How many matching calls pass first."`
	Times       int      `yaml:"times" json:"times,omitempty" doc:"How many calls fail before the rule ends. 0: no limit."`
	Quota       *Quota   `yaml:"quota" json:"quota,omitempty" doc:"How many calls pass in a window of time. Later calls of the window fail."`
	Probability *float64 `yaml:"probability" json:"probability,omitempty" doc:"The share of matching calls that fail, above 0 and up to 1. Absent: all."`
	Seed        uint64   `yaml:"seed" json:"seed,omitempty" doc:"The seed of the random numbers for probability."`

	From  strictyaml.Duration `yaml:"from" json:"from,omitempty" doc:"How long after it was set the rule starts."`
	Until strictyaml.Duration `yaml:"until" json:"until,omitempty" doc:"How long after it was set the rule is removed."`

	Fault `yaml:",inline"`
}

// Fault is what happens to a call. faultKinds describes the members.
type Fault struct {
	Latency        strictyaml.Duration `yaml:"latency" json:"latency,omitempty"`
	Status         int                 `yaml:"status" json:"status,omitempty"`
	Code           int                 `yaml:"code" json:"code,omitempty"`
	Message        string              `yaml:"message" json:"message,omitempty"`
	RetryAfter     strictyaml.Duration `yaml:"retry_after" json:"retry_after,omitempty"`
	RetryAfterDate bool                `yaml:"retry_after_date" json:"retry_after_date,omitempty"`
	Loading        bool                `yaml:"loading" json:"loading,omitempty"`
	Connection     string              `yaml:"connection" json:"connection,omitempty"`
	Body           string              `yaml:"body" json:"body,omitempty"`
	Vanish         string              `yaml:"vanish" json:"vanish,omitempty"`
	Member         string              `yaml:"member" json:"member,omitempty"`
	ContentType    string              `yaml:"content_type" json:"content_type,omitempty"`

	rule string // the rule of a fault that struck
}

// RuleName returns the name of the rule that struck, or its number if it has no name. Empty: no rule struck.
func (f Fault) RuleName() string { return f.rule }

// IsLost reports whether the sandbox neither takes nor answers the call.
func (f Fault) IsLost() bool {
	return f.Connection == BeforeReset || f.Connection == BeforeTimeout
}

// The faults of a connection.
const (
	BeforeReset   = "reset"
	AfterReset    = "reset_after"
	BeforeTimeout = "timeout"
	AfterTimeout  = "timeout_after"
)

// The faults of an answer's body.
const (
	BodyTruncated = "truncated"
	BodyMalformed = "malformed"
)

// Quota is how many calls pass in a window of time.
type Quota struct {
	Calls int                 `yaml:"calls" json:"calls"`
	Per   strictyaml.Duration `yaml:"per" json:"per"`
}

// check returns an error that names the wrong member of a rule, and the allowed values.
func (r Rule) check() error {
	switch {
	case r.Endpoint == "":
		return fmt.Errorf("endpoint: is missing: write one of %s", strings.Join(endpoints, ", "))
	case !slices.Contains(endpoints, r.Endpoint):
		return fmt.Errorf("endpoint: there is no %q, only %s", r.Endpoint, strings.Join(endpoints, ", "))
	case r.Loading && r.Endpoint != EndpointAll && !slices.Contains(loadable, r.Endpoint):
		return fmt.Errorf("loading: works only with the endpoints %s and %s", strings.Join(loadable, ", "), EndpointAll)
	case r.Vanish != "" && r.Endpoint != EndpointAll && !slices.Contains(storing, r.Endpoint):
		return fmt.Errorf("vanish: works only with the endpoints %s and %s", strings.Join(storing, ", "), EndpointAll)
	case r.Consumer != "" && slices.Contains(withoutConsumer, r.Endpoint):
		return fmt.Errorf("consumer: calls of %s have no consumer", r.Endpoint)
	case r.Skip < 0 || r.Times < 0:
		return fmt.Errorf("skip and times: must not be negative")
	case r.Probability != nil && !(*r.Probability > 0 && *r.Probability <= 1):
		return fmt.Errorf("probability: must be above 0 and at most 1")
	case r.Quota != nil && (r.Quota.Calls < 0 || r.Quota.Per <= 0):
		return fmt.Errorf("quota: write calls and per, such as {calls: 50, per: 1s}")
	case r.Until > 0 && r.Until <= r.From:
		return fmt.Errorf("until: must be later than from")
	}
	return r.Fault.check()
}

func (f Fault) check() error {
	answers := 0
	for _, given := range []bool{f.Status != 0, f.Loading, f.Connection != "", f.Body != "", f.Vanish != ""} {
		if given {
			answers++
		}
	}
	switch {
	case answers > 1:
		return fmt.Errorf("status, loading, connection, body and vanish: write only one of them")
	case answers == 0 && f.Latency == 0 && f.ContentType == "":
		return fmt.Errorf("does nothing: write latency, status, loading, connection, body, vanish or content_type")
	case f.ContentType != "" && (f.Status != 0 || f.Connection != ""):
		return fmt.Errorf("content_type: can't be combined with status or connection")
	case strings.ContainsAny(f.ContentType, "\r\n"):
		return fmt.Errorf("content_type: must be a content type such as application/octet-stream")
	case f.Member != "" && f.Vanish == "":
		return fmt.Errorf("member: needs vanish")
	case f.Status != 0 && (f.Status < 200 || f.Status > 599):
		return fmt.Errorf("status: must be from 200 to 599")
	case f.Status == 0 && (f.Code != 0 || f.Message != "" || f.RetryAfter != 0 || f.RetryAfterDate):
		return fmt.Errorf("code, message, retry_after and retry_after_date: need a status")
	case f.Connection != "" && !slices.Contains(valuesOf("connection"), f.Connection):
		return fmt.Errorf("connection: must be one of %s", strings.Join(valuesOf("connection"), ", "))
	case f.Body != "" && !slices.Contains(valuesOf("body"), f.Body):
		return fmt.Errorf("body: must be one of %s", strings.Join(valuesOf("body"), ", "))
	}
	return nil
}
