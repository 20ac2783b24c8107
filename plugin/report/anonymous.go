package report

import (
	"errors"
	"fmt"
	"maps"

	"github.com/benthos-liveperson/benthos-liveperson/internal/liveperson"
	"github.com/benthos-liveperson/benthos-liveperson/internal/session"
)

// identityMembers are the members of a report that identify the consumer.
var identityMembers = []string{"consumerId", "identities"}

// encodeContent returns the content of a report as the body of a request.
func (out outgoing) encodeContent(content map[string]any) ([]byte, error) {
	if out.anonymous {
		content = maps.Clone(content)
		for _, name := range identityMembers {
			delete(content, name)
		}
	}
	return encodeContent(content)
}

var errNobody = errors.New("the report does not identify a consumer: identity: never leaves out consumerId and identities, and no visitor id is known; set the metadata " +
	session.MetaVisitorID + ", or identity: unless_visit")

// identify puts the identity back into reports that LivePerson would refuse without one. These are
// reports without a known visitor id, and reports whose own visitor id LivePerson does not know.
func (d *sending) identify() error {
	if !d.items[0].anonymous || d.visit.VisitorID != "" {
		return nil
	}
	if d.identity == session.IdentityNever {
		return liveperson.NotSent(errNobody)
	}
	for _, it := range d.items {
		body, err := encodeContent(it.content)
		if err != nil {
			return liveperson.NotSent(fmt.Errorf("encoding the report: %w", err))
		}
		it.anonymous, it.report.Body, it.changed = false, body, true
	}
	return nil
}
