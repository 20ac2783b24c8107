package message

import (
	"fmt"
	"slices"
	"strings"
)

// action is what a message does in a conversation.
type action string

// The values of the field action, and of the metrics' label.
const (
	actionAuto      action = "auto"
	actionMessage   action = "message"
	actionChatState action = "chat_state"
	actionReceipt   action = "receipt"
	actionRichReply action = "rich_reply"
	actionFile      action = "file"
	actionProfile   action = "profile"
	actionCSAT      action = "csat"
	actionClose     action = "close"

	actionTyping       action = "typing"
	actionRichContent  action = "rich_content"
	actionTTR          action = "ttr"
	actionTransfer     action = "transfer"
	actionFileDownload action = "file_download"

	// actionRequest is a whole request in LivePerson's form. Only auto recognises it.
	actionRequest action = "request"
)

// actions are the actions that a message may name.
var actions = []action{
	actionMessage, actionChatState, actionReceipt, actionRichReply, actionFile, actionProfile, actionCSAT, actionClose,
	actionTyping, actionRichContent, actionTTR, actionTransfer, actionFileDownload,
}

// actionNames returns the names of all actions that are sent.
func actionNames() []string {
	names := []string{string(actionRequest)}
	for _, a := range actions {
		names = append(names, string(a))
	}
	return names
}

// member returns the name of the content's member for the action.
func (a action) member() string {
	if a == actionMessage {
		return "text"
	}
	return string(a)
}

// fits tells whether a member of the content can be the action's value. An event may have a member
// such as ttr that is not an action but is read by a setting's expression.
func (a action) fits(value any) bool {
	switch value.(type) {
	case nil:
		return false
	case map[string]any:
		return true
	case bool:
		return a != actionTTR && a != actionRichContent && a != actionFileDownload
	}
	return a != actionTTR && a != actionRichContent && a != actionFileDownload && a != actionTransfer && a != actionTyping
}

// path returns the start of member names in errors. A request's members have no prefix.
func (a action) path() string {
	if a == actionRequest {
		return ""
	}
	return a.member()
}

// parseAction reads a value of the field action.
func parseAction(text string) (action, error) {
	a := action(strings.ToLower(text))
	if a == actionAuto || slices.Contains(actions, a) {
		return a, nil
	}
	return "", fmt.Errorf("%s: expected one of %s", lmFieldAction, allowedActions())
}

func allowedActions() string {
	names := []string{string(actionAuto)}
	for _, a := range actions {
		names = append(names, string(a))
	}
	return strings.Join(names, ", ")
}

// allowedMembers are the members by which auto recognises the action.
func allowedMembers() string {
	names := make([]string, len(actions))
	for i, a := range actions {
		names[i] = a.member()
	}
	return strings.Join(names, ", ")
}
