package mapping

import (
	"strings"

	"github.com/benthos-liveperson/benthos-liveperson/internal/events"
)

// quoted replaces the quotation mark ” by a backquote, because a raw string can't have backquotes.
var quoted = strings.NewReplacer("”", "`")

var description = quoted.Replace(`
### Input

The input is the canonical event: a JSON object with ”type”, ”event”, ”anonymousId”, ”userId”, ”properties”, ”traits”, ”context”, ”timestamp” and ”messageId”, or the same names in snake_case. In names of events, case, spaces and punctuation make no difference: ”Order Completed”, ”order_completed” and ”orderCompleted” are one event, and so is GA4's ”purchase”.

### Output

The output is a report for ”liveperson_report”: ”consumerId”, ”identities”, ”entryPoints” and ”engagementAttributes”. The report has only what the event says. The preset leaves out an attribute if the event does not say enough for it, such as a cart without a total or a product list without products. The preset still reports the event's page.

| metadata | value |
|---|---|
| ”liveperson_visitor_id”, ”liveperson_session_id” | LivePerson's ids, from ”session” or ”context.session” of the event: ”vid”, ”visitor_id” or ”visitorId”, and ”sid”, ”session_id” or ”sessionId” |
| ”liveperson_event_id” | the event's message id; without one, the order's id or a digest of the event |
| ”liveperson_event_time” | the event's time, RFC 3339 in UTC |
| ”liveperson_event_name” | the event's name, or its type. A mapping that imports a preset's file does not set it |
| ”liveperson_consent” | an object with true or false for each purpose that the event has an answer to (”essential”, ”functional”, ”analytics”, ”marketing”, ”personalization”, ”advertising”), and for the consent platform's own categories by their ids |

”acr” is ”loa1” with marketing consent and ”0” without. The retail preset's specification reads the field so. LivePerson knows the same values as levels of authentication.

### Failures

An event fails unchanged if it is not a JSON object, has no identity, or has a price, quantity or amount that is not a number. Text counts as a number if it has a decimal point or none, such as ”12.90”. The error names the member and never repeats the event's values. Traits of a person that can't be read are left out and don't fail the event.

The preset drops events that it does not know (”unknown_event”) or has no use for (”no_use”). The log names the first event of each kind, with a known name if one is close. The metric ”liveperson_events_dropped” counts them by reason. With ”unmapped: error”, events that the preset does not know fail instead.
`)

// notes are the texts below a preset's table of events.
var notes = map[string]string{
	"impressions": quoted.Replace(`
The preset is for engagements that you show yourself. LivePerson's web tag reports the engagements that it shows.

The preset reads the engagement from the first of these objects that has the id of a campaign or of an engagement: ”properties.liveperson”, ”properties.engagement”, ”context.liveperson”, ”context.engagement”, ”liveperson” (where ”liveperson_engagement” puts its answer), ”properties”. The object may be the answer of ”liveperson_engagement”, LivePerson's own answer with its ”engagementDetails”, or the engagement alone: ”campaign_id”, ”engagement_id”, ”revision” (or ”engagement_revision”), ”context_id”, or the same names in camelCase. Ids may be numbers or text. An event without the ids of campaign and engagement fails, because LivePerson refuses a whole report for one member that it can't read.

An impression is valid only in the session in which LivePerson offered the engagement. So ”session_id” and ”visitor_id” of the answer go before the event's own session, and ”page_id” is sent as ”pageId”. Ids of sessions and pages directly in ”properties” are the sender's own, and the preset does not read them. If the event has no session of LivePerson's, give ”liveperson_report” the same consumer and ”session_cache” as ”liveperson_engagement”.

The preset does not check whether an offer still holds. LivePerson does.
`),
}

// eventTable returns the table of a preset's events for its reference page.
func eventTable(preset string) string {
	return "\n" + events.Of(preset).Markdown() + notes[preset]
}
