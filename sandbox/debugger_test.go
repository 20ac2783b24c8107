package sandbox_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox"
)

// store keeps receipts in a text.
type store struct {
	lines string
	err   error
}

func (s *store) Add(lines []byte) error {
	if s.err == nil {
		s.lines += string(lines)
	}
	return s.err
}

func (s *store) Clear() error { s.lines = ""; return nil }

// What the debugger has confirmed is in its store. What the store did not take is not confirmed and not shown.
func TestADebuggerConfirmsWhatItHasStored(t *testing.T) {
	t.Parallel()
	d := sandbox.NewDebugger(sandbox.Options{})
	kept := &store{}
	d.SetStore(kept)
	send := func(method, path, body string) *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		d.ServeHTTP(w, httptest.NewRequest(method, path, strings.NewReader(body)))
		return w
	}
	require.Equal(t, http.StatusOK, send(http.MethodPost, "/sandbox/receipts", "[{\"version\":1,\n \"result\":\"accepted\"},\n{\"version\":9}]").Code)
	assert.Equal(t, "{\"version\":1,\"result\":\"accepted\"}\n{\"version\":9}\n", kept.lines)

	kept.err = errors.New("the disk is full")
	refused := send(http.MethodPost, "/sandbox/receipts", `{"version":1,"result":"dropped"}`)
	assert.Equal(t, http.StatusInsufficientStorage, refused.Code)
	assert.Contains(t, refused.Body.String(), "the disk is full")
	assert.Contains(t, send(http.MethodGet, "/sandbox/state", "").Body.String(), `"kept":2`)

	require.Equal(t, http.StatusOK, send(http.MethodPost, "/sandbox/reset", "").Code)
	assert.Empty(t, kept.lines)
	assert.Contains(t, send(http.MethodGet, "/sandbox/state", "").Body.String(), `"kept":0`)
}
