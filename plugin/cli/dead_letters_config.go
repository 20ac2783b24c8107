package cli

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"regexp"

	"github.com/redpanda-data/benthos/v4/public/service"
	"go.yaml.in/yaml/v3"

	"github.com/benthos-liveperson/benthos-liveperson/internal/deadletter"
)

// replayConfig is a config whose processors and output the letters take.
type replayConfig struct {
	yaml     string
	toReport bool // the output takes reports
}

// likeVariable matches what Benthos takes for a variable of the environment.
var likeVariable = regexp.MustCompile(`\$\{([0-9A-Za-z_.]+(?::[^}]*)?)\}`)

// readReplayConfig reads a config, and puts the letters in the place of its input. Of a fallback output, it takes the first one:
// what that refuses goes to the rest.
func readReplayConfig(path string) (r replayConfig, err error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return r, err
	}
	lints, err := configSchema().NewStreamConfigLinter().LintYAML(text)
	if err != nil {
		return r, fmt.Errorf("not YAML: %w", err)
	}
	if len(lints) > 0 {
		return r, fmt.Errorf("line %d: %s", lints[0].Line, lints[0].What)
	}
	var variables environment
	whole, err := parts(string(text), &variables)
	if err == nil {
		err = variables.check()
	}
	if err != nil {
		return r, err
	}
	output := firstOutput(whole["output"])
	if r.toReport = output[reportName] != nil; !r.toReport && output[messageName] == nil {
		return r, fmt.Errorf("the output must be %s or %s, or a fallback that begins with one of them: only they say what LivePerson has accepted", reportName, messageName)
	}
	pipeline, _ := whole["pipeline"].(map[string]any)
	if pipeline == nil {
		pipeline = map[string]any{}
	}
	processors, _ := pipeline["processors"].([]any)
	pipeline["processors"] = []any{
		map[string]any{"switch": []any{
			map[string]any{"check": fmt.Sprintf("@%s == %q", deadletter.MetaRoute, deadletter.RoutePipeline), "processors": processors},
		}},
		map[string]any{deadletter.ArrivedName: map[string]any{}},
	}
	whole["input"] = map[string]any{deadletter.InputName: map[string]any{}}
	whole["pipeline"], whole["output"] = pipeline, output
	whole["http"] = map[string]any{"enabled": false}
	done, err := yaml.Marshal(whole)
	r.yaml = likeVariable.ReplaceAllString(string(done), "$${{$1}}") // the variables are in their places: the rest is text
	return r, err
}

// firstOutput returns an output, or the first one of a fallback.
func firstOutput(output any) map[string]any {
	members, _ := output.(map[string]any)
	for members["fallback"] != nil {
		list, _ := members["fallback"].([]any)
		if len(list) == 0 {
			return nil
		}
		members, _ = list[0].(map[string]any)
	}
	return members
}

func (r replayConfig) build(replay *deadletter.Replay) (*service.Stream, error) {
	env, err := replay.Environment()
	if err != nil {
		return nil, err
	}
	builder := env.NewStreamBuilder()
	builder.SetLogger(slog.New(slog.NewTextHandler(failureLog{os.Stderr}, &slog.HandlerOptions{Level: slog.LevelWarn})))
	if err := builder.SetYAML(r.yaml); err != nil {
		return nil, err
	}
	stream, err := builder.Build()
	if err != nil {
		return nil, errors.New("building the pipeline: " + err.Error())
	}
	return stream, nil
}
