package cli

import (
	"context"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Requests that wait or stream must not delay the end, and must not make it an error.
func TestServingEndsWhileRequestsWait(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	waiting := make(chan struct{})
	handler := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		close(waiting)
		<-r.Context().Done()
	})
	ctx, stop := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() { served <- serveUntilSignal(ctx, handler, listener) }()
	go func() {
		if res, err := http.Get("http://" + listener.Addr().String()); err == nil {
			_ = res.Body.Close()
		}
	}()
	<-waiting
	stop()
	select {
	case err := <-served:
		assert.NoError(t, err)
	case <-time.After(shutdownTime):
		assert.Fail(t, "it waits for who waits")
	}
}
