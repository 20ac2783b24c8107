package settings

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/redpanda-data/benthos/v4/public/service"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/benthos-liveperson/benthos-liveperson/internal/liveperson"
)

// component returns functions that lint and build a component with all fields of this package.
func component(t *testing.T) (lint, build func(field, value string) string) {
	t.Helper()
	spec := service.NewConfigSpec().Field(AccountField()).Field(AppInstallationField()).Field(MonitoringDomainField()).Fields(AdvancedFields()...).Fields(MonitoringFields()...)
	env := service.NewEnvironment()
	require.NoError(t, env.RegisterProcessor("component", spec, func(*service.ParsedConfig, *service.Resources) (service.Processor, error) {
		return nil, nil
	}))
	yaml := func(field, value string) string {
		quoted, err := json.Marshal(value)
		require.NoError(t, err)
		return "account_id: \"1\"\napp_installation_id: a\n" + field + ": " + string(quoted)
	}
	lint = func(field, value string) string {
		lints, err := env.NewComponentConfigLinter().SetSkipEnvVarCheck(true).LintProcessorYAML([]byte("component:\n  " + strings.ReplaceAll(yaml(field, value), "\n", "\n  ")))
		require.NoError(t, err)
		var texts []string
		for _, l := range lints {
			texts = append(texts, l.What)
		}
		return strings.Join(texts, "; ")
	}
	build = func(field, value string) string {
		parsed, err := spec.ParseYAML(yaml(field, value), env)
		require.NoError(t, err)
		c, err := FromParsed(parsed)
		if err == nil {
			var a *liveperson.Account
			if a, err = c.Client(1); err == nil {
				var o liveperson.MonitoringOptions
				if o, err = MonitoringFromParsed(parsed); err == nil {
					_, err = a.Monitoring(o)
				}
			}
		}
		if err != nil {
			return err.Error()
		}
		return ""
	}
	return lint, build
}

// The linter and the constructor of a component refuse the same values.
func TestURLsAreLinted(t *testing.T) {
	t.Parallel()
	lint, build := component(t)
	hosts := map[string]string{ // to a part of the linter's text; empty: good
		"va.v.liveperson.net": "", "va.v.liveperson.net:8443": "", "https://va.v.liveperson.net": "", "https://va.v.liveperson.net/": "",
		"HTTPS://va.v.liveperson.net": "", "192.0.2.1": "", "[2001:db8::1]:8443": "", "http://localhost:8090": "", "HTTP://LOCALHOST": "",
		"http://127.0.0.1:8090": "", "http://127.8.9.1/": "", "http://[::1]:8090": "", "счёт.example.com": "",

		"http://va.v.liveperson.net": "plain http", "HTTP://va.v.liveperson.net": "plain http", "http://192.168.0.7:1": "plain http",
		"http://0.0.0.0": "plain http", "http://localhost.example.com": "plain http", "http://127.0.0.1.example.com": "plain http",
		"http://[2001:db8::1]": "plain http", "http://[fe80::1]:1": "plain http", "ftp://va.v.liveperson.net": "scheme",
		"ws://va.v.liveperson.net": "scheme", "https://u:hunter2@va.v.liveperson.net": "user name", "u:hunter2@va.v.liveperson.net": "user name",
		"https://va.v.liveperson.net/api": "expected a host", "va.v.liveperson.net/api": "expected a host", "https://va.v.liveperson.net?a=b": "expected a host",
		"https://va.v.liveperson.net#a": "expected a host", "https://": "expected a host", ":8090": "expected a host", "/": "expected a host",
		" va.v.liveperson.net": "expected a host", "va.v.live person.net": "expected a host", "va%20.example.com": "expected a host",
		"va.v.liveperson.net:https": "expected a host", "2001:db8::1": "expected a host", "[2001:db8::1": "expected a host", `a\b`: "expected a host",
	}
	for _, field := range []string{aFieldDomainAPI, aFieldMonitoringDomain} {
		for value, want := range hosts {
			assertFound(t, field, value, want, lint(field, value), build(field, value))
		}
	}
	for value, want := range map[string]string{
		"": "", "http://proxy.example.com:3128": "", "https://proxy.example.com": "", "socks5://127.0.0.1:1080": "", "socks5h://[::1]:1080": "",
		"http://user:hunter2@proxy.example.com:3128/": "", "HTTP://proxy.example.com": "",

		"proxy.example.com:3128": "expected a URL", "proxy.example.com": "expected a URL", "http://": "expected a URL", "http://:3128": "expected a URL",
		"ftp://user:hunter2@proxy.example.com": "expected a URL", "socks4://proxy.example.com": "expected a URL", "user:hunter2@proxy.example.com:3128": "expected a URL",
		"http://user:hunter2@": "expected a URL", "http://proxy.example.com/pac": "expected a URL", "http://proxy.example.com:port": "expected a URL",
		"http:/proxy.example.com": "expected a URL", "http://a b": "expected a URL",
	} {
		assertFound(t, aFieldProxyURL, value, want, lint(aFieldProxyURL, value), build(aFieldProxyURL, value))
	}
	for value, want := range map[string]string{
		"10s": "", "1m30s": "", "1.5s": "", "1ns": "", ".5s": "", "+2s": "",
		"0s": "more than 0s", "0": "expected a duration", "0h0m0s": "more than 0s", "0.0s": "more than 0s", "-1s": "expected a duration",
		"9999999999s": "expected a duration", "": "expected a duration", "10": "expected a duration", "soon": "expected a duration", "-0s": "expected a duration",
	} {
		assertFound(t, aFieldTimeout, value, want, lint(aFieldTimeout, value), build(aFieldTimeout, value))
	}
}

func assertFound(t *testing.T, field, value, want, linted, built string) {
	t.Helper()
	where := field + ": " + value
	if want == "" {
		assert.Empty(t, linted, where)
		assert.Empty(t, built, where)
		return
	}
	assert.Contains(t, linted, field+": ", where)
	assert.Contains(t, linted, want, where)
	assert.Contains(t, built, field, where)
	for _, text := range []string{linted, built} {
		assert.NotContains(t, text, "hunter2", where)
	}
}
