package message

import (
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/redpanda-data/benthos/v4/public/service"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func processorAt(t *testing.T, d *desk, yaml string, mgr *service.Resources) *processor {
	t.Helper()
	c := parse(t, yaml)
	return &processor{engineAt(t, d, c, mgr), c.reading}
}

func contentsOf(t *testing.T, batch service.MessageBatch) (contents []string) {
	t.Helper()
	for _, msg := range batch {
		raw, err := msg.AsBytes()
		require.NoError(t, err)
		contents = append(contents, string(raw))
	}
	return contents
}

func TestTheProcessorGoesOnWithTheIDs(t *testing.T) {
	t.Parallel()
	d := newDesk(map[string][]string{"bad": {"400"}})
	p := processorAt(t, d, "", service.MockResources())
	failed := message(say("three"))
	failed.SetError(assert.AnError)
	batch := service.MessageBatch{
		message(say("one"), "kept", "yes"), message(say("bad")), message(say("two")), message("nobody's"), failed,
		message(`{"consumer":"john","text":"hi"}`), message(does(`"profile":{}`)), message(does(`"close":true`)),
	}
	batches, err := p.ProcessBatch(t.Context(), batch)
	require.NoError(t, err)
	require.Len(t, batches, 1)
	got := batches[0]
	assert.Equal(t, []string{
		`{"conversation_id":"jane-c1","dialog_id":"jane-c1","sequence":0}`,
		say("bad"),
		`{"conversation_id":"jane-c1","dialog_id":"jane-c1","sequence":1}`,
		`nobody's`,
		say("three"),
		`{"conversation_id":"john-c1","dialog_id":"john-c1","sequence":0}`,
		`{}`,
		`{"conversation_id":"jane-c1","dialog_id":"jane-c1"}`,
	}, contentsOf(t, got))
	require.ErrorContains(t, got[1].GetError(), "class=invalid status=400 ")
	require.ErrorContains(t, got[3].GetError(), "class=invalid status=0 code=0 attempts=0: not sent: the message has no consumer")
	assert.Equal(t, assert.AnError, got[4].GetError())
	for _, i := range []int{0, 2, 5, 6, 7} {
		require.NoError(t, got[i].GetError())
	}
	for key, want := range map[string]string{metaConversationID: "jane-c1", metaDialogID: "jane-c1", metaSequence: "0", "kept": "yes"} {
		value, _ := got[0].MetaGet(key)
		assert.Equal(t, want, value)
	}
	assert.Equal(t, []string{say("one"), "nobody's"}, []string{contentsOf(t, batch)[0], contentsOf(t, batch)[3]}, "the messages that came stay as they are")
	assert.Equal(t, []string{"one", "two"}, d.taken["jane"])
}

func TestTheProcessorKeepsOneConsumersOrderAndOthersGoOn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(map[string][]string{"one": {"500"}})
		p := processorAt(t, d, "", service.MockResources())
		start := time.Now()
		var johns time.Duration
		d.onTaken = func(consumer string) {
			if consumer == "john" {
				johns = time.Since(start)
			}
		}
		_, err := p.ProcessBatch(t.Context(), service.MessageBatch{message(say("one")), message(say("two")), message(`{"consumer":"john","text":"hi"}`)})
		require.NoError(t, err)
		assert.Equal(t, []string{"one", "two"}, d.taken["jane"])
		assert.Less(t, johns, time.Second)
		assert.GreaterOrEqual(t, time.Since(start), 5*time.Second)
	})
}

// Each thread of a pipeline has its own processor.
func TestProcessorsOpenOneConversationForAConsumer(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(map[string][]string{"open jane": {"500"}})
		mgr := service.MockResources()
		var threads sync.WaitGroup
		for range 8 {
			p := processorAt(t, d, "", mgr)
			threads.Go(func() {
				batches, err := p.ProcessBatch(t.Context(), service.MessageBatch{message(say("hi"))})
				assert.NoError(t, err)
				assert.NoError(t, batches[0][0].GetError())
			})
		}
		threads.Wait()
		assert.Equal(t, 1, d.opened["jane"])
		assert.Len(t, d.taken["jane"], 8)
		asked := 0
		for _, s := range d.sent {
			if strings.HasSuffix(s.path, "/conversation") {
				asked++
			}
		}
		assert.Equal(t, 2, asked, "the others wait for the one that asks")
	})
}
