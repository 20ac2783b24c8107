package cart

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"

	"github.com/benthos-liveperson/benthos-liveperson/internal/text"
)

// The members of a line that the presets read, in the order in which they look for them, as in
// bloblang/lines.blobl. Lines of one product differ by their variants.
var (
	idNames       = []string{"sku", "product_id", "productId", "item_id", "id"}
	nameNames     = []string{"name", "product_name", "productName", "item_name"}
	categoryNames = []string{"category", "product_category", "item_category", "item_category2", "item_category3", "item_category4", "item_category5"}
	priceNames    = []string{"price", "unit_price"}
	variantNames  = []string{"variant", "item_variant", "product_variant", "variant_id", "variantId"}
	stockNames    = []string{"stock_status"}
	currencyNames = []string{"currency", "currencyCode", "currency_code"}
)

const quantityName = "quantity"

// facts are the facts about a product, each with the members that may have it. A line
// takes all members of one fact from one event.
var facts = [][]string{idNames, variantNames, nameNames, categoryNames, priceNames, stockNames, currencyNames}

// line is one line of a cart.
type line struct {
	// Product has the members of facts that the event's line has, unchanged. Other members
	// are not stored.
	Product  map[string]any `json:"product"`
	Quantity quantity       `json:"quantity"`

	// hasQuantity says that the event has a quantity.
	hasQuantity bool
}

// readLine reads a line of an event. Errors name the member and never have its value.
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
		l.hasQuantity = true
	}
	return l, nil
}

// checkMember refuses values that the presets refuse. Otherwise the presets would refuse every
// cart with this line.
func checkMember(name string, value any) error {
	for _, price := range priceNames {
		if name == price {
			_, err := asNumber(value)
			return err
		}
	}
	if _, ok := text.Of(value); !ok {
		return errNoText
	}
	return nil
}

var errNoText = errors.New("expected text")

// key identifies the product of a line. It is empty if the line does not name it.
func (l line) key() string {
	if id := firstText(l.Product, idNames); id != "" {
		return "id:" + id
	}
	if name := firstText(l.Product, nameNames); name != "" {
		return "name:" + name
	}
	return ""
}

// variant is the variant of the product, such as red. It is empty if the line does not name one.
func (l line) variant() string { return firstText(l.Product, variantNames) }

// mayCost tells whether a line may have the price of a newer line. A line without a price may have
// any price.
func (l line) mayCost(newer line) bool {
	mine, theirs := firstText(l.Product, priceNames), firstText(newer.Product, priceNames)
	if mine == "" || theirs == "" {
		return true
	}
	my, err := asNumber(json.Number(mine))
	their, theirErr := asNumber(json.Number(theirs))
	return err == nil && theirErr == nil && my == their
}

func (l line) currency() string { return firstText(l.Product, currencyNames) }

// update replaces the facts that a newer line has, and keeps the others.
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

// members returns the line as a member of an event.
func (l line) members() map[string]any {
	members := maps.Clone(l.Product)
	members[quantityName] = json.Number(l.Quantity.String())
	return members
}

// firstID returns the first of the members that is an id, or "".
func firstID(members map[string]any, names []string) string {
	for _, name := range names {
		if value, _ := text.Of(members[name]); !text.IsPlaceholder(value) {
			return value
		}
	}
	return ""
}

// firstText returns the first of the members that is text or a number and not empty.
func firstText(members map[string]any, names []string) string {
	for _, name := range names {
		if value, _ := text.Of(members[name]); value != "" {
			return value
		}
	}
	return ""
}
