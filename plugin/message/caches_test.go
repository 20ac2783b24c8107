package message

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/redpanda-data/benthos/v4/public/service"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// down is a cache that can't be reached.
type down struct{ asked []time.Time }

var errDown = errors.New("connection refused")

func (d *down) Get(context.Context, string) ([]byte, error) {
	d.asked = append(d.asked, time.Now())
	return nil, errDown
}

func (d *down) Set(context.Context, string, []byte, *time.Duration) error { return errDown }
func (d *down) Add(context.Context, string, []byte, *time.Duration) error { return errDown }
func (d *down) Delete(context.Context, string) error                      { return errDown }
func (d *down) Close(context.Context) error                               { return nil }

func resourcesOf(t *testing.T, cache service.Cache) *service.Resources {
	t.Helper()
	env := service.NewEnvironment()
	require.NoError(t, env.RegisterCache("down", service.NewConfigSpec(),
		func(*service.ParsedConfig, *service.Resources) (service.Cache, error) { return cache, nil }))
	builder := env.NewResourceBuilder()
	builder.SetLogger(slog.New(slog.DiscardHandler))
	require.NoError(t, builder.AddCacheYAML("label: conversations\ndown: {}"))
	mgr, stop, err := builder.Build()
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, stop(context.Background())) })
	return mgr
}

// A failing cache does not fail the message for good, and is not an outage of LivePerson.
func TestWhileTheCacheFailsNothingIsSent(t *testing.T) {
	t.Parallel()
	cache := &down{}
	mgr := resourcesOf(t, cache)
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(nil)
		c := parse(t, "conversation_cache: conversations")
		out := newOutput(c, engineAt(t, d, c, mgr), nil)
		err := write(t.Context(), out, say("secret"))[0]
		require.ErrorContains(t, err, "class=server status=0 code=0 attempts=0: not sent: the conversation cache conversations fails: connection refused")
		assert.NotContains(t, err.Error(), "secret")
		assert.Len(t, cache.asked, len(storePauses)+1)
		assert.GreaterOrEqual(t, cache.asked[3].Sub(cache.asked[0]), total(storePauses))
		assert.Empty(t, d.sent)
	})
}
