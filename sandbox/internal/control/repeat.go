package control

import (
	"encoding/json"
	"slices"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/journal"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/jsonbody"
)

// comparableBody returns a text that is equal for two calls with the same content. The text is the body without the ids of
// messaging's requests, because a sender may create new ids when it sends the same request again.
func comparableBody(call *journal.Entry) string {
	if !slices.Contains(journal.MessagingEndpoints, call.Endpoint) {
		return string(call.Body)
	}
	body := jsonbody.Decode(call.Body)
	requests, _ := body.([]any)
	for _, request := range append(requests, body) {
		if request, ok := request.(map[string]any); ok {
			delete(request, "id")
		}
	}
	text, _ := json.Marshal(body) // it was JSON before
	return string(text)
}
