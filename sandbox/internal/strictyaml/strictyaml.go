// Package strictyaml reads the files that people write for the sandbox, in YAML, of
// which JSON is a part. What is misspelt is an error. Errors name the line, the member and what may stand there; they
// repeat no value, as values may be secrets.
package strictyaml

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf16"

	"go.yaml.in/yaml/v3"
)

// The bounds of a file. They are far above what tests need, and keep one file from keeping the sandbox busy.
const (
	// MaxBytes is the longest file, in bytes.
	MaxBytes = 1 << 20
	// MaxItems is how many items a list, and how many members an object may have. The YAML decoder compares each member
	// of an object with all others.
	MaxItems = 1000
	// maxNodes is how many values a file may have, each as often as an alias repeats it.
	maxNodes = 100_000
	// maxErrors is how many mistakes are told at once.
	maxErrors = 10
)

// Decode reads text into a struct, which must have a field for each member. Empty text
// is no error.
func Decode(text []byte, into any) error {
	if len(text) > MaxBytes {
		return fmt.Errorf("the file is too long: send %d bytes at most", MaxBytes)
	}
	decoder := yaml.NewDecoder(bytes.NewReader(asYAML(text)))
	var document yaml.Node
	err := decoder.Decode(&document)
	if errors.Is(err, io.EOF) {
		return nil
	}
	if err != nil {
		return errors.New(strings.TrimPrefix(err.Error(), "yaml: "))
	}
	if !errors.Is(decoder.Decode(new(yaml.Node)), io.EOF) {
		return errors.New("has more than one document: everything behind the line --- would be left out")
	}
	c := &checker{}
	c.check(document.Content[0], reflect.TypeOf(into).Elem(), "")
	if len(c.errs) > 0 {
		return errors.New(strings.Join(c.errs, "; "))
	}
	if err := document.Decode(into); err != nil {
		return inWords(err)
	}
	return nil
}

// inWords gives what the decoder finds that the checker does not look for, such as a member that is there twice.
func inWords(err error) error {
	var each *yaml.TypeError
	if !errors.As(err, &each) {
		return errors.New(strings.TrimPrefix(err.Error(), "yaml: "))
	}
	for i, said := range each.Errors {
		if line, rest, _ := strings.Cut(said, ": "); strings.HasPrefix(rest, "cannot unmarshal") {
			each.Errors[i] = line + ": cannot be read: see the documentation for what may stand here"
		}
	}
	return errors.New(strings.Join(each.Errors, "; "))
}

// escapes are those of JSON's strings. YAML has not all of them.
var escapes = regexp.MustCompile(`\\(u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|.)`)

// asYAML writes JSON without the escapes that YAML does not have: those of a slash, and of characters beyond 16 bits.
func asYAML(text []byte) []byte {
	if !json.Valid(text) {
		return text
	}
	return escapes.ReplaceAllFunc(text, func(escape []byte) []byte {
		switch {
		case string(escape) == `\/`:
			return []byte("/")
		case len(escape) == len(`\ud83d\ude00`):
			high, _ := strconv.ParseUint(string(escape[2:6]), 16, 32)
			low, _ := strconv.ParseUint(string(escape[8:]), 16, 32)
			return []byte(string(utf16.DecodeRune(rune(high), rune(low))))
		}
		return escape
	})
}

// Line gives the line on which an item of a top-level list begins, in text that Decode
// has read.
func Line(text []byte, list string, item int) int {
	var lists map[string]yaml.Node
	if yaml.Unmarshal(asYAML(text), &lists) != nil || item >= len(lists[list].Content) {
		return 0
	}
	return lists[list].Content[item].Line
}
