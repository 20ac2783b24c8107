package intake

import "github.com/benthos-liveperson/benthos-liveperson/plugin/account"

// MaxInFlight is the field of an output that says how many batches Benthos gives it at a
// time. Benthos starts a goroutine for each, and more than MaxQueued messages never get in.
var MaxInFlight = account.Count{Name: "max_in_flight", Least: 1, Most: MaxQueued}
