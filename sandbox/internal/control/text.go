package control

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/journal"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/openapi"
)

// text is what a search looks for, in lower case.
type text string

// maxText is the longest text of a search, in bytes. The search compares it with every call.
const maxText = 200

func (t *text) UnmarshalText(given []byte) error {
	if len(given) > maxText {
		return fmt.Errorf("must have %d bytes at most", maxText)
	}
	*t = text(strings.ToLower(string(given)))
	return nil
}

// Schema describes the text.
func (text) Schema() openapi.Schema { return openapi.Schema{"type": "string", "maxLength": maxText} }

// in reports whether a call has the text.
func (t text) in(c *journal.Entry) bool {
	has := func(value string) bool { return containsFold(value, string(t)) }
	switch {
	case containsFold(c.Body, string(t)),
		has(c.Consumer), has(c.Target), has(c.Reason), has(c.VisitorID), has(c.SessionID), has(c.RequestID), has(c.Endpoint),
		has(c.Headers.Value().UserAgent), slices.ContainsFunc(c.Types, has), slices.ContainsFunc(c.Notes, has):
		return true
	}
	return slices.ContainsFunc(c.Why, func(w journal.Why) bool { return has(w.Path) || has(w.Message) })
}

// containsFold reports whether a text has a part, which is in lower case. Letters beyond ASCII must be in the same case. It
// makes no copy, because a search reads the bodies of all calls.
func containsFold[T ~string | ~[]byte](in T, part string) bool {
	if part == "" {
		return true
	}
	for i := 0; i+len(part) <= len(in); i++ {
		if lower(in[i]) == part[0] && foldsTo(in[i:i+len(part)], part) {
			return true
		}
	}
	return false
}

func foldsTo[T ~string | ~[]byte](in T, part string) bool {
	for i := range len(part) {
		if lower(in[i]) != part[i] {
			return false
		}
	}
	return true
}

func lower(b byte) byte {
	if 'A' <= b && b <= 'Z' {
		b += 'a' - 'A'
	}
	return b
}

// results are the possible results of a call or of a receipt.
var results = []string{
	journal.ResultAccepted, journal.ResultNoted, journal.ResultRefused, resultDropped, resultWithheld, resultDuplicate, resultUnknown,
}

// result is one of results.
type result string

func (r *result) UnmarshalText(given []byte) error {
	*r = result(given)
	if !slices.Contains(results, string(given)) {
		return errors.New("must be one of " + strings.Join(results, ", "))
	}
	return nil
}

// Schema describes the values.
func (result) Schema() openapi.Schema { return openapi.Schema{"enum": results} }
