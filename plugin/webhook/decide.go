package webhook

import "context"

// decision is what becomes of a change, and whose conversation it is of: empty for one
// that is not ours, or not looked up.
type decision struct {
	outcome  outcome
	consumer string
}

// decide also takes note of what a change says of one of our conversations, whether or
// not it is passed on. An error is the conversation cache's.
func (r *receiver) decide(ctx context.Context, c change) (decision, error) {
	if c.kind == "" {
		return decision{outcome: outcomeUnreadable}, nil
	}
	refused := r.conf.refuses(c)
	if refused != "" && c.kind != kindConversation {
		return decision{outcome: refused}, nil
	}
	ours, known, err := r.conversations.By(ctx, c.conversationID)
	if err != nil {
		return decision{}, err
	}
	if known {
		if err := r.note(ctx, c); err != nil {
			return decision{}, err
		}
	}
	switch {
	case refused != "":
		return decision{outcome: refused}, nil
	case !known && !r.conf.allConversations:
		r.foreign.Do(r.sayForeign)
		return decision{outcome: outcomeForeign}, nil
	}
	return decision{outcome: outcomeEmitted, consumer: ours.Consumer}, nil
}

// sayForeign is said once: it is as it should be, unless it is not.
func (r *receiver) sayForeign() {
	text := "Dropping what is said in conversations that were not opened here, once for all"
	if r.conf.conversationCache == "" {
		text += ": if another process opens them, give both the same conversation_cache"
	}
	r.log.Info(text + "; set " + vFieldAllConversations + " to have all of the account's")
}

// refuses tells which of the filters that look at nothing but the change stops it, if any.
func (c config) refuses(change change) outcome {
	switch {
	case !c.events[change.kind]:
		return outcomeFiltered
	case change.role == roleConsumer && !c.ownMessages:
		return outcomeEcho
	case change.audience != "" && change.audience != audienceAll && !c.internalMessages:
		return outcomeHidden
	}
	return ""
}

// note keeps what a conversation's state says for those who send messages. Notes can
// come in any order: what is closed stays closed, and a survey is always the later dialog.
func (r *receiver) note(ctx context.Context, c change) error {
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
