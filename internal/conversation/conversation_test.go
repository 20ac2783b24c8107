package conversation

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"strconv"
	"strings"
	"testing"
	"time"

	_ "github.com/redpanda-data/benthos/v4/public/components/pure"
	"github.com/redpanda-data/benthos/v4/public/service"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const testAccount = "12345678"

var opened = time.Date(2026, 3, 14, 9, 0, 0, 0, time.UTC)

func conversationOf(consumer, id string) Conversation {
	return Conversation{ID: id, DialogID: id, Consumer: consumer, Opened: opened}
}

// stores returns an empty store of each kind of cache, by name.
func stores(t *testing.T) map[string]*Store {
	t.Helper()
	mgr := service.MockResources(service.MockResourcesOptAddCache("conversations"))
	local, err := Open("", mgr, testAccount)
	require.NoError(t, err)
	shared, err := Open("conversations", mgr, testAccount)
	require.NoError(t, err)
	return map[string]*Store{"in this process": local, "in a cache resource": shared}
}

// openOf returns the id of the conversation that a consumer has open.
func openOf(t *testing.T, s *Store, consumer string) string {
	t.Helper()
	c, _, err := s.Of(t.Context(), consumer)
	require.NoError(t, err)
	return c.ID
}

func TestConversations(t *testing.T) {
	t.Parallel()
	for name, s := range stores(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx := t.Context()
			_, known, err := s.Of(ctx, "jane")
			require.NoError(t, err)
			assert.False(t, known)

			require.NoError(t, s.Keep(ctx, conversationOf("jane", "c1")))
			require.NoError(t, s.Keep(ctx, conversationOf("john", "c2")))
			open, known, err := s.Of(ctx, "jane")
			require.NoError(t, err)
			assert.True(t, known)
			assert.Equal(t, conversationOf("jane", "c1"), open)

			require.NoError(t, s.MoveTo(ctx, "c1", "survey"))
			open, _, err = s.Of(ctx, "jane")
			require.NoError(t, err)
			assert.Equal(t, "survey", open.DialogID)

			require.NoError(t, s.Close(ctx, "c1"))
			assert.Empty(t, openOf(t, s, "jane"))
			assert.Equal(t, "c2", openOf(t, s, "john"))
			late, known, err := s.By(ctx, "c1")
			require.NoError(t, err)
			assert.True(t, known, "whose it was is still known")
			assert.Equal(t, "jane", late.Consumer)

			require.NoError(t, s.Keep(ctx, conversationOf("jane", "c3")))
			require.NoError(t, s.Close(ctx, "c1"))
			require.NoError(t, s.MoveTo(ctx, "c1", "c1"))
			assert.Equal(t, "c3", openOf(t, s, "jane"), "what comes late about the old one changes nothing")
		})
	}
}

// A notification names a conversation while the store still has an older one as open. When the older one turns out to be over,
// the newer one is found.
func TestAConversationIsLearnedWhileAnotherIsOpen(t *testing.T) {
	t.Parallel()
	for name, s := range stores(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx := t.Context()
			newer := conversationOf("", "c2")
			newer.Participant = "p-jane"
			require.NoError(t, s.Expect(ctx, "p-jane", "jane"))
			require.NoError(t, s.Keep(ctx, conversationOf("jane", "c1")))
			learned, known, err := s.Learn(ctx, newer, false)
			require.NoError(t, err)
			assert.True(t, known)
			assert.Equal(t, "jane", learned.Consumer)
			assert.Equal(t, "c1", openOf(t, s, "jane"), "it may be late")
			seen, found, err := s.Seen(ctx, "p-jane")
			require.NoError(t, err)
			assert.True(t, found)
			assert.Equal(t, "c2", seen)

			require.NoError(t, s.Close(ctx, "c2"))
			_, found, err = s.Seen(ctx, "p-jane")
			require.NoError(t, err)
			assert.False(t, found, "it is over")
		})
	}
}

func TestAnEndThatComesFirst(t *testing.T) {
	t.Parallel()
	for name, s := range stores(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.NoError(t, s.Close(t.Context(), "c1"))
			require.NoError(t, s.Keep(t.Context(), conversationOf("jane", "c1")))
			assert.Empty(t, openOf(t, s, "jane"))
		})
	}
}

// LivePerson reports the same survey several times. The store writes the dialog once.
func TestWhereMessagesGoAlreadyIsNotWrittenAgain(t *testing.T) {
	t.Parallel()
	resource := &faulty{kept: map[string][]byte{}}
	s := openOn(t, resource)
	require.NoError(t, s.Keep(t.Context(), conversationOf("jane", "c1")))
	before := resource.sets
	for _, dialog := range []string{"c1", "survey", "survey"} {
		require.NoError(t, s.MoveTo(t.Context(), "c1", dialog))
	}
	assert.Equal(t, before+1, resource.sets)
}

// faulty is a cache resource that a test can make fail.
type faulty struct {
	kept map[string][]byte
	err  error
	sets int
}

func (f *faulty) Get(_ context.Context, key string) ([]byte, error) {
	value, exists := f.kept[key]
	if !exists {
		return nil, cmp.Or(f.err, service.ErrKeyNotFound)
	}
	return value, f.err
}

func (f *faulty) Set(_ context.Context, key string, value []byte, _ *time.Duration) error {
	f.kept[key] = value
	f.sets++
	return f.err
}

func (f *faulty) Add(context.Context, string, []byte, *time.Duration) error { return f.err }

func (f *faulty) Delete(context.Context, string) error { return f.err }

func (f *faulty) Close(context.Context) error { return nil }

// openOn opens a store in a resource.
func openOn(t *testing.T, resource service.Cache) *Store {
	t.Helper()
	env := service.NewEnvironment()
	require.NoError(t, env.RegisterCache("faulty", service.NewConfigSpec(),
		func(*service.ParsedConfig, *service.Resources) (service.Cache, error) { return resource, nil }))
	builder := env.NewResourceBuilder()
	builder.SetLogger(slog.New(slog.DiscardHandler))
	require.NoError(t, builder.AddCacheYAML("label: conversations\nfaulty: {}"))
	mgr, stop, err := builder.Build()
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, stop(context.Background())) })
	s, err := Open("conversations", mgr, testAccount)
	require.NoError(t, err)
	return s
}

func TestWhatIsUnknownStaysUnknown(t *testing.T) {
	t.Parallel()
	for name, s := range stores(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.NoError(t, s.MoveTo(t.Context(), "foreign", "survey"))
			_, known, err := s.By(t.Context(), "foreign")
			require.NoError(t, err)
			assert.False(t, known)
		})
	}
}

func TestComponentsShareConversations(t *testing.T) {
	t.Parallel()
	mgr := service.MockResources(service.MockResourcesOptAddCache("conversations"), service.MockResourcesOptAddCache("others"))
	for _, label := range []string{"", "conversations"} {
		one, err := Open(label, mgr, testAccount)
		require.NoError(t, err)
		other, err := Open(label, mgr, testAccount)
		require.NoError(t, err)
		require.NoError(t, one.Keep(t.Context(), conversationOf("jane", "c1")))
		assert.Equal(t, "c1", openOf(t, other, "jane"), label)

		foreign, err := Open(label, mgr, "87654321")
		require.NoError(t, err)
		assert.Empty(t, openOf(t, foreign, "jane"), "accounts are kept apart")
	}
	elsewhere, err := Open("others", mgr, testAccount)
	require.NoError(t, err)
	assert.Empty(t, openOf(t, elsewhere, "jane"))
}

func TestLocalMemoryIsBounded(t *testing.T) {
	t.Parallel()
	s, err := Open("", service.MockResources(), testAccount)
	require.NoError(t, err)
	for i := range localConversations + 10 {
		require.NoError(t, s.Keep(t.Context(), conversationOf(strconv.Itoa(i), "c"+strconv.Itoa(i))))
	}
	assert.Empty(t, openOf(t, s, "9"), "the oldest are gone")
	assert.Equal(t, "c10", openOf(t, s, "10"))
}

func TestFailuresAreErrors(t *testing.T) {
	t.Parallel()
	_, err := Open("conversation", service.MockResources(), testAccount)
	require.ErrorContains(t, err, `conversation_cache: there is no cache resource labelled "conversation"`)

	down := openOn(t, &faulty{kept: map[string][]byte{}, err: errors.New("connection refused")})
	calls := map[string]func(context.Context) error{
		"of":    func(ctx context.Context) error { _, _, err := down.Of(ctx, "jane"); return err },
		"by":    func(ctx context.Context) error { _, _, err := down.By(ctx, "c1"); return err },
		"keep":  func(ctx context.Context) error { return down.Keep(ctx, conversationOf("jane", "c1")) },
		"move":  func(ctx context.Context) error { return down.MoveTo(ctx, "c1", "survey") },
		"close": func(ctx context.Context) error { return down.Close(ctx, "c1") },
	}
	for name, call := range calls {
		require.ErrorContains(t, call(t.Context()), "the conversation cache conversations fails: connection refused", name)
	}
}

func TestAConversationThatCannotBeRead(t *testing.T) {
	t.Parallel()
	resource := &faulty{kept: map[string][]byte{}}
	s := openOn(t, resource)
	require.NoError(t, s.Keep(t.Context(), conversationOf("jane", "c1")))
	for key := range resource.kept {
		assert.NotContains(t, key, "jane", "keys do not show ids")
		if strings.HasPrefix(key, "liveperson-12345678-conversation-conversation-") {
			resource.kept[key] = []byte("not JSON")
		}
	}
	_, _, err := s.Of(t.Context(), "jane")
	require.ErrorContains(t, err, "reading a value from the conversation cache conversations: ")
}

func TestField(t *testing.T) {
	t.Parallel()
	spec := service.NewConfigSpec().Field(Field())
	for yaml, want := range map[string]string{"{}": "", "conversation_cache: conversations": "conversations"} {
		conf, err := spec.ParseYAML(yaml, nil)
		require.NoError(t, err)
		label, err := FromParsed(conf)
		require.NoError(t, err)
		assert.Equal(t, want, label)
	}
}
