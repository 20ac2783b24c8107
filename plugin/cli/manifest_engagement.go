package cli

import (
	"slices"
	"strings"

	ucli "github.com/urfave/cli/v2"
)

// The flags of what campaigns can use an app for.
const (
	entryPointFlagName        = "entry-point"
	visitorBehaviorFlagName   = "visitor-behavior"
	targetAudienceFlagName    = "target-audience"
	goalFlagName              = "goal"
	consumerIdentityFlagName  = "consumer-identity"
	designEngagementFlagName  = "design-engagement"
	designWindowFlagName      = "design-window"
	languageSelectionFlagName = "language-selection"
)

// engagementList is a flag with a list of the engagement.
type engagementList struct {
	flagName string
	what     string // for the help
	allowed  []string
	most     int
	of       func(*engagementCapability) *[]string
}

// engagementLists are the lists, with the values and the most entries that LivePerson's table of
// fields and its App Hub have.
var engagementLists = []engagementList{
	{entryPointFlagName, "where a campaign of the app can begin", []string{"section", "url"}, 10, func(e *engagementCapability) *[]string { return &e.EntryPoint }},
	{visitorBehaviorFlagName, "a behaviour of visitors that campaigns can use", defaultEngagement().VisitorBehavior, 10, func(e *engagementCapability) *[]string { return &e.VisitorBehavior }},
	{targetAudienceFlagName, "a property of visitors that campaigns can use", defaultEngagement().TargetAudience, 20, func(e *engagementCapability) *[]string { return &e.TargetAudience }},
	{goalFlagName, "a goal that campaigns can use", defaultEngagement().Goal, 10, func(e *engagementCapability) *[]string { return &e.Goal }},
	{consumerIdentityFlagName, "how the app knows consumers; LivePerson demands auth of an app for messaging", []string{"auth", "unauth"}, 5, func(e *engagementCapability) *[]string { return &e.ConsumerIdentity }},
}

// engagementSettings are what the flags of the engagement say.
type engagementSettings struct {
	lists                                             map[string][]string // by flag; none: LivePerson's default
	designEngagement, designWindow, languageSelection bool
}

func engagementFlags() (flags []ucli.Flag) {
	for _, l := range engagementLists {
		flags = append(flags, &ucli.StringSliceFlag{Name: l.flagName, Usage: l.what + ": " + strings.Join(l.allowed, ", ") + "; repeat the flag for several, leave it out for LivePerson's default"})
	}
	return append(flags,
		&ucli.BoolFlag{Name: designEngagementFlagName, Usage: "campaigns design the app's engagement"},
		&ucli.BoolFlag{Name: designWindowFlagName, Usage: "campaigns design the app's window"},
		&ucli.BoolFlag{Name: languageSelectionFlagName, Usage: "campaigns choose a language"},
	)
}

func engagementOf(c *ucli.Context) engagementSettings {
	s := engagementSettings{
		lists:             map[string][]string{},
		designEngagement:  c.Bool(designEngagementFlagName),
		designWindow:      c.Bool(designWindowFlagName),
		languageSelection: c.Bool(languageSelectionFlagName),
	}
	for _, l := range engagementLists {
		s.lists[l.flagName] = c.StringSlice(l.flagName)
	}
	return s
}

// read returns the engagement, without wrong values.
func (s engagementSettings) read(p *problems) engagementCapability {
	e := defaultEngagement()
	e.DesignEngagement, e.DesignWindow, e.LanguageSelection = s.designEngagement, s.designWindow, s.languageSelection
	for _, l := range engagementLists {
		given := s.lists[l.flagName]
		if len(given) == 0 {
			continue
		}
		*l.of(&e) = given
		for i, value := range given {
			switch {
			case !slices.Contains(l.allowed, value):
				p.add(l.flagName, "there is no %q: write one of %s", value, strings.Join(l.allowed, ", "))
			case slices.Contains(given[:i], value):
				p.add(l.flagName, "%s is there twice: leave one out", value)
			}
		}
		if len(given) > l.most {
			p.add(l.flagName, "must be there at most %d times: leave some out", l.most)
		}
	}
	return e
}
