package sandbox_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox"
)

func TestSummaryCounts(t *testing.T) {
	t.Parallel()
	s := sandbox.New(sandbox.Options{LoadingCalls: 1})
	report(t, s, sampleReport)
	first := report(t, s, `{"consumerId":"c","engagementAttributes":[{"type":"cart"},{"type":"cartStatus"},{"type":"cart"}]}`)
	report(t, s, `{"consumerId":"c"}`, "vid", first.VisitorID, "sid", first.SessionID)
	report(t, s, `{"consumerId":"c","engagementAttributes":[{"type":"cart"},{}]}`)
	report(t, s, consumerBody, "sid", "?")
	report(t, s, consumerBody, "sid", "!")

	assert.Equal(t, sandbox.Summary{
		Reports:    2,
		Calls:      map[string]int{"report": 2},
		Sessions:   1,
		Loading:    1,
		Attributes: map[string]int{"cart": 2, "cartStatus": 1},
		Rejects: []sandbox.Reject{
			{Status: 400, InternalCode: 5, Reason: "engagementAttributes[1].type: send the engagement attribute's type", Count: 1},
			{Status: 404, InternalCode: 39, Reason: "Bad session id: send the sessionId of an earlier answer as sid, URL-escaped, or leave sid out", Count: 2},
		},
	}, s.Summary())
}

func TestSummaryTable(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		summary sandbox.Summary
		table   string
	}{
		"nothing": {
			sandbox.New(sandbox.Options{}).Summary(),
			`reports         0
sessions        0
loading answers 0
attributes
  none
rejects
  none
`,
		},
		"something of everything": {
			sandbox.Summary{
				Reports: 5000, Sessions: 812, Engagements: 17, Loading: 2,
				Calls:      map[string]int{"report": 5000, "engagement": 17, "app_token": 1, "send": 1200},
				Attributes: map[string]int{"prodView": 4895, "cart": 105},
				Rejects:    []sandbox.Reject{{Status: 400, InternalCode: 5, Reason: "body: send a JSON object", Count: 12}, {Status: 404, InternalCode: 18, Reason: "Bad app installation id: the app installation id of this sandbox is a1", Count: 3}},
			},
			`reports         5000
sessions         812
loading answers    2
engagements       17
messaging
  app_token        1
  send          1200
attributes
  cart           105
  prodView      4895
rejects
  400/5           12  body: send a JSON object
  404/18           3  Bad app installation id: the app installation id of this sandbox is a1
`,
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var table strings.Builder
			n, err := test.summary.WriteTo(&table)
			require.NoError(t, err)
			assert.Equal(t, test.table, table.String())
			assert.Equal(t, int64(len(test.table)), n)
		})
	}
}

type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, errors.New("broken") }

func TestSummaryToABrokenWriter(t *testing.T) {
	t.Parallel()
	_, err := sandbox.Summary{}.WriteTo(brokenWriter{})
	assert.EqualError(t, err, "broken")
}

func TestSummaryIsACopy(t *testing.T) {
	t.Parallel()
	s := sandbox.New(sandbox.Options{})
	before := s.Summary()
	report(t, s, `{"consumerId":"c","engagementAttributes":[{"type":"cart"}]}`)
	assert.Empty(t, before.Attributes)
}
