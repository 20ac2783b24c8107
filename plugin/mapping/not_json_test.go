package mapping

import (
	"testing"

	"github.com/redpanda-data/benthos/v4/public/service"
	"github.com/stretchr/testify/assert"
)

// The first line of a file that an editor or a shell of Windows has written.
func TestFilesOfWindowsAreToldApart(t *testing.T) {
	t.Parallel()
	for content, says := range map[string]string{
		"\ufeff{\"type\":\"page\"}":     "the event begins with a byte order mark: save the file as UTF-8 without it, or put the scanner skip_bom around the input's scanner",
		"\xff\xfe{\x00\"\x00t\x00y\x00": "the event is UTF-16, as > of older PowerShells writes it: save the file as UTF-8",
		"\xfe\xff\x00{\x00\"\x00t\x00y": "the event is UTF-16, as > of older PowerShells writes it: save the file as UTF-8",
		"{\"type\"":                     "the event is not JSON: ",
		"":                              "the event is empty",
	} {
		for _, preset := range []string{"retail", "from_ga4"} {
			_, err := newPreset(t, preset, "").Process(t.Context(), service.NewMessage([]byte(content)))
			assert.ErrorContains(t, err, says, preset)
		}
	}
}
