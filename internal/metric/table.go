package metric

// row is a metric.
type row struct {
	name       string
	kind       string
	unit       string // empty: a number of what meaning says
	label      string // empty: none
	values     string // of the label, for the docs
	components []string
	meaning    string
}

// The kinds of metrics.
const (
	counter = "counter"
	timer   = "timer"
	gauge   = "gauge"
)

// Components.
const (
	cart       = "liveperson_cart"
	engagement = "liveperson_engagement"
	identity   = "liveperson_identity"
	mapping    = "liveperson_map"
	message    = "liveperson_message"
	privacy    = "liveperson_privacy"
	readback   = "liveperson_readback"
	report     = "liveperson_report"
	webhook    = "liveperson_webhook"
)

var table = []row{
	{
		name: "liveperson_panics", kind: counter,
		meaning: "defects of a component that failed a message, see [internal errors](#internal-errors)",
	},
	{
		name: "liveperson_requests", kind: counter, components: []string{report, message, engagement, readback},
		label: "status", values: "`2xx`, `3xx`, `4xx`, `5xx`, `none`",
		meaning: "requests made",
	},
	{
		name: "liveperson_request_latency_ns", kind: timer, unit: "nanoseconds", components: []string{report, message, engagement, readback},
		meaning: "the time from sending a request to its answer or failure",
	},
	{
		name: "liveperson_retries", kind: counter, components: []string{report, message, engagement, readback},
		label: "class", values: "the class of the failure that led to the retry",
		meaning: "requests that were retried",
	},
	{
		name: "liveperson_breaker_open", kind: gauge, components: []string{report, message, engagement, readback},
		meaning: "1 while LivePerson is down, and nothing but probes is sent, see [outages](#outages-and-overload); otherwise 0",
	},
	{
		name: "liveperson_concurrency_limit", kind: gauge, unit: "requests", components: []string{report, message, engagement, readback},
		meaning: "how many requests may be in flight now, at most `concurrency`",
	},
	{
		name: "liveperson_requests_in_flight", kind: gauge, unit: "requests", components: []string{report, message, engagement, readback},
		meaning: "requests in flight",
	},
	{
		name: "liveperson_messages_held", kind: gauge, unit: "messages", components: []string{report, message},
		meaning: "messages that the output holds: they wait, are in flight, or will be retried",
	},
	{
		name: "liveperson_oldest_held_timestamp_seconds", kind: gauge, unit: "seconds since 1970", components: []string{report, message},
		meaning: "when the oldest batch that the output holds came; 0 if it holds none",
	},
	{
		name: "liveperson_messages_failed", kind: counter, components: []string{report, message},
		label: "class", values: "the class of the error, see [what errors mean](#what-errors-mean), or `internal`",
		meaning: "messages that the output gave up. A `fallback` makes dead letters of them",
	},
	{
		name: "liveperson_attributes_sent", kind: counter, components: []string{report},
		label: "type", values: "a documented type, or `other`",
		meaning: "engagement attributes in accepted reports",
	},
	{
		name: "liveperson_repeated", kind: counter, components: []string{report},
		label: "kind", values: "`event`, `purchase`",
		meaning: "events and purchases that LivePerson had accepted before and that were not sent again",
	},
	{
		name: "liveperson_findings", kind: counter, components: []string{report},
		label: "code", values: "as in [engagement attributes](reference/engagement-attributes.md)",
		meaning: "errors that the validation found",
	},
	{
		name: "liveperson_dedupe_cache_errors", kind: counter, components: []string{report},
		meaning: "failures of `dedupe_cache`",
	},
	{
		name: "liveperson_session_cache_errors", kind: counter, components: []string{report, engagement},
		meaning: "failures of `session_cache`",
	},
	{
		name: "liveperson_sessions_opened", kind: counter, components: []string{report},
		meaning: "new sessions of LivePerson: accepted reports that did not continue a known session",
	},
	{
		name: "liveperson_session_cache_entries", kind: gauge, unit: "entries", components: []string{report, engagement},
		meaning: "sessions remembered in this process. A session has up to four entries, one for each of its ids. 0 with `session_cache`, because the sessions are in the cache",
	},
	{
		name: "liveperson_dedupe_cache_entries", kind: gauge, unit: "entries", components: []string{report},
		meaning: "events and purchases remembered in this process. 0 with `dedupe_cache`",
	},
	{
		name: "liveperson_conversation_cache_entries", kind: gauge, unit: "entries", components: []string{message, webhook},
		meaning: "conversations remembered in this process, closed ones too. 0 with `conversation_cache`",
	},
	{
		name: "liveperson_webhook_cache_entries", kind: gauge, unit: "entries", components: []string{webhook},
		meaning: "changes remembered in this process. 0 with `dedupe_cache`",
	},
	{
		name: "liveperson_app_token_expiry_timestamp_seconds", kind: gauge, unit: "seconds since 1970", components: []string{message},
		meaning: "when the newest app token expires; 0 if none was fetched",
	},
	{
		name: "liveperson_conversations_opened", kind: counter, components: []string{message},
		meaning: "conversations opened",
	},
	{
		name: "liveperson_conversations_recovered", kind: counter, components: []string{message, webhook},
		label: "by", values: "`webhook`: from a notification; `answer`: from an answer of LivePerson; `rest`: from Messaging Interactions",
		meaning: "open conversations that the cache did not know and that were found again",
	},
	{
		name: "liveperson_messages_sent", kind: counter, components: []string{message},
		label: "action", values: "`message`, `chat_state`, `close` and others",
		meaning: "messages that LivePerson accepted; a message in several parts counts once",
	},
	{
		name: "liveperson_offers", kind: counter, components: []string{engagement},
		label: "status", values: "`available`, `not_available`, `in_conversation`",
		meaning: "LivePerson's answers",
	},
	{
		name: "liveperson_offers_remembered", kind: counter, components: []string{engagement},
		meaning: "answers that came from `cache`",
	},
	{
		name: "liveperson_engagement_cache_errors", kind: counter, components: []string{engagement},
		meaning: "failures of `cache`",
	},
	{
		name: "liveperson_readbacks", kind: counter, components: []string{readback},
		label: "result", values: "`matched`, `missing`, `different`, `unknown`, `skipped`",
		meaning: "messages that were read back, by the worst result of their attributes; `skipped`: not in the sample",
	},
	{
		name: "liveperson_readback_lost", kind: counter, components: []string{readback},
		label: "type", values: "a documented type, or `other`",
		meaning: "engagement attributes that LivePerson accepted and does not have, or has with other values",
	},
	{
		name: "liveperson_webhook_requests", kind: counter, components: []string{webhook},
		label: "status", values: "the HTTP status of the answer",
		meaning: "requests to the endpoint",
	},
	{
		name: "liveperson_webhook_changes", kind: counter, components: []string{webhook},
		label: "outcome", values: "`emitted`, `duplicate`, `stale`, `filtered`, `echo`, `hidden`, `foreign`, `poison`, `unreadable`, see [notifications](#notifications-of-messaging)",
		meaning: "changes in notifications",
	},
	{
		name: "liveperson_webhook_cache_errors", kind: counter, components: []string{webhook},
		meaning: "failures of `dedupe_cache`",
	},
	{
		name: "liveperson_events_dropped", kind: counter, components: []string{mapping, "presets", "adapters", privacy, report},
		label: "reason", values: "`unknown_event`: the preset does not know the name; `no_use`: the preset has no use for the event; `consent`: all of the report is withheld; `suppressed`: the consumer is on a list; `duplicate`: LivePerson has accepted the event before",
		meaning: "events that ended without a report. The log names the first of each kind",
	},
	{
		name: "liveperson_receipts_written", kind: counter, components: []string{mapping, "presets", "adapters", privacy, report, message},
		meaning: "[receipts](#receipts) that the output resource has acknowledged",
	},
	{
		name: "liveperson_receipts_lost", kind: counter, components: []string{mapping, "presets", "adapters", privacy, report, message},
		label: "reason", values: "`full`: the output resource is too slow or hangs; `failed`: it has refused the receipt; `closed`: it did not take the receipt before the component closed",
		meaning: "receipts that were not written. The messages are not affected",
	},
	{
		name: "liveperson_product_lines_dropped", kind: counter, components: []string{mapping, "presets"},
		meaning: "items of product lists that were left out because they were null or empty",
	},
	{
		name: "liveperson_currencies_dropped", kind: counter, components: []string{mapping, "presets"},
		meaning: "currencies that were left out because they are not codes of three letters, such as `€`",
	},
	{
		name: "liveperson_withheld_messages", kind: counter, components: []string{privacy},
		label: "purpose", values: "the first purpose without consent, in the order of the settings",
		meaning: "reports withheld",
	},
	{
		name: "liveperson_withheld_attributes", kind: counter, components: []string{privacy},
		label: "purpose", values: "as above",
		meaning: "attributes withheld from reports that were sent",
	},
	{
		name: "liveperson_id_tokens_rejected", kind: counter, components: []string{identity},
		label: "reason", values: "`malformed`, `signature`, `unknown_key`, `expired`, `claims`, `personal`",
		meaning: "ID tokens refused",
	},
	{
		name: "liveperson_cart_unknown", kind: counter, components: []string{cart},
		meaning: "events about one product that passed unchanged because the whole cart is unknown",
	},
	{
		name: "liveperson_cart_cache_entries", kind: gauge, unit: "entries", components: []string{cart},
		meaning: "carts remembered in this process. 0 with `cache`",
	},
	{
		name: "liveperson_cart_errors", kind: counter, components: []string{cart},
		meaning: "failures of the cache, and carts in it that could not be read",
	},
}
