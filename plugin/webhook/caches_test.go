package webhook

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/redpanda-data/benthos/v4/public/service"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// fragile is a cache that fails while it is broken.
type fragile struct {
	mu     sync.Mutex
	kept   map[string][]byte
	broken bool
}

func (f *fragile) set(broken bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.broken = broken
}

func (f *fragile) access(do func()) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.broken {
		return errors.New("connection refused")
	}
	do()
	return nil
}

func (f *fragile) Get(_ context.Context, key string) (value []byte, err error) {
	err = f.access(func() { value = f.kept[key] })
	if err == nil && value == nil {
		err = service.ErrKeyNotFound
	}
	return value, err
}

func (f *fragile) Set(_ context.Context, key string, value []byte, _ *time.Duration) error {
	return f.access(func() { f.kept[key] = value })
}

func (f *fragile) Add(ctx context.Context, key string, value []byte, ttl *time.Duration) error {
	return f.Set(ctx, key, value, ttl)
}

func (f *fragile) Delete(_ context.Context, key string) error {
	return f.access(func() { delete(f.kept, key) })
}

func (f *fragile) Close(context.Context) error { return nil }

// keysWith returns the keys whose values contain a text.
func (f *fragile) keysWith(text string) (keys []string) {
	for key, value := range f.kept {
		if strings.Contains(string(value), text) {
			keys = append(keys, key)
		}
	}
	return keys
}

// resourcesOf returns resources with the cache under the label memory.
func resourcesOf(t *testing.T, cache service.Cache) *service.Resources {
	t.Helper()
	env := service.NewEnvironment()
	require.NoError(t, env.RegisterCache("fragile", service.NewConfigSpec(),
		func(*service.ParsedConfig, *service.Resources) (service.Cache, error) { return cache, nil }))
	builder := env.NewResourceBuilder()
	builder.SetLogger(slog.New(slog.DiscardHandler))
	require.NoError(t, builder.AddCacheYAML("label: memory\nfragile: {}"))
	mgr, stop, err := builder.Build()
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, stop(context.Background())) })
	return mgr
}

func TestAConversationCacheThatFails(t *testing.T) {
	t.Parallel()
	cache := &fragile{kept: map[string][]byte{}}
	b := newBenchOn(t, "conversation_cache: memory", resourcesOf(t, cache))
	cache.set(true)
	assert.Equal(t, http.StatusServiceUnavailable, <-b.post(agentSaid(1, "hello")))
	assert.Equal(t, http.StatusServiceUnavailable, <-b.post(changed(1000, stateClose, stateClose, "")))
	cache.set(false)
	b.deliver(agentSaid(1, "hello"))
	b.deliver(changed(1000, stateClose, stateClose, ""))
}

func TestWhatWasBegunBeforeTheCacheFailed(t *testing.T) {
	t.Parallel()
	// The notification has two changes. The cache fails for the second one.
	cache := &fragile{kept: map[string][]byte{}}
	b := newBenchOn(t, "conversation_cache: memory", resourcesOf(t, cache))
	require.NoError(t, b.conversations.Keep(t.Context(), conversationOf("second")))
	keys := cache.keysWith(`"id":"second"`)
	require.Len(t, keys, 1)
	good := cache.kept[keys[0]]
	cache.kept[keys[0]] = []byte("not JSON")
	second := `{"sequence":1,"event":{"type":"ContentEvent"},"conversationId":"second","dialogId":"second"}`
	body := notify(messagingNotification, agentSays(1, "hello")+","+second)
	assert.Equal(t, http.StatusServiceUnavailable, <-b.post(body))
	cache.kept[keys[0]] = good
	assert.Len(t, b.deliver(body), 2, "neither is taken for on its way")
}

func TestNothingIsKeptOfOthersConversations(t *testing.T) {
	t.Parallel()
	cache := &fragile{kept: map[string][]byte{}}
	b := newBenchOn(t, "conversation_cache: memory", resourcesOf(t, cache))
	before := len(cache.kept)
	b.drops(strings.ReplaceAll(changed(1000, stateClose, stateClose, ""), testConversation, "another"))
	assert.Len(t, cache.kept, before)
}

func TestADedupeCacheThatFails(t *testing.T) {
	t.Parallel()
	cache := &fragile{kept: map[string][]byte{}}
	b := newBenchOn(t, "dedupe_cache: memory", resourcesOf(t, cache))
	cache.set(true)
	b.deliver(agentSaid(1, "hello"))
	b.deliver(agentSaid(1, "hello"))
	cache.set(false)
	b.deliver(agentSaid(1, "hello"))
	b.drops(agentSaid(1, "hello"))
	for key := range cache.kept {
		assert.NotContains(t, key, testConversation)
	}
}
