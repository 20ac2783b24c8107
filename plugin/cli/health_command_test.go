package cli

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	ucli "github.com/urfave/cli/v2"
)

func TestHealth(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/ready" {
			w.WriteHeader(http.StatusServiceUnavailable)
			_, _ = w.Write([]byte("LivePerson is down"))
			return
		}
		_, _ = w.Write([]byte("pong"))
	}))
	t.Cleanup(server.Close)
	address := strings.TrimPrefix(server.URL, "http://")
	_, port, _ := strings.Cut(address, ":")
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()

	for name, test := range map[string]struct {
		args      []string
		out, fail string
	}{
		"alive":                {[]string{"--address", address}, "pong\n", ""},
		"on all interfaces":    {[]string{"--address", "0.0.0.0:" + port}, "pong\n", ""},
		"without a host":       {[]string{"--address", ":" + port}, "pong\n", ""},
		"not ready":            {[]string{"--ready", "--address", address}, "LivePerson is down\n", "status 503"},
		"nobody listens":       {[]string{"--address", strings.TrimPrefix(gone.URL, "http://")}, "", "http.enabled"},
		"no port":              {[]string{"--address", "localhost"}, "", "--address: must be a host and a port"},
		"an argument too many": {[]string{"now"}, "", "health takes only flags"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var out strings.Builder
			app := &ucli.App{Name: "test", Writer: &out, ErrWriter: &out, Commands: []*ucli.Command{healthCommand()}, ExitErrHandler: func(*ucli.Context, error) {}}
			err := app.RunContext(t.Context(), append([]string{"test", "health"}, test.args...))
			if test.fail == "" {
				require.NoError(t, err)
			} else {
				require.ErrorContains(t, err, test.fail)
			}
			assert.Equal(t, test.out, out.String())
		})
	}
}
