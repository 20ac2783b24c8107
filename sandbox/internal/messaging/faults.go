package messaging

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/strictyaml"
)

const defaultDelay = time.Second // of a notification that is held back

// What may go wrong with a notification. One with a wrong signature comes beside the genuine one, as a forger's would; one
// that comes out of order lets the next of its endpoint pass.
const (
	faultDuplicate        = "duplicate"
	faultDelayed          = "delayed"
	faultOutOfOrder       = "out_of_order"
	faultUnknownFields    = "unknown_fields"
	faultNoConversationID = "no_conversation_id"
	faultWrongSignature   = "wrong_signature"
)

var faults = []string{faultDuplicate, faultDelayed, faultOutOfOrder, faultUnknownFields, faultNoConversationID, faultWrongSignature}

// WebhookFault says which notifications go wrong, and how.
type WebhookFault struct {
	Fault string `yaml:"fault"`
	Event string `yaml:"event"` // the name of a notification; empty: any
	Every int    `yaml:"every"` // the third, the sixth, …; 0: each
	Times int    `yaml:"times"` // so many of them; 0: without end
	// Delay is how long a delayed one is held back while later ones pass, and how long one waits to be passed that comes out
	// of order. 0: a second.
	Delay strictyaml.Duration `yaml:"delay"`

	seen, struck int
}

func (f WebhookFault) check() error {
	switch {
	case !slices.Contains(faults, f.Fault):
		return fmt.Errorf("fault: must be one of %s", strings.Join(faults, ", "))
	case f.Event != "" && !slices.Contains(Keys, f.Event):
		return fmt.Errorf("event: must be one of %s", strings.Join(Keys, ", "))
	case f.Every < 0 || f.Times < 0:
		return errors.New("every and times: must not be negative")
	}
	return nil
}

// strike tells whether the next notification of a name goes wrong.
func (f *WebhookFault) strike(key string) bool {
	if f.Event != "" && f.Event != key {
		return false
	}
	f.seen++
	if f.seen%max(1, f.Every) != 0 || f.Times > 0 && f.struck >= f.Times {
		return false
	}
	f.struck++
	return true
}

// spoil changes a body in the way of a fault. What it can't read it leaves as it is.
func spoil(fault string, body []byte) []byte {
	var n map[string]any
	if json.Unmarshal(body, &n) != nil {
		return body
	}
	inner, _ := n["body"].(map[string]any)
	changes, _ := inner["changes"].([]any)
	for _, item := range changes {
		one, _ := item.(map[string]any)
		switch fault {
		case faultNoConversationID:
			delete(one, "conversationId")
		case faultUnknownFields:
			one["sandboxUnknown"] = map[string]any{"list": []any{1, nil, "x"}}
		}
	}
	if fault == faultUnknownFields {
		n["sandboxUnknown"] = true
	}
	spoilt, err := encode(n)
	if err != nil {
		return body
	}
	return spoilt
}
