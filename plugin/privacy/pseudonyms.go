package privacy

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/benthos-liveperson/benthos-liveperson/internal/sde"
	texts "github.com/benthos-liveperson/benthos-liveperson/internal/text"
)

// customerIDs is the setting for ctmrinfo.customerId.
type customerIDs string

const (
	customerIDKeep customerIDs = "keep"
	customerIDHash customerIDs = "hash"
	customerIDDrop customerIDs = "drop"
)

// pseudonyms replaces a consumer's ids by pseudonyms.
type pseudonyms struct {
	hashed    bool // false: consumerId and subs stay
	customers customerIDs
	salt      []byte
}

func (p pseudonyms) of(id string) string { return texts.Pseudonym(p.salt, id) }

// beside returns the ids and customer ids of a report. It adds the pseudonyms of the ids
// that will be hashed.
func (p pseudonyms) beside(r *report) []string {
	customers := r.customers()
	all := slices.Concat(r.ids, customers)
	if p.hashed {
		all = p.with(all, r.ids)
	}
	if p.customers == customerIDHash {
		all = p.with(all, customers)
	}
	return all
}

func (p pseudonyms) with(all, ids []string) []string {
	for _, id := range ids {
		all = append(all, p.of(id))
	}
	return all
}

// apply replaces the report's consumerId and subs, and replaces or removes its customer ids.
// An attribute that has only a customer id is removed with it.
func (p pseudonyms) apply(r *report) {
	if p.hashed {
		p.replaceAll(r.content, memberConsumerID)
		for _, identity := range r.identities {
			p.replaceAll(identity, memberSub)
		}
	}
	switch p.customers {
	case customerIDHash:
		p.customerIDs(r, p.replace)
	case customerIDDrop:
		p.customerIDs(r, func(members map[string]any, name string) { delete(members, name) })
	}
}

// customerIDs changes each customer id. It removes attributes that lose everything but
// their type.
func (p pseudonyms) customerIDs(r *report, change func(members map[string]any, name string)) {
	r.attributes = slices.DeleteFunc(r.attributes, func(a attribute) bool {
		before := len(a.members)
		_ = a.eachCustomerID(func(members map[string]any, name, _ string) error {
			change(members, name)
			return nil
		})
		return len(a.members) < before && len(a.members) == 1
	})
}

// replaceAll replaces a member in each of its spellings.
func (p pseudonyms) replaceAll(members map[string]any, name string) {
	for _, spelling := range namesOf(members, name) {
		p.replace(members, spelling)
	}
}

func (p pseudonyms) replace(members map[string]any, name string) {
	if id, _ := members[name].(string); id != "" {
		members[name] = p.of(id)
	}
}

// metaHashed names the settings by which values of the report have been hashed.
const metaHashed = "liveperson_hashed"

// isHash returns whether a text looks like a hash: SHA-256 or HMAC-SHA256 in hexadecimal, as
// this processor makes them. Another system may have made the hash. A hash of a hash would
// match no other data.
func isHash(text string) bool {
	return len(text) == hex.EncodedLen(sha256.Size) && !strings.ContainsFunc(text, func(r rune) bool {
		return (r < '0' || r > '9') && (r < 'a' || r > 'f') && (r < 'A' || r > 'F')
	})
}

func errHashed(at, setting string) error {
	return fmt.Errorf("%s: is a hash already (64 hexadecimal digits): set %s: keep, or don't send the report through liveperson_privacy twice", at, setting)
}

// hashing returns the settings that hash.
func (p *processor) hashing() []string {
	var settings []string
	if p.pseudonyms.hashed {
		settings = append(settings, pFieldSub)
	}
	if p.pseudonyms.customers == customerIDHash {
		settings = append(settings, pFieldCustomerID)
	}
	if p.contacts == contactsHash {
		settings = append(settings, pFieldContacts)
	}
	return settings
}

// checkHashed refuses a report that has been hashed before. It checks the metadata of an
// earlier liveperson_privacy. A dead letter may have lost them, so it also checks the form
// of the ids.
func (p *processor) checkHashed(msg *service.Message, r *report) error {
	settings := p.hashing()
	done, _ := msg.MetaGet(metaHashed)
	for earlier := range strings.SplitSeq(done, ",") {
		if slices.Contains(settings, earlier) {
			return fmt.Errorf("%s: an earlier liveperson_privacy has hashed this report already, as the metadata %s say: hash in one processor only, or delete the metadata if the report is a new one", earlier, metaHashed)
		}
	}
	if p.pseudonyms.hashed {
		if at, found := r.hashedID(); found {
			return errHashed(at, pFieldSub)
		}
	}
	if p.pseudonyms.customers == customerIDHash {
		for _, number := range r.customers() {
			if isHash(number) {
				return errHashed(sde.CustomerInfo+"."+memberCustomerID, pFieldCustomerID)
			}
		}
	}
	return nil
}
