package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestMain lets the test's binary be what the program starts: itself in a role.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && strings.HasPrefix(os.Args[1], "--"+flagRole+"=") {
		os.Exit(run(os.Args[1:], os.Stdout, os.Stderr))
	}
	os.Exit(m.Run())
}

// short makes a run short; the checks are the same.
func short(events int, args ...string) []string {
	return append(args, arg(flagEvents, events), arg(flagWarmUp, 100), arg(flagConsumers, 1000))
}

func TestEveryRowBringsEveryEvent(t *testing.T) {
	t.Parallel()
	var stdout, stderr bytes.Buffer
	require.Zero(t, run(short(2000, "--json"), &stdout, &stderr), &stderr)

	var got report
	require.NoError(t, json.Unmarshal(stdout.Bytes(), &got))
	require.Len(t, got.Rows, len(allRows))
	for _, r := range got.Rows {
		switch {
		case r.Name == rowMapping:
			assert.Zero(t, r.Requests, r.Name)
		case strings.HasPrefix(r.Name, "coalesce_"):
			assert.LessOrEqual(t, r.Requests, 1.0, r.Name)
			assert.GreaterOrEqual(t, r.Requests, 1.0/coalesceCount, r.Name)
		default:
			assert.InDelta(t, 1, r.Requests, 0, r.Name)
		}
		assert.Positive(t, r.EventsPerSecond, r.Name)
		assert.Positive(t, r.CPUMicros, r.Name)
		assert.Positive(t, r.Allocations, r.Name)
		assert.Positive(t, r.PeakMiB, r.Name)
		assert.LessOrEqual(t, r.P50Millis, r.P99Millis, r.Name)
	}
	assert.Len(t, got.Ratios, len(allRatios))
	assert.Equal(t, 256, got.Settings.Batch)
}

// It is not parallel, as the environment is the process's.
func TestStockHasGosCollectorAndNoBatches(t *testing.T) {
	for name, test := range map[string]struct {
		gogc, gomemlimit string
		ours, stock      float64
		header           []string
	}{
		"nothing outside": {ours: 100, stock: 100, header: []string{" cores, GOGC 100\n", "stock Benthos: input batches of 1, GOGC 100\n"}},
		"GOGC":            {gogc: "150", ours: 150, stock: 150, header: []string{" cores, GOGC 150\n", "stock Benthos: input batches of 1, GOGC 150\n"}},
		"GOGC off":        {gogc: "off", ours: -1, stock: -1, header: []string{" cores, GOGC off\n", "stock Benthos: input batches of 1, GOGC off\n"}},
		"GOMEMLIMIT":      {gomemlimit: "1GiB", ours: 100, stock: 100, header: []string{" cores, GOGC 100\n", "stock Benthos: input batches of 1, GOGC 100\n"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("GOGC", test.gogc)
			t.Setenv("GOMEMLIMIT", test.gomemlimit)
			var stdout, stderr bytes.Buffer
			require.Zero(t, run(short(1024, "--rows=stock,http_client,report,bare", "--batch=64", "--json"), &stdout, &stderr), &stderr)
			var got report
			require.NoError(t, json.Unmarshal(stdout.Bytes(), &got))
			require.Len(t, got.Rows, 4)
			for _, r := range got.Rows {
				percent, batch := test.ours, 64.0
				switch r.Name {
				case rowStock:
					percent, batch = test.stock, 1
				case rowBare:
					batch = 1 // it has no input
				}
				assert.InDelta(t, percent, r.GCPercent, 0, r.Name)
				assert.InDelta(t, batch, r.Batch, 0, r.Name)
			}

			o, err := parseOptions([]string{"--batch=64"})
			require.NoError(t, err)
			stdout.Reset()
			require.NoError(t, printTables(&stdout, o, got.Rows, got.Ratios))
			for _, line := range test.header {
				assert.Contains(t, stdout.String(), line)
			}
		})
	}
}

func TestRoundsAndBatches(t *testing.T) {
	t.Parallel()
	var stdout, stderr bytes.Buffer
	args := short(1000, "--rows=report,mapping", "--repeat=2", "--batch=256", "--latency=1ms")
	require.Zero(t, run(args, &stdout, &stderr), &stderr)
	assert.Contains(t, stdout.String(), "medians of 2 rounds")
	assert.Contains(t, stdout.String(), "input batches of 256")
	assert.NotContains(t, stdout.String(), "http_client", "a ratio needs all of its rows, and the header the row")
	assert.Contains(t, stderr.String(), "round 2/2, row 2/2, liveperson_report: ")
}

func TestSoakShowsMemoryAtEveryTenth(t *testing.T) {
	t.Parallel()
	var stdout, stderr bytes.Buffer
	require.Zero(t, run([]string{"--soak=2560", "--warm-up=100"}, &stdout, &stderr), &stderr)
	assert.Equal(t, 10, strings.Count(stdout.String(), "MiB resident"))
	assert.Contains(t, stdout.String(), "\n100 %")
}

func TestProfiles(t *testing.T) {
	t.Parallel()
	var stdout, stderr bytes.Buffer
	folder := t.TempDir()
	cpu, mem := filepath.Join(folder, "cpu"), filepath.Join(folder, "mem")
	args := short(100, "--rows=report", arg(flagCPUProfile, cpu), arg(flagMemProfile, mem))
	require.Zero(t, run(args, &stdout, &stderr), &stderr)
	assert.FileExists(t, cpu)
	assert.FileExists(t, mem)
}

func TestWrongFlagsAreRefused(t *testing.T) {
	t.Parallel()
	for args, errContains := range map[string]string{
		"--events=0":                         "--events: must be at least 1, got 0",
		"--batch=-1":                         "--batch: must be at least 1",
		"--in-flight=many":                   "in-flight",
		"--latency=-1s":                      "--latency: must not be negative",
		"--rows=report,http":                 `--rows: there is no row "http", only mapping, stock, http_client`,
		"--rows=Stock":                       `there is no row "Stock"`,
		"--stock":                            "stock",
		"--rows=":                            `there is no row ""`,
		"--soak=2559":                        "--soak: must be at least 2560, as many as 10 batches have, got 2559",
		"--soak=9 --batch=1":                 "--soak: must be at least 10,",
		"--soak=10000 --rows=report":         "--soak: goes without --rows",
		"--cpuprofile=x":                     "choose it with --rows",
		"--cpuprofile=x --rows=bare,mapping": "choose it with --rows",
		"report":                             `takes no arguments, got "report"`,
		"--nope":                             "nope",
	} {
		var stderr bytes.Buffer
		assert.Equal(t, exitUsage, run(strings.Fields(args), io.Discard, &stderr), args)
		assert.Contains(t, stderr.String(), errContains, args)
	}
}

func TestHelpExplainsRowsAndColumns(t *testing.T) {
	t.Parallel()
	var stdout bytes.Buffer
	require.Zero(t, run([]string{"--help"}, &stdout, io.Discard))
	for _, r := range allRows {
		assert.Contains(t, stdout.String(), "  "+r.name+" ")
	}
	for _, c := range columns {
		assert.Contains(t, stdout.String(), "  "+c.header+" ")
	}
	assert.Contains(t, stdout.String(), "as inputs such as Kafka's give them; the row stock has 1 (256)")
}

func TestTallyFindsWhatIsLostOrDoubled(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		settled     []error
		errContains string
	}{
		"all":     {settled: []error{nil, nil}},
		"lost":    {settled: []error{nil}, errContains: "1 events were acknowledged, of 2 sent"},
		"doubled": {settled: []error{nil, nil, nil}, errContains: "3 events were acknowledged, of 2 sent"},
		"refused": {settled: []error{nil, errors.New("no")}, errContains: "1 of 2 events were refused, one with: no"},
	} {
		tally := newTally(2, func(int) {})
		for _, err := range test.settled {
			tally.settle(1, time.Millisecond, err)
		}
		if test.errContains == "" {
			assert.NoError(t, tally.check(), name)
		} else {
			assert.ErrorContains(t, tally.check(), test.errContains, name)
		}
	}
}

func TestRequestsAreChecked(t *testing.T) {
	t.Parallel()
	bare, err := rowNamed(rowBare)
	require.NoError(t, err)
	require.NoError(t, bare.checkRequests(100, 100))
	require.ErrorContains(t, bare.checkRequests(100, 99), "100 events took 99 requests instead of 100")

	merged, err := rowNamed(rowCoalesce20)
	require.NoError(t, err)
	require.NoError(t, merged.checkRequests(101, 6))
	require.ErrorContains(t, merged.checkRequests(101, 5), "101 events took 5 requests instead of 6 to 101")
}

func TestEventsTakeTurnsAmongConsumers(t *testing.T) {
	t.Parallel()
	events, err := newSequence(3, 2)
	require.NoError(t, err)
	for number, consumer := range []string{"00000000-", "00000000-", "00000001-", "00000001-", "00000002-", "00000002-", "00000000-"} {
		var event struct{ AnonymousID string }
		require.NoError(t, json.Unmarshal(events.at(number), &event))
		assert.True(t, strings.HasPrefix(event.AnonymousID, consumer), "%d: %s", number, event.AnonymousID)
	}
}

func TestQuantilesAreCloseToTheDurations(t *testing.T) {
	t.Parallel()
	var l latencies
	assert.Zero(t, l.quantile(0.5))
	for i := range 1000 {
		l.add(time.Duration(i)*time.Millisecond, 1)
	}
	assert.InEpsilon(t, 500*time.Millisecond, l.quantile(0.50), 0.02)
	assert.InEpsilon(t, 990*time.Millisecond, l.quantile(0.99), 0.02)
	for _, took := range []time.Duration{-1, 0, 1, 31, 32, 63, 64, 1 << 40, 1<<63 - 1} {
		assert.InDelta(t, float64(max(took, 0)), float64(middleOf(bucketOf(took))), float64(took)/50+0.5, took)
	}
}

func TestMediansAndRatios(t *testing.T) {
	t.Parallel()
	rounds := func(perSecond ...float64) []figures {
		list := make([]figures, len(perSecond))
		for i, value := range perSecond {
			list[i] = figures{EventsPerSecond: value, CPUMicros: 1000 / value}
		}
		return list
	}
	of := func(name string, list []figures) result {
		return result{Name: name, figures: medianOf(list), Rounds: list}
	}
	ratios := ratiosOf([]result{of(rowReport, rounds(90, 40, 30)), of(rowHTTPClient, rounds(10, 20, 30))})
	require.Len(t, ratios, 2, "those whose rows are there")
	assert.Equal(t, "throughput", ratios[0].Name)
	assert.InDelta(t, 2, ratios[0].Value, 1e-9)
	assert.InDelta(t, 1, ratios[0].Low, 1e-9)
	assert.InDelta(t, 9, ratios[0].High, 1e-9)
	assert.False(t, ratios[0].Met)
	assert.InDelta(t, 0.5, ratios[1].Value, 1e-9)
	assert.False(t, ratios[1].Met)
	assert.InDelta(t, 2.5, median([]float64{4, 1, 3, 2}), 1e-9)

	ratios = ratiosOf([]result{of(rowReport, rounds(90)), of(rowStock, rounds(10)), of(rowHTTPClient, rounds(60))})
	require.Len(t, ratios, 4, "one of each against each peer")
	assert.Equal(t, "throughput_stock", ratios[0].Name)
	assert.InDelta(t, 9, ratios[0].Value, 1e-9)
	assert.True(t, ratios[0].Met)
	assert.Equal(t, "throughput", ratios[1].Name)
	assert.InDelta(t, 1.5, ratios[1].Value, 1e-9)
	assert.False(t, ratios[1].Met)
}

// A ratio against http_client says against which, has its twin, and the twin's target.
func TestRatiosAgainstBothPeers(t *testing.T) {
	t.Parallel()
	named := map[string]ratioOf{}
	for _, r := range allRatios {
		named[r.name] = r
	}
	twins := 0
	for _, r := range allRatios {
		if !slices.Contains(r.rows, rowHTTPClient) {
			continue
		}
		twins++
		twin := named[r.name+"_stock"]
		assert.Contains(t, r.title, againstSame)
		assert.Equal(t, strings.Replace(r.title, againstSame, againstStock, 1), twin.title)
		assert.Contains(t, twin.rows, rowStock)
		assert.Equal(t, r.target, twin.target)
		assert.InDelta(t, r.limit, twin.limit, 0)
		assert.Equal(t, r.atLeast, twin.atLeast)
	}
	assert.Equal(t, 3, twins)
}

// A ratio is of the rows that it names, and its twin is the same of the other peer.
func TestRatiosAreOfTheirRows(t *testing.T) {
	t.Parallel()
	figuresOf := byRow{}
	for i, r := range allRows {
		of := float64(i + 2)
		figuresOf[r.name] = figures{EventsPerSecond: of, CPUMicros: 1 / of, Requests: of}
	}
	figuresOf[rowStock] = figuresOf[rowHTTPClient]
	values := map[string]float64{}
	for _, r := range allRatios {
		own := byRow{}
		for _, name := range r.rows {
			own[name] = figuresOf[name]
		}
		values[r.name] = r.of(figuresOf)
		assert.InDelta(t, values[r.name], r.of(own), 1e-9, r.name)
	}
	report, unordered := figuresOf[rowReport], figuresOf[rowUnordered]
	assert.InDelta(t, 1-report.EventsPerSecond/unordered.EventsPerSecond, values["ordering_throughput"], 1e-9)
	assert.InDelta(t, report.CPUMicros/unordered.CPUMicros-1, values["ordering_cpu"], 1e-9)
	for name, value := range values {
		if same, has := values[strings.TrimSuffix(name, "_stock")]; has {
			assert.InDelta(t, same, value, 1e-9, name)
		}
	}
}

func TestServerAnswersAsLivePersonDoes(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	go func() { _ = (&server{}).serve(listener) }()
	t.Cleanup(func() { listener.Close() })
	url := "http://" + listener.Addr().String()
	control := newControl(url)
	require.NoError(t, control.reset())

	post := func(target string) (status int, ids map[string]string) {
		res, err := http.Post(url+target, "application/json", strings.NewReader(`{"engagementAttributes":[]}`))
		require.NoError(t, err)
		defer res.Body.Close()
		body, err := io.ReadAll(res.Body)
		require.NoError(t, err)
		_ = json.Unmarshal(body, &ids)
		return res.StatusCode, ids
	}
	status, first := post(reportTarget)
	assert.Equal(t, http.StatusCreated, status)
	_, second := post(reportTarget)
	assert.NotEqual(t, first["sessionId"], second["sessionId"])
	assert.NotEqual(t, first["visitorId"], second["visitorId"])
	status, again := post(reportTarget + "&vid=" + first["visitorId"] + "&sid=" + first["sessionId"])
	assert.Equal(t, http.StatusOK, status)
	assert.Equal(t, first, again)
	status, _ = post("/elsewhere")
	assert.Equal(t, http.StatusNotFound, status)

	counted, err := control.stats()
	require.NoError(t, err)
	assert.EqualValues(t, 3, counted.Requests)
	assert.EqualValues(t, 1, counted.Connections)
	require.NoError(t, control.reset())
	counted, err = control.stats()
	require.NoError(t, err)
	assert.Zero(t, counted.Requests)
}
