package cli

import "time"

// defaultScope is the scope of apps that send messages for consumers.
const defaultScope = "msg.consumer"

// notifications are the events that an app can subscribe to (Connector API, configuration of webhooks).
var notifications = []string{
	"ms.MessagingEventNotification.ContentEvent",
	"ms.MessagingEventNotification.RichContentEvent",
	"ms.MessagingEventNotification.AcceptStatusEvent",
	"ms.MessagingEventNotification.ChatStateEvent",
	"cqm.ExConversationChangeNotification",
}

// keyRetry is a key among the notifications in a manifest.
const keyRetry = "retry"

// manifest is an application installation manifest (Connector API, getting started).
type manifest struct {
	ClientName   string       `json:"client_name"`
	Description  string       `json:"description,omitempty"`
	GrantTypes   []string     `json:"grant_types"`
	Scope        string       `json:"scope"`
	LogoURI      string       `json:"logo_uri,omitempty"`
	Capabilities capabilities `json:"capabilities"`
}

type capabilities struct {
	Webhooks   map[string]any       `json:"webhooks"` // by notification or keyRetry
	Engagement engagementCapability `json:"engagement"`
}

type webhook struct {
	Endpoint   string          `json:"endpoint"`
	MaxRetries *int            `json:"max_retries,omitempty"` // nil: no retries, unless there is a retention time
	Headers    []webhookHeader `json:"headers,omitempty"`
}

type webhookHeader struct {
	Name  string `json:"header_name"`
	Value string `json:"header_value"`
}

type retry struct {
	RetentionTime int `json:"retention_time"` // in seconds
}

type engagementCapability struct {
	DesignEngagement  bool     `json:"design_engagement"`
	DesignWindow      bool     `json:"design_window"`
	EntryPoint        []string `json:"entry_point"`
	VisitorBehavior   []string `json:"visitor_behavior"`
	TargetAudience    []string `json:"target_audience"`
	Goal              []string `json:"goal"`
	ConsumerIdentity  []string `json:"consumer_identity"`
	LanguageSelection bool     `json:"language_selection"`
}

// defaultEngagement returns the engagement of LivePerson's default manifest, with the consumer identity that apps like
// ours must have.
func defaultEngagement() engagementCapability {
	return engagementCapability{
		EntryPoint: []string{"section"},
		VisitorBehavior: []string{
			"visited_location", "time_on_location", "flow", "engaged_in_session", "about_to_abandon", "cart_value", "cart_items",
			"visitor_error", "viewed_products", "service_activity",
		},
		TargetAudience: []string{
			"external_referral", "search_keywords", "ip", "platform", "geo_location", "returning_visitors", "marketing_source",
			"customer_type", "age", "balance", "customer_id", "gender", "store_zip_code", "store_number", "company_size", "registration_date",
		},
		Goal:             []string{"url", "purchase_total", "num_of_pages", "lead", "service_activity"},
		ConsumerIdentity: []string{"auth"},
	}
}

// manifestSettings are what the flags say.
type manifestSettings struct {
	name, description, scope, logoURI, endpoint string

	endpoints    []string // EVENT=URL
	engagement   engagementSettings
	events       []string // empty: all
	maxRetries   []string // N, or EVENT=N
	headers      []string // NAME=VALUE
	retention    time.Duration
	hasRetention bool
}

// newManifest makes a manifest, unless there are problems.
func newManifest(s manifestSettings) (manifest, []string) {
	var p problems
	s.checkTexts(&p)
	var ofEvents problems
	events := ofEvents.readEvents(s.events)
	endpoints := p.readEndpoints(s.endpoint, s.endpoints, events)
	p = append(p, ofEvents...)
	retries := p.readMaxRetries(s.maxRetries, events)
	headers := p.readHeaders(s.headers)

	hooks := map[string]any{}
	for _, event := range events {
		hooks[event] = webhook{Endpoint: endpoints[event], MaxRetries: retries[event], Headers: headers}
	}
	if s.hasRetention {
		p.checkRetention(s.retention)
		hooks[keyRetry] = retry{int(s.retention / time.Second)}
	}
	m := manifest{
		ClientName: s.name, Description: s.description, GrantTypes: []string{"client_credentials"}, Scope: s.scope, LogoURI: s.logoURI,
		Capabilities: capabilities{Webhooks: hooks, Engagement: s.engagement.read(&p)},
	}
	return m, p
}
