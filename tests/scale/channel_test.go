package scale

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// channel is a channel of two instances between consumers and LivePerson's stand-in, which is the binary's sandbox in a process
// of its own. Its agent repeats each text.
type channel struct {
	t          *testing.T
	livePerson string // its address
	say        []string
	webhooks   []string
	next       atomic.Int64
	delivered  chan struct{} // one for each text that LivePerson has

	mu        sync.Mutex
	answers   map[string][]string // what arrived at the gateway, by consumer
	unsettled int                 // texts and notifications whose answer was lost
}

// texts are the texts of LivePerson's conversations, by consumer, and the number of conversations of each.
type texts struct {
	said          map[string][]string
	conversations map[string]int
}

func newChannel(t *testing.T, instances int) *channel {
	t.Helper()
	c := &channel{t: t, livePerson: freeAddress(t), answers: map[string][]string{}, delivered: make(chan struct{}, 100_000)}
	for range instances {
		c.say, c.webhooks = append(c.say, freeAddress(t)), append(c.webhooks, freeAddress(t))
	}
	balancer := httptest.NewServer(http.HandlerFunc(c.balance))
	t.Cleanup(balancer.Close)
	hooks := filepath.Join(t.TempDir(), "webhooks.yaml")
	require.NoError(t, os.WriteFile(hooks, fmt.Appendf(nil, "endpoint: %s/liveperson/webhook\nretry: { retention_time: 259200 }\nspeed: 100\nqueue: 100000\n", balancer.URL), 0o600))
	process := exec.Command(binary, "sandbox", "--address", c.livePerson, "--webhooks", hooks, "--keep", "200000", "--account-id", "12345678",
		"--client-id", clientID, "--client-secret", clientSecret)
	require.NoError(t, process.Start())
	t.Cleanup(func() {
		_ = process.Process.Signal(syscall.SIGTERM)
		_ = process.Wait()
	})
	require.NoError(t, waitFor(30*time.Second, func() error {
		res, err := http.Get("http://" + c.livePerson + "/sandbox/conversations")
		if err == nil {
			err = res.Body.Close()
		}
		return err
	}))
	return c
}

const (
	clientID     = "c0a8f1d2-3b4c-4d5e-8f60-718293a4b5c6"
	clientSecret = "sandbox0secret0sandbox0key"
)

// balance passes LivePerson's notifications on to the instances in turn. If one does not listen, another gets it.
func (c *channel) balance(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	for range c.webhooks {
		to := c.webhooks[int(c.next.Add(1))%len(c.webhooks)]
		req, err := http.NewRequestWithContext(r.Context(), http.MethodPost, "http://"+to+r.URL.Path, bytes.NewReader(body))
		if err != nil {
			panic(err)
		}
		req.Header = r.Header.Clone()
		res, err := http.DefaultClient.Do(req)
		if err == nil {
			res.Body.Close()
			w.WriteHeader(res.StatusCode)
			return
		}
		if !errors.Is(err, syscall.ECONNREFUSED) {
			c.lost()
		}
	}
	w.WriteHeader(http.StatusBadGateway)
}

// lost counts a request whose answer was lost.
func (c *channel) lost() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.unsettled++
}

// gateway is where answers go.
func (c *channel) gateway(w http.ResponseWriter, r *http.Request) {
	var answer struct{ Consumer, Text string }
	if json.NewDecoder(r.Body).Decode(&answer) != nil || answer.Consumer == "" {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.answers[answer.Consumer] = append(c.answers[answer.Consumer], answer.Text)
}

// speak sends a consumer's texts one after another. A text that gets no 200 is sent again, to the next instance.
func (c *channel) speak(number, texts int) {
	to := number
	for n := range texts {
		body := fmt.Sprintf(`{"consumer":%q,"text":"text %d"}`, consumerName(number), n)
		for until := time.Now().Add(patience); ; to++ {
			res, err := http.Post("http://"+c.say[to%len(c.say)]+"/say", "application/json", strings.NewReader(body))
			if err == nil {
				res.Body.Close()
				if res.StatusCode == http.StatusOK {
					break
				}
			}
			if !errors.Is(err, syscall.ECONNREFUSED) {
				c.lost()
			}
			if !assert.True(c.t, time.Now().Before(until), "a text is not taken") {
				return
			}
			time.Sleep(50 * time.Millisecond)
		}
		c.delivered <- struct{}{}
	}
}

// read reads JSON from LivePerson's stand-in.
func (c *channel) read(path string, into any) {
	c.t.Helper()
	res, err := http.Get("http://" + c.livePerson + path)
	require.NoError(c.t, err)
	defer res.Body.Close()
	require.NoError(c.t, json.NewDecoder(res.Body).Decode(into))
}

// settled waits until LivePerson has posted all notifications.
func (c *channel) settled() {
	c.t.Helper()
	require.NoError(c.t, waitFor(patience, func() error {
		var state struct {
			Endpoints map[string]struct{ Waiting, Dropped int }
		}
		c.read("/sandbox/webhooks", &state)
		for _, endpoint := range state.Endpoints {
			if endpoint.Waiting > 0 {
				return fmt.Errorf("%d notifications wait", endpoint.Waiting)
			}
		}
		return nil
	}))
}

// texts returns what LivePerson has.
func (c *channel) texts() texts {
	c.t.Helper()
	all := texts{said: map[string][]string{}, conversations: map[string]int{}}
	var list struct {
		Conversations []struct {
			ConversationID string `json:"conversation_id"`
		}
	}
	c.read("/sandbox/conversations", &list)
	for _, line := range list.Conversations {
		var full struct {
			Consumer string
			Dialogs  []struct {
				Events []struct {
					OriginatorMetadata struct{ Role string }
					Event              struct{ Message string }
				}
			}
		}
		c.read("/sandbox/conversations/"+line.ConversationID, &full)
		all.conversations[full.Consumer]++
		for _, e := range full.Dialogs[0].Events {
			if e.OriginatorMetadata.Role == "CONSUMER" && e.Event.Message != "" {
				all.said[full.Consumer] = append(all.said[full.Consumer], e.Event.Message)
			}
		}
	}
	return all
}

// judged compares what arrived with the texts of one way.
func judged(arrived map[string][]string, consumers, each int) (v verdict) {
	for number := range consumers {
		seen, newest, disordered := map[string]bool{}, -1, false
		for _, text := range arrived[consumerName(number)] {
			var n int
			if _, err := fmt.Sscanf(text, "text %d", &n); err != nil {
				v.foreign++
				continue
			}
			if seen[text] {
				v.duplicates++
				continue
			}
			seen[text] = true
			disordered = disordered || n < newest
			newest = max(newest, n)
		}
		v.lost += each - len(seen)
		if disordered {
			v.disordered++
		}
	}
	return v
}

// Two instances of a channel share one Redis. Ten thousand texts of a hundred consumers go to LivePerson in a long run, and its
// agent repeats each. Meanwhile instances are killed twenty times. Nothing is lost, and the order of each consumer holds both
// ways. A text or an answer is there twice only if the answer to a request for it was lost.
func TestCrashOfAChannel(t *testing.T) {
	consumers, each, kills := 40, 25, 3
	if long {
		consumers, each, kills = 100, 100, 20
	}
	redis, c := newRedis(t), newChannel(t, 2)
	gateway := httptest.NewServer(http.HandlerFunc(c.gateway))
	t.Cleanup(gateway.Close)
	f := startFleet(t, []string{"run", "testdata/channel.yaml"}, 2, func(instance int) []string {
		return []string{
			"SAY_ADDRESS=" + c.say[instance], "WEBHOOK_ADDRESS=" + c.webhooks[instance], "CHANNEL_URL=" + gateway.URL,
			"REDIS_URL=redis://" + redis.address + "/0", "LIVEPERSON_DOMAIN_API=http://" + c.livePerson,
			"LIVEPERSON_CLIENT_ID=" + clientID, "LIVEPERSON_CLIENT_SECRET=" + clientSecret,
		}
	})
	var all sync.WaitGroup
	for number := range consumers {
		all.Go(func() { c.speak(number, each) })
	}
	source := rand.New(rand.NewPCG(5, 6))
	for taken, killed := 0, 0; taken < consumers*each; taken++ {
		select {
		case <-c.delivered:
		case <-time.After(2 * patience):
			require.Fail(t, "no progress", "%d texts", taken)
		}
		if killed < kills && taken > (killed+1)*consumers*each/(kills+1) {
			f.restart(source.IntN(2), syscall.SIGKILL)
			killed++
		}
	}
	all.Wait()
	c.settled()
	f.stop()
	there := c.texts()
	out, back := judged(there.said, consumers, each), judged(c.answers, consumers, each)
	report(t, fmt.Sprintf("a channel, %d kills, to LivePerson", kills), "%s; %d requests without an answer", out, c.unsettled)
	report(t, fmt.Sprintf("a channel, %d kills, to consumers", kills), "%s", back)
	for consumer, n := range there.conversations {
		assert.Equal(t, 1, n, "conversations of %s", consumer)
	}
	assert.Len(t, there.conversations, consumers)
	for _, v := range []verdict{out, back} {
		assert.Zero(t, v.lost)
		assert.Zero(t, v.disordered)
		assert.Zero(t, v.foreign)
	}
	// A text that is there twice has two answers.
	assert.LessOrEqual(t, out.duplicates, c.unsettled)
	assert.LessOrEqual(t, back.duplicates, c.unsettled+out.duplicates)
}
