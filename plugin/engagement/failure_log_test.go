package engagement

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	_ "github.com/redpanda-data/benthos/v4/public/components/pure"
	"github.com/redpanda-data/benthos/v4/public/service"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/benthos-liveperson/benthos-liveperson/internal/liveperson"
)

func TestFailuresAreLogged(t *testing.T) {
	t.Parallel()
	failure := func(class liveperson.Class, status int) error { return &liveperson.Error{Class: class, Status: status} }
	tests := map[string]struct {
		request  string
		errs     []error
		warnings []string // the warnings after three questions
	}{
		"the first of a class":  {`{}`, []error{failure("server", 503), failure("server", 503), failure("invalid", 400)}, []string{"class=server", "class=invalid"}},
		"a wrong app key":       {`{}`, []error{failure("not_found", 404), failure("not_found", 404), failure("not_found", 404)}, []string{"class=not_found", "class=not_found", "class=not_found"}},
		"refused credentials":   {`{}`, []error{failure("unauthorised", 401), failure("unauthorised", 403), nil}, []string{"status=401", "status=403"}},
		"a mistake of the site": {`{"clientProperties":{"os":"jane.roe@example.com"}}`, nil, []string{"clientProperties.os: expected one of"}},
		"nothing":               {`{}`, nil, nil},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var log bytes.Buffer
			p, s := loggingProcessor(t, &log)
			for i := range 3 {
				if s.errs = nil; i < len(test.errs) && test.errs[i] != nil {
					s.errs = []error{test.errs[i]}
				}
				_, err := p.ProcessBatch(t.Context(), service.MessageBatch{service.NewMessage([]byte(test.request))})
				require.NoError(t, err)
			}
			var warnings []string
			for line := range strings.Lines(log.String()) {
				if strings.Contains(line, "level=WARN") {
					warnings = append(warnings, line)
				}
			}
			require.Len(t, warnings, len(test.warnings), log.String())
			for i, want := range test.warnings {
				assert.Contains(t, warnings[i], want)
			}
			assert.NotContains(t, log.String(), "jane")
		})
	}
}

// A wrong app key on a busy site fails a thousand questions a second. The log says so all the time, and
// stays readable.
func TestAWrongSettingDoesNotFloodTheLog(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		failures := newFailureLog(service.NewLoggerFromSlog(slog.New(slog.NewTextHandler(&log, nil))))
		for range 30_000 { // half a minute
			failures.note(&liveperson.Error{Class: liveperson.ClassNotFound, Status: 404})
			time.Sleep(time.Millisecond)
		}
		assert.Equal(t, 12, strings.Count(log.String(), "level=WARN"), "ten, and one after 10 s and after 20 s")
		assert.Equal(t, 2, strings.Count(log.String(), "and 9999 others of class not_found since the last warning"))

		time.Sleep(time.Hour)
		log.Reset()
		failures.note(&liveperson.Error{Class: liveperson.ClassNotFound, Status: 404})
		assert.Contains(t, log.String(), "level=WARN", "each one, if they are rare")
	})
}

// loggingProcessor returns a processor without retries that logs, and its server.
func loggingProcessor(t *testing.T, log *bytes.Buffer) (*processor, *server) {
	t.Helper()
	builder := service.NewResourceBuilder()
	builder.SetLogger(slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug})))
	mgr, stop, err := builder.Build()
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, stop(context.Background())) })
	p, err := newProcessor(parse(t, "retry_pauses: []"), mgr)
	require.NoError(t, err)
	s := &server{offer: anOffer}
	p.asker.livePerson = livePerson{connect: connected, close: func() {}, ask: func(context.Context, liveperson.Question) (liveperson.Offer, error) {
		if len(s.errs) > 0 {
			return liveperson.Offer{}, s.errs[0]
		}
		return s.offer, nil
	}}
	return p, s
}
