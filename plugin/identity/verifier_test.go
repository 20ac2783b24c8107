package identity

import (
	"crypto/elliptic"
	"crypto/x509"
	"encoding/pem"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestGoodTokens(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		keys   string
		expect expectations
		token  string
	}{
		{name: "RS256, by kid", keys: jwks(t), token: sign(t, jwt.SigningMethodRS256, rsaKey(), "rsa-1", goodClaims(nil))},
		{name: "ES256, by kid", keys: jwks(t), token: sign(t, jwt.SigningMethodES256, ecKey(), "ec-1", goodClaims(nil))},
		{name: "PS256", keys: rsaSet(t, "PS256"), token: sign(t, jwt.SigningMethodPS256, rsaKey(), "rsa-1", goodClaims(nil))},
		{name: "PS384", keys: rsaSet(t, "PS384"), token: sign(t, jwt.SigningMethodPS384, rsaKey(), "rsa-1", goodClaims(nil))},
		{name: "PS512", keys: rsaSet(t, "PS512"), token: sign(t, jwt.SigningMethodPS512, rsaKey(), "rsa-1", goodClaims(nil))},
		{name: "PS256, a key without an alg", keys: rsaSet(t, ""), token: sign(t, jwt.SigningMethodPS256, rsaKey(), "rsa-1", goodClaims(nil))},
		{name: "RS256, a key without an alg", keys: rsaSet(t, ""), token: sign(t, jwt.SigningMethodRS256, rsaKey(), "rsa-1", goodClaims(nil))},
		{name: "PS512, a key in PEM", keys: publicPEM(t, rsaKey().Public()), token: sign(t, jwt.SigningMethodPS512, rsaKey(), "", goodClaims(nil))},
		{name: "without a kid any key may fit", keys: jwks(t), token: sign(t, jwt.SigningMethodRS256, rsaKey(), "", goodClaims(nil))},
		{name: "a null kid is none", keys: jwks(t), token: signRaw(t, `{"alg":"RS256","kid":null}`,
			`{"iss":"https://login.example.com","sub":"user-4711","exp":1772028000}`)},
		{name: "keys in PEM have no kid and fit any", keys: publicPEM(t, rsaKey().Public()),
			token: sign(t, jwt.SigningMethodRS256, rsaKey(), "whatever", goodClaims(nil))},
		{name: "the second of two keys in PEM", keys: publicPEM(t, otherRSA().Public()) + publicPEM(t, rsaKey().Public()),
			token: sign(t, jwt.SigningMethodRS256, rsaKey(), "", goodClaims(nil))},
		{name: "one of several audiences", keys: jwks(t), expect: expectations{audience: "shop-web"},
			token: sign(t, jwt.SigningMethodRS256, rsaKey(), "rsa-1", goodClaims(map[string]any{"aud": []string{"other", "shop-web"}}))},
		{name: "the audience, not in a list", keys: jwks(t), expect: expectations{audience: "shop-web"},
			token: sign(t, jwt.SigningMethodRS256, rsaKey(), "rsa-1", goodClaims(nil))},
		{name: "one of the issuers", keys: jwks(t), expect: expectations{issuers: []string{"https://b.example.com", "https://login.example.com"}},
			token: sign(t, jwt.SigningMethodRS256, rsaKey(), "rsa-1", goodClaims(nil))},
		{name: "expired within the leeway", keys: jwks(t), expect: expectations{leeway: time.Minute},
			token: sign(t, jwt.SigningMethodRS256, rsaKey(), "rsa-1", goodClaims(map[string]any{"exp": noon.Add(-59 * time.Second).Unix()}))},
		{name: "not yet begun, within the leeway", keys: jwks(t), expect: expectations{leeway: time.Minute},
			token: sign(t, jwt.SigningMethodRS256, rsaKey(), "rsa-1", goodClaims(map[string]any{
				"iat": noon.Add(time.Minute).Unix(), "nbf": noon.Add(time.Minute).Unix()}))},
		{name: "without iat", keys: jwks(t), token: sign(t, jwt.SigningMethodRS256, rsaKey(), "rsa-1", goodClaims(map[string]any{"iat": nil}))},
		{name: "other claims may be anything", keys: jwks(t), token: sign(t, jwt.SigningMethodRS256, rsaKey(), "rsa-1", goodClaims(map[string]any{
			"address": map[string]any{"sub": "x", "exp": "y"}, "lp_sdes": []any{map[string]any{"type": "ctmrinfo"}}}))},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			who, err := newVerifier(t, test.keys, test.expect).verify(t.Context(), test.token)
			require.NoError(t, err)
			assert.Equal(t, identity{issuer: "https://login.example.com", subject: "user-4711"}, who)
		})
	}
}

func TestRefusedTokens(t *testing.T) {
	t.Parallel()
	good := sign(t, jwt.SigningMethodRS256, rsaKey(), "rsa-1", goodClaims(nil))
	parts := strings.Split(good, ".")
	with := func(changes map[string]any) string {
		return sign(t, jwt.SigningMethodRS256, rsaKey(), "rsa-1", goodClaims(changes))
	}
	rsaPEM := publicPEM(t, rsaKey().Public())
	rsaDER, err := x509.MarshalPKIXPublicKey(rsaKey().Public())
	require.NoError(t, err)
	rest := `"iss":"https://login.example.com","exp":1772028000`

	tests := []struct {
		name   string
		token  string
		reason reason
		text   string
	}{
		// form
		{"nothing", "", reasonMalformed, "three parts"},
		{"text that is no token", "user-4711", reasonMalformed, "three parts"},
		{"no signature", parts[0] + "." + parts[1], reasonMalformed, "three parts"},
		{"four parts", good + "." + parts[2], reasonMalformed, "three parts"},
		{"five parts, as if encrypted", strings.Repeat("e30.", 4) + "e30", reasonMalformed, "three parts"},
		{"100 kB", strings.Repeat("a", 100_000), reasonMalformed, "more than 16384 bytes"},
		{"100 kB of dots", strings.Repeat(".", 100_000), reasonMalformed, "more than 16384 bytes"},
		{"a good token with 100 kB of claims", with(map[string]any{"junk": strings.Repeat("x", 100_000)}), reasonMalformed, "more than 16384 bytes"},
		{"header not base64url", "e+/." + parts[1] + "." + parts[2], reasonMalformed, "header"},
		{"header padded", parts[0] + "=." + parts[1] + "." + parts[2], reasonMalformed, "header"},
		{"header a list", segment(`["RS256"]`) + "." + parts[1] + "." + parts[2], reasonMalformed, "header"},
		{"header cut off", segment(`{"alg":"RS256"`) + "." + parts[1] + "." + parts[2], reasonMalformed, "JSON"},
		{"header null", segment(`null`) + "." + parts[1] + "." + parts[2], reasonMalformed, "header"},
		{"a member of the header twice", signRaw(t, `{"alg":"RS256","alg":"none"}`, `{}`), reasonMalformed, "header: a member appears twice"},
		{"kid a number", signRaw(t, `{"alg":"RS256","kid":1}`, `{}`), reasonMalformed, "kid"},
		{"an extension that must be known", signRaw(t, `{"alg":"RS256","crit":["b64"],"b64":false}`, `{}`), reasonMalformed, "crit"},
		{"a claim twice", signRaw(t, `{"alg":"RS256"}`, `{"sub":"user-1","sub":"user-4711",`+rest+`}`), reasonMalformed, "claims: a member appears twice"},
		{"claims text", signRaw(t, `{"alg":"RS256"}`, `"user-4711"`), reasonMalformed, "claims"},
		{"claims another token", signRaw(t, `{"alg":"RS256","cty":"JWT"}`, good), reasonMalformed, "claims"},
		{"claims with something behind", signRaw(t, `{"alg":"RS256"}`, `{"sub":"user-4711",`+rest+`} {}`), reasonMalformed, "JSON"},
		{"a number too large for any", signRaw(t, `{"alg":"RS256"}`, `{"exp":1e999}`), reasonMalformed, "claims"},
		{"deep nesting", signRaw(t, `{"alg":"RS256"}`, strings.Repeat(`{"a":`, 1000)+"1"+strings.Repeat("}", 1000)), reasonClaims, "exp is missing"},
		{"nesting without end", signRaw(t, `{"alg":"RS256"}`, `{"a":`+strings.Repeat(`[`, 10_001)), reasonMalformed, "claims"},

		// algorithms
		{"none", segment(`{"alg":"none"}`) + "." + parts[1] + ".", reasonSignature, "alg"},
		{"none with a signature", segment(`{"alg":"none"}`) + "." + parts[1] + "." + parts[2], reasonSignature, "alg"},
		{"nOnE", segment(`{"alg":"nOnE"}`) + "." + parts[1] + ".", reasonSignature, "alg"},
		{"no alg", signRaw(t, `{}`, `{}`), reasonSignature, "alg"},
		{"alg a list", signRaw(t, `{"alg":["RS256"]}`, `{}`), reasonSignature, "alg"},
		{"rs256", signRaw(t, `{"alg":"rs256"}`, `{}`), reasonSignature, "alg"},
		{"RS512", sign(t, jwt.SigningMethodRS512, rsaKey(), "rsa-1", goodClaims(nil)), reasonSignature, "alg"},
		{"PS256 with a key for RS256 alone", sign(t, jwt.SigningMethodPS256, rsaKey(), "rsa-1", goodClaims(nil)), reasonUnknownKey, "kid and alg"},
		{"PS256 with a signature of RS256", signRaw(t, `{"alg":"PS256"}`, `{}`), reasonUnknownKey, "kid and alg"},
		{"ES384", sign(t, jwt.SigningMethodES384, newECKey(elliptic.P384()), "ec-1", goodClaims(nil)), reasonSignature, "its alg is not RS256, ES256, PS256, PS384 or PS512"},
		{"HS256 with the public key as the secret, in PEM", sign(t, jwt.SigningMethodHS256, []byte(rsaPEM), "rsa-1", goodClaims(nil)), reasonSignature, "alg"},
		{"HS256 with the public key as the secret, in DER", sign(t, jwt.SigningMethodHS256, rsaDER, "rsa-1", goodClaims(nil)), reasonSignature, "alg"},
		{"ES256 for an RSA key", sign(t, jwt.SigningMethodES256, ecKey(), "rsa-1", goodClaims(nil)), reasonUnknownKey, "kid and alg"},
		{"RS256 for an EC key", sign(t, jwt.SigningMethodRS256, rsaKey(), "ec-1", goodClaims(nil)), reasonUnknownKey, "kid and alg"},

		// keys and signatures
		{"a kid that no key has", sign(t, jwt.SigningMethodRS256, rsaKey(), "rsa-2", goodClaims(nil)), reasonUnknownKey, "newest ones"},
		{"another's key under our kid", sign(t, jwt.SigningMethodRS256, otherRSA(), "rsa-1", goodClaims(nil)), reasonSignature, "signature"},
		{"another's key", sign(t, jwt.SigningMethodRS256, otherRSA(), "", goodClaims(nil)), reasonSignature, "signature"},
		{"its own key in the header", signRaw(t, `{"alg":"RS256","kid":"mine","jwk":{"kty":"RSA"},"jku":"https://evil.example.com"}`, `{}`), reasonUnknownKey, "kid"},
		{"other claims under the signature", parts[0] + "." + segment(`{"sub":"user-1",`+rest+`}`) + "." + parts[2], reasonSignature, "signature"},
		{"signature cut off", good[:len(good)-6], reasonSignature, "signature"},
		{"signature empty", parts[0] + "." + parts[1] + ".", reasonSignature, "signature"},
		{"signature not base64url", parts[0] + "." + parts[1] + ".!!!!", reasonMalformed, "compact JWS"},
		{"ES256 with r and s of 0", segment(`{"alg":"ES256","kid":"ec-1"}`) + "." + parts[1] + "." + strings.Repeat("A", 86), reasonSignature, "signature"},

		// claims
		{"expired", with(map[string]any{"exp": noon.Add(-time.Minute).Unix()}), reasonExpired, "expired"},
		{"exp 0", with(map[string]any{"exp": 0}), reasonExpired, "expired"},
		{"exp missing", with(map[string]any{"exp": nil}), reasonClaims, "exp is missing"},
		{"exp as text", with(map[string]any{"exp": "1772028000"}), reasonClaims, "exp is not a number"},
		{"exp null", signRaw(t, `{"alg":"RS256"}`, `{"exp":null}`), reasonClaims, "exp is not a number"},
		{"exp beyond all times", with(map[string]any{"exp": 1e300}), reasonClaims, "exp is not a number"},
		{"exp negative", with(map[string]any{"exp": -1}), reasonClaims, "exp is not a number"},
		{"exp in other case", with(map[string]any{"exp": nil, "EXP": noon.Add(time.Hour).Unix()}), reasonClaims, "exp is missing"},
		{"not yet begun", with(map[string]any{"nbf": noon.Add(61 * time.Second).Unix()}), reasonClaims, "nbf is in the future"},
		{"nbf as text", with(map[string]any{"nbf": "soon"}), reasonClaims, "nbf is not a number"},
		{"issued in the future", with(map[string]any{"iat": noon.Add(61 * time.Second).Unix()}), reasonClaims, "iat is in the future"},
		{"iat an object", with(map[string]any{"iat": map[string]any{}}), reasonClaims, "iat is not a number"},
		{"iss missing", with(map[string]any{"iss": nil}), reasonClaims, "iss is missing"},
		{"iss a list", with(map[string]any{"iss": []string{"https://login.example.com"}}), reasonClaims, "iss is missing, empty or not text"},
		{"another issuer", with(map[string]any{"iss": "https://login.example.com/"}), reasonClaims, "iss is not in the list"},
		{"sub missing", with(map[string]any{"sub": nil}), reasonClaims, "sub is missing"},
		{"sub empty", with(map[string]any{"sub": ""}), reasonClaims, "sub is missing, empty"},
		{"sub a number", with(map[string]any{"sub": 4711}), reasonClaims, "not text"},
		{"sub an object", with(map[string]any{"sub": map[string]any{"sub": "user-4711"}}), reasonClaims, "not text"},
		{"aud missing", with(map[string]any{"aud": nil}), reasonClaims, "aud"},
		{"another audience", with(map[string]any{"aud": "shop-web-2"}), reasonClaims, "aud"},
		{"other audiences", with(map[string]any{"aud": []any{"a", map[string]any{}, nil}}), reasonClaims, "aud"},
		{"aud an object", with(map[string]any{"aud": map[string]any{"shop-web": true}}), reasonClaims, "aud"},
	}
	verifier := newVerifier(t, jwks(t), expectations{audience: "shop-web", issuers: []string{"https://login.example.com"}, leeway: time.Minute})
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			who, err := verifier.verify(t.Context(), test.token)
			require.ErrorContains(t, err, test.text)
			var why *refusal
			require.ErrorAs(t, err, &why)
			assert.Equal(t, test.reason, why.reason)
			assert.Zero(t, who)
			assertSaysNothing(t, err, test.token)
		})
	}
}

// assertSaysNothing checks that an error repeats no part of a token, encoded or decoded.
func assertSaysNothing(t *testing.T, err error, token string) {
	t.Helper()
	for _, value := range []string{"user-", "example.com", "shop-web", "rsa-", "ec-1", "177202", "HS256", "b64"} {
		assert.NotContains(t, err.Error(), value)
	}
	for _, part := range strings.Split(token, ".") {
		if len(part) > 8 {
			assert.NotContains(t, err.Error(), part[:8])
		}
	}
}

// The public key is public. A token that is signed with HS256 and the public key as secret must be
// refused.
func TestAlgorithmConfusionWithPEM(t *testing.T) {
	t.Parallel()
	keys := publicPEM(t, rsaKey().Public())
	block, _ := pem.Decode([]byte(keys))
	require.NotNil(t, block)
	for name, secret := range map[string][]byte{"file": []byte(keys), "block": block.Bytes, "trimmed": []byte(strings.TrimSpace(keys))} {
		_, err := newVerifier(t, keys, expectations{}).verify(t.Context(), sign(t, jwt.SigningMethodHS256, secret, "", goodClaims(nil)))
		var why *refusal
		require.ErrorAs(t, err, &why, name)
		assert.Equal(t, reasonSignature, why.reason, name)
	}
}

// The examples of RFC 7515, A.2 and A.3.
const (
	rfcClaims = "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
	rfcRS256  = "eyJhbGciOiJSUzI1NiJ9." + rfcClaims + ".cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw"
	rfcES256  = "eyJhbGciOiJFUzI1NiJ9." + rfcClaims + ".DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"
	rfcSigned = `{"keys": [
		{"kty": "RSA", "e": "AQAB", "n": "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ"},
		{"kty": "EC", "crv": "P-256", "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}
	]}`
)

// The claims of the examples have no sub. If the sub is the reason of the refusal, the
// signature was valid.
func TestExamplesOfRFC7515(t *testing.T) {
	t.Parallel()
	for name, token := range map[string]string{"A.2, RS256": rfcRS256, "A.3, ES256": rfcES256} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			verifier := newVerifier(t, rfcSigned, expectations{})
			verifier.now = func() time.Time { return time.Unix(1300819379, 0) }
			_, err := verifier.verify(t.Context(), token)
			require.ErrorContains(t, err, "sub is missing")

			verifier.now = func() time.Time { return time.Unix(1300819380, 0) }
			_, err = verifier.verify(t.Context(), token)
			require.ErrorContains(t, err, "expired")

			_, err = verifier.verify(t.Context(), token[:len(token)-10]+"AAAAAAAAAA")
			require.ErrorContains(t, err, "signature")
		})
	}
}

// No token with a sub was ever signed for these keys, so every token must be refused.
func FuzzVerify(f *testing.F) {
	f.Add(rfcRS256)
	f.Add(rfcES256)
	f.Add(segment(`{"alg":"none"}`) + "." + segment(`{"sub":"a"}`) + ".")
	f.Add(segment(`{"alg":"RS256","kid":[]}`) + "." + segment(`{"exp":{}}`) + ".AAAA")
	f.Add(segment(`{"alg":"ES256","kid":"a","kid":null}`) + "." + segment(`{"exp":1e999}`) + "." + strings.Repeat("A", 86))
	verifier := newVerifier(f, rfcSigned, expectations{audience: "shop-web", leeway: time.Minute})
	f.Fuzz(func(t *testing.T, token string) {
		who, err := verifier.verify(t.Context(), token)
		var why *refusal
		require.ErrorAs(t, err, &why)
		assert.Zero(t, who)
	})
}
