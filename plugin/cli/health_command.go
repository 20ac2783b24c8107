package cli

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"time"

	ucli "github.com/urfave/cli/v2"
)

const (
	addressFlagName = "address"
	readyFlagName   = "ready"
	// healthTimeout is shorter than what Docker and Kubernetes wait for a probe.
	healthTimeout = 2 * time.Second
	// healthBytes is the most of an answer that health prints.
	healthBytes = 64 << 10
)

// healthCommand is the probe of an image that has no shell and no curl.
func healthCommand() *ucli.Command {
	return &ucli.Command{
		Name:  "health",
		Usage: "Ask a running process whether it lives, or is ready",
		Description: `Asks Benthos' own server, and prints its answer. The exit code is 0 if the process lives, 1 if not, and 2 if
flags are wrong. With --` + readyFlagName + ` it is 1 also while LivePerson or a broker is down: don't let an orchestrator
restart the process for that.

   benthos-liveperson health
   benthos-liveperson health --` + readyFlagName,
		Flags: []ucli.Flag{
			&ucli.StringFlag{Name: addressFlagName, EnvVars: []string{envHTTPAddress}, Value: defaultHTTPAddress, Usage: "the address of Benthos' own server"},
			&ucli.BoolFlag{Name: readyFlagName, Usage: "ask /ready instead of /ping"},
		},
		OnUsageError: onUsageError,
		Action: func(c *ucli.Context) error {
			if err := noArguments(c); err != nil {
				return badFlags(err)
			}
			address, err := reachable(cmp.Or(c.String(addressFlagName), defaultHTTPAddress))
			if err != nil {
				return badFlags(err)
			}
			path := "/ping"
			if c.Bool(readyFlagName) {
				path = "/ready"
			}
			return askHealth(c.Context, c.App.Writer, "http://"+address+path)
		},
	}
}

// reachable returns an address to connect to: a server that listens on all interfaces listens on loopback, too.
func reachable(address string) (string, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil || port == "" {
		return "", fmt.Errorf("--%s: must be a host and a port such as %s", addressFlagName, defaultHTTPAddress)
	}
	switch ip := net.ParseIP(host); {
	case host == "":
		host = "127.0.0.1"
	case ip != nil && ip.IsUnspecified() && ip.To4() != nil:
		host = "127.0.0.1"
	case ip != nil && ip.IsUnspecified():
		host = "::1"
	}
	return net.JoinHostPort(host, port), nil
}

func askHealth(ctx context.Context, out io.Writer, url string) error {
	ctx, cancel := context.WithTimeout(ctx, healthTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if os.IsTimeout(err) {
		return fmt.Errorf("asking for the health: no answer within %s", healthTimeout)
	}
	if err != nil {
		return fmt.Errorf("asking for the health: is http.enabled true, and --%s right? %w", addressFlagName, err)
	}
	defer response.Body.Close()
	if _, err := io.Copy(out, io.LimitReader(response.Body, healthBytes)); err != nil {
		return fmt.Errorf("reading the answer: %w", err)
	}
	fmt.Fprintln(out)
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("the process is not well: its answer has the status %d", response.StatusCode)
	}
	return nil
}
