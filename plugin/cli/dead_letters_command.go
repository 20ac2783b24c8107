package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	ucli "github.com/urfave/cli/v2"

	"github.com/benthos-liveperson/benthos-liveperson/internal/deadletter"
	"github.com/benthos-liveperson/benthos-liveperson/internal/liveperson"
)

// The flags that select letters.
const (
	classFlagName = "class"
	sinceFlagName = "since"
	untilFlagName = "until"
)

func deadLettersCommand() *ucli.Command {
	return &ucli.Command{
		Name:  "dead-letters",
		Usage: "List, show and replay the messages of a dead-letter file",
		Description: `   benthos-liveperson dead-letters list dead-letters.jsonl
   benthos-liveperson dead-letters show 3 dead-letters.jsonl
   benthos-liveperson dead-letters replay --config pipeline.yaml dead-letters.jsonl

Without a FILE, or with -, the letters come from standard input.`,
		Subcommands: []*ucli.Command{deadLettersListCommand(), deadLettersShowCommand(), deadLettersReplayCommand()},
	}
}

func deadLettersListCommand() *ucli.Command {
	return &ucli.Command{
		Name:      "list",
		Usage:     "List dead letters, and count them by class",
		ArgsUsage: "[FILE]",
		Description: `Prints a line for each letter. c1, c2 and so on stand for consumers.

   benthos-liveperson dead-letters list dead-letters.jsonl
   benthos-liveperson dead-letters list --class unauthorised,not_found --since 2h dead-letters.jsonl`,
		Flags:        selectionFlags(),
		OnUsageError: onUsageError,
		Action: func(c *ucli.Context) error {
			selection, err := readSelection(c, time.Now())
			if err != nil {
				return badFlags(err)
			}
			return withLetters(c, 0, func(_ string, letters io.Reader) error {
				return listLetters(c.App.Writer, deadletter.NewLines(letters), selection)
			})
		},
	}
}

func deadLettersShowCommand() *ucli.Command {
	return &ucli.Command{
		Name:      "show",
		Usage:     "Show a dead letter: the event, the report, the reason and what to do",
		ArgsUsage: "LINE [FILE]",
		Description: `LINE is the number of the letter's line in the file, as list prints it.

   benthos-liveperson dead-letters show 3 dead-letters.jsonl
   benthos-liveperson dead-letters show --personal 3 dead-letters.jsonl`,
		Flags: []ucli.Flag{
			&ucli.BoolFlag{Name: personalFlagName, Usage: "show personal values, which are *** otherwise"},
		},
		OnUsageError: onUsageError,
		Action: func(c *ucli.Context) error {
			number, err := strconv.Atoi(c.Args().First())
			if err != nil || number < 1 {
				return badFlags(errors.New("show takes the number of a line, then the file: dead-letters show 3 dead-letters.jsonl"))
			}
			return withLetters(c, 1, func(name string, letters io.Reader) error {
				return showLetter(c.App.Writer, name, deadletter.NewLines(letters), number, c.Bool(personalFlagName))
			})
		},
	}
}

func selectionFlags() []ucli.Flag {
	return []ucli.Flag{
		&ucli.StringSliceFlag{Name: classFlagName, Usage: "only letters of these `CLASSES`, separated by commas"},
		&ucli.StringFlag{Name: eventFlagName, Usage: "only letters of the event with this `NAME`"},
		&ucli.StringFlag{Name: sinceFlagName, Usage: "only letters from this `TIME` on, such as 2h or 2026-03-14T16:00:00Z"},
		&ucli.StringFlag{Name: untilFlagName, Usage: "only letters before this `TIME`"},
	}
}

func readSelection(c *ucli.Context, now time.Time) (s deadletter.Selection, err error) {
	known := append(liveperson.Classes(), string(liveperson.ClassContradictory), string(liveperson.ClassDeadline), deadletter.Other)
	for _, class := range c.StringSlice(classFlagName) {
		if class = strings.TrimSpace(class); !slices.Contains(known, class) {
			return s, fmt.Errorf("--%s: there is no class %q; the classes are %s", classFlagName, class, strings.Join(known, ", "))
		}
		s.Classes = append(s.Classes, class)
	}
	s.Event = c.String(eventFlagName)
	if s.Since, err = readTime(c, sinceFlagName, now); err != nil {
		return s, err
	}
	if s.Until, err = readTime(c, untilFlagName, now); err != nil {
		return s, err
	}
	if !s.Until.IsZero() && !s.Until.After(s.Since) {
		return s, fmt.Errorf("--%s: must be after --%s", untilFlagName, sinceFlagName)
	}
	return s, nil
}

// readTime reads a time, or a duration before now.
func readTime(c *ucli.Context, name string, now time.Time) (time.Time, error) {
	text := c.String(name)
	if text == "" {
		return time.Time{}, nil
	}
	for _, layout := range []string{time.RFC3339, time.DateOnly} {
		if at, err := time.Parse(layout, text); err == nil {
			return at, nil
		}
	}
	length, err := time.ParseDuration(text)
	if days, isDays := strings.CutSuffix(text, "d"); isDays {
		length, err = time.ParseDuration(days + "h")
		length *= 24
	}
	if err != nil || length <= 0 {
		return time.Time{}, fmt.Errorf("--%s: must be a time such as 2026-03-14T16:00:00Z or 2026-03-14 (UTC), or how long ago, such as 30m, 2h or 7d", name)
	}
	return now.Add(-length), nil
}

// withLetters opens the file that the argument at an index names, or standard input.
func withLetters(c *ucli.Context, index int, use func(name string, letters io.Reader) error) error {
	for _, argument := range c.Args().Slice() {
		if len(argument) > 1 && strings.HasPrefix(argument, "-") {
			return badFlags(fmt.Errorf("flags come before the file: see %s --help", c.Command.HelpName))
		}
	}
	if c.Args().Len() > index+1 {
		return badFlags(fmt.Errorf("%s takes one file; several can be piped: cat a.jsonl b.jsonl | %s", c.Command.Name, c.Command.HelpName))
	}
	name := c.Args().Get(index)
	if name == "" || name == "-" {
		if name == "" && isTerminal(os.Stdin) {
			return badFlags(fmt.Errorf("name the file of dead letters, or pipe letters: see %s --help", c.Command.HelpName))
		}
		return use("", os.Stdin)
	}
	file, err := os.Open(name)
	if err != nil {
		return fmt.Errorf("the dead letters can't be read: %w", err)
	}
	defer file.Close()
	if info, err := file.Stat(); err == nil && info.IsDir() {
		return fmt.Errorf("%s is a folder: name the file of dead letters", name)
	}
	return use(name, file)
}
