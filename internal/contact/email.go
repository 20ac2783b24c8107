package contact

import (
	"slices"
	"strings"
	"unicode"

	"golang.org/x/net/idna"
	"golang.org/x/text/unicode/norm"
)

// emails finds each @ with a name before it and a domain behind it. No character is read
// for two of them, so the time is linear.
func (s *scanner) emails() {
	last := 0 // the end of the address before
	for i := range s.chars {
		if i < last || s.chars[i].r != '@' || s.at(i-1) == '@' {
			continue
		}
		from, local := s.local(i, last)
		if local == "" {
			continue
		}
		to, host := s.host(i)
		if host == "" {
			if to, host = s.bareHost(from, i); host == "" {
				continue
			}
		}
		s.found = append(s.found, span{from, to, Email, strings.ToLower(norm.NFC.String(local)) + "@" + asciiHost(host)})
		last = to
	}
}

// local reads the part before an @ backwards. The characters / = ? & # % end it, because
// they stand in front of an address in a URL far more often than inside an address.
func (s *scanner) local(at, last int) (from int, local string) {
	i := at
	plus := s.at(at+1) == '+' // a form writes a blank as +
	for blanks := 0; blanks < maxBlanks && i > last && (isSpace(s.chars[i-1].r) || plus && s.chars[i-1].r == '+'); blanks++ {
		i--
	}
	if i > last && s.chars[i-1].r == ')' { // jane(home)@example.com
		for j := i - 2; j >= last && s.chars[j].r != ')'; j-- {
			if s.chars[j].r == '(' {
				i = j
				break
			}
		}
	}
	if i > last && s.chars[i-1].r == '"' {
		return s.quoted(i-1, last)
	}
	from = i
	for from > last && isLocal(s.chars[from-1].r) {
		from--
	}
	for from < i && !isAlphanumeric(s.chars[from].r) && s.chars[from].r != '_' {
		from++
	}
	return from, strings.Trim(s.string(from, i), ".")
}

// quoted reads a name in quotation marks, such as "jane roe"@example.com.
func (s *scanner) quoted(closing, last int) (from int, local string) {
	const longest = 256
	for i := closing - 1; i >= last && closing-i < longest; i-- {
		if s.chars[i].r != '"' || s.at(i-1) == '\\' {
			continue
		}
		local = s.string(i+1, closing)
		if !strings.ContainsFunc(local, isAlphanumeric) {
			return 0, ""
		}
		return i, local
	}
	return 0, ""
}

func isLocal(r rune) bool {
	return isAlphanumeric(r) || r < 0x80 && strings.ContainsRune(".!$*+-^_`{|}~'", r)
}

// host reads the domain behind an @. The domain must have a dot and a last label of letters,
// as in example.com. It may also be an IP address, as in 10.0.0.1 or [10.0.0.1].
func (s *scanner) host(at int) (to int, host string) {
	from := s.hostStart(at)
	if s.at(from) == '[' {
		return s.literal(from)
	}
	to = s.hostEnd(from)
	labels := strings.Split(s.string(from, to), ".")
	ends := make([]int, len(labels)) // in characters
	for i, end := 0, from; i < len(labels); i++ {
		end += len([]rune(labels[i]))
		ends[i] = end
		end++
	}
	if isIPv4(labels) {
		return to, strings.Join(labels, ".")
	}
	for count := len(labels); count > 1; count-- {
		top := topLevel(labels[count-1])
		if top == "" || labels[count-2] == "" {
			continue
		}
		if count == 2 && isImage(labels[0], top) {
			return 0, ""
		}
		to = ends[count-1] - len([]rune(labels[count-1])) + len([]rune(top))
		return to, strings.Join(append(slices.Clone(labels[:count-1]), top), ".")
	}
	return 0, ""
}

func (s *scanner) hostStart(at int) int {
	from := at + 1
	for s.at(from) == '@' {
		from++
	}
	for blanks := 0; blanks < maxBlanks && (isSpace(s.at(from)) || s.at(from) == '+'); blanks++ {
		from++
	}
	return from
}

func (s *scanner) hostEnd(from int) int {
	to := from
	for r := s.at(to); isAlphanumeric(r) || r == '-' || r == '.' || r == '_'; r = s.at(to) {
		to++
	}
	for to > from && strings.ContainsRune("-._", s.chars[to-1].r) {
		to--
	}
	return to
}

// topLevel returns the part of a last label that can be a top-level domain. The rest is
// another word that follows without a space.
func topLevel(label string) string {
	if len(label) > 4 && strings.EqualFold(label[:4], "xn--") {
		return label
	}
	first, isASCII := true, false
	end := strings.IndexFunc(label, func(r rune) bool {
		if first {
			first, isASCII = false, r < 0x80
		}
		return !unicode.IsLetter(r) && !unicode.IsMark(r) || (r < 0x80) != isASCII
	})
	if end >= 0 {
		label = label[:end]
	}
	if len(label) < 2 {
		return ""
	}
	return label
}

func isIPv4(labels []string) bool {
	if len(labels) != 4 {
		return false
	}
	return !slices.ContainsFunc(labels, func(label string) bool {
		return label == "" || len(label) > 3 || strings.Trim(label, "0123456789") != ""
	})
}

// isImage recognises the file names of images for high-density screens: logo@2x.png.
func isImage(label, top string) bool {
	density, isDensity := strings.CutSuffix(strings.ToLower(label), "x")
	return isDensity && density != "" && strings.Trim(density, "0123456789") == "" &&
		slices.Contains([]string{"png", "jpg", "jpeg", "gif", "webp", "avif", "svg"}, strings.ToLower(top))
}

// literal reads an IP address in brackets.
func (s *scanner) literal(from int) (to int, host string) {
	const longest = 48
	for to = from + 1; to < len(s.chars) && to-from < longest; to++ {
		r := s.chars[to].r
		if r == ']' && to > from+2 {
			return to + 1, strings.ToLower(s.string(from, to+1))
		}
		if hexValue(r) < 0 && !strings.ContainsRune(".:IPvip", r) {
			break
		}
	}
	return 0, ""
}

// bareHost reads a host without a dot, as in jane@intranet. Only a scheme may stand before
// such an address, and nothing behind it. In an id, it does not count, because many other
// ids look like that.
func (s *scanner) bareHost(from, at int) (to int, host string) {
	if s.mode == ID || isSpace(s.at(at-1)) {
		return 0, ""
	}
	if before, _ := s.around(from, from); before != s.first {
		return 0, ""
	}
	start := s.hostStart(at)
	to = s.hostEnd(start)
	if start == at+1 && to == s.last && to > start && unicode.IsLetter(s.chars[start].r) {
		return to, s.string(start, to)
	}
	return 0, ""
}

// maxHost is the longest domain. Longer texts are not converted.
const maxHost = 253

func asciiHost(host string) string {
	if len(host) <= maxHost {
		if ascii, err := idna.Lookup.ToASCII(host); err == nil {
			return ascii
		}
	}
	return strings.ToLower(host)
}
