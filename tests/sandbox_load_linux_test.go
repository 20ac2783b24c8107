package tests

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox"
)

// BenchmarkSandbox measures the cost of a report of 1 kB for a sandbox in its own process, on one core. One client waits
// for calls and another one follows them. The cost of sending is not counted. After 50,000 reports, the sandbox drops one
// for each new one.
//
//	go test ./tests -run xxx -bench Sandbox -benchtime 200000x
func BenchmarkSandbox(b *testing.B) {
	for _, strict := range []bool{false, true} {
		b.Run(fmt.Sprintf("strict=%t", strict), func(b *testing.B) {
			cmd := exec.Command(os.Args[0], "sandbox", "--address", "127.0.0.1:0", fmt.Sprintf("--strict=%t", strict))
			cmd.Env = append(os.Environ(), asCLI, "GOMAXPROCS=1")
			stdout, err := cmd.StdoutPipe()
			require.NoError(b, err)
			require.NoError(b, cmd.Start())
			defer func() { _ = cmd.Process.Kill() }()
			said := bufio.NewReader(stdout)
			welcome, err := said.ReadString('\n')
			require.NoError(b, err)
			url := regexp.MustCompile(`http://[^;]+`).FindString(welcome)

			lookOn(b, url+"/sandbox/wait?count=1000000000&timeout=10m")
			lookOn(b, url+"/sandbox/events")
			b.ResetTimer()
			sendReports(b, url)
			b.StopTimer()

			require.NoError(b, cmd.Process.Signal(syscall.SIGTERM))
			_, _ = io.Copy(io.Discard, said)
			require.NoError(b, cmd.Wait(), "those who look on do not hold it up")
			spent := cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
			b.ReportMetric(float64(spent.Microseconds())/float64(b.N), "cpu-µs/report")
			b.ReportMetric(float64(b.N)/spent.Seconds(), "reports/cpu-s")
			b.ReportMetric(float64(cmd.ProcessState.SysUsage().(*syscall.Rusage).Maxrss)/1024, "rss-MiB")
		})
	}
}

// lookOn opens a page that follows the calls and does not end.
func lookOn(b *testing.B, url string) {
	request, err := http.NewRequestWithContext(b.Context(), http.MethodGet, url, nil)
	require.NoError(b, err)
	go func() {
		if res, err := http.DefaultClient.Do(request); err == nil {
			_, _ = io.Copy(io.Discard, res.Body)
			_ = res.Body.Close()
		}
	}()
}

// sendReports sends b.N reports over a few connections.
func sendReports(b *testing.B, url string) {
	const senders = 16
	target := url + "/api/account/" + sandbox.DefaultAccountID + "/app/" + sandbox.DefaultAppInstallationID + "/report?v=1.0&obh=true"
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: senders}}
	var sent atomic.Int64
	var running sync.WaitGroup
	for range senders {
		running.Go(func() {
			for {
				n := sent.Add(1)
				if n > int64(b.N) || b.Failed() {
					return
				}
				request, err := http.NewRequest(http.MethodPut, target, bytes.NewReader(kilobyte(n)))
				if err != nil {
					b.Error(err)
					return
				}
				res, err := client.Do(request)
				if err != nil {
					b.Error(err)
					return
				}
				_, _ = io.Copy(io.Discard, res.Body)
				_ = res.Body.Close()
				if res.StatusCode != http.StatusCreated {
					b.Errorf("status %d", res.StatusCode)
				}
			}
		})
	}
	running.Wait()
}

// kilobyte returns a report of 1 kB.
func kilobyte(consumer int64) []byte {
	const line = `{"product":{"name":"waterproof jacket, blue","category":"coats and jackets","sku":"JKT-00012","price":7.8},"quantity":1}`
	body := fmt.Sprintf(`{"consumerId":"consumer-%08d","entryPoints":["https://shop.example.com/cart"],"engagementAttributes":[`+
		`{"type":"cart","total":93.6,"currency":"USD","numItems":7,"products":[%s]}]}`, consumer, strings.Repeat(line+",", 6)+line)
	return []byte(body)
}
