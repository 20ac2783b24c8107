package report

import (
	"errors"
	"maps"
	"regexp"
	"slices"
	"sync"

	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/benthos-liveperson/benthos-liveperson/internal/metric"
	"github.com/benthos-liveperson/benthos-liveperson/internal/sde"
)

// The values of the field validation.
const (
	validationStrict = "strict"
	validationWarn   = "warn"
	validationOff    = "off"
)

// validator checks reports against LivePerson's documentation before they are sent. A nil
// validator accepts every report.
type validator struct {
	options  sde.Options
	warnOnly bool
	findings *service.MetricCounter
	log      *service.Logger

	mu     sync.Mutex
	logged map[string]bool // the kinds of findings that were logged
}

// newValidator returns nil if the validation is off.
func newValidator(mode string, options sde.Options, mgr *service.Resources) *validator {
	if mode == validationOff {
		return nil
	}
	return &validator{
		options:  options,
		warnOnly: mode == validationWarn,
		findings: metric.Counter(mgr.Metrics(), "liveperson_findings", slices.Sorted(maps.Keys(sde.Codes))...),
		log:      mgr.Logger(),
		logged:   map[string]bool{},
	}
}

// check returns a message's report without null and empty members. Its error lists everything that
// is wrong with the report. check does not change the message.
func (v *validator) check(msg *service.Message, report map[string]any) (map[string]any, error) {
	if v == nil {
		return report, nil
	}
	result := sde.Check(report, v.options)
	for _, finding := range result.Findings {
		v.findings.Incr(1, finding.Code)
	}
	if len(result.Findings) > 0 && !v.warnOnly {
		return nil, errors.New(sde.Describe(result.Findings))
	}
	for _, finding := range result.Findings {
		v.warn(finding)
	}
	if !result.Empties {
		return report, nil
	}
	own, err := msg.Copy().AsStructuredMut()
	if err != nil {
		return nil, err
	}
	report = own.(map[string]any) // a copy: Clean changes it
	sde.Clean(report)
	return report, nil
}

// maxLogged is the most kinds of findings that are logged.
const maxLogged = 100

var indices = regexp.MustCompile(`\[[0-9]+\]`)

// warn logs the first finding of each code and path.
func (v *validator) warn(finding sde.Finding) {
	finding.Path = indices.ReplaceAllString(finding.Path, "[]")
	kind := finding.Code + " " + finding.Path
	if v.isNews(kind) {
		v.log.Warnf("LivePerson may refuse reports like this one: %s. This line comes once; the metric liveperson_findings counts all", finding)
	}
}

func (v *validator) isNews(kind string) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.logged[kind] || len(v.logged) == maxLogged {
		return false
	}
	v.logged[kind] = true
	return true
}
