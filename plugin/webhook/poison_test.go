package webhook

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/redpanda-data/benthos/v4/public/service"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// letters is an output that keeps messages.
type letters struct {
	mu   sync.Mutex
	fail error
	kept []*service.Message
}

func (l *letters) Connect(context.Context) error { return nil }
func (l *letters) Close(context.Context) error   { return nil }

func (l *letters) Write(_ context.Context, msg *service.Message) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.fail != nil {
		return l.fail
	}
	l.kept = append(l.kept, msg)
	return nil
}

// newPoisonBench returns a bench whose input has this number of max_deliveries.
func newPoisonBench(t *testing.T, yaml string) (*bench, *letters) {
	t.Helper()
	l := &letters{}
	env := service.NewEnvironment()
	require.NoError(t, env.RegisterOutput("letters", service.NewConfigSpec(), func(*service.ParsedConfig, *service.Resources) (service.Output, int, error) {
		return l, 1, nil
	}))
	parsed, err := spec().ParseYAML(testConfig+yaml+"\npoison: { letters: {} }", env)
	require.NoError(t, err)
	c, err := configFromParsed(parsed)
	require.NoError(t, err)
	r, err := newReceiver(c, service.MockResources(service.MockResourcesOptAddCache("notifications")))
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, r.poison.close(context.Background())) })
	b := &bench{r, t}
	b.opened(testConversation)
	return b, l
}

// refuses posts a body that the pipeline refuses.
func (b *bench) refuses(body string) {
	b.t.Helper()
	status := b.post(body)
	d := <-b.deliveries
	require.NoError(b.t, d.ack(b.t.Context(), errors.New("the gateway says no")))
	require.Equal(b.t, http.StatusServiceUnavailable, <-status)
}

func TestAChangeThatIsRefusedTooOftenIsLetGo(t *testing.T) {
	t.Parallel()
	chatState := notify(messagingNotification, `{"event":{"type":"ChatStateEvent","chatState":"COMPOSING"},"conversationId":"`+testConversation+`","dialogId":"`+testConversation+`"}`)
	for name, body := range map[string]string{"a text": agentSaid(1, "bad"), "a chat state": chatState, "a state": changed(1000, stateOpen, stateOpen, "")} {
		for _, yaml := range []string{"max_deliveries: 3", "max_deliveries: 3\ndedupe_cache: notifications"} {
			t.Run(name+" "+yaml, func(t *testing.T) {
				t.Parallel()
				b, l := newPoisonBench(t, yaml)
				var said bytes.Buffer
				b.poison.log = service.NewLoggerFromSlog(slog.New(slog.NewTextHandler(&said, nil)))
				for range 3 {
					b.refuses(body)
				}
				l.fail = errors.New("disk full")
				assert.Equal(t, http.StatusServiceUnavailable, <-b.post(body), "poison has not taken it")
				l.fail = nil
				b.drops(body)
				require.Len(t, l.kept, 1)
				meta := metadata(t, l.kept[0])
				assert.Equal(t, "the gateway says no", meta[metaReason])
				assert.Equal(t, "3", meta[metaDeliveries])
				assert.Equal(t, testConversation, meta[metaConversationID])
				if body != chatState { // each chat state is new
					b.drops(body)
					assert.Len(t, l.kept, 1)
				}
				assert.Equal(t, 1, strings.Count(said.String(), "refused a change 3 times"))
				b.deliver(agentSaid(2, "the next one goes on"))
			})
		}
	}
}

func TestOnlyFailuresInARowCount(t *testing.T) {
	t.Parallel()
	b, l := newPoisonBench(t, "max_deliveries: 2")
	typing := notify(messagingNotification, `{"event":{"type":"ChatStateEvent"},"conversationId":"`+testConversation+`"}`)
	for range 3 {
		b.refuses(typing)
		b.deliver(typing)
	}
	assert.Empty(t, l.kept)
}

func TestPoisonNeedsBothFields(t *testing.T) {
	t.Parallel()
	for _, yaml := range []string{"max_deliveries: 3", "poison: { drop: {} }"} {
		parsed, err := spec().ParseYAML(testConfig+yaml, nil)
		require.NoError(t, err)
		_, err = configFromParsed(parsed)
		require.ErrorContains(t, err, "max_deliveries and poison: give both, or neither")
	}
}

func TestLongBodiesAreLoggedOnce(t *testing.T) {
	t.Parallel()
	var said bytes.Buffer
	b := newBench(t, "max_body_bytes: 100")
	b.tooLong.log = service.NewLoggerFromSlog(slog.New(slog.NewTextHandler(&said, nil)))
	for range 3 {
		assert.Equal(t, http.StatusRequestEntityTooLarge, <-b.post(agentSaid(1, "hello")))
	}
	assert.Equal(t, 1, strings.Count(said.String(), "longer than max_body_bytes. If LivePerson sends them, it repeats them"), said.String())
}
