package scale

import (
	"io"
	"net/http"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Two accounts are two streams of a process. While LivePerson is down for one, the other goes on, and /ready tells which.
func TestTwoAccounts(t *testing.T) {
	l := load{consumers: 100, events: 5}
	redis, first := newRedis(t), newKafka(t, 4)
	second := first.another(t, 4)
	down, up := newLivePerson(t), newLivePerson(t)
	down.down = true
	first.load(t, l)
	second.load(t, l)
	f := startFleet(t, []string{
		"streams", "--no-api", "-o", configs + "accounts/main.yaml", "-r", configs + "accounts/resources.yaml",
		configs + "accounts/first.yaml", configs + "accounts/second.yaml",
	}, 1, func(int) []string {
		return []string{
			"REDIS_URL=redis://" + redis.address + "/0", "KAFKA_BROKERS=" + first.brokers,
			"FIRST_TOPIC=" + first.topic, "FIRST_GROUP=" + first.group, "FIRST_DEAD_TOPIC=" + first.dead,
			"FIRST_ACCOUNT_ID=11111111", "FIRST_APP_INSTALLATION_ID=a1b2c3d4-1234-5678-90ab-cdef12345678", "FIRST_DOMAIN_API=" + down.URL,
			"SECOND_TOPIC=" + second.topic, "SECOND_GROUP=" + second.group, "SECOND_DEAD_TOPIC=" + second.dead,
			"SECOND_ACCOUNT_ID=22222222", "SECOND_APP_INSTALLATION_ID=a1b2c3d4-1234-5678-90ab-cdef12345678", "SECOND_DOMAIN_API=" + up.URL,
		}
	})
	require.True(t, up.wait(l.total(), patience), "an account waits for the other one")
	require.NoError(t, waitFor(patience, func() error {
		return unlessReady(f.instances[0].address, "/first/ready", http.StatusServiceUnavailable)
	}))
	require.NoError(t, unlessReady(f.instances[0].address, "/second/ready", http.StatusOK))
	require.NoError(t, unlessReady(f.instances[0].address, "/ready", http.StatusServiceUnavailable))

	down.set(func(lp *livePerson) { lp.down = false })
	require.True(t, down.wait(l.total(), patience))
	require.NoError(t, waitFor(10*time.Second, func() error { return unlessReady(f.instances[0].address, "/ready", http.StatusOK) }))
	f.stop()
	for name, lp := range map[string]*livePerson{"first": down, "second": up} {
		v := lp.judge(l.consumers, l.events)
		report(t, "two accounts, "+name, "%s", v)
		assert.Equal(t, verdict{sessions: 1}, v)
	}
}

// statusError is another status than the expected one, with the answer.
type statusError struct {
	status int
	answer string
}

func (e statusError) Error() string { return strconv.Itoa(e.status) + ": " + e.answer }

func unlessReady(address, path string, want int) error {
	response, err := http.Get("http://" + address + path)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		return err
	}
	if response.StatusCode != want {
		return statusError{response.StatusCode, string(answer)}
	}
	return nil
}
