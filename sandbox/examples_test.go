package sandbox_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox"
)

// The sandbox sends an example to a pipeline on this machine, and nowhere else.
func TestExamplesGoToAPipeline(t *testing.T) {
	t.Parallel()
	var got []string
	pipeline := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		assert.NoError(t, err)
		got = append(got, r.URL.Path+" "+r.Header.Get("Content-Type")+" "+string(body))
		if r.URL.Path == "/elsewhere" {
			http.Redirect(w, r, "/post", http.StatusTemporaryRedirect)
		}
		_, _ = io.WriteString(w, "taken")
	}))
	defer pipeline.Close()
	s := newSandbox(t, sandbox.Options{Examples: []sandbox.Example{{Name: "page", Preset: "retail", Event: json.RawMessage(`{"type":"page"}`)}}})
	listed := ask(s, http.MethodGet, "/sandbox/examples", "", "")
	assert.JSONEq(t, `{"examples":[{"name":"page","preset":"retail","event":{"type":"page"}}]}`, listed.Body.String())

	sent := ask(s, http.MethodPost, "/sandbox/examples/page", `{"to":"`+pipeline.URL+`/post"}`, "")
	assert.JSONEq(t, `{"answered":200,"text":"taken"}`, sent.Body.String())
	require.Equal(t, []string{`/post application/json {"type":"page"}`}, got)
	sent = ask(s, http.MethodPost, "/sandbox/examples/page", `{"to":"`+pipeline.URL+`/elsewhere"}`, "")
	assert.Contains(t, sent.Body.String(), `"answered":307`)
	require.Len(t, got, 2, "a redirect is not followed")

	for to, expected := range map[string]string{
		"http://192.0.2.1/post": "to: must be the address of a pipeline on this machine", "https://127.0.0.1/": "to: must be", "file:///etc/passwd": "to: must be",
		"http://127.0.0.1.example.com/": "to: must be", "": "to: must be", "http://jane:x@127.0.0.1/": "to: must be", "http://127.0.0.1:1/": "the pipeline does not answer",
	} {
		refused := ask(s, http.MethodPost, "/sandbox/examples/page", `{"to":"`+to+`"}`, "")
		assert.GreaterOrEqual(t, refused.Code, 400, to)
		assert.Contains(t, refused.Body.String(), expected, to)
	}
	assert.Equal(t, http.StatusNotFound, ask(s, http.MethodPost, "/sandbox/examples/none", `{"to":"`+pipeline.URL+`"}`, "").Code)
}
