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

// unpacked gives an answer's body as it was before a server or proxy compressed it.
// No request asks for it, but some do it unasked: packed, a page would look like an
// acknowledgement, and LivePerson's own words like none. A body that is not packed as its
// header says is given as it is.
func unpacked(res *http.Response) io.Reader {
	packed := bufio.NewReader(io.LimitReader(res.Body, 2*maxResponseBytes)) // a few bytes may hold an endless text
	head, _ := packed.Peek(2)
	var plain io.Reader
	var err error
	switch coding := strings.ToLower(strings.TrimSpace(res.Header.Get("Content-Encoding"))); {
	case (coding == "gzip" || coding == "x-gzip") && string(head) == "\x1f\x8b":
		plain, err = gzip.NewReader(packed)
	case coding == "deflate" && isZlib(head):
		plain, err = zlib.NewReader(packed)
	case coding == "deflate" && len(head) > 0 && head[0] != '{':
		plain = flate.NewReader(packed) // as some servers take the word
	default:
		return packed
	}
	if err != nil {
		return failingReader{err}
	}
	return plain
}

// isZlib reads the header that zlib puts before a deflated text (RFC 1950).
func isZlib(head []byte) bool {
	return len(head) == 2 && head[0]&0x0f == 8 && (int(head[0])<<8|int(head[1]))%31 == 0
}

type failingReader struct{ err error }

func (r failingReader) Read([]byte) (int, error) { return 0, r.err }

// garbled tells the errors of what is not packed as it says from those of a body that
// broke off.
func garbled(err error) bool {
	var corrupt flate.CorruptInputError
	for _, wrong := range []error{gzip.ErrHeader, gzip.ErrChecksum, zlib.ErrHeader, zlib.ErrChecksum, zlib.ErrDictionary} {
		if errors.Is(err, wrong) {
			return true
		}
	}
	return errors.As(err, &corrupt)
}
