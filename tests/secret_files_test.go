package tests

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// ${NAME} takes the content of the file that NAME_FILE names.
func TestSecretsFromFiles(t *testing.T) {
	t.Parallel()
	config := filepath.Join(t.TempDir(), "config.yaml")
	require.NoError(t, os.WriteFile(config, []byte(`
http: { enabled: false }
input: { generate: { count: 1, interval: "", mapping: 'root = "the secret is ${APP_SECRET:}"' } }
output: { stdout: {} }
`), 0o600))
	file := func(content string) string {
		path := filepath.Join(t.TempDir(), "secret")
		require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
		return path
	}
	for name, test := range map[string]struct {
		env   []string
		out   string // empty: the process fails
		error string
	}{
		"variable":       {[]string{"APP_SECRET=direct"}, "the secret is direct\n", ""},
		"file":           {[]string{"APP_SECRET_FILE=" + file("in a file\n")}, "the secret is in a file\n", ""},
		"both":           {[]string{"APP_SECRET=hidden", "APP_SECRET_FILE=" + file("hidden")}, "", "APP_SECRET and APP_SECRET_FILE: only one of them"},
		"no such file":   {[]string{"APP_SECRET_FILE=" + filepath.Join(t.TempDir(), "none")}, "", "APP_SECRET_FILE: open "},
		"empty file":     {[]string{"APP_SECRET_FILE=" + file("\n")}, "", "APP_SECRET_FILE: the file is empty: write the secret into it"},
		"several lines":  {[]string{"APP_SECRET_FILE=" + file("hidden\nhidden\n")}, "", "APP_SECRET_FILE: the file has more than one line"},
		"not the secret": {[]string{"APP_SECRET_FILE=" + t.TempDir()}, "", "APP_SECRET_FILE: read "},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			stdout, stderr, err := process(t, test.env, "run", config)
			if test.out != "" {
				require.NoError(t, err, stderr)
				assert.Equal(t, test.out, stdout)
				return
			}
			require.Error(t, err)
			assert.Empty(t, stdout)
			assert.Contains(t, stderr, test.error)
			assert.NotContains(t, stderr, "hidden")
		})
	}
}
