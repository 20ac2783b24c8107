package cli

import (
	"bytes"
	"log"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestUnaskedAnswersAreNotLogged(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	logger := log.New(quietLog{&out}, "", 0)
	logger.Printf("Unsolicited response received on idle HTTP channel starting with %q; err=%v", "HTTP/1.1 200 OK jane@example.com", nil)
	logger.Print("http: TLS handshake error from 127.0.0.1:1: EOF")
	assert.Equal(t, "Unsolicited response received on idle HTTP channel\nhttp: TLS handshake error from 127.0.0.1:1: EOF\n", out.String())
}
