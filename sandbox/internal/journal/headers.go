package journal

import (
	"net/http"
	"unique"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/httpapi"
)

// Headers are those of a request that are kept: the ones that decide what it means, and who sent it. Tokens are in others.
type Headers struct{ ContentType, MethodOverride, ClientProperties, UserAgent string }

// HeaderClientProperties describes the consumer's device.
const HeaderClientProperties = "Client-Properties"

// HeadersOf keeps a request's headers. A sender's are all alike, so that they take the room of one.
func HeadersOf(r *http.Request) unique.Handle[Headers] {
	return unique.Make(Headers{
		r.Header.Get("Content-Type"), r.Header.Get(httpapi.HeaderMethodOverride), r.Header.Get(HeaderClientProperties), r.UserAgent(),
	})
}

func (h Headers) size() int {
	return len(h.ContentType) + len(h.MethodOverride) + len(h.ClientProperties) + len(h.UserAgent)
}
