package sandbox

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/journal"

	"github.com/benthos-liveperson/benthos-liveperson/internal/sde"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/campaign"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/messaging"
)

// content is what the sandbox needs to know of a body, as far as it could be read.
type content struct {
	strict bool

	isJSON      bool
	consumer    string   // identities[0].sub, else consumerId
	subs        []string // of all identities
	pageID      string   // empty unless it is decimal digits
	types       []string // of the engagement attributes, as written
	said        campaign.Said
	met         []*campaign.Condition
	impressions []impression
	notes       []string
	ongoing     *messaging.Ongoing // conversation of the consumer or session; nil: none, or not asked for
}

// The members that hold attributes.
const (
	memberAttributes  = "engagementAttributes"
	memberImpressions = "impAttributes"
)

// readObject reads a body, which must be a JSON object. It is decoded into a tree and not into structs, because
// encoding/json would match a struct's members whatever their case, and so hide a client's misspelling.
func readObject(raw []byte, strict bool) (content, map[string]any, *refusal) {
	sent := content{strict: strict, types: []string{}}
	var body map[string]any
	err := json.Unmarshal(raw, &body)
	sent.isJSON = err == nil || json.Valid(raw)
	if err != nil || body == nil {
		return sent, nil, invalidField("body", "send a JSON object")
	}
	return sent, body, nil
}

// readReport reads a report's body (Monitoring API, report).
func readReport(raw []byte, visitorID string, strict bool) (content, *refusal) {
	sent, body, refused := readObject(raw, strict)
	if refused != nil {
		return sent, refused
	}
	identified, refused := sent.readConsumer(body)
	if refused != nil {
		return sent, refused
	}
	if refused := sent.readPage(body); refused != nil {
		return sent, refused
	}
	if body[memberAttributes] == nil {
		if refused := sent.doubt(memberAttributes, "send an array of objects, [] when there are none"); refused != nil {
			return sent, refused
		}
	}
	if refused := sent.readAttributes(body, memberAttributes, nil); refused != nil {
		return sent, refused
	}
	if refused := sent.checkSchemas(body, memberAttributes); refused != nil {
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
			c.subs = append(c.subs, sub)
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
		point, ok := item.(string)
		if !ok {
			return invalidField(fmt.Sprintf("entryPoints[%d]", i), "send a string")
		}
		c.said.EntryPoints = append(c.said.EntryPoints, point)
	}
	return nil
}

// readAttributes reads a list of attributes; wrong says why one of some type may not be in it, if it may not. It stops
// at the first attribute that cannot be read: LivePerson drops all of a request's data then (an early draft of
// "Monitoring API, report"; later versions are silent).
func (c *content) readAttributes(body map[string]any, name string, wrong func(kind string) string) *refusal {
	attributes, ok := list(body, name)
	if !ok {
		return invalidField(name, "send an array of objects, [] when there are none")
	}
	for i, item := range attributes {
		path := name + "[" + strconv.Itoa(i) + "]"
		attribute, ok := item.(map[string]any)
		if !ok {
			return invalidField(path, "send an object with a type")
		}
		kind, _ := text(attribute, "type")
		if kind == "" {
			return invalidField(path+".type", "send the engagement attribute's type")
		}
		c.types = append(c.types, kind)
		if wrong != nil && wrong(kind) != "" {
			return invalidField(path+".type", wrong(kind))
		}
		if !slices.Contains(writeTypes, kind) {
			if refused := c.doubt(path+".type", typeAdvice(kind)); refused != nil {
				return refused
			}
		}
		if sde.IsImpression(kind) {
			c.impressions = append(c.impressions, readImpression(path, attribute))
		} else {
			c.said.Attributes = append(c.said.Attributes, campaign.Attribute{Type: writeName(kind), Sent: attribute})
		}
	}
	return nil
}

var writeTypes = sde.WriteTypes()

// writeName gives LivePerson's name for a type that may be written as it is when read.
func writeName(kind string) string {
	if name, ok := sde.WriteName(kind); ok {
		return name
	}
	return kind
}

// checkSchemas holds a report against LivePerson's tables, which a lenient sandbox does not; list is what the sender
// calls its attributes. The answer names the first member that is wrong, as LivePerson's sample does; what is said to
// people (Call.Why) names all.
func (c *content) checkSchemas(report map[string]any, list string) *refusal {
	if !c.strict {
		return nil
	}
	found := sde.Check(report, sde.Options{AllowPersonalIDs: true}).Findings // LivePerson can't tell
	if len(found) == 0 {
		return nil
	}
	why := make([]journal.Why, min(len(found), maxWhy))
	for i, finding := range found[:len(why)] {
		if at, inList := strings.CutPrefix(finding.Path, memberAttributes); inList {
			finding.Path = list + at
		}
		why[i] = Why(finding)
	}
	advice := why[0].Message + "; " + why[0].Fix
	if len(found) > 1 {
		advice += fmt.Sprintf("; and %d more", len(found)-1)
	}
	refused := invalidField(why[0].Path, advice)
	refused.why = why
	return refused
}

// maxWhy bounds what is kept of what is wrong with one report.
const maxWhy = 100

func typeAdvice(kind string) string {
	if name, ok := sde.WriteName(kind); ok {
		return kind + " is what LivePerson calls it when reading; write " + name
	}
	return "LivePerson documents no such type; send one of " + strings.Join(writeTypes, ", ")
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
