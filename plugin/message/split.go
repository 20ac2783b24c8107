package message

import (
	"cmp"
	"fmt"
	"sort"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/clipperhouse/uax29/v2/graphemes"

	"github.com/benthos-liveperson/benthos-liveperson/internal/liveperson"
)

// somewhere is a dialog with ids as long as LivePerson's, which are UUIDs. With it, the length of a
// request can be computed before the conversation exists.
var somewhere = liveperson.Dialog{ConversationID: strings.Repeat("0", 36), DialogID: strings.Repeat("0", 36)}

// split cuts a text in UTF-8 into parts that each fit into a request. It cuts between words if
// it can. If the text needs more than most parts, split stops and returns false. The time for
// one part does not depend on the length of the text.
func split(text string, most int) (parts []string, ok bool) {
	for !fits(text) {
		if len(parts) == most {
			return nil, false
		}
		cut := place(text, longest(text))
		if part := strings.TrimRightFunc(text[:cut], unicode.IsSpace); part != "" {
			parts = append(parts, part)
		}
		text = trimLeft(text[cut:])
	}
	if text != "" {
		parts = append(parts, text)
	}
	return parts, len(parts) <= most
}

// longest returns how many bytes of a text fit into a request, without cutting a character.
func longest(text string) int {
	window := min(len(text), liveperson.MaxRequestCharacters)
	return whole(text, sort.Search(window, func(n int) bool { return !fits(text[:whole(text, n+1)]) }))
}

// whole reduces n so that the first n bytes of a text don't cut a character.
func whole(text string, n int) int {
	for n > 0 && n < len(text) && !utf8.RuneStart(text[n]) {
		n--
	}
	return n
}

// place returns where to cut a text, at longest or before: at the last white space, or else between
// two characters as readers see them (Unicode's UAX 29). So it does not cut between the two letters
// of a flag. If the first character of the text is longer than longest, place returns longest.
func place(text string, longest int) int {
	space, between, end := 0, 0, longest
	for range 2 { // a word may end at longest, and a combining mark after a space belongs to the space.
		_, next := utf8.DecodeRuneInString(text[end:])
		end += next
	}
	for characters := graphemes.FromString(text[:end]); characters.Next(); {
		start := characters.Start()
		if start > 0 && start <= longest && strings.TrimSpace(characters.Value()) == "" {
			space = start
		}
		if characters.End() <= longest {
			between = characters.End()
		}
	}
	return cmp.Or(space, between, longest)
}

// trimLeft removes white space from the start of a text, but not from a mark that belongs to it.
func trimLeft(text string) string {
	for characters := graphemes.FromString(text); characters.Next(); {
		if strings.TrimSpace(characters.Value()) != "" {
			return text[characters.Start():]
		}
	}
	return ""
}

// tooLong is the error for a request that is too long.
var tooLong = fmt.Sprintf("is too long: LivePerson accepts requests of up to %d characters, counted here as bytes of UTF-8", liveperson.MaxRequestCharacters)

// fits returns whether a text fits into a request. It does not encode a text that is longer than
// a request.
func fits(text string) bool {
	return len(text) <= liveperson.MaxRequestCharacters && !liveperson.TooLong(somewhere.Text(text))
}
