package scale

import (
	"fmt"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"
)

// jetStream is nats-server with a stream of partitions, each with a durable consumer as config/scale-out/jetstream.yaml
// describes them.
type jetStream struct {
	*server
	partitions int
	stream     nats.JetStreamContext
}

func newJetStream(t *testing.T, partitions int, ackWait time.Duration) *jetStream {
	t.Helper()
	s := newServer(t, "nats-server", func(port, folder string) []string {
		return []string{"-a", "127.0.0.1", "-p", port, "-js", "-sd", folder}
	})
	connection, err := nats.Connect("nats://" + s.address)
	require.NoError(t, err)
	t.Cleanup(connection.Close)
	stream, err := connection.JetStream(nats.PublishAsyncMaxPending(1000), nats.MaxWait(30*time.Second))
	require.NoError(t, err)
	_, err = stream.AddStream(&nats.StreamConfig{Name: "EVENTS", Subjects: []string{"events.*"}})
	require.NoError(t, err)
	_, err = stream.AddStream(&nats.StreamConfig{Name: "DEAD", Subjects: []string{"dead-letters"}})
	require.NoError(t, err)
	for partition := range partitions {
		_, err = stream.AddConsumer("EVENTS", &nats.ConsumerConfig{
			Durable: fmt.Sprintf("lp-%d", partition), FilterSubject: fmt.Sprintf("events.%d", partition),
			AckPolicy: nats.AckExplicitPolicy, AckWait: ackWait, MaxAckPending: 256, MaxDeliver: -1,
		})
		require.NoError(t, err)
	}
	return &jetStream{server: s, partitions: partitions, stream: stream}
}

func (j *jetStream) load(t *testing.T, l load) {
	t.Helper()
	l.each(func(_ string, index int, event []byte) {
		_, err := j.stream.PublishAsync(fmt.Sprintf("events.%d", index%j.partitions), event)
		require.NoError(t, err)
	})
	select {
	case <-j.stream.PublishAsyncComplete():
	case <-time.After(2 * time.Minute):
		require.Fail(t, "nats-server took no event for 2 minutes")
	}
}

// env returns the variables of an instance, which has two partitions.
func (j *jetStream) env(instance int) []string {
	return []string{
		"NATS_URL=nats://" + j.address, fmt.Sprintf("CONSUMER_A=lp-%d", 2*instance), fmt.Sprintf("CONSUMER_B=lp-%d", 2*instance+1),
	}
}
