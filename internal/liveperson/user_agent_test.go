package liveperson_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/benthos-liveperson/benthos-liveperson/internal/liveperson"
)

// Requests say which program sends them.
func TestRequestsNameTheirProgram(t *testing.T) {
	t.Parallel()
	var got string
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = r.UserAgent() }))
	defer server.Close()
	client, err := liveperson.NewHTTP(liveperson.HTTPOptions{})
	require.NoError(t, err)
	defer client.CloseIdleConnections()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL, nil)
	require.NoError(t, err)
	res, err := client.Do(request)
	require.NoError(t, err)
	require.NoError(t, res.Body.Close())
	assert.Regexp(t, `^benthos-liveperson(/\S+)?$`, got)
}
