package control

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/httpapi"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/openapi"
)

const (
	// exampleTime is how long a pipeline has for an example. Its answer may wait for LivePerson.
	exampleTime = 30 * time.Second
	// maxPipelineAnswer is how much of a pipeline's answer is shown, in bytes.
	maxPipelineAnswer = 1000
)

// Example is an event that a site might send to a pipeline.
type Example struct {
	Name   string          `json:"name"`
	Preset string          `json:"preset" doc:"The preset that maps the event."`
	Event  json.RawMessage `json:"event"`
}

type exampleList struct {
	Examples []Example `json:"examples"`
}

// exampleTarget says where to send an example.
type exampleTarget struct {
	To string `json:"to" doc:"The address of the pipeline's http_server input, on this machine."`
}

// exampleSent is what a pipeline answered.
type exampleSent struct {
	Answered int    `json:"answered" doc:"The HTTP status of the pipeline's answer."`
	Text     string `json:"text" doc:"The beginning of the answer."`
}

// pipelines sends events to pipelines on this machine: through no proxy, and to no other address than the one asked for.
var pipelines = &http.Client{
	Timeout:       exampleTime,
	Transport:     &http.Transport{DisableKeepAlives: true},
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
}

func (p *Pages) listExamples(*openapi.Call[openapi.None]) (exampleList, error) {
	return exampleList{append([]Example{}, p.Examples...)}, nil
}

// sendExample posts an example to a pipeline. A browser can't, because the page may talk to the sandbox alone.
func (p *Pages) sendExample(call *openapi.Call[openapi.None]) (exampleSent, error) {
	at := slices.IndexFunc(p.Examples, func(e Example) bool { return e.Name == call.PathValue("name") })
	if at < 0 {
		return exampleSent{}, &httpapi.StatusError{Status: http.StatusNotFound, Err: errors.New("there is no example with this name: /sandbox/examples lists them")}
	}
	var target exampleTarget
	if err := json.Unmarshal(call.Body, &target); err != nil {
		return exampleSent{}, fmt.Errorf("the body is not as expected (%w): send {\"to\": ADDRESS}", err)
	}
	if err := checkPipeline(target.To); err != nil {
		return exampleSent{}, fmt.Errorf("to: %w", err)
	}
	request, err := http.NewRequestWithContext(call.Context(), http.MethodPost, target.To, bytes.NewReader(p.Examples[at].Event))
	if err != nil {
		return exampleSent{}, fmt.Errorf("to: %w", err)
	}
	request.Header.Set("Content-Type", "application/json")
	res, err := pipelines.Do(request)
	if err != nil {
		return exampleSent{}, &httpapi.StatusError{Status: http.StatusBadGateway, Err: fmt.Errorf("the pipeline does not answer (%w): start it with an http_server input at this address", err)}
	}
	defer func() { _ = res.Body.Close() }()
	text, _ := io.ReadAll(io.LimitReader(res.Body, maxPipelineAnswer)) // it only explains the status
	return exampleSent{Answered: res.StatusCode, Text: strings.ToValidUTF8(string(text), "")}, nil
}

// checkPipeline refuses addresses that are not on this machine.
func checkPipeline(address string) error {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" || u.User != nil || u.Hostname() != "localhost" && !net.ParseIP(u.Hostname()).IsLoopback() {
		return errors.New("must be the address of a pipeline on this machine, such as http://127.0.0.1:4195/post")
	}
	return nil
}
