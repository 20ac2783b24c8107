package scale

import (
	"math/rand/v2"
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// long tells whether LONG_TESTS asks for the long form.
var long = os.Getenv("LONG_TESTS") != ""

// crash is what happens in a run, in the order of progress: a step follows when so many events more were accepted.
type crash struct {
	load
	instances int
	kills     int
	outages   int
	outage    time.Duration
}

func crashes() crash {
	if long {
		return crash{load: load{consumers: 5000, events: 20}, instances: 4, kills: 20, outages: 2, outage: 20 * time.Second}
	}
	return crash{load: load{consumers: 400, events: 10}, instances: 2, kills: 3, outages: 1, outage: 2 * time.Second}
}

// steps lets LivePerson accept events, and kills, stops and restarts in between.
func (c crash) steps(t *testing.T, lp *livePerson, f *fleet, redis *server) {
	t.Helper()
	source := rand.New(rand.NewPCG(3, 4))
	faults := c.kills + c.outages + 1
	kill := func() { f.restart(source.IntN(c.instances), syscall.SIGKILL) }
	for fault := range faults {
		require.True(t, lp.wait((fault+1)*c.total()/(faults+2), patience), "no progress before fault %d: %s", fault, lp.judge(c.consumers, c.events))
		switch {
		case fault == faults/2:
			redis.restart()
		case c.outages > 0 && fault%(faults/(c.outages+1)) == 1 && fault/(faults/(c.outages+1)) < c.outages:
			lp.set(func(lp *livePerson) { lp.down = true })
			time.Sleep(c.outage / 2)
			kill() // also one that holds events of an outage
			time.Sleep(c.outage / 2)
			lp.set(func(lp *livePerson) { lp.down = false })
		default:
			kill()
		}
	}
}

// patience is longer than any pause of the pipeline that is not a defect. The breaker's first pauses are 5, 10 and 15 s, and
// the partitions of an unnamed member that was killed rest for 45 s.
const patience = 90 * time.Second

func TestCrashOnKafka(t *testing.T) {
	for _, dedupe := range []string{"off", "events"} {
		t.Run("dedupe "+dedupe, func(t *testing.T) {
			c := crashes()
			lp, redis, broker := newLivePerson(t), newRedis(t), newKafka(t, 12)
			lp.delay = 5 * time.Millisecond
			broker.load(t, c.load)
			f := newFleet(t, "kafka.yaml", c.instances, func(int) []string {
				return append(broker.env(), "REDIS_URL=redis://"+redis.address+"/0", "LIVEPERSON_DOMAIN_API="+lp.URL, "DEDUPE="+dedupe)
			})
			c.steps(t, lp, f, redis)
			finished := lp.wait(c.total(), patience)
			f.stop() // sends what is in flight twice, if anything
			v := lp.judge(c.consumers, c.events)
			report(t, "crash, Kafka, dedupe "+dedupe, "%s, peak memory %d MB", v, f.memory/1024)
			require.True(t, finished, v.String())
			assert.Zero(t, v.lost)
			assert.Zero(t, v.disordered)
			assert.Zero(t, v.foreign)
			assert.Zero(t, broker.letters(t))
			// A kill between LivePerson's first answer to a consumer and Redis costs a session, and so a duplicate.
			assert.LessOrEqual(t, v.sessions, 1+float64(v.duplicates)/float64(c.consumers))
			if long {
				assert.Less(t, v.sessions, 1.02) // of few consumers, each is a large part
			}
			if dedupe == "events" { // the requests that a killed instance had in flight
				assert.LessOrEqual(t, v.duplicates, (c.kills+c.outages)*64)
			}
		})
	}
}

// Redelivered messages come after newer ones, so order is not asserted.
func TestCrashOnJetStream(t *testing.T) {
	c := crashes()
	lp, redis := newLivePerson(t), newRedis(t)
	lp.delay = 5 * time.Millisecond
	// After a kill the server waits so long before it sends again what the instance had in flight.
	ackWait := 10 * time.Second
	if long {
		ackWait = time.Minute
	}
	broker := newJetStream(t, 2*c.instances, ackWait)
	broker.load(t, c.load)
	f := newFleet(t, "jetstream.yaml", c.instances, func(instance int) []string {
		return append(broker.env(instance), "REDIS_URL=redis://"+redis.address+"/0", "LIVEPERSON_DOMAIN_API="+lp.URL)
	})
	c.steps(t, lp, f, redis)
	finished := lp.wait(c.total(), patience)
	f.stop()
	v := lp.judge(c.consumers, c.events)
	report(t, "crash, JetStream, dedupe events", "%s, peak memory %d MB", v, f.memory/1024)
	require.True(t, finished, v.String())
	assert.Zero(t, v.lost)
	assert.Zero(t, v.foreign)
}

func TestRollingRestart(t *testing.T) {
	ordered := []string{"--set", "input.redpanda.unordered_processing.enabled=false"}
	for _, test := range []struct {
		name, dedupe string
		named        bool
		flags        []string
	}{
		{"named members", "events", true, nil},
		{"named members", "off", true, nil},
		{"unnamed members", "events", false, nil},
		{"unnamed members", "off", false, nil},
		{"named members, ordered mode", "events", true, ordered},
		{"named members, ordered mode", "off", true, ordered},
		{"unnamed members, ordered mode", "events", false, ordered},
		{"unnamed members, ordered mode", "off", false, ordered},
	} {
		name := test.name + ", dedupe " + test.dedupe
		t.Run(name, func(t *testing.T) {
			if !long && !(test.named && test.dedupe == "events" && test.flags == nil) {
				t.Skip("LONG_TESTS=1 runs settings that are not in config/scale-out")
			}
			rollingRestart(t, name, test.dedupe, test.named, test.flags)
		})
	}
}

func rollingRestart(t *testing.T, name, dedupe string, named bool, flags []string) {
	t.Helper()
	l, instances := load{consumers: 300, events: 10}, 2
	if long {
		l, instances = load{consumers: 1500, events: 10}, 4
	}
	lp, redis, broker := newLivePerson(t), newRedis(t), newKafka(t, 12)
	lp.delay = 20 * time.Millisecond
	broker.load(t, l)
	f := newFleet(t, "kafka.yaml", instances, func(int) []string {
		env := append(broker.env(), "REDIS_URL=redis://"+redis.address+"/0", "LIVEPERSON_DOMAIN_API="+lp.URL, "DEDUPE="+dedupe)
		if !named {
			env = append(env, "INSTANCE_ID=")
		}
		return env
	}, flags...)
	var slowest time.Duration
	for number := range instances {
		require.True(t, lp.wait((number+1)*l.total()/(instances+2), patience), "no progress before restart %d", number)
		slowest = max(slowest, f.restart(number, syscall.SIGTERM))
	}
	finished := lp.wait(l.total(), patience)
	f.stop()
	v := lp.judge(l.consumers, l.events)
	report(t, "rolling restart, "+name, "%s, slowest stop %.1f s", v, slowest.Seconds())
	require.True(t, finished, v.String())
	assert.Zero(t, v.lost)
	assert.Zero(t, v.disordered)
	if dedupe == "events" {
		assert.Zero(t, v.duplicates)
	}
}
