package sandbox_test

import (
	"bytes"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox"
)

func TestSessionLifecycle(t *testing.T) {
	t.Parallel()
	clock := newClock()
	s := sandbox.New(sandbox.Options{Now: clock.Now})

	first := report(t, s, consumerBody)
	require.Equal(t, http.StatusCreated, first.status)
	clock.advance(6*time.Hour - 1)
	same := report(t, s, consumerBody, "vid", first.VisitorID, "sid", first.SessionID)
	assert.Equal(t, http.StatusOK, same.status)
	assert.Equal(t, first.VisitorID, same.VisitorID)
	assert.Equal(t, first.SessionID, same.SessionID)

	clock.advance(1) // a session's lifetime counts from its start, even if it was used
	renewed := report(t, s, consumerBody, "vid", first.VisitorID, "sid", first.SessionID)
	assert.Equal(t, http.StatusCreated, renewed.status)
	assert.Equal(t, first.VisitorID, renewed.VisitorID, "a visitor outlives its sessions")
	assert.NotEqual(t, first.SessionID, renewed.SessionID)

	again := report(t, s, consumerBody, "vid", renewed.VisitorID, "sid", renewed.SessionID)
	assert.Equal(t, http.StatusOK, again.status)
	assert.Equal(t, 2, s.Summary().Sessions)
}

func TestSessionLifetimeIsAnOption(t *testing.T) {
	t.Parallel()
	clock := newClock()
	s := sandbox.New(sandbox.Options{Now: clock.Now, SessionLifetime: time.Minute})
	first := report(t, s, consumerBody)
	clock.advance(time.Minute)
	assert.Equal(t, http.StatusCreated, report(t, s, consumerBody, "vid", first.VisitorID, "sid", first.SessionID).status)
}

func TestIDsThatNameNoSession(t *testing.T) {
	t.Parallel()
	s := sandbox.New(sandbox.Options{})
	one, other := report(t, s, consumerBody), report(t, s, consumerBody)
	tests := map[string]struct {
		vid, sid    string
		keepVisitor bool
	}{
		"none":                      {"", "", false},
		"unknown vid and sid":       {"xyz", "abc", false},
		"unknown vid, known sid":    {"xyz", one.SessionID, false},
		"known sid alone":           {"", one.SessionID, false},
		"known vid alone":           {one.VisitorID, "", true},
		"known vid, unknown sid":    {one.VisitorID, "abc", true},
		"sid of another visitor":    {one.VisitorID, other.SessionID, true},
		"vid and sid in each other": {one.SessionID, one.VisitorID, false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := report(t, s, consumerBody, "vid", test.vid, "sid", test.sid)
			assert.Equal(t, http.StatusCreated, got.status)
			assert.Regexp(t, idPattern, got.SessionID)
			assert.Regexp(t, idPattern, got.VisitorID)
			assert.NotContains(t, []string{one.SessionID, other.SessionID}, got.SessionID)
			assert.Equal(t, test.keepVisitor, got.VisitorID == one.VisitorID)
		})
	}
}

// The Visit Information API shows a session with a suffix.
func TestASessionIDWithItsSuffix(t *testing.T) {
	t.Parallel()
	s := sandbox.New(sandbox.Options{Strict: true})
	first := report(t, s, consumerBody)
	shown := first.SessionID + "." + strings.Repeat("0f", 20)
	for _, sid := range []string{first.SessionID, shown} {
		got := report(t, s, consumerBody, "vid", first.VisitorID, "sid", sid)
		assert.Equal(t, http.StatusOK, got.status)
		assert.Equal(t, first.SessionID, got.SessionID)
	}
	assert.Equal(t, 1, s.Summary().Sessions)
}

func TestIDsComeFromRandom(t *testing.T) {
	t.Parallel()
	random := strings.Repeat("\x00", 16) + strings.Repeat("\xff", 16) + strings.Repeat("\x00", 8)
	s := sandbox.New(sandbox.Options{Random: bytes.NewReader([]byte(random))})
	got := report(t, s, consumerBody)
	assert.Equal(t, "AAAAAAAAAAAAAAAAAAAAAA", got.VisitorID)
	assert.Equal(t, "_____________________w", got.SessionID)
	assert.Equal(t, "1000000000", got.PageID)
	assert.PanicsWithValue(t, "sandbox: Options.Random must not fail: EOF", func() { report(t, s, consumerBody) })
}
