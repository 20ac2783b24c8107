package settings

import (
	"fmt"

	"github.com/redpanda-data/benthos/v4/public/service"
)

// CheckCache returns an error if a field names a cache resource that does not exist. An empty
// label names none.
func CheckCache(mgr *service.Resources, field, label string) error {
	if label == "" || mgr.HasCache(label) {
		return nil
	}
	return errNoResource(field, "cache", label)
}

// CheckRateLimit is CheckCache for a rate limit resource.
func CheckRateLimit(mgr *service.Resources, field, label string) error {
	if label == "" || mgr.HasRateLimit(label) {
		return nil
	}
	return errNoResource(field, "rate limit", label)
}

// CheckOutput is CheckCache for an output resource.
func CheckOutput(mgr *service.Resources, field, label string) error {
	if label == "" || mgr.HasOutput(label) {
		return nil
	}
	return errNoResource(field, "output", label)
}

func errNoResource(field, resource, label string) error {
	return fmt.Errorf("%s: there is no %s resource labelled %q: add it to the config, or correct the label", field, resource, label)
}
