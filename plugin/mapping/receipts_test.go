package mapping

import (
	"testing"

	"github.com/redpanda-data/benthos/v4/public/service"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/benthos-liveperson/benthos-liveperson/internal/receipt"
)

// An event that the preset drops has a receipt. This test watches the receipts of the process, so
// it is not parallel.
func TestDroppedEventsHaveReceipts(t *testing.T) {
	var got []receipt.Receipt
	t.Cleanup(receipt.WatchSources(func(r receipt.Receipt) { got = append(got, r) }))
	p := newProcessor(t, "")
	events := []string{
		`{"type":"track","event":"Ordr Completed","anonymousId":"c-1","messageId":"m-1","timestamp":"2026-01-01T00:00:00Z"}`,
		`{"type":"track","event":"mail jane.roe@example.com","anonymous_id":"undefined","user_id":"u-1"}`,
		`{"type":"track","event":"Order Completed","anonymousId":"c-1","properties":{"order_id":"o-1","revenue":5,"currency":"EUR"}}`,
		`{"type":"alias","anonymousId":"c-1","messageId":"m-2"}`,
	}
	for _, event := range events {
		_, err := p.Process(t.Context(), service.NewMessage([]byte(event)))
		require.NoError(t, err)
	}
	require.Len(t, got, 3, "a report's receipt is for liveperson_report to write")
	for i, event := range []string{events[0], events[1], events[3]} {
		assert.NotEmpty(t, got[i].Detail)
		assert.Equal(t, event, string(got[i].Source))
		got[i].Time, got[i].Detail, got[i].Source = receipt.Time{}, "", nil
	}
	about := receipt.Receipt{Version: 1, Component: "root", Type: "liveperson_retail", Result: receipt.Dropped, Reason: "unknown_event"}
	unknown, hidden, alias := about, about, about
	unknown.Event, unknown.EventID, unknown.EventTime, unknown.Consumer = "Ordr Completed", "m-1", "2026-01-01T00:00:00Z", "c-1"
	hidden.Event, hidden.Consumer = "(a name that is not shown)", "u-1"
	alias.Event, alias.EventID, alias.Consumer, alias.Reason = "alias", "m-2", "c-1", got[2].Reason
	assert.Equal(t, []receipt.Receipt{unknown, hidden, alias}, got)
}
