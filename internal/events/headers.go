package events

import (
	"slices"
	"strings"
)

// headers are the beginnings of the headers, in lower case, that say what the body of a webhook is.
// Some bodies don't say it themselves.
var headers = []string{"x-shopify-", "shopify-", "x-wc-webhook-", "x-adobe-commerce-", "ce-", "ce_", "content-type"}

// IsHeader says whether adapters read the header of a webhook. Its name may be in any case.
func IsHeader(name string) bool {
	lower := strings.ToLower(name)
	return slices.ContainsFunc(headers, func(prefix string) bool { return strings.HasPrefix(lower, prefix) })
}
