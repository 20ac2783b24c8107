package tests

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/redpanda-data/benthos/v4/public/service"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox"
)

var yamlBlock = regexp.MustCompile("(?ms)^ *```yaml\n(.*?)^ *```$")

// Each pipeline on a page can start, and those with tests pass them.
func TestPipelinesOfThePagesRun(t *testing.T) {
	t.Parallel()
	_, address := newSandbox(t, sandbox.Options{Agent: silent})
	started, withTests := 0, []string{"test"}
	for _, page := range pagesOf(t) {
		text, err := os.ReadFile(page)
		require.NoError(t, err)
		for i, block := range yamlBlock.FindAllStringSubmatch(string(text), -1) {
			var config map[string]any
			require.NoError(t, yaml.Unmarshal([]byte(block[1]), &config), page)
			isPipeline := config["pipeline"] != nil || config["input"] != nil || config["output"] != nil
			switch {
			case isPipeline && config["tests"] != nil:
				path := filepath.Join(t.TempDir(), fmt.Sprintf("%s-%d.yaml", strings.TrimSuffix(filepath.Base(page), ".md"), i))
				require.NoError(t, os.WriteFile(path, []byte(block[1]), 0o600))
				withTests = append(withTests, path)
			case isPipeline:
				started++
				t.Run(fmt.Sprint(page, " ", i), func(t *testing.T) {
					t.Parallel()
					assert.NoError(t, starts(t, address, block[1], config), block[1])
				})
			}
		}
	}
	assert.GreaterOrEqual(t, started, 60)
	assert.GreaterOrEqual(t, len(withTests), 20)
	stdout, stderr, err := process(t, nil, withTests...)
	require.NoError(t, err, stdout+stderr)
}

// noServer takes the addresses of inputs and serves none.
type noServer struct{}

func (noServer) HandleFunc(string, func(http.ResponseWriter, *http.Request)) {}

// starts builds all components of a pipeline and stops it before the first event.
func starts(t *testing.T, address, text string, config map[string]any) error {
	t.Helper()
	list := filepath.Join(t.TempDir(), "suppressed.txt")
	require.NoError(t, os.WriteFile(list, nil, 0o600))
	text = strings.ReplaceAll(text, "./suppressed.txt", list)
	builder := service.GlobalEnvironment().NewStreamBuilder()
	builder.SetLogger(slog.New(slog.DiscardHandler))
	builder.SetHTTPMux(noServer{})
	builder.SetEnvVarLookupFunc(func(name string) (string, bool) {
		switch {
		case name == sandbox.EnvDomainAPI:
			return address, true
		case strings.HasSuffix(name, "_ID"):
			return "12345678", true
		}
		return "0123456789abcdef0123456789abcdef", true
	})
	for _, missing := range []struct{ part, yaml string }{{"input", "input: { generate: { mapping: root = deleted(), interval: 1h } }"}, {"output", "output: { drop: {} }"}} {
		if config[missing.part] == nil {
			text += "\n" + missing.yaml + "\n"
		}
	}
	if err := builder.SetYAML(text); err != nil {
		return err
	}
	stream, err := builder.Build()
	if err != nil {
		return err
	}
	stopped, stop := context.WithCancel(t.Context())
	stop()
	if err := stream.Run(stopped); !errors.Is(err, context.Canceled) {
		return err
	}
	_ = stream.Stop(stopped) // it says that it was not graceful
	return nil
}
