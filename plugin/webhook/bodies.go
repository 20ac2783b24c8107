package webhook

import (
	"errors"
	"io"
	"sync"
)

const (
	// maxBodies bounds the memory for bodies, whether they are signed or not: 64
	// notifications as long as max_body_bytes allows.
	maxBodies = 64
	// chunksPerBody makes more chunks than the server has connections, so that clients
	// that stop after a few bytes do not take the memory away from the others.
	chunksPerBody = 16
)

var errTooManyBodies = errors.New("too many notifications at a time")

// bodies lends the memory into which bodies are read, in chunks of one size. It uses chunks
// again, so that refused bodies leave no garbage behind.
type bodies struct {
	chunkBytes int

	mu   sync.Mutex
	lent int
	free [][]byte // the one that came back last is lent first
}

func newBodies(maxBodyBytes int) *bodies {
	return &bodies{chunkBytes: (maxBodyBytes + chunksPerBody - 1) / chunksPerBody}
}

func (b *bodies) lend() ([]byte, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.lent == maxBodies*chunksPerBody {
		return nil, errTooManyBodies
	}
	b.lent++
	last := len(b.free) - 1
	if last < 0 {
		return make([]byte, b.chunkBytes), nil
	}
	chunk := b.free[last]
	b.free = b.free[:last]
	return chunk, nil
}

func (b *bodies) giveBack(chunks [][]byte) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.lent -= len(chunks)
	b.free = append(b.free, chunks...)
}

// body is one body in borrowed chunks.
type body struct {
	bodies *bodies
	chunks [][]byte
	space  []byte // what is left of the last chunk
	length int
}

// readFrom reads to the end, and writes what it reads to the verifier. It borrows a chunk
// only when a byte has come that needs it: a client that sends nothing takes no memory.
func (b *body) readFrom(from io.Reader, v *verifier) error {
	next := make([]byte, 1)
	for {
		into := b.space
		if len(into) == 0 {
			into = next
		}
		n, err := from.Read(into)
		if n > 0 && len(b.space) == 0 {
			chunk, err := b.bodies.lend()
			if err != nil {
				return err
			}
			chunk[0] = next[0]
			b.chunks, b.space = append(b.chunks, chunk), chunk
		}
		v.write(b.space[:n])
		b.space = b.space[n:]
		b.length += n
		switch err {
		case nil:
		case io.EOF:
			return nil
		default:
			return err
		}
	}
}

// bytes gives a copy, which the caller may keep.
func (b *body) bytes() []byte {
	whole := make([]byte, 0, b.length)
	for _, chunk := range b.chunks {
		whole = append(whole, chunk[:min(len(chunk), b.length-len(whole))]...)
	}
	return whole
}

func (b *body) release() { b.bodies.giveBack(b.chunks) }
