package message

import (
	"fmt"
	"sort"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/benthos-liveperson/benthos-liveperson/internal/liveperson"
)

// somewhere is a dialog with ids as long as LivePerson's, which are UUIDs: how long a
// request is can be told before there is a conversation.
var somewhere = liveperson.Dialog{ConversationID: strings.Repeat("0", 36), DialogID: strings.Repeat("0", 36)}

// split cuts a text, which is UTF-8, into parts that fit into a request each, between
// words where it can. It stops when the text needs more than most parts, and reports
// false. Each part costs about as much as the last one, however long the text is.
func split(text string, most int) (parts []string, ok bool) {
	for !fits(text) {
		if len(parts) == most {
			return nil, false
		}
		cut := longest(text)
		_, next := utf8.DecodeRuneInString(text[cut:])
		// A word that ends right at the cut is whole.
		if space := strings.LastIndexFunc(text[:cut+next], unicode.IsSpace); space > 0 {
			cut = space
		} else {
			cut = seen(text, cut)
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

// longest gives how many bytes of a text that doesn't fit do, of whole characters.
func longest(text string) int {
	window := min(len(text), liveperson.MaxRequestCharacters)
	return whole(text, sort.Search(window, func(n int) bool { return !fits(text[:whole(text, n+1)]) }))
}

// whole takes the bytes of a character off that n bytes of a text would cut.
func whole(text string, n int) int {
	for n > 0 && n < len(text) && !utf8.RuneStart(text[n]) {
		n--
	}
	return n
}

// seen moves a cut to before what is seen as one character with what it would cut off. It
// stays where nothing but such things stands before it.
func seen(text string, cut int) int {
	for at := cut; at > 0; {
		before, size := utf8.DecodeLastRuneInString(text[:at])
		after, _ := utf8.DecodeRuneInString(text[at:])
		if !seenAsOne(before, after) {
			return at
		}
		at -= size
	}
	return cut
}

// seenAsOne is a short form of Unicode's rules (UAX 29): letters with their marks, and
// emojis that are joined or have a colour of skin.
func seenAsOne(before, after rune) bool {
	const joiner, light, dark = '\u200d', '\U0001F3FB', '\U0001F3FF'
	return before == joiner || after == joiner || unicode.Is(unicode.M, after) || light <= after && after <= dark
}

// tooLong is why a request is refused here.
var tooLong = fmt.Sprintf("is too long: LivePerson takes requests of %d characters, and as it does not say what it counts, these are bytes of UTF-8", liveperson.MaxRequestCharacters)

// fits tells whether a text fits into a request. A text that is longer than a request
// does not: it is not encoded to find that out.
func fits(text string) bool {
	return len(text) <= liveperson.MaxRequestCharacters && !liveperson.TooLong(somewhere.Text(text))
}
