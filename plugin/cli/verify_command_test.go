package cli

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	ucli "github.com/urfave/cli/v2"
)

// answers starts a sandbox that answers with each status in turn, and then always with the last.
func answers(t *testing.T, statuses ...int) (v verifier, asked *int) {
	t.Helper()
	asked = new(int)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(statuses[min(*asked, len(statuses)-1)])
		_, _ = io.WriteString(w, `{"error":"line 1: wrong"}`)
		*asked++
	}))
	t.Cleanup(server.Close)
	return verifier{sandboxReader{at: server.URL}}, asked
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

// The command and its report must not contradict each other.
func TestVerifyEndsAsItsReportSays(t *testing.T) {
	t.Parallel()
	v, _ := answers(t, http.StatusOK, http.StatusExpectationFailed)
	dir := t.TempDir()
	file := filepath.Join(dir, "expectations.yaml")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	app := &ucli.App{Commands: []*ucli.Command{verifyCommand()}, Writer: io.Discard}
	err := app.RunContext(t.Context(), []string{"x", "verify", "--at", v.at, "--junit", filepath.Join(dir, "report.xml"), file})
	require.ErrorContains(t, err, "has not received what was expected")
	err = app.RunContext(t.Context(), []string{"x", "verify", "--at", "127.0.0.1:8900", file})
	assert.ErrorContains(t, err, "--at: must be an address such as http://127.0.0.1:8900")
}
