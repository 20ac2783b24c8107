package output

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"weak"

	_ "github.com/redpanda-data/benthos/v4/public/components/pure"
	"github.com/redpanda-data/benthos/v4/public/service"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func message(content string) *service.Message { return service.NewMessage([]byte(content)) }

func numbersOf(batch service.MessageBatch) []int64 {
	numbers := make([]int64, len(batch))
	for i, msg := range batch {
		numbers[i] = numberOf(msg)
	}
	return numbers
}

// letter is an item of the writer under test.
type letter struct {
	text string
	ack  Ack
}

var errRefused = errors.New("refused")

// options are those of a writer in which the messages are the names of their keys,
// "unreadable" can't be read and "bad" is refused.
func options(ordered bool) Config[letter] {
	return Config[letter]{
		Ordered: ordered,
		Read: func(service.MessageBatch) func(int, *service.Message, Ack) (string, letter, error) {
			return func(_ int, msg *service.Message, ack Ack) (string, letter, error) {
				text, err := msg.AsBytes()
				if string(text) == "unreadable" {
					err = errors.New("can't be read")
				}
				return string(text), letter{string(text), ack}, err
			}
		},
		Deliver: func(_ context.Context, _ string, items []letter, _ func()) {
			for _, it := range items {
				if it.text == "bad" {
					it.ack.Done(errRefused)
				} else {
					it.ack.Done(nil)
				}
			}
		},
		Down:    func() (bool, <-chan struct{}) { return false, nil },
		Failure: func() error { return nil },
		Kind:    func(err error) string { return err.Error() },
		Log:     service.MockResources().Logger(),
	}
}

func newWriter(ordered bool) *Writer[letter] { return New(options(ordered)) }

// batcher renumbers the batching that Benthos makes for the output.
func batcher(t *testing.T, w *Writer[letter], mgr *service.Resources, yaml string) *service.Batcher {
	t.Helper()
	parsed, err := service.NewConfigSpec().Field(service.NewBatchPolicyField("batching")).ParseYAML(yaml, nil)
	require.NoError(t, err)
	policy, err := w.Batching(parsed, "batching", mgr)
	require.NoError(t, err)
	b, err := policy.NewBatcher(mgr)
	require.NoError(t, err)
	return b
}

func TestMessagesAreNumberedInTheirOrder(t *testing.T) {
	t.Parallel()
	w := newWriter(true)
	b := batcher(t, w, service.MockResources(), "batching: {}")
	failed := message("a")
	failed.MetaSetMut(metaNumber, int64(7)) // of a time before
	failed.SetError(errors.New("not mapped"))
	for _, test := range []struct {
		batch service.MessageBatch
		want  []int64
	}{
		{service.MessageBatch{message("a"), message("a")}, []int64{1, 2}},
		{service.MessageBatch{message("a"), failed, message("a")}, []int64{3, 0, 4}},
		{service.MessageBatch{failed}, []int64{0}},
		{service.MessageBatch{message("a")}, []int64{5}},
	} {
		for _, msg := range test.batch {
			b.Add(msg)
		}
		batch, err := b.Flush(t.Context())
		require.NoError(t, err)
		assert.Equal(t, test.want, numbersOf(batch))
	}
}

func TestWhatHasNoRoomIsHeldBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := options(true)
		ready := make(chan struct{})
		deliver := c.Deliver
		c.Deliver = func(ctx context.Context, key string, items []letter, release func()) {
			<-ready
			deliver(ctx, key, items, release)
		}
		w := New(c)
		full := make(service.MessageBatch, MaxQueued)
		for i := range full {
			full[i] = message("a")
		}
		w.Number(t.Context(), full)
		go func() { assert.NoError(t, w.WriteBatch(t.Context(), full)) }()
		synctest.Wait()
		next := service.MessageBatch{message("a")}
		go w.Number(t.Context(), next)
		synctest.Wait()
		assert.Equal(t, []int64{0}, numbersOf(next))
		close(ready)
		synctest.Wait()
		assert.Equal(t, []int64{MaxQueued + 1}, numbersOf(next))

	})
}

// A batch that the process is shutting down over gets no number, and no error either.
func TestNoNumberWithoutRoom(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := options(true)
		ready := make(chan struct{})
		c.Deliver = func(_ context.Context, _ string, items []letter, _ func()) {
			<-ready
			items[0].ack.Done(nil)
		}
		w := New(c)
		full := make(service.MessageBatch, MaxQueued)
		for i := range full {
			full[i] = message("a")
		}
		w.Number(t.Context(), full)
		go func() { assert.NoError(t, w.WriteBatch(t.Context(), full)) }()
		synctest.Wait()
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		killed := service.MessageBatch{message("a")}
		killed[0].MetaSetMut(metaNumber, int64(1))
		w.Number(ctx, killed)
		assert.Equal(t, []int64{0}, numbersOf(killed))
		require.NoError(t, killed[0].GetError(), "an error would mark the messages as failed")
		close(ready)
		synctest.Wait()
		assert.Zero(t, w.Held())
	})
}

// Batches that race to WriteBatch are delivered in the order of their numbers.
func TestBatchesThatRaceKeepTheirOrder(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := options(true)
		var delivered []string
		c.Read = func(service.MessageBatch) func(int, *service.Message, Ack) (string, letter, error) {
			return func(_ int, msg *service.Message, ack Ack) (string, letter, error) {
				text, err := msg.AsBytes()
				return "one key", letter{string(text), ack}, err
			}
		}
		c.Deliver = func(_ context.Context, _ string, items []letter, _ func()) {
			delivered = append(delivered, items[0].text)
			items[0].ack.Done(nil)
		}
		w := New(c)
		var want []string
		var batches []service.MessageBatch
		for i := range 20 {
			text := string(rune('a' + i))
			want = append(want, text)
			batch := service.MessageBatch{message(text)}
			w.Number(t.Context(), batch)
			batches = append(batches, batch)
		}
		slices.Reverse(batches)
		for _, batch := range batches {
			go func() { assert.NoError(t, w.WriteBatch(t.Context(), batch)) }()
			synctest.Wait()
		}
		assert.Equal(t, want, delivered)
		assert.Zero(t, w.Held())
	})
}

func TestTheRoomIsGivenBack(t *testing.T) {
	t.Parallel()
	for _, ordered := range []bool{true, false} {
		w := newWriter(ordered)
		write := func(batch service.MessageBatch) error {
			w.Number(t.Context(), batch)
			return w.WriteBatch(t.Context(), batch)
		}
		require.NoError(t, write(service.MessageBatch{message("a"), message("b")}))
		require.NoError(t, write(service.MessageBatch{message("a"), message("a")}))
		require.ErrorIs(t, write(service.MessageBatch{message("bad"), message("unreadable")}), errRefused)
		assert.Zero(t, w.Held())
	}
}

func TestTheRoomIsGivenBackByWhoDoesNotGetATurn(t *testing.T) {
	t.Parallel()
	w := newWriter(true)
	w.Number(t.Context(), service.MessageBatch{message("a")}) // never written
	batch := service.MessageBatch{message("a")}
	w.Number(t.Context(), batch)

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, w.WriteBatch(ctx, batch), context.Canceled)
	assert.Equal(t, 1, w.Held(), "the batch that was never written")
}

// Processors of the batching may split what is flushed: all of it is numbered before any
// is written, however much it is, and what comes next waits until it is done with.
func TestAFlushThatIsSplitNeverWaitsForItself(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := options(true)
		ready := make(chan struct{})
		deliver := c.Deliver
		c.Deliver = func(ctx context.Context, key string, items []letter, release func()) {
			<-ready
			deliver(ctx, key, items, release)
		}
		w := New(c)
		parts := make([]service.MessageBatch, 3)
		for i := range parts {
			for range MaxQueued - 1000 {
				parts[i] = append(parts[i], message("a"))
			}
			w.Number(t.Context(), parts[i])
		}
		var written sync.WaitGroup
		for _, part := range parts {
			written.Go(func() { assert.NoError(t, w.WriteBatch(t.Context(), part)) })
		}
		synctest.Wait()
		next := service.MessageBatch{message("a")}
		go w.Number(t.Context(), next)
		synctest.Wait()
		assert.Equal(t, []int64{0}, numbersOf(next), "the room is more than full")
		close(ready)
		written.Wait()
		synctest.Wait()
		assert.Equal(t, []int64{3*(MaxQueued-1000) + 1}, numbersOf(next))
	})
}

// In streams mode outputs come and go, and the resources that they share stay.
func TestAWriterIsNotKeptByTheResources(t *testing.T) {
	t.Parallel()
	mgr := service.MockResources()
	w := newWriter(true)
	batcher(t, w, mgr, "batching: {}")
	kept := weak.Make(w)
	w = nil //nolint:ineffassign,wastedassign // the test's own reference must go
	for range 2 {
		runtime.GC()
	}
	assert.Nil(t, kept.Value())
	runtime.KeepAlive(mgr)
}

// Users can neither use it nor see it in a list.
func TestNumberingIsNoProcessorForPipelines(t *testing.T) {
	t.Parallel()
	builder := service.NewStreamBuilder()
	require.NoError(t, builder.SetLoggerYAML("level: off"))
	require.NoError(t, builder.AddProcessorYAML(numberingName+": {output: x}"))
	require.NoError(t, builder.AddInputYAML("generate: {count: 1, mapping: root = 1}"))
	require.NoError(t, builder.AddOutputYAML("drop: {}"))
	built, err := builder.Build()
	require.NoError(t, err)
	require.ErrorContains(t, built.Run(t.Context()), "is a part of LivePerson's outputs")

	service.GlobalEnvironment().WalkProcessors(func(name string, view *service.ConfigView) {
		if name == numberingName {
			assert.True(t, view.IsDeprecated(), "Benthos lists no deprecated component")
		}
	})
}

// Whatever the batching: without its numbering nothing bounds what is inside.
func TestEveryBatchingNumbers(t *testing.T) {
	t.Parallel()
	for _, ordered := range []bool{true, false} {
		for config, size := range map[string]int{"batching: {}": 1, "batching: {count: 3}": 3, "batching: {byte_size: 2}": 2} {
			b := batcher(t, newWriter(ordered), service.MockResources(), config)
			var want []int64
			for i := range size {
				assert.Equal(t, i+1 == size, b.Add(message("a")), "%s: flushed", config)
				want = append(want, int64(i+1))
			}
			batch, err := b.Flush(t.Context())
			require.NoError(t, err)
			assert.Equal(t, want, numbersOf(batch), config)
		}
	}
}
