package events

// A Source is a tool whose events an adapter reads. The adapter is the file bloblang/from_<name>.blobl. It returns a list,
// because one body may hold several events.
type Source struct {
	Summary string
	// Envelope says that the adapter returns bodies of any source, which are then read too. Each item of its list is an
	// object {"body", "beside"}.
	Envelope bool
	// Tombstones says that an empty body means that something was deleted.
	Tombstones bool
	// Stored says that the events usually come from files or topics, and not as requests.
	Stored bool
}

// Sources are the tools, by the names that liveperson_from has for them.
var Sources = map[string]Source{
	"segment":        {Summary: "Segment: calls and batches of its tracking API."},
	"rudderstack":    {Summary: "RudderStack: calls and batches of its HTTP API."},
	"ga4":            {Summary: "Google Analytics 4: bodies of the Measurement Protocol, and pushes to the dataLayer, also those of Universal Analytics."},
	"ga4_bigquery":   {Summary: "Google Analytics 4: rows of its export to BigQuery.", Stored: true},
	"gtag":           {Summary: "Google's tag: gtag() calls and pushes to the data layer, alone or in lists of both, as a page's data layer has them."},
	"gtm":            {Summary: "Google Tag Manager: the event data of a server container."},
	"snowplow":       {Summary: "Snowplow: enriched events as JSON, as lines of tab-separated values, and as rows of a warehouse, with the entities of its e-commerce schemas and plugins.", Stored: true},
	"shopify":        {Summary: "Shopify: webhooks of orders, carts, checkouts, customers and refunds. Needs the webhook's header `X-Shopify-Topic` as metadata, or the field `topic`."},
	"shopify_pixel":  {Summary: "Shopify: customer events that a pixel sends."},
	"woocommerce":    {Summary: "WooCommerce: webhooks of orders and customers."},
	"adobe_commerce": {Summary: "Adobe Commerce (Magento 2): events, webhooks, and orders as the REST API has them."},
	"cloudevents":    {Summary: "CloudEvents around events of any other source, in structured, binary and batch mode. The binary mode needs the headers `ce-…` or `ce_…` as metadata.", Envelope: true, Tombstones: true},
	"kafka_connect":  {Summary: "Kafka Connect: records with `schema` and `payload` around events of any other source.", Envelope: true, Tombstones: true, Stored: true},
	"debezium":       {Summary: "Debezium: changes of a database's rows. The field `tables` says what they mean.", Tombstones: true, Stored: true},
	"amplitude":      {Summary: "Amplitude: events of its HTTP API and rows of its exports."},
	"jitsu":          {Summary: "Jitsu: calls and batches, and the events of its classic version."},
	"mparticle":      {Summary: "mParticle: batches of its Events API and of its webhook."},
	"posthog":        {Summary: "PostHog: events and batches of its capture API, webhook destinations and batch exports."},
	"tealium":        {Summary: "Tealium: events of EventStream, as its webhook connector sends them, and the flat data layer."},
	"xdm":            {Summary: "Adobe Experience Platform: events in the Experience Data Model, alone or in requests of the Web SDK."},
}
