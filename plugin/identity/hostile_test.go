package identity

import (
	"encoding/json"
	"math"
	"strings"
	"testing"

	"github.com/golang-jwt/jwt/v5"
	"github.com/redpanda-data/benthos/v4/public/service"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The test puts values of all kinds in the place of the report, its identities and the token.
func TestHostileValues(t *testing.T) {
	t.Parallel()
	good := sign(t, jwt.SigningMethodES256, ecKey(), "ec-1", goodClaims(nil))
	deep := any("x")
	for range 5000 {
		deep = []any{map[string]any{"sub": deep}}
	}
	long := strings.Repeat("a.", 4<<20)
	values := []any{nil, true, math.NaN(), math.Inf(1), json.Number("1e999999999"), "\xff\x00", long, []byte{0xff}, []any{nil, 1, []any{}}, map[string]any{"iss": []any{}, "sub": map[string]any{}}, deep, struct{}{}}
	p := newTestProcessor(t, "on_invalid: error")
	for i, value := range values {
		for _, content := range []any{value, map[string]any{"identities": value}, map[string]any{"identities": []any{value, map[string]any{"iss": value, "sub": value}}}} {
			msg := service.NewMessage(nil)
			msg.SetStructured(content)
			msg.MetaSetMut(metaIDToken, good)
			_, err := p.Process(t.Context(), msg)
			_, exists := msg.MetaGet(metaIDToken)
			assert.False(t, exists, i)
			if err != nil {
				assert.Less(t, len(err.Error()), 300)
			}
		}
		if value == nil {
			continue // no token
		}
		msg := service.NewMessage([]byte(`{}`))
		msg.MetaSetMut(metaIDToken, value)
		_, err := p.Process(t.Context(), msg)
		require.Error(t, err, i)
		assert.Less(t, len(err.Error()), 300)
	}
}

// The claims are nested as deep as the largest token allows.
func TestDeepTokens(t *testing.T) {
	t.Parallel()
	verifier := newVerifier(t, jwks(t), expectations{})
	for _, claims := range []string{strings.Repeat("[", 9000), `{"a":` + strings.Repeat("[", 11000), strings.Repeat(`{"a":`, 2000) + "1" + strings.Repeat("}", 2000), "\xff\xfe", "{\"sub\":\"\xff\"}", `{"exp":1e99999}`, `{"a":1}{"a":1}`} {
		_, err := verifier.verify(t.Context(), segment(`{"alg":"RS256"}`)+"."+segment(claims)+".AAAA")
		var why *refusal
		require.ErrorAs(t, err, &why)
	}
}

// FuzzKeys parses files of keys. Parsed keys must be usable, and private keys must be refused.
func FuzzKeys(f *testing.F) {
	f.Add([]byte(rfcSigned))
	f.Add([]byte(`{"keys":[{"kty":"EC","crv":"P-256","x":"AA","y":"AA"},{"kty":"RSA","n":"AA","e":"AQAB"}]}`))
	f.Add([]byte(publicPEM(f, ecKey().Public())))
	f.Fuzz(func(t *testing.T, content []byte) {
		keys, err := parseKeys(content)
		assert.Equal(t, err != nil, keys == nil)
		for _, key := range keys {
			assert.NotEmpty(t, key.algs)
			assert.NotNil(t, key.public)
		}
	})
}
