package scale

import (
	"context"
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
)

// kafka is a broker with a topic of events and one of dead letters. KAFKA_BROKERS names a real one, on which the test makes
// topics of its own and deletes them. Without it, the broker is kfake in this process: the protocol, groups and rebalances
// of Kafka, without replication and without the delays of a real cluster.
type kafka struct {
	brokers string
	topic   string
	dead    string
	group   string
	client  *kgo.Client
}

// notInTopics matches what names of topics can't have.
var notInTopics = regexp.MustCompile(`[^a-zA-Z0-9]+`)

// topicsMade numbers the topics of a test.
var topicsMade atomic.Int64

// envBrokers has the addresses of a real broker, with commas between them.
const envBrokers = "KAFKA_BROKERS"

func newKafka(t *testing.T, partitions int32) *kafka {
	t.Helper()
	brokers := os.Getenv(envBrokers)
	if brokers == "" {
		cluster, err := kfake.NewCluster(kfake.NumBrokers(1))
		require.NoError(t, err)
		t.Cleanup(cluster.Close)
		brokers = strings.Join(cluster.ListenAddrs(), ",")
	}
	return newTopics(t, brokers, partitions)
}

// another makes other topics on the same broker.
func (k *kafka) another(t *testing.T, partitions int32) *kafka {
	t.Helper()
	return newTopics(t, k.brokers, partitions)
}

func newTopics(t *testing.T, brokers string, partitions int32) *kafka {
	t.Helper()
	name := fmt.Sprintf("scale-%s-%d", notInTopics.ReplaceAllString(t.Name(), "-"), topicsMade.Add(1))
	k := &kafka{brokers: brokers, topic: name, dead: name + "-dead", group: name}
	k.connect(t)
	admin := kadm.NewClient(k.client)
	if os.Getenv(envBrokers) != "" { // an earlier run may have been killed
		_, _ = admin.DeleteTopics(t.Context(), k.topic, k.dead)
		_, _ = admin.DeleteGroups(t.Context(), k.group)
		t.Cleanup(func() { _, _ = admin.DeleteTopics(context.Background(), k.topic, k.dead) })
	}
	k.create(t, k.topic, partitions)
	k.create(t, k.dead, 1)
	return k
}

func (k *kafka) connect(t *testing.T) {
	t.Helper()
	var err error
	k.client, err = kgo.NewClient(kgo.SeedBrokers(strings.Split(k.brokers, ",")...), kgo.RecordPartitioner(kgo.StickyKeyPartitioner(nil)))
	require.NoError(t, err)
	t.Cleanup(k.client.Close)
}

func (k *kafka) create(t *testing.T, topic string, partitions int32) {
	t.Helper()
	_, err := kadm.NewClient(k.client).CreateTopic(t.Context(), partitions, -1, nil, topic)
	require.NoError(t, err)
}

func (k *kafka) load(t *testing.T, l load) {
	t.Helper()
	l.each(func(consumer string, _ int, event []byte) {
		k.client.Produce(t.Context(), &kgo.Record{Topic: k.topic, Key: []byte(consumer), Value: event}, func(_ *kgo.Record, err error) {
			if err != nil {
				t.Error(err)
			}
		})
	})
	require.NoError(t, k.client.Flush(t.Context()))
}

// awaitMembers waits until the group has so many members with the same number of partitions.
func (k *kafka) awaitMembers(t *testing.T, members int) {
	t.Helper()
	admin := kadm.NewClient(k.client)
	require.NoError(t, waitFor(patience, func() error {
		groups, err := admin.DescribeGroups(t.Context(), k.group)
		if err != nil {
			return err
		}
		shares := map[int]int{} // members by the number of their partitions
		for _, member := range groups[k.group].Members {
			assigned, _ := member.Assigned.AsConsumer()
			if assigned != nil && len(assigned.Topics) == 1 {
				shares[len(assigned.Topics[0].Partitions)]++
			}
		}
		if len(shares) != 1 || slices.Collect(maps.Values(shares))[0] != members {
			return fmt.Errorf("members by their number of partitions: %v", shares)
		}
		return nil
	}))
}

func (k *kafka) env() []string {
	return []string{"KAFKA_BROKERS=" + k.brokers, "KAFKA_TOPIC=" + k.topic, "KAFKA_GROUP=" + k.group, "KAFKA_DEAD_TOPIC=" + k.dead}
}

// letters returns the number of dead letters.
func (k *kafka) letters(t *testing.T) int64 {
	t.Helper()
	return k.end(t, k.dead)
}

// end returns the number of messages that a topic with one partition has got.
func (k *kafka) end(t *testing.T, topic string) int64 {
	t.Helper()
	offsets, err := kadm.NewClient(k.client).ListEndOffsets(t.Context(), topic)
	require.NoError(t, err)
	end, _ := offsets.Lookup(topic, 0)
	return end.Offset
}
