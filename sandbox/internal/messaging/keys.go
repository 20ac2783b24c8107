package messaging

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"math/big"
	"net/http"
	"strconv"
	"sync"
)

const (
	keyBits    = 2048
	keyIDStart = "appjwt-"
)

// signingKey is the first key of all services. Making a key takes time, and most sandboxes sign nothing.
var signingKey = sync.OnceValue(newKey)

// newKey makes a key. It panics if the machine has no random numbers, like crypto/rand.
func newKey() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, keyBits)
	if err != nil {
		panic(err)
	}
	return key
}

func (s *Service) keys() (*rsa.PrivateKey, string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.key == nil {
		s.adopt(signingKey())
	}
	return s.key, s.keyID
}

// adopt makes a key the signing key. The id of the key has the date, like LivePerson's ids. From the second key on, it also
// has a number, so that clients that cache keys by id notice the new key. The caller holds the lock.
func (s *Service) adopt(key *rsa.PrivateKey) {
	id := keyIDStart + s.options.Now().UTC().Format("02-01-06")
	if s.adopted++; s.adopted > 1 {
		id += "-" + strconv.Itoa(s.adopted)
	}
	s.key, s.keyID = key, id
}

// jwk is the public half of a key (RFC 7517).
type jwk struct {
	Type      string `json:"kty"`
	Use       string `json:"use"`
	Algorithm string `json:"alg"`
	ID        string `json:"kid"`
	Modulus   string `json:"n"`
	Exponent  string `json:"e"`
}

// keySet shows the public key for tokens, in LivePerson's form (OAuth 2.0 client credentials).
func (s *Service) keySet(w http.ResponseWriter, r *http.Request) {
	if !allow(w, r, http.MethodGet) {
		return
	}
	key, id := s.keys()
	number := func(n *big.Int) string { return base64.RawURLEncoding.EncodeToString(n.Bytes()) }
	writeJSON(w, http.StatusOK, map[string][]jwk{"keys": {{
		Type: "RSA", Use: "sig", Algorithm: "RS256", ID: id,
		Modulus: number(key.N), Exponent: number(big.NewInt(int64(key.E))),
	}}})
}
