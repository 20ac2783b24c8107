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

// contacts is the setting for e-mail addresses and phone numbers.
type contacts string

const (
	contactsKeep  contacts = "keep"
	contactsStrip contacts = "strip"
	contactsHash  contacts = "hash"
)

// apply removes or hashes the contacts of a report: in each text, in the names of members,
// and in members made for contacts. It removes an attribute that has nothing else, because
// an empty attribute would clear the values that LivePerson has.
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

// applyTo changes one attribute. It returns true if the attribute has lost its type, or
// everything but its type.
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

// outside changes the report outside of its attributes. It removes an identity that loses
// its sub. It returns an error if no id is left, because LivePerson would count the report
// as one of a new visitor.
func (c contacts) outside(r *report) error {
	_, hasEntryPoints := r.content[memberEntryPoints].([]any)
	c.members(r.content, memberAttributes, memberIdentities)
	if _, exists := r.content[memberEntryPoints]; hasEntryPoints && !exists {
		r.content[memberEntryPoints] = []any{} // an emptied list stays in the report
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
		return errors.New(pFieldContacts + ": " + string(contactsStrip) + " removes all ids of the report, because they are e-mail addresses or phone numbers: set " + pFieldSub + ": " + subHash + ", or give the report another id")
	}
	return nil
}

// personal changes the contacts of the attribute personal, and removes members that become
// empty. The contacts may be one object instead of a list, as in one of LivePerson's samples.
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

// list changes one contact or a list of contacts. It returns nil if nothing is left.
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

// contact removes or hashes the e-mail address and phone number of a contact. Their form
// does not matter.
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

// members changes the members of an object, except those named in but.
func (c contacts) members(object map[string]any, but ...string) {
	for name, value := range object {
		if slices.Contains(but, name) {
			continue
		}
		changed, gone := c.value(name, value)
		if contact.In(name, contact.Text) { // the name itself is a contact
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

// value returns a value with its contacts removed or hashed. gone is true if nothing is
// left. Objects and lists that were empty before stay.
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

// wholeNumber returns the digits of a number without a fraction, or "" for any other value.
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

// maxPasses is how often a text is searched. When a contact is removed, the text before and
// behind it may form another one.
const maxPasses = 3

// text returns a text with its contacts removed or hashed. Strip removes an id as a whole,
// because two ids with the same rest would become one.
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

// hashes matches the hashes that replace contacts.
var hashes = regexp.MustCompile(`\b[0-9a-f]{64}\b`)

// find returns the contacts in a text. It ignores digits inside a hash that replaced a
// contact.
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

// numbersOfThings are members for numbers of products, orders, campaigns and the like. Many
// of these numbers look like phone numbers.
var numbersOfThings = []string{"sku", "orderid", "leadid", "serviceid", "cartid", "pageid", "campaignid", "engid", "contextid", "storenumber", "storezipcode", "code"}

// numbersOfPhones are the endings of the names of members for phone numbers.
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
