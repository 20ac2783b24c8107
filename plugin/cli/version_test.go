package cli

import (
	"runtime/debug"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The test is not parallel, because the linker's variables belong to the process.
func TestVersionAndDate(t *testing.T) {
	recorded := func(version string, settings ...debug.BuildSetting) func() (*debug.BuildInfo, bool) {
		return func() (*debug.BuildInfo, bool) {
			return &debug.BuildInfo{Main: debug.Module{Version: version}, Settings: settings}, true
		}
	}
	commit := debug.BuildSetting{Key: "vcs.revision", Value: "c0ffee"}
	at := debug.BuildSetting{Key: "vcs.time", Value: "2026-01-31T12:00:00Z"}
	changed := debug.BuildSetting{Key: "vcs.modified", Value: "true"}
	for name, test := range map[string]struct {
		linked, linkedDate string
		read               func() (*debug.BuildInfo, bool)
		version, date      string // date "": the date of the file
	}{
		"a release":                     {"v1.2.3", "2026-02-01T00:00:00Z", recorded("v0.0.0-x", at), "v1.2.3", "2026-02-01T00:00:00Z"},
		"a release without a date":      {"v1.2.3", "", recorded("", at), "v1.2.3", "2026-01-31T12:00:00Z"},
		"go install":                    {"", "", recorded("v1.2.3"), "v1.2.3", ""},
		"a checkout":                    {"", "", recorded("v1.2.4-0.20260131120000-c0ffee", commit, at), "v1.2.4-0.20260131120000-c0ffee", "2026-01-31T12:00:00Z"},
		"a checkout without versions":   {"", "", recorded("(devel)", commit, at), "c0ffee", "2026-01-31T12:00:00Z"},
		"a checkout that was changed":   {"", "", recorded("(devel)", commit, at, changed), "c0ffee+dirty", "2026-01-31T12:00:00Z"},
		"no version control":            {"", "", recorded("(devel)"), "devel", ""},
		"no build information":          {"", "", func() (*debug.BuildInfo, bool) { return nil, false }, "devel", ""},
		"ldflags, no build information": {"v1.2.3", "", func() (*debug.BuildInfo, bool) { return nil, false }, "v1.2.3", ""},
	} {
		t.Run(name, func(t *testing.T) {
			oldVersion, oldDate := linkedVersion, linkedDate
			defer func() { linkedVersion, linkedDate = oldVersion, oldDate }()
			linkedVersion, linkedDate = test.linked, test.linkedDate

			version, date := buildVersion(test.read)
			assert.Equal(t, test.version, version)
			if test.date != "" {
				assert.Equal(t, test.date, date)
				return
			}
			written, err := time.Parse(time.RFC3339, date)
			require.NoError(t, err)
			assert.WithinDuration(t, time.Now(), written, 24*time.Hour)
		})
	}
}

func TestBinaryName(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]string{
		"github.com/benthos-liveperson/benthos-liveperson/cmd/connect-liveperson": "connect-liveperson",
		"github.com/benthos-liveperson/benthos-liveperson/cmd/benthos-liveperson": "benthos-liveperson",
		"example.com/our-pipelines": "benthos-liveperson",
	} {
		assert.Equal(t, want, binaryName(func() (*debug.BuildInfo, bool) { return &debug.BuildInfo{Path: path}, true }))
	}
}
