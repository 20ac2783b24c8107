package deadletter

import (
	"bufio"
	"fmt"
	"io"
	"sync"
)

// rest writes the lines that remain, in the order of the file. A line waits until it is known what became of it and of all lines
// before it. So only lines in flight are in memory.
type rest struct {
	mu    sync.Mutex
	out   *bufio.Writer
	lines []*restLine // the first one is open
	err   error       // of the first write that failed
}

type restLine struct {
	text    []byte // nil: it does not remain
	settled bool
}

func newRest(out io.Writer) *rest { return &rest{out: bufio.NewWriter(out)} }

// add adds a line, which remains as it is until settle says otherwise.
func (r *rest) add(text []byte) *restLine {
	r.mu.Lock()
	defer r.mu.Unlock()
	line := &restLine{text: text}
	r.lines = append(r.lines, line)
	return line
}

// settle says what remains of a line; nil: nothing.
func (r *rest) settle(line *restLine, text []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	line.text, line.settled = text, true
	for len(r.lines) > 0 && r.lines[0].settled {
		r.writeFirst()
	}
}

func (r *rest) writeFirst() {
	if text := r.lines[0].text; text != nil && r.err == nil {
		_, r.err = fmt.Fprintf(r.out, "%s\n", text)
	}
	r.lines = r.lines[1:]
}

// end writes the lines of which nothing is known, and returns their number.
func (r *rest) end() (open int, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for len(r.lines) > 0 {
		if !r.lines[0].settled {
			open++
		}
		r.writeFirst()
	}
	if r.err == nil {
		r.err = r.out.Flush()
	}
	return open, r.err
}
