package sandbox_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox"
)

// schema has the members of JSON Schema that the OpenAPI document uses.
type schema struct {
	Ref                  string            `json:"$ref"`
	Type                 string            `json:"type"`
	Enum                 []string          `json:"enum"`
	Properties           map[string]schema `json:"properties"`
	AdditionalProperties *schema           `json:"additionalProperties"`
	Required             []string          `json:"required"`
	Items                *schema           `json:"items"`
	AnyOf                []schema          `json:"anyOf"`
}

type described struct {
	Paths      map[string]map[string]json.RawMessage `json:"paths"`
	Components struct {
		Schemas map[string]schema `json:"schemas"`
	} `json:"components"`
}

// differ lists the differences between a value and its schema. A member that is not described is a difference, unless the
// schema describes no members at all.
func (d described) differ(s schema, value any, at string) []string {
	if s.Ref != "" {
		component, found := d.Components.Schemas[path.Base(s.Ref)]
		if !found {
			return []string{at + ": " + s.Ref + " is missing"}
		}
		s = component
	}
	if len(s.AnyOf) > 0 {
		var wrong []string
		for _, one := range s.AnyOf {
			found := d.differ(one, value, at)
			if len(found) == 0 {
				return nil
			}
			wrong = append(wrong, found...)
		}
		return wrong
	}
	if value == nil && s.Type != "" && s.Type != "null" {
		return []string{at + ": null"}
	}
	if text, _ := value.(string); len(s.Enum) > 0 && !slices.Contains(s.Enum, text) {
		return []string{fmt.Sprintf("%s: %q is none of %v", at, value, s.Enum)}
	}
	kinds := map[string]string{"object": "map[string]interface {}", "array": "[]interface {}", "string": "string", "boolean": "bool", "integer": "float64", "number": "float64", "null": "<nil>"}
	if s.Type != "" && fmt.Sprintf("%T", value) != kinds[s.Type] {
		return []string{fmt.Sprintf("%s: %T is no %s", at, value, s.Type)}
	}
	var wrong []string
	switch v := value.(type) {
	case []any:
		for i, item := range v {
			if s.Items != nil {
				wrong = append(wrong, d.differ(*s.Items, item, fmt.Sprintf("%s[%d]", at, i))...)
			}
		}
	case map[string]any:
		for _, name := range s.Required {
			if _, there := v[name]; !there {
				wrong = append(wrong, at+"."+name+": is missing")
			}
		}
		for name, member := range v {
			switch known, found := s.Properties[name]; {
			case found:
				wrong = append(wrong, d.differ(known, member, at+"."+name)...)
			case s.AdditionalProperties != nil:
				wrong = append(wrong, d.differ(*s.AdditionalProperties, member, at+"."+name)...)
			case len(s.Properties) > 0:
				wrong = append(wrong, at+"."+name+": is not described")
			}
		}
	}
	return wrong
}

// TestAnswersAreAsDescribed calls every operation, also with wrong requests, in a sandbox with calls and conversations.
func TestAnswersAreAsDescribed(t *testing.T) {
	t.Parallel()
	s := newSandbox(t, sandbox.Options{Examples: []sandbox.Example{{Name: "page", Preset: "retail", Event: json.RawMessage(`{"type":"page"}`)}}})
	pipeline := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(pipeline.Close)
	at := report(t, s, sampleReport)
	asked := engage(t, s, `{"consumerId":"jane"}`)
	report(t, s, sampleImpression, "vid", asked.VisitorID, "sid", asked.SessionID)
	report(t, s, lead("jane", "L-2"))
	report(t, s, lead("jane", "L-1"))
	report(t, s, lead("jane", "L-1"))
	report(t, s, `{"engagementAttributes":[7]}`)
	get(t, s, visitTarget(at))
	get(t, s, "/api/nothing")
	get(t, s, "/api/account/12345678/service/smt/baseURI.json?version=1.0")
	conversation := converse(t, s, "jane", "")
	page := func(of string) string {
		return strings.NewReplacer("{consumer}", "jane", "{file}", "report.json", "{conversation}", conversation, "{id}", "1", "{name}", "page").Replace(of)
	}
	// Deletions and the reset come last, because they remove what other pages show.
	asks := []struct{ method, path, query, body string }{
		{"get", "/sandbox/all", "", ""}, {"get", "/sandbox/all", "?limit=x", ""},
		{"get", "/sandbox/good", "?type=lead", ""}, {"get", "/sandbox/good", "?x=1", ""},
		{"get", "/sandbox/bad", "", ""}, {"get", "/sandbox/bad", "?since=x", ""},
		{"get", "/sandbox/consumers", "?limit=1", ""}, {"get", "/sandbox/consumers", "?limit=x", ""},
		{"get", "/sandbox/consumers/{consumer}", "?order_by=engagementAttributes.0.lead.leadId", ""}, {"get", "/sandbox/consumers/{consumer}", "?x=1", ""},
		{"get", "/sandbox/consumers/{consumer}", "?type=none", ""},
		{"get", "/sandbox/wait", "", ""}, {"get", "/sandbox/wait", "?count=99&timeout=0s", ""}, {"get", "/sandbox/wait", "?count=x", ""},
		{"get", "/sandbox/events", "", ""}, {"get", "/sandbox/events", "?x=1", ""},
		{"get", "/sandbox/calls/{id}", "", ""}, {"get", "/sandbox/counts", "", ""}, {"get", "/sandbox/counts", "?x=1", ""}, {"get", "/sandbox/state", "", ""},
		{"post", "/sandbox/receipts", "", `{"version":1,"result":"dropped"}`}, {"post", "/sandbox/receipts", "", "7"},
		{"get", "/sandbox/export", "", ""}, {"get", "/sandbox/export", "?format=har", ""}, {"get", "/sandbox/export", "?format=x", ""},
		{"post", "/sandbox/verify", "", "expect: [{min: 1}]"}, {"post", "/sandbox/verify", "", "expect: [{count: 99}]"},
		{"post", "/sandbox/verify", "?format=junit", "expect: [{count: 99}]"}, {"post", "/sandbox/verify", "", "expect: 7"},
		{"put", "/sandbox/clock", "", `{"advance":"1m"}`}, {"put", "/sandbox/clock", "", `{}`}, {"get", "/sandbox/clock", "", ""},
		{"get", "/sandbox/examples", "", ""}, {"post", "/sandbox/examples/{name}", "", `{"to":"` + pipeline.URL + `"}`},
		{"post", "/sandbox/examples/{name}", "", `{"to":"http://192.0.2.1/"}`}, {"post", "/sandbox/examples/{name}", "", `{"to":"http://127.0.0.1:1/"}`},
		{"get", "/sandbox/schemas/{file}", "", ""}, {"get", "/sandbox/assumptions", "", ""}, {"get", "/sandbox/openapi.json", "", ""},
		{"get", "/sandbox/metrics", "", ""}, {"get", "/sandbox/health", "", ""},
		{"put", "/sandbox/campaigns", "", "engagements: []"}, {"put", "/sandbox/campaigns", "", "7"}, {"get", "/sandbox/campaigns", "", ""},
		{"get", "/sandbox/storage", "", ""}, {"put", "/sandbox/storage", "", "names: signal"}, {"put", "/sandbox/storage", "", "names: x"},
		{"delete", "/sandbox/storage", "", ""},
		{"put", "/sandbox/chaos", "", "rules: [{endpoint: domain, quota: {calls: 1, per: 1s}, probability: 0.5, seed: 3, status: 429, retry_after: 1s}, {endpoint: all, skip: 9, body: malformed}]"},
		{"put", "/sandbox/chaos", "", "7"}, {"get", "/sandbox/chaos", "", ""},
		{"get", "/sandbox/conversations", "", ""}, {"get", "/sandbox/conversations", "?x=1", ""},
		{"post", "/sandbox/conversations", "", `{"consumer":"mary","text":"hello"}`}, {"post", "/sandbox/conversations", "", `{"consumer":"mary","text":"hello"}`},
		{"post", "/sandbox/conversations", "", `{}`},
		{"get", "/sandbox/conversations/{conversation}", "", ""}, {"post", "/sandbox/conversations/{conversation}", "", `{}`},
		{"post", "/sandbox/conversations/{conversation}", "", `{"answer":"yes","rich":{"type":"vertical"},"close":true}`},
		{"post", "/sandbox/conversations/{conversation}", "", `{"answer":"yes"}`},
		{"put", "/sandbox/webhooks", "", `{"endpoint":"http://127.0.0.1:1/x"}`}, {"put", "/sandbox/webhooks", "", "7"}, {"get", "/sandbox/webhooks", "", ""},
		{"put", "/sandbox/agent", "", "echo: false"}, {"put", "/sandbox/agent", "", "7"},
		{"put", "/sandbox/consumers/{consumer}/conversation", "", `{"engagement_id":2696029112}`}, {"delete", "/sandbox/campaigns", "", ""},
		{"put", "/sandbox/consumers/{consumer}/conversation", "", ""}, {"put", "/sandbox/consumers/{consumer}/conversation", "", "7"},
		{"delete", "/sandbox/consumers/{consumer}/conversation", "", ""},
		{"delete", "/sandbox/chaos", "", ""}, {"delete", "/sandbox/clock", "", ""}, {"delete", "/sandbox/webhooks", "", ""},
		{"delete", "/sandbox/agent", "", ""}, {"delete", "/sandbox/tokens", "", ""}, {"post", "/sandbox/reset", "", ""},
	}
	var api described
	_, text := fetch(t, s, http.MethodGet, "/sandbox/openapi.json", "")
	require.NoError(t, json.Unmarshal([]byte(text), &api))
	left := map[string]bool{}
	for of, methods := range api.Paths {
		for method := range methods {
			left[method+" "+of] = method != "parameters"
		}
	}
	for _, a := range asks {
		left[a.method+" "+a.path] = false
		request := a.method + " " + a.path + a.query + " " + a.body
		got := ask(s, strings.ToUpper(a.method), page(a.path)+a.query, a.body, "")
		var operation struct {
			Responses map[string]struct {
				Content map[string]struct{ Schema schema }
			}
		}
		require.NoError(t, json.Unmarshal(api.Paths[a.path][a.method], &operation), request)
		answer, listed := operation.Responses[fmt.Sprint(got.Code)]
		require.True(t, listed, "%s: %d is not described: %s", request, got.Code, got.Body)
		kind, _, _ := strings.Cut(got.Header().Get("Content-Type"), ";")
		content, listed := answer.Content[kind]
		require.True(t, listed, "%s: %s is not described", request, kind)
		if kind != "application/json" {
			continue
		}
		var value any
		require.NoError(t, json.Unmarshal(got.Body.Bytes(), &value), request)
		assert.Empty(t, api.differ(content.Schema, value, "answer"), request)
	}
	for operation, unasked := range left {
		assert.False(t, unasked, "%s is not asked", operation)
	}
}
