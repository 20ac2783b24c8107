package cli

import ucli "github.com/urfave/cli/v2"

// The help of the program. Benthos' own text says nothing about LivePerson, and repeats the flags of run.
func init() {
	ucli.AppHelpTemplate = `{{.Name}}: sends first-party events to LivePerson, and messages between consumers and agents

   {{.Name}} run --sandbox config/quickstart.yaml      try it, without an account
   {{.Name}} create --for segment > pipeline.yaml      begin a pipeline
   {{.Name}} doctor pipeline.yaml                      check it, and the account
   {{.Name}} run pipeline.yaml                         run it

COMMANDS:{{range .VisibleCommands}}
   {{printf "%-11s" .Name}}{{.Usage}}{{end}}

` + "`{{.Name}} COMMAND --help` has the flags of a command. --version prints the version.\n" + `
https://github.com/benthos-liveperson/benthos-liveperson
`
}
