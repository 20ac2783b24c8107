package privacy

import (
	"testing"

	"github.com/redpanda-data/benthos/v4/public/service"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The pseudonyms come from `echo -n jane | openssl dgst -sha256 -hmac s`.
func TestPseudonyms(t *testing.T) {
	t.Parallel()
	const jane = "2f77ac9552d204d9df9f39c8b748e625a53db543cbd109eea977cdc11739cdd9"
	tests := []struct {
		name          string
		yaml          string
		content, want string
	}{
		{
			name: "kept", yaml: "sub: keep",
			content: `{"consumerId":"jane","identities":[{"sub":"jane"}],"engagementAttributes":[]}`,
			want:    `{"consumerId":"jane","identities":[{"sub":"jane"}],"engagementAttributes":[]}`,
		},
		{
			name: "the same id gives the same in all places", yaml: "{sub: hash, salt: s}",
			content: `{"consumerId":"jane","identities":[{"iss":"jane","acr":"0","sub":"jane"},{"sub":"jane"}],"entryPoints":["jane"],"engagementAttributes":[{"type":"ctmrinfo","info":{"customerId":"jane"}}]}`,
			want:    `{"consumerId":"` + jane + `","identities":[{"iss":"jane","acr":"0","sub":"` + jane + `"},{"sub":"` + jane + `"}],"entryPoints":["jane"],"engagementAttributes":[{"type":"ctmrinfo","info":{"customerId":"jane"}}]}`,
		},
		{
			name: "what is not there does not come about", yaml: "{sub: hash, salt: s}",
			content: `{"consumerId":"","identities":[{"iss":"shop"},{"sub":null}],"engagementAttributes":[]}`,
			want:    `{"consumerId":"","identities":[{"iss":"shop"},{"sub":null}],"engagementAttributes":[]}`,
		},
		{
			name: "no identities", yaml: "{sub: HASH, salt: s}",
			content: `{"consumerId":"jane","identities":null,"engagementAttributes":[]}`,
			want:    `{"consumerId":"` + jane + `","identities":null,"engagementAttributes":[]}`,
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			batch, err := newTestProcessor(t, test.yaml, nil).Process(t.Context(), service.NewMessage([]byte(test.content)))
			require.NoError(t, err)
			require.Len(t, batch, 1)
			content, err := batch[0].AsBytes()
			require.NoError(t, err)
			assert.JSONEq(t, test.want, string(content))
		})
	}
}
