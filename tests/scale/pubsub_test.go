package scale

import (
	"syscall"
	"testing"
	"time"

	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"cloud.google.com/go/pubsub/v2/pstest"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Google's own stand-in for Pub/Sub, in the test's process. An instance is killed, and what it had not acknowledged comes again.
func TestPubSub(t *testing.T) {
	const topic, dead, subscription = "projects/p/topics/events", "projects/p/topics/dead", "projects/p/subscriptions/events"
	l := load{consumers: 100, events: 5}
	lp, redis, pubsub := newLivePerson(t), newRedis(t), pstest.NewServer()
	lp.delay = 5 * time.Millisecond
	t.Cleanup(func() { _ = pubsub.Close() })
	for _, name := range []string{topic, dead} {
		_, err := pubsub.GServer.CreateTopic(t.Context(), &pubsubpb.Topic{Name: name})
		require.NoError(t, err)
	}
	_, err := pubsub.GServer.CreateSubscription(t.Context(), &pubsubpb.Subscription{
		Name: subscription, Topic: topic, AckDeadlineSeconds: 10, EnableMessageOrdering: true,
	})
	require.NoError(t, err)
	l.each(func(consumer string, _ int, event []byte) { pubsub.PublishOrdered(topic, event, nil, consumer) })
	f := newFleet(t, "pubsub.yaml", 2, func(int) []string {
		return []string{
			"PUBSUB_EMULATOR_HOST=" + pubsub.Addr, "PUBSUB_PROJECT=p", "PUBSUB_SUBSCRIPTION=events", "PUBSUB_DEAD_TOPIC=dead",
			"REDIS_URL=redis://" + redis.address + "/0", "LIVEPERSON_DOMAIN_API=" + lp.URL,
		}
	})
	require.True(t, lp.wait(l.total()/3, patience))
	f.restart(0, syscall.SIGKILL)
	require.True(t, lp.wait(l.total(), patience))
	f.stop()
	v := lp.judge(l.consumers, l.events)
	report(t, "Pub/Sub, one SIGKILL", "%s", v)
	assert.Zero(t, v.lost)
	assert.Zero(t, v.foreign)
	assert.LessOrEqual(t, v.duplicates, 64, "the requests that were in flight")
}
