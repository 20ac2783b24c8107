package mapping

import (
	"regexp"
	"slices"
	"strings"
)

// privacyControls are the squashed names of members with Global Privacy Control. A browser tells
// every site by this signal that its user does not want data to be sold or shared. So true means a
// refusal. See https://www.w3.org/TR/gpc/
var privacyControls = map[string]bool{
	"gpc": true, "secgpc": true, "gpcenabled": true, "isgpcenabled": true, "gpcsignal": true,
	"globalprivacycontrol": true, "globalprivacycontrolenabled": true,
}

// frameworks are the squashed names of members with a framework's consent string. They are not
// purposes.
var frameworks = map[string]bool{"tcf": true, "tcfv2": true, "iabtcf": true, "tcfstring": true, "tcstring": true, "gpp": true, "gppstring": true, "usprivacy": true}

// controlsOfContext are the names that Global Privacy Control may have in a context.
var controlsOfContext = []string{"gpc", "GPC", "globalPrivacyControl", "global_privacy_control", "sec_gpc", "Sec-GPC"}

// signal reads a member that stands among purposes or categories but is neither: Global Privacy
// Control or a consent string. It returns false for any other member.
func (s *statement) signal(squashed string, value any) bool {
	if privacyControls[squashed] {
		answer, _ := asAnswer(value)
		s.optedOut = s.optedOut || answer == true
		return true
	}
	if !frameworks[squashed] {
		return false
	}
	if written, isText := value.(string); isText {
		s.consentString(strings.TrimSpace(written))
	}
	return true
}

// oneTrustControl matches Global Privacy Control in OneTrust's cookie. The cookie has it only if
// the shop has set up OneTrust to obey it.
var oneTrustControl = regexp.MustCompile(`(?:^|&)isGpcEnabled=1(?:&|$)`)

// controlOf tells whether a context has Global Privacy Control beside its consent.
func controlOf(context map[string]any) bool {
	return slices.ContainsFunc(controlsOfContext, func(name string) bool {
		answer, _ := asAnswer(context[name])
		return answer == true
	})
}

// refuseSale applies Global Privacy Control. It refuses marketing, advertising and their categories,
// even if the statement allows them.
func (s *statement) refuseSale(found map[string]any) {
	found[marketing], found[advertising] = false, false
	categories := slices.Clone(s.marketing)
	for i := range s.table.all {
		if s.table.all[i].name == advertising {
			categories = append(categories, s.table.all[i].categories...)
		}
	}
	for name := range s.own {
		if slices.Contains(categories, fold(name)) {
			found[name] = false
		}
	}
}
