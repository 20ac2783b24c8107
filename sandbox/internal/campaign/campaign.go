// Package campaign decides which engagement is on offer. A tester writes engagements with conditions into a file.
// LivePerson's users set them up in Campaign Builder. The package gets the behavior of a consumer. It does not depend on
// HTTP or sessions.
package campaign

import (
	"slices"
	"strings"
)

// The APIs that offer engagements.
const (
	APIMonitoring         = "monitoring"
	APIAppEngagement      = "app_engagement"
	APIExternalEngagement = "external_engagement"
)

var apis = []string{APIMonitoring, APIAppEngagement, APIExternalEngagement}

// Engagement is an engagement with its conditions. LivePerson's ids have about ten digits.
type Engagement struct {
	Name string `yaml:"name,omitempty"`
	// APIs offer the engagement. Empty: all APIs.
	APIs []string `yaml:"apis,omitempty"`
	// When has the conditions. The session must meet all of them. Empty: the engagement is on offer to everybody.
	When []*Condition `yaml:"when,omitempty"`

	CampaignID         int64 `yaml:"campaign_id"`
	EngagementID       int64 `yaml:"engagement_id"`
	EngagementRevision int64 `yaml:"engagement_revision,omitempty"`

	// An answer has these members only if the file has them.
	ConnectorID int64  `yaml:"connector_id,omitempty"`
	WindowID    int64  `yaml:"window_id,omitempty"`
	Language    string `yaml:"language,omitempty"`
	SkillID     *int64 `yaml:"skill_id,omitempty"` // may be -1 at LivePerson
	SkillName   string `yaml:"skill_name,omitempty"`
	// ValidForSeconds is how long the offer is valid. The answers of the Monitoring API do not have it.
	ValidForSeconds int `yaml:"valid_for_seconds,omitempty"`
	// Only answers of external engagements have these members.
	URLToChat               string `yaml:"url_to_chat,omitempty"`
	ExpectedWaitTimeSeconds int    `yaml:"expected_wait_time_seconds,omitempty"`
	QueueSize               int    `yaml:"queue_size,omitempty"`
}

// Condition is about either an engagement attribute or an entry point. A session meets it as soon as one of its attributes or
// entry points meets it.
type Condition struct {
	// Attribute is a type such as cart. LivePerson's name for reading the type matches too.
	Attribute string `yaml:"attribute,omitempty"`
	// Member is the path of a member of the attribute, such as products.product.category. Any item of an array matches. It
	// needs Equals or AtLeast.
	Member  string   `yaml:"member,omitempty"`
	Equals  any      `yaml:"equals,omitempty"`
	AtLeast *float64 `yaml:"at_least,omitempty"`
	// EntryPoint is the start of an entry point, such as sec://Sport.
	EntryPoint string `yaml:"entry_point,omitempty"`
}

// Behavior has the consumer's attributes and entry points of one call.
type Behavior struct {
	Attributes  []Attribute
	EntryPoints []string
}

// Attribute is an engagement attribute with LivePerson's name for writing its type, and the JSON that was sent.
type Attribute struct {
	Type string
	Sent map[string]any
}

// Met returns the conditions of all engagements that the behavior of a call meets.
func Met(engagements []Engagement, behavior Behavior) []*Condition {
	var met []*Condition
	for _, e := range engagements {
		for _, c := range e.When {
			if c.metBy(behavior) {
				met = append(met, c)
			}
		}
	}
	return met
}

// Available returns the first engagement of an API whose conditions are all met, or nil if there is none.
func Available(engagements []Engagement, api string, met map[*Condition]bool) *Engagement {
	for i := range engagements {
		e := &engagements[i]
		unmet := func(c *Condition) bool { return !met[c] }
		if e.For(api) && !slices.ContainsFunc(e.When, unmet) {
			return e
		}
	}
	return nil
}

// For reports whether an API may offer the engagement. An external engagement needs a URL for the chat.
func (e *Engagement) For(api string) bool {
	return (len(e.APIs) == 0 || slices.Contains(e.APIs, api)) && (api != APIExternalEngagement || e.URLToChat != "")
}

func (c *Condition) metBy(behavior Behavior) bool {
	if c.EntryPoint != "" {
		return slices.ContainsFunc(behavior.EntryPoints, func(point string) bool { return strings.HasPrefix(point, c.EntryPoint) })
	}
	return slices.ContainsFunc(behavior.Attributes, func(a Attribute) bool {
		return a.Type == c.Attribute && (c.Member == "" || anyAt(a.Sent, strings.Split(c.Member, "."), c.holds))
	})
}

func (c *Condition) holds(value any) bool {
	if c.AtLeast == nil {
		return same(value, c.Equals)
	}
	number, ok := asNumber(value)
	return ok && number >= *c.AtLeast
}

// anyAt reports whether holds is true for a value at the path. It looks at all items of arrays.
func anyAt(value any, path []string, holds func(any) bool) bool {
	switch v := value.(type) {
	case []any:
		return slices.ContainsFunc(v, func(item any) bool { return anyAt(item, path, holds) })
	case map[string]any:
		return len(path) > 0 && anyAt(v[path[0]], path[1:], holds)
	}
	return len(path) == 0 && holds(value)
}
