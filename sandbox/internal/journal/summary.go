package journal

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/chaos"
)

// Summary counts what came in since the sandbox was created. It includes calls that are no longer kept.
type Summary struct {
	// Reports is the number of accepted reports.
	Reports int
	// Calls has the number of accepted calls, by endpoint. It includes reports.
	Calls map[string]int
	// Sessions is the number of new sessions.
	Sessions int
	// Engagements is the number of offered engagements. It includes those of open conversations.
	Engagements int
	// Loading is the number of "Loading account" answers.
	Loading int
	// Attributes has the number of engagement attributes in accepted calls, by type as written. After 1,000 types, it counts
	// new types as "others".
	Attributes map[string]int
	// Rejects has the number of refused calls, sorted by status, code and reason. After 1,000 reasons, it counts new reasons
	// as "others".
	Rejects []Reject
}

// Reject is one reason for which calls were refused, with the number of such calls.
type Reject struct {
	Status       int
	InternalCode int // 0: LivePerson has no number
	Reason       string
	Count        int
}

// WriteTo writes the summary as a table for a terminal.
func (s Summary) WriteTo(w io.Writer) (int64, error) {
	rows := []row{{"reports", s.Reports, ""}, {"sessions", s.Sessions, ""}, {"loading answers", s.Loading, ""}}
	if s.Engagements > 0 { // most pipelines only send reports
		rows = append(rows, row{"engagements", s.Engagements, ""})
	}
	messages := len(rows)
	for _, endpoint := range MessagingEndpoints {
		if count := s.Calls[endpoint]; count > 0 {
			rows = append(rows, row{"  " + endpoint, count, ""})
		}
	}
	attributes := len(rows)
	for _, name := range slices.Sorted(maps.Keys(s.Attributes)) {
		rows = append(rows, row{"  " + name, s.Attributes[name], ""})
	}
	rejects := len(rows)
	for _, reject := range s.Rejects {
		label := fmt.Sprintf("  %d/%d", reject.Status, reject.InternalCode)
		rows = append(rows, row{label, reject.Count, "  " + reject.Reason})
	}
	lines := align(rows)

	var table strings.Builder
	table.WriteString(strings.Join(lines[:messages], ""))
	if messages < attributes {
		table.WriteString("messaging\n" + strings.Join(lines[messages:attributes], ""))
	}
	table.WriteString("attributes\n" + cmp.Or(strings.Join(lines[attributes:rejects], ""), "  none\n"))
	table.WriteString("rejects\n" + cmp.Or(strings.Join(lines[rejects:], ""), "  none\n"))
	for _, name := range []string{"cartStatus", "searchContent"} {
		if s.Attributes[name] > 0 {
			table.WriteString("note: LivePerson's pages name these attributes cart and searchInfo where they are sent, and a strict sandbox refuses cartStatus and searchContent; the preset's setting sde_names: liveperson changes the names\n")
			break
		}
	}
	n, err := io.WriteString(w, table.String())
	return int64(n), err
}

type row struct {
	label string
	count int
	note  string
}

// align returns one line for each row, with the counts in one column.
func align(rows []row) []string {
	var label, count int
	for _, r := range rows {
		label = max(label, len(r.label))
		count = max(count, len(fmt.Sprint(r.count)))
	}
	lines := make([]string, len(rows))
	for i, r := range rows {
		lines[i] = fmt.Sprintf("%-*s %*d%s\n", label, r.label, count, r.count, r.note)
	}
	return lines
}

const (
	// maxKinds is the maximum number of types of attributes, and of reasons. Senders can invent types.
	maxKinds = 1000
	// maxKind is the longest type or reason, in bytes.
	maxKind = 500
	// others stands for the types and reasons above maxKinds.
	others = "others"
)

// totals counts calls. The journal's lock guards it.
type totals struct {
	sessions, engagements, loading int
	calls, attributes              map[string]int
	rejects                        map[Reject]int // the key's Count is 0
}

func newTotals() totals {
	return totals{calls: map[string]int{}, attributes: map[string]int{}, rejects: map[Reject]int{}}
}

func (t *totals) count(call *Entry) {
	switch {
	case call.Good():
		t.calls[call.Endpoint]++
		if call.Engagement != nil {
			t.engagements++
		}
		if call.Created {
			t.sessions++
		}
		if slices.Contains(MessagingEndpoints, call.Endpoint) {
			return // its types are not types of attributes
		}
		for _, kind := range call.Types {
			countUp(t.attributes, shorten(kind), others)
		}
	case call.Loading:
		t.loading++
	default:
		reject := Reject{Status: call.Status, InternalCode: call.InternalCode, Reason: shorten(call.Reason)}
		rest := reject
		rest.Reason = others
		countUp(t.rejects, reject, rest)
	}
}

// countUp counts a key, or rest if there are too many keys.
func countUp[K comparable](counts map[K]int, key, rest K) {
	if _, known := counts[key]; !known && len(counts) >= maxKinds {
		key = rest
	}
	counts[key]++
}

// shorten cuts a text of a sender, because the totals keep it for ever.
func shorten(text string) string {
	if len(text) <= maxKind {
		return text
	}
	return strings.ToValidUTF8(text[:maxKind], "") + "…"
}

func (t *totals) summary() Summary {
	rejects := make([]Reject, 0, len(t.rejects))
	for reject, count := range t.rejects {
		reject.Count = count
		rejects = append(rejects, reject)
	}
	slices.SortFunc(rejects, func(a, b Reject) int {
		return cmp.Or(cmp.Compare(a.Status, b.Status), cmp.Compare(a.InternalCode, b.InternalCode), cmp.Compare(a.Reason, b.Reason))
	})
	return Summary{
		Reports:     t.calls[chaos.EndpointReport],
		Calls:       maps.Clone(t.calls),
		Sessions:    t.sessions,
		Engagements: t.engagements,
		Loading:     t.loading,
		Attributes:  maps.Clone(t.attributes),
		Rejects:     rejects,
	}
}
