package sandbox_test

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox"
)

func TestConsumersAreListed(t *testing.T) {
	t.Parallel()
	w := newWorld(sandbox.Options{})
	start := w.clock.Now().UTC()
	report(t, w.Sandbox, lead("jane", "L-1"))
	w.clock.advance(time.Minute)
	report(t, w.Sandbox, lead("john", "L-1"))
	w.clock.advance(time.Minute)
	report(t, w.Sandbox, `{"consumerId":"jane","engagementAttributes":[7]}`)
	report(t, w.Sandbox, `{}`) // names no consumer

	type line struct {
		Consumer    string
		Calls, Bad  int
		First, Last time.Time
	}
	list := func(query string) (lines []line, total int) {
		got := get(t, w.Sandbox, "/sandbox/consumers"+query)
		require.Equal(t, http.StatusOK, got.status, got.text)
		var page struct {
			Consumers []line
			Total     int
		}
		require.NoError(t, json.Unmarshal([]byte(got.text), &page))
		return page.Consumers, page.Total
	}
	all, total := list("")
	assert.Equal(t, []line{
		{"jane", 2, 1, start, start.Add(2 * time.Minute)},
		{"john", 1, 0, start.Add(time.Minute), start.Add(time.Minute)},
	}, all)
	assert.Equal(t, 2, total)

	some, total := list("?limit=1")
	assert.Len(t, some, 1)
	assert.Equal(t, 2, total)

	bad, _ := list("?verdict=bad")
	assert.Equal(t, []line{{"jane", 1, 1, start.Add(2 * time.Minute), start.Add(2 * time.Minute)}}, bad)
	none, _ := list("?consumer=nobody")
	assert.Empty(t, none)
	assert.Equal(t, http.StatusBadRequest, get(t, w.Sandbox, "/sandbox/consumers?before=3").status)
}
