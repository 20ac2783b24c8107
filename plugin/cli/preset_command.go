package cli

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	ucli "github.com/urfave/cli/v2"

	"github.com/benthos-liveperson/benthos-liveperson/bloblang"
)

const exportForce = "force"

func presetCommand() *ucli.Command {
	return &ucli.Command{
		Name:  "preset",
		Usage: "Work with the presets and adapters as Bloblang files",
		Subcommands: []*ucli.Command{{
			Name:      "export",
			Usage:     "Write the Bloblang files of the presets and adapters into a folder",
			ArgsUsage: "DIR",
			Description: `Writes all files into DIR, and makes DIR if it is not there. Change them as you like, and use
them in a mapping by their whole path:

   pipeline:
     processors:
       - mapping: from "/etc/liveperson/bloblang/retail.blobl"

The path is absolute, so the config works wherever the process runs. The files import each other
from their own folder. The settings of a preset are metadata then; the comment at the top of
retail.blobl says how.

   benthos-liveperson preset export ./bloblang`,
			Flags: []ucli.Flag{&ucli.BoolFlag{Name: exportForce, Usage: "replace files that are there and differ"}},
			Action: func(c *ucli.Context) error {
				if c.Args().Len() != 1 {
					return errors.New("name the folder that the files go to: preset export DIR")
				}
				folder, err := filepath.Abs(c.Args().First())
				if err != nil {
					return err
				}
				written, err := exportPresets(folder, c.Bool(exportForce))
				if err != nil {
					return err
				}
				fmt.Fprintf(c.App.Writer, "wrote %d files; use a preset with\n\n  - mapping: from %q\n", written, filepath.Join(folder, "retail.blobl"))
				return nil
			},
		}},
	}
}

// exportPresets writes the files of the presets into a folder. It writes nothing if a file is
// there already, differs, and may not be replaced.
func exportPresets(folder string, replace bool) (written int, err error) {
	names, err := fs.Glob(bloblang.Files, "*.blobl")
	if err != nil {
		return 0, err
	}
	for _, name := range names {
		content, err := bloblang.Files.ReadFile(name)
		if err != nil {
			return 0, err
		}
		path := filepath.Join(folder, name)
		if existing, err := os.ReadFile(path); err == nil && !bytes.Equal(existing, content) && !replace {
			return 0, fmt.Errorf("%s is there already and differs: name another folder, or replace your files with --%s", path, exportForce)
		}
	}
	if err := os.MkdirAll(folder, 0o750); err != nil {
		return 0, err
	}
	for _, name := range names {
		content, err := bloblang.Files.ReadFile(name)
		if err != nil {
			return written, err
		}
		if err := os.WriteFile(filepath.Join(folder, name), content, 0o600); err != nil {
			return written, err
		}
		written++
	}
	return written, nil
}
