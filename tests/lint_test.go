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

// The required fields of each component. Nothing listens at these addresses.
var least = map[string]string{
	"liveperson_report":     `account_id: "1", app_installation_id: a, domain_api: "http://127.0.0.1:9"`,
	"liveperson_message":    `account_id: "1", client_id: a, client_secret: b, domain_api: "http://127.0.0.1:9"`,
	"liveperson_engagement": `account_id: "1", app_installation_id: a, domain_api: "http://127.0.0.1:9"`,
	"liveperson_readback":   `account_id: "1", credentials: {login: {user: u, password: p}}, domain_api: "http://127.0.0.1:9"`,
	"liveperson_webhook":    `account_id: "1", client_id: a, client_secrets: [b], address: "127.0.0.1:0"`,
	"liveperson_map":        `preset: retail`,
}

// kinds are the places in a config where a component may be.
var kinds = map[string][]string{
	"liveperson_report": {"output"}, "liveperson_message": {"output", "processor"}, "liveperson_webhook": {"input"},
}

// configOf returns a component with its required fields and one other field.
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

// splitFields splits the fields of a YAML flow mapping without braces.
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

// lintsOf returns the errors of the linter.
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

// startOf returns the error of starting the component without the linter. If the component starts,
// startOf stops it at once.
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
						assertOnErrorsPage(t, found)
					}
					err := startOf(t, kind, yaml)
					require.Error(t, err, "it starts")
					assert.Contains(t, err.Error(), named)
				})
			}
		}
	}
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

// Each field must have a rule for the linter that finds values of a wrong type. The test fails for a new
// field without a rule.
func TestEveryFieldIsLinted(t *testing.T) {
	t.Parallel()
	counted := map[string]int{}
	for _, component := range ourComponents(t) {
		for _, field := range withoutForeignMembers(component.Fields) {
			where := component.Name + " " + field.FullName
			values, want := wrongFor(field)
			assert.NotContains(t, []string{"int", "float", "bool"}, field.Type, "%s: Benthos' linter has no rules for wrong types of it: use settings.Count or settings.SwitchField", where)
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

// wrongFor returns wrong values for a field, chosen by its default, and the linter's error for them.
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

// The lint command finds wrong values too, and names the line.
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

// Benthos does not look up variables in Markdown.
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
