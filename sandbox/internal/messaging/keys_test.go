package messaging

import (
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"math/big"
	"net/http"
	"net/url"
	"testing"

	"github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// published reads the keys as RFC 7517 says.
func (s *stand) published(t *testing.T) map[string]*rsa.PublicKey {
	t.Helper()
	w := s.do(http.MethodGet, "/sentinel/well-known/jwks", "")
	require.Equal(t, http.StatusOK, w.Code, w.Body)
	var set struct {
		Keys []struct{ Kty, Use, Alg, Kid, N, E string }
	}
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &set))
	keys := map[string]*rsa.PublicKey{}
	for _, k := range set.Keys {
		assert.Equal(t, []string{"RSA", "sig", "RS256"}, []string{k.Kty, k.Use, k.Alg})
		n, err := base64.RawURLEncoding.DecodeString(k.N)
		require.NoError(t, err)
		e, err := base64.RawURLEncoding.DecodeString(k.E)
		require.NoError(t, err)
		keys[k.Kid] = &rsa.PublicKey{N: new(big.Int).SetBytes(n), E: int(new(big.Int).SetBytes(e).Int64())}
	}
	return keys
}

// verified reports whether the published key that a token names made its signature.
func (s *stand) verified(t *testing.T, token string) bool {
	t.Helper()
	keys := s.published(t)
	_, err := jwt.NewParser(jwt.WithTimeFunc(s.options.Now)).Parse(token, func(read *jwt.Token) (any, error) {
		key, found := keys[read.Header["kid"].(string)]
		if !found {
			return nil, jwt.ErrTokenUnverifiable
		}
		return key, nil
	})
	return err == nil
}

func TestTokensVerifyAgainstThePublishedKeys(t *testing.T) {
	t.Parallel()
	s := newStand(t, Options{Now: newClock().Now})
	assert.True(t, s.verified(t, s.app))
	assert.True(t, s.verified(t, s.jws))

	require.Equal(t, http.StatusOK, s.do(http.MethodDelete, "/sandbox/tokens", "").Code)
	assert.NotEmpty(t, s.published(t))
	assert.NotContains(t, s.published(t), "appjwt-25-04-18", "a new key of the same day has a name of its own")
	assert.False(t, s.verified(t, s.app))
	assert.True(t, s.verified(t, s.appTokenOf(t)))
	assert.Equal(t, http.StatusMethodNotAllowed, s.do(http.MethodPost, "/sentinel/well-known/jwks", "").Code)
}

func TestVersion2OfTheAppToken(t *testing.T) {
	t.Parallel()
	const v2 = "/sentinel/api/v2/account/" + account + "/app/token?"
	v1 := "/sentinel/api/account/" + account + "/app/token?"
	for name, test := range map[string]struct {
		target string
		status int
	}{
		"version 2's path":                     {v2 + "grant_type=client_credentials", 200},
		"version 2's path, and a v":            {v2 + "grant_type=client_credentials&v=2.0", 200},
		"version 2's path, and another v":      {v2 + "grant_type=client_credentials&v=1.0", 404},
		"version 2's path, without grant type": {v2, 400},
		"the old path with v=2.0":              {v1 + "grant_type=client_credentials&v=2.0", 200},
		"the old path with v=3.0":              {v1 + "grant_type=client_credentials&v=3.0", 404},
		"another account's":                    {"/sentinel/api/v2/account/1/app/token?grant_type=client_credentials", 401},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStand(t, Options{Now: newClock().Now})
			w := s.do(http.MethodPost, test.target, s.credentials().Encode(), "Content-Type", formType)
			require.Equal(t, test.status, w.Code, w.Body)
			if test.status != http.StatusOK {
				return
			}
			var answer map[string]string
			require.NoError(t, json.Unmarshal(w.Body.Bytes(), &answer))
			assert.True(t, s.verified(t, answer["access_token"]))
			s.app = answer["access_token"]
			s.jws = s.consumerTokenOf(t, "jane")
			s.openMinimal(t)
		})
	}
	s := newStand(t, Options{})
	w := s.do(http.MethodPost, v2+"grant_type=client_credentials", url.Values{"client_id": {DefaultClientID}, "client_secret": {"x"}}.Encode(), "Content-Type", formType)
	assert.Equal(t, http.StatusUnauthorized, w.Code)
}
