package sandbox_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/benthos-liveperson/benthos-liveperson/internal/doctest"
	"github.com/benthos-liveperson/benthos-liveperson/internal/sde"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/chaos"
)

// faultMembers returns the members of the table, parameters included.
func faultMembers() []string {
	var members []string
	for _, f := range chaos.FaultKinds() {
		members = append(members, f.Name)
		for _, p := range f.Parameters {
			members = append(members, p.Name)
		}
	}
	return members
}

func TestTheTableHasEveryFaultThatARuleCanHave(t *testing.T) {
	t.Parallel()
	var read []string
	for _, field := range reflect.VisibleFields(reflect.TypeFor[chaos.Fault]()) {
		if field.IsExported() {
			read = append(read, field.Tag.Get("yaml"))
		}
	}
	assert.ElementsMatch(t, read, faultMembers())
}

func TestEachValueOfTheFaultTableIsARule(t *testing.T) {
	t.Parallel()
	samples := map[string]string{"latency": "1ms", "status": "503", "loading": "true", "content_type": "text/plain", "vanish": "cart"}
	for _, f := range chaos.FaultKinds() {
		values := f.Values
		if values == nil {
			require.Contains(t, samples, f.Name)
			values = []string{samples[f.Name]}
		}
		for _, value := range values {
			s := newSandbox(t, sandbox.Options{})
			status, text := fetch(t, s, http.MethodPut, "/sandbox/chaos", "rules: [{endpoint: report, "+f.Name+": "+value+"}]")
			assert.Equal(t, http.StatusOK, status, text)
		}
	}
}

func TestTheOpenAPIDocumentHasTheFaultTable(t *testing.T) {
	t.Parallel()
	var api described
	_, text := fetch(t, newSandbox(t, sandbox.Options{}), http.MethodGet, "/sandbox/openapi.json", "")
	require.NoError(t, json.Unmarshal([]byte(text), &api))
	rule := api.Components.Schemas["Rule"].Properties
	assert.Equal(t, chaos.Endpoints(), rule["endpoint"].Enum)
	for _, name := range faultMembers() {
		assert.Contains(t, rule, name)
	}
	for _, f := range chaos.FaultKinds() {
		assert.Equal(t, f.Values, rule[f.Name].Enum, f.Name)
	}
	for _, field := range reflect.VisibleFields(reflect.TypeFor[chaos.Rule]()) {
		if name, _, _ := strings.Cut(field.Tag.Get("yaml"), ","); name != "" {
			assert.Contains(t, rule, name)
		}
	}
}

func TestTheGuideHasTheFaultTable(t *testing.T) {
	t.Parallel()
	var table strings.Builder
	table.WriteString("| member | what happens | values | with it |\n|---|---|---|---|\n")
	for _, f := range chaos.FaultKinds() {
		parameters := make([]string, len(f.Parameters))
		for i, p := range f.Parameters {
			parameters[i] = fmt.Sprintf("`%s`: %s", p.Name, p.Effect)
		}
		values := f.Type
		if f.Values != nil {
			values = "`" + strings.Join(f.Values, "`, `") + "`"
		}
		fmt.Fprintf(&table, "| `%s` | %s | %s | %s |\n", f.Name, f.Effect, values, strings.Join(parameters, "; "))
	}
	doctest.Section(t, "../docs/sandbox.md", "faults", "go test ./sandbox -run FaultTable -update", table.String())
}

func TestTheGuideHasTheEndpointList(t *testing.T) {
	doctest.Section(t, "../docs/sandbox.md", "endpoints", "go test ./sandbox -run EndpointList -update",
		"The endpoints are `"+strings.Join(chaos.Endpoints(), "`, `")+"`.\n")
}

// The Visit Information API shows each type that package sde knows: an attribute as an event, an impression in its engagement.
func TestEveryAttributeTypeIsReadBack(t *testing.T) {
	t.Parallel()
	require.NotEmpty(t, sde.WriteTypes())
	for _, kind := range sde.WriteTypes() {
		s := newSandbox(t, sandbox.Options{})
		asked := engage(t, s, `{"consumerId":"jane"}`)
		before := readBack(t, s, asked)
		attribute := fmt.Sprintf(`{"type":%q}`, kind)
		if sde.IsImpression(kind) {
			attribute = fmt.Sprintf(`{"type":%q,"campaign":2695999112,"engId":2696029112,"revision":3}`, kind)
		}
		sent := report(t, s, `{"engagementAttributes":[`+attribute+`]}`, "vid", asked.VisitorID, "sid", asked.SessionID)
		require.Less(t, sent.status, 300, "%s: %s", kind, sent.text)
		assert.NotEqual(t, before, readBack(t, s, asked), "the sandbox reads nothing back for %s: add it to internal/monitoring/readback.go", kind)
	}
}

// readBack returns the members of a session that have attributes and impressions.
func readBack(t *testing.T, s *sandbox.Sandbox, at answer) string {
	t.Helper()
	_, members := visit(t, s, at)
	return string(members["events"]) + string(members["engagements"])
}
