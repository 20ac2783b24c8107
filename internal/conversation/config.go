package conversation

import (
	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/benthos-liveperson/benthos-liveperson/internal/settings"
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

// localOf is the key by which the components of a process find the store of an
// account that they share.
type localOf struct{ account string }

// Open gives the store of an account's conversations in the cache resource of that
// label, or with an empty label the one in this process. It does no I/O.
func Open(label string, mgr *service.Resources, accountID string) (*Store, error) {
	if label == "" {
		store, _ := mgr.GetOrSetGeneric(localOf{accountID}, &Store{newLocal(localValues)})
		return store.(*Store), nil
	}
	if err := settings.CheckCache(mgr, vFieldCache, label); err != nil {
		return nil, err
	}
	return &Store{&shared{mgr: mgr, label: label, prefix: "liveperson:" + accountID + ":messaging:"}}, nil
}
