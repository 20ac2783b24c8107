package sandbox_test

import (
	"context"
	"encoding/json"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox"
)

// ask sends a request. It does not wait for pages that wait or stream.
func ask(s *sandbox.Sandbox, method, target, body, password string) *httptest.ResponseRecorder {
	ctx, leave := context.WithCancel(context.Background())
	defer leave()
	switch target {
	case "/sandbox/events":
		leave()
	case "/sandbox/wait":
		target += "?timeout=0s"
	}
	request := httptest.NewRequestWithContext(ctx, method, target, strings.NewReader(body))
	if password != "" {
		request.SetBasicAuth("anybody", password)
	}
	recorder := httptest.NewRecorder()
	s.ServeHTTP(recorder, request)
	return recorder
}

// The test covers all pages and methods in the OpenAPI document.
func TestThePasswordIsAskedForUnderSandbox(t *testing.T) {
	t.Parallel()
	s := sandbox.New(sandbox.Options{Password: "open sesame"})
	var api struct {
		Paths map[string]map[string]json.RawMessage
	}
	text := ask(s, http.MethodGet, "/sandbox/openapi.json", "", "open sesame").Body.Bytes()
	require.NoError(t, json.Unmarshal(text, &api))
	require.Contains(t, api.Paths, "/sandbox/all")
	for path, methods := range api.Paths {
		for method, described := range methods {
			if method == "parameters" {
				continue
			}
			isOpen := strings.Contains(string(described), `"security": []`)
			assert.Equal(t, path == "/sandbox/health", isOpen, path)
			target := strings.NewReplacer("{consumer}", "jane", "{file}", "report.json").Replace(path)
			for _, password := range []string{"", "open", "open sesame!"} {
				got := ask(s, strings.ToUpper(method), target, "", password)
				if isOpen {
					assert.Equal(t, http.StatusOK, got.Code, path)
					continue
				}
				assert.Equal(t, http.StatusUnauthorized, got.Code, "%s %s", method, path)
				assert.Equal(t, `Basic realm="LivePerson sandbox", charset="UTF-8"`, got.Header().Get("WWW-Authenticate"))
				assert.JSONEq(t, `{"error":"this sandbox has a password: send it in HTTP Basic, with any user name"}`, got.Body.String())
			}
		}
	}
	assert.Equal(t, http.StatusOK, ask(s, http.MethodGet, "/sandbox/all", "", "open sesame").Code)
	assert.Equal(t, http.StatusOK, ask(s, http.MethodPost, "/sandbox/reset", "", "open sesame").Code)
}

func TestLivePersonsMethodsStayOpen(t *testing.T) {
	t.Parallel()
	s := sandbox.New(sandbox.Options{Password: "open sesame"})
	at := report(t, s, consumerBody)
	assert.Equal(t, http.StatusCreated, at.status)
	assert.Equal(t, http.StatusCreated, engage(t, s, `{}`).status)
	assert.Equal(t, http.StatusOK, createSession(t, s, "/", sampleCreateSession).status)
	assert.Equal(t, http.StatusUnauthorized, get(t, s, visitTarget(at)).status, "but for the one that reads what was sent")
	assert.Equal(t, http.StatusOK, ask(s, http.MethodGet, visitTarget(at), "", "open sesame").Code)
	assert.Equal(t, http.StatusOK, get(t, s, "/api/account/12345678/service/smt/baseURI.json?version=1.0").status)
}

func TestNobodyIsAskedWithoutAPassword(t *testing.T) {
	t.Parallel()
	s := sandbox.New(sandbox.Options{})
	for _, password := range []string{"", "anything"} {
		assert.Equal(t, http.StatusOK, ask(s, http.MethodGet, "/sandbox/all", "", password).Code)
	}
}

func TestListenAnywhereWithAPassword(t *testing.T) {
	t.Parallel()
	listener, err := sandbox.Listen("0.0.0.0:0", "open sesame")
	require.NoError(t, err)
	t.Cleanup(func() { _ = listener.Close() })
	assert.True(t, listener.Addr().(*net.TCPAddr).IP.IsUnspecified())

	_, err = sandbox.Listen("0.0.0.0", "open sesame")
	assert.ErrorContains(t, err, "write it as 127.0.0.1:8900")
}
