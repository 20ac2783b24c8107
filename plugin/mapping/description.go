package mapping

const description = `
Input is the canonical event: a JSON object with ` + "`" + `type` + "`" + `, ` + "`" + `event` + "`" + `, ` + "`" + `anonymousId` + "`" + `, ` + "`" + `userId` + "`" + `, ` + "`" + `properties` + "`" + `, ` + "`" + `traits` + "`" + `, ` + "`" + `context` + "`" + `, ` + "`" + `timestamp` + "`" + ` and ` + "`" + `messageId` + "`" + `, or the same in snake_case. Names of events are compared without regard to case, spaces and punctuation: ` + "`" + `Order Completed` + "`" + `, ` + "`" + `order_completed` + "`" + ` and ` + "`" + `orderCompleted` + "`" + ` are one, and so is GA4's ` + "`" + `purchase` + "`" + `.

Output is a report for ` + "`" + `liveperson_report` + "`" + `: ` + "`" + `consumerId` + "`" + `, ` + "`" + `identities` + "`" + `, ` + "`" + `entryPoints` + "`" + `, ` + "`" + `engagementAttributes` + "`" + `, and the metadata ` + "`" + `liveperson_visitor_id` + "`" + `, ` + "`" + `liveperson_session_id` + "`" + ` (from the event's ` + "`" + `session` + "`" + ` or ` + "`" + `context.session` + "`" + `; members ` + "`" + `vid` + "`" + `, ` + "`" + `visitor_id` + "`" + ` or ` + "`" + `visitorId` + "`" + `, and ` + "`" + `sid` + "`" + `, ` + "`" + `session_id` + "`" + ` or ` + "`" + `sessionId` + "`" + `), ` + "`" + `liveperson_event_id` + "`" + `, ` + "`" + `liveperson_event_time` + "`" + ` and ` + "`" + `liveperson_consent` + "`" + `. That is an object with a yes or no for each purpose of which ` + "`" + `context.consent` + "`" + ` says something (` + "`" + `essential` + "`" + `, ` + "`" + `functional` + "`" + `, ` + "`" + `analytics` + "`" + `, ` + "`" + `marketing` + "`" + `, ` + "`" + `personalization` + "`" + `, ` + "`" + `advertising` + "`" + `), and for the consent platform's own categories by their ids.

What an event does not say is not in its report, and an attribute for which it does not say enough is not sent: a cart whose total or number of items can't be known, a product list without products. Such an event is still reported, with its page.

` + "`" + `acr` + "`" + ` is ` + "`" + `loa1` + "`" + ` with marketing consent and ` + "`" + `0` + "`" + ` without. That is this mapping's reading of the field: LivePerson knows the same values as levels of authentication, which consent is not.

An event fails, unchanged and with an error that names the member, when it is not a JSON object, has no identity, or has a price, quantity or amount that is not a number; numbers written as text with a decimal point are taken. What can't be read of a person's traits is left out instead. Errors never repeat an event's values.

The metric ` + "`" + `liveperson_events_unmapped` + "`" + ` counts events that were dropped: those that the preset does not know, and those that it knows and has no use for. Only the former fail with ` + "`" + `unmapped: error` + "`" + `.
`

// events are, for each preset, what it makes of which event.
var events = map[string]string{
	"retail": `
| event | engagement attribute |
|---|---|
| page | ` + "`" + `mrktInfo` + "`" + ` with ` + "`" + `channel` + "`" + `, ` + "`" + `affiliate` + "`" + `, ` + "`" + `campaignId` + "`" + ` when it has campaign data; the page's address becomes the entry point |
| Products Searched | ` + "`" + `searchContent` + "`" + ` with ` + "`" + `keywords` + "`" + ` |
| Product Viewed | ` + "`" + `prodView` + "`" + ` with ` + "`" + `products` + "`" + `, ` + "`" + `currency` + "`" + ` |
| Product List Viewed | the same, of the first products |
| Product Added, Product Removed | none: such an event says nothing of the rest of the cart |
| Cart Viewed, Checkout Started | ` + "`" + `cartStatus` + "`" + ` with ` + "`" + `total` + "`" + `, ` + "`" + `numItems` + "`" + `, ` + "`" + `currency` + "`" + `, ` + "`" + `products` + "`" + `; total and number are computed from the products where the event has none |
| Order Completed | ` + "`" + `purchase` + "`" + ` with ` + "`" + `total` + "`" + `, ` + "`" + `currency` + "`" + `, ` + "`" + `orderId` + "`" + `, and ` + "`" + `cart` + "`" + ` when the event lists products |
| Order Refunded, Order Cancelled | ` + "`" + `service` + "`" + ` with ` + "`" + `topic` + "`" + `, ` + "`" + `category` + "`" + `, ` + "`" + `serviceId` + "`" + ` and the ` + "`" + `status` + "`" + ` 0 (complete) or 3 (cancelled) |
| Order Updated | none, or ` + "`" + `service` + "`" + ` |
| Lead Generated | ` + "`" + `lead` + "`" + ` with ` + "`" + `topic` + "`" + `, ` + "`" + `value` + "`" + `, ` + "`" + `currency` + "`" + `, ` + "`" + `leadId` + "`" + ` |
| Identified, identify, Signed Up, Signed In | ` + "`" + `ctmrinfo` + "`" + ` with all that is known of the customer, and ` + "`" + `personal` + "`" + ` of the person |
| group | ` + "`" + `ctmrinfo` + "`" + ` with ` + "`" + `accountName` + "`" + `, ` + "`" + `companySize` + "`" + ` beside what is known of the customer |
| Signed Out | none |
| Coupon Denied, Payment Failed, Checkout Error, GA4's ` + "`" + `exception` + "`" + ` | ` + "`" + `error` + "`" + ` with ` + "`" + `contextId` + "`" + `, ` + "`" + `message` + "`" + `, ` + "`" + `code` + "`" + ` |
| Install Attributed, GA4's ` + "`" + `campaign_details` + "`" + ` | ` + "`" + `mrktInfo` + "`" + ` |

Product clicks, promotions, checkout steps, payment and shipping details, coupons that were accepted, wishlists, shares, reviews, the life cycle of an app and what becomes of a lead later have no attribute and are dropped.
`,
	"lead_generation": `
| event | engagement attribute |
|---|---|
| page | ` + "`" + `mrktInfo` + "`" + ` when it has campaign data; the page's address becomes the entry point |
| Lead Generated, Form Submitted, Quote Requested, Demo Requested, Appointment Booked, Callback Requested and the like | ` + "`" + `lead` + "`" + ` with ` + "`" + `topic` + "`" + `, ` + "`" + `value` + "`" + `, ` + "`" + `currency` + "`" + `, ` + "`" + `leadId` + "`" + ` |
| Products Searched, GA4's ` + "`" + `search` + "`" + ` | ` + "`" + `searchContent` + "`" + ` with ` + "`" + `keywords` + "`" + ` |
| Identified, identify, Signed Up, Signed In | ` + "`" + `ctmrinfo` + "`" + ` with all that is known of the customer, and ` + "`" + `personal` + "`" + ` of the person |
| Install Attributed, GA4's ` + "`" + `campaign_details` + "`" + ` | ` + "`" + `mrktInfo` + "`" + ` |
| Signed Out | none |
`,
	"account": `
| event | engagement attribute |
|---|---|
| page | ` + "`" + `mrktInfo` + "`" + ` when it has campaign data; the page's address becomes the entry point |
| Identified, identify, Signed Up, Signed In, Account Created | ` + "`" + `ctmrinfo` + "`" + ` with all that is known of the customer, and ` + "`" + `personal` + "`" + ` of the person |
| group | ` + "`" + `ctmrinfo` + "`" + ` with ` + "`" + `accountName` + "`" + `, ` + "`" + `companySize` + "`" + ` beside what is known of the customer |
| Trial Started, Trial Ended, Trial Converted, Invite Sent | ` + "`" + `service` + "`" + ` with ` + "`" + `topic` + "`" + `, ` + "`" + `category` + "`" + ` (the plan), ` + "`" + `serviceId` + "`" + ` (the group), ` + "`" + `status` + "`" + `; or as ` + "`" + `account_events` + "`" + ` says |
| GA4's ` + "`" + `search` + "`" + ` | ` + "`" + `searchContent` + "`" + ` with ` + "`" + `keywords` + "`" + ` |
| Install Attributed, GA4's ` + "`" + `campaign_details` + "`" + ` | ` + "`" + `mrktInfo` + "`" + ` |
| Signed Out | none |
`,
	"impressions": `
| event | engagement attribute |
|---|---|
| Engagement Displayed, Engagement Shown, Engagement Viewed, Engagement Impression, Offer Displayed, Offer Shown | ` + "`" + `impDisplay` + "`" + ` with ` + "`" + `campaign` + "`" + `, ` + "`" + `engId` + "`" + `, ` + "`" + `revision` + "`" + `, ` + "`" + `eContext` + "`" + ` |
| Engagement Accepted, Engagement Clicked, Offer Accepted | ` + "`" + `impAccept` + "`" + ` with the same |
| Engagement Expanded, Engagement Opened, Offer Expanded | ` + "`" + `impExpanded` + "`" + ` with ` + "`" + `campaign` + "`" + `, ` + "`" + `engId` + "`" + `, ` + "`" + `revision` + "`" + `, and ` + "`" + `expanded` + "`" + `, ` + "`" + `userInit` + "`" + `, ` + "`" + `actionableItems` + "`" + ` as far as they are among the properties |
| Engagement Timed Out, Engagement Timeout, Engagement Expired, Offer Timed Out, Offer Timeout | ` + "`" + `impTimeout` + "`" + ` with ` + "`" + `campaign` + "`" + `, ` + "`" + `engId` + "`" + `, ` + "`" + `revision` + "`" + ` |
| Engagement Closed, Engagement Dismissed, Engagement Declined, Offer Closed, Offer Dismissed | ` + "`" + `impClose` + "`" + ` with the same |

The engagement is read from the first of these places that has the id of a campaign or of an engagement: ` + "`" + `properties.liveperson` + "`" + `, ` + "`" + `properties.engagement` + "`" + `, ` + "`" + `context.liveperson` + "`" + `, ` + "`" + `context.engagement` + "`" + `, ` + "`" + `liveperson` + "`" + ` (where ` + "`" + `liveperson_engagement` + "`" + ` puts its answer), ` + "`" + `properties` + "`" + `. There may be the whole answer of ` + "`" + `liveperson_engagement` + "`" + `, LivePerson's own with its ` + "`" + `engagementDetails` + "`" + `, or the engagement alone: ` + "`" + `campaign_id` + "`" + `, ` + "`" + `engagement_id` + "`" + `, ` + "`" + `revision` + "`" + ` (or ` + "`" + `engagement_revision` + "`" + `), ` + "`" + `context_id` + "`" + `, or the same in camelCase. Ids may be numbers or text. An event without the ids of campaign and engagement fails, as LivePerson takes nothing of a report that it can't read. Whether an offer still holds is for LivePerson to say.

An impression is valid only in the session in which that engagement was handed out. ` + "`" + `session_id` + "`" + ` and ` + "`" + `visitor_id` + "`" + ` of the answer therefore go before the event's own session, and ` + "`" + `page_id` + "`" + ` is sent as ` + "`" + `pageId` + "`" + `. Ids of sessions and pages right among the properties are the sender's own, and not read. An event without the session of its engagement needs the output's: the same consumer and ` + "`" + `session_cache` + "`" + ` as ` + "`" + `liveperson_engagement` + "`" + ` has.

The preset is for engagements that you show yourself, not for those that LivePerson's web tag shows.
`,
}
