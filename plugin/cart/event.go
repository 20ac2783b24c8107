package cart

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"strings"
	"time"

	"github.com/benthos-liveperson/benthos-liveperson/internal/events"
)

// effect is what an event does to a cart.
type effect int

const (
	noEffect effect = iota
	productAdded
	productRemoved
	quantitySet // the event has a product's quantity after a change
	cartStated  // the event lists the whole cart, or shows it without a list
	cartUpdated // the event lists the whole cart after a change
	cartEmptied
)

// aboutOne returns whether an event with this effect is about single products, not the whole cart.
func (e effect) aboutOne() bool {
	return e == productAdded || e == productRemoved || e == quantitySet
}

// effects are the effects of the events that the preset retail knows, by their types.
var effects = map[any]effect{
	"product_added":    productAdded,
	"product_removed":  productRemoved,
	"quantity_updated": quantitySet,
	"cart_view":        cartStated,
	"checkout_started": cartStated,
	"cart_updated":     cartUpdated,
	"cart_cleared":     cartEmptied,
	"order_completed":  cartEmptied,
}

// The members of an event other than its products, in order.
var (
	anonymousNames = []string{"anonymousId", "anonymous_id"}
	userNames      = []string{"userId", "user_id"}
	messageNames   = []string{"messageId", "message_id", "event_id"}
	timeNames      = []string{"timestamp", "originalTimestamp", "original_timestamp"}
	cartNames      = []string{"cart_id", "cartId"}
)

const (
	eventName      = "event"
	typeName       = "type"
	propertiesName = "properties"
	productsName   = "products"
	itemsName      = "items"
)

// fullCart is the name of the event that Process returns in the place of a change of one product.
const fullCart = "Cart Viewed"

// preset is the preset that has the names of events.
const preset = "retail"

// effectOf returns what an event does to a cart. own are the user's names of events. They win over
// the preset's names.
func effectOf(event, own map[string]any) effect {
	call, isText := event[typeName].(string)
	if event[typeName] != nil && (!isText || call != "" && !strings.EqualFold(call, "track")) {
		return noEffect
	}
	name, _ := event[eventName].(string)
	if kind, _ := events.Of(preset).OwnType(own, name); kind != nil { // configFromParsed has checked the kinds
		return effects[kind]
	}
	return effects[events.Of(preset).Type(name)]
}

var errNoIdentity = errors.New("the event does not say whose cart it is: anonymousId (or anonymous_id), userId (or user_id) and properties.cart_id (or cartId) are missing, empty or placeholders such as undefined")

// owner returns the consumer or the cart id under which a cart is stored.
func owner(event, properties map[string]any, byCart bool) (string, error) {
	cart := firstID(properties, cartNames)
	if byCart && cart != "" {
		return "cart:" + cart, nil
	}
	if anonymous := firstID(event, anonymousNames); anonymous != "" {
		return "anonymous:" + anonymous, nil
	}
	if user := firstID(event, userNames); user != "" {
		return "user:" + user, nil
	}
	if cart != "" {
		return "cart:" + cart, nil
	}
	return "", errNoIdentity
}

// readChange reads the change of an event. If an event shows the whole cart and has no list,
// it changes nothing, and ok is false.
func readChange(e effect, event, properties map[string]any) (ch change, ok bool, err error) {
	ch = change{effect: e, currency: strings.ToUpper(firstText(properties, currencyNames))}
	if cart := firstID(properties, cartNames); cart != "" {
		ch.cart = digest("cart:" + cart)
	}
	if ch.event, err = eventMark(event); err != nil {
		return ch, false, err
	}
	member := listName(properties)
	switch e {
	case productAdded, productRemoved, quantitySet:
		ch.lines, err = readProducts(properties)
	case cartStated, cartUpdated:
		if member == "" {
			ch.unknown = true
			return ch, e == cartUpdated, nil
		}
		// If the list can't be read, the cart is unknown. The preset reports the error in the list.
		var unreadable error
		ch.lines, unreadable = readList(properties, member)
		ch.unknown = unreadable != nil
	}
	return ch, true, err
}

// eventMark returns a mark by which a repeated event is recognised: by its message id, or by the
// whole event if it has no message id.
func eventMark(event map[string]any) (mark, error) {
	var happened time.Time // the preset reports the error
	for _, name := range timeNames {
		if at, isTime := events.Time(event[name]); isTime {
			happened = at
			break
		}
	}
	if id := firstID(event, messageNames); id != "" {
		return markOf("id:"+id, happened), nil
	}
	content, err := json.Marshal(event)
	if err != nil {
		return mark{}, fmt.Errorf("encoding the event as JSON, to recognise it when it is repeated: %w", err)
	}
	return markOf("event:"+string(content), happened), nil
}

// digest replaces ids in what is stored.
func digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:12])
}

// readProducts reads the products that an event adds or removes: those of its list, or
// the one product that its properties describe.
func readProducts(properties map[string]any) ([]line, error) {
	member := listName(properties)
	if member == "" {
		l, err := readProduct(properties)
		if err != nil {
			return nil, fmt.Errorf("%s.%w", propertiesName, err)
		}
		return []line{l}, nil
	}
	lines, err := readList(properties, member)
	if err != nil {
		return nil, err
	}
	if len(lines) == 0 {
		return nil, fmt.Errorf("%s.%s: lists no product", propertiesName, member)
	}
	for i, l := range lines {
		if l.key() == "" {
			return nil, fmt.Errorf("%s.%s[%d].%w", propertiesName, member, i, errNoProduct)
		}
	}
	return lines, nil
}

var errNoProduct = errors.New("sku: is missing, and so are product_id, item_id, id and name: one of them must name the product")

func readProduct(members map[string]any) (line, error) {
	l, err := readLine(members)
	if err == nil && l.key() == "" {
		err = errNoProduct
	}
	return l, err
}

// listName returns the member that lists products, or "" if there is none.
func listName(properties map[string]any) string {
	for _, name := range []string{productsName, itemsName} {
		if list := properties[name]; list != nil && list != "" {
			return name
		}
	}
	return ""
}

func readList(properties map[string]any, member string) ([]line, error) {
	list, ok := events.Lines(properties[member])
	if !ok {
		return nil, fmt.Errorf("%s.%s: expected an array", propertiesName, member)
	}
	lines := make([]line, 0, len(list))
	for i, item := range list {
		if events.IsNoLine(item) {
			continue
		}
		members, ok := item.(map[string]any)
		if !ok {
			return nil, fmt.Errorf("%s.%s[%d]: expected an object", propertiesName, member, i)
		}
		l, err := readLine(members)
		if err != nil {
			return nil, fmt.Errorf("%s.%s[%d].%w", propertiesName, member, i, err)
		}
		lines = append(lines, l)
	}
	if len(lines) == 0 && len(list) > 0 {
		return nil, fmt.Errorf("%s.%s: lists no product", propertiesName, member)
	}
	return lines, nil
}

// withCart returns the event as one that lists the whole cart. Other properties, such
// as GA4's value, belong to the change and not to the cart. withCart leaves them out.
func withCart(event map[string]any, c cart, ch change) map[string]any {
	stated := map[string]any{productsName: c.products()}
	if c.Currency != "" {
		stated[currencyNames[0]] = c.Currency
	}
	properties, _ := event[propertiesName].(map[string]any)
	if id := firstID(properties, cartNames); id != "" && c.ID == ch.cart {
		stated[cartNames[0]] = id
	}
	full := maps.Clone(event)
	full[eventName] = fullCart
	full[propertiesName] = stated
	return full
}

// completed returns an event that shows the whole cart without a list, with the stored lines.
func completed(event map[string]any, c cart) map[string]any {
	properties, _ := event[propertiesName].(map[string]any)
	stated := map[string]any{}
	maps.Copy(stated, properties)
	delete(stated, itemsName)
	stated[productsName] = c.products()
	if c.Currency != "" {
		stated[currencyNames[0]] = c.Currency
	}
	full := maps.Clone(event)
	full[propertiesName] = stated
	return full
}

func (c *cart) products() []any {
	products := make([]any, len(c.Lines))
	for i, l := range c.Lines {
		products[i] = l.members()
	}
	return products
}

// completes tells whether the stored lines belong to the cart that an event shows.
func (c *cart) completes(ch change) bool {
	return !c.Unknown && len(c.Lines) > 0 &&
		(ch.cart == "" || c.ID == "" || ch.cart == c.ID) &&
		(ch.currency == "" || c.Currency == "" || ch.currency == c.Currency)
}
