package sandbox_test

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox"
)

// event is one server-sent event, or a comment, whose name is empty.
type event struct{ name, id, data string }

// call returns the id of the call that the event has.
func (e event) call(t *testing.T) int {
	t.Helper()
	var call struct{ ID int }
	require.NoError(t, json.Unmarshal([]byte(e.data), &call))
	return call.ID
}

// follow opens a stream and returns a function that reads the next event. last is the id of the last event that the client
// received; empty: none.
func follow(t *testing.T, s http.Handler, query, last string) func() event {
	t.Helper()
	server := httptest.NewServer(s)
	ctx, stop := context.WithCancel(t.Context())
	t.Cleanup(server.Close)
	t.Cleanup(stop)
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, server.URL+"/sandbox/events"+query, nil)
	require.NoError(t, err)
	if last != "" {
		request.Header.Set("Last-Event-ID", last)
	}
	res, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	t.Cleanup(func() { _ = res.Body.Close() })
	lines := bufio.NewReader(res.Body)
	return func() event {
		for {
			if e, ok := readEvent(t, lines); ok {
				return e
			}
		}
	}
}

// readEvent reads up to the next empty line. It reports false for retry.
func readEvent(t *testing.T, lines *bufio.Reader) (e event, ok bool) {
	t.Helper()
	for {
		line, err := lines.ReadString('\n')
		require.NoError(t, err)
		if line == "\n" {
			return e, e.name != ""
		}
		name, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), ": ")
		switch name {
		case "event":
			e.name = value
		case "id":
			e.id = value
		case "data":
			e.data += value
		}
	}
}

// lastID returns the id that a client has read up to.
func lastID(t *testing.T, s *sandbox.Sandbox) string {
	t.Helper()
	var list struct{ Last string }
	require.NoError(t, json.Unmarshal([]byte(get(t, s, "/sandbox/all").text), &list))
	return list.Last
}

func TestAClientGoesOnAfterItsLastEvent(t *testing.T) {
	t.Parallel()
	s := sandbox.New(sandbox.Options{})
	report(t, s, lead("jane", "L-1"))
	last := lastID(t, s)
	report(t, s, lead("jane", "L-2"))
	for _, next := range []func() event{follow(t, s, "", last), follow(t, s, "?since="+last, "")} {
		got := next()
		assert.Equal(t, "call", got.name)
		assert.Equal(t, 2, got.call(t))
	}
}

// A client that comes back to another sandbox, or after a reset, reads all calls that it does not know.
func TestAClientIsToldThatTheNumbersBeginAnew(t *testing.T) {
	t.Parallel()
	former := sandbox.New(sandbox.Options{})
	for range 5 {
		report(t, former, lead("jane", "L-1"))
	}
	last := lastID(t, former)
	restarted := sandbox.New(sandbox.Options{})
	report(t, restarted, lead("jane", "L-2"))
	report(t, restarted, lead("jane", "L-3"))
	next := follow(t, restarted, "", last)
	got := next()
	assert.Equal(t, "reset", got.name)
	assert.NotEqual(t, last[:8], got.id[:8])
	assert.JSONEq(t, `{"epoch":"`+got.id[:8]+`"}`, got.data)
	assert.Equal(t, 1, next().call(t))
	assert.Equal(t, 2, next().call(t))

	next = follow(t, restarted, "", "7") // a number that the sandbox did not give, as of a client that does not know epochs
	assert.Equal(t, "reset", next().name)
	assert.Equal(t, 1, next().call(t))
}

func TestAResetIsToldAtOnce(t *testing.T) {
	t.Parallel()
	s := sandbox.New(sandbox.Options{})
	report(t, s, lead("jane", "L-1"))
	report(t, s, lead("jane", "L-2"))
	next := follow(t, s, "?since=1", "")
	assert.Equal(t, 2, next().call(t))
	fetch(t, s, http.MethodPost, "/sandbox/reset", "")
	assert.Equal(t, "reset", next().name)
	report(t, s, lead("jane", "L-3"))
	assert.Equal(t, 1, next().call(t), "the number of the query is of the former calls")
}

func TestAClientIsToldWhatItMissed(t *testing.T) {
	t.Parallel()
	s := sandbox.New(sandbox.Options{Keep: 2})
	report(t, s, lead("jane", "L-1"))
	last := lastID(t, s)
	for range 5 {
		report(t, s, lead("jane", "L-2"))
	}
	next := follow(t, s, "", last)
	got := next()
	assert.Equal(t, event{name: "gap", data: `{"gone":3}`}, got, "2, 3 and 4")
	assert.Equal(t, 5, next().call(t))
	assert.Equal(t, 6, next().call(t))
}

// lines collects what a handler writes.
type lines struct {
	http.ResponseWriter
	mu   sync.Mutex
	text strings.Builder
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *lines) Flush() {}

func TestAStreamIsNeverSilent(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := sandbox.New(sandbox.Options{})
		defer s.Close()
		ctx, stop := context.WithCancel(t.Context())
		out := &lines{ResponseWriter: httptest.NewRecorder()}
		go s.ServeHTTP(out, httptest.NewRequest(http.MethodGet, "/sandbox/events", nil).WithContext(ctx))
		time.Sleep(time.Minute + time.Second)
		stop()
		synctest.Wait()
		assert.Equal(t, "retry: 1000\n\n"+strings.Repeat(":\n\n", 4), out.text.String())
	})
}

func TestAListInShortHasNoBodies(t *testing.T) {
	t.Parallel()
	s := threeCalls(t)
	var list struct{ Calls []map[string]any }
	require.NoError(t, json.Unmarshal([]byte(get(t, s, "/sandbox/all?summary=true").text), &list))
	require.Len(t, list.Calls, 3)
	for i, want := range []string{"accepted", "accepted", "refused"} {
		assert.Equal(t, want, list.Calls[i]["result"])
		assert.NotContains(t, list.Calls[i], "body")
		assert.Positive(t, list.Calls[i]["size"])
	}
	next := follow(t, s, "?summary=true&since=2", "")
	assert.Contains(t, next().data, `"result":"refused"`)
}

func TestOneCallIsShownWithBothSides(t *testing.T) {
	t.Parallel()
	s := sandbox.New(sandbox.Options{})
	const body = `{"consumerId":"jane", "engagementAttributes":[], "n":12345678901234567890}`
	at := report(t, s, body)
	var got struct {
		Call   sandbox.Call
		Result string
		Sent   struct{ Body string }
		Answer struct{ Body string }
	}
	require.NoError(t, json.Unmarshal([]byte(get(t, s, "/sandbox/calls/1").text), &got))
	assert.Equal(t, body, got.Sent.Body)
	assert.Equal(t, "jane", got.Call.Consumer)
	assert.Contains(t, got.Answer.Body, at.SessionID)
	assert.Equal(t, http.StatusNotFound, get(t, s, "/sandbox/calls/2").status)
	assert.Equal(t, http.StatusBadRequest, get(t, s, "/sandbox/calls/x").status)
}

func TestAForgottenCallIsSaidToBe(t *testing.T) {
	t.Parallel()
	s := sandbox.New(sandbox.Options{Keep: 1})
	report(t, s, lead("jane", "L-1"))
	report(t, s, lead("jane", "L-2"))
	assert.Contains(t, get(t, s, "/sandbox/calls/1").text, "call 1 is forgotten")
}

func TestTheTimeOfACallIsMeasured(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		rules, err := sandbox.ParseChaos([]byte("rules: [{name: slow day, endpoint: report, latency: 40ms}]"))
		require.NoError(t, err)
		s := sandbox.New(sandbox.Options{Chaos: rules})
		defer s.Close()
		report(t, s, lead("jane", "L-1"))
		assert.InDelta(t, 40.0, s.Calls()[0].TookMS, 0)
		assert.Equal(t, "slow day", s.Calls()[0].Fault)
		_, archive := fetch(t, s, http.MethodGet, "/sandbox/export?format=har", "")
		assert.Contains(t, archive, `"time":40`)
	})
}

func TestTheFaultOfAMessageIsNamed(t *testing.T) {
	t.Parallel()
	rules, err := sandbox.ParseChaos([]byte("rules: [{endpoint: domain, status: 503}, {endpoint: app_token, status: 503}]"))
	require.NoError(t, err)
	s := newSandbox(t, sandbox.Options{Chaos: rules})
	appToken(s)
	require.Len(t, s.Calls(), 1)
	assert.Equal(t, "rule 2", s.Calls()[0].Fault)
}

func TestAttemptsAndRepetitionsAreNumbered(t *testing.T) {
	t.Parallel()
	rules, err := sandbox.ParseChaos([]byte("rules: [{endpoint: report, times: 2, status: 503}]"))
	require.NoError(t, err)
	s := sandbox.New(sandbox.Options{Chaos: rules, Keep: 5})
	for range 4 {
		report(t, s, lead("jane", "L-1"))
	}
	report(t, s, lead("jane", "L-2"))
	var attempts, same []int
	for _, call := range s.Calls() {
		attempts, same = append(attempts, call.Attempt), append(same, call.SameAs)
	}
	assert.Equal(t, []int{0, 2, 3, 0, 0}, attempts)
	assert.Equal(t, []int{0, 0, 0, 3, 0}, same)
}

func TestCallsAreSearchedByTheirContent(t *testing.T) {
	t.Parallel()
	s := threeCalls(t)
	for query, want := range map[string]int{
		"q=l-1": 1, "q=LEADID": 1, "q=jane": 2, "q=engagementAttributes%5B0%5D": 1, "q=nothing": 0, "q=cart&result=accepted": 1, "result=refused": 1, "result=noted": 0,
		"q=report%3Fv%3D1.0": 3,
	} {
		var list kept
		require.NoError(t, json.Unmarshal([]byte(get(t, s, "/sandbox/all?"+query).text), &list))
		assert.Len(t, list.Calls, want, query)
	}
	for _, query := range []string{"q=" + strings.Repeat("x", 201), "result=good", "summary=yes"} {
		assert.Equal(t, http.StatusBadRequest, get(t, s, "/sandbox/all?"+query).status, query)
	}
}

func TestCallsAreCounted(t *testing.T) {
	t.Parallel()
	s := threeCalls(t)
	assert.JSONEq(t, `{"total":3,"results":{"accepted":2,"refused":1},"endpoints":{"report":3},"types":{"lead":1,"cart":1},
		"statuses":{"201":2,"400/5":1},"consumers":{"jane":2,"john":1}}`, get(t, s, "/sandbox/counts").text)
	assert.JSONEq(t, `{"total":1,"results":{"accepted":1},"endpoints":{"report":1},"types":{"cart":1},"statuses":{"201":1},"consumers":{"john":1}}`,
		get(t, s, "/sandbox/counts?consumer=john").text)
}

func TestReceiptsAreListedBesideTheCalls(t *testing.T) {
	t.Parallel()
	s := threeCalls(t)
	status, text := fetch(t, s, http.MethodPost, "/sandbox/receipts", `{"version":1,"result":"dropped","reason":"unknown_event","detail":"no preset knows cart_shaken","event":"cart_shaken","consumer":"jane"}
		[{"version":1,"result":"accepted","consumer":"jane"},{"version":9,"result":"lost"}]
		{"version":1,"result":"evaporated"}`)
	require.Equal(t, http.StatusOK, status, text)
	assert.JSONEq(t, `{"received":4,"kept":3}`, text, "the sandbox has the accepted call itself")

	assert.Equal(t, 3, reports(t, s).Total, "receipts are no calls")
	assert.Len(t, s.Calls(), 3)
	var list struct {
		Calls []struct{ Result, Reason, Endpoint, Consumer string }
	}
	require.NoError(t, json.Unmarshal([]byte(get(t, s, "/sandbox/all?summary=true&receipts=true&since=3").text), &list))
	require.Len(t, list.Calls, 3)
	assert.Equal(t, "dropped", list.Calls[0].Result)
	assert.Equal(t, "no preset knows cart_shaken", list.Calls[0].Reason)
	assert.Equal(t, "jane", list.Calls[0].Consumer)
	assert.Equal(t, "unknown", list.Calls[1].Result)
	assert.Equal(t, "a receipt of version 9: this page knows version 1", list.Calls[1].Reason)
	assert.Equal(t, "unknown", list.Calls[2].Result)
	assert.Contains(t, list.Calls[2].Reason, "evaporated")

	for _, bad := range []string{"{", "7", `[{"version":1,"result":"dropped"}, 7]`} {
		status, text := fetch(t, s, http.MethodPost, "/sandbox/receipts", bad)
		assert.Equal(t, http.StatusBadRequest, status, bad)
		assert.Contains(t, text, "receipt ", bad)
	}
	require.NoError(t, json.Unmarshal([]byte(get(t, s, "/sandbox/all?summary=true&receipts=true").text), &list))
	assert.Len(t, list.Calls, 6, "a bad list adds nothing")
}

func TestTheStateOfTheSandboxIsShown(t *testing.T) {
	t.Parallel()
	s := threeCalls(t)
	var state struct {
		Kind, Page, Account string
		Total, Kept, Rules  int
		Limits              struct{ Calls int }
	}
	require.NoError(t, json.Unmarshal([]byte(get(t, s, "/sandbox/state").text), &state))
	assert.Equal(t, "sandbox", state.Kind)
	assert.Equal(t, sandbox.DefaultAccountID, state.Account)
	assert.Equal(t, 3, state.Total)
	assert.Equal(t, sandbox.DefaultKeep, state.Limits.Calls)
}

// The page's files are what they say they are, and run nothing from elsewhere.
func TestThePageIsServedStrictly(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(sandbox.New(sandbox.Options{}))
	defer server.Close()
	for path, kind := range map[string]string{"/": "text/html", "/sandbox/page/app.js": "text/javascript", "/sandbox/page/style.css": "text/css", "/sandbox/all": "application/json"} {
		res, err := http.Get(server.URL + path)
		require.NoError(t, err)
		body, err := io.ReadAll(res.Body)
		require.NoError(t, err)
		_ = res.Body.Close()
		assert.Equal(t, http.StatusOK, res.StatusCode, path)
		assert.NotEmpty(t, body, path)
		assert.Contains(t, res.Header.Get("Content-Type"), kind, path)
		assert.Contains(t, res.Header.Get("Content-Security-Policy"), "default-src 'none'; script-src 'self'", path)
		assert.Equal(t, "nosniff", res.Header.Get("X-Content-Type-Options"), path)
	}
	for _, path := range []string{"/sandbox/page/none.js", "/sandbox/page/../../go.mod", "/sandbox/page/"} {
		status, _ := fetch(t, sandbox.New(sandbox.Options{}), http.MethodGet, path, "")
		assert.NotEqual(t, http.StatusOK, status, path)
	}
	foreign := httptest.NewRequest(http.MethodGet, server.URL+"/", nil)
	foreign.RequestURI = ""
	foreign.Header.Set("Sec-Fetch-Site", "cross-site")
	res, err := http.DefaultClient.Do(foreign)
	require.NoError(t, err)
	_ = res.Body.Close()
	assert.Equal(t, http.StatusForbidden, res.StatusCode)
	protected := sandbox.New(sandbox.Options{Password: "open sesame"})
	for _, path := range []string{"/", "/sandbox/page/app.js", "/sandbox/state", "/sandbox/calls/1"} {
		status, _ := fetch(t, protected, http.MethodGet, path, "")
		assert.Equal(t, http.StatusUnauthorized, status, path)
	}
}
