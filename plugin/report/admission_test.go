package report

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"

	"github.com/redpanda-data/benthos/v4/public/service"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/benthos-liveperson/benthos-liveperson/plugin/delivery"
)

func turnsOf(batch service.MessageBatch) []int64 {
	turns := make([]int64, len(batch))
	for i, msg := range batch {
		turns[i] = turnOf(msg)
	}
	return turns
}

func TestAdmissionNumbersMessagesInTheirOrder(t *testing.T) {
	t.Parallel()
	a := &admission{room: delivery.NewRoom(10)}
	failed := message(aReport)
	failed.MetaSetMut(metaTurn, int64(7)) // of a time before
	failed.SetError(errors.New("not mapped"))
	for _, test := range []struct {
		batch service.MessageBatch
		want  []int64
	}{
		{service.MessageBatch{message(aReport), message(aReport)}, []int64{1, 2}},
		{service.MessageBatch{message(aReport), failed, message(aReport)}, []int64{3, 0, 4}},
		{service.MessageBatch{failed}, []int64{0}},
		{service.MessageBatch{message(aReport)}, []int64{5}},
	} {
		batches, err := a.ProcessBatch(t.Context(), test.batch)
		require.NoError(t, err)
		require.Len(t, batches, 1)
		assert.Equal(t, test.want, turnsOf(batches[0]))
	}
}

func TestAdmissionHoldsBackWhatHasNoRoom(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a := &admission{room: delivery.NewRoom(2)}
		_, err := a.ProcessBatch(t.Context(), service.MessageBatch{message(aReport), message(aReport)})
		require.NoError(t, err)
		var next []service.MessageBatch
		go func() { next, _ = a.ProcessBatch(t.Context(), service.MessageBatch{message(aReport)}) }()
		synctest.Wait()
		assert.Nil(t, next)
		a.room.Leave(1)
		synctest.Wait()
		require.Len(t, next, 1)
		assert.Equal(t, []int64{3}, turnsOf(next[0]))

		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		again := message(aReport)
		again.MetaSetMut(metaTurn, int64(1))
		killed, err := a.ProcessBatch(ctx, service.MessageBatch{again})
		require.NoError(t, err, "an error would mark the messages as failed")
		assert.Equal(t, []int64{0}, turnsOf(killed[0]))
		require.NoError(t, killed[0][0].GetError())
	})
}

// A full output takes no more than its room, however many batches Benthos would give
// it, and all of it again once LivePerson answers.
func TestTheRoomIsGivenBack(t *testing.T) {
	t.Parallel()
	out, _ := scripted(t, acceptedNew, acceptedKnown, acceptedKnown, acceptedKnown, acceptedKnown, acceptedKnown, noConsumer)
	a := &admission{room: out.room}
	for range 3 {
		batches, err := a.ProcessBatch(t.Context(), service.MessageBatch{message(aReport), message(aReport)})
		require.NoError(t, err)
		require.NoError(t, out.WriteBatch(t.Context(), batches[0]))
	}
	batches, err := a.ProcessBatch(t.Context(), service.MessageBatch{message(aReport), message(`{}`)})
	require.NoError(t, err)
	require.Error(t, out.WriteBatch(t.Context(), batches[0]))
	require.NoError(t, out.room.Enter(t.Context(), maxQueued), "nothing of it is held")
}

func TestTheRoomIsGivenBackByWhoDoesNotGetATurn(t *testing.T) {
	t.Parallel()
	out, _ := scripted(t)
	out.ordered = true
	a := &admission{room: out.room}
	_, err := a.ProcessBatch(t.Context(), service.MessageBatch{message(aReport)}) // never written
	require.NoError(t, err)
	batches, err := a.ProcessBatch(t.Context(), service.MessageBatch{message(aReport)})
	require.NoError(t, err)

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, out.WriteBatch(ctx, batches[0]), context.Canceled)
	require.NoError(t, out.room.Enter(ctx, maxQueued-1), "the first one's place alone is held")
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
	require.ErrorContains(t, built.Run(t.Context()), "is a part of liveperson_report")
}
