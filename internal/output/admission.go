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

// metaTurn numbers the messages in the order in which they reached the output.
//
// Benthos gives an output's batches to max_in_flight goroutines, which race to
// WriteBatch. The last place where their order is settled is the output's batching,
// a single goroutine. So a batching processor numbers the messages there, and
// WriteBatch admits them by number. It is also the last place that can hold them
// back: what is beyond it is in memory.
const metaTurn = "liveperson_turn"

// AdmissionName is the processor that numbers. It is a part of outputs, and stands
// among the others because Benthos makes an output's batching of what is registered.
const AdmissionName = "liveperson_admission"

const (
	admissionFieldOutput     = "output"
	admissionFieldProcessors = "processors"
)

func init() {
	spec := service.NewConfigSpec().
		Summary("A part of this project's outputs, which put it behind their batching. It is of no use elsewhere.").
		Field(service.NewStringField(admissionFieldOutput).Description("Which output.")).
		Field(service.NewProcessorListField(admissionFieldProcessors).Description("The user's processors of the batching.").Default([]any{}))
	service.MustRegisterBatchProcessor(AdmissionName, spec, register.BatchProcessor(func(conf *service.ParsedConfig, mgr *service.Resources) (service.BatchProcessor, error) {
		output, err := conf.FieldString(admissionFieldOutput)
		if err != nil {
			return nil, err
		}
		writer := take(mgr, output)
		if writer == nil {
			return nil, fmt.Errorf("%s is a part of LivePerson's outputs, and no processor for pipelines", AdmissionName)
		}
		processors, err := conf.FieldProcessorList(admissionFieldProcessors)
		return admission{writer, processors}, err
	}))
}

// writerOf is under what an output leaves its writer for its processor to find: a
// processor is told from its config alone to which output it belongs.
type writerOf struct{ output string }

var outputs atomic.Int64

// leave names an output, and leaves its writer under that name.
func leave(mgr *service.Resources, writer admitter) (output string) {
	output = strconv.FormatInt(outputs.Add(1), 10)
	mgr.SetGeneric(writerOf{output}, writer)
	return output
}

// take gives what was left under an output's name, nil if there is nothing. It is not left
// there: it would outlive its output, and streams mode may make ever more of those.
func take(mgr *service.Resources, output string) admitter {
	value, _ := mgr.GetGeneric(writerOf{output})
	writer, _ := value.(admitter)
	if writer != nil {
		mgr.SetGeneric(writerOf{output}, nil)
	}
	return writer
}

type admitter interface {
	Number(ctx context.Context, batch service.MessageBatch)
}

// endIfForced ends the goroutine of the output's batching when the pipeline is forced to
// stop. If a processor returns then, Benthos logs that "the batch has been dropped". That
// is not so: nobody has acknowledged the messages, and the input gives them again. Benthos'
// goroutine does all that is left to do at its end, in deferred functions, whichever way it
// ends.
func endIfForced(ctx context.Context) {
	if ctx.Err() != nil {
		runtime.Goexit()
	}
}

// admission is called by the output's batching alone, which is one goroutine.
type admission struct {
	writer     admitter
	processors []*service.OwnedProcessor // the user's
}

// ProcessBatch has the user's processors make of the messages what is written, and numbers
// that.
func (a admission) ProcessBatch(ctx context.Context, batch service.MessageBatch) ([]service.MessageBatch, error) {
	batches, err := service.ExecuteProcessors(ctx, a.processors, batch)
	for _, batch := range batches {
		a.writer.Number(ctx, batch)
	}
	endIfForced(ctx)
	return batches, err
}

// Close closes the user's processors.
func (a admission) Close(ctx context.Context) error {
	var failed error
	for _, processor := range a.processors {
		failed = errors.Join(failed, processor.Close(ctx))
	}
	return failed
}

// Number waits until the output has room for the messages, and numbers them from 1 on. A
// batching that splits what it flushes has all of it numbered before any is written.
// One that has failed before gets no number: Benthos may keep it from WriteBatch
// (error_handling.strict), and no number may be missing there. It is called by one
// goroutine at a time.
func (in *Writer[T]) Number(ctx context.Context, batch service.MessageBatch) {
	numbered := 0
	for _, msg := range batch {
		if msg.GetError() == nil {
			numbered++
		}
	}
	// Without room, the process is being killed, and WriteBatch will say so. An error
	// from here would mark the messages as failed.
	admitted := in.room.Reserve(ctx, numbered) == nil
	for _, msg := range batch {
		if !admitted || msg.GetError() != nil {
			msg.MetaDelete(metaTurn)
			continue
		}
		in.last++
		msg.MetaSetMut(metaTurn, in.last)
	}
}

// turnOf gives a message's number; 0 when it has none.
func turnOf(msg *service.Message) int64 {
	value, _ := msg.MetaGetMut(metaTurn)
	turn, _ := value.(int64)
	return turn
}
