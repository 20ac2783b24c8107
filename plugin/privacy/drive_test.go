package privacy_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"path"
	"strings"
	"testing"
	"time"

	_ "github.com/redpanda-data/benthos/v4/public/components/pure"
	"github.com/redpanda-data/benthos/v4/public/service"
	"github.com/stretchr/testify/require"

	"github.com/benthos-liveperson/benthos-liveperson/internal/sde"
	_ "github.com/benthos-liveperson/benthos-liveperson/plugin/privacy"
)

// drive sends one batch through processors, in a stream of Benthos.
func drive(t testing.TB, batch service.MessageBatch, processors ...string) service.MessageBatch {
	t.Helper()
	builder := service.NewStreamBuilder()
	builder.SetHTTPMux(http.NewServeMux())
	builder.SetLogger(slog.New(slog.DiscardHandler))
	builder.SetThreads(1)
	for _, processor := range processors {
		require.NoError(t, builder.AddProcessorYAML(processor))
	}
	push, err := builder.AddBatchProducerFunc()
	require.NoError(t, err)
	var out service.MessageBatch
	require.NoError(t, builder.AddBatchConsumerFunc(func(_ context.Context, batch service.MessageBatch) error {
		out = append(out, batch.DeepCopy()...)
		return nil
	}))
	stream, err := builder.Build()
	require.NoError(t, err)
	go func() {
		_ = push(context.Background(), batch)
		_ = stream.StopWithin(time.Minute)
	}()
	require.NoError(t, stream.Run(context.Background()))
	return out
}

// driveReports sends reports through one liveperson_privacy. It expects a message for each.
func driveReports(t testing.TB, settings string, reports ...any) service.MessageBatch {
	t.Helper()
	batch := make(service.MessageBatch, len(reports))
	for i, report := range reports {
		switch r := report.(type) {
		case string:
			batch[i] = service.NewMessage([]byte(r))
		default:
			batch[i] = service.NewMessage(nil)
			batch[i].SetStructured(report)
		}
	}
	out := drive(t, batch, "liveperson_privacy: {"+settings+"}")
	require.Len(t, out, len(reports))
	return out
}

func content(t testing.TB, msg *service.Message) map[string]any {
	t.Helper()
	require.NoError(t, msg.GetError())
	text, err := msg.AsBytes()
	require.NoError(t, err)
	var report map[string]any
	require.NoError(t, json.Unmarshal(text, &report))
	return report
}

// texts returns all texts of a value, and all names of members.
func texts(value any) []string {
	switch v := value.(type) {
	case string:
		return []string{v}
	case []any:
		var all []string
		for _, item := range v {
			all = append(all, texts(item)...)
		}
		return all
	case map[string]any:
		var all []string
		for name, member := range v {
			all = append(append(all, name), texts(member)...)
		}
		return all
	}
	return nil
}

// place is a text member of a report, found by walking LivePerson's schemas.
type place struct {
	name string // such as personal.personal.contacts[].email
	with func(value any) map[string]any
}

// places returns every text member of every attribute and of the report, and some members
// that LivePerson does not know.
func places(t testing.TB) []place {
	t.Helper()
	var found []place
	visit := func(name string, with func(any) map[string]any) { found = append(found, place{name, with}) }
	walk(t, "report.json", schemaOf(t, "report.json"), "report", func(value any) map[string]any {
		report := map[string]any{"consumerId": "c-1", "engagementAttributes": []any{}}
		for name, member := range value.(map[string]any) {
			report[name] = member
		}
		identities, _ := report["identities"].([]any)
		report["identities"] = append(identities, map[string]any{"iss": "shop", "acr": "0", "sub": "s-1"})
		return report
	}, visit)
	files, err := sde.Schemas.ReadDir("schema")
	require.NoError(t, err)
	for _, file := range files {
		schema := schemaOf(t, file.Name())
		properties, _ := schema["properties"].(map[string]any)
		kind, _ := properties["type"].(map[string]any)
		name, _ := kind["const"].(string)
		if name == "" {
			names, _ := kind["enum"].([]any)
			if len(names) == 0 {
				continue
			}
			name = names[0].(string)
		}
		in := func(value any) map[string]any {
			attribute := map[string]any{"type": name}
			for member, v := range value.(map[string]any) {
				attribute[member] = v
			}
			return map[string]any{"consumerId": "c-1", "engagementAttributes": []any{attribute}}
		}
		walk(t, file.Name(), schema, name, in, visit)
		visit(name+".unknown", func(value any) map[string]any { return in(map[string]any{"note": value}) })
		visit(name+".unknown deep", func(value any) map[string]any {
			return in(map[string]any{"x": map[string]any{"y": []any{[]any{map[string]any{"z": value}}}}})
		})
	}
	visit("unknown member of the report", func(value any) map[string]any {
		return map[string]any{"consumerId": "c-1", "engagementAttributes": []any{}, "note": value}
	})
	return found
}

func schemaOf(t testing.TB, file string) map[string]any {
	t.Helper()
	text, err := sde.Schemas.ReadFile(path.Join("schema", file))
	require.NoError(t, err)
	var schema map[string]any
	require.NoError(t, json.Unmarshal(text, &schema))
	return schema
}

func walk(t testing.TB, file string, schema map[string]any, at string, with func(any) map[string]any, visit func(string, func(any) map[string]any)) {
	t.Helper()
	if ref, _ := schema["$ref"].(string); ref != "" {
		other, pointer, _ := strings.Cut(ref, "#")
		if other == "attribute.json" {
			return // the walk visits each part by itself
		}
		if other != "" {
			file = other
		}
		schema = schemaOf(t, file)
		for name := range strings.SplitSeq(strings.Trim(pointer, "/"), "/") {
			if name != "" {
				schema = schema[name].(map[string]any)
			}
		}
	}
	if schema["type"] == "string" {
		visit(at, with)
	}
	if items, _ := schema["items"].(map[string]any); items != nil {
		walk(t, file, items, at+"[]", func(value any) map[string]any { return with([]any{value}) }, visit)
	}
	properties, _ := schema["properties"].(map[string]any)
	for name, property := range properties {
		member, _ := property.(map[string]any)
		walk(t, file, member, at+"."+name, func(value any) map[string]any { return with(map[string]any{name: value}) }, visit)
	}
}
