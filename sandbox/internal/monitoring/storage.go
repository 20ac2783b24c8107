package monitoring

import (
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/campaign"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/chaos"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/storage"
)

// Storage returns the rules that say what the account stores.
func (a *Account) Storage() storage.Rules {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.storage
}

// ReplaceStorage replaces the rules. They apply to later calls. Delays also apply to earlier ones.
func (a *Account) ReplaceStorage(rules storage.Rules) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.storage = rules.WithDefaults()
}

// sentAttribute is an engagement attribute at a path of the body. It is not an impression.
type sentAttribute struct {
	path, kind string
	sent       map[string]any
}

// store decides what the account stores of the attributes, and which conditions of campaigns they meet.
func (a *Account) store(c *content, fault chaos.Fault) {
	rules, vanish := a.Storage(), storage.Vanish{Type: fault.Vanish, Member: fault.Member}
	for _, attribute := range c.attributes {
		dropped := rules.Dropped(attribute.path, attribute.kind, attribute.sent, vanish)
		c.dropped = append(c.dropped, dropped...)
		if len(dropped) == 0 {
			c.behavior.Attributes = append(c.behavior.Attributes, campaign.Attribute{Type: writeName(attribute.kind), Sent: attribute.sent})
		}
	}
	c.met = campaign.Met(a.Campaigns(), c.behavior)
}
