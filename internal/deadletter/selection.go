package deadletter

import (
	"slices"
	"strings"
	"time"
)

// Selection says which letters are meant. The zero value means all.
type Selection struct {
	Classes      []string
	Event        string
	Since, Until time.Time // Until itself is not in the selection
}

// Has returns whether a letter is meant. A letter without a time is meant only if the selection has none.
func (s Selection) Has(l Letter) bool {
	if len(s.Classes) > 0 && !slices.Contains(s.Classes, l.ClassName()) {
		return false
	}
	if s.Event != "" && !strings.EqualFold(s.Event, l.EventName()) {
		return false
	}
	at, known := l.When()
	switch {
	case !s.HasTime():
		return true
	case !known || at.Before(s.Since):
		return false
	}
	return s.Until.IsZero() || at.Before(s.Until)
}

// HasTime returns whether the selection depends on the time.
func (s Selection) HasTime() bool { return !s.Since.IsZero() || !s.Until.IsZero() }
