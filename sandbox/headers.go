package sandbox

import (
	"net/http"
	"unique"
)

// headers are those of a request that are kept: the ones that decide what it means, and who sent it. Tokens are in others.
type headers struct{ contentType, methodOverride, clientProperties, userAgent string }

const (
	headerMethodOverride   = "X-HTTP-Method-Override"
	headerClientProperties = "Client-Properties"
)

// headersOf keeps a request's headers. A sender's are all alike, so that they take the room of one.
func headersOf(r *http.Request) unique.Handle[headers] {
	return unique.Make(headers{
		r.Header.Get("Content-Type"), r.Header.Get(headerMethodOverride), r.Header.Get(headerClientProperties), r.UserAgent(),
	})
}

// pairs gives those that were sent.
func (h headers) pairs() []harPair {
	pairs := []harPair{}
	for _, pair := range []harPair{
		{"Content-Type", h.contentType}, {headerMethodOverride, h.methodOverride},
		{headerClientProperties, h.clientProperties}, {"User-Agent", h.userAgent},
	} {
		if pair.Value != "" {
			pairs = append(pairs, pair)
		}
	}
	return pairs
}

func (h headers) size() int {
	return len(h.contentType) + len(h.methodOverride) + len(h.clientProperties) + len(h.userAgent)
}
