package contact

import (
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// The number of digits of a phone number with its country. E.164 allows at most 15. With
// fewer than 7 digits, a number reaches nobody in any country.
const (
	minDigits = 7
	maxDigits = 15
)

// The number of digits of a phone number as people write it within its country.
const (
	minNational = 9
	maxNational = 13
)

// phones finds phone numbers outside the e-mail addresses that were found.
func (s *scanner) phones() {
	emails := s.found
	for i := 0; i < len(s.chars); {
		if len(emails) > 0 && i >= emails[0].from {
			i, emails = max(i, emails[0].to), emails[1:]
			continue
		}
		r := s.chars[i].r
		if r != '+' && !isDigit(r) {
			i++
			continue
		}
		limit := len(s.chars)
		if len(emails) > 0 {
			limit = emails[0].from
		}
		next, number := s.number(i, limit)
		if number != "" {
			from, to := s.bracket(i), s.extension(next)
			s.found = append(s.found, span{from, to, Phone, number})
			next = to
		}
		i = next
	}
}

// run is a sequence of groups of digits, with separators between them.
type run struct {
	groups []group // the first groups; the rest is left out once maxRun digits are kept
	digits int     // the number of digits in groups
	whole  bool    // no group was left out
	end    int     // behind the last group, including those left out
}

type group struct {
	from, to int
	trunk    bool // (0)
}

// number reads a phone number that begins with + or a digit. It returns where the search
// continues, and the number or "".
func (s *scanner) number(i, limit int) (next int, number string) {
	if s.chars[i].r == '+' {
		return s.international(i, limit)
	}
	r := s.run(i, limit, false, s.mode == Contact)
	switch {
	case s.isInternational(i, r):
		number = "+" + s.digits(r.groups)[2:]
	case s.mode == Contact || s.isLabelled(i):
		if kept := fit(r); kept != nil && !s.hasDate(kept) {
			return kept[len(kept)-1].to, "+" + s.digits(kept)
		}
	case s.mode == Text && s.isNational(i, r):
		number = "+" + s.digits(r.groups)
	}
	return r.end, number
}

// international reads the number behind a +.
func (s *scanner) international(i, limit int) (next int, number string) {
	first := i + 1
	for first < limit && first-i <= maxSeparators && isSeparator(s.chars[first].r) {
		first++
	}
	if first >= limit || s.chars[first].r < '1' || s.chars[first].r > '9' {
		return i + 1, ""
	}
	if before := s.at(i - 1); isDigit(before) || s.mode == ID && isAlphanumeric(before) {
		return i + 1, ""
	}
	r := s.run(first, limit, true, true)
	kept := fit(r)
	if kept == nil {
		return r.groups[0].to, ""
	}
	return kept[len(kept)-1].to, "+" + s.digits(kept)
}

// fit returns the groups that make a number, or nil if they are too short.
func fit(r run) []group {
	digits := 0
	for i, g := range r.groups {
		if digits+g.to-g.from > maxDigits {
			r.groups = r.groups[:i]
			break
		}
		digits += g.to - g.from
	}
	if digits < minDigits {
		return nil
	}
	return r.groups
}

// maxSeparators is the largest number of separators between two groups, as in
// "+49 - (0) 30".
const maxSeparators = 4

// maxRun is how many digits of a run are kept: one more than a number can have.
const maxRun = maxDigits + 1

// run reads groups of digits. If plus is set, a + counts as a space, as in a URL. Behind a
// number that is long enough, the + begins another number. If short is set, the run ends at
// maxRun digits.
func (s *scanner) run(i, limit int, plus, short bool) run {
	r := run{whole: true}
	for {
		g := group{from: i}
		for i < limit && isDigit(s.chars[i].r) {
			i++
		}
		g.to = i
		r.end = i
		g.trunk = g.to-g.from == 1 && s.chars[g.from].r == '0' && s.at(g.from-1) == '(' && s.at(g.to) == ')' && len(r.groups) > 0
		if r.digits < maxRun {
			r.groups = append(r.groups, g)
			r.digits += g.to - g.from
		} else {
			r.whole = false
		}
		next := i
		for next < limit && next-i < maxSeparators && (isSeparator(s.chars[next].r) || plus && s.chars[next].r == '+' && r.digits < minDigits) {
			next++
		}
		if next >= limit || !isDigit(s.chars[next].r) {
			return r
		}
		if short && r.digits >= maxRun {
			return r
		}
		i = next
	}
}

func isSeparator(r rune) bool { return isBlank(r) || strings.ContainsRune("-./()[]_·•", r) }

// digits returns the digits of groups, without the trunk zero (0), which is dialled only
// within the country.
func (s *scanner) digits(groups []group) string {
	var b strings.Builder
	for _, g := range groups {
		if !g.trunk {
			b.WriteString(s.string(g.from, g.to))
		}
	}
	return b.String()
}

// isInternational returns whether a run begins with 00 and a country. Order numbers that are
// padded with zeros look the same. In the mode ID, the run must therefore have separators.
func (s *scanner) isInternational(i int, r run) bool {
	if !r.whole || !s.standsAlone(i, r) || s.mode == ID && len(r.groups) == 1 {
		return false
	}
	digits := s.digits(r.groups)
	if len(digits) < 3 || digits[:2] != "00" || digits[2] == '0' {
		return false
	}
	count := len(digits) - 2
	if digits[2] == '1' || digits[2] == '7' { // their numbers have a fixed length
		return count == 11
	}
	return count >= minNational && count <= maxDigits
}

// standsAlone returns false for a run that is part of a longer word, such as a UUID.
func (s *scanner) standsAlone(i int, r run) bool {
	before := s.at(i - 1)
	for before == '(' || before == '[' {
		i--
		before = s.at(i - 1)
	}
	if isAlphanumeric(before) || strings.ContainsRune("-._", before) && isAlphanumeric(s.at(i-2)) {
		return false
	}
	behind := s.at(r.end)
	joined := isAlphanumeric(behind) || (behind == '-' || behind == '_') && isAlphanumeric(s.at(r.end+1))
	return !joined || s.extension(r.end) > r.end
}

// isNational returns whether a run is written as within a country: with the trunk zero, in
// the groups of North America, Russia or Brazil, or with its area code in brackets. The run
// must have separators, because order numbers without them look the same.
func (s *scanner) isNational(i int, r run) bool {
	if !r.whole || len(r.groups) < 2 || r.digits < minNational || r.digits > maxNational || !s.standsAlone(i, r) || s.hasDate(r.groups) {
		return false
	}
	lengths := make([]int, len(r.groups))
	for i, g := range r.groups {
		lengths[i] = g.to - g.from
	}
	first := s.chars[r.groups[0].from].r
	if first == '0' {
		return lengths[0] > 1 && s.chars[r.groups[0].from+1].r != '0' && s.isSpaced(r.groups, lengths)
	}
	groups, trunk := r.groups, lengths[0] == 1 && strings.ContainsRune("178", first)
	if trunk {
		groups, lengths, first = groups[1:], lengths[1:], s.chars[groups[1].from].r
	}
	if first < '2' {
		return s.isBrazilian(groups[0], lengths)
	}
	return slices.Equal(lengths, []int{3, 3, 4}) || trunk && slices.Equal(lengths, []int{3, 3, 2, 2}) ||
		s.hasAreaCode(groups, trunk) || s.isBrazilian(groups[0], lengths)
}

// hasAreaCode returns whether the first group is an area code in brackets and the number has
// ten digits, as in North America and Russia. An area code of four or five digits counts only
// behind the trunk digit.
func (s *scanner) hasAreaCode(groups []group, trunk bool) bool {
	area, digits := groups[0], 0
	for _, g := range groups {
		digits += g.to - g.from
	}
	length := area.to - area.from
	return s.inBrackets(area) && digits == 10 && length >= 3 && (length == 3 || trunk && length <= 5 && !isYear(s.value(area)))
}

// isBrazilian recognises (11) 98765-4321 and (11) 3456-7890.
func (s *scanner) isBrazilian(area group, lengths []int) bool {
	return s.inBrackets(area) && (slices.Equal(lengths, []int{2, 5, 4}) || slices.Equal(lengths, []int{2, 4, 4}))
}

func (s *scanner) inBrackets(g group) bool { return s.at(g.from-1) == '(' && s.at(g.to) == ')' }

// isSpaced returns false for pairs of digits, because dates and times are pairs too. Five
// pairs with the same separator are a French number.
func (s *scanner) isSpaced(groups []group, lengths []int) bool {
	if slices.ContainsFunc(lengths, func(length int) bool { return length != 2 }) {
		return true
	}
	if len(groups) != 5 {
		return false
	}
	separator := s.string(groups[0].to, groups[1].from)
	for i := 2; i < len(groups); i++ {
		if s.string(groups[i-1].to, groups[i].from) != separator {
			return false
		}
	}
	return true
}

// hasDate finds day, month and year, in either order, among groups.
func (s *scanner) hasDate(groups []group) bool {
	for i := 0; i+2 < len(groups); i++ {
		a, b, c := s.value(groups[i]), s.value(groups[i+1]), s.value(groups[i+2])
		if isYear(c) && isDayAndMonth(a, b) || isYear(a) && isDayAndMonth(c, b) {
			return true
		}
	}
	return false
}

func isYear(n int) bool { return n >= 1900 && n < 2100 }

func isDayAndMonth(a, b int) bool { return a >= 1 && b >= 1 && min(a, b) <= 12 && max(a, b) <= 31 }

// value returns the number of a group, or 0 if it has more than four digits.
func (s *scanner) value(g group) int {
	if g.to-g.from > len("2026") {
		return 0
	}
	value, _ := strconv.Atoi(s.string(g.from, g.to))
	return value
}

// labels are words before a phone number. Fillers may stand between label and number.
var (
	labels = []string{"phone", "telephone", "tel", "telefon", "telefono", "teléfono", "téléphone", "fon", "mobile", "mobil", "mob",
		"cell", "handy", "fax", "call", "dial", "whatsapp", "wa", "sms", "smsto", "sip", "sips", "callto", "msisdn", "facetime", "skype"}
	fillers = []string{"number", "no", "nr", "num", "nummer", "me", "us", "at", "on", "is", "my", "under", "unter", "the"}
)

// isLabelled returns whether a label stands before a run. In the mode ID, a colon or an
// equals sign must follow the label.
func (s *scanner) isLabelled(i int) bool {
	const maxFillers = 3
	for range maxFillers + 1 {
		end := i
		for end > 0 && i-end < 2*maxSeparators && s.isLabelEnd(end-1) {
			end--
		}
		word, start := s.wordBefore(end)
		if s.mode == ID && s.at(end) != ':' && s.at(end) != '=' || unicode.IsDigit(s.at(start-1)) || end == i {
			return false
		}
		if slices.Contains(labels, word) {
			return true
		}
		if s.mode == ID || !slices.Contains(fillers, word) {
			return false
		}
		i = start
	}
	return false
}

// isLabelEnd returns whether a character may stand between a label and its number. A hyphen
// directly behind a word may not: PHONE-12345678 is a name.
func (s *scanner) isLabelEnd(i int) bool {
	r := s.chars[i].r
	if r == '-' {
		return !isAlphanumeric(s.at(i - 1))
	}
	return isBlank(r) || strings.ContainsRune(":=./#([", r)
}

// bracket returns the start of a number, including an open bracket as in (030) 1234567 and
// (+49) 30.
func (s *scanner) bracket(i int) int {
	if r := s.at(i - 1); r == '(' || r == '[' {
		return i - 1
	}
	return i
}

// extensions are the texts before an extension.
var extensions = []string{";ext=", "extension", "ext.", "ext", "durchwahl", "dw", "x", "#"}

// extension returns the end of the extension behind a number. If there is none, it returns
// end.
func (s *scanner) extension(end int) int {
	const longest = 7
	i := end
	for i < len(s.chars) && i-end < maxSeparators && (isBlank(s.chars[i].r) || s.chars[i].r == ',' || s.chars[i].r == '.' || s.chars[i].r == '-') {
		i++
	}
	word := strings.ToLower(s.string(i, min(i+maxWord, len(s.chars))))
	for _, extension := range extensions {
		if !strings.HasPrefix(word, extension) {
			continue
		}
		i += len(extension)
		for blanks := 0; blanks < maxBlanks && (isBlank(s.at(i)) || s.at(i) == ':' || s.at(i) == '.'); blanks++ {
			i++
		}
		digits := i
		for digits < len(s.chars) && digits-i <= longest && isDigit(s.chars[digits].r) {
			digits++
		}
		if digits > i && digits-i <= longest && !isAlphanumeric(s.at(digits)) {
			return digits
		}
		return end
	}
	return end
}
