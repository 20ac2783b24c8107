package settings

import (
	"errors"
	"strings"
)

const (
	pathIsURL    = "is a URL, expected the path of a file: nothing is fetched from the network"
	pathIsFolder = "is a folder, expected the path of a file"
	pathHasBlank = "has blanks around it, expected the path of a file"
)

// PathLint is the lint rule of fields that name a file. It does not ask whether the file exists:
// the file may be missing where the config is linted. It accepts an empty value, as IDLint does.
const PathLint = `root = if this.trim() != this { "` + pathHasBlank + `" } else if this.re_match("^[A-Za-z][A-Za-z0-9+.-]+://") { "` + pathIsURL + `" } else if this.re_match("(^|/)[.]{0,2}/?$") && this != "" { "` + pathIsFolder + `" }`

// CheckPath is the same check as PathLint, for a component that starts.
func CheckPath(path string) error {
	scheme, _, isURL := strings.Cut(path, "://")
	switch last := path[strings.LastIndexByte(path, '/')+1:]; {
	case path == "":
		return nil
	case strings.TrimSpace(path) != path:
		return errors.New(pathHasBlank)
	case isURL && !strings.Contains(scheme, "/"):
		return errors.New(pathIsURL)
	case last == "" || last == "." || last == "..":
		return errors.New(pathIsFolder)
	}
	return nil
}
