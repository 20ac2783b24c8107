package privacy

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/benthos-liveperson/benthos-liveperson/internal/contact"
	"github.com/benthos-liveperson/benthos-liveperson/internal/sde"
)

// contacts is what becomes of e-mail addresses and phone numbers.
type contacts string

const (
	contactsKeep  contacts = "keep"
	contactsStrip contacts = "strip"
	contactsHash  contacts = "hash"
)

// apply takes contacts out of the report, or hashes them, wherever they stand: in each
// text, in the names of members, and in members that are made for contacts. An attribute
// that holds nothing else is left out: an empty one would clear what LivePerson knows.
func (c contacts) apply(r *report) error {
	if c == contactsKeep {
		return nil
	}
	var kept []attribute
	for _, a := range r.attributes {
		empty, err := c.applyTo(a)
		if err != nil {
			return err
		}
		if !empty {
			kept = append(kept, a)
		}
	}
	r.attributes = kept
	return c.outside(r)
}

// applyTo tells whether the attribute has lost all that it said.
func (c contacts) applyTo(a attribute) (empty bool, err error) {
	before := len(a.members)
	switch a.typeName {
	case sde.PersonalInfo:
		err = c.personal(a)
	case sde.CustomerInfo:
		_, err = innerObject(a, memberInfo)
	}
	if err != nil {
		return false, err
	}
	c.members(a.members)
	_, hasType := a.members[memberType]
	return !hasType || before > 1 && len(a.members) == 1, nil
}

func innerObject(a attribute, name string) (map[string]any, error) {
	members, ok := a.members[name].(map[string]any)
	if !ok && a.members[name] != nil {
		return nil, fmt.Errorf("%s%s: expected an object", a.at, name)
	}
	return members, nil
}

// outside looks at what is no attribute. An identity without a sub is nobody's, and a
// report of nobody would be sent as one of a new visitor.
func (c contacts) outside(r *report) error {
	_, hasEntryPoints := r.content[memberEntryPoints].([]any)
	c.members(r.content, memberAttributes, memberIdentities)
	if _, exists := r.content[memberEntryPoints]; hasEntryPoints && !exists {
		r.content[memberEntryPoints] = []any{} // the report's own lists are there however empty
	}
	if r.content[memberIdentities] != nil {
		kept := []any{}
		for _, identity := range r.identities {
			before := len(namesOf(identity, memberSub))
			c.members(identity)
			if len(namesOf(identity, memberSub)) == before {
				kept = append(kept, identity)
			}
		}
		r.content[memberIdentities] = kept
	}
	if len(r.known) > 0 && r.nobody() {
		return errors.New(pFieldContacts + ": " + string(contactsStrip) + " leaves the report without a consumer, as its ids are e-mail addresses or phone numbers: set " + pFieldSub + ": " + subHash + ", or give it another id")
	}
	return nil
}

// personal takes a single contact as well, which is how one of LivePerson's samples
// has it. What it empties it takes out.
func (c contacts) personal(a attribute) error {
	personal, err := innerObject(a, memberPersonal)
	if err != nil {
		return err
	}
	before := len(personal)
	for _, name := range namesOf(personal, memberContacts) {
		if personal[name] == nil {
			continue
		}
		left, err := c.list(personal[name], a.at+memberPersonal+"."+name)
		if err != nil {
			return err
		}
		if personal[name] = left; left == nil {
			delete(personal, name)
		}
	}
	if before > 0 && len(personal) == 0 {
		delete(a.members, memberPersonal)
	}
	return nil
}

// list changes one contact or a list of them, and gives nil if nothing is left.
func (c contacts) list(value any, at string) (left any, err error) {
	switch v := value.(type) {
	case map[string]any:
		if err := c.contact(v, at+"."); err != nil || len(v) == 0 {
			return nil, err
		}
	case []any:
		kept := []any{}
		for i, item := range v {
			members, ok := item.(map[string]any)
			if !ok {
				return nil, fmt.Errorf("%s[%d]: expected an object", at, i)
			}
			if err := c.contact(members, fmt.Sprintf("%s[%d].", at, i)); err != nil {
				return nil, err
			}
			if len(members) > 0 {
				kept = append(kept, item)
			}
		}
		if len(kept) == 0 {
			return nil, nil
		}
		return kept, nil
	default:
		return nil, fmt.Errorf("%s: expected an array", at)
	}
	return value, nil
}

// contact changes the members of a contact, whatever stands in them.
func (c contacts) contact(members map[string]any, at string) error {
	for name := range members {
		var kind contact.Kind
		switch foldName(name) {
		case "email":
			kind = contact.Email
		case "phone":
			kind = contact.Phone
		case "phonetype":
			if c == contactsHash {
				continue
			}
		default:
			continue
		}
		if c == contactsStrip {
			delete(members, name)
			continue
		}
		value, err := text(members, name, at)
		if err != nil {
			return err
		}
		if value != "" {
			if isHash(value) {
				return errHashed(at+name, pFieldContacts)
			}
			members[name] = digest(contact.Normal(value, kind))
		}
	}
	return nil
}

// members changes the members of an object, except for some.
func (c contacts) members(object map[string]any, but ...string) {
	for name, value := range object {
		if slices.Contains(but, name) {
			continue
		}
		changed, gone := c.value(name, value)
		if contact.In(name, contact.Text) { // an object whose names are data
			delete(object, name)
			hashed, none := c.text(name, name)
			if none || c == contactsStrip {
				continue
			}
			name = hashed.(string)
		}
		if gone {
			delete(object, name)
		} else {
			object[name] = changed
		}
	}
}

// value gives a value without its contacts; gone if it had nothing else. Objects and
// lists that were empty before stay.
func (c contacts) value(name string, value any) (changed any, gone bool) {
	switch v := value.(type) {
	case string:
		return c.text(name, v)
	case []byte:
		return c.text(name, string(v))
	case map[string]any:
		before := len(v)
		c.members(v)
		return v, before > 0 && len(v) == 0
	case []any:
		kept := v[:0]
		for _, item := range v {
			if item, gone := c.value(name, item); !gone {
				kept = append(kept, item)
			}
		}
		return kept, len(v) > 0 && len(kept) == 0
	default:
		if number := wholeNumber(v); number != "" && modeOf(name) == contact.Contact && contact.In(number, contact.Contact) {
			return c.text(name, number)
		}
	}
	return value, false
}

// wholeNumber gives the digits of a number without a fraction, "" of any other value.
func wholeNumber(value any) string {
	switch v := value.(type) {
	case json.Number:
		if strings.ContainsAny(v.String(), ".eE") {
			float, _ := v.Float64()
			return wholeNumber(float)
		}
		return v.String()
	case float64:
		if text := strconv.FormatFloat(v, 'f', -1, 64); v == math.Trunc(v) && !math.IsInf(v, 0) {
			return text
		}
	case int, int32, int64, uint64:
		return fmt.Sprint(v)
	}
	return ""
}

// maxPasses is how often a text is looked at again: what stands on both sides of a
// contact may make one.
const maxPasses = 3

// text gives a text without its contacts. Of an id nothing is left: ids that share the
// rest would become one.
func (c contacts) text(name, value string) (changed any, gone bool) {
	mode := modeOf(name)
	if isHash(value) {
		return value, false
	}
	original := value
	for range maxPasses {
		found := c.find(value, mode)
		if len(found) == 0 {
			return value, value != original && !strings.ContainsFunc(value, isWordRune)
		}
		if c == contactsStrip && (mode == contact.ID || isPersonID(name)) {
			return nil, true
		}
		value = c.replace(value, found)
	}
	if c == contactsStrip || len(c.find(value, mode)) > 0 {
		return nil, true
	}
	return value, false
}

// hashes are what this processor puts in the place of contacts.
var hashes = regexp.MustCompile(`\b[0-9a-f]{64}\b`)

// find gives the contacts in a text. The digits of a hash that took the place of a contact
// are none.
func (c contacts) find(value string, mode contact.Mode) []contact.Found {
	found := contact.Find(value, mode)
	if c != contactsHash || len(found) == 0 {
		return found
	}
	done := hashes.FindAllStringIndex(value, -1)
	return slices.DeleteFunc(found, func(f contact.Found) bool {
		return slices.ContainsFunc(done, func(hash []int) bool { return f.Start < hash[1] && hash[0] < f.End })
	})
}

func isWordRune(r rune) bool { return unicode.IsLetter(r) || unicode.IsNumber(r) }

func (c contacts) replace(value string, found []contact.Found) string {
	var b strings.Builder
	end := 0
	for _, f := range found {
		b.WriteString(value[end:f.Start])
		end = f.End
		if c == contactsHash {
			b.WriteString(f.Hash())
		} else if strings.HasSuffix(value[:f.Start], " ") && strings.HasPrefix(value[end:], " ") {
			end++
		}
	}
	b.WriteString(value[end:])
	return strings.TrimSpace(b.String())
}

// numbersOfThings are the members that hold LivePerson's or the shop's numbers of things.
// Many of those look like phone numbers.
var numbersOfThings = []string{"sku", "orderid", "leadid", "serviceid", "cartid", "pageid", "campaignid", "engid", "contextid", "storenumber", "storezipcode", "code"}

// numbersOfPhones are how names of members that hold phone numbers end.
var numbersOfPhones = []string{"phone", "phonenumber", "mobile", "mobilenumber", "msisdn", "tel", "telephone", "fax"}

func modeOf(name string) contact.Mode {
	name = foldName(name)
	switch {
	case slices.Contains(numbersOfThings, name):
		return contact.ID
	case slices.ContainsFunc(numbersOfPhones, func(end string) bool { return strings.HasSuffix(name, end) }):
		return contact.Contact
	}
	return contact.Text
}

func isPersonID(name string) bool {
	return slices.ContainsFunc([]string{memberConsumerID, memberSub, memberCustomerID}, func(id string) bool { return foldName(id) == foldName(name) })
}
