package tests

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The list command shows only components and methods for users. It does not show helpers of our mappings
// or old names.
func TestListShowsWhatIsForUsers(t *testing.T) {
	t.Parallel()
	methods, _, err := process(t, nil, "list", "bloblang-methods")
	require.NoError(t, err)
	assert.Contains(t, methods, "liveperson_read\n")
	for _, helper := range []string{"event", "where", "setting", "consent", "consent_form", "connect", "row", "or_failed"} {
		assert.NotContains(t, methods, "liveperson_"+helper+"\n")
	}
	processors, _, err := process(t, nil, "list", "processors")
	require.NoError(t, err)
	assert.Contains(t, processors, "liveperson_b2b_saas\n")
	assert.NotContains(t, processors, "liveperson_account\n")
}
