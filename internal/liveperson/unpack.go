package liveperson

import (
	"bufio"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"errors"
	"io"
	"net/http"
	"strings"
)

// unpacked returns the uncompressed body of an answer. No request asks for compression, but some
// servers and proxies compress anyway. limit is how many packed bytes are read. Compressed, LivePerson's answer would not be recognised.
// If a body is not compressed as its header says, it is returned unchanged.
func unpacked(res *http.Response, limit int) io.Reader {
	limited := io.LimitReader(res.Body, int64(limit)) // a few bytes may unpack to an endless text
	coding := strings.ToLower(strings.TrimSpace(res.Header.Get("Content-Encoding")))
	if coding == "" {
		return limited
	}
	packed := bufio.NewReader(limited)
	head, _ := packed.Peek(2)
	var plain io.Reader
	var err error
	switch {
	case (coding == "gzip" || coding == "x-gzip") && string(head) == "\x1f\x8b":
		plain, err = gzip.NewReader(packed)
	case coding == "deflate" && isZlib(head):
		plain, err = zlib.NewReader(packed)
	case coding == "deflate" && len(head) > 0 && head[0] != '{':
		plain = flate.NewReader(packed) // some servers send deflate without zlib's header
	default:
		return packed
	}
	if err != nil {
		return failingReader{err}
	}
	return plain
}

// isZlib returns whether a body begins with zlib's header (RFC 1950).
func isZlib(head []byte) bool {
	return len(head) == 2 && head[0]&0x0f == 8 && (int(head[0])<<8|int(head[1]))%31 == 0
}

type failingReader struct{ err error }

func (r failingReader) Read([]byte) (int, error) { return 0, r.err }

// garbled returns whether an error means that a body is not compressed as its header says. It
// returns false for a body that broke off.
func garbled(err error) bool {
	var corrupt flate.CorruptInputError
	for _, wrong := range []error{gzip.ErrHeader, gzip.ErrChecksum, zlib.ErrHeader, zlib.ErrChecksum, zlib.ErrDictionary} {
		if errors.Is(err, wrong) {
			return true
		}
	}
	return errors.As(err, &corrupt)
}
