package cart

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"strings"
	"unicode"
)

// kind is what an event means for a cart.
type kind int

const (
	other kind = iota
	productAdded
	productRemoved
	cartStated // the event lists all that is in the cart
	orderCompleted
)

// kinds are the names of events, squashed.
var kinds = map[string]kind{
	"productadded":               productAdded,
	"addedproduct":               productAdded,
	"addtocart":                  productAdded,
	"addedtocart":                productAdded,
	"wishlistproductaddedtocart": productAdded,

	"productremoved":  productRemoved,
	"removedproduct":  productRemoved,
	"removefromcart":  productRemoved,
	"removedfromcart": productRemoved,

	"cartviewed":      cartStated,
	"viewcart":        cartStated,
	"viewedcart":      cartStated,
	"checkoutstarted": cartStated,
	"startedorder":    cartStated,
	"begincheckout":   cartStated,
	"startedcheckout": cartStated,

	"ordercompleted":  orderCompleted,
	"completedorder":  orderCompleted,
	"purchase":        orderCompleted,
	"transaction":     orderCompleted,
	"inapppurchase":   orderCompleted,
	"policypurchased": orderCompleted,
	"orderplaced":     orderCompleted,
	"placedorder":     orderCompleted,
}

// The names of what an event says besides its products.
var (
	anonymousNames = []string{"anonymousId", "anonymous_id"}
	userNames      = []string{"userId", "user_id"}
	messageNames   = []string{"messageId", "message_id", "event_id"}
	cartNames      = []string{"cart_id", "cartId"}
)

const (
	eventName      = "event"
	typeName       = "type"
	propertiesName = "properties"
	productsName   = "products"
	itemsName      = "items"
)

// fullCart is the name of the event that a change leaves as.
const fullCart = "Cart Viewed"

// kindOf compares names as the presets do, without regard to case, spaces and
// punctuation.
func kindOf(event map[string]any) kind {
	if t, ok := event[typeName].(string); event[typeName] != nil && (!ok || t != "" && !strings.EqualFold(t, "track")) {
		return other
	}
	name, _ := event[eventName].(string)
	return kinds[squash(name)]
}

func squash(name string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsNumber(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, name)
}

var errNoIdentity = errors.New("the event does not say whose cart it is about: anonymousId (or anonymous_id), userId (or user_id) and properties.cart_id (or cartId) are missing or empty")

// owner gives what a cart is remembered by: the consumer, or the cart's id.
func owner(event, properties map[string]any, byCart bool) (string, error) {
	cart := firstText(properties, cartNames)
	if byCart && cart != "" {
		return "cart:" + cart, nil
	}
	if anonymous := firstText(event, anonymousNames); anonymous != "" {
		return "anonymous:" + anonymous, nil
	}
	if user := firstText(event, userNames); user != "" {
		return "user:" + user, nil
	}
	if cart != "" {
		return "cart:" + cart, nil
	}
	return "", errNoIdentity
}

// readChange reads what an event does to a cart. Of those that state a whole cart,
// stated is false for one that lists no products: it changes nothing.
func readChange(k kind, event, properties map[string]any) (ch change, stated bool, err error) {
	ch = change{kind: k, currency: firstText(properties, currencyNames)}
	if cart := firstText(properties, cartNames); cart != "" {
		ch.cart = digest("cart:" + cart)
	}
	if ch.event, err = eventDigest(event); err != nil {
		return ch, false, err
	}
	switch k {
	case productAdded, productRemoved:
		ch.lines, err = readMoved(properties)
	case cartStated:
		member := listName(properties)
		if member == "" {
			return ch, false, nil
		}
		// The presets say what is wrong with a list. Here it is only that the cart can't
		// be known from it.
		var unreadable error
		ch.lines, unreadable = readList(properties, member)
		ch.unknown = unreadable != nil
	}
	return ch, true, err
}

// eventDigest is by what a repeated event is recognised: its message id, and the
// whole event where it has none.
func eventDigest(event map[string]any) (string, error) {
	if id := firstText(event, messageNames); id != "" {
		return digest("id:" + id), nil
	}
	content, err := json.Marshal(event)
	if err != nil {
		return "", fmt.Errorf("writing the event as JSON, to recognise it again: %w", err)
	}
	return digest("event:" + string(content)), nil
}

// digest keeps ids out of what is remembered.
func digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:12])
}

// readMoved reads the products that an event adds or removes: those of its list, or
// the one that its properties describe.
func readMoved(properties map[string]any) ([]line, error) {
	member := listName(properties)
	if member == "" {
		l, err := readMovedLine(properties)
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

var errNoProduct = errors.New("sku: is missing, and so are product_id, item_id, id and name: one has to say which product it is")

func readMovedLine(members map[string]any) (line, error) {
	l, err := readLine(members)
	if err == nil && l.key() == "" {
		err = errNoProduct
	}
	return l, err
}

// listName gives the name of the list of products, or "".
func listName(properties map[string]any) string {
	for _, name := range []string{productsName, itemsName} {
		if list := properties[name]; list != nil && list != "" {
			return name
		}
	}
	return ""
}

func readList(properties map[string]any, member string) ([]line, error) {
	list, ok := properties[member].([]any)
	if !ok {
		return nil, fmt.Errorf("%s.%s: expected an array", propertiesName, member)
	}
	lines := make([]line, len(list))
	for i, item := range list {
		members, ok := item.(map[string]any)
		if !ok {
			return nil, fmt.Errorf("%s.%s[%d]: expected an object", propertiesName, member, i)
		}
		var err error
		if lines[i], err = readLine(members); err != nil {
			return nil, fmt.Errorf("%s.%s[%d].%w", propertiesName, member, i, err)
		}
	}
	return lines, nil
}

// withCart gives the event as one that states the whole cart. Properties of the
// change, such as GA4's value, are not the cart's, and do not stay.
func withCart(event map[string]any, c cart, ch change) map[string]any {
	products := make([]any, len(c.Lines))
	for i, l := range c.Lines {
		products[i] = l.members()
	}
	stated := map[string]any{productsName: products}
	if c.Currency != "" {
		stated[currencyNames[0]] = c.Currency
	}
	properties, _ := event[propertiesName].(map[string]any)
	if id := firstText(properties, cartNames); id != "" && c.ID == ch.cart {
		stated[cartNames[0]] = id
	}
	full := maps.Clone(event)
	full[eventName] = fullCart
	full[propertiesName] = stated
	return full
}
