package sandbox_test

import (
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox"
)

// over sends a request over a connection, with a Host and pairs of header names and values.
func over(t *testing.T, server *httptest.Server, method, target, host string, header ...string) (status int, text string) {
	t.Helper()
	body := ""
	if strings.HasPrefix(target, "/api/") {
		body = consumerBody
	}
	request, err := http.NewRequestWithContext(t.Context(), method, server.URL+target, strings.NewReader(body))
	require.NoError(t, err)
	if host != "" {
		request.Host = host
	}
	for i := 0; i < len(header); i += 2 {
		request.Header.Set(header[i], header[i+1])
	}
	res, err := server.Client().Do(request)
	require.NoError(t, err)
	defer res.Body.Close()
	answered, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	return res.StatusCode, string(answered)
}

func TestOtherWebSitesAreKeptOut(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(newSandbox(t, sandbox.Options{}))
	t.Cleanup(server.Close)
	for name, test := range map[string]struct {
		host   string
		header []string
		says   string // empty: allowed
	}{
		"a program":                       {},
		"localhost":                       {host: "localhost:8900"},
		"LOCALHOST without a port":        {host: "LOCALHOST"},
		"another loopback address":        {host: "127.0.0.2:8900"},
		"IPv6":                            {host: "[::1]:8900"},
		"IPv6 without a port":             {host: "[::1]"},
		"IPv4 in IPv6":                    {host: "[::ffff:127.0.0.1]:8900"},
		"an address bar":                  {header: []string{"Sec-Fetch-Site", "none"}},
		"a page of the sandbox's":         {header: []string{"Sec-Fetch-Site", "same-origin", "Origin", server.URL}},
		"a page served on this machine":   {header: []string{"Sec-Fetch-Site", "same-site", "Origin", "http://localhost:3000"}},
		"a name let point here":           {host: "shop.example.com", says: "the header Host is not this machine"},
		"the same with a port":            {host: "shop.example.com:8900", says: "the header Host is not this machine"},
		"a name that begins well":         {host: "localhost.example.com", says: "the header Host is not this machine"},
		"an address that begins well":     {host: "127.0.0.1.example.com", says: "the header Host is not this machine"},
		"another address":                 {host: "192.0.2.7:8900", says: "the header Host is not this machine"},
		"any address":                     {host: "0.0.0.0:8900", says: "the header Host is not this machine"},
		"another site":                    {header: []string{"Sec-Fetch-Site", "cross-site"}, says: "from another web site"},
		"another site in an old browser":  {header: []string{"Origin", "https://shop.example.com"}, says: "from another web site"},
		"a file, or a frame in a sandbox": {header: []string{"Origin", "null"}, says: "from another web site"},
		"an origin that can't be read":    {header: []string{"Origin", "http://%zz"}, says: "from another web site"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for method, page := range map[string]string{http.MethodGet: "/sandbox/all", http.MethodPost: "/sandbox/reset", http.MethodDelete: "/sandbox/tokens"} {
				status, text := over(t, server, method, page, test.host, test.header...)
				if test.says == "" {
					assert.Equal(t, http.StatusOK, status, "%s: %s", page, text)
					continue
				}
				assert.Equal(t, http.StatusForbidden, status, page)
				assert.Contains(t, text, test.says)
				assert.Contains(t, text, "start the sandbox with a password")
			}
			status, _ := over(t, server, http.MethodGet, "/sandbox/health", test.host, test.header...)
			assert.Equal(t, http.StatusOK, status)
			target := reportPath(sandbox.DefaultAccountID, sandbox.DefaultAppInstallationID) + "?v=1.0"
			status, text := over(t, server, http.MethodPut, target, test.host, test.header...)
			assert.Equal(t, http.StatusCreated, status, "LivePerson's methods are for servers: %s", text)
		})
	}
}

// atAddress sends a request that came in over a network at this address. It does not wait for pages that wait or stream.
func atAddress(method, target, host string) *http.Request {
	listening := &net.TCPAddr{IP: net.IPv4(192, 0, 2, 7), Port: 8900}
	ctx := context.WithValue(context.Background(), http.LocalAddrContextKey, net.Addr(listening))
	if target == "/sandbox/events" || target == "/sandbox/wait" {
		gone, leave := context.WithCancel(ctx)
		leave()
		ctx = gone
	}
	request := httptest.NewRequestWithContext(ctx, method, target, nil)
	request.Host = host
	return request
}

// The test covers all pages in the OpenAPI document.
func TestEveryPageIsKeptFromOtherWebSites(t *testing.T) {
	t.Parallel()
	s := newSandbox(t, sandbox.Options{})
	_, text := fetch(t, s, http.MethodGet, "/sandbox/openapi.json", "")
	var api struct {
		Paths map[string]map[string]json.RawMessage
	}
	require.NoError(t, json.Unmarshal([]byte(text), &api))
	require.Contains(t, api.Paths, "/sandbox/all")
	for path, methods := range api.Paths {
		for method, described := range methods {
			if method == "parameters" {
				continue
			}
			recorder := httptest.NewRecorder()
			s.ServeHTTP(recorder, atAddress(strings.ToUpper(method), path, "shop.example.com"))
			assert.Equal(t, path != "/sandbox/health", recorder.Code == http.StatusForbidden, "%s %s", method, path)
			assert.Equal(t, path != "/sandbox/health", strings.Contains(string(described), `"403"`), "%s %s", method, path)
		}
	}
}

// In a container, a sandbox listens on all addresses, has a password, and has its own host name.
func TestWithAPasswordAnyNameWillDo(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(newSandbox(t, sandbox.Options{Password: "open sesame"}))
	t.Cleanup(server.Close)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+"/sandbox/all", nil)
	require.NoError(t, err)
	request.Host = "sandbox:8900"
	request.SetBasicAuth("sandbox", "open sesame")
	res, err := server.Client().Do(request)
	require.NoError(t, err)
	_ = res.Body.Close()
	assert.Equal(t, http.StatusOK, res.StatusCode)
	status, _ := over(t, server, http.MethodGet, "/sandbox/all", "sandbox:8900")
	assert.Equal(t, http.StatusUnauthorized, status)
}

// A sandbox behind another listener can be reached at the listener's address.
func TestTheAddressThatItListensOnIsLocal(t *testing.T) {
	t.Parallel()
	s := newSandbox(t, sandbox.Options{})
	for host, want := range map[string]int{"192.0.2.7:8900": http.StatusOK, "192.0.2.8:8900": http.StatusForbidden, "127.0.0.1:8900": http.StatusOK} {
		recorder := httptest.NewRecorder()
		s.ServeHTTP(recorder, atAddress(http.MethodGet, "/sandbox/all", host))
		assert.Equal(t, want, recorder.Code, host)
	}
}

// An administrator can send notifications anywhere.
func TestOtherWebSitesDoNotLogIn(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(newSandbox(t, sandbox.Options{}))
	t.Cleanup(server.Close)
	login := func(host string) int {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL+"/api/account/12345678/login", strings.NewReader(`{"username":"ada","password":"x"}`))
		require.NoError(t, err)
		request.Host = host
		res, err := server.Client().Do(request)
		require.NoError(t, err)
		require.NoError(t, res.Body.Close())
		return res.StatusCode
	}
	assert.Equal(t, http.StatusOK, login("localhost:8900"))
	assert.Equal(t, http.StatusForbidden, login("shop.example.com"))
}
