package mapping

import (
	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/benthos-liveperson/benthos-liveperson/internal/contact"
	"github.com/benthos-liveperson/benthos-liveperson/internal/receipt"
	"github.com/benthos-liveperson/benthos-liveperson/internal/text"
)

// receiptsFromParsed returns the writer of a processor's receipts.
func receiptsFromParsed(conf *service.ParsedConfig, typeName string, mgr *service.Resources) (*receipt.Writer, error) {
	c, err := receipt.FromParsed(conf)
	if err != nil {
		return nil, err
	}
	return receipt.NewWriter(c, typeName, mgr)
}

// aboutEvent returns a receipt with the values of a canonical event, which is the content of the message. It is used for
// dropped events, so it reads only the members that canonical events usually have.
func aboutEvent(name string, event any, msg *service.Message) receipt.Receipt {
	members, _ := event.(map[string]any)
	first := func(names ...string) string {
		for _, name := range names {
			if value, _ := text.Of(members[name]); !text.IsPlaceholder(value) {
				return value
			}
		}
		return ""
	}
	return receipt.Receipt{
		Source:    receipt.SourceOf(msg),
		Event:     contact.Printable(name),
		EventID:   first("messageId", "message_id"),
		EventTime: first("timestamp", "originalTimestamp", "original_timestamp"),
		Consumer:  first("anonymousId", "anonymous_id", "userId", "user_id"),
	}
}
