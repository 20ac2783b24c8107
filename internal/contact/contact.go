// Package contact finds e-mail addresses and phone numbers in text. The check of
// reports and the privacy processor both use it, so they agree on every form.
//
// Find first unfolds the text (see unfold): it decodes escapes and replaces characters
// that look alike by one of them. All functions are pure, and their time grows linearly
// with the text.
package contact

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"unicode"
)

// Mode says how much is known about a text. E-mail addresses are found in every mode.
// The modes differ in which numbers count as phone numbers.
type Mode uint8

const (
	// Text is for words and for ids of people. A phone number begins with + or 00, stands
	// behind a word such as "phone", or is written in the groups of a country:
	// "0170 1234567", "(212) 788-8877".
	Text Mode = iota
	// ID is for the numbers of things, such as orders and products. A phone number begins
	// with +, begins with 00 and has separators, or stands behind a scheme such as "tel:".
	ID
	// Contact is for members made for phone numbers: any 7 to 15 digits count.
	Contact
)

// Kind is the kind of a contact.
type Kind uint8

const (
	Email Kind = iota + 1
	Phone
)

// Found is a contact in a text.
type Found struct {
	// Start and End are the bytes of the text that hold the contact, with its scheme
	// and its angle brackets.
	Start, End int
	Kind       Kind
	// Normal is the contact's normal form. All ways to write a contact have the same one.
	// An e-mail address is in lower case, with its domain in ASCII (punycode). A phone
	// number is + and its digits, without the prefix 00, the trunk zero in brackets, and
	// the extension.
	Normal string
}

// Hash returns the SHA-256 of the normal form in lower-case hexadecimal. It has no salt,
// because platforms that match contacts by their hashes expect none.
func (f Found) Hash() string {
	sum := sha256.Sum256([]byte(f.Normal))
	return hex.EncodeToString(sum[:])
}

// Find returns the contacts of a text in order. They don't overlap.
func Find(text string, mode Mode) []Found {
	if !mayHold(text) {
		return nil
	}
	s := newScanner(text, mode)
	s.emails()
	emails := len(s.found)
	s.phones()
	if emails > 0 && emails < len(s.found) {
		slices.SortFunc(s.found, func(a, b span) int { return cmp.Compare(a.from, b.from) })
	}
	return s.results()
}

// In returns whether a text has a contact.
func In(text string, mode Mode) bool { return len(Find(text, mode)) > 0 }

// Normal returns the normal form of a text from a member made for contacts. If it finds
// no contact, it only trims the text and puts it in lower case.
func Normal(text string, kind Kind) string {
	for _, found := range Find(text, Contact) {
		if found.Kind == kind {
			return found.Normal
		}
	}
	return strings.ToLower(strings.TrimSpace(text))
}

// mayHold is a fast check that rules out most texts without a contact.
func mayHold(text string) bool {
	digits := 0
	for i := range len(text) {
		switch b := text[i]; {
		case b >= '0' && b <= '9':
			if digits++; digits == minDigits {
				return true
			}
		case b >= 0x80, strings.IndexByte(`@%&\`, b) >= 0:
			return true
		case b == ']', b == ')', b == '}', b == '>': // [at]
			return true
		}
	}
	return false
}

// span is a contact among the characters of a scanner.
type span struct {
	from, to int // from the first character to just behind the last
	kind     Kind
	normal   string
}

type scanner struct {
	text        string
	chars       []char
	first, last int // the range of characters without the blanks around it
	mode        Mode
	found       []span
}

func newScanner(text string, mode Mode) *scanner {
	s := &scanner{text: text, chars: unfold(text), mode: mode}
	s.last = len(s.chars)
	for s.first < s.last && unicode.IsSpace(s.chars[s.first].r) {
		s.first++
	}
	for s.first < s.last && unicode.IsSpace(s.chars[s.last-1].r) {
		s.last--
	}
	return s
}

func (s *scanner) results() []Found {
	if len(s.found) == 0 {
		return nil
	}
	results := make([]Found, 0, len(s.found))
	end := 0
	for _, found := range s.found {
		from, to := s.around(found.from, found.to)
		start := max(int(s.chars[from].at), end)
		end = s.end(to - 1)
		results = append(results, Found{Start: start, End: end, Kind: found.kind, Normal: found.normal})
	}
	return results
}

// end returns the byte where the text continues behind a character. One character of the
// text may have become several.
func (s *scanner) end(i int) int {
	for j := i + 1; j < len(s.chars); j++ {
		if s.chars[j].at > s.chars[i].at {
			return int(s.chars[j].at)
		}
	}
	return len(s.text)
}

// schemes have a contact behind their colon.
var schemes = []string{"mailto", "tel", "sip", "sips", "sms", "smsto", "callto", "xmpp", "facetime", "whatsapp", "skype", "im"}

// around extends a span by the scheme and the angle brackets around it.
func (s *scanner) around(from, to int) (int, int) {
	i := from
	for i > 0 && from-i < 2 && s.at(i-1) == '/' {
		i--
	}
	if s.at(i-1) == ':' {
		if word, start := s.wordBefore(i - 1); slices.Contains(schemes, word) {
			from = start
		}
	}
	if s.at(from-1) == '<' && s.at(to) == '>' {
		return from - 1, to + 1
	}
	return from, to
}

// maxWord is longer than every word in the tables.
const maxWord = 14

// wordBefore returns the word that ends before a character, in lower case, and its start.
// If the word is too long, it returns "".
func (s *scanner) wordBefore(i int) (word string, start int) {
	start = i
	for start > 0 && i-start < maxWord && unicode.IsLetter(s.chars[start-1].r) {
		start--
	}
	if i-start == maxWord {
		return "", i
	}
	return strings.ToLower(s.string(start, i)), start
}

// at returns a character, or 0 beyond the ends.
func (s *scanner) at(i int) rune {
	if i < 0 || i >= len(s.chars) {
		return 0
	}
	return s.chars[i].r
}

// string returns characters as text. Bytes that are not UTF-8 become U+FFFD.
func (s *scanner) string(from, to int) string {
	var b strings.Builder
	for _, c := range s.chars[from:to] {
		b.WriteRune(c.r)
	}
	return b.String()
}

func isAlphanumeric(r rune) bool {
	if r < 0x80 {
		return isDigit(r) || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
	}
	return r >= rawByte || unicode.IsLetter(r) || unicode.IsMark(r) || unicode.IsNumber(r)
}

func isDigit(r rune) bool { return r >= '0' && r <= '9' }

func isBlank(r rune) bool { return r == ' ' || r == '\t' }

// isSpace is for places where a line may break.
func isSpace(r rune) bool { return isBlank(r) || r == '\n' || r == '\r' }
