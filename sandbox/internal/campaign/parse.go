package campaign

import (
	_ "embed"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/benthos-liveperson/benthos-liveperson/internal/sde"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/strictyaml"
)

// defaultFile has the engagements on offer without a file. It is also an example of a file.
//
//go:embed default.yaml
var defaultFile []byte

// defaultValidForSeconds is the value of LivePerson's sample.
const defaultValidForSeconds = 900

// file has engagements as a tester writes them.
type file struct {
	Engagements []Engagement `yaml:"engagements"`
}

// Default returns the engagements on offer without a file.
func Default() []Engagement {
	engagements, err := Parse(defaultFile)
	if err != nil {
		panic(fmt.Sprintf("campaign: the built-in file: %v", err))
	}
	return engagements
}

// Parse reads engagements from YAML or JSON. Errors name the line.
func Parse(text []byte) ([]Engagement, error) {
	var read file
	if err := strictyaml.Decode(text, &read); err != nil {
		return nil, err
	}
	if read.Engagements == nil {
		return nil, errors.New("engagements: must be a list of engagements; write [] for none")
	}
	seen := map[int64]bool{}
	for i := range read.Engagements {
		e := &read.Engagements[i]
		err := e.check()
		if err == nil && seen[e.EngagementID] {
			err = errors.New("engagement_id: another engagement has the same id")
		}
		if err != nil {
			return nil, fmt.Errorf("line %d: engagements[%d]: %w", strictyaml.Line(text, "engagements", i), i, err)
		}
		seen[e.EngagementID] = true
		if e.ValidForSeconds == 0 {
			e.ValidForSeconds = defaultValidForSeconds
		}
	}
	return read.Engagements, nil
}

// Format writes engagements in YAML. Parse can read them.
func Format(engagements []Engagement) []byte {
	text, err := yaml.Marshal(file{engagements})
	if err != nil {
		panic(err) // the values came from YAML, so YAML can represent them
	}
	return text
}

// check returns an error that names the wrong member of an engagement, and the allowed values.
func (e *Engagement) check() error {
	for _, api := range e.APIs {
		if !slices.Contains(apis, api) {
			return fmt.Errorf("apis: there is no %q, only %s", api, strings.Join(apis, ", "))
		}
	}
	switch {
	case slices.Contains(e.APIs, APIExternalEngagement) && e.URLToChat == "":
		return fmt.Errorf("url_to_chat: is required for %s; write a URL such as https://chat.example.com/", APIExternalEngagement)
	case e.CampaignID <= 0:
		return errors.New("campaign_id: write the campaign's id, such as 2695999112")
	case e.EngagementID <= 0:
		return errors.New("engagement_id: write the engagement's id, such as 2696029112")
	case e.EngagementRevision < 0 || e.ConnectorID < 0 || e.WindowID < 0 || e.ValidForSeconds < 0 || e.ExpectedWaitTimeSeconds < 0 || e.QueueSize < 0:
		return errors.New("engagement_revision, connector_id, window_id, valid_for_seconds, expected_wait_time_seconds and queue_size: must not be negative")
	}
	for i, c := range e.When {
		if c == nil {
			return fmt.Errorf("when[%d]: is empty", i)
		}
		if err := c.check(); err != nil {
			return fmt.Errorf("when[%d]: %w", i, err)
		}
	}
	return nil
}

func (c *Condition) check() error {
	compares := c.Equals != nil || c.AtLeast != nil
	switch {
	case (c.Attribute == "") == (c.EntryPoint == ""):
		return errors.New("write either attribute or entry_point")
	case c.EntryPoint != "" && (c.Member != "" || compares):
		return errors.New("member, equals and at_least: need attribute")
	case c.EntryPoint != "":
		return nil
	case !slices.Contains(Types(), c.Attribute):
		return fmt.Errorf("attribute: there is no %q, only %s", c.Attribute, strings.Join(Types(), ", "))
	case (c.Member != "") != compares:
		return errors.New("member: needs equals or at_least, and both need member")
	case c.Equals != nil && c.AtLeast != nil:
		return errors.New("equals and at_least: write only one of them")
	case c.AtLeast != nil && (math.IsNaN(*c.AtLeast) || math.IsInf(*c.AtLeast, 0)):
		return errors.New("at_least: must be a number")
	}
	switch c.Equals.(type) {
	case nil, string, bool, int, int64, uint64, float64:
		return nil
	}
	return errors.New("equals: must be text, a number, true or false")
}

// Types returns the types of engagement attributes for conditions: all documented types except impressions. Impressions come
// after the engagement.
func Types() []string {
	return slices.DeleteFunc(sde.WriteTypes(), sde.IsImpression)
}
