package privacy

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/benthos-liveperson/benthos-liveperson/plugin/sde"
)

// The members of a report that are read here.
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

var errNoReport = errors.New("the message is not a JSON object: a LivePerson report is one")

// report is a LivePerson report that may be changed.
type report struct {
	content    map[string]any
	identities []map[string]any
	attributes []attribute
	// ids are what the report knows its consumer by, each once: the subs of its
	// identities and its consumerId, or else the visitor id, as for liveperson_report.
	ids []string
	// visitor is the visitor id that the metadata have.
	visitor string
	known   map[string]bool // ids
}

type attribute struct {
	at      string // where it stands, for errors
	kind    string // its type as in kindOf
	members map[string]any
}

// customers gives the numbers by which a company knows the report's consumer, in its
// ctmrinfo: people who ask to be forgotten are known by these.
func (r *report) customers() []string {
	var numbers []string
	for _, a := range r.attributes {
		info, _ := a.members[memberInfo].(map[string]any)
		for _, name := range namesOf(info, memberCustomerID) {
			if number, _ := info[name].(string); a.kind == sde.CustomerInfo && number != "" {
				numbers = append(numbers, number)
			}
		}
	}
	return numbers
}

// nobody tells whether the report has no id left.
func (r *report) nobody() bool {
	left := report{content: r.content}
	return left.readIDs() == nil && len(left.ids) == 0 && r.visitor == ""
}

// hashedID finds an id that has the form of a pseudonym.
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

// namesOf gives the spellings of a member that an object has: no spelling may get around
// a setting.
func namesOf(members map[string]any, name string) []string {
	var names []string
	for spelling := range members {
		if strings.EqualFold(spelling, name) {
			names = append(names, spelling)
		}
	}
	slices.Sort(names)
	return names
}

// readReport refuses what it can't make out: an id that is not text could be on a list
// and not be found there.
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
		return errors.New(memberAttributes + ": missing: this is no report; put liveperson_privacy behind the mapping")
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
			return errors.New(at + memberType + ": missing, so that it is not known what the attribute needs")
		}
		a := attribute{at: at, kind: kindOf(name), members: members}
		if err := a.checkCustomerID(); err != nil {
			return err
		}
		r.attributes = append(r.attributes, a)
	}
	return nil
}

// checkCustomerID refuses a customer id that is not text, as it could be on a list and
// not be found there.
func (a attribute) checkCustomerID() error {
	info, _ := a.members[memberInfo].(map[string]any)
	if a.kind != sde.CustomerInfo {
		return nil
	}
	for _, name := range namesOf(info, memberCustomerID) {
		if _, err := text(info, name, a.at+memberInfo+"."); err != nil {
			return err
		}
	}
	return nil
}

// done gives the content with the attributes that are left.
func (r *report) done() map[string]any {
	list := make([]any, len(r.attributes))
	for i, attribute := range r.attributes {
		list[i] = attribute.members
	}
	r.content[memberAttributes] = list
	return r.content
}

// kindOf gives an attribute's type without regard to case and to which of its two
// names it goes by: no spelling may get around a setting.
func kindOf(name string) string {
	if written, ok := sde.WriteName(name); ok {
		name = written
	}
	return strings.ToLower(name)
}

// objects reads a list of objects; null and none are empty.
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

// text reads text; null and none are empty.
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
