package sandbox_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox"
)

func TestReportsStartEmpty(t *testing.T) {
	t.Parallel()
	got := get(t, sandbox.New(sandbox.Options{}), "/sandbox/all")
	assert.Equal(t, http.StatusOK, got.status)
	assert.JSONEq(t, `{"calls":[],"total":0,"forgotten":0}`, withoutLast(got.text))
}

func TestAcceptedCallIsKept(t *testing.T) {
	t.Parallel()
	s := sandbox.New(sandbox.Options{Now: newClock().Now})
	target := reportPath(sandbox.DefaultAccountID, sandbox.DefaultAppInstallationID) + "?v=1.1&obh=true&vid=xyz&sid=abc"
	body := `{"identities":[{"sub":"s"}],"engagementAttributes":[{"type":"cartStatus"},{"type":"cart"}]}`
	got := send(t, s, httptest.NewRequest(http.MethodPost, target, strings.NewReader(body)))

	assert.JSONEq(t, fmt.Sprintf(`{"calls":[{
		"id":1,"time":"2017-12-12T16:12:22.268Z","endpoint":"report","method":"POST","target":%q,"account":"12345678",
		"app_installation_id":"a1b2c3d4-1234-5678-90ab-cdef12345678","version":"1.1","on_behalf_of":true,
		"visitor_id":%q,"session_id":%q,"page_id":%q,"sent_visitor_id":"xyz","sent_session_id":"abc",
		"status":201,"internal_code":0,"reason":"","took_ms":0,"consumer":"s","types":["cartStatus","cart"],"body":%s,
		"notes":["engagementAttributes[0].type: cartStatus is LivePerson's name for reading; write cart"]
	}],"total":1,"forgotten":0}`, target, got.VisitorID, got.SessionID, got.PageID, body), withoutLast(get(t, s, "/sandbox/all").text))
}

func TestRefusedCallIsKept(t *testing.T) {
	t.Parallel()
	s := sandbox.New(sandbox.Options{Now: newClock().Now})
	target := reportPath("1", "2") + "?v=1.0"
	send(t, s, httptest.NewRequest(http.MethodPut, target, strings.NewReader(`{"consumerId":"c"}`)))

	assert.JSONEq(t, `{"calls":[{
		"id":1,"page_id":"","time":"2017-12-12T16:12:22.268Z","endpoint":"report","method":"PUT","target":"/api/account/1/app/2/report?v=1.0","account":"1","app_installation_id":"2","version":"1.0",
		"on_behalf_of":false,"visitor_id":"","session_id":"","sent_visitor_id":"","sent_session_id":"",
		"status":404,"internal_code":6,"reason":"Bad account id: the account of this sandbox is 12345678","took_ms":0,
		"consumer":"c","types":[],"body":{"consumerId":"c"},
		"notes":["engagementAttributes: send an array of objects, or [] if there are none"]
	}],"total":1,"forgotten":0}`, withoutLast(get(t, s, "/sandbox/all").text))
}

func TestBodyIsKeptAsSent(t *testing.T) {
	t.Parallel()
	quoted := func(text string) string {
		encoded, err := json.Marshal(text)
		require.NoError(t, err)
		return string(encoded)
	}
	tests := map[string]struct{ sent, kept string }{
		"white space":      {sampleReport, sampleReport},
		"numbers":          {`{"consumerId":"c","n":[1.0, 1e3, 12345678901234567890, 0.10]}`, `{"consumerId":"c","n":[1.0, 1e3, 12345678901234567890, 0.10]}`},
		"markup":           {`{"consumerId":"<a&b>"}`, `{"consumerId":"<a&b>"}`},
		"member twice":     {`{"consumerId":"a", "consumerId":"b"}`, `{"consumerId":"a", "consumerId":"b"}`},
		"JSON of no use":   {`[1, 2.0]`, `[1, 2.0]`},
		"not JSON":         {`consumerId="c"`, quoted(`consumerId="c"`)},
		"nothing":          {``, `null`},
		"too long to take": {`"` + strings.Repeat("x", 1<<20) + `"`, `"` + strings.Repeat("x", 1<<20) + `"`},
		"too long to keep": {strings.Repeat(" ", 8<<20+1), `null`},
		"number too large": {`{"consumerId":"c","n":1e999}`, `{"consumerId":"c","n":1e999}`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := sandbox.New(sandbox.Options{})
			report(t, s, test.sent)
			assert.Contains(t, get(t, s, "/sandbox/all").text, `"body":`+test.kept+`}`)
		})
	}
}

func TestConsumerOfACall(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ body, consumer string }{
		"first sub before consumerId": {`{"consumerId":"c","identities":[{"sub":"s0"},{"sub":"s1"}]}`, "s0"},
		"consumerId":                  {`{"consumerId":"c","identities":[{"iss":"i"},{"sub":"s1"}]}`, "c"},
		"vid":                         {`{}`, "v"},
		"refused report":              {`{"consumerId":"c","engagementAttributes":[7]}`, "c"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := sandbox.New(sandbox.Options{})
			report(t, s, test.body, "vid", "v")
			assert.Equal(t, test.consumer, reports(t, s).Calls[0].Consumer)
		})
	}
}

func TestOldCallsAreForgotten(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		sent, forgotten int
		kept            []string
	}{
		"not full":    {2, 0, []string{"c0", "c1"}},
		"just full":   {3, 0, []string{"c0", "c1", "c2"}},
		"one over":    {4, 1, []string{"c1", "c2", "c3"}},
		"twice round": {8, 5, []string{"c5", "c6", "c7"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := sandbox.New(sandbox.Options{Keep: 3})
			for i := range test.sent {
				report(t, s, fmt.Sprintf(`{"consumerId":"c%d","engagementAttributes":[{"type":"cart"}]}`, i))
			}
			got := reports(t, s)
			var consumers []string
			for _, call := range got.Calls {
				consumers = append(consumers, call.Consumer)
			}
			assert.Equal(t, test.kept, consumers)
			assert.Equal(t, test.sent, got.Total)
			assert.Equal(t, test.forgotten, got.Forgotten)
			assert.Equal(t, test.sent, s.Summary().Reports)
			assert.Equal(t, test.sent, s.Summary().Attributes["cart"])
		})
	}
}

// withoutLast removes the id of the latest event from a list, because its first part is random.
func withoutLast(list string) string { return lastEvent.ReplaceAllString(list, "") }

var lastEvent = regexp.MustCompile(`,"last":"[0-9a-f]{8}-\d+"`)
