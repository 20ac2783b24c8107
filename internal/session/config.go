package session

import (
	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/benthos-liveperson/benthos-liveperson/internal/cache"
	"github.com/benthos-liveperson/benthos-liveperson/internal/settings"
)

const (
	fieldCache    = "session_cache"
	fieldLifetime = "session_lifetime"
	fieldIdle     = "session_idle"
)

// Config says where sessions are remembered, and how long they are good for.
type Config struct {
	// Cache is the label of a cache resource; empty: in this process.
	Cache string
	Limits
}

// Fields are the YAML fields of a Config.
func Fields() []*service.ConfigField {
	return []*service.ConfigField{
		service.NewStringField(fieldCache).
			Description("The label of a cache resource in which visitor and session ids are remembered, so that a restart keeps them and other instances share them. Empty: in this process, for the 100,000 consumers of the newest sessions, shared by all components of one account.").
			Default("").
			Advanced(),
		settings.DurationField(fieldLifetime).
			Description("How long a session is used. LivePerson keeps one for at most 6 hours.").
			Default("6h").
			Advanced(),
		settings.DurationField(fieldIdle).
			Description("How long a session may rest until the consumer's next event begins a new one, for the same visitor.").
			Default("30m").
			Advanced(),
	}
}

// FromParsed reads the fields.
func FromParsed(conf *service.ParsedConfig) (c Config, err error) {
	if c.Cache, err = conf.FieldString(fieldCache); err != nil {
		return
	}
	if c.Lifetime, err = settings.Duration(conf, fieldLifetime); err != nil {
		return
	}
	c.Idle, err = settings.Duration(conf, fieldIdle)
	return
}

// place is where the sessions of an account are remembered.
type place struct{ account, cache string }

// Open gives the store of an account. All components that Benthos runs with the same
// account and the same cache share what is remembered. A cache resource may be shared
// with other instances, and a restart may keep it.
func Open(c Config, mgr *service.Resources, accountID string) (*Store, error) {
	if err := settings.CheckCache(mgr, fieldCache, c.Cache); err != nil {
		return nil, err
	}
	making, _ := mgr.GetOrSetGeneric(place{accountID, c.Cache}, newMakings())
	return newStore(c.Limits, sessionsIn(c, mgr, accountID), making.(*makings)), nil
}

// localOf is under what the components of a process find the sessions of an account that
// are remembered there.
type localOf struct{ account string }

// sessionsIn gives those of a cache resource to each component by itself: how long they
// are kept, the metric and the log are its own.
func sessionsIn(c Config, mgr *service.Resources, accountID string) cache.Cache[Session] {
	if c.Cache == "" {
		local, _ := mgr.GetOrSetGeneric(localOf{accountID}, cache.NewLocal[Session](localConsumers))
		return local.(cache.Cache[Session])
	}
	return cache.NewShared[Session](mgr, c.Cache, cache.Use{
		Name:    "session",
		Account: accountID,
		Cost:    "sessions are made anew where it can't be read",
		TTL:     c.Lifetime,
	})
}
