package liveperson

import (
	"encoding/json"
	"errors"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// AppTokenRefused says that the app token has expired or is invalid.
func (e *Error) AppTokenRefused() bool { return e.Code == codeInvalidAppToken }

// ConsumerTokenRefused says that the consumer token is invalid. LivePerson may also
// say so of a conversation that is another consumer's.
func (e *Error) ConsumerTokenRefused() bool { return e.Code == codeInvalidConsumerToken }

// AlreadyOpen says that a conversation could not be opened as the consumer has one
// that is open. The documented answer doesn't tell which; the id is empty then.
func (e *Error) AlreadyOpen() (conversationID string, is bool) {
	return e.trouble.openID, e.trouble.alreadyOpen
}

// ConversationGone says that the conversation or dialog of a request is closed, or
// not known to LivePerson.
//
// What LivePerson answers then is not documented. It is taken for granted that it
// refuses the request, which excludes missing tokens and servers in trouble, and says
// in words that a conversation or dialog is closed, unknown or not found. Any other
// refusal is not taken for it, as the caller may well open another conversation then.
// This module's sandbox answers 400, BAD_REQUEST and "the dialog is closed", "there is
// no such conversation" and the like, which is no more than an assumption either.
func (e *Error) ConversationGone() bool {
	return e.trouble.gone && (e.Class == ClassInvalid || e.Class == ClassNotFound)
}

// trouble is what a refusal says of a conversation.
type trouble struct {
	alreadyOpen, gone bool
	openID            string // of the one that is open, where it is told
}

var (
	alreadyOpenMessage = regexp.MustCompile(`(?i)\balready has (?:an? |another )?(?:open|active) conversation`)

	// "The dialog is closed", "conversation 8602… not found", "there is no such dialog".
	goneMessage = regexp.MustCompile(`(?i)\b(?:no such|unknown|closed) (?:conversation|dialog)\b` +
		`|\b(?:conversation|dialog)(?: with)?(?: id)?[\s:"'(]*(?:[0-9a-f][0-9a-f-]{7,})?[\s"')]*` +
		`(?:(?:is|was|has) )?(?:already )?(?:been )?(?:closed\b|unknown\b|not found\b|does not exist\b|doesn't exist\b)`)

	// The id right behind the word: LivePerson's message has the user's id as well.
	namedConversation = regexp.MustCompile(`(?i)\bconversation(?:[ _-]?id)?[\s:="'(]*([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})`)
)

func troubleOf(failed *item) trouble {
	t := trouble{
		alreadyOpen: alreadyOpenMessage.MatchString(failed.message),
		gone:        goneMessage.MatchString(failed.message),
	}
	if t.alreadyOpen {
		var tree any
		_ = json.Unmarshal(failed.raw, &tree)
		t.openID = findConversation(tree)
	}
	return t
}

// findConversation looks for a conversation's id in an answer: in a member of that
// name, or named in a text.
func findConversation(tree any) string {
	switch tree := tree.(type) {
	case string:
		if found := namedConversation.FindStringSubmatch(tree); found != nil {
			return found[1]
		}
	case []any:
		for _, value := range tree {
			if id := findConversation(value); id != "" {
				return id
			}
		}
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(tree)) {
			if id, is := tree[name].(string); is && strings.EqualFold(name, "conversationId") && checkID(id) == nil {
				return id
			}
			if id := findConversation(tree[name]); id != "" {
				return id
			}
		}
	}
	return ""
}

// beforehand is the error of a request that was not made, as what it needs could not
// be had. It is a copy: several callers may get the same error.
func beforehand(doing string, err error) *Error {
	e := &Error{Class: ClassNotFound, detail: joined(doing, err.Error()), cause: err}
	var known *Error
	if errors.As(err, &known) {
		*e = *known
		around := strings.TrimSuffix(strings.TrimSuffix(err.Error(), known.Error()), ": ")
		e.detail = joined(doing, around, known.detail)
	}
	e.unsent = true
	return e
}

// NotNow is the error of a request that was not made because of what fails on this side,
// and may work again later: a cache, say.
func NotNow(reason error) *Error {
	return &Error{Class: ClassServer, detail: reason.Error(), cause: reason, unsent: true}
}
