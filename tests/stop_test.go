package tests

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox"
)

// When the pipeline stops, messages in flight still arrive. They are not given up and sent again later.
func TestConfigsStopWhenTheyHaveSent(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		rule, events string
		before, all  string // what the sandbox accepts before the stop, and in all
		count        int
	}{
		"retail.yaml": {
			"{ endpoint: report, latency: 300ms }",
			strings.Repeat(`{"type":"page","anonymousId":"a1"}`+"\n", 3),
			"endpoint=report", "endpoint=report", 3,
		},
		"messaging-out.yaml": {
			"{ endpoint: send, latency: 300ms }", `{"consumer":"jane","text":"hello"}` + "\n",
			"endpoint=conversation&type=cm.ConsumerRequestConversation", "endpoint=send", 1,
		},
	}
	for config, test := range tests {
		t.Run(config, func(t *testing.T) {
			t.Parallel()
			rules, err := sandbox.ParseChaos([]byte("rules: [ " + test.rule + " ]"))
			require.NoError(t, err)
			_, address := newSandbox(t, sandbox.Options{Agent: silent, Chaos: rules})
			cmd := exec.Command(os.Args[0], "run", "--set", "http.enabled=false", "config/"+config)
			cmd.Env = []string{
				asCLI, "DEAD_LETTER_FILE=" + filepath.Join(t.TempDir(), "letters.jsonl"), "LIVEPERSON_DOMAIN_API=" + address, "EVENTS_FILE=/dev/stdin",
				"LIVEPERSON_ACCOUNT_ID=" + sandbox.DefaultAccountID, "LIVEPERSON_APP_INSTALLATION_ID=" + sandbox.DefaultAppInstallationID,
				"LIVEPERSON_CLIENT_ID=" + sandbox.DefaultClientID, "LIVEPERSON_CLIENT_SECRET=" + sandbox.DefaultClientSecret,
			}
			var log syncBuffer
			cmd.Stdout, cmd.Stderr = &log, &log
			in, err := cmd.StdinPipe()
			require.NoError(t, err)
			require.NoError(t, cmd.Start())
			t.Cleanup(func() {
				_ = cmd.Process.Kill()
				_ = cmd.Wait()
			})
			_, err = fmt.Fprint(in, test.events)
			require.NoError(t, err)
			require.Equal(t, 1, waitFor(t, address, test.before, 1), &log)
			require.NoError(t, cmd.Process.Signal(syscall.SIGTERM))
			require.Equal(t, test.count, waitFor(t, address, test.all, test.count), &log)
			require.NoError(t, in.Close()) // or it goes on reading
		})
	}
}
