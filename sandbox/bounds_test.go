package sandbox_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox"
)

func TestLongCallsGoBySize(t *testing.T) {
	t.Parallel()
	s := sandbox.New(sandbox.Options{KeepBytes: 10_000})
	for range 3 {
		report(t, s, consumerBody+strings.Repeat(" ", 4000))
	}
	got := reports(t, s)
	require.Len(t, got.Calls, 2)
	assert.Equal(t, 2, got.Calls[0].ID)
	assert.Equal(t, 1, got.Forgotten)
	report(t, s, consumerBody+strings.Repeat(" ", 20_000))
	assert.Empty(t, reports(t, s).Calls, "longer than all that is kept")
	report(t, s, consumerBody)
	assert.Equal(t, 5, reports(t, s).Calls[0].ID)
	assert.Equal(t, 5, s.Summary().Reports)
}

func TestTheOldestSessionsEndWhenThereAreTooMany(t *testing.T) {
	t.Parallel()
	s := sandbox.New(sandbox.Options{KeepSessions: 3})
	var first []answer
	for range 4 {
		first = append(first, report(t, s, consumerBody))
	}
	use := func(a answer) answer {
		return report(t, s, consumerBody, "vid", a.VisitorID, "sid", a.SessionID)
	}
	for _, lives := range first[1:] {
		assert.Equal(t, http.StatusOK, use(lives).status)
	}
	ended := use(first[0])
	assert.Equal(t, http.StatusCreated, ended.status)
	assert.Equal(t, first[0].VisitorID, ended.VisitorID, "a visitor outlives its sessions")
}

func TestVisitorsAreForgotten(t *testing.T) {
	t.Parallel()
	const month = 30 * 24 * time.Hour
	tests := map[string]struct {
		others int           // visitors after the first one
		after  time.Duration // pause before each of them
		known  bool
	}{
		"at once":                       {known: true},
		"as many others as sessions":    {others: 3, known: true},
		"twice as many others":          {others: 6},
		"a month of rest":               {others: 1, after: month, known: true},
		"more than two months of rest":  {others: 1, after: 2 * month},
		"two months, others in between": {others: 2, after: month},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newClock()
			s := sandbox.New(sandbox.Options{KeepSessions: 3, Now: c.Now})
			first := report(t, s, consumerBody)
			for range test.others {
				c.advance(test.after)
				report(t, s, consumerBody)
			}
			again := report(t, s, consumerBody, "vid", first.VisitorID)
			assert.Equal(t, test.known, first.VisitorID == again.VisitorID)
		})
	}
}

func TestVisitorsInUseAreNotForgotten(t *testing.T) {
	t.Parallel()
	c := newClock()
	s := sandbox.New(sandbox.Options{KeepSessions: 3, Now: c.Now})
	first := report(t, s, consumerBody)
	for range 20 {
		report(t, s, consumerBody)
		c.advance(10 * 24 * time.Hour)
		assert.Equal(t, first.VisitorID, report(t, s, consumerBody, "vid", first.VisitorID).VisitorID)
	}
}

func TestTotalsOfMadeUpTypesAndReasonsAreBounded(t *testing.T) {
	t.Parallel()
	s, strict := sandbox.New(sandbox.Options{Keep: 1}), sandbox.New(sandbox.Options{Keep: 1, Strict: true})
	long := strings.Repeat("ä", 1000)
	for i := range 1200 {
		body := fmt.Sprintf(`{"consumerId":"c","engagementAttributes":[{"type":"%s"},{"type":"%d"}]}`, long, i)
		report(t, s, body)
		report(t, strict, fmt.Sprintf(`{"consumerId":"c","engagementAttributes":[%s7]}`, strings.Repeat(`{"type":"cart"},`, i)))
	}
	counted := s.Summary().Attributes
	assert.Len(t, counted, 1001)
	assert.Equal(t, 201, counted["others"])
	assert.Equal(t, 1200, counted[strings.Repeat("ä", 250)+"…"])

	rejects := strict.Summary().Rejects
	assert.Len(t, rejects, 1001)
	assert.Contains(t, rejects, sandbox.Reject{Status: 400, InternalCode: 5, Reason: "others", Count: 200})
}

// A call that read a session does not keep the session's calls in memory, because they would then exceed all limits.
func TestWhatWasReadOfASessionIsForgottenWithItsCalls(t *testing.T) {
	t.Parallel()
	s := sandbox.New(sandbox.Options{Keep: 2})
	at := report(t, s, lead("jane", "L-1"))
	report(t, s, lead("jane", "L-2"), "vid", at.VisitorID, "sid", at.SessionID)
	read := get(t, s, visitTarget(at))
	require.Contains(t, read.text, "L-2")
	_, text := fetch(t, s, http.MethodGet, "/sandbox/export?format=har&endpoint=visit_information", "")
	assert.Contains(t, text, "L-2")
	assert.NotContains(t, text, "L-1")
	report(t, s, lead("jane", "L-3"), "vid", at.VisitorID, "sid", at.SessionID)
	_, text = fetch(t, s, http.MethodGet, "/sandbox/export?format=har&endpoint=visit_information", "")
	assert.Contains(t, text, at.SessionID)
	assert.NotContains(t, text, "L-2")
	assert.NotContains(t, text, "L-3", "it came later")
}
