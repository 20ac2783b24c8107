package monitoring

import (
	"maps"
	"net/http"
	"net/netip"
	"slices"
	"strings"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/campaign"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/chaos"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/httpapi"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/journal"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/jsonbody"
)

const engagementPath = "/api/account/{account}/app/{app}/engagement"

// The status of an engagement in the Monitoring API's answers.
const (
	statusExpose       = "expose"
	statusConversation = "conversation"
)

// engagementAnswer has no engagementDetails if there is no engagement (Monitoring API, engagement). The page's table calls
// engagementDetails an object. Its samples have an array.
type engagementAnswer struct {
	reportAnswer
	EngagementDetails []engagementDetails `json:"engagementDetails,omitempty"`
}

// engagementDetails has ids as numbers. The ids of the context and of the window are text. Window and language are in the
// page's table but in none of its samples. The answer has them if the campaign has them.
type engagementDetails struct {
	CampaignID         int64  `json:"campaignId"`
	EngagementID       int64  `json:"engagementId"`
	EngagementRevision int64  `json:"engagementRevision"`
	ContextID          string `json:"contextId,omitempty"`
	ConversationID     string `json:"conversationId,omitempty"`
	ConnectorID        int64  `json:"connectorId,omitempty"`
	WindowID           string `json:"windowId,omitempty"`
	Language           string `json:"language,omitempty"`
	Status             string `json:"status"`
}

// engagement answers a question for an engagement (Monitoring API, engagement).
func (a *Account) engagement() operation {
	return operation{
		endpoint: chaos.EndpointEngagement,
		methods:  []string{http.MethodPost},
		versions: monitoringVersions,
		retry:    retryMonitoring,
		read:     readEngagement,
		prepare:  a.findInMessaging,
		respond:  a.respondEngagement,
	}
}

// respondEngagement offers an engagement. If the consumer has an open conversation, it answers with that conversation.
func (a *Account) respondEngagement(call *journal.Entry, sent content) (any, *httpapi.Refusal) {
	session := a.enterSession(call, sent)
	if open, ok := a.conversationOf(call, sent); ok {
		call.Engagement = newOffer(open.engagement)
		call.Engagement.ConversationID = open.id
		return engagementAnswer{idsOf(call), []engagementDetails{details(open.engagement, call.Engagement, statusConversation)}}, nil
	}
	if e := a.offer(session, call, campaign.APIMonitoring); e != nil {
		return engagementAnswer{idsOf(call), []engagementDetails{details(e, call.Engagement, statusExpose)}}, nil
	}
	return engagementAnswer{reportAnswer: idsOf(call)}, nil
}

// offer offers an engagement of an API to a session. It returns nil if none is available. The caller holds the lock.
func (a *Account) offer(session *visit, call *journal.Entry, api string) *campaign.Engagement {
	offers := session.offered()
	e := campaign.Available(a.campaigns, api, offers.met)
	if e != nil {
		call.Engagement = newOffer(e)
		call.Engagement.ContextID = offers.contextOf(e)
	}
	return e
}

func newOffer(e *campaign.Engagement) *journal.Offer {
	return &journal.Offer{CampaignID: e.CampaignID, EngagementID: e.EngagementID, EngagementRevision: e.EngagementRevision}
}

func details(e *campaign.Engagement, offer *journal.Offer, status string) engagementDetails {
	return engagementDetails{
		CampaignID: e.CampaignID, EngagementID: e.EngagementID, EngagementRevision: e.EngagementRevision,
		ContextID: offer.ContextID, ConversationID: offer.ConversationID,
		ConnectorID: e.ConnectorID, WindowID: idText(e.WindowID), Language: e.Language, Status: status,
	}
}

// readEngagement reads the body of a question for an engagement. All members are optional.
func readEngagement(raw []byte, _ string, strict bool) (content, *httpapi.Refusal) {
	sent, body, refused := readObject(raw, strict)
	if refused != nil {
		return sent, refused
	}
	if _, refused := sent.readConsumer(body); refused != nil {
		return sent, refused
	}
	if refused := sent.readPage(body); refused != nil {
		return sent, refused
	}
	if refused := sent.readDevice(body, "clientProperties", netip.Addr.Is4, "an IPv4 address"); refused != nil {
		return sent, refused
	}
	if refused := sent.readAttributes(body, jsonbody.Attributes, noImpressions); refused != nil {
		return sent, refused
	}
	return sent, sent.checkSchemas(asReport(body), jsonbody.Attributes)
}

// asReport returns the body with the list that only reports require.
func asReport(body map[string]any) map[string]any {
	report := maps.Clone(body)
	if report[jsonbody.Attributes] == nil {
		report[jsonbody.Attributes] = []any{}
	}
	return report
}

var (
	deviceFamilies = []string{"DESKTOP", "TABLET", "MOBILE"}
	deviceSystems  = []string{"WINDOWS", "MAC_OSX", "LINUX", "IOS", "ANDROID"}
)

// readDevice reads the description of the consumer's device. The Monitoring API's table calls the operating system os. Its
// samples call it osName. readDevice accepts both.
func (c *content) readDevice(body map[string]any, name string, fits func(netip.Addr) bool, wants string) *httpapi.Refusal {
	device, ok := body[name].(map[string]any)
	if !ok && body[name] != nil {
		return invalidField(name, "send an object")
	}
	for _, member := range []string{"appVersion", "deviceFamily", "ipAddress", "os", "osName", "osVersion"} {
		value, ok := jsonbody.Text(device, member)
		if !ok {
			return invalidField(name+"."+member, "send a string")
		}
		if advice := deviceAdvice(member, value, fits, wants); value != "" && advice != "" {
			if refused := c.refuseOrNote(name+"."+member, advice); refused != nil {
				return refused
			}
		}
	}
	return nil
}

// deviceAdvice says what to send instead of a value. It returns an empty string for a documented value.
func deviceAdvice(member, value string, fits func(netip.Addr) bool, wants string) string {
	switch member {
	case "deviceFamily":
		return oneOf(deviceFamilies, value)
	case "os", "osName":
		return oneOf(deviceSystems, value)
	case "ipAddress":
		if address, err := netip.ParseAddr(value); err != nil || !fits(address) {
			return "send " + wants
		}
	}
	return ""
}

func oneOf(allowed []string, value string) string {
	if slices.Contains(allowed, value) {
		return ""
	}
	return "send one of " + strings.Join(allowed, ", ")
}
