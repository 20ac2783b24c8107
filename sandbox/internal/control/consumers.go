package control

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/benthos-liveperson/benthos-liveperson/internal/sde"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/chaos"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/httpapi"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/journal"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/jsonbody"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/openapi"
)

// consumerPage shows one consumer, from the calls that the sandbox keeps.
type consumerPage struct {
	Consumer    string              `json:"consumer"`
	Sessions    []consumerSession   `json:"sessions"`
	Identities  []sentIdentity      `json:"identities" doc:"What the calls named the consumer by, in the order in which it was first sent."`
	EntryPoints []string            `json:"entry_points" doc:"In the order of the calls, without repetitions."`
	Chat        map[string][]any    `json:"chat" doc:"The engagement attributes by type, combined as in chat."`
	Messaging   map[string][]any    `json:"messaging" doc:"The engagement attributes by type, combined as in messaging."`
	Engagements []offeredEngagement `json:"engagements" doc:"The engagements that the consumer was offered."`
	Impressions []sentImpression    `json:"impressions" doc:"The impressions of these engagements."`
	Timeline    []timelineCall      `json:"timeline" doc:"All calls."`
	Duplicates  []duplicate         `json:"duplicates" doc:"Accepted reports and messages with the same content as an earlier one."`
	Disorder    []disorder          `json:"disorder,omitempty" doc:"Calls whose value of order_by is lower than that of an earlier call."`

	sessions map[string]int      // index in Sessions, by session id
	points   map[string]struct{} // the members of EntryPoints
}

// sentIdentity is one way in which calls named a consumer. Calls that name the same consumer are joined.
type sentIdentity struct {
	By     string `json:"by" enum:"consumerId,sub"`
	Value  string `json:"value"`
	Issuer string `json:"issuer,omitempty" doc:"The iss beside the sub."`
	ACR    string `json:"acr,omitempty" doc:"The acr beside the sub: how sure the sender is."`
	Calls  int    `json:"calls"`
}

type consumerSession struct {
	SessionID string    `json:"session_id"`
	VisitorID string    `json:"visitor_id"`
	First     time.Time `json:"first"`
	Last      time.Time `json:"last"`
	Calls     int       `json:"calls"`
}

type offeredEngagement struct {
	ID        int       `json:"id" doc:"The id of the call."`
	Time      time.Time `json:"time"`
	SessionID string    `json:"session_id"`
	*journal.Offer
}

type sentImpression struct {
	ID           int       `json:"id" doc:"The id of the call."`
	Time         time.Time `json:"time"`
	SessionID    string    `json:"session_id"`
	Type         string    `json:"type"`
	CampaignID   int64     `json:"campaign_id"`
	EngagementID int64     `json:"engagement_id"`
	ContextID    string    `json:"context_id,omitempty"`
}

type timelineCall struct {
	ID           int       `json:"id" doc:"The id of the call."`
	Time         time.Time `json:"time"`
	Endpoint     string    `json:"endpoint"`
	Status       int       `json:"status"`
	InternalCode int       `json:"internal_code"`
	Reason       string    `json:"reason,omitempty"`
	Notes        []string  `json:"notes,omitempty"`
	SessionID    string    `json:"session_id"`
	Types        []string  `json:"types"`
}

// maxIdentities is the maximum number of identities of a consumer that a page shows.
const maxIdentities = 100

// contentEndpoints are the endpoints for what a consumer did or wrote. The same content twice is a duplicate. Other
// endpoints answer questions, which a client may ask twice.
var contentEndpoints = []string{chaos.EndpointReport, chaos.EndpointSend}

type duplicate struct {
	ID     int `json:"id"`
	SameAs int `json:"same_as" doc:"The id of the earlier call."`
}

type disorder struct {
	ID     int `json:"id"`
	Before int `json:"before" doc:"The id of the earlier call with the higher value."`
}

type consumerQuery struct {
	filter
	OrderBy memberPath `query:"order_by" doc:"The path of a member of the body, such as engagementAttributes.0.lead.leadId, or body.event.message for messages. disorder lists the calls in which the value falls."`
}

// consumer shows one consumer.
func (p *Pages) consumer(call *openapi.Call[consumerQuery]) (shown consumerPage, err error) {
	ctx, f := call.Context(), call.Query.filter
	f.Consumer = call.PathValue("consumer")
	calls := p.Journal.Snapshot().Entries
	calls = f.pick(ctx, calls, page{})
	if err := checkRunning(ctx); err != nil {
		return shown, err
	}
	if len(calls) == 0 {
		return shown, &httpapi.StatusError{Status: http.StatusNotFound, Err: errors.New("the sandbox keeps no call of this consumer")}
	}
	return pageOf(ctx, f.Consumer, calls, call.Query.OrderBy), checkRunning(ctx)
}

// pageOf makes the page from calls. It stops when the context ends.
func pageOf(ctx context.Context, consumer string, calls []*journal.Entry, orderBy memberPath) consumerPage {
	page := consumerPage{
		Consumer: consumer, Sessions: []consumerSession{}, Identities: []sentIdentity{}, EntryPoints: []string{}, Duplicates: []duplicate{},
		Engagements: []offeredEngagement{}, Impressions: []sentImpression{},
		Chat: map[string][]any{}, Messaging: map[string][]any{},
		sessions: map[string]int{}, points: map[string]struct{}{},
	}
	bodies := map[string]int{}
	order := newOrderCheck(orderBy)
	for _, call := range calls {
		if ctx.Err() != nil {
			break
		}
		page.Timeline = append(page.Timeline, timelineCall{
			ID: call.ID, Time: call.Time, Endpoint: call.Endpoint, Status: call.Status, InternalCode: call.InternalCode,
			Reason: call.Reason, Notes: call.Notes, SessionID: call.SessionID, Types: call.Types,
		})
		if !call.Good() {
			continue
		}
		if slices.Contains(contentEndpoints, call.Endpoint) {
			content := call.Endpoint + comparableBody(call)
			if first, seen := bodies[content]; seen {
				page.Duplicates = append(page.Duplicates, duplicate{ID: call.ID, SameAs: first})
			} else {
				bodies[content] = call.ID
			}
		}
		if before, ok := order.check(call.ID, jsonbody.Decode(call.Body)); !ok {
			page.Disorder = append(page.Disorder, disorder{ID: call.ID, Before: before})
		}
		if slices.Contains(journal.MessagingEndpoints, call.Endpoint) {
			continue // such a call has no session and no attributes
		}
		page.addSession(call)
		body := jsonbody.Of(call)
		page.addIdentities(body)
		page.addEntryPoints(body)
		page.addAttributes(call, body)
		page.addEngagement(call)
		page.addImpressions(call, body)
	}
	return page
}

func (p *consumerPage) addSession(call *journal.Entry) {
	i, known := p.sessions[call.SessionID]
	if !known {
		i = len(p.Sessions)
		p.sessions[call.SessionID] = i
		p.Sessions = append(p.Sessions, consumerSession{SessionID: call.SessionID, VisitorID: call.VisitorID, First: call.Time})
	}
	p.Sessions[i].Last = call.Time
	p.Sessions[i].Calls++
}

func (p *consumerPage) addIdentities(body map[string]any) {
	if id, ok := jsonbody.Text(body, "consumerId"); ok && id != "" {
		p.addIdentity(sentIdentity{By: "consumerId", Value: id})
	}
	identities, _ := jsonbody.List(body, "identities")
	for _, item := range identities {
		identity, _ := item.(map[string]any)
		sub, _ := jsonbody.Text(identity, "sub")
		issuer, _ := jsonbody.Text(identity, "iss")
		acr, _ := jsonbody.Text(identity, "acr")
		if sub != "" {
			p.addIdentity(sentIdentity{By: "sub", Value: sub, Issuer: issuer, ACR: acr})
		}
	}
}

func (p *consumerPage) addIdentity(sent sentIdentity) {
	for i, known := range p.Identities {
		if known.Calls = 0; known == sent {
			p.Identities[i].Calls++
			return
		}
	}
	if len(p.Identities) < maxIdentities {
		sent.Calls = 1
		p.Identities = append(p.Identities, sent)
	}
}

func (p *consumerPage) addEntryPoints(body map[string]any) {
	points, _ := jsonbody.List(body, "entryPoints")
	for _, point := range points {
		text, ok := point.(string)
		if _, known := p.points[text]; ok && !known {
			p.points[text] = struct{}{}
			p.EntryPoints = append(p.EntryPoints, text)
		}
	}
}

func (p *consumerPage) addAttributes(call *journal.Entry, body map[string]any) {
	for _, attribute := range jsonbody.Kept(call, body, jsonbody.Attributes) {
		kind, _ := jsonbody.Text(attribute, "type")
		p.Chat[kind] = jsonbody.InChat.Combine(p.Chat[kind], attribute, kind)
		p.Messaging[kind] = jsonbody.InMessaging.Combine(p.Messaging[kind], attribute, kind)
	}
}

func (p *consumerPage) addEngagement(call *journal.Entry) {
	if call.Engagement != nil {
		p.Engagements = append(p.Engagements, offeredEngagement{ID: call.ID, Time: call.Time, SessionID: call.SessionID, Offer: call.Engagement})
	}
}

func (p *consumerPage) addImpressions(call *journal.Entry, body map[string]any) {
	for _, name := range []string{jsonbody.Attributes, jsonbody.Impressions} {
		attributes, _ := jsonbody.List(body, name)
		for _, item := range attributes {
			attribute, _ := item.(map[string]any)
			kind, _ := jsonbody.Text(attribute, "type")
			if !sde.IsImpression(kind) {
				continue
			}
			i := jsonbody.ReadImpression(attribute)
			p.Impressions = append(p.Impressions, sentImpression{
				ID: call.ID, Time: call.Time, SessionID: call.SessionID, Type: kind,
				CampaignID: i.CampaignID, EngagementID: i.EngagementID, ContextID: i.ContextID,
			})
		}
	}
}
