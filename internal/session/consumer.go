package session

import (
	"errors"

	"github.com/redpanda-data/benthos/v4/public/service"
)

const fieldConsumer = "consumer"

// ConsumerField is how a user tells consumers apart.
func ConsumerField() *service.ConfigField {
	return service.NewInterpolatedStringField(fieldConsumer).
		Description("What tells consumers apart, for the order and for sessions. Empty, and for messages for which it gives nothing or null: the `sub` of the first identity, `consumerId`, or the visitor id of the metadata.").
		Default("").
		Example(`${! json("identities.1.sub") }`).
		Advanced()
}

// Consumers tells whose a message is. The zero value goes by ConsumerOf.
type Consumers struct {
	own *service.InterpolatedString // the user's way; nil: ours
}

// ConsumersFromParsed reads the field.
func ConsumersFromParsed(conf *service.ParsedConfig) (c Consumers, err error) {
	if text, _ := conf.FieldString(fieldConsumer); text != "" {
		c.own, err = conf.FieldInterpolatedString(fieldConsumer)
	}
	return c, err
}

// ForBatch gives whose the messages of a batch are: by the message's index, what it says,
// and the visitor id that it carries. Empty: nobody's. What it gives is safe for
// concurrent use: the user's expression, which may look at any message, is asked before.
func (c Consumers) ForBatch(batch service.MessageBatch) func(i int, said map[string]any, visitorID string) (string, error) {
	if c.own == nil {
		return func(_ int, said map[string]any, visitorID string) (string, error) {
			return ConsumerOf(said, visitorID), nil
		}
	}
	own := batch.InterpolationExecutor(c.own)
	consumers, errs := make([]string, len(batch)), make([]error, len(batch))
	for i := range batch {
		consumers[i], errs[i] = own.TryString(i)
	}
	return func(i int, said map[string]any, visitorID string) (string, error) {
		if errs[i] != nil { // Bloblang's errors may repeat values
			return "", errors.New(fieldConsumer + ": can't be read from this message; correct the expression")
		}
		// Null is what a message without the member gives: taken for an id, it would put
		// all such consumers into one session.
		if consumers[i] == "" || consumers[i] == "null" {
			return ConsumerOf(said, visitorID), nil
		}
		return consumers[i], nil
	}
}

// ConsumerOf gives who a report or a question is about: the sub of its first identity
// that has one, its consumerId, or the visitor id; empty when it says nothing.
// https://developers.liveperson.com/monitoring-api-methods-report.html: one of the
// three is needed.
func ConsumerOf(said map[string]any, visitorID string) string {
	identities, _ := said["identities"].([]any)
	for _, item := range identities {
		identity, _ := item.(map[string]any)
		if sub, _ := identity["sub"].(string); sub != "" {
			return sub
		}
	}
	if id, _ := said["consumerId"].(string); id != "" {
		return id
	}
	return visitorID
}
