package receipt

import (
	"fmt"

	"github.com/redpanda-data/benthos/v4/public/service"
)

// maxSource is how many bytes of an event are shown.
const maxSource = 1 << 16

// MetaSource is the metadata with the event that a message was made of. It exists only while somebody watches sources, which run
// --sandbox does. Benthos gives each message its first context back after each processor, so the context can't have the event.
const MetaSource = "liveperson_source_event"

// KeepSource returns the message with its present content as the event that it was made of, if somebody
// watches sources and the message has no such event yet. What is made of the message has the event too.
func KeepSource(msg *service.Message) *service.Message {
	if sourceWatchers.Load() == 0 || SourceOf(msg) != nil {
		return msg
	}
	content, err := msg.AsBytes()
	if err != nil {
		return msg
	}
	if len(content) > maxSource {
		content = fmt.Appendf(nil, "%s\n… cut: the event has %d bytes", content[:maxSource], len(content))
	}
	msg = msg.Copy()
	msg.MetaSetMut(MetaSource, content)
	return msg
}

// SourceOf returns the event that a message was made of, or nil if it is not known. The result must not be changed.
func SourceOf(msg *service.Message) []byte {
	if sourceWatchers.Load() == 0 {
		return nil
	}
	value, _ := msg.MetaGetMut(MetaSource)
	content, _ := value.([]byte)
	return content
}
