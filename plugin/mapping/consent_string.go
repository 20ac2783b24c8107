package mapping

import (
	"encoding/base64"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// consentString reads a consent string of the IAB's TCF or GPP, of US privacy, or of Google. It
// ignores an invalid string.
func (s *statement) consentString(value string) bool {
	switch {
	case usPrivacy.MatchString(value):
		s.usPrivacy(value)
	case s.google.read(value):
	case strings.HasPrefix(value, "C"):
		return s.tcf(value)
	case strings.HasPrefix(value, "D") && strings.Contains(value, "~"):
		return s.gpp(value)
	default:
		return false
	}
	return true
}

// usPrivacy matches a string of four characters: the version, whether the visitor got notice,
// whether the visitor opted out of the sale of data, and whether a contract of publishers applies.
// See https://github.com/InteractiveAdvertisingBureau/USPrivacy
var usPrivacy = regexp.MustCompile(`^1[YNyn-]{3}$`)

// usPrivacy reads whether the visitor opted out. A visitor who has not opted out has not consented
// either.
func (s *statement) usPrivacy(value string) {
	if value[2] == 'Y' || value[2] == 'y' {
		s.strings.set(advertising, false)
		s.strings.set(marketing, false)
	}
}

// tcfPurposes has, for each of our purposes, the purposes of TCF to which the visitor must have
// consented. Marketing needs those of personalized advertising: a profile, its use, and storage on
// the device. See https://iabeurope.eu/iab-europe-transparency-consent-framework-policies
var tcfPurposes = map[string][]int{
	marketing:       {1, 3, 4},
	advertising:     {1, 2},
	personalization: {5, 6},
	analytics:       {8, 9},
}

// The positions of a TCF string's members, in bits. See
// https://github.com/InteractiveAdvertisingBureau/GDPR-Transparency-and-Consent-Framework
const (
	tcfVersion        = 2
	tcfVendorListBit  = 120
	tcfVendorListBits = 12
	tcfPurposesBit    = 152
	tcfLastPurpose    = 11
	tcfMinLength      = 39 // characters of a core string without a vendor
)

// tcf reads the purposes of a TCF string of version 2. Each of TCF's purposes is also a category,
// such as tcf_4, which consent_categories may name.
func (s *statement) tcf(value string) bool {
	core, _, _ := strings.Cut(value, ".")
	data, ok := decodeBits(core)
	if !ok || len(core) < tcfMinLength || data.number(0, 6) != tcfVersion || data.number(tcfVendorListBit, tcfVendorListBits) == 0 {
		return false
	}
	allowed := func(purpose int) bool { return data.number(tcfPurposesBit+purpose-1, 1) == 1 }
	for purpose := 1; purpose <= tcfLastPurpose; purpose++ {
		s.category("tcf_"+strconv.Itoa(purpose), allowed(purpose))
	}
	for name, needed := range tcfPurposes {
		yes := true
		for _, purpose := range needed {
			yes = yes && allowed(purpose)
		}
		s.strings.set(name, yes)
	}
	return true
}

// The ids of sections of a GPP string. See
// https://github.com/InteractiveAdvertisingBureau/Global-Privacy-Platform
const (
	gppTCF       = 2
	gppUSPrivacy = 6
)

// gppOptOuts has, for each section of US law, the positions in bits of the opt-outs: from sale,
// from sharing and from targeted advertising. The keys are the ids of the sections: the US,
// California, Virginia, Colorado, Utah, Connecticut.
var gppOptOuts = map[int][]int{7: {18, 20, 22}, 8: {12, 14}, 9: {12, 14}, 10: {12, 14}, 11: {14, 16}, 12: {12, 14}}

// gppOptedOut is the value of such an opt-out, which has two bits. 2 means that the visitor did not
// opt out, which is not consent.
const gppOptedOut = 1

// gpp reads the sections of a GPP string.
func (s *statement) gpp(value string) bool {
	sections := strings.Split(value, "~")
	ids := gppSections(sections[0])
	if len(ids) == 0 || len(ids) != len(sections)-1 {
		return false
	}
	for i, id := range ids {
		section := sections[i+1]
		switch {
		case id == gppTCF:
			s.tcf(section)
		case id == gppUSPrivacy && usPrivacy.MatchString(section):
			s.usPrivacy(section)
		default:
			core, _, _ := strings.Cut(section, ".")
			data, ok := decodeBits(core)
			for _, bit := range gppOptOuts[id] {
				if ok && data.number(bit, 2) == gppOptedOut {
					s.strings.set(advertising, false)
					s.strings.set(marketing, false)
				}
			}
			s.optedOut = s.optedOut || len(gppOptOuts[id]) > 0 && hasControl(section)
		}
	}
	return true
}

// gppControl is the type of the part of a section that has Global Privacy Control.
const gppControl = 1

// hasControl tells whether a section of US law has Global Privacy Control in a part after the core.
func hasControl(section string) bool {
	parts := strings.Split(section, ".")
	return slices.ContainsFunc(parts[1:], func(part string) bool {
		data, ok := decodeBits(part)
		return ok && data.number(0, 2) == gppControl && data.number(2, 1) == 1
	})
}

const (
	gppType       = 3
	gppMaxSection = 64
)

// gppSections returns the ids of the sections in a header, or none if the header is invalid.
func gppSections(header string) (ids []int) {
	data, ok := decodeBits(header)
	if !ok || data.number(0, 6) != gppType || data.number(6, 6) != 1 {
		return nil
	}
	bit, last := 24, 0
	for range data.number(12, 12) {
		isRange := data.number(bit, 1) == 1
		offset, next := data.fibonacci(bit + 1)
		first := last + offset
		last, bit = first, next
		if isRange {
			offset, bit = data.fibonacci(bit)
			last = first + offset
		}
		if offset == 0 || last > gppMaxSection {
			return nil
		}
		for id := first; id <= last; id++ {
			ids = append(ids, id)
		}
	}
	return ids
}

// bits is a string of bits, the highest bit of each byte first.
type bits []byte

// decodeBits decodes Base64 for URLs without padding. The IAB's strings may end after any
// character. Zeros fill up the last byte.
func decodeBits(value string) (bits, bool) {
	value += strings.Repeat("A", (4-len(value)%4)%4)
	data, err := base64.RawURLEncoding.DecodeString(value)
	return data, err == nil
}

// number returns the number in length bits from a bit on. Bits after the end are zeros.
func (b bits) number(bit, length int) (number int) {
	for i := bit; i < bit+length; i++ {
		number <<= 1
		if i/8 < len(b) && b[i/8]>>(7-i%8)&1 == 1 {
			number |= 1
		}
	}
	return number
}

// fibonacci returns the number in Fibonacci coding that begins at a bit, and the next bit after it.
// The number is 0 if its code does not end.
func (b bits) fibonacci(bit int) (number, next int) {
	before := 0
	for a, c := 1, 2; bit < 8*len(b) && c < 1<<16; a, c = c, a+c {
		one := b.number(bit, 1)
		bit++
		if one == 1 && before == 1 {
			return number, bit
		}
		number += one * a
		before = one
	}
	return 0, bit
}

// googleConsent has the answers of Google's strings gcs and gcd, by the names of Google's flags.
type googleConsent struct{ gcs, gcd answers }

// The flags of Google's consent mode.
const (
	adStorage         = "ad_storage"
	analyticsStorage  = "analytics_storage"
	adUserData        = "ad_user_data"
	adPersonalization = "ad_personalization"
)

var (
	gcs = regexp.MustCompile(`^G1([01-])([01-])$`)
	gcd = regexp.MustCompile(`^\d\d([a-z])\d([a-z])\d([a-z])\d([a-z])`)
)

// gcdLetters are the letters that have an answer. A default that denies is a no. A default that
// grants (t) is not a yes, because the visitor has not answered. Google does not document the
// letters. Published measurements agree on them.
var gcdLetters = map[string]bool{
	"p": false, "q": false, "m": false, "u": false, // denied
	"r": true, "n": true, "v": true, // granted by the visitor
}

func (g *googleConsent) read(value string) bool {
	if match := gcs.FindStringSubmatch(value); match != nil {
		for i, flag := range []string{adStorage, analyticsStorage} {
			if answer := match[i+1]; answer != "-" {
				g.gcs.set(flag, answer == "1")
			}
		}
		return true
	}
	match := gcd.FindStringSubmatch(value)
	for i, flag := range []string{adStorage, analyticsStorage, adUserData, adPersonalization} {
		if match == nil {
			return false
		}
		if yes, known := gcdLetters[match[i+1]]; known {
			g.gcd.set(flag, yes)
		}
	}
	return true
}

// googleFlags are the flags that mean a purpose, in order. gcs is older than ad_user_data, so
// ad_storage means marketing there.
var googleFlags = map[string][]string{
	marketing:       {adUserData, adStorage},
	advertising:     {adStorage},
	personalization: {adPersonalization},
	analytics:       {analyticsStorage},
}

func (g *googleConsent) about(purpose string) (yes, known bool) {
	for _, said := range []answers{g.gcd, g.gcs} {
		for _, flag := range googleFlags[purpose] {
			if yes, known := said[flag]; known {
				return yes, true
			}
		}
	}
	return false, false
}
