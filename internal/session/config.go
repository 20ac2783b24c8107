package session

import (
	"errors"
	"time"

	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/benthos-liveperson/benthos-liveperson/internal/cache"
	"github.com/benthos-liveperson/benthos-liveperson/internal/settings"
)

const (
	fieldCache    = "session_cache"
	fieldLifetime = "session_lifetime"
	fieldIdle     = "session_idle"
)

// maxLifetime is how long LivePerson keeps a session.
const maxLifetime = 6 * time.Hour

var lifetimeLimit = settings.Limit{
	TooLong: `^[+]?0*([7-9]|[1-9][0-9]+)([.][0-9]*)?h|^[+]?0*6([.][0-9]*[1-9][0-9]*h|([.]0*)?h.*[1-9])|` + // hours
		`^[+]?0*(36[1-9]|3[7-9][0-9]|[4-9][0-9]{2}|[1-9][0-9]{3,})([.][0-9]*)?m([0-9]|$)|` + // minutes
		`^[+]?0*(2160[1-9]|216[1-9][0-9]|21[7-9][0-9]{2}|2[2-9][0-9]{3}|[3-9][0-9]{4}|[1-9][0-9]{5,})([.][0-9]*)?s`, // seconds
	Message: "must be at most 6h: LivePerson keeps no session for longer",
}

// Config says where sessions are stored and how long they are used.
type Config struct {
	// Cache is the label of a cache resource. If it is empty, sessions are stored in this process.
	Cache string
	Limits
}

// Fields are the YAML fields of a Config.
func Fields() []*service.ConfigField {
	return []*service.ConfigField{
		service.NewStringField(fieldCache).
			Description("The label of a cache resource for visitor and session ids. A restart keeps them there, and other instances can share them. Empty: this process remembers them, for the 100,000 most recent consumers. Each session has up to three keys: one for its consumer, its visitor and its session id. All components with the same account share them.").
			Default("").
			Advanced(),
		settings.DurationFieldUpTo(fieldLifetime, lifetimeLimit).
			Description("How long a session is used, at most 6 hours: LivePerson keeps no session for longer.").
			Default("6h").
			Advanced(),
		settings.DurationField(fieldIdle).
			Description("How long a session is used after the consumer's last event. The next event then starts a new session, for the same visitor.").
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
	if c.Lifetime > maxLifetime {
		return c, errors.New(fieldLifetime + ": " + lifetimeLimit.Message)
	}
	c.Idle, err = settings.Duration(conf, fieldIdle)
	return
}

// creationsKey is the key of the shared creations in Benthos' resources.
type creationsKey struct{ account, cache string }

// Open returns the store of an account. All components of a process with the same account and the
// same cache share sessions. Instances that use the same cache resource share them too. Open does
// no I/O.
func Open(c Config, mgr *service.Resources, accountID string) (*Store, error) {
	sessions, err := cache.OpenBestEffort[*Session](mgr, cache.Config{
		Field: fieldCache, Label: c.Cache,
		Name: "session", Account: accountID,
		TTL: c.Lifetime, Entries: localNames, Common: true,
	}, "LivePerson starts new sessions")
	if err != nil {
		return nil, err
	}
	shared, _ := mgr.GetOrSetGeneric(creationsKey{accountID, c.Cache}, newCreations())
	return &Store{limits: c.Limits, sessions: sessions, creations: shared.(*creations)}, nil
}
