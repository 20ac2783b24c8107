package messaging

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func payload(t *testing.T, token string) string {
	t.Helper()
	parts := strings.Split(token, ".")
	require.Len(t, parts, 3)
	return parts[1]
}

// The payloads are LivePerson's samples (Connector API, authorisation).
const (
	samplePayloadApp      = "eyJhdWQiOiJsZTgxODIzMTE4IiwiYXpwIjoiNzU1ODhlMTgtMDIxMy00ZTMzLTgxNzQtODgzYWNhYzdlM2M0Iiwic2NvcGUiOiJtc2cuY29uc3VtZXIiLCJpc3MiOiJTZW50aW5lbCIsImV4cCI6MTUyNDY0NjI3MCwiaWF0IjoxNTI0NjQyNjcwfQ"
	samplePayloadConsumer = "eyJhY2NvdW50X2lkIjoibGUzMTQ1Nzc4MCIsImV4dF9jb25zdW1lcl9pZCI6InJhbmRvbV9pZDAuMTczMDc3OTY4NzUiLCJscF9jb25zdW1lcl9pZCI6IjI5Y2FmMGMxMTQ4Njk5NmQ5Mzg3ZTNhNDRlYzM0MjI5ZDEyNzMwNGRiNDk2NmQ3NzUyNzE2YmNlYjUzOGZhMjQifQ"
)

func TestTokensAreLikeThoseOfTheSamples(t *testing.T) {
	t.Parallel()
	s := newStand(t, Options{
		Account: "le81823118", ClientID: "75588e18-0213-4e33-8174-883acac7e3c4", ClientSecret: "kgvbkk7glku72jgtmpi6l4a872",
		Now: newClock().Now,
	})
	w := s.askAppToken(tokenQuery, s.credentials())
	assert.Equal(t, http.StatusOK, w.Code)
	var answer map[string]string
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &answer))
	assert.Equal(t, `{"access_token":"`+answer["access_token"]+`","token_type":"Bearer"}`, w.Body.String())
	assert.Equal(t, "application/json;charset=utf-8", w.Header().Get("Content-Type"))
	assert.Equal(t, samplePayloadApp, payload(t, answer["access_token"]))
	token, _, err := jwt.NewParser().ParseUnverified(answer["access_token"], jwt.MapClaims{})
	require.NoError(t, err)
	assert.Equal(t, map[string]any{"kid": "appjwt-25-04-18", "typ": "JWT", "alg": "RS256"}, token.Header)

	sample, err := json.Marshal(consumerClaims{
		Account: "le31457780", ExtConsumerID: "random_id0.17307796875",
		LPConsumerID: "29caf0c11486996d9387e3a44ec34229d127304db4966d7752716bceb538fa24",
	})
	require.NoError(t, err)
	assert.Equal(t, samplePayloadConsumer, base64.RawURLEncoding.EncodeToString(sample))
	var claims consumerClaims
	_, _, err = jwt.NewParser().ParseUnverified(s.jws, &claims)
	require.NoError(t, err)
	assert.Equal(t, "jane", claims.ExtConsumerID)
	assert.Regexp(t, "^[0-9a-f]{64}$", claims.LPConsumerID)
	assert.Equal(t, claims.LPConsumerID, lpConsumerID("le81823118", "jane"), "the same consumer has the same id")
}

func TestAppTokenTakesItsParametersFromQueryOrForm(t *testing.T) {
	t.Parallel()
	s := newStand(t, Options{})
	all := url.Values{"v": {"1.0"}, "grant_type": {"client_credentials"}, "client_id": {DefaultClientID}, "client_secret": {DefaultClientSecret}}
	for name, w := range map[string]struct{ query, form url.Values }{
		"current pages": {tokenQuery, s.credentials()},
		"OAuth page":    {url.Values{"v": {"1.0"}}, url.Values{"grant_type": {"client_credentials"}, "client_id": {DefaultClientID}, "client_secret": {DefaultClientSecret}}},
		"demo app":      {all, nil},
	} {
		assert.Equal(t, http.StatusOK, s.askAppToken(w.query, w.form).Code, name)
	}
	tutorial := s.do(http.MethodPost, s.tokenPath()+"?"+all.Encode(), "", "Content-Type", "application/json")
	assert.Equal(t, http.StatusOK, tutorial.Code)
	assert.Contains(t, s.last().Note, "client_secret is in the query")
}

func TestAppTokenRefuses(t *testing.T) {
	t.Parallel()
	s := newStand(t, Options{})
	without := func(values url.Values, name, value string) url.Values {
		changed := url.Values{}
		for k, v := range values {
			changed[k] = v
		}
		changed.Set(name, value)
		return changed
	}
	for name, test := range map[string]struct {
		query, form url.Values
		status      int
		answer      string
	}{
		"no secret":          {tokenQuery, without(s.credentials(), "client_secret", ""), 400, "invalid_request"},
		"no id":              {tokenQuery, without(s.credentials(), "client_id", ""), 400, "invalid_request"},
		"no version":         {without(tokenQuery, "v", ""), s.credentials(), 400, "invalid_request"},
		"another version":    {without(tokenQuery, "v", "3.0"), s.credentials(), 404, "invalid_request"},
		"no grant type":      {without(tokenQuery, "grant_type", ""), s.credentials(), 400, "invalid_request"},
		"another grant type": {without(tokenQuery, "grant_type", "password"), s.credentials(), 400, "unsupported_grant_type"},
		"wrong secret":       {tokenQuery, without(s.credentials(), "client_secret", "x"), 401, "invalid_client"},
		"wrong id":           {tokenQuery, without(s.credentials(), "client_id", "x"), 401, "invalid_client"},
	} {
		w := s.askAppToken(test.query, test.form)
		assert.Equal(t, test.status, w.Code, name)
		assert.Equal(t, `{"error":"`+test.answer+`"}`, w.Body.String(), name)
	}
	w := s.do(http.MethodPost, "/sentinel/api/account/1/app/token?"+tokenQuery.Encode(), s.credentials().Encode(), "Content-Type", formType)
	assert.Equal(t, http.StatusUnauthorized, w.Code)
	assert.Equal(t, http.StatusMethodNotAllowed, s.do(http.MethodGet, s.tokenPath(), "").Code)
}

func TestConsumerTokenRefuses(t *testing.T) {
	t.Parallel()
	s := newStand(t, Options{})
	for name, test := range map[string]struct {
		query, body string
		status      int
	}{
		"no id":            {"v=1.0", `{}`, 400},
		"empty id":         {"v=1.0", `{"ext_consumer_id":""}`, 400},
		"a number":         {"v=1.0", `{"ext_consumer_id":5}`, 400},
		"a very long id":   {"v=1.0", `{"ext_consumer_id":"` + strings.Repeat("x", maxConsumerID+1) + `"}`, 400},
		"no JSON":          {"v=1.0", `ext_consumer_id=5`, 400},
		"another version":  {"v=2.0", `{"ext_consumer_id":"jane"}`, 404},
		"no version, fine": {"", `{"ext_consumer_id":"jane"}`, 201},
	} {
		w := s.do(http.MethodPost, s.consumerPath()+"?"+test.query, test.body, "Authorization", s.app)
		assert.Equal(t, test.status, w.Code, name)
	}
	w := s.do(http.MethodPost, s.consumerPath()+"?v=1.0", `{"ext_consumer_id":""}`, "Authorization", s.app)
	assert.Equal(t, `{"kind":"resp","code":400,"body":{"title":"Missing parameter","details":"ext_consumer_id is missing or too long","errorCode":40001},"type":".ReqBody$ErrorResp"}`, w.Body.String())
}

// The rows are the table of errors on LivePerson's page.
func TestAuthorisationErrors(t *testing.T) {
	t.Parallel()
	s := newStand(t, Options{})
	id := s.openMinimal(t)
	foreign := newStand(t, Options{Account: "87654321"})
	unsigned, err := jwt.NewWithClaims(jwt.SigningMethodNone, appClaims{Account: account, ClientID: DefaultClientID, Scope: appScope, Issuer: appIssuer, Expires: 1 << 40}).SignedString(jwt.UnsafeAllowNoneSignatureType)
	require.NoError(t, err)
	const (
		noApp       = `{"kind":"resp","code":401,"body":{"title":"AppJWT is missing","details":"AUTHORIZATION header is not present","errorCode":40105},"type":".ReqBody$ErrorResp"}`
		badApp      = `{"kind":"resp","code":401,"body":{"title":"Invalid AppJWT","details":"AppJWT has expired or is invalid","errorCode":40102},"type":".ReqBody$ErrorResp"}`
		noConsumer  = `{"kind":"resp","code":401,"body":{"title":"ConsumerJWS is missing","details":"X_ON_BEHALF_HEADER is not present","errorCode":40104},"type":".ReqBody$ErrorResp"}`
		badConsumer = `{"kind":"resp","code":401,"body":{"title":"Invalid ConsumerJWS","details":"ConsumerJWS is invalid","errorCode":40103},"type":".ReqBody$ErrorResp"}`
		noClaim     = `{"kind":"resp","code":400,"body":{"title":"Missing parameter","details":"Brand Id is missing","errorCode":40001},"type":".ReqBody$ErrorResp"}`
	)
	for name, test := range map[string]struct {
		app, jws, answer string
		status           int
	}{
		"no app token":                      {"", s.jws, noApp, 401},
		"garbage":                           {"garbage", s.jws, badApp, 401},
		"not signed":                        {unsigned, s.jws, badApp, 401},
		"signature cut":                     {s.app[:len(s.app)-4], s.jws, badApp, 401},
		"app token of another account":      {foreign.app, s.jws, badApp, 401},
		"a token without the claims":        {s.jws, s.jws, noClaim, 400},
		"no consumer token":                 {s.app, "", noConsumer, 401},
		"garbage for a consumer":            {s.app, "garbage", badConsumer, 401},
		"app token for a consumer":          {s.app, s.app, badConsumer, 401},
		"consumer of another account":       {s.app, foreign.jws, badConsumer, 401},
		"another consumer's conversation":   {s.app, s.consumerTokenOf(t, "john"), badConsumer, 401},
		"with Bearer, which is let through": {"Bearer " + s.app, "Bearer " + s.jws, `{"reqId":"1","code":"OK","body":{"sequence":0}}`, 200},
	} {
		header := []string{}
		if test.app != "" {
			header = append(header, "Authorization", test.app)
		}
		if test.jws != "" {
			header = append(header, headerOnBehalf, test.jws)
		}
		w := s.do(http.MethodPost, s.openPath()+"/send?v=3", textRequest(id, "hello"), header...)
		assert.Equal(t, test.status, w.Code, name)
		assert.Equal(t, test.answer, w.Body.String(), name)
		if w.Code == http.StatusOK {
			assert.Contains(t, s.last().Note, "LivePerson's pages show the token without it")
			continue
		}
		var sent errorAnswer
		require.NoError(t, json.Unmarshal(w.Body.Bytes(), &sent))
		assert.Equal(t, sent.Body.ErrorCode, s.last().Code, name)
		assert.Equal(t, sent, s.last().Answer, name)
	}

	strict := newStand(t, Options{Strict: true})
	strict.app = "Bearer " + strict.app
	assert.Equal(t, http.StatusUnauthorized, strict.conversation(minimal).Code)
}

func TestAppTokensExpireByTheClock(t *testing.T) {
	t.Parallel()
	c := newClock()
	s := newStand(t, Options{Now: c.Now})
	id := s.openMinimal(t)
	c.advance(time.Hour - time.Second)
	assert.Equal(t, http.StatusOK, s.sendOne(textRequest(id, "just in time")).Code)
	c.advance(time.Second)
	w := s.sendOne(textRequest(id, "too late"))
	assert.Equal(t, http.StatusUnauthorized, w.Code)
	assert.Contains(t, w.Body.String(), "40102")
	s.app = s.appTokenOf(t)
	assert.Equal(t, http.StatusOK, s.sendOne(textRequest(id, "with a new one")).Code, "the consumer's token is still good")
}

func TestTokensCanBeMadeInvalid(t *testing.T) {
	t.Parallel()
	s := newStand(t, Options{})
	id := s.openMinimal(t)
	require.Equal(t, http.StatusOK, s.do(http.MethodDelete, "/sandbox/tokens", "").Code)
	assert.Contains(t, s.sendOne(textRequest(id, "x")).Body.String(), "40102")
	s.app = s.appTokenOf(t)
	assert.Contains(t, s.sendOne(textRequest(id, "x")).Body.String(), "40103")
	s.jws = s.consumerTokenOf(t, "jane")
	assert.Equal(t, http.StatusOK, s.sendOne(textRequest(id, "x")).Code)
}
