package mapping

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"sync"

	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/benthos-liveperson/benthos-liveperson/internal/receipt"
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
	lmFieldPlaceholders      = "placeholders"
	lmFieldACR               = "acr"
	lmFieldConsumer          = "consumer"
	lmFieldAccountID         = "account_id"
)

var (
	maxEventBytes = settings.Count{Name: lmFieldMaxEventBytes, Least: 1, Most: settings.Unlimited}
	listProducts  = settings.Count{Name: lmFieldListProducts, Least: 0, Most: settings.Unlimited}
)

const (
	currencyPattern = "^([A-Za-z]{3})?$"
	notACR          = lmFieldACR + ": expected consent, 0, loa1, or an expression that gives one of them"
	notConsumer     = lmFieldConsumer + ": expected an expression that gives the id of the event's consumer; a fixed text would make one consumer of all"
	notCurrency     = lmFieldDefaultCurrency + ": expected an ISO 4217 code such as EUR"
	noOrderTotal    = lmFieldOrderTotal + ": name a property that has the total of an order"
)

var currencyCode = regexp.MustCompile(currencyPattern)

func mapSpec() *service.ConfigSpec {
	return service.NewConfigSpec().
		Beta().
		Categories("Mapping").
		Summary("Maps first-party events to LivePerson reports, or other tools' events to first-party ones.").
		Description(mapDescription()).
		Field(settings.EnumField(lmFieldPreset, mappings()).
			Description("The mapping to run: a preset, or an adapter.")).
		Fields(optionFields()...).
		LintRule(settings.EventsLint(`this.preset.or("")`)).
		Example("A shop's events", "The shop is the issuer of its consumers' ids. Amounts without a currency are in euros.", `
pipeline:
  threads: 1
  processors:
    - liveperson_map:
        preset: retail
        issuer: shop.example.com
        default_currency: EUR
`).
		Example("Log events that are not mapped", "An event that the preset does not know fails. `catch` logs and drops it, as it does with all failed events.", `
pipeline:
  threads: 1
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

func mapDescription() string {
	text := description
	for _, preset := range slices.Sorted(maps.Keys(presets)) {
		text += "\n## The preset " + preset + "\n" + eventTable(preset)
	}
	return text
}

func presetSpec(name, summary string) *service.ConfigSpec {
	spec := service.NewConfigSpec().
		Beta().
		Categories("Mapping").
		Summary(fmt.Sprintf("The preset %s: maps first-party events to LivePerson reports. %s", name, summary)).
		Description(fmt.Sprintf("The same as `liveperson_map` with `preset: %s`.\n%s%s", name, eventTable(name), description)).
		Fields(optionFields()...).
		LintRule(settings.EventsLint(strconv.Quote(name)))
	for _, e := range examplesOf(name) {
		spec = spec.Example(e.title, e.summary, e.config)
	}
	return spec
}

// deprecatedSpec is the spec of a processor under its old name.
func deprecatedSpec(name string) *service.ConfigSpec {
	return service.NewConfigSpec().
		Deprecated().
		Categories("Mapping").
		Summary(fmt.Sprintf("Deprecated: use `liveperson_%s`, which does the same with the same fields.", name)).
		Fields(optionFields()...).
		LintRule(settings.EventsLint(strconv.Quote(name)))
}

// options are the values of the enum fields.
var options = map[string]map[string]string{
	lmFieldSDENames: {
		"signal":     "`cartStatus` and `searchContent`, as in the retail preset's specification.",
		"liveperson": "`cart` and `searchInfo`, as on LivePerson's pages about engagement attributes.",
	},
	lmFieldUnmapped: {
		"drop":  "Drop the event and count it.",
		"error": "Fail the event.",
	},
	lmFieldCampaign: {
		"pages": "For pages, Install Attributed and `campaign_details`.",
		"all":   "For every event with campaign data.",
		"off":   "Never.",
	},
	lmFieldAccountEvents: {
		"service": "As `service`. A trial that started is in progress (1), a trial that ended is closed (7), a subscription that was cancelled is cancelled (3). The others are complete (0).",
		"lead":    "As `lead`, for Trial Started and Invite Sent. The other events have no attribute.",
		"none":    "No attribute.",
	},
}

// optionFields are the fields of the presets. They are created once, because Benthos takes one or
// two milliseconds to parse a lint rule at the start of every process.
var optionFields = sync.OnceValue(func() []*service.ConfigField {
	return append([]*service.ConfigField{
		service.NewStringField(lmFieldIssuer).
			Description("The `iss` of the identity in each report: who identified the consumer. LivePerson identifies consumers mainly by `sub`.").
			Default("Datafly"),
		service.NewInterpolatedStringField(lmFieldACR).
			Description("The `acr` of the identity in each report. `consent`: `loa1` with marketing consent and `0` without, as the retail preset's specification has it. `loa1` or `0`: always this value; LivePerson knows them as levels of authentication. Or an expression that gives one of these for each event.").
			Default("consent").
			Example(`loa1`).
			Example(`${! this.context.acr | "consent" }`).
			LintRule(settings.Lint(`root = if !this.contains("${") && !["consent", "0", "loa1"].contains(this.lowercase()) { "` + notACR + `" }`)),
		service.NewInterpolatedStringField(lmFieldConsumer).
			Description("The consumer's id in each report, as `consumerId` and as `sub`. Empty: the anonymous id, or else the salted user id (`user_id_salt`). An expression gives the id for each event. Give the same id as the field `consumer` of `liveperson_message` if both report the same consumers. An event fails if its result is empty or a placeholder.").
			Default("").
			Example(`${! this.userId | this.anonymousId }`).
			LintRule(settings.Lint(`root = if this != "" && !this.contains("${") { "` + notConsumer + `" }`)).
			Advanced(),
		settings.AccountField().
			Description("The id of the LivePerson account. The preset takes the session from the cookie `LPSID-{account}` of this account, before all other session ids of the event. Empty: the preset uses a session cookie only if the event has cookies of a single account.").
			Default("").
			Advanced(),
		settings.EnumField(lmFieldSDENames, options[lmFieldSDENames]).
			Description("The types of the attributes for carts and searches. LivePerson's pages use one pair of names for sending attributes, and the other pair for reading them. Try the other value if agents don't see carts and searches.").
			Default("signal"),
		settings.EnumField(lmFieldUnmapped, options[lmFieldUnmapped]).
			Description("What to do with an event that the preset does not know.").
			Default("drop"),
		settings.EventsField().
			Description("Your own names of events, each with the kind of event that it is, such as `Application Submitted: lead`. The kinds are listed below the table of events. Your names win over the names in the table. The preset drops an event of the kind `ignored` and counts it as `no_use`. Give `liveperson_cart` the same names if it is in the pipeline.").
			Example(map[string]any{"Application Submitted": "lead"}),
		service.NewStringField(lmFieldDefaultCurrency).
			Description("The currency of events without a currency, as an ISO 4217 code. Empty: reports of these events have no currency.").
			Default("").
			Example("EUR").
			LintRule(settings.Lint(`root = if !this.re_match("[$][{][^!]") && !this.re_match("` + currencyPattern + `") { "` + notCurrency + `" }`)),
		settings.SwitchField(lmFieldDefaultConsent).
			Description("The marketing consent of an event that does not say whether the visitor consented.").
			Default(false).
			Advanced(),
		service.NewStringListField(lmFieldConsentCategories).
			Description("The ids of the consent management platform's categories that mean marketing, in upper or lower case. Consent to one of them is enough.").
			Default([]any{"marketing", "C0004"}).
			Advanced().
			LintRule(settings.Lint(settings.PurposesLint(lmFieldConsentCategories))),
		service.NewStringListField(lmFieldOrderTotal).
			Description("The properties that may have an order's total, in order. The preset takes the first one above 0. If none is above 0, it takes the first one that the order has. LivePerson wants the total after discount: put `subtotal` first if that is yours.").
			Default([]any{"revenue", "total", "grand_total", "grandTotal", "value", "subtotal"}).
			Advanced().
			LintRule(settings.Lint(`root = if (this.type() == "array" && this.length() == 0) || (this.type() == "string" && this.trim() == "") { "` + noOrderTotal + `" }`)),
		settings.EnumField(lmFieldCampaign, options[lmFieldCampaign]).
			Description("The events for which the preset sends `mrktInfo`, if they have campaign data: `context.campaign`, or the `utm_` parameters of the page's address.").
			Default("pages").
			Advanced(),
		settings.SwitchField(lmFieldSendPersonal).
			Description("Whether to send `personal`: name, contacts, age, gender, language.").
			Default(true),
		settings.SwitchField(lmFieldSendCustomerID).
			Description("Whether to send the user id as `customerId`. LivePerson's pages contradict each other. One says that unauthenticated conversations fail with it. A newer one treats it like any other attribute. Set it to false if conversations do not start.").
			Default(true).
			Advanced(),
		settings.SwitchField(lmFieldSearch).
			Description("Whether to send searches. LivePerson accepts them from web sites, not from mobile apps. If false, the preset reports only the page of a search.").
			Default(true).
			Advanced(),
		listProducts.Field().
			Description("How many products of a Product List Viewed to send, counted from the first. 0: none.").
			Default(10).
			Advanced(),
		settings.SwitchField(lmFieldOrderUpdates).
			Description("Whether to send Order Updated as `service` with status 1 (in progress).").
			Default(false).
			Advanced(),
		settings.SwitchField(lmFieldSignUpLead).
			Description("Whether to send a sign-up as a `lead` as well.").
			Default(false).
			Advanced(),
		settings.EnumField(lmFieldAccountEvents, options[lmFieldAccountEvents]).
			Description("How the preset `b2b_saas` sends trials, subscriptions, changes of the plan, and invitations.").
			Default("service").
			Advanced(),
		service.NewStringField(lmFieldUserIDSalt).
			Description("A secret. If it is set and an event has no anonymous id, the consumer's id is the HMAC-SHA256 of the user id with this salt, in hexadecimal. LivePerson requires ids that nobody can guess. Empty: an event without an anonymous id fails.").
			Default("").
			Advanced().
			Secret(),
		placeholdersField(),
		maxEventBytes.Field().
			Description("The largest event in bytes. A larger one fails.").
			Default(262144).
			Advanced(),
	}, receipt.Fields()...)
})

// placeholdersField is a field of presets and adapters.
func placeholdersField() *service.ConfigField {
	return service.NewStringListField(lmFieldPlaceholders).
		Description("Texts that your events have in the place of a missing id, such as `test-user`. `liveperson_id` lists the placeholders that are always known. They apply to the ids of orders, consumers, customers, events, visitors and sessions. An id that is a placeholder counts as missing. Upper and lower case make no difference.").
		Default([]any{}).
		Advanced()
}

// The names of the fields, by type.
var (
	stringFields = []string{lmFieldIssuer, lmFieldDefaultCurrency, lmFieldUserIDSalt, lmFieldAccountID}
	listFields   = []string{lmFieldConsentCategories, lmFieldOrderTotal, lmFieldPlaceholders}
	boolFields   = []string{lmFieldDefaultConsent, lmFieldSendPersonal, lmFieldSendCustomerID, lmFieldSearch, lmFieldOrderUpdates, lmFieldSignUpLead}
	counts       = []settings.Count{maxEventBytes, listProducts}
)

// settingsFromParsed returns the values of a preset's fields by their names. The mapping reads them
// with liveperson_setting.
func settingsFromParsed(preset string, conf *service.ParsedConfig) (map[string]any, error) {
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
		if values[name], err = listOf(conf, name); err != nil {
			return nil, err
		}
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
		values[count.Name] = int64(number) // Bloblang's type for whole numbers
	}
	if values[settings.FieldEvents], err = settings.EventsFromParsed(conf, preset); err != nil {
		return nil, err
	}
	categories, err := conf.FieldStringList(lmFieldConsentCategories)
	if err != nil {
		return nil, err
	}
	if err := settings.CheckPurposes(lmFieldConsentCategories, categories); err != nil {
		return nil, err
	}
	if account, _ := values[lmFieldAccountID].(string); settings.CheckAccountID(account) != nil {
		return nil, settings.CheckAccountID(account)
	}
	if texts, _ := values[lmFieldOrderTotal].([]any); len(texts) == 0 {
		return nil, errors.New(noOrderTotal)
	}
	if code, _ := values[lmFieldDefaultCurrency].(string); !currencyCode.MatchString(code) {
		return nil, errors.New(notCurrency)
	}
	return values, nil
}

// listOf returns the value of a list field in the type that Bloblang uses for lists.
func listOf(conf *service.ParsedConfig, name string) ([]any, error) {
	texts, err := settings.Items(conf, name)
	if err != nil {
		return nil, err
	}
	list := make([]any, len(texts))
	for i, text := range texts {
		list[i] = text
	}
	return list, nil
}
