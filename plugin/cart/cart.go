package cart

import (
	"slices"
	"strings"
)

// cart is a stored cart. The zero cart is a new one.
type cart struct {
	// ID is a digest of the shop's id of the cart. It is empty until an event has it.
	ID string `json:"id,omitempty"`
	// Earlier has the digests of the consumer's carts before this one, the newest last.
	Earlier []string `json:"earlier,omitempty"`
	// Currency is the currency of the lines, in upper case. It is empty until an event has it.
	Currency string `json:"currency,omitempty"`
	Lines    []line `json:"lines,omitempty"`
	// Unknown says that the lines of the cart are unknown. It stays true until an event lists the
	// whole cart or empties it.
	Unknown bool    `json:"unknown,omitempty"`
	Applied applied `json:"applied"`
	// Changed is when the cart was last changed, in Unix milliseconds.
	Changed int64 `json:"changed"`
}

// change is what an event does to a cart.
type change struct {
	effect   effect
	event    mark
	cart     string // digest of the cart's id, empty if the event has none
	currency string // in upper case, empty if the event has none
	lines    []line
	unknown  bool // the event changes the whole cart and does not list it
	unclear  bool // the event may be a repeated one
}

// maxEarlier is how many earlier carts of a consumer are remembered.
const maxEarlier = 8

// apply changes the cart. A cart with more than maxLines lines becomes unknown.
func (c *cart) apply(ch change, maxLines int) {
	c.Applied.add(ch.event)
	if ch.cart != "" {
		c.become(ch.cart)
	}
	switch {
	case len(ch.lines) > maxLines, ch.unclear && ch.effect.aboutOne():
		c.forget()
	case ch.effect == productAdded:
		c.add(ch, maxLines)
	case ch.effect == productRemoved:
		c.remove(ch.lines)
	case ch.effect == quantitySet:
		c.set(ch, maxLines)
	case ch.effect == cartStated || ch.effect == cartUpdated:
		c.state(ch, maxLines)
	case ch.effect == cartEmptied:
		c.empty()
	}
}

// become makes the cart the one with an id. Another id than before is that of a new cart, or of one
// that the consumer has had before. The lines of that one are no longer stored.
func (c *cart) become(id string) {
	if c.ID != "" && c.ID != id {
		c.empty()
		if slices.Contains(c.Earlier, id) {
			c.forget()
		}
		c.Earlier = append(slices.DeleteFunc(c.Earlier, func(earlier string) bool { return earlier == id }), c.ID)
		c.Earlier = c.Earlier[max(0, len(c.Earlier)-maxEarlier):]
	}
	c.ID = id
}

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
		same := c.find(added)
		switch {
		case len(same) == 0:
			if added.Quantity > 0 {
				c.Lines = append(c.Lines, added)
			}
		case !c.atSamePrice(&same, added):
			c.forget()
			return
		default:
			c.Lines[same[0]].update(added)
			c.Lines[same[0]].Quantity += added.Quantity
		}
	}
	c.check(ch, maxLines)
}

// atSamePrice removes from indices the lines that can't have the price of a newer line. It returns
// false if no line is left. Then the price has changed, and the shop may charge the old one, the
// new one or both.
func (c *cart) atSamePrice(indices *[]int, newer line) bool {
	*indices = slices.DeleteFunc(*indices, func(i int) bool { return !c.Lines[i].mayCost(newer) })
	return len(*indices) > 0
}

// remove removes lines, or the quantities in the event, from the cart. If a product is not in the
// stored cart, the stored cart is incomplete, so the cart becomes unknown.
func (c *cart) remove(lines []line) {
	if c.Unknown {
		return
	}
	for _, removed := range lines {
		same := c.meant(removed)
		if len(same) == 0 {
			c.forget()
			return
		}
		rest := removed.Quantity
		for _, i := range same {
			taken := min(rest, c.Lines[i].Quantity)
			if !removed.hasQuantity {
				taken = c.Lines[i].Quantity
			}
			c.Lines[i].Quantity -= taken
			rest -= taken
		}
		c.dropEmptyLines()
	}
}

// set sets the quantities of lines. If the event does not say which line has which quantity
// afterwards, the cart becomes unknown.
func (c *cart) set(ch change, maxLines int) {
	if c.Unknown {
		return
	}
	for _, changed := range ch.lines {
		same := c.meant(changed)
		if len(same) != 1 || !changed.hasQuantity || !c.atSamePrice(&same, changed) {
			c.forget()
			return
		}
		c.Lines[same[0]].update(changed)
		c.Lines[same[0]].Quantity = changed.Quantity
		c.dropEmptyLines()
	}
	c.check(ch, maxLines)
}

func (c *cart) dropEmptyLines() {
	c.Lines = slices.DeleteFunc(c.Lines, func(l line) bool { return l.Quantity == 0 })
}

func (c *cart) state(ch change, maxLines int) {
	c.empty()
	c.Lines = ch.lines
	c.Unknown = ch.unknown
	c.check(ch, maxLines)
}

// find returns the lines with the product and the variant of a line.
func (c *cart) find(like line) (indices []int) {
	for i, l := range c.Lines {
		if key := l.key(); key != "" && key == like.key() && l.variant() == like.variant() {
			indices = append(indices, i)
		}
	}
	return indices
}

// meant returns the lines of the cart to which a product in an event refers. If the product has no
// variant and the cart has a single variant of it, meant returns its lines.
func (c *cart) meant(like line) []int {
	same := c.find(like)
	if len(same) > 0 || like.variant() != "" {
		return same
	}
	variants := map[string]bool{}
	for i, l := range c.Lines {
		if l.key() == like.key() {
			variants[l.variant()] = true
			same = append(same, i)
		}
	}
	if len(variants) > 1 {
		return nil
	}
	return same
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

// agree tells whether a currency is the cart's currency. If the cart has no currency yet, agree
// sets it.
func (c *cart) agree(currency string) bool {
	if c.Currency == "" {
		c.Currency = strings.ToUpper(currency)
	}
	return currency == "" || strings.EqualFold(c.Currency, currency)
}
