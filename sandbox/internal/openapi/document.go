package openapi

import (
	"maps"
	"net/http"
	"reflect"
	"regexp"
	"strconv"
	"strings"
)

// Document describes operations as OpenAPI 3.1 (https://spec.openapis.org/oas/v3.1.0). amend changes the schemas of some
// structs. It adds facts that are in a table and not in the Go type.
func Document(title, description string, operations []Operation, amend map[reflect.Type]func(Schema)) map[string]any {
	s := &schemas{components: map[string]Schema{}, types: map[string]reflect.Type{}, amend: amend}
	errors := Schema{"application/json": Schema{"schema": s.of(reflect.TypeFor[errorBody]())}}
	paths := map[string]Schema{}
	for _, o := range operations {
		if paths[o.Path] == nil {
			paths[o.Path] = Schema{}
			if parameters := pathParameters(o.Path); parameters != nil {
				paths[o.Path]["parameters"] = parameters
			}
		}
		paths[o.Path][strings.ToLower(o.Method)] = o.describe(s, errors)
	}
	return map[string]any{
		"openapi":  "3.1.0",
		"info":     Schema{"title": title, "version": "1", "description": description},
		"security": []Schema{{"password": []string{}}, {}},
		"paths":    paths,
		"components": Schema{
			"schemas": s.components,
			"securitySchemes": Schema{"password": Schema{
				"type": "http", "scheme": "basic",
				"description": "Needed if the sandbox has a password. The sandbox ignores the user name.",
			}},
		},
	}
}

// errorBody is the answer to a request that fails.
type errorBody struct {
	Error string `json:"error" doc:"What is wrong, and what to do."`
}

var inBraces = regexp.MustCompile(`\{(\w+)\}`)

func pathParameters(of string) []Schema {
	var parameters []Schema
	for _, found := range inBraces.FindAllStringSubmatch(of, -1) {
		parameters = append(parameters, Schema{"name": found[1], "in": "path", "required": true, "schema": Schema{"type": "string"}})
	}
	return parameters
}

func (o Operation) describe(s *schemas, errors Schema) Schema {
	described := Schema{"summary": o.Summary, "responses": o.describeAnswers(s, errors)}
	if o.Description != "" {
		described["description"] = o.Description
	}
	if o.Public {
		described["security"] = []Schema{}
	}
	var parameters []Schema
	for _, p := range o.parameters {
		parameters = append(parameters, p.describe(s))
	}
	if parameters != nil {
		described["parameters"] = parameters
	}
	if o.Body != nil {
		media := Schema{"schema": s.of(reflect.TypeOf(o.Body))}
		described["requestBody"] = Schema{"required": !o.BodyOptional, "content": Schema{"application/yaml": media, "application/json": media}}
	}
	return described
}

func (p parameter) describe(s *schemas) Schema {
	schema := s.of(p.field.Type)
	if value := p.field.Tag.Get("default"); value != "" {
		schema["default"] = value
		if number, err := strconv.Atoi(value); err == nil {
			schema["default"] = number
		}
	}
	return Schema{"name": p.name, "in": "query", "description": p.field.Tag.Get("doc"), "schema": schema}
}

// describeAnswers describes the answers of the operation, and the errors that all such operations have.
func (o Operation) describeAnswers(s *schemas, errors Schema) Schema {
	content := Schema{}
	for kind, value := range o.Content {
		content[kind] = Schema{"schema": s.of(reflect.TypeOf(value))}
	}
	answers := Schema{"200": Schema{"description": o.Answer, "content": content}}
	for status, description := range o.AlsoAnswers {
		answers[strconv.Itoa(status)] = Schema{"description": description, "content": content}
	}
	failures := map[int]string{}
	if len(o.parameters) > 0 {
		failures[http.StatusBadRequest] = "A query parameter is wrong. The error names it."
	}
	if o.Body != nil {
		failures[http.StatusBadRequest] = "The body or a query parameter is wrong. The error names the line or the member."
		failures[http.StatusRequestEntityTooLarge] = "The body is too long. The error names the limit."
	}
	if o.Searches {
		failures[http.StatusServiceUnavailable] = "The sandbox stops."
	}
	if !o.Public {
		failures[http.StatusUnauthorized] = "The sandbox has a password, and the request has another one or none."
		failures[http.StatusForbidden] = "The sandbox has no password, and the request comes from another web site or names another host."
	}
	maps.Copy(failures, o.Errors)
	for status, description := range failures {
		answers[strconv.Itoa(status)] = Schema{"description": description, "content": errors}
	}
	return answers
}
