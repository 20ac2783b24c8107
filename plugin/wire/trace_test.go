package wire

import (
	"context"
	"net"
	"net/http"
	"net/http/httptrace"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A connection is told of before anything is sent over it, and not where there is none.
func TestTrace(t *testing.T) {
	t.Parallel()
	var told []string
	ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{
		GetConn: func(address string) { told = append(told, "get "+address) },
		GotConn: func(info httptrace.GotConnInfo) {
			if assert.NotNil(t, info.Conn) && info.Reused {
				told = append(told, "reused")
			} else {
				told = append(told, "new")
			}
		},
	})
	s := listen(t, answering(func(int, *http.Request) string {
		told = append(told, "sent") // no race: its request waits
		return ok("hello")
	}))
	transport := newTransport(t)
	address := s.Addr().String()
	for _, last := range []string{"new", "reused"} {
		told = nil
		_, _, err := whole(transport, get(t, s.url).WithContext(ctx))
		require.NoError(t, err)
		assert.Equal(t, []string{"get " + address, last, "sent"}, told)
	}

	told = nil
	ended, cancel := context.WithCancel(ctx)
	cancel()
	_, _, err := whole(transport, get(t, s.url).WithContext(ended))
	require.ErrorIs(t, err, context.Canceled)
	assert.Equal(t, []string{"get " + address}, told)
	assert.Equal(t, 1, transport.resting(), "the connection is not spoilt")

	told = nil
	_, _, err = whole(dialling(func() (net.Conn, error) { return nil, errBody }), get(t, "http://a").WithContext(ctx))
	require.ErrorIs(t, err, errBody)
	assert.Equal(t, []string{"get a:80"}, told)
}
