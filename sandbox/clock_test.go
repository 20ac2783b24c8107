package sandbox_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox"
)

// A session that began while the clock was ahead must not keep sessions alive that began after the clock was set back.
func TestSessionsEndAlsoWhenTheClockWasSetBack(t *testing.T) {
	t.Parallel()
	w := newWorld(sandbox.Options{})
	fetch(t, w.Sandbox, http.MethodPut, "/sandbox/clock", `{"advance":"5h"}`)
	report(t, w.Sandbox, consumerBody)
	fetch(t, w.Sandbox, http.MethodDelete, "/sandbox/clock", "")
	at := report(t, w.Sandbox, consumerBody)
	w.clock.advance(6 * time.Hour)
	assert.Equal(t, http.StatusCreated, report(t, w.Sandbox, consumerBody, "vid", at.VisitorID, "sid", at.SessionID).status)
	got := get(t, w.Sandbox, visitTarget(at))
	assert.Equal(t, []int{404, 12}, []int{got.status, got.InternalCode})
}

func TestTheClockIsNotMovedOutOfAllBounds(t *testing.T) {
	t.Parallel()
	w := newWorld(sandbox.Options{})
	const years = `{"advance":"500000h"}`
	for _, body := range []string{`{"advance":"2562047h"}`, `{"advance":"-2562047h"}`, `{"advance":"1h"} {"advance":"1h"}`} {
		status, text := fetch(t, w.Sandbox, http.MethodPut, "/sandbox/clock", body)
		assert.Equal(t, http.StatusBadRequest, status, text)
	}
	status, _ := fetch(t, w.Sandbox, http.MethodPut, "/sandbox/clock", years)
	assert.Equal(t, http.StatusOK, status)
	status, text := fetch(t, w.Sandbox, http.MethodPut, "/sandbox/clock", years)
	assert.Equal(t, http.StatusBadRequest, status)
	assert.Contains(t, text, "advance: the clock would be more than")
	_, text = fetch(t, w.Sandbox, http.MethodGet, "/sandbox/clock", "")
	assert.Contains(t, text, `"offset":"500000h0m0s"`)
}

// A client that can't send PUT sends POST with the header, as for LivePerson's methods. A GET in that header changes nothing.
func TestPagesTakeTheMethodOfTheHeader(t *testing.T) {
	t.Parallel()
	s := sandbox.New(sandbox.Options{})
	call := func(page, method, body string) string {
		r := httptest.NewRequest(http.MethodPost, page, strings.NewReader(body))
		r.Header.Set("X-HTTP-Method-Override", method)
		return send(t, s, r).text
	}
	const chaosPage, clockPage = "/sandbox/chaos", "/sandbox/clock"
	assert.Contains(t, call(chaosPage, http.MethodPut, `rules: [{endpoint: report, status: 503}]`), `"status":503`)
	assert.Contains(t, call(chaosPage, http.MethodGet, ""), `"status":503`)
	assert.NotContains(t, call(chaosPage, http.MethodDelete, ""), `"status":503`)
	assert.Contains(t, call(clockPage, http.MethodPut, `{"advance":"1h"}`), `"offset":"1h0m0s"`)
	assert.Contains(t, call(clockPage, http.MethodDelete, ""), `"offset":"0s"`)
}
