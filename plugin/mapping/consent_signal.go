package mapping

import (
	"regexp"
	"slices"
	"strings"
)

// privacyControls are the squashed names of members with Global Privacy Control, by which a browser
// tells every site that its user does not want data to be sold or shared. A yes is a refusal. See
// https://www.w3.org/TR/gpc/
var privacyControls = map[string]bool{
	"gpc": true, "secgpc": true, "gpcenabled": true, "isgpcenabled": true, "gpcsignal": true,
	"globalprivacycontrol": true, "globalprivacycontrolenabled": true,
}

// frameworks are the squashed names of members with the strings of a framework. They are no purposes.
var frameworks = map[string]bool{"tcf": true, "tcfv2": true, "iabtcf": true, "tcfstring": true, "tcstring": true, "gpp": true, "gppstring": true, "usprivacy": true}

// controlsOfContext are the names of a context's members with Global Privacy Control.
var controlsOfContext = []string{"gpc", "GPC", "globalPrivacyControl", "global_privacy_control", "sec_gpc", "Sec-GPC"}

// signal reads a member among purposes or categories that is neither of them. It returns false
// for any other member.
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

// oneTrustControl matches Global Privacy Control in OneTrust's cookie. The cookie has it only where
// the shop has asked OneTrust to obey it.
var oneTrustControl = regexp.MustCompile(`(?:^|&)isGpcEnabled=1(?:&|$)`)

// controlOf says whether a context has Global Privacy Control beside its consent.
func controlOf(context map[string]any) bool {
	return slices.ContainsFunc(controlsOfContext, func(name string) bool {
		answer, _ := asAnswer(context[name])
		return answer == true
	})
}

// refuseSale refuses what Global Privacy Control refuses, whatever else the statement says: marketing,
// advertising, and the categories that stand for them.
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
