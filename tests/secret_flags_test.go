package tests

import (
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox"
)

// secretFile writes a secret to a file.
func secretFile(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "secret")
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	return path
}

func TestTheSandboxHasItsSecretFromAFlagAVariableOrAFile(t *testing.T) {
	t.Parallel()
	const own = "own0secret0of0this0test000"
	tests := map[string]struct {
		env, args      []string
		id, want, says string
	}{
		"none of them":         {want: sandbox.DefaultClientSecret},
		"an empty variable":    {env: []string{"LIVEPERSON_CLIENT_SECRET=", "LIVEPERSON_CLIENT_ID=", "LIVEPERSON_ACCOUNT_ID="}, want: sandbox.DefaultClientSecret},
		"a flag":               {args: []string{"--client-secret", own}, want: own, says: "Warning: --client-secret shows in the list of processes"},
		"a variable":           {env: []string{"LIVEPERSON_CLIENT_SECRET=" + own}, want: own},
		"a file":               {args: []string{"--client-secret-file", secretFile(t, own+"\n")}, want: own},
		"a file in a variable": {env: []string{"LIVEPERSON_CLIENT_SECRET_FILE=" + secretFile(t, own+"\r\n")}, want: own},
		"a file, not the variable": {
			env: []string{"LIVEPERSON_CLIENT_SECRET=another"}, args: []string{"--client-secret-file", secretFile(t, own)}, want: own,
		},
		"with the app of the variables": {env: []string{"LIVEPERSON_CLIENT_SECRET=" + own, "LIVEPERSON_CLIENT_ID=an-app"}, id: "an-app", want: own},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			address, log := sandboxWith(t, test.env, test.args...)
			id := sandbox.DefaultClientID
			if test.id != "" {
				id = test.id
			}
			token := func(secret string) int {
				res, err := http.PostForm(address+"/sentinel/api/account/"+sandbox.DefaultAccountID+"/app/token?v=1.0&grant_type=client_credentials",
					url.Values{"client_id": {id}, "client_secret": {secret}})
				require.NoError(t, err)
				require.NoError(t, res.Body.Close())
				return res.StatusCode
			}
			assert.Equal(t, http.StatusOK, token(test.want))
			assert.Equal(t, http.StatusUnauthorized, token(test.want+"x"))
			assert.Contains(t, log.String(), test.says)
			assert.NotContains(t, log.String(), own)
		})
	}
}

func TestTheSandboxHasItsIDsFromVariables(t *testing.T) {
	t.Parallel()
	_, log := sandboxWith(t, []string{"LIVEPERSON_ACCOUNT_ID=87654321", "LIVEPERSON_APP_INSTALLATION_ID=an-installation", "LIVEPERSON_CLIENT_ID=an-app"})
	require.Eventually(t, func() bool { return strings.Contains(log.String(), "LIVEPERSON_CLIENT_SECRET") }, time.Minute, 5*time.Millisecond)
	for _, line := range []string{"LIVEPERSON_ACCOUNT_ID=87654321", "LIVEPERSON_APP_INSTALLATION_ID=an-installation", "LIVEPERSON_CLIENT_ID=an-app"} {
		assert.Contains(t, log.String(), "export "+line+"\n")
	}
	_, log = sandboxWith(t, []string{"LIVEPERSON_ACCOUNT_ID=87654321"}, "--account-id", "11111111", "--app-installation-id-file", secretFile(t, "from-a-file\n"))
	require.Eventually(t, func() bool { return strings.Contains(log.String(), "LIVEPERSON_CLIENT_SECRET") }, time.Minute, 5*time.Millisecond)
	assert.Contains(t, log.String(), "LIVEPERSON_ACCOUNT_ID=11111111\n")
	assert.Contains(t, log.String(), "LIVEPERSON_APP_INSTALLATION_ID=from-a-file\n")
}

// sandboxWith starts a sandbox with only this environment, and returns its address.
func sandboxWith(t *testing.T, env []string, args ...string) (address string, log *syncBuffer) {
	t.Helper()
	_, log = watched(t, env, append([]string{"sandbox", "--address", "127.0.0.1:0"}, args...)...)
	require.Eventually(t, func() bool {
		if found := regexp.MustCompile(`at (http://[^;]+);`).FindStringSubmatch(log.String()); found != nil {
			address = found[1]
		}
		return address != ""
	}, time.Minute, 5*time.Millisecond)
	return address, log
}

// In all commands, every flag that may have a secret also has a variable and a file. Errors name the flag.
func TestSecretsNeedNoFlags(t *testing.T) {
	t.Parallel()
	commands := map[string][]string{
		"sandbox":  {"client-secret", "app-installation-id"},
		"doctor":   {"client-secret", "app-installation-id", "endpoint"},
		"manifest": {"endpoint", "header"},
	}
	empty, missing, long := secretFile(t, "\n"), filepath.Join(t.TempDir(), "missing"), secretFile(t, strings.Repeat("x", 65<<10))
	for command, flags := range commands {
		help, _, err := process(t, nil, "help", command)
		require.NoError(t, err)
		for _, flag := range flags {
			t.Run(command+" "+flag, func(t *testing.T) {
				t.Parallel()
				inFile := aboutFlag(help, flag+"-file FILE")
				assert.Regexp(t, `\[\$LIVEPERSON_.*_FILE\]`, inFile)
				assert.Regexp(t, `\[\$LIVEPERSON_|; or set the variable LIVEPERSON_`, aboutFlag(help, flag+" ")+regexp.MustCompile(`\[.*\]`).ReplaceAllString(inFile, ""), "the variable")
				for path, says := range map[string]string{
					empty:   "--" + flag + "-file: the file is empty: write the secret into it",
					missing: "--" + flag + "-file: open " + missing,
					long:    "--" + flag + "-file: the file has more than 65536 bytes: is it the right one?",
				} {
					stdout, stderr, err := process(t, nil, command, "--"+flag+"-file", path)
					require.Error(t, err)
					assert.Contains(t, stdout+stderr, says)
				}
				if flag == "header" {
					return // headers of both are taken
				}
				stdout, stderr, err := process(t, nil, command, "--"+flag+"-file", empty, "--"+flag, "hunter2")
				require.Error(t, err)
				assert.Contains(t, stdout+stderr, "--"+flag+" and --"+flag+"-file: only one of them")
				assert.NotContains(t, stdout+stderr, "hunter2")
			})
		}
	}
}

func TestTheManifestTakesAddressAndHeadersFromFiles(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "manifest.json")
	_, stderr, err := process(t, nil, "manifest", "--name", "Shop", "--endpoint-file", secretFile(t, "https://hooks.example.com/in?key=hunter2\n"),
		"--header", "X-First=1", "--header-file", secretFile(t, "X-Key=hunter2\nX-Other=a,b\n"), "--output", path)
	require.NoError(t, err, stderr)
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	for _, part := range []string{`"https://hooks.example.com/in?key=hunter2"`, `"X-First"`, `"X-Key"`, `"hunter2"`, `"a,b"`} {
		assert.Contains(t, string(text), part)
	}
	stdout, stderr, err := process(t, nil, "manifest", "--name", "Shop", "--endpoint", "https://hooks.example.com", "--header-file", secretFile(t, "X-Key hunter2\n"))
	require.Error(t, err)
	assert.Contains(t, stdout+stderr, "--header: number 1: must be NAME=VALUE")
	assert.NotContains(t, stdout+stderr, "hunter2")
}

// Files that commands write may have personal data and secrets, so only their owner can read them.
func TestWrittenFilesAreTheirOwnersAlone(t *testing.T) {
	t.Parallel()
	address, _ := sandboxWith(t, nil)
	dir := t.TempDir()
	expectations := filepath.Join(dir, "expectations.yaml")
	require.NoError(t, os.WriteFile(expectations, []byte("expect: [{verdict: bad, count: 0}]"), 0o600))
	for name, args := range map[string][]string{
		"manifest.json": {"manifest", "--name", "Shop", "--endpoint", "https://hooks.example.com", "--output"},
		"report.xml":    {"sandbox", "verify", "--at", address, "--junit"},
	} {
		path := filepath.Join(dir, name)
		args = append(args, path)
		if args[0] == "sandbox" {
			args = append(args, expectations)
		}
		_, stderr, err := process(t, nil, args...)
		require.NoError(t, err, stderr)
		about, err := os.Stat(path)
		require.NoError(t, err)
		assert.Equal(t, os.FileMode(0o600), about.Mode().Perm(), name)
	}
}

// aboutFlag returns what a help says about the first flag that begins with a text.
func aboutFlag(help, flag string) string {
	_, about, _ := strings.Cut(help, "\n   --"+flag)
	about, _, _ = strings.Cut(about, "\n   --")
	return strings.Join(strings.Fields(about), " ")
}
