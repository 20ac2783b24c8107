// Package openapi makes HTTP routes and their OpenAPI document from one table of operations. The query parameters that the
// document shows are those that the routes check.
package openapi

import (
	"net/http"
	"reflect"
	"strings"
	"time"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/httpapi"
)

// Operation is one method of one path. JSON and Stream make operations.
type Operation struct {
	Method, Path string
	Summary      string
	Description  string
	// Example is a query that a person might write.
	Example string
	// Body is a value of the type that the body has. The body is YAML, of which JSON is a part. nil: no body.
	Body         any
	BodyOptional bool
	// Answer describes the answer with the status 200.
	Answer string
	// Content has a value of the type of each answer, by content type. JSON sets it.
	Content map[string]any
	// AlsoAnswers describes other statuses that have the same content.
	AlsoAnswers map[int]string
	// Errors describes the errors of the operation. The document also has the errors that all such operations have.
	Errors map[int]string
	// Searches says that the operation may take long, and fails if the sandbox stops.
	Searches bool
	// Public says that the operation needs no password.
	Public bool

	parameters []parameter
	serve      http.HandlerFunc
}

// Call is one call of an operation. Q has the query parameters.
type Call[Q any] struct {
	*http.Request
	Query Q
	Body  []byte
}

// None is the query of an operation without parameters.
type None struct{}

// Done is the answer of an operation that returns nothing else.
type Done struct {
	Status string `json:"status" enum:"ok"`
}

// OK says that the operation succeeded.
var OK = Done{"ok"}

// JSON makes an operation that answers with A as JSON. If A has a method Status, the answer has that status. The fields of
// Q are the query parameters. An error is answered with the status of httpapi.StatusOf.
func JSON[Q, A any](o Operation, serve func(*Call[Q]) (A, error)) Operation {
	o.Content = map[string]any{"application/json": *new(A)}
	return Stream(o, func(w http.ResponseWriter, call *Call[Q]) error {
		answer, err := serve(call)
		if err != nil {
			return err
		}
		status := http.StatusOK
		if other, ok := any(answer).(interface{ Status() int }); ok {
			status = other.Status()
		}
		httpapi.WriteJSON(w, status, answer)
		return nil
	})
}

// Stream makes an operation that writes its answer itself. It must not write anything if it returns an error.
func Stream[Q any](o Operation, serve func(http.ResponseWriter, *Call[Q]) error) Operation {
	o.parameters = parametersOf(reflect.TypeFor[Q]())
	o.serve = func(w http.ResponseWriter, r *http.Request) {
		call := &Call[Q]{Request: r}
		err := readQuery(r.URL.Query(), o.parameters, reflect.ValueOf(&call.Query).Elem())
		if err == nil && o.Body != nil {
			call.Body, err = httpapi.ReadBody(w, r)
		}
		if err == nil {
			err = serve(w, call)
		}
		if err != nil {
			httpapi.WriteError(w, httpapi.StatusOf(err), err)
		}
	}
	return o
}

// Routes returns a route for each path. A route refuses methods for which there is no operation. HEAD is allowed for
// public operations only. Programs that check whether a process runs send it.
func Routes(operations []Operation, now func() time.Time) []httpapi.Route {
	var paths []string
	byPath := map[string][]Operation{}
	for _, o := range operations {
		if byPath[o.Path] == nil {
			paths = append(paths, o.Path)
		}
		byPath[o.Path] = append(byPath[o.Path], o)
	}
	routes := make([]httpapi.Route, len(paths))
	for i, path := range paths {
		routes[i] = routeOf(byPath[path], now)
	}
	return routes
}

// routeOf makes a route of the operations of one path.
func routeOf(operations []Operation, now func() time.Time) httpapi.Route {
	serve := map[string]http.HandlerFunc{}
	var methods []string
	for _, o := range operations {
		serve[o.Method] = o.serve
		methods = append(methods, o.Method)
		if o.Public && o.Method == http.MethodGet {
			serve[http.MethodHead] = o.serve
			methods = append(methods, http.MethodHead)
		}
	}
	usage := methods[0]
	if last := len(methods) - 1; last > 0 {
		usage = strings.Join(methods[:last], ", ") + " or " + methods[last]
	}
	usage += " " + operations[0].Path
	if example := operations[0].Example; example != "" {
		usage += "?" + example
	}
	return httpapi.Route{Path: operations[0].Path, Usage: usage, Serve: func(w http.ResponseWriter, r *http.Request) {
		if refused := httpapi.CheckMethod(r, methods...); refused != nil {
			refused.Write(w, now())
			return
		}
		serve[httpapi.Method(r)](w, r)
	}}
}
