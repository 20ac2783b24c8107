package privacy

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/benthos-liveperson/benthos-liveperson/plugin/sde"
)

// contacts is what becomes of e-mail addresses and phone numbers.
type contacts string

const (
	contactsKeep  contacts = "keep"
	contactsStrip contacts = "strip"
	contactsHash  contacts = "hash"
)

// apply takes contacts out of the attributes that are made to hold them, or hashes
// them. An attribute that holds nothing else is left out: an empty one would clear
// what LivePerson knows.
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
	return nil
}

func (c contacts) applyTo(a attribute) (empty bool, err error) {
	switch a.kind {
	case sde.PersonalInfo:
		return c.within(a, "personal", c.personal)
	case sde.CustomerInfo:
		return c.within(a, "info", c.customer)
	}
	return false, nil
}

// within applies to an attribute's inner object, and tells whether that lost its last
// member.
func (c contacts) within(a attribute, name string, apply func(members map[string]any, at string) error) (empty bool, err error) {
	if a.members[name] == nil {
		return false, nil
	}
	members, ok := a.members[name].(map[string]any)
	if !ok {
		return false, fmt.Errorf("%s%s: expected an object", a.at, name)
	}
	before := len(members)
	if err := apply(members, a.at+name+"."); err != nil {
		return false, err
	}
	return before > 0 && len(members) == 0, nil
}

// personal takes a single contact as well, which is how one of LivePerson's samples
// has it.
func (c contacts) personal(personal map[string]any, at string) error {
	const name = "contacts"
	switch value := personal[name].(type) {
	case nil:
	case map[string]any:
		if err := c.contact(value, at+name+"."); err != nil {
			return err
		}
		if len(value) == 0 {
			delete(personal, name)
		}
	case []any:
		for i, item := range value {
			contact, ok := item.(map[string]any)
			if !ok {
				return fmt.Errorf("%s%s[%d]: expected an object", at, name, i)
			}
			if err := c.contact(contact, fmt.Sprintf("%s%s[%d].", at, name, i)); err != nil {
				return err
			}
		}
		value = slices.DeleteFunc(value, func(item any) bool { return len(item.(map[string]any)) == 0 })
		if personal[name] = value; len(value) == 0 {
			delete(personal, name)
		}
	default:
		return fmt.Errorf("%s%s: expected an array", at, name)
	}
	return nil
}

func (c contacts) contact(contact map[string]any, at string) error {
	if c == contactsStrip {
		for _, name := range []string{"email", "phone", "phoneType"} {
			delete(contact, name)
		}
		return nil
	}
	if err := replace(contact, "email", at, hashEmail); err != nil {
		return err
	}
	return replace(contact, "phone", at, hashPhone)
}

func replace(members map[string]any, name, at string, hash func(string) string) error {
	value, err := text(members, name, at)
	if err == nil && value != "" {
		members[name] = hash(value)
	}
	return err
}

var (
	email = regexp.MustCompile(`^[^@\s]+@[^@\s]+$`)
	// phone is a number that can be nothing else: one without a + may be an id.
	phone = regexp.MustCompile(`^\+[0-9 ()./-]{6,}$`)
)

// customer looks at the names that shops often make of a contact.
func (c contacts) customer(info map[string]any, _ string) error {
	for _, name := range []string{"userName", memberCustomerID} {
		value, _ := info[name].(string)
		value = strings.TrimSpace(value)
		hash := hashPhone
		switch {
		case email.MatchString(value):
			hash = hashEmail
		case !phone.MatchString(value):
			continue
		}
		if c == contactsStrip {
			delete(info, name)
		} else {
			info[name] = hash(value)
		}
	}
	return nil
}

// hashEmail and hashPhone hash in the way that most platforms do that match contacts
// by their hashes: SHA-256 without salt, of the address in lower case, of the number
// as + and its digits.
func hashEmail(address string) string {
	return digest(strings.ToLower(strings.TrimSpace(address)))
}

func hashPhone(number string) string {
	return digest("+" + strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, number))
}
