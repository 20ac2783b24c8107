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
		cut := longest(text)
		_, next := utf8.DecodeRuneInString(text[cut:])
		// The window includes the character behind the cut, so that a word may end at the cut.
		if space := strings.LastIndexFunc(text[:cut+next], unicode.IsSpace); space > 0 {
			cut = space
		} else {
			cut = keepCharacters(text, cut)
		}
		if part := strings.TrimRightFunc(text[:cut], unicode.IsSpace); part != "" {
			parts = append(parts, part)
		}
		text = strings.TrimLeftFunc(text[cut:], unicode.IsSpace)
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

// keepCharacters moves a cut to the left if it would split code points that readers see as one
// character (Unicode's UAX 29), such as the two letters of a flag. If the text begins with a
// character that is longer than the cut, the cut stays.
func keepCharacters(text string, cut int) int {
	_, next := utf8.DecodeRuneInString(text[cut:])
	characters := graphemes.FromString(text[:cut+next])
	last := 0
	for characters.Next() && characters.End() <= cut {
		last = characters.End()
	}
	return cmp.Or(last, cut)
}

// tooLong is the error for a request that is too long.
var tooLong = fmt.Sprintf("is too long: LivePerson accepts requests of up to %d characters, counted here as bytes of UTF-8", liveperson.MaxRequestCharacters)

// fits returns whether a text fits into a request. It does not encode a text that is longer than
// a request.
func fits(text string) bool {
	return len(text) <= liveperson.MaxRequestCharacters && !liveperson.TooLong(somewhere.Text(text))
}
