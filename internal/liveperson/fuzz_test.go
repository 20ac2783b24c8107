package liveperson

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// FuzzFit checks that a whole answer has both ids and no error. If a good answer breaks off
// anywhere, its status must still count.
func FuzzFit(f *testing.F) {
	for _, seed := range []string{sampleSession, sampleError, sampleExpose, sampleSent, "", "{}", "[", `{"sid":"\u00`, `{"visitorId":"a\\`, "\ufeff{", "<html>"} {
		f.Add(200, []byte(seed), 5)
	}
	f.Fuzz(func(t *testing.T, status int, body []byte, at int) {
		res := &answer{status: status, body: body}
		switch sessionForm.fit(res) {
		case fitsWhole:
			require.True(t, success(status))
			_, object := sessionForm.read(res)
			got := readSession(res.status, object)
			assert.NotEmpty(t, got.VisitorID)
			assert.NotEmpty(t, got.SessionID)
		case fitsBroken:
			require.True(t, success(status))
			assert.False(t, json.Valid(trimmed(body)))
		}
		readItems(completed(body)).answered(res)
		described(res)
		if at >= 0 && at < len(sampleSession) {
			assert.Equal(t, fitsBroken, sessionForm.fit(&answer{status: 200, body: []byte(sampleSession[:at])}))
		}
	})
}

func FuzzUnpacked(f *testing.F) {
	for _, coding := range []string{"gzip", "x-gzip", "deflate", "br", ""} {
		f.Add(coding, []byte(packedAs(nil, "gzip", sampleSession)))
		f.Add(coding, []byte(packedAs(nil, "zlib", sampleSession)))
		f.Add(coding, []byte(packedAs(nil, "raw", sampleSession)))
		f.Add(coding, []byte(sampleSession))
	}
	f.Fuzz(func(t *testing.T, coding string, body []byte) {
		res := &http.Response{Header: http.Header{"Content-Encoding": {coding}}, Body: io.NopCloser(bytes.NewReader(body))}
		read, err := io.ReadAll(io.LimitReader(unpacked(res, 2*maxResponseBytes), 2*maxResponseBytes))
		assert.LessOrEqual(t, len(read), 2*maxResponseBytes)
		garbled(err)
	})
}

func FuzzDomain(f *testing.F) {
	for _, seed := range []string{
		sampleDomains, `{"service":"smt","baseURI":"va.v.liveperson.net"}`, `[{"service":"smt","baseURI":"127.0.0.1:1"}]`, `{"baseURI":"http://a"}`, `{}`, `null`, `<html>`,
	} {
		f.Add([]byte(seed))
	}
	api, err := url.Parse("http://127.0.0.1:8900")
	require.NoError(f, err)
	f.Fuzz(func(t *testing.T, body []byte) {
		baseURI, err := findBaseURI(body, ServiceMonitoring)
		if err != nil {
			assert.Empty(t, baseURI)
			return
		}
		base, err := baseFromDomainAPI(baseURI, api)
		if err != nil {
			if len(baseURI) > 60 {
				assert.NotContains(t, err.Error(), baseURI)
			}
			return
		}
		assert.NotEmpty(t, base.Hostname())
		assert.Nil(t, base.User)
		assert.Empty(t, base.Path+base.RawQuery+base.Fragment)
		assert.True(t, base.Scheme == "https" || base.Scheme == "http" && IsLoopback(base))
	})
}

func FuzzTokens(f *testing.F) {
	for _, seed := range []string{webTokenOf(`{"exp":1700000000}`), webTokenOf(`{"exp":1e300}`), webTokenOf(`{"exp":"x"}`), "a.b.c", "..", ""} {
		f.Add([]byte(`{"access_token":"` + seed + `","expires_in":3600}`))
		f.Add([]byte(`{"token":"` + seed + `"}`))
	}
	now := time.Unix(1_700_000_000, 0)
	f.Fuzz(func(t *testing.T, body []byte) {
		var read struct {
			Access  string          `json:"access_token"`
			Expires json.RawMessage `json:"expires_in"`
			Token   string          `json:"token"`
		}
		if !readItems(body).first(&read) {
			return
		}
		assert.Positive(t, appLifetime(read.Access, scalar(read.Expires), now))
		end := expiry(read.Token)
		assert.True(t, end.IsZero() || end.Unix() >= 1 && end.Unix() <= maxTime)
	})
}

func FuzzFileURL(f *testing.F) {
	for _, seed := range []string{`{"relativePath":"/v1/a.PNG","queryParams":{"temp_url_sig":"a","temp_url_expires":"1"}}`, `{"relativePath":"/../a","queryParams":{"a":1}}`, `{}`, ``} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		to, err := ReadFileURL(Answer{Body: body})
		if err != nil {
			return
		}
		u := url.URL{Scheme: "https", Host: "va.objectstorage.liveperson.net", Path: to.RelativePath, RawQuery: to.query.Encode()}
		again, err := url.Parse(u.String())
		require.NoError(t, err)
		assert.Equal(t, u.Host, again.Host)
		assert.Equal(t, to.RelativePath, again.Path)
		assert.False(t, strings.Contains(again.Path, "//") || strings.Contains(again.Path, "/../"))
	})
}
