package privacy

import (
	"testing"

	"github.com/redpanda-data/benthos/v4/public/service"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/benthos-liveperson/benthos-liveperson/internal/receipt"
)

// A report that is withheld has a receipt. This test watches the receipts of the process, so it is
// not parallel.
func TestWithheldReportsHaveReceipts(t *testing.T) {
	var got []receipt.Receipt
	t.Cleanup(receipt.Watch(func(r receipt.Receipt) { got = append(got, r) }))
	parsed, err := spec().ParseYAML("{consent: {required: [analytics]}, sub: hash, salt: s, receipts_consumer: hash, receipts_salt: s}", nil)
	require.NoError(t, err)
	c, err := configFromParsed(parsed)
	require.NoError(t, err)
	p, err := newProcessor(c, service.MockResources())
	require.NoError(t, err)
	for _, consent := range []bool{false, true} {
		msg := service.NewMessage([]byte(`{"consumerId":"c-1","engagementAttributes":[{"type":"lead"},{"type":"mine"}]}`))
		msg.MetaSetMut(metaConsent, map[string]any{"analytics": consent})
		msg.MetaSetMut("liveperson_event_id", "m-1")
		msg.MetaSetMut("liveperson_event_name", "Lead Generated")
		batch, err := p.Process(t.Context(), msg)
		require.NoError(t, err)
		if consent {
			report, err := batch[0].AsStructured()
			require.NoError(t, err)
			assert.Equal(t, report.(map[string]any)["consumerId"], got[0].Consumer, "with the same salt, the pseudonym is the same")
		}
	}
	require.Len(t, got, 1)
	assert.Contains(t, got[0].Detail, `"analytics" has no consent`)
	assert.Len(t, got[0].Consumer, 64)
	got[0].Time, got[0].Detail, got[0].Consumer = receipt.Time{}, "", ""
	assert.Equal(t, receipt.Receipt{
		Version: 1, Component: "root", Type: "liveperson_privacy", Result: receipt.Withheld, Reason: "consent",
		Event: "Lead Generated", EventID: "m-1", Attributes: []string{"lead"},
	}, got[0])
}
