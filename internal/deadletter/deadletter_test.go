package deadletter

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/redpanda-data/benthos/v4/public/service"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func allLines(t *testing.T, text string) (all []Line) {
	t.Helper()
	for lines := NewLines(strings.NewReader(text)); ; {
		line, err := lines.Next()
		if errors.Is(err, io.EOF) {
			return all
		}
		require.NoError(t, err)
		all = append(all, line)
	}
}

func TestLinesAsEditorsWriteThem(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 1<<20)
	all := allLines(t, "\ufeff{\"reason\":\"a\",\"content\":\"1\"}\r\n\n  \nhalf a letter\n{\"reason\":\"b\",\"content\":\""+long+"\"}")
	require.Len(t, all, 3)
	assert.Equal(t, []int{1, 4, 5}, []int{all[0].Number, all[1].Number, all[2].Number})
	assert.Equal(t, "a", all[0].Letter.Reason)
	assert.Equal(t, `{"reason":"a","content":"1"}`, string(all[0].Text))
	require.Error(t, all[1].Wrong)
	assert.Equal(t, "half a letter", string(all[1].Text))
	assert.Equal(t, long, all[2].Letter.Content)
}

func TestRoutes(t *testing.T) {
	t.Parallel()
	const earlier = "class=invalid status=0 code=0 attempts=0: not sent: an earlier processor failed: privacy: x"
	report, event := `{"engagementAttributes":[]}`, `{"type":"page"}`
	for name, test := range map[string]struct {
		letter    Letter
		toReport  Route
		toMessage Route
	}{
		"a refused report":           {Letter{Class: "server", Reason: "class=server …", Content: report}, ToOutput, ToOutput},
		"a report without a reason":  {Letter{Content: report}, ToOutput, ToOutput},
		"a report that failed early": {Letter{Class: "invalid", Reason: earlier, Content: report}, Nowhere, Nowhere},
		"a report with its event":    {Letter{Class: "invalid", Reason: earlier, Content: report, Event: event}, ThroughPipeline, ThroughPipeline},
		"an event that failed early": {Letter{Class: "invalid", Reason: earlier, Content: event}, ThroughPipeline, ThroughPipeline},
		"a message that was refused": {Letter{Class: "server", Reason: "class=server …", Content: `{"text":"x"}`}, ThroughPipeline, ToOutput},
		"an event alone":             {Letter{Content: event}, ThroughPipeline, ThroughPipeline},
	} {
		assert.Equal(t, test.toReport, test.letter.Route(true), name)
		assert.Equal(t, test.toMessage, test.letter.Route(false), name)
	}
}

func TestWhatALetterShows(t *testing.T) {
	t.Parallel()
	l := Letter{
		Class: "invalid", Reason: "class=invalid status=0 code=0 attempts=0: not sent: an earlier processor failed: of jane@example.com\n\x1b[31m",
		Content: `{"type":"track","event":"Order Completed","userId":"u-1","timestamp":"2026-03-14T17:10:03+01:00"}`,
	}
	assert.Equal(t, "of *** [31m", l.ShortReason())
	assert.Equal(t, "Order Completed", l.EventName())
	assert.Equal(t, "u-1", l.Consumer())
	at, known := l.When()
	assert.True(t, known)
	assert.Equal(t, time.Date(2026, 3, 14, 16, 10, 3, 0, time.UTC), at.UTC())
	assert.Equal(t, Other, Letter{}.ClassName())
	assert.Equal(t, "s-1", Letter{Content: `{"identities":[{"sub":"s-1"}],"engagementAttributes":[]}`}.Consumer())
}

// Each value is personal, or says nothing about a person.
func TestMasked(t *testing.T) {
	t.Parallel()
	masked := Masked(`{"type":"track","event":"jane@example.com","userId":"u-1","context":{"ip":"192.0.2.1","traits":{"age":41,"vip":true,"email":"j@example.com"}},
		"properties":{"order_id":"R-1","total":12.90,"products":[{"sku":"A","name":"Tent","price":"3"}],"jane@example.com":1}}`)
	assert.JSONEq(t, `{"type":"track","event":"***","userId":"***","context":{"ip":"***","traits":{"age":"***","vip":true,"email":"***"}},
		"properties":{"order_id":"R-1","total":12.90,"products":[{"sku":"A","name":"***","price":"3"}],"***":"***"}}`, masked)
	assert.NotContains(t, Masked(`{"consumerId":"c-1","engagementAttributes":[{"type":"personal","personal":{"firstname":"Jane"}}]}`), "Jane")
	assert.Equal(t, "***", Masked("Jane Doe, half a message"))
	assert.Equal(t, "Jane Doe, half a message", Shown("Jane Doe, half a message"))
	assert.Equal(t, "{\n  \"total\": 12.90\n}", Shown(`{"total":12.90}`))
}

func TestSelection(t *testing.T) {
	t.Parallel()
	l := Letter{Time: "2026-03-14T16:00:00Z", Class: "server", Content: `{"event":"Order Completed"}`}
	at := time.Date(2026, 3, 14, 16, 0, 0, 0, time.UTC)
	for name, test := range map[string]struct {
		selection Selection
		has       bool
	}{
		"everything":    {Selection{}, true},
		"its class":     {Selection{Classes: []string{"invalid", "server"}}, true},
		"another class": {Selection{Classes: []string{"invalid"}}, false},
		"its event":     {Selection{Event: "order completed"}, true},
		"another event": {Selection{Event: "page"}, false},
		"since then":    {Selection{Since: at}, true},
		"since later":   {Selection{Since: at.Add(1)}, false},
		"until then":    {Selection{Until: at}, false},
		"until later":   {Selection{Until: at.Add(1)}, true},
	} {
		assert.Equal(t, test.has, test.selection.Has(l), name)
	}
	assert.False(t, Selection{Since: at}.Has(Letter{}), "a letter without a time")
}

// replayed reads the letters, and settles their messages in another order.
func replayed(t *testing.T, letters string, read int, settle func(acks []service.AckFunc)) (Outcome, string) {
	t.Helper()
	var remain strings.Builder
	now := func() time.Time { return time.Date(2026, 3, 14, 16, 10, 3, 0, time.UTC) }
	replay := NewReplay(strings.NewReader(letters), &remain, Selection{}, true, now)
	var acks []service.AckFunc
	for range read {
		msg, ack, err := replay.Read(t.Context())
		require.NoError(t, err)
		acks = append(acks, ack)
		if content, _ := msg.AsBytes(); !strings.Contains(string(content), "dropped") {
			_, err = arrivals{}.Process(t.Context(), msg)
			require.NoError(t, err)
		}
	}
	replay.Stop()
	_, _, err := replay.Read(t.Context())
	require.ErrorIs(t, err, service.ErrEndOfInput)
	settle(acks)
	outcome, err := replay.End()
	require.NoError(t, err)
	return outcome, remain.String()
}

// The lines keep their order, whichever message is answered first. What was stopped, and what was not read, remains.
func TestTheRestKeepsTheOrder(t *testing.T) {
	t.Parallel()
	const letters = `{"reason":"r1","content":"{\"n\":1}"}
{"reason":"r2","content":"{\"n\":2}"}
{"reason":"r3","content":"dropped"}
{"reason":"r4","content":"{\"n\":4}"}
{"reason":"r5","content":"{\"n\":5}"}
{"reason":"r6","content":"{\"n\":6}"}
{"reason":"r7","content":"{\"n\":7}"}
`
	ctx := context.Background()
	outcome, remain := replayed(t, letters, 6, func(acks []service.AckFunc) {
		require.NoError(t, acks[3](ctx, errors.New("class=server status=503 code=0 attempts=5: again")))
		require.NoError(t, acks[4](ctx, context.Canceled))
		require.NoError(t, acks[2](ctx, nil))
		require.NoError(t, acks[0](ctx, nil))
		require.NoError(t, acks[1](ctx, errors.New("class=invalid status=400 code=5 attempts=1: wrong")))
	})
	assert.Equal(t, Outcome{Lines: 7, Accepted: 1, Refused: map[string]int{"server": 1, "invalid": 1}, Dropped: 1, Unanswered: 3}, outcome)
	assert.Equal(t, 6, outcome.Remain())
	assert.Equal(t, `{"time":"2026-03-14T16:10:03Z","class":"invalid","status":"400","code":"5","attempts":"1","reason":"class=invalid status=400 code=5 attempts=1: wrong","metadata":{},"content":"{\"n\":2}"}
{"reason":"r3","content":"dropped"}
{"time":"2026-03-14T16:10:03Z","class":"server","status":"503","attempts":"5","reason":"class=server status=503 code=0 attempts=5: again","metadata":{},"content":"{\"n\":4}"}
{"reason":"r5","content":"{\"n\":5}"}
{"reason":"r6","content":"{\"n\":6}"}
{"reason":"r7","content":"{\"n\":7}"}
`, remain)
}

// A disk that is full is an error, not a short file.
func TestAFullDiskIsTold(t *testing.T) {
	t.Parallel()
	replay := NewReplay(strings.NewReader("half a letter\n"), fullDisk{}, Selection{}, true, time.Now)
	_, _, err := replay.Read(t.Context())
	require.ErrorIs(t, err, service.ErrEndOfInput)
	_, err = replay.End()
	require.ErrorIs(t, err, errFull)
}

var errFull = errors.New("no space left on device")

type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, errFull }
