package webhook

import (
	"context"
	"errors"
	"net"
	"net/http"
	"reflect"
	"sync"

	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/benthos-liveperson/benthos-liveperson/internal/settings"
)

// endpoint is the server that receives requests.
type endpoint interface {
	// open starts to accept requests. Benthos calls it until it succeeds.
	open(ctx context.Context) error
	// gone returns a channel that is closed when the server has stopped and must be opened again.
	gone() <-chan struct{}
	// close accepts no more requests, and waits for those in progress.
	close(ctx context.Context) error
}

// benthosServer is an endpoint on Benthos' own HTTP server.
type benthosServer struct {
	handler *handler
	mgr     *service.Resources
	warned  sync.Once // warn

	mu      sync.Mutex
	closed  bool
	serving sync.WaitGroup // the requests that came before close
}

func newBenthosServer(r *receiver, mgr *service.Resources) *benthosServer {
	return &benthosServer{handler: newHandler(r), mgr: mgr}
}

func (s *benthosServer) open(context.Context) error {
	server, err := serverOf(s.mgr)
	if err != nil {
		return err
	}
	if address, known := s.mgr.GetGeneric(settings.ServerAddress{}); known {
		if address == "" {
			return errDisabled
		}
		s.warn(address.(string))
	}
	server.RegisterEndpoint(s.handler.receiver.conf.path, "Accepts LivePerson's notifications.", s.serve)
	return nil
}

// registrar is the part of Benthos' manager that adds paths to its server.
type registrar interface {
	RegisterEndpoint(path, desc string, handler http.HandlerFunc)
}

var errDisabled = errors.New(vFieldAddress + ": is empty, so Benthos' own server would have to accept the notifications, but it is disabled (http.enabled): set an address")

var errNoServer = errors.New(vFieldAddress + ": this version of Benthos does not let plugins use its own server: set an address")

// serverOf returns Benthos' own server, which Benthos' public API does not offer to plugins. A
// child input http_server would not do: it reads whole bodies before anything can refuse them,
// and mixes query parameters with headers. A test of this endpoint fails if a new version of
// Benthos hides the server.
func serverOf(mgr *service.Resources) (registrar, error) {
	unwrap := reflect.ValueOf(mgr.XUnwrapper()).MethodByName("Unwrap")
	if !unwrap.IsValid() || unwrap.Type().NumIn() != 0 || unwrap.Type().NumOut() != 1 {
		return nil, errNoServer
	}
	server, is := unwrap.Call(nil)[0].Interface().(registrar)
	if !is {
		return nil, errNoServer
	}
	return server, nil
}

// warn logs once that other machines can reach Benthos' own server, which has no limits of this
// input.
func (s *benthosServer) warn(address string) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		host = address
	}
	if ip := net.ParseIP(host); host == "localhost" || ip != nil && ip.IsLoopback() {
		return
	}
	s.warned.Do(func() {
		s.handler.receiver.log.Warn("Notifications come in on Benthos' own server, which other machines can reach. It does not limit connections. It shows metrics and, in streams mode, configs with their secrets. Set " + vFieldAddress + " to give this input a server of its own, or http.address to a loopback address behind a proxy")
	})
}

func (s *benthosServer) serve(w http.ResponseWriter, req *http.Request) {
	if server, is := req.Context().Value(http.ServerContextKey).(*http.Server); is {
		s.warn(server.Addr) // in a binary with another command line than this project's
	}
	if !s.enter() {
		http.Error(w, http.StatusText(http.StatusServiceUnavailable), http.StatusServiceUnavailable)
		return
	}
	defer s.serving.Done()
	s.handler.ServeHTTP(w, req)
}

func (s *benthosServer) enter() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.closed {
		s.serving.Add(1)
	}
	return !s.closed
}

// gone returns nil: Benthos' own server does not stop before the pipeline does.
func (s *benthosServer) gone() <-chan struct{} { return nil }

// close leaves the path on the server, which cannot remove paths: the path answers 503.
func (s *benthosServer) close(ctx context.Context) error {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	done := make(chan struct{})
	go func() {
		s.serving.Wait()
		close(done)
	}()
	select {
	case <-done:
	case <-ctx.Done(): // a client still sends
	}
	return nil
}
