package session

import (
	"errors"

	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/benthos-liveperson/benthos-liveperson/internal/text"
)

const fieldConsumer = "consumer"

// ConsumerField returns the field for the expression that identifies a consumer.
func ConsumerField() *service.ConfigField {
	return service.NewInterpolatedStringField(fieldConsumer).
		Description("The id of the consumer, for the order and for sessions. If it is empty, or its result is empty, null or another placeholder: the `sub` of the first identity, `consumerId`, or the visitor id in the metadata.").
		Default("").
		Example(`${! json("identities.1.sub") }`).
		Advanced()
}

// Consumers identifies the consumer of a message. The zero value uses ConsumerOf.
type Consumers struct {
	own *service.InterpolatedString // the user's expression; nil: none
}

// ConsumersFromParsed reads the field.
func ConsumersFromParsed(conf *service.ParsedConfig) (c Consumers, err error) {
	if text, _ := conf.FieldString(fieldConsumer); text != "" {
		c.own, err = conf.FieldInterpolatedString(fieldConsumer)
	}
	return c, err
}

// ForBatch returns a function that returns the consumer of a message in the batch. It takes the
// message's index, its content and the visitor id in its metadata. The result is empty if the
// message has no consumer. ForBatch evaluates the user's expression for all messages at once,
// because the expression may read any message of the batch. The returned function is therefore safe
// for concurrent use.
func (c Consumers) ForBatch(batch service.MessageBatch) func(i int, content map[string]any, visitorID string) (string, error) {
	if c.own == nil {
		return func(_ int, content map[string]any, visitorID string) (string, error) {
			return ConsumerOf(content, visitorID), nil
		}
	}
	own := batch.InterpolationExecutor(c.own)
	consumers, errs := make([]string, len(batch)), make([]error, len(batch))
	for i := range batch {
		consumers[i], errs[i] = own.TryString(i)
	}
	return func(i int, content map[string]any, visitorID string) (string, error) {
		if errs[i] != nil { // Bloblang's errors may contain values
			return "", errors.New(fieldConsumer + ": can't be read from this message; correct the expression")
		}
		// The expression returns null for a message without the member. If null or another placeholder
		// were an id, all such consumers would share one session.
		if text.IsPlaceholder(consumers[i]) {
			return ConsumerOf(content, visitorID), nil
		}
		return consumers[i], nil
	}
}

// ConsumerOf returns the consumer of a report or of a request for engagements. It takes the first
// of these that is set: the sub of an identity, the consumerId, the visitor id. The result is empty
// if none is set. LivePerson requires one of the three
// (https://developers.liveperson.com/monitoring-api-methods-report.html). A placeholder such as
// undefined counts as not set.
func ConsumerOf(content map[string]any, visitorID string) string {
	identities, _ := content["identities"].([]any)
	for _, item := range identities {
		identity, _ := item.(map[string]any)
		if sub, _ := identity["sub"].(string); !text.IsPlaceholder(sub) {
			return sub
		}
	}
	if id, _ := content["consumerId"].(string); !text.IsPlaceholder(id) {
		return id
	}
	if text.IsPlaceholder(visitorID) {
		return ""
	}
	return visitorID
}
