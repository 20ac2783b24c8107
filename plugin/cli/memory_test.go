package cli

import (
	"bytes"
	"math"
	"runtime/debug"
	"testing"

	"github.com/stretchr/testify/assert"
)

// The tests are not parallel, because the limit and the variables belong to the process.
func TestMemoryLimitOfTheEnvironment(t *testing.T) {
	for name, env := range map[string][2]string{
		"GOMEMLIMIT":        {"GOMEMLIMIT", "123MiB"},
		"AUTOMEMLIMIT, off": {"AUTOMEMLIMIT", "off"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv(env[0], env[1])
			const before = 1 << 40
			restore := debug.SetMemoryLimit(before)
			defer debug.SetMemoryLimit(restore)
			percent := debug.SetGCPercent(77)
			defer debug.SetGCPercent(percent)

			var stderr bytes.Buffer
			limitMemory(&stderr)
			assert.Equal(t, int64(before), debug.SetMemoryLimit(-1), "the environment decides")
			assert.Equal(t, 77, debug.SetGCPercent(77), "GOGC is not touched")
			assert.Empty(t, stderr.String())
		})
	}
}

func TestMemoryLimitThatCannotBeRead(t *testing.T) {
	t.Setenv("AUTOMEMLIMIT", "much")
	restore := debug.SetMemoryLimit(math.MaxInt64)
	defer debug.SetMemoryLimit(restore)

	var stderr bytes.Buffer
	limitMemory(&stderr)
	assert.Contains(t, stderr.String(), "AUTOMEMLIMIT: much. Set GOMEMLIMIT")
	assert.Equal(t, int64(math.MaxInt64), debug.SetMemoryLimit(-1))
}
