package sandbox

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/benthos-liveperson/benthos-liveperson/plugin/sde"
)

// content is what the sandbox needs to know of a report's body, as far as it could be read.
type content struct {
	isJSON   bool
	consumer string   // identities[0].sub, else consumerId
	pageID   string   // empty unless it is decimal digits
	types    []string // of the engagement attributes, as written
}

// readContent reads a report's body (Monitoring API, report). It is decoded into a tree and not into structs, because
// encoding/json would match a struct's members whatever their case, and so hide a client's misspelling.
func readContent(raw []byte, visitorID string, strict bool) (content, *refusal) {
	sent := content{types: []string{}}
	var body map[string]any
	err := json.Unmarshal(raw, &body)
	sent.isJSON = err == nil || json.Valid(raw)
	if err != nil || body == nil {
		return sent, invalidField("body", "send a JSON object")
	}
	identified, refused := sent.readConsumer(body)
	if refused != nil {
		return sent, refused
	}
	if refused := sent.readPage(body); refused != nil {
		return sent, refused
	}
	if refused := sent.readAttributes(body, strict); refused != nil {
		return sent, refused
	}
	if refused := checkSchemas(body, strict); refused != nil {
		return sent, refused
	}
	if !identified && visitorID == "" {
		return sent, invalidField("consumerId", "say who it is: send identities with a sub, a consumerId, or a vid in the query")
	}
	return sent, nil
}

// readConsumer reports whether the body says who it is about: one consumerId or one sub of any identity is enough.
func (c *content) readConsumer(body map[string]any) (bool, *refusal) {
	consumerID, ok := text(body, "consumerId")
	if !ok {
		return false, invalidField("consumerId", "send a string")
	}
	identities, ok := list(body, "identities")
	if !ok {
		return false, invalidField("identities", "send an array of objects")
	}
	c.consumer = consumerID
	identified := consumerID != ""
	for i, item := range identities {
		identity, ok := item.(map[string]any)
		if !ok {
			return false, invalidField(fmt.Sprintf("identities[%d]", i), "send an object with iss, acr and sub")
		}
		for _, name := range []string{"iss", "acr", "sub"} {
			if _, ok := text(identity, name); !ok {
				return false, invalidField(fmt.Sprintf("identities[%d].%s", i, name), "send a string")
			}
		}
		if sub, _ := text(identity, "sub"); sub != "" {
			identified = true
			if i == 0 {
				c.consumer = sub
			}
		}
	}
	return identified, nil
}

func (c *content) readPage(body map[string]any) *refusal {
	pageID, ok := text(body, "pageId")
	if !ok {
		return invalidField("pageId", "send a string of decimal digits, or leave it out")
	}
	if strings.Trim(pageID, "0123456789") == "" {
		c.pageID = pageID
	}
	entryPoints, ok := list(body, "entryPoints")
	if !ok {
		return invalidField("entryPoints", "send an array of strings")
	}
	for i, item := range entryPoints {
		if _, ok := item.(string); !ok {
			return invalidField(fmt.Sprintf("entryPoints[%d]", i), "send a string")
		}
	}
	return nil
}

// readAttributes stops at the first attribute that cannot be read: LivePerson drops all of a request's data then (an
// early draft of "Monitoring API, report"; later versions are silent).
func (c *content) readAttributes(body map[string]any, strict bool) *refusal {
	attributes, ok := list(body, "engagementAttributes")
	if !ok || strict && body["engagementAttributes"] == nil {
		return invalidField("engagementAttributes", "send an array of objects, [] when there are none")
	}
	for i, item := range attributes {
		attribute, ok := item.(map[string]any)
		if !ok {
			return invalidField(fmt.Sprintf("engagementAttributes[%d]", i), "send an object with a type")
		}
		kind, _ := text(attribute, "type")
		if kind == "" {
			return invalidField(fmt.Sprintf("engagementAttributes[%d].type", i), "send the engagement attribute's type")
		}
		c.types = append(c.types, kind)
		if strict && !slices.Contains(sde.WriteTypes(), kind) {
			return invalidField(fmt.Sprintf("engagementAttributes[%d].type", i), typeAdvice(kind))
		}
	}
	return nil
}

// checkSchemas holds the body against LivePerson's tables, which a lenient sandbox does not. The answer names the first
// member that is wrong, as LivePerson's sample does; what is said to people names all.
func checkSchemas(body map[string]any, strict bool) *refusal {
	if !strict {
		return nil
	}
	found := sde.Check(body, sde.Options{AllowPersonalIDs: true}).Findings // LivePerson can't tell
	if len(found) == 0 {
		return nil
	}
	advice := []string{found[0].Message + "; " + found[0].Fix}
	for _, finding := range found[1:] {
		advice = append(advice, finding.String())
	}
	return invalidField(found[0].Path, strings.Join(advice, " | "))
}

func typeAdvice(kind string) string {
	if name, ok := sde.WriteName(kind); ok {
		return fmt.Sprintf("%s is what LivePerson calls it when reading; write %s, or let the sandbox be lenient", kind, name)
	}
	return "LivePerson documents no such type; send one of " + strings.Join(sde.WriteTypes(), ", ") + ", or let the sandbox be lenient"
}

// invalidField is the answer to data that is missing or wrong: the message is just the field (Monitoring API, report:
// sample error). Paths with an index are the sandbox's own, LivePerson shows none.
func invalidField(path, advice string) *refusal {
	return &refusal{status: http.StatusBadRequest, code: codeInvalid, message: path, advice: advice}
}

// text reads a string member. It is empty when absent or null, and not ok when it is something else.
func text(object map[string]any, name string) (string, bool) {
	value, ok := object[name].(string)
	return value, ok || object[name] == nil
}

// list reads an array member. It is empty when absent or null, and not ok when it is something else.
func list(object map[string]any, name string) ([]any, bool) {
	value, ok := object[name].([]any)
	return value, ok || object[name] == nil
}
