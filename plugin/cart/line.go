package cart

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"strconv"
)

// The names of what the presets read of a line, in the order in which they look for
// it, as in bloblang/lines.blobl.
var (
	idNames       = []string{"sku", "product_id", "productId", "item_id", "id"}
	nameNames     = []string{"name", "product_name", "productName", "item_name"}
	categoryNames = []string{"category", "product_category", "item_category", "item_category2", "item_category3", "item_category4", "item_category5"}
	priceNames    = []string{"price", "unit_price"}
	stockNames    = []string{"stock_status"}
	currencyNames = []string{"currency"}
)

const quantityName = "quantity"

// facts are what is known of a product. Names of one fact stand for each other, so
// that a line takes all of them from one event.
var facts = [][]string{idNames, nameNames, categoryNames, priceNames, stockNames, currencyNames}

// line is one line of a cart.
type line struct {
	// Product has the members of the event's line that the presets read, as they
	// came. Nothing else is kept.
	Product  map[string]any `json:"product"`
	Quantity quantity       `json:"quantity"`

	// counted is whether the event says how many.
	counted bool
}

// readLine reads a line of an event. Errors name the member and never its value.
func readLine(members map[string]any) (line, error) {
	product := map[string]any{}
	for _, names := range facts {
		for _, name := range names {
			value := members[name]
			if value == nil || value == "" {
				continue
			}
			if err := checkMember(name, value); err != nil {
				return line{}, fmt.Errorf("%s: %w", name, err)
			}
			product[name] = value
		}
	}
	l := line{Product: product, Quantity: one}
	if value := members[quantityName]; value != nil && value != "" {
		var err error
		if l.Quantity, err = asQuantity(value); err != nil {
			return line{}, fmt.Errorf("%s: %w", quantityName, err)
		}
		l.counted = true
	}
	return l, nil
}

// checkMember refuses what the presets refuse: once remembered, it would make them
// refuse each cart that it is in.
func checkMember(name string, value any) error {
	for _, price := range priceNames {
		if name == price {
			_, err := asNumber(value)
			return err
		}
	}
	_, err := asText(value)
	return err
}

// key tells which product a line is of, empty if it does not say.
func (l line) key() string {
	if id := firstText(l.Product, idNames); id != "" {
		return "id:" + id
	}
	if name := firstText(l.Product, nameNames); name != "" {
		return "name:" + name
	}
	return ""
}

func (l line) currency() string { return firstText(l.Product, currencyNames) }

// update takes over what a newer line says of the product. What that leaves out
// stays.
func (l *line) update(newer line) {
	for _, names := range facts {
		if firstText(newer.Product, names) == "" {
			continue
		}
		for _, name := range names {
			delete(l.Product, name)
			if value, known := newer.Product[name]; known {
				l.Product[name] = value
			}
		}
	}
}

// members gives the line as an event has it.
func (l line) members() map[string]any {
	members := maps.Clone(l.Product)
	members[quantityName] = json.Number(l.Quantity.String())
	return members
}

// firstText gives the first member that is there and not empty, as text.
func firstText(members map[string]any, names []string) string {
	for _, name := range names {
		if text, err := asText(members[name]); err == nil && text != "" {
			return text
		}
	}
	return ""
}

var errNoText = errors.New("expected text")

func asText(value any) (string, error) {
	switch v := value.(type) {
	case string:
		return v, nil
	case json.Number:
		return v.String(), nil
	case int64:
		return strconv.FormatInt(v, 10), nil
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64), nil
	}
	return "", errNoText
}
