package liveperson

import (
	"net/http"
	"sync/atomic"
)

// program is the name of the program in the User-Agent. SetVersion adds the version.
const program = "benthos-liveperson"

var userAgent atomic.Value

func init() { userAgent.Store(program) }

// SetVersion sets the version of the binary. Requests of an Account that is made later have it in their User-Agent.
func SetVersion(version string) { userAgent.Store(program + "/" + version) }

// withUserAgent adds the User-Agent to a header that no request has yet. Requests share headers, so the User-Agent can't be set
// while one is made.
func withUserAgent(header http.Header) http.Header {
	header.Set("User-Agent", userAgent.Load().(string))
	return header
}
