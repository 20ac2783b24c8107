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
		Description("The label of a cache resource that remembers which conversation each consumer has open. A restart keeps the conversations there, and other instances can share them. All components that name the same resource know the same conversations. Empty: this process remembers the newest 60,000. All components with the same account share them.").
		Default("").
		Example("conversations").
		Advanced()
}

// FromParsed reads the field.
func FromParsed(conf *service.ParsedConfig) (label string, err error) {
	return conf.FieldString(vFieldCache)
}

const (
	// keptFor is how long a cache resource keeps a conversation after it was opened or
	// moved, if it can expire values. LivePerson names no limit. Messaging conversations
	// can be inactive for days.
	keptFor = 30 * 24 * time.Hour
	// localConversations is how many conversations are remembered in this process, in some
	// 60 MB at most.
	localConversations = 60_000
)

// Open returns the store of an account's conversations in the cache resource with this label.
// If the label is empty, the store is in this process. Open does no I/O.
func Open(label string, mgr *service.Resources, accountID string) (*Store, error) {
	config := func(kind string) cache.Config {
		return cache.Config{
			Field: vFieldCache, Label: label,
			Name: "conversation", Account: accountID, Kind: kind,
			TTL: keptFor, Entries: localConversations, Common: true, Uncounted: kind != "conversation",
		}
	}
	newest, errNewest := cache.Open[string](mgr, config("consumer"))
	conversations, errConversations := cache.Open[Conversation](mgr, config("conversation"))
	closed, errClosed := cache.Open[bool](mgr, config("closed"))
	if err := cmp.Or(errNewest, errConversations, errClosed); err != nil {
		return nil, err
	}
	return &Store{newest: newest, conversations: conversations, closed: closed}, nil
}
