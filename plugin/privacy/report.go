package privacy

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"

	"github.com/redpanda-data/benthos/v4/public/service"
	"golang.org/x/text/unicode/norm"

	"github.com/benthos-liveperson/benthos-liveperson/internal/sde"
	texts "github.com/benthos-liveperson/benthos-liveperson/internal/text"
)

// The members of a report that this package reads.
const (
	memberConsumerID  = "consumerId"
	memberIdentities  = "identities"
	memberSub         = "sub"
	memberEntryPoints = "entryPoints"
	memberAttributes  = "engagementAttributes"
	memberType        = "type"
	memberInfo        = "info"
	memberPersonal    = "personal"
	memberContacts    = "contacts"
	memberCustomerID  = "customerId"
)

const metaVisitorID = "liveperson_visitor_id"

var errNoReport = errors.New("the message is not a JSON object, so it is not a LivePerson report")

// report is a LivePerson report that may be changed.
type report struct {
	content    map[string]any
	identities []map[string]any
	attributes []attribute
	// ids has the subs of the identities and the consumerId, each once. If there is none, it
	// has the visitor id, as in liveperson_report.
	ids     []string
	visitor string          // the visitor id in the metadata
	known   map[string]bool // the subs and the consumerId
}

type attribute struct {
	at       string // its path in the report, for errors
	typeName string // its type, as foldType returns it
	members  map[string]any
}

// customers returns the customer ids of the report's ctmrinfo. A company knows a person who
// asks for erasure by these ids.
func (r *report) customers() []string {
	var numbers []string
	for _, a := range r.attributes {
		_ = a.eachCustomerID(func(members map[string]any, name, _ string) error {
			if number, _ := members[name].(string); number != "" {
				numbers = append(numbers, number)
			}
			return nil
		})
	}
	return numbers
}

// nobody returns whether the report has no id left.
func (r *report) nobody() bool {
	left := report{content: r.content}
	return left.readIDs() == nil && len(left.ids) == 0 && r.visitor == ""
}

// hashedID finds an id that looks like a pseudonym.
func (r *report) hashedID() (at string, found bool) {
	for i, identity := range r.identities {
		for _, name := range namesOf(identity, memberSub) {
			if id, _ := identity[name].(string); isHash(id) {
				return fmt.Sprintf("%s[%d].%s", memberIdentities, i, name), true
			}
		}
	}
	for _, name := range namesOf(r.content, memberConsumerID) {
		if id, _ := r.content[name].(string); isHash(id) {
			return name, true
		}
	}
	return "", false
}

// namesOf returns the spellings of a member that an object has, in order. A setting applies
// to every spelling.
func namesOf(members map[string]any, name string) []string {
	var names []string
	for spelling := range members {
		if foldName(spelling) == foldName(name) {
			names = append(names, spelling)
		}
	}
	slices.Sort(names)
	return names
}

// foldName returns one form for all spellings of a name. Spellings differ in case,
// separators, blanks, invisible characters and full-width letters.
func foldName(name string) string {
	return strings.Map(func(r rune) rune {
		if !isWordRune(r) {
			return -1
		}
		return unicode.ToLower(r)
	}, norm.NFKC.String(name))
}

// readReport refuses a report whose ids or attributes it can't read. For example, an id that
// is a number would not be found on a suppression list.
func readReport(msg *service.Message) (r report, err error) {
	content, err := msg.AsStructuredMut()
	if err != nil {
		return r, errNoReport
	}
	var ok bool
	if r.content, ok = content.(map[string]any); !ok {
		return r, errNoReport
	}
	if err = r.readIDs(); err != nil {
		return r, err
	}
	r.visitor, _ = msg.MetaGet(metaVisitorID)
	if len(r.ids) == 0 && r.visitor != "" {
		r.ids = []string{r.visitor}
	}
	err = r.readAttributes()
	return r, err
}

func (r *report) readIDs() (err error) {
	if r.identities, err = objects(r.content, memberIdentities); err != nil {
		return err
	}
	for i, identity := range r.identities {
		if err := r.addID(identity, memberSub, fmt.Sprintf("%s[%d].", memberIdentities, i)); err != nil {
			return err
		}
	}
	return r.addID(r.content, memberConsumerID, "")
}

func (r *report) addID(members map[string]any, name, at string) error {
	for _, spelling := range namesOf(members, name) {
		id, err := text(members, spelling, at)
		if err != nil {
			return err
		}
		if id != "" && texts.IsPlaceholder(id) {
			return fmt.Errorf("%s%s: a placeholder such as undefined or (not set) is no id: leave the member out, or give the consumer's id", at, spelling)
		}
		if id != "" && !r.known[id] {
			if r.known == nil {
				r.known = map[string]bool{}
			}
			r.known[id] = true
			r.ids = append(r.ids, id)
		}
	}
	return nil
}

func (r *report) readAttributes() error {
	if r.content[memberAttributes] == nil {
		return errors.New(memberAttributes + ": missing: this is not a report: put liveperson_privacy behind the mapping")
	}
	list, err := objects(r.content, memberAttributes)
	if err != nil {
		return err
	}
	for i, members := range list {
		at := fmt.Sprintf("%s[%d].", memberAttributes, i)
		name, err := text(members, memberType, at)
		if err != nil {
			return err
		}
		if name == "" {
			return errors.New(at + memberType + ": missing: the consent that an attribute needs depends on its type")
		}
		a := attribute{at: at, typeName: foldType(name), members: members}
		if err := a.checkCustomerID(); err != nil {
			return err
		}
		r.attributes = append(r.attributes, a)
	}
	return nil
}

// checkCustomerID refuses a customer id that is not text, because it would not be found on a
// suppression list.
func (a attribute) checkCustomerID() error {
	return a.eachCustomerID(func(members map[string]any, name, at string) error {
		_, err := text(members, name, at)
		return err
	})
}

// customerIDVisit gets an object, the name of its customer id, and the object's path for
// errors. It may delete the member.
type customerIDVisit func(members map[string]any, name, at string) error

// eachCustomerID visits the customer ids of a ctmrinfo at any depth. It removes objects and
// lists that become empty.
func (a attribute) eachCustomerID(visit customerIDVisit) error {
	if a.typeName != sde.CustomerInfo {
		return nil
	}
	_, _, err := visitCustomerIDs(a.members, a.at, visit)
	return err
}

func visitCustomerIDs(value any, at string, visit customerIDVisit) (left any, emptied bool, err error) {
	switch v := value.(type) {
	case map[string]any:
		before := len(v)
		for _, name := range slices.Sorted(maps.Keys(v)) {
			if err := visitMember(v, name, at, visit); err != nil {
				return nil, false, err
			}
		}
		return v, before > 0 && len(v) == 0, nil
	case []any:
		kept := v[:0]
		for i, item := range v {
			item, emptied, err := visitCustomerIDs(item, fmt.Sprintf("%s[%d].", strings.TrimSuffix(at, "."), i), visit)
			if err != nil {
				return nil, false, err
			}
			if !emptied {
				kept = append(kept, item)
			}
		}
		return kept, len(v) > 0 && len(kept) == 0, nil
	}
	return value, false, nil
}

func visitMember(members map[string]any, name, at string, visit customerIDVisit) error {
	within := at + "…." // other names may be personal data, so errors omit them
	switch foldName(name) {
	case foldName(memberCustomerID):
		return visit(members, name, at)
	case memberInfo:
		within = at + memberInfo + "."
	}
	left, emptied, err := visitCustomerIDs(members[name], within, visit)
	if err != nil {
		return err
	}
	if members[name] = left; emptied {
		delete(members, name)
	}
	return nil
}

// done returns the content with the attributes that are left.
func (r *report) done() map[string]any {
	list := make([]any, len(r.attributes))
	for i, attribute := range r.attributes {
		list[i] = attribute.members
	}
	r.content[memberAttributes] = list
	return r.content
}

// foldType returns one form for all spellings and for both names of an attribute's type. A
// setting applies to all of them.
func foldType(name string) string {
	folded := foldName(name)
	for _, readName := range []string{sde.CartStatus, sde.SearchContent} {
		if written, ok := sde.WriteName(readName); ok && folded == foldName(readName) {
			return foldName(written)
		}
	}
	return folded
}

// objects reads a list of objects. Null and a missing member are an empty list.
func objects(members map[string]any, name string) ([]map[string]any, error) {
	if members[name] == nil {
		return nil, nil
	}
	list, ok := members[name].([]any)
	if !ok {
		return nil, fmt.Errorf("%s: expected an array", name)
	}
	read := make([]map[string]any, len(list))
	for i, item := range list {
		if read[i], ok = item.(map[string]any); !ok {
			return nil, fmt.Errorf("%s[%d]: expected an object", name, i)
		}
	}
	return read, nil
}

// text reads a text. Null and a missing member are "".
func text(members map[string]any, name, at string) (string, error) {
	if members[name] == nil {
		return "", nil
	}
	value, ok := members[name].(string)
	if !ok {
		return "", fmt.Errorf("%s%s: expected text", at, name)
	}
	return value, nil
}
