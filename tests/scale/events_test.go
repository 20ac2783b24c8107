package scale

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// load is the events of a run: each consumer searches for thing 0, thing 1 and so on.
type load struct {
	consumers int
	events    int // of each consumer
}

func (l load) total() int { return l.consumers * l.events }

func consumerName(number int) string { return fmt.Sprintf("c-%d", number) }

// each calls write with each event. Events of different consumers are mixed, those of a consumer are in order.
func (l load) each(write func(consumer string, number int, event []byte)) {
	source := rand.New(rand.NewPCG(1, 2))
	for number := range l.events {
		for _, index := range source.Perm(l.consumers) {
			consumer := consumerName(index)
			write(consumer, index, fmt.Appendf(nil, `{"type":"track","event":"Products Searched","messageId":"%s-%d","anonymousId":"%s",`+
				`"timestamp":"2026-07-01T10:00:00Z","context":{"page":{"url":"https://shop.example.com/search"}},"properties":{"query":"thing %d"}}`,
				consumer, number, consumer, number))
		}
	}
}

// result is a row of the table that a long run prints.
func report(t *testing.T, name string, format string, values ...any) {
	t.Helper()
	fmt.Printf("%-44s %s\n", name, fmt.Sprintf(format, values...))
}
