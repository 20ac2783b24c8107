package requests

import (
	"context"
	"errors"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"github.com/benthos-liveperson/benthos-liveperson/internal/liveperson"
)

// The names of spans.
const (
	spanRequest = "liveperson request"
	spanPause   = "liveperson pause before a retry"
	spanSession = "liveperson session look-up"
)

// record makes a span that ends now, if the context's span is recorded. Spans have the class and the
// status of a failure, and nothing of the message.
func (d *Retrier) record(ctx context.Context, name string, took time.Duration, err error) {
	if !trace.SpanFromContext(ctx).IsRecording() {
		return
	}
	_, span := d.tracer.Start(ctx, name, trace.WithTimestamp(time.Now().Add(-took)), trace.WithSpanKind(trace.SpanKindClient))
	defer span.End()
	var e *liveperson.Error
	if errors.As(err, &e) {
		span.SetAttributes(attribute.String("error.type", string(e.Class)), attribute.Int("http.response.status_code", e.Status))
		span.SetStatus(codes.Error, string(e.Class))
	}
}

// SessionLookedUp makes a span of a look-up that ends now.
func (d *Retrier) SessionLookedUp(ctx context.Context, start time.Time) {
	d.record(ctx, spanSession, time.Since(start), nil)
}
