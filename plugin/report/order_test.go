package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
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
	"github.com/benthos-liveperson/benthos-liveperson/internal/output/outputtest"
)

// shop is a LivePerson that follows a script for each event. It records the events that it has
// accepted, in order.
type shop struct {
	mu       sync.Mutex
	scripts  map[string][]string // answers by lead id; an event without a next answer is accepted
	accepted map[string][]string // lead ids by consumer
	requests int
	inFlight int
	most     int // the most requests in flight at a time
	sessions int
	onAccept func(consumer string)
	upAt     time.Time // it is down until then
}

func (s *shop) RoundTrip(req *http.Request) (*http.Response, error) {
	var report struct {
		ConsumerID           string
		EngagementAttributes []struct{ Lead struct{ LeadID string } }
	}
	body, err := io.ReadAll(req.Body)
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(body, &report); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests++
	s.inFlight++
	s.most = max(s.most, s.inFlight)
	defer func() { s.inFlight-- }()
	s.mu.Unlock()
	time.Sleep(10 * time.Millisecond) // the service time, on the fake clock
	s.mu.Lock()
	if time.Now().Before(s.upAt) {
		return respond(503, ""), nil
	}
	answer := "200"
	for _, attribute := range report.EngagementAttributes {
		id := attribute.Lead.LeadID
		if script := s.scripts[id]; len(script) > 0 {
			// One bad event makes LivePerson refuse the whole report. The event keeps its 400 until it comes
			// alone.
			if len(report.EngagementAttributes) > 1 && script[0] == "400" {
				answer = "400"
				break
			}
			answer, s.scripts[id] = script[0], script[1:]
			if len(report.EngagementAttributes) == 1 {
				break
			}
			// One answer counts for all events of the report, so each script loses its next answer.
		}
	}
	if answer == "404" && req.URL.Query().Get("sid") == "" {
		answer = "200" // 404 makes sense only if ids were sent
	}
	switch answer {
	case "reset":
		return nil, errors.New("connection reset by peer")
	case "hang":
		s.mu.Unlock()
		<-req.Context().Done()
		s.mu.Lock()
		return nil, req.Context().Err()
	case "200":
		for _, attribute := range report.EngagementAttributes {
			s.accepted[report.ConsumerID] = append(s.accepted[report.ConsumerID], attribute.Lead.LeadID)
		}
		if s.onAccept != nil {
			s.onAccept(report.ConsumerID)
		}
		if req.URL.Query().Get("sid") == "" {
			s.sessions++
			return respond(201, acceptedNew[4:]), nil
		}
		return respond(200, acceptedKnown[4:]), nil
	case "202":
		return respond(202, loadingVersion2[4:]), nil
	case "429":
		res := respond(429, "")
		res.Header.Set("Retry-After", "2")
		return res, nil
	case "404":
		return respond(404, badSession[4:]), nil
	case "400":
		return respond(400, noConsumer[4:]), nil
	}
	return respond(503, ""), nil
}

func respond(status int, body string) *http.Response {
	return &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body))}
}

const usualConcurrency = 64

// newShop returns an output that sends to a shop.
func newShop(t *testing.T, s http.RoundTripper, yaml string, change func(*config)) *reportOutput {
	t.Helper()
	return outputAt(t, &http.Client{Transport: s, Timeout: 10 * time.Second}, service.MockResources(), yaml, change)
}

// countsAttempts turns the breaker off, for tests that count the attempts of an event.
func countsAttempts(c *config) { c.requests.NeverDown = true }

// driving returns a Driver, which gives batches to an output as Benthos does. It names messages by
// their lead ids.
func driving(out *reportOutput, writers int) *outputtest.Driver {
	return &outputtest.Driver{Output: out, Writers: writers, Name: leadID}
}

func leadID(msg *service.Message) string {
	content, err := msg.AsBytes()
	if err != nil {
		panic(err)
	}
	var report struct {
		EngagementAttributes []struct{ Lead struct{ LeadID string } }
	}
	if err := json.NewDecoder(bytes.NewReader(content)).Decode(&report); err != nil {
		panic(err)
	}
	return report.EngagementAttributes[0].Lead.LeadID
}

// events returns batches of size messages. They have each events of every consumer, in random
// order.
func events(random *rand.Rand, consumers, each, size int) (batches []service.MessageBatch, ids map[string][]string) {
	next := make([]int, consumers)
	ids = map[string][]string{}
	var batch service.MessageBatch
	for range consumers * each {
		c := random.IntN(consumers)
		for next[c] == each {
			c = (c + 1) % consumers
		}
		consumer := fmt.Sprintf("c%d", c)
		id := fmt.Sprintf("%s-%d", consumer, next[c])
		next[c]++
		ids[consumer] = append(ids[consumer], id)
		msg := message(fmt.Sprintf(`{"consumerId":%q,"entryPoints":[%q],"engagementAttributes":[{"type":"lead","lead":{"leadId":%q}}]}`, consumer, "https://shop.example.com/", id))
		if batch = append(batch, msg); len(batch) == size {
			batches = append(batches, batch)
			batch = nil
		}
	}
	if batch != nil {
		batches = append(batches, batch)
	}
	return batches, ids
}

// The answers that an event may get, and the class with which it then fails.
var scripts = []struct {
	answers []string
	class   liveperson.Class
}{
	{answers: nil},
	{answers: nil},
	{answers: nil},
	{answers: []string{"500", "500"}},
	{answers: []string{"429"}},
	{answers: []string{"reset", "hang"}},
	{answers: []string{"202"}},
	{answers: []string{"404"}},
	{answers: []string{"202", "429", "500", "reset"}},
	{answers: []string{"400"}, class: liveperson.ClassInvalid},
	{answers: []string{"500", "400"}, class: liveperson.ClassInvalid},
	{answers: []string{"503", "503", "503", "503", "503"}, class: liveperson.ClassServer},
	{answers: []string{"reset", "reset", "reset", "reset", "reset"}, class: liveperson.ClassNetwork},
	{answers: []string{"429", "429", "429", "429", "429"}, class: liveperson.ClassThrottled},
}

// Fifty consumers have forty events each, 64 goroutines race, and LivePerson gives answers of every
// kind. Each event is accepted once or fails once with the right class. The accepted events of a
// consumer are in order.
func TestOrderHoldsWhateverTheAnswers(t *testing.T) {
	t.Parallel()
	for _, seed := range outputtest.Seeds(100) {
		size := []int{1, 7, 100}[seed%3]
		t.Run(fmt.Sprintf("seed %d, batches of %d", seed, size), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				random := rand.New(rand.NewPCG(seed, 1))
				batches, ids := events(random, 50, 40, size)
				s := &shop{scripts: map[string][]string{}, accepted: map[string][]string{}}
				wantFailed := map[string]liveperson.Class{}
				wantAccepted := map[string][]string{}
				for consumer, all := range ids {
					for _, id := range all {
						script := scripts[random.IntN(len(scripts))]
						s.scripts[id] = script.answers
						if script.class != "" {
							wantFailed[id] = script.class
						} else {
							wantAccepted[consumer] = append(wantAccepted[consumer], id)
						}
					}
				}
				out := newShop(t, s, fmt.Sprintf("concurrency: %d", 1+seed%64), countsAttempts)
				e := driving(out, 64)
				e.Run(t.Context(), batches)

				assert.Equal(t, 2000, e.Acked)
				assert.Equal(t, wantAccepted, s.accepted)
				gotFailed := map[string]liveperson.Class{}
				for id, err := range e.Failed {
					gotFailed[id] = liveperson.ClassOf(err)
				}
				assert.Equal(t, wantFailed, gotFailed)
				assert.Zero(t, out.Held())
			})
		})
	}
}

func TestCoalescingKeepsOrderAndOutcomes(t *testing.T) {
	t.Parallel()
	for _, seed := range outputtest.Seeds(30) {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				random := rand.New(rand.NewPCG(seed, 2))
				batches, ids := events(random, 10, 100, []int{1, 7, 100}[seed%3])
				s := &shop{scripts: map[string][]string{}, accepted: map[string][]string{}}
				wantFailed := 0
				wantAccepted := map[string][]string{}
				for consumer, all := range ids {
					for _, id := range all {
						switch random.IntN(20) {
						case 0:
							s.scripts[id] = []string{"400"}
							wantFailed++
							continue
						case 1:
							s.scripts[id] = []string{"500"}
						}
						wantAccepted[consumer] = append(wantAccepted[consumer], id)
					}
				}
				e := driving(newShop(t, s, "coalesce: true", countsAttempts), 1000)
				e.Run(t.Context(), batches)

				assert.Equal(t, wantAccepted, s.accepted)
				assert.Len(t, e.Failed, wantFailed)
				assert.Less(t, s.requests, 1000, "of 1,000 events that wait for each other many go together")
			})
		})
	}
}

// Some consumers get only 503. The other consumers finish as soon as they would without them,
// even if more consumers are in trouble than requests may be in flight.
func TestAConsumerInTroubleHoldsUpNoOther(t *testing.T) {
	t.Parallel()
	finished := func(t *testing.T, troubled, concurrency, consumers, size int) (took time.Duration) {
		synctest.Test(t, func(t *testing.T) {
			batches, ids := events(rand.New(rand.NewPCG(3, 3)), consumers, 20, size)
			s := &shop{scripts: map[string][]string{}, accepted: map[string][]string{}}
			for i := range troubled {
				for _, id := range ids[fmt.Sprintf("c%d", i)] {
					s.scripts[id] = []string{"500", "500", "500", "500", "500"} // not 503, which is a sign of load and lowers the number in flight
				}
			}
			e := driving(newShop(t, s, fmt.Sprintf("concurrency: %d", concurrency), countsAttempts), 1000)
			start := time.Now()
			s.onAccept = func(string) { took = time.Since(start) } // at the end: the time of the last one
			e.Run(t.Context(), batches)
			assert.Len(t, s.accepted, consumers-troubled)
			assert.Len(t, e.Failed, 20*troubled)
		})
		return took
	}
	for _, size := range []int{1, 100} {
		for _, test := range []struct{ concurrency, consumers, troubled int }{{usualConcurrency, 100, 1}, {2, 20, 4}} {
			without := finished(t, 0, test.concurrency, test.consumers, size)
			with := finished(t, test.troubled, test.concurrency, test.consumers, size)
			t.Logf("batches of %d, %d in trouble: %s without, %s with", size, test.troubled, without, with)
			assert.LessOrEqual(t, with.Seconds(), 1.2*without.Seconds())
		}
	}
}

// The output uses all of its concurrency and no more, with and without order.
func TestSoManyRequestsAtATime(t *testing.T) {
	t.Parallel()
	for _, ordering := range []string{orderingConsumer, orderingNone} {
		for _, concurrency := range []int{1, 2, 5, 16} {
			synctest.Test(t, func(t *testing.T) {
				batches, _ := events(rand.New(rand.NewPCG(5, 5)), 50, 4, 100)
				s := &shop{scripts: map[string][]string{}, accepted: map[string][]string{}}
				yaml := fmt.Sprintf("ordering: %s\nconcurrency: %d", ordering, concurrency)
				driving(newShop(t, s, yaml, countsAttempts), 64).Run(t.Context(), batches)
				assert.Equal(t, concurrency, s.most, yaml)
			})
		}
	}
}

func TestAConsumersFirstEventsMakeOneSession(t *testing.T) {
	t.Parallel()
	for _, ordering := range []string{orderingConsumer, orderingNone} {
		synctest.Test(t, func(t *testing.T) {
			batches, _ := events(rand.New(rand.NewPCG(4, 4)), 5, 40, 7)
			s := &shop{scripts: map[string][]string{"c1-0": {"202"}, "c2-0": {"500"}}, accepted: map[string][]string{}}
			e := driving(newShop(t, s, "ordering: "+ordering, countsAttempts), 64)
			e.Run(t.Context(), batches)
			assert.Empty(t, e.Failed)
			assert.Equal(t, 5, s.sessions, ordering)
		})
	}
}

// While LivePerson is down, the output is not connected, and it makes one probe at a time. When
// LivePerson is back, all events are sent, in order and without repetitions.
func TestLivePersonGoesDownAndComesBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		batches, ids := events(rand.New(rand.NewPCG(5, 5)), 20, 10, 1)
		s := &shop{scripts: map[string][]string{}, accepted: map[string][]string{}}
		down := true
		e := driving(newShop(t, roundTripper(func(req *http.Request) (*http.Response, error) {
			s.mu.Lock()
			isDown := down
			if isDown {
				s.requests++
			}
			s.mu.Unlock()
			if isDown {
				return respond(503, ""), nil
			}
			return s.RoundTrip(req)
		}), "", nil), 1000)
		ran := make(chan struct{})
		go func() { e.Run(t.Context(), batches); close(ran) }()

		time.Sleep(time.Minute)
		s.mu.Lock()
		before := s.requests
		s.mu.Unlock()
		time.Sleep(7 * time.Minute) // two probes, after 2 and 4 minutes
		s.mu.Lock()
		assert.Equal(t, 2, s.requests-before)
		down = false
		s.mu.Unlock()

		<-ran // the third, after 8 minutes, gets through
		assert.Empty(t, e.Failed)
		assert.Equal(t, ids, s.accepted)
		require.Len(t, e.Disconnected, 1, "Benthos logs it once")
		assert.Contains(t, e.Disconnected[0], "LivePerson does not answer, or answers only with errors: messages wait; the last error: class=server status=503 code=0 attempts=1: LivePerson answered 503 Service Unavailable")
	})
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

// Events that wait during an outage are neither lost nor failed, however long it is.
func TestAnOutageUsesUpNoPauses(t *testing.T) {
	t.Parallel()
	for _, outage := range []time.Duration{5 * time.Minute, time.Hour, 3 * time.Hour} {
		t.Run(outage.String(), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				batches, ids := events(rand.New(rand.NewPCG(6, 6)), 3, 2, 1)
				s := &shop{scripts: map[string][]string{}, accepted: map[string][]string{}, upAt: time.Now().Add(outage)}
				e := driving(newShop(t, s, "", nil), 8)
				e.Run(t.Context(), batches)
				assert.Equal(t, ids, s.accepted)
				assert.Empty(t, e.Failed)
				assert.Less(t, s.requests, 100)
			})
		})
	}
}
