package liveperson

import (
	"context"
	"encoding/json"
	"regexp"
)

// Participant returns LivePerson's id of a consumer, from the consumer's token. It is empty if the
// token does not have the id. Notifications name the consumer by the same id in all known
// examples, but LivePerson does not promise it.
func (c *Connector) Participant(ctx context.Context, consumer string) (string, error) {
	if err := checkConsumer(consumer); err != nil {
		return "", err
	}
	got, err := c.consumers.get(ctx, consumer)
	return claimedText(got.value, "lp_consumer_id"), err
}

// claimedText returns a claim of a JSON Web Token that is a text, or "" if there is none.
func claimedText(webToken, claim string) (text string) {
	_ = json.Unmarshal(claimsOf(webToken)[claim], &text)
	return text
}

// RefusedParticipant returns LivePerson's id of the consumer who already has an open conversation.
// It is empty if the refusal does not name the consumer.
func (e *Error) RefusedParticipant() string { return e.conversation.participant }

// "User 77d3… already has open conversation".
var refusedParticipant = regexp.MustCompile(`(?i)\buser\s+([0-9a-z][0-9a-z-]{7,63})\s+already\b`)

func participantIn(message string) string {
	if found := refusedParticipant.FindStringSubmatch(message); found != nil {
		return found[1]
	}
	return ""
}
