package messaging

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
)

// The types of requests.
const (
	typeSetProfile   = "userprofile.SetUserProfile"
	typeOpen         = "cm.ConsumerRequestConversation"
	typePublish      = "ms.PublishEvent"
	typeUpdate       = "cm.UpdateConversationField"
	typeUploadURL    = "ms.GenerateURLForUploadFile"
	typeDownloadURL  = "ms.GenerateURLForDownloadFile"
	maxRequestLength = 5000 // characters (Connector API, tutorial)
	maxRequestID     = 64
)

// request is the envelope of all requests.
type request struct {
	Kind     string            `json:"kind"`
	ID       requestID         `json:"id"`
	Type     string            `json:"type"`
	Body     json.RawMessage   `json:"body"`
	Metadata []json.RawMessage `json:"metadata"`

	length int // in characters
	// beside are the names of members that do not belong to the envelope.
	beside []string
}

// requestID is a text or a whole number. The answer has it as text.
type requestID struct{ text string }

// UnmarshalJSON reads a text or a whole number.
func (id *requestID) UnmarshalJSON(text []byte) error {
	if json.Unmarshal(text, &id.text) == nil {
		return nil
	}
	var number int64
	if err := json.Unmarshal(text, &number); err != nil {
		return errors.New("id: must be a text")
	}
	id.text = strconv.FormatInt(number, 10)
	return nil
}

// UnmarshalJSON reads the envelope and counts its characters.
func (q *request) UnmarshalJSON(text []byte) error {
	type plain request
	if err := json.Unmarshal(text, (*plain)(q)); err != nil {
		return err
	}
	q.length = characters(text)
	var members map[string]json.RawMessage
	_ = json.Unmarshal(text, &members) // it was an object before
	for _, name := range slices.Sorted(maps.Keys(members)) {
		if !slices.Contains(envelope, name) && len(q.beside) < maxBeside && len(name) <= maxRequestID {
			q.beside = append(q.beside, name)
		}
	}
	return nil
}

// envelope has the members of a request. Metadata has a second, encoded form.
var envelope = []string{"kind", "id", "type", "body", "metadata", "encodedMetadata"}

// maxBeside is the maximum number of unknown members that are noted.
const maxBeside = 10

// note says which members of the requests LivePerson does not read. It returns an empty string if there are none.
func note(requests ...request) string {
	var names []string
	for _, q := range requests {
		names = append(names, q.beside...)
	}
	if names == nil {
		return ""
	}
	return strings.Join(names, ", ") + ": stands beside body; LivePerson's requests have kind, id, type, body and metadata"
}

// characters returns the length in UTF-16 units, as Java counts.
func characters(text []byte) int { return len(utf16.Encode([]rune(string(text)))) }

// check says what is wrong with the envelope. It returns an empty string if nothing is wrong.
func (q *request) check() string {
	switch {
	case q.length > maxRequestLength:
		return badRequest
	case q.Kind != "req":
		return `kind: must be "req"`
	case q.ID.text == "" || characters([]byte(q.ID.text)) > maxRequestID:
		return fmt.Sprintf("id: must have from 1 to %d characters", maxRequestID)
	case q.Type == "":
		return "type: is missing"
	}
	for _, item := range q.Metadata {
		if bytes.IndexByte(item, '{') != 0 {
			return "metadata: must be a list of objects"
		}
	}
	return ""
}

// eventType returns the type of the event that a request publishes. It returns an empty string for other requests.
func (q *request) eventType() string {
	var body struct {
		Event struct {
			Type string `json:"type"`
		} `json:"event"`
	}
	if q.Type == typePublish {
		_ = json.Unmarshal(q.Body, &body)
	}
	return body.Event.Type
}

// peekRequests reads one request or a list of requests from a body. It ignores errors.
func peekRequests(body []byte) []request {
	var list []request
	var one request
	switch {
	case json.Unmarshal(body, &list) == nil:
		return list[:min(len(list), maxBatch)]
	case json.Unmarshal(body, &one) == nil:
		return []request{one}
	}
	return nil
}

// decode reads the body of a request. It ignores unknown members.
func decode(body json.RawMessage, into any) error {
	if len(body) == 0 || body[0] != '{' {
		return errors.New("body: must be an object")
	}
	var kind *json.UnmarshalTypeError
	switch err := json.Unmarshal(body, into); {
	case errors.As(err, &kind):
		return fmt.Errorf("body.%s: has the wrong JSON type", kind.Field)
	case err != nil:
		return fmt.Errorf("body: %w", err)
	}
	return nil
}

func newBody(text []byte) io.ReadCloser { return io.NopCloser(bytes.NewReader(text)) }
