package engagement

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/redpanda-data/benthos/v4/public/service"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/benthos-liveperson/benthos-liveperson/internal/liveperson"
	"github.com/benthos-liveperson/benthos-liveperson/internal/session"
)

func TestUpdate(t *testing.T) {
	t.Parallel()
	const app = "api: app_engagement\noperation: update"
	synctest.Test(t, func(t *testing.T) {
		a, s := asking(t, app, service.MockResources())
		_, err := a.update(t.Context(), about("c"))
		require.ErrorContains(t, err, "class=invalid status=0 code=0 attempts=0: not sent: there is no session")
		assert.Empty(t, s.asked)

		a.sessions.Keep(t.Context(), "c", session.Session{}, "v1", "s1", "123")
		r, err := a.update(t.Context(), about("c"))
		require.NoError(t, err)
		assert.Equal(t, map[string]any{"session_id": "s1", "visitor_id": "v1", "page_id": "123"}, r.structured())
		assert.Equal(t, request{0, "v1", "s1", `{"entryPoints":null,"pageId":"123"}`}, s.asked[0])

		own := about("c")
		own.ownVisitorID, own.ownSessionID = "v1", "s1"
		r, err = a.update(t.Context(), own)
		require.NoError(t, err, "the same session")
		assert.Equal(t, "123", r.PageID)

		own = about("c")
		own.ownVisitorID, own.ownSessionID = "v2", "s2"
		_, err = a.update(t.Context(), own)
		require.ErrorContains(t, err, "pageId: missing")
		own.members[memberPageID] = "5"
		_, err = a.update(t.Context(), own)
		require.NoError(t, err)
		assert.Equal(t, `{"entryPoints":null,"pageId":"5"}`, s.asked[2].body)
	})
	synctest.Test(t, func(t *testing.T) {
		a, s := asking(t, app, service.MockResources())
		for _, page := range []string{"7", "8"} {
			s.offer.PageID = page
			_, err := a.ask(t.Context(), about("c"))
			require.NoError(t, err)
			r, err := a.update(t.Context(), about("c"))
			require.NoError(t, err)
			assert.Equal(t, page, r.PageID, "of the last answer")
		}
		time.Sleep(20 * time.Minute)
		_, err := a.update(t.Context(), about("c"))
		require.NoError(t, err)
		time.Sleep(20 * time.Minute)
		_, err = a.update(t.Context(), about("c"))
		require.NoError(t, err, "a session that is updated does not rest")
	})
	for _, code := range []int{37, 39, 12} {
		synctest.Test(t, func(t *testing.T) {
			a, s := asking(t, app, service.MockResources(), &liveperson.Error{Class: liveperson.ClassNotFound, Status: 404, Code: code})
			a.sessions.Keep(t.Context(), "c", session.Session{}, "v1", "s1", "123")
			_, err := a.update(t.Context(), about("c"))
			assert.Equal(t, liveperson.ClassNotFound, liveperson.ClassOf(err))
			assert.Len(t, s.asked, 1, "in another session it would say nothing")
			assert.Zero(t, a.sessions.Known(t.Context(), "c"), "LivePerson does not know it any more")
		})
	}
}
