package deadletter

import (
	"context"
	"errors"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redpanda-data/benthos/v4/public/service"
)

// The components with which a replay completes a config. They exist in its own environment only.
const (
	// InputName is the input that reads the letters.
	InputName = "liveperson_letters"
	// ArrivedName is the processor behind those of the pipeline. It sees which messages reach the output.
	ArrivedName = "liveperson_letter_arrived"
	// MetaRoute is the metadata that is routePipeline if the message goes through the processors.
	MetaRoute     = "liveperson_route"
	RoutePipeline = "pipeline"
)

// Outcome counts what became of the lines of a file. They add up to Lines.
type Outcome struct {
	Lines       int
	Accepted    int
	Refused     map[string]int // by class
	Dropped     int            // by a processor
	Unanswered  int            // the replay was stopped before
	Nowhere     int            // see the route
	NotSelected int
	Wrong       int // lines that are no letters
}

// Remain is the number of lines that remain.
func (o Outcome) Remain() int { return o.Lines - o.Accepted }

// Replay sends letters again. It is an input, and a processor that sees which messages reach the output.
type Replay struct {
	selection Selection
	toReport  bool
	now       func() time.Time

	lines   *Lines
	rest    *rest
	stopped atomic.Bool

	mu      sync.Mutex
	outcome Outcome
	readErr error
}

// NewReplay returns a replay that reads letters, and writes those that remain.
func NewReplay(letters io.Reader, remain io.Writer, selection Selection, toReport bool, now func() time.Time) *Replay {
	return &Replay{
		selection: selection, toReport: toReport, now: now, lines: NewLines(letters), rest: newRest(remain),
		outcome: Outcome{Refused: map[string]int{}},
	}
}

// Environment returns an environment with the components of the replay.
func (r *Replay) Environment() (*service.Environment, error) {
	env := service.GlobalEnvironment().Clone()
	err := env.RegisterInput(InputName, service.NewConfigSpec(), func(*service.ParsedConfig, *service.Resources) (service.Input, error) { return r, nil })
	return env, errors.Join(err, env.RegisterProcessor(ArrivedName, service.NewConfigSpec(), func(*service.ParsedConfig, *service.Resources) (service.Processor, error) {
		return arrivals{}, nil
	}))
}

// Stop ends the reading.
func (r *Replay) Stop() { r.stopped.Store(true) }

// End writes what remains, and returns what became of the lines. Call it once, when the stream has ended.
func (r *Replay) End() (Outcome, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for r.readErr == nil { // a replay that was stopped has not read all
		line, err := r.lines.Next()
		if r.readErr = err; err == nil {
			r.outcome.Lines++
			r.rest.add(line.Text)
		}
	}
	if errors.Is(r.readErr, io.EOF) {
		r.readErr = nil
	}
	open, err := r.rest.end()
	r.outcome.Unanswered += open
	return r.outcome, errors.Join(r.readErr, err)
}

// Connect does nothing: the file is open.
func (r *Replay) Connect(context.Context) error { return nil }

// Close ends the reading.
func (r *Replay) Close(context.Context) error {
	r.Stop()
	return nil
}

// Read returns the message of the next letter.
func (r *Replay) Read(ctx context.Context) (*service.Message, service.AckFunc, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for !r.stopped.Load() && ctx.Err() == nil && r.readErr == nil {
		line, err := r.lines.Next()
		if r.readErr = err; err != nil {
			break
		}
		r.outcome.Lines++
		remains := r.rest.add(line.Text)
		if skipped := r.skips(line); skipped != nil {
			*skipped++
			r.rest.settle(remains, line.Text)
			continue
		}
		arrived := new(atomic.Bool)
		msg := service.NewMessageWithContext(context.WithValue(context.WithoutCancel(ctx), arrivedKey{}, arrived), nil)
		if line.Letter.Event != "" {
			line.Letter.RestoreEvent(msg)
		} else {
			line.Letter.Restore(msg)
		}
		if line.Letter.Route(r.toReport) == ThroughPipeline {
			msg.MetaSetMut(MetaRoute, RoutePipeline)
		}
		return msg, func(_ context.Context, err error) error {
			r.settle(line, remains, arrived.Load(), err)
			return nil
		}, nil
	}
	return nil, nil, service.ErrEndOfInput
}

// skips returns the count of lines that are not sent for the same reason as this one, or nil if it is sent.
func (r *Replay) skips(line Line) *int {
	switch {
	case line.Wrong != nil:
		return &r.outcome.Wrong
	case !r.selection.Has(line.Letter):
		return &r.outcome.NotSelected
	case line.Letter.Route(r.toReport) == Nowhere:
		return &r.outcome.Nowhere
	}
	return nil
}

// settle takes the answer of the pipeline.
func (r *Replay) settle(line Line, remains *restLine, arrived bool, failed error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	text := line.Text
	switch {
	case failed == nil && arrived:
		r.outcome.Accepted++
		text = nil
	case failed == nil:
		r.outcome.Dropped++
	case !parts.MatchString(failed.Error()): // no answer: the replay was stopped
		r.outcome.Unanswered++
	default:
		line.Letter.fail(failed.Error(), r.now())
		r.outcome.Refused[line.Letter.ClassName()]++
		if again, err := line.Letter.JSON(); err == nil {
			text = again
		}
	}
	r.rest.settle(remains, text)
}

// arrivedKey is the key of the flag, in a message's context, that says that it has reached the output.
type arrivedKey struct{}

// arrivals is the processor that sets the flag.
type arrivals struct{}

// Process sets the flag of a message.
func (arrivals) Process(_ context.Context, msg *service.Message) (service.MessageBatch, error) {
	if arrived, is := msg.Context().Value(arrivedKey{}).(*atomic.Bool); is {
		arrived.Store(true)
	}
	msg.MetaDelete(MetaRoute)
	return service.MessageBatch{msg}, nil
}

// Close does nothing.
func (arrivals) Close(context.Context) error { return nil }
