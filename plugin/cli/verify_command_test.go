package cli

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// answers gives a sandbox that answers one status after another, and the last for ever.
func answers(t *testing.T, statuses ...int) (v verifier, asked *int) {
	t.Helper()
	asked = new(int)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(statuses[min(*asked, len(statuses)-1)])
		*asked++
	}))
	t.Cleanup(server.Close)
	return verifier{at: server.URL, client: server.Client()}, asked
}

func TestVerifyWaitsUntilTheExpectationsAreMet(t *testing.T) {
	t.Parallel()
	v, asked := answers(t, http.StatusExpectationFailed, http.StatusExpectationFailed, http.StatusOK)
	passed, _, err := v.await(t.Context(), nil, time.Minute)
	require.NoError(t, err)
	assert.True(t, passed)
	assert.Equal(t, 3, *asked)
}

func TestVerifyDoesNotWaitUnlessTold(t *testing.T) {
	t.Parallel()
	v, asked := answers(t, http.StatusExpectationFailed)
	passed, _, err := v.await(t.Context(), nil, 0)
	require.NoError(t, err)
	assert.False(t, passed)
	assert.Equal(t, 1, *asked)
}

func TestVerifyAsksOnceWithExpectationsThatAreNone(t *testing.T) {
	t.Parallel()
	v, asked := answers(t, http.StatusBadRequest)
	_, _, err := v.await(t.Context(), nil, time.Minute)
	require.ErrorIs(t, err, errNotTaken)
	assert.Equal(t, 1, *asked)
}
