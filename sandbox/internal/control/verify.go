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

	"github.com/benthos-liveperson/benthos-liveperson/internal/sde"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/httpapi"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/journal"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/jsonbody"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/openapi"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/strictyaml"
)

// expectations is the body of verify.
type expectations struct {
	Expect []expectation `yaml:"expect" required:"true"`
}

// expectation says how many calls there must be, and what must be true of them.
type expectation struct {
	Name string `yaml:"name"`

	Verdict  verdict  `yaml:"verdict" doc:"Absent: good, without tokens and domains, unless endpoint names them."`
	Types    []string `yaml:"types"`
	Consumer string   `yaml:"consumer"`
	Account  string   `yaml:"account"`
	Session  string   `yaml:"session"`
	Endpoint endpoint `yaml:"endpoint"`

	Count   *int       `yaml:"count" doc:"The number of calls. It can't stand with min or max."`
	Min     *int       `yaml:"min"`
	Max     *int       `yaml:"max"`
	OrderBy memberPath `yaml:"order_by" doc:"The path of a member of the body, such as body.event.message. Its values never fall for one consumer."`
	Unique  bool       `yaml:"unique" doc:"No two calls of one consumer at one endpoint have the same body. The ids of messaging's requests do not count."`
}

// verdictOn is the result of an expectation.
type verdictOn struct {
	Name    string `json:"name"`
	Passed  bool   `json:"passed"`
	Message string `json:"message,omitempty"`
}

type verified struct {
	Passed       bool        `json:"passed"`
	Expectations []verdictOn `json:"expectations"`
}

type verifyQuery struct {
	Format reportFormat `query:"format" doc:"junit for a report that CI systems read. Absent: JSON."`
}

type reportFormat string

const formatJUnit reportFormat = "junit"

func (f *reportFormat) UnmarshalText(text []byte) error {
	*f = reportFormat(text)
	if *f != formatJUnit {
		return fmt.Errorf("must be %s, or left out", formatJUnit)
	}
	return nil
}

// Schema describes the values.
func (reportFormat) Schema() openapi.Schema {
	return openapi.Schema{"enum": []reportFormat{formatJUnit}}
}

// verify compares the calls with expectations. It answers 200 if all are met, and 417 if one is not.
func (p *Pages) verify(w http.ResponseWriter, call *openapi.Call[verifyQuery]) error {
	expected, err := parseExpectations(call.Body)
	if err != nil {
		return err
	}
	kept := p.Journal.Snapshot()
	calls, forgotten := kept.Entries, kept.Forgotten
	result := verified{Passed: true, Expectations: []verdictOn{}}
	for _, e := range expected {
		v := verdictOn{Name: e.name(), Message: e.fails(call.Context(), calls)}
		if err := checkRunning(call.Context()); err != nil {
			return err
		}
		if v.Message != "" && forgotten > 0 {
			v.Message += fmt.Sprintf("; the sandbox no longer keeps %d older calls", forgotten)
		}
		v.Passed = v.Message == ""
		result.Passed = result.Passed && v.Passed
		result.Expectations = append(result.Expectations, v)
	}
	status := http.StatusOK
	if !result.Passed {
		status = http.StatusExpectationFailed
	}
	if call.Query.Format == formatJUnit {
		w.Header().Set("Content-Type", "application/xml")
		w.WriteHeader(status)
		_, _ = w.Write(junit(result))
		return nil
	}
	httpapi.WriteJSON(w, status, result)
	return nil
}

// parseExpectations reads expectations. Errors name the line.
func parseExpectations(text []byte) ([]expectation, error) {
	var file expectations
	if err := strictyaml.Decode(text, &file); err != nil {
		return nil, err
	}
	if len(file.Expect) == 0 {
		return nil, errors.New("expect: must be a list of expectations, such as [{verdict: bad, count: 0}]")
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
	case len(e.Types) > maxTypes:
		return fmt.Errorf("types: must have %d items at most, has %d", maxTypes, len(e.Types))
	case e.Count != nil && (e.Min != nil || e.Max != nil):
		return errors.New("count: can't be combined with min or max")
	case e.Min != nil && e.Max != nil && *e.Min > *e.Max:
		return errors.New("min: must not be more than max")
	case e.Count == nil && e.Min == nil && e.Max == nil && e.OrderBy == "" && !e.Unique:
		return errors.New("checks nothing: write count, min, max, order_by or unique")
	}
	for _, kind := range e.Types {
		if err := checkType(kind); err != nil {
			return err
		}
	}
	for _, n := range []*int{e.Count, e.Min, e.Max} {
		if n != nil && *n < 0 {
			return errors.New("count, min and max: must not be negative")
		}
	}
	return nil
}

// messageEvents are the types of events in messaging.
var messageEvents = []string{"ContentEvent", "RichContentEvent", "AcceptStatusEvent", "ChatStateEvent"}

// checkType refuses a type that no call can have. Requests of messaging have types with a point, such as ms.PublishEvent.
func checkType(kind string) error {
	known := append(sde.Names(), messageEvents...)
	if strings.Contains(kind, ".") || slices.Contains(known, kind) {
		return nil
	}
	if meant := strictyaml.Nearest(kind, known); meant != "" {
		return fmt.Errorf("types: there is no type %q: write %s", kind, meant)
	}
	return fmt.Errorf("types: there is no type %q; the types are %s, and in messaging those of requests", kind, strings.Join(known, ", "))
}

func (e expectation) name() string {
	if e.Name != "" {
		return e.Name
	}
	return strings.TrimSpace(strings.Join(append([]string{string(cmp.Or(e.Verdict, verdictGood))}, e.Types...), " "))
}

// fails says how the calls differ from the expectation. It returns an empty string if they do not differ. It stops when the
// context ends. Its result is then not valid.
func (e expectation) fails(ctx context.Context, calls []*journal.Entry) string {
	f := filter{Verdict: e.Verdict, Types: e.Types, Consumer: e.Consumer, Account: e.Account, Session: e.Session, Endpoint: e.Endpoint}
	calls = f.counting().pick(ctx, calls, page{})
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
		return fmt.Sprintf("expected at least %d calls, got %d", *e.Min, count)
	case e.Max != nil && count > *e.Max:
		return fmt.Sprintf("expected at most %d calls, got %d", *e.Max, count)
	}
	return ""
}

// orderFails checks the calls of each consumer separately. Its result names calls but no consumer.
func (e expectation) orderFails(ctx context.Context, calls []*journal.Entry) string {
	if e.OrderBy == "" && !e.Unique {
		return "" // tests call verify often, so it does not parse bodies without need
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
			return fmt.Sprintf("call %d has the same content as call %d", call.ID, first)
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
	text, _ := xml.MarshalIndent(suite, "", "  ") // text and numbers can always be marshalled
	return append([]byte(xml.Header), append(text, '\n')...)
}
