package cli

import (
	"cmp"
	"os"
	"runtime/debug"
	"strings"
	"time"
)

// linkedVersion and linkedDate are what --version prints. A release sets them with
//
//	-ldflags "-X github.com/benthos-liveperson/benthos-liveperson/plugin/cli.linkedVersion=v1.2.3
//	          -X github.com/benthos-liveperson/benthos-liveperson/plugin/cli.linkedDate=2026-01-31T12:00:00Z"
//
// If they are empty, the binary's build information is used.
var (
	linkedVersion string
	linkedDate    string
)

// dirtySuffix marks a version that was built from files that are not committed.
const dirtySuffix = "+dirty"

// binaryName returns the name of the command of this project that was built. A binary of somebody else has the name of the
// first one.
func binaryName(read func() (*debug.BuildInfo, bool)) string {
	const commands, name = "github.com/benthos-liveperson/benthos-liveperson/cmd/", "benthos-liveperson"
	if info, ok := read(); ok {
		if command, ours := strings.CutPrefix(info.Path, commands); ours {
			return command
		}
	}
	return name
}

// buildVersion returns the version of the binary and the date of its source. Without -ldflags,
// both come from the build information of go build: the module's version, or the commit and its
// time. A build outside of version control has neither. Then the version is "devel", and the date
// is the time of the binary's file.
func buildVersion(read func() (*debug.BuildInfo, bool)) (version, date string) {
	version, date = linkedVersion, linkedDate
	if info, ok := read(); ok {
		version, date = cmp.Or(version, versionOf(info)), cmp.Or(date, setting(info, "vcs.time"))
	}
	return cmp.Or(version, "devel"), cmp.Or(date, fileDate(), "unknown")
}

// versionOf returns the version that go build recorded, or the commit, or "".
func versionOf(info *debug.BuildInfo) string {
	if v := info.Main.Version; v != "" && v != "(devel)" {
		return v
	}
	revision := setting(info, "vcs.revision")
	if revision != "" && setting(info, "vcs.modified") == "true" {
		revision += dirtySuffix
	}
	return revision
}

func setting(info *debug.BuildInfo, key string) string {
	for _, s := range info.Settings {
		if s.Key == key {
			return s.Value
		}
	}
	return ""
}

// fileDate returns when the binary's file was written, in UTC, or "".
func fileDate() string {
	path, err := os.Executable()
	if err != nil {
		return ""
	}
	file, err := os.Stat(path)
	if err != nil {
		return ""
	}
	return file.ModTime().UTC().Format(time.RFC3339)
}
