package scale

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// scaleConcurrency is the requests in flight of an instance. With the default, 64, two cores that also run the broker, Redis and
// LivePerson are the limit of four instances.
const scaleConcurrency = 16

// TestScale measures events per second of 1, 2 and 4 instances against answers after 200 ms. The events come when all instances
// have their partitions. The first tenth, in which the instances find their limits, and the last fifth, which ends unevenly, do
// not count.
func TestScale(t *testing.T) {
	if !long {
		t.Skip("LONG_TESTS=1 measures")
	}
	rates := map[int]float64{}
	for _, instances := range []int{1, 2, 4} {
		t.Run(fmt.Sprintf("%d instances", instances), func(t *testing.T) {
			// Some 75 s at the full rate. A consumer's events wait for each other, so there are many consumers.
			l := load{consumers: 1500 * instances, events: 4}
			lp, redis, broker := newLivePerson(t), newRedis(t), newKafka(t, 24)
			lp.delay = 200 * time.Millisecond
			f := newFleet(t, "kafka.yaml", instances, func(int) []string {
				return append(broker.env(), "REDIS_URL=redis://"+redis.address+"/0", "LIVEPERSON_DOMAIN_API="+lp.URL)
			}, "--set", fmt.Sprintf("output.fallback.0.liveperson_report.concurrency=%d", scaleConcurrency))
			broker.awaitMembers(t, instances)
			idle := f.usedCPU(t)
			broker.load(t, l)
			first, last := l.total()/10, l.total()*8/10
			require.True(t, lp.wait(first, patience))
			begun, commands := time.Now(), redis.info(t, "stats", "total_commands_processed")
			require.True(t, lp.wait(last, 2*patience))
			took := time.Since(begun)
			commands = redis.info(t, "stats", "total_commands_processed") - commands
			require.True(t, lp.wait(l.total(), patience))
			memory := redis.info(t, "memory", "used_memory")
			f.stop()
			v := lp.judge(l.consumers, l.events)
			rates[instances] = float64(last-first) / took.Seconds()
			report(t, fmt.Sprintf("scale, %d instances, answers in 200 ms", instances),
				"%.1f events/s for %.0f s, %.0f µs CPU for an event, peak memory %d MB, %.1f Redis commands and %d B of Redis for an event; %s",
				rates[instances], took.Seconds(), float64((f.cpu-idle).Microseconds())/float64(l.total()), f.memory/1024,
				float64(commands)/float64(last-first), memory/l.total(), v)
			assert.Zero(t, v.lost)
			assert.Zero(t, v.disordered)
			assert.Zero(t, v.duplicates)
		})
	}
	report(t, "scale, of one instance", "two %.2f, four %.2f", rates[2]/rates[1], rates[4]/rates[1])
	assert.GreaterOrEqual(t, rates[2]/rates[1], 1.9)
	assert.GreaterOrEqual(t, rates[4]/rates[1], 3.6)
}
