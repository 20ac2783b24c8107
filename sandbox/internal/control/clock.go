package control

import (
	"errors"
	"fmt"
	"time"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/openapi"
	"github.com/benthos-liveperson/benthos-liveperson/sandbox/internal/strictyaml"
)

// clockState has the time of the sandbox's clock.
type clockState struct {
	Now    time.Time `json:"now"`
	Offset string    `json:"offset" doc:"The difference from the machine's clock."`
}

// clockMove moves the clock.
type clockMove struct {
	Advance string `yaml:"advance" required:"true" doc:"How far to move the clock, such as 30m or -1h."`
}

// maxOffset is a hundred years. A larger offset is a mistake, and may be too long for a
// time.Duration.
const maxOffset = 100 * 365 * 24 * time.Hour

func (p *Pages) showClock(*openapi.Call[openapi.None]) (clockState, error) {
	now, offset := p.Clock.Read()
	return clockState{Now: now, Offset: offset.String()}, nil
}

// moveClock moves the clock, so that sessions end without waiting for hours.
func (p *Pages) moveClock(call *openapi.Call[openapi.None]) (clockState, error) {
	const advice = `send {"advance": "30m"}, with a duration such as 30m or -1h`
	var move clockMove
	if err := strictyaml.Decode(call.Body, &move); err != nil {
		return clockState{}, fmt.Errorf("advance: %s: %w", advice, err)
	}
	by, err := time.ParseDuration(move.Advance)
	if err != nil || by.Abs() > maxOffset {
		return clockState{}, errors.New("advance: " + advice)
	}
	if !p.Clock.Advance(by, maxOffset) {
		return clockState{}, fmt.Errorf("advance: the clock would be more than %s from the machine's clock", maxOffset)
	}
	return p.showClock(call)
}

func (p *Pages) resetClock(call *openapi.Call[openapi.None]) (clockState, error) {
	p.Clock.Reset()
	return p.showClock(call)
}
