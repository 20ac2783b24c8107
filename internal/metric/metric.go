// Package metric has the table of all metrics, and creates metrics from it. The tables in
// the docs are made from it too.
//
// No label has values from events or ids, so the number of series is fixed.
package metric

import (
	"fmt"
	"slices"
	"strings"

	"github.com/redpanda-data/benthos/v4/public/service"
)

// Counter creates a counter that the table names. It panics if the table has no such counter.
//
// values are the values of the counter's label that can occur. Their series exist from the
// start. Prometheus' increase() would miss the first event of a series that begins with 1.
func Counter(m *service.Metrics, name string, values ...string) *service.MetricCounter {
	labels := rowOf(name, counter).labels()
	c := m.NewCounter(name, labels...)
	if len(labels) == 0 {
		c.Incr(0)
	}
	for _, value := range values {
		c.Incr(0, value)
	}
	return c
}

// Gauge creates a gauge that the table names, with the value 0. It panics if the table has no
// such gauge. Call Set, not Incr: with exporters that are plugins, such as Prometheus', Incr of
// Benthos' gauges sets the difference.
func Gauge(m *service.Metrics, name string) *service.MetricGauge {
	g := m.NewGauge(name, rowOf(name, gauge).labels()...)
	g.Set(0)
	return g
}

// Names returns the names of all metrics of a kind: counter, timer or gauge.
func Names(kind string) (names []string) {
	for _, r := range table {
		if r.kind == kind {
			names = append(names, r.name)
		}
	}
	return names
}

// Timer creates a timer that the table names. It panics if the table has no such timer.
func Timer(m *service.Metrics, name string) *service.MetricTimer {
	return m.NewTimer(name, rowOf(name, timer).labels()...)
}

func rowOf(name, kind string) row {
	i := slices.IndexFunc(table, func(r row) bool { return r.name == name && r.kind == kind })
	if i < 0 {
		panic(fmt.Sprintf("internal/metric has no %s %s", kind, name))
	}
	return table[i]
}

func (r row) labels() []string {
	if r.label == "" {
		return nil
	}
	return []string{r.label}
}

// fromReference makes the links of the table, which are those of docs/operations.md, work in
// docs/reference.
var fromReference = strings.NewReplacer("](reference/", "](", "](#", "](../operations.md#")

// Table is the Markdown table of a component's metrics, for docs/reference.
func Table(component string) string {
	var b strings.Builder
	b.WriteString("| name | type | labels | meaning |\n|---|---|---|---|\n")
	for _, r := range table {
		if slices.Contains(r.components, component) {
			fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", r.name, r.typeText(), r.labelText(), r.meaning)
		}
	}
	return fromReference.Replace(b.String())
}

// FullTable is the Markdown table of all metrics, for docs/operations.md.
func FullTable() string {
	var b strings.Builder
	b.WriteString("| name | type | labels | components | meaning |\n|---|---|---|---|---|\n")
	for _, r := range table {
		components := "all"
		if r.components != nil {
			components = "`" + strings.Join(r.components, "`, `") + "`"
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s | %s |\n", r.name, r.typeText(), r.labelText(), components, r.meaning)
	}
	return b.String()
}

func (r row) typeText() string {
	if r.unit == "" {
		return r.kind
	}
	return r.kind + ", " + r.unit
}

func (r row) labelText() string {
	switch {
	case r.label == "":
		return ""
	case r.values == "":
		return "`" + r.label + "`"
	}
	return "`" + r.label + "`: " + r.values
}
