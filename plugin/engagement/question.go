package engagement

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

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

// The members that each method takes. What another one takes is left out of a request,
// so that a report can be asked with.
var (
	monitoringMembers = []string{memberConsumerID, memberIdentities, memberPageID, memberDevice, memberEntryPoints, memberAttributes}
	createMembers     = []string{memberAppType, memberAppDevice, memberSections, memberAttributes}
	updateMembers     = []string{memberPageID, memberImpressions, memberAttributes}

	allMembers = slices.Compact(slices.Sorted(slices.Values(slices.Concat(monitoringMembers, createMembers, updateMembers))))
)

// question is what LivePerson is asked.
type question struct {
	// said has the members of the method.
	said map[string]any
	// consumer is who is asked about; empty: nobody who is known.
	consumer string
	// Ids that the message itself carries.
	ownVisitorID, ownSessionID string
}

// subject is what an answer is of: a consumer, and for the App Engagement API a type of
// app, each of which has engagements of its own.
func (q question) subject() string {
	appType, _ := q.said[memberAppType].(string)
	return q.consumer + "\x00" + appType
}

// body is what is sent.
func (q question) body() ([]byte, error) { return json.Marshal(q.said) }

// reader makes questions of what a pipeline wants to ask.
type reader struct {
	method  method
	appType string
	checks  sde.Options
}

// method is one of LivePerson's.
type method struct {
	members []string
	// read checks a request's own members, those of said, and completes them.
	read func(r reader, said map[string]any) error
}

var (
	askMonitoring = method{monitoringMembers, reader.readMonitoring}
	createSession = method{createMembers, reader.readCreate}
	updateSession = method{updateMembers, reader.readUpdate}
)

// read checks a request. It refuses what LivePerson would surely refuse, so that the
// error names the member and what is allowed.
func (r reader) read(request map[string]any) (question, error) {
	said := make(map[string]any, len(request))
	for name, value := range request {
		switch {
		case value == nil:
		case slices.Contains(r.method.members, name):
			said[name] = value
		case !slices.Contains(allMembers, name):
			return question{}, fmt.Errorf("LivePerson is not asked with a member of that name: write one of %s", strings.Join(r.method.members, ", "))
		}
	}
	if err := r.method.read(r, said); err != nil {
		return question{}, err
	}
	return question{said: said}, nil
}

func (r reader) readMonitoring(said map[string]any) error {
	if err := checkPage(said); err != nil {
		return err
	}
	if err := r.checkAttributes(said, "impressions are reported: send them with liveperson_report"); err != nil {
		return err
	}
	return checkDevice(said, monitoringDevice)
}

func (r reader) readCreate(said map[string]any) error {
	if said[memberAppType] == nil {
		said[memberAppType] = r.appType
	}
	if err := oneOf(memberAppType, said[memberAppType], appTypes); err != nil {
		return err
	}
	if err := checkSections(said[memberSections]); err != nil {
		return err
	}
	if err := r.checkAttributes(said, "impressions are not asked with: send them as "+memberImpressions+" with "+leFieldOperation+": "+operationUpdate); err != nil {
		return err
	}
	return checkDevice(said, appDevice)
}

func (r reader) readUpdate(said map[string]any) error {
	if err := checkPage(said); err != nil {
		return err
	}
	if err := r.checkAttributes(said, "impressions go into "+memberImpressions); err != nil {
		return err
	}
	return r.checkImpressions(said)
}

func checkPage(said map[string]any) error {
	page, exists := said[memberPageID]
	if text, ok := page.(string); exists && (!ok || text == "" || strings.Trim(text, "0123456789") != "") {
		return errors.New(memberPageID + ": expected a text of decimal digits; write the page_id of an answer")
	}
	return nil
}

// checkAttributes holds what is said against LivePerson's schemas; null and empty
// members are taken out. impressions is what to do with those.
func (r reader) checkAttributes(said map[string]any, impressions string) error {
	for i, kind := range kinds(said[memberAttributes]) {
		if sde.IsImpression(kind) {
			return fmt.Errorf("%s[%d].type: %s", memberAttributes, i, impressions)
		}
	}
	return r.check(said, memberAttributes)
}

func (r reader) checkImpressions(said map[string]any) error {
	for i, kind := range kinds(said[memberImpressions]) {
		if !sde.IsImpression(kind) {
			return fmt.Errorf("%s[%d].type: expected an impression, such as %s; other attributes go into %s", memberImpressions, i, sde.ImpressionDisplay, memberAttributes)
		}
	}
	return r.check(said, memberImpressions)
}

// check holds a list of attributes, and who they are about, against the schemas.
func (r reader) check(said map[string]any, list string) error {
	names := map[string]string{ // in a report, by those here
		memberConsumerID: memberConsumerID, memberIdentities: memberIdentities, memberEntryPoints: memberEntryPoints,
		list: memberAttributes,
	}
	report := map[string]any{memberAttributes: []any{}}
	for here, name := range names {
		if value, exists := said[here]; exists {
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
		if _, exists := said[here]; exists {
			said[here] = report[name]
		}
	}
	maps.DeleteFunc(said, func(_ string, value any) bool { return value == nil })
	return nil
}

// withoutEmpties gives a copy: what is checked may be the message's own.
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

// kinds gives the types of attributes, as far as they have some.
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
