package report

import (
	"errors"
	"fmt"

	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/benthos-liveperson/benthos-liveperson/plugin/client"
)

// outgoing is a message made ready to be sent.
type outgoing struct {
	report client.Report
	// types of its engagement attributes, for the metrics.
	types []string
}

// encode reads a message as a report. It refuses what LivePerson would surely
// refuse, so that the error names the member instead of a code.
func encode(msg *service.Message) (outgoing, error) {
	// An earlier processor's error makes the content anything but a report.
	if err := msg.GetError(); err != nil {
		return outgoing{}, fmt.Errorf("an earlier processor failed: %w", err)
	}
	content, err := msg.AsStructured()
	if err != nil {
		return outgoing{}, errors.New("the message is not JSON: a LivePerson report is a JSON object")
	}
	object, ok := content.(map[string]any)
	if !ok {
		return outgoing{}, errors.New("the message is not a JSON object: a LivePerson report is one")
	}
	var out outgoing
	out.report.VisitorID, _ = msg.MetaGet(metaVisitorID)
	out.report.SessionID, _ = msg.MetaGet(metaSessionID)

	if out.report.VisitorID == "" && !identified(object) {
		return outgoing{}, errors.New("the report identifies nobody: one of consumerId, identities[].sub and the metadata " + metaVisitorID + " must be given")
	}
	if out.types, err = attributeTypes(object); err != nil {
		return outgoing{}, err
	}
	if out.report.Body, err = msg.AsBytes(); err != nil {
		return outgoing{}, fmt.Errorf("encoding the report: %w", err)
	}
	return out, nil
}

// identified tells whether the report says who the consumer is.
// https://developers.liveperson.com/monitoring-api-methods-report.html: at least
// one of consumerId, an identity's sub and the query's vid is needed.
func identified(report map[string]any) bool {
	if id, _ := report["consumerId"].(string); id != "" {
		return true
	}
	identities, _ := report["identities"].([]any)
	for _, item := range identities {
		identity, _ := item.(map[string]any)
		if sub, _ := identity["sub"].(string); sub != "" {
			return true
		}
	}
	return false
}

// attributeTypes gives the types of the report's engagement attributes.
func attributeTypes(report map[string]any) ([]string, error) {
	value, exists := report["engagementAttributes"]
	if !exists {
		return nil, errors.New("engagementAttributes: missing; LivePerson wants it in every report, [] when there are none")
	}
	attributes, ok := value.([]any)
	if !ok {
		return nil, errors.New("engagementAttributes: expected an array")
	}
	types := make([]string, len(attributes))
	for i, item := range attributes {
		attribute, ok := item.(map[string]any)
		if !ok {
			return nil, fmt.Errorf("engagementAttributes[%d]: expected an object", i)
		}
		if types[i], _ = attribute["type"].(string); types[i] == "" {
			return nil, fmt.Errorf("engagementAttributes[%d].type: missing or not text", i)
		}
	}
	return types, nil
}
