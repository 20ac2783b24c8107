package message

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/benthos-liveperson/benthos-liveperson/internal/liveperson"
)

// decodeProfile reads engagement attributes about the consumer, or the body of a request
// that sets a profile.
func decodeProfile(value any, j *job) error {
	j.alone = true
	var request liveperson.Request
	if whole, is := value.(map[string]any); is && whole["type"] == nil {
		body, err := json.Marshal(whole)
		if err != nil {
			return errors.New("profile: can't be written as JSON")
		}
		request = liveperson.Request{Type: liveperson.TypeSetUserProfile, Body: json.RawMessage(body)}
	} else {
		attributes, err := profileOf("profile", value)
		if err != nil {
			return err
		}
		request = liveperson.SetUserProfile(attributes...)
	}
	j.request(func(liveperson.Dialog) liveperson.Request { return request })
	return nil
}

// profileOf reads engagement attributes about a consumer: a list, or a single one.
func profileOf(name string, value any) ([]any, error) {
	if value == nil {
		return nil, nil
	}
	list, ok := value.([]any)
	if !ok {
		list = []any{value}
	}
	for i, item := range list {
		attribute, _ := item.(map[string]any)
		kind, _ := attribute["type"].(string)
		payload := map[string]string{"ctmrinfo": "info", "personal": "personal"}[kind]
		if _, ok := attribute[payload].(map[string]any); !ok {
			return nil, fmt.Errorf("%s[%d]: expected an engagement attribute of the type ctmrinfo with info, or personal with personal: LivePerson accepts no other types here", name, i)
		}
	}
	return list, nil
}
