package events_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/benthos-liveperson/benthos-liveperson/internal/events"
)

func TestIsHeader(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"X-Shopify-Topic", "shopify-topic", "X-WC-Webhook-Topic", "x-adobe-commerce-request-id", "ce-id", "ce_id", "Content-Type"} {
		assert.True(t, events.IsHeader(name), name)
	}
	for _, name := range []string{"", "kafka_key", "Authorization", "X-Forwarded-For", "ceremony", "liveperson_event_id"} {
		assert.False(t, events.IsHeader(name), name)
	}
}
