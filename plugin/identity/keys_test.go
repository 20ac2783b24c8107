package identity

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"math/big"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The keys of RFC 7517, A.1. The elliptic curve key is for encryption.
const rfcKeys = `{"keys":
	[
		{"kty":"EC", "crv":"P-256", "x":"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4", "y":"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM",
		 "use":"enc", "kid":"1"},
		{"kty":"RSA",
		 "n": "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw",
		 "e":"AQAB", "alg":"RS256", "kid":"2011-04-29"}
	]
}`

func TestKeysOfRFC7517(t *testing.T) {
	t.Parallel()
	keys, err := parseKeys([]byte(rfcKeys))
	require.NoError(t, err)
	require.Len(t, keys, 1)
	assert.Equal(t, "2011-04-29", keys[0].id)
	assert.Equal(t, []string{"RS256"}, keys[0].algs)
	assert.Equal(t, 65537, keys[0].public.(*rsa.PublicKey).E)

	keys, err = parseKeys([]byte(strings.Replace(rfcKeys, `"enc"`, `"sig"`, 1)))
	require.NoError(t, err)
	require.Len(t, keys, 2)
	assert.Equal(t, "1", keys[0].id)
	assert.Equal(t, ecAlgorithms, keys[0].algs)
	assert.Equal(t, elliptic.P256(), keys[0].public.(*ecdsa.PublicKey).Curve)
}

func TestKeysForOtherPurposesArePassedOver(t *testing.T) {
	t.Parallel()
	keys, err := parseKeys([]byte(strings.Replace(jwks(t), "[", `[
		{"kty":"oct","kid":"rsa-1","k":"c2VjcmV0"},
		{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"},
		{"kty":"EC","crv":"P-384","x":"AA","y":"AA"},
		{"kty":"EC","crv":"P-256","alg":"ECDH-ES","x":"AA","y":"AA"},
		{"kty":"RSA","alg":"RS512","n":"AA","e":"AQAB"},
		{"kty":"RSA","use":"enc","n":"AA","e":"AQAB"},
		{"kty":"something new"},`, 1)))
	require.NoError(t, err)
	assert.Len(t, keys, 2)
}

func TestKeysInPEM(t *testing.T) {
	t.Parallel()
	template := &x509.Certificate{SerialNumber: big.NewInt(1)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, ecKey().Public(), ecKey())
	require.NoError(t, err)
	content := "The issuer's keys\n" + publicPEM(t, rsaKey().Public()) +
		string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})) +
		string(pem.EncodeToMemory(&pem.Block{Type: "RSA PUBLIC KEY", Bytes: x509.MarshalPKCS1PublicKey(&otherRSA().PublicKey)}))

	keys, err := parseKeys([]byte(content))
	require.NoError(t, err)
	require.Len(t, keys, 3)
	assert.Equal(t, key{algs: rsaAlgorithms, public: &rsaKey().PublicKey}, keys[0])
	assert.Equal(t, key{algs: ecAlgorithms, public: &ecKey().PublicKey}, keys[1])
	assert.Equal(t, key{algs: rsaAlgorithms, public: &otherRSA().PublicKey}, keys[2])
}

func TestKeysThatCannotBeUsed(t *testing.T) {
	t.Parallel()
	weak, err := rsa.GenerateKey(rand.Reader, 1024)
	require.NoError(t, err)
	private, err := x509.MarshalPKCS8PrivateKey(ecKey())
	require.NoError(t, err)
	good := publicPEM(t, rsaKey().Public())
	n := base64.RawURLEncoding.EncodeToString(rsaKey().N.Bytes())
	zeros := strings.Repeat("A", 43)
	set := func(key string) string { return `{"keys":[{"kty":"oct"},` + key + `]}` }

	tests := []struct{ name, content, errContains string }{
		{"nothing", "", "expected a JWK Set, or public keys"},
		{"text", "hello", "expected a JWK Set, or public keys"},
		{"a list", "[]", "expected a JWK Set, or public keys"},
		{"broken JSON", `{"keys":[`, "expected a JWK Set"},
		{"keys no list", `{"keys":{}}`, "expected a JWK Set"},
		{"a key by itself", `{"kty":"RSA","n":"AA","e":"AQAB"}`, "no key for RS256, ES256, PS256, PS384 or PS512 under keys"},
		{"no keys", `{"keys":[]}`, "no key for RS256, ES256, PS256"},
		{"symmetric keys only", `{"keys":[{"kty":"oct","k":"c2VjcmV0"}]}`, "no key for RS256, ES256, PS256"},
		{"a private key", set(`{"kty":"RSA","n":"` + n + `","e":"AQAB","d":"AQAB"}`), "keys[1]: a private key"},
		{"n missing", set(`{"kty":"RSA","e":"AQAB"}`), "keys[1]: n: missing"},
		{"n in base64", set(`{"kty":"RSA","n":"+/==","e":"AQAB"}`), "keys[1]: n: missing, or not base64url"},
		{"e missing", set(`{"kty":"RSA","n":"` + n + `"}`), "keys[1]: e: missing"},
		{"e one", set(`{"kty":"RSA","n":"` + n + `","e":"AQ"}`), "keys[1]: e: must be odd"},
		{"e even", set(`{"kty":"RSA","n":"` + n + `","e":"AQAA"}`), "keys[1]: e: must be odd"},
		{"e huge", set(`{"kty":"RSA","n":"` + n + `","e":"` + n + `"}`), "keys[1]: e: must be odd"},
		{"n small", set(`{"kty":"RSA","n":"AQAB","e":"AQAB"}`), "keys[1]: an RSA key must have from 2048"},
		{"n huge", set(`{"kty":"RSA","n":"` + strings.Repeat(n, 5) + `","e":"AQAB"}`), "keys[1]: an RSA key must have from 2048 to 8192"},
		{"x short", set(`{"kty":"EC","crv":"P-256","x":"AQ","y":"` + zeros + `"}`), "keys[1]: x, y: must have 32 bytes"},
		{"y missing", set(`{"kty":"EC","crv":"P-256","x":"` + zeros + `"}`), "keys[1]: y: missing"},
		{"not on the curve", set(`{"kty":"EC","crv":"P-256","x":"` + zeros + `","y":"` + zeros + `"}`), "keys[1]: x, y: not a point"},
		{"PEM, 1024 bits", publicPEM(t, weak.Public()), "PEM block 1: an RSA key must have from 2048"},
		{"PEM, P-384", good + publicPEM(t, newECKey(elliptic.P384()).Public()), "PEM block 2: expected an RSA key"},
		{"PEM, private", string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private})), "-pubout"},
		{"PEM, of another type inside", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: []byte("x")})), "PEM block 1: x509"},
		{"PEM, second cut off", good + good[:100], "1 of 2 PEM blocks can't be read"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			keys, err := parseKeys([]byte(test.content))
			require.ErrorContains(t, err, test.errContains)
			assert.Empty(t, keys)
		})
	}
}

func FuzzParseKeys(f *testing.F) {
	f.Add([]byte(rfcKeys))
	f.Add([]byte(rfcSigned))
	f.Add([]byte("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----"))
	f.Fuzz(func(t *testing.T, content []byte) {
		keys, err := parseKeys(content)
		if err == nil {
			assert.NotEmpty(t, keys)
		}
		for _, key := range keys {
			assert.Subset(t, algorithms, key.algs)
		}
	})
}
