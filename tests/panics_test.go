package tests

import (
	"context"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/redpanda-data/benthos/v4/public/bloblang"
	"github.com/redpanda-data/benthos/v4/public/service"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox"
)

// personal is personal data that no log or error may have.
const personal = "jane.roe@example.com"

// defect is a Bloblang function that stands for a bug in our code. It panics in our goroutines, with
// personal data in the panic's value.
func init() {
	bloblang.MustRegisterFunctionV2("defect", bloblang.NewPluginSpec().Param(bloblang.NewAnyParam("of")), func(args *bloblang.ParsedParams) (bloblang.Function, error) {
		of, err := args.Get("of")
		if err != nil {
			return nil, err
		}
		return func() (any, error) {
			switch of {
			case "value":
				panic("the customer " + personal)
			case "error":
				panic(errors.New(personal))
			case "index":
				return []any{}[len(personal)], nil
			case "nil":
				none, _ := of.(map[string]any) // nil, as it is a text
				none[personal] = 1
			}
			return of, nil
		}, nil
	})
	service.MustRegisterCache("defective", service.NewConfigSpec(), func(*service.ParsedConfig, *service.Resources) (service.Cache, error) { return defective{}, nil })
}

type defective struct{}

// Get returns the markers, so that components start.
func (defective) Get(_ context.Context, key string) ([]byte, error) {
	if strings.HasSuffix(key, "marker") {
		return nil, nil
	}
	panic(personal)
}

func (defective) Set(context.Context, string, []byte, *time.Duration) error {
	panic(personal)
}
func (defective) Add(context.Context, string, []byte, *time.Duration) error { panic(personal) }
func (defective) Delete(context.Context, string) error                      { panic(personal) }
func (defective) Close(context.Context) error                               { return nil }

// observedStream is a stream with its log and its counts.
type observedStream struct {
	log    syncBuffer
	counts *ledger
}

func (w *observedStream) build(t testing.TB) *service.StreamBuilder {
	t.Helper()
	w.counts = &ledger{counts: map[string]int64{}}
	env := service.NewEnvironment()
	require.NoError(t, env.RegisterMetricsExporter("ledger", service.NewConfigSpec(), func(*service.ParsedConfig, *service.Logger) (service.MetricsExporter, error) {
		return w.counts, nil
	}))
	builder := env.NewStreamBuilder()
	builder.SetLogger(slog.New(slog.NewTextHandler(&w.log, nil)))
	require.NoError(t, builder.SetMetricsYAML("ledger: {}"))
	return builder
}

func (w *observedStream) panics() int64 { return w.counts.of("")["liveperson_panics"] }

// stacks returns the number of stacks in the log. A line of the log has \n for a line break.
func (w *observedStream) stacks() int { return strings.Count(w.log.String(), `panic(`) }

// run sends batches through a stream until it has ended, and returns their errors.
func run(t *testing.T, builder *service.StreamBuilder, batches ...[]string) (errs []error) {
	t.Helper()
	send, err := builder.AddBatchProducerFunc()
	require.NoError(t, err)
	stream, err := builder.Build()
	require.NoError(t, err)
	done := make(chan error, 1)
	go func() { done <- stream.Run(context.Background()) }()
	for _, contents := range batches {
		var batch service.MessageBatch
		for _, content := range contents {
			batch = append(batch, service.NewMessage([]byte(content)))
		}
		errs = append(errs, send(t.Context(), batch))
	}
	require.NoError(t, stream.Stop(context.Background()))
	require.NoError(t, <-done)
	return errs
}

const internalError = "internal error at "

// A defect in a processor fails only the message that causes it. The other messages of the batch are not
// affected.
func TestADefectFailsOneMessage(t *testing.T) {
	t.Parallel()
	_, url := newSandbox(t, sandbox.Options{Agent: silent})
	tests := map[string]string{
		"message":    messageYAML(url, "  consumer: ${! defect(this.defect) }"),
		"profile":    messageYAML(url, "  consumer: ${! this.id }\n  conversation:\n    profile: 'root = if defect(this.defect) == \"\" { null }'"),
		"engagement": fmt.Sprintf("liveperson_engagement:\n  account_id: %q\n  app_installation_id: %s\n  domain_api: %s\n  request_map: 'root = if defect(this.defect) != \"\" { {\"consumerId\": this.id} }'", sandbox.DefaultAccountID, sandbox.DefaultAppInstallationID, url),
		"privacy":    "liveperson_privacy:\n  consent: { required: [marketing], default: allow, cache: lists, key: '${! defect(this.defect) }' }",
		"identity":   "liveperson_identity:\n  keys_file: ./testdata/identity/jwks.json\n  audience: shop\n  token: '${! defect(this.defect) }'",
	}
	for name, yaml := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var w observedStream
			builder := w.build(t)
			require.NoError(t, builder.AddProcessorYAML(yaml))
			require.NoError(t, builder.AddResourcesYAML("cache_resources: [{label: lists, memory: {init_values: {liveperson-consent-marker: \"\"}}}]"))
			failures := map[string]string{}
			require.NoError(t, builder.AddBatchConsumerFunc(func(_ context.Context, batch service.MessageBatch) error {
				for _, msg := range batch {
					content, _ := msg.AsBytes()
					if err := msg.GetError(); err != nil && strings.Contains(err.Error(), internalError) {
						failures[string(content)] = err.Error()
					}
				}
				return nil
			}))
			var batch, bad []string
			for i, of := range []string{"no", "value", "no", "error", "index", "nil", "no", "value"} {
				content := fmt.Sprintf(`{"id":"%s-%d","defect":%q,"text":"hello","consumerId":"c%d","identities":[],"engagementAttributes":[]}`, name, i, of, i)
				if batch = append(batch, content); of != "no" {
					bad = append(bad, content)
				}
			}
			assert.Equal(t, []error{nil}, run(t, builder, batch))
			assert.Len(t, failures, len(bad))
			for _, content := range bad {
				assert.Contains(t, failures[content], "please report it")
				assert.NotContains(t, failures[content], personal)
			}
			assert.EqualValues(t, len(bad), w.panics())
			assert.Equal(t, 4, w.stacks(), "one for each place")
			assert.NotContains(t, w.log.String(), personal)
			assert.Contains(t, w.log.String(), "index out of range")
		})
	}
}

// The same for outputs. Benthos' goroutines read their messages, and ours send them.
func TestADefectFailsOneMessageOfAnOutput(t *testing.T) {
	t.Parallel()
	_, url := newSandbox(t, sandbox.Options{Agent: silent})
	reportYAML := func(more string) string {
		return fmt.Sprintf("liveperson_report:\n  account_id: %q\n  app_installation_id: %s\n  domain_api: %s\n%s", sandbox.DefaultAccountID, sandbox.DefaultAppInstallationID, url, more)
	}
	const text, report = `{"consumer":"c%d","text":"x","defect":%q}`, `{"consumerId":"c%d","engagementAttributes":[{"type":"lead","lead":{"topic":%q}}]}`
	tests := map[string]struct {
		yaml    string
		all     bool // the defect is in every message's way
		content string
	}{
		"message, reading":  {messageYAML(url, "  consumer: ${! defect(this.defect) }"), false, text},
		"message, sending":  {messageYAML(url, "  conversation_cache: bad"), true, text},
		"report, reading":   {reportYAML("  consumer: ${! defect(this.engagementAttributes.0.lead.topic) }"), false, report},
		"report, sending":   {reportYAML("  session_cache: bad"), true, report},
		"report, unordered": {reportYAML("  session_cache: bad\n  ordering: none"), true, report},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var w observedStream
			builder := w.build(t)
			require.NoError(t, builder.AddOutputYAML(test.yaml))
			require.NoError(t, builder.AddResourcesYAML("cache_resources: [{label: bad, defective: {}}]"))
			var batches [][]string
			good := []bool{true, false, true, false, true}
			for i, ok := range good {
				of := map[bool]string{true: "no", false: "value"}[ok]
				batches = append(batches, []string{fmt.Sprintf(test.content, i, of)})
			}
			bad := 0
			for i, err := range run(t, builder, batches...) {
				if good[i] && !test.all {
					assert.NoError(t, err)
					continue
				}
				bad++
				require.ErrorContains(t, err, internalError)
				assert.NotContains(t, err.Error(), personal)
			}
			assert.EqualValues(t, bad, w.panics())
			assert.Equal(t, 1, w.stacks())
			assert.NotContains(t, w.log.String(), personal)
		})
	}
}

// A defect of a cache resource affects every message.
func TestADefectOfACache(t *testing.T) {
	t.Parallel()
	for name, yaml := range map[string]string{
		"cart":    "liveperson_cart: { cache: bad }",
		"privacy": "liveperson_privacy: { suppress: { cache: bad } }",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var w observedStream
			builder := w.build(t)
			require.NoError(t, builder.AddProcessorYAML(yaml))
			require.NoError(t, builder.AddResourcesYAML("cache_resources: [{label: bad, defective: {}}]"))
			var failed []error
			require.NoError(t, builder.AddBatchConsumerFunc(func(_ context.Context, batch service.MessageBatch) error {
				for _, msg := range batch {
					failed = append(failed, msg.GetError())
				}
				return nil
			}))
			const event = `{"event":"Product Added","anonymousId":"a1","properties":{"sku":"s","quantity":1},"consumerId":"c1","engagementAttributes":[]}`
			assert.Equal(t, []error{nil, nil}, run(t, builder, []string{event, event}, []string{event}))
			require.Len(t, failed, 3)
			for _, err := range failed {
				assert.ErrorContains(t, err, internalError)
			}
			assert.EqualValues(t, 3, w.panics())
			assert.Equal(t, 1, w.stacks())
			assert.NotContains(t, w.log.String(), personal)
		})
	}
}

// All of our components and functions are registered with a guard against panics.
func TestEverythingIsRegisteredWithAGuard(t *testing.T) {
	t.Parallel()
	found := 0
	require.NoError(t, filepath.WalkDir("plugin", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go") {
			return err
		}
		set := token.NewFileSet()
		file, err := parser.ParseFile(set, path, nil, 0)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(node ast.Node) bool {
			call, is := node.(*ast.CallExpr)
			if !is || !registers(call) {
				return true
			}
			found++
			guard, is := call.Args[len(call.Args)-1].(*ast.CallExpr)
			assert.True(t, is && callee(guard.Fun, "register") != "", "%s: the constructor must go through the package register", set.Position(call.Pos()))
			return true
		})
		return nil
	}))
	assert.Greater(t, found, 20)
}

// registers returns whether a call registers a component or a part of Bloblang at Benthos.
func registers(call *ast.CallExpr) bool {
	of, is := call.Fun.(*ast.SelectorExpr)
	if !is {
		return false
	}
	name := strings.TrimPrefix(of.Sel.Name, "Must")
	return strings.HasPrefix(name, "Register") && name != "RegisterEndpoint" // whose handler has its own guard
}

// callee returns the name of a called function of a package.
func callee(function ast.Expr, of string) string {
	if generic, is := function.(*ast.IndexExpr); is {
		function = generic.X
	}
	if selector, is := function.(*ast.SelectorExpr); is {
		if name, is := selector.X.(*ast.Ident); is && name.Name == of {
			return selector.Sel.Name
		}
	}
	return ""
}
