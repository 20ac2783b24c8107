package cart

import (
	"slices"
	"strings"
)

// maxApplied is how many events of a cart are remembered, to know a repeated one by.
const maxApplied = 50

// cart is what is remembered of a cart. The zero cart is one of which nothing is.
type cart struct {
	// ID is a digest of the shop's id of the cart; empty while no event has named it.
	ID string `json:"id,omitempty"`
	// Currency of the lines, in upper case; empty while no event has named one.
	Currency string `json:"currency,omitempty"`
	Lines    []line `json:"lines,omitempty"`
	// Unknown says that the lines are not known, and that no more lines make them so:
	// only an event that states the whole cart does.
	Unknown bool `json:"unknown,omitempty"`
	// Applied are digests of the last events that have changed the cart.
	Applied []string `json:"applied"`
	// Changed is when the cart was last changed, in Unix milliseconds.
	Changed int64 `json:"changed"`
}

// change is what an event does to a cart.
type change struct {
	kind     kind
	event    string // digest of its id
	cart     string // digest of the cart's id, empty if the event has none
	currency string // in upper case, empty if the event has none
	lines    []line
	unknown  bool // the event states a cart that can't be remembered
}

// apply changes the cart. A cart of more than maxLines lines is not known any more.
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
	case ch.kind == productAdded:
		c.add(ch, maxLines)
	case ch.kind == productRemoved:
		c.remove(ch.lines)
	case ch.kind == cartStated:
		c.state(ch, maxLines)
	case ch.kind == orderCompleted:
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

// remove takes lines away, or as much of them as is said. What is not in the cart
// can't be removed from it: there is more in the cart than is remembered.
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
			if !removed.counted {
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

// find gives the first line of a product, or -1.
func (c *cart) find(key string) int {
	return slices.IndexFunc(c.Lines, func(l line) bool { return key != "" && l.key() == key })
}

// check forgets lines of which no right total can be made: too many of them, too
// much of one, or prices in several currencies.
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

// agree says whether a currency is the cart's. The first one is.
func (c *cart) agree(currency string) bool {
	if c.Currency == "" {
		c.Currency = strings.ToUpper(currency)
	}
	return currency == "" || strings.EqualFold(c.Currency, currency)
}
