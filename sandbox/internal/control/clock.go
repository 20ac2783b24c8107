package control

import (
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/httpapi"
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

// clock shows the clock (GET), moves it (PUT), or sets it back to the machine's
// (DELETE). Sessions end by it, and so an afternoon passes in a moment.
func (p *Pages) clock(w http.ResponseWriter, r *http.Request) {
	if !p.allows(w, r, http.MethodGet, http.MethodPut, http.MethodDelete) {
		return
	}
	var by time.Duration
	if httpapi.Method(r) == http.MethodPut {
		var err error
		if by, err = readMove(w, r); err != nil {
			badRequest(w, err)
			return
		}
	}
	if httpapi.Method(r) == http.MethodDelete {
		p.Clock.Reset()
	}
	if !p.Clock.Advance(by, maxOffset) {
		badRequest(w, fmt.Errorf("advance: the clock would be more than %s from the machine's", maxOffset))
		return
	}
	now, offset := p.Clock.Read()
	httpapi.WriteJSON(w, http.StatusOK, clockState{Now: now, Offset: offset.String()})
}

func readMove(w http.ResponseWriter, r *http.Request) (time.Duration, error) {
	const advice = `send {"advance": "30m"}, with a duration such as 30m or -1h`
	text, err := httpapi.ReadBody(w, r)
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
