package intake

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/redpanda-data/benthos/v4/public/service"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/benthos-liveperson/benthos-liveperson/plugin/delivery"
)

// outage is one that a test begins and ends.
type outage struct {
	mu      sync.Mutex
	pause   time.Duration
	changed chan struct{}
}

func (o *outage) state() (time.Duration, <-chan struct{}) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.pause, o.changed
}

func (o *outage) set(pause time.Duration) {
	o.mu.Lock()
	defer o.mu.Unlock()
	close(o.changed)
	o.pause, o.changed = pause, make(chan struct{})
}

func TestABatchIsParkedWhileLivePersonIsDown(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		down := &outage{changed: make(chan struct{})}
		config := newIntake(true).config
		delivered := 0
		back := make(chan struct{})
		config.Down = down.state
		config.Failure = func() error { return errRefused }
		config.Deliver = func(_ context.Context, _ string, items []letter) {
			<-back
			delivered += len(items)
			items[0].place.Finish(errRefused)
		}
		in := New(config)
		batch := service.MessageBatch{message("a")}
		in.Number(t.Context(), batch)

		wrote := make(chan error, 1)
		go func() { wrote <- in.WriteBatch(t.Context(), batch) }()
		synctest.Wait()
		down.set(time.Minute)
		require.ErrorIs(t, <-wrote, service.ErrNotConnected)
		assert.Equal(t, 2, in.Len(), "a lane and a parked batch")
		var backOff *service.ErrBackOff
		require.ErrorAs(t, in.Connect(t.Context(), nil), &backOff)
		assert.Equal(t, time.Minute, backOff.Wait)
		require.ErrorContains(t, backOff, "; the last one: refused")

		down.set(0)
		assertNobodyTakesItsCall(t, in, batch[0])
		require.NoError(t, in.Connect(t.Context(), func(context.Context) error { return nil }))
		go func() { wrote <- in.WriteBatch(t.Context(), batch) }()
		synctest.Wait()
		close(back)
		require.ErrorIs(t, <-wrote, errRefused)
		synctest.Wait()
		assert.Equal(t, 1, delivered, "it is not delivered twice")
		assert.Zero(t, in.Len())
	})
}

// Nothing is written again that is done with, or after an output was told to stop.
func TestWhatIsNotParked(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		config := newIntake(true).config
		down := make(chan struct{})
		config.Down = func() (time.Duration, <-chan struct{}) { return time.Minute, down }
		deliver := config.Deliver
		config.Deliver = func(ctx context.Context, lane string, items []letter) {
			if lane == "waits" {
				<-ctx.Done()
			}
			deliver(ctx, lane, items)
		}
		in := New(config)
		require.EqualError(t, in.WriteBatch(t.Context(), service.MessageBatch{message("unreadable")}), "can't be read")

		stopped, stop := context.WithCancel(t.Context())
		stop()
		require.NoError(t, in.WriteBatch(stopped, service.MessageBatch{message("waits")}))
	})
}

// A batch that is parked has its room until its messages are done with, in order or not,
// and gives it back once.
func TestAParkedBatchKeepsItsRoom(t *testing.T) {
	t.Parallel()
	for _, ordered := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			down := &outage{changed: make(chan struct{})}
			config := newIntake(ordered).config
			back, held := make(chan struct{}), make(chan struct{})
			config.Down = down.state
			config.Deliver = func(_ context.Context, lane string, items []letter) {
				<-map[string]chan struct{}{"parked": back, "held": held}[lane]
				for _, item := range items {
					item.place.Finish(nil)
				}
			}
			in := New(config)
			batchOf := func(lane string, n int) service.MessageBatch {
				batch := make(service.MessageBatch, n)
				for i := range batch {
					batch[i] = message(lane)
				}
				in.Number(t.Context(), batch)
				return batch
			}
			wrote := make(chan error, 1)
			write := func(batch service.MessageBatch) { wrote <- in.WriteBatch(t.Context(), batch) }

			parked := batchOf("parked", 2)
			go write(parked)
			synctest.Wait()
			down.set(time.Minute)
			require.ErrorIs(t, <-wrote, service.ErrNotConnected)
			down.set(0)
			others := batchOf("held", MaxQueued-2)
			go write(others)
			numbered := make(chan struct{})
			go func() {
				batchOf("held", 3)
				close(numbered)
			}()
			waits := func(when string) {
				synctest.Wait()
				select {
				case <-numbered:
					t.Error("more than there is room for, " + when)
				default:
				}
			}
			waits("while a batch is parked")
			close(back)
			waits("before it is written again")
			require.NoError(t, in.WriteBatch(t.Context(), parked))
			waits("as two have left once")
			close(held)
			require.NoError(t, <-wrote)
			<-numbered
		})
	}
}

// Whoever sends messages by HTTP may give them any metadata, as text; and in a process
// there are several outputs.
func assertNobodyTakesItsCall(t *testing.T, in *Intake[letter], parked *service.Message) {
	t.Helper()
	mark, _ := parked.MetaGet(metaCall)
	forged := message("b")
	forged.MetaSetMut(metaCall, mark)
	assert.Nil(t, in.resume(service.MessageBatch{forged}))
	other := New(in.config)
	batch := service.MessageBatch{message("c")}
	require.ErrorIs(t, other.park(&call[letter]{outcome: outcome{batch: batch}}), service.ErrNotConnected)
	assert.Nil(t, in.resume(batch))
}

func TestConnectingIsTriedLessAndLessOften(t *testing.T) {
	t.Parallel()
	in := newIntake(true)
	var pauses []time.Duration
	try := func(err error) {
		var backOff *service.ErrBackOff
		if errors.As(in.Connect(t.Context(), func(context.Context) error { return err }), &backOff) {
			pauses = append(pauses, backOff.Wait)
		}
	}
	for range 7 {
		try(assert.AnError)
	}
	try(nil)
	try(assert.AnError)
	const s = time.Second
	assert.Equal(t, []time.Duration{s, 2 * s, 4 * s, 8 * s, 16 * s, 32 * s, 60 * s, s}, pauses)
}

// Behind Benthos' batching each message's error carries those of its batch.
func TestEachMessageHasItsOwnError(t *testing.T) {
	t.Parallel()
	in := newIntake(false)
	batch := service.MessageBatch{message("a"), message("bad"), message("unreadable")}
	index := batch.Index()
	err := in.WriteBatch(t.Context(), batch)
	require.ErrorContains(t, err, "2 of 3 messages failed, the first with: refused")
	var batchErr *service.BatchError
	require.ErrorAs(t, err, &batchErr)
	assert.Equal(t, 2, batchErr.IndexedErrors())
	batchErr.WalkMessagesIndexedBy(index, func(i int, _ *service.Message, err error) bool {
		var others *service.BatchError
		assert.Equal(t, i > 0, err != nil, "all but the first fail")
		assert.Equal(t, i > 0, errors.As(err, &others))
		return true
	})
}

// Benthos hands on the headline alone of a batch of one.
func TestAMessageByItselfHasItsErrorForHeadline(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{"bad": "refused", "unreadable": "can't be read"} {
		for _, ordered := range []bool{false, true} {
			in := newIntake(ordered)
			batch := service.MessageBatch{message(text)}
			in.Number(t.Context(), batch)
			require.EqualError(t, in.WriteBatch(t.Context(), batch), want)
		}
	}
}

// So many deliveries at a time; those that wait aside hold up no other.
func TestSoManyDeliveriesAtATime(t *testing.T) {
	t.Parallel()
	for _, ordered := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			config := newIntake(ordered).config
			config.AtATime = 2
			var mu sync.Mutex
			var begun []string
			aside, end := make(chan struct{}), make(chan struct{})
			config.Deliver = func(ctx context.Context, _ string, items []letter) {
				mu.Lock()
				begun = append(begun, items[0].text)
				mu.Unlock()
				if items[0].text == "aside" {
					delivery.Aside(ctx, func() { <-aside })
				} else {
					<-end
				}
				items[0].place.Finish(nil)
			}
			in := New(config)
			batch := service.MessageBatch{message("aside"), message("a"), message("b"), message("c")}
			in.Number(t.Context(), batch)
			wrote := make(chan error, 1)
			go func() { wrote <- in.WriteBatch(t.Context(), batch) }()
			synctest.Wait()
			assert.ElementsMatch(t, []string{"aside", "a", "b"}, begun)
			close(end)
			synctest.Wait()
			assert.ElementsMatch(t, []string{"aside", "a", "b", "c"}, begun)
			close(aside)
			require.NoError(t, <-wrote)
		})
	}
}
