package cli

import (
	"fmt"
	"io"
	"slices"
	"strings"

	ucli "github.com/urfave/cli/v2"
)

// schemaCommand writes the JSON Schema that editors use.
func schemaCommand() *ucli.Command {
	return &ucli.Command{
		Name:  "schema",
		Usage: "Write the JSON Schema with which editors check configs",
		Description: `Writes to stdout. docs/editor.md says how VS Code and JetBrains use the file.

   benthos-liveperson schema > benthos-liveperson.schema.json`,
		OnUsageError: onUsageError,
		Action: func(c *ucli.Context) error {
			if err := noArguments(c); err != nil {
				return badFlags(err)
			}
			text, err := configSchema().MarshalJSONSchema()
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(c.App.Writer, "%s\n", text)
			return err
		},
	}
}

// shells are those for which there is a completion.
var shells = []string{"bash", "fish", "zsh"}

func completionCommand() *ucli.Command {
	return &ucli.Command{
		Name:      "completion",
		Usage:     "Write a script for completion in bash, zsh or fish",
		ArgsUsage: "SHELL",
		Description: `Writes to stdout.

   source <(benthos-liveperson completion bash)      # in ~/.bashrc
   source <(benthos-liveperson completion zsh)       # in ~/.zshrc
   benthos-liveperson completion fish | source       # in config.fish`,
		OnUsageError: onUsageError,
		Action: func(c *ucli.Context) error {
			if c.Args().Len() != 1 || !slices.Contains(shells, c.Args().First()) {
				return badFlags(fmt.Errorf("completion takes one argument: %s", strings.Join(shells, ", ")))
			}
			write := map[string]func(w io.Writer, binary string, commands []*ucli.Command){
				"bash": completeBash, "zsh": completeZsh, "fish": completeFish,
			}[c.Args().First()]
			write(c.App.Writer, c.App.Name, c.App.VisibleCommands())
			return nil
		},
	}
}

// words returns what may follow a command: subcommands, shells and flags.
func words(c *ucli.Command) (all []string) {
	for _, sub := range c.Subcommands {
		all = append(all, sub.Name)
		all = append(all, words(sub)...)
	}
	if c.Name == "completion" {
		all = append(all, shells...)
	}
	for _, flag := range c.VisibleFlags() {
		all = append(all, "--"+flag.Names()[0])
	}
	return all
}

func completeBash(w io.Writer, binary string, commands []*ucli.Command) {
	var names, cases []string
	for _, c := range commands {
		names = append(names, c.Name)
		cases = append(cases, fmt.Sprintf("    %s) words=%q ;;", c.Name, strings.Join(words(c), " ")))
	}
	fmt.Fprintf(w, `_benthos_liveperson() {
  local cur=${COMP_WORDS[COMP_CWORD]} words=""
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W %q -- "$cur"))
    return
  fi
  case ${COMP_WORDS[1]} in
%s
  esac
  COMPREPLY=($(compgen -W "$words" -- "$cur"))
  [[ $cur == -* ]] || COMPREPLY+=($(compgen -f -- "$cur"))
}
complete -o filenames -F _benthos_liveperson %s
`, strings.Join(names, " "), strings.Join(cases, "\n"), binary)
}

func completeZsh(w io.Writer, binary string, commands []*ucli.Command) {
	fmt.Fprintln(w, "autoload -U +X compinit && compinit\nautoload -U +X bashcompinit && bashcompinit")
	completeBash(w, binary, commands)
}

func completeFish(w io.Writer, binary string, commands []*ucli.Command) {
	for _, c := range commands {
		fmt.Fprintf(w, "complete -c %s -n __fish_use_subcommand -a %s -d '%s'\n", binary, c.Name, strings.ReplaceAll(c.Usage, "'", `\'`))
		for _, word := range words(c) {
			option := "-a " + word
			if name, isFlag := strings.CutPrefix(word, "--"); isFlag {
				option = "-l " + name
			}
			fmt.Fprintf(w, "complete -c %s -n '__fish_seen_subcommand_from %s' %s\n", binary, c.Name, option)
		}
	}
}
