package receipt

import (
	"context"
	"fmt"

	"github.com/redpanda-data/benthos/v4/public/service"
)

// maxSource is how many bytes of an event are shown.
const maxSource = 1 << 16

// sourceKey is the key of the event in a message's context. Unlike metadata, the context never leaves the process.
type sourceKey struct{}

// KeepSource returns the message with its present content as the event that it was made of, if somebody
// watches sources and the message has no such event yet. What is made of the message has the event too.
func KeepSource(msg *service.Message) *service.Message {
	if sourceWatchers.Load() == 0 || msg.Context().Value(sourceKey{}) != nil {
		return msg
	}
	content, err := msg.AsBytes()
	if err != nil {
		return msg
	}
	if len(content) > maxSource {
		content = fmt.Appendf(nil, "%s\n… cut: the event has %d bytes", content[:maxSource], len(content))
	}
	return msg.WithContext(context.WithValue(msg.Context(), sourceKey{}, content))
}

// SourceOf returns the event that a message was made of, or nil if it is not known. The result must not be changed.
func SourceOf(msg *service.Message) []byte {
	content, _ := msg.Context().Value(sourceKey{}).([]byte)
	return content
}
