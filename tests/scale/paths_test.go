package scale

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// post sends an event to the collector and returns the status of the answer.
func post(t *testing.T, address, event string) int {
	t.Helper()
	response, err := http.Post("http://"+address+"/events", "application/json", strings.NewReader(event))
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	return response.StatusCode
}

// Events come over HTTP into a topic, and from there to LivePerson. What can't be delivered ends in the topic of dead letters
// and holds up nothing. After its cause is gone, a replay delivers it.
func TestFromTheCollectorToTheReplay(t *testing.T) {
	lp, redis, broker := newLivePerson(t), newRedis(t), newKafka(t, 4)
	lp.poison = "c-1"
	again := broker.another(t, 1)
	env := func(int) []string {
		return append(broker.env(), "REDIS_URL=redis://"+redis.address+"/0", "LIVEPERSON_DOMAIN_API="+lp.URL)
	}
	address := freeAddress(t)
	collector := newFleet(t, "kafka-collector.yaml", 1, func(int) []string { return append(broker.env(), "COLLECTOR_ADDRESS="+address) })
	require.NoError(t, waitFor(patience, func() error {
		return unlessReady(collector.instances[0].address, "/ready", http.StatusOK)
	}))
	few.each(func(_ string, _ int, event []byte) {
		assert.Equal(t, http.StatusOK, post(t, address, string(event)))
	})
	assert.Equal(t, http.StatusBadRequest, post(t, address, `{"type":"track","event":"Products Searched"}`), "no key")
	assert.Equal(t, http.StatusOK, post(t, address, `{"type":"track","event":"Products Searched","userId":"c-2","properties":"poison"}`))
	collector.stop()

	// The last event can't be mapped. LivePerson refuses all of consumer c-1.
	pipeline := newFleet(t, "kafka.yaml", 1, env)
	good := few.total() - few.events
	require.True(t, lp.wait(good, patience), "what fails holds up others")
	require.NoError(t, waitFor(patience, func() error {
		if letters := broker.letters(t); letters != int64(few.events+1) {
			return fmt.Errorf("%d dead letters", letters)
		}
		return nil
	}))
	pipeline.stop()

	lp.set(func(lp *livePerson) { lp.poison = "" })
	replay := newFleet(t, "kafka-replay.yaml", 1, func(instance int) []string {
		return append(env(instance), "KAFKA_REPLAY_GROUP="+broker.group+"-replay", "KAFKA_DEAD_TOPIC_AGAIN="+again.topic)
	})
	require.True(t, lp.wait(few.total(), patience), "the replay delivers what LivePerson takes now")
	require.NoError(t, waitFor(patience, func() error {
		if letters := again.end(t, again.topic); letters != 1 {
			return fmt.Errorf("%d letters failed again", letters)
		}
		return nil
	}))
	replay.stop()
	// The letters of c-1 may overtake each other on the way to their topic, see docs/dead-letters.md.
	lp.set(func(lp *livePerson) { slices.Sort(lp.accepted["c-1"]) })
	assert.Equal(t, verdict{sessions: 1}, lp.judge(few.consumers, few.events))
}

// Two instances share a stream of Redis. One is killed, and takes what it had not acknowledged when it is back.
func TestRedisStreams(t *testing.T) {
	l := load{consumers: 100, events: 5}
	lp, redis := newLivePerson(t), newRedis(t)
	lp.delay = 5 * time.Millisecond
	var commands [][]string
	l.each(func(_ string, _ int, event []byte) {
		commands = append(commands, []string{"XADD", "events", "*", "body", string(event)})
	})
	redis.do(t, commands...)
	f := newFleet(t, "redis-streams.yaml", 2, func(int) []string {
		return []string{"REDIS_URL=redis://" + redis.address + "/0", "LIVEPERSON_DOMAIN_API=" + lp.URL}
	})
	require.True(t, lp.wait(l.total()/3, patience))
	f.restart(0, syscall.SIGKILL)
	require.True(t, lp.wait(l.total(), patience))
	f.stop()
	v := lp.judge(l.consumers, l.events)
	report(t, "Redis Streams, one SIGKILL", "%s", v)
	assert.Zero(t, v.lost)
	assert.LessOrEqual(t, v.duplicates, 64, "the requests that were in flight")
}
