package tests

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox"
)

// The sandbox stops at once on SIGTERM, even with such requests: callers that wait or follow, a search that would take
// minutes, an answer that a chaos rule delays, a body that does not arrive, and a caller that does not read.
func TestTheSandboxStopsWhateverGoesOn(t *testing.T) {
	t.Parallel()
	cmd := exec.Command(os.Args[0], "sandbox", "--address", "127.0.0.1:0")
	cmd.Env = append(os.Environ(), asCLI)
	var log syncBuffer
	cmd.Stdout, cmd.Stderr = &log, &log
	require.NoError(t, cmd.Start())
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	host := ""
	require.Eventually(t, func() bool {
		if found := regexp.MustCompile(`at http://([^;]+);`).FindStringSubmatch(log.String()); found != nil {
			host = found[1]
		}
		return host != ""
	}, time.Minute, 5*time.Millisecond)

	report := "/api/account/" + sandbox.DefaultAccountID + "/app/" + sandbox.DefaultAppInstallationID + "/report?v=1.0"
	post := func(target, body string) {
		res, err := http.Post("http://"+host+target, "application/json", strings.NewReader(body))
		require.NoError(t, err)
		_, _ = io.Copy(io.Discard, res.Body)
		require.NoError(t, res.Body.Close())
	}
	filler := strings.Repeat(" ", 100_000)
	for i := range 300 { // 30 MB
		post(report, fmt.Sprintf(`{"consumerId":"jane","pageId":"%d","engagementAttributes":[]%s}`, 1000+i, filler))
	}
	request, err := http.NewRequest(http.MethodPut, "http://"+host+"/sandbox/chaos", strings.NewReader("rules: [{endpoint: engagement, latency: 10m}, {endpoint: domain, connection: timeout}]"))
	require.NoError(t, err)
	res, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, res.StatusCode)
	require.NoError(t, res.Body.Close())

	verify := "expect: [" + strings.Repeat("{unique: true},", 1000) + "]"
	for _, raw := range []string{
		"GET /sandbox/wait?count=10000&timeout=10m HTTP/1.1\r\nHost: localhost\r\n\r\n",
		"GET /sandbox/events HTTP/1.1\r\nHost: localhost\r\n\r\n",
		"GET /sandbox/all HTTP/1.1\r\nHost: localhost\r\n\r\n", // nobody reads the 30 MB
		fmt.Sprintf("POST /sandbox/verify HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n%s", len(verify), verify),
		"POST /sandbox/verify HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\nexpect:",
		"POST /api/account/" + sandbox.DefaultAccountID + "/app/" + sandbox.DefaultAppInstallationID + "/engagement?v=1.0 HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{}",
		"GET /api/account/" + sandbox.DefaultAccountID + "/service/smt/baseURI.json?version=1.0 HTTP/1.1\r\nHost: localhost\r\n\r\n",
	} {
		connection, err := net.Dial("tcp", host)
		require.NoError(t, err)
		defer connection.Close()
		_, err = io.WriteString(connection, raw)
		require.NoError(t, err)
	}
	post("/sandbox/verify", "expect: [{count: 300}]") // they were there before it

	require.NoError(t, cmd.Process.Signal(syscall.SIGTERM))
	begun := time.Now()
	select {
	case err := <-ended:
		require.NoError(t, err, log.String())
		t.Logf("it has ended after %s", time.Since(begun).Round(time.Millisecond))
		assert.Contains(t, log.String(), "reports", "the summary")
	case <-time.After(10 * time.Second): // on a machine with nothing else to do it takes half a second
		require.Fail(t, "it goes on", "%s", log.String())
	}
}
