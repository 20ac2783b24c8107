package report

import (
	"reflect"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/benthos-liveperson/benthos-liveperson/internal/session"
)

func items(t *testing.T, contents ...string) []*item {
	t.Helper()
	list := make([]*item, len(contents))
	for i, content := range contents {
		out, err := encoder{}.encode(message(content))
		require.NoError(t, err)
		list[i] = &item{outgoing: out}
	}
	return list
}

func TestMergeReports(t *testing.T) {
	t.Parallel()
	report, err := mergeReports(items(t,
		`{"consumerId":"c","identities":[{"sub":"c"}],"entryPoints":["https://a/?x=1&y=2"],"engagementAttributes":[{"type":"purchase","total":11.70,"orderId":"2103807459595387724"}]}`,
		`{"consumerId":"c","identities":[{"sub":"c"}],"entryPoints":["https://b/","https://a/?x=1&y=2"],"engagementAttributes":[]}`,
		`{"consumerId":"c","identities":[{"sub":"c"}],"engagementAttributes":[{"type":"lead"},{"type":"error"}]}`,
	))
	require.NoError(t, err)
	assert.Equal(t, `{"consumerId":"c","engagementAttributes":[{"orderId":"2103807459595387724","total":11.70,"type":"purchase"},{"type":"lead"},{"type":"error"}],"entryPoints":["https://a/?x=1&y=2","https://b/"],"identities":[{"sub":"c"}]}`, string(report.Body))
}

func TestASingleReportStaysAsItIs(t *testing.T) {
	t.Parallel()
	const content = `{ "engagementAttributes":[], "consumerId":"c" }`
	report, err := mergeReports(items(t, content))
	require.NoError(t, err)
	assert.Equal(t, content, string(report.Body))
}

func TestJoins(t *testing.T) {
	t.Parallel()
	const first = `{"consumerId":"c","identities":[{"iss":"a","acr":"0","sub":"c"}],"entryPoints":["https://a/"],"engagementAttributes":[]}`
	tests := []struct {
		name, next string
		meta       []string
		want       bool
	}{
		{name: "the same", next: first, want: true},
		{name: "other attributes and entry points", next: `{"consumerId":"c","identities":[{"iss":"a","acr":"0","sub":"c"}],"entryPoints":[],"engagementAttributes":[{"type":"lead"}]}`, want: true},
		{name: "no entry points", next: `{"consumerId":"c","identities":[{"iss":"a","acr":"0","sub":"c"}],"engagementAttributes":[]}`, want: true},
		{name: "another level of authentication", next: `{"consumerId":"c","identities":[{"iss":"a","acr":"loa1","sub":"c"}],"entryPoints":[],"engagementAttributes":[]}`},
		{name: "one identity more", next: `{"consumerId":"c","identities":[{"iss":"a","acr":"0","sub":"c"},{"sub":"d"}],"engagementAttributes":[]}`},
		{name: "another consumer", next: `{"consumerId":"d","identities":[{"iss":"a","acr":"0","sub":"c"}],"engagementAttributes":[]}`},
		{name: "a member more", next: `{"consumerId":"c","identities":[{"iss":"a","acr":"0","sub":"c"}],"pageId":"1","engagementAttributes":[]}`},
		{name: "a member less", next: `{"identities":[{"iss":"a","acr":"0","sub":"c"}],"engagementAttributes":[]}`},
		{name: "a visitor id of its own", next: first, meta: []string{session.MetaVisitorID, "v"}},
		{name: "a session id of its own", next: first, meta: []string{session.MetaSessionID, "s"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			out, err := encoder{}.encode(message(test.next, test.meta...))
			require.NoError(t, err)
			joins := coalescing{enabled: true, maxCount: 20, maxBytes: 1 << 16}.joins()
			assert.Equal(t, test.want, joins(items(t, first), &item{outgoing: out}))
		})
	}
}

func TestJoinsWithinItsBounds(t *testing.T) {
	t.Parallel()
	const content = `{"consumerId":"c","engagementAttributes":[]}` // 44 bytes
	all := items(t, content, content, content)
	assert.True(t, coalescing{enabled: true, maxCount: 3, maxBytes: 132}.joins()(all[:2], all[2]))
	assert.False(t, coalescing{enabled: true, maxCount: 2, maxBytes: 132}.joins()(all[:2], all[2]), "count")
	assert.False(t, coalescing{enabled: true, maxCount: 3, maxBytes: 131}.joins()(all[:2], all[2]), "bytes")
	assert.Nil(t, coalescing{maxCount: 20, maxBytes: 1 << 16}.joins(), "off")
}

func FuzzMergeReports(f *testing.F) {
	f.Add(`{"consumerId":"c","entryPoints":["https://a/"],"engagementAttributes":[{"type":"lead"}]}`, `{"consumerId":"c","engagementAttributes":[]}`)
	f.Add(`{"consumerId":"c","entryPoints":[1,"\u0000"],"engagementAttributes":[{"type":"purchase","total":1e400}]}`, `{"consumerId":"c","entryPoints":null,"engagementAttributes":[{"type":"error"},{"type":"error"}]}`)
	f.Fuzz(func(t *testing.T, first, second string) {
		var taken []*item
		for _, content := range []string{first, second} {
			out, err := encoder{}.encode(message(content))
			if err != nil {
				return // not a report
			}
			taken = append(taken, &item{outgoing: out})
		}
		if !mergeable(taken[0].outgoing, taken[1].outgoing) {
			return // each is sent alone
		}
		merged, err := mergeReports(taken)
		require.NoError(t, err)

		out, err := encoder{}.encode(message(string(merged.Body)))
		require.NoError(t, err, "two reports make a report")
		assert.Equal(t, session.ConsumerOf(taken[0].content, ""), session.ConsumerOf(out.content, ""))
		assert.Equal(t, append(slices.Clone(taken[0].types), taken[1].types...), out.types, "no attribute is lost, moved or made up")
		assert.True(t, mergeable(out, taken[0].outgoing), "all else stays")
	})
}

func TestSameIsAsReflectHasIt(t *testing.T) {
	t.Parallel()
	var values []any
	for range 2 { // two of each, because equal values need not be identical
		for _, text := range []string{
			`null`, `true`, `false`, `""`, `"a"`, `"1"`, `1`, `1.0`, `[]`, `[1]`, `[1,2]`, `[2,1]`, `["1"]`, `[null]`,
			`{}`, `{"a":1}`, `{"a":"1"}`, `{"a":null}`, `{"b":1}`, `{"a":1,"b":[{"c":null}]}`, `{"a":1,"b":[{"c":false}]}`, `[[{"a":[]}]]`, `[[{"a":{}}]]`,
		} {
			value, err := message(text).AsStructured()
			require.NoError(t, err)
			values = append(values, value)
		}
	}
	for _, a := range values {
		for _, b := range values {
			assert.Equal(t, reflect.DeepEqual(a, b), same(a, b), "%v, %v", a, b)
		}
	}
}
