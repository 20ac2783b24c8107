package cli

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// stored opens a store and returns the receipts in it.
func stored(t *testing.T, name string, keep int) (*receiptStore, []string, string) {
	t.Helper()
	var lines []string
	var problems bytes.Buffer
	s, err := openReceiptStore(name, keep, func(line []byte) error {
		switch text := strings.TrimSpace(string(line)); {
		case text == "":
		case strings.HasSuffix(text, "}"):
			lines = append(lines, text)
		default:
			return fmt.Errorf("is not JSON")
		}
		return nil
	}, &problems)
	require.NoError(t, err)
	return s, lines, problems.String()
}

func TestAStoreKeepsReceiptsOverARestart(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "receipts.jsonl")
	s, lines, _ := stored(t, name, 1000)
	assert.Empty(t, lines)
	require.NoError(t, s.Add([]byte("{\"n\":1}\n{\"n\":2}\n")))
	require.NoError(t, s.Close())
	require.NoError(t, appendTo(name, `{"n":3`)) // the machine stopped

	s, lines, problems := stored(t, name, 1000)
	assert.Equal(t, []string{`{"n":1}`, `{"n":2}`}, lines)
	assert.Contains(t, problems, "line 3: is not JSON")
	require.NoError(t, s.Add([]byte("{\"n\":4}\n")))
	require.NoError(t, s.Close())

	s, lines, _ = stored(t, name, 1000)
	assert.Equal(t, []string{`{"n":1}`, `{"n":2}`, `{"n":4}`}, lines)
	require.NoError(t, s.Clear())
	require.NoError(t, s.Close())
	s, lines, _ = stored(t, name, 1000)
	assert.Empty(t, lines)
	require.NoError(t, s.Close())
}

// The files stay within the bytes to keep, give or take one receipt, and have the newest receipts.
func TestAStoreIsBounded(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "receipts.jsonl")
	s, _, _ := stored(t, name, 1000)
	for n := range 500 {
		require.NoError(t, s.Add(fmt.Appendf(nil, "{\"n\":%d}\n", n)))
	}
	require.NoError(t, s.Close())
	size := 0
	for _, part := range []string{name, name + ".old"} {
		text, err := os.ReadFile(part)
		require.NoError(t, err)
		size += len(text)
	}
	assert.LessOrEqual(t, size, 1000+2*len(`{"n":499}`+"\n"))
	_, lines, problems := stored(t, name, 1000)
	assert.Empty(t, problems)
	require.Greater(t, len(lines), 50)
	for i, line := range lines {
		assert.JSONEq(t, fmt.Sprintf(`{"n":%d}`, 500-len(lines)+i), line)
	}
}

// A receipt that can't be written is not taken, so that the pipeline sends it again.
func TestAStoreTakesNothingItCannotWrite(t *testing.T) {
	t.Parallel()
	s, _, _ := stored(t, filepath.Join(t.TempDir(), "receipts.jsonl"), 1000)
	require.NoError(t, s.Close())
	require.ErrorContains(t, s.Add([]byte("{}\n")), "--store: ")
	_, err := openReceiptStore(t.TempDir(), 1000, func([]byte) error { return nil }, &bytes.Buffer{})
	require.Error(t, err)
}

func appendTo(name, text string) error {
	file, err := os.OpenFile(name, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = file.WriteString(text)
	if closeErr := file.Close(); err == nil {
		err = closeErr
	}
	return err
}
