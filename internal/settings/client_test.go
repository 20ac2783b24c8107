package settings

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/benthos-liveperson/benthos-liveperson/internal/liveperson"
)

// With a timeout of almost nothing, a request fails although the server answers.
func TestTimeoutBoundsTheClientsRequests(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"service":"smt","account":"12345678","baseURI":"127.0.0.1"}`)
	}))
	t.Cleanup(server.Close)
	for timeout, want := range map[time.Duration]error{0: nil, time.Nanosecond: context.DeadlineExceeded} {
		account, err := Config{AccountID: "12345678", DomainAPI: server.URL, Timeout: timeout}.Client(1)
		require.NoError(t, err)
		_, err = account.ResolveDomain(t.Context(), liveperson.ServiceMonitoring)
		assert.ErrorIs(t, err, want)
	}
}
