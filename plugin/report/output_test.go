package report

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/redpanda-data/benthos/v4/public/service"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/benthos-liveperson/benthos-liveperson/internal/liveperson"
	"github.com/benthos-liveperson/benthos-liveperson/internal/session"
)

const (
	acceptedNew     = `201 {"sessionId":"stM0CzMWRye4MZgRBAL4UQ","visitorId":"ZjYWZlYzYzNDE5MTE1OWQ5","pageId":"1674628973"}`
	acceptedKnown   = `200 {"sessionId":"abc","visitorId":"xyz","pageId":"4743822558"}`
	loadingVersion1 = `500 {"time":1501074704502,"message":"Loading account: ta3hWd4IgG, vid: myVisitorId","internalCode":20}`
	loadingVersion2 = `202 {"time":1501074704502,"message":"Loading account: ta3hWd4IgG, vid: myVisitorId","internalCode":38}`
	loadingNoIDs    = `500 {"time":1501074704502,"message":"Loading account: , vid: ","internalCode":20}`
	noConsumer      = `400 {"time":1513095142268,"message":"consumerId","internalCode":5}`
	badApp          = `404 {"time":1513095142268,"message":"bad app installation id","internalCode":18}`
	badVisitor      = `404 {"time":1513095142268,"message":"bad visitor id","internalCode":37}`
	badSession      = `404 {"time":1513095142268,"message":"bad session id","internalCode":39}`
	serverError     = `500 {"time":1513095142268,"message":"unexpected","internalCode":18}`

	aReport = `{"consumerId":"c1","engagementAttributes":[{"type":"purchase","total":11.70}]}`
)

// livePerson answers requests from a script, without a network: "STATUS BODY",
// with "STATUS+SECONDS" for a Retry-After, or "reset" for a broken connection.
type livePerson struct {
	mu       sync.Mutex
	script   []string
	requests []request
	start    time.Time
}

type request struct {
	at    time.Duration
	query string
	body  string
}

func (l *livePerson) Do(req *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(req.Body)
	if err != nil {
		return nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.requests = append(l.requests, request{time.Since(l.start), req.URL.RawQuery, string(body)})
	if len(l.script) == 0 {
		return nil, errors.New("more requests than the script has answers")
	}
	answer := l.script[0]
	l.script = l.script[1:]
	if answer == "reset" {
		return nil, errors.New("connection reset by peer")
	}
	head, text, _ := strings.Cut(answer, " ")
	code, retryAfter, _ := strings.Cut(head, "+")
	res := &http.Response{Header: http.Header{}, Body: io.NopCloser(strings.NewReader(text))}
	for _, digit := range code {
		res.StatusCode = res.StatusCode*10 + int(digit-'0')
	}
	if retryAfter != "" {
		res.Header.Set("Retry-After", retryAfter)
	}
	return res, nil
}

func (l *livePerson) times() []time.Duration {
	times := make([]time.Duration, len(l.requests))
	for i, r := range l.requests {
		times[i] = r.at
	}
	return times
}

// offline is the common part of configs whose requests a test answers. Reports are not validated.
const offline = required + "monitoring_domain: http://127.0.0.1:1\nvalidation: 'off'\n"

// outputAt creates an output from YAML. livePerson answers its requests.
func outputAt(t testing.TB, livePerson liveperson.Doer, mgr *service.Resources, yaml string, change func(*config)) *reportOutput {
	t.Helper()
	parsed, err := spec().ParseYAML(offline+yaml, nil)
	require.NoError(t, err)
	c, err := configFromParsed(parsed)
	require.NoError(t, err)
	if change != nil {
		change(&c)
	}
	account, err := liveperson.NewAccount(liveperson.Options{AccountID: c.account.AccountID, HTTP: livePerson})
	require.NoError(t, err)
	out, err := outputFor(c, account, mgr)
	require.NoError(t, err)
	return out
}

// exact removes the random part of pauses and turns the breaker off.
func exact(c *config) {
	c.requests.Random = func() float64 { return 0 }
	c.requests.NeverDown = true
}

// scripted returns an output whose LivePerson follows a script.
func scripted(t *testing.T, script ...string) (*reportOutput, *livePerson) {
	t.Helper()
	server := &livePerson{script: script, start: time.Now()}
	return outputAt(t, server, service.MockResources(), "ordering: none", exact), server
}

func message(content string, meta ...string) *service.Message {
	msg := service.NewMessage([]byte(content))
	for i := 0; i < len(meta); i += 2 {
		msg.MetaSet(meta[i], meta[i+1])
	}
	return msg
}

func seconds(values ...int) []time.Duration {
	times := make([]time.Duration, len(values))
	for i, v := range values {
		times[i] = time.Duration(v) * time.Second
	}
	return times
}

func TestWriteBatchFollowsEveryAnswer(t *testing.T) {
	tests := []struct {
		name      string
		script    []string
		meta      []string
		times     []time.Duration
		queries   []string
		wantClass liveperson.Class
		wantText  []string
	}{
		{
			name: "200 acknowledges", script: []string{acceptedKnown}, times: seconds(0),
		}, {
			name: "201 acknowledges", script: []string{acceptedNew}, times: seconds(0),
		}, {
			name: "500 is repeated after the schedule", script: []string{serverError, serverError, serverError, serverError, acceptedNew},
			times: seconds(0, 3, 13, 43, 133),
		}, {
			name: "500 fails when the pauses are used up", script: []string{serverError, serverError, serverError, serverError, serverError},
			times: seconds(0, 3, 13, 43, 133), wantClass: liveperson.ClassServer, wantText: []string{"status=500 code=18", "attempts=5"},
		}, {
			name: "503 is repeated", script: []string{"503 ", acceptedNew}, times: seconds(0, 3),
		}, {
			name: "a broken connection is repeated", script: []string{"reset", acceptedNew}, times: seconds(0, 3),
		}, {
			name: "no connection at all", script: []string{"reset", "reset", "reset", "reset", "reset"},
			times: seconds(0, 3, 13, 43, 133), wantClass: liveperson.ClassNetwork, wantText: []string{"127.0.0.1:1", "monitoring_domain"},
		}, {
			name: "429 waits as asked", script: []string{"429+7 ", acceptedNew}, times: seconds(0, 7),
		}, {
			name: "429 without Retry-After follows the schedule", script: []string{"429 ", "429 ", acceptedNew}, times: seconds(0, 3, 13),
		}, {
			name: "429 waits a second at least", script: []string{"429+0 ", acceptedNew}, times: seconds(0, 3),
		}, {
			name: "503 waits as asked", script: []string{"503+45 ", acceptedNew}, times: seconds(0, 45),
		}, {
			name: "a loading account of version 1.0 is asked again with its visitor id", script: []string{loadingVersion1, acceptedNew},
			times: seconds(0, 3), queries: []string{"obh=true&v=1.0", "obh=true&v=1.0&vid=myVisitorId"},
		}, {
			name: "202 is no success", script: []string{loadingVersion2, acceptedNew},
			times: seconds(0, 3), queries: []string{"obh=true&v=1.0", "obh=true&v=1.0&vid=myVisitorId"},
		}, {
			name: "202 to the end fails", script: []string{loadingVersion2, loadingVersion2, loadingVersion2, loadingVersion2, loadingVersion2},
			times: seconds(0, 3, 13, 43, 133), wantClass: liveperson.ClassLoading, wantText: []string{"status=202 code=38"},
		}, {
			name: "a loading account without a visitor id keeps the one there is", script: []string{loadingNoIDs, acceptedNew},
			meta: []string{session.MetaVisitorID, "mine"}, times: seconds(0, 3),
			queries: []string{"obh=true&v=1.0&vid=mine", "obh=true&v=1.0&vid=mine"},
		}, {
			name: "ids come from the metadata, escaped", script: []string{acceptedKnown},
			meta: []string{session.MetaVisitorID, "a/b&c", session.MetaSessionID, "d e"}, times: seconds(0),
			queries: []string{"obh=true&sid=d+e&v=1.0&vid=a%2Fb%26c"},
		}, {
			name: "an unknown visitor id is dropped at once", script: []string{badVisitor, acceptedNew},
			meta: []string{session.MetaVisitorID, "old", session.MetaSessionID, "older"}, times: seconds(0, 0),
			queries: []string{"obh=true&sid=older&v=1.0&vid=old", "obh=true&v=1.0"},
		}, {
			name: "an unknown session id is dropped at once", script: []string{badSession, serverError, acceptedNew},
			meta: []string{session.MetaVisitorID, "old", session.MetaSessionID, "older"}, times: seconds(0, 0, 3),
			queries: []string{"obh=true&sid=older&v=1.0&vid=old", "obh=true&v=1.0", "obh=true&v=1.0"},
		}, {
			name: "404/37 without ids to drop fails", script: []string{badVisitor}, times: seconds(0),
			wantClass: liveperson.ClassNotFound, wantText: []string{"status=404 code=37"},
		}, {
			name: "404/37 twice fails", script: []string{badVisitor, badVisitor},
			meta: []string{session.MetaVisitorID, "old"}, times: seconds(0, 0), wantClass: liveperson.ClassNotFound, wantText: []string{"code=37"},
		}, {
			name: "400 fails at once", script: []string{noConsumer}, times: seconds(0),
			wantClass: liveperson.ClassInvalid, wantText: []string{"status=400 code=5", `"consumerId"`, "internalCode 5", "identities[].sub"},
		}, {
			name: "404 fails at once", script: []string{badApp}, times: seconds(0),
			wantClass: liveperson.ClassNotFound, wantText: []string{"monitoring_domain", "account_id", "app_installation_id"},
		}, {
			name: "401 fails at once", script: []string{"401 "}, times: seconds(0),
			wantClass: liveperson.ClassUnauthorised, wantText: []string{"authenticated monitoring"},
		}, {
			name: "403 fails at once", script: []string{"403 "}, times: seconds(0),
			wantClass: liveperson.ClassUnauthorised, wantText: []string{"authenticated monitoring"},
		}, {
			name: "413 fails at once", script: []string{"413 "}, times: seconds(0), wantClass: liveperson.ClassInvalid,
		}, {
			name: "a page that answers 200 to anything is not LivePerson", script: []string{"200 <html>"}, times: seconds(0),
			wantClass: liveperson.ClassNotFound, wantText: []string{"monitoring_domain"},
		}, {
			name: "a success with an error in it is none", script: []string{"200 {\"message\":\"consumerId\",\"internalCode\":5}"}, times: seconds(0),
			wantClass: liveperson.ClassNotFound, wantText: []string{"monitoring_domain", "whether a proxy answers"},
		}, {
			name: "408 of a front end is repeated", script: []string{"408 <html>", acceptedNew}, times: seconds(0, 3),
		}, {
			name: "421 of a front end is repeated", script: []string{"421 ", acceptedNew}, times: seconds(0, 3),
		}, {
			name: "425 of a front end is repeated", script: []string{"425 ", acceptedNew}, times: seconds(0, 3),
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				out, server := scripted(t, test.script...)
				err := out.WriteBatch(t.Context(), service.MessageBatch{message(aReport, test.meta...)})

				assert.Equal(t, test.times, server.times())
				assert.Empty(t, server.script, "answers left over")
				for i, want := range test.queries {
					assert.Equal(t, want, server.requests[i].query)
				}
				for _, request := range server.requests {
					assert.Equal(t, aReport, request.body)
				}
				if test.wantClass == "" {
					require.NoError(t, err)
					return
				}
				require.Error(t, err)
				for _, want := range append(test.wantText, "class="+string(test.wantClass)+" ") {
					assert.ErrorContains(t, err, want)
				}
				for i := 1; i < len(test.meta); i += 2 {
					assert.NotContains(t, err.Error(), test.meta[i], "ids are personal")
				}
			})
		})
	}
}

func TestWriteBatchFailsMessagesOneByOne(t *testing.T) {
	t.Parallel()
	out, server := scripted(t, acceptedNew, noConsumer, acceptedNew)
	failed := message(aReport)
	failed.SetError(errors.New("properties.price: expected a number"))
	batch := service.MessageBatch{
		message(aReport),
		failed,
		message(`not JSON`),
		message(aReport),
		message(`{"engagementAttributes":[]}`),
		message(aReport),
	}
	index := batch.Index()

	err := out.WriteBatch(t.Context(), batch)

	var batchErr *service.BatchError
	require.ErrorAs(t, err, &batchErr)
	got := map[int]string{}
	batchErr.WalkMessagesIndexedBy(index, func(i int, _ *service.Message, err error) bool {
		if err != nil {
			got[i] = err.Error()
		}
		return true
	})
	require.Len(t, got, 4)
	assert.Contains(t, got[1], "class=invalid status=0 code=0 attempts=0: not sent: an earlier processor failed: properties.price")
	assert.Contains(t, got[2], "not JSON")
	// Three messages are sent in parallel, and one of them gets the 400.
	assert.Contains(t, got[0]+got[3]+got[5], "status=400 code=5")
	assert.Contains(t, got[4], "consumerId, identities[].sub")
	assert.Contains(t, err.Error(), "4 of 6 messages failed, the first with: class=invalid")
	assert.Len(t, server.requests, 3, "what can't be accepted is not sent")
}

func TestWriteBatchOfOneFailsWithTheMessagesError(t *testing.T) {
	t.Parallel()
	out, _ := scripted(t, noConsumer)
	err := out.WriteBatch(t.Context(), service.MessageBatch{message(aReport)})
	require.Error(t, err)
	assert.True(t, strings.HasPrefix(err.Error(), "class=invalid status=400 code=5 attempts=1: "), "fallback_error is this text: %s", err)
}

func TestWriteBatchStopsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out, server := scripted(t, serverError)
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)

		err := out.WriteBatch(ctx, service.MessageBatch{message(aReport)})

		require.Error(t, err, "a message that LivePerson has not accepted is never acknowledged")
		assert.Len(t, server.requests, 1)
		assert.Equal(t, time.Second, time.Since(server.start))
	})
}

func TestConnectAsksLessAndLessOften(t *testing.T) {
	t.Parallel()
	down := doerFunc(func(*http.Request) (*http.Response, error) { return nil, errors.New("no route to host") })
	out := outputAt(t, down, service.MockResources(), "", func(c *config) { c.monitoring.Domain = "" })
	var backOff *service.ErrBackOff
	require.ErrorAs(t, out.Connect(t.Context()), &backOff)
	assert.ErrorContains(t, backOff, "resolving monitoring_domain")
}

type doerFunc func(*http.Request) (*http.Response, error)

func (f doerFunc) Do(req *http.Request) (*http.Response, error) { return f(req) }

func TestConnectionTest(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, answer, errContains string
	}{
		{name: "LivePerson refuses a report that names nobody", answer: noConsumer},
		{name: "the account is loading", answer: loadingVersion1},
		{name: "the app installation is unknown", answer: badApp, errContains: "app_installation_id"},
		{name: "the host is not there", answer: "reset", errContains: "127.0.0.1:1"},
		{name: "another server", answer: "400 <html>", errContains: "status=400"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			out, server := scripted(t, test.answer)
			results := out.ConnectionTest(t.Context())
			require.Len(t, results, 1)
			if test.errContains == "" {
				require.NoError(t, results[0].Err)
			} else {
				require.ErrorContains(t, results[0].Err, test.errContains)
			}
			assert.False(t, bytes.Contains([]byte(server.requests[0].body), []byte("consumerId")))
		})
	}
}
