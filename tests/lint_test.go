package tests

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/redpanda-data/benthos/v4/public/service"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The least that a component needs. Nothing listens at these addresses.
var least = map[string]string{
	"liveperson_report":     `account_id: "1", app_installation_id: a, domain_api: "http://127.0.0.1:9"`,
	"liveperson_message":    `account_id: "1", client_id: a, client_secret: b, domain_api: "http://127.0.0.1:9"`,
	"liveperson_engagement": `account_id: "1", app_installation_id: a, domain_api: "http://127.0.0.1:9"`,
	"liveperson_webhook":    `account_id: "1", client_id: a, client_secrets: [b], address: "127.0.0.1:0"`,
	"liveperson_map":        `preset: retail`,
}

// kinds are where a component may stand.
var kinds = map[string][]string{
	"liveperson_report": {"output"}, "liveperson_message": {"output", "processor"}, "liveperson_webhook": {"input"},
}

// configOf gives the component with its least fields and one other, as JSON is YAML.
func configOf(name, field string) string {
	fields := map[string]string{}
	var order []string
	for _, f := range []string{least[name], field} {
		for _, f := range splitFields(f) {
			key, _, _ := strings.Cut(f, ":")
			if _, exists := fields[key]; !exists {
				order = append(order, key)
			}
			fields[key] = f
		}
	}
	text := name + ":\n"
	for _, key := range order {
		text += "  " + fields[key] + "\n"
	}
	if len(order) == 0 {
		text = name + ": {}\n"
	}
	return text
}

// splitFields parts the fields of a flow mapping without braces.
func splitFields(text string) (fields []string) {
	depth, start := 0, 0
	quoted := rune(0)
	for i, r := range text {
		switch {
		case quoted != 0:
			if r == quoted {
				quoted = 0
			}
		case r == '"' || r == '\'':
			quoted = r
		case r == '[' || r == '{':
			depth++
		case r == ']' || r == '}':
			depth--
		case r == ',' && depth == 0:
			fields, start = append(fields, strings.TrimSpace(text[start:i])), i+1
		}
	}
	if rest := strings.TrimSpace(text[start:]); rest != "" {
		fields = append(fields, rest)
	}
	return fields
}

func kindsOf(name string) []string {
	if k, exists := kinds[name]; exists {
		return k
	}
	return []string{"processor"}
}

// lintsOf gives what the linter finds.
func lintsOf(t *testing.T, kind, yaml string) string {
	t.Helper()
	lints, err := service.GlobalEnvironment().NewComponentConfigLinter().SetSkipEnvVarCheck(true).LintYAML(kind, []byte(yaml))
	require.NoError(t, err, yaml)
	texts := make([]string, len(lints))
	for i, lint := range lints {
		texts[i] = lint.What
	}
	return strings.Join(texts, "; ")
}

// startOf gives the error of starting the component without the linter. What starts is
// stopped at once.
func startOf(t *testing.T, kind, yaml string) error {
	t.Helper()
	builder := service.GlobalEnvironment().NewStreamBuilder()
	builder.DisableLinting()
	builder.SetLogger(slog.New(slog.DiscardHandler))
	parts := map[string]string{"input": "generate: {mapping: 'root = deleted()', interval: 1h}", "processor": "noop: {}", "output": "drop: {}"}
	parts[kind] = yaml
	for kind, add := range map[string]func(string) error{"input": builder.AddInputYAML, "processor": builder.AddProcessorYAML, "output": builder.AddOutputYAML} {
		if err := add(parts[kind]); err != nil {
			return err
		}
	}
	stream, err := builder.Build()
	if err != nil {
		return err
	}
	stopped, stop := context.WithCancel(t.Context())
	stop()
	if err := stream.Run(stopped); !errors.Is(err, context.Canceled) {
		return err
	}
	_ = stream.Stop(stopped) // it says that it was not graceful
	return nil
}

const (
	wholeNumber = "expected a whole number"
	trueOrFalse = "expected true or false"
	aDuration   = "expected a duration"
	oneOf       = "expected one of"
)

// wrong are values that the linter finds, by component: a field's value, and what the
// linter says about it. A component refuses to start with them, and names the field.
var wrong = map[string]map[string]string{
	"liveperson_report": {
		`account_id: "shop"`:                    "digits alone",
		`account_id: "12345678/app"`:            "digits alone",
		`account_id: "https://x/12345678"`:      "digits alone",
		`account_id: " 12345678"`:               "digits alone",
		`account_id: "12345678 "`:               "digits alone",
		`account_id: -1`:                        "digits alone",
		`account_id: 1.5`:                       "digits alone",
		`account_id: 1e7`:                       "digits alone",
		`account_id: 12_345_678`:                "digits alone",
		`account_id: "١٢٣"`:                     "digits alone",
		`account_id: "0x12"`:                    "digits alone",
		`account_id: true`:                      "digits alone",
		`app_installation_id: "a b"`:            "an id can't have",
		`app_installation_id: https://x/y`:      "an id can't have",
		`api_version: "2.0"`:                    `expected "1.0" or "1.1"`,
		`api_version: ""`:                       `expected "1.0" or "1.1"`,
		`api_version: 1`:                        `expected "1.0" or "1.1"`,
		`on_behalf_of_visitor: maybe`:           trueOrFalse,
		`on_behalf_of_visitor: 1`:               trueOrFalse,
		`accept_any_200: [true]`:                trueOrFalse,
		`accept_any_200: {}`:                    trueOrFalse,
		`accept_any_200: ""`:                    trueOrFalse,
		`allow_personal_ids: ~`:                 trueOrFalse,
		`coalesce: sometimes`:                   trueOrFalse,
		`coalesce: true, ordering: none`:        "needs ordering: consumer",
		`coalesce: yes, ordering: None`:         "needs ordering: consumer",
		`coalesce_count: 0`:                     "must be at least 1",
		`coalesce_count: many`:                  wholeNumber,
		`coalesce_count: ""`:                    wholeNumber,
		`coalesce_bytes: -1`:                    "must be at least 1",
		`coalesce_bytes: 64KiB`:                 wholeNumber,
		`concurrency: many`:                     wholeNumber,
		`concurrency: "64"`:                     wholeNumber,
		`concurrency: 1.5`:                      wholeNumber,
		`concurrency: 0`:                        "must be at least 1",
		`concurrency: -64`:                      "must be at least 1",
		`concurrency: 0.0`:                      "must be at least 1",
		`concurrency: ~`:                        wholeNumber,
		`concurrency: true`:                     wholeNumber,
		`concurrency: [64]`:                     wholeNumber,
		`concurrency: {a: 64}`:                  wholeNumber,
		`concurrency: .nan`:                     wholeNumber,
		`concurrency: .inf`:                     wholeNumber,
		`concurrency: 99999999999999999999`:     "",
		`concurrency: 4294967296`:               "at most 2147483647",
		`max_in_flight: 0`:                      "must be from 1 to 2048",
		`max_in_flight: -1`:                     "must be from 1 to 2048",
		`max_in_flight: 2049`:                   "must be from 1 to 2048",
		`max_in_flight: 1000000000`:             "must be from 1 to 2048",
		`max_in_flight: all`:                    wholeNumber,
		`retry_pauses: [soon]`:                  "expected a list of durations",
		`retry_pauses: [3s, ""]`:                "expected a list of durations",
		`retry_pauses: [3]`:                     "expected a list of durations",
		`retry_pauses: [-3s]`:                   "expected a list of durations",
		`session_idle: 0s`:                      "must be more than 0s",
		`session_idle: 0h0m0.0s`:                "must be more than 0s",
		`session_idle: -30m`:                    aDuration,
		`session_idle: ""`:                      aDuration,
		`session_idle: ~`:                       aDuration,
		`session_idle: 30`:                      aDuration,
		`session_idle: 30 m`:                    aDuration,
		`session_idle: half an hour`:            aDuration,
		`session_idle: 1d`:                      aDuration,
		`session_idle: true`:                    aDuration,
		`session_lifetime: 99999999h`:           aDuration,
		`session_lifetime: 6h!`:                 aDuration,
		`session_lifetime: 0s`:                  "must be more than 0s",
		`dedupe_window: 0s`:                     "must be more than 0s",
		`dedupe_window: 24`:                     aDuration,
		`batching: {count: -1}`:                 "must be at least 0",
		`batching: {byte_size: -1}`:             "must be at least 0",
		`batching: {count: 5, period: soon}`:    aDuration,
		`batching: {count: 5, period: 0s}`:      aDuration,
		`batching: {count: 5, period: 10}`:      aDuration,
		`concurrency: "${! 5 }"`:                wholeNumber,
		`coalesce: "${! true }"`:                trueOrFalse,
		`session_idle: "${! @idle }"`:           aDuration,
		`account_id: "${! @account }"`:          "digits alone",
		`retry_pauses: ["${! @pause }"]`:        "expected a list of durations",
		`dedupe: orders`:                        oneOf,
		`dedupe: ""`:                            oneOf,
		`ordering: strict`:                      oneOf,
		`ordering: ""`:                          oneOf,
		`validation: loose`:                     oneOf,
		`method: GET`:                           oneOf,
		`method: ""`:                            oneOf,
		`on_refused_account: panic`:             oneOf,
		`consumer: '${! json(" }'`:              "",
		`consumer: '${! nothing_like_this() }'`: "",
	},
	"liveperson_message": {
		`account_id: shop`:                            "digits alone",
		`client_id: "a/b"`:                            "an id can't have",
		`client_id: "a b"`:                            "an id can't have",
		`action: shout`:                               oneOf,
		`action: ""`:                                  "",
		`close_scope: all`:                            oneOf,
		`on_timeout: wait`:                            oneOf,
		`split: maybe`:                                trueOrFalse,
		`split: 1`:                                    trueOrFalse,
		`max_parts: 0`:                                "must be at least 1",
		`max_parts: many`:                             wholeNumber,
		`max_parts: 2.5`:                              wholeNumber,
		`max_parts: "20"`:                             wholeNumber,
		`features: [""]`:                              "an item is empty",
		`features: [RICH_CONTENT, " "]`:               "an item is empty",
		`concurrency: many`:                           wholeNumber,
		`retry_pauses: [soon]`:                        "expected a list of durations",
		`conversation: {skill_id: sales}`:             "expected a number",
		`conversation: {skill_id: "1 2"}`:             "expected a number",
		`conversation: {ttr: soon}`:                   oneOf,
		`conversation: {campaign_id: "1"}`:            "give both or neither",
		`conversation: {engagement_id: "1"}`:          "give both or neither",
		`conversation: {campaign_id: '${! this.c }'}`: "give both or neither",
		`conversation: {campaign_id: spring, engagement_id: "1"}`: "expected a number",
		`conversation: {campaign_id: "1", engagement_id: banner}`: "expected a number",
	},
	"liveperson_engagement": {
		`account_id: shop`:              "digits alone",
		`api: chat`:                     oneOf,
		`api: ""`:                       oneOf,
		`operation: tell`:               oneOf,
		`operation: update`:             "is for api: app_engagement",
		`app_type: WEB`:                 oneOf,
		`allow_personal_ids: some`:      trueOrFalse,
		`cache_ttl: 0s`:                 "must be more than 0s",
		`cache_ttl: ""`:                 aDuration,
		`cache_ttl: minute`:             aDuration,
		`cache_ttl: 60`:                 aDuration,
		`retry_pauses: 5s, timeout: 1s`: "",
		`retry_pauses: [soon]`:          "expected a list of durations",
		`retry_pauses: [1s, [2s]]`:      "expected a list of durations",
		`retry_pauses: often`:           "expected a list of durations",
		`retry_pauses: {a: 1s}`:         "expected a list of durations",
		`retry_pauses: ~`:               "expected a list of durations",
		`concurrency: 0`:                "must be at least 1",
		`session_idle: soon`:            aDuration,
		`on_behalf_of_visitor: never`:   trueOrFalse,
		`request_map: 'root = ='`:       "",
		`result_map: 'root = nothing('`: "",
	},
	"liveperson_webhook": {
		`account_id: shop`:                       "digits alone",
		`client_id: a?b`:                         "an id can't have",
		`client_secrets: []`:                     "is empty",
		`require_sha256: perhaps`:                trueOrFalse,
		`own_messages: 2`:                        trueOrFalse,
		`internal_messages: [no]`:                trueOrFalse,
		`all_conversations: none`:                trueOrFalse,
		`path: liveperson`:                       "expected a path",
		`path: ""`:                               "expected a path",
		`path: /a/../b`:                          "expected a path",
		`path: /a//b`:                            "expected a path",
		`path: /a/`:                              "expected a path",
		`path: /a?b=c`:                           "expected a path",
		`path: /{a}`:                             "expected a path",
		`address: localhost`:                     "expected a host and a port",
		`address: "8443"`:                        "expected a host and a port",
		`address: "127.0.0.1:https"`:             "expected a host and a port",
		`address: "127.0.0.1:65536"`:             "expected a host and a port",
		`address: "127.0.0.1:-1"`:                "expected a host and a port",
		`address: "http://0.0.0.0:80"`:           "expected a host and a port",
		`address: "::1:80"`:                      "expected a host and a port",
		`cert_file: a.pem`:                       "give both, or neither",
		`key_file: a.pem`:                        "give both, or neither",
		`address: "", cert_file: a, key_file: b`: "go with address",
		`events: []`:                             "name at least one type",
		`events: [ChatEvent]`:                    oneOf,
		`events: [ContentEvent, ""]`:             oneOf,
		`ack_timeout: 0s`:                        "more than 0s and less than 5s",
		`ack_timeout: 5s`:                        "more than 0s and less than 5s",
		`ack_timeout: 5000ms`:                    "more than 0s and less than 5s",
		`ack_timeout: 60s`:                       "more than 0s and less than 5s",
		`ack_timeout: 1m`:                        "more than 0s and less than 5s",
		`ack_timeout: ""`:                        aDuration,
		`ack_timeout: 2`:                         aDuration,
		`ack_timeout: -2s`:                       aDuration,
		`max_body_bytes: 0`:                      "must be at least 1",
		`max_body_bytes: 1MB`:                    wholeNumber,
		`max_body_bytes: -1`:                     "must be at least 1",
	},
	"liveperson_cart": {
		`key: session`:    oneOf,
		`key: ""`:         oneOf,
		`ttl: 0s`:         "must be more than 0s",
		`ttl: 1w`:         aDuration,
		`ttl: ""`:         aDuration,
		`ttl: -24h`:       aDuration,
		`max_lines: 0`:    "must be from 1 to 1000",
		`max_lines: 1001`: "must be from 1 to 1000",
		`max_lines: all`:  wholeNumber,
		`max_lines: 10.5`: wholeNumber,
	},
	"liveperson_map": {
		`preset: retial`: oneOf,
		`preset: ""`:     oneOf,
	},
	"liveperson_retail": {
		`sde_names: vendor`:        oneOf,
		`unmapped: fail`:           oneOf,
		`campaign: some`:           oneOf,
		`account_events: ""`:       oneOf,
		`default_currency: euro`:   "expected an ISO 4217 code",
		`default_currency: "€"`:    "expected an ISO 4217 code",
		`default_currency: 978`:    "expected an ISO 4217 code",
		`default_consent: maybe`:   trueOrFalse,
		`send_personal: 1`:         trueOrFalse,
		`send_customer_id: ~`:      trueOrFalse,
		`search: some`:             trueOrFalse,
		`order_updates: []`:        trueOrFalse,
		`sign_up_lead: ""`:         trueOrFalse,
		`consent_categories: [""]`: "an item is empty",
		`order_total: []`:          "name a property",
		`order_total: [""]`:        "name a property",
		`list_products: -1`:        "must be at least 0",
		`list_products: all`:       wholeNumber,
		`list_products: 1.5`:       wholeNumber,
		`max_event_bytes: 0`:       "must be at least 1",
		`max_event_bytes: 256KiB`:  wholeNumber,
	},
	"liveperson_lead_generation":  {`unmapped: fail`: oneOf, `max_event_bytes: x`: wholeNumber},
	"liveperson_account":          {`account_events: orders`: oneOf},
	"liveperson_impressions":      {`search: 0`: trueOrFalse},
	"liveperson_from_ga4":         {`max_event_bytes: 0`: "must be at least 1", `max_event_bytes: x`: wholeNumber},
	"liveperson_from_segment":     {`max_event_bytes: ""`: wholeNumber},
	"liveperson_from_snowplow":    {`max_event_bytes: -5`: "must be at least 1"},
	"liveperson_from_rudderstack": {`max_event_bytes: [1]`: wholeNumber},
}

func TestWrongValuesAreLinted(t *testing.T) {
	t.Parallel()
	for name, cases := range wrong {
		for field, want := range cases {
			for _, kind := range kindsOf(name) {
				t.Run(kind+" "+name+" "+field, func(t *testing.T) {
					t.Parallel()
					yaml := configOf(name, field)
					found := lintsOf(t, kind, yaml)
					require.NotEmpty(t, found, "the linter finds nothing")
					assert.Contains(t, found, want)
					named, _, _ := strings.Cut(field, ":")
					if want != "" { // else the text is Benthos' own, which gives the line
						assert.Contains(t, found, named)
					}
					err := startOf(t, kind, yaml)
					require.Error(t, err, "it starts")
					assert.Contains(t, err.Error(), named)
				})
			}
		}
	}
}

// right are values at the edges, and those that variables and Markdown leave.
var right = map[string][]string{
	"liveperson_report": {
		`account_id: 12345678`, `account_id: "012"`, `monitoring_domain: ""`, `api_version: 1.1`, `coalesce: true`, `coalesce: True`, `coalesce: yes`, `coalesce: "on"`,
		`coalesce: no, ordering: none`, `coalesce: "false", ordering: none`, `coalesce_count: 1`, `coalesce_bytes: 1`,
		`concurrency: 1`, `concurrency: 1e2`, `concurrency: 0x10`, `concurrency: 64.0`, `concurrency: 2147483647`, `max_in_flight: 1`, `max_in_flight: 2048`,
		`retry_pauses: []`, `retry_pauses: [0s, 1.5s, 1m30s, +2s, .5s, 1us]`, `session_idle: 1ns`, `session_idle: 0h0m1s`, `session_lifetime: 999999h`,
		`dedupe: off`, `dedupe: Events`, `method: put`, `consumer: '${! json("a") }'`, `on_refused_account: STOP`, `dedupe_cache: ""`, `batching: {count: 10, period: 1s}`, `batching: {count: 0, byte_size: 100}`, `batching: {}`, `batching: {period: ""}`,
	},
	"liveperson_message": {
		`action: Close`, `action: '${! @action }'`, `max_parts: 1`, `features: []`, `features: [RICH_CONTENT]`, `conversation: {}`, `conversation: {skill_id: "-1"}`,
		`conversation: {skill_id: 277498214, ttr: urgent}`, `conversation: {skill_id: '${! this.skill }', ttr: '${! this.ttr }'}`,
		`conversation: {campaign_id: '${! this.c }', engagement_id: '${! this.e }'}`, `conversation: {campaign_id: 1, engagement_id: 2}`,
	},
	"liveperson_engagement": {
		`cache_ttl: 1m`, `retry_pauses: []`, `retry_pauses: [1s]`, `api: App_Engagement, operation: UPDATE`, `api: app_engagement, app_type: msdk`, `request_map: ""`, `concurrency: 1`,
	},
	"liveperson_webhook": {
		`client_secrets: [a, ""]`, `path: /`, `path: /a/b.c`, `address: ":0"`, `address: "[::1]:0"`, `address: "localhost:0"`,
		`ack_timeout: 4.9s`, `ack_timeout: 4999ms`, `ack_timeout: 0m2s`, `max_body_bytes: 1`, `events: [ContentEvent, RichContentEvent]`, `own_messages: yes`,
	},
	"liveperson_cart":     {`ttl: 168h`, `max_lines: 1`, `max_lines: 1000`, `key: Cart_Id`, ``},
	"liveperson_map":      {`preset: Retail`, `preset: from_ga4`},
	"liveperson_retail":   {`default_currency: eur`, `default_currency: ""`, `list_products: 0`, `consent_categories: []`, `user_id_salt: ""`, `issuer: ""`, ``},
	"liveperson_from_ga4": {`max_event_bytes: 1`, ``},
}

func TestRightValuesPass(t *testing.T) {
	t.Parallel()
	for name, fields := range right {
		for _, field := range fields {
			for _, kind := range kindsOf(name) {
				t.Run(kind+" "+name+" "+field, func(t *testing.T) {
					t.Parallel()
					yaml := configOf(name, field)
					assert.Empty(t, lintsOf(t, kind, yaml), yaml)
					assert.NoError(t, startOf(t, kind, yaml), yaml)
				})
			}
		}
	}
}

// No field of a component is without a rule of the linter that finds a value of a wrong
// kind. A new field is asked for one by this test.
func TestEveryFieldIsLinted(t *testing.T) {
	t.Parallel()
	counted := map[string]int{}
	for _, component := range ourComponents(t) {
		for _, field := range withoutForeignMembers(component.Fields) {
			where := component.Name + " " + field.FullName
			values, want := wrongFor(field)
			assert.NotContains(t, []string{"int", "float", "bool"}, field.Type, "%s: Benthos' linter has no rules for wrong types of it: use account.Count or account.SwitchField", where)
			for _, value := range values {
				counted[want[max(0, strings.Index(want, "expected")):]]++
				path := strings.Split(field.FullName, ".")
				yaml := path[0] + ": " + value
				if len(path) == 2 {
					yaml = path[0] + ": {" + path[1] + ": " + value + "}"
				}
				assert.Contains(t, lintsOf(t, component.Type, configOf(component.Name, yaml)), want, "%s: %s", where, value)
			}
		}
	}
	for _, want := range []string{wholeNumber, trueOrFalse, aDuration, oneOf} {
		assert.Greater(t, counted[want], 10, want)
	}
}

// wrongFor gives values that are wrong for a field, going by its default, and what the
// linter says of them.
func wrongFor(field service.TemplateDataPluginField) (values []string, want string) {
	texts := append([]string{field.DefaultMarshalled}, field.ExamplesMarshalled...)
	isDuration := slices.ContainsFunc(texts, func(text string) bool {
		_, err := time.ParseDuration(strings.Trim(strings.TrimSpace(text), `"`))
		return err == nil
	})
	switch kind := fieldType(field); {
	case len(field.AnnotatedOptions) > 0:
		return []string{"no_such_value", "7"}, strings.TrimPrefix(field.FullName, "consent.") + ": " + oneOf
	case kind == "int":
		return []string{"many", `"7"`, `""`, "~", "1.5", "[1]"}, wholeNumber
	case kind == "bool":
		return []string{"maybe", "7", `""`, "~", "[true]"}, trueOrFalse
	case kind == "string" && isDuration:
		return []string{"soon", "-1s", "10", "1 s"}, aDuration
	}
	return nil, ""
}

// The binary's own command finds them too, with the line.
func TestLintCommandFindsWrongValues(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "wrong.yaml")
	require.NoError(t, os.WriteFile(path, []byte(`
input:
  liveperson_webhook: { account_id: "1", client_id: a, client_secrets: [b], cert_file: [c], address: here }
pipeline:
  processors:
    - liveperson_cart: { max_lines: all }
    - liveperson_retail: { search: perhaps }
output:
  liveperson_report:
    account_id: shop
    app_installation_id: a
    concurrency: many
    coalesce: true
    ordering: none
    max_in_flight: 0
    session_idle: ""
`), 0o600))
	stdout, stderr, err := process(t, nil, "lint", path)
	require.Error(t, err)
	for _, want := range []string{
		"(3,1) address: expected a host and a port", "(6,1) max_lines: expected a whole number", "(7,1) search: expected true or false",
		"account_id: an account id has digits alone", "(12,1) concurrency: expected a whole number", "coalesce: needs ordering: consumer",
		"(15,1) max_in_flight: must be from 1 to 2048", "(16,1) session_idle: expected a duration", "(3,1) expected string value",
	} {
		assert.Contains(t, stdout+stderr, want)
	}
}

// In Markdown Benthos does not look variables up.
func TestVariablesInMarkdownPass(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "page.md")
	require.NoError(t, os.WriteFile(path, []byte("```yaml\n"+`
pipeline:
  processors:
    - liveperson_cart: { ttl: "${TTL:1h}", max_lines: "${LINES:10}" }
    - liveperson_retail: { default_currency: "${CURRENCY:}", search: "${SEARCH:true}" }
output:
  liveperson_report:
    account_id: ${LIVEPERSON_ACCOUNT_ID}
    app_installation_id: ${LIVEPERSON_APP_INSTALLATION_ID}
    concurrency: ${CONCURRENCY:64}
    coalesce: ${COALESCE:true}
    session_idle: ${IDLE:30m}
    retry_pauses: [ "${PAUSE:1s}" ]
    api_version: ${VERSION:1.1}
`+"```\n"), 0o600))
	stdout, stderr, err := process(t, nil, "lint", path)
	require.NoError(t, err, stdout+stderr)
}
