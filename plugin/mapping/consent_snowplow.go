package mapping

import "github.com/benthos-liveperson/benthos-liveperson/internal/text"

// The members of Snowplow's schema consent_preferences (1-0-0). Warehouses write them in snake case.
var (
	pathsOfConsentEvent  = parsePaths([]string{"eventType", "event_type"})
	pathsOfConsentScopes = parsePaths([]string{"consentScopes", "consent_scopes"})
)

// preferences reads an object of Snowplow's schema consent_preferences. It returns false if the
// object is not one. Its scopes are the purposes that the visitor has allowed. They are ignored
// until the visitor answers, and after the answer has expired.
func (s *statement) preferences(object map[string]any) bool {
	event, _ := readFirst(object, pathsOfConsentEvent, asText)
	value, _ := readFirst(object, pathsOfConsentScopes, readers["value"].read)
	kind, isText := event.(string)
	scopes, isList := value.([]any)
	if !isText || !isList {
		return false
	}
	switch text.Squash(kind) {
	case "allowall":
		s.answerAll(true)
		s.list("", scopes)
	case "allowselected":
		if len(scopes) == 0 {
			s.answerAll(false)
		}
		s.list("", scopes)
	case "denyall", "withdrawn":
		s.answerAll(false)
	}
	return true
}

func (s *statement) answerAll(yes bool) { s.everything = &yes }
