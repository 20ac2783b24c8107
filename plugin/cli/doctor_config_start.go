package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/redpanda-data/benthos/v4/public/service"
	"go.yaml.in/yaml/v3"
)

// startNames are the processors that read files, secrets and caches when they start.
var startNames = []string{"liveperson_privacy", "liveperson_identity"}

// start makes those processors as the start of the pipeline does, because a linter does not read files, and looks for the caches
// of all our components.
func (p pipelineConfig) start(ctx context.Context) verdict {
	var wrong []string
	passes := true
	for _, c := range p.components {
		if !strings.HasPrefix(c.name, "liveperson_") {
			continue
		}
		unknown := slices.DeleteFunc(cacheNames(c.fields), func(name string) bool {
			return slices.ContainsFunc(p.caches, func(cache component) bool { return cache.label == name })
		})
		for _, name := range unknown {
			wrong, passes = append(wrong, fmt.Sprintf("%s: the config has no cache %q: add it to cache_resources, or write its label", c.path, name)), false
		}
		if !slices.Contains(startNames, c.name) || len(unknown) > 0 {
			continue
		}
		if err := p.tryProcessor(ctx, c); err != nil {
			wrong, passes = append(wrong, fmt.Sprintf("%s: %s", c.path, startWords(err))), passes && isNetwork(err)
		}
	}
	if len(wrong) > 0 {
		return maybePasses(fail("%s", strings.Join(wrong, "; ")), passes)
	}
	return ok("liveperson_privacy and liveperson_identity can start, and all caches are in the config")
}

// cacheNames returns the labels of caches in the fields of a component of ours, which all end in "cache".
func cacheNames(fields map[string]any) (names []string) {
	for field, value := range fields {
		switch v := value.(type) {
		case string:
			if strings.HasSuffix(field, "cache") && v != "" {
				names = append(names, v)
			}
		case map[string]any:
			names = append(names, cacheNames(v)...)
		}
	}
	slices.Sort(names)
	return names
}

// triedLabel is the label of a processor while the doctor makes it.
const triedLabel = "doctor"

func (p pipelineConfig) tryProcessor(ctx context.Context, c component) error {
	text, err := yaml.Marshal(map[string]any{"label": triedLabel, c.name: c.fields})
	if err != nil {
		return err
	}
	builder := service.NewStreamBuilder() // makes processors when it runs; a builder of resources makes them with their first message
	builder.DisableLinting()
	for _, cache := range p.caches {
		if err := builder.AddCacheYAML(cache.yaml); err != nil {
			return err
		}
	}
	for _, set := range []error{
		builder.SetLoggerYAML("level: off"),
		builder.AddInputYAML("generate: { count: 1, interval: '', mapping: 'root = {}' }"),
		builder.AddProcessorYAML("mapping: root = deleted()"), // nothing reaches the processor
		builder.AddProcessorYAML(string(text)),
		builder.AddOutputYAML("drop: {}"),
	} {
		if set != nil {
			return set
		}
	}
	stream, err := builder.Build()
	if err != nil {
		return err
	}
	return stream.Run(ctx)
}

// startWords leaves out what Benthos says about the doctor's own pipeline.
func startWords(err error) string {
	text := err.Error()
	if _, rest, found := strings.Cut(text, "path root.pipeline.processors.1: "); found { // behind the mapping
		return rest
	}
	return text
}
