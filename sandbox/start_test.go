package sandbox_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox"
)

func TestStartListensUntilClose(t *testing.T) {
	t.Parallel()
	s, err := sandbox.Start(sandbox.Options{})
	require.NoError(t, err)
	t.Cleanup(s.Close)
	res, err := http.Get(s.URL + "/sandbox/health")
	require.NoError(t, err)
	res.Body.Close()
	assert.Equal(t, http.StatusOK, res.StatusCode)

	s.Close()
	s.Close()
	_, err = http.Get(s.URL + "/sandbox/health")
	require.Error(t, err)
}

func TestEnvHasTheDefaultsOfZeroOptions(t *testing.T) {
	t.Parallel()
	s, err := sandbox.Start(sandbox.Options{})
	require.NoError(t, err)
	t.Cleanup(s.Close)
	assert.Equal(t, map[string]string{
		sandbox.EnvAccountID:         sandbox.DefaultAccountID,
		sandbox.EnvAppInstallationID: sandbox.DefaultAppInstallationID,
		sandbox.EnvDomainAPI:         s.URL,
		sandbox.EnvClientID:          sandbox.DefaultClientID,
		sandbox.EnvClientSecret:      sandbox.DefaultClientSecret,
		sandbox.EnvUser:              "reader",
		sandbox.EnvPassword:          "sandbox",
	}, s.Env())
}

func TestCallsHasTheRefusedOnesAndReportsDoesNot(t *testing.T) {
	t.Parallel()
	s := newSandbox(t, sandbox.Options{})
	report(t, s, consumerBody)
	report(t, s, `no JSON`)
	assert.Len(t, s.Calls(), 2)
	require.Len(t, s.Reports(), 1)
	assert.True(t, s.Reports()[0].Good())
	assert.Empty(t, s.Messages())
}
