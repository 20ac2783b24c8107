package sandbox

import (
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/strictyaml"
)

// clockState is what the clock of the sandbox shows.
type clockState struct {
	Now    time.Time `json:"now"`
	Offset string    `json:"offset"` // from the machine's clock
}

// clockMove moves the clock: by so much, forwards or backwards.
type clockMove struct {
	Advance string `yaml:"advance"`
}

// maxOffset is a hundred years: more is a slip, and some of it too much for a time.Duration.
const maxOffset = 100 * 365 * 24 * time.Hour

// now is the sandbox's time. It wants the lock.
func (s *Sandbox) now() time.Time { return s.options.Now().Add(s.offset).UTC() }

// clock shows the clock (GET), moves it (PUT), or sets it back to the machine's
// (DELETE). Sessions end by it, and so an afternoon passes in a moment.
func (s *Sandbox) clock(w http.ResponseWriter, r *http.Request) {
	if refused := checkMethod(r, http.MethodGet, http.MethodPut, http.MethodDelete); refused != nil {
		s.refuse(w, refused)
		return
	}
	var by time.Duration
	if methodOf(r) == http.MethodPut {
		var err error
		if by, err = readMove(w, r); err != nil {
			s.refuseQuery(w, err)
			return
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if methodOf(r) == http.MethodDelete {
		s.offset = 0
	}
	if moved := s.offset + by; moved.Abs() > maxOffset {
		s.refuseQuery(w, fmt.Errorf("advance: the clock would be more than %s from the machine's", maxOffset))
		return
	}
	s.offset += by
	writeJSON(w, http.StatusOK, clockState{Now: s.now(), Offset: s.offset.String()})
}

func readMove(w http.ResponseWriter, r *http.Request) (time.Duration, error) {
	const advice = `send {"advance": "30m"}, with a duration such as 30m or -1h`
	text, err := strictyaml.ReadBody(w, r)
	if err != nil {
		return 0, err
	}
	var move clockMove
	if err := strictyaml.Decode(text, &move); err != nil {
		return 0, fmt.Errorf("advance: %s: %w", advice, err)
	}
	by, err := time.ParseDuration(move.Advance)
	if err != nil || by.Abs() > maxOffset {
		return 0, errors.New("advance: " + advice)
	}
	return by, nil
}

func (s *Sandbox) readClock() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now()
}
