package messaging

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/openapi"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/strictyaml"
)

const defaultDelay = time.Second // for a notification that is held back

// The faults of a notification. A notification with a wrong signature comes in addition to the genuine one, like a forgery. A
// notification that is out of order comes after the next one of its endpoint.
const (
	faultDuplicate        = "duplicate"
	faultDelayed          = "delayed"
	faultOutOfOrder       = "out_of_order"
	faultUnknownFields    = "unknown_fields"
	faultNoConversationID = "no_conversation_id"
	faultWrongSignature   = "wrong_signature"
)

var faults = []faultName{faultDuplicate, faultDelayed, faultOutOfOrder, faultUnknownFields, faultNoConversationID, faultWrongSignature}

// WebhookFault makes notifications fail on purpose.
type WebhookFault struct {
	Fault faultName           `yaml:"fault" required:"true"`
	Event string              `yaml:"event" doc:"The name of a notification. Absent: any."`
	Every int                 `yaml:"every" doc:"3 stands for the third, the sixth and so on. Absent: every notification."`
	Times int                 `yaml:"times" doc:"How many notifications fail. Absent: no limit."`
	Delay strictyaml.Duration `yaml:"delay" doc:"How long a delayed notification is held back, or how long one waits for the next one to pass it. Absent: 1s."`

	seen, struck int
}

// faultName is one of faults.
type faultName string

// Schema describes the values.
func (faultName) Schema() openapi.Schema { return openapi.Schema{"enum": faults} }

func (f WebhookFault) check() error {
	switch {
	case !slices.Contains(faults, f.Fault):
		names := strings.Trim(strings.ReplaceAll(fmt.Sprint(faults), " ", ", "), "[]")
		return fmt.Errorf("fault: must be one of %s", names)
	case f.Event != "" && !slices.Contains(Keys, f.Event):
		return fmt.Errorf("event: must be one of %s", strings.Join(Keys, ", "))
	case f.Every < 0 || f.Times < 0:
		return errors.New("every and times: must not be negative")
	}
	return nil
}

// strike reports whether the next notification of a name has the fault.
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

// spoil applies a fault to a body. It does not change a body that it can't read.
func spoil(fault faultName, body []byte) []byte {
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
