package sandbox

import (
	"cmp"
	"context"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"
)

// The environment variables that tell pipelines where LivePerson is. Server.Env has a value for each.
const (
	EnvAccountID         = "LIVEPERSON_ACCOUNT_ID"
	EnvAppInstallationID = "LIVEPERSON_APP_INSTALLATION_ID"
	EnvDomainAPI         = "LIVEPERSON_DOMAIN_API"
	EnvClientID          = "LIVEPERSON_CLIENT_ID"
	EnvClientSecret      = "LIVEPERSON_CLIENT_SECRET"
	EnvUser              = "LIVEPERSON_USER"
	EnvPassword          = "LIVEPERSON_PASSWORD"
)

// Without Options.Password, the sandbox accepts every user and password.
const (
	anyUser     = "reader"
	anyPassword = "sandbox"
)

// Server is a Sandbox that listens on a free port of the loopback interface, for use in end-to-end tests.
type Server struct {
	*Sandbox
	// URL is the base URL, such as http://127.0.0.1:41234, without a slash at the end.
	URL string

	server *http.Server
	done   sync.WaitGroup
	close  sync.Once
}

// Start starts a sandbox and returns it once it accepts connections. The caller must call Close after use. The zero
// Options work. Start fails only if the machine has no free port.
func Start(options Options) (*Server, error) {
	listener, err := new(net.ListenConfig).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("starting the sandbox: %w", err)
	}
	s := &Server{Sandbox: New(options), URL: "http://" + listener.Addr().String()}
	s.server = &http.Server{Handler: s.Sandbox, ReadHeaderTimeout: 10 * time.Second}
	s.done.Go(func() { _ = s.server.Serve(listener) })
	return s, nil
}

// Close ends all connections, stops the agent and stops posting notifications. It may be called more than once. What
// the sandbox received can still be read afterwards.
func (s *Server) Close() {
	s.close.Do(func() {
		_ = s.server.Close() // it fails only if the listener was already closed
		s.done.Wait()
		s.Sandbox.Close()
	})
}

// Env returns the environment variables that a pipeline needs to reach the sandbox instead of LivePerson. The caller
// owns the map.
func (s *Server) Env() map[string]string {
	return map[string]string{
		EnvAccountID:         s.options.AccountID,
		EnvAppInstallationID: s.options.AppInstallationID,
		EnvDomainAPI:         s.URL,
		EnvClientID:          s.options.ClientID,
		EnvClientSecret:      s.options.ClientSecret,
		EnvUser:              anyUser,
		EnvPassword:          cmp.Or(s.options.Password, anyPassword),
	}
}
