package liveperson

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"time"
)

// Question is a request for an engagement.
type Question struct {
	// Body is the JSON object for the method. It is sent unchanged.
	Body []byte
	// VisitorID and SessionID are from an earlier answer. They are empty on the first call.
	VisitorID, SessionID string
}

// OfferStatus is the result of a Question.
type OfferStatus string

// The statuses.
const (
	Available      OfferStatus = "available"
	NotAvailable   OfferStatus = "not_available"
	InConversation OfferStatus = "in_conversation" // the visitor has an open conversation
)

// Offer is LivePerson's answer to a Question, in one form for both APIs.
type Offer struct {
	Session
	Status OfferStatus
	// Engagement is nil if none is available.
	Engagement *Engagement
}

// Engagement is the engagement on offer, or the one that an open conversation began with. All ids
// are texts, even if LivePerson sends numbers. A field that LivePerson did not send is empty.
type Engagement struct {
	CampaignID, EngagementID string
	Revision                 int64
	// ContextID is for impressions and for the context of a conversation.
	ContextID          string
	WindowID, Language string
	// ValidFor is how long the offer is valid, or 0 if LivePerson does not say.
	ValidFor                    time.Duration
	SkillID, SkillName          string
	ConnectorID, ConversationID string
}

// Engagement asks the Monitoring API for an engagement. Call it after Connect has succeeded.
//
// See https://developers.liveperson.com/monitoring-api-methods-engagement.html.
func (m *Monitoring) Engagement(ctx context.Context, q Question) (Offer, error) {
	offer, err := m.engagement(ctx, q)
	m.host.observe(ctx, err)
	return offer, err
}

func (m *Monitoring) engagement(ctx context.Context, q Question) (Offer, error) {
	u, err := m.url("engagement", m.query(q.VisitorID, q.SessionID))
	if err != nil {
		return Offer{}, err
	}
	res, err := m.host.do(ctx, http.MethodPost, u, m.host.account.jsonHeader, q.Body)
	if err != nil {
		return Offer{}, err
	}
	if offerForm.fit(res) == fitsNot {
		e := classify(res)
		e.noIDs = q.VisitorID+q.SessionID == ""
		e.advice = monitoring.advise(e)
		return Offer{}, e
	}
	return readOffer(res)
}

// readOffer reads the answers of both APIs. The Monitoring API sends a list of engagements,
// although the table on its page says object, and no status. The App Engagement API sends one
// engagement as an object, and a status.
func readOffer(res *answer) (Offer, error) {
	object, _ := objectOf(trimmed(res.body))
	offer := Offer{Session: readSession(res.status, object), Status: NotAvailable}
	var body struct {
		Status  string  `json:"status"`
		Details details `json:"engagementDetails"`
	}
	if err := json.Unmarshal(trimmed(res.body), &body); err != nil {
		return Offer{}, &Error{Class: ClassServer, Status: res.status, detail: "the answer broke off, or is not of the documented form"}
	}
	first := body.Details.first()
	if problem := contradiction(body.Status, first); problem != "" {
		return Offer{}, contradictory(res.status, problem)
	}
	if first == nil || statusWord(body.Status) == "notavailable" {
		return offer, nil
	}
	offer.Status, offer.Engagement = Available, first.engagement()
	if first.inConversation() {
		offer.Status = InConversation
	}
	return offer, nil
}

// contradiction says what is wrong with an answer. It returns an empty text for an answer that
// LivePerson documents. status is the App Engagement API's, and engagement the first of the answer.
func contradiction(status string, engagement *detail) string {
	switch statusWord(status) {
	case "":
	case "available":
		if engagement == nil || *engagement == (detail{}) {
			return "the status is Available, but there are no engagementDetails"
		}
	case "notavailable":
		if engagement != nil && *engagement != (detail{}) {
			return "the status is NotAvailable, but there are engagementDetails"
		}
	default:
		return "the status is neither Available nor NotAvailable"
	}
	if engagement == nil || engagement.Status == "" || engagement.inConversation() || statusWord(engagement.Status) == "expose" {
		return ""
	}
	return "engagementDetails.status is neither expose nor conversation"
}

// statusWord removes case and spaces, because LivePerson's pages have NotAvailable and Not
// Available.
func statusWord(status string) string {
	return strings.ToLower(strings.ReplaceAll(status, " ", ""))
}

// detail is an engagement on the wire.
type detail struct {
	CampaignID      wireID     `json:"campaignId"`
	EngagementID    wireID     `json:"engagementId"`
	Revision        wireNumber `json:"engagementRevision"`
	ContextID       wireID     `json:"contextId"`
	WindowID        wireID     `json:"windowId"`
	Language        string     `json:"language"`
	ValidForSeconds wireNumber `json:"validForSeconds"`
	SkillID         wireID     `json:"skillId"`
	SkillName       string     `json:"skillName"`
	ConnectorID     wireID     `json:"connectorId"`
	ConversationID  wireID     `json:"conversationId"`
	Status          string     `json:"status"`
}

// inConversation returns whether the status means a conversation. LivePerson's page and its draft
// have different words for it.
func (d *detail) inConversation() bool {
	switch statusWord(d.Status) {
	case "conversation", "interaction":
		return true
	}
	return false
}

func (d *detail) engagement() *Engagement {
	return &Engagement{
		CampaignID: string(d.CampaignID), EngagementID: string(d.EngagementID), Revision: int64(d.Revision),
		ContextID: string(d.ContextID), WindowID: string(d.WindowID), Language: d.Language,
		ValidFor: time.Duration(d.ValidForSeconds) * time.Second,
		SkillID:  string(d.SkillID), SkillName: d.SkillName,
		ConnectorID: string(d.ConnectorID), ConversationID: string(d.ConversationID),
	}
}

// details are engagements, sent as a list or as one object.
type details []detail

// UnmarshalJSON reads a list or an object.
func (d *details) UnmarshalJSON(text []byte) error {
	if bytes.HasPrefix(text, []byte("{")) {
		*d = make(details, 1)
		return json.Unmarshal(text, &(*d)[0])
	}
	return json.Unmarshal(text, (*[]detail)(d))
}

// first returns the open conversation, or else the first engagement, or else nil.
func (d details) first() *detail {
	for i := range d {
		if d[i].inConversation() {
			return &d[i]
		}
	}
	if len(d) == 0 {
		return nil
	}
	return &d[0]
}

// wireID is an id that LivePerson's pages show as a text in some places and as a number in
// others.
type wireID string

// UnmarshalJSON reads a text or a number.
func (id *wireID) UnmarshalJSON(text []byte) error {
	if bytes.HasPrefix(text, []byte(`"`)) {
		return json.Unmarshal(text, (*string)(id))
	}
	var number json.Number
	if err := json.Unmarshal(text, &number); err != nil {
		return errors.New("an id is neither text nor number")
	}
	*id = wireID(number)
	return nil
}

// wireNumber is a whole number. LivePerson may send it as a text or with a decimal point.
type wireNumber int64

// UnmarshalJSON reads a number, or a text with a number.
func (n *wireNumber) UnmarshalJSON(text []byte) error {
	var number json.Number
	if err := json.Unmarshal(bytes.Trim(text, `"`), &number); err != nil || number == "" { // null
		return err
	}
	whole, err := number.Int64()
	if err != nil {
		var float float64
		float, err = number.Float64()
		whole = int64(float)
	}
	*n = wireNumber(whole)
	return err
}
