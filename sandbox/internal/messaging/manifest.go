package messaging

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/httpapi"
)

// manifest has the members of an app's manifest that the service checks (Connector API, getting started; LiveEngage
// applications). The service keeps other members unchanged.
type manifest struct {
	ClientName    string   `json:"client_name"`
	DisplayName   string   `json:"display_name"`
	Description   string   `json:"description"`
	GrantTypes    []string `json:"grant_types"`
	ResponseTypes []string `json:"response_types"`
	RedirectURIs  []string `json:"redirect_uris"`
	Scope         string   `json:"scope"`
	LogoURI       string   `json:"logo_uri"`
	EntryURI      string   `json:"entry_uri"`
	Capabilities  struct {
		Webhooks   map[string]json.RawMessage `json:"webhooks"`
		Engagement *engagementCapability      `json:"engagement"`
	} `json:"capabilities"`
}

type engagementCapability struct {
	DesignEngagement  *bool    `json:"design_engagement"`
	DesignWindow      *bool    `json:"design_window"`
	LanguageSelection *bool    `json:"language_selection"`
	EntryPoint        []string `json:"entry_point"`
	VisitorBehavior   []string `json:"visitor_behavior"`
	TargetAudience    []string `json:"target_audience"`
	Goal              []string `json:"goal"`
	ConsumerIdentity  []string `json:"consumer_identity"`
}

// The values on LivePerson's pages.
var (
	grantTypes         = []string{"client_credentials", "authorization_code", "refresh_token"}
	responseTypes      = []string{"code", "token", "id_token", "id_token token"}
	entryPoints        = []string{"section", "url"}
	consumerIdentities = []string{"auth", "unauth"}
	visitorBehaviors   = []string{
		"visited_location", "time_on_location", "flow", "engaged_in_session", "about_to_abandon", "cart_value", "cart_items",
		"visitor_error", "viewed_products", "service_activity",
	}
	targetAudiences = []string{
		"external_referral", "search_keywords", "ip", "platform", "geo_location", "returning_visitors", "marketing_source",
		"customer_type", "age", "balance", "customer_id", "gender", "store_zip_code", "store_number", "company_size", "registration_date",
	}
	goals = []string{"url", "purchase_total", "num_of_pages", "lead", "service_activity"}
)

// keyRetry is a member beside the names of notifications in a manifest.
const keyRetry = "retry"

// problems lists all wrong members of a manifest, with their allowed values. It does not repeat values from the manifest.
func (m *manifest) problems() (found []string) {
	wrong := func(format string, args ...any) { found = append(found, fmt.Sprintf(format, args...)) }
	if m.ClientName == "" {
		wrong("client_name: is missing")
	}
	for _, text := range []struct {
		name, value string
		limit       int
	}{
		{"client_name", m.ClientName, 128}, {"display_name", m.DisplayName, 128}, {"description", m.Description, 256},
		{"scope", m.Scope, 128}, {"logo_uri", m.LogoURI, 1024}, {"entry_uri", m.EntryURI, 1024},
	} {
		if utf8.RuneCountInString(text.value) > text.limit {
			wrong("%s: must have %d characters at most", text.name, text.limit)
		}
	}
	for _, uri := range m.RedirectURIs {
		if utf8.RuneCountInString(uri) > 128 {
			wrong("redirect_uris: each must have 128 characters at most")
		}
	}
	found = append(found, outside("grant_types", m.GrantTypes, grantTypes)...)
	found = append(found, outside("response_types", m.ResponseTypes, responseTypes)...)
	if e := m.Capabilities.Engagement; e != nil {
		found = append(found, e.problems()...)
	}
	return found
}

func (e *engagementCapability) problems() (found []string) {
	const at = "capabilities.engagement."
	for name, given := range map[string]*bool{
		"design_engagement": e.DesignEngagement, "design_window": e.DesignWindow, "language_selection": e.LanguageSelection,
	} {
		if given == nil {
			found = append(found, at+name+": is missing, true or false")
		}
	}
	slices.Sort(found)
	for _, list := range []struct {
		name          string
		given, values []string
	}{
		{"entry_point", e.EntryPoint, entryPoints}, {"visitor_behavior", e.VisitorBehavior, visitorBehaviors},
		{"target_audience", e.TargetAudience, targetAudiences}, {"goal", e.Goal, goals},
		{"consumer_identity", e.ConsumerIdentity, consumerIdentities},
	} {
		found = append(found, outside(at+list.name, list.given, list.values)...)
	}
	return found
}

// outside returns a problem if a list has other values.
func outside(name string, given, values []string) []string {
	if !slices.ContainsFunc(given, func(value string) bool { return !slices.Contains(values, value) }) {
		return nil
	}
	return []string{name + ": may have " + strings.Join(values, ", ")}
}

// webhooks reads the endpoints for notifications. An event with an empty URL has no endpoint.
func (m *manifest) webhooks() (hooks Webhooks, err error) {
	const at = "capabilities.webhooks."
	hooks.Endpoints = map[string]Endpoint{}
	for key, raw := range m.Capabilities.Webhooks {
		if key == keyRetry {
			var retry struct {
				RetentionTime int `json:"retention_time"`
			}
			if err := json.Unmarshal(raw, &retry); err != nil {
				return hooks, fmt.Errorf("%s%s.retention_time: must be a number of seconds", at, keyRetry)
			}
			hooks.Retention = time.Duration(retry.RetentionTime) * time.Second
			continue
		}
		var endpoint Endpoint
		if err := json.Unmarshal(raw, &endpoint); err != nil {
			return hooks, fmt.Errorf("%s%s: must be an object with endpoint, max_retries and headers", at, key)
		}
		if endpoint.URL != "" {
			hooks.Endpoints[key] = endpoint
		}
	}
	if err := hooks.check(); err != nil {
		return hooks, fmt.Errorf("%s%w", at, err)
	}
	return hooks, nil
}

// readManifest reads a manifest. Its error has all problems.
func readManifest(w http.ResponseWriter, r *http.Request) (sent map[string]any, hooks Webhooks, err error) {
	text, err := httpapi.ReadBody(w, r)
	if err != nil {
		return nil, hooks, err
	}
	var read manifest
	var kind *json.UnmarshalTypeError
	switch err := errors.Join(json.Unmarshal(text, &sent), json.Unmarshal(text, &read)); {
	case errors.As(err, &kind) && kind.Field != "":
		return nil, hooks, fmt.Errorf("%s: has the wrong JSON type", kind.Field)
	case err != nil || sent == nil:
		return nil, hooks, errors.New("send a manifest, a JSON object")
	}
	problems := read.problems()
	hooks, err = read.webhooks()
	if err != nil {
		problems = append(problems, err.Error())
	}
	if len(problems) > 0 {
		return nil, hooks, errors.New(strings.Join(problems, "; "))
	}
	return sent, hooks, nil
}
