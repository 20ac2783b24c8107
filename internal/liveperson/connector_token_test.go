package liveperson

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestTokenRequests(t *testing.T) {
	t.Parallel()
	service := newConnectorService()
	_, err := sendText(t, connectorTo(t, service))
	require.NoError(t, err)

	app := service.last(t, "app")
	assert.Equal(t, "POST /sentinel/api/account/"+testAccount+"/app/token?v=1.0&grant_type=client_credentials", app.line)
	assert.Equal(t, "va.sentinel.liveperson.net", app.host)
	assert.Equal(t, "client_id="+testClientID+"&client_secret="+testSecret, app.body)
	assert.Equal(t, http.Header{"Accept": {"application/json"}, "Content-Type": {"application/x-www-form-urlencoded"}, "User-Agent": {program}}, app.header)

	consumer := service.last(t, "consumer")
	assert.Equal(t, "POST /api/account/"+testAccount+"/consumer?v=1.0", consumer.line)
	assert.Equal(t, "va.idp.liveperson.net", consumer.host)
	assert.Equal(t, `{"ext_consumer_id":"`+testConsumer+`"}`, consumer.body)
	assert.Equal(t, http.Header{"Accept": {"application/json"}, "Content-Type": {"application/json"}, "Authorization": {testAppToken}, "User-Agent": {program}}, consumer.header)
}

// The form escapes the secret.
func TestTokenRequestEscapes(t *testing.T) {
	t.Parallel()
	service := newConnectorService()
	_, err := newConnector(t, Options{HTTP: service}, ConnectorOptions{ClientID: "a&b", ClientSecret: "c=d+é"}).app.renewed(t.Context(), "")
	require.NoError(t, err)
	assert.Equal(t, "client_id=a%26b&client_secret=c%3Dd%2B%C3%A9", service.last(t, "app").body)
}

// The tokens are from LivePerson's pages.
func TestExpiry(t *testing.T) {
	t.Parallel()
	const (
		appPayload      = "eyJhdWQiOiJsZTgxODIzMTE4IiwiYXpwIjoiNzU1ODhlMTgtMDIxMy00ZTMzLTgxNzQtODgzYWNhYzdlM2M0Iiwic2NvcGUiOiJtc2cuY29uc3VtZXIiLCJpc3MiOiJTZW50aW5lbCIsImV4cCI6MTUyNDY0NjI3MCwiaWF0IjoxNTI0NjQyNjcwfQ"
		consumerPayload = "eyJhY2NvdW50X2lkIjoibGUzMTQ1Nzc4MCIsImV4dF9jb25zdW1lcl9pZCI6InJhbmRvbV9pZDAuMTczMDc3OTY4NzUiLCJscF9jb25zdW1lcl9pZCI6IjI5Y2FmMGMxMTQ4Njk5NmQ5Mzg3ZTNhNDRlYzM0MjI5ZDEyNzMwNGRiNDk2NmQ3NzUyNzE2YmNlYjUzOGZhMjQifQ"
	)
	for name, test := range map[string]struct {
		token string
		want  int64 // 0: none
	}{
		"app token":          {"eyJ." + appPayload + ".sig", 1524646270},
		"consumer token":     {"eyJ." + consumerPayload + ".sig", 0},
		"the tutorial's":     {webTokenOf(`{"account_id":"5313846","ext_consumer_id":"vf-random_id0.689274621434134324","lp_consumer_id":"ab3173bd01cb2003238c39525f194442c6bd32c6af0e6bb02f65da61b96b5f22"}`), 0},
		"broken seconds":     {webTokenOf(`{"exp":1524646270.5}`), 1524646270},
		"as a text":          {webTokenOf(`{"exp":"1524646270"}`), 0},
		"negative":           {webTokenOf(`{"exp":-5}`), 0},
		"milliseconds":       {webTokenOf(`{"exp":1524646270000}`), 0},
		"out of range":       {webTokenOf(`{"exp":1e300}`), 0},
		"no JSON":            {webTokenOf(`exp`), 0},
		"no base64":          {"a.$.c", 0},
		"two parts":          {"a." + appPayload, 0},
		"not a token of web": {testAppToken, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := expiry(test.token)
			if test.want == 0 {
				assert.Zero(t, got)
				return
			}
			assert.Equal(t, test.want, got.Unix())
		})
	}
}

func TestAppTokenTimes(t *testing.T) {
	t.Parallel()
	at := func(seconds int64) time.Time { return time.Unix(seconds, 0) }
	for name, test := range map[string]struct {
		token           string
		issued, expires time.Time
	}{
		"both":               {webTokenOf(`{"exp":1524646270,"iat":1524642670}`), at(1524642670), at(1524646270)},
		"the end alone":      {webTokenOf(`{"exp":1524646270}`), time.Time{}, at(1524646270)},
		"no web token":       {testAppToken, time.Time{}, time.Time{}},
		"times of no number": {webTokenOf(`{"exp":[],"iat":"now"}`), time.Time{}, time.Time{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			service := newConnectorService()
			service.app = always(200, `{"access_token":"`+test.token+`"}`)
			issued, expires, err := connectorTo(t, service).AppTokenTimes(t.Context())
			require.NoError(t, err)
			assert.Equal(t, test.issued, issued)
			assert.Equal(t, test.expires, expires)
		})
	}
}

func TestAppTokenTimesOfNoToken(t *testing.T) {
	t.Parallel()
	service := newConnectorService()
	service.app = always(401, `{"error":"invalid_client"}`)
	issued, expires, err := connectorTo(t, service).AppTokenTimes(t.Context())
	assert.Equal(t, ClassUnauthorised, asError(t, err).Class)
	assert.Zero(t, issued)
	assert.Zero(t, expires)
}

// An app token is used for exactly this time.
func TestAppTokenLifetime(t *testing.T) {
	t.Parallel()
	expiring := func(in time.Duration) string { return fmt.Sprintf(`{"exp":%d}`, time.Now().Add(in).Unix()) }
	tests := map[string]struct {
		answer  func() string
		expires time.Duration
		kept    time.Duration
	}{
		"exp": {func() string { return `"` + webTokenOf(expiring(time.Hour)) + `"` }, time.Hour, 55 * time.Minute},
		"exp goes before expires_in": {func() string { return `"` + webTokenOf(expiring(time.Hour)) + `","expires_in":60` },
			time.Hour, 55 * time.Minute},
		"expires_in":               {func() string { return `"opaque","expires_in":1800` }, 30 * time.Minute, 25 * time.Minute},
		"expires_in as a text":     {func() string { return `"opaque","expires_in":"1800"` }, 30 * time.Minute, 25 * time.Minute},
		"expires_in is no number":  {func() string { return `"opaque","expires_in":"soon"` }, time.Hour, 55 * time.Minute},
		"expires_in is none":       {func() string { return `"opaque","expires_in":0` }, time.Hour, 55 * time.Minute},
		"neither":                  {func() string { return `"opaque"` }, time.Hour, 55 * time.Minute},
		"short-lived":              {func() string { return `"` + webTokenOf(expiring(4*time.Minute)) + `"` }, 4 * time.Minute, 2 * time.Minute},
		"ten minutes":              {func() string { return `"` + webTokenOf(expiring(10*time.Minute)) + `"` }, 10 * time.Minute, 5 * time.Minute},
		"end is past by our clock": {func() string { return `"` + webTokenOf(expiring(-time.Hour)) + `"` }, time.Hour, 55 * time.Minute},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				service := newConnectorService()
				service.app = func(int) reply { return reply{200, `{"access_token":` + test.answer() + `}`} }
				c := connectorTo(t, service)
				got, err := c.app.renewed(t.Context(), "")
				require.NoError(t, err)
				assert.Equal(t, test.expires, time.Until(got.expires))

				time.Sleep(test.kept - time.Nanosecond)
				_, err = sendText(t, c)
				require.NoError(t, err)
				app, _, _ := service.made()
				assert.Equal(t, 1, app)

				time.Sleep(time.Nanosecond)
				_, err = sendText(t, c)
				require.NoError(t, err)
				app, consumer, _ := service.made()
				assert.Equal(t, 2, app)
				assert.Equal(t, 1, consumer)
			})
		})
	}
}

// LivePerson's consumer tokens have no end. A token with an end is used until then.
func TestConsumerTokenLifetime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		service := newConnectorService()
		service.consumer = inTurn(
			reply{201, `{"token":"` + webTokenOf(fmt.Sprintf(`{"exp":%d}`, time.Now().Add(time.Minute).Unix())) + `"}`},
			reply{201, `{"token":"` + webTokenOf(`{"ext_consumer_id":"a"}`) + `"}`},
		)
		c := connectorTo(t, service)
		for _, step := range []struct {
			wait time.Duration
			want int
		}{{0, 1}, {time.Minute - 1, 1}, {1, 2}, {10_000 * time.Hour, 2}} {
			time.Sleep(step.wait)
			_, err := sendText(t, c)
			require.NoError(t, err)
			_, consumer, _ := service.made()
			assert.Equal(t, step.want, consumer)
		}
	})
}

// The tokens of the most recent consumers are kept.
func TestConsumerTokensAreBounded(t *testing.T) {
	t.Parallel()
	service := newConnectorService()
	c := newConnector(t, Options{HTTP: service}, ConnectorOptions{KeepTokens: 2})
	for _, step := range []struct {
		consumer string
		want     int
	}{{"a", 1}, {"b", 2}, {"a", 2}, {"c", 3}, {"a", 3}, {"b", 4}} {
		_, err := c.Send(t.Context(), step.consumer, testDialog.Text("a"))
		require.NoError(t, err)
		_, consumer, _ := service.made()
		assert.Equal(t, step.want, consumer, step.consumer)
	}
	app, _, _ := service.made()
	assert.Equal(t, 1, app)
}

// The doctor's calls ask LivePerson and don't use stored tokens.
func TestTokensNow(t *testing.T) {
	t.Parallel()
	service := newConnectorService()
	c := connectorTo(t, service)
	for n := 1; n <= 2; n++ {
		_, _, err := c.AppTokenTimes(t.Context())
		require.NoError(t, err)
		require.NoError(t, c.ConsumerToken(t.Context(), testConsumer))
		app, consumer, _ := service.made()
		assert.Equal(t, n, app)
		assert.Equal(t, n, consumer)
	}
	_, err := sendText(t, c)
	require.NoError(t, err)
	app, consumer, _ := service.made()
	assert.Equal(t, [2]int{2, 2}, [2]int{app, consumer})
	assert.ErrorContains(t, c.ConsumerToken(t.Context(), ""), "the consumer has no id")
}

// slow answers requests to some services after a second.
type slow struct {
	*connectorService
	services string
}

func (s slow) Do(r *http.Request) (*http.Response, error) {
	service, _ := s.serviceOf(r.URL.Path)
	if strings.Contains(s.services, service) {
		select {
		case <-time.After(time.Second):
		case <-r.Context().Done():
			return nil, r.Context().Err()
		}
	}
	return s.connectorService.Do(r)
}

func TestManySendersGetOneToken(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		service := newConnectorService()
		c := connectorTo(t, slow{service, "app consumer"})
		var senders sync.WaitGroup
		for range 50 {
			senders.Go(func() {
				_, err := sendText(t, c)
				assert.NoError(t, err)
			})
		}
		senders.Wait()
		app, consumer, messaging := service.made()
		assert.Equal(t, [3]int{1, 1, 50}, [3]int{app, consumer, messaging})
	})
}

func TestManyConsumersGetOneAppToken(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		service := newConnectorService()
		c := connectorTo(t, slow{service, "app consumer"})
		start := time.Now()
		var senders sync.WaitGroup
		for i := range 50 {
			senders.Go(func() {
				_, err := c.Send(t.Context(), fmt.Sprint("consumer ", i), testDialog.Text("a"))
				assert.NoError(t, err)
			})
		}
		senders.Wait()
		app, consumer, messaging := service.made()
		assert.Equal(t, [3]int{1, 50, 50}, [3]int{app, consumer, messaging})
		assert.Equal(t, 2*time.Second, time.Since(start), "consumers do not wait for each other")
	})
}

// If a fetch fails, it fails for all callers that wait for the token. The next caller tries
// again.
func TestFailingTokenFailsThoseWhoWait(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		service := newConnectorService()
		service.app = inTurn(reply{503, ""}, reply{200, `{"access_token":"a"}`})
		c := connectorTo(t, slow{service, "app"})
		errs := make([]*Error, 10)
		var senders sync.WaitGroup
		for i := range errs {
			senders.Go(func() {
				_, err := sendText(t, c)
				errs[i] = asError(t, err)
			})
		}
		senders.Wait()
		for i, e := range errs {
			assert.Equal(t, ClassServer, e.Class)
			assert.False(t, e.MayHaveArrived())
			assert.Zero(t, e.Attempts, "each has an error of their own")
			e.Attempts = i + 1
		}
		assert.EqualError(t, errs[0], "class=server status=503 code=0 attempts=1: LivePerson answered 503 Service Unavailable: getting a consumer token: getting an app token")
		app, _, messaging := service.made()
		assert.Equal(t, [2]int{1, 0}, [2]int{app, messaging})

		_, err := sendText(t, c)
		require.NoError(t, err)
	})
}

// Each caller waits until its own context ends. The fetch continues for the others.
func TestWaitersLeaveByThemselves(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		service := newConnectorService()
		c := connectorTo(t, slow{service, "app"})
		start := time.Now()
		var senders sync.WaitGroup
		for _, patience := range []time.Duration{300 * time.Millisecond, 600 * time.Millisecond, time.Minute} {
			senders.Go(func() {
				ctx, cancel := context.WithTimeout(t.Context(), patience)
				defer cancel()
				err := c.Connect(ctx)
				if patience > time.Second {
					assert.NoError(t, err)
					assert.Equal(t, time.Second, time.Since(start))
					return
				}
				assert.ErrorIs(t, err, context.DeadlineExceeded)
				assert.ErrorContains(t, err, "waiting for an app token")
				assert.Equal(t, ClassNetwork, ClassOf(err))
				assert.False(t, asError(t, err).MayHaveArrived())
				assert.Equal(t, patience, time.Since(start))
			})
			synctest.Wait() // the first caller starts the fetch
		}
		senders.Wait()
		app, _, _ := service.made()
		assert.Equal(t, 1, app)
	})
}

// A fetch continues after its only caller has left, and the next caller uses its token.
func TestAFetchOutlivesItsCaller(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		service := newConnectorService()
		c := connectorTo(t, slow{service, "app"})
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		require.Error(t, c.Connect(ctx))
		require.NoError(t, c.Connect(t.Context()))
		app, _, _ := service.made()
		assert.Equal(t, 1, app)
	})
}

func TestRefusedTokens(t *testing.T) {
	t.Parallel()
	refusedApp, refusedConsumer, sent := reply{401, appTokenExpired}, reply{401, consumerTokenInvalid}, reply{200, sampleSent}
	missing := reply{401, sample401(40105, "AppJWT is missing", "AUTHORIZATION header is not present")}
	tests := map[string]struct {
		messaging []reply
		code      int    // of the error; 0: no error
		calls     [3]int // of app, consumer, messaging
	}{
		"none":                          {[]reply{sent}, 0, [3]int{1, 1, 1}},
		"app token, once":               {[]reply{refusedApp, sent}, 0, [3]int{2, 1, 2}},
		"app token, always":             {[]reply{refusedApp}, 40102, [3]int{2, 1, 2}},
		"consumer token, once":          {[]reply{refusedConsumer, sent}, 0, [3]int{1, 2, 2}},
		"consumer token, always":        {[]reply{refusedConsumer}, 40103, [3]int{1, 2, 2}},
		"first the one, then the other": {[]reply{refusedApp, refusedConsumer, sent}, 0, [3]int{2, 2, 3}},
		"the other way around":          {[]reply{refusedConsumer, refusedApp, sent}, 0, [3]int{2, 2, 3}},
		"a missing token":               {[]reply{missing}, 40105, [3]int{1, 1, 1}},
		"another 401":                   {[]reply{{401, ""}}, -1, [3]int{1, 1, 1}},
		"403":                           {[]reply{{403, ""}}, -1, [3]int{1, 1, 1}},
		"a server's trouble":            {[]reply{{500, ""}}, -1, [3]int{1, 1, 1}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			service := newConnectorService()
			service.messaging = inTurn(test.messaging...)
			_, err := sendText(t, connectorTo(t, service))
			if test.code == 0 {
				require.NoError(t, err)
			} else {
				assert.Equal(t, max(test.code, 0), asError(t, err).Code)
			}
			app, consumer, messaging := service.made()
			assert.Equal(t, test.calls, [3]int{app, consumer, messaging})
		})
	}
}

// LivePerson refused the first request, and the second one was not sent, so neither has an effect.
func TestRefusedTokenThatCantBeReplaced(t *testing.T) {
	t.Parallel()
	service := newConnectorService()
	service.messaging = always(401, appTokenExpired)
	service.app = inTurn(reply{200, `{"access_token":"a"}`}, reply{503, ""})
	_, err := sendText(t, connectorTo(t, service))
	require.ErrorContains(t, err, "getting an app token")
	assert.Equal(t, ClassServer, ClassOf(err))
	assert.False(t, asError(t, err).MayHaveArrived())
	_, _, messaging := service.made()
	assert.Equal(t, 1, messaging)
}

// The code comes from another request, so the consumer's token is still valid.
func TestCodeOfAnotherRequest(t *testing.T) {
	t.Parallel()
	service := newConnectorService()
	service.app = inTurn(reply{200, `{"access_token":"a"}`}, reply{401, consumerTokenInvalid})
	service.messaging = always(401, appTokenExpired)
	_, err := sendText(t, connectorTo(t, service))
	require.ErrorContains(t, err, "getting an app token")
	app, consumer, messaging := service.made()
	assert.Equal(t, [3]int{2, 1, 1}, [3]int{app, consumer, messaging})
}

// The next request has the new tokens.
func TestRenewedTokensAreUsed(t *testing.T) {
	t.Parallel()
	service := newConnectorService()
	service.app = func(n int) reply { return reply{200, fmt.Sprintf(`{"access_token":"app %d"}`, n)} }
	service.consumer = func(n int) reply { return reply{201, fmt.Sprintf(`{"token":"consumer %d"}`, n)} }
	service.messaging = inTurn(reply{401, consumerTokenInvalid}, reply{401, appTokenExpired}, reply{200, sampleSent})
	c := connectorTo(t, service)
	for range 2 {
		_, err := sendText(t, c)
		require.NoError(t, err)
		got := service.last(t, "messaging").header
		assert.Equal(t, []string{"app 2"}, got["Authorization"])
		assert.Equal(t, []string{"consumer 2"}, got["X-Lp-On-Behalf"])
	}
}

// IDP refuses an app token in the same way as messaging.
func TestAppTokenRefusedByIDP(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		replies []reply
		code    int
		calls   [3]int
	}{
		"once":   {[]reply{{401, appTokenExpired}, {201, `{"token":"a"}`}}, 0, [3]int{2, 2, 1}},
		"always": {[]reply{{401, appTokenExpired}}, 40102, [3]int{2, 2, 0}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			service := newConnectorService()
			service.consumer = inTurn(test.replies...)
			_, err := sendText(t, connectorTo(t, service))
			if test.code == 0 {
				require.NoError(t, err)
			} else {
				assert.Equal(t, test.code, asError(t, err).Code)
				assert.False(t, asError(t, err).MayHaveArrived())
			}
			app, consumer, messaging := service.made()
			assert.Equal(t, test.calls, [3]int{app, consumer, messaging})
		})
	}
}

// If the token of several senders is refused at the same time, they share one new token.
func TestManySendersRenewOneToken(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		service := newConnectorService()
		service.messaging = func(n int) reply {
			if n <= 50 {
				return reply{401, appTokenExpired}
			}
			return reply{200, sampleSent}
		}
		service.app = func(n int) reply { return reply{200, fmt.Sprintf(`{"access_token":"app %d"}`, n)} }
		c := connectorTo(t, slow{service, "app messaging"})
		var senders sync.WaitGroup
		for range 50 {
			senders.Go(func() {
				_, err := sendText(t, c)
				assert.NoError(t, err)
			})
		}
		senders.Wait()
		app, consumer, messaging := service.made()
		assert.Equal(t, [3]int{2, 1, 100}, [3]int{app, consumer, messaging})
	})
}

// A late refusal of an old token does not remove the new token.
func TestLateRefusalKeepsTheNewToken(t *testing.T) {
	t.Parallel()
	tokens, err := newTokens("a token", 1, func(context.Context, string) (token, error) { return token{value: "new"}, nil })
	require.NoError(t, err)
	got, err := tokens.get(t.Context(), "")
	require.NoError(t, err)
	tokens.drop("", "old")
	assert.True(t, tokens.kept.Contains(""))
	tokens.drop("", got.value)
	assert.False(t, tokens.kept.Contains(""))
}

func TestTokenErrors(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		app, consumer script
		class         Class
		text          []string
	}{
		"wrong secret":     {app: always(401, `{"error":"invalid_client"}`), class: ClassUnauthorised, text: []string{`"invalid_client"`, "getting an app token", "check account_id, client_id and client_secret"}},
		"wrong secret too": {app: always(400, `{"error":"invalid_client","error_description":"no `+testSecret+`"}`), class: ClassUnauthorised, text: []string{`"invalid_client …"`, "check account_id, client_id and client_secret"}},
		"no such service":  {app: always(404, ""), class: ClassNotFound, text: []string{"check sentinel_domain and account_id"}},
		"a page":           {app: always(200, "<html>"), class: ClassNotFound, text: []string{"check sentinel_domain"}},
		"no token":         {app: always(200, `{}`), class: ClassNotFound, text: []string{"it has no token"}},
		"too many":         {app: always(429, ""), class: ClassThrottled, text: []string{"getting an app token"}},
		"server":           {app: always(500, ""), class: ClassServer, text: []string{"getting an app token"}},

		"consumer, no token":    {consumer: always(201, `{}`), class: ClassNotFound, text: []string{"getting a consumer token", "it has no token", "check idp_domain"}},
		"consumer, refused":     {consumer: always(400, `{"code":"BAD_REQUEST","body":{"msg":"bad id `+testConsumer+`"}}`), class: ClassInvalid, text: []string{"message left out", "does not accept this consumer's id"}},
		"consumer, app refused": {consumer: always(403, ""), class: ClassUnauthorised, text: []string{"check that its scope is msg.consumer"}},
		"consumer, server":      {consumer: always(503, ""), class: ClassServer, text: []string{"getting a consumer token"}},
		"consumer, not found":   {consumer: always(404, ""), class: ClassNotFound, text: []string{"check idp_domain and account_id"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			service := newConnectorService()
			if test.app != nil {
				service.app = test.app
			}
			if test.consumer != nil {
				service.consumer = test.consumer
			}
			_, err := sendText(t, connectorTo(t, service))
			assert.Equal(t, test.class, ClassOf(err))
			for _, text := range test.text {
				assert.ErrorContains(t, err, text)
			}
			assert.False(t, asError(t, err).MayHaveArrived())
			assert.False(t, asError(t, err).ConversationGone())
			assertNothingPrivate(t, err)
			_, _, messaging := service.made()
			assert.Zero(t, messaging)
		})
	}
}
