package settings

import (
	"fmt"

	"github.com/redpanda-data/benthos/v4/public/service"
)

// CheckCache tells whether there is the cache resource that a field names; empty: none
// is wanted.
func CheckCache(mgr *service.Resources, field, label string) error {
	if label == "" || mgr.HasCache(label) {
		return nil
	}
	return errNoResource(field, "cache", label)
}

// CheckRateLimit is the same for a rate limit resource.
func CheckRateLimit(mgr *service.Resources, field, label string) error {
	if label == "" || mgr.HasRateLimit(label) {
		return nil
	}
	return errNoResource(field, "rate limit", label)
}

func errNoResource(field, kind, label string) error {
	return fmt.Errorf("%s: there is no %s resource labelled %q: add it to the config, or correct the label", field, kind, label)
}

// ServerAddress is the key under which the command line stores the address of Benthos' own
// HTTP server in a pipeline's resources. The value is a string, empty if the server is
// disabled.
type ServerAddress struct{}
