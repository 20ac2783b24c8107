package identity

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/golang-jwt/jwt/v5"
	"github.com/redpanda-data/benthos/v4/public/bloblang"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The method uses the clock of the machine, so its tokens never expire.
var forEver = map[string]any{"iat": nil, "exp": 4102444800}

func TestMethod(t *testing.T) {
	t.Parallel()
	path := writeKeys(t, jwks(t))
	good := sign(t, jwt.SigningMethodRS256, rsaKey(), "rsa-1", goodClaims(forEver))
	stranger := sign(t, jwt.SigningMethodRS256, otherRSA(), "rsa-1", goodClaims(forEver))
	tests := []struct {
		name, args  string
		value       any
		errContains string
	}{
		{name: "a good token", value: good},
		{name: "meets all that is expected", args: `, audience: "shop-web", issuers: ["https://login.example.com"], leeway: "5s"`, value: good},
		{name: "another issuer", args: `, issuers: ["shop"]`, value: good, errContains: "iss is not in the list of issuers"},
		{name: "another audience", args: `, audience: "shop"`, value: good, errContains: "aud is missing or is not"},
		{name: "another's signature", value: stranger, errContains: "no key with its kid and alg fits its signature"},
		{name: "no text", value: map[string]any{"sub": "user-4711"}, errContains: "expected the ID token as text"},
		{name: "null", value: nil, errContains: "expected the ID token as text"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			mapping, err := bloblang.Parse(`root = this.token.liveperson_identity(keys_file: "` + path + `"` + test.args + `)`)
			require.NoError(t, err)
			who, err := mapping.Query(map[string]any{"token": test.value})
			if test.errContains != "" {
				require.ErrorContains(t, err, test.errContains)
				assert.NotContains(t, err.Error(), "user-4711")
				assert.NotContains(t, err.Error(), "eyJ")
				return
			}
			require.NoError(t, err)
			assert.Equal(t, map[string]any{"iss": "https://login.example.com", "acr": "loa1", "sub": "user-4711"}, who)
		})
	}
}

func TestMethodArguments(t *testing.T) {
	t.Parallel()
	for args, text := range map[string]string{
		`""`:                     "keys_file: is empty",
		`"./keys/"`:              "keys_file: is a folder",
		`"k", issuers: [""]`:     "issuers[0]: is empty",
		`"k", audience: " a"`:    "audience: has blanks",
		`"k", sub_claim: ""`:     "sub_claim: is empty",
		`"k", leeway: "soon"`:    `leeway: "soon" is not a duration`,
		`"k", issuers: "shop"`:   "issuers: expected a list of text",
		`"k", issuers: ["a", 1]`: "issuers[1]: expected text",
	} {
		_, err := bloblang.Parse(`root = this.liveperson_identity(` + strings.Replace(args, `"k"`, `keys_file: "k"`, 1) + `)`)
		require.ErrorContains(t, err, text)
	}
}

func TestMethodWaitsForItsKeys(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "missing.json")
	mapping, err := bloblang.Parse(`root = this.token.liveperson_identity("` + path + `")`)
	require.NoError(t, err, "a mapping can be parsed where the keys are not")
	_, err = mapping.Query(map[string]any{"token": "a.b.c"})
	require.ErrorContains(t, err, "reading the keys of ID tokens")
}
