package journal

import (
	"net/http"
	"unique"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/httpapi"
)

// Headers are the kept headers of a request. They say what the request means and who sent it. No token is in them.
type Headers struct{ ContentType, MethodOverride, ClientProperties, UserAgent string }

// HeaderClientProperties describes the consumer's device.
const HeaderClientProperties = "Client-Properties"

// HeadersOf returns the headers of a request. Equal headers share memory, because a sender always sends the same ones.
func HeadersOf(r *http.Request) unique.Handle[Headers] {
	return unique.Make(Headers{
		r.Header.Get("Content-Type"), r.Header.Get(httpapi.HeaderMethodOverride), r.Header.Get(HeaderClientProperties), r.UserAgent(),
	})
}

func (h Headers) size() int {
	return len(h.ContentType) + len(h.MethodOverride) + len(h.ClientProperties) + len(h.UserAgent)
}
