package webhook

import (
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"hash"
	"strings"

	"github.com/benthos-liveperson/benthos-liveperson/internal/settings"
)

// algorithms are by the prefix of the header. LivePerson signs with sha1, and with
// sha256 where an account has asked for it (Connector API, notification protocol).
var algorithms = map[string]func() hash.Hash{"sha1": sha1.New, strongAlgorithm: sha256.New}

const strongAlgorithm = "sha256"

// signature is what the header of a request says.
type signature struct {
	name   string // of the algorithm
	digest []byte
}

// parseSignature reads a header that has a digest in Base64 or hex, after the name of its
// algorithm.
func parseSignature(header string) (s signature, ok bool) {
	name, encoded, _ := strings.Cut(header, "=")
	algorithm, known := algorithms[name]
	if !known {
		return s, false
	}
	digest, ok := decodeDigest(encoded, algorithm().Size())
	return signature{name, digest}, ok
}

// verifier compares a signature with what is written to it.
type verifier struct {
	signature
	macs []hash.Hash // one for each secret
}

// verifier takes several secrets, because several are valid while an app's secret is
// changed. A blank one is none: an unset variable leaves an empty one.
func (s signature) verifier(secrets ...string) *verifier {
	v := &verifier{signature: s}
	for _, secret := range secrets {
		if !settings.IsBlank(secret) {
			v.macs = append(v.macs, hmac.New(algorithms[s.name], []byte(secret)))
		}
	}
	return v
}

func (v *verifier) write(part []byte) {
	for _, mac := range v.macs {
		mac.Write(part)
	}
}

// valid tells whether the signature is the HMAC of all that was written, by one of the
// secrets.
func (v *verifier) valid() bool {
	valid := false
	for _, mac := range v.macs {
		// In constant time, for one secret and for all of them.
		if hmac.Equal(mac.Sum(nil), v.digest) {
			valid = true
		}
	}
	return valid
}

// signatureValid tells whether a header has the HMAC of a body by one of the secrets.
func signatureValid(body []byte, header string, secrets ...string) bool {
	s, ok := parseSignature(header)
	if !ok {
		return false
	}
	v := s.verifier(secrets...)
	v.write(body)
	return v.valid()
}

// signature reads a request's, if it is one that is taken.
func (c config) signature(header string) (s signature, ok bool) {
	s, ok = parseSignature(header)
	return s, ok && (s.name == strongAlgorithm || !c.requireSHA256)
}

func (c config) wrongSignature() string {
	if c.requireSHA256 {
		return "their signature is missing, not by one of the " + vFieldClientSecrets + ", or not SHA-256, which " + vFieldRequireSHA256 + " demands"
	}
	return "their signature is missing, or not by one of the " + vFieldClientSecrets
}

// decodeDigest reads a digest of that many bytes. Its length tells hex from Base64.
func decodeDigest(encoded string, size int) (digest []byte, ok bool) {
	var err error
	switch len(encoded) {
	case hex.EncodedLen(size):
		digest, err = hex.DecodeString(encoded)
	case base64.StdEncoding.EncodedLen(size):
		digest, err = base64.StdEncoding.Strict().DecodeString(encoded)
	default:
		return nil, false
	}
	return digest, err == nil && len(digest) == size
}
