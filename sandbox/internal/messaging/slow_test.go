package messaging

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// slowly makes an endpoint take this long for each answer.
func slowly(took time.Duration, code int) func(*http.Request, string) int {
	return func(*http.Request, string) int {
		time.Sleep(took) // in a bubble
		return code
	}
}

func TestAnAppThatIsSlowIsDisabledIfAsked(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		config   string
		took     time.Duration
		code     int
		posts    int
		disabled bool
	}{
		"slow for more than 2 minutes":   {`disable_slow: true`, 3 * time.Second, 200, 41, true},
		"slow for 2 minutes":             {`disable_slow: true`, 3 * time.Second, 200, 40, false},
		"not quite slow":                 {`disable_slow: true`, 2500 * time.Millisecond, 200, 100, false},
		"slow to refuse":                 {`disable_slow: true`, 3 * time.Second, 500, 41, true},
		"never answers":                  {`disable_slow: true`, time.Minute, 200, 25, true},
		"slow, in time that goes faster": {`disable_slow: true, speed: 10`, 3 * time.Second, 200, 5, true},
		"nobody asked for it":            {`speed: 1`, 3 * time.Second, 200, 100, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inBubble(t, `{endpoint: "https://a", `+test.config+`}`, func(t *testing.T, d *sender, e *endpoint) {
				answer := slowly(test.took, test.code)
				if test.took > DefaultWebhookTimeout {
					answer = status(0)
				}
				e.answers(answer)
				for i := range test.posts {
					d.post(KeyContent, "c", labelled(fmt.Sprint(i)))
				}
				require.NoError(t, d.flush(t.Context()))
				assert.Equal(t, test.disabled, d.status().State == appDisabled, d.status().State)
			})
		})
	}
}

func TestADisabledAppIsToldNothingUntilItIsSetAnew(t *testing.T) {
	t.Parallel()
	const config = `{endpoint: "https://a", disable_slow: true}`
	inBubble(t, config, func(t *testing.T, d *sender, e *endpoint) {
		e.answers(slowly(4*time.Second, http.StatusOK))
		for i := range 50 {
			d.post(KeyContent, "c", labelled(fmt.Sprint(i)))
		}
		require.NoError(t, d.flush(t.Context()))
		assert.Len(t, e.told(), 31, "124 seconds; the others are dropped")
		e.answers(status(http.StatusOK))
		d.post(KeyContent, "c", labelled("dropped"))
		require.NoError(t, d.flush(t.Context()))
		assert.Empty(t, e.told())
		assert.Equal(t, appDisabled, d.status().State)
		d.configure(parsed(t, config))
		d.post(KeyContent, "c", labelled("again"))
		assert.Equal(t, []string{"2m4s a again"}, e.told())
	})
}

func TestOneAnswerInTimeMakesAnAppQuickAgain(t *testing.T) {
	t.Parallel()
	inBubble(t, `{endpoint: "https://a", disable_slow: true}`, func(t *testing.T, d *sender, e *endpoint) {
		for range 3 {
			e.answers(slowly(4*time.Second, http.StatusOK))
			for i := range 29 {
				d.post(KeyContent, "c", labelled(fmt.Sprint(i)))
			}
			require.NoError(t, d.flush(t.Context()))
			e.answers(status(http.StatusOK))
			d.post(KeyContent, "c", labelled("quick"))
			require.NoError(t, d.flush(t.Context()))
		}
		assert.Equal(t, appUp, d.status().State)
		assert.Len(t, e.told(), 90)
	})
}

func TestWebhooksThatAreSetAnewAreMeasuredAnew(t *testing.T) {
	t.Parallel()
	const config = `{endpoint: "https://a", disable_slow: true}`
	inBubble(t, config, func(t *testing.T, d *sender, e *endpoint) {
		e.answers(slowly(4*time.Second, http.StatusOK))
		for range 2 {
			for i := range 20 {
				d.post(KeyContent, "c", labelled(fmt.Sprint(i)))
			}
			require.NoError(t, d.flush(t.Context()))
			assert.Equal(t, appUp, d.status().State, "80 seconds")
			d.configure(parsed(t, config))
		}
	})
}

// A posting that failed waits for its retry. No other posting goes before it.
func TestARepeatIsNotOutOfOrder(t *testing.T) {
	t.Parallel()
	inBubble(t, `{endpoint: "https://a", max_retries: 1, faults: [{fault: out_of_order, times: 1}]}`, func(t *testing.T, d *sender, e *endpoint) {
		e.answers(status(http.StatusInternalServerError))
		d.post(KeyContent, "c", labelled("0"))
		time.Sleep(5 * time.Second)
		e.answers(status(http.StatusOK))
		d.post(KeyContent, "c", labelled("1"))
		require.NoError(t, d.flush(t.Context()))
		assert.Equal(t, []string{"1s a 0", "5s a 1", "31s a 0"}, e.told())
	})
}

func TestANotificationComesOutOfOrder(t *testing.T) {
	t.Parallel()
	inBubble(t, `{endpoint: "https://a", faults: [{fault: out_of_order, every: 2, delay: 3s}]}`, func(t *testing.T, d *sender, e *endpoint) {
		for i := range 5 {
			d.post(KeyContent, "c", labelled(fmt.Sprint(i)))
		}
		assert.Equal(t, []string{"0s a 0", "0s a 2", "0s a 1", "0s a 4", "0s a 3"}, e.told())
		d.post(KeyContent, "c", labelled("nothing passes it"))
		assert.Empty(t, e.told())
		require.NoError(t, d.flush(t.Context()))
		assert.Equal(t, []string{"3s a nothing passes it"}, e.told())
	})
}

// While the app has failed, the store keeps all notifications in order.
func TestAnOutOfOrderNotificationIsStoredLikeOthers(t *testing.T) {
	t.Parallel()
	inBubble(t, `{endpoint: "https://a", retry: {retention_time: 600}, faults: [{fault: out_of_order, every: 2}]}`, func(t *testing.T, d *sender, e *endpoint) {
		e.answers(status(http.StatusInternalServerError))
		d.post(KeyContent, "c", labelled("0"))
		assert.Equal(t, []string{"0s a 0"}, e.told())
		for i := 1; i < 4; i++ {
			d.post(KeyContent, "c", labelled(fmt.Sprint(i)))
		}
		e.answers(status(http.StatusOK))
		require.NoError(t, d.flush(t.Context()))
		assert.Equal(t, appUp, d.status().State)
		assert.ElementsMatch(t, []string{"2s a 0", "2s a 1", "2s a 2", "2s a 3"}, e.told())
	})
}
