package readback

import (
	"context"
	"encoding/json"
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/redpanda-data/benthos/v4/public/service"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/benthos-liveperson/benthos-liveperson/internal/liveperson"
	"github.com/benthos-liveperson/benthos-liveperson/internal/readback"
)

const byLogin = "account_id: '12345678'\ncredentials: {login: {user: u, password: p}}\n"

// asking returns a processor that asks a function instead of LivePerson.
func asking(t *testing.T, yaml string, answer func(n int, q question) (found, error)) *processor {
	t.Helper()
	parsed, err := spec().ParseYAML(byLogin+yaml, nil)
	require.NoError(t, err)
	c, err := configFromParsed(parsed)
	require.NoError(t, err)
	p, err := newProcessor(c, service.MockResources())
	require.NoError(t, err)
	var asked atomic.Int64
	p.ask = func(_ context.Context, q question) (found, error) {
		f, err := answer(int(asked.Add(1)), q)
		f.asked, f.At = time.Now(), time.Now()
		return f, err
	}
	return p
}

// lead returns an answer with a lead that LivePerson received at a time.
func lead(topic string, at time.Time) found {
	return found{Stored: liveperson.Stored{Attributes: []liveperson.StoredAttribute{
		{Type: "lead", Time: at, Members: map[string]any{"lead": map[string]any{"topic": topic}}},
	}}}
}

// receipt returns a receipt of a report with a lead.
func receipt(at time.Time, more string) string {
	return fmt.Sprintf(`{"version":1,"time":%q,"type":"liveperson_report","result":"accepted","visitor_id":"v","session_id":"s","conversation_id":"c-1","latencies_ms":[20,12.5],"request":{"engagementAttributes":[{"type":"lead","lead":{"topic":"loan"}}]}%s}`,
		at.UTC().Format("2006-01-02T15:04:05.000Z"), more)
}

func process(t *testing.T, p *processor, contents ...string) (batch service.MessageBatch) {
	t.Helper()
	for _, content := range contents {
		batch = append(batch, service.NewMessage([]byte(content)))
	}
	got, err := p.ProcessBatch(t.Context(), batch)
	require.NoError(t, err)
	require.Len(t, got, 1)
	for i, msg := range got[0] {
		content, err := msg.AsBytes()
		require.NoError(t, err)
		assert.Equal(t, contents[i], string(content), "the content stays")
	}
	return got[0]
}

// said returns the result of a message and its details as JSON.
func said(t *testing.T, msg *service.Message) (outcome, details string) {
	t.Helper()
	outcome, _ = msg.MetaGet(metaOutcome)
	result, there := msg.MetaGetMut(metaResult)
	if !there {
		return outcome, ""
	}
	text, err := json.Marshal(result)
	require.NoError(t, err)
	return outcome, string(text)
}

const lost = `{"different":[],"matched":[],"missing":["lead"],"unknown":[]}`

func unknown(reason readback.Reason) string {
	return `{"different":[],"matched":[],"missing":[],"unknown":[{"reason":"` + string(reason) + `"}]}`
}

func TestResults(t *testing.T) {
	t.Parallel()
	report := `{"consumerId":"c-0","engagementAttributes":[{"type":"lead","lead":{"topic":"loan"}}]}`
	for name, test := range map[string]struct {
		yaml, content    string
		answer           found
		err              error
		outcome, details string
		fails            bool
	}{
		"a receipt that matches":   {"", receipt(time.Now(), ""), lead("loan", time.Time{}), nil, "matched", `{"different":[],"matched":["lead"],"missing":[],"unknown":[]}`, false},
		"a receipt that is lost":   {"", receipt(time.Now(), ""), found{}, nil, "missing", lost, false},
		"types alone":              {"", `{"time":"2026-01-02T03:04:05.678Z","type":"liveperson_report","result":"accepted","visitor_id":"v","session_id":"s","attributes":["lead","cart"]}`, lead("x", time.Now()), nil, "unknown", unknown(readback.TooOld), false},
		"not accepted":             {"", `{"type":"liveperson_report","result":"refused"}`, found{}, nil, "unknown", unknown(readback.NotAccepted), false},
		"no ids":                   {"", `{"type":"liveperson_report","result":"accepted","time":"2026-01-02T03:04:05Z","visitor_id":"v"}`, found{}, nil, "unknown", unknown(readback.NoIDs), false},
		"a report without ids":     {"", report, found{}, nil, "unknown", unknown(readback.NoIDs), false},
		"no conversation id":       {"ask: interactions", report, found{}, nil, "unknown", unknown(readback.NoIDs), false},
		"no JSON":                  {"", `hello`, found{}, nil, "unknown", unknown(readback.Unreadable), true},
		"another object":           {"", `{"a":1}`, found{}, nil, "unknown", unknown(readback.Unreadable), true},
		"a receipt without time":   {"", `{"type":"liveperson_report","result":"accepted","visitor_id":"v","session_id":"s"}`, found{}, nil, "unknown", unknown(readback.Unreadable), true},
		"the visit is gone":        {"", receipt(time.Now(), ""), found{}, goneVisit(t), "unknown", unknown(readback.NoVisit), false},
		"LivePerson fails":         {"", receipt(time.Now(), ""), found{}, liveperson.Down(time.Second), "unknown", unknown(readback.RequestFailed), true},
		"no conversation":          {"ask: interactions\ndelay: 0s", receipt(time.Now(), ""), found{reason: readback.NoConversation}, nil, "unknown", unknown(readback.NoConversation), false},
		"nothing to search for":    {"ask: search\ndelay: 0s", receipt(time.Now(), ""), found{reason: readback.NotSearchable}, nil, "unknown", unknown(readback.NotSearchable), false},
		"a search that would wait": {"ask: search", receipt(time.Now(), ""), found{}, nil, "unknown", unknown(readback.TooEarly), false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := asking(t, "recheck_pauses: []\n"+test.yaml, func(int, question) (found, error) { return test.answer, test.err })
			msg := process(t, p, test.content)[0]
			outcome, details := said(t, msg)
			assert.Equal(t, test.outcome, outcome)
			assert.JSONEq(t, test.details, details)
			assert.Equal(t, test.fails, msg.GetError() != nil)
			if test.fails {
				assert.Regexp(t, `^class=\S+ status=\d+ code=\d+ attempts=\d+: `, msg.GetError().Error())
			}
		})
	}
}

// goneVisit returns the error for a visit that LivePerson does not have.
func goneVisit(t *testing.T) error {
	t.Helper()
	err := &liveperson.Error{Class: liveperson.ClassNotFound, Status: 404, Code: 12}
	require.True(t, liveperson.NoVisit(err))
	return err
}

func TestReportsHaveTheirIDsInMetadata(t *testing.T) {
	t.Parallel()
	p := asking(t, "", func(_ int, q question) (found, error) {
		assert.Equal(t, [2]string{"v", "s"}, [2]string{q.visitorID, q.sessionID})
		return lead("loan", time.Time{}), nil
	})
	msg := service.NewMessage([]byte(`{"engagementAttributes":[{"type":"lead","lead":{"topic":"loan"}}]}`))
	msg.MetaSet(metaVisitorID, "v")
	msg.MetaSet(metaSessionID, "s")
	got, err := p.ProcessBatch(t.Context(), service.MessageBatch{msg})
	require.NoError(t, err)
	outcome, _ := said(t, got[0][0])
	assert.Equal(t, "matched", outcome)
	_, changed := msg.MetaGet(metaOutcome)
	assert.False(t, changed, "what was given stays as it is")
}

func TestMessagesOfAnotherStepsFailureGoOn(t *testing.T) {
	t.Parallel()
	p := asking(t, "", func(int, question) (found, error) { panic("not asked") })
	msg := service.NewMessage([]byte(receipt(time.Now(), "")))
	msg.SetError(assert.AnError)
	got, err := p.ProcessBatch(t.Context(), service.MessageBatch{msg})
	require.NoError(t, err)
	assert.Equal(t, assert.AnError, got[0][0].GetError())
	outcome, _ := said(t, got[0][0])
	assert.Empty(t, outcome)
}

func TestWhatIsMissingIsAskedForAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		begun := time.Now()
		p := asking(t, "", func(n int, _ question) (found, error) {
			if n < 3 {
				return found{}, nil
			}
			return lead("loan", begun), nil
		})
		outcome, _ := said(t, process(t, p, receipt(begun, ""))[0])
		assert.Equal(t, "matched", outcome)
		assert.Equal(t, 5*time.Second, time.Since(begun))
	})
	synctest.Test(t, func(t *testing.T) {
		begun, asked := time.Now(), 0
		p := asking(t, "", func(n int, _ question) (found, error) {
			asked = n
			return found{}, nil
		})
		outcome, _ := said(t, process(t, p, receipt(begun, ""))[0])
		assert.Equal(t, "missing", outcome)
		assert.Equal(t, 20*time.Second, time.Since(begun))
		assert.Equal(t, 4, asked)

		outcome, _ = said(t, process(t, p, receipt(time.Now().Add(-21*time.Second), ""))[0])
		assert.Equal(t, "missing", outcome)
		assert.Equal(t, 20*time.Second, time.Since(begun), "an old message is asked for once")
	})
}

func TestMessagesWaitUntilLivePersonCanShowThem(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		yaml string
		age  time.Duration
		wait time.Duration
		says string
	}{
		"a visit":                        {"ask: visit_information", 0, 0, "matched"},
		"a conversation":                 {"ask: interactions", 0, time.Minute, "matched"},
		"a conversation, later":          {"ask: interactions", 45 * time.Second, 15 * time.Second, "matched"},
		"a conversation, much later":     {"ask: interactions", time.Hour, 0, "matched"},
		"a search is too early":          {"ask: search", 0, 0, "unknown"},
		"a search after an hour":         {"ask: search", time.Hour, 0, "unknown"},
		"a search in two minutes":        {"ask: search", 118 * time.Minute, 2 * time.Minute, "matched"},
		"a search after two hours":       {"ask: search", 2 * time.Hour, 0, "matched"},
		"a search with a longer bound":   {"ask: search\nmax_wait: 3h", 0, 2 * time.Hour, "matched"},
		"a conversation, without a wait": {"ask: interactions\nmax_wait: 0s", 0, 0, "unknown"},
		"a delay of the user's":          {"ask: visit_information\ndelay: 30s", 0, 30 * time.Second, "matched"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				begun := time.Now()
				p := asking(t, test.yaml, func(int, question) (found, error) { return lead("loan", begun), nil })
				batch := process(t, p, receipt(begun.Add(-test.age), ""), receipt(begun.Add(-test.age), ""))
				for _, msg := range batch {
					outcome, _ := said(t, msg)
					assert.Equal(t, test.says, outcome)
				}
				assert.Equal(t, test.wait, time.Since(begun), "messages of a batch wait together")
			})
		})
	}
}

func TestVisitsEndAfterSixHours(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := asking(t, "recheck_pauses: []", func(int, question) (found, error) { return found{}, nil })
		outcome, _ := said(t, process(t, p, receipt(time.Now().Add(-6*time.Hour), ""))[0])
		assert.Equal(t, "missing", outcome)
		outcome, details := said(t, process(t, p, receipt(time.Now().Add(-6*time.Hour-time.Second), ""))[0])
		assert.Equal(t, "unknown", outcome)
		assert.JSONEq(t, unknown(readback.TooOld), details)
	})
}

func TestTheSameAttributeOfEarlierIsNotThisOne(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		for before, want := range map[time.Duration]string{29 * time.Second: "matched", 31 * time.Second: "missing"} {
			p := asking(t, "recheck_pauses: []", func(int, question) (found, error) { return lead("loan", time.Now().Add(-before)), nil })
			outcome, _ := said(t, process(t, p, receipt(time.Now(), ""))[0])
			assert.Equal(t, want, outcome)
		}
		// LivePerson's clock is an hour behind this machine's.
		p := asking(t, "recheck_pauses: []", nil)
		p.ask = func(context.Context, question) (found, error) {
			f := lead("loan", time.Now().Add(-time.Hour))
			f.asked, f.At = time.Now(), time.Now().Add(-time.Hour)
			return f, nil
		}
		outcome, _ := said(t, process(t, p, receipt(time.Now(), ""))[0])
		assert.Equal(t, "matched", outcome)
	})
}

func TestTheSampleGoesByVisit(t *testing.T) {
	t.Parallel()
	p := asking(t, "sample: 10", func(int, question) (found, error) { return lead("loan", time.Time{}), nil })
	read := 0
	for visit := range 2000 {
		more := fmt.Sprintf(`,"session_id":"s-%d"`, visit)
		batch := process(t, p, receipt(time.Now(), more), receipt(time.Now(), more))
		first, _ := said(t, batch[0])
		second, _ := said(t, batch[1])
		assert.Equal(t, first, second)
		if first != "" {
			read++
		}
	}
	assert.InDelta(t, 200, read, 45)
}

func TestClosingEndsAWait(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		begun := time.Now()
		p := asking(t, "ask: interactions", func(int, question) (found, error) { return found{}, nil })
		time.AfterFunc(time.Second, func() { assert.NoError(t, p.Close(context.Background())) })
		msg := process(t, p, receipt(begun, ""))[0]
		assert.Equal(t, time.Second, time.Since(begun))
		require.Error(t, msg.GetError())
		_, details := said(t, msg)
		assert.JSONEq(t, unknown(readback.RequestFailed), details)
	})
}

func TestSearchable(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ attributes, shownAs, value string }{
		"the longest text":       {`[{"type":"lead","lead":{"topic":"car loan","leadId":"l-1","value":3}}]`, "lead", "car loan"},
		"not the type":           {`[{"type":"searchInfo","keywords":["shoe"]}]`, "searchContent", "shoe"},
		"by the other name":      {`[{"type":"cartStatus","total":1,"products":[{"product":{"name":"red shoe"}}]}]`, "cartStatus", "red shoe"},
		"no digits in a row":     {`[{"type":"purchase","orderId":"order-12345"}]`, "", ""},
		"three digits":           {`[{"type":"purchase","orderId":"order-123"}]`, "purchase", "order-123"},
		"nothing short":          {`[{"type":"lead","lead":{"topic":"ab"}}]`, "", ""},
		"nothing masked":         {`[{"type":"ctmrinfo","info":{"userName":"***"}}]`, "", ""},
		"nothing that is hidden": {`[{"type":"impDisplay","x":"long text"}]`, "", ""},
		"of several":             {`[{"type":"lead","lead":{"topic":"loan"}},{"type":"error","error":{"message":"card expired"}}]`, "visitorError", "card expired"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var list []map[string]any
			require.NoError(t, json.Unmarshal([]byte(test.attributes), &list))
			shownAs, value := searchable(list)
			assert.Equal(t, [2]string{test.shownAs, test.value}, [2]string{shownAs, value})
		})
	}
}

func TestEachQuestionAsksTheRateLimit(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		limited := 0
		mgr := service.MockResources(service.MockResourcesOptAddRateLimit("slow", func(context.Context) (time.Duration, error) {
			if limited++; limited%2 == 1 {
				return 5 * time.Second, nil
			}
			return 0, nil
		}))
		parsed, err := spec().ParseYAML(byLogin+"rate_limit: slow", nil)
		require.NoError(t, err)
		c, err := configFromParsed(parsed)
		require.NoError(t, err)
		a, err := newAsker(c, mgr)
		require.NoError(t, err)
		start, asked := time.Now(), 0
		a.read = func(context.Context, question) (found, error) {
			asked++
			return found{}, nil
		}
		for i := range 2 {
			_, err = a.ask(t.Context(), question{visitorID: "v", sessionID: "s"})
			require.NoError(t, err)
			assert.Equal(t, time.Duration(i+1)*5*time.Second, time.Since(start))
		}
		assert.Equal(t, 2, asked)
	})
}
