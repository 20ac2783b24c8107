package identity

import (
	"strings"
	"testing"

	"github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/benthos-liveperson/benthos-liveperson/internal/sde"
)

// The processor refuses the names for which liveperson_report would refuse the report.
func TestNamesOfConsumers(t *testing.T) {
	t.Parallel()
	// printf %s jane@example.com | openssl dgst -sha256 -hmac pepper
	const janesHash = "1c5ece9926f32bef590b87b49319d5e7d6e8b7dbae3b7426e430de74a20134c0"
	tests := []struct {
		name   string
		expect expectations
		claims map[string]any
		want   string // empty: refused
		reason reason
		text   string
	}{
		{name: "an id", want: "user-4711"},
		{name: "a number of a customer", claims: map[string]any{"sub": "4917012345678"}, want: "4917012345678"},
		{name: "an e-mail address", claims: map[string]any{"sub": "jane@example.com"}, reason: reasonPersonal, text: "sub is an e-mail address or a phone number"},
		{name: "an e-mail address inside", claims: map[string]any{"sub": "auth0|Jane.Doe%40example.com"}, reason: reasonPersonal},
		{name: "a phone number", claims: map[string]any{"sub": "+4917012345678"}, reason: reasonPersonal},
		{name: "a phone number as a URI", claims: map[string]any{"sub": "tel:004917012345678"}, reason: reasonPersonal},
		{name: "allowed", expect: expectations{allowPersonal: true}, claims: map[string]any{"sub": "jane@example.com"}, want: "jane@example.com"},
		{name: "hashed", expect: expectations{salt: []byte("pepper")}, claims: map[string]any{"sub": "jane@example.com"}, want: janesHash},
		{name: "another claim", expect: expectations{subClaim: "https://shop.example.com/customer"},
			claims: map[string]any{"sub": "jane@example.com", "https://shop.example.com/customer": "c-0"}, want: "c-0"},
		{name: "another claim, without a sub", expect: expectations{subClaim: "customer"}, claims: map[string]any{"sub": nil, "customer": "c-0"}, want: "c-0"},
		{name: "another claim, personal", expect: expectations{subClaim: "email"}, claims: map[string]any{"email": "jane@example.com"}, reason: reasonPersonal, text: "email is an e-mail address"},
		{name: "another claim, hashed", expect: expectations{subClaim: "email", salt: []byte("pepper")}, claims: map[string]any{"email": "jane@example.com"}, want: janesHash},
		{name: "another claim, missing", expect: expectations{subClaim: "customer"}, reason: reasonClaims, text: "customer is missing, empty or not text"},
		{name: "another claim, a number", expect: expectations{subClaim: "customer"}, claims: map[string]any{"customer": 4711}, reason: reasonClaims, text: "customer is missing, empty or not text"},
		{name: "a placeholder", claims: map[string]any{"sub": "undefined"}, reason: reasonClaims, text: "sub is a placeholder"},
		{name: "the hash of a placeholder", expect: expectations{salt: []byte("pepper")}, claims: map[string]any{"sub": "guest"}, reason: reasonClaims, text: "sub is a placeholder"},
		{name: "control characters", claims: map[string]any{"sub": "user\u0000 4711"}, reason: reasonClaims, text: "control characters"},
		{name: "control characters of the issuer", claims: map[string]any{"iss": "https://login.example.com\u0007"}, reason: reasonClaims, text: "control characters"},
		{name: "a personal sub of another audience", expect: expectations{audience: "bank"}, claims: map[string]any{"sub": "jane@example.com"}, reason: reasonClaims, text: "aud"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			token := sign(t, jwt.SigningMethodES256, ecKey(), "ec-1", goodClaims(test.claims))
			who, err := newVerifier(t, jwks(t), test.expect).verify(t.Context(), token)
			if test.want == "" {
				var why *refusal
				require.ErrorAs(t, err, &why)
				assert.Equal(t, test.reason, why.reason)
				assert.Contains(t, err.Error(), test.text)
				assert.NotContains(t, strings.ToLower(err.Error()), "jane")
				return
			}
			require.NoError(t, err)
			assert.Equal(t, test.want, who.subject)
			report := map[string]any{"consumerId": "a1", "identities": []any{who.report()}, "engagementAttributes": []any{}}
			assert.Empty(t, sde.Check(report, sde.Options{AllowPersonalIDs: test.expect.allowPersonal}).Findings, "liveperson_report accepts it")
		})
	}
}
