package messaging

import (
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// endpoint receives the notifications of a test. It records them and answers as the test says.
type endpoint struct {
	begun  time.Time
	answer func(r *http.Request, body string) int // 0: never

	mu  sync.Mutex
	log []string // the time and the content
	all []*http.Request
}

func newEndpoint() *endpoint {
	return &endpoint{begun: time.Now(), answer: func(*http.Request, string) int { return http.StatusOK }}
}

func (e *endpoint) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	e.mu.Lock()
	e.log = append(e.log, fmt.Sprintf("%s %s%s", time.Since(e.begun), r.URL.Host, label(body)))
	e.all = append(e.all, r)
	answer := e.answer
	e.mu.Unlock()
	status := answer(r, string(body))
	if status == 0 {
		<-r.Context().Done()
		return nil, r.Context().Err()
	}
	return &http.Response{StatusCode: status, Body: http.NoBody, Request: r}, nil
}

// label returns the text that a test put into a notification.
func label(body []byte) string {
	var read struct {
		Body struct{ Changes []struct{ Label string } }
	}
	if json.Unmarshal(body, &read) != nil || len(read.Body.Changes) == 0 {
		return " ?"
	}
	return " " + read.Body.Changes[0].Label
}

// told returns the notifications since the last call.
func (e *endpoint) told() []string {
	synctest.Wait()
	e.mu.Lock()
	defer e.mu.Unlock()
	log := e.log
	e.log = nil
	return log
}

func (e *endpoint) answers(answer func(r *http.Request, body string) int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.answer = answer
}

func status(code int) func(*http.Request, string) int {
	return func(*http.Request, string) int { return code }
}

func labelled(name string) notification {
	return notification{"notification", notificationBody{[]map[string]string{{"label": name, "conversationId": "c"}}}, typeEvents}
}

func parsed(t *testing.T, text string) Webhooks {
	t.Helper()
	hooks, err := ParseWebhooks([]byte(text))
	require.NoError(t, err)
	return hooks
}

var testIdentity = identity{account: "42257269", clientID: "81fad476-88af-4d08-bc0e-20bc69439ed4", secret: fixtureSecret}

// inBubble runs a test with a sender in a synctest bubble.
func inBubble(t *testing.T, config string, test func(t *testing.T, d *sender, e *endpoint)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		e := newEndpoint()
		d := newSender(parsed(t, config), testIdentity, e)
		defer d.close()
		test(t, d, e)
	})
}

func TestANotificationIsSigned(t *testing.T) {
	t.Parallel()
	inBubble(t, `{endpoint: "https://a/hook?x=1", headers: [{header_name: X-Mine, header_value: "1"}]}`, func(t *testing.T, d *sender, e *endpoint) {
		var body string
		e.answers(func(_ *http.Request, sent string) int { body = sent; return http.StatusCreated })
		d.post(KeyContent, "c", labelled("one"))
		require.Equal(t, []string{"0s a one"}, e.told())
		r := e.all[0]
		assert.Equal(t, "POST https://a/hook?x=1", r.Method+" "+r.URL.String())
		assert.Equal(t, signature("sha1", "base64", fixtureSecret, []byte(body)), r.Header.Get("x-liveperson-signature"))
		assert.Equal(t, "42257269", r.Header.Get("x-liveperson-account-id"))
		assert.Equal(t, "81fad476-88af-4d08-bc0e-20bc69439ed4", r.Header.Get("x-liveperson-client-id"))
		assert.Equal(t, "application/json", r.Header.Get("Content-Type"))
		assert.Equal(t, "1", r.Header.Get("X-Mine"))
		assert.Equal(t, endpointState{Posted: 1}, d.status().Endpoints["https://a/hook?x=1"])
	})
	inBubble(t, `{endpoint: "https://a", algorithm: sha256, encoding: hex}`, func(t *testing.T, d *sender, e *endpoint) {
		d.post(KeyContent, "c", labelled("one"))
		require.Len(t, e.told(), 1)
		assert.Regexp(t, "^sha256=[0-9a-f]{64}$", e.all[0].Header.Get(headerSignature))
	})
}

func TestOnlyEventsWithAnEndpointArePosted(t *testing.T) {
	t.Parallel()
	inBubble(t, `{events: {ms.MessagingEventNotification.ContentEvent: {endpoint: "https://a"}, cqm.ExConversationChangeNotification: {endpoint: "https://b"}}}`, func(t *testing.T, d *sender, e *endpoint) {
		for _, key := range Keys {
			d.post(key, "c", labelled(key))
		}
		assert.ElementsMatch(t, []string{"0s a " + KeyContent, "0s b " + KeyConversation}, e.told())
	})
}

func TestNotificationsOfAnEndpointComeOneByOneInOrder(t *testing.T) {
	t.Parallel()
	inBubble(t, `{endpoint: "https://a"}`, func(t *testing.T, d *sender, e *endpoint) {
		e.answers(func(*http.Request, string) int { time.Sleep(time.Second); return http.StatusOK })
		for i := range 4 {
			d.post(KeyContent, "c", labelled(fmt.Sprint(i)))
		}
		require.NoError(t, d.flush(t.Context()))
		assert.Equal(t, []string{"0s a 0", "1s a 1", "2s a 2", "3s a 3"}, e.told())
	})
}

func TestOnly200And201AreASuccess(t *testing.T) {
	t.Parallel()
	for code, taken := range map[int]bool{200: true, 201: true, 202: false, 204: false, 301: false, 307: false, 400: false, 401: false, 500: false, 503: false} {
		inBubble(t, `{endpoint: "https://a"}`, func(t *testing.T, d *sender, e *endpoint) {
			e.answers(status(code))
			d.post(KeyContent, "c", labelled("x"))
			assert.Len(t, e.told(), 1, "no redirect is followed")
			want := endpointState{Failed: 1, Dropped: 1}
			if taken {
				want = endpointState{Posted: 1}
			}
			assert.Equal(t, want, d.status().Endpoints["https://a"], code)
		})
	}
}

func TestAnEndpointHasFiveSeconds(t *testing.T) {
	t.Parallel()
	inBubble(t, `{endpoint: "https://a"}`, func(t *testing.T, d *sender, e *endpoint) {
		e.answers(status(0))
		d.post(KeyContent, "c", labelled("one"))
		d.post(KeyContent, "c", labelled("two"))
		require.NoError(t, d.flush(t.Context()))
		assert.Equal(t, []string{"0s a one", "5s a two"}, e.told())
		assert.Equal(t, 10*time.Second, time.Since(e.begun))
	})
}

func TestRepeatsByNumber(t *testing.T) {
	t.Parallel()
	inBubble(t, `{endpoint: "https://a", max_retries: 2}`, func(t *testing.T, d *sender, e *endpoint) {
		e.answers(func(_ *http.Request, body string) int {
			if strings.Contains(body, "bad") {
				return http.StatusInternalServerError
			}
			return http.StatusOK
		})
		d.post(KeyContent, "c", labelled("bad"))
		d.post(KeyContent, "c", labelled("good"))
		require.NoError(t, d.flush(t.Context()))
		assert.Equal(t, []string{"0s a bad", "0s a good", "30s a bad", "1m0s a bad"}, e.told())
		assert.Equal(t, endpointState{Posted: 1, Failed: 3, Dropped: 1}, d.status().Endpoints["https://a"])
	})
	inBubble(t, `{endpoint: "https://a", max_retries: 5, speed: 10}`, func(t *testing.T, d *sender, e *endpoint) {
		e.answers(status(500))
		d.post(KeyContent, "c", labelled("bad"))
		require.NoError(t, d.flush(t.Context()))
		assert.Equal(t, []string{"0s a bad", "3s a bad", "6s a bad", "9s a bad", "12s a bad", "15s a bad"}, e.told())
	})
}

const twoWithRetention = `{events: {ms.MessagingEventNotification.ContentEvent: {endpoint: "https://a"}, ms.MessagingEventNotification.ChatStateEvent: {endpoint: "https://b"}, ms.MessagingEventNotification.AcceptStatusEvent: {endpoint: "https://c", max_retries: 0}}, retry: {retention_time: 3600}}`

func TestRepeatsByTimeToLive(t *testing.T) {
	t.Parallel()
	inBubble(t, twoWithRetention, func(t *testing.T, d *sender, e *endpoint) {
		down := func(r *http.Request, _ string) int {
			if r.URL.Host == "a" {
				return http.StatusServiceUnavailable
			}
			return http.StatusOK
		}
		e.answers(down)
		d.post(KeyContent, "one", labelled("1"))
		assert.Equal(t, []string{"0s a 1"}, e.told())
		assert.Equal(t, appFailed, d.status().State)
		d.post(KeyContent, "one", labelled("2"))
		d.post(KeyChatState, "one", labelled("3"))
		assert.Empty(t, e.told(), "all is stored, also for the endpoint that works")

		time.Sleep(15 * time.Second) // pauses of 2, 4 and 8 seconds
		assert.Equal(t, []string{"2s a 1", "6s a 1", "14s a 1"}, e.told())
		e.answers(status(200))
		time.Sleep(14 * time.Second)
		assert.Empty(t, e.told(), "the pause is 16 seconds now")
		require.NoError(t, d.flush(t.Context()))
		assert.ElementsMatch(t, []string{"30s a 1", "30s a 2", "30s b 3"}, e.told())
		assert.Equal(t, appUp, d.status().State)
		d.post(KeyChatState, "one", labelled("4"))
		assert.Equal(t, []string{"30s b 4"}, e.told())
	})
}

func TestThePauseEndsAtFiveMinutesAndNotificationsAtTheirRetention(t *testing.T) {
	t.Parallel()
	inBubble(t, `{endpoint: "https://a", retry: {retention_time: 1200}}`, func(t *testing.T, d *sender, e *endpoint) {
		e.answers(status(500))
		d.post(KeyContent, "one", labelled("x"))
		require.NoError(t, d.flush(t.Context()))
		assert.Equal(t, []string{
			"0s a x", "2s a x", "6s a x", "14s a x", "30s a x", "1m2s a x", "2m6s a x", "4m14s a x", "8m30s a x", "13m30s a x", "18m30s a x",
		}, e.told())
		assert.Equal(t, endpointState{Failed: 11, Dropped: 1}, d.status().Endpoints["https://a"])
		assert.Equal(t, 23*time.Minute+30*time.Second, time.Since(e.begun), "it is found too old when its turn comes")
		e.answers(status(200))
		d.post(KeyContent, "one", labelled("y"))
		assert.Equal(t, []string{"23m30s a y"}, e.told(), "nothing waits, so it is up again")
	})
}

func TestAnEventWithoutRetriesStopsNothingElse(t *testing.T) {
	t.Parallel()
	inBubble(t, twoWithRetention, func(t *testing.T, d *sender, e *endpoint) {
		e.answers(func(r *http.Request, _ string) int {
			if r.URL.Host == "c" {
				return http.StatusInternalServerError
			}
			return http.StatusOK
		})
		d.post(KeyAcceptStatus, "one", labelled("1"))
		assert.Equal(t, []string{"0s c 1"}, e.told())
		assert.Equal(t, appUp, d.status().State)
		assert.Equal(t, endpointState{Failed: 1, Dropped: 1}, d.status().Endpoints["https://c"])
		d.post(KeyContent, "one", labelled("2"))
		assert.Equal(t, []string{"0s a 2"}, e.told())
	})
}

// While an app recovers, conversations with a backlog keep their order. Other conversations do not wait for them.
func TestRecoveryKeepsTheOrderOfConversations(t *testing.T) {
	t.Parallel()
	inBubble(t, `{endpoint: "https://a", retry: {retention_time: 3600}}`, func(t *testing.T, d *sender, e *endpoint) {
		e.answers(status(500))
		d.post(KeyContent, "one", labelled("1"))
		d.post(KeyContent, "one", labelled("2"))
		synctest.Wait()
		d.post(KeyContent, "one", labelled("3"))
		e.told()
		e.answers(func(*http.Request, string) int { time.Sleep(3 * time.Second); return http.StatusOK })
		time.Sleep(6 * time.Second) // the probe with 1 starts at 2 s and ends at 5 s; 2 is being posted
		assert.Equal(t, appTransition, d.status().State)
		d.post(KeyContent, "one", labelled("4"))
		d.post(KeyContent, "another", labelled("direct"))
		assert.Equal(t, []string{"2s a 1", "5s a 2", "6s a direct"}, e.told())
		time.Sleep(6 * time.Second) // 3 was posted from 8 s to 11 s; 4 is in the store since the transition
		assert.Equal(t, appRecovered, d.status().State)
		assert.Equal(t, []string{"8s a 3", "11s a 4"}, e.told())
		require.NoError(t, d.flush(t.Context()))
		assert.Equal(t, appUp, d.status().State)
	})
}

func TestOrderIsGivenUpAfterFourSecondsOfDraining(t *testing.T) {
	t.Parallel()
	inBubble(t, `{endpoint: "https://a", timeout: 20s, retry: {retention_time: 3600}}`, func(t *testing.T, d *sender, e *endpoint) {
		e.answers(status(500))
		d.post(KeyContent, "one", labelled("1"))
		e.told()
		e.answers(func(_ *http.Request, body string) int {
			if strings.Contains(body, "slow") {
				time.Sleep(10 * time.Second)
			}
			time.Sleep(time.Second)
			return http.StatusOK
		})
		d.post(KeyContent, "one", labelled("2"))
		time.Sleep(3500 * time.Millisecond) // 1 from 2 s to 3 s, 2 from 3 s to 4 s
		d.post(KeyContent, "one", labelled("slow"))
		time.Sleep(time.Second)
		assert.Equal(t, []string{"2s a 1", "3s a 2", "4s a slow"}, e.told())
		require.Equal(t, appRecovered, d.status().State)
		d.post(KeyContent, "one", labelled("impatient"))
		require.NoError(t, d.flush(t.Context()))
		assert.Equal(t, []string{"8.5s a impatient"}, e.told())
		assert.Equal(t, appUp, d.status().State)
	})
}

func TestAFailureWhileRecoveringStoresAllAgain(t *testing.T) {
	t.Parallel()
	inBubble(t, `{endpoint: "https://a", retry: {retention_time: 3600}}`, func(t *testing.T, d *sender, e *endpoint) {
		tries := 0
		e.answers(func(*http.Request, string) int {
			tries++
			if tries == 1 || tries == 3 {
				return http.StatusInternalServerError
			}
			return http.StatusOK
		})
		for _, name := range []string{"1", "2", "3"} {
			d.post(KeyContent, "one", labelled(name))
		}
		require.NoError(t, d.flush(t.Context()))
		assert.Equal(t, []string{"0s a 1", "2s a 1", "2s a 2", "4s a 2", "4s a 3"}, e.told())
	})
}

func TestWebhookFaults(t *testing.T) {
	t.Parallel()
	inBubble(t, `{endpoint: "https://a", faults: [{fault: duplicate, every: 2}, {fault: delayed, every: 3, times: 1}]}`, func(t *testing.T, d *sender, e *endpoint) {
		for i := range 6 {
			d.post(KeyContent, "c", labelled(fmt.Sprint(i)))
		}
		require.NoError(t, d.flush(t.Context()))
		assert.Equal(t, []string{"0s a 0", "0s a 1", "0s a 1", "0s a 3", "0s a 3", "0s a 4", "0s a 5", "0s a 5", "1s a 2"}, e.told())
	})
	inBubble(t, `{endpoint: "https://a", max_retries: 5, retry: {retention_time: 60}, faults: [{fault: wrong_signature}]}`, func(t *testing.T, d *sender, e *endpoint) {
		e.answers(func(r *http.Request, body string) int {
			if r.Header.Get(headerSignature) == signature("sha1", "base64", fixtureSecret, []byte(body)) {
				return http.StatusOK
			}
			return http.StatusUnauthorized
		})
		d.post(KeyContent, "c", labelled("x"))
		assert.Equal(t, []string{"0s a x", "0s a x"}, e.told(), "the forger's and the genuine one")
		assert.Equal(t, endpointState{Posted: 1, Failed: 1, Dropped: 1}, d.status().Endpoints["https://a"])
		assert.Equal(t, appUp, d.status().State)
	})
	for fault, check := range map[string]func(string) bool{
		"unknown_fields":     func(body string) bool { return strings.Count(body, "sandboxUnknown") == 2 },
		"no_conversation_id": func(body string) bool { return !strings.Contains(body, "conversationId") },
	} {
		inBubble(t, `{endpoint: "https://a", faults: [{fault: `+fault+`}]}`, func(t *testing.T, d *sender, e *endpoint) {
			e.answers(func(r *http.Request, body string) int {
				assert.True(t, check(body), "%s: %s", fault, body)
				assert.Equal(t, signature("sha1", "base64", fixtureSecret, []byte(body)), r.Header.Get(headerSignature))
				return http.StatusOK
			})
			d.post(KeyContent, "c", labelled("x"))
			assert.Equal(t, []string{"0s a x"}, e.told())
		})
	}
}

func TestTheQueueIsBounded(t *testing.T) {
	t.Parallel()
	inBubble(t, `{endpoint: "https://a", queue: 10, retry: {retention_time: 60}}`, func(t *testing.T, d *sender, e *endpoint) {
		e.answers(status(500))
		for i := range 50 {
			d.post(KeyContent, "c", labelled(fmt.Sprint(i)))
			synctest.Wait()
		}
		assert.Equal(t, endpointState{Waiting: 10, Failed: 1, Dropped: 40}, d.status().Endpoints["https://a"])
	})
}

// Failures come at random. In the end, each notification was accepted once, and the app is up.
func TestNothingIsLostOrTakenTwice(t *testing.T) {
	t.Parallel()
	for seed := range uint64(20) {
		inBubble(t, `{events: {ms.MessagingEventNotification.ContentEvent: {endpoint: "https://a"}, ms.MessagingEventNotification.ChatStateEvent: {endpoint: "https://b"}}, timeout: 1s, retry: {retention_time: 259200}}`, func(t *testing.T, d *sender, e *endpoint) {
			const all = 200
			random, faulty := rand.New(rand.NewPCG(seed, 0)), rand.New(rand.NewPCG(seed, 1))
			var mu sync.Mutex
			taken := map[string]int{}
			e.answers(func(_ *http.Request, body string) int {
				mu.Lock()
				chance, pause := faulty.IntN(10), time.Duration(faulty.IntN(500))*time.Millisecond
				mu.Unlock()
				time.Sleep(pause)
				switch chance {
				case 0:
					return 0 // time-out
				case 1:
					return http.StatusBadGateway
				}
				mu.Lock()
				defer mu.Unlock()
				taken[label([]byte(body))]++
				return http.StatusOK
			})
			for i := range all {
				conversation := random.IntN(5)
				d.post([]string{KeyContent, KeyChatState}[random.IntN(2)], fmt.Sprint(conversation), labelled(fmt.Sprint(i)))
				if random.IntN(4) == 0 {
					time.Sleep(time.Duration(random.IntN(3)) * time.Second)
				}
			}
			require.NoError(t, d.flush(t.Context()))
			mu.Lock()
			defer mu.Unlock()
			assert.Len(t, taken, all)
			for name, times := range taken {
				assert.Equal(t, 1, times, name)
			}
			assert.Equal(t, appUp, d.status().State)
			assert.Empty(t, d.backlog)
			assert.Zero(t, d.replay)
		})
	}
}

// The bubble ends only if no goroutine is left.
func TestCloseLeavesNothingRunning(t *testing.T) {
	t.Parallel()
	inBubble(t, `{endpoint: "https://a", max_retries: 5}`, func(t *testing.T, d *sender, e *endpoint) {
		e.answers(status(500))
		d.post(KeyContent, "c", labelled("waits for its repeat"))
		synctest.Wait()
		e.answers(status(0))
		d.post(KeyContent, "c", labelled("is on its way"))
		synctest.Wait()
		d.close()
		d.post(KeyContent, "c", labelled("comes too late"))
		assert.Len(t, e.told(), 2)
		assert.Zero(t, time.Since(e.begun))
	})
}

func TestResetAndConfigureForgetWhatWaits(t *testing.T) {
	t.Parallel()
	inBubble(t, `{endpoint: "https://a", retry: {retention_time: 60}}`, func(t *testing.T, d *sender, e *endpoint) {
		e.answers(func(*http.Request, string) int { time.Sleep(time.Second); return http.StatusInternalServerError })
		d.post(KeyContent, "c", labelled("x"))
		synctest.Wait()
		d.reset()
		time.Sleep(2 * time.Second)
		assert.Equal(t, appUp, d.status().State, "what comes back of before is of no matter")
		e.answers(status(200))
		d.configure(parsed(t, `{endpoint: "https://b"}`))
		d.post(KeyContent, "c", labelled("y"))
		require.NoError(t, d.flush(t.Context()))
		assert.Equal(t, []string{"0s a x", "2s b y"}, e.told())
	})
}

func TestWrongWebhooksAreRefused(t *testing.T) {
	t.Parallel()
	for text, says := range map[string]string{
		`{endpoint: "ftp://a"}`:                                          "endpoint: must be a URL",
		`{endpoint: "/hook"}`:                                            "endpoint: must be a URL",
		`{endpoint: "https://a", max_retries: 6}`:                        "max_retries: must be from 0 to 5",
		`{endpoint: "https://a", retry: {retention_time: 1}}`:            "retry.retention_time: must be from 2 to 259200",
		`{endpoint: "https://a", retry: {retention_time: 259201}}`:       "retry.retention_time: must be from 2 to 259200",
		`{endpoint: "https://a", algorithm: md5}`:                        "algorithm: must be sha1 or sha256",
		`{endpoint: "https://a", encoding: ascii}`:                       "encoding: must be base64 or hex",
		`{endpoint: "https://a", speed: -1}`:                             "speed: must be from 0 to 1000000",
		`{endpoint: "https://a", endpiont: 1}`:                           `line 1: there is no member "endpiont": write endpoint; there are endpoint, max_retries, headers, events, retry`,
		`{endpoint: "https://a", events: {}}`:                            "endpoint and events: write only one",
		`{events: {ms.Shout: {endpoint: "https://a"}}}`:                  `there is no "ms.Shout"`,
		"endpoint: https://a\nfaults:\n  - fault: noise":                 "line 3: faults[0]: fault: must be one of",
		`{endpoint: "https://a", faults: [{fault: delayed, event: x}]}`:  "event: must be one of",
		`{endpoint: "https://a", faults: [{fault: delayed, every: -1}]}`: "every and times",
	} {
		_, err := ParseWebhooks([]byte(text))
		assert.ErrorContains(t, err, says, text)
	}
	_, err := ParseWebhookURL("https://user:secret@:x")
	require.ErrorContains(t, err, "endpoint: must be a URL")
	assert.NotContains(t, err.Error(), "secret")
}

func FuzzParseWebhooks(f *testing.F) {
	f.Add(twoWithRetention)
	f.Add(`{endpoint: "https://a", max_retries: 2, speed: .5, faults: [{fault: delayed, delay: 1s}]}`)
	f.Fuzz(func(t *testing.T, text string) {
		hooks, err := ParseWebhooks([]byte(text))
		if err == nil {
			assert.NoError(t, hooks.withDefaults().check())
		}
	})
}
