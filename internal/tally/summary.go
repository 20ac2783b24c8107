package tally

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/benthos-liveperson/benthos-liveperson/internal/contact"
)

// Summary is what became of the events of a run. Read is the sum of all the others.
type Summary struct {
	Read, Reported, Failed int64
	Dropped                map[Kind]int64
	// Elsewhere are events that were neither reported nor dropped nor failed here: processors
	// of the user's own dropped them, or the run ended before they did.
	Elsewhere int64
}

// Totals returns the counts so far.
func Totals() Summary {
	mu.Lock()
	defer mu.Unlock()
	s := Summary{Read: read.Load(), Reported: reported.Load(), Failed: failed.Load(), Dropped: maps.Clone(dropped)}
	s.Elsewhere = s.Read - s.Reported - s.Failed
	for _, count := range s.Dropped {
		s.Elsewhere -= count
	}
	if s.Elsewhere < 0 { // reports that were replayed beside a preset's
		s.Read, s.Elsewhere = s.Read-s.Elsewhere, 0
	}
	return s
}

// WriteTo prints the summary as a table.
func (s Summary) WriteTo(w io.Writer) (int64, error) {
	var rows [][2]string
	add := func(label string, count int64) { rows = append(rows, [2]string{label, fmt.Sprint(count)}) }
	add("read", s.Read)
	add("reported", s.Reported)
	s.addKinds(&rows, "dropped, unknown to the preset", UnknownEvent)
	s.addKinds(&rows, "dropped, of no use to the preset", NoUse)
	s.addKinds(&rows, "withheld, no consent to", Consent)
	s.addKinds(&rows, "withheld, suppressed", Suppressed)
	s.addKinds(&rows, "duplicates", Duplicate)
	add("dead letters (failed)", s.Failed)
	if s.Elsewhere != 0 {
		add("ended elsewhere, or not finished", s.Elsewhere)
	}
	width := 0
	for _, row := range rows {
		width = max(width, len(row[0]))
	}
	var b strings.Builder
	for _, row := range rows {
		fmt.Fprintf(&b, "%-*s %8s\n", width, row[0], row[1])
	}
	n, err := io.WriteString(w, b.String())
	return int64(n), err
}

// addKinds adds the total of a reason, and the count of each of its names.
func (s Summary) addKinds(rows *[][2]string, label string, reason Reason) {
	var total int64
	var kinds []Kind
	for kind, count := range s.Dropped {
		if kind.Reason == reason {
			kinds = append(kinds, kind)
			total += count
		}
	}
	*rows = append(*rows, [2]string{label, fmt.Sprint(total)})
	slices.SortFunc(kinds, func(a, b Kind) int {
		return cmp.Or(cmp.Compare(s.Dropped[b], s.Dropped[a]), strings.Compare(a.Name, b.Name))
	})
	for _, kind := range kinds {
		if kind.Name != "" {
			*rows = append(*rows, [2]string{"  " + contact.Printable(kind.Name), fmt.Sprint(s.Dropped[kind])})
		}
	}
}
