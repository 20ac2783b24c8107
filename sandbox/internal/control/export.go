package control

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/httpapi"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/journal"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/openapi"
)

// exportQuery picks calls and a format.
type exportQuery struct {
	filter
	page
	Format fileFormat `query:"format" default:"ndjson" doc:"ndjson, or har for an HTTP Archive 1.2."`
}

type fileFormat string

const (
	formatNDJSON fileFormat = "ndjson"
	formatHAR    fileFormat = "har"
)

func (f *fileFormat) UnmarshalText(text []byte) error {
	*f = fileFormat(text)
	if *f != formatNDJSON && *f != formatHAR {
		return fmt.Errorf("must be %s or %s", formatNDJSON, formatHAR)
	}
	return nil
}

// Schema describes the values.
func (fileFormat) Schema() openapi.Schema {
	return openapi.Schema{"enum": []fileFormat{formatNDJSON, formatHAR}}
}

// export writes the calls that match into a file: one line for each call, or an HTTP Archive (HAR 1.2), which browsers and
// proxies can show.
func (p *Pages) export(w http.ResponseWriter, call *openapi.Call[exportQuery]) (err error) {
	ctx := call.Context()
	calls := p.Journal.Snapshot().Entries
	calls = call.Query.pick(ctx, calls, call.Query.page)
	if err := checkRunning(ctx); err != nil {
		return err
	}
	if call.Query.Format == formatHAR {
		archive := p.archive(ctx, calls, "http://"+call.Host)
		if err := checkRunning(ctx); err != nil {
			return err
		}
		w.Header().Set("Content-Type", "application/json")
		err = json.NewEncoder(w).Encode(archive)
	} else {
		w.Header().Set("Content-Type", "application/x-ndjson")
		err = writeNDJSON(ctx, w, calls)
	}
	if err != nil {
		panic(http.ErrAbortHandler) // the status 200 has been sent, so only a broken connection can show the error
	}
	return nil
}

func writeNDJSON(ctx context.Context, w io.Writer, calls []*journal.Entry) error {
	out := bufio.NewWriter(w)
	var text []byte
	for _, call := range calls {
		var err error
		if text, err = appendCall(text[:0], call); cmp.Or(ctx.Err(), err) != nil {
			return fmt.Errorf("writing a call: %w", cmp.Or(ctx.Err(), err))
		}
		_, _ = out.Write(append(text, '\n')) // Flush returns the error
	}
	return out.Flush()
}

// har is an HTTP Archive 1.2 (http://www.softwareishard.com/blog/har-12-spec/). It has the members that the sandbox knows.
type har struct {
	Log harLog `json:"log"`
}

type harLog struct {
	Version string     `json:"version"`
	Creator harCreator `json:"creator"`
	Entries []harEntry `json:"entries"`
}

type harCreator struct {
	Name    string `json:"name"`
	Version string `json:"version"`
}

type harEntry struct {
	Started  string      `json:"startedDateTime"`
	Time     float64     `json:"time"` // milliseconds
	Request  harRequest  `json:"request"`
	Response harResponse `json:"response"`
	Cache    struct{}    `json:"cache"`
	Timings  harTimings  `json:"timings"`
	Comment  string      `json:"comment,omitempty"`
}

type harRequest struct {
	Method      string      `json:"method"`
	URL         string      `json:"url"`
	HTTPVersion string      `json:"httpVersion"`
	Cookies     []harPair   `json:"cookies"`
	Headers     []harPair   `json:"headers"`
	QueryString []harPair   `json:"queryString"`
	PostData    *harContent `json:"postData,omitempty"`
	HeadersSize int         `json:"headersSize"`
	BodySize    int         `json:"bodySize"`
}

type harResponse struct {
	Status      int        `json:"status"`
	StatusText  string     `json:"statusText"`
	HTTPVersion string     `json:"httpVersion"`
	Cookies     []harPair  `json:"cookies"`
	Headers     []harPair  `json:"headers"`
	Content     harContent `json:"content"`
	RedirectURL string     `json:"redirectURL"`
	HeadersSize int        `json:"headersSize"`
	BodySize    int        `json:"bodySize"`
}

type harContent struct {
	Size     int    `json:"size"`
	MimeType string `json:"mimeType"`
	Text     string `json:"text"`
}

type harPair struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

type harTimings struct {
	Send    float64 `json:"send"`
	Wait    float64 `json:"wait"`
	Receive float64 `json:"receive"`
}

// archive makes an archive of calls. It stops when the context ends.
func (p *Pages) archive(ctx context.Context, calls []*journal.Entry, base string) har {
	entries := []harEntry{}
	for _, call := range calls {
		if ctx.Err() != nil {
			break
		}
		entries = append(entries, entryOf(call, base, p.answerText(call)))
	}
	return har{harLog{Version: "1.2", Creator: harCreator{Name: "LivePerson sandbox", Version: "1"}, Entries: entries}}
}

func entryOf(c *journal.Entry, base, answer string) harEntry {
	const mime, protocol = "application/json", "HTTP/1.1"
	pairs := []harPair{}
	if target, err := url.ParseRequestURI(c.Target); err == nil {
		query := target.Query()
		for _, name := range slices.Sorted(maps.Keys(query)) {
			for _, value := range query[name] {
				pairs = append(pairs, harPair{name, value})
			}
		}
	}
	var sent *harContent
	body := bodyText(c)
	if body != "" {
		sent = &harContent{Size: len(body), MimeType: cmp.Or(c.Headers.Value().ContentType, mime), Text: body}
	}
	return harEntry{
		Started: c.Time.Add(-time.Duration(c.TookMS * float64(time.Millisecond))).Format("2006-01-02T15:04:05.000Z07:00"),
		Request: harRequest{
			Method: c.Method, URL: base + c.Target, HTTPVersion: protocol, Cookies: []harPair{}, Headers: pairsOf(c.Headers.Value()),
			QueryString: pairs, PostData: sent, HeadersSize: -1, BodySize: len(body),
		},
		Response: harResponse{
			Status: c.Status, StatusText: http.StatusText(c.Status), HTTPVersion: protocol, Cookies: []harPair{}, Headers: []harPair{{"Content-Type", mime}},
			Content: harContent{Size: len(answer), MimeType: mime, Text: answer}, HeadersSize: -1, BodySize: len(answer),
		},
		Time:    c.TookMS,
		Timings: harTimings{Wait: c.TookMS},
		Comment: c.Reason,
	}
}

// bodyText returns the body as it was sent. The journal keeps a body that is not JSON as a JSON string.
func bodyText(c *journal.Entry) string {
	var text string
	if json.Unmarshal(c.Body, &text) == nil {
		return text
	}
	return string(c.Body)
}

// answerText returns the answer to the call. It returns an empty string for an empty answer.
func (p *Pages) answerText(c *journal.Entry) string {
	answer := c.Answer
	if c.Read != nil {
		answer = c.Read.State(p.Journal.CallsOf(c.Read.Calls(), c.ID), c.Time) // the session as it was then
	}
	if answer == nil {
		return ""
	}
	text, _ := json.Marshal(answer) // every answer can be marshalled
	return string(text)
}

// pairsOf returns the headers that were sent.
func pairsOf(h journal.Headers) []harPair {
	pairs := []harPair{}
	for _, pair := range []harPair{
		{"Content-Type", h.ContentType}, {httpapi.HeaderMethodOverride, h.MethodOverride},
		{journal.HeaderClientProperties, h.ClientProperties}, {"User-Agent", h.UserAgent},
	} {
		if pair.Value != "" {
			pairs = append(pairs, pair)
		}
	}
	return pairs
}
