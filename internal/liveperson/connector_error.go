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

// AlreadyOpen says that a conversation could not be opened because the consumer has an open one.
// The id is empty if LivePerson does not name it; the documented answer does not.
func (e *Error) AlreadyOpen() (conversationID string, is bool) {
	return e.conversation.openID, e.conversation.alreadyOpen
}

// ConversationGone says that the conversation or dialog of a request is closed, or unknown to
// LivePerson.
//
// LivePerson's tutorial has one such answer: "Bad Request, Conversation is close". This method
// assumes that other refusals also say that a conversation or dialog is closed, unknown or not
// found. Missing tokens and failures of the server do not count. No other refusal counts, because
// the caller may open another conversation. The sandbox also answers
// 400, BAD_REQUEST and "the dialog is closed", which is an assumption.
func (e *Error) ConversationGone() bool {
	return e.conversation.gone && (e.Class == ClassInvalid || e.Class == ClassNotFound)
}

// conversationState is what a refusal says about the conversation.
type conversationState struct {
	alreadyOpen, gone bool
	openID            string // the open conversation, if LivePerson names it
	participant       string // the consumer who has an open conversation, if LivePerson names it
}

var (
	alreadyOpenMessage = regexp.MustCompile(`(?i)\balready has (?:an? |another )?(?:open|active) conversation`)

	// "Conversation is close" (LivePerson's tutorial), "the dialog is closed", "conversation 8602…
	// not found", "there is no such dialog".
	goneMessage = regexp.MustCompile(`(?i)\b(?:no such|unknown|closed) (?:conversation|dialog)\b|\bconversation is close\b` +
		`|\b(?:conversation|dialog)(?: with)?(?: id)?[\s:"'(]*(?:[0-9a-f][0-9a-f-]{7,})?[\s"')]*` +
		`(?:(?:is|was|has) )?(?:already )?(?:been )?(?:closed\b|unknown\b|not found\b|does not exist\b|doesn't exist\b)`)

	// The id comes right after the word. LivePerson's message also has the user's id.
	namedConversation = regexp.MustCompile(`(?i)\bconversation(?:[ _-]?id)?[\s:="'(]*([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})`)
)

func conversationStateOf(failed *item) conversationState {
	t := conversationState{
		alreadyOpen: alreadyOpenMessage.MatchString(failed.message),
		gone:        goneMessage.MatchString(failed.message),
	}
	if t.alreadyOpen {
		var tree any
		_ = json.Unmarshal(failed.raw, &tree)
		t.openID, t.participant = findConversation(tree), participantIn(failed.message)
	}
	return t
}

// findConversation returns the id of a conversation in an answer: from a member conversationId,
// or from a text that names the conversation.
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

// beforehand returns the error of a request that was not made because something it needs failed.
// It is a copy, because several callers may get the same error.
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

// NotNow returns the error of a request that was not made because something on this side fails,
// such as a cache. The request may succeed later.
func NotNow(reason error) *Error {
	return &Error{Class: ClassServer, detail: reason.Error(), cause: reason, unsent: true}
}
