package jsonbody

import (
	"maps"

	"github.com/benthos-liveperson/benthos-liveperson/internal/sde"
)

// Combining says, for each type, how repeated engagement attributes are combined. Types without an entry are collected
// ("Engagement attributes: best practices").
type Combining map[string]func(before, next map[string]any) map[string]any

var (
	// InChat has the rules of chat.
	InChat = Combining{
		sde.Cart: replaceAttribute, sde.CartStatus: replaceAttribute,
		sde.PersonalInfo: mergeAttributes, sde.CustomerInfo: mergeAttributes, sde.MarketingSource: mergeAttributes,
	}
	// InMessaging has the rules of messaging.
	InMessaging = Combining{
		sde.Cart: replaceAttribute, sde.CartStatus: replaceAttribute, sde.Service: replaceAttribute,
		sde.PersonalInfo: replaceAttribute, sde.CustomerInfo: replaceAttribute, sde.MarketingSource: replaceAttribute,
	}
)

// Combine adds an attribute to those before it.
func (c Combining) Combine(before []any, next map[string]any, kind string) []any {
	rule := c[kind]
	if rule == nil || len(before) == 0 {
		return append(before, next)
	}
	last, _ := before[len(before)-1].(map[string]any)
	return append(before[:len(before)-1:len(before)-1], rule(last, next))
}

func replaceAttribute(_, next map[string]any) map[string]any { return next }

// mergeAttributes keeps the members that are not sent again. It merges one level down, where info and personal have
// their members.
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
