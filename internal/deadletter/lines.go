package deadletter

import (
	"bufio"
	"bytes"
	"errors"
	"io"
)

// Line is a line of a file of letters.
type Line struct {
	Number int    // from 1, as editors count
	Text   []byte // without the line break
	Letter Letter
	Wrong  error // why the line is no letter; nil if it is one
}

// Lines reads a file of letters line by line. It skips empty lines. A line may have any length.
type Lines struct {
	in     *bufio.Reader
	number int
}

// NewLines returns the lines of a file.
func NewLines(file io.Reader) *Lines { return &Lines{in: bufio.NewReader(file)} }

// Next returns the next line, or io.EOF.
func (l *Lines) Next() (Line, error) {
	for {
		text, err := l.in.ReadBytes('\n')
		if err != nil && (!errors.Is(err, io.EOF) || len(text) == 0) {
			return Line{}, err
		}
		l.number++
		text = bytes.TrimRight(text, "\r\n")
		if l.number == 1 {
			text = bytes.TrimPrefix(text, []byte("\ufeff")) // editors of Windows write this mark
		}
		if len(bytes.TrimSpace(text)) == 0 {
			continue
		}
		line := Line{Number: l.number, Text: text}
		line.Letter, line.Wrong = Parse(text)
		return line, nil
	}
}
