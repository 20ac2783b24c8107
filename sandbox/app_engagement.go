package sandbox

import (
	"fmt"
	"net/http"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/journal"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/campaign"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/chaos"
)

const (
	appVisitorsPath = "/api/account/{account}/app/engagement/visitors"
	// appVisitorPath has an empty visitor too.
	appVisitorPath = appVisitorsPath + "/{visitor...}"

	// againApp is the first pause of the App Engagement API's retry policy.
	againApp = "after 5 s, with this vid in the path"
)

// Whether there is an engagement (App Engagement API, create session).
const (
	statusAvailable    = "Available"
	statusNotAvailable = "NotAvailable"
)

var (
	appTypes    = []string{"MSDK", "EXTERNAL"}
	appVersions = []string{"1.0"}
)

// appAnswer has the engagement as an object, unlike the Monitoring API's.
type appAnswer struct {
	Status string `json:"status"`
	reportAnswer
	EngagementDetails *appDetails `json:"engagementDetails,omitempty"`
}

// appDetails has most ids as text: the page's table calls some of them numbers, its sample does not.
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

// appEngagement is the App Engagement API: POST creates a session and asks for an engagement, PUT says more about it.
func (s *Sandbox) appEngagement() http.HandlerFunc {
	create := s.serve(operation{
		endpoint: chaos.EndpointAppEngagement,
		methods:  []string{http.MethodPost, http.MethodPut},
		versions: appVersions,
		again:    againApp,
		read:     readCreateSession,
		settle:   s.settleCreateSession,
	})
	update := s.serve(operation{
		endpoint: chaos.EndpointAppEngagement,
		methods:  []string{http.MethodPut},
		versions: appVersions,
		again:    againApp,
		session:  true,
		read:     readUpdateSession,
		settle:   s.settleUpdateSession,
	})
	return func(w http.ResponseWriter, r *http.Request) {
		if methodOf(r) == http.MethodPut {
			update(w, r)
			return
		}
		create(w, r)
	}
}

// settleCreateSession answers 200 for new sessions too, the only success that the page lists.
func (s *Sandbox) settleCreateSession(call *journal.Entry, sent content) (any, *refusal) {
	at := s.enter(call, sent)
	call.Status = http.StatusOK
	e := s.offer(at, call, campaign.APIAppEngagement)
	if e == nil {
		return appAnswer{Status: statusNotAvailable, reportAnswer: idsOf(call)}, nil
	}
	return appAnswer{statusAvailable, idsOf(call), &appDetails{
		CampaignID: idText(e.CampaignID), EngagementID: idText(e.EngagementID), ContextID: call.Engagement.ContextID,
		WindowID: idText(e.WindowID), Language: e.Language, EngagementRevision: e.EngagementRevision,
		ValidForSeconds: e.ValidForSeconds, SkillID: e.SkillID, SkillName: e.SkillName, ConnectorID: idText(e.ConnectorID),
	}}, nil
}

// settleUpdateSession answers with nothing (App Engagement API, update session).
func (s *Sandbox) settleUpdateSession(call *journal.Entry, sent content) (any, *refusal) {
	at, refused := s.find(call)
	if refused != nil {
		return nil, refused
	}
	if refused := s.checkImpressions(at, call, sent); refused != nil {
		return nil, refused
	}
	call.Status = http.StatusOK
	s.place(at, call, sent)
	return nil, nil
}

// readCreateSession reads the body of App Engagement API, create session.
func readCreateSession(raw []byte, _ string, strict bool) (content, *refusal) {
	sent, body, refused := readObject(raw, strict)
	if refused != nil {
		return sent, refused
	}
	if appType, _ := text(body, "appType"); !slices.Contains(appTypes, appType) {
		return sent, invalidField("appType", "send "+strings.Join(appTypes, " or "))
	}
	if refused := sent.readDevice(body, "appDetails", netip.Addr.IsValid, "an IP address"); refused != nil {
		return sent, refused
	}
	if refused := sent.readSections(body); refused != nil {
		return sent, refused
	}
	return sent, sent.readOwnAttributes(body, memberAttributes, noImpressions)
}

// readUpdateSession reads the body of App Engagement API, update session.
func readUpdateSession(raw []byte, _ string, strict bool) (content, *refusal) {
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
	if refused := sent.readOwnAttributes(body, memberImpressions, onlyImpressions); refused != nil {
		return sent, refused
	}
	return sent, sent.readOwnAttributes(body, memberAttributes, noImpressions)
}

// readOwnAttributes reads a list of a body that is otherwise unlike a report.
func (c *content) readOwnAttributes(body map[string]any, name string, wrong func(string) string) *refusal {
	if refused := c.readAttributes(body, name, wrong); refused != nil {
		return refused
	}
	return c.checkSchemas(asReport(map[string]any{memberAttributes: body[name]}), name)
}

// readSections reads where in the app the consumer is. The page's table calls it a comma-delimited list, its sample has
// an array. A campaign can ask for sections as entry points, such as sec://Support.
func (c *content) readSections(body map[string]any) *refusal {
	const name, scheme = "consumerSections", "sec://"
	if joined, ok := body[name].(string); ok {
		for section := range strings.SplitSeq(joined, ",") {
			c.said.EntryPoints = append(c.said.EntryPoints, scheme+strings.TrimSpace(section))
		}
		return nil
	}
	sections, ok := list(body, name)
	if !ok {
		return invalidField(name, "send an array of strings")
	}
	for i, item := range sections {
		section, ok := item.(string)
		if !ok {
			return invalidField(fmt.Sprintf("%s[%d]", name, i), "send a string")
		}
		c.said.EntryPoints = append(c.said.EntryPoints, scheme+section)
	}
	return nil
}

// idText writes an id as text; empty for none.
func idText(id int64) string {
	if id == 0 {
		return ""
	}
	return strconv.FormatInt(id, 10)
}
