package cli

import (
	"fmt"
	"io"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	ucli "github.com/urfave/cli/v2"
)

// A help fits a terminal of this size. `help COMMAND` has what does not.
const (
	helpLines   = 24
	helpColumns = 80
	helpIndent  = "   "
)

// benthosCommands have their help from Benthos.
var benthosCommands = []string{"run", "lint", "test", "echo", "list", "streams", "template", "blobl"}

// printHelp makes ucli print the help of this file. args are the process's.
func printHelp(args []string) {
	plain := ucli.HelpPrinter
	ucli.HelpPrinter = func(w io.Writer, template string, data any) {
		switch of := data.(type) {
		case *ucli.App:
			fmt.Fprint(w, appHelp(of))
		case *ucli.Command:
			if len(args) > 2 && args[1] == "help" {
				fmt.Fprint(w, fullHelp(args[0], of, args[3:]))
				return
			}
			fmt.Fprint(w, commandHelp(of))
		default:
			plain(w, template, data)
		}
	}
}

// appHelp is the help of the program. Benthos' own text says nothing about LivePerson, and repeats the flags of run.
func appHelp(app *ucli.App) string {
	var out strings.Builder
	fmt.Fprintf(&out, "%s: sends your site's events and messages to LivePerson\n\n", app.Name)
	for _, example := range [][2]string{
		{"run --sandbox config/quickstart.yaml", "without an account"},
		{"create --for segment > pipeline.yaml", "begin a pipeline"},
		{"doctor pipeline.yaml", "check it"},
		{"run pipeline.yaml", "run it"},
	} {
		fmt.Fprintf(&out, "   %s %-38s%s\n", app.Name, example[0], example[1])
	}
	out.WriteString("\nCOMMANDS\n")
	for _, c := range app.Commands {
		if !c.Hidden && c.Name != "help" && !slices.Contains(benthosCommands, c.Name) {
			fmt.Fprintf(&out, "   %-13s%s\n", c.Name, c.Usage)
		}
	}
	fmt.Fprintf(&out, "   of Benthos:  %s\n\n", strings.Join(benthosCommands, ", "))
	fmt.Fprintf(&out, "`%[1]s COMMAND --help` is short.\n`%[1]s help COMMAND` explains each flag.\n", app.Name)
	return out.String()
}

// commandHelp is the help of a command on one screen: the first one of these that fits, or the last one.
func commandHelp(c *ucli.Command) (text string) {
	about := describe(c)
	for _, parts := range [][]string{
		{about.head, about.prose(len(about.paragraphs)), about.code(len(about.examples)), about.commands, about.shortFlags()},
		{about.head, about.prose(1), about.code(len(about.examples)), about.commands, about.shortFlags()},
		{about.head, about.prose(1), about.code(4), about.commands, about.shortFlags()},
		{about.head, about.prose(1), about.code(len(about.examples)), about.commands, about.flagNames()},
		{about.head, about.prose(1), about.code(4), about.commands, about.flagNames()},
		{about.head, about.code(4), about.commands, about.flagNames()},
	} {
		if text = joined(append(parts, about.more)); strings.Count(text, "\n") <= helpLines {
			break
		}
	}
	return text
}

// fullHelp is all that is known of a command, or of one of its commands.
func fullHelp(program string, c *ucli.Command, names []string) string {
	binary, path := filepath.Base(program), c.Name
	if before, _, named := strings.Cut(c.HelpName, " "); named {
		binary = before
	}
	for _, name := range names {
		if i := slices.IndexFunc(c.Subcommands, func(sub *ucli.Command) bool { return sub.HasName(name) }); i >= 0 {
			c, path = c.Subcommands[i], path+" "+name
		}
	}
	named := *c
	named.HelpName = binary + " " + path
	about := describe(&named)
	return joined([]string{about.head, about.prose(len(about.paragraphs)), about.code(len(about.examples)), about.commands, about.longFlags()})
}

// joined puts a blank line between parts that are not empty.
func joined(parts []string) string {
	return strings.Join(slices.DeleteFunc(parts, func(part string) bool { return part == "" }), "\n")
}

// description is what a help is made of. Each text ends with a line break.
type description struct {
	head       string
	paragraphs []string
	examples   []string // lines, or several of one command
	commands   string
	more       string
	flags      []flagText
}

// flagText is a flag in a help.
type flagText struct{ form, usage, values string }

var (
	// own is this program's usual name at the beginning of an example.
	own = regexp.MustCompile(`(^|[ (])benthos-liveperson `)
	// benthosPages are addresses that Benthos makes of ours.
	benthosPages = regexp.MustCompile(`https://github\.com/benthos-liveperson/benthos-liveperson/((?:guides|configuration)/)`)
	valueName    = regexp.MustCompile("`([^`]+)`")
)

func describe(c *ucli.Command) (d description) {
	binary, _, _ := strings.Cut(c.HelpName, " ")
	d.head = wrapped(c.HelpName+": "+lowered(c.Usage), "", "  ")
	usage := "USAGE: " + c.HelpName
	if len(c.Subcommands) > 0 && c.Action == nil {
		usage += " COMMAND"
	}
	d.head += wrapped(strings.TrimSpace(usage+" [flags] "+c.ArgsUsage), "", "  ")
	text := benthosPages.ReplaceAllString(c.Description, "https://docs.redpanda.com/redpanda-connect/$1")
	paragraph := ""
	for line := range strings.Lines(text + "\n\n") {
		line = strings.TrimRight(line, " \r\n")
		isCode := strings.HasPrefix(line, "  ")
		if line == "" || isCode {
			if paragraph != "" {
				d.paragraphs = append(d.paragraphs, paragraph)
			}
			paragraph = ""
		} else {
			paragraph = strings.TrimSpace(paragraph + " " + line)
		}
		if isCode && strings.TrimSpace(line) != "" {
			line = strings.TrimPrefix(strings.TrimPrefix(line, "  "), " ")
			line = folded(own.ReplaceAllString(helpIndent+line, "${1}"+binary+" "))
			if last := len(d.examples) - 1; last >= 0 && strings.HasSuffix(d.examples[last], "\\") {
				d.examples[last] += "\n" + line
				continue
			}
			d.examples = append(d.examples, line)
		}
	}
	for _, sub := range c.Subcommands {
		if sub.Name != "help" && !sub.Hidden {
			d.commands += wrapped(sub.Usage, fmt.Sprintf("%s%-9s", helpIndent, sub.Name), helpIndent+strings.Repeat(" ", 9))
		}
	}
	if d.commands != "" {
		d.commands = "COMMANDS\n" + d.commands
	}
	for _, flag := range c.VisibleFlags() {
		if name := flag.Names()[0]; name != "help" {
			d.flags = append(d.flags, textOfFlag(flag))
		}
	}
	d.more = fmt.Sprintf("`%s help%s` explains each flag.\n", binary, strings.TrimPrefix(c.HelpName, binary))
	return d
}

func textOfFlag(flag ucli.Flag) (f flagText) {
	f.form = "--" + flag.Names()[0]
	for _, other := range flag.Names()[1:] {
		if len(other) == 1 {
			f.form += ", -" + other
		}
	}
	doc, has := flag.(ucli.DocGenerationFlag)
	if !has {
		return f
	}
	f.usage = valueName.ReplaceAllString(doc.GetUsage(), "$1")
	if doc.TakesValue() {
		name := "VALUE"
		if found := valueName.FindStringSubmatch(doc.GetUsage()); found != nil {
			name = found[1]
		}
		f.form += " " + name
		if otherwise := strings.Trim(doc.GetDefaultText(), `"`); otherwise != "" && otherwise != "0s" && otherwise != "0" {
			f.values = " (default: " + otherwise + ")"
		}
	}
	if variables := doc.GetEnvVars(); len(variables) > 0 {
		f.values += " [$" + strings.Join(variables, ", $") + "]"
	}
	return f
}

// lowered begins a text in lower case, unless it begins with an abbreviation.
func lowered(text string) string {
	if len(text) > 1 && text[1] >= 'a' && text[1] <= 'z' {
		return strings.ToLower(text[:1]) + text[1:]
	}
	return text
}

func (d description) prose(most int) string {
	var parts []string
	for _, paragraph := range d.paragraphs[:min(most, len(d.paragraphs))] {
		parts = append(parts, wrapped(paragraph, "", ""))
	}
	return strings.Join(parts, "")
}

func (d description) code(most int) string {
	var out strings.Builder
	for _, line := range d.examples[:min(most, len(d.examples))] {
		out.WriteString(line + "\n")
	}
	return out.String()
}

// shortFlags has a line for each flag.
func (d description) shortFlags() string {
	if len(d.flags) == 0 {
		return ""
	}
	widest := 0
	for _, flag := range d.flags {
		widest = max(widest, len(flag.form))
	}
	var out strings.Builder
	out.WriteString("FLAGS\n")
	for _, flag := range d.flags {
		usage := flag.usage
		for _, end := range []string{"; ", ". "} {
			usage, _, _ = strings.Cut(usage, end)
		}
		line := fmt.Sprintf("%s%-*s  %s", helpIndent, widest, flag.form, usage)
		out.WriteString(strings.TrimRight(shortened(line, helpColumns), " ") + "\n")
	}
	return out.String()
}

// folded breaks a command that is too long, as shells take it.
func folded(line string) string {
	var out strings.Builder
	for len(line) > helpColumns {
		i := strings.LastIndex(line[:helpColumns-2], " ")
		if i <= len(helpIndent)+2 {
			break
		}
		out.WriteString(line[:i] + " \\\n")
		line = helpIndent + "  " + line[i+1:]
	}
	return out.String() + line
}

// shortened cuts a line behind a word.
func shortened(line string, columns int) string {
	if runes := []rune(line); len(runes) > columns {
		line = string(runes[:columns-1])
		return strings.TrimRight(line[:strings.LastIndex(line, " ")], " ,") + "…"
	}
	return line
}

// flagNames has the names of the flags alone.
func (d description) flagNames() string {
	names := make([]string, len(d.flags))
	for i, flag := range d.flags {
		names[i], _, _ = strings.Cut(flag.form, ",")
		names[i], _, _ = strings.Cut(names[i], " ")
	}
	return "FLAGS\n" + wrapped(strings.Join(names, " "), helpIndent, helpIndent)
}

func (d description) longFlags() string {
	if len(d.flags) == 0 {
		return ""
	}
	var out strings.Builder
	out.WriteString("FLAGS\n")
	for _, flag := range d.flags {
		out.WriteString(helpIndent + flag.form + "\n" + wrapped(flag.usage+flag.values, helpIndent+"    ", helpIndent+"    "))
	}
	return out.String()
}

// wrapped breaks a text into lines. A word that is too long stays whole.
func wrapped(text, first, others string) string {
	var out strings.Builder
	line := first
	empty := true
	for word := range strings.FieldsSeq(text) {
		if !empty && len([]rune(line))+1+len([]rune(word)) > helpColumns {
			out.WriteString(line + "\n")
			line, empty = others, true
		}
		if !empty {
			line += " "
		}
		line += word
		empty = false
	}
	return out.String() + line + "\n"
}
