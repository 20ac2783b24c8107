package output

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/redpanda-data/benthos/v4/public/service"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// outage is one that a test begins and ends.
type outage struct {
	mu      sync.Mutex
	down    bool
	changed chan struct{}
}

func (o *outage) state() (bool, <-chan struct{}) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.down, o.changed
}

func (o *outage) set(down bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	close(o.changed)
	o.down, o.changed = down, make(chan struct{})
}

func TestABatchIsParkedWhileLivePersonIsDown(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		down := &outage{changed: make(chan struct{})}
		config := options(true)
		var delivered atomic.Int64
		back := make(chan struct{})
		config.Down = down.state
		config.Failure = func() error { return errRefused }
		config.Deliver = func(_ context.Context, _ string, items []letter, _ func()) {
			<-back
			delivered.Add(int64(len(items)))
			items[0].ack.Done(errRefused)
		}
		w := New(config)
		batch := service.MessageBatch{message("a")}
		w.Number(t.Context(), batch)

		wrote := make(chan error, 1)
		go func() { wrote <- w.WriteBatch(t.Context(), batch) }()
		synctest.Wait()
		down.set(true)
		require.ErrorIs(t, <-wrote, service.ErrNotConnected)
		assert.Equal(t, 1, w.Held())
		var backOff *service.ErrBackOff
		require.ErrorAs(t, w.Connect(t.Context(), nil), &backOff)
		require.ErrorContains(t, backOff, "; the last error: refused")

		// Metadata from outside, such as an HTTP header, is text.
		mark, _ := batch[0].MetaGet(metaWrite)
		forged := message("b")
		forged.MetaSetMut(metaWrite, mark)
		forgedWrote := make(chan error, 1)
		go func() { forgedWrote <- w.WriteBatch(t.Context(), service.MessageBatch{forged}) }()
		// A process has several outputs, whose marks differ.
		other := New(config)
		others := service.MessageBatch{message("c")}
		require.ErrorIs(t, other.WriteBatch(t.Context(), others), service.ErrNotConnected)
		othersWrote := make(chan error, 1)
		go func() { othersWrote <- w.WriteBatch(t.Context(), others) }()
		connected := make(chan error, 1)
		go func() { connected <- w.Connect(t.Context(), func(context.Context) error { return nil }) }()
		time.Sleep(time.Hour)
		assert.Empty(t, connected, "Benthos has logged the outage, and logs it once")
		down.set(false)
		require.NoError(t, <-connected)
		go func() { wrote <- w.WriteBatch(t.Context(), batch) }()
		synctest.Wait()
		close(back)
		require.ErrorIs(t, <-wrote, errRefused)
		synctest.Wait()
		require.ErrorIs(t, <-forgedWrote, errRefused)
		require.ErrorIs(t, <-othersWrote, errRefused)
		assert.EqualValues(t, 4, delivered.Load(), "the batch once, the forged one once, the other output's once by each")
		assert.Zero(t, w.Held())
	})
}

// Nothing is written again that is done with, or after an output was told to stop.
func TestWhatIsNotParked(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		config := options(true)
		down := make(chan struct{})
		config.Down = func() (bool, <-chan struct{}) { return true, down }
		deliver := config.Deliver
		config.Deliver = func(ctx context.Context, key string, items []letter, release func()) {
			if key == "waits" {
				<-ctx.Done()
			}
			deliver(ctx, key, items, release)
		}
		w := New(config)
		require.EqualError(t, w.WriteBatch(t.Context(), service.MessageBatch{message("unreadable")}), "can't be read")

		stopped, stop := context.WithCancel(t.Context())
		stop()
		require.NoError(t, w.WriteBatch(stopped, service.MessageBatch{message("waits")}))
	})
}

// A batch that is parked has its room until its messages are done with, in order or not,
// and gives it back once.
func TestAParkedBatchKeepsItsRoom(t *testing.T) {
	t.Parallel()
	for _, ordered := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			down := &outage{changed: make(chan struct{})}
			config := options(ordered)
			back, held := make(chan struct{}), make(chan struct{})
			config.Down = down.state
			config.Deliver = func(_ context.Context, key string, items []letter, _ func()) {
				<-map[string]chan struct{}{"parked": back, "held": held}[key]
				for _, item := range items {
					item.ack.Done(nil)
				}
			}
			w := New(config)
			batchOf := func(key string, n int) service.MessageBatch {
				batch := make(service.MessageBatch, n)
				for i := range batch {
					batch[i] = message(key)
				}
				w.Number(t.Context(), batch)
				return batch
			}
			wrote := make(chan error, 1)
			write := func(batch service.MessageBatch) { wrote <- w.WriteBatch(t.Context(), batch) }

			parked := batchOf("parked", 2)
			go write(parked)
			synctest.Wait()
			down.set(true)
			require.ErrorIs(t, <-wrote, service.ErrNotConnected)
			down.set(false)
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
			require.NoError(t, w.WriteBatch(t.Context(), parked))
			waits("as two have left once")
			close(held)
			require.NoError(t, <-wrote)
			<-numbered
		})
	}
}

// Benthos logs each error of Connect. A reason that is not new is not returned agaw.
func TestConnectingIsTriedLessAndLessOften(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWriter(true)
		start := time.Now()
		var tried []time.Duration
		err := errRefused
		connect := func(context.Context) error { tried = append(tried, time.Since(start)); return err }
		var backOff *service.ErrBackOff
		require.ErrorAs(t, w.Connect(t.Context(), connect), &backOff)
		require.ErrorContains(t, backOff, "refused")

		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
		defer cancel()
		require.Equal(t, context.DeadlineExceeded, w.Connect(ctx, connect))
		const s = time.Second
		assert.Equal(t, []time.Duration{0, 0, s, 3 * s, 7 * s, 15 * s, 31 * s, 63 * s, 123 * s}, tried)

		err = assert.AnError
		require.ErrorContains(t, w.Connect(t.Context(), connect), assert.AnError.Error(), "a new reason")
		err = nil
		require.NoError(t, w.Connect(t.Context(), connect))
		err = assert.AnError
		require.ErrorContains(t, w.Connect(t.Context(), connect), assert.AnError.Error(), "a reason is new after a success")
	})
}

func TestARefusedAccount(t *testing.T) {
	t.Parallel()
	config := options(true)
	config.Refused = func(err error) bool { return errors.Is(err, errRefused) }
	var told []error
	config.OnRefused = func(err error) { told = append(told, err) }
	w := New(config)
	require.ErrorContains(t, w.Connect(t.Context(), func(context.Context) error { return assert.AnError }), assert.AnError.Error())
	assert.Empty(t, told)
	err := w.Connect(t.Context(), func(context.Context) error { return errRefused })
	require.ErrorContains(t, err, "refused; messages wait until LivePerson accepts the account")
	assert.Equal(t, []error{errRefused}, told)
}

// The first failure of each kind is a line in the log, then there is a count each minute.
func TestFailuresAreLoggedOnceAndCounted(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		builder := service.NewResourceBuilder()
		builder.SetLogger(slog.New(slog.NewTextHandler(&log, nil)))
		mgr, stop, err := builder.Build()
		require.NoError(t, err)
		defer func() { require.NoError(t, stop(context.Background())) }()
		config := options(false)
		config.Log = mgr.Logger()
		failed := 0
		config.Failed = func() { failed++ }
		w := New(config)
		for range 1000 {
			batch := service.MessageBatch{message("bad"), message("unreadable"), message("good")}
			require.Error(t, w.WriteBatch(t.Context(), batch))
		}
		time.Sleep(failuresEvery + 1)
		synctest.Wait()
		assert.Equal(t, 2000, failed)
		text := log.String()
		assert.Equal(t, 3, strings.Count(text, "\n"), text)
		assert.Contains(t, text, "A message failed (refused)")
		assert.Contains(t, text, "A message failed (can't be read)")
		assert.Contains(t, text, "1998 more messages failed in the last minute (can't be read: 999, refused: 999)")

		require.Error(t, w.WriteBatch(t.Context(), service.MessageBatch{message("bad")}))
		time.Sleep(time.Hour)
		synctest.Wait()
		assert.Equal(t, 4, strings.Count(log.String(), "\n"), "a minute without failures has no line")
	})
}

// Behind Benthos' batching each message's error carries those of its batch.
func TestEachMessageHasItsOwnError(t *testing.T) {
	t.Parallel()
	w := newWriter(false)
	batch := service.MessageBatch{message("a"), message("bad"), message("unreadable")}
	index := batch.Index()
	err := w.WriteBatch(t.Context(), batch)
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
			w := newWriter(ordered)
			batch := service.MessageBatch{message(text)}
			w.Number(t.Context(), batch)
			require.EqualError(t, w.WriteBatch(t.Context(), batch), want)
		}
	}
}

// So many deliveries run at a time. Those that were released hold up no other.
func TestSoManyDeliveriesRun(t *testing.T) {
	t.Parallel()
	for _, ordered := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			config := options(ordered)
			config.Running = 2
			var mu sync.Mutex
			var begun []string
			aside, end := make(chan struct{}), make(chan struct{})
			config.Deliver = func(_ context.Context, _ string, items []letter, release func()) {
				mu.Lock()
				begun = append(begun, items[0].text)
				mu.Unlock()
				if items[0].text == "waits" {
					release()
					<-aside
				} else {
					<-end
				}
				items[0].ack.Done(nil)
			}
			w := New(config)
			batch := service.MessageBatch{message("waits"), message("a"), message("b"), message("c")}
			w.Number(t.Context(), batch)
			wrote := make(chan error, 1)
			go func() { wrote <- w.WriteBatch(t.Context(), batch) }()
			synctest.Wait()
			assert.ElementsMatch(t, []string{"waits", "a", "b"}, begun)
			close(end)
			synctest.Wait()
			assert.ElementsMatch(t, []string{"waits", "a", "b", "c"}, begun)
			close(aside)
			require.NoError(t, <-wrote)
		})
	}
}

// A delivery may panic after it has settled some of its items. It settles the others alone.
func TestAnAckKnowsThatItIsDone(t *testing.T) {
	t.Parallel()
	c := options(true)
	c.Deliver = func(_ context.Context, _ string, items []letter, _ func()) {
		assert.False(t, items[0].ack.IsDone())
		items[0].ack.Done(nil)
		assert.True(t, items[0].ack.IsDone())
	}
	require.NoError(t, New(c).WriteBatch(t.Context(), service.MessageBatch{message("a")}))
}
