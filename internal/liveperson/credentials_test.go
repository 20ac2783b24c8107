package liveperson

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var (
	aLogin  = ReadCredentials{User: "reader", Password: "pa55word"}
	anApp   = ReadCredentials{ClientID: "app-1", ClientSecret: "app5ecret"}
	anAPIID = ReadCredentials{APIKey: "key-1", APISecret: "key5ecret", Token: "token-1", TokenSecret: "token5ecret"}
)

// reads answers the Domain API, the Login API, Sentinel and reading requests.
type reads struct {
	logins, tokens, asked atomic.Int64
	// login and token answer; nil: with bearer-1, bearer-2 and so on.
	login, token func() *http.Response
	// read answers a reading request.
	read func(r *http.Request) *http.Response
}

func (s *reads) Do(r *http.Request) (*http.Response, error) {
	switch {
	case strings.HasSuffix(r.URL.Path, "/baseURI.json"):
		service := strings.Split(r.URL.Path, "/")[5]
		return response(http.StatusOK, `{"service":"`+service+`","baseURI":"`+strings.ToLower(service)+`.example.com"}`), nil
	case strings.HasSuffix(r.URL.Path, "/login"):
		n := s.logins.Add(1)
		if s.login != nil {
			return s.login(), nil
		}
		return response(http.StatusOK, `{"csrf":"x","bearer":"bearer-`+string(rune('0'+n))+`","config":{}}`), nil
	case strings.HasSuffix(r.URL.Path, "/app/token"):
		n := s.tokens.Add(1)
		if s.token != nil {
			return s.token(), nil
		}
		res := response(http.StatusOK, `{"access_token":"token-`+string(rune('0'+n))+`","token_type":"Bearer","expires_in":3600}`)
		res.Header.Set("Content-Type", "application/json")
		return res, nil
	}
	s.asked.Add(1)
	return s.read(r), nil
}

func (s *reads) visits(t *testing.T, c ReadCredentials) *VisitInformation {
	t.Helper()
	v, err := newAccount(t, Options{HTTP: s}).VisitInformation(c, "")
	require.NoError(t, err)
	return v
}

const emptyVisit = `{"id":"s","appSessions":[]}`

func TestCredentialsMustBeOfOneKind(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		c    ReadCredentials
		want string
	}{
		"none":              {ReadCredentials{}, "credentials: set one of login, api_key and oauth2"},
		"two":               {ReadCredentials{User: "u", Password: "p", ClientID: "c", ClientSecret: "s"}, "credentials: set only one of"},
		"no password":       {ReadCredentials{User: "u"}, "login: user and password must not be empty"},
		"no token secret":   {ReadCredentials{APIKey: "k", APISecret: "s", Token: "t"}, "api_key: key, secret, token and token_secret must not be empty"},
		"no client id":      {ReadCredentials{ClientSecret: "s3cr3t"}, "oauth2: client_id and client_secret must not be empty"},
		"a key and a login": {ReadCredentials{User: "u", Password: "p", Token: "t"}, "credentials: set only one of"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			account := newAccount(t, Options{HTTP: answering(200, "{}")})
			_, err := account.VisitInformation(test.c, "")
			assert.ErrorContains(t, err, test.want)
			_, err = account.Interactions(test.c)
			assert.ErrorContains(t, err, test.want)
			assert.NotContains(t, err.Error(), "s3cr3t")
		})
	}
}

func TestLoginGivesABearer(t *testing.T) {
	t.Parallel()
	var headers []string
	s := &reads{}
	s.read = func(r *http.Request) *http.Response {
		headers = append(headers, r.Header.Get("Authorization"))
		if s.logins.Load() == 1 && len(headers) == 3 {
			return response(http.StatusUnauthorized, `{"message":"expired","internalCode":10}`)
		}
		return response(http.StatusOK, emptyVisit)
	}
	visits := s.visits(t, aLogin)
	for range 3 {
		_, err := visits.Visit(t.Context(), testVisitor, testSession)
		require.NoError(t, err)
	}
	assert.Equal(t, []string{"Bearer bearer-1", "Bearer bearer-1", "Bearer bearer-1", "Bearer bearer-2"}, headers, "a refused token is replaced once")
}

func TestLoginIsAPostWithUserAndPassword(t *testing.T) {
	t.Parallel()
	var body map[string]string
	var target string
	visits, err := newAccount(t, Options{HTTP: doerFunc(func(r *http.Request) (*http.Response, error) {
		switch {
		case strings.HasSuffix(r.URL.Path, "baseURI.json"):
			return response(200, `{"baseURI":"host.example.com"}`), nil
		case r.Method == http.MethodPost:
			target = r.URL.String()
			text, _ := io.ReadAll(r.Body)
			require.NoError(t, json.Unmarshal(text, &body))
			return response(200, `{"bearer":"b"}`), nil
		}
		return response(200, emptyVisit), nil
	})}).VisitInformation(aLogin, "")
	require.NoError(t, err)
	_, err = visits.Visit(t.Context(), testVisitor, testSession)
	require.NoError(t, err)
	assert.Equal(t, "https://host.example.com/api/account/56072331/login?v=1.3", target)
	assert.Equal(t, map[string]string{"username": "reader", "password": "pa55word"}, body)
}

func TestARefusedLoginIsNotRepeatedForTenMinutes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &reads{login: func() *http.Response {
			return response(http.StatusUnauthorized, `{"message":"wrong pa55word of reader"}`)
		}}
		visits := s.visits(t, aLogin)
		for range 5 {
			_, err := visits.Visit(t.Context(), testVisitor, testSession)
			require.Error(t, err)
			assert.Equal(t, ClassUnauthorised, ClassOf(err))
			assert.Contains(t, err.Error(), "check account_id, user and password")
			for _, private := range []string{"reader", "pa55word", testVisitor, testSession} {
				assert.NotContains(t, err.Error(), private)
			}
		}
		assert.EqualValues(t, 1, s.logins.Load())
		time.Sleep(loginPause)
		_, err := visits.Visit(t.Context(), testVisitor, testSession)
		require.Error(t, err)
		assert.EqualValues(t, 2, s.logins.Load())
		assert.Zero(t, s.asked.Load())
	})
}

func TestALoginThatFailsIsRepeated(t *testing.T) {
	t.Parallel()
	s := &reads{login: func() *http.Response { return response(http.StatusInternalServerError, "") }}
	visits := s.visits(t, aLogin)
	for range 2 {
		_, err := visits.Visit(t.Context(), testVisitor, testSession)
		assert.Equal(t, ClassServer, ClassOf(err))
	}
	assert.EqualValues(t, 2, s.logins.Load())
}

func TestAppsGetATokenByOAuth2(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var headers []string
		s := &reads{read: func(r *http.Request) *http.Response {
			headers = append(headers, r.Header.Get("Authorization"))
			return response(http.StatusOK, emptyVisit)
		}}
		visits := s.visits(t, anApp)
		for range 2 {
			_, err := visits.Visit(t.Context(), testVisitor, testSession)
			require.NoError(t, err)
			time.Sleep(56 * time.Minute)
		}
		assert.Equal(t, []string{"Bearer token-1", "Bearer token-2"}, headers, "a token is replaced before its end")
	})
}

func TestFailuresOfOAuth2SayNothingPrivate(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		token func() *http.Response
		class Class
	}{
		"refused": {func() *http.Response {
			return response(401, `{"error":"invalid_client","error_description":"app5ecret"}`)
		}, ClassUnauthorised},
		"bad request": {func() *http.Response { return response(400, `{"error":"app-1"}`) }, ClassUnauthorised},
		"down":        {func() *http.Response { return response(503, `app5ecret`) }, ClassServer},
		"no token":    {func() *http.Response { return response(200, `{"said":"app5ecret"}`) }, ClassNotFound},
		"a page":      {func() *http.Response { return response(200, `<html>app5ecret</html>`) }, ClassNotFound},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &reads{token: test.token}
			_, err := s.visits(t, anApp).Visit(t.Context(), testVisitor, testSession)
			require.Error(t, err)
			assert.Equal(t, test.class, ClassOf(err), err.Error())
			assert.NotContains(t, err.Error(), "app5ecret")
			assert.NotContains(t, err.Error(), "app-1")
		})
	}
	t.Run("unreachable", func(t *testing.T) {
		t.Parallel()
		v, err := newAccount(t, Options{HTTP: split(answering(200, `{"baseURI":"h.example.com"}`), failing(errors.New("secret words")))}).VisitInformation(anApp, "")
		require.NoError(t, err)
		_, err = v.Visit(t.Context(), testVisitor, testSession)
		assert.Equal(t, ClassNetwork, ClassOf(err))
		assert.NotContains(t, err.Error(), "secret words")
	})
}

func TestAPIKeysSignEachRequest(t *testing.T) {
	t.Parallel()
	var headers []string
	s := &reads{read: func(r *http.Request) *http.Response {
		headers = append(headers, r.Header.Get("Authorization"))
		return response(http.StatusOK, emptyVisit)
	}}
	visits := s.visits(t, anAPIID)
	for range 2 {
		_, err := visits.Visit(t.Context(), testVisitor, testSession)
		require.NoError(t, err)
	}
	require.Len(t, headers, 2)
	assert.NotEqual(t, headers[0], headers[1])
	for _, header := range headers {
		for _, part := range []string{"OAuth ", `oauth_consumer_key="key-1"`, `oauth_token="token-1"`, `oauth_signature_method="HMAC-SHA1"`, `oauth_signature="`, `oauth_nonce="`} {
			assert.Contains(t, header, part)
		}
		assert.NotContains(t, header, "5ecret")
	}
	refused := &reads{read: func(*http.Request) *http.Response { return response(http.StatusUnauthorized, "") }}
	_, err := refused.visits(t, anAPIID).Visit(t.Context(), testVisitor, testSession)
	assert.Equal(t, ClassUnauthorised, ClassOf(err))
	assert.EqualValues(t, 1, refused.asked.Load())
}

func TestSignedRequestsThatFailSayNothingPrivate(t *testing.T) {
	t.Parallel()
	v, err := newAccount(t, Options{HTTP: split(answering(200, `{"baseURI":"h.example.com"}`), failing(errors.New("secret words")))}).VisitInformation(anAPIID, "")
	require.NoError(t, err)
	_, err = v.Visit(t.Context(), testVisitor, testSession)
	require.Error(t, err)
	assert.Equal(t, ClassNetwork, ClassOf(err))
	for _, private := range []string{"secret words", testVisitor, testSession, "key-1", "token-1"} {
		assert.NotContains(t, err.Error(), private)
	}
}
