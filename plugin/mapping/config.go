package mapping

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"

	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/benthos-liveperson/benthos-liveperson/internal/settings"
)

const (
	lmFieldPreset            = "preset"
	lmFieldIssuer            = "issuer"
	lmFieldSDENames          = "sde_names"
	lmFieldUnmapped          = "unmapped"
	lmFieldDefaultCurrency   = "default_currency"
	lmFieldDefaultConsent    = "default_consent"
	lmFieldConsentCategories = "consent_categories"
	lmFieldOrderTotal        = "order_total"
	lmFieldUserIDSalt        = "user_id_salt"
	lmFieldMaxEventBytes     = "max_event_bytes"
	lmFieldCampaign          = "campaign"
	lmFieldSearch            = "search"
	lmFieldListProducts      = "list_products"
	lmFieldOrderUpdates      = "order_updates"
	lmFieldSendPersonal      = "send_personal"
	lmFieldSendCustomerID    = "send_customer_id"
	lmFieldSignUpLead        = "sign_up_lead"
	lmFieldAccountEvents     = "account_events"
)

var (
	maxEventBytes = settings.Count{Name: lmFieldMaxEventBytes, Least: 1, Most: settings.Unlimited}
	listProducts  = settings.Count{Name: lmFieldListProducts, Least: 0, Most: settings.Unlimited}
)

const (
	currencyPattern = "^([A-Za-z]{3})?$"
	notCurrency     = lmFieldDefaultCurrency + ": expected an ISO 4217 code such as EUR"
	noOrderTotal    = lmFieldOrderTotal + ": name a property, or orders have no total"
)

var currencyCode = regexp.MustCompile(currencyPattern)

func mapSpec() *service.ConfigSpec {
	return service.NewConfigSpec().
		Beta().
		Categories("Mapping").
		Summary("Maps first-party events to LivePerson reports, or foreign events to first-party ones.").
		Description(description+"\n## retail\n"+events["retail"]+"\n## lead_generation\n"+events["lead_generation"]+"\n## account\n"+events["account"]+"\n## impressions\n"+events["impressions"]).
		Field(settings.EnumField(lmFieldPreset, presetsAndAdapters()).
			Description("Which mapping to use.")).
		Fields(optionFields()...).
		Example("A shop's events", "Consumers are known to LivePerson by the shop's own issuer, and money without a currency is in euros.", `
pipeline:
  processors:
    - liveperson_map:
        preset: retail
        issuer: shop.example.com
        default_currency: EUR
`).
		Example("Nothing gets lost unnoticed", "An event that the preset does not know fails, and is caught with the others that do.", `
pipeline:
  processors:
    - liveperson_map:
        preset: retail
        unmapped: error
    - catch:
        - log:
            level: WARN
            message: "not mapped: ${! error() }"
        - mapping: root = deleted()
`)
}

func presetSpec(name, summary string) *service.ConfigSpec {
	spec := service.NewConfigSpec().
		Beta().
		Categories("Mapping").
		Summary(fmt.Sprintf("The preset %s: maps first-party events to LivePerson reports. %s", name, summary)).
		Description(fmt.Sprintf("The same as `liveperson_map` with `preset: %s`.\n%s%s", name, events[name], description)).
		Fields(optionFields()...)
	for _, e := range examplesOf(name) {
		spec = spec.Example(e.title, e.summary, e.config)
	}
	return spec
}

// options are the values of the fields that take one of some texts.
var options = map[string]map[string]string{
	lmFieldSDENames: {
		"signal":     "`cartStatus` and `searchContent`, as in the specification of the retail preset.",
		"liveperson": "`cart` and `searchInfo`, as in LivePerson's pages on engagement attributes.",
	},
	lmFieldUnmapped: {
		"drop":  "It is dropped and counted.",
		"error": "It fails.",
	},
	lmFieldCampaign: {
		"pages": "Of pages, Install Attributed and `campaign_details`.",
		"all":   "Of each event that has campaign data.",
		"off":   "Never.",
	},
	lmFieldAccountEvents: {
		"service": "A `service`: a trial that started is in progress (1), one that ended is closed (7), one that was converted and an invitation are complete (0).",
		"lead":    "A `lead`, of Trial Started and Invite Sent. Nothing of the others.",
		"none":    "Nothing.",
	},
}

func optionFields() []*service.ConfigField {
	return []*service.ConfigField{
		service.NewStringField(lmFieldIssuer).
			Description("`iss` of the identity in each report: who identified the consumer. LivePerson goes mainly by `sub`.").
			Default("Datafly"),
		settings.EnumField(lmFieldSDENames, options[lmFieldSDENames]).
			Description("What carts and searches are called. LivePerson's pages use one pair of names where attributes are sent, and the other where they are read back. Switch if carts and searches do not show up in the agent's workspace.").
			Default("signal"),
		settings.EnumField(lmFieldUnmapped, options[lmFieldUnmapped]).
			Description("What becomes of an event that the preset does not know.").
			Default("drop"),
		service.NewStringField(lmFieldDefaultCurrency).
			Description("ISO 4217 code of the currency of events that name none. Empty: none is sent.").
			Default("").
			Example("EUR").
			LintRule(`root = if !this.re_match("[$][{][^!]") && !this.re_match("` + currencyPattern + `") { "` + notCurrency + `" }`),
		settings.SwitchField(lmFieldDefaultConsent).
			Description("The marketing consent of an event that says nothing about it.").
			Default(false).
			Advanced(),
		service.NewStringListField(lmFieldConsentCategories).
			Description("Which categories under `context.consent.categories` stand for marketing, in the words of the consent management platform. One of them is enough.").
			Default([]any{"marketing", "C0004"}).
			Advanced().
			LintRule(settings.ItemsLint(lmFieldConsentCategories)),
		service.NewStringListField(lmFieldOrderTotal).
			Description("Which property is an order's total: the first of these that an order has. LivePerson describes the total as after discount; for that, put `subtotal` first.").
			Default([]any{"revenue", "total", "value", "subtotal"}).
			Advanced().
			LintRule(`root = if (this.type() == "array" && this.length() == 0) || (this.type() == "string" && this.trim() == "") { "` + noOrderTotal + `" }`),
		settings.EnumField(lmFieldCampaign, options[lmFieldCampaign]).
			Description("Of which events `mrktInfo` is sent, when they have campaign data. That is `context.campaign`, or the `utm_` parameters of the page's address.").
			Default("pages").
			Advanced(),
		settings.SwitchField(lmFieldSendPersonal).
			Description("Whether `personal` is sent: name, contacts, age, gender, language.").
			Default(true),
		settings.SwitchField(lmFieldSendCustomerID).
			Description("Whether the user id is sent as `customerId`. LivePerson's pages disagree: one says that unauthenticated conversations fail with it, a newer one that it is an attribute like others. Switch off if conversations do not start.").
			Default(true).
			Advanced(),
		settings.SwitchField(lmFieldSearch).
			Description("Whether searches are sent. LivePerson takes them from web sites, not from mobile apps. Off: of a search its page is reported.").
			Default(true).
			Advanced(),
		listProducts.Field().
			Description("How many products of a Product List Viewed are sent, from the first on. 0: none.").
			Default(10).
			Advanced(),
		settings.SwitchField(lmFieldOrderUpdates).
			Description("Whether Order Updated is sent as `service` with status 1 (in progress).").
			Default(false).
			Advanced(),
		settings.SwitchField(lmFieldSignUpLead).
			Description("Whether who signs up is also sent as a `lead`.").
			Default(false).
			Advanced(),
		settings.EnumField(lmFieldAccountEvents, options[lmFieldAccountEvents]).
			Description("What trials and invitations are sent as, with the preset `account`.").
			Default("service").
			Advanced(),
		service.NewStringField(lmFieldUserIDSalt).
			Description("Lets a user id stand in for a missing anonymous id, as the HMAC-SHA256 of the id with this salt, in hexadecimal. LivePerson wants ids that can't be guessed, so the salt is a secret. Empty: such an event fails.").
			Default("").
			Advanced().
			Secret(),
		maxEventBytes.Field().
			Description("The largest size of an event; a larger one fails.").
			Default(262144).
			Advanced(),
	}
}

// The fields by their types.
var (
	stringFields = []string{lmFieldIssuer, lmFieldDefaultCurrency, lmFieldUserIDSalt}
	listFields   = []string{lmFieldConsentCategories, lmFieldOrderTotal}
	boolFields   = []string{lmFieldDefaultConsent, lmFieldSendPersonal, lmFieldSendCustomerID, lmFieldSearch, lmFieldOrderUpdates, lmFieldSignUpLead}
	counts       = []settings.Count{maxEventBytes, listProducts}
)

// settingsFromParsed gives the values of the fields, under the fields' names, by
// which the mapping asks for them.
func settingsFromParsed(conf *service.ParsedConfig) (map[string]any, error) {
	values := map[string]any{}
	var err error
	for _, name := range stringFields {
		if values[name], err = conf.FieldString(name); err != nil {
			return nil, err
		}
	}
	for name, texts := range options {
		if values[name], err = settings.Enum(conf, name, slices.Collect(maps.Keys(texts))...); err != nil {
			return nil, err
		}
	}
	for _, name := range listFields {
		texts, err := settings.Items(conf, name)
		if err != nil {
			return nil, err
		}
		list := make([]any, len(texts))
		for i, text := range texts {
			list[i] = text
		}
		values[name] = list
	}
	for _, name := range boolFields {
		if values[name], err = settings.Switch(conf, name); err != nil {
			return nil, err
		}
	}
	for _, count := range counts {
		number, err := count.FromParsed(conf)
		if err != nil {
			return nil, err
		}
		values[count.Name] = int64(number) // as Bloblang has it
	}
	if texts, _ := values[lmFieldOrderTotal].([]any); len(texts) == 0 {
		return nil, errors.New(noOrderTotal)
	}
	if code, _ := values[lmFieldDefaultCurrency].(string); !currencyCode.MatchString(code) {
		return nil, errors.New(notCurrency)
	}
	return values, nil
}
