package identity

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// expectations are the conditions for a token besides a valid signature.
type expectations struct {
	audience string        // empty: any
	issuers  []string      // empty: any
	leeway   time.Duration // allowed difference between clocks
}

// verifier checks ID tokens: compact JWS, RS256 or ES256. Safe for concurrent use.
// https://openid.net/specs/openid-connect-core-1_0.html#IDTokenValidation
type verifier struct {
	keys   *keyFile
	expect expectations
	now    func() time.Time
}

// maxToken is the largest token in bytes. Tokens usually have one or two thousand bytes, or
// more with a long list of groups.
const maxToken = 16384

// parser accepts only these algorithms. It does not validate claims: the library does not
// require a subject, and its errors don't name the claim.
var parser = jwt.NewParser(
	jwt.WithValidMethods([]string{jwt.SigningMethodRS256.Alg(), jwt.SigningMethodES256.Alg()}),
	jwt.WithStrictDecoding(),
	jwt.WithoutClaimsValidation(),
)

// verify returns the consumer that a token names. The error is a *refusal if the token is not
// accepted. It is another error if there are no keys.
func (v *verifier) verify(token string) (identity, error) {
	keys, err := v.keys.current()
	if err != nil {
		return identity{}, err
	}
	if err := checkForm(token); err != nil {
		return identity{}, err
	}
	claims := jwt.MapClaims{}
	_, err = parser.ParseWithClaims(token, claims, func(token *jwt.Token) (any, error) {
		return fitting(keys, token)
	})
	var refused *refusal
	switch {
	case err == nil:
		return v.expect.check(claims, v.now())
	case errors.As(err, &refused):
		return identity{}, refused
	case errors.Is(err, jwt.ErrTokenMalformed):
		return identity{}, refuse(reasonMalformed, "it is not a compact JWS with a JSON header and JSON claims")
	}
	return identity{}, refuse(reasonSignature, "no key with its kid and alg fits its signature")
}

// fitting returns the keys that may verify a token.
func fitting(keys []key, token *jwt.Token) (any, error) {
	id, _ := token.Header["kid"].(string)
	var set jwt.VerificationKeySet
	for _, key := range keys {
		if key.fits(token.Method.Alg(), id) {
			set.Keys = append(set.Keys, key.public)
		}
	}
	if len(set.Keys) == 0 {
		return nil, refuse(reasonUnknownKey, "no key has its kid and alg: add the issuer's newest keys to keys_file")
	}
	return set, nil
}

// checkForm checks what the library does not: the size, members that appear twice (RFC 7515, 4
// and RFC 7519, 4), and extensions that a verifier must understand.
func checkForm(token string) error {
	if len(token) > maxToken {
		return refuse(reasonMalformed, "it has more than %d bytes", maxToken)
	}
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return refuse(reasonMalformed, "expected a compact JWS, which has three parts with dots between them")
	}
	header, err := members(parts[0], "header")
	if err != nil {
		return err
	}
	if alg := header["alg"]; alg != jwt.SigningMethodRS256.Alg() && alg != jwt.SigningMethodES256.Alg() {
		return refuse(reasonSignature, "its alg is not RS256 or ES256")
	}
	if _, isText := header["kid"].(string); header["kid"] != nil && !isText {
		return refuse(reasonMalformed, "its header has a kid that is not text")
	}
	if _, exists := header["crit"]; exists { // RFC 7515, 4.1.11
		return refuse(reasonMalformed, "its header requires extensions (crit), and none are supported")
	}
	_, err = members(parts[1], "claims")
	return err
}

// members reads a JSON object. It refuses an object with a member twice.
func members(part, what string) (map[string]any, error) {
	malformed := refuse(reasonMalformed, "its %s: expected a JSON object in base64url", what)
	content, err := base64.RawURLEncoding.Strict().DecodeString(part)
	if err != nil {
		return nil, malformed
	}
	decoder := json.NewDecoder(bytes.NewReader(content))
	if open, err := decoder.Token(); err != nil || open != json.Delim('{') {
		return nil, malformed
	}
	found := map[string]any{}
	for decoder.More() {
		token, err := decoder.Token()
		name, isName := token.(string)
		if err != nil || !isName {
			return nil, malformed
		}
		if _, exists := found[name]; exists {
			return nil, refuse(reasonMalformed, "its %s: a member appears twice", what)
		}
		var value any
		if err := decoder.Decode(&value); err != nil {
			return nil, malformed
		}
		found[name] = value
	}
	return found, nil
}
