package conversation

import (
	"cmp"
	"time"

	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/benthos-liveperson/benthos-liveperson/internal/cache"
)

const vFieldCache = "conversation_cache"

// Field is the field that says where conversations are remembered.
func Field() *service.ConfigField {
	return service.NewStringField(vFieldCache).
		Description("Label of a cache resource in which it is remembered which conversation a consumer has open, to be shared with other instances and to outlast a restart. All LivePerson components that name the same one know the same conversations. Empty: in this process, where all components of an account that leave it empty share them, the newest 60,000 or so.").
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

// Open returns the store of an account's conversations in the cache resource with that
// label, or, if the label is empty, the one in this process. It does no I/O.
func Open(label string, mgr *service.Resources, accountID string) (*Store, error) {
	config := func(kind string) cache.Config {
		return cache.Config{
			Field: vFieldCache, Label: label,
			Name: "conversation", Account: accountID, Kind: kind,
			TTL: keptFor, Entries: localConversations, Common: true,
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
