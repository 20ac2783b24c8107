package engagement

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/benthos-liveperson/benthos-liveperson/internal/sde"
)

// The members of LivePerson's methods.
const (
	memberAttributes  = "engagementAttributes"
	memberImpressions = "impAttributes"
	memberEntryPoints = "entryPoints"
	memberIdentities  = "identities"
	memberConsumerID  = "consumerId"
	memberPageID      = "pageId"
	memberAppType     = "appType"
	memberSections    = "consumerSections"
	memberDevice      = "clientProperties"
	memberAppDevice   = "appDetails"
)

// The members that each method accepts. Members of other methods are removed from a request, so
// that a report can be used as a request.
var (
	monitoringMembers = []string{memberConsumerID, memberIdentities, memberPageID, memberDevice, memberEntryPoints, memberAttributes}
	createMembers     = []string{memberAppType, memberAppDevice, memberSections, memberAttributes}
	updateMembers     = []string{memberPageID, memberImpressions, memberAttributes}

	allMembers = slices.Compact(slices.Sorted(slices.Values(slices.Concat(monitoringMembers, createMembers, updateMembers))))
)

// The types of attributes that may be part of a question, and the types of impressions.
var (
	askable         = strings.Join(slices.DeleteFunc(sde.WriteTypes(), sde.IsImpression), ", ")
	impressionTypes = strings.Join(slices.DeleteFunc(sde.WriteTypes(), func(name string) bool { return !sde.IsImpression(name) }), ", ")
)

// question is a request to LivePerson.
type question struct {
	// members are the members of the request.
	members map[string]any
	// consumer is the consumer that the question is about, or empty if it is unknown.
	consumer string
	// The ids in the metadata of the message.
	ownVisitorID, ownSessionID string
	// key is the result of cache_key. Only questions with the same key share an answer.
	key string
	// deadline is when the caller stops waiting, or zero if it never does.
	deadline time.Time
	// attempts counts the requests for a question with a deadline.
	attempts *atomic.Int64
}

// bounded returns a context that ends at the deadline, if there is one.
func (q question) bounded(ctx context.Context) (context.Context, context.CancelFunc) {
	if q.deadline.IsZero() {
		return context.WithCancel(ctx)
	}
	return context.WithDeadline(ctx, q.deadline)
}

// subject identifies the questions that may share an answer. It has the consumer, the cache_key
// and, for the App Engagement API, the type of app, because each type has its own engagements.
func (q question) subject() string {
	appType, _ := q.members[memberAppType].(string)
	subject := q.consumer + "\x00" + appType
	if q.key != "" {
		subject += "\x00" + q.key
	}
	return subject
}

// body returns the body of the request.
func (q question) body() ([]byte, error) { return json.Marshal(q.members) }

// reader checks requests of the pipeline and turns them into questions.
type reader struct {
	method  method
	appType string
	checks  sde.Options
}

// method is one of LivePerson's methods.
type method struct {
	members []string
	// read checks the members of a request and completes them.
	read func(r reader, members map[string]any) error
}

var (
	askMonitoring = method{monitoringMembers, reader.readMonitoring}
	createSession = method{createMembers, reader.readCreate}
	updateSession = method{updateMembers, reader.readUpdate}
)

// read checks a request. It refuses a request that LivePerson would certainly refuse. The error of
// read is better: it names the member and the allowed values.
func (r reader) read(request map[string]any) (question, error) {
	members := make(map[string]any, len(request))
	for name, value := range request {
		switch {
		case value == nil:
		case slices.Contains(r.method.members, name):
			members[name] = value
		case !slices.Contains(allMembers, name):
			return question{}, fmt.Errorf("the request has a member that LivePerson does not know: expected one of %s", strings.Join(r.method.members, ", "))
		}
	}
	if err := r.method.read(r, members); err != nil {
		return question{}, err
	}
	return question{members: members}, nil
}

func (r reader) readMonitoring(members map[string]any) error {
	if err := checkPage(members); err != nil {
		return err
	}
	if err := r.checkAttributes(members, "an impression is not part of a question: send it with liveperson_report. Expected one of "+askable); err != nil {
		return err
	}
	return checkDevice(members, monitoringDevice)
}

func (r reader) readCreate(members map[string]any) error {
	if members[memberAppType] == nil {
		members[memberAppType] = r.appType
	}
	if err := oneOf(memberAppType, members[memberAppType], appTypes); err != nil {
		return err
	}
	if err := checkSections(members[memberSections]); err != nil {
		return err
	}
	if err := r.checkAttributes(members, "an impression is not part of a question: send it as "+memberImpressions+" with "+leFieldOperation+": "+operationUpdate+". Expected one of "+askable); err != nil {
		return err
	}
	return checkDevice(members, appDevice)
}

func (r reader) readUpdate(members map[string]any) error {
	if err := checkPage(members); err != nil {
		return err
	}
	if err := r.checkAttributes(members, "an impression belongs in "+memberImpressions+". Expected one of "+askable); err != nil {
		return err
	}
	return r.checkImpressions(members)
}

func checkPage(members map[string]any) error {
	page, exists := members[memberPageID]
	if text, ok := page.(string); exists && (!ok || text == "" || strings.Trim(text, "0123456789") != "") {
		return errors.New(memberPageID + ": expected a text of decimal digits: use the page_id of an answer")
	}
	return nil
}

// checkAttributes checks the attributes against LivePerson's schemas, and removes null and empty
// members. impressions is the text of the error for an attribute that is an impression.
func (r reader) checkAttributes(members map[string]any, impressions string) error {
	for i, kind := range kinds(members[memberAttributes]) {
		switch {
		case sde.IsImpression(kind):
			return fmt.Errorf("%s[%d].type: %s", memberAttributes, i, impressions)
		case kind != "" && !sde.Known(kind):
			return fmt.Errorf("%s[%d].type: LivePerson has no such engagement attribute: expected one of %s", memberAttributes, i, askable)
		}
	}
	return r.check(members, memberAttributes)
}

func (r reader) checkImpressions(members map[string]any) error {
	for i, kind := range kinds(members[memberImpressions]) {
		if !sde.IsImpression(kind) {
			return fmt.Errorf("%s[%d].type: expected an impression: one of %s; other attributes belong in %s", memberImpressions, i, impressionTypes, memberAttributes)
		}
	}
	return r.check(members, memberImpressions)
}

// check checks a list of attributes and the consumer's ids against the schemas.
func (r reader) check(members map[string]any, list string) error {
	names := map[string]string{ // from the names in the request to the names in a report
		memberConsumerID: memberConsumerID, memberIdentities: memberIdentities, memberEntryPoints: memberEntryPoints,
		list: memberAttributes,
	}
	report := map[string]any{memberAttributes: []any{}}
	for here, name := range names {
		if value, exists := members[here]; exists {
			report[name] = value
		}
	}
	checked := sde.Check(report, r.checks)
	if len(checked.Findings) > 0 {
		return errors.New(strings.ReplaceAll(sde.Describe(checked.Findings), memberAttributes+"[", list+"["))
	}
	if !checked.Empties {
		return nil
	}
	report, err := withoutEmpties(report)
	if err != nil {
		return err
	}
	for here, name := range names {
		if _, exists := members[here]; exists {
			members[here] = report[name]
		}
	}
	maps.DeleteFunc(members, func(_ string, value any) bool { return value == nil })
	return nil
}

// withoutEmpties returns a copy of the report without empty members. The report itself may
// belong to the message, so it stays unchanged.
func withoutEmpties(report map[string]any) (map[string]any, error) {
	msg := service.NewMessage(nil)
	msg.SetStructured(report)
	copied, err := msg.AsStructuredMut()
	if err != nil {
		return nil, err
	}
	report = copied.(map[string]any)
	sde.Clean(report)
	return report, nil
}

// kinds returns the types of attributes. The type is "" for an attribute without one.
func kinds(attributes any) []string {
	list, _ := attributes.([]any)
	kinds := make([]string, len(list))
	for i, item := range list {
		attribute, _ := item.(map[string]any)
		kinds[i], _ = attribute["type"].(string)
	}
	return kinds
}

func checkSections(value any) error {
	switch sections := value.(type) {
	case nil, string:
		return nil
	case []any:
		for i, section := range sections {
			if _, ok := section.(string); !ok {
				return fmt.Errorf("%s[%d]: expected text", memberSections, i)
			}
		}
		return nil
	}
	return errors.New(memberSections + ": expected a list of texts, or a text with commas between them")
}
