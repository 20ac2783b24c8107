package tests

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/redpanda-data/benthos/v4/public/service"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox"
)

// fickle is a LivePerson that refuses some requests at random, with a seed. It records the order in
// which it accepts each consumer's reports.
type fickle struct {
	mu       sync.Mutex
	random   *rand.Rand
	accepted map[string][]string
	sessions int
}

func (f *fickle) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var report struct {
		ConsumerID           string
		EngagementAttributes []struct{ Lead struct{ LeadID string } }
	}
	if err := json.NewDecoder(r.Body).Decode(&report); err != nil {
		http.Error(w, "", http.StatusBadRequest)
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.random.IntN(10) == 0 {
		http.Error(w, "", http.StatusServiceUnavailable)
		return
	}
	for _, attribute := range report.EngagementAttributes {
		f.accepted[report.ConsumerID] = append(f.accepted[report.ConsumerID], attribute.Lead.LeadID)
	}
	if r.URL.Query().Get("sid") == "" {
		f.sessions++
		w.WriteHeader(http.StatusCreated)
	}
	fmt.Fprintf(w, `{"sessionId":"s-%[1]s","visitorId":"v-%[1]s","pageId":"1"}`, report.ConsumerID)
}

// The whole engine runs with racing goroutines. LivePerson must accept a consumer's events in the
// order in which they were read, each once, in one session.
func TestTheEngineKeepsEachConsumersOrder(t *testing.T) {
	t.Parallel()
	const consumers, each = 50, 40
	var lines strings.Builder
	want := map[string][]string{}
	random := rand.New(rand.NewPCG(1, 1))
	for len(want) < consumers || lines.Len() == 0 || total(want) < consumers*each {
		consumer := fmt.Sprintf("c%d", random.IntN(consumers))
		if len(want[consumer]) == each {
			continue
		}
		id := fmt.Sprintf("%s-%d", consumer, len(want[consumer]))
		want[consumer] = append(want[consumer], id)
		fmt.Fprintf(&lines, `{"event":"Lead Generated","anonymousId":%q,"properties":{"lead_id":%q}}`+"\n", consumer, id)
	}
	file := filepath.Join(t.TempDir(), "events.jsonl")
	require.NoError(t, os.WriteFile(file, []byte(lines.String()), 0o600))

	for _, test := range []struct {
		name, batching, output string
	}{
		{name: "single messages", batching: "count: 1"},
		{name: "batches of 7", batching: "count: 7"},
		{name: "batches of 100", batching: "count: 100"},
		{name: "batched by the output", batching: "count: 1", output: "batching: {count: 7, period: 10ms}"},
		{name: "few in flight", batching: "count: 1", output: "max_in_flight: 3"},
		{name: "one at a time", batching: "count: 7", output: "max_in_flight: 1"},
		{name: "coalesced", batching: "count: 7", output: "coalesce: true"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			server := &fickle{random: rand.New(rand.NewPCG(2, 2)), accepted: map[string][]string{}}
			livePerson := httptest.NewServer(server)
			defer livePerson.Close()
			builder := service.NewStreamBuilder()
			require.NoError(t, builder.SetYAML(fmt.Sprintf(`
http: { enabled: false }
logger: { level: "off" }
input:
  batched:
    child: { file: { paths: [%s], scanner: { lines: {} } } }
    policy: { %s, period: 20ms }
pipeline:
  threads: 1
  processors: [ liveperson_retail: {} ]
output:
  liveperson_report:
    account_id: "1"
    app_installation_id: app
    monitoring_domain: %s
    retry_pauses: [1ms, 1ms, 1ms, 1ms, 1ms, 1ms, 1ms, 1ms, 1ms]
    %s
`, file, test.batching, livePerson.URL, test.output)))
			built, err := builder.Build()
			require.NoError(t, err)
			require.NoError(t, built.Run(t.Context()))
			assert.Equal(t, want, server.accepted)
			assert.Equal(t, consumers, server.sessions)
		})
	}
}

func total(lists map[string][]string) (n int) {
	for _, list := range lists {
		n += len(list)
	}
	return n
}

// When the pipeline stops, a request in flight finishes and is acknowledged. A message that waits for
// a retry is not acknowledged.
func TestStopAcknowledgesWhatWasAccepted(t *testing.T) {
	t.Parallel()
	arrived, release := make(chan string, 2), make(chan struct{})
	livePerson := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if strings.Contains(string(body), "unlucky") {
			w.WriteHeader(http.StatusServiceUnavailable)
			arrived <- "unlucky"
			return
		}
		arrived <- "lucky"
		<-release
		_, _ = io.WriteString(w, `{"sessionId":"s","visitorId":"v","pageId":"1"}`)
	}))
	defer livePerson.Close()
	address := freeAddress(t)
	stop := start(t, `
shutdown_timeout: 2s
http: { enabled: false }
input: { http_server: { address: "`+address+`", path: /events } }
output: { liveperson_report: { account_id: "1", app_installation_id: app, monitoring_domain: "`+livePerson.URL+`", retry_pauses: [1h] } }
`)
	post := func(consumer string) int {
		body := `{"consumerId":"` + consumer + `","engagementAttributes":[]}`
		for {
			res, err := http.Post("http://"+address+"/events", "application/json", strings.NewReader(body))
			if errors.Is(err, syscall.ECONNREFUSED) {
				continue // it has yet to start
			}
			if err != nil {
				return 0
			}
			defer res.Body.Close()
			return res.StatusCode
		}
	}
	lucky, unlucky := make(chan int, 1), make(chan int, 1)
	go func() { lucky <- post("lucky") }()
	go func() { unlucky <- post("unlucky") }()
	<-arrived
	<-arrived
	stop()
	close(release)
	assert.Equal(t, http.StatusOK, <-lucky)
	assert.NotEqual(t, http.StatusOK, <-unlucky, "LivePerson has not accepted it")
}

func freeAddress(t testing.TB) string {
	t.Helper()
	free, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer free.Close()
	return free.Addr().String()
}

// start runs a config in a process, and returns a function that stops it.
func start(t *testing.T, config string) (stop func()) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "config.yaml")
	require.NoError(t, os.WriteFile(path, []byte(config), 0o600))
	cmd := exec.Command(os.Args[0], "run", path)
	cmd.Env = []string{asCLI}
	require.NoError(t, cmd.Start())
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	return func() { _ = cmd.Process.Signal(syscall.SIGTERM) }
}

func TestReadyTellsThatLivePersonIsDown(t *testing.T) {
	t.Parallel()
	livePerson := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "", http.StatusServiceUnavailable)
	}))
	defer livePerson.Close()
	address := freeAddress(t)
	config := filepath.Join(t.TempDir(), "config.yaml")
	require.NoError(t, os.WriteFile(config, fmt.Appendf(nil, `
http: { address: %q }
input: { generate: { mapping: 'root = {"consumerId":"c" + counter().string(),"engagementAttributes":[]}', interval: 1ms } }
output:
  liveperson_report:
    account_id: "1"
    app_installation_id: app
    monitoring_domain: %s
    retry_pauses: [10ms, 10ms, 10ms]
`, address, livePerson.URL), 0o600))
	cmd := exec.CommandContext(t.Context(), os.Args[0], "run", config)
	cmd.Env = []string{asCLI}
	log := &syncBuffer{}
	cmd.Stdout, cmd.Stderr = log, log
	require.NoError(t, cmd.Start())
	defer func() { _ = cmd.Wait() }()
	defer func() { _ = cmd.Process.Kill() }()

	require.Eventually(t, func() bool {
		res, err := http.Get("http://" + address + "/ready")
		if err != nil {
			return false
		}
		defer res.Body.Close()
		body, _ := io.ReadAll(res.Body)
		return res.StatusCode == http.StatusServiceUnavailable && strings.Contains(string(body), `"path":"output","connected":false,"error"`) &&
			strings.Contains(log.String(), "LivePerson does not answer")
	}, 30*time.Second, 20*time.Millisecond)
	require.NoError(t, cmd.Process.Kill())
	_ = cmd.Wait()
	assert.Equal(t, 1, strings.Count(log.String(), "LivePerson does not answer"), "one line says so")
}

// syncBuffer collects the output of a process while a test reads it.
type syncBuffer struct {
	mu   sync.Mutex
	text strings.Builder
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

func TestDeadLettersCanBeReplayed(t *testing.T) {
	t.Parallel()
	s, url := newSandbox(t, sandbox.Options{})
	dir := t.TempDir()
	letters, again := filepath.Join(dir, "letters.jsonl"), filepath.Join(dir, "again.jsonl")
	env := []string{
		"EVENTS_FILE=config/quickstart/events.jsonl",
		"DEAD_LETTER_FILE=" + letters, "DEAD_LETTER_FILE_AGAIN=" + again,
		"LIVEPERSON_ACCOUNT_ID=" + sandbox.DefaultAccountID, "LIVEPERSON_DOMAIN_API=" + url,
	}
	_, stderr, err := process(t, append(env, "LIVEPERSON_APP_INSTALLATION_ID=wrong"), "run", "--set", "http.enabled=false", "config/retail.yaml")
	require.NoError(t, err, stderr)
	failed := lines(t, letters)
	require.Len(t, failed, 318, "312 reports that LivePerson refused, and 6 broken events")
	assert.Contains(t, strings.Join(failed, "\n"), `"class":"not_found","status":"404","code":"18"`)
	require.Zero(t, s.Summary().Reports)
	foreign := `{"reason":"an adapter's","metadata":{},"content":"{\"client_id\":\"1.2\",\"events\":[{\"name\":\"purchase\"}]}"}`
	require.NoError(t, os.WriteFile(letters, []byte(strings.Join(append(failed, foreign), "\n")), 0o600))

	_, stderr, err = process(t, append(env, "LIVEPERSON_APP_INSTALLATION_ID="+sandbox.DefaultAppInstallationID), "run", "config/replay.yaml")
	require.NoError(t, err, stderr)
	assert.Equal(t, 313, s.Summary().Reports, "and the body of another tool")
	assert.Equal(t, map[string]int{"cart": 29, "ctmrinfo": 14, "lead": 10, "mrktInfo": 3, "personal": 14, "prodView": 94, "purchase": 21, "searchInfo": 35}, s.Summary().Attributes)
	assert.Len(t, lines(t, again), 6, "what no mapping knows is not lost")
}
