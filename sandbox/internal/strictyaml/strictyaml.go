// Package strictyaml reads YAML or JSON that people write for the sandbox. A misspelt member is an error. Errors name the
// line, the member and the allowed values. They do not repeat values from the file, because values may be secret.
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

// The limits of a file. They are far above the needs of tests. They bound the time for reading a file.
const (
	// MaxBytes is the maximum size of a file, in bytes.
	MaxBytes = 1 << 20
	// MaxItems is the maximum number of items in a list and of members in an object. It is low because the YAML decoder
	// compares each member of an object with all others.
	MaxItems = 1000
	// maxNodes is the maximum number of values in a file. Each use of an alias counts.
	maxNodes = 100_000
	// maxErrors is the maximum number of mistakes in one error.
	maxErrors = 10
)

// Decode reads text into a struct. It returns an error for a member without a field. Empty text is allowed.
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
		said := strings.TrimPrefix(err.Error(), "yaml: ")
		if strings.Contains(said, "cannot start any token") {
			said += ": YAML is indented with spaces, not with tabs, and texts that begin with @ or ` need quotes"
		}
		return errors.New(said)
	}
	if !errors.Is(decoder.Decode(new(yaml.Node)), io.EOF) {
		return errors.New("has more than one document: remove the line --- and everything after it")
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

// inWords rewrites errors of the YAML decoder that the checker does not find, such as a repeated member.
func inWords(err error) error {
	var each *yaml.TypeError
	if !errors.As(err, &each) {
		return errors.New(strings.TrimPrefix(err.Error(), "yaml: "))
	}
	for i, said := range each.Errors {
		if line, rest, _ := strings.Cut(said, ": "); strings.HasPrefix(rest, "cannot unmarshal") {
			each.Errors[i] = line + ": can't be read: see the documentation for the allowed values"
		}
	}
	return errors.New(strings.Join(each.Errors, "; "))
}

// escapes matches the escapes in JSON strings. YAML does not have all of them.
var escapes = regexp.MustCompile(`\\(u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|.)`)

// asYAML replaces the escapes in JSON that YAML does not have: escaped slashes, and characters above 16 bits.
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

// Line returns the line of an item of a top-level list. Decode must have accepted the text.
func Line(text []byte, list string, item int) int {
	var lists map[string]yaml.Node
	if yaml.Unmarshal(asYAML(text), &lists) != nil || item >= len(lists[list].Content) {
		return 0
	}
	return lists[list].Content[item].Line
}
