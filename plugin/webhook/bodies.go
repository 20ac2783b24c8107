package webhook

import (
	"errors"
	"io"
	"sync"
)

const (
	// maxBodies limits the memory for all bodies, signed or not: 64 notifications of
	// max_body_bytes.
	maxBodies = 64
	// chunksPerBody is so large that there are more chunks than connections. So clients that
	// stop after a few bytes cannot use up the memory.
	chunksPerBody = 16
)

var errTooManyBodies = errors.New("too many notifications at a time")

// bodies lends the memory that bodies are read into, in chunks of one size. It reuses chunks,
// so that refused bodies leave no garbage.
type bodies struct {
	chunkBytes int

	mu   sync.Mutex
	lent int
	free [][]byte // the last one returned is lent first
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

// body is a body in borrowed chunks.
type body struct {
	bodies *bodies
	chunks [][]byte
	space  []byte // the unused part of the last chunk
	length int
}

// readFrom reads to the end, and writes all it reads to the verifier. It borrows a chunk when
// the first byte for it has come, so that a client that sends nothing uses no memory.
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

// bytes returns a copy, which the caller may keep.
func (b *body) bytes() []byte {
	whole := make([]byte, 0, b.length)
	for _, chunk := range b.chunks {
		whole = append(whole, chunk[:min(len(chunk), b.length-len(whole))]...)
	}
	return whole
}

func (b *body) release() { b.bodies.giveBack(b.chunks) }
