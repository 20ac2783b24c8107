package sandbox

import (
	"errors"
	"fmt"
	"net"
)

// Listen opens a TCP listener for a sandbox with this password (Options.Password). With an empty password, the host must be
// localhost, an address in 127.0.0.0/8, or ::1, so that only this machine can reach the sandbox. Port 0 picks a free port.
// The caller closes the listener. The error is ErrWantsPassword if the address needs a password.
func Listen(address, password string) (net.Listener, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, fmt.Errorf("reading the listen address: %w; write it as 127.0.0.1:8900", err)
	}
	anywhere := password != ""
	if !anywhere && host != "localhost" && !net.ParseIP(host).IsLoopback() {
		return nil, notLoopback(address, port)
	}
	// Listen resolves the address before it checks it. A hosts file that gives localhost another address then opens nothing.
	resolved, err := net.ResolveTCPAddr("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("resolving the listen address: %w; write it as 127.0.0.1:8900", err)
	}
	if !anywhere && !resolved.IP.IsLoopback() {
		return nil, notLoopback(address, port)
	}
	listener, err := net.ListenTCP("tcp", resolved)
	if err != nil {
		return nil, fmt.Errorf("listening on %s: %w", address, err)
	}
	return listener, nil
}

// ErrWantsPassword is the error of Listen for an address that other machines can reach.
var ErrWantsPassword = errors.New("without a password the sandbox listens on loopback addresses only, because everybody who " +
	"can reach it can read its reports")

func notLoopback(address, port string) error {
	return fmt.Errorf("listening on %q: %w; give it a password, or write 127.0.0.1:%[3]s, [::1]:%[3]s or localhost:%[3]s", address, ErrWantsPassword, port)
}
