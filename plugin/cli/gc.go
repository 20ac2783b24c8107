package cli

import (
	"io/fs"
	"os"
	"runtime/debug"
)

// GCPercent suits a pipeline, most of whose memory is garbage soon: Go's default of 100
// collects it many times as often. The heap may become nine times what is in use.
const GCPercent = 800

// TuneGC sets the garbage collector's target to GCPercent. Where the kernel would kill
// the process for its memory, the collector works harder before. An environment that
// has settings of its own, GOGC or GOMEMLIMIT, is in charge of both.
func TuneGC() { tuneGC(os.DirFS("/")) }

// tuneGC is TuneGC with the file system that tells the kernel's limit.
func tuneGC(root fs.FS) {
	setGC(GCPercent)
	if limit := memoryLimit(root); limit > 0 && !isTunedOutside() {
		// The tenth is for what Go's runtime does not count, as its guide advises:
		// https://go.dev/doc/gc-guide#Suggested_uses
		debug.SetMemoryLimit(limit - limit/10)
	}
}

func setGC(percent int) {
	if !isTunedOutside() {
		debug.SetGCPercent(percent)
	}
}

func isTunedOutside() bool {
	return os.Getenv("GOGC") != "" || os.Getenv("GOMEMLIMIT") != ""
}
