package report

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/redpanda-data/benthos/v4/public/service"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/benthos-liveperson/benthos-liveperson/internal/liveperson"
)

// A proxy on the way may replace LivePerson's answers.
func TestAcceptAny200(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		option, answer string
		status         int
		class          liveperson.Class
	}{
		"text by default":     {"", "OK", 200, liveperson.ClassNotFound},
		"text, set":           {"accept_any_200: true", "OK", 200, ""},
		"text with 201, set":  {"accept_any_200: true", "OK", 201, ""},
		"page, set":           {"accept_any_200: true", "<html></html>", 200, ""},
		"text, not set":       {"accept_any_200: false", "OK", 200, liveperson.ClassNotFound},
		"session by default":  {"", `{"sessionId":"a","visitorId":"b"}`, 200, ""},
		"nothing by default":  {"", "", 201, ""},
		"a refusal, set":      {"accept_any_200: true", "OK", 400, liveperson.ClassInvalid},
		"no content, set":     {"accept_any_200: true", "", 204, liveperson.ClassNotFound},
		"unauthorised, set":   {"accept_any_200: true", "", 403, liveperson.ClassUnauthorised},
		"a moved host, set":   {"accept_any_200: true", "", 301, liveperson.ClassNotFound},
		"something else, set": {"accept_any_200: true", "OK", 299, liveperson.ClassNotFound},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(test.status)
				_, _ = io.WriteString(w, test.answer)
			}))
			t.Cleanup(server.Close)
			out, err := build(required + "monitoring_domain: " + server.URL + "\n" + test.option)
			require.NoError(t, err)
			t.Cleanup(func() { _ = out.Close(t.Context()) })
			err = out.WriteBatch(t.Context(), service.MessageBatch{message(aReport)})
			assert.Equal(t, test.class, liveperson.ClassOf(err), "%v", err)
		})
	}
}
