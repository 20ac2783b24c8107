package cli

import (
	"bytes"
	"io"
)

// unasked begins the line that net/http logs, through the package log, for an answer without a
// request. The line repeats the answer, which may repeat parts of a request.
var unasked = []byte("Unsolicited response received on idle HTTP channel")

// quietLog is an output of the package log that removes such answers.
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
