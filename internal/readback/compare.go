// Package readback compares engagement attributes that were sent with those that LivePerson has.
// It makes no requests.
package readback

import (
	"maps"
	"slices"
	"time"

	"github.com/benthos-liveperson/benthos-liveperson/internal/liveperson"
	"github.com/benthos-liveperson/benthos-liveperson/internal/sde"
)

// Outcome is the result of a comparison in one word.
type Outcome string

// The outcomes, best first.
const (
	Matched   Outcome = "matched"
	Unknown   Outcome = "unknown"
	Different Outcome = "different"
	Missing   Outcome = "missing"
)

// Reason says why it is unknown whether LivePerson has an attribute.
type Reason string

// The reasons.
const (
	// NoIDs: the message has no ids to ask with.
	NoIDs Reason = "no_ids"
	// NotAccepted: the receipt does not say that LivePerson accepted the message.
	NotAccepted Reason = "not_accepted"
	// Unreadable: the message is neither a receipt nor a report.
	Unreadable Reason = "unreadable"
	// TooOld: LivePerson keeps visits for six hours.
	TooOld Reason = "too_old"
	// TooEarly: LivePerson may not show it yet, and the wait would be longer than max_wait.
	TooEarly Reason = "too_early"
	// NoVisit: LivePerson has no visit with these ids.
	NoVisit Reason = "no_visit"
	// NoConversation: LivePerson shows no conversation with these ids.
	NoConversation Reason = "no_conversation"
	// RequestFailed: LivePerson did not answer the question.
	RequestFailed Reason = "request_failed"
	// NotShown: LivePerson does not show impressions and unknown types.
	NotShown Reason = "not_shown"
	// Replaced: a later attribute of the same type has replaced this one.
	Replaced Reason = "replaced"
	// NotSearchable: the attributes have no value that LivePerson can search for.
	NotSearchable Reason = "not_searchable"
)

// Reasons has all reasons, for the docs.
var Reasons = map[Reason]string{
	NoIDs:          "the message has no ids to ask with",
	NotAccepted:    "the receipt does not say that LivePerson accepted the message: it was refused, dropped, withheld or a duplicate",
	Unreadable:     "the message is neither a receipt nor a report",
	TooOld:         "the message is older than six hours; LivePerson keeps no older visits",
	TooEarly:       "LivePerson may not show it yet, and the wait would be longer than `max_wait`",
	NoVisit:        "LivePerson has no visit with these ids",
	NoConversation: "LivePerson shows no conversation with these ids or this value",
	RequestFailed:  "LivePerson did not answer the question; the message is marked as failed",
	NotShown:       "LivePerson does not show impressions and unknown types",
	Replaced:       "a later attribute of the same type has taken its place in the conversation",
	NotSearchable:  "the attributes have no value that LivePerson can search for",
}

// Difference is a member that LivePerson has with another value, or does not have.
type Difference struct {
	Attribute string `json:"attribute"`
	Member    string `json:"member"`
	Sent      any    `json:"sent"`
	Has       any    `json:"has"` // nil: LivePerson does not have the member
}

// Doubt names an attribute of which the result is unknown, and the reason.
type Doubt struct {
	Attribute string `json:"attribute,omitempty"` // empty: all attributes
	Reason    Reason `json:"reason"`
}

// Result says which attributes of a message LivePerson has. It names attributes by their types as
// they were sent.
type Result struct {
	Matched   []string     `json:"matched"`
	Missing   []string     `json:"missing"`
	Different []Difference `json:"different"`
	Unknown   []Doubt      `json:"unknown"`
}

// UnknownBecause returns the result of a message about which LivePerson was not asked.
func UnknownBecause(reason Reason) Result { return Result{Unknown: []Doubt{{Reason: reason}}} }

// Outcome returns the worst outcome of an attribute.
func (r Result) Outcome() Outcome {
	switch {
	case len(r.Missing) > 0:
		return Missing
	case len(r.Different) > 0:
		return Different
	case len(r.Unknown) > 0:
		return Unknown
	}
	return Matched
}

// Lost returns the types of the attributes that are missing or different.
func (r Result) Lost() []string {
	lost := slices.Clone(r.Missing)
	for i, d := range r.Different {
		if i == 0 || d.Attribute != r.Different[i-1].Attribute {
			lost = append(lost, d.Attribute)
		}
	}
	return lost
}

// Structured returns the result in the form of a JSON value.
func (r Result) Structured() map[string]any {
	different, unknown := make([]any, len(r.Different)), make([]any, len(r.Unknown))
	for i, d := range r.Different {
		different[i] = map[string]any{"attribute": d.Attribute, "member": d.Member, "sent": d.Sent, "has": d.Has}
	}
	for i, d := range r.Unknown {
		doubt := map[string]any{"reason": string(d.Reason)}
		if d.Attribute != "" {
			doubt["attribute"] = d.Attribute
		}
		unknown[i] = doubt
	}
	return map[string]any{"matched": texts(r.Matched), "missing": texts(r.Missing), "different": different, "unknown": unknown}
}

func texts(list []string) []any {
	values := make([]any, len(list))
	for i, text := range list {
		values[i] = text
	}
	return values
}

// Question describes the attributes to look for.
type Question struct {
	// Attributes are the attributes that were sent. One with a type and no other member matches any
	// attribute of the type.
	Attributes []map[string]any
	// LivePerson received the attributes between From and To, by LivePerson's clock. A zero time means
	// that the bound is unknown.
	From, To time.Time
	// InConversation says that the attributes belong to a conversation, where a later attribute
	// replaces an earlier one of some types.
	InConversation bool
}

// replaced are the types of which a conversation keeps only the last attribute.
var replaced = []string{sde.Cart, sde.CustomerInfo, sde.MarketingSource, sde.PersonalInfo, sde.Service}

// Compare looks for the sent attributes among the stored ones. A stored attribute matches one sent
// attribute at most.
func Compare(q Question, has []liveperson.StoredAttribute) (r Result) {
	candidates := make([]*stored, 0, len(has))
	shown := map[[2]string]bool{}
	for _, a := range has {
		c := &stored{StoredAttribute: a, leaves: flatten(a.Members), shown: shown}
		candidates = append(candidates, c)
		for path := range c.leaves {
			shown[[2]string{a.Type, memberOf(path)}] = true
		}
	}
	var rest []sent
	for _, attribute := range q.Attributes {
		s := newSent(attribute)
		switch {
		case !sde.Known(s.name) || sde.IsImpression(s.name):
			r.Unknown = append(r.Unknown, Doubt{s.name, NotShown})
		case !q.take(s, candidates):
			rest = append(rest, s)
		default:
			r.Matched = append(r.Matched, s.name)
		}
	}
	for _, s := range rest {
		q.explain(&r, s, candidates)
	}
	return r
}

// sent is an attribute that was sent.
type sent struct {
	name   string // the type as it was sent
	kind   string // the type by its main name, if it has several
	leaves map[string]any
}

func newSent(attribute map[string]any) sent {
	name, _ := attribute["type"].(string)
	kind := name
	if written, alias := sde.WriteName(name); alias {
		kind = written
	}
	members := maps.Clone(attribute)
	delete(members, "type")
	return sent{name: name, kind: kind, leaves: flatten(members)}
}

// stored is an attribute that LivePerson has.
type stored struct {
	liveperson.StoredAttribute
	leaves map[string]any
	taken  bool
	shown  map[[2]string]bool // the members that LivePerson shows with any attribute of a type, by type and name
}

// mayBeHidden tells whether LivePerson may store a member without showing it. This may be so if no
// attribute of the type shows the member.
func (c *stored) mayBeHidden(path string) bool {
	name := memberOf(path)
	return slices.Contains(unshown, name) && !c.shown[[2]string{c.Type, name}]
}

func (q Question) mayBe(s sent, c *stored) bool {
	return !c.taken && c.Type == s.kind && (c.Time.IsZero() || !c.Time.Before(q.From))
}

// take finds a stored attribute without a difference, and marks it as taken. Of several it takes
// the one with the fewest additional members.
func (q Question) take(s sent, candidates []*stored) bool {
	var best *stored
	for _, c := range candidates {
		if q.mayBe(s, c) && len(s.differences(c)) == 0 && (best == nil || len(c.leaves) < len(best.leaves)) {
			best = c
		}
	}
	if best != nil {
		best.taken = true
	}
	return best != nil
}

// explain adds to the result an attribute that LivePerson does not have as it was sent.
func (q Question) explain(r *Result, s sent, candidates []*stored) {
	later := func(c *stored) bool { return c.Type == s.kind && !q.To.IsZero() && c.Time.After(q.To) }
	if q.InConversation && slices.Contains(replaced, s.kind) && slices.ContainsFunc(candidates, later) {
		r.Unknown = append(r.Unknown, Doubt{s.name, Replaced})
		return
	}
	var best *stored
	var wrong []string
	for _, c := range candidates {
		if found := s.differences(c); q.mayBe(s, c) && s.isLike(c, found) && (best == nil || len(found) < len(wrong)) {
			best, wrong = c, found
		}
	}
	if best == nil {
		r.Missing = append(r.Missing, s.name)
		return
	}
	best.taken = true
	for _, path := range wrong {
		r.Different = append(r.Different, Difference{s.name, path, s.shown(s.leaves[path]), s.shown(best.leaves[path])})
	}
}

// ids has, for each type, the member that identifies an attribute.
var ids = map[string]string{
	sde.CustomerInfo:    "info.customerId",
	sde.MarketingSource: "info.campaignId",
	sde.Purchase:        "orderId",
	sde.ProductView:     "products[0].product.sku",
	sde.Lead:            "lead.leadId",
	sde.Service:         "service.serviceId",
	sde.VisitorError:    "error.code",
}

// isLike tells whether a stored attribute is probably the sent one with other values: it has the
// same id, or at least half of the members agree.
func (s sent) isLike(c *stored, differences []string) bool {
	path := ids[s.kind]
	mine, theirs := s.leaves[path], c.leaves[path]
	if mine != nil && theirs != nil && !isMasked(mine) {
		return equal(mine, theirs)
	}
	return 2*len(differences) <= len(s.leaves)
}

// differences returns the members that LivePerson has with other values or does not have, sorted.
func (s sent) differences(c *stored) (paths []string) {
	for path, mine := range s.leaves {
		theirs, found := c.leaves[path]
		switch {
		case found && (equal(mine, theirs) || isMasked(mine)):
			continue
		case !found && (c.mayBeHidden(path) || liveperson.IsAbsent(mine)): // a text such as "null" can't be told from no value
			continue
		}
		paths = append(paths, path)
	}
	slices.Sort(paths)
	return paths
}

// shown returns a value as the result may show it. It masks values about a person.
func (s sent) shown(value any) any {
	if value != nil && (s.kind == sde.PersonalInfo || s.kind == sde.CustomerInfo) {
		return Masked
	}
	return value
}
