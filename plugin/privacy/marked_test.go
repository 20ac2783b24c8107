package privacy

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	_ "github.com/redpanda-data/benthos/v4/public/components/io" // the file cache
	_ "github.com/redpanda-data/benthos/v4/public/components/pure"
	"github.com/redpanda-data/benthos/v4/public/service"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// startWith runs a stream whose privacy processor has a file cache in a folder. It sends one
// report, and returns the report's error and the log.
func startWith(t *testing.T, settings, folder string) (arrived bool, log string, failed error) {
	t.Helper()
	var lines bytes.Buffer
	builder := service.NewStreamBuilder()
	builder.SetHTTPMux(http.NewServeMux())
	builder.SetLogger(slog.New(slog.NewTextHandler(&lines, nil)))
	require.NoError(t, builder.AddProcessorYAML("liveperson_privacy: {"+settings+"}"))
	require.NoError(t, builder.AddResourcesYAML("cache_resources: [{label: list, file: {directory: '"+folder+"'}}]"))
	push, err := builder.AddProducerFunc()
	require.NoError(t, err)
	require.NoError(t, builder.AddConsumerFunc(func(_ context.Context, msg *service.Message) error {
		arrived, failed = true, msg.GetError()
		return nil
	}))
	stream, err := builder.Build()
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	go func() {
		report := service.NewMessage([]byte(`{"consumerId":"jane","engagementAttributes":[{"type":"lead"}]}`))
		report.MetaSetMut(metaConsent, map[string]any{"marketing": true})
		_ = push(ctx, report)
		_ = stream.StopWithin(time.Minute)
	}()
	runErr := stream.Run(ctx)
	if runErr != nil {
		return arrived, lines.String(), runErr
	}
	return arrived, lines.String(), failed
}

// A process whose lists can't be read does not start. It sends nothing.
func TestAListMustBeThereAtTheStart(t *testing.T) {
	t.Parallel()
	folder := func(t *testing.T, keys ...string) string {
		t.Helper()
		path := t.TempDir()
		for _, key := range keys {
			require.NoError(t, os.WriteFile(filepath.Join(path, key), nil, 0o600))
		}
		return path
	}
	file := func(t *testing.T) string { return filepath.Join(folder(t, "suppressed.txt"), "suppressed.txt") }
	tests := map[string]struct {
		settings string
		folder   string
		want     string // empty: the report leaves
	}{
		"suppression":                     {"suppress: {cache: list}", folder(t, suppressPrefixes.current+marker), ""},
		"suppression, a missing folder":   {"suppress: {cache: list}", filepath.Join(folder(t), "typo"), "suppress.cache: the cache list has no key liveperson-suppressed-marker"},
		"suppression, an empty folder":    {"suppress: {cache: list}", folder(t), "suppress.cache: the cache list has no key"},
		"suppression, another's marker":   {"suppress: {cache: list}", folder(t, consentPrefixes.current+marker), "suppress.cache: the cache list has no key"},
		"a file":                          {"suppress: {file: '" + file(t) + "'}", "unused", ""},
		"a missing file":                  {"suppress: {file: '" + filepath.Join(folder(t), "typo") + "'}", "unused", "suppress.file: "},
		"suppression, an older list":      {"suppress: {cache: list}", folder(t, suppressPrefixes.old+marker), ""},
		"consent":                         {"consent: {required: [marketing], cache: list}", folder(t, consentPrefixes.current+marker), ""},
		"consent, an older list":          {"consent: {required: [marketing], cache: list}", folder(t, consentPrefixes.old+marker), ""},
		"consent, a missing folder":       {"consent: {required: [marketing], cache: list}", filepath.Join(folder(t), "typo"), "consent.cache: the cache list has no key liveperson-consent-marker"},
		"consent by keys of the user":     {"consent: {required: [marketing], cache: list, key: 'c-${! this.consumerId }'}", folder(t), "consent.cache: the cache list has no key"},
		"consent of attributes, no cache": {"consent: {attributes: {lead: [marketing]}}", "unused", ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			arrived, log, err := startWith(t, test.settings, test.folder)
			if test.want == "" {
				require.NoError(t, err, log)
				assert.True(t, arrived)
				return
			}
			require.ErrorContains(t, err, test.want)
			assert.False(t, arrived, "nothing leaves")
		})
	}
}

// The marker says how the keys of a list begin. With both markers, keys of both forms count.
func TestKeysBeginAsTheirMarker(t *testing.T) {
	t.Parallel()
	current, old := suppressPrefixes.current, suppressPrefixes.old
	tests := map[string]struct {
		keys []string
		want bool // jane is on the list
	}{
		"current":              {[]string{current + marker, current + digest("jane")}, true},
		"current, in capitals": {[]string{current + marker, current + strings.ToUpper(digest("jane"))}, true},
		"old":                  {[]string{old + marker, old + digest("jane")}, true},
		"both, current key":    {[]string{old + marker, current + marker, current + digest("jane")}, true},
		"both, old key":        {[]string{old + marker, current + marker, old + digest("jane")}, true},
		"both, somebody else":  {[]string{old + marker, current + marker, old + digest("john")}, false},
		"current, nobody":      {[]string{current + marker}, false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			there := map[string]bool{}
			for _, key := range test.keys {
				there[key] = true
			}
			cache := &markedCache{prefixes: suppressPrefixes, interval: time.Minute, lookup: func(_ context.Context, key string) ([]byte, bool, error) {
				return nil, there[key], nil
			}}
			held, err := suppression{cache: cache}.holds(t.Context(), []string{"jane"})
			require.NoError(t, err)
			assert.Equal(t, test.want, held)
		})
	}
	t.Run("consent", func(t *testing.T) {
		t.Parallel()
		p := newTestProcessor(t, "consent: {required: [marketing], cache: "+consents+"}", map[string]string{
			consentPrefixes.old + marker: "", consentPrefixes.old + digest("jane"): `{"marketing":true}`, consentPrefixes.current + digest("john"): `{"marketing":true}`,
		})
		for consumer, leaves := range map[string]int{"jane": 1, "john": 1, "jim": 0} {
			batch, err := p.Process(t.Context(), service.NewMessage([]byte(`{"consumerId":"`+consumer+`","engagementAttributes":[]}`)))
			require.NoError(t, err)
			assert.Len(t, batch, leaves, consumer)
		}
	})
}

// Windows allows these characters in no name of a file.
func TestKeysAreNamesOfFiles(t *testing.T) {
	t.Parallel()
	for _, p := range []prefixes{consentPrefixes, suppressPrefixes} {
		assert.False(t, strings.ContainsAny(p.current+marker, `<>:"/\|?*`))
	}
}

// After the start, a list that goes missing fails each report until it is back.
func TestAListThatGoesMissing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		there := map[string]bool{suppressPrefixes.current + marker: true, "jane": true}
		reads := 0
		cache := &markedCache{
			field: "suppress.cache", label: "list", prefixes: suppressPrefixes, interval: 10 * time.Second,
			lookup: func(_ context.Context, key string) ([]byte, bool, error) {
				if key == suppressPrefixes.current+marker {
					reads++
				}
				return nil, there[key], nil
			},
		}
		get := func(key string) (bool, error) {
			_, exists, err := cache.get(t.Context(), key)
			return exists, err
		}
		require.NoError(t, cache.prove(t.Context()))
		steps := []struct {
			name  string
			do    func()
			key   string
			found bool
			err   string
			reads int
		}{
			{name: "known to be there", do: func() {}, key: "john", reads: 1},
			{name: "a key that is there needs no marker", do: func() { time.Sleep(time.Hour) }, key: "jane", found: true, reads: 1},
			{name: "read again after the interval", do: func() {}, key: "john", reads: 2},
			{name: "gone, but not looked at yet", do: func() { clear(there); time.Sleep(10*time.Second - 1) }, key: "jane", reads: 2},
			{name: "gone", do: func() { time.Sleep(time.Nanosecond) }, key: "jane", err: "has no key liveperson-suppressed-marker", reads: 3},
			{name: "still gone, and read each time", do: func() {}, key: "john", err: "nothing is sent until the key is there", reads: 4},
			{name: "back", do: func() { there[suppressPrefixes.current+marker] = true }, key: "john", reads: 5},
			{name: "known again", do: func() { time.Sleep(10*time.Second - 1) }, key: "john", reads: 5},
		}
		for _, step := range steps {
			step.do()
			found, err := get(step.key)
			if step.err == "" {
				require.NoError(t, err, step.name)
			} else {
				require.ErrorContains(t, err, step.err, step.name)
			}
			assert.Equal(t, step.found, found, step.name)
			assert.Equal(t, step.reads, reads, step.name)
		}
	})
}

func TestAMarkerThatIsReadForEveryReport(t *testing.T) {
	t.Parallel()
	p := newTestProcessor(t, "suppress: {cache: suppressed, check_interval: 0s}", nil)
	msg := service.NewMessage([]byte(`{"consumerId":"jane","engagementAttributes":[]}`))
	batch, err := p.Process(t.Context(), msg)
	require.NoError(t, err)
	require.Len(t, batch, 1)

	read := p.suppression.cache.lookup
	p.suppression.cache.lookup = func(ctx context.Context, key string) ([]byte, bool, error) {
		if strings.HasSuffix(key, marker) {
			return nil, false, nil
		}
		return read(ctx, key)
	}
	_, err = p.Process(t.Context(), msg)
	require.ErrorContains(t, err, "suppress.cache: the cache suppressed has no key")
	assert.NotContains(t, err.Error(), "jane")
}
