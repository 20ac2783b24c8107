package history

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// The methods of the API.
const (
	ByCriteria     = "conversations"
	ByConsumer     = "consumer"
	ByConversation = "conversation"
)

const (
	defaultLimit = 50
	maxLimit     = 100
	maxSource    = 20 // characters
	maxMonths    = 3  // of a range of times
	rounding     = 10 * time.Minute
)

// Query is a request of the API.
type Query struct {
	method  string
	version int
	offset  int
	limit   int
	sort    string
	content []string
	body    body
	// Notes name the parts of the request that LivePerson's pages do not allow and the sandbox
	// accepts.
	Notes []string
}

// FieldError is an error about a member of the body or a parameter of the query.
type FieldError struct{ Field, Advice string }

func (e *FieldError) Error() string { return e.Field + ": " + e.Advice }

func wrong(field, format string, args ...any) error {
	return &FieldError{field, fmt.Sprintf(format, args...)}
}

// number is a number, which samples also show as text.
type number int64

// UnmarshalJSON reads a number or a text with a number.
func (n *number) UnmarshalJSON(raw []byte) error {
	value, err := strconv.ParseFloat(strings.Trim(string(raw), `"`), 64)
	if err != nil {
		return errors.New("must be a number")
	}
	*n = number(value)
	return nil
}

// text is a text or a number.
type text string

// UnmarshalJSON reads a text or a number.
func (t *text) UnmarshalJSON(raw []byte) error {
	*t = text(strings.Trim(string(raw), `"`))
	return nil
}

// span is a range with its bounds. -1 as to means now.
type span struct {
	From *number `json:"from"`
	To   *number `json:"to"`
}

// body has the filters that the sandbox applies. Each method uses some of them.
type body struct {
	Start            *span             `json:"start"`
	End              *span             `json:"end"`
	Status           []string          `json:"status"`
	SkillIDs         []text            `json:"skillIds"`
	LatestSkillIDs   []text            `json:"latestSkillIds"`
	AgentIDs         []text            `json:"agentIds"`
	LatestAgentIDs   []text            `json:"latestAgentIds"`
	Keyword          string            `json:"keyword"`
	Duration         *span             `json:"duration"`
	MCS              *span             `json:"mcs"`
	CSAT             *span             `json:"csat"`
	Source           []string          `json:"source"`
	Device           []string          `json:"device"`
	MessageTypes     []string          `json:"messageContentTypes"`
	QueueState       string            `json:"latestConversationQueueState"`
	SDEs             map[string]string `json:"sdeSearch"`
	LatestUpdateTime *span             `json:"latestUpdateTime"`
	Content          []string          `json:"contentToRetrieve"`

	Consumer        string   `json:"consumer"`
	ConversationID  string   `json:"conversationId"`
	ConversationIDs []string `json:"conversationIds"`
}

var (
	statuses     = []string{open, closed}
	defaultTypes = []string{
		"campaign", "messageRecords", "agentParticipants", "agentParticipantsLeave", "agentParticipantsActive", "consumerParticipants",
		"transfers", "interactions", "messageScores", "messageStatuses", "conversationSurveys", "coBrowseSessions", "summary", "sdes",
	}
	otherTypes = []string{
		"unAuthSdes", "monitoring", "dialogs", "responseTime", "skillChanges", "intents", "uniqueIntents", "latestAgentSurvey",
		"previouslySubmittedAgentSurveys",
	}
)

// ReadQuery reads the parameters and the body of a request. strict refuses what LivePerson's pages do not allow. Errors are
// FieldErrors.
func ReadQuery(method string, parameters url.Values, raw []byte, strict bool) (*Query, error) {
	q := &Query{method: method}
	if err := q.readParameters(parameters, strict); err != nil {
		return nil, err
	}
	var kind *json.UnmarshalTypeError
	switch err := json.Unmarshal(raw, &q.body); {
	case errors.As(err, &kind) && kind.Field != "":
		return nil, wrong(kind.Field, "has the wrong JSON type")
	case err != nil:
		return nil, wrong("body", "send a JSON object with the filters: %v", err)
	}
	if err := q.checkBody(); err != nil {
		return nil, err
	}
	return q, q.readContent(strict)
}

func (q *Query) readParameters(parameters url.Values, strict bool) (err error) {
	if q.version, err = whole(parameters, "v", 1); err != nil || q.version < 1 || q.version > 2 {
		return wrong("v", "must be 1 or 2")
	}
	if q.offset, err = whole(parameters, "offset", 0); err != nil || q.offset < 0 {
		return wrong("offset", "must be a number from 0 on")
	}
	if q.limit, err = whole(parameters, "limit", defaultLimit); err != nil || q.limit < 1 {
		return wrong("limit", "must be a number from 1 to %d", maxLimit)
	}
	q.sort = cmp.Or(parameters.Get("sort"), "start:asc")
	if !slices.Contains([]string{"start:asc", "start:desc", "end:asc", "end:desc"}, q.sort) {
		return wrong("sort", "must be start or end, with :asc or :desc")
	}
	if q.limit > maxLimit {
		if err := q.refuseOrNote(strict, "limit", fmt.Sprintf("must be %d at most", maxLimit)); err != nil {
			return err
		}
		q.limit = maxLimit
	}
	switch source := parameters.Get("source"); {
	case source == "":
		return q.refuseOrNote(strict, "source", "is missing: name the sender, such as ProjectAppUse, in the query")
	case utf8.RuneCountInString(source) > maxSource:
		return q.refuseOrNote(strict, "source", fmt.Sprintf("must have %d characters at most", maxSource))
	}
	return nil
}

func whole(parameters url.Values, name string, absent int) (int, error) {
	if parameters.Get(name) == "" {
		return absent, nil
	}
	return strconv.Atoi(parameters.Get(name))
}

// refuseOrNote returns an error for a part of a request that LivePerson's pages do not allow, or
// adds a note if the sandbox is not strict.
func (q *Query) refuseOrNote(strict bool, field, advice string) error {
	if strict {
		return wrong(field, "%s", advice)
	}
	q.Notes = append(q.Notes, field+": "+advice)
	return nil
}

func (q *Query) checkBody() error {
	for _, status := range q.body.Status {
		if !slices.Contains(statuses, status) {
			return wrong("status", "must have %s", strings.Join(statuses, " and "))
		}
	}
	switch q.method {
	case ByConversation:
		if q.body.ConversationID == "" && len(q.body.ConversationIDs) == 0 {
			return wrong("conversationId", "is missing")
		}
	case ByConsumer:
		if q.body.Consumer == "" {
			return wrong("consumer", "is missing: send LivePerson's id of the consumer, which is the participantId")
		}
		if len(q.body.Status) == 0 {
			return wrong("status", "is missing: send a list of %s", strings.Join(statuses, " and "))
		}
	default:
		if q.body.Start == nil {
			return wrong("start", `is missing: send {"start": {"from": …, "to": …}} in milliseconds since 1970`)
		}
		return cmp.Or(q.body.Start.check("start"), q.body.End.check("end"))
	}
	return nil
}

// check checks a range of times.
func (s *span) check(name string) error {
	switch {
	case s == nil:
		return nil
	case s.From == nil || s.To == nil:
		return wrong(name, "must have from and to")
	case *s.To == now:
		return nil
	case *s.To < *s.From:
		return wrong(name, "from must not be later than to")
	case time.UnixMilli(int64(*s.To)).After(time.UnixMilli(int64(*s.From)).AddDate(0, maxMonths, 0)):
		return wrong(name, "from and to must be %d months apart at most", maxMonths)
	}
	return nil
}

// now is the value of to that means now, as in one of LivePerson's samples.
const now = -1

// readContent reads the types of content to return. Without a list, they are the default types.
func (q *Query) readContent(strict bool) error {
	if q.body.Content == nil {
		q.content = defaultTypes
		return nil
	}
	for _, name := range q.body.Content {
		if strings.EqualFold(name, "sdes") { // the page writes SDEs and sdes
			name = "sdes"
		}
		if !slices.Contains(defaultTypes, name) && !slices.Contains(otherTypes, name) {
			if err := q.refuseOrNote(strict, "contentToRetrieve", "there is no such type of content"); err != nil {
				return err
			}
		}
		q.content = append(q.content, name)
	}
	return nil
}

// MayFind reports whether the query can find a conversation with this id, of a consumer with this LivePerson id.
func (q *Query) MayFind(id, consumerID string) bool {
	switch q.method {
	case ByConversation:
		return id == q.body.ConversationID || slices.Contains(q.body.ConversationIDs, id)
	case ByConsumer:
		return consumerID == q.body.Consumer
	}
	return true
}

func (q *Query) wants(content string) bool { return slices.Contains(q.content, content) }
