package report

import (
	"testing"
	"time"

	"github.com/redpanda-data/benthos/v4/public/service"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/benthos-liveperson/benthos-liveperson/internal/session"
)

// Each row has reports of one consumer in order, LivePerson's answers, and the requests that LivePerson must get.
func TestIdentity(t *testing.T) {
	t.Parallel()
	const (
		withID    = `{"consumerId":"c1","engagementAttributes":[],"identities":[{"sub":"s"}]}`
		withoutID = `{"engagementAttributes":[]}`
		noIDs     = "obh=true&v=1.0"
		ownIDs    = "obh=true&sid=abc&v=1.0&vid=xyz"
	)
	tests := map[string]struct {
		identity string
		metas    [][]string
		script   []string
		queries  []string
		bodies   []string
		err      string // the error of the last report
	}{
		"always": {
			"always", [][]string{nil, {session.MetaVisitorID, "xyz", session.MetaSessionID, "abc"}}, []string{acceptedKnown, acceptedKnown},
			[]string{noIDs, ownIDs}, []string{withID, withID}, "",
		},
		"unless the event carries both ids": {
			"unless_visit", [][]string{nil, nil, {session.MetaVisitorID, "xyz"}, {session.MetaSessionID, "abc"}, {session.MetaVisitorID, "xyz", session.MetaSessionID, "abc"}},
			[]string{acceptedKnown, acceptedKnown, acceptedKnown, acceptedKnown, acceptedKnown},
			[]string{noIDs, ownIDs, ownIDs, ownIDs, ownIDs}, []string{withID, withID, withID, withID, withoutID}, "",
		},
		"LivePerson does not know the ids": {
			"unless_visit", [][]string{{session.MetaVisitorID, "xyz", session.MetaSessionID, "abc"}}, []string{badSession, acceptedNew},
			[]string{ownIDs, noIDs}, []string{withoutID, withID}, "",
		},
		"never": {
			"never", [][]string{{session.MetaVisitorID, "xyz"}, nil}, []string{acceptedKnown, acceptedKnown},
			[]string{"obh=true&v=1.0&vid=xyz", ownIDs}, []string{withoutID, withoutID}, "",
		},
		"never, of nobody": {"never", [][]string{nil}, nil, nil, nil, "set the metadata liveperson_visitor_id, or identity: unless_visit"},
		"never, and LivePerson does not know the visitor": {
			"never", [][]string{{session.MetaVisitorID, "xyz"}}, []string{badVisitor},
			[]string{"obh=true&v=1.0&vid=xyz"}, []string{withoutID}, "no visitor id is known",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := &livePerson{script: test.script, start: time.Now()}
			out := outputAt(t, server, service.MockResources(), "identity: "+test.identity, exact)
			for i, meta := range test.metas {
				batch := service.MessageBatch{message(withID, meta...)}
				out.Number(t.Context(), batch)
				err := out.WriteBatch(t.Context(), batch)
				if i == len(test.metas)-1 && test.err != "" {
					require.ErrorContains(t, err, test.err)
				} else {
					require.NoError(t, err)
				}
			}
			var queries, bodies []string
			for _, r := range server.requests {
				queries, bodies = append(queries, r.query), append(bodies, r.body)
			}
			assert.Equal(t, test.queries, queries)
			assert.Equal(t, test.bodies, bodies)
		})
	}
}

// Merged reports and reports without their repeated purchases leave out the identity too.
func TestMergedReportsWithoutIdentity(t *testing.T) {
	t.Parallel()
	server := &livePerson{script: []string{acceptedKnown, acceptedKnown}, start: time.Now()}
	out := outputAt(t, server, service.MockResources(), "identity: unless_visit\ncoalesce: true\ndedupe: purchases", exact)
	meta := []string{session.MetaVisitorID, "xyz", session.MetaSessionID, "abc"}
	for _, batch := range []service.MessageBatch{
		{
			message(`{"consumerId":"c1","engagementAttributes":[{"type":"lead"}]}`, meta...),
			message(`{"consumerId":"c1","engagementAttributes":[{"type":"purchase","orderId":"1"}]}`, meta...),
		},
		{message(`{"consumerId":"c1","engagementAttributes":[{"type":"purchase","orderId":"1"},{"type":"lead"}]}`, meta...)},
	} {
		out.Number(t.Context(), batch)
		require.NoError(t, out.WriteBatch(t.Context(), batch))
	}
	require.Len(t, server.requests, 2)
	assert.JSONEq(t, `{"engagementAttributes":[{"type":"lead"},{"type":"purchase","orderId":"1"}]}`, server.requests[0].body)
	assert.JSONEq(t, `{"engagementAttributes":[{"type":"lead"}]}`, server.requests[1].body)
}

// The answer to a report has the id of the visitor's session. The visitor's next report uses this session, also for
// another consumer.
func TestAReportWithAVisitorIDContinuesItsSession(t *testing.T) {
	t.Parallel()
	out, server := scripted(t, acceptedNew, acceptedNew, acceptedNew)
	const vid, sid = "ZjYWZlYzYzNDE5MTE1OWQ5", "stM0CzMWRye4MZgRBAL4UQ"
	for _, msg := range []*service.Message{
		message(`{"consumerId":"c1","engagementAttributes":[]}`, session.MetaVisitorID, vid),
		message(`{"consumerId":"c2","engagementAttributes":[]}`, session.MetaVisitorID, vid),
		message(`{"consumerId":"c3","engagementAttributes":[]}`, session.MetaSessionID, sid+".0000000000111111111122222222223333333333"),
	} {
		require.NoError(t, out.WriteBatch(t.Context(), service.MessageBatch{msg}))
	}
	whole := "obh=true&sid=" + sid + "&v=1.0&vid=" + vid
	assert.Equal(t, []string{"obh=true&v=1.0&vid=" + vid, whole, whole}, []string{server.requests[0].query, server.requests[1].query, server.requests[2].query})
}
