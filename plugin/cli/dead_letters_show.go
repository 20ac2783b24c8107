package cli

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"

	"github.com/benthos-liveperson/benthos-liveperson/internal/deadletter"
	"github.com/benthos-liveperson/benthos-liveperson/internal/liveperson"
	"github.com/benthos-liveperson/benthos-liveperson/internal/sde"
)

const personalFlagName = "personal"

// showLetter prints the letter of a line.
func showLetter(out io.Writer, name string, lines *deadletter.Lines, number int, personal bool) error {
	line, err := lines.Next()
	for err == nil && line.Number < number {
		line, err = lines.Next()
	}
	switch {
	case errors.Is(err, io.EOF) || err == nil && line.Number != number:
		return fmt.Errorf("there is no letter in line %d: dead-letters list has the numbers", number)
	case err != nil:
		return fmt.Errorf("reading the dead letters: %w", err)
	case line.Wrong != nil:
		return fmt.Errorf("line %d is not JSON, so it is no letter: open the file in an editor", number)
	}
	letter := line.Letter
	text := deadletter.Masked
	if personal {
		text = deadletter.Shown
	}
	fmt.Fprintf(out, "Line %d of %s\n\n", number, cmp.Or(name, "standard input"))
	for _, row := range letterRows(letter, personal) {
		fmt.Fprintf(out, "%-12s%s\n", row[0], row[1])
	}
	if letter.Event != "" {
		fmt.Fprintf(out, "\nThe event\n%s\n", text(letter.Event))
	}
	content := "The message"
	if letter.IsReport() {
		content = "The report"
	}
	fmt.Fprintf(out, "\n%s\n%s\n", content, text(letter.Content))
	if len(letter.Metadata) > 0 {
		fmt.Fprintf(out, "\nMetadata\n%s\n", metadataText(letter.Metadata, personal))
	}
	if !personal {
		fmt.Fprintf(out, "\n%s stands for values that may be personal. --%s shows them.\n", sde.Mask, personalFlagName)
	}
	return nil
}

func letterRows(letter deadletter.Letter, personal bool) [][2]string {
	class := letter.ClassName()
	for _, part := range [][2]string{{"status", letter.Status}, {"code", letter.Code}, {"attempts", letter.Attempts}} {
		if part[1] != "" {
			class += ", " + part[0] + " " + part[1]
		}
	}
	consumer := cmp.Or(letter.Consumer(), "-")
	if !personal && consumer != "-" {
		consumer = sde.Mask
	}
	meaning, action := advice(letter)
	replay := map[deadletter.Route]string{
		deadletter.ThroughPipeline: "sends it through the pipeline again",
		deadletter.ToOutput:        "sends it as it is, because it has passed the pipeline",
		deadletter.Nowhere:         "leaves it where it is: it failed between the processors. docs/dead-letters.md says what to do",
	}[letter.Route(true)]
	when := "-"
	if at, known := letter.When(); known {
		when = at.UTC().String()
	}
	return [][2]string{
		{"time", when},
		{"class", class},
		{"event", cmp.Or(letter.EventName(), "-")},
		{"consumer", consumer},
		{"reason", cmp.Or(letter.ShortReason(), "-")},
		{"meaning", meaning},
		{"what to do", action},
		{"replay", replay},
	}
}

// advice returns what the reason means, and what to do.
func advice(letter deadletter.Letter) (meaning, action string) {
	if letter.FailedEarlier() {
		return "A step before the output failed. The reason names it or the member.", "Correct the event, or the step, and replay the letter."
	}
	status, _ := strconv.Atoi(letter.Status)
	code, _ := strconv.Atoi(letter.Code)
	if meaning, action, known := liveperson.Advice(liveperson.Class(letter.Class), status, code); known {
		return meaning, action
	}
	return "The reason is not from an output of LivePerson.", "Look for the reason in the documentation of the component that failed."
}

// shownMetadata says nothing about a person.
var shownMetadata = map[string]bool{deadletter.MetaEventID: true, deadletter.MetaEventTime: true, "liveperson_event_name": true}

func metadataText(metadata map[string]any, personal bool) string {
	shown := make(map[string]any, len(metadata))
	for name, value := range metadata {
		if !personal && !shownMetadata[name] {
			value = sde.MaskedAll(value)
		}
		shown[name] = value
	}
	text, err := json.Marshal(shown)
	if err != nil {
		return sde.Mask
	}
	return deadletter.Shown(string(text))
}
