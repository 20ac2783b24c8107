package mapping

import "github.com/redpanda-data/benthos/v4/public/bloblang"

// methodSpec starts the spec of a method that users call in their own mappings.
func methodSpec(description string) *bloblang.PluginSpec {
	return bloblang.NewPluginSpec().Category("LivePerson").Description(description)
}

// helperSpec starts the spec of a method that only our own mappings call. Benthos has no status for
// internal methods. So they are marked as deprecated, which keeps them out of `list` and out of the
// reference pages.
func helperSpec(description string) *bloblang.PluginSpec {
	return bloblang.NewPluginSpec().Deprecated().Description("The presets and adapters use this method. Don't call it in your own mappings: it may change. " + description)
}
