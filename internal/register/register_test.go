package register

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"

	"github.com/redpanda-data/benthos/v4/public/bloblang"
	_ "github.com/redpanda-data/benthos/v4/public/components/pure"
	"github.com/redpanda-data/benthos/v4/public/service"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const secret = "jane.roe@example.com"

// A defective component panics wherever Benthos calls it.
type defective struct{}

func (defective) Process(context.Context, *service.Message) (service.MessageBatch, error) {
	panic(secret)
}

func (defective) ProcessBatch(context.Context, service.MessageBatch) ([]service.MessageBatch, error) {
	panic(secret)
}
func (defective) Connect(context.Context) error                          { panic(secret) }
func (defective) WriteBatch(context.Context, service.MessageBatch) error { panic(secret) }
func (defective) ConnectionTest(context.Context) service.ConnectionTestResults {
	return service.ConnectionTestSucceeded().AsList()
}

func (defective) ReadBatch(context.Context) (service.MessageBatch, service.AckFunc, error) {
	panic(secret)
}
func (defective) Close(context.Context) error { return nil }

// acking is an input whose acknowledgement panics.
type acking struct{ defective }

func (acking) ReadBatch(context.Context) (service.MessageBatch, service.AckFunc, error) {
	return service.MessageBatch{service.NewMessage(nil)}, func(context.Context, error) error { panic(secret) }, nil
}

// in calls a constructor with resources that have a log.
func in[T any](t *testing.T, log *strings.Builder, use func(*service.Resources) T) (made T) {
	t.Helper()
	env := service.NewEnvironment()
	require.NoError(t, env.RegisterInput("probe", service.NewConfigSpec(), func(_ *service.ParsedConfig, mgr *service.Resources) (service.Input, error) {
		made = use(mgr)
		return nil, errors.New("enough")
	}))
	builder := env.NewStreamBuilder()
	builder.SetLogger(slog.New(slog.NewTextHandler(log, nil)))
	require.NoError(t, builder.AddInputYAML("probe: {}"))
	require.NoError(t, builder.AddOutputYAML("drop: {}"))
	stream, err := builder.Build()
	require.NoError(t, err)
	require.Error(t, stream.Run(t.Context()))
	return made
}

func TestNoComponentPanics(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	batch := service.MessageBatch{service.NewMessage(nil), service.NewMessage(nil)}
	for name, do := range map[string]func(*service.Resources) error{
		"a processor": func(mgr *service.Resources) error {
			p, err := Processor(func(*service.ParsedConfig, *service.Resources) (defective, error) { return defective{}, nil })(nil, mgr)
			require.NoError(t, err)
			_, err = p.Process(ctx, batch[0])
			return err
		},
		"a batch processor": func(mgr *service.Resources) error {
			p, err := BatchProcessor(func(*service.ParsedConfig, *service.Resources) (defective, error) { return defective{}, nil })(nil, mgr)
			require.NoError(t, err)
			_, err = p.ProcessBatch(ctx, batch)
			return err
		},
		"a constructor": func(mgr *service.Resources) error {
			_, err := Processor(func(*service.ParsedConfig, *service.Resources) (defective, error) { panic(secret) })(nil, mgr)
			return err
		},
		"an output that connects": func(mgr *service.Resources) error {
			return outputOf(t, mgr).Connect(ctx)
		},
		"an output that writes": func(mgr *service.Resources) error {
			return outputOf(t, mgr).WriteBatch(ctx, batch)
		},
		"an input that connects": func(mgr *service.Resources) error {
			i, err := BatchInput(func(*service.ParsedConfig, *service.Resources) (defective, error) { return defective{}, nil })(nil, mgr)
			require.NoError(t, err)
			return i.Connect(ctx)
		},
		"an input that reads": func(mgr *service.Resources) error {
			i, err := BatchInput(func(*service.ParsedConfig, *service.Resources) (defective, error) { return defective{}, nil })(nil, mgr)
			require.NoError(t, err)
			_, _, err = i.ReadBatch(ctx)
			return err
		},
		"an acknowledgement": func(mgr *service.Resources) error {
			i, err := BatchInput(func(*service.ParsedConfig, *service.Resources) (acking, error) { return acking{}, nil })(nil, mgr)
			require.NoError(t, err)
			_, ack, err := i.ReadBatch(ctx)
			require.NoError(t, err)
			return ack(ctx, nil)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var log strings.Builder
			for _, err := range in(t, &log, func(mgr *service.Resources) []error { return []error{do(mgr), do(mgr)} }) {
				require.ErrorContains(t, err, "internal error at register/register_test.go:")
				assert.NotContains(t, err.Error(), secret)
			}
			assert.Equal(t, 1, strings.Count(log.String(), "Please report it"), "twice at one place")
			assert.Contains(t, log.String(), "(string)", "the panic's type")
			assert.Contains(t, log.String(), "register_test.go", "the stack")
			assert.NotContains(t, log.String(), secret)
		})
	}
}

func outputOf(t *testing.T, mgr *service.Resources) service.BatchOutput {
	t.Helper()
	o, _, _, err := BatchOutput(func(*service.ParsedConfig, *service.Resources) (TestableOutput, service.BatchPolicy, int, error) {
		return defective{}, service.BatchPolicy{}, 1, nil
	})(nil, mgr)
	require.NoError(t, err)
	return o
}

// Bloblang has no log: that of the newest component is used. The test is not parallel, as
// it has to be the one that made that component.
func TestNoMappingPanics(t *testing.T) {
	var log strings.Builder
	in(t, &log, func(mgr *service.Resources) *Watch { return NewWatch(mgr) })
	env := bloblang.NewEnvironment()
	spec := bloblang.NewPluginSpec()
	require.NoError(t, env.RegisterFunctionV2("f", spec, Function(func(*bloblang.ParsedParams) (bloblang.Function, error) {
		return func() (any, error) { panic(secret) }, nil
	})))
	require.NoError(t, env.RegisterMethodV2("m", spec, Method(func(*bloblang.ParsedParams) (bloblang.Method, error) {
		return func(any) (any, error) { panic(errors.New(secret)) }, nil
	})))
	require.NoError(t, env.RegisterAdvancedMethod("a", spec, AdvancedMethod(func(*bloblang.ParsedParams) (bloblang.AdvancedMethod, error) {
		return func(*bloblang.ExecContext, *bloblang.ExecFunction) (any, error) { panic(nil) }, nil
	})))
	for _, mapping := range []string{"root = f()", "root = this.m()", "root = this.a()"} {
		executor, err := env.Parse(mapping)
		require.NoError(t, err)
		_, err = executor.Query(map[string]any{})
		require.ErrorContains(t, err, "internal error at register/register_test.go:", mapping)
		assert.NotContains(t, err.Error(), secret)
	}
	assert.Equal(t, 3, strings.Count(log.String(), "Please report it"))
	assert.NotContains(t, log.String(), secret)
}
