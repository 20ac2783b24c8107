package wire

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"net/http"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// FuzzAnswer answers a request with anything: it is what net/http takes it for, within
// our limits, and the next request has its own answer.
func FuzzAnswer(f *testing.F) {
	for _, test := range answers {
		if len(test.raw) < 1000 {
			f.Add([]byte(test.raw))
		}
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		synctest.Test(t, func(t *testing.T) {
			opened := 0
			transport := dialling(func() (net.Conn, error) {
				opened++
				n := opened
				ours, theirs := net.Pipe()
				go func() {
					answering(func(request int, _ *http.Request) string {
						if n > 1 || request > 1 {
							return ok("next")
						}
						_, _ = theirs.Write(raw)
						return "" // closes
					})(n, theirs)
					_ = theirs.Close()
				}()
				return ours, nil
			})
			got := judge(transport, get(t, "http://a"))
			assert.Equal(t, reference(raw), got)
			assert.Equal(t, verdict{status: 200, body: "next"}, judge(transport, get(t, "http://a")))
			require.Equal(t, 2, opened)
			transport.CloseIdleConnections()
		})
	})
}

// reference reads an answer behind interim ones.
func reference(raw []byte) verdict {
	in := bufio.NewReader(bytes.NewReader(raw))
	for range maxInterim {
		res, err := http.ReadResponse(in, nil)
		switch {
		case err != nil:
			return verdict{failed: true}
		case res.StatusCode >= 100 && res.StatusCode < 200 && res.StatusCode != 101:
			continue
		}
		body, err := io.ReadAll(res.Body)
		return verdict{status: res.StatusCode, body: string(body), bodyFail: err != nil}
	}
	return verdict{failed: true}
}
