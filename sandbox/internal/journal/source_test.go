package journal_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/journal"
)

func call(body string) *journal.Entry {
	return &journal.Entry{Headers: noHeaders, Call: journal.Call{Body: []byte(body), Status: http.StatusCreated}}
}

var noHeaders = journal.HeadersOf(&http.Request{Header: http.Header{}})

func sources(j *journal.Journal, id int) (texts []string) {
	for _, source := range j.Sources(id) {
		texts = append(texts, string(source))
	}
	return texts
}

func TestAnEventBelongsToItsCall(t *testing.T) {
	t.Parallel()
	j := journal.New(journal.Limits{Calls: 5, Bytes: 1 << 20, Age: time.Hour}, time.Now)
	for _, body := range []string{"a", "b", "a", "a", "c"} {
		j.Add(call(body))
	}
	j.AddSource([]byte("a"), 2, []byte("first")) // the second attempt was accepted
	j.AddSource([]byte("a"), 3, []byte("second"))
	j.AddSource([]byte("b"), 1, []byte("third"))
	j.AddSource([]byte("b"), 1, []byte("fourth")) // a report of two events
	j.AddSource([]byte("d"), 1, []byte("lost"))
	assert.Equal(t, []string{"first"}, sources(j, 1))
	assert.Equal(t, []string{"third", "fourth"}, sources(j, 2))
	assert.Equal(t, []string{"first"}, sources(j, 3))
	assert.Equal(t, []string{"second"}, sources(j, 4))
	assert.Empty(t, sources(j, 5))
	j.Add(call("d")) // the first call is forgotten
	assert.Empty(t, sources(j, 1))
	j.Reset()
	j.Add(call("b"))
	assert.Empty(t, sources(j, 1), "the calls of another epoch have other numbers")
}

// Events count against the limit of the calls.
func TestEventsTakeRoom(t *testing.T) {
	t.Parallel()
	j := journal.New(journal.Limits{Calls: 1000, Bytes: 100_000, Age: time.Hour}, time.Now)
	for range 300 {
		j.Add(call("a"))
		j.AddSource([]byte("a"), 1, make([]byte, 10_000))
	}
	kept := len(j.Snapshot().Entries)
	assert.Positive(t, kept)
	assert.Less(t, kept, 11)
	j.Add(call("b"))
	for range 200 {
		j.AddSource([]byte("b"), 1, []byte("x"))
	}
	assert.Len(t, j.Sources(301), 50)
}
