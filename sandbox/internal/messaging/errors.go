package messaging

import (
	"bytes"
	"encoding/json"
	"net/http"
)

// LivePerson's errorCode values (Connector API, authorisation). Their first three digits are the HTTP status.
const (
	codeMissingParameter  = 40001
	codeInvalidApp        = 40102
	codeInvalidConsumer   = 40103
	codeConsumerIsMissing = 40104
	codeAppTokenIsMissing = 40105
)

// codesPerStatus is the number of codes for each HTTP status.
const codesPerStatus = 100

// documented has the documented titles and details, by code.
var documented = map[int]errorBody{
	codeMissingParameter:  {Title: "Missing parameter", Details: "Brand Id is missing"},
	codeInvalidApp:        {Title: "Invalid AppJWT", Details: "AppJWT has expired or is invalid"},
	codeInvalidConsumer:   {Title: "Invalid ConsumerJWS", Details: "ConsumerJWS is invalid"},
	codeConsumerIsMissing: {Title: "ConsumerJWS is missing", Details: "X_ON_BEHALF_HEADER is not present"},
	codeAppTokenIsMissing: {Title: "AppJWT is missing", Details: "AUTHORIZATION header is not present"},
}

// errorAnswer is an error about the whole call.
type errorAnswer struct {
	Kind  string    `json:"kind"`
	ReqID string    `json:"reqId,omitempty"`
	Code  int       `json:"code"`
	Body  errorBody `json:"body"`
	Type  string    `json:"type"`
}

type errorBody struct {
	Title     string `json:"title"`
	Details   string `json:"details"`
	ErrorCode int    `json:"errorCode"`
}

// itemAnswer is the answer to one request of a call.
type itemAnswer struct {
	Code  string `json:"code"`
	Body  any    `json:"body"`
	ReqID string `json:"reqId"`
}

// publishAnswer is an itemAnswer with the members in the order of LivePerson's sample.
type publishAnswer struct {
	ReqID string `json:"reqId"`
	Code  string `json:"code"`
	Body  any    `json:"body"`
}

type messageBody struct {
	Msg string `json:"msg"`
}

const (
	itemOK         = "OK"
	itemBadRequest = "BAD_REQUEST"
	badRequest     = "Bad Request" // LivePerson's text for errors without details
	// saidClosed is the answer to a message into a closed conversation (Connector API, tutorial).
	saidClosed = "Bad Request, Conversation is close"
)

// reply is the answer to a call. Its reason says what was wrong. The reason is for people and stays in the sandbox. It is
// empty for a success.
type reply struct {
	status int
	code   int // LivePerson's errorCode; 0: none
	answer any
	reason string
	// secret says that the answer is a token.
	secret bool
	// contentType is the content type of the answer. Empty: application/json.
	contentType string
}

func ok(answer any) *reply { return &reply{status: http.StatusOK, answer: answer} }

// refuseCode refuses the call with one of the documented codes.
func refuseCode(code int, reason string) *reply {
	status := code / codesPerStatus
	return &reply{status: status, code: code, answer: errorOf("", status, code, documented[code].Title, documented[code].Details), reason: reason}
}

func errorOf(reqID string, status, code int, title, details string) errorAnswer {
	return errorAnswer{
		Kind: "resp", ReqID: reqID, Code: status,
		Body: errorBody{Title: title, Details: details, ErrorCode: code},
		Type: ".ReqBody$ErrorResp",
	}
}

// refuseItem refuses one request.
func refuseItem(reqID, message string) *reply {
	return &reply{status: http.StatusBadRequest, answer: itemAnswer{itemBadRequest, messageBody{message}, reqID}, reason: message}
}

// writeJSON ignores an error of writing, because the caller has closed the connection then.
func writeJSON(w http.ResponseWriter, status int, answer any) {
	text, err := encode(answer)
	if err != nil {
		panic(err) // answers have text, numbers and valid JSON only
	}
	if w.Header().Get("Content-Type") == "" {
		w.Header().Set("Content-Type", "application/json")
	}
	w.WriteHeader(status)
	_, _ = w.Write(text)
}

// encode writes JSON as LivePerson does: it does not escape < and >, and adds no line break at the end.
func encode(v any) ([]byte, error) {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(text.Bytes(), []byte("\n")), nil
}
