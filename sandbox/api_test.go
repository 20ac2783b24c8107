package sandbox_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox"
)

// fetch returns the status and the text of a page.
func fetch(t *testing.T, s *sandbox.Sandbox, method, target, body string) (int, string) {
	t.Helper()
	recorder := httptest.NewRecorder()
	s.ServeHTTP(recorder, httptest.NewRequest(method, target, strings.NewReader(body)))
	return recorder.Code, recorder.Body.String()
}

func lead(consumer, id string) string {
	return fmt.Sprintf(`{"consumerId":%q,"entryPoints":["https://shop.example.com/%s"],"engagementAttributes":[{"type":"lead","lead":{"leadId":%q}}]}`, consumer, id, id)
}

// threeCalls sends an accepted lead of jane, an accepted cart of john and a refused report of jane, a minute apart.
func threeCalls(t *testing.T) *sandbox.Sandbox {
	t.Helper()
	c := newClock()
	s := sandbox.New(sandbox.Options{Now: c.Now})
	report(t, s, lead("jane", "L-1"))
	c.advance(time.Minute)
	report(t, s, `{"consumerId":"john","engagementAttributes":[{"type":"cart","total":1,"numItems":1}]}`)
	c.advance(time.Minute)
	report(t, s, `{"consumerId":"jane","engagementAttributes":[7]}`)
	return s
}

func TestCallsAreFiltered(t *testing.T) {
	t.Parallel()
	s := threeCalls(t)
	session := reports(t, s).Calls[0].SessionID
	tests := map[string][]int{
		"all":                     {1, 2, 3},
		"good":                    {1, 2},
		"bad":                     {3},
		"all?consumer=jane":       {1, 3},
		"good?consumer=jane":      {1},
		"all?type=cart":           {2},
		"all?type=cart,lead":      {1, 2},
		"all?type=purchase":       {},
		"all?account=12345678":    {1, 2, 3},
		"all?account=1":           {},
		"all?session=" + session:  {1},
		"all?endpoint=report":     {1, 2, 3},
		"all?endpoint=engagement": {},
		"all?since=1":             {2, 3},
		"all?since=2017-12-12T16:13:00Z&verdict=good": {2, 3}, // the verdict of the page applies
		"all?limit=2":          {2, 3},
		"all?limit=9":          {1, 2, 3},
		"good?limit=1":         {2},
		"all?before=3&limit=1": {2},
		"all?before=2&limit=1": {1},
		"all?before=1":         {},
	}
	for target, want := range tests {
		t.Run(target, func(t *testing.T) {
			t.Parallel()
			status, text := fetch(t, s, http.MethodGet, "/sandbox/"+target, "")
			require.Equal(t, http.StatusOK, status, text)
			var got kept
			require.NoError(t, json.Unmarshal([]byte(text), &got))
			ids := []int{}
			for _, call := range got.Calls {
				ids = append(ids, call.ID)
			}
			assert.Equal(t, want, ids)
			assert.Equal(t, 3, got.Total)
		})
	}
}

func TestWrongQueriesAreRefused(t *testing.T) {
	t.Parallel()
	s := sandbox.New(sandbox.Options{})
	for target, says := range map[string]string{
		"all?consumr=jane":          "consumr: there is no such parameter",
		"all?endpoint=reprot":       "endpoint: must be one of report, engagement, app_engagement, visit_information",
		"all?since=yesterday":       "since: must be the id of a call, or a time",
		"export?verdict=ugly":       "verdict: must be all, good or bad",
		"all?limit=0":               "limit: must be a number from 1 on",
		"export?limit=few":          "limit: must be a number from 1 on",
		"all?before=noon":           "before: must be a number from 1 on",
		"wait?limit=1":              "limit: there is no such parameter",
		"export?format=csv":         "format: must be ndjson or har",
		"wait?count=0":              "count: must be a number from 1 on",
		"wait?count=many":           "count: must be a number from 1 on",
		"wait?timeout=5":            "timeout: must be a duration",
		"wait?timeout=1h":           "timeout: must be a duration such as 10s, 10m0s at most",
		"consumers/jane?orderby=id": "orderby: there is no such parameter",
		"events?typ=cart":           "typ: there is no such parameter",
	} {
		t.Run(target, func(t *testing.T) {
			t.Parallel()
			status, text := fetch(t, s, http.MethodGet, "/sandbox/"+target, "")
			assert.Equal(t, http.StatusBadRequest, status)
			assert.Contains(t, text, says)
		})
	}
}

func TestWaitEndsWhenTheCallsAreThere(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := sandbox.New(sandbox.Options{})
		answered := make(chan string, 1)
		go func() {
			status, text := fetch(t, s, http.MethodGet, "/sandbox/wait?type=lead&count=2&timeout=1m", "")
			answered <- fmt.Sprint(status, " ", text)
		}()
		for _, body := range []string{lead("jane", "L-1"), `{"consumerId":"jane","engagementAttributes":[7]}`, `{"consumerId":"jane","engagementAttributes":[]}`} {
			report(t, s, body)
			synctest.Wait()
			assert.Empty(t, answered, "neither refused ones nor others count")
		}
		report(t, s, lead("john", "L-2"))
		assert.JSONEq(t, `{"reached":true,"matched":2,"count":2}`, strings.TrimPrefix(<-answered, "200 "))
	})
}

func TestWaitEndsWhenTheTimeIsUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := sandbox.New(sandbox.Options{})
		report(t, s, lead("jane", "L-1"))
		start := time.Now()
		status, text := fetch(t, s, http.MethodGet, "/sandbox/wait?count=2&timeout=30s", "")
		assert.Equal(t, http.StatusRequestTimeout, status)
		assert.JSONEq(t, `{"reached":false,"matched":1,"count":2}`, text)
		assert.Equal(t, 30*time.Second, time.Since(start))
	})
}

func TestResetForgetsEverythingAndWaitersGoOn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := sandbox.New(sandbox.Options{LoadingCalls: 1})
		assert.Equal(t, http.StatusInternalServerError, report(t, s, lead("jane", "L-0")).status)
		first := report(t, s, lead("jane", "L-1"))
		answered := make(chan string, 1)
		go func() {
			_, text := fetch(t, s, http.MethodGet, "/sandbox/wait?count=2&timeout=1m", "")
			answered <- text
		}()
		synctest.Wait()
		status, _ := fetch(t, s, http.MethodPost, "/sandbox/reset", "")
		assert.Equal(t, http.StatusOK, status)
		assert.Equal(t, kept{Calls: []sandbox.Call{}}, reports(t, s))
		assert.Equal(t, sandbox.Summary{Calls: map[string]int{}, Attributes: map[string]int{}, Rejects: []sandbox.Reject{}}, s.Summary())

		again := report(t, s, lead("jane", "L-2"), "vid", first.VisitorID, "sid", first.SessionID)
		assert.Equal(t, http.StatusInternalServerError, again.status, "the account loads again")
		again = report(t, s, lead("jane", "L-2"), "vid", first.VisitorID, "sid", first.SessionID)
		assert.Equal(t, http.StatusCreated, again.status, "the session is gone")
		assert.Equal(t, 2, reports(t, s).Calls[1].ID)
		report(t, s, lead("jane", "L-3"))
		assert.Contains(t, <-answered, `"reached":true`)
	})
}

func TestTheClockEndsSessions(t *testing.T) {
	t.Parallel()
	c := newClock()
	s := sandbox.New(sandbox.Options{Now: c.Now})
	first := report(t, s, lead("jane", "L-1"))
	use := func() int {
		return report(t, s, lead("jane", "L-1"), "vid", first.VisitorID, "sid", first.SessionID).status
	}
	move := func(method, body, want string) {
		t.Helper()
		status, text := fetch(t, s, method, "/sandbox/clock", body)
		assert.Equal(t, http.StatusOK, status)
		assert.JSONEq(t, want, text)
	}
	move(http.MethodPut, `{"advance":"5h59m"}`, `{"now":"2017-12-12T22:11:22.268Z","offset":"5h59m0s"}`)
	assert.Equal(t, http.StatusOK, use())
	move(http.MethodPut, `{"advance":"1m"}`, `{"now":"2017-12-12T22:12:22.268Z","offset":"6h0m0s"}`)
	assert.Equal(t, http.StatusCreated, use())
	move(http.MethodGet, "", `{"now":"2017-12-12T22:12:22.268Z","offset":"6h0m0s"}`)
	move(http.MethodDelete, "", `{"now":"2017-12-12T16:12:22.268Z","offset":"0s"}`)

	for _, body := range []string{``, `{"advance":"soon"}`, `{"to":"2030"}`, `[]`} {
		status, text := fetch(t, s, http.MethodPut, "/sandbox/clock", body)
		assert.Equal(t, http.StatusBadRequest, status)
		assert.Contains(t, text, "advance: send")
	}
}

func TestOldCallsGoByAge(t *testing.T) {
	t.Parallel()
	c := newClock()
	s := sandbox.New(sandbox.Options{Now: c.Now, KeepFor: time.Hour})
	report(t, s, lead("jane", "L-1"))
	c.advance(time.Hour)
	report(t, s, lead("jane", "L-2"))
	assert.Len(t, reports(t, s).Calls, 2)
	c.advance(time.Second)
	assert.Len(t, reports(t, s).Calls, 1, "also when nothing comes any more")
	assert.Equal(t, 1, reports(t, s).Forgotten)
}

func TestExportAsLines(t *testing.T) {
	t.Parallel()
	s := threeCalls(t)
	_, text := fetch(t, s, http.MethodGet, "/sandbox/export?verdict=good", "")
	lines := strings.Split(strings.TrimSpace(text), "\n")
	require.Len(t, lines, 2)
	var call sandbox.Call
	require.NoError(t, json.Unmarshal([]byte(lines[0]), &call))
	assert.Equal(t, "jane", call.Consumer)
	assert.JSONEq(t, lead("jane", "L-1"), string(call.Body))
}

// An archive has what a browser's network page would record.
func TestExportAsArchive(t *testing.T) {
	t.Parallel()
	s := threeCalls(t)
	_, text := fetch(t, s, http.MethodGet, "/sandbox/export?format=har", "")
	var archive struct {
		Log struct {
			Version string
			Entries []struct {
				StartedDateTime string
				Comment         string
				Request         struct {
					Method, URL string
					PostData    struct{ Text string }
				}
				Response struct {
					Status  int
					Content struct{ Text string }
				}
			}
		}
	}
	require.NoError(t, json.Unmarshal([]byte(text), &archive))
	assert.Equal(t, "1.2", archive.Log.Version)
	require.Len(t, archive.Log.Entries, 3)
	good, bad := archive.Log.Entries[0], archive.Log.Entries[2]
	assert.Equal(t, "2017-12-12T16:12:22.268Z", good.StartedDateTime)
	u, err := url.Parse(good.Request.URL)
	require.NoError(t, err)
	assert.Equal(t, reportPath(sandbox.DefaultAccountID, sandbox.DefaultAppInstallationID), u.Path)
	assert.JSONEq(t, lead("jane", "L-1"), good.Request.PostData.Text)
	first := reports(t, s).Calls[0]
	assert.JSONEq(t, fmt.Sprintf(`{"sessionId":%q,"visitorId":%q,"pageId":%q}`, first.SessionID, first.VisitorID, first.PageID), good.Response.Content.Text)
	assert.Equal(t, 400, bad.Response.Status)
	assert.JSONEq(t, `{"time":1513095262268,"message":"engagementAttributes[0]","internalCode":5}`, bad.Response.Content.Text)
	assert.Contains(t, bad.Comment, "send an object with a type")
}

// Repeated parameters and bodies that are not JSON are in the archive too.
func TestExportAsArchiveOfWhatIsWrong(t *testing.T) {
	t.Parallel()
	s := sandbox.New(sandbox.Options{})
	r := httptest.NewRequest(http.MethodPost, target+"&v=1.1", strings.NewReader("consumerId=jäne"))
	send(t, s, r)
	_, text := fetch(t, s, http.MethodGet, "/sandbox/export?format=har", "")
	assert.Contains(t, text, `"queryString":[{"name":"obh","value":"true"},{"name":"v","value":"1.0"},{"name":"v","value":"1.1"}]`)
	assert.Contains(t, text, `"postData":{"size":16,"mimeType":"application/json","text":"consumerId=jäne"}`)
	assert.Contains(t, text, `"bodySize":16`)
}

// The archive has the URL as the client sent it.
func TestExportOfEachEndpointAsArchive(t *testing.T) {
	t.Parallel()
	s := sandbox.New(sandbox.Options{})
	at := createSession(t, s, "/", sampleCreateSession)
	asked := engage(t, s, sampleEngagement)
	_, _ = updateSession(t, s, at, `{"pageId":"1"}`)
	visited := get(t, s, visitTarget(at))
	_, text := fetch(t, s, http.MethodGet, "/sandbox/export?format=har", "")
	var archive struct {
		Log struct {
			Entries []struct {
				Request struct {
					URL         string
					QueryString []struct{ Name, Value string }
					PostData    *struct{ Text string }
				}
				Response struct{ Content struct{ Text string } }
			}
		}
	}
	require.NoError(t, json.Unmarshal([]byte(text), &archive))
	require.Len(t, archive.Log.Entries, 4)
	const host = "http://example.com"
	for i, want := range []struct{ target, body, answer string }{
		{visitorsTarget + "/?v=1.0&", sampleCreateSession, at.text},
		{engagementTarget + "?v=1.0", sampleEngagement, asked.text},
		{visitorsTarget + "/" + at.VisitorID + "?v=1.0&sid=" + at.SessionID, `{"pageId":"1"}`, ""},
		{visitTarget(at), "", visited.text},
	} {
		entry := archive.Log.Entries[i]
		assert.Equal(t, host+want.target, entry.Request.URL)
		assert.Equal(t, "v", entry.Request.QueryString[len(entry.Request.QueryString)-1].Name)
		if want.body == "" {
			assert.Nil(t, entry.Request.PostData)
		} else {
			assert.Equal(t, want.body, entry.Request.PostData.Text)
		}
		assert.Equal(t, strings.TrimSpace(want.answer), entry.Response.Content.Text)
	}
}

func TestAConsumersPage(t *testing.T) {
	t.Parallel()
	c := newClock()
	s := sandbox.New(sandbox.Options{Now: c.Now})
	send := func(attributes string) {
		report(t, s, `{"consumerId":"jane/roe","entryPoints":["https://a","https://b"],"engagementAttributes":[`+attributes+`]}`)
		c.advance(time.Second)
	}
	send(`{"type":"ctmrinfo","info":{"cstatus":"new","customerId":"1"}}`)
	send(`{"type":"ctmrinfo","info":{"cstatus":"vip"}},{"type":"lead","lead":{"leadId":"9"}}`)
	send(`{"type":"cart","total":1,"numItems":1},{"type":"cart","total":2,"numItems":2},{"type":"service","service":{"status":1}}`)
	send(`{"type":"service","service":{"status":0}},{"type":"lead","lead":{"leadId":"10"}}`)
	send(`{"type":"service","service":{"status":0}},{"type":"lead","lead":{"leadId":"10"}}`)
	report(t, s, `{"consumerId":"jane/roe","engagementAttributes":[7]}`)
	report(t, s, lead("john", "L-1"))

	status, text := fetch(t, s, http.MethodGet, "/sandbox/consumers/jane%2Froe?order_by=engagementAttributes.1.lead.leadId", "")
	require.Equal(t, http.StatusOK, status, text)
	var page struct {
		Consumer        string
		Sessions        []struct{ Calls int }
		EntryPoints     []string `json:"entry_points"`
		Chat, Messaging json.RawMessage
		Timeline        []struct{ ID, Status int }
		Duplicates      []struct {
			ID     int
			SameAs int `json:"same_as"`
		}
		Disorder []struct{ ID, Before int }
	}
	require.NoError(t, json.Unmarshal([]byte(text), &page))
	assert.Equal(t, "jane/roe", page.Consumer)
	assert.Len(t, page.Sessions, 5, "each call without ids makes one")
	assert.Equal(t, []string{"https://a", "https://b"}, page.EntryPoints)
	assert.Len(t, page.Timeline, 6)
	assert.Equal(t, 400, page.Timeline[5].Status)
	require.Len(t, page.Duplicates, 1)
	assert.Equal(t, 5, page.Duplicates[0].ID)
	assert.Equal(t, 4, page.Duplicates[0].SameAs)
	assert.Empty(t, page.Disorder, "10 comes after 9")

	// LivePerson's best practices: chat keeps members that are not sent again, and collects service.
	assert.JSONEq(t, `{"ctmrinfo":[{"type":"ctmrinfo","info":{"cstatus":"vip","customerId":"1"}}],
		"lead":[{"type":"lead","lead":{"leadId":"9"}},{"type":"lead","lead":{"leadId":"10"}},{"type":"lead","lead":{"leadId":"10"}}],
		"cart":[{"type":"cart","total":2,"numItems":2}],
		"service":[{"type":"service","service":{"status":1}},{"type":"service","service":{"status":0}},{"type":"service","service":{"status":0}}]}`, string(page.Chat))
	assert.JSONEq(t, `{"ctmrinfo":[{"type":"ctmrinfo","info":{"cstatus":"vip"}}],
		"lead":[{"type":"lead","lead":{"leadId":"9"}},{"type":"lead","lead":{"leadId":"10"}},{"type":"lead","lead":{"leadId":"10"}}],
		"cart":[{"type":"cart","total":2,"numItems":2}],
		"service":[{"type":"service","service":{"status":0}}]}`, string(page.Messaging))

	status, _ = fetch(t, s, http.MethodGet, "/sandbox/consumers/nobody", "")
	assert.Equal(t, http.StatusNotFound, status)
}

func TestAConsumersEngagements(t *testing.T) {
	t.Parallel()
	s := sandbox.New(sandbox.Options{Now: newClock().Now})
	at := engage(t, s, `{"consumerId":"jane"}`)
	engage(t, s, `{"consumerId":"jane"}`, "vid", at.VisitorID, "sid", at.SessionID)
	report(t, s, `{"consumerId":"jane","engagementAttributes":[{"type":"impAccept","campaign":2695999112,"engId":2696029112,"eContext":[{"type":"engagementContext","id":"1"}]}]}`, "vid", at.VisitorID, "sid", at.SessionID)
	app := createSession(t, s, "/"+at.VisitorID+"?sid="+at.SessionID, sampleCreateSession)
	updateSession(t, s, app, `{"pageId":"1","impAttributes":[{"type":"impClose","campaign":1,"engId":2}]}`)

	_, text := fetch(t, s, http.MethodGet, "/sandbox/consumers/jane", "")
	var page struct {
		Engagements, Impressions, Duplicates json.RawMessage
		Timeline                             []struct {
			Endpoint string
			Notes    []string
		}
	}
	require.NoError(t, json.Unmarshal([]byte(text), &page))
	const time = `"time":"2017-12-12T16:12:22.268Z"`
	session := fmt.Sprintf(`"session_id":%q`, at.SessionID)
	offered := `"campaign_id":2695999112,"engagement_id":2696029112,"engagement_revision":3,"context_id":"1"`
	assert.JSONEq(t, `[{"id":1,`+time+`,`+session+`,`+offered+`},{"id":2,`+time+`,`+session+`,`+offered+`},
		{"id":4,`+time+`,`+session+`,"campaign_id":3346848610,"engagement_id":3562981110,"engagement_revision":44,"context_id":"2"}]`, string(page.Engagements))
	assert.JSONEq(t, `[{"id":3,`+time+`,`+session+`,"type":"impAccept","campaign_id":2695999112,"engagement_id":2696029112,"context_id":"1"},
		{"id":5,`+time+`,`+session+`,"type":"impClose","campaign_id":1,"engagement_id":2}]`, string(page.Impressions))
	assert.JSONEq(t, `[]`, string(page.Duplicates), "asking twice is not saying it twice")
	require.Len(t, page.Timeline, 5)
	assert.Equal(t, "engagement", page.Timeline[0].Endpoint)
	assert.Len(t, page.Timeline[4].Notes, 1)
}

func TestDisorderIsSeen(t *testing.T) {
	t.Parallel()
	s := sandbox.New(sandbox.Options{})
	for _, id := range []string{"L-1", "L-3", "L-2", "L-4"} {
		report(t, s, lead("jane", id))
	}
	_, text := fetch(t, s, http.MethodGet, "/sandbox/consumers/jane?order_by=engagementAttributes.0.lead.leadId", "")
	var page struct{ Disorder json.RawMessage }
	require.NoError(t, json.Unmarshal([]byte(text), &page))
	assert.JSONEq(t, `[{"id":3,"before":2}]`, string(page.Disorder))
}

func TestCallsAreStreamed(t *testing.T) {
	t.Parallel()
	s := sandbox.New(sandbox.Options{})
	server := httptest.NewServer(s)
	defer server.Close()
	report(t, s, lead("jane", "L-1"))
	report(t, s, "{\"consumerId\":\"jane\",\r\n\"engagementAttributes\":[]}")

	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+"/sandbox/events?consumer=jane", nil)
	require.NoError(t, err)
	request.Header.Set("Last-Event-ID", "1")
	res, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	defer res.Body.Close()
	assert.Equal(t, "text/event-stream", res.Header.Get("Content-Type"))
	next := readEvents(t, res.Body)
	id, call := next()
	assert.Regexp(t, "^[0-9a-f]{8}-2$", id)
	assert.JSONEq(t, `{"consumerId":"jane","engagementAttributes":[]}`, string(call.Body))
	report(t, s, lead("john", "L-2"))
	report(t, s, lead("jane", "L-3"))
	id, call = next()
	assert.Regexp(t, "-4$", id, "the other consumer's is left out")
	assert.Equal(t, []string{"lead"}, call.Types)
}

func TestAStreamMayBeginWithAllThatIsKept(t *testing.T) {
	t.Parallel()
	s := sandbox.New(sandbox.Options{})
	server := httptest.NewServer(s)
	defer server.Close()
	report(t, s, lead("jane", "L-1"))
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+"/sandbox/events?since=0", nil)
	require.NoError(t, err)
	res, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	defer res.Body.Close()
	report(t, s, lead("jane", "L-2"))
	id, _ := readEvents(t, res.Body)()
	assert.Regexp(t, "-1$", id)
}

// readEvents returns the calls of a stream, one after another.
func readEvents(t *testing.T, stream io.Reader) func() (id string, call sandbox.Call) {
	t.Helper()
	events := bufio.NewReader(stream)
	return func() (id string, call sandbox.Call) {
		var data strings.Builder
		for {
			line, err := events.ReadString('\n')
			require.NoError(t, err)
			name, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), ": ")
			switch name {
			case "id":
				id = value
			case "data":
				data.WriteString(value)
			case "":
				if data.Len() == 0 {
					continue // retry
				}
				require.NoError(t, json.Unmarshal([]byte(data.String()), &call))
				return id, call
			}
		}
	}
}

func TestMetrics(t *testing.T) {
	t.Parallel()
	s := threeCalls(t)
	report(t, s, `{"consumerId":"jane","engagementAttributes":[{"type":"user123@example.com"}]}`)
	_, text := fetch(t, s, http.MethodGet, "/sandbox/metrics", "")
	for _, line := range []string{
		"sandbox_reports_total 3", "sandbox_sessions_total 3", "sandbox_loading_total 0",
		"sandbox_engagements_total 0", `sandbox_attributes_total{type="cart"} 1`, `sandbox_attributes_total{type="lead"} 1`, `sandbox_attributes_total{type="other"} 1`,
		`sandbox_rejects_total{status="400",code="5"} 1`,
	} {
		assert.Contains(t, text, line+"\n")
	}
	assert.NotContains(t, text, "user123")
}

func TestPagesAboutTheSandboxItself(t *testing.T) {
	t.Parallel()
	s := sandbox.New(sandbox.Options{})
	status, text := fetch(t, s, http.MethodGet, "/sandbox/schemas/report.json", "")
	assert.Equal(t, http.StatusOK, status)
	assert.Contains(t, text, "attribute.json")
	status, _ = fetch(t, s, http.MethodGet, "/sandbox/schemas/nothing.json", "")
	assert.Equal(t, http.StatusNotFound, status)

	_, text = fetch(t, s, http.MethodGet, "/sandbox/assumptions", "")
	var listed struct {
		Assumptions []struct{ About, Assumption, Because string }
	}
	require.NoError(t, json.Unmarshal([]byte(text), &listed))
	require.NotEmpty(t, listed.Assumptions)
	for _, a := range listed.Assumptions {
		assert.NotEmpty(t, a.About)
		assert.NotEmpty(t, a.Assumption)
		assert.NotEmpty(t, a.Because)
	}

	// The document has exactly the pages and methods that exist.
	_, text = fetch(t, s, http.MethodGet, "/sandbox/openapi.json", "")
	var api struct {
		OpenAPI string
		Paths   map[string]map[string]json.RawMessage
	}
	require.NoError(t, json.Unmarshal([]byte(text), &api))
	assert.Equal(t, "3.1.0", api.OpenAPI)
	_, usages := fetch(t, s, http.MethodGet, "/nothing", "")
	member := regexp.MustCompile(`\{[a-z]+\}`)
	for path, methods := range api.Paths {
		fixed, _, _ := strings.Cut(path, "{")
		assert.Contains(t, usages, fixed)
		target := member.ReplaceAllString(path, "x")
		for _, method := range []string{http.MethodGet, http.MethodPut, http.MethodPost, http.MethodDelete} {
			_, described := methods[strings.ToLower(method)]
			if described && (path == "/sandbox/events" || path == "/sandbox/wait") {
				continue // these pages wait
			}
			status, _ := fetch(t, s, method, target, "{}")
			assert.Equal(t, described, status != http.StatusMethodNotAllowed, "%s %s: %d", method, path, status)
		}
	}
	assert.Equal(t, strings.Count(usages, " /sandbox/"), len(api.Paths))
}
