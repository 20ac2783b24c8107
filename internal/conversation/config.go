package conversation

import (
	"cmp"
	"time"

	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/benthos-liveperson/benthos-liveperson/internal/cache"
)

const vFieldCache = "conversation_cache"

// Field returns the field for the cache of conversations.
func Field() *service.ConfigField {
	return service.NewStringField(vFieldCache).
		Description("The label of a cache resource that remembers which conversation each consumer has open. A restart keeps the conversations there, and other instances can share them. All components that name the same resource know the same conversations. Each process also remembers the newest 60,000 and writes them back if the resource loses them. Empty: this process remembers the newest 60,000. All components with the same account share them.").
		Default("").
		Example("conversations").
		Advanced()
}

// FromParsed reads the field.
func FromParsed(conf *service.ParsedConfig) (label string, err error) {
	return conf.FieldString(vFieldCache)
}

const (
	// keptFor is how long a cache resource keeps a conversation after it was opened or MoveTo was
	// called, if the resource can expire values. LivePerson names no limit. Messaging conversations
	// can be inactive for days.
	keptFor = 30 * 24 * time.Hour
	// localConversations is how many conversations this process remembers. They take 60 MB at most.
	localConversations = 60_000
)

// Open returns the store of an account's conversations in the cache resource with this label.
// If the label is empty, the store is in this process. Open does no I/O.
func Open(label string, mgr *service.Resources, accountID string) (*Store, error) {
	o := opener{label, mgr, accountID}
	newest, err1 := open[string](o, "consumer")
	conversations, err2 := open[Conversation](o, "conversation")
	closed, err3 := open[bool](o, "closed")
	consumers, err4 := open[string](o, "participant")
	seen, err5 := open[string](o, "seen")
	if err := cmp.Or(err1, err2, err3, err4, err5); err != nil {
		return nil, err
	}
	inFlight, _ := mgr.GetOrSetGeneric(openingsKey{accountID, label}, &openings{})
	return &Store{
		newest: newest, conversations: conversations, closed: closed,
		consumers: consumers, seen: seen, openings: inFlight.(*openings),
	}, nil
}

// openingsKey is the key, in Benthos' resources, of the openings that components with the same
// conversations share.
type openingsKey struct{ account, label string }

type opener struct {
	label     string
	mgr       *service.Resources
	accountID string
}

// open opens the cache of one kind of value. If it is a cache resource, a copy in memory is added.
func open[T any](o opener, kind string) (cache.Cache[T], error) {
	config := cache.Config{
		Field: vFieldCache,
		Name:  "conversation", Account: o.accountID, Kind: kind,
		TTL: keptFor, Entries: localConversations, Common: true, Uncounted: kind != "conversation",
	}
	if o.label == "" {
		return cache.Open[T](o.mgr, config)
	}
	copies := config
	copies.Kind = kind + " " + o.label
	config.Label = o.label
	memory, err := cache.Open[T](o.mgr, copies)
	if err != nil {
		return nil, err
	}
	resource, err := cache.Open[T](o.mgr, config)
	return remembered[T]{resource, memory}, err
}
