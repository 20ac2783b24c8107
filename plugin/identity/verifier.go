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

// expectations are what a token must meet beside a good signature.
type expectations struct {
	audience string        // empty: any
	issuers  []string      // empty: any
	leeway   time.Duration // by how much clocks may differ
}

// verifier checks ID tokens: compact JWS, RS256 or ES256. Safe for concurrent use.
// https://openid.net/specs/openid-connect-core-1_0.html#IDTokenValidation
type verifier struct {
	keys   *keyFile
	expect expectations
	now    func() time.Time
}

// maxToken is the most bytes of a token. They have one or two thousand, some more
// with a long list of groups.
const maxToken = 16384

// parser knows no other algorithms, and leaves claims to us: the library does not
// want a subject, and its errors don't tell which claim they are about.
var parser = jwt.NewParser(
	jwt.WithValidMethods([]string{jwt.SigningMethodRS256.Alg(), jwt.SigningMethodES256.Alg()}),
	jwt.WithStrictDecoding(),
	jwt.WithoutClaimsValidation(),
)

// verify gives who a token is about. The error is a *refusal, or says why there are
// no keys to check any token with.
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
	return identity{}, refuse(reasonSignature, "its signature is of none of the keys that fit its kid and alg")
}

// fitting gives the keys for which a token may have been signed.
func fitting(keys []key, token *jwt.Token) (any, error) {
	id, _ := token.Header["kid"].(string)
	var set jwt.VerificationKeySet
	for _, key := range keys {
		if key.fits(token.Method.Alg(), id) {
			set.Keys = append(set.Keys, key.public)
		}
	}
	if len(set.Keys) == 0 {
		return nil, refuse(reasonUnknownKey, "none of the keys fits its kid and alg; add the issuer's newest keys to keys_file")
	}
	return set, nil
}

// checkForm looks at what the library passes over: sizes, names that come twice
// (RFC 7515, 4 and RFC 7519, 4), and extensions that must be understood.
func checkForm(token string) error {
	if len(token) > maxToken {
		return refuse(reasonMalformed, "it has more than %d bytes", maxToken)
	}
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return refuse(reasonMalformed, "expected three parts with dots between them, as a compact JWS has")
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
		return refuse(reasonMalformed, "its header demands extensions (crit), and none are known here")
	}
	_, err = members(parts[1], "claims")
	return err
}

// members reads a JSON object whose names come once each.
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
			return nil, refuse(reasonMalformed, "its %s: a member comes twice", what)
		}
		var value any
		if err := decoder.Decode(&value); err != nil {
			return nil, malformed
		}
		found[name] = value
	}
	return found, nil
}
