package webhook

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"time"
)

// The limits of the input's own server for a client. LivePerson's headers have a few hundred
// bytes, and LivePerson gives up after five seconds.
const (
	headerTimeout  = 5 * time.Second
	idleTimeout    = 2 * time.Minute
	maxHeaderBytes = 16 << 10
)

// server is an endpoint on the input's own server.
type server struct {
	*handler
	headerTimeout time.Duration
	connections   *connections

	address string // where it listens; the configured port may be 0
	http    *http.Server
	stopped chan struct{}
}

func newServer(r *receiver) *server {
	return &server{handler: newHandler(r), headerTimeout: headerTimeout, connections: newConnections(maxConnections)}
}

func (s *server) open(ctx context.Context) error {
	config, err := tlsConfig(s.receiver.conf)
	if err != nil {
		return err
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", s.receiver.conf.address)
	if err != nil {
		return fmt.Errorf("listening on the %s: %w", vFieldAddress, err)
	}
	s.address = listener.Addr().String()
	if config != nil {
		listener = tls.NewListener(listener, config)
	}
	mux := http.NewServeMux()
	mux.Handle(s.receiver.conf.path, s.handler)
	s.http = &http.Server{
		Handler:           mux,
		ReadHeaderTimeout: s.headerTimeout,
		ReadTimeout:       s.headerTimeout + s.bodyTimeout,
		WriteTimeout:      s.headerTimeout + s.bodyTimeout + patience,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		ConnState:         s.connections.changed,
		// The server would log each error of a client.
		ErrorLog: log.New(io.Discard, "", 0),
	}
	s.stopped = make(chan struct{})
	go s.serve(listener)
	return nil
}

func tlsConfig(c config) (*tls.Config, error) {
	if c.certFile == "" {
		return nil, nil
	}
	certificate, err := tls.LoadX509KeyPair(c.certFile, c.keyFile)
	if err != nil {
		return nil, fmt.Errorf("reading %s and %s: %w", vFieldCertFile, vFieldKeyFile, err)
	}
	return &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12}, nil
}

func (s *server) serve(listener net.Listener) {
	defer close(s.stopped)
	if err := s.receiver.watch.Do(func() error { return s.http.Serve(listener) }); !errors.Is(err, http.ErrServerClosed) {
		s.receiver.log.Errorf("The server has stopped and will be started again: %v", err)
	}
}

func (s *server) gone() <-chan struct{} { return s.stopped }

func (s *server) close(ctx context.Context) error {
	if s.http == nil {
		return nil
	}
	if err := s.http.Shutdown(ctx); err != nil {
		return s.http.Close() // clients still send
	}
	return nil
}
