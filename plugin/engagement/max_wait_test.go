package engagement

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/redpanda-data/benthos/v4/public/service"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/benthos-liveperson/benthos-liveperson/internal/liveperson"
)

// page has the settings of a processor whose callers are web pages, as in config/engagement.yaml.
const page = "max_wait: 1s\nconcurrency: 256\n"

const maxWait = time.Second

// weather is the state of LivePerson at a time: how long an answer takes, and whether it is a
// failure.
type weather struct {
	latency time.Duration
	failure error
}

// site asks a processor about visitors, and records each answer.
type site struct {
	processor *processor
	weather   func(since time.Duration) weather
	start     time.Time

	mu      sync.Mutex
	visits  []visit
	asked   int
	waiting sync.WaitGroup
}

// visit is the answer that a visitor got.
type visit struct {
	at, took time.Duration
	err      error
}

func newSite(t *testing.T, yaml string, weather func(time.Duration) weather) *site {
	t.Helper()
	p, err := newProcessor(parse(t, yaml), service.MockResources())
	require.NoError(t, err)
	s := &site{processor: p, weather: weather, start: time.Now()}
	p.asker.livePerson = livePerson{connect: connected, ask: s.answer, close: func() {}}
	return s
}

// answer answers a question as LivePerson would.
func (s *site) answer(ctx context.Context, q liveperson.Question) (liveperson.Offer, error) {
	s.mu.Lock()
	s.asked++
	n := s.asked
	s.mu.Unlock()
	now := s.weather(time.Since(s.start))
	select {
	case <-time.After(now.latency):
	case <-ctx.Done():
		return liveperson.Offer{}, liveperson.Unanswered(ctx.Err())
	}
	if now.failure != nil {
		var e liveperson.Error
		if own := (*liveperson.Error)(nil); errors.As(now.failure, &own) {
			e = *own
		}
		return liveperson.Offer{}, &e
	}
	offer := anOffer
	offer.SessionID, offer.VisitorID = fmt.Sprint("s", n), fmt.Sprint("v", n)
	return offer, nil
}

// visit sends the question of one visitor in a batch with no other message.
func (s *site) visit(t *testing.T, visitor int) {
	s.waiting.Go(func() {
		began := time.Now()
		got, err := s.processor.ProcessBatch(t.Context(), service.MessageBatch{service.NewMessage(fmt.Appendf(nil, `{"consumerId":"c-%d"}`, visitor))})
		assert.NoError(t, err)
		s.mu.Lock()
		defer s.mu.Unlock()
		s.visits = append(s.visits, visit{began.Sub(s.start), time.Since(began), got[0][0].GetError()})
	})
}

var (
	unavailable = &liveperson.Error{Class: liveperson.ClassServer, Status: 503}
	refused     = liveperson.Unanswered(errors.New("connection refused"))
)

// All visitors ask at once. None waits longer than max_wait.
func TestEveryVisitorIsAnsweredInTime(t *testing.T) {
	t.Parallel()
	for _, visitors := range []int{64, 200} {
		for _, latency := range []time.Duration{0, 100 * time.Millisecond, 900 * time.Millisecond, 1100 * time.Millisecond, 2 * time.Second, 5 * time.Second} {
			for name, failure := range map[string]error{"answers": nil, "failures": unavailable} {
				t.Run(fmt.Sprint(visitors, " visitors, ", name, " after ", latency), func(t *testing.T) {
					t.Parallel()
					synctest.Test(t, func(t *testing.T) {
						s := newSite(t, page, func(time.Duration) weather { return weather{latency, failure} })
						for round := range 3 { // the second and third time, sessions are known
							for i := range visitors {
								s.visit(t, i)
							}
							s.waiting.Wait()
							require.Len(t, s.visits, (round+1)*visitors)
						}
						for _, v := range s.visits {
							assert.LessOrEqual(t, v.took, maxWait)
							switch {
							case latency > maxWait:
								assert.Equal(t, liveperson.ClassDeadline, liveperson.ClassOf(v.err))
							case failure != nil:
								assert.Equal(t, liveperson.ClassServer, liveperson.ClassOf(v.err))
							default:
								assert.NoError(t, v.err)
							}
						}
					})
				})
			}
		}
	}
}

// A question waits for a place in flight, for a session or for the Domain API until the deadline.
func TestTheDeadlineBoundsEveryWait(t *testing.T) {
	t.Parallel()
	slow := func(time.Duration) weather { return weather{latency: 900 * time.Millisecond} }
	tests := map[string]struct {
		yaml   string
		spoil  func(*testing.T, *site)
		inTime int // how many of ten visitors get an offer
		text   string
	}{
		"places in flight": {"max_wait: 1s\nconcurrency: 4\n", func(*testing.T, *site) {}, 4, "max_wait of 1s is up"},
		"the Domain API": {page, func(_ *testing.T, s *site) {
			s.processor.asker.livePerson.connect = func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }
		}, 0, "attempts=1: LivePerson did not answer: max_wait of 1s is up"},
		"sessions": {page, func(t *testing.T, s *site) {
			for i := range 10 { // as a report does that waits for the end of an outage
				s.processor.asker.sessions.Begin(fmt.Sprint("c-", i), "", "").RefreshNow(t.Context())
			}
		}, 0, "attempts=1: LivePerson did not answer: max_wait of 1s is up"},
		"retries": {page + "retry_pauses: [100ms, 100ms, 100ms]", func(_ *testing.T, s *site) {
			s.weather = func(time.Duration) weather { return weather{300 * time.Millisecond, unavailable} }
		}, 0, "class=deadline status=0 code=0 attempts=3"},
		"a pause that is too long": {page, func(_ *testing.T, s *site) {
			s.weather = func(time.Duration) weather {
				return weather{0, &liveperson.Error{Class: liveperson.ClassThrottled, Status: 429, RetryAfter: time.Minute}}
			}
		}, 0, "class=throttled status=429"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := newSite(t, test.yaml, slow)
				test.spoil(t, s)
				for i := range 10 {
					s.visit(t, i)
				}
				s.waiting.Wait()
				inTime := 0
				for _, v := range s.visits {
					assert.LessOrEqual(t, v.took, maxWait)
					if v.err == nil {
						inTime++
						continue
					}
					assert.ErrorContains(t, v.err, test.text)
				}
				assert.Equal(t, test.inTime, inTime)
			})
		})
	}
}

// All messages of a batch have the same deadline, because they come together.
func TestABatchHasOneDeadline(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, "max_wait: 1s\nconcurrency: 2", func(time.Duration) weather { return weather{latency: 400 * time.Millisecond} })
		var contents []string
		for i := range 10 {
			contents = append(contents, fmt.Sprintf(`{"consumerId":"c-%d"}`, i))
		}
		began := time.Now()
		offers := 0
		for _, msg := range process(t, s.processor, contents...) {
			if msg.GetError() == nil {
				offers++
			} else {
				assert.Equal(t, liveperson.ClassDeadline, liveperson.ClassOf(msg.GetError()))
			}
		}
		assert.Equal(t, 4, offers)
		assert.Equal(t, maxWait, time.Since(began))
	})
}

// LivePerson fails between the 10th and the 40th second. A visitor comes every 50 ms.
func TestOffersAreBackSoonAfterAnOutage(t *testing.T) {
	t.Parallel()
	const from, until, end = 10 * time.Second, 40 * time.Second, 60 * time.Second
	tests := map[string]struct {
		outage func(since time.Duration) weather
		domain bool // the Domain API does not answer either
	}{
		"503 at once":       {outage: func(time.Duration) weather { return weather{0, unavailable} }},
		"503 after a while": {outage: func(time.Duration) weather { return weather{700 * time.Millisecond, unavailable} }},
		"no connection":     {outage: func(time.Duration) weather { return weather{0, refused} }},
		"no answer":         {outage: func(time.Duration) weather { return weather{time.Hour, nil} }},
		"no Domain API":     {outage: func(time.Duration) weather { return weather{0, unavailable} }, domain: true},
		"answers after 5 s": {outage: func(time.Duration) weather { return weather{5 * time.Second, nil} }},
		"failures, then too slow": {outage: func(since time.Duration) weather {
			return weather{map[bool]time.Duration{true: time.Hour}[since > 20*time.Second], unavailable}
		}},
		"bursts of failures": {outage: func(since time.Duration) weather {
			if since%time.Second < 300*time.Millisecond {
				return weather{0, unavailable}
			}
			return weather{latency: 50 * time.Millisecond}
		}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c := parse(t, page)
				s := newSite(t, page, func(since time.Duration) weather {
					if from <= since && since < until {
						return test.outage(since)
					}
					return weather{latency: 50 * time.Millisecond}
				})
				if test.domain {
					s.processor = processorThatResolves(t, c, s)
				}
				for n := 0; time.Since(s.start) < end; n++ {
					s.visit(t, n%300)
					time.Sleep(50 * time.Millisecond)
				}
				s.waiting.Wait()
				for _, v := range s.visits {
					assert.LessOrEqual(t, v.took, maxWait)
					if v.at < from-maxWait || v.at >= until+5*time.Second {
						assert.NoError(t, v.err, v.at)
					}
				}
			})
		})
	}
}

// processorThatResolves returns a processor whose Domain API does not answer.
func processorThatResolves(t *testing.T, c config, s *site) *processor {
	t.Helper()
	p, err := newProcessor(c, service.MockResources())
	require.NoError(t, err)
	p.asker, err = newAskerOf(livePerson{
		connect: connected, ask: s.answer, close: func() {},
		resolve: func(ctx context.Context) bool { <-ctx.Done(); return false },
	}, c, service.MockResources())
	require.NoError(t, err)
	p.ask = p.asker.ask
	return p
}

func TestTenQuickFailuresSwitchNothingOff(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, page, func(since time.Duration) weather {
			if since < 13*time.Millisecond {
				return weather{time.Millisecond, unavailable}
			}
			return weather{}
		})
		for i := range 20 {
			s.visit(t, i)
			time.Sleep(time.Millisecond)
		}
		s.waiting.Wait()
		for _, v := range s.visits {
			assert.Equal(t, v.at < 13*time.Millisecond, v.err != nil, v.at)
		}
	})
}

// The caller of the first of several questions about a consumer gives up. The others still get the
// answer.
func TestAQuestionThatEndsDoesNotEndOthers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, page, func(time.Duration) weather { return weather{latency: 900 * time.Millisecond} })
		ctx, cancel := context.WithCancel(t.Context())
		var first error
		s.waiting.Go(func() {
			got, err := s.processor.ProcessBatch(ctx, service.MessageBatch{service.NewMessage([]byte(`{"consumerId":"c-1"}`))})
			assert.NoError(t, err)
			first = got[0][0].GetError()
		})
		time.Sleep(100 * time.Millisecond)
		s.visit(t, 1)
		time.Sleep(100 * time.Millisecond)
		cancel()
		s.waiting.Wait()
		require.ErrorIs(t, first, context.Canceled)
		require.Len(t, s.visits, 1)
		require.NoError(t, s.visits[0].err)
		assert.Equal(t, 1, s.asked)
	})
}

// A question joins the request of an earlier question about the same consumer. It keeps its own,
// later deadline.
func TestAQuestionThatJoinsAnotherHasItsOwnDeadline(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, page, func(since time.Duration) weather {
			if since < 500*time.Millisecond {
				return weather{latency: time.Hour}
			}
			return weather{latency: 100 * time.Millisecond}
		})
		s.visit(t, 1)
		time.Sleep(700 * time.Millisecond)
		s.visit(t, 1)
		s.waiting.Wait()
		assert.Equal(t, liveperson.ClassDeadline, liveperson.ClassOf(s.visits[0].err))
		require.NoError(t, s.visits[1].err)
		assert.Equal(t, 400*time.Millisecond, s.visits[1].took)
	})
}

// A report is about to start the visitor's session. The question waits for half of its time and
// then makes its own request.
func TestAQuestionWithADeadlineDoesNotWaitForAReportThatWaits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, page, func(time.Duration) weather { return weather{latency: 400 * time.Millisecond} })
		report := s.processor.asker.sessions.Begin("c-1", "", "")
		report.RefreshNow(t.Context())
		s.visit(t, 1)
		s.waiting.Wait()
		require.NoError(t, s.visits[0].err)
		assert.Equal(t, 900*time.Millisecond, s.visits[0].took)
	})
}
