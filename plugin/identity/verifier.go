package identity

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// expectations are the conditions for a token besides a valid signature.
type expectations struct {
	audience      string        // empty: any
	issuers       []string      // empty: any
	leeway        time.Duration // allowed difference between clocks
	subClaim      string        // the claim that names the consumer
	allowPersonal bool          // the consumer's name may be an e-mail address or a phone number
	salt          []byte        // not nil: the consumer's name is hashed
}

// keySource has the keys of an issuer. Safe for concurrent use.
type keySource interface {
	// current returns the keys, or an error if there are none yet.
	current(ctx context.Context) ([]key, error)
	// newer is called if no key has the kid of a token. It returns the keys after it has asked for
	// new ones, if it may ask now.
	newer(ctx context.Context) ([]key, error)
}

// verifier checks ID tokens: compact JWS with one of the algorithms. Safe for concurrent use.
// https://openid.net/specs/openid-connect-core-1_0.html#IDTokenValidation
type verifier struct {
	keys   keySource
	expect expectations
	now    func() time.Time
}

// maxToken is the largest token in bytes. Tokens usually have one or two thousand bytes, or
// more with a long list of groups.
const maxToken = 16384

// parser accepts only these algorithms. It does not validate claims: the library does not
// require a subject, and its errors don't name the claim.
var parser = jwt.NewParser(
	jwt.WithValidMethods(algorithms),
	jwt.WithStrictDecoding(),
	jwt.WithoutClaimsValidation(),
)

// verify returns the consumer that a token names. The error is a *refusal if the token is not
// accepted. It is another error if there are no keys, or if ctx ends.
func (v *verifier) verify(ctx context.Context, token string) (identity, error) {
	keys, err := v.keys.current(ctx)
	if err != nil {
		return identity{}, err
	}
	if err := checkForm(token); err != nil {
		return identity{}, err
	}
	claims := jwt.MapClaims{}
	_, err = parser.ParseWithClaims(token, claims, func(token *jwt.Token) (any, error) {
		return v.keysFor(ctx, keys, token)
	})
	var refused *refusal
	var without noKeys
	switch {
	case err == nil:
		return v.expect.check(claims, v.now())
	case errors.As(err, &refused):
		return identity{}, refused
	case errors.As(err, &without):
		return identity{}, without.error
	case errors.Is(err, jwt.ErrTokenMalformed):
		return identity{}, refuse(reasonMalformed, "it is not a compact JWS with a JSON header and JSON claims")
	}
	return identity{}, refuse(reasonSignature, "no key with its kid and alg fits its signature")
}

// keysFor returns the keys that may verify a token. If there are none, it asks for newer keys.
func (v *verifier) keysFor(ctx context.Context, keys []key, token *jwt.Token) (any, error) {
	set := fitting(keys, token)
	if len(set.Keys) == 0 {
		newer, err := v.keys.newer(ctx)
		if err != nil {
			return nil, noKeys{err}
		}
		set = fitting(newer, token)
	}
	if len(set.Keys) == 0 {
		return nil, refuse(reasonUnknownKey, "no key has its kid and alg: check that the keys are the newest ones of its issuer")
	}
	return set, nil
}

// noKeys carries an error of a keySource through the parser.
type noKeys struct{ error }

// fitting returns the keys with the algorithm and kid of a token.
func fitting(keys []key, token *jwt.Token) (set jwt.VerificationKeySet) {
	id, _ := token.Header["kid"].(string)
	for _, key := range keys {
		if key.fits(token.Method.Alg(), id) {
			set.Keys = append(set.Keys, key.public)
		}
	}
	return set
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
	if alg, _ := header["alg"].(string); !slices.Contains(algorithms, alg) {
		return refuse(reasonSignature, "its alg is not %s", namesOfAlgorithms)
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
