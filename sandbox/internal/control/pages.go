package control

import (
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"path"
	"slices"
	"strings"

	"github.com/benthos-liveperson/benthos-liveperson/internal/sde"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/httpapi"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/openapi"
)

// assumptionsFile lists the questions that LivePerson's pages leave open or contradict each other
// about, and what the sandbox does.
//
//go:embed assumptions.json
var assumptionsFile []byte

// assumptionList describes assumptions.json.
type assumptionList struct {
	Assumptions []struct {
		About      string `json:"about"`
		Assumption string `json:"assumption"`
		Because    string `json:"because"`
	} `json:"assumptions"`
}

func (p *Pages) assumptions(w http.ResponseWriter, _ *openapi.Call[openapi.None]) error {
	writeFile(w, assumptionsFile)
	return nil
}

// document describes the pages.
func (p *Pages) document(w http.ResponseWriter, _ *openapi.Call[openapi.None]) error {
	document := openapi.Document("LivePerson sandbox",
		"The pages show what the sandbox received, and steer it. LivePerson documents its own methods.", p.operations, faultTable)
	text, err := json.MarshalIndent(document, "", "  ")
	if err != nil {
		return fmt.Errorf("writing the OpenAPI document: %w", err)
	}
	writeFile(w, text)
	return nil
}

// schema shows the schema of an engagement attribute. A schema refers to the other schemas by their names.
func (p *Pages) schema(w http.ResponseWriter, call *openapi.Call[openapi.None]) error {
	text, err := sde.Schemas.ReadFile(path.Join("schema", call.PathValue("file")))
	if err != nil {
		return &httpapi.StatusError{
			Status: http.StatusNotFound,
			Err:    errors.New("no such schema: there are report.json, attribute.json, common.json, and one for each type, such as cart.json"),
		}
	}
	writeFile(w, text)
	return nil
}

func writeFile(w http.ResponseWriter, text []byte) {
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(text) // an error means that the caller has gone
}

// metrics shows the totals in Prometheus' text format.
func (p *Pages) metrics(w http.ResponseWriter, _ *openapi.Call[openapi.None]) error {
	summary := p.Journal.Summary()
	var out strings.Builder
	counter := func(name, help string) {
		fmt.Fprintf(&out, "# HELP %s %s\n# TYPE %s counter\n", name, help, name)
	}
	counter("sandbox_reports_total", "Accepted reports.")
	fmt.Fprintf(&out, "sandbox_reports_total %d\n", summary.Reports)
	counter("sandbox_calls_total", "Accepted calls, by endpoint.")
	for _, endpoint := range endpoints {
		fmt.Fprintf(&out, "sandbox_calls_total{endpoint=%q} %d\n", endpoint, summary.Calls[endpoint])
	}
	counter("sandbox_sessions_total", "New sessions.")
	fmt.Fprintf(&out, "sandbox_sessions_total %d\n", summary.Sessions)
	counter("sandbox_engagements_total", "Offered engagements, also those of open conversations.")
	fmt.Fprintf(&out, "sandbox_engagements_total %d\n", summary.Engagements)
	counter("sandbox_loading_total", "Answers that the account is loading.")
	fmt.Fprintf(&out, "sandbox_loading_total %d\n", summary.Loading)
	counter("sandbox_attributes_total", "Engagement attributes of accepted calls, by type. Unknown types count as other.")
	byType := map[string]int{}
	for name, count := range summary.Attributes {
		if !sde.Known(name) {
			name = "other"
		}
		byType[name] += count
	}
	for _, name := range slices.Sorted(maps.Keys(byType)) {
		fmt.Fprintf(&out, "sandbox_attributes_total{type=%q} %d\n", name, byType[name])
	}
	counter("sandbox_rejects_total", "Refused calls, by status and internalCode.")
	byCode := map[string]int{}
	for _, reject := range summary.Rejects {
		byCode[fmt.Sprintf(`status="%d",code="%d"`, reject.Status, reject.InternalCode)] += reject.Count
	}
	for _, labels := range slices.Sorted(maps.Keys(byCode)) {
		fmt.Fprintf(&out, "sandbox_rejects_total{%s} %d\n", labels, byCode[labels])
	}
	w.Header().Set("Content-Type", "text/plain; version=0.0.4")
	_, _ = w.Write([]byte(out.String()))
	return nil
}
