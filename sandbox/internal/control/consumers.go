package control

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/benthos-liveperson/benthos-liveperson/internal/sde"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/chaos"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/httpapi"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/journal"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/jsonbody"
)

const paramOrderBy = "order_by"

// maxOrderBy is the longest path of a member, in bytes.
const maxOrderBy = 1000

// consumerPage is what the sandbox knows of one consumer, from the calls that it has
// kept.
type consumerPage struct {
	Consumer    string           `json:"consumer"`
	Sessions    []sessionPage    `json:"sessions"`
	EntryPoints []string         `json:"entry_points"` // without repeats, in order
	Chat        map[string][]any `json:"chat"`         // attributes by type, combined as in chat
	Messaging   map[string][]any `json:"messaging"`    // the same as in messaging
	// Engagements are those handed out, by call; Impressions what was said of them.
	Engagements []handedOut `json:"engagements"`
	Impressions []shown     `json:"impressions"`
	Timeline    []moment    `json:"timeline"`
	Duplicates  []duplicate `json:"duplicates"`
	// Disorder are calls whose value of order_by is below that of one before.
	Disorder []disorder `json:"disorder,omitempty"`

	sessions map[string]int      // where each is in Sessions
	points   map[string]struct{} // those in EntryPoints
}

type sessionPage struct {
	SessionID string    `json:"session_id"`
	VisitorID string    `json:"visitor_id"`
	First     time.Time `json:"first"`
	Last      time.Time `json:"last"`
	Calls     int       `json:"calls"`
}

type handedOut struct {
	ID        int       `json:"id"`
	Time      time.Time `json:"time"`
	SessionID string    `json:"session_id"`
	*journal.Offer
}

type shown struct {
	ID           int       `json:"id"`
	Time         time.Time `json:"time"`
	SessionID    string    `json:"session_id"`
	Type         string    `json:"type"`
	CampaignID   int64     `json:"campaign_id"`
	EngagementID int64     `json:"engagement_id"`
	ContextID    string    `json:"context_id,omitempty"`
}

// moment is one call of the consumer.
type moment struct {
	ID           int       `json:"id"`
	Time         time.Time `json:"time"`
	Endpoint     string    `json:"endpoint"`
	Status       int       `json:"status"`
	InternalCode int       `json:"internal_code"`
	Reason       string    `json:"reason,omitempty"`
	Notes        []string  `json:"notes,omitempty"`
	SessionID    string    `json:"session_id"`
	Types        []string  `json:"types"`
}

// tellingEndpoints are those at which something is said: who asks twice has not said it twice.
var tellingEndpoints = []string{chaos.EndpointReport, chaos.EndpointSend}

// duplicate is an accepted report or message that says the same as another before it.
type duplicate struct {
	ID     int `json:"id"`
	SameAs int `json:"same_as"`
}

type disorder struct {
	ID     int `json:"id"`
	Before int `json:"before"` // the call that came before and should have come after
}

// consumer shows what is known of one consumer. order_by is the path of a member, such
// as engagementAttributes.0.lead.leadId, whose values should never fall.
func (p *Pages) consumer(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	f, err := readFilter(query, paramOrderBy)
	if err != nil {
		badRequest(w, err)
		return
	}
	if length := len(query.Get(paramOrderBy)); length > maxOrderBy {
		badRequest(w, fmt.Errorf("%s: must have %d bytes at most, has %d", paramOrderBy, maxOrderBy, length))
		return
	}
	f.consumer = r.PathValue("consumer")
	calls, _, _ := p.Journal.Snapshot()
	calls = f.pick(r.Context(), calls)
	if hasEnded(w, r) {
		return
	}
	if len(calls) == 0 {
		httpapi.WriteJSON(w, http.StatusNotFound, map[string]string{"error": "no call that is kept is about this consumer"})
		return
	}
	page := pageOf(r.Context(), f.consumer, calls, query.Get(paramOrderBy))
	if !hasEnded(w, r) {
		httpapi.WriteJSON(w, http.StatusOK, page)
	}
}

// pageOf stops when the context ends.
func pageOf(ctx context.Context, consumer string, calls []*journal.Entry, orderBy string) consumerPage {
	page := consumerPage{
		Consumer: consumer, Sessions: []sessionPage{}, EntryPoints: []string{}, Duplicates: []duplicate{},
		Engagements: []handedOut{}, Impressions: []shown{},
		Chat: map[string][]any{}, Messaging: map[string][]any{},
		sessions: map[string]int{}, points: map[string]struct{}{},
	}
	bodies := map[string]int{}
	order := newOrderCheck(orderBy)
	for _, call := range calls {
		if ctx.Err() != nil {
			break
		}
		page.Timeline = append(page.Timeline, moment{
			ID: call.ID, Time: call.Time, Endpoint: call.Endpoint, Status: call.Status, InternalCode: call.InternalCode,
			Reason: call.Reason, Notes: call.Notes, SessionID: call.SessionID, Types: call.Types,
		})
		if !call.Good() {
			continue
		}
		if slices.Contains(tellingEndpoints, call.Endpoint) {
			said := call.Endpoint + comparableBody(call)
			if first, seen := bodies[said]; seen {
				page.Duplicates = append(page.Duplicates, duplicate{ID: call.ID, SameAs: first})
			} else {
				bodies[said] = call.ID
			}
		}
		if before, ok := order.check(call.ID, jsonbody.Decode(call.Body)); !ok {
			page.Disorder = append(page.Disorder, disorder{ID: call.ID, Before: before})
		}
		if slices.Contains(journal.MessagingEndpoints, call.Endpoint) {
			continue // it has no session, and no attributes
		}
		page.addSession(call)
		body := jsonbody.Of(call)
		page.addEntryPoints(body)
		page.addAttributes(body)
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
		p.Sessions = append(p.Sessions, sessionPage{SessionID: call.SessionID, VisitorID: call.VisitorID, First: call.Time})
	}
	p.Sessions[i].Last = call.Time
	p.Sessions[i].Calls++
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

func (p *consumerPage) addAttributes(body map[string]any) {
	attributes, _ := jsonbody.List(body, jsonbody.Attributes)
	for _, item := range attributes {
		attribute, _ := item.(map[string]any)
		kind, _ := jsonbody.Text(attribute, "type")
		p.Chat[kind] = jsonbody.InChat.Combine(p.Chat[kind], attribute, kind)
		p.Messaging[kind] = jsonbody.InMessaging.Combine(p.Messaging[kind], attribute, kind)
	}
}

func (p *consumerPage) addEngagement(call *journal.Entry) {
	if call.Engagement != nil {
		p.Engagements = append(p.Engagements, handedOut{ID: call.ID, Time: call.Time, SessionID: call.SessionID, Offer: call.Engagement})
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
			p.Impressions = append(p.Impressions, shown{
				ID: call.ID, Time: call.Time, SessionID: call.SessionID, Type: kind,
				CampaignID: i.CampaignID, EngagementID: i.EngagementID, ContextID: i.ContextID,
			})
		}
	}
}
