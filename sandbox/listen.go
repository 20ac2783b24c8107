package sandbox

import (
	"errors"
	"fmt"
	"net"
)

// Listen opens a TCP listener for a sandbox that has this password (Options.Password). Without one, only this machine
// can reach it: host must be localhost or an address in 127.0.0.0/8 or ::1. Port 0 picks a free port. The caller closes
// the listener.
func Listen(address, password string) (net.Listener, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, fmt.Errorf("reading the listen address: %w; write it as 127.0.0.1:8900", err)
	}
	anywhere := password != ""
	if !anywhere && host != "localhost" && !net.ParseIP(host).IsLoopback() {
		return nil, notLoopback(address, port)
	}
	// Resolved before the check and not by the listener, so that a hosts file which points localhost elsewhere opens nothing.
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

// ErrWantsPassword is that of Listen for an address that others can reach.
var ErrWantsPassword = errors.New("without a password the sandbox listens on loopback addresses only, because whoever " +
	"reaches it can read the reports that it keeps")

func notLoopback(address, port string) error {
	return fmt.Errorf("listening on %q: %w; give it a password, or write 127.0.0.1:%[3]s, [::1]:%[3]s or localhost:%[3]s", address, ErrWantsPassword, port)
}
