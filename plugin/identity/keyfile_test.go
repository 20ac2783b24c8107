package identity

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// watched is a file of keys with a clock that the test moves.
type watched struct {
	*keyFile
	clock    time.Time
	version  int
	warnings []string
}

func watch(path string) *watched {
	w := &watched{clock: noon}
	w.keyFile = &keyFile{path: path, now: func() time.Time { return w.clock }, warn: func(err error) {
		w.warnings = append(w.warnings, err.Error())
	}}
	return w
}

// write replaces the file and sets its time, because the clock of a file system may be coarse.
func (w *watched) write(t *testing.T, content string) {
	t.Helper()
	w.version++
	require.NoError(t, os.WriteFile(w.path, []byte(content), 0o600))
	require.NoError(t, os.Chtimes(w.path, noon, noon.Add(time.Duration(w.version)*time.Millisecond)))
}

// later returns the keys after the next check of the file.
func (w *watched) later(t *testing.T) ([]key, error) {
	t.Helper()
	w.clock = w.clock.Add(lookEvery)
	return w.current(t.Context())
}

func TestKeysAreReadAgainWhenTheFileChanges(t *testing.T) {
	t.Parallel()
	w := watch(filepath.Join(t.TempDir(), "keys"))
	w.write(t, jwks(t))
	keys, err := w.current(t.Context())
	require.NoError(t, err)
	require.Len(t, keys, 2)

	w.write(t, publicPEM(t, rsaKey().Public()))
	keys, err = w.current(t.Context())
	require.NoError(t, err)
	assert.Len(t, keys, 2, "it is not looked at again so soon")

	keys, err = w.later(t)
	require.NoError(t, err)
	assert.Len(t, keys, 1)
	again, err := w.later(t)
	require.NoError(t, err)
	assert.Same(t, &keys[0], &again[0], "a file that stays as it is is not read again")
	assert.Empty(t, w.warnings)
}

func TestABrokenFileKeepsTheOldKeys(t *testing.T) {
	t.Parallel()
	w := watch(filepath.Join(t.TempDir(), "keys"))
	w.write(t, jwks(t))
	_, err := w.current(t.Context())
	require.NoError(t, err)

	w.write(t, jwks(t)[:100])
	for range 3 {
		keys, err := w.later(t)
		require.NoError(t, err)
		assert.Len(t, keys, 2)
	}
	require.Len(t, w.warnings, 1, "once, not at each look")
	assert.Contains(t, w.warnings[0], "expected a JWK Set")

	require.NoError(t, os.Remove(w.path))
	for range 3 {
		keys, err := w.later(t)
		require.NoError(t, err)
		assert.Len(t, keys, 2)
	}
	require.Len(t, w.warnings, 2)
	assert.Contains(t, w.warnings[1], w.path)

	w.write(t, publicPEM(t, rsaKey().Public()))
	keys, err := w.later(t)
	require.NoError(t, err)
	assert.Len(t, keys, 1)
	assert.Len(t, w.warnings, 2)
}

func TestAFileMayComeLater(t *testing.T) {
	t.Parallel()
	w := watch(filepath.Join(t.TempDir(), "keys"))
	_, err := w.current(t.Context())
	require.ErrorContains(t, err, "reading the keys of ID tokens: keys_file: ")
	require.ErrorIs(t, err, os.ErrNotExist)

	w.write(t, "not yet")
	_, err = w.later(t)
	require.ErrorContains(t, err, "keys_file: expected a JWK Set")

	w.write(t, jwks(t))
	keys, err := w.later(t)
	require.NoError(t, err)
	assert.Len(t, keys, 2)
	assert.Empty(t, w.warnings, "whoever wants keys is told")
}

func TestFilesThatAreNone(t *testing.T) {
	t.Parallel()
	_, err := watch(t.TempDir()).current(t.Context())
	require.ErrorContains(t, err, "keys_file: is not a file")

	_, err = watch(writeKeys(t, strings.Repeat(" ", maxKeys+1))).current(t.Context())
	require.ErrorContains(t, err, "keys_file: has more than 1048576 bytes")
}
