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

// endpoint is where requests come from.
type endpoint interface {
	// open begins to take requests. It is called until it succeeds.
	open(ctx context.Context) error
	// gone is closed when requests can't come any more, and it is to be opened anew.
	gone() <-chan struct{}
	// close takes no more requests, and waits for those that are being answered.
	close(ctx context.Context) error
}

// shared is an endpoint on Benthos' own server.
type shared struct {
	handler *handler
	mgr     *service.Resources
	told    sync.Once // that the server can be reached from elsewhere

	mu      sync.Mutex
	closed  bool
	serving sync.WaitGroup // those that came before it was closed
}

func newShared(r *receiver, mgr *service.Resources) *shared {
	return &shared{handler: newHandler(r), mgr: mgr}
}

func (s *shared) open(context.Context) error {
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
	server.RegisterEndpoint(s.handler.receiver.conf.path, "Takes LivePerson's notifications.", s.serve)
	return nil
}

// registrar is the part of Benthos' management that has its server.
type registrar interface {
	RegisterEndpoint(path, desc string, handler http.HandlerFunc)
}

var errDisabled = errors.New(vFieldAddress + ": is empty, so that Benthos' own server takes the notifications, and that one is disabled (http.enabled): set an address")

var errNoServer = errors.New(vFieldAddress + ": this version of Benthos lets no plugin use its own server: set an address")

// serverOf gives Benthos' own server. Its public API hides the server from plugins, but an
// http_server input, which may be there, reads whole bodies before anybody can refuse
// them, and mixes query parameters with headers. The test of an endpoint on Benthos' own
// server fails if a new version takes this way.
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

// warn says once that Benthos' own server listens to others than this machine. Its bounds
// are not ours.
func (s *shared) warn(address string) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		host = address
	}
	if ip := net.ParseIP(host); host == "localhost" || ip != nil && ip.IsLoopback() {
		return
	}
	s.told.Do(func() {
		s.handler.receiver.log.Warn("Notifications are taken on Benthos' own server, which other machines can reach. It does not bound connections, and it shows metrics, and in streams mode configs with their secrets. Set " + vFieldAddress + " to give this input a server of its own, or http.address to a loopback address behind a proxy")
	})
}

func (s *shared) serve(w http.ResponseWriter, req *http.Request) {
	if server, is := req.Context().Value(http.ServerContextKey).(*http.Server); is {
		s.warn(server.Addr) // in a binary whose command line does not tell
	}
	if !s.enter() {
		http.Error(w, http.StatusText(http.StatusServiceUnavailable), http.StatusServiceUnavailable)
		return
	}
	defer s.serving.Done()
	s.handler.ServeHTTP(w, req)
}

func (s *shared) enter() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.closed {
		s.serving.Add(1)
	}
	return !s.closed
}

// gone is never, unlike our own server's.
func (s *shared) gone() <-chan struct{} { return nil }

// close leaves the path on the server, where nothing can be taken away: it answers 503.
func (s *shared) close(ctx context.Context) error {
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
	case <-ctx.Done(): // a client is still sending
	}
	return nil
}
