package history

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"time"
)

// LivePerson's names of states.
const (
	open   = "OPEN"
	closed = "CLOSE"
)

// months is how long LivePerson keeps a conversation.
const months = 13

// matches reports whether a conversation passes all filters.
func (q *Query) matches(c Conversation, from Source) bool {
	if time.UnixMilli(c.Start).Before(from.Now.AddDate(0, -months, 0)) {
		return false
	}
	switch {
	case !q.MayFind(c.ID, c.ConsumerID):
		return false
	case q.method == ByConversation:
		return true
	case q.method == ByConsumer:
		return slices.Contains(q.body.Status, c.State)
	}
	b, at := &q.body, from.Now.UnixMilli()
	return b.Start.rounded(at).has(c.Start) &&
		(b.End == nil || c.End > 0 && b.End.rounded(at).has(c.End)) &&
		(b.LatestUpdateTime == nil || b.LatestUpdateTime.rounded(at).has(c.Updated)) &&
		(b.Status == nil || slices.Contains(b.Status, c.State)) &&
		(b.SkillIDs == nil || slices.ContainsFunc(c.skills(), func(id string) bool { return slices.Contains(b.SkillIDs, text(id)) })) &&
		(b.LatestSkillIDs == nil || slices.Contains(b.LatestSkillIDs, text(c.SkillID))) &&
		(b.AgentIDs == nil || slices.Contains(b.AgentIDs, text(c.AgentID))) &&
		(b.LatestAgentIDs == nil || slices.Contains(b.LatestAgentIDs, text(c.AgentID))) &&
		(b.Duration == nil || b.Duration.has(c.duration(from.Now)/1000)) &&
		b.MCS == nil && // the sandbox computes no score
		(b.CSAT == nil || c.CSAT != nil && c.CSAT.Rate > 0 && b.CSAT.has(int64(c.CSAT.Rate))) &&
		(b.Source == nil || slices.Contains(b.Source, sourceApp)) &&
		(b.Device == nil || slices.Contains(b.Device, "NA")) &&
		(b.QueueState == "" || b.QueueState == c.queueState()) &&
		(b.MessageTypes == nil || c.hasMessage(func(e Event) bool { return slices.Contains(b.MessageTypes, e.messageType()) })) &&
		(b.Keyword == "" || c.hasMessage(func(e Event) bool { return contains(e.text(), b.Keyword) })) &&
		(b.SDEs == nil || q.hasAttribute(c, from))
}

// rounded rounds a range of times to the last and the next ten minutes. Without an end, the range ends now.
func (s *span) rounded(at int64) span {
	step := number(rounding.Milliseconds())
	from, to := number(0), number(at)
	if s.From != nil {
		from = *s.From
	}
	if s.To != nil && *s.To != now {
		to = *s.To
	}
	from -= from % step
	to += (step - to%step) % step
	return span{&from, &to}
}

func (s span) has(value int64) bool {
	return (s.From == nil || value >= int64(*s.From)) && (s.To == nil || value <= int64(*s.To))
}

func (c Conversation) skills() []string {
	all := []string{c.SkillID}
	for _, t := range c.Transfers {
		all = append(all, t.From)
	}
	return all
}

// duration returns how long the conversation took, or takes so far, in milliseconds.
func (c Conversation) duration(at time.Time) int64 {
	if c.End > 0 {
		return c.End - c.Start
	}
	return at.UnixMilli() - c.Start
}

func (c Conversation) queueState() string {
	if c.AgentID == "" {
		return "IN_QUEUE"
	}
	return "ACTIVE"
}

func (c Conversation) hasMessage(fits func(Event) bool) bool {
	return slices.ContainsFunc(c.Dialogs, func(d Dialog) bool {
		return slices.ContainsFunc(d.Events, func(e Event) bool { return e.messageType() != "" && fits(e) })
	})
}

// manyDigits matches text that can't be searched for.
var manyDigits = regexp.MustCompile(`[0-9]{4}`)

// hasAttribute reports whether one of the attributes that the filter names has the text. Attributes can be searched for after
// two hours.
func (q *Query) hasAttribute(c Conversation, from Source) bool {
	for _, attribute := range from.Attributes(c) {
		wanted := q.body.SDEs[attribute.Key]
		if wanted == "" || manyDigits.MatchString(wanted) || attribute.Time.After(from.Searchable) || !attribute.isShown(q.version, from) {
			continue
		}
		for _, value := range texts(attribute.Members) {
			if contains(value, wanted) {
				return true
			}
		}
	}
	return false
}

// isShown reports whether an answer of a version may have the attribute.
func (a Attribute) isShown(version int, from Source) bool {
	return a.Authenticated || version == 2 && from.Unauthenticated
}

// texts returns all texts and numbers in a value.
func texts(value any) (found []string) {
	switch v := value.(type) {
	case map[string]any:
		for _, inner := range v {
			found = append(found, texts(inner)...)
		}
	case []any:
		for _, inner := range v {
			found = append(found, texts(inner)...)
		}
	case string:
		found = append(found, v)
	case json.Number:
		found = append(found, v.String())
	}
	return found
}

// contains reports whether a text has a word or, in quotation marks, a phrase.
func contains(text, phrase string) bool {
	return strings.Contains(strings.ToLower(text), strings.ToLower(strings.Trim(phrase, `"`)))
}
