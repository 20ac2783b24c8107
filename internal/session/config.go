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

// makingsOf is the key by which Benthos' resources hold the common makings.
type makingsOf struct{ account, cache string }

// Open returns the store of an account. All components that Benthos runs with the same
// account and the same cache share the sessions. With a cache resource other instances
// share them too, if they use the same one. Open does no I/O.
func Open(c Config, mgr *service.Resources, accountID string) (*Store, error) {
	sessions, err := cache.OpenBestEffort[Session](mgr, cache.Config{
		Field: fieldCache, Label: c.Cache,
		Name: "session", Account: accountID,
		TTL: c.Lifetime, Entries: localConsumers, Common: true,
	}, "LivePerson starts new sessions")
	if err != nil {
		return nil, err
	}
	making, _ := mgr.GetOrSetGeneric(makingsOf{accountID, c.Cache}, newMakings())
	return &Store{limits: c.Limits, sessions: sessions, makings: making.(*makings)}, nil
}
