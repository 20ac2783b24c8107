package contact

import (
	"html"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// char is a character of an unfolded text.
type char struct {
	r  rune
	at uint32 // the byte of the text where it begins, or where its escape begins
}

// rawByte is added to bytes that are not UTF-8. The sum is a rune that is no character.
const rawByte = unicode.MaxRune + 1

// unfold returns the characters of a text in the form that the scanner compares:
//
//   - Escapes are decoded at any depth: %40, %2540, %u0040, &#64;, &#x40;, &commat;,
//     \u0040, \x40. Forms such as [at], (at) and [dot] are decoded too.
//   - Digits of all scripts become ASCII digits. All Unicode spaces become spaces, and all
//     dashes become hyphens. Full-width and other variants become the plain character
//     (Unicode's compatibility decompositions).
//   - Invisible characters are left out: zero-width characters, soft hyphens, variation
//     selectors, control characters.
//
// Each decoding makes the result shorter, so the time is linear.
func unfold(text string) []char {
	u := unfolder{out: make([]char, 0, len(text))}
	for at := 0; at < len(text); {
		r, size := utf8.DecodeRuneInString(text[at:])
		if r == utf8.RuneError && size == 1 {
			r = rawByte + rune(text[at])
		}
		u.pending = append(u.pending, char{r, uint32(at)})
		for len(u.pending) > 0 {
			next := u.pending[len(u.pending)-1]
			u.pending = u.pending[:len(u.pending)-1]
			u.take(next)
		}
		at += size
	}
	return u.out
}

type unfolder struct {
	out     []char
	pending []char // to be taken, the next one last
	// skipBlanks is true behind a sign in brackets, such as [at]. Blanks around it don't
	// count.
	skipBlanks bool
}

// later puts runes in front of the pending ones, in their order.
func (u *unfolder) later(at uint32, runes ...rune) {
	for i := len(runes) - 1; i >= 0; i-- {
		u.pending = append(u.pending, char{runes[i], at})
	}
}

func (u *unfolder) take(c char) {
	if c.r >= 0x80 && c.r < rawByte {
		var gone bool
		if c.r, gone = u.fold(c); gone {
			return
		}
	}
	if c.r < ' ' && c.r != '\t' && c.r != '\n' && c.r != '\r' || c.r == 0x7f {
		return
	}
	if u.skipBlanks && isBlank(c.r) {
		return
	}
	u.skipBlanks = false
	u.out = append(u.out, c)
	switch r := c.r; {
	case r >= rawByte:
		u.assemble()
	case r == ';':
		u.entity()
	case r == ')' || r == ']' || r == '}' || r == '>':
		u.bracketed()
	case hexValue(r) >= 0 && u.escape():
	case !isDigit(r) && r != '%' && r != '&' && r != '\\': // these may become a semicolon
		u.openEntity()
	}
}

// fold returns the plain form of a character outside ASCII. If the form has several
// characters, they are taken next.
func (u *unfolder) fold(c char) (r rune, gone bool) {
	switch {
	case isInvisible(c.r):
		return 0, true
	case unicode.IsDigit(c.r):
		return digitOf(c.r), false
	case unicode.IsSpace(c.r) || unicode.Is(unicode.Zs, c.r) || c.r == '\u2800':
		return ' ', false
	case unicode.Is(unicode.Dash, c.r):
		return '-', false
	case strings.ContainsRune("。｡︒۔", c.r):
		return '.', false
	case c.r == '➕':
		return '+', false
	}
	var buffer [utf8.UTFMax]byte
	encoded := buffer[:utf8.EncodeRune(buffer[:], c.r)]
	whole := norm.NFKC.Properties(encoded).Decomposition()
	if whole == nil || norm.NFC.Properties(encoded).Decomposition() != nil {
		return c.r, false
	}
	u.later(c.at, []rune(string(whole))...)
	return 0, true
}

func isInvisible(r rune) bool {
	return unicode.Is(unicode.Cf, r) || unicode.IsControl(r) && r != '\u0085' || unicode.Is(unicode.Me, r) ||
		unicode.Is(unicode.Variation_Selector, r) || unicode.Is(unicode.Other_Default_Ignorable_Code_Point, r)
}

// digitOf returns the ASCII digit. In Unicode, the ten digits of a script are consecutive.
func digitOf(r rune) rune {
	for _, group := range unicode.Nd.R16 {
		if r <= rune(group.Hi) {
			return '0' + (r-rune(group.Lo))%10
		}
	}
	for _, group := range unicode.Nd.R32 {
		if r <= rune(group.Hi) {
			return '0' + (r-rune(group.Lo))%10
		}
	}
	return r
}

// cut removes the last characters, and returns where they began in the text.
func (u *unfolder) cut(count int) (at uint32) {
	at = u.out[len(u.out)-count].at
	u.out = u.out[:len(u.out)-count]
	return at
}

// last returns a character counted from the end, or 0 before the beginning.
func (u *unfolder) last(back int) rune {
	if back > len(u.out) {
		return 0
	}
	return u.out[len(u.out)-back].r
}

// assemble joins bytes that were decoded one by one into a character.
func (u *unfolder) assemble() {
	var encoded [utf8.UTFMax]byte
	for size := 2; size <= utf8.UTFMax && u.last(size) >= rawByte; size++ {
		for i := range size {
			encoded[i] = byte(u.last(size-i) - rawByte)
		}
		if r, n := utf8.DecodeRune(encoded[:size]); n == size {
			u.later(u.cut(size), r)
			return
		}
	}
}

// escape decodes %hh, %uhhhh, \uhhhh and \xhh.
func (u *unfolder) escape() bool {
	switch {
	case u.last(3) == '%' && u.isHex(2):
		value := u.hex(2)
		if value >= 0x80 {
			value += rawByte
		}
		u.later(u.cut(3), value)
	case u.last(4) == '\\' && unicode.ToLower(u.last(3)) == 'x' && u.isHex(2):
		value := u.hex(2)
		u.later(u.cut(4), value)
	case unicode.ToLower(u.last(5)) == 'u' && (u.last(6) == '\\' || u.last(6) == '%') && u.isHex(4):
		value := u.hex(4)
		u.later(u.cut(6), value)
	default:
		return false
	}
	return true
}

func (u *unfolder) isHex(count int) bool {
	for i := range count {
		if hexValue(u.last(i+1)) < 0 {
			return false
		}
	}
	return true
}

func (u *unfolder) hex(count int) (value rune) {
	for i := count; i > 0; i-- {
		value = value<<4 | hexValue(u.last(i))
	}
	return value
}

func hexValue(r rune) rune {
	switch {
	case r >= '0' && r <= '9':
		return r - '0'
	case r >= 'a' && r <= 'f':
		return r - 'a' + 10
	case r >= 'A' && r <= 'F':
		return r - 'A' + 10
	}
	return -1
}

// maxEntity is the length of the longest character name in HTML, with & and ;.
const maxEntity = 33

// entity decodes character names and numbers of HTML.
func (u *unfolder) entity() {
	for count := 3; count <= maxEntity; count++ {
		r := u.last(count)
		if r == '&' {
			u.decodeEntity(count)
		}
		if r >= 0x80 || !isAlphanumeric(r) && r != '#' {
			return
		}
	}
}

func (u *unfolder) decodeEntity(count int) {
	var b strings.Builder
	for i := count; i > 0; i-- {
		b.WriteRune(u.last(i))
	}
	for _, entity := range []string{b.String(), strings.ToLower(b.String())} {
		if decoded := html.UnescapeString(entity); decoded != entity {
			u.later(u.cut(count), []rune(decoded)...)
			return
		}
	}
}

// openEntity decodes a character number without a semicolon, such as &#64. It runs after
// the next character was taken.
func (u *unfolder) openEntity() {
	const maxDigits = 7
	count, value, unit := 2, rune(0), rune(1)
	for ; count <= maxDigits+1 && isDigit(u.last(count)); count++ {
		value, unit = value+unit*(u.last(count)-'0'), unit*10
	}
	if count == 2 || u.last(count) != '#' || u.last(count+1) != '&' || value == 0 || value > unicode.MaxRune {
		return
	}
	behind := u.out[len(u.out)-1]
	u.pending = append(u.pending, behind)
	u.later(u.cut(count+1), value)
}

// bracketed decodes [at], (at), {at} and <at> to @, and [dot] and the like to a dot.
func (u *unfolder) bracketed() {
	const longest = len("( dot )")
	count := 2
	for ; ; count++ {
		if r := u.last(count); r == '(' || r == '[' || r == '{' || r == '<' {
			break
		}
		if count == longest || count > len(u.out) {
			return
		}
	}
	var b strings.Builder
	for i := count - 1; i > 1; i-- {
		b.WriteRune(u.last(i))
	}
	var sign rune
	switch strings.ToLower(strings.TrimSpace(b.String())) {
	case "at", "@":
		sign = '@'
	case "dot", ".":
		sign = '.'
	default:
		return
	}
	for blanks := 0; blanks < maxBlanks && isBlank(u.last(count+1)); blanks++ {
		count++
	}
	at := u.cut(count)
	u.out = append(u.out, char{sign, at})
	u.skipBlanks = true
}

// maxBlanks is the largest number of blanks before or behind the @ of an address.
const maxBlanks = 3
