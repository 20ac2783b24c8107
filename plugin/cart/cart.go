package cart

import (
	"slices"
	"strings"
)

// maxApplied is how many events of a cart are stored, to recognise repeated events.
const maxApplied = 50

// cart is a stored cart. The zero cart is a new one.
type cart struct {
	// ID is a digest of the shop's id of the cart. It is empty until an event has it.
	ID string `json:"id,omitempty"`
	// Currency is the currency of the lines, in upper case. It is empty until an event has it.
	Currency string `json:"currency,omitempty"`
	Lines    []line `json:"lines,omitempty"`
	// Unknown is whether the lines are not known. It stays true until an event lists
	// the whole cart or an order empties it.
	Unknown bool `json:"unknown,omitempty"`
	// Applied are digests of the last events that changed the cart.
	Applied []string `json:"applied"`
	// Changed is when the cart was last changed, in Unix milliseconds.
	Changed int64 `json:"changed"`
}

// change is what an event does to a cart.
type change struct {
	effect   effect
	event    string // digest of the event's id
	cart     string // digest of the cart's id, empty if the event has none
	currency string // in upper case, empty if the event has none
	lines    []line
	unknown  bool // the event lists a cart that can't be read
}

// apply changes the cart. A cart with more than maxLines lines becomes unknown.
func (c *cart) apply(ch change, maxLines int) {
	c.Applied = append(c.Applied, ch.event)
	c.Applied = c.Applied[max(0, len(c.Applied)-maxApplied):]
	if ch.cart != "" {
		if c.ID != "" && c.ID != ch.cart {
			c.empty()
		}
		c.ID = ch.cart
	}
	switch {
	case len(ch.lines) > maxLines:
		c.forget()
	case ch.effect == productAdded:
		c.add(ch, maxLines)
	case ch.effect == productRemoved:
		c.remove(ch.lines)
	case ch.effect == cartStated:
		c.state(ch, maxLines)
	case ch.effect == orderCompleted:
		c.empty()
	}
}

func (c *cart) has(event string) bool { return slices.Contains(c.Applied, event) }

func (c *cart) empty() { c.Lines, c.Currency, c.Unknown = nil, "", false }

func (c *cart) forget() { c.Lines, c.Currency, c.Unknown = nil, "", true }

func (c *cart) add(ch change, maxLines int) {
	if c.Unknown {
		return
	}
	if len(c.Lines) == 0 {
		c.Currency = ""
	}
	for _, added := range ch.lines {
		if i := c.find(added.key()); i >= 0 {
			c.Lines[i].update(added)
			c.Lines[i].Quantity += added.Quantity
		} else if added.Quantity > 0 {
			c.Lines = append(c.Lines, added)
		}
	}
	c.check(ch, maxLines)
}

// remove removes lines from the cart, or the quantities that the event has. If a product is not
// in the stored cart, the shop's cart must have more than the stored one, so the cart becomes
// unknown.
func (c *cart) remove(lines []line) {
	if c.Unknown {
		return
	}
	for _, removed := range lines {
		key := removed.key()
		if c.find(key) < 0 {
			c.forget()
			return
		}
		rest := removed.Quantity
		for i := range c.Lines {
			if c.Lines[i].key() != key {
				continue
			}
			taken := min(rest, c.Lines[i].Quantity)
			if !removed.hasQuantity {
				taken = c.Lines[i].Quantity
			}
			c.Lines[i].Quantity -= taken
			rest -= taken
		}
		c.Lines = slices.DeleteFunc(c.Lines, func(l line) bool { return l.Quantity == 0 })
	}
}

func (c *cart) state(ch change, maxLines int) {
	c.empty()
	c.Lines = ch.lines
	c.Unknown = ch.unknown
	c.check(ch, maxLines)
}

// find returns the index of the first line of a product, or -1.
func (c *cart) find(key string) int {
	return slices.IndexFunc(c.Lines, func(l line) bool { return key != "" && l.key() == key })
}

// check makes the cart unknown if its total can't be right: with too many lines, too
// large a quantity, or prices in several currencies.
func (c *cart) check(ch change, maxLines int) {
	known := !c.Unknown && len(c.Lines) <= maxLines && c.agree(ch.currency)
	for _, l := range ch.lines {
		known = known && c.agree(l.currency())
	}
	for _, l := range c.Lines {
		known = known && l.Quantity <= maxQuantity
	}
	if !known {
		c.forget()
	}
}

// agree returns whether a currency is the cart's currency. If the cart has none yet, it takes this
// one.
func (c *cart) agree(currency string) bool {
	if c.Currency == "" {
		c.Currency = strings.ToUpper(currency)
	}
	return currency == "" || strings.EqualFold(c.Currency, currency)
}
