package liveperson

import "sync/atomic"

const product = "benthos-liveperson"

var userAgent atomic.Value

func init() { userAgent.Store(product) }

// SetVersion puts the version of the binary into the User-Agent of all requests to LivePerson. The command line calls it once,
// before there are requests.
func SetVersion(version string) { userAgent.Store(product + "/" + version) }
