// Package plugin registers all LivePerson components with Benthos. Import it for
// its side effects:
//
//	import _ "github.com/benthos-liveperson/benthos-liveperson/plugin"
package plugin

import (
	_ "github.com/benthos-liveperson/benthos-liveperson/plugin/cart"
	_ "github.com/benthos-liveperson/benthos-liveperson/plugin/deadletter"
	_ "github.com/benthos-liveperson/benthos-liveperson/plugin/engagement"
	_ "github.com/benthos-liveperson/benthos-liveperson/plugin/identity"
	_ "github.com/benthos-liveperson/benthos-liveperson/plugin/mapping"
	_ "github.com/benthos-liveperson/benthos-liveperson/plugin/message"
	_ "github.com/benthos-liveperson/benthos-liveperson/plugin/privacy"
	_ "github.com/benthos-liveperson/benthos-liveperson/plugin/readback"
	_ "github.com/benthos-liveperson/benthos-liveperson/plugin/report"
	_ "github.com/benthos-liveperson/benthos-liveperson/plugin/webhook"
)
