package output

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"

	_ "github.com/redpanda-data/benthos/v4/public/components/pure"
	"github.com/redpanda-data/benthos/v4/public/service"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/benthos-liveperson/benthos-liveperson/internal/delivery"
)

func message(content string) *service.Message { return service.NewMessage([]byte(content)) }

func turnsOf(batch service.MessageBatch) []int64 {
	turns := make([]int64, len(batch))
	for i, msg := range batch {
		turns[i] = turnOf(msg)
	}
	return turns
}

// letter is an item of the writer under test.
type letter struct {
	text  string
	place Ack
}

var errRefused = errors.New("refused")

// newIntake gives one in which the messages are the names of their lanes, "unreadable"
// can't be read and "bad" is refused.
func newIntake(ordered bool) *Writer[letter] {
	return New(Config[letter]{
		Ordered: ordered,
		Read: func(service.MessageBatch) func(int, *service.Message, Ack) (string, letter, error) {
			return func(_ int, msg *service.Message, place Ack) (string, letter, error) {
				text, err := msg.AsBytes()
				if string(text) == "unreadable" {
					err = errors.New("can't be read")
				}
				return string(text), letter{string(text), place}, err
			}
		},
		Deliver: func(_ context.Context, _ string, items []letter) {
			for _, it := range items {
				if it.text == "bad" {
					it.place.Finish(errRefused)
				} else {
					it.place.Finish(nil)
				}
			}
		},
		Down:    func() (bool, <-chan struct{}) { return false, nil },
		Failure: func() error { return nil },
		Kind:    func(err error) string { return err.Error() },
		Log:     service.MockResources().Logger(),
	})
}

func TestMessagesAreNumberedInTheirOrder(t *testing.T) {
	t.Parallel()
	in := newIntake(true)
	failed := message("a")
	failed.MetaSetMut(metaTurn, int64(7)) // of a time before
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
		batches, err := admission{writer: in}.ProcessBatch(t.Context(), test.batch)
		require.NoError(t, err)
		require.Len(t, batches, 1)
		assert.Equal(t, test.want, turnsOf(batches[0]))
	}
}

func TestWhatHasNoRoomIsHeldBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		in := newIntake(true)
		full := make(service.MessageBatch, MaxQueued)
		for i := range full {
			full[i] = message("a")
		}
		in.Number(t.Context(), full)
		in.room.Arrive(MaxQueued) // as they are written
		next := service.MessageBatch{message("a")}
		go in.Number(t.Context(), next)
		synctest.Wait()
		assert.Equal(t, []int64{0}, turnsOf(next))
		in.room.Leave(1)
		synctest.Wait()
		assert.Equal(t, []int64{MaxQueued + 1}, turnsOf(next))

		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		killed := service.MessageBatch{message("a")}
		killed[0].MetaSetMut(metaTurn, int64(1))
		in.Number(ctx, killed)
		assert.Equal(t, []int64{0}, turnsOf(killed))
		require.NoError(t, killed[0].GetError(), "an error would mark the messages as failed")
	})
}

// A batch that finds the lanes full lets none pass that came after it.
func TestABatchThatWaitsForRoomIsNotOvertaken(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		in := newIntake(true)
		var delivered []string
		ready := make(chan struct{})
		in.lanes = delivery.NewLanes(1, func(_ context.Context, _ string, items []letter) {
			<-ready
			delivered = append(delivered, items[0].text)
			items[0].place.Finish(nil)
		}, nil)
		var want []string
		for i := range 20 {
			text := string(rune('a' + i))
			want = append(want, text)
			batch := service.MessageBatch{message(text)}
			in.Number(t.Context(), batch)
			go func() { assert.NoError(t, in.WriteBatch(t.Context(), batch)) }()
		}
		synctest.Wait()
		close(ready)
		synctest.Wait()
		assert.Equal(t, want, delivered)
	})
}

func TestTheRoomIsGivenBack(t *testing.T) {
	t.Parallel()
	for _, ordered := range []bool{true, false} {
		in := newIntake(ordered)
		write := func(batch service.MessageBatch) error {
			in.Number(t.Context(), batch)
			return in.WriteBatch(t.Context(), batch)
		}
		require.NoError(t, write(service.MessageBatch{message("a"), message("b")}))
		require.NoError(t, write(service.MessageBatch{message("a"), message("a")}))
		require.ErrorIs(t, write(service.MessageBatch{message("bad"), message("unreadable")}), errRefused)
		require.NoError(t, in.room.Enter(t.Context(), 1))
		require.NoError(t, in.room.Enter(t.Context(), MaxQueued-1), "nothing else is held")
	}
}

func TestTheRoomIsGivenBackByWhoDoesNotGetATurn(t *testing.T) {
	t.Parallel()
	in := newIntake(true)
	in.Number(t.Context(), service.MessageBatch{message("a")}) // never written
	batch := service.MessageBatch{message("a")}
	in.Number(t.Context(), batch)

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, in.WriteBatch(ctx, batch), context.Canceled)
	require.NoError(t, in.room.Enter(ctx, 1))
	require.NoError(t, in.room.Enter(ctx, MaxQueued-2), "the first one's place alone is held beside it")
	require.ErrorIs(t, in.room.Enter(ctx, 1), context.Canceled)
}

// Processors of the batching may split what is flushed: all of it is numbered before any
// is written, however much it is, and what comes next waits until it is done with.
func TestAFlushThatIsSplitNeverWaitsForItself(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		in := newIntake(true)
		ready := make(chan struct{})
		in.lanes = delivery.NewLanes(MaxQueued, func(_ context.Context, _ string, items []letter) {
			<-ready
			for _, it := range items {
				it.place.Finish(nil)
			}
		}, nil)
		parts := make([]service.MessageBatch, 3)
		for i := range parts {
			for range MaxQueued - 1000 {
				parts[i] = append(parts[i], message("a"))
			}
			in.Number(t.Context(), parts[i])
		}
		var written sync.WaitGroup
		for _, part := range parts {
			written.Go(func() { assert.NoError(t, in.WriteBatch(t.Context(), part)) })
		}
		synctest.Wait()
		next := service.MessageBatch{message("a")}
		go in.Number(t.Context(), next)
		synctest.Wait()
		assert.Equal(t, []int64{0}, turnsOf(next), "the room is more than full")
		close(ready)
		written.Wait()
		synctest.Wait()
		assert.Equal(t, []int64{3*(MaxQueued-1000) + 1}, turnsOf(next))
	})
}

// In streams mode outputs come and go, and what they share stays.
func TestAnIntakeIsNotKeptByWhatOutputsShare(t *testing.T) {
	t.Parallel()
	mgr := service.MockResources()
	in := newIntake(true)
	output := leave(mgr, in)
	assert.Same(t, in, take(mgr, output))
	assert.Nil(t, take(mgr, output))
	kept, _ := mgr.GetGeneric(writerOf{output})
	assert.Nil(t, kept)
}

func TestAdmissionIsNoProcessorForPipelines(t *testing.T) {
	t.Parallel()
	builder := service.NewStreamBuilder()
	require.NoError(t, builder.SetLoggerYAML("level: off"))
	require.NoError(t, builder.AddProcessorYAML(AdmissionName+": {output: x}"))
	require.NoError(t, builder.AddInputYAML("generate: {count: 1, mapping: root = 1}"))
	require.NoError(t, builder.AddOutputYAML("drop: {}"))
	built, err := builder.Build()
	require.NoError(t, err)
	require.ErrorContains(t, built.Run(t.Context()), "is a part of LivePerson's outputs")
}

// Whatever the batching: without its numbering nothing bounds what is inside.
func TestEveryBatchingNumbers(t *testing.T) {
	t.Parallel()
	spec := service.NewConfigSpec().Field(service.NewBatchPolicyField("batching"))
	for _, ordered := range []bool{true, false} {
		for config, size := range map[string]int{"batching: {}": 1, "batching: {count: 3}": 3, "batching: {byte_size: 2}": 2} {
			parsed, err := spec.ParseYAML(config, nil)
			require.NoError(t, err)
			mgr := service.MockResources()
			policy, err := newIntake(ordered).Policy(parsed, "batching", mgr)
			require.NoError(t, err)
			batcher, err := policy.NewBatcher(mgr)
			require.NoError(t, err)

			var want []int64
			for i := range size {
				assert.Equal(t, i+1 == size, batcher.Add(message("a")), "%s: flushed", config)
				want = append(want, int64(i+1))
			}
			batch, err := batcher.Flush(t.Context())
			require.NoError(t, err)
			assert.Equal(t, want, turnsOf(batch), config)
		}
	}
}
