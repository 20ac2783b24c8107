package sandbox

import (
	"maps"

	"github.com/benthos-liveperson/benthos-liveperson/internal/sde"
)

// combining says how repeated engagement attributes of a type come together: where it
// says nothing they add up ("Engagement attributes: best practices").
type combining map[string]func(before, next map[string]any) map[string]any

var (
	inChat = combining{
		sde.Cart: replaceAttribute, sde.CartStatus: replaceAttribute,
		sde.PersonalInfo: mergeAttributes, sde.CustomerInfo: mergeAttributes, sde.MarketingSource: mergeAttributes,
	}
	inMessaging = combining{
		sde.Cart: replaceAttribute, sde.CartStatus: replaceAttribute, sde.Service: replaceAttribute,
		sde.PersonalInfo: replaceAttribute, sde.CustomerInfo: replaceAttribute, sde.MarketingSource: replaceAttribute,
	}
)

func (c combining) combine(before []any, next map[string]any, kind string) []any {
	rule := c[kind]
	if rule == nil || len(before) == 0 {
		return append(before, next)
	}
	last, _ := before[len(before)-1].(map[string]any)
	return append(before[:len(before)-1:len(before)-1], rule(last, next))
}

func replaceAttribute(_, next map[string]any) map[string]any { return next }

// mergeAttributes keeps the members that are not sent again, one level down: those of
// info or personal.
func mergeAttributes(before, next map[string]any) map[string]any {
	merged := maps.Clone(before)
	for name, value := range next {
		inner, isObject := value.(map[string]any)
		known, wasObject := merged[name].(map[string]any)
		if isObject && wasObject {
			both := maps.Clone(known)
			maps.Copy(both, inner)
			merged[name] = both
			continue
		}
		merged[name] = value
	}
	return merged
}
