package cli

import (
	"bytes"
	"io"
)

// unasked is what net/http logs, through the package log, of an answer that nobody asked
// for. It repeats the answer, which may repeat what was sent.
var unasked = []byte("Unsolicited response received on idle HTTP channel")

// quietLog is an output of the package log that leaves such answers out.
type quietLog struct{ io.Writer }

func (q quietLog) Write(line []byte) (int, error) {
	short := line
	if at := bytes.Index(line, unasked); at >= 0 {
		short = append(bytes.Clone(line[:at+len(unasked)]), '\n')
	}
	if _, err := q.Writer.Write(short); err != nil {
		return 0, err
	}
	return len(line), nil
}
