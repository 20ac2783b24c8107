package deadletter

import (
	"encoding/json"
	"strings"

	"github.com/benthos-liveperson/benthos-liveperson/internal/contact"
	"github.com/benthos-liveperson/benthos-liveperson/internal/sde"
)

// shown are the members of events whose values say nothing about a person, in lower case and without _ and -.
var shown = map[string]bool{
	"type": true, "event": true, "version": true, "currency": true, "timestamp": true, "originaltimestamp": true, "sentat": true,
	"receivedat": true, "orderid": true, "cartid": true, "checkoutid": true, "productid": true, "sku": true, "brand": true, "category": true,
	"variant": true, "price": true, "quantity": true, "total": true, "revenue": true, "value": true, "subtotal": true, "tax": true,
	"shipping": true, "discount": true, "carttotal": true, "channel": true, "locale": true, "status": true,
}

// Shown returns JSON of a letter, indented. Text that is not JSON stays as it is.
func Shown(text string) string {
	if value := decode(text); value != nil {
		return indented(value)
	}
	return text
}

// Masked is Shown without what is personal. A report is masked by its schemas. Of an event, switches are shown, and texts and
// numbers of the members in shown. Text that is not JSON is masked as a whole.
func Masked(text string) string {
	value := decode(text)
	switch {
	case value == nil:
		return sde.Mask
	case (Letter{Content: text}).IsReport():
		return indented(sde.Masked(value))
	}
	return indented(maskedEvent(value, false))
}

func indented(value any) string {
	var out strings.Builder
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if encoder.Encode(value) != nil {
		return sde.Mask
	}
	return strings.TrimSuffix(out.String(), "\n")
}

func maskedEvent(value any, show bool) any {
	switch v := value.(type) {
	case map[string]any:
		copied := make(map[string]any, len(v))
		for name, item := range v {
			if contact.In(name, contact.Text) {
				name = sde.Mask
			}
			copied[name] = maskedEvent(item, shown[strings.NewReplacer("_", "", "-", "").Replace(strings.ToLower(name))])
		}
		return copied
	case []any:
		list := make([]any, len(v))
		for i, item := range v {
			list[i] = maskedEvent(item, show)
		}
		return list
	case json.Number:
		if !show {
			return sde.Mask
		}
	case string:
		if !show || contact.In(v, contact.Text) || contact.In(v, contact.ID) {
			return sde.Mask
		}
	}
	return value
}
