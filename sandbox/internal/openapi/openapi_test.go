package openapi

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/httpapi"
)

type filter struct {
	Name string `query:"name" doc:"A name."`
}

type query struct {
	filter
	Limit Count `query:"limit" default:"3" doc:"A limit."`
}

type color string

func (color) Schema() Schema { return Schema{"enum": []string{"red", "blue"}} }

type inner struct {
	Color color `json:"color"`
}

type answer struct {
	Name   string          `json:"name" doc:"The name."`
	Limit  int             `json:"limit,omitempty"`
	Since  time.Time       `json:"since"`
	Any    json.RawMessage `json:"any"`
	List   []inner         `json:"list"`
	Counts map[string]int  `json:"counts"`
	Maybe  *inner          `json:"maybe"`
	hidden int
}

type input struct {
	Answer string `yaml:"answer" required:"true"`
	Note   string `yaml:"note"`
	Kind   string `yaml:"kind" enum:"a,b"`
}

type late struct{}

func (late) Status() int { return http.StatusRequestTimeout }

func operations() []Operation {
	return []Operation{
		JSON(Operation{Method: http.MethodGet, Path: "/things/{id}", Example: "limit=1", Summary: "Show a thing", Answer: "The thing."},
			func(call *Call[query]) (answer, error) {
				if call.PathValue("id") == "gone" {
					return answer{}, &httpapi.StatusError{Status: http.StatusGone, Err: errors.New("gone")}
				}
				return answer{Name: call.Query.Name, Limit: int(call.Query.Limit), hidden: 1}, nil
			}),
		JSON(Operation{Method: http.MethodPut, Path: "/things/{id}", Body: input{}, Summary: "Change a thing", Answer: "The thing."},
			func(call *Call[None]) (answer, error) { return answer{Name: string(call.Body)}, nil }),
		JSON(Operation{Method: http.MethodGet, Path: "/health", Public: true, Summary: "Tell", Answer: "Well."},
			func(*Call[None]) (Done, error) { return OK, nil }),
		JSON(Operation{Method: http.MethodGet, Path: "/late", Summary: "Wait", Answer: "Well.", AlsoAnswers: map[int]string{408: "Late."}},
			func(*Call[None]) (late, error) { return late{}, nil }),
	}
}

func TestRoutesCheckWhatTheTableSays(t *testing.T) {
	t.Parallel()
	mux := http.NewServeMux()
	var usages []string
	for _, route := range Routes(operations(), time.Now) {
		usages = append(usages, route.Usage)
		mux.HandleFunc(route.Path, route.Serve)
	}
	assert.Equal(t, []string{"GET or PUT /things/{id}?limit=1", "GET or HEAD /health", "GET /late"}, usages)
	for name, test := range map[string]struct {
		method, target, body string
		status               int
		says                 string
	}{
		"defaults":             {"GET", "/things/1", "", 200, `"name":"","limit":3`},
		"parameters":           {"GET", "/things/1?name=x&limit=2", "", 200, `"name":"x","limit":2`},
		"an empty parameter":   {"GET", "/things/1?limit=", "", 200, `"limit":3`},
		"a wrong number":       {"GET", "/things/1?limit=0", "", 400, "limit: must be a number from 1 on"},
		"an unknown parameter": {"GET", "/things/1?nmae=x", "", 400, "nmae: there is no such parameter, only name, limit"},
		"no parameters":        {"PUT", "/things/1?name=x", "", 400, "name: there is no such parameter, and this page has none"},
		"an error with status": {"GET", "/things/gone", "", 410, `{"error":"gone"}`},
		"a body":               {"PUT", "/things/1", "a < b", 200, `"name":"a < b"`},
		"a long body":          {"PUT", "/things/1", strings.Repeat("x", httpapi.MaxBody+1), 413, "send 1048576 bytes at most"},
		"another method":       {"DELETE", "/things/1", "", 405, "Method not allowed"},
		"HEAD":                 {"HEAD", "/things/1", "", 405, ""},
		"HEAD of a public one": {"HEAD", "/health", "", 200, ""},
		"another status":       {"GET", "/late", "", 408, "{}"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			recorder := httptest.NewRecorder()
			mux.ServeHTTP(recorder, httptest.NewRequest(test.method, test.target, strings.NewReader(test.body)))
			assert.Equal(t, test.status, recorder.Code)
			assert.Contains(t, recorder.Body.String(), test.says)
		})
	}
}

func TestTheDocumentDescribesTheTable(t *testing.T) {
	t.Parallel()
	amend := map[reflect.Type]func(Schema){reflect.TypeFor[input](): func(s Schema) { s["description"] = "amended" }}
	text, err := json.Marshal(Document("Things", "All things.", operations(), amend))
	require.NoError(t, err)
	var document struct {
		Paths      map[string]map[string]json.RawMessage
		Components struct{ Schemas map[string]json.RawMessage }
	}
	require.NoError(t, json.Unmarshal(text, &document))

	thing := document.Paths["/things/{id}"]
	assert.JSONEq(t, `[{"name":"id","in":"path","required":true,"schema":{"type":"string"}}]`, string(thing["parameters"]))
	var get, put, health struct {
		Parameters, RequestBody, Security json.RawMessage
		Responses                         map[string]struct{ Description string }
	}
	require.NoError(t, json.Unmarshal(thing["get"], &get))
	require.NoError(t, json.Unmarshal(thing["put"], &put))
	require.NoError(t, json.Unmarshal(document.Paths["/health"]["get"], &health))
	assert.JSONEq(t, `[
		{"name":"name","in":"query","description":"A name.","schema":{"type":"string"}},
		{"name":"limit","in":"query","description":"A limit.","schema":{"type":"integer","minimum":1,"default":3}}
	]`, string(get.Parameters))
	assert.Equal(t, "The thing.", get.Responses["200"].Description)
	assert.JSONEq(t, `{"required":true,"content":{
		"application/json":{"schema":{"$ref":"#/components/schemas/Input"}},
		"application/yaml":{"schema":{"$ref":"#/components/schemas/Input"}}
	}}`, string(put.RequestBody))
	assert.JSONEq(t, `[]`, string(health.Security))
	for status, has := range map[string][3]bool{"400": {true, true, false}, "401": {true, true, false}, "403": {true, true, false}, "413": {false, true, false}} {
		for i, responses := range []map[string]struct{ Description string }{get.Responses, put.Responses, health.Responses} {
			_, found := responses[status]
			assert.Equal(t, has[i], found, "%s %d", status, i)
		}
	}
	assert.JSONEq(t, `{"type":"object","description":"amended","required":["answer"],"properties":{
		"answer":{"type":"string"},"note":{"type":"string"},"kind":{"type":"string","enum":["a","b"]}
	}}`, string(document.Components.Schemas["Input"]))
	assert.JSONEq(t, `{"type":"object","required":["name","since","any","list","counts","maybe"],"properties":{
		"name":{"type":"string","description":"The name."},
		"limit":{"type":"integer"},
		"since":{"type":"string","format":"date-time"},
		"any":{},
		"list":{"type":"array","items":{"$ref":"#/components/schemas/Inner"}},
		"counts":{"type":"object","additionalProperties":{"type":"integer"}},
		"maybe":{"anyOf":[{"$ref":"#/components/schemas/Inner"},{"type":"null"}]}
	}}`, string(document.Components.Schemas["Answer"]))
	assert.JSONEq(t, `{"type":"object","required":["color"],"properties":{"color":{"enum":["red","blue"]}}}`, string(document.Components.Schemas["Inner"]))
}

func TestTwoTypesWithOneNameAreAMistake(t *testing.T) {
	t.Parallel()
	type inner struct {
		Other string `json:"other"`
	}
	both := []Operation{
		JSON(Operation{Method: http.MethodGet, Path: "/a"}, func(*Call[None]) (answer, error) { return answer{}, nil }),
		JSON(Operation{Method: http.MethodGet, Path: "/b"}, func(*Call[None]) (inner, error) { return inner{}, nil }),
	}
	assert.Panics(t, func() { Document("", "", both, nil) })
}
