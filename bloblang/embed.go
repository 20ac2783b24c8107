// Package bloblang holds the presets: every decision from an event to a
// LivePerson report, one to a file.
package bloblang

import "embed"

// Files are the *.blobl files of this folder. A preset is a file with statements
// of its own; the others hold maps for them to import.
//
//go:embed *.blobl
var Files embed.FS
