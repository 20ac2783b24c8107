package monitoring

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/benthos-liveperson/benthos-liveperson/internal/sde"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/access"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/campaign"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/history"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/httpapi"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/journal"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/jsonbody"
)

// content has the values that the account needs from a body. If the body is wrong, some fields stay empty.
type content struct {
	strict bool

	isJSON       bool
	consumer     string   // identities[0].sub, or else consumerId
	subs         []string // the sub of each identity
	pageID       string   // empty unless it is decimal digits
	types        []string // of the engagement attributes, as written
	attributes   []sentAttribute
	dropped      []journal.Dropped // the parts that the account does not store
	behavior     campaign.Behavior
	met          []*campaign.Condition
	impressions  []impression
	notes        []string
	why          []journal.Why // the errors of a report that a strict account refuses
	conversation *Conversation // the open conversation in messaging; nil: none, or the method does not need it
	credentials  access.Credentials
	query        *history.Query  // the query of the history of messaging; nil: another method, or the query is wrong
	found        *history.Answer // the answer to the query
}

// impression is an impression at a path of the body.
type impression struct {
	path string
	jsonbody.Impression
}

// readObject reads a body, which must be a JSON object. It reads a map and not a struct, because encoding/json matches the
// members of a struct in any case, and would hide a misspelling of the client.
func readObject(raw []byte, strict bool) (content, map[string]any, *httpapi.Refusal) {
	sent := content{strict: strict, types: []string{}}
	var body map[string]any
	err := json.Unmarshal(raw, &body)
	sent.isJSON = err == nil || json.Valid(raw)
	if err != nil || body == nil {
		return sent, nil, invalidField("body", "send a JSON object")
	}
	return sent, body, nil
}

// readReport reads the body of a report (Monitoring API, report).
func readReport(raw []byte, visitorID string, strict bool) (content, *httpapi.Refusal) {
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
	if body[jsonbody.Attributes] == nil {
		if refused := sent.refuseOrNote(jsonbody.Attributes, "send an array of objects, or [] if there are none"); refused != nil {
			return sent, refused
		}
	}
	if refused := sent.readAttributes(body, jsonbody.Attributes, nil); refused != nil {
		return sent, refused
	}
	if refused := sent.checkSchemas(body, jsonbody.Attributes); refused != nil {
		return sent, refused
	}
	if !identified && visitorID == "" {
		return sent, invalidField("consumerId", "name the consumer: send identities with a sub, a consumerId, or a vid in the query")
	}
	return sent, nil
}

// readConsumer reports whether the body names the consumer. A consumerId or the sub of any identity is enough.
func (c *content) readConsumer(body map[string]any) (bool, *httpapi.Refusal) {
	consumerID, ok := jsonbody.Text(body, "consumerId")
	if !ok {
		return false, invalidField("consumerId", "send a string")
	}
	identities, ok := jsonbody.List(body, "identities")
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
			if _, ok := jsonbody.Text(identity, name); !ok {
				return false, invalidField(fmt.Sprintf("identities[%d].%s", i, name), "send a string")
			}
		}
		if sub, _ := jsonbody.Text(identity, "sub"); sub != "" {
			identified = true
			c.subs = append(c.subs, sub)
			if i == 0 {
				c.consumer = sub
			}
		}
	}
	return identified, nil
}

func (c *content) readPage(body map[string]any) *httpapi.Refusal {
	pageID, ok := jsonbody.Text(body, "pageId")
	if !ok {
		return invalidField("pageId", "send a string of decimal digits, or leave it out")
	}
	if strings.Trim(pageID, "0123456789") == "" {
		c.pageID = pageID
	}
	entryPoints, ok := jsonbody.List(body, "entryPoints")
	if !ok {
		return invalidField("entryPoints", "send an array of strings")
	}
	for i, item := range entryPoints {
		point, ok := item.(string)
		if !ok {
			return invalidField(fmt.Sprintf("entryPoints[%d]", i), "send a string")
		}
		c.behavior.EntryPoints = append(c.behavior.EntryPoints, point)
	}
	return nil
}

// readAttributes reads a list of engagement attributes. misplaced says why an attribute of some type can't be in this list;
// it returns an empty string for the other types. readAttributes stops at the first attribute that is wrong, because
// LivePerson then drops all data of the request (an early draft of "Monitoring API, report"; later versions don't say).
func (c *content) readAttributes(body map[string]any, name string, misplaced func(kind string) string) *httpapi.Refusal {
	attributes, ok := jsonbody.List(body, name)
	if !ok {
		return invalidField(name, "send an array of objects, or [] if there are none")
	}
	for i, item := range attributes {
		path := name + "[" + strconv.Itoa(i) + "]"
		attribute, ok := item.(map[string]any)
		if !ok {
			return invalidField(path, "send an object with a type")
		}
		kind, _ := jsonbody.Text(attribute, "type")
		if kind == "" {
			return invalidField(path+".type", "send the engagement attribute's type")
		}
		c.types = append(c.types, kind)
		if misplaced != nil && misplaced(kind) != "" {
			return invalidField(path+".type", misplaced(kind))
		}
		if !slices.Contains(writeTypes, kind) {
			if refused := c.refuseOrNote(path+".type", typeAdvice(kind)); refused != nil {
				return refused
			}
		}
		if sde.IsImpression(kind) {
			c.impressions = append(c.impressions, impression{path, jsonbody.ReadImpression(attribute)})
		} else {
			c.attributes = append(c.attributes, sentAttribute{path, kind, attribute})
		}
	}
	return nil
}

// readOwnAttributes reads a list of engagement attributes from a body that is not a report.
func (c *content) readOwnAttributes(body map[string]any, name string, misplaced func(string) string) *httpapi.Refusal {
	if refused := c.readAttributes(body, name, misplaced); refused != nil {
		return refused
	}
	return c.checkSchemas(asReport(map[string]any{jsonbody.Attributes: body[name]}), name)
}

var writeTypes = sde.WriteTypes()

// writeName returns the name that LivePerson uses for a type when writing. LivePerson uses other names when reading.
func writeName(kind string) string {
	if name, ok := sde.WriteName(kind); ok {
		return name
	}
	return kind
}

// checkSchemas compares a report with LivePerson's tables, if the account is strict. list is the name of the list of
// attributes in the body. The answer names the first member that is wrong, as LivePerson's sample does. Call.Why names all.
func (c *content) checkSchemas(report map[string]any, list string) *httpapi.Refusal {
	if !c.strict {
		return nil
	}
	found := sde.Check(report, sde.Options{AllowPersonalIDs: true}).Findings // LivePerson does not recognise personal ids
	if len(found) == 0 {
		return nil
	}
	c.why = make([]journal.Why, min(len(found), maxWhy))
	for i, finding := range found[:len(c.why)] {
		if rest, inList := strings.CutPrefix(finding.Path, jsonbody.Attributes); inList {
			finding.Path = list + rest
		}
		c.why[i] = journal.Why(finding)
	}
	first := c.why[0]
	advice := first.Message + "; " + first.Fix
	if len(found) > 1 {
		advice += fmt.Sprintf("; and %d more", len(found)-1)
	}
	return invalidField(first.Path, advice)
}

// maxWhy is the maximum number of findings that are kept of one report.
const maxWhy = 100

func typeAdvice(kind string) string {
	if name, ok := sde.WriteName(kind); ok {
		return kind + " is LivePerson's name for reading; write " + name
	}
	return "LivePerson documents no such type; send one of " + strings.Join(writeTypes, ", ")
}

// invalidField refuses data that is missing or wrong. The message is just the name of the field (Monitoring API, report:
// sample error). LivePerson shows no paths with an index. They are the sandbox's own.
func invalidField(path, advice string) *httpapi.Refusal {
	return &httpapi.Refusal{Status: http.StatusBadRequest, Code: codeInvalid, Message: path, Advice: advice}
}
