package cli

import (
	"bytes"
	"io"
	"reflect"
	"unsafe"

	"github.com/redpanda-data/benthos/v4/public/service"
)

// withoutFailureLines takes a kind of line out of Benthos' log: Benthos writes an error for each
// batch in which a message failed, also if the message goes to the dead letters as the config
// says. Our outputs log the first failure of each class, and then a count every minute.
//
// Benthos has no public way to change where its log goes. This function replaces the writers
// in the options of its command line. If they are not where they were, the log stays as it is.
func withoutFailureLines(builder *service.CLIOptBuilder) {
	options := reflect.ValueOf(builder).Elem().FieldByName("opts")
	if options.Kind() != reflect.Pointer || options.IsNil() {
		return
	}
	for _, name := range []string{"Stdout", "Stderr"} {
		field := options.Elem().FieldByName(name)
		if !field.IsValid() || field.Type() != reflect.TypeFor[io.Writer]() {
			continue
		}
		writer := (*io.Writer)(unsafe.Pointer(field.UnsafeAddr())) //nolint:gosec // the type was checked above
		*writer = failureLog{*writer}
	}
}

// failureLines are what Benthos logs for the outputs that log their failures themselves.
var failureLines = [][]byte{
	[]byte("Failed to send message to liveperson_report: "),
	[]byte("Failed to send message to liveperson_message: "),
}

// failureLog is a log without these lines. Benthos writes a line at a time.
type failureLog struct{ io.Writer }

func (l failureLog) Write(line []byte) (int, error) {
	for _, failure := range failureLines {
		if bytes.Contains(line, failure) {
			return len(line), nil
		}
	}
	return l.Writer.Write(line)
}
