package scale

import (
	"fmt"
	"net"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kfake"
)

var few = load{consumers: 20, events: 3}

func runKafka(t *testing.T, broker *kafka, redisURL string, lp *livePerson) *fleet {
	t.Helper()
	return newFleet(t, "kafka.yaml", 1, func(int) []string {
		return append(broker.env(), "REDIS_URL="+redisURL, "LIVEPERSON_DOMAIN_API="+lp.URL)
	})
}

// An instance that starts before its broker waits for it, and /ready names the broker's failure.
func TestBrokerIsDownAtTheStart(t *testing.T) {
	_, port, err := net.SplitHostPort(freeAddress(t))
	require.NoError(t, err)
	lp, redis := newLivePerson(t), newRedis(t)
	absent := &kafka{brokers: "127.0.0.1:" + port, topic: "events", dead: "dead", group: "g"}
	f := runKafka(t, absent, "redis://"+redis.address, lp)
	instance := f.instances[0]
	require.NoError(t, waitFor(patience, func() error {
		answer := unlessReady(instance.address, "/ready", http.StatusOK)
		if answer == nil || !strings.Contains(answer.Error(), absent.brokers+": connect: connection refused") {
			return fmt.Errorf("/ready does not say why: %w", answer)
		}
		return nil
	}))
	require.NoError(t, unlessReady(instance.address, "/ping", http.StatusOK), "the process lives, so nothing restarts it")

	if !long {
		return // Connect tries again after a minute
	}
	number, err := strconv.Atoi(port)
	require.NoError(t, err)
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.Ports(number), kfake.SeedTopics(4, absent.topic), kfake.SeedTopics(1, absent.dead))
	require.NoError(t, err)
	t.Cleanup(cluster.Close)
	absent.connect(t)
	absent.load(t, few)
	require.True(t, lp.wait(few.total(), patience))
	require.NoError(t, waitFor(patience, func() error { return unlessReady(instance.address, "/ready", http.StatusOK) }))
}

// An instance waits for a topic that does not exist yet.
func TestTopicIsMissing(t *testing.T) {
	lp, redis, broker := newLivePerson(t), newRedis(t), newKafka(t, 4)
	broker.topic += "-later"
	f := runKafka(t, broker, "redis://"+redis.address, lp)
	require.NoError(t, waitFor(patience, func() error { return unlessReady(f.instances[0].address, "/ready", http.StatusOK) }))
	broker.create(t, broker.topic, 4)
	broker.load(t, few)
	require.True(t, lp.wait(few.total(), patience))
}

// Reports go on without Redis. The log says once what is wrong and what follows, without the password.
func TestRedisRefuses(t *testing.T) {
	for name, test := range map[string]struct {
		flags []string
		user  string
		says  string
	}{
		"another password": {[]string{"--requirepass", "secret-of-redis"}, ":secret-of-ours@", "WRONGPASS"},
		"no password":      {[]string{"--requirepass", "secret-of-redis"}, "", "NOAUTH"},
		"full":             {[]string{"--maxmemory", "1", "--maxmemory-policy", "noeviction"}, "", "OOM command not allowed"},
	} {
		t.Run(name, func(t *testing.T) {
			lp, redis, broker := newLivePerson(t), newRedis(t, test.flags...), newKafka(t, 4)
			broker.load(t, few)
			f := runKafka(t, broker, "redis://"+test.user+redis.address+"/0", lp)
			require.True(t, lp.wait(few.total(), patience))
			f.stop()
			log := f.instances[0].log.String()
			assert.Contains(t, log, test.says)
			assert.NotContains(t, log, "secret-of")
			v := lp.judge(few.consumers, few.events)
			assert.Zero(t, v.lost)
			assert.Zero(t, v.disordered)
		})
	}
}
