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

// codesPerStatus are how many codes there are for an HTTP status.
const codesPerStatus = 100

// documented are the titles and details that go with the codes.
var documented = map[int]errorBody{
	codeMissingParameter:  {Title: "Missing parameter", Details: "Brand Id is missing"},
	codeInvalidApp:        {Title: "Invalid AppJWT", Details: "AppJWT has expired or is invalid"},
	codeInvalidConsumer:   {Title: "Invalid ConsumerJWS", Details: "ConsumerJWS is invalid"},
	codeConsumerIsMissing: {Title: "ConsumerJWS is missing", Details: "X_ON_BEHALF_HEADER is not present"},
	codeAppTokenIsMissing: {Title: "AppJWT is missing", Details: "AUTHORIZATION header is not present"},
}

// errorAnswer is the one form of errors about the whole call.
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

// publishAnswer is itemAnswer with its members in the order of LivePerson's sample.
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
	badRequest     = "Bad Request" // what LivePerson says where it says no more
)

// reply is what a call gets. Reason says what was wrong, for people, and stays in the sandbox; it is empty for a success.
type reply struct {
	status int
	code   int // LivePerson's errorCode; 0 for none
	answer any
	reason string
	// secret says that the answer is a token.
	secret bool
	// contentType is that of the answer; empty: application/json.
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

// writeJSON ignores a failing write: the caller has hung up, and nobody is left to tell.
func writeJSON(w http.ResponseWriter, status int, answer any) {
	text, err := encode(answer)
	if err != nil {
		panic(err) // answers are made of text, numbers, and JSON that has been read
	}
	if w.Header().Get("Content-Type") == "" {
		w.Header().Set("Content-Type", "application/json")
	}
	w.WriteHeader(status)
	_, _ = w.Write(text)
}

// encode writes JSON as LivePerson does: < and > as they are, no line break at the end.
func encode(v any) ([]byte, error) {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(text.Bytes(), []byte("\n")), nil
}
