package cli

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/benthos-liveperson/benthos-liveperson/internal/deadletter"
)

// listLetters prints the letters of a selection, and then how many there are.
func listLetters(out io.Writer, lines *deadletter.Lines, selection deadletter.Selection) error {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	consumers := map[string]string{}
	classes := map[string]int{}
	all, listed, untimed, wrong := 0, 0, 0, []string{}
	for {
		line, err := lines.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return fmt.Errorf("reading the dead letters: %w", err)
		}
		if line.Wrong != nil {
			wrong = append(wrong, fmt.Sprint(line.Number))
			continue
		}
		all++
		letter := line.Letter
		at, hasTime := letter.When()
		if selection.HasTime() && !hasTime {
			untimed++
		}
		if !selection.Has(letter) {
			continue
		}
		if listed++; listed == 1 {
			fmt.Fprintln(table, "LINE\tTIME\tCLASS\tEVENT\tCONSUMER\tREASON")
		}
		classes[letter.ClassName()]++
		when := "-"
		if hasTime {
			when = at.UTC().Format(time.RFC3339)
		}
		fmt.Fprintf(table, "%d\t%s\t%s\t%s\t%s\t%s\n", line.Number, when, letter.ClassName(), cmp.Or(letter.EventName(), "-"),
			standIn(consumers, letter.Consumer()), cmp.Or(letter.ShortReason(), "-"))
	}
	if err := table.Flush(); err != nil {
		return err
	}
	total := fmt.Sprintf("%d letters", all)
	if listed != all {
		total = fmt.Sprintf("%d of %d letters", listed, all)
	}
	if listed > 0 {
		total = "\n" + total + ": " + byClass(classes)
	}
	fmt.Fprintln(out, total)
	if untimed > 0 {
		fmt.Fprintf(out, "not in the selection, because they have no time: %d letters\n", untimed)
	}
	if len(wrong) > 0 {
		fmt.Fprintf(out, "not JSON, so no letters: %s\n", lineNumbers(wrong))
	}
	return nil
}

// standIn returns a name that stands for a consumer: the same one for the same consumer.
func standIn(names map[string]string, consumer string) string {
	if consumer == "" {
		return "-"
	}
	if names[consumer] == "" {
		names[consumer] = fmt.Sprintf("c%d", len(names)+1)
	}
	return names[consumer]
}

// byClass returns counts, the largest first.
func byClass(classes map[string]int) string {
	names := slices.SortedFunc(maps.Keys(classes), func(a, b string) int {
		return cmp.Or(classes[b]-classes[a], strings.Compare(a, b))
	})
	for i, name := range names {
		names[i] = fmt.Sprintf("%d %s", classes[name], name)
	}
	return strings.Join(names, ", ")
}

// shownLines is how many numbers of lines a message has.
const shownLines = 10

func lineNumbers(numbers []string) string {
	more := ""
	if len(numbers) > shownLines {
		more = fmt.Sprintf(" and %d more", len(numbers)-shownLines)
		numbers = numbers[:shownLines]
	}
	return "line " + strings.Join(numbers, ", ") + more
}
