package privacy

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"slices"
)

// pseudonyms stand in for a consumer's ids.
type pseudonyms struct {
	hashed bool // false: ids stay
	salt   []byte
}

func (p pseudonyms) of(id string) string {
	mac := hmac.New(sha256.New, p.salt)
	mac.Write([]byte(id))
	return hex.EncodeToString(mac.Sum(nil))
}

// beside gives ids, and their pseudonyms if ids don't stay.
func (p pseudonyms) beside(ids []string) []string {
	if !p.hashed {
		return ids
	}
	all := slices.Clone(ids)
	for _, id := range ids {
		all = append(all, p.of(id))
	}
	return all
}

// apply replaces the report's consumerId and subs.
func (p pseudonyms) apply(r *report) {
	if !p.hashed {
		return
	}
	p.replace(r.content, memberConsumerID)
	for _, identity := range r.identities {
		p.replace(identity, memberSub)
	}
}

func (p pseudonyms) replace(members map[string]any, name string) {
	if id, _ := members[name].(string); id != "" {
		members[name] = p.of(id)
	}
}
