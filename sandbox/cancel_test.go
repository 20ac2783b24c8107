package sandbox_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox"
)

// askedContext is a context that ends after a number of calls of Err. It counts the calls of Err. Each of them stands for a
// piece of work.
type askedContext struct {
	context.Context
	done chan struct{}

	mu    sync.Mutex
	left  int
	asked int
}

// endsAfter returns a context that ends with this call of Err. 0: it never ends.
func endsAfter(questions int) *askedContext {
	return &askedContext{Context: context.Background(), done: make(chan struct{}), left: questions}
}

func (c *askedContext) Done() <-chan struct{} { return c.done }

func (c *askedContext) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.asked++
	if c.left == 0 || c.asked < c.left {
		return nil
	}
	if c.asked == c.left {
		close(c.done)
	}
	return context.Canceled
}

// endingPages are the pages that look at each kept call: once to find the calls that match, and a second time if they then
// process them.
var endingPages = map[string]struct {
	method, target, body string
	looks                int // how often the page looks at each call, at least
}{
	"all":                    {http.MethodGet, "/sandbox/all", "", 2},
	"good":                   {http.MethodGet, "/sandbox/good", "", 2},
	"bad":                    {http.MethodGet, "/sandbox/bad?type=lead", "", 1},
	"consumers":              {http.MethodGet, "/sandbox/consumers", "", 1},
	"one consumer":           {http.MethodGet, "/sandbox/consumers/jane?order_by=engagementAttributes.0.lead.leadId", "", 2},
	"export":                 {http.MethodGet, "/sandbox/export", "", 2},
	"export as HAR":          {http.MethodGet, "/sandbox/export?format=har", "", 2},
	"wait":                   {http.MethodGet, "/sandbox/wait?count=10000&timeout=10m", "", 1},
	"events":                 {http.MethodGet, "/sandbox/events?since=0", "", 2},
	"verify":                 {http.MethodPost, "/sandbox/verify", "expect: [{count: 200}]", 1},
	"verify that all differ": {http.MethodPost, "/sandbox/verify", "expect: [{unique: true}]", 2},
	"verify the order":       {http.MethodPost, "/sandbox/verify", "expect: [{order_by: engagementAttributes.0.lead.leadId}]", 2},
	"verify as JUnit":        {http.MethodPost, "/sandbox/verify?format=junit", "expect: [" + strings.Repeat("{count: 200},", 1000) + "]", 1000},
	"many expectations":      {http.MethodPost, "/sandbox/verify", "expect: [" + strings.Repeat("{unique: true},", 100) + "]", 200},
}

const keptCalls = 200

// No page continues to work after its caller has gone. A page checks the context before each call, and stops if the context
// has ended.
func TestNothingGoesOnForThoseWhoHaveLeft(t *testing.T) {
	t.Parallel()
	for name, page := range endingPages {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSandbox(t, sandbox.Options{})
			for i := range keptCalls {
				report(t, s, lead("jane", fmt.Sprintf("L-%04d", i)))
			}
			serve := func(ctx context.Context) *httptest.ResponseRecorder {
				recorder := httptest.NewRecorder()
				defer func() {
					if broken := recover(); broken != nil {
						require.Equal(t, http.ErrAbortHandler, broken)
					}
				}()
				s.ServeHTTP(recorder, httptest.NewRequestWithContext(ctx, page.method, page.target, strings.NewReader(page.body)))
				return recorder
			}
			for _, at := range []int{1, 2, keptCalls / 2, (page.looks-1)*keptCalls + keptCalls/2} {
				ctx := endsAfter(at)
				answer := serve(ctx)
				require.GreaterOrEqual(t, ctx.asked, at, "the page looks at each call, and at the context before it")
				assert.LessOrEqual(t, ctx.asked, at+3, "so much work has been done after the end, at %d", at)
				if answer != nil && name != "events" && answer.Code != http.StatusOK {
					assert.Equal(t, http.StatusServiceUnavailable, answer.Code)
					assert.Contains(t, answer.Body.String(), "the sandbox is stopping")
				}
			}
		})
	}
}

// This is the control of the test above: a page does all its work while the caller is there.
func TestWorkIsDoneForThoseWhoStay(t *testing.T) {
	t.Parallel()
	s := newSandbox(t, sandbox.Options{})
	for i := range keptCalls {
		report(t, s, lead("jane", fmt.Sprintf("L-%04d", i)))
	}
	const expectations = 20
	ctx := endsAfter(0)
	recorder := httptest.NewRecorder()
	s.ServeHTTP(recorder, httptest.NewRequestWithContext(ctx, http.MethodPost, "/sandbox/verify",
		strings.NewReader("expect: ["+strings.Repeat("{unique: true},", expectations)+"]")))
	assert.Equal(t, http.StatusOK, recorder.Code)
	assert.GreaterOrEqual(t, ctx.asked, expectations*keptCalls)
}

// The size and the number of values in a body are limited. The error names the limit.
func TestWhatIsSentIsBounded(t *testing.T) {
	t.Parallel()
	const long = 1<<20 + 1
	list := func(item string, n int) string { return "[" + strings.Repeat(item+",", n) + "]" }
	tests := map[string]struct {
		method, target, body string
		status               int
		says                 string
	}{
		"expectations":         {"POST", "/sandbox/verify", "expect: " + list("{count: 1}", 20_000), 400, "line 1: expect: has 20000 items: write 1000 at most"},
		"as JSON":              {"POST", "/sandbox/verify", `{"expect": ` + strings.Replace(list(`{"count":1}`, 1001), ",]", "]", 1) + "}", 400, "expect: has 1001 items: write 1000 at most"},
		"types":                {"POST", "/sandbox/verify", "expect: [{count: 1, types: " + list("lead", 101) + "}]", 400, "types: must have 100 items at most, has 101"},
		"a path":               {"POST", "/sandbox/verify", "expect: [{order_by: " + strings.Repeat("a.", 501) + "}]", 400, "order_by: must have 1000 bytes at most, has 1002"},
		"a path in a query":    {"GET", "/sandbox/consumers/jane?order_by=" + strings.Repeat("a", 1001), "", 400, "order_by: must have 1000 bytes at most, has 1001"},
		"types in a query":     {"GET", "/sandbox/all?type=" + strings.Repeat("a,", 100), "", 400, "type: must have 100 types at most, has 101"},
		"types to wait for":    {"GET", "/sandbox/wait?type=" + strings.Repeat("a,", 100), "", 400, "type: must have 100 types at most, has 101"},
		"types of events":      {"GET", "/sandbox/events?type=" + strings.Repeat("a,", 100), "", 400, "type: must have 100 types at most, has 101"},
		"types to export":      {"GET", "/sandbox/export?type=" + strings.Repeat("a,", 100), "", 400, "type: must have 100 types at most, has 101"},
		"how long to wait":     {"GET", "/sandbox/wait?timeout=11m", "", 400, "timeout: must be a duration such as 10s, 10m0s at most"},
		"chaos rules":          {"PUT", "/sandbox/chaos", "rules: " + list("{endpoint: all, status: 500}", 1001), 400, "rules: has 1001 items: write 1000 at most"},
		"campaigns":            {"PUT", "/sandbox/campaigns", "engagements: " + list("{}", 1001), 400, "engagements: has 1001 items: write 1000 at most"},
		"conditions":           {"PUT", "/sandbox/campaigns", "engagements: [{when: " + list("{attribute: cart}", 1001) + "}]", 400, "engagements[0].when: has 1001 items"},
		"the agent's rules":    {"PUT", "/sandbox/agent", "rules: " + list("{answer: x}", 1001), 400, "rules: has 1001 items"},
		"the agent's answers":  {"PUT", "/sandbox/agent", "rules: [{answer: " + list("x", 1001) + "}]", 400, "rules[0].answer: has 1001 items"},
		"a pattern":            {"PUT", "/sandbox/agent", "rules: [{answer: x, matches: " + strings.Repeat("a", 501) + "}]", 400, "rules[0]: matches and contains: must have 500 bytes at most"},
		"a part of a text":     {"PUT", "/sandbox/agent", "rules: [{answer: x, contains: " + strings.Repeat("a", 501) + "}]", 400, "matches and contains: must have 500 bytes at most"},
		"faults":               {"PUT", "/sandbox/webhooks", "faults: " + list("{fault: duplicate}", 1001), 400, "faults: has 1001 items"},
		"headers":              {"PUT", "/sandbox/webhooks", `{endpoint: "http://127.0.0.1:1", headers: ` + list("{header_name: a}", 101) + "}", 400, "headers: must be 100 at most"},
		"the speed":            {"PUT", "/sandbox/webhooks", `{endpoint: "http://127.0.0.1:1", speed: 1e300}`, 400, "speed: must be from 0 to 1000000"},
		"the speed, no number": {"PUT", "/sandbox/webhooks", `{endpoint: "http://127.0.0.1:1", speed: .nan}`, 400, "speed: must be from 0 to 1000000"},
		"the queue":            {"PUT", "/sandbox/webhooks", `{endpoint: "http://127.0.0.1:1", queue: 1000001}`, 400, "queue: must be from 0 to 1000000"},
		"the timeout":          {"PUT", "/sandbox/webhooks", `{endpoint: "http://127.0.0.1:1", timeout: 11m}`, 400, "timeout: must be 10m0s at most"},
		"an id":                {"PUT", "/sandbox/consumers/jane/conversation", `{"conversation_id": "` + strings.Repeat("x", 65) + `"}`, 400, "conversation_id: must have 64 bytes at most"},
		"answers of the agent": {"POST", "/sandbox/conversations/x", `{"answer": ` + strings.Replace(list(`"x"`, 1001), ",]", "]", 1) + "}", 400, "answer: has 1001 items"},

		"a long list of expectations": {"POST", "/sandbox/verify", strings.Repeat("#", long), 413, "the body is too long: send 1048576 bytes at most"},
		"long chaos rules":            {"PUT", "/sandbox/chaos", strings.Repeat("#", long), 413, "1048576 bytes at most"},
		"long campaigns":              {"PUT", "/sandbox/campaigns", strings.Repeat("#", long), 413, "1048576 bytes at most"},
		"a long script":               {"PUT", "/sandbox/agent", strings.Repeat("#", long), 413, "1048576 bytes at most"},
		"long webhooks":               {"PUT", "/sandbox/webhooks", strings.Repeat("#", long), 413, "1048576 bytes at most"},
		"a long move of the clock":    {"PUT", "/sandbox/clock", strings.Repeat("#", long), 413, "1048576 bytes at most"},
		"a long conversation":         {"PUT", "/sandbox/consumers/jane/conversation", strings.Repeat("#", long), 413, "1048576 bytes at most"},
		"a long text":                 {"POST", "/sandbox/conversations", strings.Repeat("#", long), 413, "1048576 bytes at most"},
		"a long answer":               {"POST", "/sandbox/conversations/x", strings.Repeat("#", long), 413, "1048576 bytes at most"},
	}
	s := newSandbox(t, sandbox.Options{})
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			status, text := fetch(t, s, test.method, test.target, test.body)
			assert.Equal(t, test.status, status)
			assert.Contains(t, text, test.says)
			assert.Less(t, len(text), 2000)
		})
	}
}

func TestConversationsThatPagesOpenAreBounded(t *testing.T) {
	t.Parallel()
	s := newSandbox(t, sandbox.Options{})
	open := func(consumer string) (int, string) {
		return fetch(t, s, http.MethodPut, "/sandbox/consumers/"+consumer+"/conversation", "")
	}
	for i := range 10_000 {
		status, _ := open(fmt.Sprint(i))
		require.Equal(t, http.StatusOK, status)
	}
	status, text := open("one-more")
	assert.Equal(t, http.StatusBadRequest, status)
	assert.Contains(t, text, "10000 consumers have an open conversation")
	status, _ = open("17")
	assert.Equal(t, http.StatusOK, status, "one that is open may be opened anew")
	status, _ = fetch(t, s, http.MethodDelete, "/sandbox/consumers/17/conversation", "")
	require.Equal(t, http.StatusOK, status)
	status, _ = open("one-more")
	assert.Equal(t, http.StatusOK, status)
}
