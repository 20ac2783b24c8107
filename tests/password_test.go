package tests

import (
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox"
)

func TestVerifySendsThePassword(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(sandbox.New(sandbox.Options{Password: "open sesame"}))
	t.Cleanup(server.Close)
	write := func(name, text string) string {
		path := filepath.Join(t.TempDir(), name)
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		return path
	}
	expectations := write("expectations.yaml", "expect: [{verdict: bad, count: 0}]")
	tests := map[string]struct {
		env, args []string
		want      string // in stderr; empty when all is well
	}{
		"from the environment":       {env: []string{"LIVEPERSON_SANDBOX_PASSWORD=open sesame"}},
		"from a file":                {args: []string{"--password-file", write("password", "open sesame\n")}},
		"a file before the variable": {env: []string{"LIVEPERSON_SANDBOX_PASSWORD=else"}, args: []string{"--password-file", write("password", "open sesame")}},
		"none":                       {want: "the sandbox has a password: give it with --password-file"},
		"a wrong one, which no waiting makes right": {
			env: []string{"LIVEPERSON_SANDBOX_PASSWORD=sesame"}, args: []string{"--wait", "10m"}, want: "the sandbox has another password: correct --password-file",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			args := append([]string{"sandbox", "verify", "--at", server.URL}, test.args...)
			stdout, stderr, err := process(t, test.env, append(args, expectations)...)
			if test.want != "" {
				require.Error(t, err)
				assert.Contains(t, stdout+stderr, test.want)
				assert.NotContains(t, stdout+stderr, "sesame")
				return
			}
			require.NoError(t, err, stderr)
			assert.Contains(t, stdout, `"passed":true`)
		})
	}
}
