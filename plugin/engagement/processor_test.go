package engagement

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/redpanda-data/benthos/v4/public/service"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/benthos-liveperson/benthos-liveperson/internal/liveperson"
	"github.com/benthos-liveperson/benthos-liveperson/internal/session"
)

// processing returns a processor and its server.
func processing(t *testing.T, yaml string, errs ...error) (*processor, *server) {
	t.Helper()
	p, err := newProcessor(parse(t, yaml), service.MockResources())
	require.NoError(t, err)
	s := &server{errs: errs, offer: anOffer, start: time.Now()}
	p.asker.livePerson = livePerson{connect: connected, ask: s.answer, update: s.update, close: func() {}}
	return p, s
}

func process(t *testing.T, p *processor, contents ...string) service.MessageBatch {
	t.Helper()
	var batch service.MessageBatch
	for _, content := range contents {
		msg := service.NewMessage([]byte(content))
		msg.MetaSet("own", "kept")
		batch = append(batch, msg)
	}
	got, err := p.ProcessBatch(t.Context(), batch)
	require.NoError(t, err)
	require.Len(t, got, 1)
	require.Len(t, got[0], len(contents))
	for i, content := range contents {
		before, err := batch[i].AsBytes()
		require.NoError(t, err)
		assert.Equal(t, content, string(before), "what was given stays as it is")
		require.NoError(t, batch[i].GetError())
		_, exists := batch[i].MetaGet(session.MetaSessionID)
		assert.False(t, exists)
	}
	return got[0]
}

func text(t *testing.T, msg *service.Message) string {
	t.Helper()
	content, err := msg.AsBytes()
	require.NoError(t, err)
	return string(content)
}

const (
	asked  = `{"consumerId":"c","entryPoints":["https://a/"]}`
	answer = `{"engagement":{"campaign_id":"1","context_id":"1","engagement_id":"2","valid_until":"2000-01-01T00:15:01Z"},"page_id":"7","session_id":"s","status":"available","visitor_id":"v"}`
)

func TestAnswersGoIntoTheMessage(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ yaml, content, want string }{
		"by default, beside what is there": {"", asked, asked[:len(asked)-1] + `,"liveperson":` + answer + `}`},
		"as the user wants it":             {"result_map: root.offer = this.engagement.campaign_id", asked, asked[:len(asked)-1] + `,"offer":"1"}`},
		"in place of the message":          {"result_map: root = this", asked, answer},
		"with the message's metadata":      {"result_map: root.own = @own", asked, asked[:len(asked)-1] + `,"own":"kept"}`},
		"with a request of the user's": {
			"request_map: root.entryPoints = [this.url]\nresult_map: root.status = this.status", `{"url":"https://a/"}`, `{"status":"available","url":"https://a/"}`,
		},
		"not at all":    {"result_map: ''", asked, asked},
		"not asked for": {"request_map: root = if this.total < 100 { deleted() }", `{"total":99}`, `{"total":99}`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				p, s := processing(t, test.yaml)
				msg := process(t, p, test.content)[0]
				require.NoError(t, msg.GetError())
				assert.JSONEq(t, test.want, text(t, msg))
				visitor, _ := msg.MetaGet(session.MetaVisitorID)
				session, _ := msg.MetaGet(session.MetaSessionID)
				if len(s.asked) == 0 {
					assert.Empty(t, visitor+session)
					assert.Equal(t, "not asked for", name)
					return
				}
				assert.Equal(t, []string{"v", "s"}, []string{visitor, session})
			})
		})
	}
}

// The App Engagement API does not accept identities. They still identify the consumer, who has one
// session.
func TestWhoIsAskedAbout(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ yaml, content, consumer string }{
		"Monitoring API":     {"", `{"identities":[{"sub":"c"}]}`, "c"},
		"App Engagement API": {"api: app_engagement", `{"identities":[{"sub":"c"}]}`, "c"},
		"by consumerId":      {"api: app_engagement", `{"consumerId":"c"}`, "c"},
		"of a request":       {"api: app_engagement\nrequest_map: 'root.consumerId = this.who'", `{"who":"c"}`, "c"},
		"by the user's way":  {"api: app_engagement\nconsumer: '${! this.consumerSections.0 }'", `{"consumerSections":["c"]}`, "c"},
		"nobody":             {"api: app_engagement", `{"consumerSections":["c"]}`, ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				p, s := processing(t, test.yaml)
				require.NoError(t, process(t, p, test.content)[0].GetError())
				require.NoError(t, process(t, p, test.content)[0].GetError())
				assert.Empty(t, s.asked[0].sessionID)
				if test.consumer == "" {
					assert.Empty(t, s.asked[1].sessionID)
					return
				}
				assert.Equal(t, []string{"v", "s"}, []string{s.asked[1].visitorID, s.asked[1].sessionID})
				assert.Equal(t, "s", p.asker.sessions.Known(t.Context(), test.consumer).SessionID)
			})
		})
	}
}

func TestIDsThatTheMessageCarries(t *testing.T) {
	t.Parallel()
	const ids = "meta liveperson_visitor_id = this.vid\n  meta liveperson_session_id = this.sid\n  root = {}\n"
	tests := map[string]struct{ yaml, content, visitorID, sessionID string }{
		"as metadata":        {"", `{}`, "v1", "s1"},
		"beside a request":   {"request_map: root = {}", `{"a":1}`, "v1", "s1"},
		"by the request_map": {"request_map: |\n  " + ids, `{"vid":"v1","sid":"s1"}`, "", ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				p, s := processing(t, test.yaml)
				msg := service.NewMessage([]byte(test.content))
				msg.MetaSet(session.MetaVisitorID, test.visitorID)
				msg.MetaSet(session.MetaSessionID, test.sessionID)
				_, err := p.ProcessBatch(t.Context(), service.MessageBatch{msg})
				require.NoError(t, err)
				require.Len(t, s.asked, 1)
				assert.Equal(t, []string{"v1", "s1"}, []string{s.asked[0].visitorID, s.asked[0].sessionID})
			})
		})
	}
}

func TestIdentity(t *testing.T) {
	t.Parallel()
	const request = `{"consumerId":"c1","identities":[{"sub":"s1"}]}`
	for identity, want := range map[string][]string{
		"always":       {request, request, request},
		"unless_visit": {request, request, `{}`},
		"never":        {`{}`, `{}`, `{}`},
	} {
		synctest.Test(t, func(t *testing.T) {
			p, s := processing(t, "identity: "+identity)
			for _, ids := range [][2]string{{}, {"v1", ""}, {"v1", "s1"}} {
				msg := service.NewMessage([]byte(request))
				msg.MetaSet(session.MetaVisitorID, ids[0])
				msg.MetaSet(session.MetaSessionID, ids[1])
				_, err := p.ProcessBatch(t.Context(), service.MessageBatch{msg})
				require.NoError(t, err)
			}
			require.Len(t, s.asked, 3)
			for i, asked := range s.asked {
				assert.JSONEq(t, want[i], asked.body, identity)
			}
			assert.Equal(t, "s", p.asker.sessions.Known(t.Context(), "s1").SessionID, "the session is the consumer's")
		})
	}
}

// The answer has the id of the visitor's session. The next question about the visitor uses this session, also
// for another consumer.
func TestAQuestionWithAVisitorIDContinuesItsSession(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p, s := processing(t, "")
		process(t, p, `{"consumerId":"c-1"}`)
		for consumer, ids := range map[string][2]string{"c-2": {"v", ""}, "c-3": {"", "s." + strings.Repeat("0", 40)}} {
			msg := service.NewMessage([]byte(`{"consumerId":"` + consumer + `"}`))
			msg.MetaSet(session.MetaVisitorID, ids[0])
			msg.MetaSet(session.MetaSessionID, ids[1])
			_, err := p.ProcessBatch(t.Context(), service.MessageBatch{msg})
			require.NoError(t, err)
		}
		require.Len(t, s.asked, 3)
		for _, asked := range s.asked[1:] {
			assert.Equal(t, [2]string{"v", "s"}, [2]string{asked.visitorID, asked.sessionID})
		}
	})
}

// The user's expression may read other messages of the batch.
func TestConsumersOfABatchThatLooksAtItself(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p, s := processing(t, `consumer: '${! json("shop").from(0) }-${! json("who") }'`+"\nrequest_map: root = {}")
		contents := make([]string, 50)
		for i := range contents {
			contents[i] = fmt.Sprintf(`{"shop":"a","who":%d}`, i)
		}
		for _, msg := range process(t, p, contents...) {
			require.NoError(t, msg.GetError())
		}
		assert.Len(t, s.asked, len(contents))
		assert.Equal(t, "s", p.asker.sessions.Known(t.Context(), "a-49").SessionID)
	})
}

func TestFailuresMarkTheMessage(t *testing.T) {
	t.Parallel()
	const private = "jane.roe@example.com"
	refused := &liveperson.Error{Class: liveperson.ClassInvalid, Status: 400, Code: 5}
	tests := map[string]struct {
		yaml, content string
		errs          []error
		errContains   string
		calls         int
	}{
		"LivePerson refuses":     {"", asked, []error{refused}, "class=invalid status=400 code=5 attempts=1", 1},
		"what it would refuse":   {"", `{"clientProperties":{"os":"` + private + `"}}`, nil, "class=invalid status=0 code=0 attempts=0: not sent: clientProperties.os: expected one of", 0},
		"no JSON":                {"", private, nil, "not sent: expected a JSON object", 0},
		"no object":              {"", `["` + private + `"]`, nil, "not sent: expected a JSON object with the request to LivePerson; make one with request_map", 0},
		"request_map fails":      {"request_map: |\n  root.a = 1\n  root.b = this.mail.number()", `{"mail":"` + private + `"}`, nil, "request_map, line 2: fails for this message", 0},
		"request_map gives text": {"request_map: root = this.mail", `{"mail":"` + private + `"}`, nil, "expected a JSON object", 0},
		"result_map fails":       {"result_map: root.a = this.status.number()", asked, nil, "result_map, line 1: fails for this message", 1},
		"result_map drops":       {"result_map: root = deleted()", asked, nil, "result_map: can't drop messages", 1},
		"cache_key fails":        {"request_map: root = {}\ncache_key: ${! json().mail.number() }", `{"mail":"` + private + `"}`, nil, "cache_key: can't be read", 0},
		"consumer fails":         {"consumer: ${! json().mail.number() }", `{"consumerId":"c"}`, nil, "consumer: can't be read", 0},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				p, s := processing(t, test.yaml, test.errs...)
				msg := process(t, p, test.content)[0]
				require.ErrorContains(t, msg.GetError(), test.errContains)
				assert.NotContains(t, msg.GetError().Error(), private)
				assert.Equal(t, test.content, text(t, msg), "unchanged")
				assert.Len(t, s.asked, test.calls)
			})
		})
	}
}

func TestWhatHasFailedBeforeIsNotAsked(t *testing.T) {
	t.Parallel()
	p, s := processing(t, "")
	failed := service.NewMessage([]byte(asked))
	failed.SetError(errors.New("earlier"))
	got, err := p.ProcessBatch(t.Context(), service.MessageBatch{failed})
	require.NoError(t, err)
	assert.EqualError(t, got[0][0].GetError(), "earlier")
	assert.Empty(t, s.asked)
}

func TestABatchIsAskedForInParallelAndKeepsItsOrder(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		yaml        string
		least, most int // bounds of the requests in flight at a time; the limit rises while requests succeed
	}{
		"many at once":      {"", 11, 64},
		"ten at a time":     {"concurrency: 10", 5, 10},
		"one after another": {"concurrency: 1", 1, 1},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				p, s := processing(t, test.yaml+"\nresult_map: root.status = this.status")
				var contents []string
				for i := range 50 {
					contents = append(contents, fmt.Sprintf(`{"consumerId":"c%d"}`, i))
				}
				contents[20] = `{"consumerId":1}`
				batch := process(t, p, contents...)
				for i, msg := range batch {
					if i == 20 {
						require.Error(t, msg.GetError(), "alone")
						continue
					}
					require.NoError(t, msg.GetError())
					assert.JSONEq(t, strings.TrimSuffix(contents[i], "}")+`,"status":"available"}`, text(t, msg))
				}
				assert.Len(t, s.asked, 49)
				assert.GreaterOrEqual(t, s.most, test.least)
				assert.LessOrEqual(t, s.most, test.most)
			})
		})
	}
}

func TestACancelledBatchEnds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p, _ := processing(t, "", &liveperson.Error{Class: liveperson.ClassServer, Status: 503})
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		got, err := p.ProcessBatch(ctx, service.MessageBatch{service.NewMessage([]byte(asked))})
		require.NoError(t, err)
		assert.ErrorIs(t, got[0][0].GetError(), context.DeadlineExceeded)
		require.NoError(t, p.Close(t.Context())) // ends the request; otherwise the synctest bubble would not end
	})
}
