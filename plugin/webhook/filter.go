package webhook

import "context"

// filtered says what happens with a change. consumer is the one whose conversation it is
// about: empty for other conversations, and for changes that are not looked up.
type filtered struct {
	outcome  outcome
	consumer string
}

// filter says whether a change is passed on. It also stores what the change says about a
// known conversation, whether or not the change is passed on. An error is errOpening or the
// conversation cache's.
func (r *receiver) filter(ctx context.Context, c change) (filtered, error) {
	if c.eventType == "" {
		return filtered{outcome: outcomeUnreadable}, nil
	}
	refused := r.conf.refuses(c)
	if refused != "" && c.eventType != conversationChange && c.participant == "" {
		return filtered{outcome: refused}, nil
	}
	conversation, known, err := r.whose(ctx, c, refused == "")
	if err != nil {
		return filtered{}, err
	}
	if known {
		if err := r.store(ctx, c); err != nil {
			return filtered{}, err
		}
	}
	switch {
	case refused != "":
		return filtered{outcome: refused}, nil
	case !known && !r.conf.allConversations:
		r.foreign.Do(r.logForeign)
		return filtered{outcome: outcomeForeign}, nil
	}
	return filtered{outcome: outcomeEmitted, consumer: conversation.Consumer}, nil
}

// logForeign logs once that changes are dropped: that may be intended or a mistake.
func (r *receiver) logForeign() {
	text := "Dropping changes of conversations that this pipeline did not open (logged once)"
	if r.conf.conversationCache == "" {
		text += ": if another process opens them, give both the same conversation_cache"
	}
	r.log.Info(text + "; set " + vFieldAllConversations + " to receive the changes of all conversations")
}

// refuses returns the outcome of a change that a filter stops, or "". It uses the filters that
// need nothing but the change.
func (c config) refuses(change change) outcome {
	switch {
	case !c.events[change.eventType]:
		return outcomeFiltered
	case change.role == roleConsumer && !c.ownMessages:
		return outcomeEcho
	case change.audience != "" && change.audience != audienceAll && !c.internalMessages:
		return outcomeHidden
	}
	return ""
}

// store writes the state of a conversation to the conversation cache, for the components that
// send messages. The order of changes does not matter: a closed conversation stays closed, and
// a survey is always the later dialog.
func (r *receiver) store(ctx context.Context, c change) error {
	if c.survey != "" {
		if err := r.conversations.MoveTo(ctx, c.conversationID, c.survey); err != nil {
			return err
		}
	}
	if c.closed {
		return r.conversations.Close(ctx, c.conversationID)
	}
	return nil
}
