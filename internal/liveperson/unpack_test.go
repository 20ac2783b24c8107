package liveperson

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// packedAs compresses a text; t may be nil.
func packedAs(t *testing.T, coding, text string) string {
	var body bytes.Buffer
	var w io.WriteCloser
	var err error
	switch coding {
	case "gzip", "x-gzip":
		w = gzip.NewWriter(&body)
	case "zlib":
		w = zlib.NewWriter(&body)
	case "raw":
		w, err = flate.NewWriter(&body, flate.DefaultCompression)
	}
	if err == nil {
		_, err = io.WriteString(w, text)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		if t == nil {
			panic(err)
		}
		require.NoError(t, err)
	}
	return body.String()
}

// No request asks for compressed answers, but some servers compress anyway.
func TestAnswersThatArePackedAllTheSame(t *testing.T) {
	t.Parallel()
	whole := Session{VisitorID: "xyz", SessionID: "abc", PageID: "4743822558"}
	page, far := "<html></html>", sampleSession+strings.Repeat(" ", 64*maxResponseBytes)
	spoilt := []byte(packedAs(t, "gzip", sampleSession))
	spoilt[len(spoilt)-6] ^= 0xff // the checksum
	corrupt := packedAs(t, "gzip", sampleSession)[:10] + "\xff\xff\xff\xff\xff\xff\xff\xff"
	tests := map[string]struct {
		status       int
		coding, body string
		want         Session
		errContains  string
	}{
		"gzip":                 {200, "gzip", packedAs(t, "gzip", sampleSession), whole, ""},
		"gzip in capitals":     {200, "GZIP", packedAs(t, "gzip", sampleSession), whole, ""},
		"x-gzip":               {200, "x-gzip", packedAs(t, "gzip", sampleSession), whole, ""},
		"deflate":              {200, "deflate", packedAs(t, "zlib", sampleSession), whole, ""},
		"deflate without head": {200, "deflate", packedAs(t, "raw", sampleSession), whole, ""},
		"identity":             {200, "identity", sampleSession, whole, ""},
		"gzip, not packed":     {200, "gzip", sampleSession, whole, ""},
		"deflate, not packed":  {200, "deflate", sampleSession, whole, ""},
		"br, not packed":       {200, "br", sampleSession, whole, ""},
		"gzip, breaks off":     {200, "gzip", packedAs(t, "gzip", sampleSession)[:15], Session{}, ""},
		"gzip, empty":          {200, "gzip", "", Session{}, ""},
		"gzip of nothing":      {200, "gzip", packedAs(t, "gzip", ""), Session{}, ""},
		"gzip, far larger":     {200, "gzip", packedAs(t, "gzip", far), whole, ""},
		"gzip, bad checksum":   {200, "gzip", string(spoilt), whole, ""},

		"gzip, a page":             {200, "gzip", packedAs(t, "gzip", page), Session{}, "sent a web page"},
		"x-gzip, a page":           {200, "x-gzip", packedAs(t, "gzip", page), Session{}, "sent a web page"},
		"deflate, a page":          {200, "deflate", packedAs(t, "zlib", page), Session{}, "sent a web page"},
		"deflate w/o head, a page": {200, "deflate", packedAs(t, "raw", page), Session{}, "sent a web page"},
		"gzip, a page not packed":  {200, "gzip", page, Session{}, "sent a web page"},
		"gzip, corrupt":            {200, "gzip", corrupt, Session{}, "sent a body that can't be unpacked"},
		"br":                       {200, "br", "\x0b\x05\x80<html>\x03", Session{}, "not the Monitoring API"},
		"zstd":                     {200, "zstd", "\x28\xb5\x2f\xfd\x04\x00", Session{}, "not the Monitoring API"},
		"gzip twice":               {200, "gzip", packedAs(t, "gzip", packedAs(t, "gzip", sampleSession)), Session{}, "not the Monitoring API"},
		"gzip, refused":            {400, "gzip", packedAs(t, "gzip", `{"message":"identities","internalCode":5}`), Session{}, "there is no identity"},
		"deflate, refused":         {400, "deflate", packedAs(t, "zlib", `{"message":"identities","internalCode":5}`), Session{}, "there is no identity"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := newServer(t, func(w http.ResponseWriter, r *http.Request) {
				assert.Empty(t, r.Header.Get("Accept-Encoding"))
				w.Header().Set("Content-Encoding", test.coding)
				w.WriteHeader(test.status)
				_, _ = io.WriteString(w, test.body)
			})
			m := newMonitoring(t, Options{HTTP: newHTTP(t, HTTPOptions{})}, MonitoringOptions{Domain: server})
			got, err := m.Report(t.Context(), Report{Body: []byte(`{}`)})
			if test.errContains != "" {
				require.ErrorContains(t, err, test.errContains)
				return
			}
			require.NoError(t, err)
			assert.Equal(t, test.want, got)
		})
	}
}

// A few bytes may unpack to an endless stream of nothing.
func TestPackedWithoutEnd(t *testing.T) {
	t.Parallel()
	head := packedAs(t, "gzip", "")[:10]
	nothing := strings.Repeat("\x00\x00\x00\xff\xff", 1<<16) // stored blocks without a byte
	ended := make(chan error, 1)
	server := newServer(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		_, err := io.WriteString(w, head)
		for range 1000 {
			if err == nil {
				_, err = io.WriteString(w, nothing)
			}
		}
		ended <- err
	})
	m := newMonitoring(t, Options{HTTP: newHTTP(t, HTTPOptions{})}, MonitoringOptions{Domain: server})
	_, _ = m.Report(t.Context(), Report{Body: []byte(`{}`)})
	assert.Error(t, <-ended, "the client closed the connection")
}
