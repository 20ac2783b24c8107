package identity

import (
	"cmp"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/require"
)

// noon is the current time in the tests.
var noon = time.Date(2026, 2, 25, 12, 0, 0, 0, time.UTC)

func atNoon() time.Time { return noon }

// The keys of the tests. They are made at first use, because an RSA key takes a while.
var (
	rsaKey   = sync.OnceValue(newRSAKey)
	otherRSA = sync.OnceValue(newRSAKey)
	ecKey    = sync.OnceValue(func() *ecdsa.PrivateKey { return newECKey(elliptic.P256()) })
)

func newRSAKey() *rsa.PrivateKey {
	made, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return made
}

func newECKey(curve elliptic.Curve) *ecdsa.PrivateKey {
	made, err := ecdsa.GenerateKey(curve, rand.Reader)
	if err != nil {
		panic(err)
	}
	return made
}

// goodClaims returns the claims of a token that is valid at noon, with changes. The value nil
// removes a claim.
func goodClaims(changes map[string]any) jwt.MapClaims {
	claims := jwt.MapClaims{
		"iss": "https://login.example.com",
		"sub": "user-4711",
		"aud": "shop-web",
		"iat": noon.Add(-time.Minute).Unix(),
		"exp": noon.Add(time.Hour).Unix(),
	}
	for name, value := range changes {
		if claims[name] = value; value == nil {
			delete(claims, name)
		}
	}
	return claims
}

func sign(t testing.TB, method jwt.SigningMethod, with any, id string, claims jwt.MapClaims) string {
	t.Helper()
	token := jwt.NewWithClaims(method, claims)
	if id != "" {
		token.Header["kid"] = id
	}
	text, err := token.SignedString(with)
	require.NoError(t, err)
	return text
}

// signRaw signs a header and claims as they are written, with RS256.
func signRaw(t testing.TB, header, claims string) string {
	t.Helper()
	text := segment(header) + "." + segment(claims)
	signature, err := jwt.SigningMethodRS256.Sign(text, rsaKey())
	require.NoError(t, err)
	return text + "." + base64.RawURLEncoding.EncodeToString(signature)
}

func segment(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }

// jwks are the keys rsa-1 and ec-1.
func jwks(t testing.TB) string {
	t.Helper()
	point, err := ecKey().PublicKey.Bytes()
	require.NoError(t, err)
	encode := base64.RawURLEncoding.EncodeToString
	text, err := json.Marshal(map[string]any{"keys": []any{
		map[string]any{"kty": "RSA", "kid": "rsa-1", "use": "sig", "alg": "RS256",
			"n": encode(rsaKey().N.Bytes()), "e": encode(big.NewInt(int64(rsaKey().E)).Bytes())},
		map[string]any{"kty": "EC", "kid": "ec-1", "crv": "P-256", "x": encode(point[1:33]), "y": encode(point[33:])},
	}})
	require.NoError(t, err)
	return string(text)
}

// rsaSet is the key rsa-1 for an algorithm. Empty: for any.
func rsaSet(t testing.TB, alg string) string {
	t.Helper()
	return setOf(t, "rsa-1", rsaKey(), alg)
}

// setOf is a JWK Set with one RSA key.
func setOf(t testing.TB, id string, private *rsa.PrivateKey, alg string) string {
	t.Helper()
	encode := base64.RawURLEncoding.EncodeToString
	text, err := json.Marshal(map[string]any{"keys": []any{map[string]any{"kty": "RSA", "kid": id, "use": "sig", "alg": alg,
		"n": encode(private.N.Bytes()), "e": encode(big.NewInt(int64(private.E)).Bytes())}}})
	require.NoError(t, err)
	return string(text)
}

func publicPEM(t testing.TB, public crypto.PublicKey) string {
	t.Helper()
	der, err := x509.MarshalPKIXPublicKey(public)
	require.NoError(t, err)
	return string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
}

// writeKeys writes a file of keys and returns its path.
func writeKeys(t testing.TB, content string) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "keys")
	require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
	return path
}

// newVerifier returns a verifier with the keys of a file with this content.
func newVerifier(t testing.TB, content string, expect expectations) *verifier {
	t.Helper()
	expect.subClaim = cmp.Or(expect.subClaim, subClaimDefault)
	return &verifier{keys: &keyFile{path: writeKeys(t, content), now: atNoon}, expect: expect, now: atNoon}
}
