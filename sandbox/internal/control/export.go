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

	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/httpapi"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/journal"
)

const paramFormat = "format"

// The formats of an export.
const (
	formatNDJSON = "ndjson"
	formatHAR    = "har"
)

// export gives the calls that a filter lets through as a file: a line each, or as an
// HTTP Archive (HAR 1.2), which browsers and proxies can show.
func (p *Pages) export(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	f, err := readFilter(query, paramFormat, paramLimit, paramBefore)
	if err = cmp.Or(err, f.readPage(query)); err != nil {
		badRequest(w, err)
		return
	}
	calls, _, _ := p.Journal.Snapshot()
	calls = f.pick(r.Context(), calls)
	if hasEnded(w, r) {
		return
	}
	switch format := cmp.Or(query.Get(paramFormat), formatNDJSON); format {
	case formatNDJSON:
		w.Header().Set("Content-Type", "application/x-ndjson")
		err = writeNDJSON(r.Context(), w, calls)
	case formatHAR:
		archive := p.archive(r.Context(), calls, "http://"+r.Host)
		if hasEnded(w, r) {
			return
		}
		w.Header().Set("Content-Type", "application/json")
		err = json.NewEncoder(w).Encode(archive)
	default:
		badRequest(w, fmt.Errorf("%s: must be %s or %s", paramFormat, formatNDJSON, formatHAR))
	}
	if err != nil {
		panic(http.ErrAbortHandler) // 200 is on its way already
	}
}

func writeNDJSON(ctx context.Context, w io.Writer, calls []*journal.Entry) error {
	out := bufio.NewWriter(w)
	for _, call := range calls {
		if err := cmp.Or(ctx.Err(), writeCall(out, call)); err != nil {
			return fmt.Errorf("writing a call: %w", err)
		}
		fmt.Fprintln(out)
	}
	return out.Flush()
}

// har is an HTTP Archive 1.2 (http://www.softwareishard.com/blog/har-12-spec/), as far
// as the sandbox knows the members.
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
	Time     int         `json:"time"` // ms; the sandbox does not measure itself
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
	Send    int `json:"send"`
	Wait    int `json:"wait"`
	Receive int `json:"receive"`
}

// archive stops when the context ends.
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
		Started: c.Time.Format("2006-01-02T15:04:05.000Z07:00"),
		Request: harRequest{
			Method: c.Method, URL: base + c.Target, HTTPVersion: protocol, Cookies: []harPair{}, Headers: pairsOf(c.Headers.Value()),
			QueryString: pairs, PostData: sent, HeadersSize: -1, BodySize: len(body),
		},
		Response: harResponse{
			Status: c.Status, StatusText: http.StatusText(c.Status), HTTPVersion: protocol, Cookies: []harPair{}, Headers: []harPair{{"Content-Type", mime}},
			Content: harContent{Size: len(answer), MimeType: mime, Text: answer}, HeadersSize: -1, BodySize: len(answer),
		},
		Comment: c.Reason,
	}
}

// bodyText gives the body as it was sent: one that was no JSON is kept as a JSON string.
func bodyText(c *journal.Entry) string {
	var text string
	if json.Unmarshal(c.Body, &text) == nil {
		return text
	}
	return string(c.Body)
}

// answerText gives what the call was answered; empty if that was nothing.
func (p *Pages) answerText(c *journal.Entry) string {
	answer := c.Answer
	if c.Read != nil {
		answer = c.Read.State(p.Journal.CallsOf(c.Read.Calls(), c.ID)) // the session as it was then
	}
	if answer == nil {
		return ""
	}
	text, _ := json.Marshal(answer) // all that is answered marshals
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
