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

// TestMain lets the test binary play the roles of the program's child processes.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && strings.HasPrefix(os.Args[1], "--role=") {
		os.Exit(run(os.Args[1:], os.Stdout, os.Stderr))
	}
	os.Exit(m.Run())
}

func TestEveryRowBringsEveryEvent(t *testing.T) {
	t.Parallel()
	var stdout, stderr bytes.Buffer
	code := run([]string{"--events=200", "--warm-up=10", "--consumers=20", "--batch=64", "--repeat=1", "--latency=1ms", "--json"}, &stdout, &stderr)
	require.Zero(t, code, &stderr)
	var got struct {
		Rows   []result
		Ratios []ratio
	}
	require.NoError(t, json.Unmarshal(stdout.Bytes(), &got))
	require.Len(t, got.Rows, len(allRows))
	assert.Len(t, got.Ratios, len(allRatios))
	for _, r := range got.Rows {
		require.Len(t, r.Rounds, 1, r.Row)
		for _, c := range columns[:3] {
			assert.Positive(t, c.of(r.Rounds[0]), r.Row+" "+c.header)
		}
	}
	var table bytes.Buffer
	require.NoError(t, printTables(&table, options{rows: allRows, batches: []int{64}}, got.Rows, got.Ratios))
	assert.Contains(t, table.String(), "coalesce_20: liveperson_report, coalesce, 20 in a row")
}

func TestWrongFlagsAreRefused(t *testing.T) {
	t.Parallel()
	for args, want := range map[string]string{
		"--events=0":         "--events: must be at least 1, got 0",
		"--batch=1,x":        "--batch: expected numbers",
		"--rows=report,http": `--rows: there is no row "http"`,
		"report":             "takes no arguments",
	} {
		var stderr bytes.Buffer
		assert.Equal(t, 2, run(strings.Fields(args), io.Discard, &stderr), args)
		assert.Contains(t, stderr.String(), want)
	}
}

func TestTallyFindsLostAndDoubledEvents(t *testing.T) {
	t.Parallel()
	for want, settled := range map[string][]error{
		"":                                     {nil, nil},
		"1 events were acknowledged, of 2":     {nil},
		"3 events were acknowledged, of 2":     {nil, nil, nil},
		"1 of 2 events were refused, one with": {nil, errors.New("no")},
	} {
		tally := newTally(2, func(int) {})
		for _, err := range settled {
			tally.settle(1, time.Millisecond, err)
		}
		if err := tally.check(); want == "" {
			assert.NoError(t, err)
		} else {
			assert.ErrorContains(t, err, want)
		}
	}
}

func TestRequestsAreChecked(t *testing.T) {
	t.Parallel()
	merged := allRows[slices.IndexFunc(allRows, func(r row) bool { return r.name == rowCoalesce20 })]
	require.NoError(t, merged.checkRequests(101, 6))
	require.ErrorContains(t, merged.checkRequests(101, 5), "101 events took 5 requests")
	require.Error(t, merged.checkRequests(101, 102))
}

func TestRatiosAreMediansOfRounds(t *testing.T) {
	t.Parallel()
	rounds := func(perSecond ...float64) (list []figures) {
		for _, value := range perSecond {
			list = append(list, figures{EventsPerSecond: value, CPUMicros: 1000 / value, PeakMiB: 100})
		}
		return list
	}
	ratios := ratiosOf(options{repeat: 3, batches: []int{1}}, []result{
		{Row: rowReport, Batch: 1, Rounds: rounds(90, 40, 30)}, {Row: rowHTTPClient, Batch: 1, Rounds: rounds(10, 20, 30)},
	})
	require.Len(t, ratios, 3, "the ratios whose rows were measured")
	assert.Equal(t, ratio{Title: "events/s, report / http_client", Batch: 1, Median: 2, Low: 1, High: 9, Target: "≥ 1.6", Met: true}, ratios[0])
	assert.InDelta(t, 0.5, ratios[1].Median, 1e-9)
	assert.True(t, ratios[1].Met)
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

func TestProfiles(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	cpu, memory := filepath.Join(folder, "cpu"), filepath.Join(folder, "memory")
	var stderr bytes.Buffer
	args := []string{"--events=100", "--warm-up=10", "--batch=1", "--repeat=1", "--rows=report", "--cpuprofile=" + cpu, "--memprofile=" + memory}
	require.Zero(t, run(args, io.Discard, &stderr), &stderr)
	assert.FileExists(t, cpu)
	assert.FileExists(t, memory)
}

func TestQuantiles(t *testing.T) {
	t.Parallel()
	tally := newTally(101, func(int) {})
	for i := range 101 {
		tally.settle(1, time.Duration(100-i)*time.Millisecond, nil)
	}
	assert.InDelta(t, 50, tally.millis(0.50), 1e-9)
	assert.InDelta(t, 99, tally.millis(0.99), 1e-9)
}

func TestServerAnswersAsLivePersonDoes(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	go func() { _ = (&server{}).serve(listener) }()
	t.Cleanup(func() { listener.Close() })
	post := func(target string) (status int, ids map[string]string) {
		res, err := http.Post("http://"+listener.Addr().String()+target, "application/json", strings.NewReader(`{"engagementAttributes":[]}`))
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

	var counted stats
	res, err := http.Get("http://" + listener.Addr().String() + statsPath)
	require.NoError(t, err)
	defer res.Body.Close()
	require.NoError(t, json.NewDecoder(res.Body).Decode(&counted))
	assert.EqualValues(t, 3, counted.Requests)
	assert.EqualValues(t, 1, counted.Connections)
}
