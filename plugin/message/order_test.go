package message

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/redpanda-data/benthos/v4/public/service"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/benthos-liveperson/benthos-liveperson/internal/liveperson"
	"github.com/benthos-liveperson/benthos-liveperson/internal/output/outputtest"
)

// driving returns a driver that writes batches to an output as Benthos does. It identifies
// messages by their texts.
func driving(out *messageOutput, writers int) *outputtest.Driver {
	return &outputtest.Driver{Output: out, Writers: writers, Name: textIn}
}

func textIn(msg *service.Message) string {
	content, err := msg.AsStructured()
	if err != nil {
		panic(err)
	}
	return content.(map[string]any)["text"].(string)
}

// talk returns batches with the texts of several consumers in random order. Each consumer has the
// same number of texts.
func talk(random *rand.Rand, consumers, each, size int) (batches []service.MessageBatch, texts map[string][]string) {
	next := make([]int, consumers)
	texts = map[string][]string{}
	var batch service.MessageBatch
	for range consumers * each {
		c := random.IntN(consumers)
		for next[c] == each {
			c = (c + 1) % consumers
		}
		consumer := fmt.Sprintf("c%d", c)
		text := fmt.Sprintf("%s-%d", consumer, next[c])
		next[c]++
		texts[consumer] = append(texts[consumer], text)
		batch = append(batch, message(fmt.Sprintf(`{"consumer":%q,"text":%q}`, consumer, text)))
		if len(batch) == size {
			batches = append(batches, batch)
			batch = nil
		}
	}
	if batch != nil {
		batches = append(batches, batch)
	}
	return batches, texts
}

// fate is the expected result of a text that gets some answers.
type fate struct {
	answers []string
	// times is how often LivePerson gets the text, and class is the class of its failure. The
	// fields with Fail are for on_timeout: fail.
	times, timesFail int
	class, classFail liveperson.Class
}

var fates = []fate{
	{nil, 1, 1, "", ""},
	{nil, 1, 1, "", ""},
	{nil, 1, 1, "", ""},
	{[]string{"500"}, 1, 1, "", ""},
	{[]string{"429"}, 1, 1, "", ""},
	{[]string{"401"}, 1, 1, "", ""},
	{[]string{"401", "500", "429"}, 1, 1, "", ""},
	{[]string{"gone"}, 1, 1, "", ""},
	{[]string{"400"}, 0, 0, liveperson.ClassInvalid, liveperson.ClassInvalid},
	{[]string{"500", "400"}, 0, 0, liveperson.ClassInvalid, liveperson.ClassInvalid},
	{[]string{"500", "500", "500", "500"}, 0, 0, liveperson.ClassServer, liveperson.ClassServer},
	{[]string{"429", "429", "429", "429"}, 0, 0, liveperson.ClassThrottled, liveperson.ClassThrottled},
	{[]string{"reset"}, 1, 0, "", liveperson.ClassNetwork},
	{[]string{"hang", "500"}, 1, 0, "", liveperson.ClassNetwork},
	{[]string{"lost"}, 2, 1, "", liveperson.ClassNetwork},
	{[]string{"reset", "reset", "reset", "reset"}, 0, 0, liveperson.ClassNetwork, liveperson.ClassNetwork},
}

// Fifty consumers have forty texts each, 64 goroutines race, and LivePerson gives answers of
// every kind. LivePerson must get each text once, or the text fails with the right class. A
// consumer's texts must arrive in order. A text may arrive twice only after a lost answer, and
// only with on_timeout: retry.
func TestOrderHoldsWhateverTheAnswers(t *testing.T) {
	t.Parallel()
	for _, seed := range outputtest.Seeds(30) {
		size, fail := []int{1, 7, 100}[seed%3], seed%2 == 1
		t.Run(fmt.Sprintf("seed %d, batches of %d, fail: %t", seed, size, fail), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				random := rand.New(rand.NewPCG(seed, 1))
				batches, texts := talk(random, 50, 40, size)
				d := newDesk(nil)
				wantTaken, wantFailed := map[string][]string{}, map[string]liveperson.Class{}
				for consumer, all := range texts {
					for _, text := range all {
						f := fates[random.IntN(len(fates))]
						d.scripts[text] = f.answers
						times, class := f.times, f.class
						if fail {
							times, class = f.timesFail, f.classFail
						}
						for range times {
							wantTaken[consumer] = append(wantTaken[consumer], text)
						}
						if class != "" {
							wantFailed[text] = class
						}
					}
					d.scripts["open "+consumer] = []string{"500", "401", "reset", "429"}[:random.IntN(4)]
				}
				onTimeout := onTimeoutRetry
				if fail {
					onTimeout = onTimeoutFail
				}
				out := outputAt(t, d, "on_timeout: "+onTimeout)
				e := driving(out, 64)
				e.Run(t.Context(), batches)

				assert.Equal(t, 2000, e.Acked)
				for consumer := range texts {
					require.Equal(t, wantTaken[consumer], d.taken[consumer])
				}
				gotFailed := map[string]liveperson.Class{}
				for text, err := range e.Failed {
					gotFailed[text] = liveperson.ClassOf(err)
					assert.NotContains(t, err.Error(), text)
				}
				assert.Equal(t, wantFailed, gotFailed)
				assert.Zero(t, out.Held())
			})
		})
	}
}

// Conversations end at any moment. The next text opens another conversation and goes there.
func TestAConversationThatEndsIsReplaced(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		random := rand.New(rand.NewPCG(2, 2))
		batches, texts := talk(random, 20, 40, 7)
		d := newDesk(nil)
		ends := map[string]int{}
		d.onTaken = func(consumer string) {
			if random.IntN(10) == 0 { // safe, because the desk holds its lock here
				delete(d.dialogs, d.open[consumer])
				delete(d.open, consumer)
				ends[consumer]++
			}
		}
		e := driving(outputAt(t, d, ""), 64)
		e.Run(t.Context(), batches)
		assert.Empty(t, e.Failed)
		assert.Equal(t, texts, d.taken)
		for consumer, opened := range d.opened {
			assert.LessOrEqual(t, opened, ends[consumer]+1)
			assert.GreaterOrEqual(t, opened, ends[consumer])
		}
	})
}

// One consumer of a hundred gets only 503. The others must finish as early as without this
// consumer.
func TestAConsumerInTroubleHoldsUpNoOther(t *testing.T) {
	t.Parallel()
	finished := func(t *testing.T, trouble bool, size int) (took time.Duration) {
		synctest.Test(t, func(t *testing.T) {
			batches, texts := talk(rand.New(rand.NewPCG(3, 3)), 100, 20, size)
			d := newDesk(nil)
			if trouble {
				for _, text := range texts["c0"] {
					d.scripts[text] = []string{"503", "503", "503", "503"}
				}
			}
			start := time.Now()
			d.onTaken = func(consumer string) {
				if consumer != "c0" {
					took = time.Since(start) // at the end: the time of the others' last text
				}
			}
			e := driving(outputAt(t, d, ""), 1000)
			e.Run(t.Context(), batches)
			assert.Len(t, d.taken, map[bool]int{true: 99, false: 100}[trouble])
		})
		return took
	}
	for _, size := range []int{1, 100} {
		without, with := finished(t, false, size), finished(t, true, size)
		t.Logf("batches of %d: %s without trouble, %s with", size, without, with)
		assert.LessOrEqual(t, with.Seconds(), 1.2*without.Seconds())
	}
}

func TestAConsumersFirstTextsOpenOneConversation(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		batches, _ := talk(rand.New(rand.NewPCG(4, 4)), 5, 40, 7)
		d := newDesk(map[string][]string{"open c1": {"500"}, "open c2": {"429", "reset"}})
		e := driving(outputAt(t, d, ""), 64)
		e.Run(t.Context(), batches)
		assert.Empty(t, e.Failed)
		for consumer, opened := range d.opened {
			assert.Equal(t, 1, opened, consumer)
		}
		opening := 0
		for _, s := range d.sent {
			if strings.HasSuffix(s.path, "/conversation") {
				opening++
			}
		}
		assert.Equal(t, 5+3, opening)
	})
}

// Messages that wait during an outage are not lost, do not fail and do not arrive twice, however
// long it takes.
func TestAnOutageUsesUpNoPauses(t *testing.T) {
	t.Parallel()
	for _, outage := range []time.Duration{5 * time.Minute, 3 * time.Hour} {
		t.Run(outage.String(), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				batches, texts := talk(rand.New(rand.NewPCG(6, 6)), 20, 10, 7)
				d := newDesk(nil)
				c := parse(t, "")
				c.requests.NeverDown = false
				e := driving(newOutput(c, engineAt(t, d, c, service.MockResources()), nil), 8)
				d.upAt = time.Now().Add(outage)
				e.Run(t.Context(), batches)
				assert.Equal(t, texts, d.taken)
				assert.Empty(t, e.Failed)
				assert.Less(t, len(d.sent), 1000)
			})
		})
	}
}
