package output

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strconv"
	"sync/atomic"

	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/benthos-liveperson/benthos-liveperson/internal/register"
)

// metaNumber is the metadata with a message's number. Messages are numbered in the order in
// which they reach the output.
//
// Benthos gives an output's batches to max_in_flight goroutines, which race to WriteBatch.
// The output's batching is the last single goroutine before that race. A processor in the
// batching therefore numbers the messages, and the queue takes them by number. The same
// processor waits while the queue is full: it is the last place that can push back.
const metaNumber = "liveperson_turn"

// numberingName is the processor that numbers. Benthos builds an output's batching from
// registered processors, so it is registered. Its name is that of its spans in traces: the time
// that a message waits for room in the queue. It is marked as deprecated so that Benthos'
// list and schema leave it out: it is of no use in a pipeline.
const numberingName = "liveperson_queue"

const (
	numberingFieldOutput     = "output"
	numberingFieldProcessors = "processors"
)

func init() {
	spec := service.NewConfigSpec().
		Deprecated().
		Summary("A part of this project's outputs, which add it to their batching. Do not use it in a pipeline.").
		Field(service.NewStringField(numberingFieldOutput).Description("The output that the processor belongs to.")).
		Field(service.NewProcessorListField(numberingFieldProcessors).Description("The user's processors of the batching.").Default([]any{}))
	service.MustRegisterBatchProcessor(numberingName, spec, register.BatchProcessor(func(conf *service.ParsedConfig, mgr *service.Resources) (service.BatchProcessor, error) {
		output, err := conf.FieldString(numberingFieldOutput)
		if err != nil {
			return nil, err
		}
		writer := take(mgr, output)
		if writer == nil {
			return nil, fmt.Errorf("%s is a part of LivePerson's outputs, and no processor for pipelines", numberingName)
		}
		processors, err := conf.FieldProcessorList(numberingFieldProcessors)
		return numbering{writer, processors}, err
	}))
}

// writerOf is the key under which an output leaves its writer for its processor. A processor
// knows its config alone, so the config names the output.
type writerOf struct{ output string }

var outputs atomic.Int64

// leave gives an output a name, and leaves its writer under that name.
func leave(mgr *service.Resources, writer numberer) (output string) {
	output = strconv.FormatInt(outputs.Add(1), 10)
	mgr.SetGeneric(writerOf{output}, writer)
	return output
}

// take removes and returns the writer that was left under an output's name, or nil. A writer
// that stayed there would outlive its output, and streams mode makes outputs without end.
func take(mgr *service.Resources, output string) numberer {
	value, _ := mgr.GetGeneric(writerOf{output})
	writer, _ := value.(numberer)
	if writer != nil {
		mgr.SetGeneric(writerOf{output}, nil)
	}
	return writer
}

type numberer interface {
	Number(ctx context.Context, batch service.MessageBatch)
}

// endIfForced ends the goroutine of the output's batching when the pipeline is forced to
// stop. If a processor returned then, Benthos would log that "the batch has been dropped".
// That is wrong: nothing was acknowledged, and the input gives the messages again. Benthos
// cleans up in deferred functions, which run in this case too.
func endIfForced(ctx context.Context) {
	if ctx.Err() != nil {
		runtime.Goexit()
	}
}

// numbering is called by one goroutine, which is the output's batching.
type numbering struct {
	writer     numberer
	processors []*service.OwnedProcessor // the user's
}

// ProcessBatch runs the user's processors, and numbers what they return.
func (n numbering) ProcessBatch(ctx context.Context, batch service.MessageBatch) ([]service.MessageBatch, error) {
	batches, err := service.ExecuteProcessors(ctx, n.processors, batch)
	for _, batch := range batches {
		n.writer.Number(ctx, batch)
	}
	endIfForced(ctx)
	return batches, err
}

// Close closes the user's processors.
func (n numbering) Close(ctx context.Context) error {
	var failed error
	for _, processor := range n.processors {
		failed = errors.Join(failed, processor.Close(ctx))
	}
	return failed
}

// Number waits until the queue has room for the messages, and numbers them. If the batching
// splits a flush, all parts are numbered before the first is written. A message that failed
// before gets no number: Benthos may keep it from WriteBatch (error_handling.strict), and the
// queue would wait for its number for ever. One goroutine at a time calls Number.
func (w *Writer[T]) Number(ctx context.Context, batch service.MessageBatch) {
	n := 0
	for _, msg := range batch {
		if msg.GetError() == nil {
			n++
		}
	}
	// If there is no room, the process is shutting down. WriteBatch returns that error; an
	// error from here would mark the messages as failed.
	number, err := w.queue.Reserve(ctx, n)
	for _, msg := range batch {
		if err != nil || msg.GetError() != nil {
			msg.MetaDelete(metaNumber)
			continue
		}
		msg.MetaSetMut(metaNumber, number)
		number++
	}
}

// numberOf returns a message's number, or 0. Metadata from outside, such as an HTTP header,
// is text and never a number.
func numberOf(msg *service.Message) int64 {
	value, _ := msg.MetaGetMut(metaNumber)
	number, _ := value.(int64)
	return number
}
