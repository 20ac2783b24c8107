// Package campaign knows which engagements there are and what makes one available: what
// a tester writes in a file, and LivePerson's users set up in Campaign Builder. It knows
// neither HTTP nor sessions; the sandbox asks it with what a session has said.
package campaign

import (
	"slices"
	"strings"
)

// The APIs that an engagement may be handed out by.
const (
	APIMonitoring         = "monitoring"
	APIAppEngagement      = "app_engagement"
	APIExternalEngagement = "external_engagement"
)

var apis = []string{APIMonitoring, APIAppEngagement, APIExternalEngagement}

// Engagement is what may be offered, and when. The ids are LivePerson's, about ten
// digits long.
type Engagement struct {
	Name string `yaml:"name,omitempty"`
	// APIs hand it out; none stands for all.
	APIs []string `yaml:"apis,omitempty"`
	// When has the conditions, which must all be met; none makes it available to
	// everybody.
	When []*Condition `yaml:"when,omitempty"`

	CampaignID         int64 `yaml:"campaign_id"`
	EngagementID       int64 `yaml:"engagement_id"`
	EngagementRevision int64 `yaml:"engagement_revision,omitempty"`

	// What an answer has only if it is given here.
	ConnectorID int64  `yaml:"connector_id,omitempty"`
	WindowID    int64  `yaml:"window_id,omitempty"`
	Language    string `yaml:"language,omitempty"`
	SkillID     *int64 `yaml:"skill_id,omitempty"` // LivePerson's may be -1
	SkillName   string `yaml:"skill_name,omitempty"`
	// ValidForSeconds is how long the offer stands. The Monitoring API does not say it.
	ValidForSeconds int `yaml:"valid_for_seconds,omitempty"`
	// What only an external engagement says.
	URLToChat               string `yaml:"url_to_chat,omitempty"`
	ExpectedWaitTimeSeconds int    `yaml:"expected_wait_time_seconds,omitempty"`
	QueueSize               int    `yaml:"queue_size,omitempty"`
}

// Condition is about an engagement attribute or an entry point, one of the two. A
// session meets it once one attribute or entry point has.
type Condition struct {
	// Attribute is a type such as cart, also met by what LivePerson calls it when
	// reading.
	Attribute string `yaml:"attribute,omitempty"`
	// Member is the path of one of its members, such as products.product.category; of
	// arrays any item will do. It wants Equals or AtLeast.
	Member  string   `yaml:"member,omitempty"`
	Equals  any      `yaml:"equals,omitempty"`
	AtLeast *float64 `yaml:"at_least,omitempty"`
	// EntryPoint is how an entry point begins, such as sec://Sport.
	EntryPoint string `yaml:"entry_point,omitempty"`
}

// Behavior is what one call says.
type Behavior struct {
	Attributes  []Attribute
	EntryPoints []string
}

// Attribute is an engagement attribute: its type, as LivePerson writes it, and what was
// sent, decoded from JSON.
type Attribute struct {
	Type string
	Sent map[string]any
}

// Met gives the conditions of all engagements that a call meets.
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

// Available gives the first engagement of an API whose conditions have all been met; nil
// when there is none.
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

// For tells whether an API hands the engagement out: an external one only where it knows where to chat.
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

// anyAt tells whether a value at the path holds. Arrays are gone through.
func anyAt(value any, path []string, holds func(any) bool) bool {
	switch v := value.(type) {
	case []any:
		return slices.ContainsFunc(v, func(item any) bool { return anyAt(item, path, holds) })
	case map[string]any:
		return len(path) > 0 && anyAt(v[path[0]], path[1:], holds)
	}
	return len(path) == 0 && holds(value)
}
