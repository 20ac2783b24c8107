package control

import (
	"cmp"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/httpapi"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/journal"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/jsonbody"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/strictyaml"
)

// expectation is what a test wants of the calls that are kept.
type expectation struct {
	Name string `yaml:"name"`

	// Which calls; by default the accepted ones, without tokens unless Endpoint says so.
	Verdict  string   `yaml:"verdict"`
	Types    []string `yaml:"types"`
	Consumer string   `yaml:"consumer"`
	Account  string   `yaml:"account"`
	Session  string   `yaml:"session"`
	Endpoint string   `yaml:"endpoint"`

	// Count, or Min and Max, are how many there are.
	Count *int `yaml:"count"`
	Min   *int `yaml:"min"`
	Max   *int `yaml:"max"`
	// OrderBy is the path of a member whose values never fall for one consumer.
	OrderBy string `yaml:"order_by"`
	// Unique says that no two of one consumer at one endpoint have the same body, ids of messaging's requests aside.
	Unique bool `yaml:"unique"`
}

// verdictOn is what came of an expectation.
type verdictOn struct {
	Name    string `json:"name"`
	Passed  bool   `json:"passed"`
	Message string `json:"message,omitempty"`
}

type verified struct {
	Passed       bool        `json:"passed"`
	Expectations []verdictOn `json:"expectations"`
}

// formatJUnit is what CI systems read.
const formatJUnit = "junit"

// verify holds the kept calls against the expectations that are sent, in YAML or JSON.
// It answers 200 when all are met, and 417 when one is not.
func (p *Pages) verify(w http.ResponseWriter, r *http.Request) {
	if !p.allows(w, r, http.MethodPost) {
		return
	}
	query := r.URL.Query()
	for name := range query {
		if name != paramFormat {
			badRequest(w, fmt.Errorf("%s: there is no such parameter, only %s", name, paramFormat))
			return
		}
	}
	format := query.Get(paramFormat)
	if format != "" && format != formatJUnit {
		badRequest(w, fmt.Errorf("%s: must be %s, or left out", paramFormat, formatJUnit))
		return
	}
	text, err := httpapi.ReadBody(w, r)
	var expected []expectation
	if err == nil {
		expected, err = parseExpectations(text)
	}
	if err != nil {
		badRequest(w, err)
		return
	}
	calls, _, forgotten := p.Journal.Snapshot()
	result := verified{Passed: true, Expectations: []verdictOn{}}
	for _, e := range expected {
		v := verdictOn{Name: e.name(), Message: e.fails(r.Context(), calls)}
		if hasEnded(w, r) {
			return
		}
		if v.Message != "" && forgotten > 0 {
			v.Message += fmt.Sprintf("; %d older calls are not kept any more", forgotten)
		}
		v.Passed = v.Message == ""
		result.Passed = result.Passed && v.Passed
		result.Expectations = append(result.Expectations, v)
	}
	status := http.StatusOK
	if !result.Passed {
		status = http.StatusExpectationFailed
	}
	if format == formatJUnit {
		w.Header().Set("Content-Type", "application/xml")
		w.WriteHeader(status)
		_, _ = w.Write(junit(result))
		return
	}
	httpapi.WriteJSON(w, status, result)
}

// parseExpectations reads what is wanted. Errors name the line.
func parseExpectations(text []byte) ([]expectation, error) {
	var file struct {
		Expect []expectation `yaml:"expect"`
	}
	if err := strictyaml.Decode(text, &file); err != nil {
		return nil, err
	}
	if len(file.Expect) == 0 {
		return nil, errors.New("expect: wants a list of expectations, such as [{verdict: bad, count: 0}]")
	}
	for i, e := range file.Expect {
		if err := e.check(); err != nil {
			return nil, fmt.Errorf("line %d: expect[%d]: %w", strictyaml.Line(text, "expect", i), i, err)
		}
	}
	return file.Expect, nil
}

func (e expectation) check() error {
	switch {
	case e.Verdict != "" && !slices.Contains([]string{verdictAll, verdictGood, verdictBad}, e.Verdict):
		return fmt.Errorf("verdict: must be %s, %s or %s", verdictAll, verdictGood, verdictBad)
	case e.Endpoint != "" && !slices.Contains(keptEndpoints, e.Endpoint):
		return noSuchEndpoint()
	case len(e.Types) > maxTypes:
		return fmt.Errorf("types: must be %d at most, are %d", maxTypes, len(e.Types))
	case len(e.OrderBy) > maxOrderBy:
		return fmt.Errorf("order_by: must have %d bytes at most, has %d", maxOrderBy, len(e.OrderBy))
	case e.Count != nil && (e.Min != nil || e.Max != nil):
		return errors.New("count: goes without min and max")
	case e.Min != nil && e.Max != nil && *e.Min > *e.Max:
		return errors.New("min: must not be more than max")
	case e.Count == nil && e.Min == nil && e.Max == nil && e.OrderBy == "" && !e.Unique:
		return errors.New("expects nothing: give count, min, max, order_by or unique")
	}
	for _, n := range []*int{e.Count, e.Min, e.Max} {
		if n != nil && *n < 0 {
			return errors.New("count, min and max: must not be negative")
		}
	}
	return nil
}

func (e expectation) name() string {
	if e.Name != "" {
		return e.Name
	}
	return strings.TrimSpace(strings.Join(append([]string{cmp.Or(e.Verdict, verdictGood)}, e.Types...), " "))
}

// fails says how the calls differ from what is wanted; empty when they do not. It stops when the context ends, and its
// answer means nothing then.
func (e expectation) fails(ctx context.Context, calls []*journal.Entry) string {
	f := filter{verdict: e.Verdict, types: e.Types, consumer: e.Consumer, account: e.Account, session: e.Session, endpoint: e.Endpoint}
	calls = f.counting().pick(ctx, calls)
	for _, wrong := range []string{e.countFails(len(calls)), e.orderFails(ctx, calls)} {
		if wrong != "" {
			return wrong
		}
	}
	return ""
}

func (e expectation) countFails(count int) string {
	switch {
	case e.Count != nil && count != *e.Count:
		return fmt.Sprintf("expected %d calls, got %d", *e.Count, count)
	case e.Min != nil && count < *e.Min:
		return fmt.Sprintf("expected %d calls at least, got %d", *e.Min, count)
	case e.Max != nil && count > *e.Max:
		return fmt.Sprintf("expected %d calls at most, got %d", *e.Max, count)
	}
	return ""
}

// orderFails looks at each consumer's calls by themselves. It names calls, and no
// consumer.
func (e expectation) orderFails(ctx context.Context, calls []*journal.Entry) string {
	if e.OrderBy == "" && !e.Unique {
		return "" // as verify is asked again and again, bodies are not read for nothing
	}
	orders := map[string]*orderCheck{}
	bodies := map[string]int{}
	for _, call := range calls {
		if ctx.Err() != nil {
			break
		}
		order := orders[call.Consumer]
		if order == nil {
			order = newOrderCheck(e.OrderBy)
			orders[call.Consumer] = order
		}
		if before, ok := order.check(call.ID, jsonbody.Decode(call.Body)); !ok {
			return fmt.Sprintf("call %d should have come before call %d", call.ID, before)
		}
		if !e.Unique {
			continue
		}
		key := call.Consumer + "\x00" + call.Endpoint + "\x00" + comparableBody(call)
		if first, seen := bodies[key]; seen {
			return fmt.Sprintf("call %d says the same as call %d", call.ID, first)
		}
		bodies[key] = call.ID
	}
	return ""
}

type junitSuite struct {
	XMLName  xml.Name    `xml:"testsuite"`
	Name     string      `xml:"name,attr"`
	Tests    int         `xml:"tests,attr"`
	Failures int         `xml:"failures,attr"`
	Cases    []junitCase `xml:"testcase"`
}

type junitCase struct {
	Name    string        `xml:"name,attr"`
	Class   string        `xml:"classname,attr"`
	Failure *junitFailure `xml:"failure"`
}

type junitFailure struct {
	Message string `xml:"message,attr"`
}

func junit(result verified) []byte {
	suite := junitSuite{Name: "LivePerson sandbox", Tests: len(result.Expectations)}
	for _, v := range result.Expectations {
		c := junitCase{Name: v.Name, Class: "sandbox"}
		if !v.Passed {
			suite.Failures++
			c.Failure = &junitFailure{Message: v.Message}
		}
		suite.Cases = append(suite.Cases, c)
	}
	text, _ := xml.MarshalIndent(suite, "", "  ") // texts and numbers always marshal
	return append([]byte(xml.Header), append(text, '\n')...)
}
