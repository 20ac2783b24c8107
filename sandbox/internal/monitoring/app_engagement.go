package monitoring

import (
	"fmt"
	"net/http"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/campaign"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/chaos"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/httpapi"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/journal"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/jsonbody"
)

const (
	appVisitorsPath = "/api/account/{account}/app/engagement/visitors"
	// appVisitorPath also matches an empty visitor.
	appVisitorPath = appVisitorsPath + "/{visitor...}"

	// retryApp has the first pause of the App Engagement API's retry policy.
	retryApp = "after 5 s, with this vid in the path"
)

// The status says whether there is an engagement (App Engagement API, create session).
const (
	statusAvailable    = "Available"
	statusNotAvailable = "NotAvailable"
)

var (
	appTypes    = []string{"MSDK", "EXTERNAL"}
	appVersions = []string{"1.0"}
)

// appAnswer has the engagement as an object. The Monitoring API answers with an array.
type appAnswer struct {
	Status string `json:"status"`
	reportAnswer
	EngagementDetails *appDetails `json:"engagementDetails,omitempty"`
}

// appDetails has most ids as text, as in the page's sample. The page's table calls some of them numbers.
type appDetails struct {
	CampaignID         string `json:"campaignId"`
	EngagementID       string `json:"engagementId"`
	ContextID          string `json:"contextId"`
	WindowID           string `json:"windowId,omitempty"`
	Language           string `json:"language,omitempty"`
	EngagementRevision int64  `json:"engagementRevision"`
	ValidForSeconds    int    `json:"validForSeconds"`
	SkillID            *int64 `json:"skillId,omitempty"`
	SkillName          string `json:"skillName,omitempty"`
	ConnectorID        string `json:"connectorId,omitempty"`
}

// appEngagement serves the App Engagement API. POST creates a session and asks for an engagement. PUT updates the session.
func (a *Account) appEngagement() http.HandlerFunc {
	create := a.serve(operation{
		endpoint: chaos.EndpointAppEngagement,
		methods:  []string{http.MethodPost, http.MethodPut},
		versions: appVersions,
		retry:    retryApp,
		read:     readCreateSession,
		respond:  a.respondCreateSession,
	})
	update := a.serve(operation{
		endpoint:     chaos.EndpointAppEngagement,
		methods:      []string{http.MethodPut},
		versions:     appVersions,
		retry:        retryApp,
		needsSession: true,
		read:         readUpdateSession,
		respond:      a.respondUpdateSession,
	})
	return func(w http.ResponseWriter, r *http.Request) {
		if httpapi.Method(r) == http.MethodPut {
			update(w, r)
			return
		}
		create(w, r)
	}
}

// respondCreateSession also answers 200 for new sessions, because the page lists no other success.
func (a *Account) respondCreateSession(call *journal.Entry, sent content) (any, *httpapi.Refusal) {
	session := a.enterSession(call, sent)
	call.Status = http.StatusOK
	e := a.offer(session, call, campaign.APIAppEngagement)
	if e == nil {
		return appAnswer{Status: statusNotAvailable, reportAnswer: idsOf(call)}, nil
	}
	return appAnswer{statusAvailable, idsOf(call), &appDetails{
		CampaignID: idText(e.CampaignID), EngagementID: idText(e.EngagementID), ContextID: call.Engagement.ContextID,
		WindowID: idText(e.WindowID), Language: e.Language, EngagementRevision: e.EngagementRevision,
		ValidForSeconds: e.ValidForSeconds, SkillID: e.SkillID, SkillName: e.SkillName, ConnectorID: idText(e.ConnectorID),
	}}, nil
}

// respondUpdateSession answers with an empty body (App Engagement API, update session).
func (a *Account) respondUpdateSession(call *journal.Entry, sent content) (any, *httpapi.Refusal) {
	session, refused := a.findSession(call)
	if refused != nil {
		return nil, refused
	}
	if refused := a.checkImpressions(session, call, sent); refused != nil {
		return nil, refused
	}
	call.Status = http.StatusOK
	a.addToSession(session, call, sent)
	return nil, nil
}

// readCreateSession reads the body of a request that creates a session (App Engagement API, create session).
func readCreateSession(raw []byte, _ string, strict bool) (content, *httpapi.Refusal) {
	sent, body, refused := readObject(raw, strict)
	if refused != nil {
		return sent, refused
	}
	if appType, _ := jsonbody.Text(body, "appType"); !slices.Contains(appTypes, appType) {
		return sent, invalidField("appType", "send "+strings.Join(appTypes, " or "))
	}
	if refused := sent.readDevice(body, "appDetails", netip.Addr.IsValid, "an IP address"); refused != nil {
		return sent, refused
	}
	if refused := sent.readSections(body); refused != nil {
		return sent, refused
	}
	return sent, sent.readOwnAttributes(body, jsonbody.Attributes, noImpressions)
}

// readUpdateSession reads the body of a request that updates a session (App Engagement API, update session).
func readUpdateSession(raw []byte, _ string, strict bool) (content, *httpapi.Refusal) {
	sent, body, refused := readObject(raw, strict)
	if refused != nil {
		return sent, refused
	}
	if refused := sent.readPage(body); refused != nil {
		return sent, refused
	}
	if sent.pageID == "" {
		return sent, invalidField("pageId", "send the pageId of the last answer, a string of decimal digits")
	}
	if refused := sent.readOwnAttributes(body, jsonbody.Impressions, onlyImpressions); refused != nil {
		return sent, refused
	}
	return sent, sent.readOwnAttributes(body, jsonbody.Attributes, noImpressions)
}

// readSections reads the sections of the app where the consumer is. The page's table calls them a comma-delimited list. Its
// sample has an array. Campaigns know sections as entry points, such as sec://Support.
func (c *content) readSections(body map[string]any) *httpapi.Refusal {
	const name, scheme = "consumerSections", "sec://"
	if joined, ok := body[name].(string); ok {
		for section := range strings.SplitSeq(joined, ",") {
			c.behavior.EntryPoints = append(c.behavior.EntryPoints, scheme+strings.TrimSpace(section))
		}
		return nil
	}
	sections, ok := jsonbody.List(body, name)
	if !ok {
		return invalidField(name, "send an array of strings")
	}
	for i, item := range sections {
		section, ok := item.(string)
		if !ok {
			return invalidField(fmt.Sprintf("%s[%d]", name, i), "send a string")
		}
		c.behavior.EntryPoints = append(c.behavior.EntryPoints, scheme+section)
	}
	return nil
}

// idText writes an id as text. The id 0 is an empty text.
func idText(id int64) string {
	if id == 0 {
		return ""
	}
	return strconv.FormatInt(id, 10)
}
