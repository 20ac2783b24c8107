// Package strictyaml reads the files that people write for the sandbox, in YAML, of
// which JSON is a part. What is misspelt is an error, and errors name the line.
package strictyaml

import (
	"bytes"
	"errors"
	"io"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"
)

// goType is what the decoder says of the Go type that it decodes into.
var goType = regexp.MustCompile(` (in type|into) (struct \{[^}]*\}|[A-Za-z0-9_.*\[\]]+)`)

// Decode reads text into a struct, which must have a field for each member. Empty text
// is no error.
func Decode(text []byte, into any) error {
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	decoder.KnownFields(true)
	err := decoder.Decode(into)
	if err == nil && !errors.Is(decoder.Decode(new(yaml.Node)), io.EOF) {
		return errors.New("has more than one document: everything behind the line --- would be left out")
	}
	if err == nil || errors.Is(err, io.EOF) {
		return nil
	}
	said := strings.TrimPrefix(err.Error(), "yaml: ")
	var each *yaml.TypeError
	if errors.As(err, &each) {
		said = strings.Join(each.Errors, "; ")
	}
	return errors.New(goType.ReplaceAllString(said, ""))
}

// Line gives the line on which an item of a top-level list begins, in text that Decode
// has read.
func Line(text []byte, list string, item int) int {
	var lists map[string]yaml.Node
	if yaml.Unmarshal(text, &lists) != nil || item >= len(lists[list].Content) {
		return 0
	}
	return lists[list].Content[item].Line
}
