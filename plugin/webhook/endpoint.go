package webhook

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"sync"

	"github.com/redpanda-data/benthos/v4/public/service"
)

// endpoint is where requests come from.
type endpoint interface {
	// open begins to take requests. It is called until it succeeds.
	open(ctx context.Context) error
	// gone is closed when requests can't come any more, and it is to be opened anew.
	gone() <-chan struct{}
	// close takes no more requests, and waits for those that are being answered.
	close(ctx context.Context) error
}

const (
	// fieldChild is no field of the spec.
	fieldChild = "server"
	metaStatus = "liveperson_webhook_status"
)

// shared is an endpoint on the service's own server. Benthos lets plugins have none
// there, but a child input http_server may.
type shared struct {
	child    *service.OwnedInput
	receiver *receiver
	serving  sync.WaitGroup
	stop     context.CancelFunc // nil until opened
}

// newShared makes the child input, which Benthos would read from a field of the config.
// As all of it but the path is ours, there is no such field, and it is put there.
func newShared(conf *service.ParsedConfig, r *receiver) (*shared, error) {
	root, err := conf.FieldAny()
	if err != nil {
		return nil, err
	}
	fields, ok := root.(map[string]any)
	if !ok {
		return nil, fmt.Errorf("expected an object, got %T", root)
	}
	fields[fieldChild] = map[string]any{"http_server": map[string]any{
		"path":    r.conf.path,
		"ws_path": "",
		// What is no POST is answered 405 there, and we never see it. All else has its
		// answer from us before this is over.
		"allowed_verbs": []any{http.MethodPost},
		"timeout":       patience.String(),
		"sync_response": map[string]any{
			"status":  "${! @" + metaStatus + " }",
			"headers": map[string]any{"Content-Type": "text/plain; charset=utf-8"},
		},
	}}
	child, err := conf.FieldInput(fieldChild)
	if err != nil {
		return nil, fmt.Errorf("adding %s to the service's server: %w", vFieldPath, err)
	}
	return &shared{child: child, receiver: r}, nil
}

func (s *shared) open(context.Context) error {
	ctx, stop := context.WithCancel(context.Background())
	s.stop = stop
	s.serving.Go(func() { s.serve(ctx) })
	return nil
}

// gone is never, unlike our own server's.
func (s *shared) gone() <-chan struct{} { return nil }

func (s *shared) serve(ctx context.Context) {
	for {
		batch, ack, err := s.child.ReadBatch(ctx)
		if err != nil {
			return
		}
		if len(batch) == 0 { // a multipart request without parts
			_ = ack(ctx, errNoNotification)
			continue
		}
		s.serving.Go(func() { s.answer(ctx, batch, ack) })
	}
}

// answer answers a request, which is one message, or several where somebody has sent
// one in parts, which is no body that anybody has signed.
func (s *shared) answer(ctx context.Context, batch service.MessageBatch, ack service.AckFunc) {
	var body []byte
	if len(batch) == 1 {
		body, _ = batch[0].AsBytes() // bytes are what http_server has made it of
	}
	status := s.receiver.answer(ctx, request{method: http.MethodPost, header: headersOf(batch[0]), body: body})
	answer := batch[0].Copy()
	answer.SetBytes([]byte(http.StatusText(status)))
	answer.MetaSetMut(metaStatus, strconv.Itoa(status))
	_ = answer.AddSyncResponse() // http_server takes them
	_ = ack(context.Background(), nil)
}

// headersOf reads what http_server makes metadata of.
func headersOf(msg *service.Message) func(string) string {
	return func(name string) string {
		value, _ := msg.MetaGet(name)
		return value
	}
}

// close lets the child answer what it has begun before reading from it stops.
func (s *shared) close(ctx context.Context) error {
	err := s.child.Close(ctx)
	if s.stop != nil {
		s.stop()
	}
	s.serving.Wait()
	return err
}
