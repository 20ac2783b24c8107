package tests

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"math/big"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/benthos-liveperson/benthos-liveperson/sandbox"
)

// keyServer is a login that publishes its key over https. It has a certificate that only
// certificateFile trusts, and counts the requests for its key.
type keyServer struct {
	url, certificateFile string
	private              *rsa.PrivateKey
	requests             atomic.Int32
}

func newKeyServer(t *testing.T) *keyServer {
	t.Helper()
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	s := &keyServer{private: private, certificateFile: filepath.Join(t.TempDir(), "ca.pem")}
	encode := base64.RawURLEncoding.EncodeToString
	set, err := json.Marshal(map[string]any{"keys": []any{map[string]any{"kty": "RSA", "kid": "k1",
		"n": encode(private.N.Bytes()), "e": encode(big.NewInt(int64(private.E)).Bytes())}}})
	require.NoError(t, err)
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		s.requests.Add(1)
		_, _ = w.Write(set)
	}))
	t.Cleanup(server.Close)
	s.url = server.URL
	certificate := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	require.NoError(t, os.WriteFile(s.certificateFile, certificate, 0o600))
	return s
}

func (s *keyServer) token(t *testing.T, method jwt.SigningMethod, kid, sub string) string {
	t.Helper()
	token := jwt.NewWithClaims(method, jwt.MapClaims{"iss": "https://login.example.com", "sub": sub, "customer": "c-" + kid, "exp": time.Now().Add(time.Hour).Unix()})
	token.Header["kid"] = kid
	text, err := token.SignedString(s.private)
	require.NoError(t, err)
	return text
}

// Every event is reported, whatever its token: liveperson_report would refuse a report whose
// identity is an e-mail address.
func TestLoginsWithKeysByURL(t *testing.T) {
	t.Parallel()
	keys := newKeyServer(t)
	t.Cleanup(func() { assert.EqualValues(t, 3, keys.requests.Load(), "one request of each process") })
	events := filepath.Join(t.TempDir(), "events.jsonl")
	var content strings.Builder
	for i, token := range []string{
		"",
		keys.token(t, jwt.SigningMethodRS256, "k1", "user-4711"),
		keys.token(t, jwt.SigningMethodPS512, "k1", "user-4712"),
		keys.token(t, jwt.SigningMethodPS256, "k1", "jane@example.com"),
		keys.token(t, jwt.SigningMethodRS256, "k1", "+4917012345678"),
		keys.token(t, jwt.SigningMethodRS256, "k2", "user-4713"),
	} {
		fmt.Fprintf(&content, `{"type":"page","anonymousId":"a-%d","id_token":%q}`+"\n", i, token)
	}
	require.NoError(t, os.WriteFile(events, []byte(content.String()), 0o600))

	anonymous := `{"acr":"0","iss":"Datafly","sub":"a-%d"}`
	known := func(sub string) string {
		return anonymous + `,{"acr":"loa1","iss":"https://login.example.com","sub":"` + sub + `"}`
	}
	hashed := func(sub string) string {
		mac := hmac.New(sha256.New, []byte("pepper"))
		mac.Write([]byte(sub))
		return known(hex.EncodeToString(mac.Sum(nil)))
	}
	for settings, want := range map[string][]string{
		"audience: ''":            {anonymous, known("user-4711"), known("user-4712"), anonymous, anonymous, anonymous},
		"sub_claim: customer":     {anonymous, known("c-k1"), known("c-k1"), known("c-k1"), known("c-k1"), anonymous},
		"sub: hash, salt: pepper": {anonymous, hashed("user-4711"), hashed("user-4712"), hashed("jane@example.com"), hashed("+4917012345678"), anonymous},
	} {
		t.Run(settings, func(t *testing.T) {
			t.Parallel()
			_, address := newSandbox(t, sandbox.Options{})
			letters := filepath.Join(t.TempDir(), "letters.jsonl")
			config := filepath.Join(t.TempDir(), "config.yaml")
			require.NoError(t, os.WriteFile(config, fmt.Appendf(nil, `
http: { enabled: false }
input: { file: { paths: [ %s ], scanner: { lines: {} } } }
pipeline:
  threads: 1
  processors:
    - mapping: |
        meta liveperson_id_token = this.id_token
        root = this.without("id_token")
    - liveperson_map: { preset: retail }
    - liveperson_identity: { keys_url: %s, %s }
output: %s
`, events, keys.url, settings, strings.ReplaceAll(fmt.Sprintf(outputYAML, sandbox.DefaultAppInstallationID, address, letters), "\n", "\n  ")), 0o600))
			_, stderr, err := process(t, []string{"SSL_CERT_FILE=" + keys.certificateFile}, "run", config)
			require.NoError(t, err, stderr)
			failed, _ := os.ReadFile(letters)
			assert.Empty(t, string(failed))
			bodies := reports(t, address)
			require.Len(t, bodies, len(want), stderr)
			all := strings.Join(bodies, "\n") // consumers may overtake each other
			for i, identities := range want {
				assert.Contains(t, all, fmt.Sprintf(`"identities":[`+identities+`]`, i))
			}
			assert.NotContains(t, stderr, "jane")
		})
	}
}
