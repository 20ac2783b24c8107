package mapping

import (
	"bytes"
	"errors"
	"fmt"
)

// notJSON returns the error for content that is not JSON. Editors and shells of Windows write a mark before UTF-8, or UTF-16.
func notJSON(content []byte, err error) error {
	switch {
	case len(content) == 0:
		return errors.New("the event is empty")
	case bytes.HasPrefix(content, []byte("\ufeff")):
		return errors.New("the event begins with a byte order mark: save the file as UTF-8 without it, or put the scanner skip_bom around the input's scanner")
	case bytes.HasPrefix(content, []byte{0xff, 0xfe}) || bytes.HasPrefix(content, []byte{0xfe, 0xff}):
		return errors.New("the event is UTF-16, as > of older PowerShells writes it: save the file as UTF-8")
	}
	return fmt.Errorf("the event is not JSON: %w", err)
}
