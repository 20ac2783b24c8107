package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/redpanda-data/benthos/v4/public/service"
	"go.yaml.in/yaml/v3"

	"github.com/benthos-liveperson/benthos-liveperson/internal/settings"
)

// pipelineConfig is a config as the doctor reads it, with the variables of the environment in their places.
type pipelineConfig struct {
	wrong      []string // what the linter found, and variables that are not set
	threads    int      // of the pipeline; below 1: one for each CPU core; 1 if it has no processors
	components []component
	caches     []component
}

// component is a component of a config.
type component struct {
	kind, name, label, path string
	yaml                    string         // with its label
	fields                  map[string]any // as they are set, without defaults
}

// text returns the value of a field, or a default.
func (c component) text(field, otherwise string) string {
	if value, set := c.fields[field]; set && value != nil {
		return fmt.Sprint(value)
	}
	return otherwise
}

// list returns the texts of a field.
func (c component) list(field string, otherwise ...string) (texts []string) {
	values, set := c.fields[field].([]any)
	if !set {
		return otherwise
	}
	for _, value := range values {
		texts = append(texts, fmt.Sprint(value))
	}
	return texts
}

// The names of our components that the doctor looks for.
const (
	reportName  = "liveperson_report"
	messageName = "liveperson_message"
	webhookName = "liveperson_webhook"
)

// readConfig reads a config. The error says that the file can't be read. What is wrong inside of it is in the result.
func readConfig(path string) (p pipelineConfig, err error) {
	text, err := os.ReadFile(path)
	if wrong := (*fs.PathError)(nil); errors.As(err, &wrong) { // without the name, which may be a secret whose flag is missing
		return p, fmt.Errorf("the config can't be read: %w: doctor takes one config, and a flag in front of each other value", wrong.Err)
	}
	lints, err := configSchema().NewStreamConfigLinter().LintYAML(text)
	if err != nil {
		return p, fmt.Errorf("the config is not YAML: %w", err)
	}
	for _, lint := range lints {
		p.wrong = append(p.wrong, fmt.Sprintf("line %d: %s", lint.Line, lint.What))
	}
	var variables environment
	whole, err := parts(string(text), &variables)
	if err == nil {
		err = variables.check()
	}
	if err == nil {
		err = p.addComponents(whole)
	}
	if err != nil && len(p.wrong) == 0 {
		p.wrong = append(p.wrong, err.Error())
	}
	return p, nil
}

// parts returns the parts of a config that have components. Benthos' other ways to read a config hide the secrets.
func parts(text string, variables *environment) (map[string]any, error) {
	querier := configSchema().NewConfigQuerier()
	querier.SetEnvVarLookupFunc(func(_ context.Context, name string) (string, bool) { return variables.lookUp(name) })
	file, err := querier.ParseYAML(text)
	if err != nil {
		return nil, err
	}
	whole := map[string]any{}
	for _, name := range []string{"input", "pipeline", "output", "input_resources", "processor_resources", "output_resources", "cache_resources", "rate_limit_resources"} {
		parsed, err := file.FieldAtPath(name)
		if err != nil {
			continue // the config does not have it
		}
		value, err := parsed.FieldAny()
		if err != nil {
			return nil, err
		}
		if whole[name], err = plain(value); err != nil {
			return nil, err
		}
	}
	return whole, nil
}

// plain replaces the YAML nodes in a value by what they stand for.
func plain(value any) (any, error) {
	var err error
	switch v := value.(type) {
	case interface{ Decode(any) error }:
		var decoded any
		err = v.Decode(&decoded)
		return decoded, err
	case map[string]any:
		for name, inner := range v {
			if v[name], err = plain(inner); err != nil {
				return nil, err
			}
		}
	case []any:
		for i, inner := range v {
			if v[i], err = plain(inner); err != nil {
				return nil, err
			}
		}
	}
	return value, nil
}

func (p *pipelineConfig) addComponents(whole map[string]any) error {
	p.threads = 1
	if pipeline, _ := whole["pipeline"].(map[string]any); pipeline != nil {
		if processors, _ := pipeline["processors"].([]any); len(processors) > 0 {
			p.threads, _ = pipeline["threads"].(int)
		}
	}
	return configSchema().NewStreamConfigWalker().WalkComponentsAny(whole, func(w *service.WalkedComponent) error {
		c := component{kind: w.ComponentType, name: w.Name, label: w.Label, path: w.Path, yaml: w.ConfigYAML()}
		value, err := w.ConfigAny()
		if err != nil {
			return err
		}
		whole, _ := value.(map[string]any)
		c.fields, _ = whole[c.name].(map[string]any)
		p.components = append(p.components, c)
		if c.kind == "cache" && c.label != "" {
			p.caches = append(p.caches, c)
		}
		return nil
	})
}

// named returns the components of a name.
func (p pipelineConfig) named(names ...string) (found []component) {
	for _, c := range p.components {
		for _, name := range names {
			if c.name == name {
				found = append(found, c)
			}
		}
	}
	return found
}

// clientSpec has the settings of our components that decide how LivePerson is reached.
func clientSpec() *service.ConfigSpec {
	return service.NewConfigSpec().Field(settings.AccountField()).Fields(settings.AdvancedFields()...)
}

// use takes what the first of our components says about the account. A flag counts only for what the config does not say.
func (p pipelineConfig) use(s *clientSettings) error {
	for _, c := range p.named(reportName, "liveperson_engagement", messageName, "liveperson_readback") {
		text, err := yaml.Marshal(c.fields)
		if err != nil {
			return err
		}
		parsed, err := clientSpec().ParseYAML(string(text), nil)
		if err != nil {
			return fmt.Errorf("%s: %w", c.path, err)
		}
		conf, err := settings.FromParsed(parsed)
		if err != nil {
			return fmt.Errorf("%s: %w", c.path, err)
		}
		if !s.configured {
			s.configured = true
			s.account, s.domainAPI, s.tls, s.proxyURL = conf.AccountID, conf.DomainAPI, conf.TLS, conf.ProxyURL
		} else if conf.AccountID != s.account || conf.DomainAPI != s.domainAPI {
			return errors.New(c.path + ": has another account_id or domain_api than the components before it: the doctor checks one account at a time, so split the config")
		}
		for field, value := range map[string]*string{
			"app_installation_id": &s.app, "monitoring_domain": &s.monitoringDomain, "client_id": &s.clientID, "client_secret": &s.clientSecret,
		} {
			if text := strings.TrimSpace(c.text(field, "")); text != "" {
				*value = text
			}
		}
	}
	return nil
}
