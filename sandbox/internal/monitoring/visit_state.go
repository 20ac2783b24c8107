package monitoring

import (
	"crypto/sha1"
	"encoding/hex"
	"encoding/json"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/benthos-liveperson/benthos-liveperson/internal/sde"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/journal"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/jsonbody"
)

// visitState is a session after some of its calls. MarshalJSON computes the state, because that takes time and the state is
// not always needed.
type visitState struct {
	sessionID string
	started   time.Time
	calls     []*journal.Entry
	// shown is the time of the latest call whose attributes are shown.
	shown time.Time
}

// MarshalJSON writes the state in LivePerson's form.
func (v visitState) MarshalJSON() ([]byte, error) {
	// LivePerson's ids are the session id and forty digits. The pages do not say what the digits are.
	digest := sha1.Sum([]byte(v.sessionID))
	id := v.sessionID + "." + hex.EncodeToString(digest[:])
	app := newAppSession(id, v.started)
	for _, call := range v.calls {
		app.add(call, !call.Time.After(v.shown))
	}
	return json.Marshal(map[string]any{"id": id, "appSessions": []*appSession{app.finish()}})
}

// appSession has null for everything that was not sent.
type appSession struct {
	ID               string         `json:"id"`
	StartTime        int64          `json:"startTime"` // milliseconds since 1970
	IPv4             any            `json:"ipv4"`
	UserAgent        any            `json:"userAgent"`
	DeviceOS         any            `json:"deviceOS"`
	DeviceFamily     any            `json:"deviceFamily"`
	Geo              map[string]any `json:"geo"`
	ExternalReferrer any            `json:"externalReferrer"`
	Pages            []*visitedPage `json:"pages"`

	PersonalInfo          map[string]any   `json:"personalInfo"`
	CustomerInfo          map[string]any   `json:"customerInfo"`
	MarketingCampaignInfo map[string]any   `json:"marketingCampaignInfo"`
	Cart                  map[string]any   `json:"cart"`
	ViewedProduct         []any            `json:"viewedProduct"`
	Purchases             []map[string]any `json:"purchases"`
	Leads                 []map[string]any `json:"leads"`
	ServiceActivity       []map[string]any `json:"serviceActivity"`
	VisitorError          []map[string]any `json:"visitorError"`
	Engagements           []map[string]any `json:"engagements"`
	Events                []map[string]any `json:"events"`

	seen   map[string]bool  // ids of the pages in Pages
	merged map[string][]any // combined personal, customer and marketing info, with the names for writing
}

type visitedPage struct {
	ID        string `json:"id"`
	StartTime int64  `json:"startTime"`
	URL       any    `json:"url"`
}

func newAppSession(id string, started time.Time) *appSession {
	return &appSession{
		ID: id, StartTime: started.UnixMilli(),
		Geo:    map[string]any{"country": nil, "countryCode": nil, "state": nil, "city": nil, "isp": nil, "org": nil},
		seen:   map[string]bool{},
		merged: map[string][]any{},
	}
}

// add adds the data of a call and the engagement that the call was offered. attributes says whether the
// call's attributes are shown yet.
func (a *appSession) add(call *journal.Entry, attributes bool) {
	body := jsonbody.Of(call)
	a.addDevice(body)
	a.addPage(call, body)
	a.addEngagement(call)
	if !attributes {
		return
	}
	for _, name := range []string{jsonbody.Impressions, jsonbody.Attributes} {
		for _, attribute := range jsonbody.Kept(call, body, name) {
			a.addAttribute(call, attribute)
		}
	}
}

func (a *appSession) addDevice(body map[string]any) {
	for _, name := range []string{"clientProperties", "appDetails"} {
		device, _ := body[name].(map[string]any)
		for member, into := range map[string]*any{"ipAddress": &a.IPv4, "deviceFamily": &a.DeviceFamily, "os": &a.DeviceOS, "osName": &a.DeviceOS} {
			if value, _ := jsonbody.Text(device, member); value != "" {
				*into = value
			}
		}
	}
}

func (a *appSession) addPage(call *journal.Entry, body map[string]any) {
	if a.seen[call.PageID] {
		return
	}
	a.seen[call.PageID] = true
	page := &visitedPage{ID: call.PageID, StartTime: call.Time.UnixMilli()}
	points, _ := jsonbody.List(body, "entryPoints")
	for _, item := range points {
		if point, _ := item.(string); strings.HasPrefix(point, "http") {
			page.URL = point
			break
		}
	}
	a.Pages = append(a.Pages, page)
}

func (a *appSession) addEngagement(call *journal.Entry) {
	offer := call.Engagement
	if offer == nil || offer.ContextID == "" {
		return
	}
	if slices.ContainsFunc(a.Engagements, func(e map[string]any) bool { return e["id"] == offer.ContextID }) {
		return
	}
	a.Engagements = append(a.Engagements, map[string]any{
		"id": offer.ContextID,
		"engagement": map[string]any{
			"pageId":           call.PageID,
			"campaignEntity":   map[string]any{"id": offer.CampaignID},
			"engagementEntity": map[string]any{"id": offer.EngagementID, "revision": offer.EngagementRevision},
		},
	})
}

// impressionKeys has the names of impressions for reading. Only the first one is in LivePerson's sample.
var impressionKeys = map[string]string{
	sde.ImpressionAccept:   "impressionAccepted",
	sde.ImpressionDisplay:  "impressionDisplayed",
	sde.ImpressionExpanded: "impressionExpanded",
	sde.ImpressionTimeout:  "impressionTimedOut",
	sde.ImpressionClose:    "impressionClosed",
}

// addImpression adds an impression to its engagement, if the session has the engagement.
func (a *appSession) addImpression(call *journal.Entry, key string, attribute map[string]any) {
	i := jsonbody.ReadImpression(attribute)
	for _, e := range a.Engagements {
		entity, _ := e["engagement"].(map[string]any)["engagementEntity"].(map[string]any)
		if i.ContextID != "" && i.ContextID != e["id"] || i.EngagementID != entity["id"] {
			continue
		}
		impressions, _ := e[key].([]any)
		e[key] = append(impressions, map[string]any{"activityTime": call.Time.UnixMilli(), "pageId": call.PageID})
		return
	}
}

func (a *appSession) addAttribute(call *journal.Entry, attribute map[string]any) {
	written, _ := jsonbody.Text(attribute, "type")
	if key, ok := impressionKeys[written]; ok {
		a.addImpression(call, key, attribute)
		return
	}
	kind := writeName(written)
	r, known := readings[kind]
	if !known {
		return
	}
	members := r.read(attribute)
	a.Events = append(a.Events, r.event(members, call))
	switch kind {
	case sde.PersonalInfo, sde.CustomerInfo, sde.MarketingSource:
		a.merged[kind] = jsonbody.InChat.Combine(a.merged[kind], attribute, kind)
	case sde.Cart:
		a.setCart(members)
	case sde.ProductView:
		products, _ := jsonbody.List(members, "products")
		a.ViewedProduct = append(a.ViewedProduct, products...)
	case sde.Purchase:
		a.Purchases = appendNumbered(a.Purchases, members, "purchaseSeqId", "orderId", "repeatedOrderId")
	case sde.Lead:
		a.Leads = appendNumbered(a.Leads, members, "leadSeqId", "leadId", "repeatedLeadId")
	case sde.Service:
		a.ServiceActivity = appendNumbered(a.ServiceActivity, members, "serviceSeqId", "serviceId", "repeatedServiceActivity")
	case sde.VisitorError:
		a.VisitorError = append(a.VisitorError, members)
	}
}

// appendNumbered adds an object to a list. It sets the object's number in the list, and whether the object's id
// repeats an earlier one.
func appendNumbered(before []map[string]any, members map[string]any, number, id, repeated string) []map[string]any {
	next := shape{}.object(members)
	next[number] = strconv.Itoa(len(before) + 1)
	next[repeated] = next[id] != nil && slices.ContainsFunc(before, func(m map[string]any) bool { return jsonbody.AsText(m[id]) == jsonbody.AsText(next[id]) })
	return append(before, next)
}

// setCart replaces the cart. lastTotalChange is the difference from the last total.
func (a *appSession) setCart(members map[string]any) {
	var change any
	if total, ok := jsonbody.Number(members["total"]); ok {
		last := new(big.Rat)
		if before, ok := a.Cart["cartStatus"].(map[string]any); ok {
			if known, ok := jsonbody.Number(before["total"]); ok {
				last = known
			}
		}
		change, _ = new(big.Rat).Sub(total, last).Float64()
	}
	a.Cart = map[string]any{"cartStatus": members, "lastTotalChange": change}
}

// finish sets the combined attributes, with their names for reading.
func (a *appSession) finish() *appSession {
	for kind, into := range map[string]*map[string]any{
		sde.PersonalInfo: &a.PersonalInfo, sde.CustomerInfo: &a.CustomerInfo, sde.MarketingSource: &a.MarketingCampaignInfo,
	} {
		if merged := a.merged[kind]; merged != nil {
			attribute, _ := merged[0].(map[string]any)
			*into = map[string]any{readings[kind].key: readings[kind].read(attribute)}
		}
	}
	return a
}
