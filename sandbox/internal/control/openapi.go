package control

import (
	"encoding/json"
	"sync"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/chaos"
)

// openAPIDocument returns openapi.json with the endpoints and faults of chaos rules filled in from their tables.
var openAPIDocument = sync.OnceValue(func() []byte {
	var document map[string]any
	if err := json.Unmarshal(openAPIFile, &document); err != nil {
		panic("sandbox: openapi.json: " + err.Error())
	}
	schemas := document["components"].(map[string]any)["schemas"].(map[string]any)
	properties := schemas["Rule"].(map[string]any)["properties"].(map[string]any)
	properties["endpoint"] = map[string]any{"enum": chaos.Endpoints(), "description": "all stands for every endpoint."}
	for _, f := range chaos.FaultKinds() {
		property := map[string]any{"type": f.Type, "description": f.Effect}
		if f.Values != nil {
			property["enum"] = f.Values
		}
		properties[f.Name] = property
		for _, p := range f.Parameters {
			properties[p.Name] = map[string]any{"type": p.Type, "description": "Goes with " + f.Name + ": " + p.Effect + "."}
		}
	}
	text, err := json.MarshalIndent(document, "", "  ")
	if err != nil {
		panic("sandbox: openapi.json: " + err.Error())
	}
	return append(text, '\n')
})
