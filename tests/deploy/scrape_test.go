package deploy

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
)

// connect is connect-liveperson with Kafka. BINARY names one that is built already.
func connect(t *testing.T) string {
	t.Helper()
	if binary := os.Getenv("BINARY"); binary != "" {
		return binary
	}
	binary := filepath.Join(t.TempDir(), "connect-liveperson")
	out, err := exec.Command("../../cmd/connect-liveperson/build", "-o", binary).CombinedOutput()
	require.NoError(t, err, string(out))
	return binary
}

// exported returns the names of the metrics that pipelines export, by running them.
func exported(t *testing.T) (names []string) {
	t.Helper()
	broker, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(1, "events", "dead-letters"))
	require.NoError(t, err)
	t.Cleanup(broker.Close)
	client, err := kgo.NewClient(kgo.SeedBrokers(broker.ListenAddrs()...))
	require.NoError(t, err)
	defer client.Close()
	event := `{"type":"track","event":"Products Searched","messageId":"1","anonymousId":"c-1","properties":{"query":"thing"}}`
	require.NoError(t, client.ProduceSync(t.Context(), &kgo.Record{Topic: "events", Value: []byte(event)}).FirstErr())

	binary, kafka := connect(t), "KAFKA_BROKERS="+strings.Join(broker.ListenAddrs(), ",")
	// Nobody listens for Redis, so there is a failure of a cache.
	redis := "REDIS_URL=redis://" + freeAddress(t)
	for config, last := range map[string][]string{ // the series that do not exist from the start
		"scale-out/kafka.yaml": {"redpanda_lag", "cache_error_total", "liveperson_request_duration_seconds_bucket"},
		"messaging-in.yaml":    {"liveperson_webhook_requests_total"},
		"messaging-out.yaml":   {"liveperson_app_token_expiry_timestamp_seconds"},
		"retail.yaml":          {"liveperson_session_cache_entries"},
	} {
		names = append(names, scrape(t, binary, config, last, kafka, redis)...)
	}
	return names
}

var seriesName = regexp.MustCompile(`(?m)^[a-z_]+`)

// scrape runs a config of the project against the sandbox until its metrics have the last names, and returns all names.
func scrape(t *testing.T, binary, config string, last []string, env ...string) (names []string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 90*time.Second)
	defer cancel()
	address, folder := freeAddress(t), t.TempDir()
	run := exec.CommandContext(ctx, binary, "run", "--sandbox", "../../config/"+config)
	run.Env = append(os.Environ(), append(env,
		"HTTP_ADDRESS="+address, "WEBHOOK_ADDRESS="+freeAddress(t),
		"DEAD_LETTER_FILE="+filepath.Join(folder, "dead.jsonl"), "REPLIES_FILE="+filepath.Join(folder, "replies.jsonl"))...)
	run.Cancel = func() error { return run.Process.Signal(os.Interrupt) }
	run.WaitDelay = 10 * time.Second
	var log strings.Builder
	run.Stdout, run.Stderr = &log, &log
	_, err := run.StdinPipe() // an input that reads it does not end
	require.NoError(t, err)
	require.NoError(t, run.Start())
	defer func() {
		cancel()
		_ = run.Wait()
	}()
	for ticker := time.NewTicker(50 * time.Millisecond); ; {
		names = seriesName.FindAllString(metricsAt(address), -1)
		missing := func(name string) bool { return !slices.Contains(names, name) }
		if !slices.ContainsFunc(last, missing) {
			return names
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			_ = run.Wait()
			require.FailNow(t, fmt.Sprintf("%s exports not all of %s", config, last), log.String())
		}
	}
}

// metricsAt returns the answer of /metrics, or "" while nobody listens.
func metricsAt(address string) string {
	response, err := http.Get("http://" + address + "/metrics")
	if err != nil {
		return ""
	}
	defer response.Body.Close()
	text, _ := io.ReadAll(response.Body)
	return string(text)
}

func freeAddress(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer listener.Close()
	return listener.Addr().String()
}
